"""What if: paired worlds, differences with their intervals, a verdict in words.

Both scenarios meet the same seeds. The difference is taken within each pair, so
that the luck which the two lives share drops out of it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from simulation.scenario import Scenario

from .design import FIRST_SEED, crossed, seeds
from .study import (
    OUTCOME_BY_NAME,
    OUTCOMES,
    InputError,
    Outcome,
    Request,
    Study,
    Watcher,
    cores,
    folder_of,
    make,
    read_scenarios,
)

Array = np.ndarray[Any, np.dtype[Any]]

CONFIDENCE = 0.95
PAIRS = 40
TRIVIAL = ("name", "question", "promise", "levers")


class Interval(NamedTuple):
    """A mean, and where it lies with 95 % confidence (Student's t)."""

    mean: float
    low: float
    """NaN if one value alone says nothing about luck."""
    high: float
    n: int
    """Values that counted."""

    @property
    def half(self) -> float:
        """Half the width."""
        return (self.high - self.low) / 2

    @property
    def is_conclusive(self) -> bool:
        """Whether the interval keeps clear of zero."""
        return self.low > 0 or self.high < 0


def interval(values: Array) -> Interval:
    """Return the mean of values and its 95 % t interval; NaN values do not count.

    >>> interval(np.array([1.0, 2.0, 3.0]))._asdict()["mean"]
    2.0
    """
    known = values[~np.isnan(values)]
    count = known.size
    if count == 0:
        return Interval(math.nan, math.nan, math.nan, 0)
    mean = float(known.mean())
    if np.ptp(known) == 0:
        mean = float(known[0])
        bound = math.nan if count == 1 and mean != 0 else mean
        return Interval(mean, bound, bound, count)
    error = float(known.std(ddof=1)) / math.sqrt(count)
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, count - 1)) * error
    return Interval(mean, mean - half, mean + half, count)


class Difference(NamedTuple):
    """One outcome of one scenario against the base, over all pairs."""

    scenario: str
    outcome: str
    unit: str
    base_mean: float
    mean: float
    difference: float
    low: float
    high: float
    correlation: float
    """Of the two lives of a pair; NaN where one of them never varies."""
    variance_ratio: float
    """Variance of the difference with independent seeds, over that in pairs."""
    n_pairs: int
    n_independent: float
    """Runs of each scenario with independent seeds for the same interval."""
    is_equal: bool
    """Whether both were the same in every pair."""

    @property
    def interval(self) -> Interval:
        """The difference with its interval."""
        return Interval(self.difference, self.low, self.high, self.n_pairs)

    @property
    def is_conclusive(self) -> bool:
        """Whether the difference can be told apart from luck."""
        return self.interval.is_conclusive


def difference(scenario: str, outcome: str, base: Array, other: Array) -> Difference:
    """Return the paired difference of one outcome.

    Parameters
    ----------
    base, other : float64, shape (n_pairs,)
        The outcome by seed, in the same order; pairs with a NaN do not count.
    """
    is_known = ~(np.isnan(base) | np.isnan(other))
    base, other = base[is_known], other[is_known]
    mean, low, high, count = interval(other - base)
    correlation = ratio = math.nan
    if count > 1:
        apart = float(base.var(ddof=1) + other.var(ddof=1))
        together = float((other - base).var(ddof=1))
        if base.std() > 0 and other.std() > 0:
            correlation = float(np.corrcoef(base, other)[0, 1])
        if apart > 0:
            ratio = apart / together if together > 0 else math.inf
    return Difference(
        scenario=scenario,
        outcome=outcome,
        unit=OUTCOME_BY_NAME[outcome].unit,
        base_mean=float(base.mean()) if count else math.nan,
        mean=float(other.mean()) if count else math.nan,
        difference=mean,
        low=low,
        high=high,
        correlation=correlation,
        variance_ratio=ratio,
        n_pairs=count,
        n_independent=max(count * ratio, 2.0) if count > 1 else math.nan,
        is_equal=bool(count and np.array_equal(base, other)),
    )


