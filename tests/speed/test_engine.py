"""How fast the engine is, how much memory it takes, what common luck saves.

    make bench

Every number is printed; the asserted ones are the floors the project promises.
Rates are customer-weeks a second of processor time, the building of people and
ties and the weekly table included, compiled code warm.
"""

import time

import numpy as np
import pytest

from simulation.model import PerceptionModel
from simulation.scenario import load
from tests.naive import microseconds
from tests.speed.benchmark import lived_apart

pytestmark = pytest.mark.speed

LEAST_RATE = 8e6
LEAST_TIMES_TWIN = 40
LEAST_TWIN_RATE = 0.04e6
BYTES_A_CUSTOMER, BYTES_A_TIE_END = 250, 6
LEAST_VARIANCE_RATIO = 10
N_PAIRS = 100
TRIES = 8
"""Of which the best counts: on a shared machine the others measure the neighbours."""


def rate(n_customers: int, weeks: int, n_threads: int = 1, tries: int = 3) -> float:
    """Return customer-weeks a second of one whole run, the best of several."""
    settings = load(
        "baseline",
        [
            f"market.customers={n_customers}",
            f"clock.weeks={weeks}",
            "clock.warmup_weeks=0",
        ],
    )
    seconds = []
    for seed in range(tries):
        clock = time.process_time if n_threads == 1 else time.perf_counter
        began = clock()
        PerceptionModel(settings, seed=seed, n_threads=n_threads).run().weekly()
        seconds.append(clock() - began)
    return n_customers * weeks / min(seconds)


def test_rate_and_times_the_twin():
    rate(1000, 4)
    compiled = rate(100_000, 104, tries=TRIES)
    twin = 1e6 / min(microseconds() for _ in range(TRIES))
    print(
        f"\n100,000 customers x 104 weeks, one thread: {compiled / 1e6:.1f} million "
        f"customer-weeks a second, {compiled / twin:.0f} x the plain Mesa twin "
        f"({twin / 1e6:.3f} million)"
    )
    assert compiled >= LEAST_RATE
    assert twin >= LEAST_TWIN_RATE
    assert compiled >= LEAST_TIMES_TWIN * twin


@pytest.mark.parametrize("n_customers", [2_000, 1_000_000])
def test_rate_by_size_and_threads(n_customers):
    weeks = 52 if n_customers < 1e6 else 12
    one, two = rate(n_customers, weeks), rate(n_customers, weeks, 2)
    print(f"\n{n_customers:,}: {one / 1e6:.1f} on one thread, {two / 1e6:.1f} on two")
    assert one > 0


def test_memory_of_a_million_customers():
    small, large = (lived_apart(n, 52, 1) for n in (1000, 1_000_000))
    grown = large.peak - small.peak
    allowed = BYTES_A_CUSTOMER * 1_000_000 + BYTES_A_TIE_END * large.n_ends
    print(
        f"\n1,000,000 customers x 52 weeks: {grown / 1e6:.0f} bytes a customer with "
        f"{large.n_ends / 1e6:.0f} tie ends each; {allowed / 1e6:.0f} allowed"
    )
    assert grown <= allowed


def test_common_random_numbers_pay():
    sizes = ["market.customers=2000", "clock.weeks=52"]
    scenarios = [load(name, sizes) for name in ("baseline", "follow_up")]
    base, lever = (
        np.array(
            [
                PerceptionModel(settings, seed=seed).run().weekly()["retention"][-1]
                for seed in range(N_PAIRS)
            ]
        )
        for settings in scenarios
    )
    independent = base.var(ddof=1) + lever.var(ddof=1)
    ratio = independent / (lever - base).var(ddof=1)
    print(
        f"\nretention, follow_up against baseline, 2,000 customers x 52 weeks: paired "
        f"differences vary {ratio:.0f} x less than independent ones ({N_PAIRS} pairs)"
    )
    assert ratio >= LEAST_VARIANCE_RATIO
