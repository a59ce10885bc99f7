"""Phase 8: surveys go out, everything is counted."""

from ..columns import FIXED_POINT, NOWHERE, Stage, Tally, fixed
from ..jit import kernel, part
from ..parameters import World
from ..randomness import Stream, normal_quantile, uniform
from ..recovery import asked_again
from ..surveying import is_detractor, is_promoter, response_chance, score
from ..telling import extremity
from .cover import covers


@kernel
def measure(world: World, start: int, stop: int, tally: object) -> None:
    """Count the people of rows start to stop, and survey a share of the customers."""
    people = world.people
    mind, relation, inbox = people.mind, people.relation, people.inbox
    for i in range(start, stop):
        if inbox.lost_contacts[i] > 0:
            mind.pull[i] += inbox.lost_contacts[i] / FIXED_POINT
            inbox.lost_contacts[i] = 0
        perception = fixed(mind.perception[i])
        stage = relation.stage[i]
        if relation.spell[i] > 0:
            tally[Tally.EVER] += 1
            tally[Tally.PERCEPTION_EVER] += perception
        tally[Tally.PROSPECTS] += stage == Stage.PROSPECT
        tally[Tally.LOST] += stage == Stage.LOST
        if stage == Stage.ACTIVE:
            tally[Tally.ACTIVE] += 1
            tally[Tally.STAYED] += relation.since[i] <= world.week.last_warm_up_tick
            tally[Tally.PERCEPTION] += perception
            tally[Tally.TRUST] += fixed(mind.trust[i])
            tally[Tally.ACTIVE_BY_SEGMENT + people.traits.segment[i]] += 1
            count_beliefs(world, i, tally)
            survey(world, i, tally)


@part
def count_beliefs(world: World, i: int, tally: object) -> None:
    """Count the expectations of customer i, and the levers that cover them."""
    expectation = world.people.mind.expectation
    for k in range(expectation.shape[0]):
        tally[Tally.EXPECTATION] += fixed(expectation[k, i])
    for lever in range(world.levers.n[0]):
        tally[Tally.COVERED + lever] += covers(world, lever, i)


@part
def survey(world: World, i: int, tally: object) -> None:
    """Score customer i as the truth would, and as the firm's survey does."""
    people, numbers, keys = world.people, world.numbers.survey, world.week.keys
    traits, mind = people.traits, people.mind
    who = traits.id[i]
    luck = uniform(keys[Stream.SCORE, 0], who)
    noise = numbers.noise_sd * normal_quantile(luck)
    perception = mind.perception[i]
    truth = score(perception, traits.leniency[i], noise, 0.0)
    tally[Tally.PROMOTERS] += is_promoter(truth)
    tally[Tally.DETRACTORS] += is_detractor(truth)
    is_sampled = uniform(keys[Stream.SAMPLE, 0], who) < numbers.sample_share
    if traits.is_surveyed[i] == 0 or not is_sampled:
        return
    tally[Tally.SAMPLED] += 1
    fatigue = world.numbers.recovery.contact_fatigue
    mind.asked[i] = asked_again(mind.asked[i], fatigue)
    x = extremity(perception, world.numbers.word_of_mouth.neutral)
    chance = response_chance(
        x, numbers.response_base, numbers.extremity, numbers.positivity
    )
    if uniform(keys[Stream.RESPOND, 0], who) < chance:
        polite = score(perception, traits.leniency[i], noise, numbers.politeness)
        answer(world, i, polite, tally)


@part
def answer(world: World, i: int, polite: int, tally: object) -> None:
    """Let customer i answer: the score, and each touchpoint lived since last time."""
    tally[Tally.RESPONSES] += 1
    tally[Tally.MEASURED_PROMOTERS] += is_promoter(polite)
    tally[Tally.MEASURED_DETRACTORS] += is_detractor(polite)
    satisfaction = world.people.lived.satisfaction
    for k in range(satisfaction.shape[0]):
        if satisfaction[k, i] >= 0:
            tally[Tally.MEASURED_EPISODES + k] += 1
            tally[Tally.MEASURED_SATISFACTION + k] += fixed(satisfaction[k, i])
            satisfaction[k, i] = NOWHERE
