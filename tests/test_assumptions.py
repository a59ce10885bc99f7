"""What a study may vary, and how far."""

import numpy as np
import pytest

from analysis.assumptions import (
    DECISIONS,
    MIDDLE,
    allowed,
    assumptions,
    hypercube,
    moved,
    name_of,
)
from simulation.levers import LEVERS
from simulation.scenario import Scenario, ScenarioError, load, parameters
from simulation.scenario.shocks import SHOCKS

CALLS = load("follow_up")
BASE = load("baseline")


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
    far = {"perception.learning_rate": 1.0, "journey.touchpoints.weight": 1.0}
    with pytest.raises(ScenarioError):
        moved(BASE, far)
    near = allowed([BASE], far)
    assert all(MIDDLE < position < 1 for position in near.values())
    assert isinstance(moved(BASE, near), Scenario)
    assert allowed([BASE], {"trust.gain": 1.0}) == {"trust.gain": 1.0}


def test_draws_are_spread_evenly_over_every_range():
    over = assumptions([BASE])
    drawn = hypercube(10, over, seed=3)
    assert drawn == hypercube(10, over, seed=3)
    table = np.array([list(each.values()) for each in drawn])
    assert (np.sort((table * 10).astype(int), axis=0) == np.arange(10)[:, None]).all()
