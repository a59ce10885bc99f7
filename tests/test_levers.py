"""Levers: what each declares, and that none does anything at strength 0."""

import math

import numpy as np
import pytest
from pydantic import ValidationError

from simulation.core.columns import Audience, Occasion
from simulation.levers import LEVERS, NEUTRAL, Contact, Lever, When
from simulation.model import PerceptionModel
from simulation.quantity import details
from simulation.scenario import Scenario

EVERY_LEVER = pytest.mark.parametrize("kind", LEVERS.values(), ids=LEVERS)


@EVERY_LEVER
def test_lever_states_what_it_moves_and_why(kind):
    for words in (kind.text, kind.moves, kind.side_effect, kind.evidence):
        assert len(words) > 10
    assert LEVERS[kind.name] is kind


def test_codes_are_given_once_and_for_ever():
    assert {name: kind.code for name, kind in LEVERS.items()} == {
        "follow_up": 1,
        "service_recovery": 2,
        "expectation_alignment": 3,
        "overselling": 4,
        "promoter_messaging": 5,
        "service_improvement": 6,
        "training": 7,
        "consistency": 8,
        "empowerment": 9,
        "emotional_connection": 10,
        "break_silos": 11,
        "proactive_outreach": 12,
        "feedback_programme": 13,
        "outside_in_audit": 14,
        "clear_information": 15,
        "reassurance": 16,
        "scheduled_contact": 17,
        "review_response": 18,
        "referral": 19,
        "win_back": 20,
    }


@EVERY_LEVER
def test_strength_zero_is_exactly_neutral(kind):
    assert kind().effect(0.0) == NEUTRAL
    assert kind().effect(1.0) != NEUTRAL


@EVERY_LEVER
def test_effect_grows_in_proportion_to_strength(kind):
    half, full = kind().effect(0.5), kind().effect(1.0)
    for name in set(NEUTRAL._fields) - {"phase", "touchpoints"}:
        none = getattr(NEUTRAL, name)
        grown = none + (getattr(full, name) - none) / 2
        assert getattr(half, name) == pytest.approx(grown)


LOCAL = [
    ("service_improvement", {"quality_gain": 0.1}),
    ("training", {"quality_gain": 0.1, "failure_reduction": 0, "learning_weeks": 0}),
    ("training", {"quality_gain": 0, "failure_reduction": 1, "learning_weeks": 0}),
]


@pytest.mark.parametrize(("name", "fields"), LOCAL)
def test_some_levers_name_their_touchpoints(name, fields):
    lever = LEVERS[name](touchpoints=["use"], **fields)
    assert lever.effect(0.5).touchpoints == lever.named_touchpoints == ("use",)
    assert lever.effect(0.0) == NEUTRAL


@pytest.mark.parametrize(("name", "fields"), LOCAL)
def test_only_named_touchpoints_get_better_for_the_price_of_all(name, fields):
    """One tick is lived, so that nothing has spread from there to other touchpoints."""
    crowd = {"market": {"customers": 10_000}, "clock": {"weeks": 1, "warmup_weeks": 0}}
    before, there, everywhere = (
        PerceptionModel(Scenario(**crowd, levers=levers), seed=3).run().weekly()
        for levers in (
            [],
            [{name: {"touchpoints": ["support"], **fields}}],
            [{name: fields}],
        )
    )
    names = Scenario().journey.names

    def gains(after):
        lived = {point: f"experience_at_{k}" for k, point in enumerate(names, 1)}
        found = {point: after[x][0] - before[x][0] for point, x in lived.items()}
        return {point: gain for point, gain in found.items() if gain != 0}

    assert list(gains(there)) == ["support"]
    assert set(gains(everywhere)) >= {"use", "support", "billing"}
    assert gains(there)["support"] == gains(everywhere)["support"] > 0
    price = LEVERS[name]().cost_per_customer_week
    for after in (there, everywhere):
        assert after["cost_levers"][0] == pytest.approx(price * after["active"][0])


@pytest.mark.parametrize(
    ("week", "strength"),
    [(0, 0), (7.9, 0), (8, 0), (10, 0.2), (12, 0.4), (16, 0.8), (30, 0.8), (40, 0)],
)
def test_strength_rises_in_the_ramp_and_ends(week, strength):
    plan = {"strength": 0.8, "from_week": 8, "ramp_weeks": 8, "until_week": 40}
    assert LEVERS["consistency"](**plan).strength_at(week) == pytest.approx(strength)


def test_lever_without_ramp_is_at_once_in_full_force():
    assert LEVERS["consistency"](from_week=8).strength_at(8) == 1.0


def test_skill_is_learned_and_forgotten():
    plan = {"from_week": 10, "until_week": 36, "learning_weeks": 26}
    lever = LEVERS["training"](**plan, forgetting_weeks=13, strength=0.5)
    assert lever.strength_at(9) == lever.strength_at(10) == 0
    peak = 0.5 * (1 - math.exp(-1))
    assert lever.strength_at(36) == pytest.approx(peak)
    assert lever.strength_at(49) == pytest.approx(peak / 2)
    assert lever.is_paid(35)
    assert not lever.is_paid(36)
    at_once = LEVERS["training"](learning_weeks=0, ramp_weeks=4)
    assert [at_once.strength_at(week) for week in (0, 1, 4)] == [0, 0.25, 1]


