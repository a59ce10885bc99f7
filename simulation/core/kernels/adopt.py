"""Phase 7 under another rule: prospects adopt or reject on the signals they take in.

One person after the other, in an order drawn anew each tick: whoever comes later
sees what those before have decided. So this is the one kernel that never shares its
rows between threads. It keeps no column of its own: who is disappointed is a draw of
the person alone.
"""

from ..adoption import adopting_chance, bad_signal_chance
from ..columns import Array, Stage, Tally
from ..jit import kernel, part
from ..parameters import Adoption, World
from ..randomness import Stream, fold, uniform
from .choose import begin_spell
from .hear import n_met

TIE, MEETING, ADVERTISEMENT = 0, 1, 2
"""Classes of signals: slots of their stream."""


@kernel
def draw_turns(world: World, turns: Array) -> None:
    """Draw for each person a number in (0, 1): who has a smaller one comes first."""
    key, ids = world.week.keys[Stream.TURN, 0], world.people.traits.id
    for i in range(turns.size):
        turns[i] = uniform(key, ids[i])


@kernel
def adopt(world: World, adoption: Adoption, order: Array, tally: Array) -> None:
    """Let prospects decide in this order of rows; then count who has rejected."""
    stage = world.people.relation.stage
    for turn in range(order.size):
        i = order[turn]
        if stage[i] == Stage.PROSPECT:
            decide(world, adoption, i, tally)
    rejecters = 0
    for i in range(stage.size):
        rejecters += stage[i] == Stage.REJECTER
    tally[Tally.REJECTERS] += rejecters


@part
def decide(world: World, adoption: Adoption, i: int, tally: Array) -> None:
    """Let prospect i adopt, reject, or wait for want of a signal."""
    key, who = world.week.keys[Stream.SIGNAL, ADVERTISEMENT], world.people.traits.id[i]
    advertised = uniform(key, who) < adoption.advertising_chance
    praise, blame = ties_heard(world, adoption, i)
    more_praise, more_blame = people_met(world, adoption, i)
    positive, negative = advertised + praise + more_praise, blame + more_blame
    if positive + negative == 0:
        return
    luck = uniform(world.week.keys[Stream.ADOPT, 0], who)
    if luck < adopting_chance(positive, negative):
        begin_spell(world, i)
        tally[Tally.JOINED] += 1
    else:
        world.people.relation.stage[i] = Stage.REJECTER
        world.people.relation.since[i] = world.week.tick


@part
def ties_heard(world: World, adoption: Adoption, i: int) -> tuple[int, int]:
    """Return how many good and bad signals of their ties person i takes in."""
    ties, ids = world.ties, world.people.traits.id
    key = fold(world.week.keys[Stream.SIGNAL, TIE], ids[i])
    is_weighted = ties.weight.size > 1
    positive, negative = 0, 0
    for tie in range(ties.start[i], ties.start[i + 1]):
        j = ties.target[tie]
        weight = ties.weight[tie] if is_weighted else 1.0
        chance = adoption.strong_chance * weight
        sign = signal(world, adoption, j, chance, uniform(key, ids[j]))
        positive += sign > 0
        negative += sign < 0
    return positive, negative


@part
def people_met(world: World, adoption: Adoption, i: int) -> tuple[int, int]:
    """Return how many good and bad signals of people met person i takes in."""
    sociable, who = world.ties.sociable, world.people.traits.id[i]
    place = fold(world.week.keys[Stream.MEET, 0], who)
    key = fold(world.week.keys[Stream.SIGNAL, MEETING], who)
    positive, negative = 0, 0
    for meeting in range(n_met(world, i)):
        j = sociable[int(uniform(place, meeting) * sociable.size)]
        chance = adoption.weak_chance
        sign = signal(world, adoption, j, chance, uniform(key, meeting))
        positive += sign > 0
        negative += sign < 0
    return positive, negative


@part
def signal(world: World, adoption: Adoption, j: int, chance: float, luck: float) -> int:
    """Return 1 if a good signal of person j is taken in, -1 if a bad one is, else 0.

    Customers praise unless the product disappointed them; these, and all who have
    rejected it, blame.
    """
    stage = world.people.relation.stage[j]
    if stage != Stage.ACTIVE and stage != Stage.REJECTER:
        return 0
    key = world.week.traits_keys[Stream.DISAPPOINT, 0]
    kindness = uniform(key, world.people.traits.id[j])
    if stage == Stage.ACTIVE and kindness >= adoption.disappointed_share:
        return int(luck < chance)
    return -int(luck < bad_signal_chance(chance, adoption.negative_ratio))
