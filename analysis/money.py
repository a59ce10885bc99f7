"""Does it pay: what a lever earns beyond the base, for each coin it costs.

All sums are discounted to week 0 as the ledger does, week by week, and taken within
pairs. A return is net: the difference in NPV for each unit of money that the levers
cost more than the base's, so 0 is break-even. Ratios of two means have Fieller's
interval, medians the exact one from their order.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy

from simulation.scenario import Scenario, changed, parameters
from simulation.scenario.clock import DAYS_PER_WEEK, WEEKS_PER_YEAR

from .outcomes import Array
from .sequential import (
    ERROR,
    ONCE,
    Rule,
    chance_above_zero,
    interval,
    levels_and_differences,
    ratio_interval,
    share_interval,
)

LINES: Mapping[str, int] = {
    "revenue": 1,
    "cost_service": -1,
    "cost_acquisition": -1,
    "cost_complaints": -1,
    "cost_levers": -1,
}
"""The ledger's lines and their signs; together they are the profit."""
ROUNDING = 1e-6
"""Of the sums of a run; what is smaller is no money."""


class Gain(NamedTuple):
    """One measure of what a scenario earns against the base."""

    scenario: str
    measure: str
    unit: str
    value: float
    low: float
    """NaN if the interval has no ends: the ratio's denominator can be 0, or the pairs
    are too few."""
    high: float
    n: int
    """Pairs, or worlds, that counted."""
    method: str


def ledger(weekly: pd.DataFrame, scenarios: Mapping[str, Scenario]) -> pd.DataFrame:
    """Return the discounted lines of every run; their signed sum is its NPV.

    Parameters
    ----------
    weekly : DataFrame
        With columns run, scenario, seed, week and the ledger's lines.
    scenarios : mapping
        By label; each has its own discount rate.

    Returns
    -------
    DataFrame
        A row a run: scenario, seed, the lines, npv.
    """
    lines = discounted(weekly, scenarios)
    total = lines.groupby(["scenario", "seed"], sort=False)[list(LINES)].sum()
    total["npv"] = sum(sign * total[name] for name, sign in LINES.items())
    return total.reset_index()


