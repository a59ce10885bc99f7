"""Whether a verdict survives other assumptions, and which of them turns it first.

Two questions, two designs. *Draws* move all assumptions at once over their ranges, by
Latin hypercube, and each is lived as a small paired comparison: in what share of them
does the difference keep its sign? *Ends* move one assumption at a time to either end
of its range: at which value would the difference be 0, on a straight line from the
scenario's own? The assumption with the least such move turns the verdict first
(break-even values of a one-way analysis: Pannell 1997, Agricultural Economics 16,
doi:10.1016/S0169-5150(96)01217-0). A line sees no bend between the ends, and one
assumption at a time sees none of their interplay: the draws do.

Draws whose market is unlike real ones are counted apart, not left out. For a firm that
says what it has observed of its own market, those count that show this too: rejection
(Pritchard et al. 1999, doi:10.1093/oxfordjournals.molbev.a026091). What a draw shows is
the mean of a few worlds, so that a band narrower than their luck selects luck.

Markets of more than `LARGEST` people are scaled down, what levers cost as a whole with
them; what is told of such sums is told for the whole market, as its file has them.

A lever's price that a file gives is known: draws leave it alone. Its ends are still
lived, since what it may cost at most is worth knowing.
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

from simulation.scenario import Scenario, changed, load, parameters

from .bands import BANDS, Band, Fit, Observed, bands_of, luck_of
from .design import MIDDLE, Array, Run, hypercube, seeds
from .factors import COSTS, Factor, allowed, assumptions, designed, factor_values
from .files import adding
from .outcomes import OUTCOME_BY_NAME
from .provenance import sources
from .request import How, Request, first_seed
from .sequential import interval, ratio_interval, share_interval
from .store import DRAWN, PARTS, TURNING
from .study import Study, make

BASELINE = "baseline"
DRAWS = 50
FEWEST_PLAUSIBLE = 10
"""Draws; what fewer plausible markets say is not to be relied on."""
FEWEST_SPREAD = 20
"""Draws; the ends of nine in ten of fewer are those of all but a few."""
LARGEST = 2000
"""Customers. At equal precision fewer, larger worlds are cheaper than more, smaller
ones: a draw of 2 pairs of 2,000 took three quarters of 4 pairs of 1,000."""
PAIRS, CENTRE_PAIRS, FIRST_PAIRS, MORE_PAIRS = 4, 12, 1, 8
"""Of a draw; of the scenario itself; of each end; of the ends nearest to turning."""
WORLDS = 12
"""In which a draw's market is looked at where it is to show what was observed."""
NEAREST = 4
"""Ends of each scenario and outcome that are looked at again with more pairs."""
ENDS = (0.0, 1.0)
NINE_IN_TEN = (0.05, 0.95)
SUMS = ("customers", "people", "money")
"""Units of outcomes that grow with the market."""
FILES = (DRAWN, TURNING)
SHARES = {
    "praise_to_blame": ("messages_positive", "messages_negative"),
    "posting": ("reviews", "episodes"),
}
"""Figures of a market that are no outcomes: what of which, summed over the weeks."""


