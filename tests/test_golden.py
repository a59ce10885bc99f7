"""Totals of every shipped scenario, to the last digit.

A number that moves on purpose is accepted with `pytest tests/test_golden.py
--accept`, and told in CHANGELOG.md under "Results change".
"""

import json
from pathlib import Path

import pytest

from simulation.model import PerceptionModel
from simulation.scenario import load, shipped

GOLDEN = Path(__file__).parent / "data" / "golden.json"
SIZES = ["market.customers=500", "clock.warmup_weeks=13", "clock.weeks=39"]
SEED = 2011


def totals(name: str) -> dict[str, float]:
    """Return the last value and the sum of what a reader would look at."""
    weekly = PerceptionModel(load(name, SIZES), seed=SEED).run().weekly()
    last = ("active", "lost", "perception", "trust", "true_nps", "rating")
    sums = ("joined", "left", "messages_positive", "messages_negative", "profit")
    return {
        **{f"{metric}, last": float(weekly[metric][-1]) for metric in last},
        **{f"{metric}, sum": float(weekly[metric].sum()) for metric in sums},
    }


@pytest.mark.parametrize("name", sorted(shipped()))
def test_totals_are_the_golden_ones(name, request):
    found = totals(name)
    golden = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
    if request.config.getoption("--accept"):
        golden[name] = found
        GOLDEN.write_text(json.dumps(golden, indent=1, sort_keys=True) + "\n")
    assert found == golden.get(name)
