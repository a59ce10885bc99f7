"""The ways to ask what matters: SALib's designs and indices, block by block.

A design is made of blocks that say the same thing independently: a trajectory, a base
point with its neighbours, a single point.
"""

import math
import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from SALib.analyze import delta, dgsm, fast, hdmr, morris, pawn, rbd_fast, sobol
from SALib.sample import fast_sampler, latin
from SALib.sample import morris as morris_sampler
from SALib.sample import sobol as sobol_sampler
from scipy.stats import qmc

from .design import Array

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
FEWEST_FOR_HDMR = 300

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
    advised: int = 0
    """Blocks that its source advises; fewer may find nothing where there is much."""
    takes_groups: bool = False
    is_distance: bool = False
    """Of distributions, which luck alone sets apart a little."""
    is_slow: bool = False
    reference: str = ""

    @property
    def is_freed(self) -> bool:
        """Whether what luck adds is taken out of the leading index."""
        return self.leading in SHARES or self.leading == SIZE


SHARES = {"S1", "ST", "S2", "dgsm"}
"""Indices that are shares of the variance."""
SIZE = "mu_star"
"""The index that is a mean size."""


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
    """Return the mean size, the mean and the spread of the effects.

    Members of a group move up and down each for itself: of a group of several, neither
    the mean nor the spread says anything, and both are NaN.
    """
    found = morris.analyze(space.problem, x, y, num_resamples=2, num_levels=LEVELS)
    names = {"mu_star": "mu_star", "mu": "mu", "sigma": "sigma"}
    clean = {k: np.ma.filled(v, math.nan) for k, v in _as_array(found, names).items()}
    return clean | {"mu": np.where(np.isnan(clean["sigma"]), math.nan, clean["mu"])}


def effects(space: Space, points: Array, outcomes: Array) -> Array:
    """Return the elementary effects of trajectories: what each step changes, per step.

    Parameters
    ----------
    points : float64, shape (n_trajectories, rows, n_factors)
    outcomes : float64, shape (n_trajectories, rows, n_seeds)

    Returns
    -------
    float64, shape (n_trajectories, n_labels, n_seeds)
    """
    labels = np.array(space.groups or space.names)
    steps = np.diff(points, axis=1)
    moved = np.abs(steps).argmax(axis=2)
    widths = np.take_along_axis(steps, moved[:, :, np.newaxis], axis=2)
    found = np.empty((len(points), len(space.labels), outcomes.shape[2]))
    changes = np.diff(outcomes, axis=1) / widths
    for place, label in enumerate(space.labels):
        trajectory, step = np.nonzero(labels[moved] == label)
        found[trajectory, place] = changes[trajectory, step]
    return found


def size_beyond_luck(effects_by_seed: Array) -> Array:
    """Return the mean size of effects, freed of luck: shape (n_labels,).

    The mean of |effect| counts luck, which makes it too large: above 0 where there is
    no effect. Here the effect at one seed is taken with the sign that the other seeds
    give it: at the same place, or where they show none there, over all places. That is
    0 on average where there is none, and the size where it is beyond doubt; in between
    it is a little too small.

    Parameters
    ----------
    effects_by_seed : float64, shape (n_trajectories, n_labels, n_seeds)
        Of two seeds or more.

    Examples
    --------
    Rare events: three places show a fall at one seed or the other, none at both.

    >>> found = np.array([[[-3.0, 0.0]], [[0.0, -1.0]], [[0.0, -2.0]]])
    >>> size_beyond_luck(found)
    array([1.])
    """
    others = effects_by_seed.sum(axis=2, keepdims=True) - effects_by_seed
    everywhere = np.broadcast_to(others.sum(axis=0), others.shape)
    signed = effects_by_seed * np.sign(np.where(others == 0, everywhere, others))
    return np.asarray(signed.mean(axis=(0, 2)))


def is_of_one_seed(effects_by_seed: Array) -> Array:
    """Return whether a single seed shows all there is: no other can say the sign.

    Parameters
    ----------
    effects_by_seed : float64, shape (n_trajectories, n_labels, n_seeds)
        Of two seeds or more.

    Returns
    -------
    bool, shape (n_labels,)
    """
    return np.asarray((effects_by_seed != 0).any(axis=0).sum(axis=1) == 1)


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
    """Return the mean over curves, each with phases of its own.

    Frequencies interfere on a finite curve: a factor without effect has some 1e-5, at
    every phase, which no interval over the phases tells of.
    """
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
            advised=10,
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
