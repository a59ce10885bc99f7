"""When is one choice better than another: boxes, a tree, and what knowing is worth.

Assumptions are sampled over their ranges, and both choices lived in each with the same
seeds. Boxes are found by PRIM in one half of the points and measured in the other, so
that their success is not that of the search. PRIM is our own: of the libraries that
have it, one brings a workbench along, and others are no longer kept; it is short.

For a firm that says what it has observed of its own market, all of it is found over
those draws alone whose base shows that too (`bands.py`). They are looked at in the
worlds they are lived in, and in no others: who asks again with another band lives
nothing again, and the luck of those few worlds is in what they show.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Unpack

import numpy as np
import pandas as pd
from scipy.stats import binomtest
from sklearn.tree import DecisionTreeClassifier

from simulation.scenario import Scenario

from .bands import Fit, Observed, bands_of, luck_of, over_those_alike
from .design import Array, crossed, hypercube, seeds
from .differences import as_read, brief, number, rounded_to, sized
from .errors import InputError
from .factors import Factor, designed, factor_values, factors_of
from .importance import outcomes_in, outcomes_of
from .outcomes import OUTCOME_BY_NAME, Outcome, outcome_named
from .request import How, Request, first_seed, read_scenarios
from .sequential import ERRORS, interval
from .study import Study, make
from .wording import spoken

PEEL = 0.05
"""Share of a box that one step takes away."""
SMALLEST = 0.1
"""Share of all points that a box keeps."""
LUCK = 0.05
"""A limit that chance would improve as much, as often as this, is dropped."""
FEWEST_POINTS = 60
"""Of which boxes, a tree and what knowing is worth are found."""
LEAVES, FEWEST_IN_LEAF = 5, 0.08
DEGREE = 3
"""Of the polynomial that stands for the mean outcome given one assumption."""
RESAMPLES = 100


class Doubt(NamedTuple):
    """What is to be found out."""

    outcome: str = "npv"
    vary: Sequence[str] = ()
    """Paths or patterns; how customers are, if empty."""
    ranges: str | Path | None = None
    budget: int = 2000
    """Runs, of both choices together."""
    seeds: int = 2
    """Worlds a point is lived in."""
    axes: tuple[str, str] | None = None
    """The two assumptions of the map, across and up; the two that decide if absent."""
    observed: Observed | None = None
    """Of the base's market: draws that do not show it do not count."""


Limits = Mapping[str, tuple[float, float]]
"""Ends by path; infinite where there is no limit."""


class Box(NamedTuple):
    """A part of the assumptions in which one choice wins more often."""

    limits: Limits
    share: float
    """Of the points in it in which the choice wins; measured apart from the search."""
    low: float
    high: float
    """95 % interval of the share (Wilson)."""
    coverage: float
    """Of all its wins, how many lie in the box."""
    size: float
    """Of all points, how many lie in the box."""


class Leaf(NamedTuple):
    """One rule of a tree: where, and how often the second choice wins there."""

    wins: float
    """Of the points in it."""
    size: float
    """Of all points, how many lie in it."""
    limits: Limits

    def text(self, name: Callable[[str], str] = spoken) -> str:
        """Return the rule in words; a path is called by what `name` returns.

        >>> Leaf(0.9, 0.4, {"trust.gain": (0.1, math.inf)}).text()
        '90 % of 40 %: gain (trust) is above 0.1'
        """
        where = limited(self.limits, name)
        return f"{100 * self.wins:.0f} % of {100 * self.size:.0f} %: {where}"


