"""A world to be looked at week by week: two bytes a person, and a line of numbers.

`Scene` lives as any other world does; it notes who was seen to do what, which
changes no result.
"""

from enum import IntFlag
from typing import NamedTuple

import numpy as np

from .core.columns import NOWHERE, Array, Stage
from .core.randomness import Stream
from .core.telling import stars
from .messages import uniforms
from .metrics import BY_NAME
from .model import PerceptionModel
from .scenario import Scenario

FULL, PROSPECT, GONE = 200, 254, 255
"""Perception 1 in a byte; a person who never was a customer; a former customer."""

SHOWN = (
    "active",
    "prospects",
    "lost",
    "joined",
    "left",
    "returned",
    "perception",
    "perception_ever",
    "trust",
    "true_nps",
    "measured_nps",
    "blind_spot",
    "sampled",
    "responses",
    "rating",
    "reviews",
    "stories",
    "believed_positive",
    "believed_negative",
    "failures",
    "repaired",
    "cost_levers",
    "profit",
)
"""The metrics of a frame, in this order."""
STOCKS = {"active": Stage.ACTIVE, "prospects": Stage.PROSPECT, "lost": Stage.LOST}
"""Of these, what is known before anything has happened."""


class Seen(IntFlag):
    """What a person was seen to do, or to suffer, in a week."""

    SPOKE = 1
    REVIEWED = 2
    WRONGED = 4
    REPAIRED = 8
    BELIEVED = 16


class Frame(NamedTuple):
    """One week, as it stood at its end."""

    week: int
    """Weeks lived since the warm-up; 0 is the start."""
    numbers: Array
    """float64, shape (len(SHOWN),): the metrics of the week; NaN where undefined."""
    perception: Array
    """uint8, shape (n_customers,): in 200ths, or `PROSPECT` or `GONE`."""
    seen: Array
    """uint8, shape (n_customers,): `Seen`."""

    def tobytes(self) -> bytes:
        """Return the week, the numbers (little-endian float64), then the bytes."""
        head = np.concatenate(([self.week], self.numbers)).astype("<f8")
        return head.tobytes() + self.perception.tobytes() + self.seen.tobytes()


class Scene(PerceptionModel):
    """A world that notes what can be seen of each person.

    Attributes
    ----------
    seen : uint8, shape (n_customers,)
        `Seen`, since the week began.
    """

    def __init__(self, settings: Scenario, *, seed: int = 0) -> None:
        """Draw the people, and live the warm-up."""
        super().__init__(settings, seed=seed)
        self.seen = np.zeros(self.n_customers, np.uint8)
        self.ticks_per_week = max(1, round(1 / settings.clock.weeks_per_tick))
        while self.tick < self.n_warm_up:
            self.seen[:] = 0
            self.step()

    def live(self) -> Frame:
        """Live a week, or a tick if that is longer; return how it ended."""
        self.seen[:] = 0
        for _ in range(self.ticks_per_week):
            self.step()
        return self.frame()

    def frame(self) -> Frame:
        """Return the world as it is now."""
        stage = self.people.relation.stage
        perception = np.rint(self.people.mind.perception * FULL).astype(np.uint8)
        perception[(stage == Stage.PROSPECT) | (stage == Stage.REJECTER)] = PROSPECT
        perception[stage == Stage.LOST] = GONE
        return Frame(round(self.week), self._numbers(), perception, self.seen.copy())

    def _numbers(self) -> Array:
        if self.tick == 0:  # nothing was counted yet, but who is there is known
            stage = self.people.relation.stage
            stocks = {name: (stage == who).sum() for name, who in STOCKS.items()}
            return np.array([stocks.get(name, np.nan) for name in SHOWN])
        if self.tick == self.n_warm_up:
            return np.array([self.metric(name) for name in SHOWN])
        whole = self.record()
        last = whole._replace(
            week=whole.week[-1:],
            counts=whole.counts[-1:],
            books={name: values[-1:] for name, values in whole.books.items()},
            years=whole.years[-1:],
        )
        return np.array([BY_NAME[name].formula(last)[0] for name in SHOWN])

    def _note(self, what: Seen, who: Array) -> None:
        self.seen[who] |= np.uint8(what)

    def serve(self) -> None:
        """Serve; who is left with a grievance was wronged."""
        super().serve()
        self._note(Seen.WRONGED, self.people.case.opened == self.tick)

    def recover(self) -> None:
        """Recover; a case that is closed with less of a grievance was repaired."""
        case, before = self.people.case, self.people.mind.grievance.copy()
        was_open: Array = case.touchpoint != NOWHERE
        super().recover()
        is_eased: Array = self.people.mind.grievance < before
        self._note(Seen.REPAIRED, was_open & (case.touchpoint == NOWHERE) & is_eased)

    def tell(self) -> None:
        """Tell; who told a story spoke, whose draw says so posted a review."""
        super().tell()
        self._note(Seen.SPOKE, self.people.voice.touchpoint != NOWHERE)
        lived, traits = self.people.lived, self.people.traits
        posting = self.numbers.reviews.posting
        for k in range(len(self.settings.journey.touchpoints)):
            rows = np.flatnonzero(lived.touchpoints & (1 << k) & -traits.is_reviewer)
            key = self.tick_keys[Stream.POST, k]
            luck = uniforms(key, traits.id[rows])
            is_near = luck < posting.max()
            rows, luck = rows[is_near], luck[is_near]
            chance = [posting[stars(s) - 1] for s in lived.satisfaction[k, rows]]
            self._note(Seen.REVIEWED, rows[luck < chance])

    def carry(self) -> None:
        """Carry what is told; who took in a story believed it."""
        super().carry()
        believed = self.people.inbox.believed
        self._note(Seen.BELIEVED, np.bitwise_or.reduce(believed, axis=0) != 0)
