"""Phase 7: customers leave or stay, prospects join, lost customers return."""

from ..choice import (
    attraction,
    bound,
    cause_of_leaving,
    discouragement,
    hazard_of,
    joining_chance,
    leaving_chance,
    proportional_hazard,
    rating_lift,
    returning_chance,
    trust_effect,
    unbound,
    walking_out,
    won_back_chance,
)
from ..columns import NOWHERE, SOMEBODY, Array, Cause, Piece, Stage, Tally, fixed
from ..jit import Word, kernel, part, scratch_flags, scratch_numbers, scratch_rows, word
from ..parameters import World
from ..randomness import Stream, fold, uniform, uniform_pair
from .blocks import ONE, block_of, chosen, n_blocks
from .cover import covers


@kernel
def choose(world: World, start: Word, stop: Word, tally: Array) -> None:
    """Let the people of rows start to stop decide; then grievances fade."""
    relation = world.people.relation
    joining = world.numbers.joining
    lift = rating_lift(world.week.rating[0], joining.rating_effect)
    most = joining.advertising_chance * lift
    flags, rows = scratch_flags(), scratch_rows()
    for block in range(n_blocks(start, stop)):
        first, last = block_of(start, stop, block)
        add_hazard(world, first, last)
        for i in range(first, last):
            flags[i - first] = may_decide(world, i, most)
        for each in range(chosen(flags, first, last, rows)):
            i = rows[each]
            if relation.stage[i] == Stage.ACTIVE:
                leave(world, i, tally)
            elif relation.stage[i] == Stage.PROSPECT:
                join_or_wait(world, i, lift, tally)
            else:
                return_or_not(world, i, tally)
        fade(world, first, last)


@part
def may_decide(world: World, i: int, most: float) -> bool:
    """Return whether person i leaves, or has a chance to join or to return.

    Who is luckier than any offer could help is passed over: without a good message
    a prospect joins with at most the advertised chance, `most`, and without a lever
    a lost customer returns with at most the chance at perception 1.
    """
    relation, keys = world.people.relation, world.week.keys
    stage, who = relation.stage[i], world.people.traits.id[i]
    leaves = relation.hazard[i] >= relation.threshold[i]
    is_near = uniform(keys[Stream.JOIN, 0], who) < most
    joins = is_near | (world.people.inbox.positive[i] > 0)
    is_lucky = (
        uniform(keys[Stream.RETURN, 0], who) < world.numbers.joining.return_chance
    )
    returns = is_lucky | (world.levers.n[0] > 0)
    decides = (stage == Stage.ACTIVE) & leaves
    decides |= (stage == Stage.PROSPECT) & joins
    return decides | ((stage == Stage.LOST) & returns)


@part
def add_hazard(world: World, first: Word, last: Word) -> None:
    """Add to the hazard of the customers of a block what this tick adds, in nats.

    In short steps: a processor looks some three hundred instructions ahead, where it
    finds work on other people instead of waiting for the last step of one. For all,
    because to fetch customers one by one takes longer than to reckon for everybody.
    """
    relation = world.people.relation
    own, hazard = scratch_numbers(), scratch_numbers()
    for i in range(first, last):
        own[i - first] = own_chance(world, i)
    for i in range(first, last):
        hazard[i - first] = hazard_of(own[i - first]) * exposure(world, i)
    for i in range(first, last):
        trust, pull, asked, walk_out = influences(world, i)
        influenced = proportional_hazard(hazard[i - first], trust, pull, asked)
        hazard[i - first] = influenced + walk_out
    for i in range(first, last):
        is_customer = relation.stage[i] == Stage.ACTIVE
        relation.hazard[i] += is_customer * hazard[i - first]


@part
def influences(world: World, i: int) -> tuple[float, float, float, float]:
    """Return what changes the own hazard of customer i.

    What trust, pull and having been asked add to the ln of it, and the hazard of
    walking out, which is added.
    """
    mind, numbers = world.people.mind, world.numbers.leaving
    return (
        trust_effect(mind.trust[i], numbers.trust_effect),
        numbers.pull_effect * mind.pull[i],
        numbers.asked_effect * mind.asked[i],
        walking_out(mind.grievance[i], numbers.walk_out),
    )


@part
def own_hazard(world: World, i: int) -> float:
    """Return the hazard of customer i from perception and frailty alone."""
    return hazard_of(own_chance(world, i)) * exposure(world, i)


