"""The benchmark: how fast the engine is, beside what, and how far from the machine.

    make bench                                    # the floors, then this with --others
    python -m tests.speed.benchmark               # ten minutes on a quiet machine
    python -m tests.speed.benchmark --quick       # what takes seconds
    python -m tests.speed.benchmark --readme      # and put the tables into README.md

Every number is taken in one run on one machine, so that ratios hold where seconds do
not: what is compared takes turns. A customer-week is one of the baseline's steady
state, building excluded unless said; medians of five with the extremes. One thread is
timed in processor time, several by the clock on the wall. All of it is written to
`results/benchmark.json`, and what is asked stands in `goals.py`.
"""

import argparse
import json
import math
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numba
import numpy as np

from simulation.core.columns import Tally
from simulation.core.jit import kernel, word
from simulation.core.randomness import uniform
from simulation.model import PerceptionModel
from simulation.scenario import load
from tests.naive import microseconds
from tests.speed.goals import Measured, tables

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "results" / "benchmark.json"
README = ROOT / "README.md"
MARKS = "<!-- benchmark -->", "<!-- end of benchmark -->"
OTHERS = ROOT / ".venv-benchmark"
REPEATS = 5
MANY = 25
"""Repeats of what takes milliseconds."""
SETTLED = 12
"""Weeks lived before the clock starts."""
AT_LEAST = 400_000
"""Customer-weeks in one repeat, so that it outlasts the clock's grain."""
SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
LARGE = 1_000_000
MIDDLE = 20_000
"""Customers where something else varies."""
MEBIBYTE = 1 << 20
DRAWS_OF_ALL = 9
"""Draws a week for everybody: three touchpoints, considering, reading the rating,
joining, returning, the score and the sample of the survey."""
DRAWS_OF_AN_EPISODE = 5
"""Quality, failure, complaint, talk, review."""
MEETINGS = 2


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


def settled(
    n_customers: int, *changes: str, n_threads: int = 1, kind=PerceptionModel
) -> PerceptionModel:
    """Return a world that has lived long enough for its numbers to be typical."""
    settings = load("baseline", [f"market.customers={n_customers}", *changes])
    model = kind(settings, seed=1, n_threads=n_threads)
    for _ in range(SETTLED):
        model.step()
    return model


