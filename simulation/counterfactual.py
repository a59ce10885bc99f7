"""What a lever did to each customer: the same world twice, and once in between.

Worlds of one seed are lived in lock-step. The *direct* world is the treated one in
which everybody receives the messages, meetings, signals, rating and pull of the
untreated twin; what the treated world does beyond it came through word of mouth. Bonds
to who referred are to the twin's people, too: staying because a lever kept that one is
word of mouth. People of the direct world talk too, differently from the twin; nobody
hears it. A message is received there if the twin believed it, whatever the hearer would
make of it now.
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from .core.columns import Array, Cause, Stage, Tally
from .core.parameters import World
from .model import PerceptionModel
from .scenario import Scenario

HEARD = ("heard_touchpoint", "heard_value", "heard_hops")
BELIEVED = ("believed", "total", "positive", "negative", "pick")


class Change(IntEnum):
    """What became of a customer by the lever, judged by the end of the run."""

    SAME = 0
    SAVED = 1
    WON = 2
    LOST = 3
    MISSED = 4
    DELAYED = 5


MEANING = {
    Change.SAME: "The same end, no later.",
    Change.SAVED: "A customer only with the lever, who had been one without it.",
    Change.WON: "A customer only with the lever, who never was one without it.",
    Change.LOST: "A customer only without the lever, who had been one with it.",
    Change.MISSED: "A customer only without the lever, who never was one with it.",
    Change.DELAYED: "Gone at the end in both worlds, but left later with the lever.",
}


class End(NamedTuple):
    """Where everybody stands at the end of a world, shape (n_customers,) each."""

    is_active: Array
    """bool: a customer at the end."""
    was_customer: Array
    """bool: a customer at any time, the end included."""
    cause: Array
    """uint8: why the person last left, as `Cause`; 0 if none or back again."""
    left_week: Array
    """float64: the week in which the person left for good; NaN if not lost."""


class Counterfactual(NamedTuple):
    """What a treatment changed for each customer; shape (n_customers,) each."""

    id: Array
    """uint64: the stable id, which keys every draw of the person."""
    segment: Array
    """uint8: index of the segment."""
    degree: Array
    """int32: strong ties."""
    trust: Array
    """float32: trust at week 0, in the base world."""
    perception: Array
    """float32: perception at week 0, in the base world."""
    was_active: Array
    """bool: a customer at week 0, in the base world."""
    is_touched: Array
    """bool: the lever itself changed something for the person, whatever others told.
    Of who is not touched the direct part is exactly 0."""
    base: End
    treated: End
    direct: End

    @property
    def change(self) -> Array:
        """What became of each by the treatment, as `Change`."""
        return changes(self.base, self.treated)

    @property
    def direct_change(self) -> Array:
        """What became of each by the direct part alone, as `Change`."""
        return changes(self.base, self.direct)

    @property
    def total_effect(self) -> Array:
        """int8: +1 a customer more at the end, -1 one less."""
        return _gain(self.base, self.treated)

    @property
    def direct_effect(self) -> Array:
        """int8: the part that would be there if nobody were told of it."""
        return _gain(self.base, self.direct)

    @property
    def word_of_mouth_effect(self) -> Array:
        """int8: total less direct, -2 to 2: what came through others."""
        effect: Array = self.total_effect - self.direct_effect
        return effect


def _gain(base: End, other: End) -> Array:
    gain: Array = other.is_active.astype(np.int8) - base.is_active.astype(np.int8)
    return gain


def changes(base: End, other: End) -> Array:
    """Return what became of each customer, as `Change`, int8.

    By end states alone: saved − lost + won − missed is exactly the difference in
    active customers, and delayed does not count.
    """
    gained = other.is_active & ~base.is_active
    gone = base.is_active & ~other.is_active
    found = np.full(base.is_active.shape, Change.SAME, np.int8)
    found[gained] = np.where(base.was_customer, Change.SAVED, Change.WON)[gained]
    found[gone] = np.where(other.was_customer, Change.LOST, Change.MISSED)[gone]
    found[other.left_week > base.left_week] = Change.DELAYED
    return found


# The worlds


class Twin(PerceptionModel):
    """The untreated world, which keeps what its people were told this tick.

    Attributes
    ----------
    mail : dict
        Columns of inbox and voice as they were when all was told.
    """

    mail: dict[str, Array]

    def carry(self) -> None:
        """Carry what is told, and keep it before it is taken in."""
        super().carry()
        inbox, voice = self.people.inbox, self.people.voice
        self.mail = {name: getattr(inbox, name).copy() for name in BELIEVED}
        self.mail.update({name: getattr(voice, name).copy() for name in HEARD})


class Direct(PerceptionModel):
    """The treated world in which everybody receives what the twin's people did.

    Messages, meetings, signals, the public rating and the pull of lost contacts are
    the twin's of the same tick, which must have been lived already.

    Attributes
    ----------
    is_touched : bool, shape (n_customers,)
        Who has differed from the twin in anything so far. As all that others tell
        is the twin's, only the treatment itself can have made the difference.
    """

    def __init__(self, settings: Scenario, twin: Twin) -> None:
        """Draw the people of the twin, who listen to it."""
        super().__init__(settings, seed=twin.seed, n_threads=twin.n_threads)
        self.twin = twin
        self.is_touched = np.zeros(self.n_customers, bool)

    def step(self) -> None:
        """Live one tick, and see who differs from the twin after it."""
        super().step()
        for mine, theirs in zip(self.people, self.twin.people, strict=True):
            for column, other in zip(mine, theirs, strict=True):
                is_other = column != other
                self.is_touched |= is_other.any(axis=0) if column.ndim > 1 else is_other

    def tell(self) -> None:
        """Tell, which nobody hears; the review site shows the twin's rating."""
        super().tell()
        self.firm.rating[:] = self.twin.firm.rating

    def carry(self) -> None:
        """Fill the inboxes with what the twin's people were told and believed."""
        mail, inbox, voice = self.twin.mail, self.people.inbox, self.people.voice
        has_mail = mail["positive"] + mail["negative"] > 0
        for record, names in ((inbox, BELIEVED), (voice, HEARD)):
            for name in names:
                np.copyto(getattr(record, name), mail[name], where=has_mail)

    def world(self, pressure_sd: float = 0.0) -> World:
        """Return the world, in which those who leave are the twin's people."""
        found, twin = super().world(pressure_sd), self.twin
        return found._replace(
            others=twin.people.relation, week=found.week._replace(told=twin.told)
        )

    def take_turns(self) -> None:
        """Let prospects decide on the signals of the twin's people: as they did there.

        Nothing but signals and luck decides, so that the prospects are always those
        of the twin.
        """
        mine, theirs = self.people.relation, self.twin.people.relation
        decided = (mine.stage == Stage.PROSPECT) & (theirs.stage != Stage.PROSPECT)
        for column, other in zip(mine, theirs, strict=True):
            np.copyto(column, other, where=decided)
        self.told[Tally.JOINED] += (mine.stage[decided] == Stage.ACTIVE).sum()
        self.told[Tally.REJECTERS] += (mine.stage == Stage.REJECTER).sum()


