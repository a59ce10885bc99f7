"""Phase 8: surveys go out, everything is counted."""

from ..columns import FIXED_POINT, NOWHERE, Array, Piece, Stage, Tally, fixed
from ..jit import Word, kernel, part
from ..parameters import World
from ..randomness import Stream, normal_quantile, uniform
from ..recovery import asked_again
from ..surveying import is_detractor, is_promoter, response_chance, score
from ..telling import extremity
from .cover import covers


@kernel
def measure(world: World, start: Word, stop: Word, tally: Array) -> None:
    """Count the people of rows start to stop, and survey a share of the customers."""
    people, stage = world.people, world.people.relation.stage
    mind, inbox = people.mind, people.inbox
    for i in range(start, stop):
        mind.pull[i] += inbox.lost_contacts[i] / FIXED_POINT
        inbox.lost_contacts[i] = 0
    count_stages(world, start, stop, tally)
    count_minds(world, start, stop, tally)
    for i in range(start, stop):
        if stage[i] == Stage.ACTIVE:
            tally[Tally.ACTIVE_BY_SEGMENT + people.traits.segment[i]] += 1
            truth = scored(world, i, 0.0)
            tally[Tally.PROMOTERS] += is_promoter(truth)
            tally[Tally.DETRACTORS] += is_detractor(truth)
            share = world.numbers.survey.sample_share
            for lever in range(world.levers.n[0]):
                if covers(world, lever, i):
                    tally[Tally.COVERED + lever] += 1
                    share *= world.levers.outreach.sample_factor[lever]
            luck = uniform(world.week.keys[Stream.SAMPLE, 0], people.traits.id[i])
            if luck < share:
                survey(world, i, tally)


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
