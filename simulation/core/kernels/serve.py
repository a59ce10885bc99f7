"""Phase 3: people live episodes; perception, expectation and trust move."""

from typing import NamedTuple

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


class Service(NamedTuple):
    """What those who live an episode are served, before luck; float64, (SCRATCH,)."""

    mean: Array
    sd_factor: Array
    failure: Array
    handoff: Array
    pressure: Array
    fit: Array
    misfit: Array


class Episodes(NamedTuple):
    """The episodes of a block at one touchpoint, a row an episode; shape (SCRATCH,)."""

    row: Array
    """uint64: the row of who lives it."""
    experience: Array
    """float64: the quality lived."""
    expectation: Array
    """float64: what was expected of it"""
    perception: Array
    """float64: and thought of the firm,"""
    trust: Array
    """float64: and the trust in it, before the episode."""
    satisfaction: Array
    """float64: the satisfaction with it."""


@kernel
def serve(world: World, start: Word, stop: Word, tally: Array) -> None:
    """Let the people of rows start to stop live this tick's episodes, in order.

    Touchpoint by touchpoint: first who lives it is decided, without a branch; then
    the few who do live it take each step together.
    """
    touchpoints, flags = world.people.lived.touchpoints, scratch_flags()
    episodes = Episodes(
        scratch_rows(),
        scratch_numbers(),
        scratch_numbers(),
        scratch_numbers(),
        scratch_numbers(),
        scratch_numbers(),
    )
    for block in range(n_blocks(start, stop)):
        first, last = block_of(start, stop, block)
        for i in range(first, last):
            touchpoints[i] = 0
        for k in range(world.numbers.journey.phase.size):
            decide_who_lives(world, first, last, k, flags)
            n = chosen(flags, first, last, episodes.row)
            if n > 0:
                be_served(world, k, episodes, n, tally)
                feel(world, k, episodes, n, tally)
                learn(world, k, episodes, n)
                remember(world, k, episodes, n, tally)


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
def be_served(world: World, k: int, episodes: Episodes, n: Word, tally: Array) -> None:
    """Write the quality that is lived in n episodes at touchpoint k."""
    journey, keys, who = (
        world.numbers.journey,
        world.week.keys,
        world.people.traits.id,
    )
    service = Service(
        scratch_numbers(),
        scratch_numbers(),
        scratch_numbers(),
        scratch_numbers(),
        scratch_numbers(),
        scratch_numbers(),
        scratch_numbers(),
    )
    failing, failed = scratch_flags(), scratch_rows()
    prepare(world, k, episodes, n, service)
    for each in range(n):
        i = episodes.row[each]
        department = world.people.relation.department[i]
        is_moved = (department != NOWHERE) & (department != journey.department[k])
        chance = failing_chance(service.failure[each], service.handoff[each], is_moved)
        failing[each] = uniform(keys[Stream.FAIL, k], who[i]) < chance
    for each in range(chosen(failing, word(0), n, failed)):
        place = failed[each]
        is_felt = not is_prevented(world, episodes.row[place], k, tally)
        failing[place] = is_felt
        tally[Tally.FAILURES] += is_felt
    for each in range(n):
        is_failing = failing[each] != 0
        sd = served_sd(
            journey.quality_sd[k], service.sd_factor[each], service.pressure[each]
        )
        mean = held_mean(journey.failure_mean if is_failing else service.mean[each])
        relative_sd = spread(mean, journey.failure_sd if is_failing else sd)
        luck = uniform(keys[Stream.QUALITY, k], who[episodes.row[each]])
        quality = beta_quantile(world.quality_table, mean, relative_sd, luck)
        fit = adapted(service.fit[each], service.misfit[each])
        episodes.experience[each] = quality if is_failing else delivered(quality, fit)


@part
def prepare(
    world: World, k: int, episodes: Episodes, n: Word, service: Service
) -> None:
    """Write what touchpoint k serves those who come, under levers and shocks."""
    journey, levers, shocks = world.numbers.journey, world.levers, world.shocks
    for each in range(n):
        service.mean[each] = journey.quality_mean[k]
        service.sd_factor[each] = 1.0
        service.failure[each] = journey.failure_chance[k]
        service.handoff[each] = journey.handoff_failure_chance
        service.pressure[each] = world.week.pressure_sd
        service.fit[each] = world.people.traits.fit[episodes.row[each]]
        service.misfit[each] = 1.0
    for lever in range(levers.n[0]):
        for each in range(n):
            if covers(world, lever, episodes.row[each]):
                service.mean[each] += levers.quality_shift[lever, k]
                service.sd_factor[each] *= levers.sd_factor[lever, k]
                service.failure[each] *= levers.failure_factor[lever, k]
                service.handoff[each] *= levers.handoff_factor[lever]
                service.pressure[each] *= levers.pressure_factor[lever]
                service.fit[each] *= levers.fit_factor[lever]
                service.misfit[each] *= levers.misfit_factor[lever]
    for each in range(n):
        service.failure[each] += shocks.failure[k]
        service.handoff[each] += shocks.handoff[k]


