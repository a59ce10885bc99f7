"""Sensitivity indices of a noisy outcome: SALib's, freed of luck, with intervals.

Resampling the blocks of a design (`methods.py`) gives the intervals, and leaving out
the first blocks shows whether the answer has converged.

Every point is run with the same seeds. The mean over r seeds carries 1/r of the
variance that luck gives a single run; a variance found at a single seed carries all of
it. What both would be without luck follows from the two: v = (r v_mean - v_one)/(r-1).
Indices that are shares of variance are made of such variances, above and below; the
mean size of a change is told apart from luck by its sign at the other seeds.
"""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import t

from .design import Array
from .errors import InputError
from .methods import (
    SHARES,
    SIZE,
    Indices,
    Method,
    Space,
    effects,
    is_of_one_seed,
    pairs_of,
    size_beyond_luck,
)

CONFIDENCE = 0.95
RESAMPLES = 100
FEWER = 25
"""Resamples where each takes long, and on the way to the whole answer."""
PERMUTATIONS = 5
"""With which the distance is found that luck alone would show."""
WIDEST = 0.5
"""Width of an interval on the scale from 0 to 1; wider, it leaves open what matters."""
CONTRADICTED = 4.0
"""Times the blocks where estimates contradict each other: half the error."""
MOST_LOST = 0.5
"""Of the blocks, beyond which what is left says little."""


@dataclass(frozen=True)
class Findings:
    """The indices of one outcome by one method.

    Attributes
    ----------
    indices : DataFrame
        A row for each factor (or group) and index: name, index, value, low, high;
        sorted by the index that ranks. NaN where luck hides it: a size that one seed
        alone shows, and of groups what has a sign.
    interactions : DataFrame
        A row a pair, from Sobol alone: name, other, value, low, high.
    convergence : DataFrame
        The index that ranks, found with a part of the blocks: blocks, name, value,
        low, high. Empty where that takes too long.
    noise_share : float
        Of the variance of what was analysed, the mean over the seeds: how much is
        luck. NaN with one seed.
    noise_sd : float
        Standard deviation that luck gives a single run; NaN with one seed.
    n_seeds, n_blocks, n_lost : int
        Seeds a point; blocks used; blocks left out because a run of theirs failed.
    """

    method: Method
    indices: pd.DataFrame
    interactions: pd.DataFrame
    convergence: pd.DataFrame
    noise_share: float
    noise_sd: float
    n_seeds: int
    n_blocks: int
    n_lost: int

    @property
    def ranked(self) -> pd.DataFrame:
        """The index that ranks, the largest first."""
        return self.indices[self.indices["index"] == self.method.leading]

    @property
    def is_of_shares(self) -> bool:
        """Whether the index that ranks is a share of the variance, from 0 to 1."""
        return self.method.leading in ("S1", "ST")

    @property
    def widest(self) -> float:
        """Width of the widest interval of a share; 0 of other indices."""
        if not self.is_of_shares:
            return 0.0
        return float((self.indices["high"] - self.indices["low"]).max())

    @property
    def is_contradictory(self) -> bool:
        """Whether a share alone exceeds that with all it interacts with, beyond error.

        What is true of every variance is then not of these estimates.
        """
        by_name = self.indices.pivot(index="name", columns="index")
        if not {"S1", "ST"} <= set(by_name["value"]):
            return False
        gap = by_name["value", "S1"] - by_name["value", "ST"]
        first, total = (by_name["high", k] - by_name["value", k] for k in ("S1", "ST"))
        return bool((gap > np.hypot(first, total)).any())

    @property
    def is_blind(self) -> bool:
        """Whether nothing stands out, with fewer blocks than are advised."""
        stands_out = bool((self.ranked["low"] > 0).any())
        return self.n_blocks < self.method.advised and not stands_out

    @property
    def times_more(self) -> float:
        """How many times the blocks it takes to settle which matter; 1 if settled.

        Intervals narrow as the root of the blocks.
        """
        if self.is_blind:
            return self.method.advised / self.n_blocks
        if self.widest > WIDEST:
            return (self.widest / WIDEST) ** 2
        return CONTRADICTED if self.is_contradictory else 1.0


