"""What a hundred people show at once: the five rules that everything rests on.

Small enough to run without the compiler, so that `make mutants` can break each rule
on purpose and see it caught here.
"""

import numpy as np
import pytest

from simulation.core.telling import belief_chance
from simulation.model import PerceptionModel
from tests.limits import lived, plain, watched

FELT = {"disconfirmation": 0.5, "loss_aversion": 1.4, "tolerance": 0.05}


def disappointed(expected, **perception):
    """Episodes of quality .6 lived by people who expect something else."""
    settings = plain(
        100,
        1,
        use={"quality_mean": 0.6, "quality_sd": 0.005},
        perception={"category_norm": expected, **FELT, **perception},
    )
    return watched(settings).episodes


def test_who_expects_more_is_satisfied_less():
    """X + η λ (d + z) = .6 − .5 × 1.4 × .15 = .495 for E = .8, and .675 for .4."""
    assert disappointed(0.8).satisfaction.mean() == pytest.approx(0.495, abs=0.005)
    assert disappointed(0.4).satisfaction.mean() == pytest.approx(0.675, abs=0.005)


def test_a_gap_inside_the_zone_goes_unnoticed():
    """|d| ≤ .05 at sd .005 around an expectation of .62: satisfaction is quality."""
    seen = disappointed(0.62)
    assert np.abs(seen.experience - seen.expectation).max() < 0.05
    np.testing.assert_allclose(seen.satisfaction, seen.experience, atol=1e-5)


def test_a_broken_promise_costs_what_four_kept_ones_earn():
    """From T = ½: one episode gains .05 × .5, or loses 4 × .05 × .5."""
    change = []
    for expected in (0.5, 0.98):
        settings = plain(
            100,
            1,
            use={"quality_mean": 0.5 if expected == 0.5 else 0.3, "quality_sd": 0.005},
            perception={"category_norm": expected},
            trust={"initial_mean": 0.5, "gain": 0.05, "loss_ratio": 4},
        )
        change.append(lived(settings).people.mind.trust.mean() - 0.5)
    assert change == pytest.approx([0.025, -0.1], abs=0.002)


def test_trust_decides_what_is_believed():
    """Edelman 2011: 51 and 25 % believe good and bad of a trusted firm, else 15 and 57.

    After 1.5 hearings, of which each is believed with the same chance.
    """
    for trust, good, bad in ((1.0, 0.51, 0.25), (0.0, 0.15, 0.57), (0.5, 0.33, 0.41)):
        for ends, expected in (((0.15, 0.51), good), ((0.57, 0.25), bad)):
            each = belief_chance(trust, *ends, 1.5)
            assert 1 - (1 - each) ** 1.5 == pytest.approx(expected, abs=1e-12)


def test_grievance_halves_in_its_half_life():
    """A grievance that nothing renews: after two half-lives a quarter is left."""
    settings = plain(
        100,
        9,
        use={"chance_per_week": 0},
        recovery={"grievance_half_life_weeks": 4},
    )
    model = PerceptionModel(settings, seed=1)
    model.people.mind.grievance[:] = np.linspace(0.1, 1.0, 100)
    before = model.people.mind.grievance.copy()
    for _ in range(8):
        model.step()
    np.testing.assert_allclose(model.people.mind.grievance, before / 4, rtol=1e-5)
