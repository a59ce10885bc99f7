"""What the obvious twin is made of: the rules as plain Python, and rounding.

Rules call each other, so that it does not help to take single ones out of the
compiler: the core is loaded a second time, under another name and uncompiled.
"""

import importlib
import sys
from array import array
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numba

import simulation.core
from simulation.core.columns import Phase, Stage, Tally

PLAIN = "plain_core"


def plain(name: str) -> ModuleType:
    """Return a module of the core whose rules are plain Python functions."""
    was_off = numba.config.DISABLE_JIT
    numba.config.DISABLE_JIT = True
    try:
        if PLAIN not in sys.modules:
            start = Path(simulation.core.__file__)
            spec = spec_from_file_location(
                PLAIN, start, submodule_search_locations=[str(start.parent)]
            )
            sys.modules[PLAIN] = module_from_spec(spec)
            spec.loader.exec_module(sys.modules[PLAIN])
        return importlib.import_module(f"{PLAIN}.{name}")
    finally:
        numba.config.DISABLE_JIT = was_off


experience = plain("experience")
belief = plain("perception")
recovery = plain("recovery")
telling = plain("telling")
choice = plain("choice")
adoption = plain("adoption")
surveying = plain("surveying")
draws = plain("randomness")
fixed = plain("columns").fixed
floor = plain("elementary").floor
fold = draws.fold

PROSPECT, ACTIVE, LOST, REJECTER = (int(stage) for stage in Stage)
PRE_SALES, SALES, POST_SALES = (int(phase) for phase in Phase)
NOWHERE = -1
TALLY = SimpleNamespace(**{tally.name: int(tally) for tally in Tally})
"""As plain numbers, which Python finds sooner than members of an enumeration."""

PRAISE, BLAME = (
    SimpleNamespace(
        tellers=TALLY.__dict__[f"TELLERS_{sign}"],
        told=TALLY.__dict__[f"TOLD_{sign}"],
        heard=TALLY.__dict__[f"MESSAGES_{sign}"],
        believed=TALLY.__dict__[f"BELIEVED_{sign}"],
    )
    for sign in ("POSITIVE", "NEGATIVE")
)
"""The two signs of a message, by where each is counted."""


def uniform(key: int, who: int) -> float:
    """Return the draw of `who` under a key, as `randomness.uniform`, in one piece.

    A customer draws six times a week: in three functions, a tenth of the twin's time.
    """
    bits = key + who * draws.GOLDEN & draws.MASK
    bits = (bits ^ (bits >> 30)) * draws.FIRST_FACTOR & draws.MASK
    bits = (bits ^ (bits >> 27)) * draws.SECOND_FACTOR & draws.MASK
    return (((bits ^ (bits >> 31)) >> 12) + 0.5) * draws.TWO_TO_MINUS_52


CELL = array("f", [0.0])


def single(value: float) -> float:
    """Return a float as a column of 32 bits gives it back."""
    CELL[0] = value
    return CELL[0]


def total(values: array) -> float:
    """Return a sum from first to last; from Python 3.12 on `sum` is more exact."""
    added = 0.0
    for value in values:
        added += value
    return added


def row_of(record: tuple, row: int, *, is_by_row: bool = False) -> dict[str, object]:
    """Return one row of a record of columns, as plain Python numbers and lists."""
    columns = record._asdict().items()
    if is_by_row:
        columns = [(name, column) for name, column in columns if len(column) > row]
        return {name: column[row].tolist() for name, column in columns}
    return {name: column[..., row].tolist() for name, column in columns}
