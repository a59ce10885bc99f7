"""The numbers a run is summed up in: declared once, each with unit and formula."""

import math
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

import numpy as np

from simulation.metrics import BY_NAME, yearly_share
from simulation.quantity import is_in_percent

from .errors import InputError

Array = np.ndarray[Any, np.dtype[Any]]
Columns = Mapping[str, Array]

LAST_WEEKS = 4


class Outcome(NamedTuple):
    """One number that sums up a run."""

    name: str
    unit: str
    """As metrics have it; "money" stands for the scenario's currency."""
    text: str
    formula: Callable[[Columns, float], float]
    """From the weekly columns, and the years they span."""
    digits: int = 0
    """Decimals worth printing."""
    direction: int = 1
    """-1 where less is better."""

    @property
    def is_share(self) -> bool:
        """Whether people read it in percent."""
        return is_in_percent(self.unit)


LESS_IS_BETTER = {"churn", "left", "blind_spot", "cost", "lever_cost"}


def _end(columns: Columns, name: str) -> float:
    return float(columns[name][-1])


def _late(columns: Columns, name: str) -> float:
    """Return the mean of the last weeks, of those in which there was a value."""
    is_late = columns["week"] > columns["week"][-1] - LAST_WEEKS
    values = columns[name][is_late]
    values = values[~np.isnan(values)]
    return float(values.mean()) if values.size else math.nan


def _annual_churn(columns: Columns, years: float) -> float:
    active = float(columns["active"].mean())
    if active == 0:
        return math.nan
    return yearly_share(float(columns["left"].sum()) / active / years)


def _outcome_of(
    name: str, how: str, metric: str = "", text: str = "", digits: int | None = None
) -> Outcome:
    """Return the outcome that is the end, late mean or sum of a metric."""
    source = BY_NAME[metric or name]
    formula: Callable[[Columns, float], float] = {
        "end": lambda columns, _: _end(columns, source.name),
        "late": lambda columns, _: _late(columns, source.name),
        "sum": lambda columns, _: math.fsum(columns[source.name]),
    }[how]
    when = {
        "end": "In the last week.",
        "late": f"Mean of the last {LAST_WEEKS} weeks.",
        "sum": "Sum over all weeks.",
    }[how]
    places = source.digits if digits is None else digits
    direction = -1 if name in LESS_IS_BETTER else 1
    words = text or f"{source.text} {when}"
    return Outcome(name, source.unit, words, formula, places, direction)


OUTCOMES = (
    _outcome_of("active", "end"),
    _outcome_of("retention", "end", digits=3),
    Outcome(
        "churn",
        "share per year",
        "Share of customers who leave in a year: 1 - exp(-left / mean active / years).",
        _annual_churn,
        3,
        -1,
    ),
    _outcome_of("joined", "sum"),
    _outcome_of("left", "sum"),
    _outcome_of("perception", "late"),
    _outcome_of("trust", "late"),
    _outcome_of("true_nps", "late"),
    _outcome_of("measured_nps", "late"),
    _outcome_of("blind_spot", "late"),
    _outcome_of("rating", "late"),
    _outcome_of("revenue", "sum"),
    _outcome_of("cost", "sum"),
    _outcome_of("lever_cost", "sum", "cost_levers"),
    _outcome_of("profit", "sum"),
    _outcome_of(
        "npv",
        "sum",
        "present_value",
        "Net present value: the profit of all weeks, discounted to week 0.",
    ),
)
"""Every number a run is summed up in, in the order of the files."""

OUTCOME_BY_NAME = {outcome.name: outcome for outcome in OUTCOMES}


def outcome_named(name: str, option: str = "outcome") -> Outcome:
    """Return the outcome of a name that somebody typed after an option.

    Raises
    ------
    InputError
        Nobody knows it.
    """
    if name not in OUTCOME_BY_NAME:
        near = get_close_matches(name, OUTCOME_BY_NAME, 1)
        meant = f"did you mean {near[0]!r}? One" if near else "one"
        raise InputError(
            f"--{option} {name}: no such outcome; {meant} of "
            f"{', '.join(OUTCOME_BY_NAME)}"
        )
    return OUTCOME_BY_NAME[name]


def size_typed(typed: str, outcome: Outcome, value: str, form: str) -> float:
    """Return a value of an outcome that somebody typed: "0.2%" of a share is 0.002.

    Parameters
    ----------
    typed : str
        The option and all that was typed after it, for the error.
    outcome : Outcome
    value : str
        The part that is a number.
    form : str
        How it should be typed.

    Raises
    ------
    InputError
        It is no number, a share above 1, or a share of what is none.
    """
    try:
        size = float(value.removesuffix("%"))
    except ValueError:
        raise InputError(f"{typed}: not {form}") from None
    if not value.endswith("%"):
        if outcome.is_share and size > 1:
            raise InputError(f"{typed}: a share is 0 to 1; write {value}% if so meant")
        return size
    if not outcome.is_share:
        example = 2000 if outcome.unit == "money" else 2
        raise InputError(
            f"{typed}: {outcome.name} is in {outcome.unit}, not a share; write "
            f"{outcome.name}={example} for instance"
        )
    return size / 100
