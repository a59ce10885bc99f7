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


def test_repairs_do_not_run_dry():
    """Of severe complaints as large a share is taken up in year 5 as in year 1."""
    weeks = ["clock.weeks=260", "market.customers=10000"]
    weekly = PerceptionModel(load("baseline", weeks), seed=1).run().weekly()
    years = [slice(0, 52), slice(208, 260)]
    shares = [
        weekly["repairs_tried"][year].sum() / weekly["severe_complaints"][year].sum()
        for year in years
    ]
    print(f"repairs tried per severe complaint: {shares[0]:.2f}, then {shares[1]:.2f}")
    assert shares[1] == pytest.approx(shares[0], rel=0.15)


def test_repair_does_not_make_a_failure_pay():
    """Repaired customers leave at least as often as without the failure (SF-32).

    Knox & van Oest 2014, doi:10.1509/jm.12.0317. Paired worlds: every severe
    failure is complained about and repaired at once, against no failures at all.
    """
    at_once = [
        "recovery.complaint_intercept=20",
        "recovery.complaint_delay_weeks=0",
        "recovery.repair_chance=1",
        "leaving.stated_walk_out=0",
    ]
    flawless = [
        "journey.handoff_failure_chance=0",
        "journey.touchpoints={use: {failure_chance: 0}, support: {failure_chance: 0},"
        " billing: {failure_chance: 0}, purchase: {failure_chance: 0},"
        " information: {failure_chance: 0}}",
    ]
    left = {
        name: np.mean(
            [
                PerceptionModel(
                    load("baseline", ["market.customers=5000", *at_once, *more]),
                    seed=seed,
                )
                .run()
                .weekly()["left"]
                .sum()
                for seed in range(4)
            ]
        )
        for name, more in (("repaired", []), ("never failed", flawless))
    }
    print(f"left: {left}")
    assert left["repaired"] >= left["never failed"]