@dataclass(frozen=True)
class Comparison:
    """What a comparison found.

    Attributes
    ----------
    study : Study
        The runs and their weeks, on disk and as frames.
    base : str
        Label of the scenario that the others are compared with.
    differences : DataFrame
        A row for each other scenario and outcome: the fields of `Difference`.
    levels : DataFrame
        A row for each scenario and outcome: mean, low, high, n_runs.
    verdict : str
        At most three sentences.
    """

    study: Study = field(repr=False)
    base: str
    differences: pd.DataFrame = field(repr=False)
    levels: pd.DataFrame = field(repr=False)
    verdict: str

    @property
    def others(self) -> tuple[str, ...]:
        """Every scenario but the base."""
        return tuple(label for label in self.study.labels if label != self.base)

    @property
    def currency(self) -> str:
        """What money is called."""
        return self.study.scenarios[self.base].money.currency

    def of(self, scenario: str, outcome: str) -> Difference:
        """Return one difference."""
        table = self.differences
        row = table[(table["scenario"] == scenario) & (table["outcome"] == outcome)]
        return Difference(*row.iloc[0])

    def level(self, scenario: str, outcome: str) -> Interval:
        """Return the mean of one outcome in one scenario, with its interval."""
        table = self.levels
        row = table[(table["scenario"] == scenario) & (table["outcome"] == outcome)]
        return Interval(*row.iloc[0][["mean", "low", "high", "n_runs"]])


def compare(
    base: str | Path | Scenario,
    *others: str | Path | Scenario,
    pairs: int = PAIRS,
    seed: int = FIRST_SEED,
    overrides: Iterable[str] = (),
    jobs: int | None = None,
    out: str | Path | None = None,
    watcher: Watcher | None = None,
) -> Comparison:
    """Compare scenarios with a base, in paired worlds.

    Parameters
    ----------
    base : str, Path or Scenario
        A file, the bare name of a shipped scenario, or a scenario.
    *others : str, Path or Scenario
        One or more that are compared with it.
    pairs, seed : int
        How many seeds each scenario meets, and the first; the others follow it.
    overrides : iterable of str
        Changes to every scenario, as `--set` takes them: "market.customers=5000".
    jobs : int, optional
        Worker processes; as many as there are cores if absent.
    out : str or Path, optional
        The study's folder; `results/compare-…` if absent.
    watcher : Watcher, optional
        Is told how it goes.

    Returns
    -------
    Comparison

    Raises
    ------
    ScenarioError, PopulationError, NetworkError, InputError
        Bad input, in one line; nothing was run or written.
    StudyError
        The folder cannot be written, or every run failed.
    """
    if not others:
        raise InputError("compare: nothing to compare; name another scenario")
    scenarios = read_scenarios([base, *others], overrides)
    _check_comparable(scenarios)
    plan = crossed(tuple(scenarios), seeds(pairs, seed))
    folder = Path(out) if out else folder_of("compare", scenarios, plan)
    notes = tuple(_notes(scenarios))
    request = Request("compare", scenarios, plan, folder, jobs or cores(), notes)
    return compared(make(request, watcher or Watcher()))


def compared(study: Study) -> Comparison:
    """Return what a study's runs say about its scenarios; the first is the base."""
    base, *others = study.labels
    tables = {
        label: rows.set_index("seed") for label, rows in study.runs.groupby("scenario")
    }
    found, levels = [], []
    for outcome in OUTCOMES:
        values = pd.DataFrame({k: tables[k][outcome.name] for k in study.labels})
        for label in study.labels:
            level = interval(values[label].to_numpy(float))
            levels.append((label, outcome.name, outcome.unit, *level))
        for label in others:
            pair = values[base].to_numpy(float), values[label].to_numpy(float)
            found.append(difference(label, outcome.name, *pair))
    columns = ["scenario", "outcome", "unit", "mean", "low", "high", "n_runs"]
    npv = pd.DataFrame({k: tables[k]["npv"] for k in study.labels})
    return Comparison(
        study=study,
        base=base,
        differences=pd.DataFrame(found),
        levels=pd.DataFrame(levels, columns=columns),
        verdict=Verdict(study.scenarios, found, npv).text(),
    )


def _check_comparable(scenarios: Mapping[str, Scenario]) -> None:
    """Refuse worlds whose sums cannot be set side by side."""
    (base, first), *rest = scenarios.items()
    for label, scenario in rest:
        for key, mine, theirs in (
            ("clock.weeks", first.clock.weeks, scenario.clock.weeks),
            ("money.currency", first.money.currency, scenario.money.currency),
        ):
            if mine != theirs:
                raise InputError(
                    f"{label}: {key}: {theirs} here, but {mine} in {base}; give both "
                    f"the same, for instance with --set {key}={mine}"
                )


def _notes(scenarios: Mapping[str, Scenario]) -> Iterable[str]:
    """Yield what else differs between worlds than what the firm does in them."""
    (base, first), *rest = scenarios.items()
    for label, scenario in rest:
        keys = sorted(_differing(first.plain(), scenario.plain()))
        keys = [key for key in keys if key.split(".")[0] not in TRIVIAL]
        if keys:
            named = ", ".join(keys[:3]) + (" and more" if len(keys) > 3 else "")
            yield (
                f"{label} differs from {base} in {named} too, not in its levers alone: "
                "the difference is due to all of it together."
            )


