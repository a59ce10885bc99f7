"""Whether a verdict survives other assumptions, and which of them turns it first.

Two questions, two designs. *Draws* move all assumptions at once over their ranges, by
Latin hypercube, and each is lived as a small paired comparison: in what share of them
does the difference keep its sign? *Ends* move one assumption at a time to either end
of its range: at which value would the difference be 0, on a straight line from the
scenario's own? The assumption with the least such move turns the verdict first
(break-even values of a one-way analysis: Pannell 1997, Agricultural Economics 16,
doi:10.1016/S0169-5150(96)01217-0). A line sees no bend between the ends, and one
assumption at a time sees none of their interplay: the draws do.

Draws whose market is unlike real ones are counted apart, not left out. Markets of
more than `LARGEST` customers are scaled down, what levers cost as a whole with them.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from simulation.scenario import Scenario, changed, parameters

from .assumptions import (
    MIDDLE,
    Array,
    Assumption,
    Positions,
    allowed,
    assumptions,
    hypercube,
    moved,
)
from .design import FIRST_SEED, Run, seeds
from .provenance import sources
from .sequential import interval, ratio_interval, share_interval
from .study import Life, Request, Watcher, cores, lives

DRAWS = 50
LARGEST = 2000
"""Customers. At equal precision fewer, larger worlds are cheaper than more, smaller
ones: a draw of 2 pairs of 2,000 took three quarters of 4 pairs of 1,000."""
PAIRS, CENTRE_PAIRS, FIRST_PAIRS, MORE_PAIRS = 4, 12, 1, 8
"""Of a draw; of the scenario itself; of each end; of the ends nearest to turning."""
NEAREST = 4
"""Ends of each scenario and outcome that are looked at again with more pairs."""
ENDS = (0.0, 1.0)
FILES = ("assumptions.parquet", "tipping_points.parquet")
OUTCOMES = ("active", "npv")


class Band(NamedTuple):
    """What real markets show."""

    name: str
    text: str
    low: float
    high: float
    source: str


BANDS = (
    Band(
        "churn",
        "annual churn",
        0.15,
        0.40,
        "Assumption: from subscription services to retail, see simulation/README.md",
    ),
    Band("true_nps", "true NPS", 0.0, 40.0, "Assumption: usual published scores"),
    Band(
        "perception",
        "mean perception",
        0.70,
        0.85,
        "ACSI 2015: industries score 70 to 85 of 100",
    ),
    Band(
        "praise_to_blame",
        "praise heard for each blame",
        2.0,
        5.0,
        "East, Hammond & Lomax 2008, doi:10.1016/j.ijresmar.2008.04.001",
    ),
    Band(
        "posting",
        "share of episodes reviewed",
        0.005,
        0.05,
        "Anderson & Simester 2014, doi:10.1509/jmr.13.0209",
    ),
)
"""A draw is plausible if the base's world is in every band."""


@dataclass(frozen=True)
class Robustness:
    """In how many draws of the assumptions signs hold, and what turns them first.

    Attributes
    ----------
    draws : DataFrame
        A row a draw: `draw`, `is_plausible`, the figures of `BANDS` in the base's
        world, for each scenario and outcome `SCENARIO.OUTCOME` (the difference) with
        `….low` and `….high` (95 % of its pairs), then a column for each assumption.
    tipping : DataFrame
        A row for each scenario, outcome and assumption, with the fields of
        `Assumption`: `at_low` and `at_high` (the difference at either end), `turns_at`
        (NaN if it does not within the range), `move` (share of the range between the
        value and that; above 0.5 it lies beyond), `move_low`, `move_high` (Fieller's
        95 %), `is_sure` (whether the opposite sign at the end is beyond luck).
    signs : DataFrame
        A row for each scenario and outcome: `sign`, `holds` of `n_draws`, `share`,
        `low`, `high`, `open` (draws too close to tell), `plausible_holds` of
        `n_plausible`.
    about : mapping
        How it was done: `customers`, `pairs` a draw, `seed`, `scenarios` by digest,
        `source` (hash of the simulation).
    """

    draws: pd.DataFrame = field(repr=False)
    tipping: pd.DataFrame = field(repr=False)
    signs: pd.DataFrame = field(repr=False)
    about: Mapping[str, Any] = field(repr=False)

    def sign(self, scenario: str, outcome: str) -> "Sign":
        """Return in how many draws one difference keeps its sign."""
        return Sign(*_rows_of(self.signs, scenario, outcome).iloc[0])

    def turning(self, scenario: str, outcome: str) -> "list[Tip]":
        """Return the assumptions, the one that turns the difference first on top.

        Those that do so beyond luck come first; then the others, by their move.
        """
        rows = _rows_of(self.tipping, scenario, outcome)
        tips = [Tip(*row) for row in rows.itertuples(index=False)]
        return sorted(tips, key=lambda tip: (not tip.is_sure, tip.move))

    def write(self, folder: Path) -> tuple[Path, ...]:
        """Write both tables into a study's folder; return their paths."""
        paths = tuple(folder / name for name in FILES)
        for path, table in zip(paths, (self.draws, self.tipping), strict=True):
            whole = pa.Table.from_pandas(table, preserve_index=False)
            note = {"about": json.dumps(self.about)}
            hidden = path.with_name(f".{path.name}.tmp")
            pq.write_table(whole.replace_schema_metadata(note), hidden)
            hidden.replace(path)
        return paths


