"""Which runs a study is made of: scenarios crossed with seeds.

Every scenario meets the same seeds, so that each seed is one world lived once per
scenario. What differs between the lives of a world was caused by the scenario.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

FIRST_SEED = 1


class Run(NamedTuple):
    """One life of one world."""

    run: int
    """Number in the study, from 0."""
    scenario: str
    """Label of the scenario in the study."""
    seed: int


def seeds(count: int, first: int = FIRST_SEED) -> range:
    """Return that many seeds in a row; draws are keyed, so neighbours differ fully."""
    return range(first, first + count)


def crossed(labels: Sequence[str], over: Iterable[int]) -> tuple[Run, ...]:
    """Return a run for each scenario and seed, the runs of one seed together.

    A study that is stopped early has whole pairs that way.

    >>> [(r.scenario, r.seed) for r in crossed(["a", "b"], seeds(2))]
    [('a', 1), ('b', 1), ('a', 2), ('b', 2)]
    """
    pairs = [(label, seed) for seed in over for label in labels]
    return tuple(Run(run, *pair) for run, pair in enumerate(pairs))


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