def _differing(one: Mapping[str, Any], two: Mapping[str, Any]) -> Iterable[str]:
    """Yield the dotted keys whose values differ."""
    for key in {**one, **two}:
        mine, theirs = one.get(key), two.get(key)
        if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
            yield from (f"{key}.{below}" for below in _differing(mine, theirs))
        elif mine != theirs:
            yield str(key)


# Words


def rounded_to(half: float) -> float:
    """Return the power of ten at which a figure with such an error is rounded.

    >>> rounded_to(2445.0), rounded_to(21.0), rounded_to(0.3)
    (100.0, 1.0, 0.01)
    """
    if not math.isfinite(half) or half <= 0:
        return 1.0
    return float(10.0 ** (math.floor(math.log10(half)) - 1))


def number(value: float, step: float = 1.0) -> str:
    """Return a number in steps, with thousands separators and a true minus.

    >>> number(-12345.0, 100.0), number(0.042, 0.01)
    ('−12,300', '0.04')
    """
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    near = round(value / step) * step
    text = f"{abs(near):,.{digits}f}"
    return f"−{text}" if near < 0 and text.strip("0.,") else text


def shown(value: float, outcome: Outcome, step: float) -> str:
    """Return an outcome as a person reads it: shares in percent, all else plain."""
    if not math.isfinite(value):
        return "-"
    scale = 100 if outcome.unit.startswith("share") else 1
    return number(scale * value, scale * step)


def step_of(outcome: Outcome, half: float) -> float:
    """Return in what steps an outcome with such an error is shown."""
    least = 10.0**-outcome.digits
    if not math.isfinite(half) or half <= 0:
        return least
    return max(rounded_to(half), least / 10)


def level_text(level: Interval, outcome: Outcome) -> str:
    """Return a mean and half of its interval: "917 ± 12"."""
    step = step_of(outcome, level.half)
    mean = shown(level.mean, outcome, step)
    if not math.isfinite(level.half) or level.half == 0:
        return mean
    return f"{mean} ± {shown(level.half, outcome, step)}"


def change_text(found: Difference, outcome: Outcome) -> str:
    """Return a difference with its interval: "+5.6 (4.6 to 6.6)"."""
    if found.is_equal:
        return "no difference"
    step = step_of(outcome, found.interval.half)
    sign = "+" if found.difference > 0 else ""
    mean = sign + shown(found.difference, outcome, step)
    if not math.isfinite(found.low):
        return mean
    low, high = shown(found.low, outcome, step), shown(found.high, outcome, step)
    return f"{mean} ({low} to {high})"


