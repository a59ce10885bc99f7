"""A market watched person by person: every episode, and every week of everybody.

The weekly metrics are what a firm could count. Facts about people (who complains,
who talks, who leaves after what) need more: `Observed` lives the same weeks as the
model it extends and copies what the phases read and wrote. Watching changes nothing.
"""

from typing import Annotated, Any, NamedTuple

import numpy as np

from .core.columns import NOWHERE, Array, Column, Stage, declarations
from .core.recovery import complaint_chance
from .model import PerceptionModel
from .scenario import Scenario

SILENT = 255
"""In place of hops, of a person who tells nothing."""


class Episodes(NamedTuple):
    """Every episode after the warm-up; columns of shape (n_episodes,)."""

    week: Annotated[Array, Column("int32", "weeks", "since the end of the warm-up")]
    person: Annotated[Array, Column("int32", "row", "who lived it")]
    touchpoint: Annotated[Array, Column("int8", "index", "where")]
    is_customer: Annotated[Array, Column("bool", "flag", "an active customer did")]
    expectation: Annotated[Array, Column("float32", "share", "before the episode")]
    experience: Annotated[Array, Column("float32", "share", "quality lived")]
    satisfaction: Annotated[Array, Column("float32", "share", "with the episode")]
    trust_before: Annotated[Array, Column("float32", "share", "before the week's")]
    trust_after: Annotated[Array, Column("float32", "share", "after the week's")]
    complaint_chance: Annotated[Array, Column("float32", "share", "of a complaint")]


class Weeks(NamedTuple):
    """Every week after the warm-up; columns of shape (n_weeks, n_customers).

    What people feel is what they decide by: as it stood when phase `choose` began.
    """

    stage: Annotated[Array, Column("uint8", "index", "before the decision")]
    stage_after: Annotated[Array, Column("uint8", "index", "after it")]
    perception: Annotated[Array, Column("float32", "share", "judgement of the firm")]
    trust: Annotated[Array, Column("float32", "share", "that promises are kept")]
    pull: Annotated[Array, Column("float32", "contacts", "lost of late, fading")]
    asked: Annotated[Array, Column("float32", "share", "for an opinion, fading")]
    is_referred: Annotated[Array, Column("bool", "flag", "by a contact, still there")]
    hops: Annotated[Array, Column("uint8", "count", "of the story, to 254; 255 silent")]
    value: Annotated[Array, Column("float32", "share", "of the story told")]
    is_severe: Annotated[Array, Column("bool", "flag", "a case opened this week")]
    has_complained: Annotated[Array, Column("bool", "flag", "about that case")]
    is_repaired: Annotated[Array, Column("bool", "flag", "a case was made good")]


class Observation(NamedTuple):
    """Everything seen of one world."""

    settings: Scenario
    weekly: dict[str, Array]
    """Every weekly metric, shape (n_weeks,)."""
    episodes: Episodes
    weeks: Weeks
    leniency: Array
    """float32, shape (n_customers,): added to every score, in points."""
    frailty: Array
    """float32, shape (n_customers,): multiplies the hazard of leaving."""
    ties: tuple[Array, Array]
    """int64 starts and int32 targets of the compressed rows of the network."""

    @property
    def n_customers(self) -> int:
        """Everybody in the market, drawn or of a customers file."""
        return int(self.leniency.size)

    @property
    def degree(self) -> Array:
        """Ties of each person, shape (n_customers,)."""
        return np.diff(self.ties[0])


