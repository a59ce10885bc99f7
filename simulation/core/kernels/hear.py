"""Phase 6: messages arrive over ties and meetings, the rating is read.

`hear` and `mingle` (the complete network) fill the inboxes; `absorb` lets people
take in what they believed, then read the public rating.
"""

from typing import NamedTuple

import numpy as np

from ..columns import FIXED_POINT, MOST_MESSAGES, NOWHERE, Array, Stage, Tally, fixed
from ..elementary import floor
from ..experience import share
from ..jit import (
    Word,
    ask_for,
    kernel,
    part,
    scratch_flags,
    scratch_numbers,
    scratch_rows,
    word,
)
from ..parameters import World
from ..perception import (
    evidence_step,
    moved,
    persuaded,
    trusting_others,
    weighed,
)
from ..randomness import Stream, count_quantile, fold, uniform
from ..telling import belief_chance, rating_evidence
from .blocks import BLOCK, ONE, block_of, chosen, n_blocks


class Hearers(NamedTuple):
    """The rows that hear what is carried to them here; others belong to a thread."""

    start: Word
    stop: Word


class Tellers(NamedTuple):
    """Tellers of praise or of blame in a block, and the contacts that each has."""

    row: Array
    """uint64, shape (SCRATCH,)."""
    begin: Array
    """uint64, shape (SCRATCH,): the number of the first contact,"""
    end: Array
    """uint64, shape (SCRATCH,): and one beyond the last."""


class Contacts(NamedTuple):
    """The ties that tellers reach for, or the meetings they have; a row a contact."""

    teller: Array
    """uint64, shape (SCRATCH,): the row of who tells."""
    number: Array
    """uint64, shape (SCRATCH,): the place of the tie, or which of the meetings."""


class Reach(NamedTuple):
    """Ties that tellers reach for."""

    teller: Array
    """uint64, shape (SCRATCH,): the row of who tells."""
    hearer: Array
    """uint64, shape (SCRATCH,): the row of who may hear."""
    chance: Array
    """float64, shape (SCRATCH,): of hearing."""


class Messages(NamedTuple):
    """Messages on their way."""

    teller: Array
    """uint64, shape (SCRATCH,): the row of who tells."""
    hearer: Array
    """uint64, shape (SCRATCH,): the row of who hears."""
    luck: Array
    """float64, shape (SCRATCH,): believed if below the chance."""


class Rooms(NamedTuple):
    """What is worked on, a room for each step."""

    tellers: Tellers
    contacts: Contacts
    reach: Reach
    heard: Messages


@kernel
def hear(world: World, start: Word, stop: Word, tally: Array) -> None:
    """Carry every story told this tick to those of rows start to stop who hear it.

    A teller reaches for each tie, then for each person met by chance. The messages
    of a block take each step together, so that the far memory of many is on its way
    at once, and what is worked out for several at a time is; blame and praise apart,
    because all of one sign reach and convince alike. What is worked on has its own
    room at each step: the compiler looks at a hundred uses of a room before it fears
    that a column overlaps it.
    """
    voice, flags, speakers = world.people.voice, scratch_flags(), scratch_rows()
    hearers = Hearers(start, stop)
    rooms = Rooms(
        Tellers(scratch_rows(), scratch_rows(), scratch_rows()),
        Contacts(scratch_rows(), scratch_rows()),
        Reach(scratch_rows(), scratch_rows(), scratch_numbers()),
        Messages(scratch_rows(), scratch_rows(), scratch_numbers()),
    )
    nobody, size = word(0), word(voice.touchpoint.size)
    for block in range(n_blocks(nobody, size)):
        first, last = block_of(nobody, size, block)
        for j in range(first, last):
            flags[j - first] = voice.touchpoint[j] != NOWHERE
        n_speakers = chosen(flags, first, last, speakers)
        for is_positive in (False, True):
            n = of_sign(world, speakers, n_speakers, is_positive, rooms.tellers.row)
            for is_meeting in (False, True):
                begin_contacts(world, hearers, rooms.tellers, n, is_meeting)
                carry(world, hearers, rooms, n, is_positive, is_meeting, tally)


