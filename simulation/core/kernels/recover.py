"""Phase 4: complaints, follow-ups and repairs of failed episodes."""

import numpy as np

from ..columns import MAX_LEVERS, NOWHERE, Array, Occasion, Piece, Stage, Tally
from ..jit import Word, kernel, part, scratch_flags, scratch_rows, word
from ..parameters import World
from ..randomness import Stream, uniform
from ..recovery import (
    asked_again,
    complaint_chance,
    consoled,
    disappointed_twice,
    raised,
    reconciled,
    repair_share,
)
from .blocks import block_of, chosen, n_blocks
from .cover import covers, has_open_case
from .serve import stir


@kernel
def recover(world: World, start: Word, stop: Word, tally: Array) -> None:
    """Let customers of rows start to stop complain, be called, be made whole."""
    people, n_touchpoints = world.people, world.numbers.journey.phase.size
    flags, rows = scratch_flags(), scratch_rows()
    for block in range(n_blocks(start, stop)):
        first, last = block_of(start, stop, block)
        for k in range(n_touchpoints):
            flag_livers(world, first, last, np.uint8(1 << k), flags)
            complain(world, k, rows, chosen(flags, first, last, rows), tally)
        flag_noticed(world, first, last, flags)
        for each in range(chosen(flags, first, last, rows)):
            plan_contact(world, rows[each])
        flag_due(world, first, last, flags)
        for each in range(chosen(flags, first, last, rows)):
            answer_and_call(world, rows[each], tally)
    for lever in range(world.levers.n[0]):
        if world.levers.outreach.planned_chance[lever] > 0:
            for i in range(start, stop):
                if people.relation.stage[i] == Stage.ACTIVE:
                    reach_out(world, lever, i, tally)


@part
def flag_livers(world: World, first: Word, last: Word, bit: Word, flags: Array) -> None:
    """Flag the customers of a block who lived the touchpoint of a bit this tick."""
    lived, stage = world.people.lived.touchpoints, world.people.relation.stage
    for i in range(first, last):
        flags[i - first] = ((lived[i] & bit) != 0) & (stage[i] == Stage.ACTIVE)


@part
def flag_noticed(world: World, first: Word, last: Word, flags: Array) -> None:
    """Flag the customers of a block whom the firm may follow up for what they lived.

    Without a lever that does, only those whose case has just opened.
    """
    lived, stage = world.people.lived.touchpoints, world.people.relation.stage
    opened, tick, follows_up = world.people.case.opened, world.week.tick, False
    for lever in range(world.levers.n[0]):
        follows_up = follows_up or world.levers.contact_chance[lever] > 0
    for i in range(first, last):
        is_noticed = ((lived[i] != 0) & follows_up) | (opened[i] == tick)
        flags[i - first] = is_noticed & (stage[i] == Stage.ACTIVE)


@part
def flag_due(world: World, first: Word, last: Word, flags: Array) -> None:
    """Flag the customers of a block who are answered or called this tick."""
    case, stage, tick = world.people.case, world.people.relation.stage, world.week.tick
    for i in range(first, last):
        is_due = (case.due[i] == tick) | (case.contact_due[i] == tick)
        flags[i - first] = is_due & (stage[i] == Stage.ACTIVE)


@part
def answer_and_call(world: World, i: int, tally: Array) -> None:
    """Answer the complaint of customer i, if it is due, and call, if that is."""
    case = world.people.case
    if case.due[i] == world.week.tick:
        repair(world, i, tally)
    if case.contact_due[i] == world.week.tick:
        contact(world, i, tally)


@part
def complain(world: World, k: int, rows: Array, n: Word, tally: Array) -> None:
    """Let n customers complain about what they lived at touchpoint k this tick."""
    case, numbers, tick = world.people.case, world.numbers.recovery, world.week.tick
    who, satisfaction = world.people.traits.id, world.people.lived.satisfaction
    key, flags, kept = (
        world.week.keys[Stream.COMPLAIN, k],
        scratch_flags(),
        scratch_rows(),
    )
    for each in range(n):
        chance = complaint_chance(
            satisfaction[k, rows[each]],
            numbers.complaint_intercept,
            numbers.complaint_slope,
        )
        flags[each] = uniform(key, who[rows[each]]) < chance
    n = chosen(flags, word(0), n, kept)
    tally[Tally.COMPLAINTS] += int(n)
    for each in range(n):
        i = rows[kept[each]]
        tally[Tally.SEVERE_COMPLAINTS] += satisfaction[k, i] < numbers.severe_below
        if case.touchpoint[i] == k and case.opened[i] == tick:
            case.has_complained[i] = 1
            case.due[i] = tick + reply_delay(world, i)


@part
def reply_delay(world: World, i: int) -> int:
    """Return after how many ticks a complaint of customer i is answered."""
    delay = world.numbers.recovery.complaint_delay
    for lever in range(world.levers.n[0]):
        sooner = world.levers.outreach.reply_delay[lever]
        if sooner > NOWHERE and sooner < delay and covers(world, lever, i):
            delay = int(sooner)
    return delay