def counterfactual(
    base: Scenario, treated: Scenario, *, seed: int = 0, n_threads: int = 1
) -> Counterfactual:
    """Live a base and a treated world of one seed, and the direct one between them.

    Parameters
    ----------
    base, treated : Scenario
        Of the same market over the same weeks: the same people in both.
    seed, n_threads : int
        As of `PerceptionModel`.

    Raises
    ------
    ValueError
        If the two do not hold the same people over the same time.
    """
    twin = Twin(base, seed=seed, n_threads=n_threads)
    real = PerceptionModel(treated, seed=seed, n_threads=n_threads)
    direct = Direct(treated, twin)
    _check_alike(twin, real)
    start = _start(twin)
    while not twin.is_over:
        for world in (twin, real, direct):
            world.step()
        if twin.tick == twin.n_warm_up:
            start = _start(twin)
    traits = twin.people.traits
    return Counterfactual(
        id=traits.id.copy(),
        segment=traits.segment.copy(),
        degree=traits.degree.copy(),
        **start,
        is_touched=direct.is_touched,
        base=_end(twin),
        treated=_end(real),
        direct=_end(direct),
    )


def _check_alike(one: PerceptionModel, other: PerceptionModel) -> None:
    """Refuse worlds of which a customer of one is not a customer of the other."""
    mine, theirs = one.settings.clock, other.settings.clock
    if mine != theirs:
        raise ValueError("clock: differs between the two; give both the same weeks")
    if not np.array_equal(one.people.traits.id, other.people.traits.id):
        raise ValueError("market: not the same people; give both the same customers")


def _start(model: PerceptionModel) -> dict[str, Array]:
    mind = model.people.mind
    return {
        "trust": mind.trust.copy(),
        "perception": mind.perception.copy(),
        "was_active": model.is_customer().copy(),
    }


def _end(model: PerceptionModel) -> End:
    relation = model.people.relation
    weeks = (relation.since - model.n_warm_up - 1.0) * (
        model.settings.clock.weeks_per_tick
    )
    return End(
        is_active=model.is_customer().copy(),
        was_customer=relation.spell > 0,
        cause=relation.cause.copy(),
        left_week=np.where(relation.stage == Stage.LOST, weeks, np.nan),
    )


__all__ = [
    "MEANING",
    "Cause",
    "Change",
    "Counterfactual",
    "Direct",
    "End",
    "Twin",
    "changes",
    "counterfactual",
]
