"""What a lever did to each customer: the parts add up, exactly."""

import numpy as np
import pytest

from simulation import levers as declared
from simulation.counterfactual import (
    MEANING,
    Change,
    Direct,
    End,
    Twin,
    changes,
    counterfactual,
)
from simulation.model import PerceptionModel
from simulation.scenario import Scenario
from tests.naive import differences
from tests.naive_rules import uniform

SILENT = {
    "network": {"kind": "none"},
    "word_of_mouth": {"meetings_per_week": 0},
    "reviews": {"posting": [0, 0, 0, 0, 0]},
}
ROUGH = {
    "journey": {"failure_mean": 0.15, "handoff_failure_chance": 0.3},
    "recovery": {"severe_below": 0.6, "complaint_intercept": 1.0},
    "survey": {"sample_share": 0.5, "response_base": 0.5},
    "joining": {"consider_chance": 0.4, "return_chance": 0.05},
}
LEVERS = {
    "nothing": [],
    "calls": [{"follow_up": {"after": "every", "coverage": 0.5, "delay_weeks": 0}}],
    "calls later": [{"follow_up": {"after": "bad", "delay_weeks": 3, "from_week": 5}}],
    "honesty": [{"expectation_alignment": {"coverage": 0.4}}],
    "unhappy": [{"service_improvement": {"audience": "unhappy", "coverage": 0.6}}],
    "silent": [{"service_improvement": {"audience": "silent"}}],
    "new": [{"service_improvement": {"audience": "new"}}],
    "hubs": [{"consistency": {"audience": "hubs", "until_week": 20}}],
    "key": [{"consistency": {"audience": "segment:key"}}],
    "several": [
        {"follow_up": {"from_week": 2, "coverage": 0.5}},
        {"service_improvement": {"audience": "unhappy", "coverage": 0.5}},
        {"expectation_alignment": {"from_week": 4, "audience": "hubs"}},
    ],
    "steered": [
        {"consistency": {"when": {"metric": "rating", "below": 3.9}, "coverage": 0.3}}
    ],
    "nobody": [{"consistency": {"coverage": 0}}],
    "warmth": [{"emotional_connection": {"coverage": 0.5}}],
}
WEATHER = {
    "calm": [],
    "rough": [
        {"scandal": {"from_week": 10, "news_reach": 0.3}},
        {"outage": {"from_week": 15}},
    ],
}
NETWORKS = ("small_world", "complete", "scale_free", "none")


def merged(one, two):
    tree = dict(one)
    for key, value in two.items():
        mine = tree.get(key)
        both = isinstance(mine, dict) and isinstance(value, dict)
        tree[key] = merged(mine, value) if both else value
    return tree


def world(levers=(), **changed):
    small = {"market": {"customers": 400}, "clock": {"warmup_weeks": 8, "weeks": 40}}
    tree = merged(merged(small, ROUGH), changed)
    return Scenario.model_validate({**tree, "levers": list(levers)})


def found_in(name, seed=3, **changed):
    return counterfactual(world(**changed), world(LEVERS[name], **changed), seed=seed)


# The sum of the parts


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("name", LEVERS)
def test_the_parts_add_up(name, network):
    """Saved − lost + won − missed is the difference in active customers."""
    changed = {"network": {"kind": network}, "shocks": WEATHER["rough"]}
    for seed in (1, 2):
        found = found_in(name, seed, **changed)
        mine, theirs = (
            PerceptionModel(world(levers, **changed), seed=seed).run()
            for levers in ([], LEVERS[name])
        )
        count = np.bincount(found.change, minlength=len(Change))
        sum_of_parts = (
            count[Change.SAVED]
            - count[Change.LOST]
            + count[Change.WON]
            - count[Change.MISSED]
        )
        gain = theirs.weekly()["active"][-1] - mine.weekly()["active"][-1]
        assert sum_of_parts == gain == found.total_effect.sum()
        both = found.direct_effect + found.word_of_mouth_effect
        assert np.array_equal(both, found.total_effect)


@pytest.mark.parametrize("name", LEVERS)
@pytest.mark.parametrize("network", NETWORKS)
def test_the_direct_part_of_who_is_not_touched_is_nothing(name, network):
    """Bit for bit: every column of theirs is the twin's."""
    changed = {"network": {"kind": network}}
    twin = Twin(world(**changed), seed=5)
    direct = Direct(world(LEVERS[name], **changed), twin)
    while not twin.is_over:
        for each in (twin, direct):
            each.step()
        rows = np.flatnonzero(~direct.is_touched)
        for record, others in zip(twin.people, direct.people, strict=True):
            for column, mine, theirs in zip(
                record._fields, record, others, strict=True
            ):
                assert np.array_equal(mine[..., rows], theirs[..., rows]), column
    found = found_in(name, 5, **changed)
    assert not found.direct_effect[~found.is_touched].any()
    assert not found.direct_change[~found.is_touched].any()


