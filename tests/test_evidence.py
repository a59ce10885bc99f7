"""Real answers say what was published of them, and simulated ones resemble them."""

import numpy as np
import pandas as pd
import pytest

from analysis.evidence import (
    by_satisfaction,
    cohorts,
    counted,
    distribution,
    formation,
    formation_answers,
    loyalty_answers,
    questionnaire,
    repurchase,
)
from simulation.observation import Observed
from simulation.scenario import load


@pytest.fixture(scope="module")
def asked():
    """The answers of the baseline's customers."""
    settings = load("baseline", ["market.customers=6000"])
    return questionnaire(Observed(settings, seed=2).run().observation(), 0)


def test_regressions_on_the_counts_repeat_the_published_ones():
    """Slopes with industries held apart: .8791 and .0648, N = 7,873."""
    real = formation_answers()
    found = formation(real)
    assert real["n"].sum() == 7873
    assert found.on_quality == pytest.approx(0.8791, abs=0.0001)
    assert found.on_expectation == pytest.approx(0.0648, abs=0.0001)
    assert found.shortfall_ratio == pytest.approx(1.112, abs=0.001)
    assert found.with_quality == pytest.approx(0.832, abs=0.001)


def test_loyalty_falls_with_dissatisfaction():
    real = repurchase(loyalty_answers())
    assert by_satisfaction(real, "complained")[1] == pytest.approx(0.77, abs=0.01)
    assert by_satisfaction(real, "left").is_monotonic_decreasing
    assert cohorts()["regular"].loc[1] == 63.1


def test_simulated_satisfaction_is_formed_like_the_real_one(asked):
    """Within .12 of the real slope on quality, and as little on expectation."""
    real, found = formation(formation_answers()), formation(asked)
    print(found)
    assert found.on_quality == pytest.approx(real.on_quality, abs=0.12)
    assert 0 < found.on_expectation < 0.25
    assert found.with_quality == pytest.approx(real.with_quality, abs=0.06)
    assert found.quality_with_expectation == pytest.approx(
        real.quality_with_expectation, abs=0.06
    )


def test_simulated_customers_complain_like_real_ones(asked):
    """Within .10 at each satisfaction that at least 30 gave (ACSI 2015)."""
    counts = asked.groupby("satisfaction")["n"].sum()
    common = counts[counts >= 30].index
    gaps = by_satisfaction(asked, "complained") - by_satisfaction(
        loyalty_answers(), "complained"
    )
    print(gaps.round(3).to_dict())
    assert len(common) >= 6
    assert gaps[common].abs().max() < 0.10


def test_counting_answers_loses_none(asked):
    rows = counted(asked)
    assert rows["n"].sum() == len(asked)
    pd.testing.assert_series_equal(distribution(rows), distribution(asked))
    np.testing.assert_allclose(
        by_satisfaction(rows, "complained"), by_satisfaction(asked, "complained")
    )
