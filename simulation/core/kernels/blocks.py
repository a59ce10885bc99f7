"""Rows in blocks: few enough to stay in the cache between two loops over them."""

import numpy as np

from ..columns import Array
from ..jit import SCRATCH, Word, part

BLOCK = np.uint64(SCRATCH)
ONE = np.uint64(1)


@part
def n_blocks(start: Word, stop: Word) -> int:
    """Return how many blocks rows start to stop fill."""
    return (stop - start + BLOCK - ONE) // BLOCK


@part
def block_of(start: Word, stop: Word, block: int) -> tuple[int, int]:
    """Return the rows of a block: the first, and one beyond the last.

    Unsigned, because a signed index brings a test for negative ones with it and
    keeps a loop from vectorising.
    """
    first = start + np.uint64(block) * BLOCK
    return first, min(first + BLOCK, stop)


@part
def chosen(flags: Array, first: Word, last: Word, rows: Array) -> Word:
    """Write the rows of a block whose flag is 1 into `rows`; return how many.

    Without a branch: what is rare costs the many nothing but this.
    """
    n = np.uint64(0)
    for i in range(first, last):
        rows[n] = i
        n += flags[i - first]
    return n
