"""The benchmark: how fast the engine is, beside what, and how far from the machine.

    make bench                                   # the floors, then this, then a table
    python -m tests.speed.benchmark --quick      # what takes seconds
    python -m tests.speed.benchmark --others     # starsim and NDlib as well

Every number is taken in one run on one machine, so that ratios hold where seconds do
not: nanoseconds a customer-week in the baseline's steady state, building excluded
unless said, medians of five with the fastest and the slowest. One thread is timed in
processor time, several by the clock on the wall. Written to `results/benchmark.json`;
`--readme` puts the table into README.md.
"""

import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simulation.core.columns import Tally
from simulation.core.jit import kernel, word
from simulation.core.randomness import uniform
from simulation.model import PerceptionModel
from simulation.scenario import load
from tests.naive import microseconds

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "results" / "benchmark.json"
README = ROOT / "README.md"
MARKS = "<!-- benchmark -->", "<!-- end of benchmark -->"
OTHERS = ROOT / ".venv-benchmark"
REPEATS = 5
SETTLED = 12
"""Weeks lived before the clock starts."""
AT_LEAST = 400_000
"""Customer-weeks in one repeat, so that it outlasts the clock's grain."""
LARGE = 1_000_000
MEBIBYTE = 1 << 20
DRAWS_OF_ALL = 9
"""Draws a week for everybody: three touchpoints, considering, reading the rating,
joining, returning, the score and the sample of the survey."""
DRAWS_OF_AN_EPISODE = 5
"""Quality, failure, complaint, talk, review."""
MEETINGS = 2


class Measured(NamedTuple):
    """One line of the benchmark."""

    subject: str
    case: str
    unit: str
    median: float
    low: float
    high: float


def measured(subject: str, case: str, unit: str, values: Iterable[float]) -> Measured:
    """Return the median of some values, with the smallest and the largest."""
    found = sorted(values)
    return Measured(subject, case, unit, statistics.median(found), found[0], found[-1])


class Timed(PerceptionModel):
    """A world that keeps the processor time of each kernel, in seconds."""

    def _sweep(self, kernel):
        began = time.thread_time()
        super()._sweep(kernel)
        spent = self.__dict__.setdefault("spent", {})
        spent.setdefault(kernel.__name__, []).append(time.thread_time() - began)


def settled(n_customers: int, *changes: str, n_threads: int = 1) -> Timed:
    """Return a world that has lived long enough for its numbers to be typical."""
    settings = load("baseline", [f"market.customers={n_customers}", *changes])
    model = Timed(settings, seed=1, n_threads=n_threads)
    for _ in range(SETTLED):
        model.step()
    return model


