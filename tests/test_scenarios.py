"""Every shipped question keeps its promise, in paired runs of small markets."""

import math
from functools import cache

import numpy as np
import pytest

from analysis.outcomes import OUTCOME_BY_NAME
from analysis.sequential import interval
from simulation.model import PerceptionModel
from simulation.scenario import load, shipped

SIZES = ["market.customers=1500", "clock.weeks=104"]
N_PAIRS = 8
SMALL = 0.25
"""Standard deviations of the outcome between seeds: less is no difference."""

PROMISING = [name for name in shipped() if load(name).promise is not None]


@cache
def outcomes(name):
    """Every outcome of each seed, shape (N_PAIRS,) by name."""
    settings = load(name, SIZES)
    years = settings.clock.weeks * 7 / 365.25
    found = {outcome: [] for outcome in OUTCOME_BY_NAME}
    for seed in range(1, N_PAIRS + 1):
        weekly = PerceptionModel(settings, seed=seed).run().weekly()
        for outcome, value in found.items():
            value.append(OUTCOME_BY_NAME[outcome].formula(weekly, years))
    return {outcome: np.array(values) for outcome, values in found.items()}


def test_every_question_promises_something():
    silent = set(shipped()) - set(PROMISING)
    assert silent == {
        "baseline",
        "industry_airline",
        "industry_bank",
        "industry_broadband",
    }


@pytest.mark.parametrize("name", PROMISING)
def test_question_keeps_its_promise(name):
    promise = load(name).promise
    base = outcomes(promise.against)[promise.outcome]
    found = interval(outcomes(name)[promise.outcome] - base)
    words = f"{promise.outcome} {found}"
    assert math.isfinite(found.mean), words
    if promise.direction == "up":
        assert found.low > 0, words
    elif promise.direction == "down":
        assert found.high < 0, words
    else:
        assert abs(found.mean) < SMALL * base.std(ddof=1), words


def test_trust_is_a_lens():
    """Of one scandal, the more trusted firm's people believe less, in every pair."""
    believed = {
        name: [
            believed_share(load(name, SIZES), seed) for seed in range(1, N_PAIRS + 1)
        ]
        for name in ("scandal", "trust_as_a_lens")
    }
    pairs = zip(believed["trust_as_a_lens"], believed["scandal"], strict=True)
    assert all(trusted < other for trusted, other in pairs)


def believed_share(settings, seed):
    weekly = PerceptionModel(settings, seed=seed).run().weekly()
    return weekly["news_believed"].sum() / weekly["news_heard"].sum()