@dataclass(frozen=True)
class Robustness:
    """In how many draws of the assumptions signs hold, and what turns them first.

    Attributes
    ----------
    draws : DataFrame
        A row a draw: `draw`, `is_plausible`, the figures of the bands in the base's
        world, for each scenario and outcome `SCENARIO.OUTCOME` (the difference) with
        `….low` and `….high` (95 % of its pairs), then a column for each assumption.
    tipping : DataFrame
        A row for each scenario, outcome and assumption, `value`, `low`, `high`, `unit`
        and `text` as a `Factor` has them, `at_low` and `at_high` (the difference at
        either end), `turns_at` (NaN if it does not within the range), `move` (share of
        the range between the value and that; above 0.5 it lies beyond), `move_low`,
        `move_high` (Fieller's 95 %), `is_sure` (whether the opposite sign at the end is
        beyond luck).
    signs : DataFrame
        A row for each scenario and outcome: the fields of `Sign`.
    about : mapping
        How it was done: `customers`, `weeks`, `pairs` a draw, `worlds` in which
        its market was looked at, `seed`, `signs` (of the
        comparison, by scenario and outcome), `scenarios` by digest, `source` (hash of
        the simulation), `observed` (ends by outcome), `luck` (half a 95 % interval of
        what a draw shows of those, typically), `figures` (of the base itself) and
        `is_plausible` (whether it is), `known` (paths that files set, which were not
        drawn), `given` (the prices of levers among them), `share` (of the market's
        people that were lived; sums of money paid for the firm as a whole went down
        with them, and are told undivided).
    """

    draws: pd.DataFrame = field(repr=False)
    tipping: pd.DataFrame = field(repr=False)
    signs: pd.DataFrame = field(repr=False)
    about: Mapping[str, Any] = field(repr=False)

    @property
    def observed(self) -> Observed:
        """What was observed of the firm's own market, by outcome; empty if nothing."""
        return {name: tuple(ends) for name, ends in self.about["observed"].items()}

    @property
    def bands(self) -> tuple[Band, ...]:
        """What a market must show to be plausible."""
        return bands_of(self.observed)

    @property
    def fit(self) -> Fit:
        """Which draws show that."""
        figures = self.draws[[band.name for band in self.bands]]
        return Fit(self.bands, figures, self.about["worlds"], self.about["luck"])

    def answers(
        self, draws: int, observed: Observed, scenarios: Iterable[Scenario]
    ) -> bool:
        """Return whether this is what is asked, of scenarios of the same digests."""
        is_alike = len(self.draws) == draws and self.observed == observed
        return is_alike and set(self.about["given"]) == given_prices(scenarios)

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
        """Write both tables into a study's folder; return their paths.

        Raises
        ------
        StudyError
            The folder cannot be written.
        """
        paths = tuple(folder / name for name in FILES)
        for path, table in zip(paths, (self.draws, self.tipping), strict=True):
            whole = pa.Table.from_pandas(table, preserve_index=False)
            note = {"about": json.dumps(self.about)}
            with adding(path) as hidden:
                pq.write_table(whole.replace_schema_metadata(note), hidden)
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
    sure: int
    """Draws that keep it beyond the luck of their own pairs,"""
    against: int
    """and those that turn it beyond luck; the others are open."""
    plausible_holds: int
    n_plausible: int
    plausible_low: float
    plausible_high: float
    """Between which nine in ten differences of plausible draws lie, in a market of the
    scenario's own size, luck and all; NaN of fewer than `FEWEST_SPREAD`."""

    @property
    def is_of_few(self) -> bool:
        """Whether plausible draws are too few to rely on."""
        return self.n_plausible < FEWEST_PLAUSIBLE


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
    signs = _signs(table, about["signs"], about["share"])
    return Robustness(table, tipping.to_pandas(), signs, about)


def _digests(scenarios: Mapping[str, Scenario]) -> dict[str, str]:
    return {label: scenario.digest() for label, scenario in scenarios.items()}


def _rows_of(table: pd.DataFrame, scenario: str, outcome: str) -> pd.DataFrame:
    return table[(table["scenario"] == scenario) & (table["outcome"] == outcome)]


