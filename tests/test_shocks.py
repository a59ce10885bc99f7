"""Scandals and outages: what they say, what they move, and what they leave alone."""

import math

import numpy as np
import pytest

from simulation.model import PerceptionModel
from simulation.scenario import Scenario
from simulation.scenario.shocks import SHOCKS, Outage, Scandal
from tests.naive import differences, digest
from tests.test_invariance import LEVERS, SEED, assert_same, lived, world

NAMES = ["information", "purchase", "use", "support", "billing"]
WEEK = 8
SHOCKING = {
    "scandal": {"from_week": WEEK, "news_reach": 0.5},
    "outage": {"from_week": WEEK, "size": 0.9, "lasts_weeks": 3},
}


def shocked(*shocks, **changes):
    return lived(world(shocks=list(shocks), **changes))


def befalls(*shocks, week, **changes):
    """What befalls a firm in one tick, by default a week."""
    return Scenario.model_validate({"shocks": shocks, **changes}).befalling(week)


# Declarations


@pytest.mark.parametrize("name", SHOCKS)
def test_shock_says_what_it_moves_and_on_what_evidence(name):
    shock = SHOCKS[name]
    assert shock.name == name
    assert shock.text.endswith(".")
    assert len(shock.moves) > 20
    assert "Assumption" in shock.evidence or any(map(str.isdigit, shock.evidence))


@pytest.mark.parametrize(
    ("week", "length", "weeks"),
    [(5, 1, 0), (7.5, 1, 0.5), (8, 1, 1), (11, 1, 0.5), (11.5, 1, 0), (0, 99, 3.5)],
)
def test_weeks_within_is_the_overlap(week, length, weeks):
    assert Outage(from_week=8, lasts_weeks=3.5).weeks_within(week, length) == weeks


@pytest.mark.parametrize("tick_days", [1, 7, 14])
def test_news_reaches_as_many_whatever_the_tick(tick_days):
    """Over its whole life, and an outage adds as much in all."""
    clock = {"tick_days": tick_days}
    shocks = {"scandal": {"from_week": 2.5, "lasts_weeks": 3, "news_reach": 0.2}}
    outage = {"outage": {"from_week": 2.5, "lasts_weeks": 3, "size": 0.5}}
    unaware, failing, length = 1.0, 0.0, tick_days / 7
    for tick in range(round(10 / length)):
        found = befalls(shocks, outage, week=tick * length, clock=clock)
        unaware *= 1 - found.news_chance[0]
        failing += float(found.failure[2]) * length
    assert 1 - unaware == pytest.approx(1 - 0.8**3)
    assert failing == pytest.approx(0.5 * 3)


def test_shock_names_where_it_hits():
    one = {"outage": {"touchpoints": ["use"], "size": 0.3}}
    other = {"outage": {"touchpoints": ["use", "billing"], "breaks": "handoffs"}}
    story = {"scandal": {"touchpoints": ["support", "use"], "size": 1}}
    found = befalls(one, one, other, story, week=26)
    assert found.failure.tolist() == [0, 0, 0.6, 0, 0]
    assert found.handoff.tolist() == [0, 0, 0.5, 0, 0.5]
    assert found.n_about.tolist()[:4] == [1, 1, 2, 2]
    assert found.news_about[3, :2].tolist() == [2, 3]
    assert found.news_chance.tolist()[:4] == [0, 0, 0, pytest.approx(0.2)]
    assert found.news_value[3] == 0


def test_nothing_befalls_the_firm_in_the_warm_up():
    found = befalls({"outage": {"from_week": 0}}, week=-1)
    assert not any(np.any(part) for part in found[:4])


# What changes nothing

IDLE = [
    {"scandal": {**SHOCKING["scandal"], "size": 0}},
    {"scandal": {**SHOCKING["scandal"], "news_reach": 0}},
    {"scandal": {**SHOCKING["scandal"], "lasts_weeks": 0}},
    {"scandal": {**SHOCKING["scandal"], "from_week": 1000}},
    {"outage": {**SHOCKING["outage"], "size": 0, "news_reach": 1}},
]


@pytest.mark.parametrize("idle", IDLE, ids=str)
def test_shock_of_no_size_reach_or_length_changes_nothing(idle):
    assert_same(lived(world()), shocked(idle))