@part
def carry(
    world: World,
    hearers: Hearers,
    rooms: Rooms,
    n_tellers: Word,
    is_positive: bool,
    is_meeting: bool,
    tally: Array,
) -> None:
    """Carry the stories of tellers of one sign over their ties, or into meetings."""
    tellers, contacts, reach, heard = rooms
    each, number = word(0), tellers.begin[0]
    while each < n_tellers:
        n, each, number = lined_up(tellers, n_tellers, each, number, contacts)
        if is_meeting:
            n = met(world, contacts, n, is_positive, heard)
            n = within(hearers, heard, n)
        else:
            reach_for(world, contacts, n, is_positive, reach)
            n = reached(world, reach, n, heard)
        deliver(world, heard, n, is_positive, tally)


@part
def of_sign(
    world: World, speakers: Array, n: Word, is_positive: bool, tellers: Array
) -> Word:
    """Write which of n speakers praise, or which blame; return how many."""
    value, neutral = world.people.voice.value, world.numbers.word_of_mouth.neutral
    flags, kept = scratch_flags(), scratch_rows()
    for each in range(n):
        flags[each] = (value[speakers[each]] >= neutral) == is_positive
    n = chosen(flags, word(0), n, kept)
    for each in range(n):
        tellers[each] = speakers[kept[each]]
    return n


@part
def begin_contacts(
    world: World, hearers: Hearers, tellers: Tellers, n_tellers: Word, is_meeting: bool
) -> None:
    """Number the contacts of each teller: the places of ties, or meetings from 0."""
    start, target = world.ties.start, world.ties.target
    for each in range(n_tellers):
        j = tellers.row[each]
        tellers.begin[each] = 0 if is_meeting else start[j]
        tellers.end[each] = n_met(world, j) if is_meeting else start[j + ONE]
    if is_meeting:
        return
    for each in range(n_tellers):
        ask_for(target, tellers.begin[each])
        ask_for(target, tellers.end[each] - ONE)
    if hearers.stop - hearers.start < world.people.voice.touchpoint.size:
        for each in range(n_tellers):
            leave_out_others(hearers, target, tellers, each)


@part
def leave_out_others(
    hearers: Hearers, target: Array, tellers: Tellers, each: Word
) -> None:
    """Leave out a teller's ties to those who do not hear here; ties are sorted."""
    start, stop = int(hearers.start), int(hearers.stop)
    begin, end = tellers.begin[each], tellers.end[each]
    while begin < end and target[begin] < start:
        begin += ONE
    while begin < end and target[end - ONE] >= stop:
        end -= ONE
    tellers.begin[each], tellers.end[each] = begin, end


@part
def lined_up(
    tellers: Tellers, n_tellers: Word, each: Word, number: Word, contacts: Contacts
) -> tuple[Word, Word, Word]:
    """Line up contacts from one on, of one teller after the other, while they fit.

    Return how many, the teller who is next, and that one's next contact.
    """
    n = word(0)
    while each < n_tellers and n < BLOCK:
        upto: Word = min(tellers.end[each], number + BLOCK - n)
        for place in range(upto - number):
            contacts.teller[n + place] = tellers.row[each]
            contacts.number[n + place] = number + place
        n += upto - number
        number = upto
        if number == tellers.end[each]:
            each += ONE
            number = tellers.begin[min(each, BLOCK - ONE)]
    return n, each, number


@part
def reach_for(
    world: World, contacts: Contacts, n: Word, is_positive: bool, reach: Reach
) -> None:
    """Write whom n ties reach, and with which chance they hear."""
    ties = world.ties
    is_weighted, at_most = word(ties.weight.size > 1), reach_of(world, is_positive)
    for each in range(n):
        place = contacts.number[each]
        reach.teller[each] = contacts.teller[each]
        reach.hearer[each] = ties.target[place]
        reach.chance[each] = ties.weight[place * is_weighted] * at_most


@part
def reached(world: World, reach: Reach, n: Word, heard: Messages) -> Word:
    """Write the messages that are heard over n ties; return how many.

    Luck goes by the hearer's id, wherever the tie stands.
    """
    keys, who = world.week.keys, world.people.traits.id
    flags, kept = scratch_flags(), scratch_rows()
    key = keys[Stream.HEAR, 0]
    for each in range(n):
        luck = uniform(fold(key, who[reach.teller[each]]), who[reach.hearer[each]])
        flags[each] = luck < reach.chance[each]
    n = chosen(flags, word(0), n, kept)
    for each in range(n):
        heard.teller[each] = reach.teller[kept[each]]
        heard.hearer[each] = reach.hearer[kept[each]]
    key = keys[Stream.BELIEVE, 0]
    for each in range(n):
        key_of_teller = fold(key, who[heard.teller[each]])
        heard.luck[each] = uniform(key_of_teller, who[heard.hearer[each]])
    return n


