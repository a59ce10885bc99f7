"""Sensitivity indices of a noisy outcome: SALib's, freed of luck, with intervals.

A design is made of blocks that say the same thing independently: a trajectory, a base
point with its neighbours, a single point. Resampling blocks gives the intervals, and
leaving out the first blocks shows whether the answer has converged.

Every point is run with the same seeds. The mean over r seeds carries 1/r of the
variance that luck gives a single run; a variance found at a single seed carries all of
it. What both would be without luck follows from the two: v = (r v_mean - v_one)/(r-1).
Indices that are shares of variance are made of such variances, above and below.
"""

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from SALib.analyze import delta, dgsm, fast, hdmr, morris, pawn, rbd_fast, sobol
from SALib.sample import fast_sampler, latin
from SALib.sample import morris as morris_sampler
from SALib.sample import sobol as sobol_sampler
from scipy.stats import qmc, t

from .design import Array
from .errors import InputError

CONFIDENCE = 0.95
RESAMPLES = 100
FEWER = 25
"""Resamples where each takes long, and on the way to the whole answer."""
LEVELS = 4
"""Of a Morris grid."""
CANDIDATES, MOST_CANDIDATES = 3, 60
"""Morris trajectories to choose from for each that is kept, and in all."""
STEP = 0.05
"""Of a derivative, as a share of the range; smaller steps would measure luck."""
CURVE = 257
"""Points of a FAST curve for each factor; with the least, 65, it is far off."""
HARMONICS = 4
SLICES = 10
PERMUTATIONS = 5
"""With which the distance is found that luck alone would show."""
FEWEST_FOR_HDMR = 300
MOST_LOST = 0.5
"""Of the blocks, beyond which what is left says little."""

Indices = dict[str, Array]


class Space(NamedTuple):
    """The unit cube of the factors, some moved together."""

    names: tuple[str, ...]
    groups: tuple[str, ...] | None = None
    """Of each factor; all of one group move together."""

    @property
    def labels(self) -> tuple[str, ...]:
        """What has an index: factors, or groups in the order of their first factor."""
        return tuple(dict.fromkeys(self.groups or self.names))

    @property
    def problem(self) -> dict[str, Any]:
        """As SALib has it."""
        found: dict[str, Any] = {
            "num_vars": len(self.names),
            "names": list(self.names),
            "bounds": [[0.0, 1.0]] * len(self.names),
        }
        if self.groups is not None:
            found["groups"] = list(self.groups)
        return found


class Method(NamedTuple):
    """One way to ask what matters."""

    name: str
    title: str
    leading: str
    """The index that ranks."""
    indices: tuple[str, ...]
    rows: Callable[[Space], int]
    """Points of one block."""
    sample: Callable[[Space, int, int], Array]
    """From space, blocks and seed to points of the unit cube."""
    analyse: Callable[[Space, Array, Array], Indices]
    """From space, points and outcome to the indices."""
    variance: Callable[[Array, int], float]
    """Of the outcome, with rows a block: what shares are shares of."""
    fewest: int
    """Blocks; with fewer, points of a Sobol sequence are too much alike."""
    takes_groups: bool = False
    is_distance: bool = False
    """Of distributions, which luck alone sets apart a little."""
    is_slow: bool = False
    reference: str = ""

    @property
    def is_freed(self) -> bool:
        """Whether what luck adds is taken out of the leading index."""
        return self.leading in SHARES


SHARES = {"S1", "ST", "S2", "dgsm"}
"""Indices that are shares of the variance."""


def _variance(y: Array, rows: int) -> float:
    return float(np.var(y))


def _variance_of_base(y: Array, rows: int) -> float:
    """Return the variance over both independent points of each block."""
    return float(np.var(y.reshape(-1, rows)[:, [0, -1]]))


def _variance_of_first(y: Array, rows: int) -> float:
    return float(np.var(y.reshape(-1, rows)[:, 0]))


def _as_array(found: Mapping[str, Any], names: Mapping[str, str]) -> Indices:
    return {ours: np.asarray(found[k], float) for k, ours in names.items()}


# Morris


def _sample_morris(space: Space, blocks: int, seed: int) -> Array:
    """Return trajectories far apart from each other, chosen among more."""
    more = min(CANDIDATES * blocks, MOST_CANDIDATES)
    options: dict[str, Any] = {"num_levels": LEVELS, "seed": seed}
    if more > blocks >= 2:
        options |= {"optimal_trajectories": blocks, "local_optimization": True}
    found = morris_sampler.sample(space.problem, max(more, blocks), **options)
    return np.asarray(found, float)


def _analyse_morris(space: Space, x: Array, y: Array) -> Indices:
    found = morris.analyze(space.problem, x, y, num_resamples=2, num_levels=LEVELS)
    names = {"mu_star": "mu_star", "mu": "mu", "sigma": "sigma"}
    return {k: np.ma.filled(v, math.nan) for k, v in _as_array(found, names).items()}


# Sobol