def limited(limits: Limits, name: Callable[[str], str] = spoken) -> str:
    """Return limits in words; a path is called by what `name` returns.

    >>> limited({"leaving.hazard_max": (0.1, math.inf), "trust.gain": (0.0, 0.2)})
    'hazard max (leaving) is above 0.1 and gain (trust) is between 0 and 0.2'
    >>> limited({})
    'everywhere'
    """
    words = []
    for path, (low, high) in limits.items():
        if math.isfinite(low) and math.isfinite(high):
            words.append(f"{name(path)} is between {brief(low)} and {brief(high)}")
        elif math.isfinite(low):
            words.append(f"{name(path)} is above {brief(low)}")
        else:
            words.append(f"{name(path)} is below {brief(high)}")
    return " and ".join(words) or "everywhere"


@dataclass(frozen=True)
class Discovery:
    """What was found about a choice between two scenarios.

    Attributes
    ----------
    study : Study
        The base first, then what was compared with it.
    points : DataFrame
        A row a point: every assumption by path, then `gain`, what the second choice
        brings more than the first, over common seeds; positive is better. Where
        something was observed, those that show it.
    better, worse : Box or None
        Where the second choice wins, and where it loses; None if no limit helps.
    tree : tuple of Leaf
        The same as rules of a tree, the surest win first.
    information : DataFrame
        A row an assumption: name, value, low, high: what it would be worth to know it
        before choosing (EVPPI), in the outcome's unit; the largest first.
    everything : float
        At least so much is it worth to know all assumptions (EVPI); NaN of one seed.
    fit : Fit or None
        Which of all points show what was observed; None if nothing was.
    """

    study: Study = field(repr=False)
    doubt: Doubt
    factors: tuple[Factor, ...] = field(repr=False)
    points: pd.DataFrame = field(repr=False)
    better: Box | None
    worse: Box | None
    tree: tuple[Leaf, ...] = field(repr=False)
    information: pd.DataFrame = field(repr=False)
    everything: float
    fit: Fit | None = field(default=None, repr=False)

    @property
    def outcome(self) -> Outcome:
        """By what the choice is judged."""
        return OUTCOME_BY_NAME[self.doubt.outcome]

    @property
    def share(self) -> float:
        """Of the points, in how many the second choice is better."""
        return float((self.points["gain"] > 0).mean())

    @property
    def is_worth_knowing(self) -> bool:
        """Whether to know some assumption can be told to be worth anything."""
        return bool((self.information["low"] > 0).any())

    def all_known(self, unit: str) -> str:
        """Return in words what it is worth to know every assumption."""
        if math.isnan(self.everything):
            return "To know all of them: not told by one seed a point."
        amount = number(self.everything, rounded_to(self.everything / 10))
        return f"To know all of them: {amount} {unit} or more."

    @property
    def over(self) -> str:
        """How a sentence begins that is about all points that count."""
        if self.fit is None:
            return f"Over all {len(self.points)} sets of assumptions"
        return over_those_alike(len(self.points), len(self.fit.figures))

    @property
    def axes(self) -> tuple[str, str] | None:
        """The two assumptions of the map: those asked for, or those that decide.

        None if nobody asked and there is nothing to see: one assumption, or nothing
        that decides.
        """
        decides = self.better or self.worse or self.is_worth_knowing
        if self.doubt.axes is not None or not decides:
            return self.doubt.axes
        limits = [p for box in (self.better, self.worse) if box for p in box.limits]
        first, *others = dict.fromkeys([*limits, *self.information["name"]])
        return (first, others[0]) if others else None

    @property
    def text(self) -> str:
        """The answer, as a strategist would say it."""
        base, other = self.study.labels
        n, n_won = len(self.points), int((self.points["gain"] > 0).sum())
        ends = binomtest(n_won, n).proportion_ci(method="wilson")
        low, high = 100 * ends.low, 100 * ends.high
        wins = f"{other} beats {base} in {100 * self.share:.0f} %"
        wins += f" ({low:.0f} to {high:.0f})"
        words = [f"{wins} of {n} sets of assumptions; {self._average()}"]
        if self.fit is not None:
            words = [f"{self.over}, {wins}; {self._average()}"]
        for box, verb in ((self.better, "wins"), (self.worse, "loses")):
            if box is not None:
                words.append(
                    f"It {verb} in {100 * box.share:.0f} % of cases "
                    f"({100 * box.low:.0f} to {100 * box.high:.0f}) where "
                    f"{limited(box.limits)}."
                )
        if self.better is None and self.worse is None:
            words.append("No assumption among these can be shown to decide when.")
        words.append(self._worth())
        return " ".join(words)

    def _average(self) -> str:
        """Return which choice is better in the mean of the points, and by how much."""
        found = interval(self.points["gain"].to_numpy(float))
        if not found.is_conclusive:
            return "on average neither can be shown to be better."
        base, other = self.study.labels
        scale, unit = as_read(self.outcome.unit)
        if unit == "money":
            unit = self.study.scenarios[base].money.currency
        chosen = other if found.mean > 0 else base
        mean, low, high = (scale * x for x in (found.mean, found.low, found.high))
        size = sized(mean, low, high, unit)
        return f"on average {chosen} is better, by {size}."

    def _worth(self) -> str:
        if not self.is_worth_knowing:
            return "No single assumption can be shown to be worth knowing better first."
        first = self.information[self.information["low"] > 0].iloc[0]
        scenario = self.study.scenarios[self.study.labels[0]]
        unit = self.outcome.unit
        unit = scenario.money.currency if unit == "money" else unit
        half = (first["high"] - first["low"]) / 2
        step = max(rounded_to(half), rounded_to(first["value"] / 10))
        value, low, high = (
            number(first[name], step) for name in ("value", "low", "high")
        )
        return (
            f"Most worth knowing: {spoken(first['name'])}, worth {value} {unit} "
            f"({low} to {high}) before the choice is made."
        )


