"""What a study may vary, and how far: assumptions, and whatever is named."""

import numpy as np
import pytest

from analysis import InputError
from analysis.design import MIDDLE, hypercube, world_at
from analysis.factors import (
    DECISIONS,
    Factor,
    allowed,
    assumptions,
    designed,
    effects,
    factor_values,
    factors_of,
    name_of,
)
from simulation.levers import LEVERS
from simulation.scenario import ScenarioError, load, parameters
from simulation.scenario.shocks import SHOCKS

CALLS = load("follow_up")
BASE = load("baseline")


def moved(scenario, positions):
    """A scenario with what it assumes at some positions, by path."""
    over = assumptions([scenario])
    point = np.array([[positions.get(each.path, np.nan) for each in over]])
    return world_at(scenario, designed(over, point).changes(0))


def by_path(*scenarios):
    return {each.path: each for each in assumptions(scenarios)}


def test_decisions_and_sizes_are_not_assumed():
    found = by_path(BASE, CALLS)
    assert {"trust.gain", "leaving.hazard_min", "money.cost_to_serve"} <= set(found)
    assert "levers.follow_up.cost_per_contact" in found
    assert "levers.follow_up.cost_once" not in found, "a cost of 0 is no guess"
    for path in ("clock.weeks", "market.customers", "levers.follow_up.coverage"):
        assert path not in found
    assert "network.rewiring" in found
    assert "network.exponent" not in found, "a small world has none"


def test_every_decision_is_a_field_of_some_lever_or_shock():
    kinds = [*LEVERS.values(), *SHOCKS.values()]
    fields = {name for kind in kinds for name in kind.model_fields}
    assert fields >= DECISIONS


def test_what_is_compared_stays_as_it_is():
    other = load("baseline", ["trust.gain=0.09"])
    assert "trust.gain" not in by_path(BASE, other)
    assert "trust.loss_ratio" in by_path(BASE, other)


def test_a_value_outside_its_range_widens_it():
    found = by_path(load("baseline", ["trust.gain=0.5"]))["trust.gain"]
    assert (found.value, found.high) == (0.5, 0.5)
    assert found.at(0.0) == found.low


def test_the_middle_is_the_scenario_and_the_ends_are_the_range():
    everything = {each.path: MIDDLE for each in assumptions([CALLS])}
    assert moved(CALLS, everything) == CALLS
    for each in assumptions([CALLS]):
        assert each.at(MIDDLE) == each.value
        assert each.low <= each.at(0.1) <= each.at(0.9) <= each.high


@pytest.mark.parametrize("end", [0.0, 1.0])
def test_every_assumption_reaches_the_scenario(end):
    for each in assumptions([CALLS]):
        if each.at(end) == each.value:
            continue
        there = moved(CALLS, {each.path: end})
        changed = {
            name_of(new.path)
            for old, new in zip(parameters(CALLS), parameters(there), strict=True)
            if old.default != new.default
        }
        assert changed == {each.path}


def test_touchpoints_move_together_each_about_its_own():
    settings = load("baseline", ["journey.touchpoints.use.quality_mean=0.7"])
    there = moved(settings, {"journey.touchpoints.quality_mean": 0.75})
    means = [point.quality_mean for point in there.journey.touchpoints]
    assert means == pytest.approx([0.88, 0.88, 0.8, 0.88, 0.88])


def test_a_draw_that_breaks_a_rule_moves_towards_the_middle():
    over = factors_of(
        [BASE], ["perception.learning_rate", "journey.touchpoints.weight"]
    )
    with pytest.raises(ScenarioError):
        world_at(BASE, designed(over, np.array([[1.0, 1.0]])).changes(0))
    near = allowed([BASE], over, np.array([1.0, 1.0]))
    assert ((near > MIDDLE) & (near < 1)).all()
    world_at(BASE, designed(over, near[None]).changes(0))
    (gain,) = factors_of([BASE], ["trust.gain"])
    assert allowed([BASE], [gain], np.array([1.0])) == 1.0


def test_a_world_with_other_levers_takes_what_concerns_it():
    over = assumptions([BASE, CALLS])
    changes = designed(over, np.full((1, len(over)), 0.75)).changes(0)
    base, calls = world_at(BASE, changes), world_at(CALLS, changes)
    assert base.trust == calls.trust != BASE.trust
    assert base.levers == ()
    assert calls.levers[0].cost_per_contact > CALLS.levers[0].cost_per_contact


