"""What if: paired worlds, until the answer is precise enough or the budget spent.

Both scenarios meet the same seeds. The difference is taken within each pair, so
that the luck which the two lives share drops out of it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Unpack

import pandas as pd

from simulation.scenario import Scenario

from .bands import Observed
from .design import crossed, seeds
from .differences import (
    Difference,
    difference,
    precision_text,
)
from .errors import InputError
from .execution import Life, Workers
from .money import (
    BreakEvenPrice,
    Gain,
    Worth,
    break_even_prices,
    discounted,
    gains,
    repriced,
    worths,
)
from .outcomes import OUTCOME_BY_NAME, OUTCOMES
from .request import How, Request, Watcher, first_seed, read_scenarios
from .robustness import DRAWS, Robustness, assess
from .robustness import read as read_robustness
from .segments import PerThousand, per_thousand
from .sequential import (
    PRIMARY,
    Interval,
    Rule,
    Until,
    best_chances,
    interval,
)
from .study import Study, make
from .verdict import Verdict

TRIVIAL = ("name", "question", "promise", "levers")


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
    money : DataFrame
        A row for each other scenario and measure of what it earns: `Gain`.
    worth : DataFrame
        A row for each scenario and measure of what a customer is worth: `Worth`.
    per_thousand : DataFrame
        A row for each scenario, sum and segment: `PerThousand`.
    ranking : DataFrame
        A row for each scenario and primary outcome: the chance of being the best.
    rule : Rule
        What was asked, and when it was looked whether it is answered.
    verdict : str
        A few sentences.
    robustness : Robustness or None
        What other assumptions make of it, if that was tried: see `tested`.
    """

    study: Study = field(repr=False)
    base: str
    differences: pd.DataFrame = field(repr=False)
    levels: pd.DataFrame = field(repr=False)
    money: pd.DataFrame = field(repr=False)
    worth: pd.DataFrame = field(repr=False)
    per_thousand: pd.DataFrame = field(repr=False)
    ranking: pd.DataFrame = field(repr=False)
    rule: Rule = field(repr=False)
    verdict: str
    robustness: Robustness | None = field(repr=False, default=None)

    def tested(
        self,
        draws: int = DRAWS,
        jobs: int | Workers | None = None,
        watcher: Watcher | None = None,
        observed: Observed | None = None,
    ) -> "Comparison":
        """Return the comparison tested against other assumptions, and write the test.

        Parameters
        ----------
        draws : int
            Of all assumptions over their ranges.
        jobs : int or Workers, optional
            Worker processes, threads, or a cluster; a process a core if absent.
        watcher : Watcher, optional
            Is told how it goes.
        observed : mapping, optional
            What the base's market is known to show, (least, most) by outcome: draws
            that show it too are counted apart.

        Raises
        ------
        InputError
            Nothing like that can be observed.
        """
        outcomes = tuple(dict.fromkeys((*PRIMARY, *self.rule.precision)))
        signs = {
            label: {name: self.of(label, name).difference for name in outcomes}
            for label in self.others
        }
        how: How = {
            "seed": min(self.study.manifest["seeds"]),
            "jobs": jobs,
            "out": self.study.folder,
            "watcher": watcher,
        }
        found = assess(self.study.scenarios, signs, how, draws=draws, observed=observed)
        found.write(self.study.folder)
        return compared(self.study)

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

    def gain(self, scenario: str, measure: str) -> Gain | None:
        """Return one measure of money, or None if it has no meaning here."""
        table = self.money
        row = table[(table["scenario"] == scenario) & (table["measure"] == measure)]
        return Gain(*row.iloc[0]) if len(row) else None

    def worth_of(self, scenario: str, measure: str) -> Worth:
        """Return what a customer is worth in one scenario."""
        table = self.worth
        row = table[(table["scenario"] == scenario) & (table["measure"] == measure)]
        return Worth(*row.iloc[0])

    def of_thousand(self, scenario: str) -> dict[tuple[str, str], PerThousand]:
        """Return what one scenario has per thousand customers, by outcome, segment."""
        table = self.per_thousand
        rows = table[table["scenario"] == scenario].to_numpy()
        return {(row[1], row[2]): PerThousand(*row) for row in rows}

    def break_even_prices(self) -> list[BreakEvenPrice]:
        """Return at which prices each scenario would earn what the base earns."""
        study = self.study
        return break_even_prices(study.weekly, study.scenarios, self.rule.error)

    def at_prices(self, prices: Mapping[str, float]) -> "Comparison":
        """Return what would be found at other prices, without running anything again.

        Parameters
        ----------
        prices : mapping
            By path, as `analysis.money.repriced` takes them: exact, or refused.

        Raises
        ------
        InputError, ScenarioError
            One line that names the price and the remedy.
        """
        try:
            weekly, others = repriced(self.study.weekly, self.study.scenarios, prices)
        except ValueError as error:
            raise InputError(str(error)) from None
        return compared(self.study.retold(weekly, others))

    def best_chance(self, scenario: str, outcome: str) -> float:
        """Return how likely a scenario is the best of all, the base among them."""
        table = self.ranking
        row = table[(table["scenario"] == scenario) & (table["outcome"] == outcome)]
        return float(row["chance"].iloc[0]) if len(row) else math.nan

    @property
    def is_settled(self) -> bool:
        """Whether every primary outcome is as precise as was asked."""
        return all(
            self.of(label, name).is_settled
            for label in self.others
            for name in self.rule.precision
        )


