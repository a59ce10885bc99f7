"""What a firm can do: each lever's fields, what it moves, its cost, its evidence.

Declarations only. `Lever.effect` says what a lever of some strength changes for a
customer it covers; the firm turns that into a table a tick, the kernels apply it.
A new lever is a class with a number of its own in `LEVERS`.
"""

import math
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from simulation.core.columns import Audience, Occasion
from simulation.quantity import Section, broken, quantity

SEGMENT_PREFIX = "segment:"
AUDIENCES = [a.name.lower() for a in Audience if a is not Audience.SEGMENT]
COSTS = "Assumption: the price depends on the firm; none is known in general"
SCHEDULE = "Assumption: a matter of the firm's plan"


class Effect(NamedTuple):
    """What a lever changes for a covered customer; the defaults change nothing."""

    quality_shift: float = 0.0
    """Added to the mean quality of an episode."""
    sd_factor: float = 1.0
    """Multiplies the spread of quality."""
    failure_factor: float = 1.0
    """Multiplies the chance to fail."""
    handoff_factor: float = 1.0
    """Multiplies the chance that a hand-off fails."""
    pressure_factor: float = 1.0
    """Multiplies what sales pressure adds to the spread."""
    fit_factor: float = 1.0
    """Multiplies how well, or badly, the service suits the person."""
    contact_chance: float = 0.0
    """Chance to be followed up after an episode."""
    promise_share: float = 0.0
    """How far the lever's promise replaces the firm's."""
    touchpoints: tuple[str, ...] = ()
    """Where quality, spread and failures change; empty is everywhere."""


NEUTRAL = Effect()


class Contact(NamedTuple):
    """How a lever follows up; the defaults stand for a lever that does not."""

    occasion: Occasion = Occasion.EVERY
    delay_weeks: float = 0.0
    upsell_chance: float = 0.0
    """Chance that a call after a good episode sells something."""
    upsell_value: float = 0.0
    """Money earned by one such sale."""


class When(Section):
    """A condition on what the firm measures; never measured is not met."""

    metric: Literal[
        "measured_nps", "rating", "complaints", "reviews", "measured_satisfaction"
    ] = Field(description="What the firm watches.")
    below: float | None = quantity(
        None,
        "of the metric",
        "The lever acts while the metric is below this.",
        SCHEDULE,
        (0, 50),
        ge=-100,
        le=1e9,
    )
    above: float | None = quantity(
        None,
        "of the metric",
        "The lever acts while the metric is above this.",
        SCHEDULE,
        (0, 50),
        ge=-100,
        le=1e9,
    )

    @model_validator(mode="after")
    def _one_limit(self) -> "When":
        if (self.below is None) == (self.above is None):
            raise broken("", "takes one of below and above; state exactly one")
        return self

    def holds(self, measured: float) -> bool:
        """Return whether the condition is met; NaN is never measured, so False."""
        if self.below is not None:
            return measured < self.below
        return self.above is not None and measured > self.above