@part
def own_chance(world: World, i: int) -> float:
    """Return the monthly chance of leaving at the perception of customer i."""
    numbers = world.numbers.leaving
    return leaving_chance(
        world.people.mind.perception[i],
        numbers.hazard_min,
        numbers.hazard_max,
        numbers.steepness,
        numbers.midpoint,
    )


@part
def exposure(world: World, i: int) -> float:
    """Return how many months' hazard a tick is for customer i, who may be frail."""
    months = world.numbers.leaving.months_per_tick
    return months * world.people.traits.frailty[i]


@part
def fade(world: World, first: Word, last: Word) -> None:
    """Let what the people of a block remember fade; this tick's messages are used up.

    Column by column: a loop that writes to many does not vectorise.
    """
    mind, inbox, numbers = world.people.mind, world.people.inbox, world.numbers
    for i in range(first, last):
        mind.grievance[i] *= numbers.recovery.grievance_keep
    for i in range(first, last):
        mind.asked[i] *= numbers.recovery.asked_keep
    for i in range(first, last):
        mind.pull[i] *= numbers.leaving.pull_keep
    for i in range(first, last):
        inbox.positive[i] = 0
        inbox.negative[i] = 0


@part
def leave(world: World, i: int, tally: Array) -> None:
    """Let customer i leave, for a cause drawn from this tick's hazard."""
    people, numbers = world.people, world.numbers.leaving
    relation = people.relation
    own = own_hazard(world, i)
    trust, pull, asked, walk_out = influences(world, i)
    total = proportional_hazard(own, trust, pull, asked) + walk_out
    reference = proportional_hazard(own, min(trust, 0.0), 0.0, asked)
    without_pull = proportional_hazard(own, trust, 0.0, asked)
    least = hazard_of(numbers.hazard_min) * exposure(world, i)
    background = reference * least / own if own > 0.0 else 0.0
    luck = uniform(world.week.keys[Stream.CAUSE, 0], people.traits.id[i])
    cause = cause_of_leaving(
        luck * total,
        background,
        reference - background,
        without_pull - reference,
        total - walk_out - without_pull,
    )
    relation.stage[i] = Stage.LOST
    relation.since[i] = world.week.tick
    relation.cause[i] = cause
    relation.referrer[i] = NOWHERE
    people.case.touchpoint[i] = NOWHERE
    people.case.due[i] = NOWHERE
    people.case.contact_due[i] = NOWHERE
    tally[Tally.LEFT] += 1
    tally[Tally.SOCIABLE_LEFT] += people.traits.is_sociable[i]
    tally[Tally.LEFT_BY_CAUSE + cause] += 1


@part
def join_or_wait(world: World, i: int, lift: float, tally: Array) -> None:
    """Let prospect i weigh the offer, what was heard, and the public rating."""
    people, numbers = world.people, world.numbers.joining
    mind, inbox = people.mind, people.inbox
    n = mind.expectation.shape[0]
    level = 0.0
    for k in range(n):
        level += mind.expectation[k, i]
    offer = attraction(
        level / n, mind.perception[i], numbers.steepness, numbers.outside_option
    )
    advertised, message = numbers.advertising_chance * offer, numbers.message_effect
    discouraged = discouragement(numbers.negative_message_effect, inbox.negative[i])
    chance = joining_chance(advertised, message, inbox.positive[i], discouraged, lift)
    luck = uniform(world.week.keys[Stream.JOIN, 0], people.traits.id[i])
    if luck < chance:
        begin_spell(world, i)
        if luck >= joining_chance(advertised, message, 0, discouraged, lift):
            people.relation.referrer[i] = SOMEBODY
        tally[Tally.JOINED] += 1
        if inbox.positive[i] > 0:
            for lever in range(world.levers.n[0]):
                is_paid = world.levers.outreach.piece[lever] == Piece.JOINER
                if is_paid and covers(world, lever, i):
                    tally[Tally.PIECES + lever] += 1


@part
def return_or_not(world: World, i: int, tally: Array) -> None:
    """Let lost customer i come back, with the trust they left with."""
    people = world.people
    perception = people.mind.perception[i]
    chance = returning_chance(perception, world.numbers.joining.return_chance)
    outreach, keys = world.levers.outreach, world.week.keys
    for lever in range(world.levers.n[0]):
        luck = uniform(keys[Stream.WIN_BACK, lever], people.traits.id[i])
        if luck < outreach.attempt_chance[lever] and covers(world, lever, i):
            chance = won_back_chance(chance, perception, outreach.win_chance[lever])
            tally[Tally.CONTACTS_MADE] += 1
            tally[Tally.CONTACTS + lever] += 1
    if uniform(world.week.keys[Stream.RETURN, 0], people.traits.id[i]) < chance:
        begin_spell(world, i)
        tally[Tally.RETURNED] += 1