class Sign(NamedTuple):
    """In how many draws a difference keeps its sign."""

    scenario: str
    outcome: str
    sign: int
    """Of the comparison: 1 is more than the base."""
    holds: int
    n_draws: int
    """Draws that could be run."""
    share: float
    low: float
    """95 %, exact for independent draws; the hypercube's spread makes it cautious."""
    high: float
    open: int
    """Draws whose own pairs cannot tell the difference from luck."""
    plausible_holds: int
    n_plausible: int


class Tip(NamedTuple):
    """At which value of one assumption a difference turns."""

    scenario: str
    outcome: str
    path: str
    value: float
    low: float
    high: float
    unit: str
    text: str
    at_low: float
    at_high: float
    turns_at: float
    move: float
    move_low: float
    move_high: float
    is_sure: bool


def read(folder: Path, scenarios: Mapping[str, Scenario]) -> Robustness | None:
    """Return what a study's folder tells of these scenarios; None if nothing."""
    if not all((folder / name).is_file() for name in FILES):
        return None
    draws, tipping = (pq.read_table(folder / name) for name in FILES)
    about = json.loads(draws.schema.metadata[b"about"])
    here = {"scenarios": _digests(scenarios), "source": sources()["simulation"]}
    if any(about[key] != value for key, value in here.items()):
        return None
    table = draws.to_pandas()
    signs = _signs(table, about["signs"])
    return Robustness(table, tipping.to_pandas(), signs, about)


def _digests(scenarios: Mapping[str, Scenario]) -> dict[str, str]:
    return {label: scenario.digest() for label, scenario in scenarios.items()}


def _rows_of(table: pd.DataFrame, scenario: str, outcome: str) -> pd.DataFrame:
    return table[(table["scenario"] == scenario) & (table["outcome"] == outcome)]


def assess(
    scenarios: Mapping[str, Scenario],
    signs: Mapping[str, Mapping[str, float]],
    *,
    draws: int = DRAWS,
    seed: int = FIRST_SEED,
    jobs: int | None = None,
    watcher: Watcher | None = None,
) -> Robustness:
    """Test the signs of a comparison against other assumptions.

    Parameters
    ----------
    scenarios : mapping
        By label; the first is the base.
    signs : mapping
        By label of the others and outcome: the difference found, or its sign.
    draws : int
        Of all assumptions at once.
    seed : int
        Of the draws, and of the first world of each.
    jobs : int, optional
        Worker processes; as many as there are cores if absent.
    watcher : Watcher, optional
        Is told how it goes.
    """
    small = {label: scaled(scenario) for label, scenario in scenarios.items()}
    worlds = _Worlds(small, seed, jobs or cores(), watcher or Watcher())
    over = assumptions(small.values())
    plain = {
        label: {name: int(np.nan_to_num(np.sign(x))) for name, x in by_name.items()}
        for label, by_name in signs.items()
    }
    table = _drawn(worlds, over, plain, draws)
    tipping = _Ends(worlds, over, plain).table()
    about = {
        "customers": max(each.market.customers for each in small.values()),
        "pairs": PAIRS,
        "seed": seed,
        "signs": plain,
        "scenarios": _digests(scenarios),
        "source": sources()["simulation"],
        "is_plausible": _is_plausible(worlds.figures({}, seeds(CENTRE_PAIRS, seed))),
    }
    return Robustness(table, tipping, _signs(table, plain), about)


def scaled(scenario: Scenario) -> Scenario:
    """Return the scenario with at most `LARGEST` customers, its sums to scale."""
    market = scenario.market
    if market.customers <= LARGEST or market.customers_file:
        return scenario
    share = LARGEST / market.customers
    values: dict[str, float] = {
        each.path: each.default * share
        for each in parameters(scenario)
        if each.path.startswith("levers") and each.unit in ("money", "money per week")
    }
    return changed(scenario, [("market.customers", LARGEST), *values.items()])


