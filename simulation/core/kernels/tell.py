"""Phase 5: who talks, who posts a review."""

import numpy as np

from ..columns import MOST_HOPS, NOWHERE, Array, Piece, Stage, Tally, fixed
from ..jit import Word, kernel, part, scratch_flags, scratch_numbers, scratch_rows, word
from ..parameters import World
from ..randomness import Stream, uniform
from ..surveying import is_promoter, score
from ..telling import (
    extremity,
    is_bad_review,
    stars,
    talking_chance,
    trust_in_talk,
)
from .blocks import block_of, chosen, n_blocks
from .cover import covers
from .recover import reply_delay


@kernel
def tell(world: World, start: Word, stop: Word, tally: Array) -> None:
    """Let the people of rows start to stop choose the story they tell, if any.

    At most one story a tick: of the own ones the one with the largest |x|, the next
    waits for the tick after, so that the length of a tick hardly changes how much is
    told; with no own story, the one believed last tick may be passed on. What all of
    a block do is done together, touchpoint by touchpoint.
    """
    lived, voice, flags = world.people.lived, world.people.voice, scratch_flags()
    rows, livers = scratch_rows(), scratch_rows()
    for block in range(n_blocks(start, stop)):
        first, last = block_of(start, stop, block)
        for i in range(first, last):
            voice.touchpoint[i] = voice.waiting_touchpoint[i]
            flags[i - first] = voice.waiting_touchpoint[i] != NOWHERE
        for each in range(chosen(flags, first, last, rows)):
            tell_waiting(world, rows[each])
        for k in range(lived.satisfaction.shape[0]):
            bit = np.uint8(1 << k)
            for i in range(first, last):
                flags[i - first] = (lived.touchpoints[i] & bit) != 0
            tell_own(world, k, livers, chosen(flags, first, last, livers), tally)
        for i in range(first, last):
            flags[i - first] = voice.heard_touchpoint[i] != NOWHERE
        for each in range(chosen(flags, first, last, rows)):
            tell_heard(world, rows[each], tally)
        for i in range(first, last):
            flags[i - first] = voice.touchpoint[i] != NOWHERE
        count_stories(world, rows, chosen(flags, first, last, rows), tally)


@part
def tell_waiting(world: World, i: int) -> None:
    """Let person i tell the story that had to wait."""
    voice = world.people.voice
    voice.value[i] = voice.waiting_value[i]
    voice.hops[i] = 0
    voice.waiting_touchpoint[i] = NOWHERE


@part
def tell_own(world: World, k: int, rows: Array, n: Word, tally: Array) -> None:
    """Let n people talk about, and review, what they lived at touchpoint k."""
    people, keys, posting = world.people, world.week.keys, world.numbers.reviews.posting
    who, satisfaction = people.traits.id, people.lived.satisfaction
    flags, kept, chance = scratch_flags(), scratch_rows(), scratch_numbers()
    for each in range(n):
        chance[each] = own_chance(world, k, rows[each])
    for each in range(n):
        chance[each] *= praise_factor(world, k, rows[each])
    for each in range(n):
        flags[each] = uniform(keys[Stream.TALK, k], who[rows[each]]) < chance[each]
    for each in range(chosen(flags, word(0), n, kept)):
        i = rows[kept[each]]
        line_up(world, i, k, satisfaction[k, i])
    for each in range(n):
        luck = uniform(keys[Stream.POST, k], who[rows[each]])
        flags[each] = luck < posting[stars(satisfaction[k, rows[each]]) - 1]
    for each in range(chosen(flags, word(0), n, kept)):
        i = rows[kept[each]]
        if people.traits.is_reviewer[i] == 1:
            post(world, i, k, stars(satisfaction[k, i]), tally)


@part
def own_chance(world: World, k: int, i: int) -> float:
    """Return the chance that person i talks about what was lived at touchpoint k."""
    numbers = world.numbers.word_of_mouth
    x = extremity(world.people.lived.satisfaction[k, i], numbers.neutral)
    chance = talking_chance(
        x,
        numbers.talk_base,
        numbers.talk_slope,
        numbers.talk_curvature,
        numbers.negative_ratio,
    )
    trust = world.people.mind.trust[i]
    return chance * trust_in_talk(trust, x, numbers.trust_in_talk)


