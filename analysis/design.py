"""Which runs a study is made of: scenarios crossed with seeds, and with points.

Every scenario meets the same seeds, so that each seed is one world lived once per
scenario. What differs between the lives of a world was caused by the scenario.
A point is one choice of values for some parameters; every point meets the same
seeds too, so that luck cannot pass for the effect of a parameter.
"""

import functools
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy

from simulation.scenario import Scenario, changed

Array = np.ndarray[Any, np.dtype[Any]]
Changes = tuple[tuple[str, float], ...]
"""Dotted paths, as `--set` takes them, each with its value."""

FIRST_SEED = 1
MIDDLE = 0.5
"""Where the unit cube of a design has the scenario itself."""
PLAN = re.compile(r"(levers|shocks)(?:\[(\d+)\])?\.(\w+)\.")


class Run(NamedTuple):
    """One life of one world."""

    run: int
    """Number in the study, from 0."""
    scenario: str
    """Label of the scenario in the study."""
    seed: int
    point: int = 0
    """Row of the study's design."""


class Design(NamedTuple):
    """Points of a space of parameters."""

    paths: tuple[str, ...]
    """The parameters, as `--set` takes them."""
    values: Array
    """float64, shape (n_points, n_paths); NaN is as the scenario has it."""

    def changes(self, point: int) -> Changes:
        """Return what a point changes in a scenario.

        >>> Design(("trust.gain",), np.array([[0.02], [math.nan]])).changes(0)
        (('trust.gain', 0.02),)
        """
        told = zip(self.paths, self.values[point].tolist(), strict=True)
        return tuple((path, value) for path, value in told if not math.isnan(value))


AS_IT_IS = Design((), np.empty((1, 0)))
"""The one point that changes nothing."""


@functools.lru_cache(maxsize=64)
def world_at(scenario: Scenario, changes: Changes) -> Scenario:
    """Return what a point makes of a scenario; the seeds of a point share one.

    A parameter of a lever, or shock, changes nothing in a scenario without that one.

    Raises
    ------
    ScenarioError
        One line: a value, or values together, that the model is not defined for.
    """
    plans = {"levers": scenario.levers, "shocks": scenario.shocks}
    names = {kind: [each.name for each in plan] for kind, plan in plans.items()}

    def is_there(path: str) -> bool:
        found = PLAN.match(path)
        if found is None:
            return True
        kind, place, name = found.groups()
        among = slice(None) if place is None else slice(int(place), int(place) + 1)
        return name in names[kind][among]

    return changed(scenario, [each for each in changes if is_there(each[0])])


def hypercube(count: int, n_factors: int, seed: int) -> Array:
    """Return points of the unit cube, spread evenly over every axis.

    Latin hypercube: McKay, Beckman & Conover 1979, Technometrics 21,
    doi:10.1080/00401706.1979.10489755.

    Returns
    -------
    float64, shape (count, n_factors)
    """
    rng = np.random.default_rng(seed)
    return np.asarray(scipy.stats.qmc.LatinHypercube(n_factors, rng=rng).random(count))


def seeds(count: int, first: int = FIRST_SEED) -> range:
    """Return that many seeds in a row; draws are keyed, so neighbours differ fully."""
    return range(first, first + count)


def crossed(
    labels: Sequence[str], over: Iterable[int], n_points: int = 1
) -> tuple[Run, ...]:
    """Return a run for each point, seed and scenario, the runs of one seed together.

    A study that is stopped early has whole points, and whole pairs, that way.

    >>> [(r.scenario, r.seed) for r in crossed(["a", "b"], seeds(2))]
    [('a', 1), ('b', 1), ('a', 2), ('b', 2)]
    """
    over = tuple(over)
    worlds = [
        (label, seed, point)
        for point in range(n_points)
        for seed in over
        for label in labels
    ]
    return tuple(Run(run, *world) for run, world in enumerate(worlds))


def labelled(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names with a number after each that was there before.

    >>> labelled(["calls", "baseline", "calls"])
    ('calls', 'baseline', 'calls-2')
    """
    labels: list[str] = []
    for name in names:
        label, number = name, 1
        while label in labels:
            number += 1
            label = f"{name}-{number}"
        labels.append(label)
    return tuple(labels)
