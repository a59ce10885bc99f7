"""Phase 7: customers leave or stay, prospects join, lost customers return."""

from ..choice import (
    attraction,
    cause_of_leaving,
    discouragement,
    hazard_of,
    joining_chance,
    leaving_chance,
    proportional_hazard,
    rating_lift,
    returning_chance,
    trust_effect,
    walking_out,
)
from ..columns import NOWHERE, Cause, Stage, Tally, fixed
from ..jit import kernel, part
from ..parameters import World
from ..randomness import Stream, uniform, uniform_pair


@kernel
def choose(world: World, start: int, stop: int, tally: object) -> None:
    """Let the people of rows start to stop decide; then grievances fade."""
    mind, inbox = world.people.mind, world.people.inbox
    leaving, recovery = world.numbers.leaving, world.numbers.recovery
    stage = world.people.relation.stage
    joining = world.numbers.joining
    lift = rating_lift(world.week.rating[0], joining.rating_effect)
    for i in range(start, stop):
        if stage[i] == Stage.ACTIVE:
            stay_or_leave(world, i, tally)
        elif stage[i] == Stage.PROSPECT:
            join_or_wait(world, i, lift, tally)
        else:
            return_or_not(world, i, tally)
        mind.grievance[i] *= recovery.grievance_keep
        mind.asked[i] *= recovery.asked_keep
        mind.pull[i] *= leaving.pull_keep
        inbox.positive[i] = 0
        inbox.negative[i] = 0


@part
def stay_or_leave(world: World, i: int, tally: object) -> None:
    """Add this tick's hazard of customer i; beyond the threshold, leave."""
    people, numbers = world.people, world.numbers.leaving
    mind, relation = people.mind, people.relation
    chance = leaving_chance(
        mind.perception[i],
        numbers.hazard_min,
        numbers.hazard_max,
        numbers.steepness,
        numbers.midpoint,
    )
    scale = numbers.months_per_tick * people.traits.frailty[i]
    own = hazard_of(chance) * scale
    pull = numbers.pull_effect * mind.pull[i]
    asked = numbers.asked_effect * mind.asked[i]
    trust = trust_effect(mind.trust[i], numbers.trust_effect)
    walk_out = walking_out(mind.grievance[i], numbers.walk_out)
    hazard = proportional_hazard(own, trust, pull, asked) + walk_out
    relation.hazard[i] += hazard
    if relation.hazard[i] < relation.threshold[i]:
        return
    luck = uniform(world.week.keys[Stream.CAUSE, 0], people.traits.id[i])
    reference = proportional_hazard(own, min(trust, 0.0), 0.0, asked)
    background = hazard_of(numbers.hazard_min) * scale / own * reference
    without_pull = proportional_hazard(own, trust, 0.0, asked)
    cause = cause_of_leaving(
        luck * hazard,
        background,
        reference - background,
        without_pull - reference,
        hazard - walk_out - without_pull,
    )
    relation.stage[i] = Stage.LOST
    relation.since[i] = world.week.tick
    relation.cause[i] = cause
    people.case.touchpoint[i] = NOWHERE
    people.case.due[i] = NOWHERE
    people.case.contact_due[i] = NOWHERE
    tally[Tally.LEFT] += 1
    tally[Tally.SOCIABLE_LEFT] += people.traits.is_sociable[i]
    tally[Tally.LEFT_BY_CAUSE + cause] += 1


@part
def join_or_wait(world: World, i: int, lift: float, tally: object) -> None:
    """Let prospect i weigh the offer, what was heard, and the public rating."""
    people, numbers = world.people, world.numbers.joining
    mind, inbox = people.mind, people.inbox
    n = mind.expectation.shape[0]
    level = 0.0
    for k in range(n):
        level += mind.expectation[k, i]
    offer = attraction(
        level / n, mind.perception[i], numbers.steepness, numbers.outside_option
    )
    chance = joining_chance(
        numbers.advertising_chance * offer,
        numbers.message_effect,
        inbox.positive[i],
        discouragement(numbers.negative_message_effect, inbox.negative[i]),
        lift,
    )
    if uniform(world.week.keys[Stream.JOIN, 0], people.traits.id[i]) < chance:
        begin_spell(world, i)
        tally[Tally.JOINED] += 1


@part
def return_or_not(world: World, i: int, tally: object) -> None:
    """Let lost customer i come back, with the trust they left with."""
    people = world.people
    perception = people.mind.perception[i]
    chance = returning_chance(perception, world.numbers.joining.return_chance)
    if uniform(world.week.keys[Stream.RETURN, 0], people.traits.id[i]) < chance:
        begin_spell(world, i)
        tally[Tally.RETURNED] += 1


@part
def begin_spell(world: World, i: int) -> None:
    """Make person i a customer, with a new lot for when to leave."""
    relation = world.people.relation
    relation.stage[i] = Stage.ACTIVE
    relation.since[i] = world.week.tick
    relation.spell[i] += 1
    relation.hazard[i] = 0.0
    relation.threshold[i] = spell_threshold(world, i)
    relation.department[i] = NOWHERE
    relation.cause[i] = Cause.NONE


@part
def spell_threshold(world: World, i: int) -> float:
    """Return the cumulated hazard at which person i leaves in the present spell."""
    key = world.week.traits_keys[Stream.SPELL, 0]
    spell = world.people.relation.spell[i]
    luck = uniform_pair(key, world.people.traits.id[i], spell)
    return hazard_of(1.0 - luck)


@kernel
def notice(world: World, start: int, stop: int, _tally: object) -> None:
    """Let the people of rows start to stop notice which of their ties left."""
    people, ties = world.people, world.ties
    relation, lost = people.relation, people.inbox.lost_contacts
    is_weighted = ties.weight.size > 1
    for j in range(relation.stage.size):
        if relation.stage[j] != Stage.LOST or relation.since[j] != world.week.tick:
            continue
        for tie in range(ties.start[j], ties.start[j + 1]):
            i = ties.target[tie]
            if start <= i < stop:
                lost[i] += fixed(ties.weight[tie] if is_weighted else 1.0)
    crowd = world.week.told[Tally.SOCIABLE_LEFT] * world.numbers.word_of_mouth.contact_weight
    if crowd > 0:
        for i in range(start, stop):
            lost[i] += fixed(crowd) * people.traits.is_sociable[i]
