"""Whom a lever covers."""

from ..columns import NOWHERE, Audience, Stage
from ..jit import part
from ..parameters import World
from ..randomness import uniform
from ..recovery import is_unhappy


@part
def covers(world: World, lever: int, i: int) -> bool:
    """Return whether a lever in force covers person i.

    The coverage is a draw of the person alone: a stable subset, nested as the
    coverage grows. The audience is looked at each time.
    """
    levers = world.levers
    if not levers.is_on[lever]:
        return False
    luck = uniform(levers.coverage_key[lever], world.people.traits.id[i])
    if luck >= levers.coverage[lever]:
        return False
    audience = levers.audience[lever]
    if audience == Audience.EVERYONE:
        return True
    return _belongs(world, lever, audience, i)


@part
def _belongs(world: World, lever: int, audience: int, i: int) -> bool:
    people = world.people
    if audience == Audience.NEW:
        is_customer = people.relation.stage[i] == Stage.ACTIVE
        return is_customer and people.relation.since[i] >= world.week.new_since
    if audience == Audience.UNHAPPY:
        neutral = world.numbers.word_of_mouth.neutral
        mind = people.mind
        return is_unhappy(mind.perception[i], mind.grievance[i], neutral)
    if audience == Audience.SILENT:
        return has_open_case(world, i) and people.case.has_complained[i] == 0
    if audience == Audience.HUBS:
        return people.traits.degree[i] >= world.levers.hub_degree[lever]
    return people.traits.segment[i] == world.levers.segment[lever]


@part
def has_open_case(world: World, i: int) -> bool:
    """Return whether person i bears a failure nobody made good, not yet forgotten."""
    case = world.people.case
    age = world.week.tick - case.opened[i]
    is_fresh = age <= world.numbers.recovery.case_life
    return (case.touchpoint[i] > NOWHERE) & is_fresh
