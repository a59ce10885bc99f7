"""What is asked of the engine, beside what the benchmark found: the table in README."""

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

SIGNIFICANT = 3
SMALLEST, LARGEST = "2,000 x 52 weeks", "10,000,000 x 104 weeks"
RATE = "M customer-weeks/s"
"""The unit of a goal whose line is in nanoseconds a customer-week."""


class Measured(NamedTuple):
    """One line of the benchmark: the median of some values, with the extremes."""

    subject: str
    case: str
    unit: str
    median: float
    low: float
    high: float


class Goal(NamedTuple):
    """One number that is asked for."""

    words: str
    subject: str
    case: str
    """The line of the benchmark that answers it, by subject and case."""
    asked: float
    unit: str
    is_least: bool
    """Whether what is asked is the least that is wanted, and not the most."""

    def shown(self, line: Measured) -> tuple[float, float, float]:
        """Return the median, the smallest and the largest in the unit of the goal."""
        if self.unit != RATE:
            return line.median, line.low, line.high
        return 1e3 / line.median, 1e3 / line.high, 1e3 / line.low

    def is_reached(self, line: Measured) -> bool:
        """Return whether the median is as good as asked."""
        found = self.shown(line)[0]
        return found >= self.asked if self.is_least else found <= self.asked


GOALS = (
    Goal("100,000 customers, one thread", "customers", "100,000", 30, RATE, True),
    Goal("1,000,000 customers, one thread", "customers", "1,000,000", 30, RATE, True),
    Goal("a second thread, 1,000,000 customers", "threads", "gain", 1.6, "x", True),
    Goal("beside the plain Mesa twin, 10,000", "twin", "gain", 250, "x", True),
    Goal("beside starsim's SIS, 100,000", "starsim", "100,000 gain", 10, "x", True),
    Goal("beside starsim's SIS, 1,000,000", "starsim", "1,000,000 gain", 10, "x", True),
    Goal("beside NDlib's SIS, 10,000", "ndlib", "10,000 gain", 100, "x", True),
    Goal("above the physical limit, 100,000", "limit", "100,000", 4, "x", False),
    Goal("10,000,000 x 104 weeks, two threads", "whole run", LARGEST, 60, "s", False),
    Goal("its memory at the most", "memory", "10,000,000", 4, "GB", False),
    Goal("2,000 x 52 weeks, all included", "whole run", SMALLEST, 12, "ms", False),
    Goal("growth with customers, exponent", "growth", "customers", 1.1, "", False),
    Goal("growth with ties, exponent", "growth", "degree", 1.1, "", False),
    Goal("groundswell --help", "start", "--help", 0.6, "s", False),
    Goal("importing the command", "start", "import", 0.5, "s", False),
)
AXES = ("customers", "degree", "speakers", "weeks", "threads", "phase")
"""Along what the benchmark varies a market, each a row of the second table."""
HEADS = {
    "customers": "customers",
    "degree": "ties of a customer",
    "speakers": "share who talk in a week",
    "weeks": "weeks, building included",
    "threads": "threads, 1,000,000 customers",
    "phase": "kernel of the week",
}
MORE = {
    ("start", "first"): "to the first simulated week, compiled already",
    ("start", "compile"): "the same on a fresh machine",
    ("processor", LARGEST): "10,000,000 x 104 weeks, both threads' processor time",
    ("twin", "alone"): "the plain Mesa twin alone",
    ("machine", "memory bandwidth"): "memory bandwidth",
    ("machine", "one keyed draw"): "one keyed draw",
    ("starsim", "100,000"): "starsim's SIS, 100,000, a step of an agent",
    ("starsim", "1,000,000"): "starsim's SIS, 1,000,000, a step of an agent",
    ("ndlib", "10,000"): "NDlib's SIS, 10,000, a step of an agent",
}
"""Lines that nothing is asked of and that help to read the others."""


def number(value: float) -> str:
    """Return a number with three digits that count.

    >>> number(12.345), number(0.4444), number(2680.4), number(26804)
    ('12.3', '0.444', '2,680', '26,804')
    """
    if value == 0 or not math.isfinite(value):
        return "–"
    digits = SIGNIFICANT - 1 - math.floor(math.log10(abs(value)))
    return f"{value:,.{max(0, digits)}f}"


def tables(found: Iterable[Measured], about: str) -> str:
    """Return in Markdown what is asked beside what was found, and how it grows."""
    lines = {(line.subject, line.case): line for line in found}
    parts = [_asked(lines), _growing(lines), _more(lines)]
    return "\n\n".join([*("\n".join(part) for part in parts), about])


def _asked(lines: dict[tuple[str, str], Measured]) -> Iterator[str]:
    yield "| what | asked | reached | lowest to highest |"
    yield "| --- | --- | --- | --- |"
    for goal in GOALS:
        line = lines.get((goal.subject, goal.case))
        if line is None:
            continue
        median, low, high = (number(value) for value in goal.shown(line))
        bound = f"{'at least' if goal.is_least else 'at most'} {goal.asked:g}"
        reached = f"{median} {goal.unit}".strip()
        mark = f"**{reached}**" if goal.is_reached(line) else reached
        spread = f"{low} to {high}" if low != high else ""
        yield f"| {goal.words} | {bound} | {mark} | {spread} |"


def _growing(lines: dict[tuple[str, str], Measured]) -> Iterator[str]:
    yield "| nanoseconds for one customer and week, by | |"
    yield "| --- | --- |"
    for axis in AXES:
        cases = [line for (subject, _), line in lines.items() if subject == axis]
        told = [f"{x.case}: {number(x.median)}" for x in cases if x.unit == "ns"]
        if told:
            yield f"| {HEADS[axis]} | {' · '.join(told)} |"


def _more(lines: dict[tuple[str, str], Measured]) -> Iterator[str]:
    yield "| beside it | |"
    yield "| --- | --- |"
    for key, words in MORE.items():
        if key in lines:
            line = lines[key]
            yield f"| {words} | {number(line.median)} {line.unit} |"
