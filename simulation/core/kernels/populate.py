"""Before the first tick: people are drawn, each from their own keys."""

from ..choice import hazard_of
from ..columns import Array, Customers, Stage
from ..experience import share
from ..jit import kernel, part
from ..parameters import Start
from ..perception import starting_expectation
from ..randomness import (
    Stream,
    beta_quantile,
    frailty,
    held_mean,
    normal_quantile,
    spread,
    uniform,
    uniform_pair,
)
from ..surveying import smoothed_score


@kernel
def draw_traits(people: Customers, start: Start, keys: Array) -> None:
    """Draw what every person is: segment, fit, frailty, leniency."""
    traits = people.traits
    is_frail = start.frailty_table.size > 1
    for i in range(traits.id.size):
        who = traits.id[i]
        traits.segment[i] = first_above(
            start.segment_below, uniform(keys[Stream.SEGMENT, 0], who)
        )
        luck = uniform(keys[Stream.FIT, 0], who)
        traits.fit[i] = start.fit_sd * normal_quantile(luck)
        luck = uniform(keys[Stream.LENIENCY, 0], who)
        traits.leniency[i] = start.leniency_sd * normal_quantile(luck)
        traits.frailty[i] = 1
        if is_frail:
            luck = uniform(keys[Stream.FRAILTY, 0], who)
            traits.frailty[i] = frailty(start.frailty_table, luck)


@kernel
def draw_relations(people: Customers, start: Start, keys: Array) -> None:
    """Draw who is a customer when the warm-up begins, and since when."""
    relation = people.relation
    for i in range(relation.stage.size):
        who = people.traits.id[i]
        luck = uniform_pair(keys[Stream.SPELL, 0], who, 1)
        relation.threshold[i] = hazard_of(1.0 - luck)
        luck = uniform(keys[Stream.TENURE, 0], who)
        relation.since[i] = -int(start.tenure_ticks * hazard_of(luck))
        if uniform(keys[Stream.STAGE, 0], who) < start.share_active:
            relation.stage[i] = Stage.ACTIVE
            relation.spell[i] = 1


@kernel
def draw_minds(
    people: Customers, start: Start, keys: Array, quality_table: Array
) -> None:
    """Draw what every person believes, given who is a customer."""
    mind = people.mind
    n = mind.expectation.shape[0]
    trust_mean = held_mean(start.trust_mean)
    trust_spread = spread(trust_mean, start.trust_sd)
    is_surveyed = start.satisfaction_below.size > 1
    for i in range(mind.trust.size):
        who = people.traits.id[i]
        luck = uniform(keys[Stream.TRUST, 0], who)
        mind.trust[i] = beta_quantile(quality_table, trust_mean, trust_spread, luck)
        luck = uniform(keys[Stream.EXPECTATION, 0], who)
        noise = start.expectation_sd * normal_quantile(luck)
        level = 0.0
        for k in range(n):
            mind.expectation[k, i] = share(
                starting_expectation(
                    start.norm, start.promise[k], mind.trust[i], start.reliance
                )
                + noise
            )
            mind.evidence[k, i] = start.prior_evidence
            level += mind.expectation[k, i]
        mind.perception[i] = level / n
        if is_surveyed and people.relation.stage[i] == Stage.ACTIVE:
            luck = uniform(keys[Stream.SATISFACTION, 0], who)
            mind.perception[i] = surveyed_perception(start.satisfaction_below, luck)


@part
def first_above(below: Array, luck: float) -> int:
    """Return the first class whose cumulated share is above `luck`."""
    found = 0
    while found < below.size - 1 and luck >= below[found]:
        found += 1
    return found


@part
def surveyed_perception(below: Array, luck: float) -> float:
    """Return a perception whose ten-point score has the given distribution.

    The score s stands for (s − 1)/9; within a score people spread evenly half a
    step to either side, held inside [0, 1].
    """
    score = first_above(below, luck)
    from_share = below[score - 1] if score > 0 else 0.0
    width = below[score] - from_share
    within = (luck - from_share) / width if width > 0.0 else 0.0
    return share(smoothed_score(score, within, below.size))