Wanted = tuple[Positions, Iterable[str], int]
"""Where the assumptions are, which scenarios beside the base, how many seeds."""


class _Worlds:
    """Lives worlds with moved assumptions, each once."""

    def __init__(
        self,
        scenarios: Mapping[str, Scenario],
        seed: int,
        jobs: int,
        watcher: Watcher,
    ) -> None:
        self.scenarios, self.seed = scenarios, seed
        self.jobs, self.watcher = jobs, watcher
        self.base, *self.others = scenarios
        self.digests: dict[tuple[str, str], str] = {}
        self.by_digest: dict[str, Scenario] = {}
        self.known: dict[tuple[str, int], dict[str, float]] = {}

    def live(self, wanted: Iterable[Wanted], words: str) -> None:
        """Live the base and some others at each position, with that many seeds."""
        missing = {
            (self._digest(label, at), seed): None
            for at, labels, count in wanted
            for seed in seeds(count, self.seed)
            for label in (self.base, *labels)
        }
        todo = [key for key in missing if key not in self.known]
        plan = tuple(Run(run, *key) for run, key in enumerate(todo))
        request = Request("robust", self.scenarios, plan, Path(), self.jobs)
        self.watcher.began(request)
        self.watcher.looked(words)
        try:
            for life in lives(plan, self.by_digest, self.jobs):
                self.known[life.run.scenario, life.run.seed] = _figures(life)
                self.watcher.finished(life)
        finally:
            self.watcher.ended()

    def _digest(self, label: str, at: Positions) -> str:
        key = label, json.dumps(sorted(at.items()))
        if key not in self.digests:
            scenario = moved(self.scenarios[label], at)
            self.digests[key] = scenario.digest()
            self.by_digest[self.digests[key]] = scenario
        return self.digests[key]

    def values(self, label: str, at: Positions, name: str, over: range) -> Array:
        """Return an outcome by seed."""
        digest = self._digest(label, at)
        return np.array([self.known[digest, seed][name] for seed in over])

    def difference(self, label: str, at: Positions, name: str, over: range) -> Array:
        """Return the paired difference to the base by seed."""
        return self.values(label, at, name, over) - self.values(
            self.base, at, name, over
        )

    def figures(self, at: Positions, over: range) -> dict[str, float]:
        """Return the mean figures of the base's market that the bands are about."""
        return {
            band.name: float(np.mean(self.values(self.base, at, band.name, over)))
            for band in BANDS
        }

    def n_lived(self, label: str, at: Positions) -> int:
        """Return how many seeds in a row were lived."""
        digest, count = self._digest(label, at), 0
        while (digest, self.seed + count) in self.known:
            count += 1
        return count


def _figures(life: Life) -> dict[str, float]:
    """Return a run's outcomes, and what else the bands are about."""
    shares = dict.fromkeys(SHARES, math.nan)
    for name, (part, whole) in SHARES.items() if life.columns else ():
        total = math.fsum(life.columns[whole])
        shares[name] = math.fsum(life.columns[part]) / total if total else math.inf
    return {**life.outcomes, **shares}


SHARES = {
    "praise_to_blame": ("messages_positive", "messages_negative"),
    "posting": ("reviews", "episodes"),
}


def _is_plausible(figures: Mapping[str, float]) -> bool:
    return all(band.low <= figures[band.name] <= band.high for band in BANDS)


Signs = Mapping[str, Mapping[str, int]]


def _drawn(
    worlds: _Worlds, over: Sequence[Assumption], signs: Signs, count: int
) -> pd.DataFrame:
    """Live the draws; return a row each."""
    scenarios = worlds.scenarios.values()
    drawn = [allowed(scenarios, at) for at in hypercube(count, over, worlds.seed)]
    worlds.live([(at, worlds.others, PAIRS) for at in drawn], "all assumptions drawn")
    rows, lived = [], seeds(PAIRS, worlds.seed)
    for draw, at in enumerate(drawn):
        figures = worlds.figures(at, lived)
        row: dict[str, Any] = {"draw": draw, "is_plausible": _is_plausible(figures)}
        row |= figures
        for label, by_name in signs.items():
            for name in by_name:
                found = interval(worlds.difference(label, at, name, lived))
                place = f"{label}.{name}"
                row |= {place: found.mean, f"{place}.low": found.low}
                row[f"{place}.high"] = found.high
        rows.append(row | {each.path: each.at(at[each.path]) for each in over})
    return pd.DataFrame(rows)


