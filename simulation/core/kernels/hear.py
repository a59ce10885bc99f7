"""Phase 6: messages arrive over ties and meetings, the rating is read.

`hear` and `mingle` (the complete network) fill the inboxes; `absorb` lets people
take in what they believed, then read the public rating.
"""

from ..columns import FIXED_POINT, MOST_MESSAGES, NOWHERE, Array, Stage, Tally, fixed
from ..elementary import floor
from ..experience import share
from ..jit import Word, kernel, part, word
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
from .blocks import block_of, n_blocks


@kernel
def hear(world: World, start: Word, stop: Word, tally: Array) -> None:
    """Carry every story told this tick to those of rows start to stop who hear it.

    A teller reaches for each tie, then for each person met by chance. Luck goes by
    the hearer's id for a tie, by the number of the meeting for a meeting.
    """
    people, ties, keys = world.people, world.ties, world.week.keys
    numbers = world.numbers.word_of_mouth
    most_praise, most_blame = most_believed(world, True), most_believed(world, False)
    for j in range(people.voice.touchpoint.size):
        if people.voice.touchpoint[j] == NOWHERE:
            continue
        who = people.traits.id[j]
        is_positive = people.voice.value[j] >= numbers.neutral
        reach = numbers.reach if is_positive else numbers.reach_negative
        most = most_praise if is_positive else most_blame
        n_ties = ties.start[j + 1] - ties.start[j]
        luck = uniform(keys[Stream.MEETING_COUNT, 0], who)
        n_met = floor(numbers.meetings + luck) * is_meeting(world, j)
        hear_key = fold(keys[Stream.HEAR, 0], who)
        believe_key = fold(keys[Stream.BELIEVE, 0], who)
        for contact in range(n_ties + n_met):
            weight = 1.0
            if contact < n_ties:
                i = word(ties.target[ties.start[j] + contact])
                whose = people.traits.id[i]
                if ties.weight.size > 1:
                    weight = ties.weight[ties.start[j] + contact] * 1.0
            else:
                whose = word(contact - n_ties)
                if contact == n_ties:
                    hear_key = fold(keys[Stream.MEETING_HEAR, 0], who)
                    believe_key = fold(keys[Stream.MEETING_BELIEVE, 0], who)
            if uniform(hear_key, whose) < reach * weight:
                if contact >= n_ties:
                    i = met(world, who, whose)
                if start <= i < stop and i != word(j):
                    luck = uniform(believe_key, whose)
                    receive(world, j, i, luck, luck < most, tally)


@part
def is_meeting(world: World, j: int) -> bool:
    """Return whether person j meets anybody by chance."""
    is_sociable = world.people.traits.is_sociable[j] == 1
    return is_sociable & (world.ties.sociable.size > 1)


@part
def met(world: World, who: Word, meeting: Word) -> int:
    """Return the row of the person met at one of a teller's meetings."""
    sociable = world.ties.sociable
    luck = uniform(fold(world.week.keys[Stream.MEET, 0], who), meeting)
    return word(sociable[int(luck * sociable.size)])


@part
def receive(
    world: World, j: int, i: int, luck: float, is_open: bool, tally: Array
) -> None:
    """Let person i hear the story of teller j and believe it or not.

    Who is not open to it would not believe it at any trust.
    """
    people, numbers = world.people, world.numbers.word_of_mouth
    inbox, voice, traits = people.inbox, people.voice, people.traits
    k, value = voice.touchpoint[j], voice.value[j]
    is_positive = value >= numbers.neutral
    tally[Tally.MESSAGES_POSITIVE] += is_positive
    tally[Tally.MESSAGES_NEGATIVE] += not is_positive
    tally[Tally.MESSAGES_FROM_LOST] += people.relation.stage[j] == Stage.LOST
    if not is_open or luck >= believing(world, i, is_positive):
        return
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
    for block in range(n_blocks(start, stop)):
        first, last = block_of(start, stop, block)
        for i in range(first, last):
            inbox.is_reading[i] = is_reading(world, i)
        for i in range(first, last):
            if inbox.positive[i] + inbox.negative[i] > 0:
                take_in(world, i)
            if inbox.is_reading[i] != 0:
                tally[Tally.REVIEWS_READ] += 1
                read_rating(world, i)


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