def nanoseconds(model: PerceptionModel) -> Iterator[float]:
    """Yield the time of a customer-week, once a repeat."""
    clock = time.thread_time if model.n_threads == 1 else time.perf_counter
    n_weeks = max(2, AT_LEAST // model.n_customers)
    for _ in range(REPEATS):
        began = clock()
        for _ in range(n_weeks):
            model.step()
        yield (clock() - began) / (n_weeks * model.n_customers) * 1e9


def by(subject: str, cases: dict[str, tuple[int, str]], n_threads: int = 1):
    """Yield a line for each case: customers, and a change of the baseline."""
    for case, (n_customers, change) in cases.items():
        changes = [change] if change else []
        model = settled(n_customers, *changes, n_threads=n_threads)
        yield measured(subject, case, "ns", nanoseconds(model))


def by_phase(n_customers: int) -> Iterator[Measured]:
    """Yield what each kernel takes of a week."""
    model = settled(n_customers)
    model.spent.clear()
    list(nanoseconds(model))
    for name, seconds in model.spent.items():
        each = (spent / n_customers * 1e9 for spent in seconds)
        yield measured("phase", name, "ns", each)


def whole_runs(n_customers: int, weeks: int) -> Iterator[Measured]:
    """Yield how long one run takes, people, ties and the weekly table included."""
    sizes = [f"clock.weeks={weeks}", "clock.warmup_weeks=0"]
    settings = load("baseline", [f"market.customers={n_customers}", *sizes])
    seconds = []
    for seed in range(REPEATS):
        began = time.thread_time()
        PerceptionModel(settings, seed=seed).run().weekly()
        seconds.append(1e3 * (time.thread_time() - began))
    yield measured("whole run", f"{n_customers:,} x {weeks} weeks", "ms", seconds)


# What the machine can do


@kernel
def triad(a, b, c):
    """Move three numbers an entry, as the STREAM benchmark does."""
    for i in range(word(a.size)):
        a[i] = b[i] + 3.0 * c[i]


@kernel
def luckier(key, n, chance):
    """Draw n times, and do nothing else; return how often the draw is below."""
    found = 0
    for i in range(word(n)):
        found += uniform(key, i) < chance
    return found


def machine() -> Iterator[Measured]:
    """Yield the bandwidth of the memory and the price of a draw."""
    a, b, c = (np.ones(32 * MEBIBYTE // 8) for _ in range(3))
    triad(a, b, c)
    luckier(np.uint64(7), 1, 0.5)
    rates, prices = [], []
    for _ in range(REPEATS):
        began = time.thread_time()
        triad(a, b, c)
        rates.append(3 * a.nbytes / (time.thread_time() - began) / 1e9)
        began = time.thread_time()
        luckier(np.uint64(7), MEBIBYTE, 0.5)
        prices.append((time.thread_time() - began) / MEBIBYTE * 1e9)
    yield measured("machine", "memory bandwidth", "GB/s", rates)
    yield measured("machine", "one keyed draw", "ns", prices)


def limit(n_customers: int, bandwidth: float, draw: float) -> Iterator[Measured]:
    """Yield how far a week is from what bytes and draws alone would take.

    Bytes: every column of every person read once and written once. Draws: those
    that everybody needs, and those of what happened.
    """
    model = settled(n_customers)
    own = list(nanoseconds(model))
    columns = (column for record in model.people for column in record)
    n_bytes = 2 * sum(column.nbytes for column in columns) / n_customers
    told = model.told / n_customers
    degree = model.ties.target.size / n_customers
    heard = told[[Tally.MESSAGES_POSITIVE, Tally.MESSAGES_NEGATIVE]].sum()
    n_draws = DRAWS_OF_ALL + DRAWS_OF_AN_EPISODE * told[Tally.EPISODES_ALL]
    n_draws += told[Tally.STORIES] * (degree + MEETINGS) + heard
    moving, drawing = n_bytes / bandwidth, n_draws * draw
    print(
        f"  {n_bytes:.0f} bytes at {bandwidth:.1f} GB/s: {moving:.1f} ns; "
        f"{n_draws:.1f} draws at {draw:.2f} ns: {drawing:.1f} ns"
    )
    floor = max(moving, drawing)
    yield measured("limit", f"{n_customers:,}", "x", (each / floor for each in own))


def growth(lines: Iterable[Measured]) -> Iterator[Measured]:
    """Yield the exponent with which a week grows from 10,000 customers on."""
    sizes = [line for line in lines if line.subject == "customers"]
    points = [(int(line.case.replace(",", "")), line.median) for line in sizes]
    points = [(math.log(n), math.log(n * each)) for n, each in points if n >= 10_000]
    slope = np.polyfit(*zip(*points, strict=True), 1)[0]
    yield measured("growth", "exponent from 10,000 customers on", "", [float(slope)])


# Others

STARSIM = """
import json, sys, time
import starsim as ss
n, steps, times = int(sys.argv[1]), 52, []
for _ in range(3):
    network = ss.RandomNet(n_contacts=10)
    sim = ss.Sim(n_agents=n, diseases=ss.SIS(), networks=network, dur=steps, verbose=0)
    sim.init()
    began = time.process_time()
    sim.run()
    times.append((time.process_time() - began) / (n * (steps + 1)) * 1e9)
print(json.dumps(times))
"""
NDLIB = """
import json, sys, time
import networkx as nx
import ndlib.models.ModelConfig as config
import ndlib.models.epidemics as epidemics
n, steps, times = int(sys.argv[1]), 20, []
graph = nx.watts_strogatz_graph(n, 10, 0.1, seed=1)
for _ in range(3):
    model, numbers = epidemics.SISModel(graph), config.Configuration()
    for name, value in (("beta", 0.02), ("lambda", 0.1)):
        numbers.add_model_parameter(name, value)
    numbers.add_model_parameter("fraction_infected", 0.1)
    model.set_initial_status(numbers)
    began = time.process_time()
    model.iteration_bunch(steps)
    times.append((time.process_time() - began) / (n * steps) * 1e9)
print(json.dumps(times))
"""


def others() -> Iterator[Measured]:
    """Yield what the simplest contagion takes elsewhere, installed for this alone."""
    python = OTHERS / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        venv.create(OTHERS, with_pip=True)
    for package, code, sizes in (
        ("starsim", STARSIM, (100_000, 1_000_000)),
        ("ndlib", NDLIB, (10_000,)),
    ):
        install = [python, "-m", "pip", "install", "--quiet", package]
        if subprocess.run(install, check=False).returncode != 0:
            print(f"  {package} does not install here: left out")
            continue
        for n_agents in sizes:
            command = [python, "-c", code, str(n_agents)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                print(f"  {package} does not run here: {done.stderr.strip()[-200:]}")
                break
            times = json.loads(done.stdout.splitlines()[-1])
            yield measured("others", f"{package} SIS, {n_agents:,}", "ns", times)


# All of it


def lines(*, is_quick: bool, with_others: bool) -> Iterator[Measured]:
    """Yield every line, the machine first."""
    found = list(machine())
    yield from found
    bandwidth, draw = (line.median for line in found)
    sizes = [1_000, 10_000, 100_000] + ([] if is_quick else [1_000_000, 10_000_000])
    by_size = []
    for line in by("customers", {f"{n:,}": (n, "") for n in sizes}):
        by_size.append(line)
        yield line
    yield from growth(by_size)
    yield from by_phase(sizes[2])
    yield from limit(sizes[2], bandwidth, draw)
    n = 20_000
    degrees = {f"{d}": (n, f"network.degree={d}") for d in (2, 10, 30, 100)}
    yield from by("degree", degrees)
    talk = {f"{t:g}": (n, f"word_of_mouth.talk_base={t}") for t in (0, 0.04, 0.3, 0.9)}
    yield from by("chance to talk about anything", talk)
    yield from whole_runs(2_000, 52)
    yield from whole_runs(100_000, 26)
    if not is_quick:
        cases = {f"{LARGE:,}": (LARGE, "")}
        yield from by("two threads", cases, n_threads=2)
    twin = [1e3 * microseconds() for _ in range(3)]
    yield measured("plain Mesa twin", "10,000", "ns", twin)
    same = by_size[1].median
    yield measured("times the twin", "10,000", "x", [each / same for each in twin])
    if with_others:
        yield from others()


def table(found: list[dict]) -> str:
    """Return the lines as a table in Markdown."""
    rows = ["| what | case | median | lowest to highest |", "| --- | --- | --- | --- |"]
    for line in map(Measured._make, (each.values() for each in found)):
        rate = ""
        if line.subject in ("customers", "two threads"):
            rate = f" ({1e3 / line.median:.1f} M customer-weeks/s)"
        rows.append(
            f"| {line.subject} | {line.case} | {line.median:.3g} {line.unit}{rate} "
            f"| {line.low:.3g} to {line.high:.3g} |"
        )
    return "\n".join(rows)


def main() -> None:
    """Measure, print a line as soon as it is known, write the file."""
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("--quick", action="store_true", help="small worlds only")
    reader.add_argument("--readme", action="store_true", help="put it into README.md")
    reader.add_argument("--others", action="store_true", help="starsim and NDlib too")
    chosen = reader.parse_args()
    found = []
    for line in lines(is_quick=chosen.quick, with_others=chosen.others):
        found.append(line._asdict())
        rate = f" = {1e3 / line.median:.1f} M/s" if line.unit == "ns" else ""
        print(
            f"{line.subject}, {line.case}: {line.median:.4g} {line.unit} "
            f"({line.low:.4g} to {line.high:.4g}){rate}",
            flush=True,
        )
    if chosen.readme:
        before, rest = README.read_text().split(MARKS[0])
        _, after = rest.split(MARKS[1])
        inside = f"{MARKS[0]}\n{table(found)}\n{MARKS[1]}"
        README.write_text(f"{before}{inside}{after}")
    about = {"python": sys.version.split()[0], "machine": platform.machine()}
    about |= {"processors": os.cpu_count(), "when": time.strftime("%Y-%m-%d")}
    RESULT.write_text(json.dumps({"about": about, "lines": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
