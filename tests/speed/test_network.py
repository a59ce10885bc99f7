"""How long ties take to build, and how much memory: 1,000,000 people, degree 10."""

import time
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest

from simulation.network import build_ties

N = 1_000_000
SECONDS = {
    "small_world": 0.6,
    "scale_free": 1.2,
    "communities": 1.2,
    "random": 1.2,
    "cliques": 0.6,
}
BYTES_A_TIE_END = 10


@pytest.mark.speed
@pytest.mark.parametrize("kind", SECONDS)
def test_a_million_people_are_tied_quickly_and_in_little_memory(kind):
    section = SimpleNamespace(
        kind=kind,
        degree=10.0,
        rewiring=0.1,
        exponent=2.5,
        community_size=50,
        mixing=0.2,
        clique_size=11,
        file=None,
    )
    build_ties(section, np.arange(100, dtype=np.uint64), np.ones(100, np.uint8), 1)
    ids, is_sociable = np.arange(N, dtype=np.uint64), np.ones(N, dtype=np.uint8)
    seconds = []
    for seed in range(3):
        began = time.perf_counter()
        ties = build_ties(section, ids, is_sociable, seed)
        seconds.append(time.perf_counter() - began)
    tracemalloc.start()
    build_ties(section, ids, is_sociable, 1)
    peak = tracemalloc.get_traced_memory()[1] / ties.target.size
    tracemalloc.stop()
    print(f"\n{kind:12} {min(seconds):5.2f} s  peak {peak:5.2f} bytes a tie end")
    assert min(seconds) < SECONDS[kind]
    assert peak < BYTES_A_TIE_END