@part
def plan_contact(world: World, i: int) -> None:
    """Let the firm decide whether it will follow up what customer i lived."""
    people, numbers, levers = world.people, world.numbers.recovery, world.levers
    case, keys = people.case, world.week.keys
    if case.contact_due[i] >= world.week.tick:
        return
    who = people.traits.id[i]
    is_bad = case.touchpoint[i] != NOWHERE and case.opened[i] == world.week.tick
    is_good = not is_bad and best_of(world, i) >= world.numbers.word_of_mouth.neutral
    for lever in range(levers.n[0]):
        occasion = levers.contact_occasion[lever]
        if occasion == Occasion.BAD and not is_bad:
            continue
        if occasion == Occasion.GOOD and not is_good:
            continue
        luck = uniform(keys[Stream.CONTACT, lever], who)
        if luck < levers.contact_chance[lever] and covers(world, lever, i):
            case.contact_due[i] = world.week.tick + levers.contact_delay[lever]
            case.contact_lever[i] = lever
            case.contact_is_good[i] = is_good
            return
    if is_bad and uniform(keys[Stream.CONTACT, MAX_LEVERS], who) < numbers.habit_share:
        case.contact_due[i] = world.week.tick + numbers.habit_delay
        case.contact_lever[i] = MAX_LEVERS
        case.contact_is_good[i] = 0


@part
def best_of(world: World, i: int) -> float:
    """Return the satisfaction with the best episode of person i this tick."""
    lived = world.people.lived
    best = 0.0
    for k in range(lived.satisfaction.shape[0]):
        if lived.touchpoints[i] >> k & 1 != 0:
            best = max(best, lived.satisfaction[k, i] * 1.0)
    return best


@part
def reach_out(world: World, lever: int, i: int, tally: Array) -> None:
    """Let a lever contact customer i as planned, whatever was lived."""
    outreach, who = world.levers.outreach, world.people.traits.id[i]
    luck = uniform(world.week.keys[Stream.PLANNED, lever], who)
    if luck >= outreach.planned_chance[lever] or not covers(world, lever, i):
        return
    if outreach.stirring[lever] >= 0:
        stir(world, lever, i, tally)
    else:
        tally[Tally.CONTACTS_MADE] += 1
        tally[Tally.CONTACTS + lever] += 1
        ask(world, i, tally)


@part
def contact(world: World, i: int, tally: Array) -> None:
    """Call customer i: an open wound may be told of, a good mood may buy more."""
    people, numbers, keys = world.people, world.numbers, world.week.keys
    case, who = people.case, people.traits.id[i]
    lever = case.contact_lever[i]
    case.contact_due[i] = NOWHERE
    tally[Tally.CONTACTS_MADE] += 1
    tally[Tally.CONTACTS + lever] += 1
    if case.contact_is_good[i] == 1:
        chance = numbers.upsell_chance[lever]
        is_sold = uniform(keys[Stream.UPSELL, 0], who) < chance
        tally[Tally.UPSELLS] += is_sold
        tally[Tally.SOLD + lever] += is_sold
    ask(world, i, tally)


@part
def ask(world: World, i: int, tally: Array) -> None:
    """Ask customer i how it went: who suffered in silence may speak."""
    case, mind, numbers = world.people.case, world.people.mind, world.numbers.recovery
    mind.asked[i] = asked_again(mind.asked[i], numbers.contact_fatigue)
    is_silent = has_open_case(world, i) and case.has_complained[i] == 0
    luck = uniform(world.week.keys[Stream.VOICE, 0], world.people.traits.id[i])
    if is_silent and luck < numbers.voice_when_asked:
        repair(world, i, tally)


@part
def repair(world: World, i: int, tally: Array) -> None:
    """Try to make good the open case of customer i; it is closed either way."""
    people, numbers = world.people, world.numbers.recovery
    case, mind = people.case, people.mind
    weight = world.numbers.journey.weight[case.touchpoint[i]]
    rate = world.numbers.perception.learning_rate * weight
    s = case.satisfaction[i] * 1.0
    chance, strength = numbers.repair_chance, numbers.repair_strength
    outreach = world.levers.outreach
    for lever in range(world.levers.n[0]):
        if covers(world, lever, i):
            chance = raised(chance, outreach.repair_chance_shift[lever])
            strength = raised(strength, outreach.repair_strength_shift[lever])
            tally[Tally.PIECES + lever] += outreach.piece[lever] == Piece.CASE
    tally[Tally.REPAIRS_TRIED] += 1
    luck = uniform(world.week.keys[Stream.REPAIR, 0], people.traits.id[i])
    if luck < chance:
        tally[Tally.REPAIRED] += 1
        share = repair_share(strength, case.is_repeat[i])
        mind.perception[i] = consoled(
            mind.perception[i], case.perception_before[i], s, share, rate
        )
        mind.trust[i] = reconciled(mind.trust[i], case.trust_lost[i], share)
        mind.grievance[i] *= 1 - share
    else:
        mind.perception[i] = disappointed_twice(mind.perception[i], s, rate)
    case.touchpoint[i] = NOWHERE
    case.due[i] = NOWHERE
