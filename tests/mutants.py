"""Breaks five rules on purpose, one at a time, and shows which tests notice.

Run by `make mutants`, in a copy of the project that is thrown away; without the
compiler, so that it takes minutes. It fails if a broken rule goes unnoticed, or if
the tests fail on the rules as they are.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
TESTS = (
    "tests/test_limits_small.py",
    "tests/test_rules.py",
    "simulation/core/experience.py",
    "simulation/core/perception.py",
    "simulation/core/telling.py",
)
RULES_COMPARED = "not compiled_rule"
"""Tests of the compiler have nothing to say here."""
WORDS_WRAP = "ignore:overflow encountered in scalar:RuntimeWarning"
"""Unsigned words wrap round, as they do when compiled."""


class Mutant(NamedTuple):
    """One rule, broken by replacing a line."""

    name: str
    file: str
    right: str
    wrong: str


MUTANTS = (
    Mutant(
        "the sign of the gap is swapped",
        "simulation/core/experience.py",
        "return experience - expectation",
        "return expectation - experience",
    ),
    Mutant(
        "there is no zone of tolerance",
        "simulation/core/experience.py",
        "surplus = max(gap - tolerance, SMALLEST)\n"
        "    shortfall = min(gap + tolerance, SMALLEST)",
        "surplus = max(gap, SMALLEST)\n    shortfall = min(gap, SMALLEST)",
    ),
    Mutant(
        "trust is lost as slowly as it is won",
        "simulation/scenario/perception.py",
        "loss=min(1.0, self.loss_ratio * self.gain)",
        "loss=self.gain",
    ),
    Mutant(
        "trust does not matter when believing",
        "simulation/core/telling.py",
        "distrusted + (trusted - distrusted) * trust",
        "(distrusted + trusted) / 2",
    ),
    Mutant(
        "grievance never fades",
        "simulation/core/kernels/choose.py",
        "mind.grievance[i] *= numbers.recovery.grievance_keep",
        "mind.grievance[i] *= 1",
    ),
)


def main() -> int:
    """Print which tests catch each mutant; return 1 if one goes unnoticed."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "groundswell"
        left_out = shutil.ignore_patterns(".*", "results", "__pycache__", "build")
        shutil.copytree(ROOT, copy, ignore=left_out)
        healthy = failures(copy)
        if healthy:
            print("The tests fail on the rules as they are:", *healthy, sep="\n  ")
            return 1
        unnoticed = 0
        for mutant in MUTANTS:
            caught = broken(copy, mutant)
            unnoticed += not caught
            print(f"{mutant.name}: noticed by {len(caught)}", *caught, sep="\n  ")
    return int(unnoticed > 0)


def broken(copy: Path, mutant: Mutant) -> list[str]:
    """Return the tests that fail while a mutant stands in the copy."""
    path = copy / mutant.file
    right = path.read_text(encoding="utf-8")
    if right.count(mutant.right) != 1:
        raise ValueError(f"{mutant.file}: {mutant.right!r} is not there once")
    path.write_text(right.replace(mutant.right, mutant.wrong), encoding="utf-8")
    try:
        return failures(copy)
    finally:
        path.write_text(right, encoding="utf-8")


def failures(copy: Path) -> list[str]:
    """Return the tests that fail in the copy."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *TESTS, "-k", RULES_COMPARED, "-q",
         "-W", WORDS_WRAP,
         "--tb=no", "-rf", "-p", "no:cacheprovider"],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "NUMBA_DISABLE_JIT": "1",
             "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )  # fmt: skip
    if run.returncode not in (0, 1):
        raise RuntimeError(run.stdout + run.stderr)
    return re.findall(r"^FAILED (\S+)", run.stdout, re.MULTILINE)


if __name__ == "__main__":
    sys.exit(main())