def one_turn(model: PerceptionModel, clock: Callable[[], float]) -> float:
    """Return the time of a customer-week in nanoseconds, taken once."""
    n_weeks = max(2, AT_LEAST // model.n_customers)
    began = clock()
    for _ in range(n_weeks):
        model.step()
    return (clock() - began) / (n_weeks * model.n_customers) * 1e9


def nanoseconds(model: PerceptionModel) -> list[float]:
    """Return the time of a customer-week, once a repeat."""
    return [one_turn(model, time.thread_time) for _ in range(REPEATS)]


# A market, larger, denser, louder, longer


def by_size(sizes: Iterable[int]) -> Iterator[Measured]:
    """Yield what a week takes in markets of many sizes."""
    for n_customers in sizes:
        times = nanoseconds(settled(n_customers))
        yield measured("customers", f"{n_customers:,}", "ns", times)


def by_degree() -> Iterator[Measured]:
    """Yield what a week takes where people know more others."""
    for degree in (2, 10, 30, 100):
        model = settled(MIDDLE, f"network.degree={degree}")
        yield measured("degree", f"{degree}", "ns", nanoseconds(model))


def by_speakers() -> Iterator[Measured]:
    """Yield what a week takes where more people talk, the silent first."""
    for chance in (0, 0.1, 0.3, 0.9):
        model = settled(MIDDLE, f"word_of_mouth.talk_base={chance}")
        times = nanoseconds(model)
        share = model.told[Tally.STORIES] / MIDDLE
        yield measured("speakers", f"{share:.1%}", "ns", times)


def by_weeks() -> Iterator[Measured]:
    """Yield what a customer-week of a whole run takes, people and ties included."""
    for weeks in (4, 26, 104, 416):
        seconds = whole_runs(MIDDLE, weeks)
        each = [1e9 * spent / (MIDDLE * weeks) for spent in seconds]
        yield measured("weeks", f"{weeks}", "ns", each)


def by_phase(n_customers: int) -> Iterator[Measured]:
    """Yield what each kernel takes of a week."""
    model = settled(n_customers, kind=Timed)
    model.spent.clear()
    nanoseconds(model)
    for name, seconds in model.spent.items():
        each = (spent / n_customers * 1e9 for spent in seconds)
        yield measured("phase", name, "ns", each)


def by_threads(n_customers: int) -> Iterator[Measured]:
    """Yield one thread and two, which take turns, and what the second gains."""
    models = {n: settled(n_customers, n_threads=n) for n in (1, 2)}
    turns = {n: [] for n in models}
    for _ in range(REPEATS):
        for n, model in models.items():
            turns[n].append(one_turn(model, time.perf_counter))
    for n, times in turns.items():
        yield measured("threads", f"{n}", "ns", times)
    gains = [one / two for one, two in zip(turns[1], turns[2], strict=True)]
    yield measured("threads", "gain", "x", gains)


def growth(lines: Iterable[Measured], subject: str, least: int) -> Iterator[Measured]:
    """Yield the exponent with which the time of a week grows, from `least` on."""
    sizes = [line for line in lines if line.subject == subject]
    points = [(int(line.case.replace(",", "")), line.median) for line in sizes]
    is_size = subject == "customers"  # whose lines are for one customer
    logs = [(math.log(n), math.log(n**is_size * t)) for n, t in points if n >= least]
    slope = float(np.polyfit(*zip(*logs, strict=True), 1)[0])
    yield measured("growth", subject, "", [slope])


# Whole runs


def whole_runs(n_customers: int, weeks: int, repeats: int = REPEATS) -> list[float]:
    """Return how long a run takes, people, ties and the weekly table included."""
    sizes = [f"clock.weeks={weeks}", "clock.warmup_weeks=0"]
    settings = load("baseline", [f"market.customers={n_customers}", *sizes])
    seconds = []
    for seed in range(repeats):
        began = time.thread_time()
        PerceptionModel(settings, seed=seed).run().weekly()
        seconds.append(time.thread_time() - began)
    return seconds


APART = r"""
import json, re, sys, time
from pathlib import Path
from simulation.model import PerceptionModel
from simulation.scenario import load
n_customers, weeks, n_threads = map(int, sys.argv[1:])
PerceptionModel(load("baseline", ["market.customers=100"])).step()
sizes = [f"market.customers={n_customers}", f"clock.weeks={weeks}"]
settings = load("baseline", [*sizes, "clock.warmup_weeks=0"])
began = time.perf_counter()
model = PerceptionModel(settings, n_threads=n_threads).run()
model.weekly()
seconds = time.perf_counter() - began, time.process_time()
status = Path("/proc/self/status").read_text()  # ru_maxrss would be the parent's
peak = 1024 * int(re.search(r"VmHWM:\s+(\d+)", status)[1])
print(json.dumps([*seconds, peak, model.ties.target.size]))
"""


class Apart(NamedTuple):
    """What a run took that had a process of its own."""

    seconds: float
    """By the clock, from the people to the weekly table."""
    processor: float
    """Seconds of processor time, starting Python included."""
    peak: int
    """Bytes of memory at the most."""
    n_ends: int
    """Entries in the table of ties: two a tie."""


def lived_apart(n_customers: int, weeks: int, n_threads: int) -> Apart:
    """Live a whole run in a process of its own."""
    command = [sys.executable, "-c", APART, str(n_customers), str(weeks)]
    done = subprocess.run(
        [*command, str(n_threads)],
        check=True,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return Apart(*json.loads(done.stdout))


def largest(n_customers: int, weeks: int) -> Iterator[Measured]:
    """Yield how long the largest market takes from nothing to the weekly table."""
    try:
        found = lived_apart(n_customers, weeks, 2)
    except subprocess.CalledProcessError:
        print(f"  {n_customers:,} customers do not fit here: left out")
        return
    case = f"{n_customers:,} x {weeks} weeks"
    yield measured("whole run", case, "s", [found.seconds])
    yield measured("processor", case, "s", [found.processor])
    yield measured("memory", f"{n_customers:,}", "GB", [found.peak / 1e9])


# From the command to the first week

FIRST_WEEK = """
from simulation.model import PerceptionModel
from simulation.scenario import load
PerceptionModel(load("baseline", ["market.customers=200"])).step()
"""
STARTS = {
    "--help": ["-m", "analysis.cli", "--help"],
    "import": ["-c", "import analysis.cli"],
    "first": ["-c", FIRST_WEEK],
}


def started(arguments: list[str], **extra: str) -> float:
    """Return the processor time of a new Python, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), **extra},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def starting(*, is_quick: bool) -> Iterator[Measured]:
    """Yield how long it takes to begin, and once with nothing compiled."""
    for case, arguments in STARTS.items():
        times = [started(arguments) for _ in range(REPEATS)]
        yield measured("start", case, "s", times)
    if not is_quick:
        with tempfile.TemporaryDirectory() as empty:
            once = started(STARTS["first"], XDG_CACHE_HOME=empty)
        yield measured("start", "compile", "s", [once])


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
    own = nanoseconds(model)
    columns = (column for record in model.people for column in record)
    n_bytes = 2 * sum(column.nbytes for column in columns) / n_customers
    told = model.told / n_customers
    degree = model.ties.target.size / n_customers
    heard = told[[Tally.MESSAGES_POSITIVE, Tally.MESSAGES_NEGATIVE]].sum()
    n_draws = DRAWS_OF_ALL + DRAWS_OF_AN_EPISODE * told[Tally.EPISODES_ALL]
    n_draws += told[Tally.STORIES] * (degree + MEETINGS) + heard
    moving, drawing = n_bytes / bandwidth, n_draws * draw
    floor = max(moving, drawing)
    yield measured("limit", f"{n_customers:,}", "x", (each / floor for each in own))
    yield measured("bytes", f"{n_customers:,}", "bytes", [n_bytes])
    yield measured("draws", f"{n_customers:,}", "draws", [n_draws])


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


def installed(package: str, *needed: str) -> Path | None:
    """Return the Python that has a package, in an environment for this alone."""
    python = OTHERS / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        venv.create(OTHERS, with_pip=True)
    install = [python, "-m", "pip", "install", "--quiet", package, *needed]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(f"  {package} does not install here: {done.stderr.strip()[-200:]}")
        return None
    return python


def others() -> Iterator[Measured]:
    """Yield what the simplest contagion takes elsewhere, and what we take beside it."""
    for package, needed, code, sizes in (
        ("starsim", (), STARSIM, (100_000, 1_000_000)),
        ("ndlib", ("six",), NDLIB, (10_000,)),  # which it imports and does not name
    ):
        python = installed(package, *needed)
        for n_agents in sizes if python else ():
            command = [python, "-c", code, str(n_agents)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                print(f"  {package} does not run here: {done.stderr.strip()[-200:]}")
                break
            times = json.loads(done.stdout.splitlines()[-1])
            yield measured(package, f"{n_agents:,}", "ns", times)
            own = statistics.median(nanoseconds(settled(n_agents)))
            gains = [each / own for each in times]
            yield measured(package, f"{n_agents:,} gain", "x", gains)


def beside_the_twin(n_customers: int = 10_000) -> Iterator[Measured]:
    """Yield the plain Mesa twin, and how many times as long as we it takes."""
    model, twin, gains = settled(n_customers), [], []
    for _ in range(REPEATS):
        twin.append(1e3 * microseconds(n_customers, 2))
        gains.append(twin[-1] / one_turn(model, time.thread_time))
    yield measured("twin", "alone", "ns", twin)
    yield measured("twin", "gain", "x", gains)


# All of it


def lines(*, is_quick: bool, with_others: bool) -> Iterator[Measured]:
    """Yield every line, the machine first."""
    found = list(machine())
    yield from found
    bandwidth, draw = (line.median for line in found)
    sizes = list(by_size(SIZES[:3] if is_quick else SIZES))
    yield from sizes
    yield from growth(sizes, "customers", 10_000)
    degrees = list(by_degree())
    yield from degrees
    yield from growth(degrees, "degree", 10)
    yield from by_speakers()
    yield from by_weeks()
    yield from by_phase(SIZES[2])
    yield from limit(SIZES[2], bandwidth, draw)
    small = (1e3 * spent for spent in whole_runs(2_000, 52, MANY))
    yield measured("whole run", "2,000 x 52 weeks", "ms", small)
    yield from beside_the_twin()
    yield from starting(is_quick=is_quick)
    if not is_quick:
        yield from by_threads(LARGE)
        yield from largest(SIZES[-1], 104)
    if with_others:
        yield from others()


def about(load_before: float) -> dict[str, object]:
    """Return where and when this was taken."""
    return {
        "python": platform.python_version(),
        "numba": numba.__version__,
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "load": [round(load_before, 1), round(os.getloadavg()[0], 1)],
        "when": time.strftime("%Y-%m-%d"),
    }


def told(found: list[Measured], where: dict[str, object]) -> str:
    """Return the sentences under the tables."""
    by = {(line.subject, line.case): line.median for line in found}
    n, (before, after) = f"{SIZES[2]:,}", where["load"]
    bandwidth, draw = by["machine", "memory bandwidth"], by["machine", "one keyed draw"]
    n_bytes, n_draws = by["bytes", n], by["draws", n]
    return (
        f"The physical limit is the larger of {n_bytes:.0f} bytes a customer (every "
        f"column read once and written once) at {bandwidth:.1f} GB/s, "
        f"{n_bytes / bandwidth:.1f} ns, and {n_draws:.1f} draws at {draw:.2f} ns, "
        f"{n_draws * draw:.1f} ns. Taken on {where['when']} with Python "
        f"{where['python']} on {where['processors']} processors, whose load was "
        f"{before} when it began and {after} when it ended; 1 is this benchmark alone."
    )


def main() -> None:
    """Measure, print a line as soon as it is known, write the file."""
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("--quick", action="store_true", help="small worlds only")
    reader.add_argument("--readme", action="store_true", help="put it into README.md")
    reader.add_argument("--others", action="store_true", help="starsim and NDlib too")
    chosen = reader.parse_args()
    found, load_before = [], os.getloadavg()[0]
    try:
        for line in lines(is_quick=chosen.quick, with_others=chosen.others):
            found.append(line)
            rate = f" = {1e3 / line.median:.1f} M/s" if line.unit == "ns" else ""
            print(
                f"{line.subject}, {line.case}: {line.median:.4g} {line.unit} "
                f"({line.low:.4g} to {line.high:.4g}){rate}",
                flush=True,
            )
    finally:  # what is known when it is stopped is kept
        where = about(load_before)
        plain = [line._asdict() for line in found]
        contents = {"about": where, "lines": plain}
        RESULT.write_text(json.dumps(contents, indent=1) + "\n")
    page = tables(found, told(found, where))
    print(f"\n{page}")
    if chosen.readme:
        before, rest = README.read_text().split(MARKS[0])
        _, after = rest.split(MARKS[1])
        README.write_text(f"{before}{MARKS[0]}\n{page}\n{MARKS[1]}{after}")


if __name__ == "__main__":
    main()