@part
def met(
    world: World, contacts: Contacts, n: Word, is_positive: bool, heard: Messages
) -> Word:
    """Write the messages that are heard in n chance meetings; return how many.

    Luck goes by the number of the meeting.
    """
    keys, who = world.week.keys, world.people.traits.id
    sociable, flags, kept = world.ties.sociable, scratch_flags(), scratch_rows()
    key, chance = keys[Stream.MEETING_HEAR, 0], reach_of(world, is_positive)
    for each in range(n):
        luck = uniform(fold(key, who[contacts.teller[each]]), contacts.number[each])
        flags[each] = luck < chance
    n = chosen(flags, word(0), n, kept)
    for each in range(n):
        j, meeting = contacts.teller[kept[each]], contacts.number[kept[each]]
        luck = uniform(fold(keys[Stream.MEET, 0], who[j]), meeting)
        heard.teller[each] = j
        heard.hearer[each] = sociable[int(luck * sociable.size)]
        luck = uniform(fold(keys[Stream.MEETING_BELIEVE, 0], who[j]), meeting)
        heard.luck[each] = luck
    return n


@part
def within(hearers: Hearers, heard: Messages, n: Word) -> Word:
    """Keep what goes to those who hear here, and nothing to oneself; return how much.

    So that threads share what is still to be drawn.
    """
    kept = word(0)
    for each in range(n):
        i, j = heard.hearer[each], heard.teller[each]
        heard.hearer[kept] = i
        heard.teller[kept] = j
        heard.luck[kept] = heard.luck[each]
        is_theirs = (i >= hearers.start) & (i < hearers.stop)
        kept += word(is_theirs & (i != j))
    return kept


@part
def reach_of(world: World, is_positive: bool) -> float:
    """Return the chance that a tie of weight 1 hears a story of this sign."""
    numbers = world.numbers.word_of_mouth
    return numbers.reach if is_positive else numbers.reach_negative


@part
def n_met(world: World, j: int) -> int:
    """Return how many people teller j meets by chance this tick."""
    meetings, key = world.numbers.word_of_mouth.meetings, Stream.MEETING_COUNT
    luck = uniform(world.week.keys[key, 0], world.people.traits.id[j])
    is_sociable = world.people.traits.is_sociable[j] == 1
    is_meeting = is_sociable & (world.ties.sociable.size > 1)
    return floor(meetings + luck) * is_meeting


@part
def deliver(
    world: World, heard: Messages, n: Word, is_positive: bool, tally: Array
) -> None:
    """Let people hear n messages of one sign, and believe them or not.

    First those are put aside that nobody would believe, whatever the trust.
    """
    trust, stage = world.people.mind.trust, world.people.relation.stage
    most = most_believed(world, is_positive)
    flags, kept, believed = scratch_flags(), scratch_rows(), scratch_rows()
    n_from_lost = 0
    for each in range(n):
        n_from_lost += stage[heard.teller[each]] == Stage.LOST
    tally[Tally.MESSAGES_FROM_LOST] += n_from_lost
    tally[Tally.MESSAGES_POSITIVE if is_positive else Tally.MESSAGES_NEGATIVE] += int(n)
    for each in range(n):
        flags[each] = heard.luck[each] < most
    n = chosen(flags, word(0), n, kept)
    for each in range(n):
        ask_for(trust, heard.hearer[kept[each]])
    for each in range(n):
        chance = believing(world, heard.hearer[kept[each]], is_positive)
        flags[each] = heard.luck[kept[each]] < chance
    n = chosen(flags, word(0), n, believed)
    for each in range(n):
        message = kept[believed[each]]
        ask_for_inbox(world, heard.teller[message], heard.hearer[message])
    for each in range(n):
        message = kept[believed[each]]
        receive(world, heard.teller[message], heard.hearer[message], is_positive, tally)


