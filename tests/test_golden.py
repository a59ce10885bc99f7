"""Totals of every shipped scenario, to the last digit.

A number that moves on purpose is accepted with `pytest tests/test_golden.py
--accept`, and told in CHANGELOG.md under "Results change".
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from simulation.core.elementary import exponential, power
from simulation.model import PerceptionModel
from simulation.scenario import load, shipped

GOLDEN = Path(__file__).parent / "data" / "golden.json"
SIZES = ["market.customers=500", "clock.warmup_weeks=13", "clock.weeks=39"]
SEED = 2011
ROOT = Path(__file__).parents[1]
TYPED = """
import json
from tests.test_golden import totals, worked_out
print(json.dumps([totals("all_in"), worked_out()]))
"""


def totals(name: str) -> dict[str, float]:
    """Return the last value and the sum of what a reader would look at."""
    weekly = PerceptionModel(load(name, SIZES), seed=SEED).run().weekly()
    last = ("active", "lost", "perception", "trust", "true_nps", "rating")
    sums = ("joined", "left", "messages_positive", "messages_negative", "profit")
    return {
        **{f"{metric}, last": float(weekly[metric][-1]) for metric in last},
        **{f"{metric}, sum": float(weekly[metric].sum()) for metric in sums},
    }


def worked_out() -> list[float]:
    """Return what a fused product would change in the last digit somewhere."""
    exponents = [exponential(n / 7) for n in range(-2000, 2000)]
    return exponents + [power(n / 997, 0.37) for n in range(2000)]


@pytest.mark.parametrize("name", sorted(shipped()))
def test_totals_are_the_golden_ones(name, request):
    found = totals(name)
    golden = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
    if request.config.getoption("--accept"):
        golden[name] = found
        GOLDEN.write_text(json.dumps(golden, indent=1, sort_keys=True) + "\n")
    assert found == golden.get(name)


@pytest.mark.slow
def test_totals_are_those_of_the_plainest_processor(tmp_path):
    """Compiled anew without fused products and wide registers, NumPy's too."""
    wide = np.show_config(mode="dicts")["SIMD Extensions"].get("found", ())
    done = subprocess.run(
        [sys.executable, "-c", TYPED],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "XDG_CACHE_HOME": str(tmp_path),
            "NUMBA_CPU_NAME": "generic",
            "NPY_DISABLE_CPU_FEATURES": " ".join(wide),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert any(tmp_path.rglob("*.nbc")), "nothing was compiled anew"
    found, elementary = json.loads(done.stdout)
    assert found == json.loads(GOLDEN.read_text())["all_in"]
    assert elementary == worked_out()