@part
def praise_factor(world: World, k: int, i: int) -> float:
    """Return how much more person i praises touchpoint k, if an active promoter."""
    people, factor = world.people, 1.0
    for lever in range(world.levers.n[0]):
        more = world.levers.outreach.praise_factor[lever]
        if more > 1 and people.relation.stage[i] == Stage.ACTIVE:
            neutral = world.numbers.word_of_mouth.neutral
            x = extremity(people.lived.satisfaction[k, i], neutral)
            points = score(
                people.mind.perception[i], people.traits.leniency[i], 0.0, 0.0
            )
            if x >= 0 and is_promoter(points) and covers(world, lever, i):
                factor *= more
    return factor


@part
def post(world: World, i: int, k: int, star: int, tally: Array) -> None:
    """Let person i post a review of touchpoint k, which the firm may answer."""
    tally[Tally.STARS + star - 1] += 1
    if is_bad_review(star):
        be_answered(world, i, k, star, tally)


@part
def be_answered(world: World, i: int, k: int, star: int, tally: Array) -> None:
    """Let the firm answer the bad review of person i, and learn of the case.

    This tick's complaints were taken before, so it counts among those of the next.
    """
    case, who = world.people.case, world.people.traits.id[i]
    outreach, tick = world.levers.outreach, world.week.tick
    for lever in range(world.levers.n[0]):
        luck = uniform(world.week.keys[Stream.ANSWER, k], who)
        if luck < outreach.answer_chance[lever] and covers(world, lever, i):
            tally[Tally.PIECES + lever] += outreach.piece[lever] == Piece.ANSWER
            tally[Tally.ANSWERED + star - 1] += 1
            is_open = case.touchpoint[i] == k and case.opened[i] == tick
            if is_open and case.has_complained[i] == 0:
                case.has_complained[i] = 1
                case.due[i] = tick + 1 + reply_delay(world, i)
            return


@part
def line_up(world: World, i: int, k: int, s: float) -> None:
    """Let person i tell a story now, or keep it waiting behind a stronger one."""
    voice, neutral = world.people.voice, world.numbers.word_of_mouth.neutral
    strength = abs(extremity(s, neutral))
    if voice.touchpoint[i] == NOWHERE:
        voice.touchpoint[i] = k
        voice.value[i] = s
        voice.hops[i] = 0
    elif strength > abs(extremity(voice.value[i], neutral)):
        voice.waiting_touchpoint[i] = voice.touchpoint[i]
        voice.waiting_value[i] = voice.value[i]
        voice.touchpoint[i] = k
        voice.value[i] = s
    elif voice.waiting_touchpoint[i] == NOWHERE or strength > abs(
        extremity(voice.waiting_value[i], neutral)
    ):
        voice.waiting_touchpoint[i] = k
        voice.waiting_value[i] = s


@part
def tell_heard(world: World, i: int, tally: Array) -> None:
    """Let person i, who has no own story, pass on the story believed last tick."""
    voice, who = world.people.voice, world.people.traits.id[i]
    luck = uniform(world.week.keys[Stream.RETELL, 0], who)
    retell = world.numbers.word_of_mouth.retell
    if voice.touchpoint[i] == NOWHERE and luck < retell:
        voice.touchpoint[i] = voice.heard_touchpoint[i]
        voice.value[i] = voice.heard_value[i]
        voice.hops[i] = min(voice.heard_hops[i] + 1, MOST_HOPS)
        tally[Tally.RETOLD] += 1
    voice.heard_touchpoint[i] = NOWHERE


@part
def count_stories(world: World, rows: Array, n: Word, tally: Array) -> None:
    """Count the stories of n people; of the sociable, what they tell of what."""
    people, voice = world.people, world.people.voice
    tally[Tally.STORIES] += int(n)
    for each in range(n):
        i = rows[each]
        if people.traits.is_sociable[i] == 0:
            continue
        k, value = voice.touchpoint[i], voice.value[i]
        is_praise = value >= world.numbers.word_of_mouth.neutral
        tellers = Tally.TELLERS_POSITIVE if is_praise else Tally.TELLERS_NEGATIVE
        told = Tally.TOLD_POSITIVE if is_praise else Tally.TOLD_NEGATIVE
        tally[tellers + k] += 1
        tally[told + k] += fixed(value)