@part
def ask_for_inbox(world: World, j: int, i: int) -> None:
    """Have the inbox of person i brought near, to whom teller j tells a story."""
    inbox, voice = world.people.inbox, world.people.voice
    place = word(voice.touchpoint[j]) * word(voice.touchpoint.size) + i
    ask_for(inbox.believed, place)
    ask_for(inbox.total, place)
    ask_for(inbox.positive, i)
    ask_for(inbox.negative, i)
    ask_for(inbox.pick, i)
    ask_for(voice.heard_touchpoint, i)
    ask_for(voice.heard_value, i)
    ask_for(voice.heard_hops, i)


@part
def receive(world: World, j: int, i: int, is_positive: bool, tally: Array) -> None:
    """Let person i, who believes the story of teller j, take it in."""
    people = world.people
    inbox, voice, traits = people.inbox, people.voice, people.traits
    k, value = voice.touchpoint[j], voice.value[j]
    is_first = inbox.positive[i] + inbox.negative[i] == 0
    note(world, i, k, fixed(value), 1, is_positive, tally)
    pick = fold(fold(world.week.keys[Stream.PICK, 0], traits.id[j]), traits.id[i])
    if is_first or pick < inbox.pick[i]:
        inbox.pick[i] = pick
        voice.heard_touchpoint[i] = k
        voice.heard_value[i] = value
        voice.heard_hops[i] = voice.hops[j]


@part
def most_believed(world: World, is_positive: bool) -> float:
    """Return the largest chance, over all trust, that such a message is believed."""
    return max(belief_at(world, 0.0, is_positive), belief_at(world, 1.0, is_positive))


@part
def believing(world: World, i: int, is_positive: bool) -> float:
    """Return the chance that person i believes a message of this sign."""
    return belief_at(world, world.people.mind.trust[i] * 1.0, is_positive)


@part
def belief_at(world: World, trust: float, is_positive: bool) -> float:
    """Return the chance that somebody of this trust believes such a message."""
    numbers = world.numbers.word_of_mouth
    if is_positive:
        distrusted = numbers.believe_positive_distrusted
        trusted = numbers.believe_positive_trusted
    else:
        distrusted = numbers.believe_negative_distrusted
        trusted = numbers.believe_negative_trusted
    return belief_chance(trust, distrusted, trusted, numbers.hearings)


@part
def note(
    world: World,
    i: int,
    k: int,
    value: int,
    count: int,
    is_positive: bool,
    tally: Array,
) -> None:
    """Put believed messages of one value (in 65,536ths) into an inbox, while it holds.

    A hub of a very large network may believe more in a tick than the sums can
    hold; what is beyond that says nothing new.
    """
    inbox = world.people.inbox
    taken = inbox.positive[i] * 1 + inbox.negative[i]
    count = min(count, MOST_MESSAGES - taken)
    inbox.believed[k, i] += count
    inbox.total[k, i] += count * value
    inbox.positive[i] += count * is_positive
    inbox.negative[i] += count * (not is_positive)
    tally[Tally.BELIEVED_POSITIVE] += count * is_positive
    tally[Tally.BELIEVED_NEGATIVE] += count * (not is_positive)


@kernel
def mingle(world: World, start: Word, stop: Word, tally: Array) -> None:
    """Let rows start to stop hear a well-mixed crowd: counts instead of ties.

    By touchpoint and sign, the number heard and the number of those believed are
    one keyed draw each; their value is the tellers' mean.
    """
    n_touchpoints = world.people.inbox.believed.shape[0]
    for i in range(start, stop):
        if world.people.traits.is_sociable[i] == 1:
            for k in range(n_touchpoints):
                hear_crowd(world, i, k, 1, tally)
                hear_crowd(world, i, k, 0, tally)


