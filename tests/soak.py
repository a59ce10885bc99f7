"""What goes on for long, or gets what nobody should send it: files, the page, a study.

Run by `make soak`, or one of the three alone: `python tests/soak.py files --count 200`.
Prints what it found, and fails if a limit is passed:

- `files`: mutated scenario files through `validate` and a run of three weeks. Each is
  taken or refused, a run in one line, `validate` in a line a fault, each of which names
  the file; nothing hangs, and nothing is left of what is refused.
  A process a core takes them all, and one in fifty has a process of its own, too.
- `page`: sessions of the studio that step, look back and ask, all at once, for minutes.
  Memory stays within a bound after the first fifth; what it took in each is said.
- `study`: ten thousand small runs. Memory is flat, the store stays small.
"""

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import numpy as np
import psutil
from typer.testing import CliRunner

from analysis.execution import cores

ROOT = Path(__file__).parents[1]
LONGEST = 60
"""Seconds that one file may take."""
TAKEN, REFUSED, INTERRUPTED = 0, 2, 130
VALUES = (
    *(".nan", ".inf", "-.inf", "1e308", "-1", "0", "1", "2", "0.5", "1.5", "1e-300"),
    *("999999999999999999999", "true", "null", "~", "[]", "{}", "[1,2]", "{a:1}", "''"),
    *("yes", "2026-01-01", "0x10", "*x", "&x", "!!python/object:os.system", "@"),
    *("café", "\u202e", "../../secret"),
)
MOST_GROWTH = 1.3
"""Of memory, after the first part."""
MOST_STORE = 200e6
SESSIONS = 20
FEW = ("--set", "clock.weeks=3", "--set", "market.customers=150", "--runs", "1")
FRESH_EVERY = 50
"""Files, of which one is tried in a process of its own, too: it must end the same."""
UNCAUGHT = re.compile(r"Traceback|\w+Warning:")
"""What a library says to a programmer, and nobody to a user."""
SMALL = {"customers": 500, "overrides": ["clock.weeks=52"]}


# Files


def mutated(text: str, luck: random.Random) -> bytes:
    """Return a scenario file with mistakes that people and programs make."""
    lines = text.splitlines()
    for _ in range(luck.choice((1, 1, 1, 2, 3, 8))):
        at = luck.randrange(len(lines)) if lines else 0
        mistake = luck.choice(MISTAKES)
        lines[at : at + 1] = mistake(lines[at] if lines else "", luck)
    whole = ("\n".join(lines) + "\n").encode("utf-8")
    if luck.random() < 0.03:
        whole = whole[: luck.randrange(len(whole))]
    if luck.random() < 0.02:
        at = luck.randrange(len(whole) + 1)
        whole = whole[:at] + luck.randbytes(3) + whole[at:]
    return whole


def _valued(line: str, luck: random.Random) -> list[str]:
    return [f"{line.partition(':')[0]}: {luck.choice(VALUES)}"]


def _scaled(line: str, luck: random.Random) -> list[str]:
    key, colon, value = line.partition(":")
    try:
        number = float(value.partition("#")[0])
    except ValueError:
        return [line]
    factor = luck.choice((-1, 0, 0.001, 0.5, 2, 10, 1000))
    return [f"{key}{colon} {number * factor:g}"]


def _misspelt(line: str, luck: random.Random) -> list[str]:
    at = luck.randrange(len(line) + 1)
    return [line[:at] + luck.choice("abcxyz_-:#[]{}\"'\t ") + line[at + 1 :]]


MISTAKES = (
    _valued,
    _valued,
    _scaled,
    _scaled,
    _misspelt,
    lambda line, luck: [],
    lambda line, luck: [line, line],
    lambda line, luck: [" " * luck.randrange(6) + line.strip()],
)


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    words: str
    """On the error stream."""
    error: BaseException | None = None


def files(count: int, seed: int) -> bool:
    """Put mutated files through the command line; return whether all is well."""
    n, began = cores(), time.monotonic()
    with ProcessPoolExecutor(n) as pool:
        parts = list(
            pool.map(some_files, [range(i, count, n) for i in range(n)], [seed] * n)
        )
    ends = sum((part.ends for part in parts), Counter())
    n_faults = sum(part.n_faults for part in parts)
    told = ", ".join(f"{end}: {times}" for end, times in sorted(ends.items()))
    print(
        f"files: {count} mutated in {time.monotonic() - began:.0f} s, {told}; slowest "
        f"{max(part.slowest for part in parts):.1f} s; {n_faults} faults"
    )
    return not n_faults