UNTIL_PRECISE = Until()
COMPARED = {"compare": "what if", "optimise": "the best mix"}
"""Kinds of studies that compare scenarios, and what a report calls them."""


def is_comparison(study: Study) -> bool:
    """Return whether a study set scenarios beside each other, in paired worlds."""
    return study.manifest["kind"] in COMPARED and len(study.scenarios) > 1


def compare(
    base: str | Path | Scenario,
    *others: str | Path | Scenario,
    pairs: int | Until = UNTIL_PRECISE,
    kind: str = "compare",
    **how: Unpack[How],
) -> Comparison:
    """Compare scenarios with a base, in paired worlds.

    Parameters
    ----------
    base : str, Path or Scenario
        A file, the bare name of a shipped scenario, or a scenario.
    *others : str, Path or Scenario
        One or more that are compared with it.
    pairs : Until or int
        Until what precision, and at most how many, seeds are added that each scenario
        meets; a number is that many.
    kind : str
        As what the study is listed: one of `COMPARED`.
    **how
        seed, overrides, jobs, out and watcher: see `How`.

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
    scenarios = read_scenarios([base, *others], how.get("overrides", ()))
    _check_comparable(scenarios)
    until = Until(pairs, is_fixed=True) if isinstance(pairs, int) else pairs
    until.check()
    request = Request(
        kind,
        scenarios,
        crossed(tuple(scenarios), seeds(until.most, first_seed(how))),
        how,
        tuple(_notes(scenarios)),
        looks=tuple(count * len(scenarios) for count in until.looks),
        lacks=_Look(until, scenarios),
        stopping=until.plain(),
    )
    study = make(request)
    try:
        return compared(study, until)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"Stopped: all runs were finished and can be read in {study.folder}."
        ) from None


class _Look:
    """Says after each look how precise the answer is, until it is precise enough."""

    def __init__(self, until: Until, scenarios: Mapping[str, Scenario]) -> None:
        self.until = until
        self.base, *self.others = scenarios
        self.currency = scenarios[self.base].money.currency

    def __call__(self, lives: Sequence[Life]) -> str:
        rows = [(x.run.seed, x.run.scenario, x.outcomes) for x in lives]
        tables = {
            label: pd.DataFrame({seed: o for seed, k, o in rows if k == label}).T
            for label in (self.base, *self.others)
        }
        tables = {label: table.sort_index() for label, table in tables.items()}
        rule = self.until.rule(tables[self.base], len(self.others))
        found = [
            difference(
                label,
                name,
                *(tables[k][name].to_numpy(float) for k in (self.base, label)),
                rule=rule,
            )
            for label in self.others
            for name in rule.precision
        ]
        waiting = [each for each in found if not each.is_settled]
        return self._words(waiting) if waiting else ""

    def _words(self, waiting: Sequence[Difference]) -> str:
        worst = max(waiting, key=lambda each: each.interval.half / each.precision)
        return f"{worst.scenario}: {precision_text(worst, self.currency)}"


def compared(study: Study, until: Until | None = None) -> Comparison:
    """Return what a study's runs say about its scenarios; the first is the base.

    Parameters
    ----------
    study : Study
    until : Until, optional
        What was asked; as the study's manifest says if absent.
    """
    until = until or Until(**study.manifest["stopping"])
    base, *others = study.labels
    tables = {
        str(label): rows.set_index("seed")
        for label, rows in study.runs.groupby("scenario")
    }
    rule = until.rule(tables[base].sort_index(), len(others))
    found, levels = [], []
    for outcome in OUTCOMES:
        values = pd.DataFrame({k: tables[k][outcome.name] for k in study.labels})
        for label in study.labels:
            level = interval(values[label].to_numpy(float), rule.error_alone)
            levels.append((label, outcome.name, outcome.unit, *level))
        for label in others:
            pair = values[base].to_numpy(float), values[label].to_numpy(float)
            found.append(difference(label, outcome.name, *pair, rule=rule))
    columns = ["scenario", "outcome", "unit", "mean", "low", "high", "n_runs"]
    npv = pd.DataFrame({k: tables[k]["npv"] for k in study.labels})
    ranking = _ranking(tables, tuple(dict.fromkeys((*PRIMARY, *until.primary))))
    earned = _earned(study, rule)
    robustness = read_robustness(study.folder, study.scenarios)
    worth = worths(study.weekly, study.scenarios, rule)
    verdict = Verdict(
        study.scenarios, found, npv, rule, earned, ranking, robustness, worth
    )
    return Comparison(
        study=study,
        base=base,
        differences=pd.DataFrame(found),
        levels=pd.DataFrame(levels, columns=columns),
        money=earned,
        worth=worth,
        per_thousand=per_thousand(study.runs, study.weekly, study.scenarios, rule),
        ranking=ranking,
        rule=rule,
        verdict=" ".join([*_cautions(study.scenarios), verdict.text()]),
        robustness=robustness,
    )


def _earned(study: Study, rule: Rule) -> pd.DataFrame:
    """Return what each scenario earns against the first, by the study's weeks."""
    lines = discounted(study.weekly, study.scenarios)
    by_label = {k: lines[lines["scenario"] == k] for k in study.scenarios}
    active = study.runs.pivot(index="seed", columns="scenario", values="active")
    return gains(by_label, study.scenarios, active, rule.error)