class Verdict:
    """Says in at most three sentences what a comparison found, and how surely."""

    def __init__(
        self,
        scenarios: Mapping[str, Scenario],
        found: Sequence[Difference],
        npv: pd.DataFrame,
    ) -> None:
        self.base, *self.others = scenarios
        names = [scenario.name for scenario in scenarios.values()]
        self.names = {
            label: label if names.count(scenario.name) > 1 else f"“{scenario.name}”"
            for label, scenario in scenarios.items()
        }
        self.currency = scenarios[self.base].money.currency
        self.found = {(each.scenario, each.outcome): each for each in found}
        self.npv = npv

    def text(self) -> str:
        """Return the verdict."""
        if not self.others:
            return ""
        if all(each.is_equal for each in self.found.values()):
            return self._nothing_differs()
        counts = [each.n_pairs for each in self.found.values()]
        if max(counts) < 2:
            return (
                f"{counts[0]} pair cannot tell a difference from luck; ask for more "
                "with --runs."
            )
        if len(self.others) == 1:
            return self._one(self.others[0])
        return " ".join(self._several())

    def _nothing_differs(self) -> str:
        several = ", ".join(self.names[label] for label in self.others)
        pairs = self.found[self.others[0], "npv"].n_pairs
        return (
            f"No difference: {several} and {self.names[self.base]} came out exactly "
            f"the same in all {pairs} pairs."
        )

    def _one(self, label: str) -> str:
        """Return the verdict on a single scenario."""
        customers, money = self.found[label, "active"], self.found[label, "npv"]
        name, base = self.names[label], self.names[self.base]
        if not customers.is_conclusive and not money.is_conclusive:
            return (
                f"No difference in customers or money can be told apart from luck "
                f"with {money.n_pairs} pairs: against {base}, {name} comes to "
                f"{self._amount(customers)} and {self._amount(money, again=True)}."
            )
        first, second = (
            (customers, money) if customers.is_conclusive else (money, customers)
        )
        return f"Against {base}, {name} {self._both(first, second)}."

    def _several(self) -> Iterable[str]:
        """Yield a sentence on money, one on customers, one on the two best."""
        ranked = self._ranked("npv")
        sure = [k for k in ranked if self._is_gain(self.found[k, "npv"])]
        best = (sure or ranked)[0]
        second = next(label for label in ranked if label != best)
        most = self._ranked("active")[0]
        money, customers = self.found[best, "npv"], self.found[best, "active"]
        name, base = self.names[best], self.names[self.base]
        if not money.is_conclusive:
            yield (
                f"With {money.n_pairs} pairs, no choice can be told apart from luck as "
                f"earning more than {base}: {name} comes closest, with "
                f"{self._amount(money)}."
            )
        elif money.difference > 0:
            both = self._both(money, customers)
            yield f"Against {base}, {name} pays best: it {both}."
        else:
            yield (
                f"No choice earns more than {base}: {name} comes closest, and "
                f"{self._both(money, customers)}."
            )
        gain = self.found[most, "active"]
        if self._is_gain(gain) and (most != best or not money.is_conclusive):
            yield (
                f"{self.names[most]} keeps the most customers: {self._size(gain)} more "
                f"({self._range(gain)}){self._price(most)}."
            )
        yield self._of_the_two_best(best, second)

    def _is_gain(self, found: Difference) -> bool:
        return found.is_conclusive and found.difference > 0

    def _ranked(self, outcome: str) -> list[str]:
        """Return the scenarios beside the base, the largest outcome first."""

        def gain(label: str) -> float:
            found = self.found[label, outcome].difference
            return -math.inf if math.isnan(found) else found

        return sorted(self.others, key=gain, reverse=True)

    def _price(self, label: str) -> str:
        money = self.found[label, "npv"]
        if money.is_conclusive or money.is_equal:
            return f", and earns {self._amount(money, again=True)}"
        return f", but whether it pays cannot be told ({self._range(money)})"

    def _of_the_two_best(self, best: str, second: str) -> str:
        pair = self.npv[second].to_numpy(float), self.npv[best].to_numpy(float)
        gap = difference(best, "npv", *pair)
        one, two = self.names[best], self.names[second]
        if gap.is_equal:
            return f"{one} and {two} earn exactly the same."
        if gap.is_conclusive:
            size = f"{self._size(gap)} {self._way(gap.difference, gap)}"
            return f"{one} earns {size} than {two} ({self._range(gap)})."
        return (
            f"Which of {one} and {two} earns more cannot be told apart from luck with "
            f"{gap.n_pairs} pairs."
        )

    def _both(self, one: Difference, two: Difference) -> str:
        """Return "earns 12,300 EUR more (…) and ends with 92 more customers (…)"."""
        is_sure = one.is_conclusive and two.is_conclusive
        joint = " and " if is_sure and one.difference * two.difference > 0 else ", but "
        return self._part(one) + joint + self._part(two, again=True)

    def _part(self, found: Difference, *, again: bool = False) -> str:
        amount = self._amount(found, again=again)
        is_money = found.unit == "money"
        if found.is_equal or found.is_conclusive:
            return f"earns {amount}" if is_money else f"ends with {amount}"
        what = "money" if is_money else "customers"
        return f"no difference in {what} can be told apart from luck ({amount})"

    def _amount(self, found: Difference, *, again: bool = False) -> str:
        """Return "92 more customers (95 % interval 71 to 113)", shorter if again."""
        is_money = found.unit == "money"
        if found.is_equal:
            return "exactly the same" if is_money else "exactly as many customers"
        size, way = self._size(found), self._way(found.difference, found)
        what = f"{size} {way}" if is_money else f"{size} {way} customers"
        return f"{what} ({'' if again else '95 % interval '}{self._range(found)})"

    def _size(self, found: Difference) -> str:
        """Return "92", or "12,300 EUR"."""
        size = number(abs(found.difference), self._step(found))
        return f"{size} {self.currency}" if found.unit == "money" else size

    def _range(self, found: Difference) -> str:
        """Return "71 to 113" either way, or "580 less to 350 more" across zero."""
        step = self._step(found)
        low, high = (number(abs(end), step) for end in (found.low, found.high))
        if found.is_conclusive:
            return f"{low} to {high}" if found.difference > 0 else f"{high} to {low}"
        below, above = self._way(found.low, found), self._way(found.high, found)
        return f"{low} {below} to {high} {above}"

    def _way(self, value: float, found: Difference) -> str:
        return "more" if value > 0 else "less" if found.unit == "money" else "fewer"

    def _step(self, found: Difference) -> float:
        step = rounded_to(found.interval.half)
        return max(step, 1.0) if found.unit == "money" else min(max(step, 0.1), 1.0)