@part
def begin_spell(world: World, i: int) -> None:
    """Make person i a customer, with a new lot for when to leave."""
    relation = world.people.relation
    relation.stage[i] = Stage.ACTIVE
    relation.since[i] = world.week.tick
    relation.spell[i] += 1
    relation.hazard[i] = 0.0
    relation.threshold[i] = spell_threshold(world, i)
    relation.department[i] = NOWHERE
    relation.cause[i] = Cause.NONE
    relation.referrer[i] = NOWHERE


@part
def spell_threshold(world: World, i: int) -> float:
    """Return the cumulated hazard at which person i leaves in the present spell."""
    key = world.week.traits_keys[Stream.SPELL, 0]
    spell = world.people.relation.spell[i]
    luck = uniform_pair(key, world.people.traits.id[i], spell)
    return hazard_of(1.0 - luck)


@kernel
def notice(world: World, start: Word, stop: Word, _tally: Array) -> None:
    """Let the people of rows start to stop notice which of their ties left.

    Those who joined are bound to the contact on whose praise they did.
    """
    people, others = world.people, world.others
    rows, nobody, size = scratch_rows(), word(0), word(others.stage.size)
    for block in range(n_blocks(nobody, size)):
        first, last = block_of(nobody, size, block)
        for each in range(changed(world, others.since, first, last, rows)):
            if others.stage[rows[each]] == Stage.LOST:
                miss(world, start, stop, rows[each])
        first, last = max(first, start), min(last, stop)
        if first < last:
            since = people.relation.since
            for each in range(changed(world, since, first, last, rows)):
                bind(world, rows[each])
    n_left = world.week.told[Tally.SOCIABLE_LEFT]
    contact_weight = world.numbers.word_of_mouth.contact_weight
    if n_left > 0 and contact_weight > 0:
        for i in range(start, stop):
            is_gone = others.stage[i] == Stage.LOST
            is_gone = is_gone and others.since[i] == world.week.tick
            crowd = (n_left - is_gone) * contact_weight
            people.inbox.lost_contacts[i] += fixed(crowd) * people.traits.is_sociable[i]


@part
def changed(world: World, since: Array, first: Word, last: Word, rows: Array) -> Word:
    """Write which people of a block came or went this tick; return how many."""
    flags = scratch_flags()
    for i in range(first, last):
        flags[i - first] = since[i] == world.week.tick
    return chosen(flags, first, last, rows)


@part
def miss(world: World, start: Word, stop: Word, j: int) -> None:
    """Let those of rows start to stop who are tied to person j feel that one's pull."""
    ties, relation = world.ties, world.people.relation
    lost = world.people.inbox.lost_contacts
    is_weighted = ties.weight.size > 1
    for tie in range(ties.start[j], ties.start[j + ONE]):
        i = ties.target[tie]
        if start <= i < stop:
            lost[i] += fixed(ties.weight[tie] if is_weighted else 1.0)
            if relation.referrer[i] == j:
                unbind(world, i)


@part
def bind(world: World, i: int) -> None:
    """Bind person i, if praise made them join, to the contact whose praise it was.

    Of all stories that were believed the one stays that has the smallest key, so the
    key tells whose it was. A stranger met by chance is soon forgotten.
    """
    people, ties, others = world.people, world.ties, world.others
    relation, ids = people.relation, people.traits.id
    if relation.referrer[i] != SOMEBODY:
        return
    relation.referrer[i] = NOWHERE
    if people.voice.heard_value[i] < world.numbers.word_of_mouth.neutral:
        return
    key, numbers = world.week.keys[Stream.PICK, 0], world.numbers.leaving
    for tie in range(ties.start[i], ties.start[i + 1]):
        j = ties.target[tie]
        if fold(fold(key, ids[j]), ids[i]) == people.inbox.pick[i]:
            is_customer = others.stage[j] == Stage.ACTIVE
            if is_customer and others.since[j] < world.week.tick:
                relation.referrer[i] = j
                ratio = numbers.referral_hazard_ratio
                relation.threshold[i] = bound(relation.threshold[i], ratio)


@part
def unbind(world: World, i: int) -> None:
    """Let the bond of person i to who referred them end."""
    relation, ratio = world.people.relation, world.numbers.leaving.referral_hazard_ratio
    threshold, hazard = relation.threshold[i] * 1.0, relation.hazard[i] * 1.0
    relation.referrer[i] = NOWHERE
    relation.threshold[i] = unbound(threshold, hazard, ratio)
