"""What differs between two scenarios, said in words: simulation/scenario/difference.py.

Typing meets `analysis/commands/diff.py` too.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from analysis.cli import app
from simulation.scenario import Scenario, differences, load, shipped


def told(one, two):
    return [f"{c.where}: {c.text}" for c in differences(one, two)]


def changed(*overrides, name="baseline"):
    return told(load(name), load(name, list(overrides)))


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("firm.promise=.95", "firm: promise rises from 88 % to 95 %"),
        (
            "trust.loss_ratio=1",
            "trust: loss ratio falls from 4 to 1",
        ),
        (
            "recovery.grievance_half_life_weeks=1",
            "recovery: grievance half life falls from 6 weeks to 1 week",
        ),
        (
            "network.kind=none",
            "network: kind changes from small_world to none",
        ),
        (
            "journey.touchpoints.use.failure_chance=.1",
            "touchpoint use: failure chance rises from 6 % to 10 %",
        ),
        (
            "market.segments.key.margin_per_week=30",
            "segment key: margin per week rises from 25 EUR to 30 EUR",
        ),
        (
            "leaving.frailty_shape=.inf",
            "leaving: frailty shape rises from 0.7 to infinite",
        ),
        (
            "market.customers=500",
            "market: customers fall from 2,000 people to 500 people",
        ),
        ("perception.loss_aversion=1", "perception: loss aversion falls from 1.4 to 1"),
    ],
)
def test_a_changed_key_is_told_with_its_unit(override, words):
    assert changed(override) == [words]


def test_levers_are_added_left_out_and_changed_by_name():
    base, calls = load("baseline"), load("follow_up")
    (added,) = differences(base, calls)
    assert added.where == "lever follow_up"
    assert added.text.startswith("is added with audience unhappy, coverage 80 %")
    assert "from week 8, ramp 6 weeks, cost per contact 4 EUR" in added.text
    assert added.moves == calls.levers[0].moves
    assert added.before is None
    (gone,) = differences(calls, base)
    assert gone.text == "is left out"
    assert gone.after is None
    fewer = load("follow_up", ["levers.follow_up.coverage=.4"])
    (less,) = differences(calls, fewer)
    assert (less.path, less.before, less.after) == (
        "levers.follow_up.coverage",
        0.8,
        0.4,
    )
    assert less.text == "coverage falls from 80 % to 40 %"


def test_settings_read_as_a_sentence():
    def text(old, new, *overrides):
        (change,) = differences(load(old), load(new, overrides))
        return change.text

    assert text("baseline", "referral").startswith("is added, from week 8, praise")
    assert "after a bad experience, delay 1 week" in text("baseline", "follow_up")
    every = text("follow_up", "follow_up", "levers.follow_up.after=every")
    assert every == "after changes from a bad experience to every experience"
    assert "(metric measured NPS, below 20)" in text("baseline", "closed_loop")
    assert "cost per customer week 0.3 EUR, " in text("baseline", "training")
    longer = text("outage", "outage", "shocks.outage.lasts_weeks=4")
    assert longer == "lasts 4 weeks instead of 2 weeks"
    alarms = "levers.proactive_outreach.alarms_per_week=0"
    fewer = text("proactive_outreach", "proactive_outreach", alarms)
    assert fewer == "alarms per week fall from 2 % to 0 %"


@pytest.mark.parametrize(
    ("name", "key", "everywhere"),
    [
        ("training", "levers.training", "every touchpoint"),
        ("outage", "shocks.outage", "every touchpoint"),
        ("scandal", "shocks.scandal", "any touchpoint"),
    ],
)
def test_an_empty_list_is_told_by_what_it_means(name, key, everywhere):
    some, none = (load(name, [f"{key}.touchpoints={at}"]) for at in ("[use]", "[]"))
    fewer, more = told(none, some), told(some, none)
    assert fewer[0].endswith(f": touchpoints change from {everywhere} to use")
    assert more[0].endswith(f": touchpoints change from use to {everywhere}")


def test_a_lever_twice_is_told_apart():
    calls = load("follow_up")
    twice = calls.model_copy(update={"levers": calls.levers * 2})
    (again,) = differences(calls, twice)
    assert again.where == "lever follow_up 2"


def test_another_order_is_a_difference():
    mix = load("all_in")
    turned = mix.model_copy(update={"levers": mix.levers[::-1]})
    (order,) = differences(mix, turned)
    assert order.text.startswith("come in another order: referral")


def test_a_promise_for_each_touchpoint_is_spelled_out():
    base = load("baseline")
    names = base.journey.names
    firm = base.firm.model_copy(update={"promise": dict.fromkeys(names, 0.9)})
    (words,) = told(base, base.model_copy(update={"firm": firm}))
    assert "from 88 % to 90 % at information, 90 % at purchase" in words


@pytest.mark.parametrize("name", shipped())
def test_nothing_is_told_exactly_of_what_runs_alike(name):
    """Every shipped question against every other: as its digest says."""
    scenario = load(name)
    for other in map(load, ("baseline", "all_in", name)):
        is_alike = scenario.digest() == other.digest()
        assert bool(differences(scenario, other)) is not is_alike


@given(promise=st.floats(0, 1), weeks=st.integers(1, 500), name=st.text(min_size=1))
def test_every_changed_number_is_told_and_no_other(promise, weeks, name):
    tree = Scenario().plain()
    tree["name"] = name
    tree["firm"]["promise"], tree["clock"]["weeks"] = promise, weeks
    other = Scenario.model_validate(tree)
    paths = {c.path for c in differences(Scenario(), other)}
    wanted = {"firm.promise"} if promise != Scenario().firm.promise else set()
    assert paths == wanted | ({"clock.weeks"} if weeks != 104 else set())


# The command


def typed(*words, code=0):
    found = CliRunner().invoke(app, list(words))
    assert found.exit_code == code, found.output
    return found


def test_diff_prints_what_differs_and_what_it_moves():
    out = typed("diff", "baseline", "follow_up").stdout
    assert out.startswith("“Follow up after every bad experience”, against “Baseline”")
    assert "lever follow_up" in out
    assert "moves chance that a silent sufferer is found" in out


def test_diff_sets_keys_of_the_second_and_answers_programs():
    words = ("diff", "baseline", "baseline", "--set", "firm.promise=.95", "--json")
    (change,) = json.loads(typed(*words).stdout)
    assert change["text"] == "promise rises from 88 % to 95 %"
    assert change["path"] == "firm.promise"


def test_diff_of_a_scenario_with_itself_says_so():
    assert "run exactly alike" in typed("diff", "baseline", "baseline").stdout


def test_diff_refuses_what_is_no_scenario():
    assert "nowhere" in typed("diff", "baseline", "nowhere", code=2).stderr
