"""Phases 2 to 5 in one sweep: what a person lives and tells without the others."""

from ..columns import Array
from ..jit import Word, kernel
from ..parameters import World
from .advertise import advertise
from .blocks import block_of, n_blocks
from .recover import recover
from .serve import serve
from .tell import tell


@kernel
def live(world: World, start: Word, stop: Word, tally: Array) -> None:
    """Let a block of people live phases 2 to 5, then the next block.

    What a block holds is then fetched from far memory once instead of four times.
    """
    for block in range(n_blocks(start, stop)):
        first, last = block_of(start, stop, block)
        advertise(world, first, last, tally)
        serve(world, first, last, tally)
        recover(world, first, last, tally)
        tell(world, first, last, tally)
