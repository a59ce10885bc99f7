"""Rules over their whole range: bounds, order, fixed points, compiled or not."""

import inspect
import math
from importlib import import_module
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.core import choice, elementary, experience, recovery, surveying, telling
from simulation.core import perception as belief
from simulation.core.columns import Cause
from tests.naive_rules import plain
from tests.test_architecture import RULE_FILES

CLOSE = 1e-12


def corners(low, high):
    """A float of the range, its ends and its middle often among them."""
    ends = st.sampled_from([low, high, (low + high) / 2])
    return ends | st.floats(low, high, allow_nan=False, allow_subnormal=False)


share = corners(0.0, 1.0)
gap = corners(-1.0, 1.0)
ratio = corners(0.0, 20.0)
weight = corners(0.0, 100.0)
evidence = corners(0.01, 1000.0)
count = st.integers(0, 40)
sizes = settings(max_examples=200, deadline=None)


def inside(value, low=0.0, high=1.0):
    return low <= value <= high


# Episodes


@sizes
@given(share, share, share, ratio, share, corners(0.0, 10.0))
def test_satisfaction_stays_inside(x, expected, zone, aversion, assimilation, contrast):
    d = experience.gap(x, expected)
    felt = experience.disconfirmation(d, zone, aversion)
    assert inside(experience.satisfaction(x, d, felt, assimilation, contrast))
    assert experience.satisfaction(x, d, felt, 0.0, 0.0) == x


@sizes
@given(gap, gap, share, corners(1.0, 20.0))
def test_felt_gap_rises_and_losses_loom(one, other, zone, aversion):
    low, high = sorted((one, other))
    felt = [experience.disconfirmation(d, zone, aversion) for d in (low, high)]
    assert felt[0] <= felt[1]
    size = abs(one)
    surplus = experience.disconfirmation(size, zone, aversion)
    assert -experience.disconfirmation(-size, zone, aversion) >= surplus - CLOSE
    assert experience.disconfirmation(zone, zone, aversion) == 0
    assert experience.disconfirmation(-zone, zone, aversion) == 0


@sizes
@given(share, share, st.integers(0, 1), gap)
def test_episode_stays_inside(failure, handoff, is_moved, fit):
    chance = experience.failing_chance(failure, handoff, is_moved)
    assert inside(chance)
    assert chance >= experience.failing_chance(failure, handoff, 0)
    assert inside(experience.delivered(failure, fit))
    assert experience.delivered(failure, 0.0) == failure


# Beliefs


@sizes
@given(share, share, evidence, weight, evidence)
def test_evidence_moves_toward_what_it_says(held, value, n, w, limit):
    step = belief.evidence_step(n, w)
    assert inside(step)
    moved = belief.moved(held, value, step)
    assert min(held, value) - CLOSE <= moved <= max(held, value) + CLOSE
    assert belief.moved(held, held, step) == held
    assert belief.moved(held, value, 0.0) == held
    assert belief.evidence_step(n, 0.0) == 0
    assert belief.weighed(n, w, limit) <= limit
    assert belief.evidence_step(n + 1, w) <= step


@sizes
@given(share, gap)
def test_drift_keeps_expectations_inside(expected, drift):
    assert inside(belief.drifted(expected, drift))
    assert belief.drifted(expected, 0.0) == expected


@sizes
@given(share, share, share, share)
def test_first_expectation_lies_between_norm_and_promise(norm, promise, trust, phi):
    first = belief.starting_expectation(norm, promise, trust, phi)
    assert min(norm, promise) - CLOSE <= first <= max(norm, promise) + CLOSE
    alone = belief.starting_expectation(norm, promise, trust, 0.0)
    assert alone == pytest.approx(norm, abs=CLOSE)


@sizes
@given(share, share, corners(0.0, 2 / 3))
def test_perception_moves_toward_satisfaction(p, s, rate):
    learned = belief.learned(p, s, rate)
    assert inside(learned, min(p, s) - CLOSE, max(p, s) + CLOSE)
    assert belief.learned(p, p, rate) == p


@sizes
@given(share, gap, share, share, corners(1.0, 1000.0))
def test_trust_stays_inside_and_answers_the_promise(trust, d, zone, gain, loss_ratio):
    loss = min(1.0, loss_ratio * gain)
    after = belief.trusting(trust, d, zone, gain, loss)
    assert inside(after)
    assert (after >= trust) if d >= -zone else (after <= trust)
    assert belief.trusting(1.0, 0.0, zone, gain, loss) == 1
    assert belief.trusting(0.0, -1.0, 0.5, gain, loss) == 0


