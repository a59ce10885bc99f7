"""Phase 8: surveys go out, everything is counted."""

from ..columns import (
    FIXED_POINT,
    MAX_SEGMENTS,
    NOWHERE,
    Array,
    Piece,
    Stage,
    Tally,
    fixed,
)
from ..jit import (
    Word,
    kernel,
    part,
    scratch_flags,
    scratch_numbers,
    scratch_rows,
)
from ..parameters import World
from ..randomness import (
    Stream,
    is_far_out,
    is_in_tail,
    normal_centre,
    normal_far_out,
    normal_quantile,
    normal_tail,
    uniform,
)
from ..recovery import asked_again
from ..surveying import is_detractor, is_promoter, response_chance, score
from ..telling import extremity
from .blocks import block_of, chosen, n_blocks
from .cover import covers


@kernel
def measure(world: World, start: Word, stop: Word, tally: Array) -> None:
    """Count the people of rows start to stop, and survey a share of the customers."""
    mind, inbox = world.people.mind, world.people.inbox
    flags, rows, numbers = scratch_flags(), scratch_rows(), scratch_numbers()
    for block in range(n_blocks(start, stop)):
        first, last = block_of(start, stop, block)
        for i in range(first, last):
            mind.pull[i] += inbox.lost_contacts[i] / FIXED_POINT
            inbox.lost_contacts[i] = 0
        count_stages(world, first, last, tally)
        count_minds(world, first, last, tally)
        draw_noise(world, first, last, flags, rows, numbers)
        count_scores(world, first, last, numbers, tally)
        draw_sample(world, first, last, flags, numbers, tally)
        for each in range(chosen(flags, first, last, rows)):
            survey(world, rows[each], tally)


@part
def count_stages(world: World, start: Word, stop: Word, tally: Array) -> None:
    """Count the people of each stage, who stayed, and who ever was a customer."""
    relation, week = world.people.relation, world.week
    active, lost, stayed, ever = 0, 0, 0, 0
    for i in range(start, stop):
        is_active = relation.stage[i] == Stage.ACTIVE
        active += is_active
        lost += relation.stage[i] == Stage.LOST
        stayed += is_active & (relation.since[i] <= week.last_warm_up_tick)
        ever += relation.spell[i] > 0
    tally[Tally.ACTIVE] += active
    tally[Tally.LOST] += lost
    tally[Tally.PROSPECTS] += int(stop - start) - active - lost
    tally[Tally.STAYED] += stayed
    tally[Tally.EVER] += ever
    for segment in range(MAX_SEGMENTS):
        active = 0
        for i in range(start, stop):
            is_active = relation.stage[i] == Stage.ACTIVE
            active += is_active & (world.people.traits.segment[i] == segment)
        tally[Tally.ACTIVE_BY_SEGMENT + segment] += active


@part
def count_minds(world: World, start: Word, stop: Word, tally: Array) -> None:
    """Add up what active customers believe, and what all who ever were do."""
    mind, relation = world.people.mind, world.people.relation
    perception, ever, trust = 0, 0, 0
    for i in range(start, stop):
        is_active = relation.stage[i] == Stage.ACTIVE
        value = fixed(mind.perception[i])
        perception += is_active * value
        ever += (relation.spell[i] > 0) * value
        trust += is_active * fixed(mind.trust[i])
    tally[Tally.PERCEPTION] += perception
    tally[Tally.PERCEPTION_EVER] += ever
    tally[Tally.TRUST] += trust
    for k in range(mind.expectation.shape[0]):
        total = 0
        for i in range(start, stop):
            is_active = relation.stage[i] == Stage.ACTIVE
            total += is_active * fixed(mind.expectation[k, i])
        tally[Tally.EXPECTATION] += total


@part
def draw_noise(
    world: World, first: Word, last: Word, flags: Array, rows: Array, noise: Array
) -> None:
    """Draw how far the score of each customer of a block is from what they think.

    Nearly all from the middle of the normal law; then the others, who have the flag,
    from its tails.
    """
    people, key = world.people, world.week.keys[Stream.SCORE, 0]
    who, stage = people.traits.id, people.relation.stage
    for i in range(first, last):
        luck = uniform(key, who[i])
        noise[i - first] = normal_centre(luck)
        flags[i - first] = (stage[i] == Stage.ACTIVE) & is_in_tail(luck)
    draw_tails(world, rows, chosen(flags, first, last, rows), first, noise)