def assess(
    scenarios: Mapping[str, Scenario],
    signs: Mapping[str, Mapping[str, float]],
    how: How,
    *,
    draws: int = DRAWS,
    observed: Observed | None = None,
) -> Robustness:
    """Test the signs of a comparison against other assumptions.

    Stopped, it goes on from there when asked again: the runs are parts of the study.

    Parameters
    ----------
    scenarios : mapping
        By label; the first is the base.
    signs : mapping
        By label of the others and outcome: the difference found, or its sign.
    how : How
        `seed` is that of the draws, and of the first world of each; `out` the folder
        of the comparison.
    draws : int
        Of all assumptions at once.
    observed : mapping, optional
        Of the base's market, by outcome: the smallest and largest value that fits.

    Raises
    ------
    InputError
        Nothing like that can be observed.
    """
    observed = observed or {}
    bands = bands_of(observed)
    small = {label: scaled(scenario) for label, scenario in scenarios.items()}
    over, known = _apart(assumptions(small.values()))
    given = given_prices(scenarios.values())
    priced = [place for place, factor in enumerate(over) if factor.path in given]
    share = _share(next(iter(scenarios.values())))
    plain = {
        label: {name: int(np.nan_to_num(np.sign(x))) for name, x in by_name.items()}
        for label, by_name in signs.items()
    }
    lived = _Lived(small, over, how, share, bands)
    wanted: list[Wanted] = [(draw, lived.others, PAIRS) for draw in range(draws)]
    wanted += [(draws, lived.others, CENTRE_PAIRS)]
    wanted += [(draw, (), WORLDS) for draw in range(draws) if observed]
    cube = hypercube(draws, len(over), first_seed(how))
    cube[:, priced] = MIDDLE
    held = [allowed(small.values(), over, position) for position in cube]
    positions = np.array([*held, np.full(len(over), np.nan)])
    lived.add("draws", positions, wanted)
    table = _drawn(lived, plain, positions[:draws])
    tipping = _Ends(lived, plain, draws).table()
    figures = lived.figures(draws)
    about = {
        "customers": lived.people,
        "pairs": PAIRS,
        "seed": first_seed(how),
        "signs": plain,
        "scenarios": _digests(scenarios),
        "source": sources()["simulation"],
        "worlds": WORLDS if observed else PAIRS,
        "weeks": small[lived.base].clock.weeks,
        "observed": {name: list(ends) for name, ends in observed.items()},
        "luck": {name: lived.luck(name, range(draws)) for name in observed},
        "figures": figures,
        "is_plausible": _is_plausible(figures, bands),
        "known": [factor.path for factor in (*known, *(over[i] for i in priced))],
        "given": sorted(given),
        "share": share,
    }
    return Robustness(table, tipping, _signs(table, plain, share), about)


def _apart(over: Iterable[Factor]) -> tuple[list[Factor], list[Factor]]:
    """Return what is drawn, and what is known: what files set about the world.

    That is whatever differs from the shipped baseline. What a lever does is drawn even
    so, since a file with levers has to say it, known or not; for its prices see
    `given_prices`.
    """
    shipped = {each.path: each.default for each in parameters(load(BASELINE))}
    drawn: list[Factor] = []
    known: list[Factor] = []
    for factor in over:
        is_shipped = all(shipped.get(path) == value for path, value in factor.members)
        is_drawn = is_shipped or factor.path.startswith(("levers.", "shocks."))
        (drawn if is_drawn else known).append(factor)
    return drawn, known


def given_prices(scenarios: Iterable[Scenario]) -> set[str]:
    """Return the prices of levers that their files give, by path."""
    return {
        f"levers.{lever.name}.{key}"
        for scenario in scenarios
        for lever in scenario.levers
        for key in COSTS
        if key in lever.model_fields_set
    }


def _share(scenario: Scenario) -> float:
    """Return which share of the people of a market is lived."""
    market = scenario.market
    return 1.0 if market.customers_file else min(1.0, LARGEST / market.customers)


def _is_sum(path: str, unit: str) -> bool:
    """Return whether a parameter is paid for the firm as a whole, whatever its size."""
    return path.startswith("levers") and unit in ("money", "money per week")


def scaled(scenario: Scenario) -> Scenario:
    """Return the scenario with at most `LARGEST` people, its sums to scale."""
    share = _share(scenario)
    if share == 1:
        return scenario
    values: dict[str, float] = {
        each.path: each.default * share
        for each in parameters(scenario)
        if _is_sum(each.path, each.unit)
    }
    return changed(scenario, [("market.customers", LARGEST), *values.items()])


Wanted = tuple[int, Sequence[str], int]
"""A point, which scenarios beside the base are lived there, and with how many seeds."""