def discover(
    base: str | Path | Scenario,
    other: str | Path | Scenario,
    doubt: Doubt = Doubt(),  # noqa: B008 (a frozen wish)
    **how: Unpack[How],
) -> Discovery:
    """Find out under which assumptions a choice is better than another.

    Parameters
    ----------
    base, other : str, Path or Scenario
        The two choices; the second is judged against the first.
    doubt : Doubt
    **how
        seed, overrides, jobs, out and watcher: see `How`.

    Returns
    -------
    Discovery

    Raises
    ------
    ScenarioError, PopulationError, NetworkError, InputError
        Bad input, in one line.
    StudyError
        The folder cannot be written, or every run failed.

    References
    ----------
    Friedman & Fisher 1999, doi:10.1023/A:1008894516817 (PRIM); Strong, Oakley &
    Brennan 2014, doi:10.1177/0272989X13505910 (EVPPI by regression).
    """
    outcome_named(doubt.outcome)
    observed = doubt.observed or {}
    bands_of(observed)
    n_points = doubt.budget // (2 * doubt.seeds)
    if n_points < FEWEST_POINTS:
        least = 2 * doubt.seeds * FEWEST_POINTS
        raise InputError(
            f"--budget {doubt.budget}: two choices with {doubt.seeds} seeds take at "
            f"least {least} runs; type --budget {least}"
        )
    scenarios = read_scenarios([base, other], how.get("overrides", ()))
    factors = factors_of(scenarios.values(), doubt.vary, doubt.ranges)
    paths = [factor.path for factor in factors]
    for path in doubt.axes or ():
        if path not in paths:
            raise InputError(
                f"--map {path}: does not vary here; name two of {', '.join(paths)}"
            )
    stopping = {"outcome": doubt.outcome} | ({"observed": observed} if observed else {})
    seed = first_seed(how)
    positions = hypercube(n_points, len(factors), seed)
    request = Request(
        "discover",
        scenarios,
        crossed(tuple(scenarios), seeds(doubt.seeds, seed), n_points),
        how,
        stopping=stopping,
        design=designed(factors, positions),
        keeps_weeks=False,
    )
    return discovered(make(request), doubt, factors, positions)