class Observed(PerceptionModel):
    """A model that keeps what its people live; it must run on a tick of a week.

    Parameters
    ----------
    settings : Scenario, optional
    seed : int
    has_witness : bool
        Whether people are watched; without, an observation has weekly metrics alone.

    Examples
    --------
    >>> from simulation.scenario import load
    >>> few = load("baseline", ["market.customers=50", "clock.weeks=4"])
    >>> Observed(few, seed=1).run().observation().weeks.stage.shape
    (4, 50)
    """

    def __init__(
        self,
        settings: Scenario | None = None,
        *,
        seed: int = 0,
        has_witness: bool = True,
    ) -> None:
        """Draw the people; nothing has been lived yet."""
        super().__init__(settings, seed=seed)
        if self.settings.clock.weeks_per_tick != 1:
            raise ValueError("clock.tick_days: only weeks are observed; use 7")
        self.lived: list[tuple[Array, ...]] = []
        self.n_kept = self.n_ticks if has_witness else 0
        self.kept = _columns(Weeks, (self.n_kept, self.n_customers))

    def run(self) -> "Observed":
        """Live every tick that is left; return the model itself."""
        super().run()
        return self

    @property
    def row(self) -> int:
        """The week being lived, from 0 after the warm-up; negative before."""
        return self.tick - self.n_warm_up - 1

    @property
    def is_kept(self) -> bool:
        """Whether the week being lived is one that is kept."""
        return 0 <= self.row < self.n_kept

    def serve(self) -> None:
        """Let people live their episodes, and keep each of them."""
        mind = self.people.mind
        before = mind.expectation.copy(), mind.evidence.copy(), mind.trust.copy()
        super().serve()
        if self.is_kept:
            self._keep_episodes(*before)

    def _keep_episodes(self, expected: Array, evidence: Array, trust: Array) -> None:
        """Keep the week's episodes.

        The quality lived is what the expectation moved toward: by 1 / (n + 1) of
        the distance, as long as no lever informs people in the same week.
        """
        people = self.people
        recovery = self.numbers.recovery
        for k in range(expected.shape[0]):
            (who,) = np.nonzero(people.lived.touchpoints >> k & 1)
            if who.size == 0:
                continue
            before = expected[k, who].astype(float)
            moved = people.mind.expectation[k, who] - before
            s = people.lived.satisfaction[k, who]
            chances = [
                complaint_chance(
                    float(each),
                    recovery.complaint_intercept,
                    recovery.complaint_slope,
                )
                for each in s
            ]
            self.lived.append(
                (
                    np.full(who.size, self.row),
                    who,
                    np.full(who.size, k),
                    people.relation.stage[who] == Stage.ACTIVE,
                    before,
                    np.clip(before + moved * (evidence[k, who] + 1.0), 0, 1),
                    s.copy(),
                    trust[who],
                    people.mind.trust[who],
                    np.array(chances),
                )
            )

    def recover(self) -> None:
        """Let failures be complained about and repaired, and keep whose were."""
        before = self.people.mind.grievance.copy()
        super().recover()
        if self.is_kept:
            case, kept, row = self.people.case, self.kept, self.row
            opened = (case.opened == self.tick) & (case.touchpoint != NOWHERE)
            kept.is_severe[row] = opened
            kept.has_complained[row] = opened & (case.has_complained == 1)
            kept.is_repaired[row] = self.people.mind.grievance < before

    def tell(self) -> None:
        """Let people tell their stories, and keep whose and from how far."""
        super().tell()
        if self.is_kept:
            voice = self.people.voice
            is_silent = voice.touchpoint == NOWHERE
            hops = np.minimum(voice.hops, SILENT - 1)
            self.kept.hops[self.row] = np.where(is_silent, SILENT, hops)
            self.kept.value[self.row] = np.where(is_silent, np.nan, voice.value)

    def choose(self) -> None:
        """Let people decide, and keep what they felt and what they did."""
        if not self.is_kept:
            super().choose()
            return
        mind, kept, row = self.people.mind, self.kept, self.row
        kept.stage[row] = self.people.relation.stage
        kept.perception[row] = mind.perception
        kept.trust[row] = mind.trust
        kept.pull[row] = mind.pull
        kept.asked[row] = mind.asked
        super().choose()
        kept.stage_after[row] = self.people.relation.stage
        kept.is_referred[row] = self.people.relation.referrer != NOWHERE

    def observation(self) -> Observation:
        """Return everything seen so far."""
        columns = zip(*self.lived, strict=True) if self.lived else ()
        episodes = _columns(Episodes, (0,))
        if self.lived:
            kinds = [column.dtype for column in declarations(Episodes).values()]
            episodes = Episodes(
                *(
                    np.concatenate(parts).astype(kind)
                    for parts, kind in zip(columns, kinds, strict=True)
                )
            )
        return Observation(
            settings=self.settings,
            weekly=self.weekly(),
            episodes=episodes,
            weeks=self.kept,
            leniency=self.people.traits.leniency,
            frailty=self.people.traits.frailty,
            ties=(self.ties.start, self.ties.target),
        )


def _columns(record: type[Any], shape: tuple[int, ...]) -> Any:  # noqa: ANN401
    """Return a record of columns of one shape, of zeros."""
    kinds = (column.dtype for column in declarations(record).values())
    return record(*(np.zeros(shape, kind) for kind in kinds))