@part
def hear_crowd(world: World, i: int, k: int, is_positive: int, tally: Array) -> None:
    """Let person i hear what a crowd tells of touchpoint k, of one sign."""
    people, numbers, told = world.people, world.numbers.word_of_mouth, world.week.told
    if is_positive:
        tellers = told[Tally.TELLERS_POSITIVE + k]
        total, reach = told[Tally.TOLD_POSITIVE + k], numbers.reach
    else:
        tellers = told[Tally.TELLERS_NEGATIVE + k]
        total, reach = told[Tally.TOLD_NEGATIVE + k], numbers.reach_negative
    if tellers == 0:
        return
    voice = people.voice
    is_own = voice.touchpoint[i] == k
    is_own = is_own and (voice.value[i] >= numbers.neutral) == (is_positive == 1)
    who, slot = people.traits.id[i], 2 * k + is_positive
    luck = uniform(world.week.keys[Stream.HEAR, slot], who)
    heard = count_quantile(tellers - is_own, reach * numbers.contact_weight, luck)
    if heard == 0:
        return
    tally[Tally.MESSAGES_POSITIVE if is_positive else Tally.MESSAGES_NEGATIVE] += heard
    luck = uniform(world.week.keys[Stream.BELIEVE, slot], who)
    believed = count_quantile(heard, believing(world, i, is_positive == 1), luck)
    if believed == 0:
        return
    value = total // tellers
    pick = fold(world.week.keys[Stream.PICK, slot], who)
    inbox = people.inbox
    is_first = inbox.positive[i] + inbox.negative[i] == 0
    note(world, i, k, value, believed, is_positive == 1, tally)
    if is_first or pick < inbox.pick[i]:
        inbox.pick[i] = pick
        voice.heard_touchpoint[i] = k
        voice.heard_value[i] = value / FIXED_POINT
        voice.heard_hops[i] = 0


@kernel
def absorb(world: World, start: Word, stop: Word, tally: Array) -> None:
    """Let the people of rows start to stop take in messages and the rating."""
    inbox = world.people.inbox
    flags, rows = scratch_flags(), scratch_rows()
    for block in range(n_blocks(start, stop)):
        first, last = block_of(start, stop, block)
        for i in range(first, last):
            flags[i - first] = (inbox.positive[i] | inbox.negative[i]) != 0
        for each in range(chosen(flags, first, last, rows)):
            take_in(world, rows[each])
        for i in range(first, last):
            flags[i - first] = is_reading(world, i)
            inbox.is_reading[i] = flags[i - first]
        n_reading = chosen(flags, first, last, rows)
        tally[Tally.REVIEWS_READ] += int(n_reading)
        for each in range(n_reading):
            read_rating(world, rows[each])


@part
def is_reading(world: World, i: int) -> bool:
    """Return whether person i reads the public rating this tick."""
    stage, reviews = world.people.relation.stage[i], world.numbers.reviews
    luck = uniform(world.week.keys[Stream.READ, 0], world.people.traits.id[i])
    reads = (stage == Stage.ACTIVE) & (luck < reviews.read_active)
    reads |= (stage == Stage.PROSPECT) & (luck < reviews.read_prospect)
    return reads & (world.week.rating[1] > 0)


@part
def take_in(world: World, i: int) -> None:
    """Move the beliefs of person i by all messages believed this tick."""
    inbox, mind, trust = world.people.inbox, world.people.mind, world.numbers.trust
    numbers = world.numbers.perception
    count, total = 0, 0
    for k in range(inbox.believed.shape[0]):
        n = int(np.int64(inbox.believed[k, i]))
        if n == 0:
            continue
        count += n
        total += inbox.total[k, i]
        mean = inbox.total[k, i] / (n * FIXED_POINT)
        weight = n * numbers.message_weight
        evidence = mind.evidence[k, i]
        step = evidence_step(evidence, weight)
        mind.expectation[k, i] = moved(mind.expectation[k, i], mean, step)
        mind.evidence[k, i] = weighed(evidence, weight, numbers.memory_limit)
        inbox.believed[k, i] = 0
        inbox.total[k, i] = 0
    step = evidence_step(numbers.memory_limit, numbers.message_weight)
    mean = total / (count * FIXED_POINT)
    mind.perception[i] = persuaded(mind.perception[i], mean, step, count)
    mind.trust[i] = trusting_others(
        mind.trust[i],
        trust.message_gain,
        trust.message_loss,
        inbox.positive[i],
        inbox.negative[i],
    )


@part
def read_rating(world: World, i: int) -> None:
    """Let person i read the public rating: all expectations move by one step."""
    people, numbers, week = world.people, world.numbers, world.week
    mind, limit = people.mind, numbers.perception.memory_limit
    n = mind.expectation.shape[0]
    level, evidence = 0.0, 0.0
    for k in range(n):
        level += mind.expectation[k, i]
        evidence += mind.evidence[k, i]
    weight = rating_evidence(numbers.perception.rating_weight, week.rating[1])
    step = evidence_step(evidence / n, weight)
    shift = moved(level / n, week.rating[0], step) - level / n
    for k in range(n):
        mind.expectation[k, i] = share(mind.expectation[k, i] + shift)
        mind.evidence[k, i] = weighed(mind.evidence[k, i], weight, limit)
