"""How honest the sequential verdicts are on real worlds, and how soon they come.

    make bench

Every world is lived once; the studies are made of different seeds of one long run,
whose mean over all of them is what is true.
"""

import math
import time

import numpy as np
import pytest

from analysis import Until, compare
from analysis.design import Run, crossed
from analysis.differences import difference
from analysis.execution import cores, lives
from analysis.sequential import Rule, interval, looks
from simulation.scenario import load

pytestmark = pytest.mark.speed

N_STUDIES, MOST = 200, 32
LEAST_COVERED, MOST_ALARMS, MOST_WIDTH = 0.91, 16, 1.6
SMALL = ["market.customers=200", "clock.weeks=40", "clock.warmup_weeks=8"]
OUTCOMES = ("active", "npv")


@pytest.fixture(scope="module")
def worlds():
    """Outcomes by scenario: float64, shape (n_studies * most, n_outcomes)."""
    lever = "levers=[{follow_up: {from_week: 2, coverage: 0.9, cost_per_contact: 4}}]"
    scenarios = {"base": load("baseline", SMALL), "calls": load("baseline", SMALL)}
    scenarios["calls"] = load("follow_up", [*SMALL, lever])
    began = time.perf_counter()
    plan = crossed(tuple(scenarios), range(N_STUDIES * MOST))
    done = {life.run: life.outcomes for life in lives(plan, scenarios, cores())}
    seconds = time.perf_counter() - began
    print(f"\n{len(plan):,} runs of 200 customers, 40 weeks: {seconds:.0f} s")
    return {
        label: np.array(
            [[done[run][k] for k in OUTCOMES] for run in plan if run.scenario == label]
        )
        for label in scenarios
    }


def stops(base, other, rule):
    """The answers of one study at its stop, and its fixed-number intervals there."""
    for count in rule.looks:
        found = [
            difference("x", k, base[:count, i], other[:count, i], rule=rule)
            for i, k in enumerate(OUTCOMES)
        ]
        if all(each.is_settled for each in found):
            break
    fixed = [interval(other[:count, i] - base[:count, i]) for i in range(len(OUTCOMES))]
    return found, fixed, count


def studies(base, other, rule):
    blocks = (table.reshape(N_STUDIES, MOST, -1) for table in (base, other))
    return [stops(*pair, rule) for pair in zip(*blocks, strict=True)]


def test_intervals_cover_what_is_true_and_are_not_wide(worlds):
    base, calls = worlds["base"], worlds["calls"]
    true = (calls - base).mean(axis=0)
    sd = (calls - base).std(axis=0, ddof=1)
    half = dict(zip(OUTCOMES, sd * 0.55, strict=True))
    rule = Rule(looks(MOST), half, {k: 2 * v for k, v in half.items()})
    found = studies(base, calls, rule)
    counts = [count for _, _, count in found]
    fixed = Rule((MOST,), {}, {})
    apart = studies(base, calls, fixed)
    stopped = {int(n): counts.count(n) for n in sorted(set(counts))}
    print(f"\n{N_STUDIES} studies; how many stopped after so many pairs: {stopped}")
    for i, name in enumerate(OUTCOMES):
        hits = [each[i].low <= true[i] <= each[i].high for each, _, _ in found]
        plain = [each[i].low <= true[i] <= each[i].high for each, _, _ in apart]
        naive = [each[i].low <= true[i] <= each[i].high for _, each, _ in found]
        width = [e[i].interval.half / f[i].half for e, f, _ in found if f[i].half > 0]
        print(
            f"{name}: true difference {true[i]:+.2f}; covered by the sequential "
            f"interval {np.mean(hits):.1%}, by the fixed one of {MOST} pairs "
            f"{np.mean(plain):.1%}, by a plain one at the stop {np.mean(naive):.1%}; "
            f"as wide as the plain one x {np.mean(width):.2f}, at most {max(width):.2f}"
        )
        assert np.mean(hits) >= LEAST_COVERED
        assert max(width) <= MOST_WIDTH
    assert min(counts) < MOST


def test_false_alarms_with_independent_seeds(worlds):
    """The most eager rule: it stops at the first look that seems to tell."""
    base = worlds["base"]
    other = np.roll(base, MOST, axis=0)
    tiny = {"active": 1e-9, "npv": 1e-9}
    rule = Rule(looks(MOST), dict.fromkeys(OUTCOMES, math.inf), tiny)
    false = {
        name: sum(e[i].is_conclusive for e, _, _ in studies(base, other, rule))
        for i, name in enumerate(OUTCOMES)
    }
    any_of = sum(
        any(each.is_conclusive for each in found)
        for found, _, _ in studies(base, other, rule)
    )
    eager = sum(
        any(
            interval(b[:n, i] - a[:n, i]).is_conclusive
            for n in rule.looks
            for i in range(len(OUTCOMES))
        )
        for a, b in zip(
            *(t.reshape(N_STUDIES, MOST, -1) for t in (base, other)), strict=True
        )
    )
    print(
        f"\nindependent seeds: {any_of} false alarms in {N_STUDIES} studies {false}; "
        f"plain intervals looked at as often: {eager}"
    )
    assert any_of <= MOST_ALARMS


def test_seconds_to_a_conclusive_verdict(tmp_path):
    changes = ["market.customers=5000", "clock.weeks=104"]
    warm = Run(0, "x", 1)
    list(lives([warm], {"x": load("baseline", changes)}, 1))
    began = time.perf_counter()
    found = compare(
        "baseline",
        "follow_up",
        pairs=Until(400, precision={"retention": 0.002}),
        overrides=changes,
        out=tmp_path / "study",
    )
    seconds = time.perf_counter() - began
    answer = found.of("follow_up", "retention")
    reach = 1.959964**2 * answer.variance_ratio * _variance(found)
    independent = math.ceil(reach / answer.precision**2)
    print(
        f"\nfollow_up against baseline, 5,000 customers x 104 weeks, retention "
        f"± 0.2 points: {seconds:.1f} s and {answer.n_pairs} pairs to "
        f"“{answer.verdict}” ({100 * answer.difference:+.2f} ± "
        f"{100 * answer.interval.half:.2f} points); with independent seeds, "
        f"looked at once, {independent} runs of each: "
        f"{seconds / answer.n_pairs * independent:.0f} s"
    )
    assert found.is_settled
    assert answer.interval.half <= answer.precision


def _variance(found):
    table = found.study.runs.pivot(index="seed", columns="scenario", values="retention")
    return float((table["follow_up"] - table["baseline"]).var(ddof=1))