def _signs(table: pd.DataFrame, signs: Signs) -> pd.DataFrame:
    """Return in how many draws each sign holds."""
    rows = []
    for label, by_name in signs.items():
        for name, sign in by_name.items():
            place = f"{label}.{name}"
            known = table[table[place].notna()]
            holds = np.sign(known[place]) == sign
            is_open = (known[f"{place}.low"] <= 0) & (known[f"{place}.high"] >= 0)
            real = known["is_plausible"].astype(bool)
            share = share_interval(int(holds.sum()), len(known))
            counts = int(holds.sum()), len(known)
            apart = int(holds[real].sum()), int(real.sum())
            rows.append(
                Sign(label, name, sign, *counts, *share, int(is_open.sum()), *apart)
            )
    return pd.DataFrame(rows, columns=Sign._fields)


class _Ends:
    """Moves one assumption at a time to either end of its range."""

    def __init__(
        self, worlds: _Worlds, over: Sequence[Assumption], signs: Signs
    ) -> None:
        self.worlds, self.signs = worlds, signs
        own = {
            label: {each.path for each in assumptions([worlds.scenarios[label]])}
            for label in worlds.others
        }
        self.over = {
            each: tuple(label for label in worlds.others if each.path in own[label])
            for each in over
        }

    def table(self) -> pd.DataFrame:
        """Live the ends, those nearest to turning with more pairs; return the tips."""
        wanted: list[Wanted] = [({}, self.worlds.others, CENTRE_PAIRS)]
        wanted += [
            ({each.path: end}, labels, FIRST_PAIRS)
            for each, labels in self.over.items()
            for end in ENDS
        ]
        self.worlds.live(wanted, "one assumption at a time")
        near: dict[tuple[str, str], list[Tip]] = {}
        for tip in self._tips():
            near.setdefault((tip.scenario, tip.outcome), []).append(tip)
        again = [
            ({tip.path: end}, [tip.scenario], MORE_PAIRS)
            for tips in near.values()
            for tip in sorted(tips, key=lambda tip: tip.move)[:NEAREST]
            for end in ENDS
        ]
        self.worlds.live(again, "those that matter most")
        return pd.DataFrame(self._tips(), columns=Tip._fields)

    def _tips(self) -> list[Tip]:
        return [
            self._tip(label, name, sign, each)
            for label, by_name in self.signs.items()
            for name, sign in by_name.items()
            for each, labels in self.over.items()
            if label in labels
        ]

    def _tip(self, label: str, name: str, sign: int, each: Assumption) -> Tip:
        """Return where one assumption turns one difference."""
        worlds = self.worlds
        centre = sign * worlds.difference(label, {}, name, self._seeds(label, {}))
        turns, means, levels = [], [], []
        for end in ENDS:
            at = {each.path: end}
            there = sign * worlds.difference(label, at, name, self._seeds(label, at))
            turns.append(_turn(centre, there))
            levels.append(interval(there))
            means.append(sign * levels[-1].mean)
        nearest = int(turns[1][0] < turns[0][0])
        way, low, high = turns[nearest]
        position = MIDDLE + way * (ENDS[nearest] - MIDDLE)
        return Tip(
            scenario=label,
            outcome=name,
            **each._asdict(),
            at_low=means[0],
            at_high=means[1],
            turns_at=each.at(position) if way < 1 else math.nan,
            move=MIDDLE * way,
            move_low=MIDDLE * low,
            move_high=MIDDLE * high,
            is_sure=way < 1 and levels[nearest].high < 0,
        )

    def _seeds(self, label: str, at: Positions) -> range:
        return seeds(self.worlds.n_lived(label, at), self.worlds.seed)


def _turn(centre: Array, there: Array) -> tuple[float, float, float]:
    """Return how far on the way to an end a difference is 0, with Fieller's interval.

    0 where it is not above 0 in the first place, infinite where it does not fall.

    Parameters
    ----------
    centre, there : float64, shape (n_pairs,)
        The difference, times the sign it should have; `there` may be shorter.

    >>> _turn(np.array([2.0, 2.0]), np.array([-2.0]))[0]
    0.5
    """
    here, end = float(np.mean(centre)), float(np.mean(there))
    if math.isnan(end) or here - end <= 0:
        return math.inf, math.nan, math.nan
    if here <= 0:
        return 0.0, math.nan, math.nan
    shared = centre[: there.size]
    _, low, high = ratio_interval(shared, shared - there)
    return here / (here - end), low, high
