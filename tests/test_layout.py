"""Where people stand: everybody somewhere of their own, friends together, the same."""

import numpy as np
import pytest

from analysis.layout import place
from simulation.model import PerceptionModel
from simulation.scenario import load

KINDS = ("small_world", "scale_free", "communities", "none", "complete")


def placed(kind, n=400):
    settings = load("baseline", [f"market.customers={n}", f"network.kind={kind}"])
    ties = PerceptionModel(settings, seed=1).ties
    return ties, *place(ties.start, ties.target)


@pytest.mark.parametrize("kind", KINDS)
def test_everybody_has_a_place_of_their_own_in_the_disc(kind):
    _, points, _ = placed(kind)
    assert points.shape == (400, 2)
    assert np.hypot(*points.T).max() <= 1 + 1e-6
    gaps = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    np.fill_diagonal(gaps, 1)
    assert gaps.min() > 0.3 / np.sqrt(400), "discs do not hide each other"


def test_each_tie_is_there_once():
    ties, _, pairs = placed("small_world")
    assert 2 * len(pairs) == ties.target.size
    assert (pairs[:, 0] < pairs[:, 1]).all()
    assert len(np.unique(pairs, axis=0)) == len(pairs)


def test_friends_stand_nearer_than_strangers():
    _, points, pairs = placed("communities")
    friends = np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T).mean()
    rng = np.random.default_rng(1)
    some = rng.integers(0, 400, (2000, 2))
    strangers = np.hypot(*(points[some[:, 0]] - points[some[:, 1]]).T).mean()
    assert friends < 0.8 * strangers


def test_the_best_connected_of_a_group_stands_in_its_heart():
    _, points, pairs = placed("scale_free")
    degree = np.bincount(pairs.ravel(), minlength=400)
    again = placed("scale_free")[1]
    np.testing.assert_array_equal(points, again)
    hub = int(degree.argmax())
    outwards = degree[np.argsort(np.hypot(*(points - points[hub]).T))]
    assert outwards[1:7].mean() > 1.5 * outwards[12:24].mean()