def discovered(
    study: Study, doubt: Doubt, factors: tuple[Factor, ...], positions: Array
) -> Discovery:
    """Return what a finished study says about its two choices.

    Parameters
    ----------
    positions : float64, shape (n_points, n_factors)
        The design in the unit cube, as it was sampled.
    """
    outcome = OUTCOME_BY_NAME[doubt.outcome]
    gains = outcome.direction * outcomes_of(study, doubt.outcome)
    gain = gains.mean(axis=1)
    paths = [factor.path for factor in factors]
    points = pd.DataFrame(factor_values(factors, positions), columns=paths)
    points = points.assign(gain=gain)
    is_known = ~np.isnan(gain)
    n_known = int(is_known.sum())
    if n_known < FEWEST_POINTS:
        raise InputError(
            f"{study.folder}: in only {n_known} points no run failed and every one "
            f"has {doubt.outcome} (runs.parquet tells which); narrow the ranges, or "
            "ask for another outcome"
        )
    fit = _fit(study, doubt.observed, is_known) if doubt.observed else None
    counts = is_known.copy()
    if fit is not None:
        counts[is_known] = fit.is_alike
        if counts.sum() < FEWEST_POINTS:
            raise InputError(_too_few(doubt, fit))
    points = points[counts].reset_index(drop=True)
    x = points.drop(columns="gain")
    y = points["gain"].to_numpy(float)
    information = worth_knowing(x, y)
    return Discovery(
        study,
        doubt,
        factors,
        points,
        box(x, y > 0),
        box(x, y < 0),
        rules(x, y > 0),
        information,
        worth_of_everything(gains[counts]),
        fit,
    )


def _fit(study: Study, observed: Observed, is_known: Array) -> Fit:
    """Return which of the known points show what was observed of the base's market."""
    worlds = {
        name: outcomes_in(study, study.labels[0], name)[is_known] for name in observed
    }
    figures = pd.DataFrame({name: lived.mean(axis=1) for name, lived in worlds.items()})
    luck = {name: luck_of(lived) for name, lived in worlds.items()}
    n_worlds = next(iter(worlds.values())).shape[1]
    return Fit(bands_of(observed), figures, n_worlds, luck)


def _too_few(doubt: Doubt, fit: Fit) -> str:
    """Return in one line that too few points show what was observed, and the remedy."""
    typed = (f"--observed {b.name}={b.low:g}:{b.high:g}" for b in fit.bands)
    n, n_draws, wanted = int(fit.is_alike.sum()), len(fit.figures), 2 * FEWEST_POINTS
    remedy = "write wider ends"
    if n:
        enough = math.ceil(doubt.budget * wanted / n / 1000) * 1000
        remedy += f", or --budget {enough}, which would find about {wanted}"
    return (
        f"{' '.join(typed)}: {n} of {n_draws} draws of the assumptions show it, and "
        f"it takes {FEWEST_POINTS}. {fit.alone_text}; {remedy}"
    )


# Boxes


def box(x: pd.DataFrame, is_wanted: Array) -> Box | None:
    """Return a box with many of the wanted points and few others (PRIM).

    Parameters
    ----------
    x : DataFrame
        A row a point, a column an assumption.
    is_wanted : bool, shape (n_points,)

    Returns
    -------
    Box or None
        None if no limit tells more than luck would.
    """
    values, share = x.to_numpy(float), float(is_wanted.mean())
    if share in (0.0, 1.0):
        return None
    is_even = np.arange(len(values)) % 2 == 0
    limits = _peeled(values[is_even], is_wanted[is_even])
    limits = _pruned(values[is_even], is_wanted[is_even], limits)
    if np.isinf(limits).all():
        return None
    others, wanted = values[~is_even], is_wanted[~is_even]
    inside = _inside(others, limits)
    n_in, n_good = int(inside.sum()), int(wanted[inside].sum())
    if n_in == 0 or binomtest(n_good, n_in, share, "greater").pvalue > LUCK:
        return None
    found = binomtest(n_good, n_in).proportion_ci(method="wilson")
    named = {
        path: (float(low), float(high))
        for path, (low, high) in zip(x.columns, limits, strict=True)
        if math.isfinite(low) or math.isfinite(high)
    }
    return Box(
        named,
        n_good / n_in,
        float(found.low),
        float(found.high),
        n_good / max(1, int(wanted.sum())),
        n_in / len(others),
    )