def test_idle_shock_behind_another_changes_nothing():
    scandal = {"scandal": SHOCKING["scandal"]}
    assert digest(shocked(scandal).people) == digest(shocked(scandal, IDLE[0]).people)


@pytest.mark.parametrize("name", SHOCKING)
def test_world_is_the_same_until_the_shock(name):
    calm = PerceptionModel(world(), seed=SEED)
    struck = PerceptionModel(world(shocks=[{name: SHOCKING[name]}]), seed=SEED)
    for _ in range(calm.n_warm_up + WEEK):
        calm.step()
        struck.step()
    assert differences(calm.people, struck.people) == []
    calm.step()
    struck.step()
    assert differences(calm.people, struck.people)


@pytest.mark.parametrize("kind", ["small_world", "complete"])
def test_number_of_threads_changes_nothing_under_shocks(kind):
    settings = world(
        levers=LEVERS,
        network={"kind": kind, "degree": 8},
        shocks=[{name: fields} for name, fields in SHOCKING.items()],
    )
    assert_same(lived(settings), lived(settings, n_threads=3))


# What it moves


def test_news_reaches_its_share_of_everybody():
    """Prospects, customers and lost alike; and it is believed through trust."""
    settings = Scenario.model_validate(
        {
            "market": {"customers": 20_000},
            "clock": {"warmup_weeks": 4, "weeks": 2},
            "shocks": [{"scandal": {"from_week": 0, "lasts_weeks": 1}}],
        }
    )
    model = PerceptionModel(settings, seed=SEED)
    for _ in range(model.n_warm_up):
        model.step()
    trust = model.people.mind.trust.astype(float)
    numbers = settings.word_of_mouth
    low, high = numbers.believe_negative_trusted, numbers.believe_negative_distrusted
    chance = 1 - (1 - (high + (low - high) * trust)) ** (1 / numbers.hearings)
    model.step()
    weekly = model.weekly()
    heard, believed = weekly["news_heard"][0], weekly["news_believed"][0]
    spread = math.sqrt(0.2 * 0.8 * 20_000)
    assert abs(heard - 0.2 * 20_000) < 4 * spread
    assert abs(believed / heard - chance.mean()) < 4 * 0.5 / math.sqrt(heard)
    assert weekly["messages_negative"][0] > heard


def test_news_is_told_onward():
    """Who knows nobody hears the news alone; among friends it is told again."""
    scandal = {"scandal": SHOCKING["scandal"]}
    among_friends = lived(world()), shocked(scandal)
    calm, struck = (model.weekly()["retold"].sum() for model in among_friends)
    assert struck > 1.1 * calm


def test_scandal_costs_trust_and_an_outage_satisfaction():
    calm = lived(world()).weekly()
    scandal = shocked({"scandal": SHOCKING["scandal"]}).weekly()
    outage = shocked({"outage": SHOCKING["outage"]}).weekly()
    assert scandal["trust"][-1] < calm["trust"][-1]
    assert scandal["failures"][WEEK] == calm["failures"][WEEK]
    during = slice(WEEK, WEEK + 3)
    assert outage["failures"][during].sum() > 3 * calm["failures"][during].sum()
    assert (outage["failures"][:WEEK] == calm["failures"][:WEEK]).all()
    assert outage["news_heard"].sum() == 0


def test_outage_of_hand_offs_spares_who_stays_in_a_department():
    """Only episodes handed on from another department fail more."""
    one = {
        "journey": {
            "touchpoints": [
                {
                    "name": "use",
                    "phase": "post_sales",
                    "department": "service",
                    "chance_per_week": 0.5,
                }
            ]
        },
    }
    outage = {"outage": {**SHOCKING["outage"], "breaks": "handoffs"}}
    settings = {**one, "recovery": {"severe_below": 0.6}}
    assert digest(shocked(outage, **settings).people) == digest(
        lived(world(**settings)).people
    )
    assert digest(shocked(outage).people) != digest(lived(world()).people)


def test_scandal_of_size_one_is_the_worst_of_stories():
    neutral = Scenario().word_of_mouth.neutral
    for size, value in ((1, 0.0), (0.5, neutral / 2)):
        found = befalls({"scandal": {"size": size}}, week=26)
        assert found.news_value[0] == pytest.approx(value)
    assert Scandal(size=0).news_chance(1) == 0