class Part(NamedTuple):
    """What came of some of the files."""

    ends: Counter[str]
    """How many commands ended with which exit code."""
    n_faults: int
    slowest: float
    """Seconds."""


def some_files(numbers: Sequence[int], seed: int) -> Part:
    """Put the files of these numbers through the command line, in this process."""
    sources = sorted((ROOT / "scenarios").glob("*.yaml"))
    ends: Counter[str] = Counter()
    n_faults, slowest = 0, 0.0
    signal.signal(signal.SIGALRM, _too_long)
    warnings.simplefilter("always")
    with tempfile.TemporaryDirectory() as name, chdir(name):
        file, out = Path("mutated.yaml"), Path("out")
        for number in numbers:
            luck = random.Random(f"{seed} {number}")
            file.write_bytes(mutated(luck.choice(sources).read_text("utf-8"), luck))
            for words in (("validate", file), ("run", file, *FEW, "--out", out, "-q")):
                started = time.monotonic()
                ended = here(words)
                slowest = max(slowest, time.monotonic() - started)
                ours = {file.name, out.name} if ended.code == TAKEN else {file.name}
                fault = _fault(words[0], ended) or _left(ours)
                shutil.rmtree(out, ignore_errors=True)
                if not fault and number % FRESH_EVERY == 0:
                    try:
                        fault = _differing(ended, afresh(words))
                    except subprocess.TimeoutExpired:
                        fault = f"more than {LONGEST} s in a process of its own"
                    shutil.rmtree(out, ignore_errors=True)
                if fault:
                    kept = ROOT / "results" / f"soak-{seed}-{number}.yaml"
                    shutil.copy(file, kept)
                    print(f"{kept.name}: {words[0]}: {fault}", flush=True)
                    n_faults += 1
                ends[f"{words[0]} {ended.code}"] += 1
    return Part(ends, n_faults, slowest)


def here(words: Sequence[object]) -> Ended:
    """Type words in this process, where nothing has to be imported each time."""
    from analysis.cli import app

    signal.alarm(LONGEST)
    found = CliRunner().invoke(app, [str(word) for word in words])
    signal.alarm(0)
    if found.exit_code == INTERRUPTED:
        raise KeyboardInterrupt
    return Ended(found.exit_code, found.stderr, found.exception)