@pytest.mark.parametrize("weather", ["calm", "rough"])
@pytest.mark.parametrize("name", LEVERS)
def test_without_talk_there_is_no_word_of_mouth_part(name, weather):
    """No network, rating or meetings: the direct world is the treated one, exactly.

    In bad weather too: what a lever makes of the news is its own doing.
    """
    changed = {**SILENT, "shocks": WEATHER[weather]}
    twin = Twin(world(**changed), seed=7)
    real = PerceptionModel(world(LEVERS[name], **changed), seed=7).run()
    direct = Direct(real.settings, twin)
    while not twin.is_over:
        twin.step()
        direct.step()
    assert differences(real.people, direct.people) == []
    assert not found_in(name, 7, **changed).word_of_mouth_effect.any()


def test_word_of_mouth_reaches_who_was_not_touched():
    """And the test above is not empty: with talk there is such a part."""
    found = [found_in("key", seed) for seed in range(8)]
    assert any(each.word_of_mouth_effect.any() for each in found)
    assert any(each.total_effect[~each.is_touched].any() for each in found)
    assert any(each.direct_effect.any() for each in found)


LAUNCH = {
    "market": {"share_active": 0.2},
    "clock": {"warmup_weeks": 0},
    "leaving": {"hazard_min": 0.1, "hazard_max": 0.5},
    "adoption": {
        "rule": "goldenberg",
        "strong_signal_chance": 0.02,
        "advertising_chance": 0.002,
        "advertising_keep": 1,
    },
}
"""A market in which each customer more may win others by signals."""


@pytest.mark.parametrize("seed", [1, 2])
def test_signals_are_word_of_mouth(seed):
    """Who is won by those whom the lever won back is not touched by the lever."""
    levers = [{"win_back": {"coverage": 0.3, "every_weeks": 4, "success": 0.9}}]
    treated = world(levers, **LAUNCH)
    found = counterfactual(world(**LAUNCH), treated, seed=seed)
    uncovered = ~covered(treated, seed)
    assert found.is_touched.any()
    assert not found.is_touched[uncovered].any()
    assert not found.direct_effect[uncovered].any()
    assert found.total_effect[uncovered].any()


@pytest.mark.parametrize("seed", [1, 2])
def test_without_talk_there_are_no_signals_to_tell_apart(seed):
    levers = [{"win_back": {"every_weeks": 4, "success": 0.9}}]
    changed = merged(LAUNCH, SILENT)
    twin = Twin(world(**changed), seed=seed)
    real = PerceptionModel(world(levers, **changed), seed=seed).run()
    direct = Direct(real.settings, twin)
    while not twin.is_over:
        twin.step()
        direct.step()
    assert differences(real.people, direct.people) == []
    assert real.weekly()["joined"].sum() > 0
    np.testing.assert_array_equal(direct.counts, real.counts)


# The worlds


@pytest.mark.parametrize("network", ["small_world", "complete"])
def test_watching_changes_nothing(network):
    """The twin is the plain world, in every column."""
    settings = world(network={"kind": network}, shocks=WEATHER["rough"])
    watched = Twin(settings, seed=9).run()
    plain = PerceptionModel(settings, seed=9).run()
    assert differences(plain.people, watched.people) == []
    assert np.array_equal(plain.counts, watched.counts)


def test_the_direct_world_of_an_idle_lever_is_the_twin():
    twin = Twin(world(), seed=2)
    direct = Direct(world(LEVERS["nobody"]), twin)
    while not twin.is_over:
        twin.step()
        direct.step()
    assert differences(twin.people, direct.people) == []
    assert not direct.is_touched.any()


def test_threads_do_not_matter():
    one = counterfactual(world(), world(LEVERS["several"]), seed=4)
    two = counterfactual(world(), world(LEVERS["several"]), seed=4, n_threads=2)
    for mine, theirs in zip(one.direct, two.direct, strict=True):
        assert np.array_equal(mine, theirs, equal_nan=True)
    assert np.array_equal(one.is_touched, two.is_touched)


# Whom a lever touches


