"""The numbers a run is summed up in."""

import numpy as np
import pytest

from analysis.outcomes import OUTCOME_BY_NAME
from simulation.metrics import METRICS


def columns(**given):
    n_weeks = 8
    table = {metric.name: np.zeros(n_weeks) for metric in METRICS}
    table["week"] = np.arange(n_weeks)
    return table | {k: np.asarray(v, float) for k, v in given.items()}


def outcome(name, years=1.0, **given):
    return OUTCOME_BY_NAME[name].formula(columns(**given), years)


def test_ends_sums_and_late_means():
    rising = np.arange(8.0)
    assert outcome("active", active=rising) == 7
    assert outcome("joined", joined=rising) == 28
    assert outcome("rating", rating=rising) == pytest.approx(5.5)
    assert outcome("npv", present_value=rising) == 28
    assert outcome("lever_cost", cost_levers=rising) == 28


def test_late_means_are_of_the_weeks_that_have_a_value():
    values = np.full(8, np.nan)
    assert np.isnan(outcome("measured_nps", measured_nps=values))
    values[6] = 30
    assert outcome("measured_nps", measured_nps=values) == 30


def test_annual_churn_is_that_of_a_constant_hazard():
    rate = outcome("churn", 0.5, active=np.full(8, 100.0), left=np.full(8, 1.25))
    assert rate == pytest.approx(1 - np.exp(-0.2))
    assert np.isnan(outcome("churn"))
