"""Phase 6: messages arrive over ties and meetings, the rating is read.

`hear` and `mingle` (the complete network) fill the inboxes; `absorb` lets people
take in what they believed, then read the public rating.
"""

from ..columns import FIXED_POINT, NOWHERE, Stage, Tally, fixed
from ..elementary import floor
from ..experience import share
from ..jit import kernel, part
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


@kernel
def hear(world: World, start: int, stop: int, tally: object) -> None:
    """Carry every story told this tick to those of rows start to stop who hear it."""
    people, ties, keys = world.people, world.ties, world.week.keys
    numbers = world.numbers.word_of_mouth
    is_weighted = ties.weight.size > 1
    for j in range(people.voice.touchpoint.size):
        if people.voice.touchpoint[j] == NOWHERE:
            continue
        who = people.traits.id[j]
        is_positive = people.voice.value[j] >= numbers.neutral
        reach = numbers.reach if is_positive else numbers.reach_negative
        hear_key = fold(keys[Stream.HEAR, 0], who)
        believe_key = fold(keys[Stream.BELIEVE, 0], who)
        for tie in range(ties.start[j], ties.start[j + 1]):
            i = ties.target[tie]
            if start <= i < stop:
                weight = ties.weight[tie] if is_weighted else 1.0
                if uniform(hear_key, people.traits.id[i]) < reach * weight:
                    receive(world, j, i, believe_key, tally)
        if people.traits.is_sociable[j] == 1 and ties.sociable.size > 1:
            meet(world, j, start, stop, tally)


@part
def meet(world: World, j: int, start: int, stop: int, tally: object) -> None:
    """Carry the story of teller j to the people met by chance this tick."""
    people, sociable, keys = world.people, world.ties.sociable, world.week.keys
    numbers = world.numbers.word_of_mouth
    who = people.traits.id[j]
    is_positive = people.voice.value[j] >= numbers.neutral
    reach = numbers.reach if is_positive else numbers.reach_negative
    meet_key = fold(keys[Stream.MEET, 0], who)
    hear_key = fold(keys[Stream.MEETING_HEAR, 0], who)
    believe_key = fold(keys[Stream.MEETING_BELIEVE, 0], who)
    n_met = floor(numbers.meetings + uniform(keys[Stream.MEETING_COUNT, 0], who))
    for meeting in range(n_met):
        i = sociable[int(uniform(meet_key, meeting) * sociable.size)]
        if start <= i < stop and i != j:
            if uniform(hear_key, people.traits.id[i]) < reach:
                receive(world, j, i, believe_key, tally)


@part
def receive(world: World, j: int, i: int, believe_key: int, tally: object) -> None:
    """Let person i hear the story of teller j and believe it or not."""
    people, numbers = world.people, world.numbers.word_of_mouth
    k, value = people.voice.touchpoint[j], people.voice.value[j]
    is_positive = value >= numbers.neutral
    tally[Tally.MESSAGES_POSITIVE if is_positive else Tally.MESSAGES_NEGATIVE] += 1
    tally[Tally.MESSAGES_FROM_LOST] += people.relation.stage[j] == Stage.LOST
    if uniform(believe_key, people.traits.id[i]) >= believing(world, i, is_positive):
        return
    pick = fold(fold(world.week.keys[Stream.PICK, 0], people.traits.id[j]), people.traits.id[i])
    note(world, i, k, fixed(value), 1, is_positive, tally)
    inbox, voice = people.inbox, people.voice
    is_first = inbox.positive[i] + inbox.negative[i] == 1
    if is_first or pick < inbox.pick[i]:
        inbox.pick[i] = pick
        voice.heard_touchpoint[i] = k
        voice.heard_value[i] = value
        voice.heard_hops[i] = voice.hops[j]


@part
def believing(world: World, i: int, is_positive: bool) -> float:
    """Return the chance that person i believes a message of this sign."""
    numbers = world.numbers.word_of_mouth
    trust = world.people.mind.trust[i]
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
    tally: object,
) -> None:
    """Put `count` believed messages of one value (in 65,536ths) into an inbox."""
    inbox = world.people.inbox
    inbox.count[k, i] += count
    inbox.total[k, i] += count * value
    if is_positive:
        inbox.positive[i] += count
        tally[Tally.BELIEVED_POSITIVE] += count
    else:
        inbox.negative[i] += count
        tally[Tally.BELIEVED_NEGATIVE] += count


@kernel
def mingle(world: World, start: int, stop: int, tally: object) -> None:
    """Let rows start to stop hear a well-mixed crowd: counts instead of ties.

    By touchpoint and sign, the number heard and the number of those believed are
    one keyed draw each; their value is the tellers' mean.
    """
    n_touchpoints = world.people.inbox.count.shape[0]
    for i in range(start, stop):
        if world.people.traits.is_sociable[i] == 1:
            for k in range(n_touchpoints):
                hear_crowd(world, i, k, 1, tally)
                hear_crowd(world, i, k, 0, tally)


@part
def hear_crowd(world: World, i: int, k: int, is_positive: int, tally: object) -> None:
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
def absorb(world: World, start: int, stop: int, tally: object) -> None:
    """Let the people of rows start to stop take in messages and the rating."""
    inbox = world.people.inbox
    for i in range(start, stop):
        if inbox.positive[i] + inbox.negative[i] > 0:
            take_in(world, i)
        read_rating(world, i, tally)


@part
def take_in(world: World, i: int) -> None:
    """Move the beliefs of person i by all messages believed this tick."""
    inbox, mind, trust = world.people.inbox, world.people.mind, world.numbers.trust
    numbers = world.numbers.perception
    count, total = 0, 0
    for k in range(inbox.count.shape[0]):
        n = inbox.count[k, i] * 1
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
        inbox.count[k, i] = 0
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
def read_rating(world: World, i: int, tally: object) -> None:
    """Let person i read the public rating: all expectations move by one step."""
    people, numbers, week = world.people, world.numbers, world.week
    stage = people.relation.stage[i]
    if stage == Stage.LOST or week.rating[1] <= 0:
        return
    is_customer = stage == Stage.ACTIVE
    reviews = numbers.reviews
    chance = reviews.read_active if is_customer else reviews.read_prospect
    if uniform(week.keys[Stream.READ, 0], people.traits.id[i]) >= chance:
        return
    tally[Tally.REVIEWS_READ] += 1
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
