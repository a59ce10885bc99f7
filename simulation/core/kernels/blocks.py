"""Rows in blocks: few enough to stay in the cache between two loops over them."""

import numpy as np

from ..columns import Array
from ..jit import BITS, SCRATCH, Word, flag_bits, lowest_bit, part

BLOCK = np.uint64(SCRATCH)
ONE = np.uint64(1)
WORD = np.uint64(BITS)


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

    A word of flags at a time: what is rare costs the many next to nothing.
    """
    n = np.uint64(0)
    for part_of_block in range((last - first + WORD - ONE) // WORD):
        place = np.uint64(part_of_block) * WORD
        left: Word = flag_bits(flags, place)
        if last - first - place < WORD:
            left &= (ONE << (last - first - place)) - ONE
        while left != 0:
            rows[n] = first + place + lowest_bit(left)
            n += ONE
            left &= left - ONE
    return n
