"""The gap at each touchpoint, against worlds whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from analysis.touchpoints import touchpoint_gaps
from simulation.model import PerceptionModel
from simulation.scenario import Scenario

STEADY = {
    "market": {"customers": 300, "fit_sd": 0},
    "clock": {"weeks": 12, "warmup_weeks": 4},
    "firm": {"sales_pressure_sd": 0, "promise": 0.9},
}


def steady(promise, quality):
    """A world in which each touchpoint always delivers nearly the same."""
    points = [
        {"name": "look", "phase": "pre_sales", "department": "a"},
        {"name": "buy", "phase": "sales", "department": "b"},
        {"name": "use", "phase": "post_sales", "department": "c"},
    ]
    for point, mean in zip(points, quality, strict=True):
        point |= {"quality_mean": mean, "quality_sd": 0, "failure_chance": 0}
    points[-1]["chance_per_week"] = 0.3
    journey = {"touchpoints": points, "handoff_failure_chance": 0}
    firm = {"sales_pressure_sd": 0, "promise": promise}
    return Scenario.model_validate({**STEADY, "firm": firm, "journey": journey})


def weeks_of(scenario, seeds=(1, 2)):
    worlds = []
    for seed in seeds:
        columns = PerceptionModel(scenario, seed=seed).run().weekly()
        worlds.append(pd.DataFrame({"scenario": "a", "seed": seed, **columns}))
    return pd.concat(worlds, ignore_index=True)


@pytest.fixture(scope="module")
def found():
    scenario = steady(promise=0.9, quality=(0.8, 0.7, 0.6))
    return touchpoint_gaps(weeks_of(scenario), {"a": scenario})


def test_experience_is_what_each_touchpoint_delivers(found):
    assert list(found["touchpoint"]) == ["look", "buy", "use"]
    assert found["experience"].to_numpy() == pytest.approx([0.8, 0.7, 0.6], abs=0.01)


def test_the_gap_is_experience_less_expectation(found):
    gap = found["experience"] - found["expectation"]
    assert found["gap"].to_numpy() == pytest.approx(gap.to_numpy())
    assert (found["gap_low"] <= found["gap"]).all()
    assert (found["gap"] <= found["gap_high"]).all()


def test_a_bolder_promise_raises_what_is_expected_not_what_is_lived():
    modest, bold = (
        touchpoint_gaps(weeks_of(each), {"a": each}).set_index("touchpoint")
        for each in (steady(promise, (0.7, 0.7, 0.7)) for promise in (0.6, 0.95))
    )
    assert bold["expectation"]["look"] > modest["expectation"]["look"] + 0.05
    assert bold["experience"]["look"] == pytest.approx(modest["experience"]["look"])
    assert bold["gap"]["look"] < modest["gap"]["look"]


def test_episodes_add_up_to_all_that_were_lived():
    weeks = weeks_of(steady(0.8, (0.8, 0.8, 0.8)))
    at_touchpoints = sum(weeks[f"episodes_at_{k}"] for k in range(1, 9))
    assert (at_touchpoints == weeks["episodes"]).all()
    assert (weeks["episodes_at_4"] == 0).all()
    assert weeks["expectation_at_4"].isna().all()


def test_a_touchpoint_nobody_came_to_has_no_gap():
    scenario = steady(0.8, (0.8, 0.8, 0.8))
    weeks = weeks_of(scenario)
    weeks["episodes_at_2"] = 0
    found = touchpoint_gaps(weeks, {"a": scenario}).set_index("touchpoint")
    assert found["episodes"]["buy"] == 0
    assert np.isnan(found["gap"]["buy"])