@part
def draw_tails(world: World, rows: Array, n: Word, first: Word, noise: Array) -> None:
    """Draw the noise of n customers of a block whose luck is in a tail."""
    who, key = world.people.traits.id, world.week.keys[Stream.SCORE, 0]
    luck, found = scratch_numbers(), scratch_numbers()
    for each in range(n):
        luck[each] = uniform(key, who[rows[each]])
    for each in range(n):
        found[each] = normal_tail(luck[each])
    for each in range(n):
        if is_far_out(luck[each]):  # one draw in 10^10
            found[each] = normal_far_out(luck[each])
    for each in range(n):
        noise[rows[each] - first] = found[each]


@part
def count_scores(
    world: World, first: Word, last: Word, noise: Array, tally: Array
) -> None:
    """Count the customers of a block who are promoters, and detractors, in truth."""
    mind, traits, stage = (
        world.people.mind,
        world.people.traits,
        world.people.relation.stage,
    )
    noise_sd = world.numbers.survey.noise_sd
    promoters, detractors = 0, 0
    for i in range(first, last):
        points = score(
            mind.perception[i], traits.leniency[i], noise_sd * noise[i - first], 0.0
        )
        is_active = stage[i] == Stage.ACTIVE
        promoters += is_active & is_promoter(points)
        detractors += is_active & is_detractor(points)
    tally[Tally.PROMOTERS] += promoters
    tally[Tally.DETRACTORS] += detractors


@part
def draw_sample(
    world: World, first: Word, last: Word, flags: Array, share: Array, tally: Array
) -> None:
    """Flag who of a block is in the survey's sample; count whom each lever covers."""
    people, levers, key = world.people, world.levers, world.week.keys[Stream.SAMPLE, 0]
    who, stage = people.traits.id, people.relation.stage
    for i in range(first, last):
        share[i - first] = world.numbers.survey.sample_share
    for lever in range(levers.n[0]):
        for i in range(first, last):
            if stage[i] == Stage.ACTIVE and covers(world, lever, i):
                tally[Tally.COVERED + lever] += 1
                share[i - first] *= levers.outreach.sample_factor[lever]
    for i in range(first, last):
        is_lucky = uniform(key, who[i]) < share[i - first]
        flags[i - first] = (stage[i] == Stage.ACTIVE) & is_lucky


@part
def scored(world: World, i: int, politeness: float) -> int:
    """Return what customer i answers to the Net Promoter question this tick."""
    traits = world.people.traits
    luck = uniform(world.week.keys[Stream.SCORE, 0], traits.id[i])
    noise = world.numbers.survey.noise_sd * normal_quantile(luck)
    perception = world.people.mind.perception[i]
    return score(perception, traits.leniency[i], noise, politeness)


@part
def survey(world: World, i: int, tally: Array) -> None:
    """Ask customer i, who is sampled; those who answer are scored, politely."""
    people, numbers = world.people, world.numbers.survey
    if people.traits.is_surveyed[i] == 0:
        return
    tally[Tally.SAMPLED] += 1
    mind = people.mind
    fatigue = world.numbers.recovery.contact_fatigue
    mind.asked[i] = asked_again(mind.asked[i], fatigue)
    x = extremity(mind.perception[i], world.numbers.word_of_mouth.neutral)
    outreach, politeness = world.levers.outreach, numbers.politeness
    base, extremes, praise = (
        numbers.response_base,
        numbers.extremity,
        numbers.positivity,
    )
    for lever in range(world.levers.n[0]):
        if covers(world, lever, i):
            base *= outreach.response_factor[lever]
            extremes *= outreach.tilt_factor[lever]
            praise *= outreach.tilt_factor[lever]
            politeness *= outreach.politeness_factor[lever]
    chance = response_chance(x, base, extremes, praise)
    if uniform(world.week.keys[Stream.RESPOND, 0], people.traits.id[i]) < chance:
        for lever in range(world.levers.n[0]):
            is_paid = outreach.piece[lever] == Piece.RESPONSE
            if is_paid and covers(world, lever, i):
                tally[Tally.PIECES + lever] += 1
        answer(world, i, scored(world, i, politeness), tally)


@part
def answer(world: World, i: int, polite: int, tally: Array) -> None:
    """Let customer i answer: the score, and each touchpoint lived since last time."""
    tally[Tally.RESPONSES] += 1
    tally[Tally.MEASURED_PROMOTERS] += is_promoter(polite)
    tally[Tally.MEASURED_DETRACTORS] += is_detractor(polite)
    satisfaction = world.people.lived.satisfaction
    for k in range(satisfaction.shape[0]):
        if satisfaction[k, i] >= 0:
            tally[Tally.MEASURED_EPISODES + k] += 1
            tally[Tally.MEASURED_SATISFACTION + k] += fixed(satisfaction[k, i])
            tally[Tally.PRAISED_EPISODES + k] += is_promoter(polite)
            if is_promoter(polite):
                tally[Tally.PRAISED_SATISFACTION + k] += fixed(satisfaction[k, i])
            satisfaction[k, i] = NOWHERE