def _sample_sobol(space: Space, blocks: int, seed: int) -> Array:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = sobol_sampler.sample(space.problem, blocks, seed=seed)
    return np.asarray(found, float)


def _analyse_sobol(space: Space, x: Array, y: Array) -> Indices:
    """Return first, second (by pairs) and total order, by SALib's estimators."""
    n = len(space.labels)
    table = (y - y.mean()).reshape(-1, 2 * n + 2)
    a, ab, ba, b = table[:, 0], table[:, 1 : n + 1], table[:, n + 1 : -1], table[:, -1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # constant outcomes have indices of 0
        first = [sobol.first_order(a, ab[:, i], b) for i in range(n)]
        total = [sobol.total_order(a, ab[:, i], b) for i in range(n)]
        second = [
            sobol.second_order(a, ab[:, i], ab[:, j], ba[:, i], b)
            for i, j in pairs_of(n)
        ]
    found = {"S1": first, "ST": total, "S2": second}
    return {name: np.array(values, float) for name, values in found.items()}


def pairs_of(n: int) -> list[tuple[int, int]]:
    """Return the places of every pair, as second-order indices are listed."""
    return [(i, j) for i in range(n) for j in range(i + 1, n)]


# Curves and single points


def _sample_fast(space: Space, blocks: int, seed: int) -> Array:
    curves = [
        fast_sampler.sample(space.problem, CURVE, M=HARMONICS, seed=seed + block)
        for block in range(blocks)
    ]
    return np.concatenate(curves)


def _analyse_fast(space: Space, x: Array, y: Array) -> Indices:
    """Return the mean over curves, each with phases of its own."""
    frequency = (CURVE - 1) // (2 * HARMONICS)
    curves = y.reshape(-1, len(space.names), CURVE)
    found = np.array(
        [
            [fast.compute_orders(curve, CURVE, HARMONICS, frequency) for curve in each]
            for each in curves
        ]
    )
    first, total = found.mean(axis=0).T
    return {"S1": first, "ST": total}


def _sample_latin(space: Space, blocks: int, seed: int) -> Array:
    return np.asarray(latin.sample(space.problem, blocks, seed=seed), float)


def _analyse_rbd_fast(space: Space, x: Array, y: Array) -> Indices:
    n = len(y)
    order = 6 if n > 60 else 4
    powers = [
        rbd_fast.compute_first_order(rbd_fast.permute_outputs(column, y), order)
        for column in x.T
    ]
    return {"S1": np.array([rbd_fast.unskew_S1(s, order, n) for s in powers])}


def _sample_steps(space: Space, blocks: int, seed: int) -> Array:
    """Return points, each followed by a step along every factor, within the cube."""
    n = len(space.names)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        base = qmc.Sobol(n, rng=seed).random(blocks)
    block = np.repeat(base[:, np.newaxis], n + 1, axis=1)
    for i in range(n):
        block[:, i + 1, i] += np.where(base[:, i] < 1 - STEP, STEP, -STEP)
    return block.reshape(-1, n)


def _analyse_dgsm(space: Space, x: Array, y: Array) -> Indices:
    found = dgsm.analyze(space.problem, x, y, num_resamples=2)
    return _as_array(found, {"dgsm": "dgsm"})


def _analyse_delta(space: Space, x: Array, y: Array) -> Indices:
    """Return how far the outcome's density moves."""
    n = len(y)
    exponent = 2 / (7 + math.tanh((1500 - n) / 500))
    classes = np.linspace(0, n, min(math.ceil(n**exponent), 48) + 1)
    grid = np.linspace(y.min(), y.max(), 100)
    if np.ptp(y) == 0:
        return {"delta": np.zeros(x.shape[1])}
    moved = [delta.calc_delta(y, grid, column, classes) for column in x.T]
    return {"delta": np.array(moved, float)}


def _analyse_pawn(space: Space, x: Array, y: Array) -> Indices:
    """Return how far the outcome's distribution moves."""
    if np.ptp(y) == 0:
        return {"pawn": np.zeros(x.shape[1])}
    found = pawn.analyze(space.problem, x, y, S=SLICES)
    return {"pawn": np.asarray(found["median"], float)}


def _analyse_hdmr(space: Space, x: Array, y: Array) -> Indices:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = hdmr.analyze(space.problem, x, y, maxorder=2, K=1)
    return {"S1": np.asarray(found["S"][: len(space.names)], float)}


def _one(space: Space) -> int:
    return 1


METHODS = {
    method.name: method
    for method in (
        Method(
            "morris",
            "Morris: what a step changes",
            "mu_star",
            ("mu_star", "mu", "sigma"),
            lambda space: len(space.labels) + 1,
            _sample_morris,
            _analyse_morris,
            _variance,
            4,
            takes_groups=True,
            reference="Campolongo et al. 2007, doi:10.1016/j.envsoft.2006.10.004",
        ),
        Method(
            "sobol",
            "Sobol: shares of the variance",
            "ST",
            ("S1", "ST"),
            lambda space: 2 * len(space.labels) + 2,
            _sample_sobol,
            _analyse_sobol,
            _variance_of_base,
            64,
            takes_groups=True,
            reference="Saltelli et al. 2010, doi:10.1016/j.cpc.2009.09.018",
        ),
        Method(
            "fast",
            "FAST: shares of the variance",
            "S1",
            ("S1", "ST"),
            lambda space: CURVE * len(space.names),
            _sample_fast,
            _analyse_fast,
            _variance,
            3,
            reference="Saltelli et al. 1999, doi:10.1080/00401706.1999.10485594",
        ),
        Method(
            "rbd_fast",
            "RBD-FAST: shares of the variance",
            "S1",
            ("S1",),
            _one,
            _sample_latin,
            _analyse_rbd_fast,
            _variance,
            50,
            reference="Tissot & Prieur 2012, doi:10.1016/j.ress.2012.06.010",
        ),
        Method(
            "dgsm",
            "DGSM: bounds from slopes",
            "dgsm",
            ("dgsm",),
            lambda space: len(space.names) + 1,
            _sample_steps,
            _analyse_dgsm,
            _variance_of_first,
            8,
            reference="Sobol' & Kucherenko 2009, doi:10.1016/j.matcom.2009.01.023",
        ),
        Method(
            "delta",
            "Delta: how far the density moves",
            "delta",
            ("delta",),
            _one,
            _sample_latin,
            _analyse_delta,
            _variance,
            50,
            is_distance=True,
            is_slow=True,
            reference="Plischke et al. 2013, doi:10.1016/j.ejor.2012.11.047",
        ),
        Method(
            "pawn",
            "PAWN: how far the distribution moves",
            "pawn",
            ("pawn",),
            _one,
            _sample_latin,
            _analyse_pawn,
            _variance,
            100,
            is_distance=True,
            is_slow=True,
            reference="Pianosi & Wagener 2018, doi:10.1016/j.envsoft.2018.07.019",
        ),
        Method(
            "hdmr",
            "HDMR: shares of the variance, by a fitted surface",
            "S1",
            ("S1",),
            _one,
            _sample_latin,
            _analyse_hdmr,
            _variance,
            FEWEST_FOR_HDMR,
            is_slow=True,
            reference="Li et al. 2010, doi:10.1021/jp9096919",
        ),
    )
}


# What is found


@dataclass(frozen=True)
class Findings:
    """The indices of one outcome by one method.

    Attributes
    ----------
    indices : DataFrame
        A row for each factor (or group) and index: name, index, value, low, high;
        sorted by the index that ranks.
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
            f"{method.name}: {n_lost} of {len(blocks)} parts of the design hold a "
            "failed run; narrow the ranges (runs.parquet has the errors)"
        )
    blocks = blocks[is_whole]
    places = points.reshape(-1, rows, points.shape[1])[is_whole]
    ask = _Analysis(method, space, places, blocks)
    whole = ask.of(np.arange(len(blocks)))
    if method.is_distance:
        whole = ask.beyond_luck(whole, seed)
    spread = ask.spread(len(blocks), seed)
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

    def of(self, chosen: Array, *, is_freed: bool = True) -> Indices:
        """Return the indices from some of the blocks, freed of luck where they can."""
        x = self.points[chosen].reshape(-1, self.points.shape[2])
        y = self.outcomes[chosen].reshape(len(x), -1)
        r = y.shape[1]
        found = self.method.analyse(self.space, x, y.mean(axis=1))
        if r < 2 or not is_freed or not any(map(_is_quadratic, found)):
            return found
        rows = self.points.shape[1]
        single = [self.method.analyse(self.space, x, column) for column in y.T]
        whole = self.method.variance(y.mean(axis=1), rows)
        parts = np.array([self.method.variance(column, rows) for column in y.T])

        def freed(of_mean: Any, of_ones: Any) -> Any:  # noqa: ANN401 (float or array)
            return (r * of_mean - np.mean(of_ones, axis=0)) / (r - 1)

        clean = freed(whole, parts)
        for name in found:
            if name == "sigma":
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


def _is_quadratic(name: str) -> bool:
    return name in SHARES or name == "sigma"


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
    leading = table[table["index"] == method.leading].set_index("name")["value"]
    place = leading.rank(ascending=False, method="first")
    table["place"] = table["name"].map(place).astype(int)
    return table.sort_values(["place", "index"], ignore_index=True)


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
        found = ask.of(np.arange(count))[leading]
        half = ask.spread(count, seed, FEWER)[leading]
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


def sampled(method: Method, space: Space, blocks: int, seed: int) -> Array:
    """Return the points of a design, in the unit cube.

    Raises
    ------
    InputError
        Groups, where the method takes none.
    """
    if space.groups is not None and not method.takes_groups:
        names = [m.name for m in METHODS.values() if m.takes_groups]
        raise InputError(
            f"--groups: {method.name} takes none; use --method {' or '.join(names)}"
        )
    return method.sample(space, blocks, seed)
