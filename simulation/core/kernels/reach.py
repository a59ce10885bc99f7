"""Whom the levers in force cover: looked at by those who ask, not by the week."""

from ..columns import Array
from ..jit import Word, kernel
from ..parameters import World
from .cover import covers


@kernel
def reach(world: World, start: Word, stop: Word, covered: Array) -> None:
    """Write which levers cover the people of rows start to stop, bit by lever.

    `covered` is int64, shape (n_customers,): bit b of row i stands for lever b.
    """
    for i in range(start, stop):
        bits = 0
        for lever in range(world.levers.n[0]):
            bits |= int(covers(world, lever, i)) << lever
        covered[i] = bits