class _Lived:
    """The runs with moved assumptions: studies that are parts of the comparison."""

    def __init__(
        self,
        scenarios: Mapping[str, Scenario],
        over: Sequence[Factor],
        how: How,
        share: float,
        bands: Sequence[Band],
    ) -> None:
        self.scenarios, self.over, self.how = scenarios, over, how
        self.share, self.bands = share, bands
        sums = [_is_sum(each.path, each.unit) for each in over]
        self.whole = np.where(sums, 1 / share, 1.0)
        """What makes of each assumption the one of the whole market."""
        self.base, *self.others = scenarios
        self.known: dict[tuple[int, str], pd.DataFrame] = {}
        self.people = 0
        """In the largest of the markets, once they are lived."""

    def add(
        self, name: str, positions: Array, wanted: Iterable[Wanted], first: int = 0
    ) -> None:
        """Live the base and some others at some points, numbered on from the first.

        The weeks are kept of the first study alone, whose market is looked at.

        Parameters
        ----------
        positions : float64, shape (n_points, n_assumptions)
        """
        worlds = dict.fromkeys(
            (label, seed, point)
            for point, labels, count in wanted
            for seed in seeds(count, first_seed(self.how))
            for label in (self.base, *labels)
        )
        plan = tuple(Run(run, *world) for run, world in enumerate(worlds))
        place = Path(self.how["out"] or "") / PARTS / name
        design = designed(self.over, positions)
        how: How = {**self.how, "out": place}
        request = Request(
            name, self.scenarios, plan, how, design=design, keeps_weeks=not first
        )
        study = make(request)
        if not first:
            self.people = max(study.people(label) or 0 for label in study.labels)
        figures = _figures(study)
        for label, table in figures.groupby("scenario"):
            for point, rows in table.groupby("point"):
                key = first + int(str(point)), str(label)
                self.known[key] = rows.set_index("seed").sort_index()

    def values(self, point: int, label: str, name: str) -> "pd.Series[float]":
        """Return an outcome by seed."""
        return self.known[point, label][name]

    def difference(self, point: int, label: str, name: str) -> Array:
        """Return the paired difference to the base by seed."""
        here = self.values(point, label, name)
        return (here - self.values(point, self.base, name)[here.index]).to_numpy(float)

    def figures(self, point: int) -> dict[str, float]:
        """Return what bands are about: means of the base, were its market whole."""
        here = self.known[point, self.base]
        names = dict.fromkeys((*BANDS, *(band.name for band in self.bands)))
        return {
            name: float(here[name].mean(skipna=False)) / _of_whole(name, self.share)
            for name in names
        }

    def luck(self, name: str, points: Iterable[int]) -> float:
        """Return how far luck moves what a point shows: half a 95 % interval."""
        worlds = (self.values(p, self.base, name).to_numpy(float) for p in points)
        return luck_of(worlds) / _of_whole(name, self.share)


def _figures(study: Study) -> pd.DataFrame:
    """Return the outcomes of every run and, if its weeks are there, `SHARES`."""
    runs = study.runs[["run", "point", "scenario", "seed", *OUTCOME_BY_NAME]]
    if not study.manifest["keeps_weeks"]:
        return runs
    sums = study.weekly.groupby("run")[[*sum(SHARES.values(), ())]].sum()
    shares = {name: sums[part] / sums[whole] for name, (part, whole) in SHARES.items()}
    return runs.join(pd.DataFrame(shares), on="run")


def _is_plausible(figures: Mapping[str, float], bands: Iterable[Band]) -> bool:
    return all(band.holds(figures[band.name]) for band in bands)


Signs = Mapping[str, Mapping[str, int]]


def _drawn(lived: _Lived, signs: Signs, positions: Array) -> pd.DataFrame:
    """Return a row for each draw."""
    values = factor_values(lived.over, positions) * lived.whole
    rows = []
    for draw, assumed in enumerate(values.tolist()):
        figures = lived.figures(draw)
        is_plausible = _is_plausible(figures, lived.bands)
        row: dict[str, Any] = {"draw": draw, "is_plausible": is_plausible, **figures}
        for label, by_name in signs.items():
            for name in by_name:
                found = interval(lived.difference(draw, label, name))
                place = f"{label}.{name}"
                row |= {place: found.mean, f"{place}.low": found.low}
                row[f"{place}.high"] = found.high
        paths = (factor.path for factor in lived.over)
        rows.append(row | dict(zip(paths, assumed, strict=True)))
    return pd.DataFrame(rows)