class Lever(Section):
    """What all levers share: for whom, when, how strongly, at what cost."""

    name: ClassVar[str]
    code: ClassVar[int]
    """For ever: keys who is covered."""
    text: ClassVar[str]
    moves: ClassVar[str]
    side_effect: ClassVar[str]
    evidence: ClassVar[str]

    audience: Annotated[
        str, Field(pattern=rf"^({'|'.join(AUDIENCES)}|segment:.+)$")
    ] = Field(
        default="everyone",
        description="For whom: everyone, new, unhappy, silent, hubs, or segment:NAME.",
    )
    coverage: float = quantity(
        1.0,
        "share",
        "Share of the audience that is covered: the same people in every run of a "
        "seed.",
        SCHEDULE,
        (0.0, 1.0),
        le=1,
    )
    strength: float = quantity(
        1.0,
        "share",
        "How strongly the lever acts; 0 changes nothing and costs nothing.",
        SCHEDULE,
        (0.0, 1.0),
        le=1,
    )
    from_week: float = quantity(
        0.0, "weeks", "First week in force.", SCHEDULE, (0, 26), le=5200
    )
    until_week: float | None = quantity(
        None, "weeks", "First week no longer in force.", SCHEDULE, (26, 104), le=5200
    )
    ramp_weeks: float = quantity(
        0.0,
        "weeks",
        "Time in which the strength rises in a straight line from 0.",
        SCHEDULE,
        (0, 26),
        le=5200,
    )
    cost_once: float = quantity(
        0.0, "money", "Paid in the first week in force.", COSTS, (0, 10_000), le=1e12
    )
    cost_per_week: float = quantity(
        0.0, "money per week", "Paid each week in force.", COSTS, (0, 1000), le=1e12
    )
    cost_per_contact: float = quantity(
        0.0, "money per contact", "Paid for each contact.", COSTS, (0, 20), le=1e9
    )
    cost_per_customer_week: float = quantity(
        0.0,
        "money per customer-week",
        "Paid each week for each covered active customer.",
        COSTS,
        (0, 2),
        le=1e9,
    )
    when: When | None = Field(
        default=None,
        description="Acts only while the firm measures this: {metric: measured_nps, "
        "below: 20}.",
    )

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        """Accept `{name: {...}}`, as files write a lever, and `{name: }`."""
        if isinstance(value, dict) and list(value) == [cls.name]:
            return {} if value[cls.name] is None else value[cls.name]
        return value

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "Lever":
        if self.until_week is not None and self.until_week <= self.from_week:
            raise broken(
                "until_week from_week",
                f"until_week ({self.until_week:g}) is not after from_week "
                f"({self.from_week:g}); end later, or never (null)",
            )
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe a lever as files write it: a mapping with one key, its name."""
        fields = handler.resolve_ref_schema(handler(core_schema))
        return {
            "type": "object",
            "description": f"{cls.text} Moves: {cls.moves}.",
            "properties": {cls.name: {**fields, "type": ["object", "null"]}},
            "required": [cls.name],
            "additionalProperties": False,
        }

    @property
    def segment(self) -> str | None:
        """Name of the segment that is the audience, or None."""
        prefix, _, name = self.audience.partition(":")
        return name if prefix == SEGMENT_PREFIX[:-1] and name else None

    @property
    def audience_kind(self) -> Audience:
        """The audience as the kernels know it."""
        return Audience.SEGMENT if self.segment else Audience[self.audience.upper()]

    def strength_at(self, week: float) -> float:
        """Return the strength in a week: 0 before and after, rising in the ramp."""
        begun = week - self.from_week
        is_past = self.until_week is not None and week >= self.until_week
        if begun < 0 or is_past:
            return 0.0
        if begun < self.ramp_weeks:
            return self.strength * begun / self.ramp_weeks
        return self.strength

    def effect(self, strength: float) -> Effect:
        """Return what the lever changes at a strength; neutral, exactly, at 0."""
        return self.changes(strength) if strength > 0 else NEUTRAL

    def changes(self, strength: float) -> Effect:
        """Return what the lever changes at a strength above 0."""
        raise NotImplementedError

    def contact(self) -> Contact:
        """Return how the lever follows up, if it does."""
        return Contact()

    def promised(self, promise: float, measured: float, weeks: float) -> float:
        """Return the promise some weeks on, given what is measured (NaN: nothing)."""
        return promise

    @property
    def named_touchpoints(self) -> tuple[str, ...]:
        """The touchpoints that the lever names."""
        return ()


class FollowUp(Lever):
    """Calls customers after their experiences."""

    name = "follow_up"
    code = 1
    text = "Call customers after an experience."
    moves = "chance that a silent sufferer is found; upsell; hazard of those asked"
    side_effect = "contact fatigue, and the cost of each contact"
    evidence = (
        "Dholakia & Morwitz 2002 (being asked lowers defection); Knox & van Oest 2014 "
        "(repair almost never makes good)"
    )

    after: Literal["bad", "every", "good"] = Field(
        default="bad", description="After which experiences the firm calls."
    )
    delay_weeks: float = quantity(
        1.0,
        "weeks",
        "Time between the experience and the call.",
        "Assumption: one week",
        (0, 4),
        le=520,
    )
    upsell_chance: float = quantity(
        0.05,
        "share",
        "Chance that a call after a good experience sells something.",
        "Assumption: one call in twenty",
        (0.0, 0.2),
        le=1,
    )
    upsell_value: float = quantity(
        20.0,
        "money per sale",
        "Contribution of one such sale.",
        "Assumption: two weeks of margin",
        (0, 100),
        le=1e9,
    )
    cost_per_contact: float = quantity(
        4.0,
        "money per contact",
        "Paid for each contact.",
        "Assumption: some minutes of a caller's time",
        (1, 15),
        le=1e9,
    )

    def changes(self, strength: float) -> Effect:
        """Return the effect: the covered are called with this chance."""
        return Effect(contact_chance=strength)

    def contact(self) -> Contact:
        """Return after which episodes, how late and with what sales."""
        return Contact(
            Occasion[self.after.upper()],
            self.delay_weeks,
            self.upsell_chance,
            self.upsell_value,
        )


class ExpectationAlignment(Lever):
    """Promises what customers report, no more."""

    name = "expectation_alignment"
    code = 3
    text = "Let the promise follow measured satisfaction."
    moves = "promise, towards measured satisfaction plus a margin"
    side_effect = "fewer joiners where the promise comes down"
    evidence = (
        "Kopalle & Lehmann 2006; Rust et al. 1999 (expected quality is a distribution)"
    )

    margin: float = quantity(
        0.0,
        "share",
        "Promise above measured satisfaction; negative under-promises.",
        "Assumption: promise what is delivered",
        (-0.1, 0.1),
        ge=-1,
        le=1,
    )
    speed: float = quantity(
        0.1,
        "share per week",
        "Share of the distance to the target by which the promise moves in a week.",
        "Assumption: a quarter to change what is said everywhere",
        (0.02, 0.5),
        le=1,
    )

    def changes(self, strength: float) -> Effect:
        """Return the effect: the covered hear the lever's promise."""
        return Effect(promise_share=strength)

    def promised(self, promise: float, measured: float, weeks: float) -> float:
        """Return the promise after moving towards measured + margin, in [0, 1]."""
        if measured != measured:
            return promise
        target = min(1.0, max(0.0, measured + self.margin))
        step = 1 - math.pow(1 - self.speed, weeks)
        return promise + step * (target - promise)