def _peeled(values: Array, is_wanted: Array) -> Array:
    """Return the limits, shape (n, 2), at which a box separates best.

    Slices are peeled off while that raises the share of the wanted; of all boxes on
    the way the one with the largest gain in share times its size is taken.
    """
    n = values.shape[1]
    limits = np.column_stack([np.full(n, -np.inf), np.full(n, np.inf)])
    share, best, score = is_wanted.mean(), limits.copy(), 0.0
    inside = np.ones(len(values), bool)
    while inside.mean() > SMALLEST:
        candidates = list(_slices(values, inside))
        if not candidates:
            break
        shares = [is_wanted[kept].mean() for *_, kept in candidates]
        column, side, limit, inside = candidates[int(np.argmax(shares))]
        limits[column, side] = limit
        gain = (is_wanted[inside].mean() - share) * inside.mean()
        if gain > score:
            best, score = limits.copy(), gain
    return best


def _slices(values: Array, inside: Array) -> Iterable[tuple[int, int, float, Array]]:
    """Yield what each slice at the edge of a box would leave."""
    for column in range(values.shape[1]):
        here = values[inside, column]
        for side, cut in ((0, PEEL), (1, 1 - PEEL)):
            limit = float(np.quantile(here, cut))
            is_kept = (
                values[:, column] > limit if side == 0 else values[:, column] < limit
            )
            kept = inside & is_kept
            if SMALLEST <= kept.mean() < inside.mean():
                yield column, side, limit, kept


def _pruned(values: Array, is_wanted: Array, limits: Array) -> Array:
    """Return the limits without those that luck could have set."""
    limits = limits.copy()
    while np.isfinite(limits).any():
        inside = _inside(values, limits)
        n_good, n_in = int(is_wanted[inside].sum()), int(inside.sum())
        chances = {}
        for column, side in np.argwhere(np.isfinite(limits)):
            looser = limits.copy()
            looser[column, side] = np.inf if side else -np.inf
            share = float(is_wanted[_inside(values, looser)].mean())
            test = binomtest(n_good, n_in, share, "greater")
            chances[(int(column), int(side))] = test.pvalue
        (column, side), chance = max(chances.items(), key=lambda item: item[1])
        if chance <= LUCK:
            break
        limits[column, side] = np.inf if side else -np.inf
    return limits


def _inside(values: Array, limits: Array) -> Array:
    is_between = (values > limits[:, 0]) & (values < limits[:, 1])
    return np.asarray(is_between.all(axis=1))


# A tree


def rules(x: pd.DataFrame, is_better: Array) -> tuple[Leaf, ...]:
    """Return a small tree as rules: where, how often the second choice wins."""
    tree = DecisionTreeClassifier(
        max_leaf_nodes=LEAVES, min_samples_leaf=FEWEST_IN_LEAF, random_state=0
    ).fit(x.to_numpy(float), is_better)
    inside = tree.tree_
    found: list[Leaf] = []

    def walk(node: int, limits: Limits) -> None:
        if inside.children_left[node] == -1:
            wins = float(inside.value[node][0][-1]) if is_better.any() else 0.0
            found.append(Leaf(wins, inside.n_node_samples[node] / len(x), limits))
            return
        path, cut = x.columns[inside.feature[node]], float(inside.threshold[node])
        low, high = limits.get(path, (-math.inf, math.inf))
        walk(inside.children_left[node], {**limits, path: (low, cut)})
        walk(inside.children_right[node], {**limits, path: (cut, high)})

    walk(0, {})
    return tuple(sorted(found, key=lambda leaf: leaf.wins, reverse=True))


