"""Phase 5: who talks, who posts a review."""

from ..columns import NOWHERE, Array, Piece, Stage, Tally, fixed
from ..jit import Word, kernel, part, scratch_flags, scratch_rows
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


@kernel
def tell(world: World, start: Word, stop: Word, tally: Array) -> None:
    """Let the people of rows start to stop choose the story they tell, if any.

    At most one story a tick: of the own ones the one with the largest |x|, the next
    waits for the tick after, so that the length of a tick hardly changes how much is
    told; with no own story, the one believed last tick may be passed on.
    """
    people, voice = world.people, world.people.voice
    flags, rows = scratch_flags(), scratch_rows()
    for block in range(n_blocks(start, stop)):
        first, last = block_of(start, stop, block)
        for i in range(first, last):
            has_lived = people.lived.touchpoints[i] != 0
            has_heard = voice.heard_touchpoint[i] != NOWHERE
            voice.touchpoint[i] = voice.waiting_touchpoint[i]
            is_waiting = voice.waiting_touchpoint[i] != NOWHERE
            flags[i - first] = has_lived | has_heard | is_waiting
        for each in range(chosen(flags, first, last, rows)):
            choose_story(world, rows[each], tally)


@part
def choose_story(world: World, i: int, tally: Array) -> None:
    """Let person i, who has something to tell, choose the story, and count it."""
    people, voice = world.people, world.people.voice
    if voice.touchpoint[i] != NOWHERE:
        voice.value[i] = voice.waiting_value[i]
        voice.hops[i] = 0
        voice.waiting_touchpoint[i] = NOWHERE
    if people.lived.touchpoints[i] != 0:
        tell_own(world, i, tally)
    if voice.heard_touchpoint[i] != NOWHERE:
        if voice.touchpoint[i] == NOWHERE:
            retell(world, i, tally)
        voice.heard_touchpoint[i] = NOWHERE
    k = voice.touchpoint[i]
    if k == NOWHERE:
        return
    tally[Tally.STORIES] += 1
    if people.traits.is_sociable[i] == 0:
        return
    if voice.value[i] >= world.numbers.word_of_mouth.neutral:
        tally[Tally.TELLERS_POSITIVE + k] += 1
        tally[Tally.TOLD_POSITIVE + k] += fixed(voice.value[i])
    else:
        tally[Tally.TELLERS_NEGATIVE + k] += 1
        tally[Tally.TOLD_NEGATIVE + k] += fixed(voice.value[i])


@part
def tell_own(world: World, i: int, tally: Array) -> None:
    """Let person i talk about, and review, the episodes of this tick."""
    people, keys, numbers = world.people, world.week.keys, world.numbers.word_of_mouth
    lived, who = people.lived, people.traits.id[i]
    for k in range(lived.satisfaction.shape[0]):
        if lived.touchpoints[i] >> k & 1 == 0:
            continue
        s = lived.satisfaction[k, i]
        x = extremity(s, numbers.neutral)
        chance = talking_chance(
            x,
            numbers.talk_base,
            numbers.talk_slope,
            numbers.talk_curvature,
            numbers.negative_ratio,
        )
        chance *= trust_in_talk(people.mind.trust[i], x, numbers.trust_in_talk)
        if x >= 0:
            chance *= praise_factor(world, i)
        if uniform(keys[Stream.TALK, k], who) < chance:
            line_up(world, i, k, s)
        star = stars(s)
        luck = uniform(keys[Stream.POST, k], who)
        is_posting = luck < world.numbers.reviews.posting[star - 1]
        if is_posting and people.traits.is_reviewer[i] == 1:
            tally[Tally.STARS + star - 1] += 1
            if is_bad_review(star):
                be_answered(world, i, k, star, tally)


@part
def praise_factor(world: World, i: int) -> float:
    """Return how much more person i praises, if an active promoter, under levers."""
    people, factor = world.people, 1.0
    for lever in range(world.levers.n[0]):
        more = world.levers.outreach.praise_factor[lever]
        if more > 1 and people.relation.stage[i] == Stage.ACTIVE:
            points = score(
                people.mind.perception[i], people.traits.leniency[i], 0.0, 0.0
            )
            if is_promoter(points) and covers(world, lever, i):
                factor *= more
    return factor


@part
def be_answered(world: World, i: int, k: int, star: int, tally: Array) -> None:
    """Let the firm answer the bad review of person i, and learn of the case."""
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
                case.due[i] = tick + 1 + world.numbers.recovery.complaint_delay
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
def retell(world: World, i: int, tally: Array) -> None:
    """Let person i pass on the story believed last tick."""
    voice, who = world.people.voice, world.people.traits.id[i]
    luck = uniform(world.week.keys[Stream.RETELL, 0], who)
    if luck < world.numbers.word_of_mouth.retell:
        voice.touchpoint[i] = voice.heard_touchpoint[i]
        voice.value[i] = voice.heard_value[i]
        voice.hops[i] = voice.heard_hops[i] + 1
        tally[Tally.RETOLD] += 1