def _signs(table: pd.DataFrame, signs: Signs, share: float) -> pd.DataFrame:
    """Return in how many draws each sign holds, of `share` of the whole market."""
    rows = []
    for label, by_name in signs.items():
        for name, sign in by_name.items():
            place = f"{label}.{name}"
            known = table[table[place].notna()]
            holds = np.sign(known[place]) == sign
            above, below = known[f"{place}.low"] > 0, known[f"{place}.high"] < 0
            sure = int((above if sign > 0 else below)[holds].sum())
            real = known["is_plausible"].astype(bool)
            holding = share_interval(int(holds.sum()), len(known))
            counts = int(holds.sum()), len(known)
            apart = int(holds[real].sum()), int(real.sum())
            rows.append(
                Sign(
                    label,
                    name,
                    sign,
                    *counts,
                    *holding,
                    sure,
                    int((above | below).sum()) - sure,
                    *apart,
                    *_nine_in_ten(known.loc[real, place] / _of_whole(name, share)),
                )
            )
    return pd.DataFrame(rows, columns=Sign._fields)


def _of_whole(outcome: str, share: float) -> float:
    """Return how much of an outcome is in that share of a market's people."""
    is_sum = outcome in OUTCOME_BY_NAME and OUTCOME_BY_NAME[outcome].unit in SUMS
    return share if is_sum else 1.0


def _nine_in_ten(values: "pd.Series[float]") -> tuple[float, float]:
    """Return the ends between which nine in ten values lie; NaN if they are few."""
    if len(values) < FEWEST_SPREAD:
        return math.nan, math.nan
    low, high = values.quantile(list(NINE_IN_TEN))
    return float(low), float(high)


class _Ends:
    """Moves one assumption at a time to either end of its range."""

    def __init__(self, lived: _Lived, signs: Signs, centre: int) -> None:
        self.lived, self.signs, self.centre = lived, signs, centre
        own = {
            label: {each.path for each in assumptions([lived.scenarios[label]])}
            for label in lived.others
        }
        self.labels = [
            tuple(label for label in lived.others if each.path in own[label])
            for each in lived.over
        ]

    def table(self) -> pd.DataFrame:
        """Live the ends, those nearest to turning with more pairs; return the tips."""
        count = len(self.lived.over)
        positions = np.full((2 * count, count), np.nan)
        for point, end in enumerate(np.tile(ENDS, count)):
            positions[point, point // 2] = end
        first = self.centre + 1
        wanted = [(p, self.labels[p // 2], FIRST_PAIRS) for p in range(2 * count)]
        self.lived.add("ends", positions, wanted, first)
        near: dict[tuple[str, str], list[tuple[float, int]]] = {}
        for place, tip in self._tips():
            near.setdefault((tip.scenario, tip.outcome), []).append((tip.move, place))
        again = {
            (2 * place + end, label)
            for (label, _), tips in near.items()
            for _, place in sorted(tips)[:NEAREST]
            for end in range(len(ENDS))
        }
        more = [(point, [label], MORE_PAIRS) for point, label in sorted(again)]
        self.lived.add("nearest", positions, more, first)
        return pd.DataFrame([tip for _, tip in self._tips()], columns=Tip._fields)

    def _tips(self) -> list[tuple[int, "Tip"]]:
        return [
            (place, self._tip(label, name, sign, place))
            for label, by_name in self.signs.items()
            for name, sign in by_name.items()
            for place, labels in enumerate(self.labels)
            if label in labels
        ]

    def _tip(self, label: str, name: str, sign: int, place: int) -> Tip:
        """Return where one assumption turns one difference."""
        each = self.lived.over[place]
        centre = sign * self.lived.difference(self.centre, label, name)
        turns, means, levels = [], [], []
        for end in range(len(ENDS)):
            point = self.centre + 1 + 2 * place + end
            there = sign * self.lived.difference(point, label, name)
            turns.append(_turn(centre, there))
            levels.append(interval(there))
            means.append(sign * levels[-1].mean)
        nearest = int(turns[1][0] < turns[0][0])
        way, low, high = turns[nearest]
        position = MIDDLE + way * (ENDS[nearest] - MIDDLE)
        whole = float(self.lived.whole[place])
        return Tip(
            label,
            name,
            each.path,
            each.value * whole,
            each.low * whole,
            each.high * whole,
            each.unit,
            each.text,
            at_low=means[0],
            at_high=means[1],
            turns_at=each.at(position) * whole if way < 1 else math.nan,
            move=MIDDLE * way,
            move_low=MIDDLE * low,
            move_high=MIDDLE * high,
            is_sure=way < 1 and levels[nearest].high < 0,
        )


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