def test_two_levers_of_a_kind_have_their_own_values():
    both = load("follow_up").plain()
    both["levers"] = [*both["levers"], {"follow_up": {"cost_per_contact": 5}}]
    twice = type(CALLS).model_validate(both)
    costs = by_path(twice)["levers.follow_up.cost_per_contact"]
    assert [value for _, value in costs.members] == [4, 5]
    there = moved(twice, {costs.path: 1.0})
    assert [lever.cost_per_contact for lever in there.levers] == [costs.high] * 2
    changes = designed([costs], np.array([[1.0]])).changes(0)
    assert world_at(BASE, changes) == BASE


def test_values_of_points_are_those_of_the_factors():
    over = assumptions([BASE])
    cube = hypercube(4, len(over), 5)
    values = factor_values(over, cube)
    assert values.shape == cube.shape
    assert values[2, 3] == over[3].at(cube[2, 3])


# What is named


def test_what_varies_by_default_is_how_customers_are_and_the_lever():
    paths = [factor.path for factor in factors_of([load("follow_up")])]
    assert "trust.gain" in paths
    assert "levers.follow_up.cost_per_contact" in paths
    assert not [p for p in paths if p.startswith(("clock", "market", "money"))]
    assert "levers.follow_up.coverage" not in paths
    assert not [p for p in paths if p.startswith("levers.training")]


def test_what_cannot_act_as_its_lever_is_set_is_neither_drawn_nor_told():
    """After a bad experience nothing is sold; what never ends is not forgotten."""
    bad, good = "{follow_up: {after: bad}}", "{follow_up: {after: good}}"
    for levers, never, ever in (
        (bad, {"levers.follow_up.upsell_chance"}, set()),
        (good, set(), {"levers.follow_up.upsell_chance"}),
        (
            f"{bad}, {good}",
            {"levers[0].follow_up.upsell_chance"},
            {"levers[1].follow_up.upsell_chance"},
        ),
        ("{training: {}}", {"levers.training.forgetting_weeks"}, set()),
        ("{training: {until_week: 9}}", set(), {"levers.training.forgetting_weeks"}),
    ):
        scenario = load("baseline", [f"levers=[{levers}]"])
        drawn = {path for each in assumptions([scenario]) for path, _ in each.members}
        for paths in (drawn, {each.path for each in effects(scenario)}):
            assert paths >= ever
            assert paths.isdisjoint(never)


def test_patterns_and_ranges_of_a_file(tmp_path):
    file = tmp_path / "ranges.yaml"
    file.write_text("trust.gain: [0.02, 0.04]\n")
    found = factors_of([load("baseline")], ["trust.*"], file)
    by_path = {factor.path: factor for factor in found}
    assert len(found) == 6
    assert (by_path["trust.gain"].low, by_path["trust.gain"].high) == (0.02, 0.04)
    assert by_path["trust.gain"].value == 0.03, "a stated range is taken evenly"
    assert by_path["trust.loss_ratio"].value == BASE.trust.loss_ratio
    (alone,) = factors_of([load("baseline")], (), file)
    assert alone.path == "trust.gain"


def test_list_entries_can_vary():
    (found,) = factors_of([load("baseline")], ["reviews.posting[0]"])
    assert found.value == pytest.approx(0.036)
    (together,) = factors_of([load("baseline")], ["reviews.posting*"])
    assert len(together.members) == 5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("trust.gian: [0, 0.1]", "did you mean 'trust.gain'"),
        ("trust.gain: [0.1, 0.05]", "is no range"),
        ("trust.gain: [0.1, 7]", "where the model is defined"),
        ("trust.gain: 3", "say \\[low, high\\]"),
        ("", "says no ranges"),
        ("a: [", "is not YAML"),
    ],
)
def test_bad_ranges_are_one_line(tmp_path, text, words):
    file = tmp_path / "ranges.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=words) as caught:
        factors_of([load("baseline")], (), file)
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)


def test_unknown_parameters_name_the_nearest():
    with pytest.raises(InputError, match=r"did you mean 'trust\.gain'"):
        factors_of([load("baseline")], ["trust.gian"])


def test_whole_numbers_are_rounded():
    factors = [Factor("a", 2.5, 1, 4, is_whole=True), Factor("b", 0.5, 0, 1)]
    found = designed(factors, np.array([[0.5, 0.5], [0.9, 0.1]])).values
    assert found.tolist() == [[3.0, 0.5], [4.0, 0.1]]