class ServiceImprovement(Lever):
    """Makes the service better."""

    name = "service_improvement"
    code = 6
    text = "Raise the quality of chosen touchpoints."
    moves = "mean quality of an episode"
    side_effect = "its cost, every week; expectations follow the better service"
    evidence = "Anderson & Sullivan 1993 (satisfaction follows quality)"

    touchpoints: tuple[str, ...] = Field(
        default=(), description="Where; an empty list is everywhere."
    )
    quality_gain: float = quantity(
        0.05,
        "share",
        "Added to the mean quality of an episode.",
        "Assumption: half a point of ten",
        (0.0, 0.15),
        ge=-1,
        le=1,
    )
    cost_per_customer_week: float = quantity(
        0.5,
        "money per customer-week",
        "Paid each week for each covered active customer.",
        "Assumption: a twentieth of a regular customer's margin",
        (0, 2),
        le=1e9,
    )

    def changes(self, strength: float) -> Effect:
        """Return the effect: better episodes at the chosen touchpoints."""
        return Effect(
            quality_shift=self.quality_gain * strength, touchpoints=self.touchpoints
        )

    @property
    def named_touchpoints(self) -> tuple[str, ...]:
        """The touchpoints that the lever names."""
        return self.touchpoints


class Consistency(Lever):
    """Makes the service the same every time."""

    name = "consistency"
    code = 8
    text = "Deliver the same everywhere and every day."
    moves = "spread of quality, hand-off failures and month-end pressure, down"
    side_effect = "over-standardised: the service fits the single person less"
    evidence = "Rust et al. 1999 (less uncertainty can be worth a lower mean)"

    sd_reduction: float = quantity(
        0.35,
        "share",
        "Share of the spread of quality that is removed.",
        "Assumption: from .13 to .085",
        (0.0, 0.6),
        le=1,
    )
    handoff_reduction: float = quantity(
        0.5,
        "share",
        "Share of hand-off failures that is removed.",
        "Assumption: half",
        (0.0, 0.8),
        le=1,
    )
    pressure_reduction: float = quantity(
        1.0,
        "share",
        "Share of the month-end pressure that is removed.",
        "Assumption: quotas at the end of the month are dropped",
        (0.0, 1.0),
        le=1,
    )
    fit_loss: float = quantity(
        0.15,
        "share",
        "Share of the person's fit that standardising takes away.",
        "Assumption: less room to adapt to the person",
        (0.0, 0.4),
        le=1,
    )
    cost_per_customer_week: float = quantity(
        0.3,
        "money per customer-week",
        "Paid each week for each covered active customer.",
        "Assumption: half the cost of better service",
        (0, 2),
        le=1e9,
    )

    def changes(self, strength: float) -> Effect:
        """Return the effect: less spread, fewer hand-off failures, less fit."""
        return Effect(
            sd_factor=1 - self.sd_reduction * strength,
            handoff_factor=1 - self.handoff_reduction * strength,
            pressure_factor=1 - self.pressure_reduction * strength,
            fit_factor=1 - self.fit_loss * strength,
        )


LEVERS: dict[str, type[Lever]] = {
    lever.name: lever
    for lever in (FollowUp, ExpectationAlignment, ServiceImprovement, Consistency)
}
"""Every lever by its key in a scenario."""


def lever_named(value: Any) -> str:  # noqa: ANN401 (whatever a file says)
    """Return which lever a file's entry, or a lever, is; "" if none."""
    if isinstance(value, Lever):
        return value.name
    if isinstance(value, dict) and len(value) == 1:
        return str(next(iter(value)))
    return ""