def noise_of(outcomes: Array) -> tuple[float, float]:
    """Return the variance luck gives a run, and its share of that of the means.

    Parameters
    ----------
    outcomes : float64, shape (n_points, n_seeds)
        Every point with the same seeds. What a seed does to all points alike is no
        noise: it cannot be taken for the effect of a factor.

    Returns
    -------
    float, float
        NaN, NaN with fewer than two seeds.
    """
    known = outcomes[~np.isnan(outcomes).any(axis=1)]
    n, r = known.shape
    if r < 2 or n < 2:
        return math.nan, math.nan
    means = known.mean(axis=1)
    rest = known - means[:, np.newaxis] - known.mean(axis=0) + known.mean()
    variance = float((rest**2).sum() / ((n - 1) * (r - 1)))
    whole = float(means.var(ddof=1))
    return variance, min(1.0, variance / r / whole) if whole > 0 else 0.0


def findings(
    method: Method, space: Space, points: Array, outcomes: Array, *, seed: int = 1
) -> Findings:
    """Return the indices of an outcome, with intervals and convergence.

    Parameters
    ----------
    points : float64, shape (n_points, n_factors)
        As the method sampled them, in the unit cube.
    outcomes : float64, shape (n_points, n_seeds)
        NaN where a run failed; the whole block is left out.
    seed : int
        Of the resampling.

    Raises
    ------
    InputError
        Too few blocks are whole.
    """
    rows = method.rows(space)
    if method.name == "fast":
        outcomes = _bridged(outcomes)
    blocks = outcomes.reshape(-1, rows, outcomes.shape[1])
    is_whole = ~np.isnan(blocks).any(axis=(1, 2))
    n_lost = int((~is_whole).sum())
    if is_whole.sum() < max(2, (1 - MOST_LOST) * len(blocks)):
        raise InputError(
            f"{method.name}: {n_lost} of {len(blocks)} parts of the design hold a run "
            "that failed, or that has no such outcome (runs.parquet tells which); "
            "narrow the ranges, or ask for another outcome"
        )
    blocks = blocks[is_whole]
    places = points.reshape(-1, rows, points.shape[1])[is_whole]
    ask = _Analysis(method, space, places, blocks)
    whole, spread = ask.found(len(blocks), seed)
    variance, share = noise_of(outcomes)
    return Findings(
        method,
        _table(method, space, whole, spread),
        _pairs(space, whole, spread),
        _convergence(ask, seed),
        share,
        math.sqrt(variance),
        outcomes.shape[1],
        len(blocks),
        n_lost,
    )


def _bridged(outcomes: Array) -> Array:
    """Return curves with the points that failed set between their neighbours."""
    place = np.arange(len(outcomes))
    bridged = outcomes.copy()
    for column in bridged.T:
        is_known = ~np.isnan(column)
        if is_known.any():
            column[~is_known] = np.interp(
                place[~is_known], place[is_known], column[is_known]
            )
    return bridged


class _Analysis(NamedTuple):
    """One method on one set of blocks."""

    method: Method
    space: Space
    points: Array
    """Shape (n_blocks, rows, n_factors)."""
    outcomes: Array
    """Shape (n_blocks, rows, n_seeds)."""

    def found(
        self, n_blocks: int, seed: int, count: int = RESAMPLES
    ) -> tuple[Indices, Indices]:
        """Return the indices from the first blocks, and half of each interval.

        NaN is a size that cannot be told from luck: drawing the blocks anew, none of
        which tells it, would give a certain 0.
        """
        whole, half = self.of(np.arange(n_blocks)), self.spread(n_blocks, seed, count)
        if self.method.is_distance:
            whole = self.beyond_luck(whole, seed)
        if SIZE in whole and self.outcomes.shape[2] > 1:
            seen = effects(self.space, self.points[:n_blocks], self.outcomes[:n_blocks])
            whole[SIZE] = np.where(is_of_one_seed(seen), math.nan, whole[SIZE])
        return whole, half

    def of(self, chosen: Array, *, is_freed: bool = True) -> Indices:
        """Return the indices from some of the blocks, freed of luck where they can."""
        x = self.points[chosen].reshape(-1, self.points.shape[2])
        y = self.outcomes[chosen].reshape(len(x), -1)
        r = y.shape[1]
        found = self.method.analyse(self.space, x, y.mean(axis=1))
        if r < 2 or not is_freed or not any(map(_can_be_freed, found)):
            return found
        rows = self.points.shape[1]
        single = [self.method.analyse(self.space, x, column) for column in y.T]
        whole = self.method.variance(y.mean(axis=1), rows)
        parts = np.array([self.method.variance(column, rows) for column in y.T])

        def freed(of_mean: Any, of_ones: Any) -> Any:  # noqa: ANN401 (float or array)
            return (r * of_mean - np.mean(of_ones, axis=0)) / (r - 1)

        clean = freed(whole, parts)
        for name in found:
            if name == SIZE:
                of_seeds = effects(
                    self.space, self.points[chosen], self.outcomes[chosen]
                )
                found[name] = size_beyond_luck(of_seeds)
            elif name == "sigma":
                squares = [each[name] ** 2 for each in single]
                found[name] = np.sqrt(np.maximum(freed(found[name] ** 2, squares), 0))
            elif name in SHARES:
                ones = [e[name] * v for e, v in zip(single, parts, strict=True)]
                above = freed(found[name] * whole, ones)
                found[name] = above / clean if clean > 0 else np.zeros_like(above)
        return found

    def beyond_luck(self, found: Indices, seed: int) -> Indices:
        """Return distances less the mean of what a shuffled outcome shows."""
        rng = np.random.default_rng(seed)
        x, y = self.points[:, 0], self.outcomes[:, 0].mean(axis=1)
        none = [
            self.method.analyse(self.space, x, rng.permutation(y))
            for _ in range(PERMUTATIONS)
        ]
        return {k: v - np.mean([n[k] for n in none], axis=0) for k, v in found.items()}

    def spread(self, n_blocks: int, seed: int, count: int = RESAMPLES) -> Indices:
        """Return half of each interval, from the first blocks drawn anew."""
        rng = np.random.default_rng(seed)
        is_freed = self.method.is_freed
        count = min(count, FEWER) if self.method.is_slow else count
        drawn = [
            self.of(rng.integers(n_blocks, size=n_blocks), is_freed=is_freed)
            for _ in range(count)
        ]
        reach = float(t.ppf((1 + CONFIDENCE) / 2, n_blocks - 1))
        reach *= math.sqrt(n_blocks / (n_blocks - 1))
        return {k: reach * np.std([d[k] for d in drawn], axis=0) for k in drawn[0]}