def covered(settings, seed):
    """Whom the only lever of a scenario may cover, by the draw of the person."""
    model = PerceptionModel(settings, seed=seed)
    levers, ids = model.firm.levers, model.people.traits.id.tolist()
    key, share = int(levers.coverage_key[0]), levers.coverage[0]
    return np.array([uniform(key, who) < share for who in ids])


FAST = {
    "win_back": {"every_weeks": 4, "success": 0.9},
    "training": {"learning_weeks": 2},
    "scheduled_contact": {"every_weeks": 4},
    "proactive_outreach": {"alarms_per_week": 0.2},
    "service_recovery": {"cases_to_learn": 0.05},
}


@pytest.mark.parametrize("name", declared.LEVERS)
def test_a_lever_touches_only_whom_it_covers(name):
    """What it does to others goes through talk, rating or leaving, all the twin's."""
    posting = {"reviews": {"posting": [0.9, 0.5, 0.1, 0.1, 0.5]}}
    fields = {"coverage": 0.5, **FAST.get(name, {})}
    treated = world([{name: fields}], **posting)
    found = counterfactual(world(**posting), treated, seed=4)
    may_be = covered(treated, 4)
    assert found.is_touched.any()
    assert not found.is_touched[~may_be].any()


@pytest.mark.parametrize(
    ("name", "is_possible"),
    [
        ("reassurance", lambda base: base.was_customer),
        ("win_back", lambda base: base.was_customer),
        ("follow_up", lambda base: base.was_customer),
    ],
)
def test_a_lever_touches_only_those_it_meets(name, is_possible):
    found = counterfactual(world(), world([{name: FAST.get(name, {})}]), seed=4)
    assert found.is_touched.any()
    possible = is_possible(found.base) | is_possible(found.direct)
    assert not found.is_touched[~possible].any()


def test_who_is_called_is_touched():
    levers = LEVERS["calls"]
    found = counterfactual(world(), world(levers), seed=4)
    assert 0 < found.is_touched.sum() < found.is_touched.size


def test_a_scandal_touches_those_who_believe_the_news():
    """All others are reached by word of mouth only, or not at all."""
    news = [{"scandal": {"from_week": 39, "news_reach": 0.4, "size": 1}}]
    struck = world(shocks=news)
    found = counterfactual(world(), struck, seed=4)
    weekly = PerceptionModel(struck, seed=4).run().weekly()
    assert found.is_touched.sum() == weekly["news_believed"].sum() > 0


def test_everybody_hears_a_promise_to_everybody():
    found = counterfactual(world(), world([{"expectation_alignment": {}}]), seed=4)
    assert found.is_touched.all()


# The definitions


def end(*people):
    """An End of people, each (is active, was a customer, week in which they left)."""
    active, was, weeks = (np.array(each) for each in zip(*people, strict=True))
    return End(active, was, np.zeros(len(people), np.uint8), weeks.astype(float))


NEVER, HERE = (False, False, np.nan), (True, True, np.nan)


def gone(week):
    return (False, True, week)


@pytest.mark.parametrize(
    ("base", "treated", "change"),
    [
        (gone(3), HERE, Change.SAVED),
        (NEVER, HERE, Change.WON),
        (HERE, gone(3), Change.LOST),
        (HERE, NEVER, Change.MISSED),
        (gone(3), gone(5), Change.DELAYED),
        (gone(5), gone(3), Change.SAME),
        (gone(5), gone(5), Change.SAME),
        (NEVER, gone(3), Change.SAME),
        (gone(3), NEVER, Change.SAME),
        (HERE, HERE, Change.SAME),
    ],
)
def test_change_is_told_by_the_end(base, treated, change):
    assert changes(end(base), end(treated)) == [change]


def test_every_change_is_explained():
    assert set(MEANING) == set(Change)


def test_who_is_saved_had_left_for_a_reason():
    found = counterfactual(world(), world(LEVERS["several"]), seed=3)
    saved, lost = found.change == Change.SAVED, found.change == Change.LOST
    assert saved.any()
    assert found.base.cause[saved].all()
    assert found.treated.cause[lost].all()
    assert np.isfinite(found.base.left_week[saved]).all()


@pytest.mark.parametrize(
    ("other", "words"),
    [({"clock": {"weeks": 30}}, "clock"), ({"market": {"customers": 300}}, "market")],
)
def test_different_people_cannot_be_compared(other, words):
    with pytest.raises(ValueError, match=words):
        counterfactual(world(), world(**other))
