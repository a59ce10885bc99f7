"""What a person reads per thousand customers, all of them and by segment."""

import math
from collections.abc import Mapping, Sequence

from analysis.comparison import Comparison
from analysis.differences import number, outcome_title, rounded_to
from analysis.section import Cell, Table
from analysis.segments import OUTCOMES, THOUSAND, PerThousand, started
from simulation.quantity import details
from simulation.scenario import Scenario

LEAST = {"customers": 0.1, "money": 1.0}
"""The finest step worth a digit, by unit."""
WHOLE = ("money", "money per week")
"""Units of what is paid for the firm as a whole, whatever its size."""


def thousand_tables(
    found: Comparison, names: Mapping[str, str], wide: int
) -> list[Table]:
    """Return sums over customers per thousand of them, some choices in each table.

    Parameters
    ----------
    found : Comparison
    names : mapping
        What each scenario is called, by label.
    wide : int
        Choices beside each other in one table.
    """
    starts = range(0, len(found.others), wide)
    groups = [found.others[start : start + wide] for start in starts]
    return [_table(found, names, group) for group in groups]


def _table(found: Comparison, names: Mapping[str, str], others: Sequence[str]) -> Table:
    base = found.of_thousand(found.base)
    choices = [found.of_thousand(label) for label in others]
    rows = []
    for name in OUTCOMES:
        for outcome, segment in (key for key in base if key[0] == name):
            title = outcome_title(name, found.currency)
            cells = (_choice(each.get((outcome, segment))) for each in choices)
            level = _level(base[outcome, segment])
            rows.append([f"… {segment}" if segment else title, level, *cells])
    scenarios = [found.study.scenarios[label] for label in (found.base, *others)]
    return Table(
        f"Per {THOUSAND:,} customers of week 0",
        ("Outcome", *(names[label] for label in (found.base, *others))),
        rows,
        "For a firm of any size: each world divided by the customers it began with"
        f"{_began(found)}.{_whole(scenarios, found.study.people(found.base))}",
    )


def _began(found: Comparison) -> str:
    """Return how many customers there were at the beginning, in the mean."""
    weekly = found.study.weekly
    began = started(weekly[weekly["scenario"] == found.base]).mean()
    return f", {number(float(began), 1.0)} in the mean" if math.isfinite(began) else ""


def _whole(scenarios: Sequence[Scenario], people: int | None) -> str:
    """Return what does not grow with the firm, in a sentence; "" without any."""
    paid = dict.fromkeys(
        f"{lever.name}.{key}"
        for scenario in scenarios
        for lever in scenario.levers
        for key, field in type(lever).model_fields.items()
        if details(field).get("unit") in WHOLE and getattr(lever, key)
    )
    if not paid:
        return ""
    return (
        f" Not so {', '.join(paid)}, paid for the firm as a whole: give what fits a "
        f"firm in a market of {people:,} people."
    )


def _level(each: PerThousand) -> str:
    if math.isnan(each.mean):
        return "-"
    half = (each.high - each.low) / 2
    step = _step(each, half)
    error = f" ± {number(half, step)}" if half > 0 else ""
    return f"{number(each.mean, step)}{error}"


def _choice(each: PerThousand | None) -> str | Cell:
    """Return a difference, and below it its interval."""
    if each is None or not math.isfinite(each.difference):
        return "-"
    low, high = each.difference_low, each.difference_high
    step = _step(each, (high - low) / 2)
    size, *ends = (number(x, step) for x in (each.difference, low, high))
    text = f"+{size}" if each.difference > 0 else size
    if low == high or not math.isfinite(low):
        return text
    return Cell(text, f"{ends[0]} to {ends[1]}", bool(low > 0 or high < 0))


def _step(each: PerThousand, half: float) -> float:
    return max(rounded_to(half), LEAST[each.unit])