def _can_be_freed(name: str) -> bool:
    return name in SHARES or name in (SIZE, "sigma")


def _table(
    method: Method, space: Space, found: Indices, spread: Indices
) -> pd.DataFrame:
    rows = [
        (label, index, value, value - half, value + half)
        for index in method.indices
        for label, value, half in zip(
            space.labels, found[index], spread[index], strict=True
        )
    ]
    table = pd.DataFrame(rows, columns=["name", "index", "value", "low", "high"])
    leading = table[table["index"] == method.leading].set_index("name")
    place = {name: place for place, name in enumerate(order(leading))}
    table["place"] = table["name"].map(place)
    return table.sort_values(["place", "index"], ignore_index=True)


def order(leading: pd.DataFrame) -> list[str]:
    """Return the names, the largest first; of none above 0, what may be largest.

    Below 0 is but luck, taken out. What is unknown may be as large as anything.
    """
    size = leading["value"].clip(lower=0).fillna(0)
    keys = pd.DataFrame({"size": size, "most": leading["high"].fillna(math.inf)})
    return list(keys.sort_values(["size", "most"], ascending=False).index)


def _pairs(space: Space, found: Indices, spread: Indices) -> pd.DataFrame:
    labels = space.labels
    rows = []
    if "S2" in found:
        for (i, j), value, half in zip(
            pairs_of(len(labels)), found["S2"], spread["S2"], strict=True
        ):
            rows.append((labels[i], labels[j], value, value - half, value + half))
    columns = ["name", "other", "value", "low", "high"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values("value", ascending=False, ignore_index=True)


def _convergence(ask: _Analysis, seed: int) -> pd.DataFrame:
    n_blocks, leading = len(ask.outcomes), ask.method.leading
    rows: list[tuple[Any, ...]] = []
    for part in () if ask.method.is_slow else (0.25, 0.5, 0.75, 1.0):
        count = round(part * n_blocks)
        if count < 2:
            continue
        found, half = (each[leading] for each in ask.found(count, seed, FEWER))
        rows += [
            (count, label, value, value - h, value + h)
            for label, value, h in zip(ask.space.labels, found, half, strict=True)
        ]
    return pd.DataFrame(rows, columns=["blocks", "name", "value", "low", "high"])


def replications(noise: float, effect: float, most: int = 16) -> int:
    """Return how many seeds a point should have, so that a budget tells most.

    With a budget of runs, more seeds mean fewer points. The error of a share of
    variance goes as (1 + noise / (r effect)) / sqrt(points), which is least where r is
    the noise over the effect; two are needed to tell luck from effect at all.

    Parameters
    ----------
    noise, effect : float
        Variances: of single runs of one point, and of points freed of noise.

    >>> replications(0.1, 1.0), replications(5.0, 1.0), replications(1.0, 0.0)
    (2, 5, 16)
    """
    if effect <= 0:
        return most if noise > 0 else 2
    return int(min(max(2, math.ceil(noise / effect)), most))
