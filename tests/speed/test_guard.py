"""A guard against slowing down unnoticed: a week beside a loop that only draws.

Both are timed in turns on the same processor, so that the ratio holds on a busy
machine and on another one of the kind; the quickest of each is compared.
"""

import time

import numpy as np
import pytest

from tests.speed.benchmark import MEBIBYTE, luckier, settled

N_CUSTOMERS, N_TURNS = 20_000, 15
MOST_DRAWS = 400
"""Keyed draws in the time of one customer-week. 170 were measured, beside a dozen other
processes on two cores; the rest is room for other processors, not a measurement."""


@pytest.mark.slow
def test_a_week_takes_no_more_draws_than_it_did():
    model = settled(N_CUSTOMERS)
    weeks, draws = [], []
    for _ in range(N_TURNS):
        began = time.thread_time()
        luckier(np.uint64(7), MEBIBYTE, 0.5)
        drawn = time.thread_time()
        model.step()
        weeks.append((time.thread_time() - drawn) / N_CUSTOMERS)
        draws.append((drawn - began) / MEBIBYTE)
    ratio = min(weeks) / min(draws)
    print(f"\na customer-week takes as long as {ratio:.0f} draws")
    assert ratio <= MOST_DRAWS
