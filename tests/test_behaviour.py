"""The baseline behaves like a market: bands of observed firms, and any clock.

The bands are those of real firms and surveys; the docstrings name the source.
"""

import numpy as np
import pytest

from simulation.model import PerceptionModel
from simulation.scenario import load

pytestmark = pytest.mark.slow

N_SEEDS = 20
YEAR_WEEKS = 365.25 / 7


def mean_of(n_seeds: int, *overrides: str) -> dict[str, float]:
    """Return means over seeds of what the bands speak of, N = 10,000."""
    settings = load("baseline", ["market.customers=10000", *overrides])
    runs = [measures(PerceptionModel(settings, seed=seed)) for seed in range(n_seeds)]
    return {name: float(np.mean([run[name] for run in runs])) for name in runs[0]}


def measures(model: PerceptionModel) -> dict[str, float]:
    weekly = {name: column.sum() for name, column in model.run().weekly().items()}
    n_weeks = model.counts.shape[0] * model.settings.clock.weeks_per_tick
    n_rows = len(model.weekly()["week"])
    stars = [weekly[f"reviews_{star}_star"] for star in range(1, 6)]
    rate = weekly["left"] / (weekly["active"] / n_rows) / (n_weeks / YEAR_WEEKS)
    return {
        "annual churn": 1 - np.exp(-rate),
        "true NPS": weekly["true_nps"] / n_rows,
        "measured minus true NPS": weekly["blind_spot"] / n_rows,
        "messages": weekly["messages_positive"] + weekly["messages_negative"],
        "positive to negative": weekly["messages_positive"]
        / weekly["messages_negative"],
        "perception": weekly["perception"] / n_rows,
        "reviews per episode": sum(stars) / weekly["episodes"],
        "complaints per severe episode": weekly["severe_complaints"] / weekly["severe"],
        "retold per story": weekly["retold"] / weekly["stories"],
        **{f"{star + 1} stars": share / sum(stars) for star, share in enumerate(stars)},
    }


def test_baseline_holds_its_bands_at_once():
    found = mean_of(N_SEEDS)
    for name, value in found.items():
        print(f"{name:30} {value:10.3f}")
    bands = {
        "annual churn": (0.15, 0.40),
        "true NPS": (0, 40),
        "measured minus true NPS": (3, 25),
        "positive to negative": (2, 5),
        "perception": (0.70, 0.85),
        "reviews per episode": (0.005, 0.05),
        "complaints per severe episode": (0.05, 0.40),
        "retold per story": (0, 0.5),
    }
    outside = {n: found[n] for n, (a, b) in bands.items() if not a <= found[n] <= b}
    assert not outside
    stars = [found[f"{star} stars"] for star in range(1, 6)]
    assert max(stars) == stars[4]
    assert stars[0] > stars[1]


def test_ticks_of_1_7_and_14_days_agree():
    """Churn and messages within 3 % of the weekly clock's, NPS within 2 points."""
    weekly = mean_of(6)
    for days in (1, 14):
        other = mean_of(6, f"clock.tick_days={days}")
        for name in ("annual churn", "messages"):
            print(f"{days:2} days: {name} {other[name] / weekly[name] - 1:+.2%}")
            assert other[name] == pytest.approx(weekly[name], rel=0.03)
        print(f"{days:2} days: true NPS {other['true NPS'] - weekly['true NPS']:+.2f}")
        assert other["true NPS"] == pytest.approx(weekly["true NPS"], abs=2)
