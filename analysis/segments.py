"""A choice for each thousand customers, all of them and segment by segment.

A firm has not the simulated number of customers, so it reads a study per thousand of
those there were when the first week began. Every run is divided by its own, the same
in both worlds of a pair unless the files set the market differently.
"""

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from simulation.scenario import Scenario

from .outcomes import OUTCOME_BY_NAME
from .sequential import ONCE, Rule, levels_and_differences

THOUSAND = 1000
OUTCOMES = ("active", "lever_cost", "npv")
"""Sums over customers, for which a firm's size matters."""


class PerThousand(NamedTuple):
    """One outcome of one scenario, per thousand customers of week 0."""

    scenario: str
    outcome: str
    segment: str
    """Whose; "" is all customers."""
    unit: str
    mean: float
    low: float
    high: float
    difference: float
    """To the base, within pairs; 0 for the base itself."""
    difference_low: float
    difference_high: float


def per_thousand(
    runs: pd.DataFrame,
    weekly: pd.DataFrame,
    scenarios: Mapping[str, Scenario],
    rule: Rule = ONCE,
) -> pd.DataFrame:
    """Return what is summed over customers, per thousand of them: a row each.

    Customers at the end stand once more for each segment, where there are several;
    these add up to the whole.

    Parameters
    ----------
    runs, weekly : DataFrame
        As `Study.runs` and `Study.weekly` have them.
    scenarios : mapping
        By label; the first is the base.
    rule : Rule
        How often, and at how many scenarios, one looks.

    Returns
    -------
    DataFrame
        The fields of `PerThousand`.
    """
    many = THOUSAND / started(weekly)
    values = {
        (name, ""): runs.set_index(["scenario", "seed"])[name] for name in OUTCOMES
    }
    values |= {("active", k): v for k, v in _by_segment(weekly, scenarios).items()}
    base, rows = next(iter(scenarios)), []
    for (name, segment), column in values.items():
        scaled = (column * many).unstack("scenario")
        scaled = scaled[[label for label in scenarios if label in scaled]]
        for label, *numbers in levels_and_differences(scaled, base, rule):
            about = (label, name, segment, OUTCOME_BY_NAME[name].unit)
            rows.append(PerThousand(*about, *numbers))
    return pd.DataFrame(rows, columns=PerThousand._fields)


def started(weekly: pd.DataFrame) -> "pd.Series[float]":
    """Return with how many customers each run began, NaN for none.

    Returns
    -------
    Series
        By scenario and seed.
    """
    first = weekly[weekly["week"] == weekly["week"].min()]
    first = first.set_index(["scenario", "seed"])
    came = first["joined"] + first["returned"]
    began: pd.Series[float] = (first["active"] + first["left"] - came).astype(float)
    return began.where(began > 0)


def _by_segment(
    weekly: pd.DataFrame, scenarios: Mapping[str, Scenario]
) -> dict[str, "pd.Series[float]"]:
    """Return the customers at the end, by segment where there are several."""
    last = weekly[weekly["week"] == weekly["week"].max()]
    last = last.set_index(["scenario", "seed"])
    parts: dict[str, list[pd.Series[float]]] = {}
    for label, scenario in scenarios.items():
        segments = scenario.market.segments
        for k, segment in enumerate(segments if len(segments) > 1 else (), start=1):
            mine = last[last.index.get_level_values("scenario") == label]
            parts.setdefault(segment.name, []).append(mine[f"active_in_{k}"])
    return {name: pd.concat(found) for name, found in parts.items()}
