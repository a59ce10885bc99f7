"""Watching people changes nothing, and what is seen adds up to what is counted."""

import numpy as np
import pytest

from simulation.model import PerceptionModel
from simulation.observation import SILENT, Observed
from simulation.scenario import load

SIZES = ["market.customers=800", "clock.warmup_weeks=10", "clock.weeks=60"]


@pytest.fixture(scope="module")
def settings():
    return load("baseline", SIZES)


@pytest.fixture(scope="module")
def seen(settings):
    return Observed(settings, seed=5).run().observation()


def test_watching_changes_nothing(settings, seen):
    plain = PerceptionModel(settings, seed=5).run().weekly()
    blind = Observed(settings, seed=5, has_witness=False).run().observation()
    for name, column in plain.items():
        np.testing.assert_array_equal(column, seen.weekly[name], err_msg=name)
        np.testing.assert_array_equal(column, blind.weekly[name], err_msg=name)
    assert blind.episodes.week.size == 0


def test_people_add_up_to_the_counts(seen):
    """Episodes, stories, severe cases, leavers and joiners, week by week."""
    weeks, weekly, n = seen.weeks, seen.weekly, len(seen.weekly["week"])
    np.testing.assert_array_equal(
        np.bincount(seen.episodes.week, minlength=n), weekly["episodes"]
    )
    told = (weeks.hops != SILENT).sum(axis=1)
    np.testing.assert_array_equal(told, weekly["stories"])
    passed_on = told - (weeks.hops == 0).sum(axis=1)
    np.testing.assert_array_equal(passed_on, weekly["retold"])
    left = ((weeks.stage == 1) & (weeks.stage_after == 2)).sum(axis=1)
    np.testing.assert_array_equal(left, weekly["left"])
    joined = ((weeks.stage == 0) & (weeks.stage_after == 1)).sum(axis=1)
    np.testing.assert_array_equal(joined, weekly["joined"])
    np.testing.assert_array_equal(weeks.is_repaired.sum(axis=1), weekly["repaired"])


def test_a_story_told_for_years_is_not_taken_for_silence():
    talk = ["talk_base=.01", "talk_slope=0", "retell=1", "reach=1", "reach_negative=1"]
    sizes = ["market.customers=12", "network.kind=cliques", "network.clique_size=12"]
    weeks = ["clock.warmup_weeks=0", "clock.weeks=400"]
    told = [f"word_of_mouth.{each}" for each in talk]
    seen = Observed(load("baseline", [*sizes, *weeks, *told]), seed=7).run()
    hops = seen.observation().weeks.hops
    assert seen.people.voice.hops.max() > hops[hops != SILENT].max()
    stories = (hops != SILENT).sum(axis=1)
    np.testing.assert_array_equal(stories, seen.weekly()["stories"])


def test_the_quality_lived_explains_the_satisfaction(settings, seen):
    """S = X − a d + η g(d), held in [0, 1], recomputed from what was seen."""
    lived, rules = seen.episodes, settings.perception
    gap = lived.experience.astype(float) - lived.expectation
    felt = np.maximum(gap - rules.tolerance, 0)
    felt += rules.loss_aversion * np.minimum(gap + rules.tolerance, 0)
    expected = lived.experience - rules.assimilation * gap
    expected = np.clip(expected + rules.disconfirmation * felt, 0, 1)
    np.testing.assert_allclose(lived.satisfaction, expected, atol=1e-5)


def test_only_weeks_are_observed():
    with pytest.raises(ValueError, match=r"clock\.tick_days"):
        Observed(load("baseline", ["clock.tick_days=14"]))