def afresh(words: Sequence[object]) -> Ended:
    """Type words as a user does, in a process of their own."""
    done = subprocess.run(
        [sys.executable, "-m", "analysis.cli", *(str(word) for word in words)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    return Ended(done.returncode, done.stderr)


def _too_long(*_: object) -> None:
    raise RuntimeError(f"more than {LONGEST} s")


def _fault(command: str, ended: Ended) -> str:
    """Return what is wrong with how a command ended, or nothing."""
    words = ended.words.strip()
    if ended.code not in (TAKEN, REFUSED):
        return f"exit {ended.code}: {ended.error!r} {words[-300:]}"
    if found := UNCAUGHT.search(words):
        return f"{found[0]} {words[-300:]}"
    if ended.code == REFUSED:
        lines = words.splitlines()
        is_told = lines and all("mutated.yaml" in line for line in lines)
        if not is_told or (command == "run" and len(lines) > 1):
            return f"refused in {len(lines)} lines: {words[:300]}"
    return ""


def _left(ours: set[str]) -> str:
    """Return which files a command left where it should not have, or nothing."""
    left = {path.name for path in Path().iterdir()} - ours
    return f"left {', '.join(sorted(left))}" if left else ""


def _differing(one: Ended, other: Ended) -> str:
    """Return how a process of its own ended otherwise, or nothing."""
    if (one.code, one.words) == (other.code, other.words):
        return ""
    return f"exit {one.code} {one.words}, but afresh {other.code} {other.words}"


# The page


@contextmanager
def studio(folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Start the studio in a folder; give its address and its process."""
    command = [sys.executable, "-m", "analysis.cli", "studio", "--no-browser"]
    process = subprocess.Popen(
        [*command, "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[0], psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


def visit(address: str, number: int, ends: float, seen: Counter[str]) -> None:
    """Play one session after the other until it is time, as a class would."""
    luck = random.Random(number)
    with httpx.Client(base_url=address, timeout=120) as client:
        while time.monotonic() < ends:
            session = client.post("/api/sessions", json=SMALL)
            seen[f"open {session.status_code}"] += 1
            if session.status_code != httpx.codes.OK:
                time.sleep(1)
                continue
            path = f"/api/sessions/{session.json()['id']}"
            for _ in range(50):
                asked = luck.choice(("step", "step", "step", "life"))
                body = {"steps": 1} if asked == "step" else {"row": luck.randrange(500)}
                answer = client.post(f"{path}/{asked}", json=body)
                seen[f"{asked} {answer.status_code}"] += 1
                if time.monotonic() > ends:
                    break
            if luck.random() < 0.7:  # the others are left open, as tabs are
                client.delete(path)


def page(minutes: float) -> bool:
    """Play in many sessions at once; return whether all is well."""
    seen: Counter[str] = Counter()
    sizes: list[float] = []
    with tempfile.TemporaryDirectory() as name, studio(Path(name)) as (address, server):
        ends = time.monotonic() + 60 * minutes
        with ThreadPoolExecutor(SESSIONS) as pool:
            visits = [
                pool.submit(visit, address, number, ends, seen)
                for number in range(SESSIONS)
            ]
            pause = threading.Event()
            while time.monotonic() < ends:
                pause.wait(2)
                sizes.append(server.memory_info().rss / 1e6)
            for each in visits:
                each.result()
    fifths = [part.max() for part in np.array_split(np.array(sizes), 5)]
    worst = [k for k in seen if k.endswith(("500", "502", "503"))]
    told = ", ".join(f"{answer}: {n}" for answer, n in sorted(seen.items()))
    print(
        f"page: {SESSIONS} sessions, {minutes:g} min, {told}; memory at most "
        f"{', '.join(f'{size:.0f}' for size in fifths)} MB in each fifth"
    )
    return max(fifths) <= MOST_GROWTH * fifths[0] and not worst


# A study


def study(runs: int) -> bool:
    """Live many small runs; return whether memory is flat and the store small."""
    with tempfile.TemporaryDirectory() as name:
        few = ("--set", "clock.weeks=13", "--set", "market.customers=200")
        command = [sys.executable, "-m", "analysis.cli", "run", "baseline", "-q", *few]
        process = subprocess.Popen(
            [*command, "--runs", str(runs), "--out", "study"],
            cwd=name,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
        )
        sizes, began = [], time.monotonic()
        parent = psutil.Process(process.pid)
        while process.poll() is None:
            try:
                sizes.append(parent.memory_info().rss / 1e6)
            except psutil.NoSuchProcess:
                break
            time.sleep(0.5)
        seconds = time.monotonic() - began
        kept = sum(p.stat().st_size for p in Path(name).rglob("*") if p.is_file())
    middle = sizes[len(sizes) // 5 : 4 * len(sizes) // 5] or sizes
    print(
        f"study: {runs} runs in {seconds:.0f} s, exit {process.returncode}; memory of "
        f"the parent {middle[0]:.0f} MB after a fifth, {max(middle):.0f} MB at most "
        f"while it runs, {max(sizes):.0f} MB at its end; store {kept / 1e6:.1f} MB"
    )
    is_flat = max(middle) <= MOST_GROWTH * middle[0]
    return process.returncode == 0 and is_flat and kept <= MOST_STORE


def compile_first() -> None:
    """Compile what the parts need: neither its time nor its memory is theirs."""
    with tempfile.TemporaryDirectory() as name:
        subprocess.run(
            [sys.executable, "-m", "analysis.cli", "run", "baseline", *FEW, "-q"],
            cwd=name,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            check=True,
        )


def main() -> int:
    """Run what is asked for, or all three."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", nargs="?", choices=("files", "page", "study"))
    parser.add_argument("--count", type=int, default=2000, help="mutated files")
    parser.add_argument("--seed", type=int, default=1, help="of the mutations")
    parser.add_argument("--minutes", type=float, default=10, help="of the page")
    parser.add_argument("--runs", type=int, default=10_000, help="of the study")
    asked = parser.parse_args()
    parts = {
        "files": lambda: files(asked.count, asked.seed),
        "page": lambda: page(asked.minutes),
        "study": lambda: study(asked.runs),
    }
    compile_first()
    good = [parts[name]() for name in parts if asked.what in (None, name)]
    return int(not all(good))


if __name__ == "__main__":
    sys.exit(main())
