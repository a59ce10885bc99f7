"""Intervals that hold however often one looks, on made-up pairs: no simulation."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from analysis.differences import difference
from analysis.sequential import (
    ERROR,
    Rule,
    best_chances,
    chance_above_zero,
    interval,
    looks,
    nominal_error,
    ratio_interval,
    share_interval,
)

N_STUDIES = 600
MOST = 200


@pytest.mark.parametrize(
    ("n_looks", "z"), [(2, 2.178), (5, 2.413), (10, 2.555), (20, 2.672)]
)
def test_bounds_are_pococks(n_looks, z):
    """Jennison & Turnbull 2000, table 2.1."""
    error = nominal_error(tuple(range(10, 10 * n_looks + 1, 10)))
    assert stats.norm.isf(error / 2) == pytest.approx(z, abs=6e-4)


@pytest.mark.parametrize("most", [1, 5, 12, 13, 30, 100, 1000, 10**6])
def test_looks_rise_to_the_budget(most):
    counts = looks(most)
    assert counts[-1] == most
    assert all(a < b for a, b in pairwise(counts))


def studies(draw, rule, true):
    """Each study's stop: whether it covered, called a difference, and its width."""
    rng = np.random.default_rng(7)
    covered, called, width, counts = [], [], [], []
    for _ in range(N_STUDIES):
        pairs = draw(rng, MOST)
        for count in rule.looks:
            base, other = pairs[:count].T
            found = difference("x", "npv", base, other, rule=rule)
            if found.is_settled:
                break
        covered.append(found.low <= true <= found.high)
        called.append(found.verdict in ("better", "worse"))
        width.append(found.interval.half / interval(other - base).half)
        counts.append(count)
    return np.mean(covered), np.mean(called), np.array(width), np.array(counts)


def normal(rng, count, gain=0.0):
    luck = rng.normal(100, 10, count)
    return np.column_stack([luck, luck + gain + rng.normal(0, 3, count)])


def skewed(rng, count, gain=0.0):
    luck = rng.normal(100, 10, count)
    change = gain + 3 * (rng.exponential(1, count) - 1)
    return np.column_stack([luck, luck + change])


@pytest.mark.parametrize("draw", [normal, skewed])
@pytest.mark.parametrize("gain", [0.0, 0.7, 2.0])
def test_coverage_and_width_under_the_stopping_rule(draw, gain):
    rule = Rule(looks(MOST), {"npv": 0.6}, {"npv": 1.2})
    covered, _, width, counts = studies(lambda *a: draw(*a, gain), rule, gain)
    assert covered >= 0.94 if draw is normal else covered >= 0.91
    assert width.max() <= 1.6
    assert counts.min() < MOST


@pytest.mark.parametrize("n_outcomes", [1, 2])
def test_false_alarms_of_the_most_eager_rule(n_outcomes):
    """Stops at the first look that tells a difference from luck, however small."""
    precision = dict(zip(("npv", "active"), [1e9] * n_outcomes, strict=False))
    rule = Rule(looks(MOST), precision, dict.fromkeys(precision, 1e-9))
    _, called, width, _ = studies(normal, rule, 0.0)
    assert called <= 0.065 / n_outcomes
    assert width.max() <= 1.6
    plain = Rule(looks(MOST), {}, {}, 1)._replace(looks=(MOST,))
    assert plain.error == ERROR


def test_several_scenarios_share_the_error():
    one, four = (Rule((40,), {"npv": 1.0}, {"npv": 2.0}, n).error for n in (1, 4))
    assert four == pytest.approx(one / 4)
    assert Rule((40,), {}, {}, 4).error_between == pytest.approx(ERROR / 6)


# Ratios, shares, ranks


def test_fieller_covers():
    rng = np.random.default_rng(3)
    covered = []
    for _ in range(1500):
        luck = rng.normal(0, 1, 20)
        under = 5 + luck + rng.normal(0, 1, 20)
        over = 10 + 3 * luck + rng.normal(0, 2, 20)
        _, low, high = ratio_interval(over, under)
        covered.append(low <= 2 <= high)
    assert 0.935 < np.mean(covered) < 0.965


def test_a_ratio_over_what_may_be_nothing_has_no_bounds():
    found = ratio_interval(np.arange(8.0), np.array([1.0, -1] * 3 + [1.0, 1.0]))
    assert math.isnan(found[1])
    assert math.isnan(ratio_interval(np.arange(3.0), np.zeros(3))[0])


def test_chances():
    assert chance_above_zero(np.zeros(5)) == 0
    assert chance_above_zero(np.full(5, 2.0)) == 1
    assert chance_above_zero(np.array([-1.0, 1.0, -2.0, 2.0])) == pytest.approx(0.5)
    assert share_interval(0, 5)[:2] == (0, 0)
    assert share_interval(5, 5)[2] == 1


def test_chance_of_being_best_of_two_is_the_t_test():
    rng = np.random.default_rng(5)
    luck = rng.normal(0, 10, 15)
    pairs = np.column_stack([luck, luck + 0.3 + rng.normal(0, 1, 15)])
    chance = best_chances(pairs)
    expected = chance_above_zero(pairs[:, 1] - pairs[:, 0])
    assert chance[1] == pytest.approx(expected, abs=0.012)
    assert chance.sum() == pytest.approx(1)


def test_equal_scenarios_share_their_chance():
    luck = np.random.default_rng(6).normal(0, 1, 12)
    found = best_chances(np.column_stack([luck, luck - 50, luck, luck]))
    assert found == pytest.approx([1 / 3, 0, 1 / 3, 1 / 3])
    assert np.isnan(best_chances(np.ones((1, 2)))).all()