@sizes
@given(share, share, share, count)
def test_messages_move_perception_toward_their_mean(p, mean, step, n):
    after = belief.persuaded(p, mean, step, n)
    assert inside(after, min(p, mean) - CLOSE, max(p, mean) + CLOSE)
    assert belief.persuaded(p, mean, step, 0) == pytest.approx(p, abs=CLOSE)
    further = belief.persuaded(p, mean, step, n + 1)
    assert abs(further - mean) <= abs(after - mean) + CLOSE


@sizes
@given(share, share, share, count, count)
def test_messages_keep_trust_inside(trust, gain, loss, good, bad):
    after = belief.trusting_others(trust, gain, loss, good, bad)
    assert inside(after)
    assert belief.trusting_others(trust, gain, loss, 0, 0) == trust
    assert belief.trusting_others(trust, gain, loss, good + 1, bad) >= after - CLOSE
    assert belief.trusting_others(trust, gain, loss, good, bad + 1) <= after


# Failure and repair


@sizes
@given(share, share, share, share, share, st.integers(0, 1))
def test_repair_stays_inside_and_never_overshoots(p, before, s, strength, rate, again):
    repaired = recovery.repair_share(strength, again)
    assert inside(repaired, 0.0, strength)
    assert inside(recovery.consoled(p, before, s, repaired, rate), p, 1.0)
    assert inside(recovery.reconciled(p, before, repaired), p, 1.0)
    assert recovery.consoled(p, s, s, repaired, rate) == p
    assert recovery.reconciled(p, 0.0, repaired) == p


@sizes
@given(share, share, corners(0.0, 2 / 3))
def test_failed_repair_stays_inside_and_never_helps(p, s, rate):
    assert inside(recovery.disappointed_twice(p, s, rate), 0.0, p)


@sizes
@given(share, share, share, corners(-20.0, 20.0), ratio)
def test_grievance_and_complaint(s, severe, other, intercept, slope):
    grievance = recovery.grievance_of(s, severe)
    assert inside(grievance)
    assert (grievance > 0) == (s < severe)
    low, high = sorted((s, other))
    chances = [recovery.complaint_chance(x, intercept, slope) for x in (low, high)]
    assert inside(chances[0])
    assert chances[0] >= chances[1]
    assert inside(recovery.asked_again(s, severe))
    assert recovery.asked_again(0.0, severe) == 1


# Word of mouth


@sizes
@given(share, share, corners(0.01, 0.99))
def test_extremity_rises_through_the_neutral_point(one, other, neutral):
    low, high = sorted((one, other))
    x = [telling.extremity(s, neutral) for s in (low, high)]
    assert -1 <= x[0] <= x[1] <= 1
    assert telling.extremity(neutral, neutral) == 0
    assert telling.extremity(1.0, neutral) == 1
    assert telling.extremity(0.0, neutral) == -1


@sizes
@given(gap, share, share, ratio, ratio, share)
def test_talk_stays_a_chance(x, base, slope, curvature, negative_ratio, weight):
    chance = telling.talking_chance(x, base, slope, curvature, negative_ratio)
    assert inside(chance)
    assert chance >= min(1.0, base)
    factors = [telling.trust_in_talk(t, x, weight) for t in (0.0, 0.5, 1.0)]
    assert all(inside(factor) for factor in factors)
    assert factors == sorted(factors, reverse=x < 0)
    assert telling.trust_in_talk(0.3, x, 0.0) == 1


@sizes
@given(share, share, share, corners(0.1, 100.0))
def test_belief_is_a_chance_between_its_ends(trust, distrusted, trusted, hearings):
    chance = telling.belief_chance(trust, distrusted, trusted, hearings)
    ends = [telling.belief_chance(t, distrusted, trusted, hearings) for t in (0.0, 1.0)]
    assert inside(chance, min(ends) - CLOSE, max(ends) + CLOSE)
    assert inside(chance, -CLOSE, 1.0)
    once = telling.belief_chance(trust, distrusted, trusted, 1.0)
    assert once == pytest.approx(distrusted + (trusted - distrusted) * trust, abs=1e-9)


@sizes
@given(share, share)
def test_stars_rise_with_satisfaction(one, other):
    low, high = sorted((one, other))
    assert 1 <= telling.stars(low) <= telling.stars(high) <= 5


# Choice


@sizes
@given(share, share, share, share, corners(0.0, 200.0), share)
def test_hazard_falls_with_perception(one, other, a, b, steepness, midpoint):
    lowest, highest = sorted((a, b))
    low, high = sorted((one, other))
    chances = [
        choice.leaving_chance(p, lowest, highest, steepness, midpoint)
        for p in (low, high)
    ]
    assert lowest <= chances[1] <= chances[0] <= highest + CLOSE


@sizes
@given(share, share)
def test_hazard_of_a_chance(one, other):
    low, high = sorted((one, other))
    assert 0 <= choice.hazard_of(low) <= choice.hazard_of(high)
    assert math.isfinite(choice.hazard_of(1.0))
    if low < 0.999:
        assert choice.hazard_of(low) == pytest.approx(-math.log1p(-low), abs=1e-12)