@pytest.mark.parametrize("name", [k for k, kind in LEVERS.items() if kind().inert])
def test_what_is_inert_changes_nothing(name):
    """A run at one end of its range is a run at the other."""
    crowd = {"market": {"customers": 500}, "clock": {"weeks": 20, "warmup_weeks": 0}}
    fields = LEVERS[name].model_fields
    low, high = (
        PerceptionModel(Scenario(**crowd, levers=[{name: given}]), seed=3).run()
        for end in (0, 1)
        for given in [
            {k: details(fields[k])["range"][end] for k in LEVERS[name]().inert}
        ]
    )
    assert low.weekly()["cost_levers"].any()
    for metric, values in low.weekly().items():
        np.testing.assert_array_equal(values, high.weekly()[metric])


def test_each_closed_case_removes_some_cause():
    lever = LEVERS["service_recovery"](learned=0.4, cases_to_learn=0.5)
    assert lever.learned_factor(0, 1) == 1
    assert lever.learned_factor(0.5, 1) == pytest.approx(1 - 0.4 * (1 - math.exp(-1)))
    assert lever.learned_factor(1e9, 1) == pytest.approx(0.6)
    assert lever.learned_factor(1e9, 0.25) == pytest.approx(0.9)
    assert LEVERS["consistency"]().learned_factor(1e9, 1) == 1


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("service_recovery", "cost_per_case"),
        ("feedback_programme", "cost_per_response"),
        ("review_response", "cost_per_answer"),
        ("referral", "reward"),
    ],
)
def test_some_levers_are_paid_by_the_piece(name, key):
    assert LEVERS[name](**{key: 7}).price == 7
    assert LEVERS["consistency"]().price == 0


def test_audiences():
    assert LEVERS["follow_up"]().audience_kind == Audience.EVERYONE
    silent = LEVERS["follow_up"](audience="silent")
    assert (silent.audience_kind, silent.segment) == (Audience.SILENT, None)
    key = LEVERS["follow_up"](audience="segment:key")
    assert (key.audience_kind, key.segment) == (Audience.SEGMENT, "key")


def test_follow_up_contacts_and_others_do_not():
    lever = LEVERS["follow_up"](after="good", delay_weeks=2)
    assert lever.contact() == Contact(Occasion.GOOD, 2, 0.05, 20)
    assert lever.effect(0.4).contact_chance == 0.4
    assert LEVERS["consistency"]().contact() == Contact()


def test_promise_moves_towards_what_is_measured():
    lever = LEVERS["expectation_alignment"](margin=0.02, speed=0.1)
    assert lever.promised(0.9, 0.7, 1) == pytest.approx(0.9 + 0.1 * (0.72 - 0.9))
    twice = lever.promised(lever.promised(0.9, 0.7, 1), 0.7, 1)
    assert lever.promised(0.9, 0.7, 2) == pytest.approx(twice)
    assert lever.promised(0.9, math.nan, 1) == 0.9
    assert LEVERS["consistency"]().promised(0.9, 0.1, 52) == 0.9


@pytest.mark.parametrize(
    ("limits", "measured", "holds"),
    [
        ({"below": 20}, 19, True),
        ({"below": 20}, 20, False),
        ({"above": 20}, 21, True),
        ({"above": 20}, 20, False),
        ({"below": 20}, math.nan, False),
        ({"above": 20}, math.nan, False),
    ],
)
def test_condition_on_what_was_never_measured_is_not_met(limits, measured, holds):
    assert When(metric="measured_nps", **limits).holds(measured) is holds


@pytest.mark.parametrize(
    "fields",
    [
        {"coverage": 1.4},
        {"until_week": 3, "from_week": 3},
        {"audience": "nobody"},
        {"audience": "segment:"},
        {"when": {"metric": "measured_nps"}},
        {"when": {"metric": "measured_nps", "below": 1, "above": 0}},
        {"when": {"metric": "true_nps", "below": 1}},
        {"unknown": 1},
    ],
)
def test_lever_refuses(fields):
    with pytest.raises(ValidationError):
        LEVERS["follow_up"](**fields)


def test_a_lever_is_written_under_its_name():
    written = {"follow_up": {"coverage": 0.5}}
    assert LEVERS["follow_up"].model_validate(written).coverage == 0.5
    assert LEVERS["follow_up"].model_validate({"follow_up": None}).coverage == 1.0


def test_a_lever_without_an_effect_is_not_finished():
    class Unfinished(Lever):
        name = "unfinished"

    with pytest.raises(NotImplementedError):
        Unfinished().effect(1.0)


def keys(kind, **given):
    return [price.path for price in LEVERS[kind](**given).default_prices()]


@EVERY_LEVER
def test_a_price_that_nobody_gave_is_told_until_somebody_gives_it(kind):
    prices = kind().default_prices()
    assert prices, "a lever costs something, or it is told that it does not"
    given = {price.path: price.value for price in prices}
    assert all(getattr(kind(), key) == value for key, value in given.items())
    assert kind(**given).default_prices() == []


def test_what_a_sale_brings_is_told_where_calls_can_sell():
    assert keys("follow_up", after="bad") == ["cost_per_contact"]
    assert set(keys("follow_up", after="good")) == {"cost_per_contact", "upsell_value"}
    assert keys("follow_up", after="good", upsell_chance=0) == ["cost_per_contact"]


def test_a_lever_without_any_price_costs_nothing_which_is_told():
    assert keys("expectation_alignment") == ["cost_per_week"]
    assert keys("expectation_alignment", cost_once=0) == []
