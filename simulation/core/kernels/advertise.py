"""Phase 2: promises reach people and pull their expectations."""

from ..columns import Array
from ..jit import Word, kernel, part
from ..parameters import World
from ..perception import drifted, evidence_step, moved, weighed
from .cover import covers


@kernel
def advertise(world: World, start: Word, stop: Word, _tally: Array) -> None:
    """Let every person of rows start to stop hear the promises, through trust.

    Touchpoint by touchpoint, so that the loop over people vectorises; person by
    person where a lever promises something else to those it covers.
    """
    promise, levers = world.week.promise, world.levers
    if not is_promising(world):
        for k in range(promise.size):
            for i in range(start, stop):
                hear_promise(world, i, k, promise[k])
        return
    for i in range(start, stop):
        lever = promise_lever(world, i)
        for k in range(promise.size):
            told = promise[k]
            if lever >= 0:
                told = moved(
                    told, levers.promise[lever, k], levers.promise_share[lever]
                )
            hear_promise(world, i, k, told)


@part
def hear_promise(world: World, i: int, k: int, promise: float) -> None:
    """Let person i hear what is promised of touchpoint k."""
    mind, numbers = world.people.mind, world.numbers.perception
    weight = numbers.promise_weight * mind.trust[i]
    evidence = mind.evidence[k, i]
    step = evidence_step(evidence, weight)
    expectation = drifted(mind.expectation[k, i], numbers.norm_drift)
    mind.expectation[k, i] = moved(expectation, promise, step)
    mind.evidence[k, i] = weighed(evidence, weight, numbers.memory_limit)


@part
def is_promising(world: World) -> bool:
    """Return whether any lever in force makes a promise of its own."""
    found = False
    for lever in range(world.levers.n[0]):
        found = found or world.levers.promise_share[lever] > 0
    return found


@part
def promise_lever(world: World, i: int) -> int:
    """Return the last lever whose promise person i hears, or -1."""
    promised = -1
    for lever in range(world.levers.n[0]):
        if world.levers.promise_share[lever] > 0 and covers(world, lever, i):
            promised = lever
    return promised