def discounted(weekly: pd.DataFrame, scenarios: Mapping[str, Scenario]) -> pd.DataFrame:
    """Return scenario, seed, week, the lines discounted to week 0, and their sum."""
    found = weekly[["scenario", "seed", "week", *LINES]].copy()
    for label, scenario in scenarios.items():
        rows = found["scenario"] == label
        ahead = max(1, scenario.clock.tick_days // DAYS_PER_WEEK) - 1
        start = found.loc[rows, "week"] - ahead
        factor = (1 + scenario.money.discount_rate) ** (-start / WEEKS_PER_YEAR)
        found.loc[rows, list(LINES)] = found.loc[rows, list(LINES)].mul(factor, axis=0)
    found["present_value"] = sum(sign * found[name] for name, sign in LINES.items())
    return found


def payback_weeks(difference: Array, weeks: Array) -> Array:
    """Return from which week on the summed difference of each pair stays at 0 or above.

    Parameters
    ----------
    difference : float64, shape (n_weeks, n_pairs)
        In discounted profit, week by week.
    weeks : int64, shape (n_weeks,)

    Returns
    -------
    float64, shape (n_pairs,)
        Infinite where it ends below 0.

    >>> worlds = np.array([[-2.0, 1.0], [3.0, -2.0]])
    >>> payback_weeks(worlds, np.array([0, 1])).tolist()
    [1.0, inf]
    """
    is_below = np.cumsum(difference, axis=0) < -ROUNDING
    n_weeks = len(weeks)
    first = np.where(
        is_below.any(axis=0), n_weeks - np.argmax(is_below[::-1], axis=0), 0
    )
    found: Array = np.append(weeks.astype(float), math.inf)[first]
    return found


def gains(
    tables: Mapping[str, pd.DataFrame],
    scenarios: Mapping[str, Scenario],
    active: pd.DataFrame,
    error: float = ERROR,
) -> pd.DataFrame:
    """Return what each scenario earns against the first: a row a measure.

    Parameters
    ----------
    tables : mapping
        By label: `discounted` rows of that scenario.
    scenarios : mapping
        By label; the first is the base.
    active : DataFrame
        Customers at the end: seeds down, scenarios across.
    error : float
        Chance that one interval misses.
    """
    base, *others = scenarios
    rows: list[Gain] = []
    for label in others:
        weekly = {
            name: (_by_seed(tables[label], name) - _by_seed(tables[base], name)).dropna(
                axis=1, how="all"
            )
            for name in ("present_value", "cost_levers")
        }
        kept = (active[label] - active[base]).reindex(weekly["present_value"].columns)
        rows += [
            Gain(label, *row) for row in _measures(weekly, kept.to_numpy(float), error)
        ]
    return pd.DataFrame(rows, columns=Gain._fields)


def customer_worth(
    weekly: pd.DataFrame, scenarios: Mapping[str, Scenario]
) -> pd.DataFrame:
    """Return what a customer of week 0 is worth in each run, discounted to week 0.

    The sum over the weeks of the share of those customers who have never left, times
    what the mean customer brings that week: revenue less service, complaints and
    levers, but not what it cost to acquire them (customer lifetime value: Gupta &
    Lehmann 2003, J. Interactive Marketing 17, doi:10.1002/dir.10045). Who returns
    counts as left.

    Returns
    -------
    DataFrame
        A row a run: scenario, seed, `worth_in_time` (until the run ends) and
        `worth_for_ever` (with all the time after, as if the last half year went on:
        too little where churn goes on falling with tenure, Fader & Hardie 2010,
        doi:10.1287/mksc.1090.0502; NaN where nothing would ever end).
    """
    lines = discounted(weekly, scenarios)
    brought = lines["present_value"] + lines["cost_acquisition"]
    active = weekly["active"]
    lines["each"] = (brought / active).where(active > 0, 0.0)
    lines["retention"] = weekly["retention"]
    rows = []
    for (label, seed), run in lines.groupby(["scenario", "seed"], sort=False):
        kept, each = run["retention"].to_numpy(float), run["each"].to_numpy(float)
        in_time = float((kept * each).sum())
        rate = scenarios[str(label)].money.discount_rate
        worth = in_time, in_time + _after(run["week"].to_numpy(float), kept, each, rate)
        rows.append((label, seed, *worth))
    return pd.DataFrame(rows, columns=["scenario", "seed", *WORTH])


WORTH = ("worth_in_time", "worth_for_ever")


class Worth(NamedTuple):
    """What a customer of week 0 is worth in one scenario, and beyond the base's."""

    scenario: str
    measure: str
    """One of `WORTH`."""
    mean: float
    low: float
    high: float
    difference: float
    """Within pairs; 0 for the base."""
    difference_low: float
    difference_high: float


def worths(
    weekly: pd.DataFrame, scenarios: Mapping[str, Scenario], rule: Rule = ONCE
) -> pd.DataFrame:
    """Return what a customer is worth in each scenario; the first is the base.

    Parameters
    ----------
    weekly, scenarios
        As `customer_worth` takes them.
    rule : Rule
        How often, and at how many scenarios, one looks.

    Returns
    -------
    DataFrame
        The fields of `Worth`.
    """
    table = customer_worth(weekly, scenarios).set_index(["seed", "scenario"])
    base, *_ = scenarios
    rows = [
        Worth(label, measure, *numbers)
        for measure in WORTH
        for label, *numbers in levels_and_differences(
            table[measure].unstack("scenario")[list(scenarios)], base, rule
        )
    ]
    return pd.DataFrame(rows, columns=Worth._fields)


def _after(weeks: Array, kept: Array, each: Array, rate: float) -> float:
    """Return what a customer of week 0 is worth after the last row of a run.

    Those who stay fall from row to row as in the last half year, and bring as much
    as in its mean.
    """
    is_last = weeks > weeks[-1] - WEEKS_PER_YEAR / 2
    weeks, kept, each = weeks[is_last], kept[is_last], each[is_last]
    if len(weeks) < 2 or kept[-1] == 0:
        return 0.0 if len(weeks) > 1 else math.nan
    step = weeks[-1] - weeks[-2]
    staying = (kept[-1] / kept[0]) ** (1 / (len(kept) - 1))
    falling = staying * (1 + rate) ** (-step / WEEKS_PER_YEAR)
    if falling >= 1:
        return math.nan
    at_end = each * (1 + rate) ** ((weeks - weeks[-1]) / WEEKS_PER_YEAR)
    return float(kept[-1] * at_end.mean() * falling / (1 - falling))


# Other prices


class Price(NamedTuple):
    """One price that a study's ledger can be told again with."""

    path: str
    value: float
    unit: str
    """As declared; what is "money" is the scenario's currency."""
    text: str


MARGIN = "market.segments.margin_per_week"
"""What the mean customer of week 0 brings; the segments' margins move together."""
PRICES = {
    MARGIN: "revenue",
    "money.cost_to_serve": "cost_service",
    "money.acquisition_cost": "cost_acquisition",
    "money.complaint_cost": "cost_complaints",
    "money.discount_rate": "",
}
"""By path, the line of the ledger that is so many times the price."""


def prices(scenarios: Mapping[str, Scenario]) -> list[Price]:
    """Return the prices that `repriced` can change, on which the scenarios agree."""
    found: dict[str, Price] = {}
    values: dict[str, set[float]] = {}
    for scenario in scenarios.values():
        for price in _prices_of(scenario).values():
            if _line(price.path, scenario) is not None and price.value:
                found.setdefault(price.path, price)
            values.setdefault(price.path, set()).add(price.value)
    return [price for path, price in found.items() if len(values[path]) == 1]


def repriced(
    weekly: pd.DataFrame,
    scenarios: Mapping[str, Scenario],
    prices: Mapping[str, float],
) -> tuple[pd.DataFrame, dict[str, Scenario]]:
    """Return a study's weeks and scenarios at other prices, without running it again.

    Exact, since no customer knows a price: the ledger is counts times prices.

    Parameters
    ----------
    weekly : DataFrame
        As `Study.weekly` has it.
    scenarios : mapping
        By label.
    prices : mapping
        By path: any of `PRICES`, or a lever's price where the levers of a scenario
        have no other. A scenario without the lever stays as it is.

    Raises
    ------
    ValueError
        One line that names the price which the ledger cannot tell, and the remedy.
    """
    found, others = weekly.copy(), dict(scenarios)
    for label, scenario in scenarios.items():
        rows = found["scenario"] == label
        known = {k: each.value for k, each in _prices_of(scenario).items()}
        theirs = {path: price for path, price in prices.items() if path in known}
        others[label] = _changed(scenario, theirs)
        for path, price in theirs.items():
            if price == known[path] or path == "money.discount_rate":
                continue
            line = _line(path, scenario)
            if line is None or not known[path]:
                raise ValueError(
                    f"{label}: {path}: {price:g} cannot be told from a ledger where it "
                    f"was {known[path]:g}; run again with --set {path}={price:g}"
                )
            apart: Any = 0.0
            if path == MARGIN:
                apart = found.loc[rows, "upsells"] * sum(_sale_values(scenario))
            rest = found.loc[rows, line] - apart
            found.loc[rows, line] = apart + rest * (price / known[path])
    costs = [name for name, sign in LINES.items() if sign < 0]
    found["cost"] = found[costs].sum(axis=1)
    found["profit"] = found["revenue"] - found["cost"]
    found["present_value"] = discounted(found, others)["present_value"]
    return found, others


class BreakEvenPrice(NamedTuple):
    """The price at which a scenario earns exactly what the base earns, all else equal.

    It can be negative, which no price is: then the sign is the same at every price.
    """

    scenario: str
    path: str
    unit: str
    value: float
    """As the scenarios have it."""
    at: float
    low: float
    """95 %: where the difference in NPV can be luck; NaN where it has no ends, since
    luck alone may make the price matter at all."""
    high: float
    pays: str
    """On which side of it the scenario earns more: "above" or "below"."""


def break_even_prices(
    weekly: pd.DataFrame, scenarios: Mapping[str, Scenario], error: float = ERROR
) -> list[BreakEvenPrice]:
    """Return at which margin, and at which other price, each scenario breaks even.

    Exact but for luck: the difference in NPV is a straight line in each price, since
    no customer knows it. So two prices tell the line of each pair, and the break-even
    is a ratio of two means over pairs, with Fieller's interval.

    Parameters
    ----------
    weekly, scenarios
        As `repriced` takes them; the first scenario is the base.
    error : float
        Chance that one interval misses.
    """
    base, *others = scenarios
    found = []
    for label in others:
        pair = {name: scenarios[name] for name in (base, label)}
        weeks = weekly[weekly["scenario"].isin(pair)]
        here = _npv_difference(weeks, pair)
        for price in prices(pair):
            if not PRICES.get(price.path, "levers"):
                continue
            doubled = repriced(weeks, pair, {price.path: 2 * price.value})
            slope = _npv_difference(*doubled) - here
            if np.abs(slope).max() < ROUNDING:
                continue
            ends = ratio_interval(slope - here, slope, error)
            at, low, high = (price.value * end for end in ends)
            pays = "above" if slope.mean() > 0 else "below"
            about = (price.path, price.unit, price.value)
            found.append(BreakEvenPrice(label, *about, at, low, high, pays))
    return found


def _npv_difference(weekly: pd.DataFrame, pair: Mapping[str, Scenario]) -> Array:
    """Return by seed how much more the second of two scenarios earns."""
    npv = ledger(weekly, pair).pivot(index="seed", columns="scenario", values="npv")
    base, label = pair
    found: Array = (npv[label] - npv[base]).dropna().to_numpy(float)
    return found


def _prices_of(scenario: Scenario) -> dict[str, Price]:
    """Return every number of a scenario by path, and the mean margin."""
    segments = scenario.market.segments
    mean = sum(each.share * each.margin_per_week for each in segments)
    found = {
        each.path: Price(each.path, each.default, each.unit, each.text)
        for each in parameters(scenario)
    }
    (one, *_) = (
        each for path, each in found.items() if path.endswith("margin_per_week")
    )
    margin = Price(MARGIN, mean, one.unit, "What the mean customer of week 0 brings.")
    return {MARGIN: margin, **found}


def _changed(scenario: Scenario, prices: Mapping[str, float]) -> Scenario:
    """Return a scenario at other prices; a mean margin moves that of each segment."""
    changes = {path: price for path, price in prices.items() if path != MARGIN}
    if MARGIN in prices:
        ratio = prices[MARGIN] / _prices_of(scenario)[MARGIN].value
        for each in scenario.market.segments:
            path = f"market.segments.{each.name}.margin_per_week"
            changes[path] = ratio * each.margin_per_week
    return changed(scenario, changes.items())


def _line(path: str, scenario: Scenario) -> str | None:
    """Return the ledger's line that a price makes up; None if it cannot be told."""
    if path == MARGIN and len(_sale_values(scenario)) > 1:
        return None
    if path in PRICES:
        return PRICES[path]
    paid = [
        each.path
        for each in parameters(scenario)
        if each.path.startswith("levers.") and each.unit.startswith("money")
        if each.default and not each.path.endswith(".upsell_value")
    ]
    return "cost_levers" if paid == [path] else None


def _sale_values(scenario: Scenario) -> set[float]:
    """Return what a sale on a call brings, which is revenue but no margin."""
    found = (each.contact() for each in scenario.levers)
    return {each.upsell_value for each in found if each.upsell_value}


def _by_seed(table: pd.DataFrame, name: str) -> pd.DataFrame:
    return table.pivot(index="week", columns="seed", values=name)


def _measures(
    weekly: Mapping[str, pd.DataFrame], kept: Array, error: float
) -> list[tuple[Any, ...]]:
    """Return the measures of one scenario: name, unit, value, low, high, n, method."""
    profit = weekly["present_value"].to_numpy(float)
    npv = profit.sum(axis=0)
    spent = weekly["cost_levers"].to_numpy(float).sum(axis=0)
    n_pairs = npv.size
    npv = np.where(np.abs(npv) < ROUNDING, 0.0, npv)
    cost = interval(spent, error)
    paid = share_interval(int((npv > 0).sum()), n_pairs, error)
    rows: list[tuple[Any, ...]] = [
        ("npv", "money", *interval(npv, error), "t"),
        ("lever_cost", "money", *cost, "t"),
    ]
    if np.any(np.abs(spent) > ROUNDING):
        back = ratio_interval(npv, spent, error)
        each = ratio_interval(spent, kept, error)
        if not (cost.mean > 0 and kept.mean() > 0):
            each = (math.nan, math.nan, math.nan)
        if not cost.mean > 0:
            back = (math.nan, math.nan, math.nan)
        rows += [
            ("return", "money per money", *back, n_pairs, "Fieller"),
            ("cost_per_customer_kept", "money", *each, n_pairs, "Fieller"),
        ]
    chance = chance_above_zero(npv)
    rows += [
        ("pays_chance", "share", chance, math.nan, math.nan, n_pairs, "t"),
        ("paying_worlds", "share", *paid, n_pairs, "Clopper-Pearson"),
    ]
    if npv.any():
        weeks = payback_weeks(profit, weekly["present_value"].index.to_numpy())
        rows.append(("payback_week", "weeks", *median_of(weeks, error), "order"))
        share = share_interval(int(np.isfinite(weeks).sum()), n_pairs, error)
        rows.append(("pays_back", "share", *share, n_pairs, "Clopper-Pearson"))
    return rows


def median_of(values: Array, error: float = ERROR) -> tuple[float, float, float, int]:
    """Return the median, its interval from the binomial order of values, and count.

    Of an even number of values it is the lower of the two in the middle, since some
    may be infinite. The ends are NaN where even the least and the largest value hold
    the true median between them less often than asked: below 6 values at 95 %.

    >>> median_of(np.array([3.0, 1.0, math.inf, 2.0, 5.0, 4.0]))
    (3.0, 1.0, inf, 6)
    >>> median_of(np.array([3.0, 1.0, 2.0]))
    (2.0, nan, nan, 3)
    """
    ordered, count = np.sort(values), values.size
    if count == 0:
        return math.nan, math.nan, math.nan, 0
    low = high = math.nan
    below = int(scipy.stats.binom.ppf(error / 2, count, 0.5)) - 1
    if below >= 0:
        low, high = float(ordered[below]), float(ordered[count - 1 - below])
    return float(ordered[(count - 1) // 2]), low, high, count
