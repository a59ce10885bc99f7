"""Worlds so plain that their outcome can be derived: for the tests of the limits."""

from typing import Any

import numpy as np

from simulation.model import PerceptionModel
from simulation.observation import Observation, Observed
from simulation.scenario import Scenario

SURE = 4
"""Standard errors that a true number is allowed to be off: once in 16,000 tests."""


def plain(n: int, weeks: int, **sections: dict[str, Any]) -> Scenario:
    """Return a world of one touchpoint, lived every week, in which nothing else is.

    Nobody talks, joins, leaves, is called or differs from others, except for what
    `sections` say: each is merged into the plain one of its name.
    """
    use = {
        "name": "use",
        "phase": "post_sales",
        "department": "operations",
        "chance_per_week": 1,
        "failure_chance": 0,
        **sections.pop("use", {}),
    }
    tree: dict[str, Any] = {
        "clock": {"warmup_weeks": 0, "weeks": weeks},
        "market": {"customers": n, "share_active": 1, "fit_sd": 0, "leniency_sd": 0},
        "network": {"kind": "none"},
        "journey": {"touchpoints": [use], "handoff_failure_chance": 0},
        "firm": {"sales_pressure_sd": 0, "follow_up_share": 0},
        "perception": {
            "promise_weight": 0,
            "promise_reliance": 0,
            "expectation_sd": 0,
            "message_weight": 0,
            "rating_weight": 0,
            "assimilation": 0,
            "disconfirmation": 0,
        },
        "trust": {"initial_sd": 0, "message_gain": 0},
        "recovery": {"complaint_intercept": -50},
        "word_of_mouth": {"meetings_per_week": 0, "retell": 0, "trust_in_talk": 0},
        "reviews": {"read_chance_active": 0, "read_chance_prospect": 0},
        "leaving": {
            "hazard_min": 0,
            "hazard_max": 0,
            "frailty_shape": np.inf,
            "trust_effect": 0,
            "stated_walk_out": 0,
            "asked_factor": 1,
        },
        "joining": {"consider_chance": 0, "advertising_chance": 0, "return_chance": 0},
        "survey": {"noise_sd": 0, "politeness": 0},
    }
    for name, section in sections.items():
        tree[name] = {**tree.get(name, {}), **section}
    return Scenario.model_validate(tree)


def watched(settings: Scenario, seed: int = 1) -> Observation:
    """Return everything seen of a world."""
    return Observed(settings, seed=seed).run().observation()


def lived(settings: Scenario, seed: int = 1) -> PerceptionModel:
    """Return a world at its end."""
    return PerceptionModel(settings, seed=seed).run()


def assert_mean(values: Any, expected: Any, extra: float = 0.0) -> None:
    """Hold a mean of independent values against theory, within four errors."""
    values = np.asarray(values, float)
    error = values.std(ddof=1) / np.sqrt(values.size)
    off = float(values.mean() - np.mean(expected))
    print(f"{values.mean():.6f} for {np.mean(expected):.6f}, error {error:.6f}")
    assert abs(off) <= SURE * error + extra


def assert_share(count: float, total: float, expected: float) -> None:
    """Hold a share of independent cases against theory, within four errors."""
    error = np.sqrt(expected * (1 - expected) / total)
    print(f"{count / total:.5f} for {expected:.5f}, error {error:.5f}, n {total}")
    assert abs(count / total - expected) <= SURE * error