@sizes
@given(corners(0.0, 30.0), share, ratio, ratio)
def test_own_hazard_under_influences(own, trust, effect, pull):
    more = choice.trust_effect(trust, effect)
    assert choice.trust_effect(0.5, effect) == 0
    hazard = choice.proportional_hazard(own, more, pull, 0.0)
    assert hazard >= choice.proportional_hazard(own, more, 0.0, 0.0) * (1 - CLOSE)
    assert choice.proportional_hazard(own, 0.0, 0.0, 0.0) == own
    assert choice.walking_out(0.0, effect) == 0


@sizes
@given(share, ratio, ratio, ratio, ratio, ratio)
def test_cause_is_in_proportion(u, background, perception, trust, pull, walk_out):
    parts = background, perception, trust, pull
    place = u * (sum(parts) + walk_out)
    cause = choice.cause_of_leaving(place, *parts)
    assert cause == 1 + sum(place >= edge for edge in accumulate(parts))


def test_causes_have_the_numbers_of_the_columns():
    """A rule knows no column, so that its file says them again."""
    for cause in list(Cause)[1:]:
        assert getattr(choice, cause.name) == cause


@sizes
@given(share, share, count, count, corners(0.0, 50.0), ratio)
def test_joining_is_a_chance_that_praise_raises(advertised, q, good, bad, theta, lift):
    discouraged = choice.discouragement(theta, bad)
    assert inside(discouraged)
    assert choice.discouragement(theta, 0) == 1
    chance = choice.joining_chance(advertised, q, good, discouraged, lift)
    assert inside(chance)
    more = choice.joining_chance(advertised, q, good + 1, discouraged, lift)
    assert more >= chance - CLOSE
    alone = choice.joining_chance(advertised, q, 0, 1.0, 1.0)
    assert alone == pytest.approx(advertised, abs=CLOSE)


@sizes
@given(share, share, share, corners(0.0, 200.0), share)
def test_offer_attracts_the_more_the_better_it_is(e, p, other, steepness, outside):
    low, high = sorted((p, other))
    offers = [choice.attraction(e, x, steepness, outside) for x in (low, high)]
    assert 0 <= offers[0] <= offers[1] <= 1
    assert choice.attraction(outside, outside, steepness, outside) == pytest.approx(0.5)
    assert choice.rating_lift(0.75, steepness / 20) == 1
    assert choice.returning_chance(low, e) <= choice.returning_chance(high, e)


# Survey


@sizes
@given(gap, share, gap, gap)
def test_response_is_a_chance(x, base, for_extremes, for_praise):
    chance = surveying.response_chance(x, base, for_extremes * 10, for_praise * 10)
    assert inside(chance)
    assert surveying.response_chance(0.0, base, for_extremes, for_praise) == base


@sizes
@given(share, share, corners(-10.0, 10.0), corners(-90.0, 90.0), corners(-10.0, 10.0))
def test_score_is_whole_and_rises(one, other, leniency, noise, politeness):
    low, high = sorted((one, other))
    scores = [surveying.score(p, leniency, noise, politeness) for p in (low, high)]
    assert 0 <= scores[0] <= scores[1] <= 10
    for score in scores:
        assert surveying.is_promoter(score) == (score >= 9)
        assert surveying.is_detractor(score) == (score <= 6)


@sizes
@given(corners(-50.0, 50.0), corners(-50.0, 50.0))
def test_exponential_rises_and_logarithm_undoes_it(one, other):
    low, high = sorted((one, other))
    both = [elementary.exponential(x) for x in (low, high)]
    assert 0 < both[0] <= both[1] * (1 + 1e-15)
    assert elementary.logarithm(both[0]) == pytest.approx(low, abs=1e-13)
    assert elementary.logistic(low) + elementary.logistic(-low) == pytest.approx(1)


# Compiled and not


def every_rule():
    for file in RULE_FILES:
        module = import_module(f"simulation.core.{file}")
        for name, thing in vars(module).items():
            if hasattr(thing, "py_func") and thing.__module__ == module.__name__:
                yield file, name


def argument(hint):
    return st.integers(0, 12) if hint is int else corners(0.0, 1.0)


@pytest.mark.parametrize(("file", "name"), list(every_rule()))
def test_compiled_rule_equals_plain_python(file, name):
    compiled = getattr(import_module(f"simulation.core.{file}"), name)
    bare = getattr(plain(file), name)
    hints = [p.annotation for p in inspect.signature(bare).parameters.values()]

    @settings(max_examples=60, deadline=None, database=None)
    @given(st.tuples(*map(argument, hints)))
    def check(values):
        try:
            expected = bare(*values)
        except ZeroDivisionError:
            return
        assert compiled(*values) == expected

    check()