@part
def feel(world: World, k: int, episodes: Episodes, n: Word, tally: Array) -> None:
    """Let n episodes at touchpoint k be compared with what was expected of them."""
    mind, numbers = world.people.mind, world.numbers.perception
    kept, expected, experienced, satisfied = 0, 0, 0, 0
    for each in range(n):
        episodes.expectation[each] = mind.expectation[k, episodes.row[each]]
    for each in range(n):
        experience, expectation = episodes.experience[each], episodes.expectation[each]
        d = gap(experience, expectation)
        felt = disconfirmation(d, numbers.tolerance, numbers.loss_aversion)
        s = satisfaction(
            experience, d, felt, numbers.assimilation, numbers.disconfirmation
        )
        episodes.satisfaction[each] = s
        kept += d >= -numbers.tolerance
        expected += fixed(expectation)
        experienced += fixed(experience)
        satisfied += fixed(s)
    tally[Tally.EPISODES_ALL] += int(n)
    tally[Tally.EPISODES + k] += int(n)
    tally[Tally.KEPT] += kept
    tally[Tally.EXPECTED + k] += expected
    tally[Tally.EXPERIENCED + k] += experienced
    tally[Tally.SATISFACTION + k] += satisfied


@part
def learn(world: World, k: int, episodes: Episodes, n: Word) -> None:
    """Let n episodes at touchpoint k move perception, trust and expectation."""
    mind, levers, numbers = world.people.mind, world.levers, world.numbers.perception
    rate = numbers.learning_rate * world.numbers.journey.weight[k]
    gain, moved_to = scratch_numbers(), scratch_numbers()
    for each in range(n):
        episodes.perception[each] = mind.perception[episodes.row[each]]
        episodes.trust[each] = mind.trust[episodes.row[each]]
    for each in range(n):
        mind.perception[episodes.row[each]] = learned(
            episodes.perception[each], episodes.satisfaction[each], rate
        )
    for each in range(n):
        gain[each] = world.numbers.trust.gain
    for lever in range(levers.n[0]):
        for each in range(n):
            if covers(world, lever, episodes.row[each]):
                gain[each] = strengthened(gain[each], levers.trust_gain_factor[lever])
    for each in range(n):
        d = gap(episodes.experience[each], episodes.expectation[each])
        loss = world.numbers.trust.loss
        moved_to[each] = trusting(
            episodes.trust[each], d, numbers.tolerance, gain[each], loss
        )
    for each in range(n):
        mind.trust[episodes.row[each]] = moved_to[each]
    for each in range(n):
        step = evidence_step(mind.evidence[k, episodes.row[each]], 1.0)
        moved_to[each] = moved(
            episodes.expectation[each], episodes.experience[each], step
        )
    for each in range(n):
        i = episodes.row[each]
        mind.expectation[k, i] = moved_to[each]
        mind.evidence[k, i] = weighed(mind.evidence[k, i], 1.0, numbers.memory_limit)


@part
def remember(world: World, k: int, episodes: Episodes, n: Word, tally: Array) -> None:
    """Let people keep what they lived at touchpoint k; the severe opens a case."""
    people, severe_below = world.people, world.numbers.recovery.severe_below
    lived, flags, severe = people.lived, scratch_flags(), scratch_rows()
    for lever in range(world.levers.n[0]):
        for each in range(n):
            if covers(world, lever, episodes.row[each]):
                be_told(world, lever, episodes.row[each], k)
    for each in range(n):
        i = episodes.row[each]
        people.relation.department[i] = world.numbers.journey.department[k]
        lived.satisfaction[k, i] = episodes.satisfaction[each]
        lived.touchpoints[i] |= 1 << k
    for each in range(n):
        is_customer = people.relation.stage[episodes.row[each]] == Stage.ACTIVE
        flags[each] = is_customer & (episodes.satisfaction[each] < severe_below)
    n_severe = chosen(flags, word(0), n, severe)
    tally[Tally.SEVERE] += int(n_severe)
    for each in range(n_severe):
        open_case(world, k, episodes, severe[each])


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
def open_case(world: World, k: int, episodes: Episodes, place: int) -> None:
    """Open a case for a severe episode, unless an open one still hurts more."""
    case, mind, tick = world.people.case, world.people.mind, world.week.tick
    i, s = episodes.row[place], episodes.satisfaction[place]
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
    case.perception_before[i] = episodes.perception[place]
    case.trust_lost[i] = max(episodes.trust[place] - mind.trust[i], 0.0)
    case.opened[i] = tick
    case.due[i] = NOWHERE
    case.has_complained[i] = 0
