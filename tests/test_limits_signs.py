"""What must go up or down when something else does (C14): the model's signs.

The same twenty worlds are lived with and without a change; a sign holds if a one-sided
paired t-test finds it with p < .001. What must not move at all is compared bit by bit.
"""

from functools import cache

import numpy as np
import pytest
from scipy import stats

from simulation.model import PerceptionModel
from simulation.scenario import load
from tests.limits import SURE

pytestmark = pytest.mark.slow

N_SEEDS, ERROR = 20, 0.001
SIZES = ["market.customers=2000", "clock.warmup_weeks=26", "clock.weeks=52"]


def everywhere(key, value):
    """The setting of one number at every touchpoint of the baseline."""
    names = ("information", "purchase", "use", "support", "billing")
    points = ", ".join(f"{name}: {{{key}: {value}}}" for name in names)
    return f"journey.touchpoints={{{points}}}"


@cache
def outcomes(*settings):
    """What each of twenty worlds ends in, by name; shape (N_SEEDS,)."""
    scenario = load("baseline", [*SIZES, *settings])
    found = {}
    for seed in range(N_SEEDS):
        weekly = PerceptionModel(scenario, seed=seed).run().weekly()
        ends = {
            "perception": weekly["perception"].mean(),
            "trust": weekly["trust"].mean(),
            "expectation": weekly["expectation"].mean(),
            "true_nps": weekly["true_nps"].mean(),
            "left": weekly["left"].sum(),
            "joined": weekly["joined"].sum(),
            "early_joiners": weekly["joined"][:4].sum(),
            "praise_share": weekly["messages_positive"].sum()
            / (weekly["messages_positive"] + weekly["messages_negative"]).sum(),
            "blindness": abs(np.nanmean(weekly["blind_spot"])),
        }
        for name, value in ends.items():
            found.setdefault(name, []).append(value)
    return {name: np.array(values) for name, values in found.items()}


LESS_SPREAD, MORE_SPREAD = (everywhere("quality_sd", sd) for sd in (0.08, 0.20))
ALL_CALLED = "firm.follow_up_share=1"

SIGNS = [
    ("better quality", everywhere("quality_mean", 0.9), "perception", 1),
    ("better quality", everywhere("quality_mean", 0.9), "true_nps", 1),
    ("better quality", everywhere("quality_mean", 0.9), "left", -1),
    ("more failures", everywhere("failure_chance", 0.12), "left", 1),
    ("more failures", everywhere("failure_chance", 0.12), "perception", -1),
    ("less consistent", MORE_SPREAD, "perception", -1),
    ("less consistent", MORE_SPREAD, "trust", -1),
    ("more consistent", LESS_SPREAD, "trust", 1),
    ("larger promise", "firm.promise=0.98", "expectation", 1),
    ("larger promise", "firm.promise=0.98", "trust", -1),
    ("larger promise", "firm.promise=0.98", "joined", 1),
    ("blame is told more", "word_of_mouth.negative_ratio=1.5", "praise_share", -1),
    ("blame goes further", "word_of_mouth.reach_negative=0.8", "praise_share", -1),
    ("all sufferers called", ALL_CALLED, "left", -1),
    ("everybody answers", "survey.response_base=1", "blindness", -1),
    ("walk-out as stated", "leaving.intention_to_action=0.6", "left", 1),
]


@pytest.mark.parametrize(("name", "setting", "outcome", "sign"), SIGNS)
def test_sign(name, setting, outcome, sign):
    gaps = sign * (outcomes(setting)[outcome] - outcomes()[outcome])
    found = stats.ttest_1samp(gaps, 0, alternative="greater")
    print(f"{name}: {outcome} {sign * gaps.mean():+.4f}, p {found.pvalue:.1g}")
    assert found.pvalue < ERROR


def test_variance_alone_costs_nothing_without_loss_aversion():
    """λ = 1, z = 0, no clipping in sight: perception stays within four errors."""
    plain = [
        "perception.loss_aversion=1",
        "perception.tolerance=0",
        "market.fit_sd=0",
        "firm.sales_pressure_sd=0",
        "perception.message_weight=0",
        "perception.rating_weight=0",
        "leaving.steepness=0",
        everywhere("failure_chance", 0),
        "journey.handoff_failure_chance=0",
    ]
    levels = [
        outcomes(*plain, everywhere("quality_mean", 0.6), everywhere("quality_sd", sd))
        for sd in (0.02, 0.06)
    ]
    gaps = levels[1]["perception"] - levels[0]["perception"]
    error = gaps.std(ddof=1) / np.sqrt(N_SEEDS)
    print(f"{gaps.mean():+.6f}, error {error:.6f}")
    assert abs(gaps.mean()) < SURE * error + 1e-4


def test_a_promise_nobody_hears_changes_nothing():
    """Promise weight 0 and reliance 0: bit for bit the same people."""
    deaf = ["perception.promise_weight=0", "perception.promise_reliance=0"]
    one, other = (outcomes(*deaf, f"firm.promise={m}") for m in (0.7, 0.95))
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def test_nobody_learns_at_rate_zero():
    """α = 0 and no messages: perception is what it was at the start."""
    scenario = load(
        "baseline",
        [*SIZES, "perception.learning_rate=0", "perception.message_weight=0"],
    )
    model = PerceptionModel(scenario, seed=1)
    before = model.people.mind.perception.copy()
    model.run()
    np.testing.assert_array_equal(model.people.mind.perception, before)


def test_a_network_nobody_heeds_is_irrelevant():
    """No weight, no gain, no pull, no effect on joining: bitwise the same minds."""
    unheeding = [
        *SIZES,
        "perception.message_weight=0",
        "trust.message_gain=0",
        "leaving.pull_hazard_ratio=1",
        "joining.message_effect=0",
        "joining.negative_message_effect=0",
    ]
    one, other = (
        PerceptionModel(load("baseline", [*unheeding, f"network.kind={kind}"]), seed=3)
        .run()
        .people
        for kind in ("small_world", "scale_free")
    )
    for column in ("perception", "trust", "expectation"):
        np.testing.assert_array_equal(
            getattr(one.mind, column), getattr(other.mind, column)
        )
    np.testing.assert_array_equal(one.relation.stage, other.relation.stage)


def test_shares_do_not_depend_on_the_size_of_the_market():
    """Twice as many people: the same perception within four errors."""
    small = outcomes()["perception"]
    large = outcomes("market.customers=4000")["perception"]
    error = np.sqrt(small.var(ddof=1) / N_SEEDS + large.var(ddof=1) / N_SEEDS)
    print(f"{large.mean() - small.mean():+.5f}, error {error:.5f}")
    assert abs(large.mean() - small.mean()) < SURE * error