def _ranking(
    tables: Mapping[str, pd.DataFrame], outcomes: Iterable[str]
) -> pd.DataFrame:
    """Return how likely each scenario is the best of all, by outcome."""
    rows = []
    for name in outcomes:
        values = pd.DataFrame({k: table[name] for k, table in tables.items()})
        values *= OUTCOME_BY_NAME[name].direction
        chances = best_chances(values.to_numpy(float))
        rows += [(k, name, c) for k, c in zip(values, chances, strict=True)]
    return pd.DataFrame(rows, columns=["scenario", "outcome", "chance"])


def _check_comparable(scenarios: Mapping[str, Scenario]) -> None:
    """Refuse worlds whose sums cannot be set side by side."""
    (base, first), *rest = scenarios.items()
    for label, scenario in rest:
        for key, mine, theirs in (
            ("clock.weeks", first.clock.weeks, scenario.clock.weeks),
            ("clock.tick_days", first.clock.tick_days, scenario.clock.tick_days),
            ("money.currency", first.money.currency, scenario.money.currency),
        ):
            if mine != theirs:
                raise InputError(
                    f"{label}: {key}: {theirs} here, but {mine} in {base}; give both "
                    f"the same, for instance with --set {key}={mine}"
                )


def _cautions(scenarios: Mapping[str, Scenario]) -> Iterable[str]:
    """Yield what a verdict must open with where more than levers differ."""
    keys = sorted({key for found in _apart(scenarios).values() for key in found})
    if keys:
        yield (
            f"Not the same world: {_few(keys)} {'differ' if keys[1:] else 'differs'}, "
            "so what follows is due to more than the levers (groundswell diff, with "
            "the two files, lists it all)."
        )


def _notes(scenarios: Mapping[str, Scenario]) -> Iterable[str]:
    """Yield what else differs between worlds than what the firm does in them."""
    base = next(iter(scenarios))
    for label, keys in _apart(scenarios).items():
        yield (
            f"{label} differs from {base} in {_few(keys)} too, not in its levers "
            "alone: the difference is due to all of it together."
        )


def _few(keys: Sequence[str]) -> str:
    """Return the first three keys, and whether there are more."""
    return ", ".join(keys[:3]) + (" and more" if len(keys) > 3 else "")


def _apart(scenarios: Mapping[str, Scenario]) -> dict[str, list[str]]:
    """Return the keys in which worlds differ from the first, by label; not levers."""
    (_, first), *rest = scenarios.items()
    found = {}
    for label, scenario in rest:
        keys = sorted(_differing(first.plain(), scenario.plain()))
        keys = [key for key in keys if key.split(".")[0] not in TRIVIAL]
        if keys:
            found[label] = keys
    return found


def _differing(one: Mapping[str, Any], two: Mapping[str, Any]) -> Iterable[str]:
    """Yield the dotted keys whose values differ."""
    for key in {**one, **two}:
        mine, theirs = one.get(key), two.get(key)
        if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
            yield from (f"{key}.{below}" for below in _differing(mine, theirs))
        elif mine != theirs:
            yield str(key)
