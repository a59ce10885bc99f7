"""Phase 2: promises reach people and pull their expectations."""

from ..jit import kernel, part
from ..parameters import World
from ..perception import drifted, evidence_step, moved, weighed
from .cover import covers


@kernel
def advertise(world: World, start: int, stop: int, _tally: object) -> None:
    """Let every person of rows start to stop hear the promises, through trust."""
    mind = world.people.mind
    numbers = world.numbers.perception
    n_touchpoints = mind.expectation.shape[0]
    for i in range(start, stop):
        weight = numbers.promise_weight * mind.trust[i]
        promised = promise_lever(world, i)
        for k in range(n_touchpoints):
            promise = world.week.promise[k]
            if promised >= 0:
                share = world.levers.promise_share[promised]
                promise = moved(promise, world.levers.promise[promised, k], share)
            evidence = mind.evidence[k, i]
            step = evidence_step(evidence, weight)
            expectation = drifted(mind.expectation[k, i], numbers.norm_drift)
            mind.expectation[k, i] = moved(expectation, promise, step)
            mind.evidence[k, i] = weighed(evidence, weight, numbers.memory_limit)


@part
def promise_lever(world: World, i: int) -> int:
    """Return the last lever whose promise person i hears, or -1."""
    promised = -1
    for lever in range(world.levers.n[0]):
        if world.levers.promise_share[lever] > 0 and covers(world, lever, i):
            promised = lever
    return promised
