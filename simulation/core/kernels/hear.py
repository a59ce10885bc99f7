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

NEARLY_FULL = BLOCK - BLOCK // np.uint64(4)


class Post(NamedTuple):
    """Messages on their way, in the order in which they are told."""

    start: Word
    """Those of the rows from here"""
    stop: Word
    """to before here are carried."""
    hearer: Array
    """uint64, shape (SCRATCH,): the row of who hears."""
    teller: Array
    """uint64, shape (SCRATCH,): the row of who tells."""
    luck: Array
    """float64, shape (SCRATCH,): believed if below the chance."""
    chance: Array
    """float64, shape (SCRATCH,): with which it is believed."""


@kernel
def hear(world: World, start: Word, stop: Word, tally: Array) -> None:
    """Carry every story told this tick to those of rows start to stop who hear it.

    A teller reaches for each tie, then for each person met by chance. Luck goes by
    the hearer's id for a tie, by the number of the meeting for a meeting. Messages
    are collected and delivered many at a time, so that the far memory of one hearer
    is on its way while that of others is read.
    """
    touchpoint, ties = world.people.voice.touchpoint, world.ties
    flags, tellers = scratch_flags(), scratch_rows()
    post = Post(
        start,
        stop,
        scratch_rows(),
        scratch_rows(),
        scratch_numbers(),
        scratch_numbers(),
    )
    nobody, size = word(0), word(touchpoint.size)
    n = nobody
    for block in range(n_blocks(nobody, size)):
        first, last = block_of(nobody, size, block)
        for j in range(first, last):
            flags[j - first] = touchpoint[j] != NOWHERE
        for each in range(chosen(flags, first, last, tellers)):
            j = tellers[each]
            tie, end = word(ties.start[j]), word(ties.start[j + ONE])
            while tie < end:
                upto: Word = min(end, tie + BLOCK - n)
                n = reach_ties(world, j, tie, upto, post, n)
                tie = upto
                n = handed_over(world, post, n, tally)
            for meeting in range(n_met(world, j)):
                n = meet(world, j, meeting, post, n)
                n = handed_over(world, post, n, tally)
    deliver(world, post, n, tally)


@part
def reach_ties(
    world: World, j: Word, tie: Word, upto: Word, post: Post, n: Word
) -> int:
    """Post the story of teller j to those of some ties who hear it; return n, grown."""
    people, ties, keys = world.people, world.ties, world.week.keys
    who, reach, before = people.traits.id, reach_of(world, j), n
    key = fold(keys[Stream.HEAR, 0], who[j])
    is_weighted = word(ties.weight.size > 1)
    for place in range(tie, upto):
        i = word(ties.target[place])
        weight = ties.weight[place * is_weighted]
        is_hearing = uniform(key, who[i]) < reach * weight
        post.hearer[n] = i
        n += word(is_hearing & is_reached(post, i, j))
    key = fold(keys[Stream.BELIEVE, 0], who[j])
    for message in range(before, n):
        post.teller[message] = j
        post.luck[message] = uniform(key, who[post.hearer[message]])
    return n


@part
def meet(world: World, j: Word, meeting: Word, post: Post, n: Word) -> int:
    """Post the story of teller j to a person met, who may hear it; return n, grown."""
    keys, who = world.week.keys, world.people.traits.id[j]
    luck = uniform(fold(keys[Stream.MEETING_HEAR, 0], who), meeting)
    if luck >= reach_of(world, j):
        return n
    sociable = world.ties.sociable
    luck = uniform(fold(keys[Stream.MEET, 0], who), meeting)
    i = word(sociable[int(luck * sociable.size)])
    post.hearer[n] = i
    post.teller[n] = j
    post.luck[n] = uniform(fold(keys[Stream.MEETING_BELIEVE, 0], who), meeting)
    return n + word(is_reached(post, i, j))


@part
def is_reached(post: Post, i: Word, j: Word) -> bool:
    """Return whether the post carries to row i what row j tells."""
    return (i >= post.start) & (i < post.stop) & (i != j)


@part
def reach_of(world: World, j: int) -> float:
    """Return the chance that a tie of weight 1 hears what person j tells."""
    numbers = world.numbers.word_of_mouth
    is_positive = world.people.voice.value[j] >= numbers.neutral
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
def handed_over(world: World, post: Post, n: Word, tally: Array) -> int:
    """Deliver the post if it is nearly full; return how many messages are left."""
    if n > NEARLY_FULL:
        deliver(world, post, n, tally)
        return word(0)
    return n


@kernel
def deliver(world: World, post: Post, n: Word, tally: Array) -> None:
    """Let people hear the first n messages of the post, and believe them or not."""
    people, neutral = world.people, world.numbers.word_of_mouth.neutral
    value, stage = people.voice.value, people.relation.stage
    n_positive, n_from_lost = 0, 0
    for message in range(n):
        j = post.teller[message]
        n_positive += value[j] >= neutral
        n_from_lost += stage[j] == Stage.LOST
    tally[Tally.MESSAGES_POSITIVE] += n_positive
    tally[Tally.MESSAGES_NEGATIVE] += int(n) - n_positive
    tally[Tally.MESSAGES_FROM_LOST] += n_from_lost
    n = weighed_up(world, post, n)
    for message in range(n):
        i, j = post.hearer[message], post.teller[message]
        is_positive = value[j] >= neutral
        post.chance[message] = believing(world, i, is_positive)
    for message in range(n):
        if post.luck[message] < post.chance[message]:
            receive(world, post.teller[message], post.hearer[message], tally)


@part
def weighed_up(world: World, post: Post, n: Word) -> int:
    """Keep the messages that would be believed at some trust; return how many."""
    most_praise, most_blame = most_believed(world, True), most_believed(world, False)
    neutral, kept = world.numbers.word_of_mouth.neutral, word(0)
    for message in range(n):
        j, luck = post.teller[message], post.luck[message]
        is_positive = world.people.voice.value[j] >= neutral
        post.hearer[kept] = post.hearer[message]
        post.teller[kept] = j
        post.luck[kept] = luck
        kept += word(luck < (most_praise if is_positive else most_blame))
    return kept


@part
def receive(world: World, j: int, i: int, tally: Array) -> None:
    """Let person i, who believes the story of teller j, take it in."""
    people = world.people
    inbox, voice, traits = people.inbox, people.voice, people.traits
    k, value = voice.touchpoint[j], voice.value[j]
    is_positive = value >= world.numbers.word_of_mouth.neutral
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
        n = inbox.believed[k, i] * 1
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
