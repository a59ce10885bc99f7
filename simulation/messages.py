"""Who told whom: the messages of a tick, drawn once more.

The kernel `hear` counts messages and forgets who sent them. Each of its draws is
keyed by who tells and who hears, so the same draws, from the state in which telling
left everybody, find every message again; nothing is drawn that was not drawn there.
"""

from typing import Any, NamedTuple

import numpy as np

from .core.columns import NOWHERE, Array
from .core.elementary import floor
from .core.parameters import World
from .core.randomness import GOLDEN, TWO_TO_MINUS_52, Stream, mix
from .core.telling import belief_chance

_mixed: Any = getattr(mix, "py_func", mix)


class Messages(NamedTuple):
    """Every message that was heard in a tick; columns of shape (n_messages,)."""

    teller: Array
    """int64: the row of who told."""
    hearer: Array
    """int64: the row of who heard."""
    is_good: Array
    """bool: at least neutral."""
    is_believed: Array
    """bool."""


class Sources(NamedTuple):
    """Whose story each person may pass on; columns of shape (n_customers,)."""

    teller: Array
    """int64: the row of who told it; -1 none."""
    key: Array
    """uint64: by which it was picked among the believed ones."""


def messages_of(world: World) -> Messages:
    """Return the messages of a tick in which everybody has chosen a story.

    Over ties and in chance meetings, as `core.kernels.hear.hear` carries them; a
    complete network has no messages, only counts.

    Parameters
    ----------
    world : World
        Between the phases `tell` and `hear`, or until trust moves.
    """
    numbers, value = world.numbers.word_of_mouth, world.people.voice.value
    is_good: Array = value.astype(float) >= numbers.neutral
    reach = np.where(is_good, numbers.reach, numbers.reach_negative)
    tellers = np.flatnonzero(world.people.voice.touchpoint != NOWHERE)
    ways = _over_ties(world, tellers, reach), _by_chance(world, tellers, reach)
    teller, hearer, luck = map(np.concatenate, zip(*ways, strict=True))
    kept = teller != hearer
    teller, hearer, luck = teller[kept], hearer[kept], luck[kept]
    ends = (
        (numbers.believe_negative_distrusted, numbers.believe_negative_trusted),
        (numbers.believe_positive_distrusted, numbers.believe_positive_trusted),
    )
    trust, good = world.people.mind.trust[hearer].tolist(), is_good[teller]
    chance = [
        belief_chance(each, *ends[sign], numbers.hearings)
        for each, sign in zip(trust, good.tolist(), strict=True)
    ]
    return Messages(teller, hearer, good, luck < np.array(chance, float))


def _over_ties(
    world: World, tellers: Array, reach: Array
) -> tuple[Array, Array, Array]:
    """Return who tells, who hears and the luck of believing, over ties."""
    ties, who, keys = world.ties, world.people.traits.id, world.week.keys
    teller, number = _numbered(tellers, ties.start[tellers + 1] - ties.start[tellers])
    place = ties.start[teller] + number
    hearer = ties.target[place].astype(np.int64)
    weight = ties.weight[place if ties.weight.size > 1 else np.zeros_like(place)]
    pair = who[teller], who[hearer]
    is_heard = (
        _of_two(keys[Stream.HEAR, 0], *pair) < weight.astype(float) * reach[teller]
    )
    luck = _of_two(keys[Stream.BELIEVE, 0], *pair)
    return teller[is_heard], hearer[is_heard], luck[is_heard]


def _by_chance(
    world: World, tellers: Array, reach: Array
) -> tuple[Array, Array, Array]:
    """Return who tells, who hears and the luck of believing, in chance meetings."""
    sociable, who, keys = world.ties.sociable, world.people.traits.id, world.week.keys
    meeting = tellers[world.people.traits.is_sociable[tellers] == 1]
    if sociable.size <= 1:
        meeting = meeting[:0]
    luck = uniforms(keys[Stream.MEETING_COUNT, 0], who[meeting])
    mean = world.numbers.word_of_mouth.meetings
    n_met = np.array([floor(mean + each) for each in luck.tolist()], np.int64)
    teller, number = _numbered(meeting, n_met)
    pair = who[teller], number.astype(np.uint64)
    is_heard = _of_two(keys[Stream.MEETING_HEAR, 0], *pair) < reach[teller]
    place = _of_two(keys[Stream.MEET, 0], *pair) * sociable.size
    hearer = sociable[place.astype(np.int64)].astype(np.int64)
    luck = _of_two(keys[Stream.MEETING_BELIEVE, 0], *pair)
    return teller[is_heard], hearer[is_heard], luck[is_heard]


def _numbered(rows: Array, n: Array) -> tuple[Array, Array]:
    """Return each row n times, and the number of each time, from 0."""
    first = np.cumsum(n) - n
    return np.repeat(rows, n), np.arange(n.sum()) - np.repeat(first, n)


def sources_of(world: World, messages: Messages) -> Sources:
    """Return whose story, of those they believed, people keep to pass on."""
    who, n = world.people.traits.id, world.people.traits.id.size
    teller = messages.teller[messages.is_believed]
    hearer = messages.hearer[messages.is_believed]
    key = folded(folded(world.week.keys[Stream.PICK, 0], who[teller]), who[hearer])
    order = np.lexsort((key, hearer))
    rows, first = np.unique(hearer[order], return_index=True)
    found = Sources(np.full(n, NOWHERE, np.int64), np.zeros(n, np.uint64))
    found.teller[rows] = teller[order][first]
    found.key[rows] = key[order][first]
    return found


def _of_two(key: np.uint64, who: Array, other: Array) -> Array:
    """Return `core.randomness.uniform_pair` of one key for many pairs at once."""
    return uniforms(folded(key, who), other)


def folded(key: Any, part: Array) -> Array:  # noqa: ANN401 (a key, or one for each)
    """Return `core.randomness.fold` for many parts at once, uint64, shape (n,)."""
    found: Array = _mixed(key + part * np.uint64(GOLDEN))
    return found


def uniforms(key: Any, who: Array) -> Array:  # noqa: ANN401 (a key, or one for each)
    """Return `core.randomness.uniform` for many people at once.

    Parameters
    ----------
    key : uint64, or uint64 of shape (n,)
    who : uint64, shape (n,)

    Returns
    -------
    float64, shape (n,)
    """
    found: Array = ((folded(key, who) >> np.uint64(12)) + 0.5) * TWO_TO_MINUS_52
    return found
