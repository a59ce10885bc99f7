"""Phase 3: people live episodes; perception, expectation and trust move."""

from ..choice import stirred
from ..columns import NOWHERE, Array, Phase, Stage, Tally, fixed
from ..experience import (
    adapted,
    delivered,
    disconfirmation,
    failing_chance,
    gap,
    satisfaction,
    served_sd,
    usual_quality,
)
from ..jit import Word, kernel, part, scratch_flags, scratch_rows
from ..parameters import World
from ..perception import (
    evidence_step,
    learned,
    moved,
    strengthened,
    trusting,
    weighed,
)
from ..randomness import Stream, beta_quantile, held_mean, spread, uniform
from ..recovery import grievance_of
from .blocks import block_of, chosen, n_blocks
from .choose import own_hazard
from .cover import covers, has_open_case


@kernel
def serve(world: World, start: Word, stop: Word, tally: Array) -> None:
    """Let the people of rows start to stop live this tick's episodes, in order.

    Touchpoint by touchpoint: first who lives it is decided, without a branch, then
    the few who do live it.
    """
    touchpoints = world.people.lived.touchpoints
    flags, rows = scratch_flags(), scratch_rows()
    for block in range(n_blocks(start, stop)):
        first, last = block_of(start, stop, block)
        for i in range(first, last):
            touchpoints[i] = 0
        for k in range(world.numbers.journey.phase.size):
            decide_who_lives(world, first, last, k, flags)
            for each in range(chosen(flags, first, last, rows)):
                i = rows[each]
                touchpoints[i] |= 1 << k
                live(world, i, k, tally)


@part
def decide_who_lives(
    world: World, first: Word, last: Word, k: int, flags: Array
) -> None:
    """Flag who of a block lives touchpoint k this tick.

    Prospects who consider live what comes before the sale, new customers the sale,
    customers the rest by chance.
    """
    journey, relation, keys = (
        world.numbers.journey,
        world.people.relation,
        world.week.keys,
    )
    who, phase = world.people.traits.id, journey.phase[k]
    if phase == Phase.POST_SALES:
        key, chance = keys[Stream.OCCUR, k], journey.chance[k]
        for i in range(first, last):
            is_customer = relation.stage[i] == Stage.ACTIVE
            flags[i - first] = is_customer & (uniform(key, who[i]) < chance)
    elif phase == Phase.SALES:
        for i in range(first, last):
            is_new = relation.since[i] == world.week.tick - 1
            flags[i - first] = (relation.stage[i] == Stage.ACTIVE) & is_new
    else:
        key, chance = keys[Stream.CONSIDER, 0], world.numbers.joining.consider_chance
        for i in range(first, last):
            is_prospect = relation.stage[i] == Stage.PROSPECT
            flags[i - first] = is_prospect & (uniform(key, who[i]) < chance)


@part
def live(world: World, i: int, k: int, tally: Array) -> None:
    """Let person i live one episode at touchpoint k."""
    people, numbers = world.people, world.numbers
    mind, perception = people.mind, numbers.perception
    experience = lived_quality(world, i, k, tally)
    expectation, evidence = mind.expectation[k, i], mind.evidence[k, i]
    before, trust = mind.perception[i], mind.trust[i]
    d = gap(experience, expectation)
    felt = disconfirmation(d, perception.tolerance, perception.loss_aversion)
    s = satisfaction(
        experience, d, felt, perception.assimilation, perception.disconfirmation
    )
    rate = perception.learning_rate * numbers.journey.weight[k]
    mind.perception[i] = learned(before, s, rate)
    mind.trust[i] = trusting(
        trust, d, perception.tolerance, trust_gain(world, i), numbers.trust.loss
    )
    step = evidence_step(evidence, 1.0)
    mind.expectation[k, i] = moved(expectation, experience, step)
    mind.evidence[k, i] = weighed(evidence, 1.0, perception.memory_limit)
    for lever in range(world.levers.n[0]):
        if covers(world, lever, i):
            be_told(world, lever, i, k)
    people.relation.department[i] = numbers.journey.department[k]
    people.lived.satisfaction[k, i] = s
    tally[Tally.EPISODES_ALL] += 1
    tally[Tally.EPISODES + k] += 1
    tally[Tally.SATISFACTION + k] += fixed(s)
    tally[Tally.EXPECTED + k] += fixed(expectation)
    tally[Tally.EXPERIENCED + k] += fixed(experience)
    tally[Tally.KEPT] += d >= -perception.tolerance
    is_customer = people.relation.stage[i] == Stage.ACTIVE
    if is_customer and s < numbers.recovery.severe_below:
        tally[Tally.SEVERE] += 1
        open_case(world, i, k, s, before, trust)


@part
def trust_gain(world: World, i: int) -> float:
    """Return how much a kept promise gains with person i, under the levers."""
    gain = world.numbers.trust.gain
    for lever in range(world.levers.n[0]):
        if covers(world, lever, i):
            gain = strengthened(gain, world.levers.trust_gain_factor[lever])
    return gain