# Value of information


def worth_knowing(x: pd.DataFrame, gain: Array, seed: int = 1) -> pd.DataFrame:
    """Return what it is worth to know each assumption before choosing (EVPPI).

    The mean gain given one assumption is a cubic in it. What the same cubic would be
    worth where the assumption is shuffled, and so tells nothing, is taken off.

    Parameters
    ----------
    x : DataFrame
        A row a point, a column an assumption.
    gain : float64, shape (n_points,)
        What the second choice brings more than the first.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for path in x.columns:
        column = x[path].to_numpy(float)
        none = np.mean([_worth(rng.permutation(column), gain) for _ in range(20)])
        drawn = []
        for _ in range(RESAMPLES):
            chosen = rng.integers(len(gain), size=len(gain))
            drawn.append(_worth(column[chosen], gain[chosen]))
        value, half = _worth(column, gain) - none, ERRORS * float(np.std(drawn))
        rows.append((path, value, value - half, value + half))
    table = pd.DataFrame(rows, columns=["name", "value", "low", "high"])
    return table.sort_values("value", ascending=False, ignore_index=True)


def worth_of_everything(gains: Array) -> float:
    """Return what it is worth to know every assumption before choosing (EVPI).

    At each point all seeds but one choose, and that one tells what the choice brings:
    who chooses and judges by the same seeds takes their luck for knowledge. So it is
    rather too little than too much.

    Parameters
    ----------
    gains : float64, shape (n_points, n_seeds)
        What the second choice brings more than the first.

    Returns
    -------
    float
        0 or more; NaN of one seed.

    >>> worth_of_everything(np.array([[1.0, 3.0], [-2.0, -2.0]]))
    1.0
    >>> worth_of_everything(np.array([[1.0, -1.0], [-1.0, 1.0]]))
    0.0
    """
    n_seeds = gains.shape[1]
    if n_seeds == 1:
        return math.nan
    others = (gains.sum(axis=1, keepdims=True) - gains) / (n_seeds - 1)
    chosen = np.where(others > 0, gains, 0.0)
    return max(0.0, float(chosen.mean()) - max(float(gains.mean()), 0.0))


def _worth(column: Array, gain: Array) -> float:
    """Return the mean of the better choice, each time, over that of one for all."""
    wide = float(np.ptp(column)) or 1.0
    place = 2 * (column - column.min()) / wide - 1
    basis = np.polynomial.legendre.legvander(place, DEGREE)
    fitted = basis @ np.linalg.lstsq(basis, gain, rcond=None)[0]
    return float(np.maximum(fitted, 0).mean() - max(fitted.mean(), 0.0))


def winners(
    points: pd.DataFrame, across: str, up: str, cells: int = 40
) -> tuple[Array, Array, Array]:
    """Return a map of the mean gain over two assumptions.

    Each place is the mean of the points near it, weighted by a Gaussian a tenth of
    the ranges wide.

    Returns
    -------
    float64, shape (cells,); float64, shape (cells,); float64, shape (cells, cells)
        Places across and up, and the gain: rows go up.
    """
    where = points[[across, up]].to_numpy(float)
    low, wide = where.min(axis=0), np.ptp(where, axis=0)
    edges: Any = np.linspace(0, 1, cells)
    grid = np.stack(np.meshgrid(edges, edges), axis=-1).reshape(-1, 1, 2)
    apart = (((where - low) / wide - grid) ** 2).sum(axis=2)
    weights = np.exp(-apart / (2 * 0.1**2))
    gain = weights @ points["gain"].to_numpy(float) / weights.sum(axis=1)
    return low[0] + wide[0] * edges, low[1] + wide[1] * edges, gain.reshape(cells, -1)