@part
def be_told(world: World, lever: int, i: int, k: int) -> None:
    """Let a lever reassure person i at touchpoint k, and say what is to come."""
    mind, journey = world.people.mind, world.numbers.journey
    lift = world.levers.trust_lift[lever, k]
    if lift > 0:
        mind.trust[i] = moved(mind.trust[i], 1.0, lift)
    weight = world.levers.information_weight[lever, k]
    if weight > 0:
        for j in range(journey.phase.size):
            usual = usual_quality(
                journey.quality_mean[j], journey.failure_chance[j], journey.failure_mean
            )
            evidence = mind.evidence[j, i]
            step = evidence_step(evidence, weight)
            mind.expectation[j, i] = moved(mind.expectation[j, i], usual, step)
            limit = world.numbers.perception.memory_limit
            mind.evidence[j, i] = weighed(evidence, weight, limit)


@part
def is_prevented(world: World, i: int, k: int, tally: Array) -> bool:
    """Return whether a lever removes this failure before person i feels it."""
    levers, who = world.levers, world.people.traits.id[i]
    for lever in range(levers.n[0]):
        if levers.detection_chance[lever] > 0 and covers(world, lever, i):
            luck = uniform(world.week.keys[Stream.DETECT, k], who)
            if luck < levers.detection_chance[lever]:
                stir(world, lever, i, tally)
                return True
    return False


@part
def stir(world: World, lever: int, i: int, tally: Array) -> None:
    """Contact person i unasked; a customer is reminded that there is a choice."""
    tally[Tally.CONTACTS_MADE] += 1
    tally[Tally.CONTACTS + lever] += 1
    relation = world.people.relation
    if relation.stage[i] == Stage.ACTIVE:
        relation.hazard[i] += stirred(
            own_hazard(world, i),
            world.levers.outreach.stirring[lever],
            world.numbers.leaving.months_per_tick,
        )


@part
def lived_quality(world: World, i: int, k: int, tally: Array) -> float:
    """Return the quality person i lives at touchpoint k, under the levers."""
    people, journey, levers = world.people, world.numbers.journey, world.levers
    shocks = world.shocks
    mean, sd_factor = journey.quality_mean[k], 1.0
    failure, handoff = journey.failure_chance[k], journey.handoff_failure_chance
    pressure, fit = world.week.pressure_sd, people.traits.fit[i] * 1.0
    misfit = 1.0
    for lever in range(levers.n[0]):
        if covers(world, lever, i):
            mean += levers.quality_shift[lever, k]
            sd_factor *= levers.sd_factor[lever, k]
            failure *= levers.failure_factor[lever, k]
            handoff *= levers.handoff_factor[lever]
            pressure *= levers.pressure_factor[lever]
            fit *= levers.fit_factor[lever]
            misfit *= levers.misfit_factor[lever]
    department = people.relation.department[i]
    is_moved = department != NOWHERE and department != journey.department[k]
    who = people.traits.id[i]
    luck = uniform(world.week.keys[Stream.QUALITY, k], who)
    failure += shocks.failure[k]
    handoff += shocks.handoff[k]
    chance = failing_chance(failure, handoff, is_moved)
    table = world.quality_table
    is_failing = uniform(world.week.keys[Stream.FAIL, k], who) < chance
    if is_failing and not is_prevented(world, i, k, tally):
        tally[Tally.FAILURES] += 1
        mean = held_mean(journey.failure_mean)
        relative_sd = spread(mean, journey.failure_sd)
        return beta_quantile(table, mean, relative_sd, luck)
    mean = held_mean(mean)
    sd = served_sd(journey.quality_sd[k], sd_factor, pressure)
    quality = beta_quantile(table, mean, spread(mean, sd), luck)
    return delivered(quality, adapted(fit, misfit))


@part
def open_case(
    world: World, i: int, k: int, s: float, before: float, trust: float
) -> None:
    """Open a case for a severe episode, unless an open one still hurts more."""
    case, mind, tick = world.people.case, world.people.mind, world.week.tick
    grievance = grievance_of(s, world.numbers.recovery.severe_below)
    is_worse = grievance >= mind.grievance[i]
    mind.grievance[i] = max(mind.grievance[i] * 1.0, grievance)
    if has_open_case(world, i) and not is_worse:
        return
    if case.opened[i] < tick:
        within = world.numbers.recovery.repeat_within
        case.is_repeat[i] = tick - case.opened[i] <= within
    case.touchpoint[i] = k
    case.satisfaction[i] = s
    case.perception_before[i] = before
    case.trust_lost[i] = max(trust - mind.trust[i], 0.0)
    case.opened[i] = tick
    case.due[i] = NOWHERE
    case.has_complained[i] = 0
