"""What a firm can do: each lever's fields, what it moves, its cost, its evidence.

Declarations only. `Lever.effect` says what a lever of some strength changes for a
customer it covers; the firm turns that into a table a tick, the kernels apply it.
A new lever is a class with a number of its own in `LEVERS`.
"""

import math
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import Field, model_validator

from simulation.core.columns import Audience, Occasion, Piece
from simulation.quantity import Empty, Entry, Section, broken, details, quantity

SEGMENT = "segment"
AUDIENCES = [a.name.lower() for a in Audience if a is not Audience.SEGMENT]
COSTS = "Assumption: the price depends on the firm; none is known in general"
SCHEDULE = "Assumption: a matter of the firm's plan"
SALE = "upsell_value"
"""The one price that is earned, not paid."""


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
    misfit_factor: float = 1.0
    """Multiplies how badly the service suits those whom it does not suit."""
    trust_gain_factor: float = 1.0
    """Multiplies what a kept promise adds to trust."""
    detection_chance: float = 0.0
    """Chance that a failure is removed before it is felt."""
    trust_lift: float = 0.0
    """Share of the distance to full trust that an episode closes."""
    information_weight: float = 0.0
    """Evidence, in experiences, of what all touchpoints usually deliver."""
    repair_chance_shift: float = 0.0
    """Added to the chance that a repair succeeds."""
    repair_strength_shift: float = 0.0
    """Added to the share of a failure that a repair makes good."""
    planned_chance: float = 0.0
    """Chance a week that a customer is contacted, whatever was lived."""
    attempt_chance: float = 0.0
    """Chance a week to try to win a lost customer back."""
    praise_factor: float = 1.0
    """Multiplies the chance that a promoter tells of a good episode."""
    answer_chance: float = 0.0
    """Chance that a bad review is answered."""
    sample_factor: float = 1.0
    """Multiplies the share of customers the survey asks."""
    response_factor: float = 1.0
    """Multiplies the chance to respond."""
    tilt_factor: float = 1.0
    """Multiplies how much more people of strong opinions respond."""
    politeness_factor: float = 1.0
    """Multiplies the politeness of what is answered."""
    phase: str = ""
    """Where quality, spread, failures and information change: in one phase."""
    touchpoints: tuple[str, ...] = ()
    """Where they change; empty is everywhere, or everywhere in the phase."""


NEUTRAL = Effect()


class Contact(NamedTuple):
    """How a lever follows up; the defaults stand for a lever that does not."""

    occasion: Occasion = Occasion.EVERY
    delay_weeks: float = 0.0
    upsell_chance: float = 0.0
    """Chance that a call after a good episode sells something."""
    upsell_value: float = 0.0
    """Money earned by one such sale."""
    reply_weeks: float | None = None
    """Time in which complaints are answered at full strength; None: as usual."""
    stirring: float | None = None
    """What a contact adds to the hazard, as a share of a month's; None where it
    asks how things went instead."""
    win_chance: float = 0.0
    """Chance that one try to win somebody back succeeds, at perception 1."""


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


class DefaultPrice(NamedTuple):
    """A price that is paid, or nothing, since no file gives another."""

    path: str
    """As `--set` takes it: levers.follow_up.cost_per_contact."""
    value: float
    unit: str


# Numbers that several levers declare alike


def _share(
    default: float, text: str, source: str, span: tuple[float, float], ge: float = 0.0
) -> Any:  # noqa: ANN401 (as `quantity`)
    return quantity(default, "share", text, source, span, ge=ge, le=1)


def _factor(default: float, text: str, source: str, span: tuple[float, float]) -> Any:  # noqa: ANN401 (as `quantity`)
    return quantity(default, "ratio", text, source, span, le=100)


def _experiences(default: float, text: str, source: str) -> Any:  # noqa: ANN401 (as `quantity`)
    return quantity(default, "experiences", text, source, (0, 6), le=100)


def _delay(default: float, text: str, source: str, span: tuple[float, float]) -> Any:  # noqa: ANN401 (as `quantity`)
    return quantity(default, "weeks", text, source, span, le=520)


def _between(default: float, text: str, source: str) -> Any:  # noqa: ANN401 (as `quantity`)
    return quantity(default, "weeks", text, source, (4, 52), ge=1, le=5200)


def _price(
    default: float, unit: str, text: str, source: str, span: tuple[float, float]
) -> Any:  # noqa: ANN401 (as `quantity`)
    return quantity(default, unit, text, source, span, le=1e9)


def _per_contact(
    default: float,
    source: str,
    span: tuple[float, float],
    text: str = "Paid for each contact.",
) -> Any:  # noqa: ANN401 (as `quantity`)
    return _price(default, "money per contact", text, source, span)


def _per_customer(default: float, source: str) -> Any:  # noqa: ANN401 (as `quantity`)
    text = "Paid each week for each covered active customer."
    return _price(default, "money per customer-week", text, source, (0, 2))


def _per_week(default: float, source: str) -> Any:  # noqa: ANN401 (as `quantity`)
    text = "Paid each week in force."
    return quantity(default, "money per week", text, source, (0, 1000), le=1e12)


def _once(default: float, source: str) -> Any:  # noqa: ANN401 (as `quantity`)
    text = "Paid in the first week in force."
    return quantity(default, "money", text, source, (0, 10_000), le=1e12)


class Lever(Entry):
    """What all levers share: for whom, when, how strongly, at what cost."""

    code: ClassVar[int]
    """For ever: keys who is covered."""
    side_effect: ClassVar[str]
    piece: ClassVar[Piece] = Piece.NOTHING
    """What the lever is paid for by the piece."""
    is_hearing_promoters: ClassVar[bool] = False
    """Whether its promise follows what promoters measure, not what all do."""

    audience: Annotated[
        str, Field(pattern=rf"^({'|'.join(AUDIENCES)}|{SEGMENT}:.+)$")
    ] = Field(
        default="everyone",
        description="For whom: everyone, new, unhappy, silent, hubs, or segment:NAME.",
    )
    coverage: float = _share(
        1.0,
        "Share of the audience that is covered: the same people in every run of a "
        "seed.",
        SCHEDULE,
        (0.0, 1.0),
    )
    strength: float = _share(
        1.0,
        "How strongly the lever acts; 0 changes nothing and costs nothing, above 0 its "
        "prices are paid in full.",
        SCHEDULE,
        (0.0, 1.0),
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
    cost_once: float = _once(0.0, COSTS)
    cost_per_week: float = _per_week(0.0, COSTS)
    cost_per_contact: float = _per_contact(0.0, COSTS, (0, 20))
    cost_per_customer_week: float = _per_customer(0.0, COSTS)
    when: When | None = Field(
        default=None,
        description="Acts only while the firm measures this: {metric: measured_nps, "
        "below: 20}.",
    )

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "Lever":
        if self.until_week is not None and self.until_week <= self.from_week:
            raise broken(
                "until_week from_week",
                f"until_week ({self.until_week:g}) is not after from_week "
                f"({self.from_week:g}); end later, or never (null)",
            )
        return self

    @property
    def segment(self) -> str | None:
        """Name of the segment that is the audience, or None."""
        prefix, _, name = self.audience.partition(":")
        return name if prefix == SEGMENT and name else None

    @property
    def audience_kind(self) -> Audience:
        """The audience as the kernels know it."""
        return Audience.SEGMENT if self.segment else Audience[self.audience.upper()]

    def is_in_force(self, week: float) -> bool:
        """Return whether a week is one of those the lever is meant for."""
        is_over = self.until_week is not None and week >= self.until_week
        return week >= self.from_week and not is_over

    def strength_at(self, week: float) -> float:
        """Return the strength in a week: 0 before and after, rising in the ramp."""
        if not self.is_in_force(week):
            return 0.0
        begun = week - self.from_week
        if begun < self.ramp_weeks:
            return self.strength * begun / self.ramp_weeks
        return self.strength

    def is_paid(self, week: float) -> bool:
        """Return whether the lever costs money in a week.

        Also in the first, at the foot of a ramp or of a learning curve, where nothing
        has changed yet: who begins is on the payroll.
        """
        return self.strength > 0 and self.is_in_force(week)

    @property
    def is_learned(self) -> bool:
        """Whether its strength takes time to learn, whatever the firm measures."""
        return False

    @property
    def price(self) -> float:
        """Money for one piece: a case, a response, a joiner or an answer."""
        return 0.0

    @property
    def acquisition_saving(self) -> float:
        """Share of the acquisition cost that a joiner paid by the piece saves."""
        return 0.0

    @property
    def answered_discount(self) -> float:
        """Share of an answered review's weight in the rating that is lost."""
        return 0.0

    @property
    def inert(self) -> frozenset[str]:
        """Keys of numbers that cannot act as the lever is set, whatever they are."""
        return frozenset()

    def learned_factor(self, cases: float, strength: float) -> float:
        """Return the factor of failures after so many closed cases a head."""
        return 1.0

    def default_prices(self) -> list[DefaultPrice]:
        """Return the prices that count though nobody gave them, by their keys.

        Of a lever that costs nothing, since it has none at all, the weekly one.
        """
        units = {
            k: details(f).get("unit", "") for k, f in type(self).model_fields.items()
        }
        prices = [key for key, unit in units.items() if unit.startswith("money")]
        if not self.contact().upsell_chance or SALE in self.inert:
            prices = [key for key in prices if key != SALE]
        given = self.model_fields_set
        found = [key for key in prices if getattr(self, key) and key not in given]
        costs = [key for key in prices if key != SALE]
        if not any(getattr(self, key) or key in given for key in costs):
            found.append("cost_per_week")
        return [DefaultPrice(key, getattr(self, key), units[key]) for key in found]

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
    delay_weeks: float = _delay(
        1.0, "Time between the experience and the call.", "Assumption: one week", (0, 4)
    )
    upsell_chance: float = _share(
        0.05,
        "Chance that a call after a good experience sells something.",
        "Assumption: one call in twenty",
        (0.0, 0.2),
    )
    upsell_value: float = _price(
        20.0,
        "money per sale",
        "Contribution of one such sale.",
        "Assumption: two weeks of margin",
        (0, 100),
    )
    cost_per_contact: float = _per_contact(
        4.0, "Assumption: some minutes of a caller's time", (1, 15)
    )

    @property
    def inert(self) -> frozenset[str]:
        """What a sale is about, where no call follows a good experience."""
        return frozenset({"upsell_chance", SALE} if self.after == "bad" else ())

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
    moves = "promise, towards measured satisfaction, or above it by so much"
    side_effect = "fewer joiners where the promise comes down"
    evidence = (
        "Kopalle & Lehmann 2006; Rust et al. 1999 (expected quality is a distribution)"
    )

    margin: float = _share(
        0.0,
        "Promise above measured satisfaction; negative under-promises.",
        "Assumption: promise what is delivered",
        (-0.1, 0.1),
        ge=-1,
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


class _Local(Lever):
    """A lever that may act at some touchpoints alone, which makes it no cheaper."""

    touchpoints: Annotated[tuple[str, ...], Empty("every touchpoint")] = Field(
        default=(),
        description="Where; an empty list is everywhere, for the same price.",
    )

    @property
    def named_touchpoints(self) -> tuple[str, ...]:
        """The touchpoints that the lever names."""
        return self.touchpoints


class ServiceImprovement(_Local):
    """Makes the service better."""

    name = "service_improvement"
    code = 6
    text = "Raise the quality of chosen touchpoints."
    moves = "mean quality of an episode"
    side_effect = "its cost, every week; expectations follow the better service"
    evidence = "Anderson & Sullivan 1993 (satisfaction follows quality)"

    quality_gain: float = _share(
        0.05,
        "Added to the mean quality of an episode.",
        "Assumption: half a point of ten",
        (0.0, 0.15),
        ge=-1,
    )
    cost_per_customer_week: float = _per_customer(
        0.5, "Assumption: a twentieth of a regular customer's margin"
    )

    def changes(self, strength: float) -> Effect:
        """Return the effect: better episodes at the chosen touchpoints."""
        return Effect(
            quality_shift=self.quality_gain * strength, touchpoints=self.touchpoints
        )


class Consistency(Lever):
    """Makes the service the same every time."""

    name = "consistency"
    code = 8
    text = "Deliver the same everywhere and every day."
    moves = "spread of quality, hand-off failures and month-end pressure, down"
    side_effect = "over-standardised: the service fits the single person less"
    evidence = "Rust et al. 1999 (less uncertainty can be worth a lower mean)"

    sd_reduction: float = _share(
        0.35,
        "Share of the spread of quality that is removed.",
        "Assumption: from .13 to .085",
        (0.0, 0.6),
    )
    handoff_reduction: float = _share(
        0.5,
        "Share of hand-off failures that is removed.",
        "Assumption: half",
        (0.0, 0.8),
    )
    pressure_reduction: float = _share(
        1.0,
        "Share of the month-end pressure that is removed.",
        "Assumption: quotas at the end of the month are dropped",
        (0.0, 1.0),
    )
    fit_loss: float = _share(
        0.15,
        "Share of the person's fit that standardising takes away.",
        "Assumption: less room to adapt to the person",
        (0.0, 0.4),
    )
    cost_per_customer_week: float = _per_customer(
        0.3, "Assumption: half the cost of better service"
    )

    def changes(self, strength: float) -> Effect:
        """Return the effect: less spread, fewer hand-off failures, less fit."""
        return Effect(
            sd_factor=1 - self.sd_reduction * strength,
            handoff_factor=1 - self.handoff_reduction * strength,
            pressure_factor=1 - self.pressure_reduction * strength,
            fit_factor=1 - self.fit_loss * strength,
        )


class _Learned(Lever):
    """A lever of skills: learned in months, forgotten when the spending stops."""

    learning_weeks: float = quantity(
        26.0,
        "weeks",
        "Time in which 63 % of the strength is learned.",
        "Assumption: six months to learn a skill on the job",
        (4, 52),
        le=5200,
    )
    forgetting_weeks: float = quantity(
        26.0,
        "weeks",
        "Half-life of what was learned once the lever has ended.",
        "Assumption: half of the skill leaves with half a year of staff turnover",
        (8, 104),
        ge=0.1,
        le=5200,
    )

    @property
    def is_learned(self) -> bool:
        """Whether its strength takes time to learn, whatever the firm measures."""
        return self.learning_weeks > 0

    @property
    def inert(self) -> frozenset[str]:
        """How fast it is forgotten, where it never ends."""
        return frozenset({"forgetting_weeks"} if self.until_week is None else ())

    def strength_at(self, week: float) -> float:
        """Return the strength in a week: a learning curve, then forgetting."""
        end = week if self.until_week is None else min(week, self.until_week)
        begun = end - self.from_week
        if begun < 0:
            return 0.0
        level = self.strength
        if begun < self.ramp_weeks:
            level *= begun / self.ramp_weeks
        if self.learning_weeks > 0:
            level *= -math.expm1(-begun / self.learning_weeks)
        return level * math.pow(2, (end - week) / self.forgetting_weeks)


class ServiceRecovery(Lever):
    """Closes the loop: cases are made good sooner and better, and learned from."""

    name = "service_recovery"
    code = 2
    text = "Make failures good, fast and well, and learn from each case."
    moves = "chance, strength and delay of repair; failures decline with closed cases"
    side_effect = "the cost of each case; who never complains is not reached"
    evidence = (
        "de Matos, Henrique & Rossi 2007 (satisfaction recovers); Knox & van Oest "
        "2014 (repair almost never makes good)"
    )
    piece = Piece.CASE

    repair_chance_gain: float = _share(
        0.25,
        "Added to the chance that a repair succeeds.",
        "Assumption: from three in five to more than four in five",
        (0.0, 0.35),
    )
    repair_strength_gain: float = _share(
        0.15,
        "Added to the share of a failure that a repair makes good.",
        "Assumption: a generous repair",
        (0.0, 0.3),
    )
    delay_weeks: float = _delay(
        0.0,
        "Time between a complaint and its answer, never later than usual; at less than "
        "full strength, in whole ticks, between the two.",
        "Assumption: the same week",
        (0, 2),
    )
    learned: float = _share(
        0.3,
        "Share of failures that all the cases together teach to avoid.",
        "Assumption: a third of the causes can be removed",
        (0.0, 0.6),
    )
    cases_to_learn: float = quantity(
        0.2,
        "cases per person",
        "Closed cases a head of the market after which 63 % of it is learned.",
        "Assumption: a year or two of cases",
        (0.05, 1.0),
        ge=0.001,
        le=1000,
    )
    cost_per_case: float = _price(
        10.0,
        "money per case",
        "Paid for each case handled.",
        "Assumption: a week of a regular customer's margin",
        (2, 40),
    )

    @property
    def price(self) -> float:
        """Money for one case."""
        return self.cost_per_case

    def learned_factor(self, cases: float, strength: float) -> float:
        """Return the factor of failures: each closed case removes some cause."""
        lesson = -math.expm1(-cases / self.cases_to_learn)
        return 1 - self.learned * lesson * strength

    def changes(self, strength: float) -> Effect:
        """Return the effect: likelier and stronger repair."""
        return Effect(
            repair_chance_shift=self.repair_chance_gain * strength,
            repair_strength_shift=self.repair_strength_gain * strength,
        )

    def contact(self) -> Contact:
        """Return how soon complaints are answered."""
        return Contact(reply_weeks=self.delay_weeks)


class Overselling(ExpectationAlignment):
    """Promises more than is delivered."""

    name = "overselling"
    code = 4
    text = "Promise more than customers report."
    moves = "promise, towards measured satisfaction plus an excess"
    side_effect = "more join, and more are disappointed: the harmful twin of alignment"
    evidence = "Kopalle & Lehmann 2006 (overstating pays only while it is believed)"

    margin: float = _share(
        0.12,
        "Promise above measured satisfaction.",
        "Assumption: a point of ten too much",
        (0.0, 0.2),
        ge=-1,
    )


class PromoterMessaging(ExpectationAlignment):
    """Promises what promoters praise."""

    name = "promoter_messaging"
    code = 5
    text = "Promise of each touchpoint what promoters say of it."
    moves = "promise, up where promoters are satisfied and down where they are not"
    side_effect = "survivorship: promoters are not everyone, so the promise is too high"
    evidence = (
        "Reichheld 2003 (promoters); Rust et al. 1999 (expected quality is a "
        "distribution, of which promoters are the upper end)"
    )
    is_hearing_promoters = True


class Training(_Learned, _Local):
    """Teaches the staff."""

    name = "training"
    code = 7
    text = "Train the staff."
    moves = "mean quality up and failures down, along a learning curve"
    side_effect = "decays when the spending stops"
    evidence = "Assumption: SERVQUAL practice; a learning curve of six months"

    quality_gain: float = _share(
        0.03,
        "Added to the mean quality of an episode.",
        "Assumption: a third of a point of ten",
        (0.0, 0.08),
    )
    failure_reduction: float = _share(
        0.25,
        "Share of failures that is avoided.",
        "Assumption: a quarter",
        (0.0, 0.5),
    )
    cost_per_customer_week: float = _per_customer(
        0.3, "Assumption: cheaper than better service, of which it is a part"
    )

    def changes(self, strength: float) -> Effect:
        """Return the effect: better episodes, fewer failures, where staff learn."""
        return Effect(
            quality_shift=self.quality_gain * strength,
            failure_factor=1 - self.failure_reduction * strength,
            touchpoints=self.touchpoints,
        )


class Empowerment(Lever):
    """Lets the staff decide."""

    name = "empowerment"
    code = 9
    text = "Let the staff decide for the person in front of them."
    moves = "misfit down, chance of repair up"
    side_effect = "the spread of quality rises a little"
    evidence = "Rust et al. 1999 (a wider spread costs what a better mean brings)"

    misfit_reduction: float = _share(
        0.3,
        "Share of a bad fit that the staff make up for.",
        "Assumption: a third of what does not suit can be adapted",
        (0.0, 0.6),
    )
    repair_chance_gain: float = _share(
        0.15,
        "Added to the chance that a repair succeeds.",
        "Assumption: who may decide repairs on the spot",
        (0.0, 0.3),
    )
    sd_increase: float = _share(
        0.1,
        "Share by which the spread of quality grows.",
        "Assumption: from .13 to .143",
        (0.0, 0.3),
    )
    cost_per_customer_week: float = _per_customer(0.3, "Assumption: higher wages")

    def changes(self, strength: float) -> Effect:
        """Return the effect: less misfit, better repair, more spread."""
        return Effect(
            misfit_factor=1 - self.misfit_reduction * strength,
            repair_chance_shift=self.repair_chance_gain * strength,
            sd_factor=1 + self.sd_increase * strength,
        )


class EmotionalConnection(_Learned):
    """Makes people feel heard."""

    name = "emotional_connection"
    code = 10
    text = "Listen, and speak warmly."
    moves = "what a kept promise adds to trust; mean quality, a little"
    side_effect = "decays when the spending stops"
    evidence = "Slovic 1993 (trust is slow to gain); Assumption: a fifth faster"

    quality_gain: float = _share(
        0.015,
        "Added to the mean quality of an episode.",
        "Assumption: a sixth of a point of ten",
        (0.0, 0.05),
    )
    trust_gain: float = _share(
        0.2,
        "Share by which a kept promise adds more to trust.",
        "Assumption: a fifth",
        (0.0, 0.5),
    )
    cost_per_customer_week: float = _per_customer(
        0.15, "Assumption: half of what training costs"
    )

    def changes(self, strength: float) -> Effect:
        """Return the effect: trust grows faster, episodes are a little better."""
        return Effect(
            quality_shift=self.quality_gain * strength,
            trust_gain_factor=1 + self.trust_gain * strength,
        )


class BreakSilos(Lever):
    """Lets departments hand over without loss."""

    name = "break_silos"
    code = 11
    text = "Let departments see the whole journey."
    moves = "hand-off failures, down"
    side_effect = "paid once, in advance, whatever it brings"
    evidence = "Assumption: seven in ten hand-off failures come from missing sight"

    handoff_reduction: float = _share(
        0.7,
        "Share of hand-off failures that is removed.",
        "Assumption: what is left is three in ten",
        (0.0, 0.9),
    )
    cost_once: float = _once(2000.0, "Assumption: a shared system")

    def changes(self, strength: float) -> Effect:
        """Return the effect: fewer failures between departments."""
        return Effect(handoff_factor=1 - self.handoff_reduction * strength)


class ProactiveOutreach(Lever):
    """Looks for failures before customers feel them."""

    name = "proactive_outreach"
    code = 12
    text = "Find failures and contact customers before they feel them."
    moves = "failures, removed before they are felt"
    side_effect = "each contact, false alarms too, reminds of the choice to leave"
    evidence = (
        "Ascarza, Iyengar & Schleicher 2016, doi:10.1509/jmr.13.0483 (proactive "
        "contacts raised churn)"
    )

    detection: float = _share(
        0.3,
        "Chance that a failure is found and removed in time.",
        "Assumption: three in ten",
        (0.0, 0.6),
    )
    alarms_per_week: float = _share(
        0.02,
        "Chance a week that a customer is contacted for nothing.",
        "Assumption: one false alarm a year",
        (0.0, 0.1),
    )
    hazard_increase: float = _share(
        0.1,
        "What a contact adds to the hazard, as a share of a month's.",
        "Ascarza, Iyengar & Schleicher 2016: up to .6; a tenth where contacts are rare",
        (0.0, 0.6),
    )
    cost_per_contact: float = _per_contact(
        3.0, "Assumption: some minutes of a caller's time", (1, 15)
    )

    def changes(self, strength: float) -> Effect:
        """Return the effect: failures removed, and people stirred."""
        return Effect(
            detection_chance=self.detection * strength,
            planned_chance=self.alarms_per_week * strength,
        )

    def contact(self) -> Contact:
        """Return what a contact stirs up."""
        return Contact(stirring=self.hazard_increase)


class FeedbackProgramme(Lever):
    """Asks more, and pays for answers."""

    name = "feedback_programme"
    code = 13
    text = "Ask more customers, and thank them for answering."
    moves = "share asked and answering, up; tilt of the answers, down"
    side_effect = "cost per response; being asked lowers the hazard for a while"
    evidence = (
        "Dholakia & Morwitz 2002, doi:10.1086/341571 (being asked lowers defection); "
        "Church 1993 (prepaid incentives double the odds of an answer)"
    )
    piece = Piece.RESPONSE

    sample_ratio: float = _factor(
        2.0,
        "Multiplies the share of customers asked.",
        "Assumption: twice as many",
        (1, 4),
    )
    response_ratio: float = _factor(
        1.8,
        "Multiplies the chance to answer.",
        "Church 1993: prepaid incentives, odds × 2",
        (1, 2.5),
    )
    tilt_reduction: float = _share(
        0.3,
        "Share of the tilt toward strong opinions that is removed.",
        "Assumption: an incentive brings in the lukewarm",
        (0.0, 0.6),
    )
    cost_per_response: float = _price(
        2.0,
        "money per response",
        "Paid for each response.",
        "Assumption: a small voucher",
        (0.5, 10),
    )

    @property
    def price(self) -> float:
        """Money for one response."""
        return self.cost_per_response

    def changes(self, strength: float) -> Effect:
        """Return the effect: more answers, from more kinds of people."""
        return Effect(
            sample_factor=1 + (self.sample_ratio - 1) * strength,
            response_factor=1 + (self.response_ratio - 1) * strength,
            tilt_factor=1 - self.tilt_reduction * strength,
        )


class OutsideInAudit(Lever):
    """Lets others ask."""

    name = "outside_in_audit"
    code = 14
    text = "Let a third party ask, of whom nobody is polite."
    moves = "tilt and politeness of the survey, removed"
    side_effect = "its fee; it repairs nothing by itself"
    evidence = "Assumption: to a stranger nobody is polite, and all answer alike"

    cost_per_week: float = _per_week(60.0, "Assumption: a small panel")

    def changes(self, strength: float) -> Effect:
        """Return the effect: an unbiased survey."""
        return Effect(tilt_factor=1 - strength, politeness_factor=1 - strength)


class ClearInformation(Lever):
    """Tells prospects plainly what they will get."""

    name = "clear_information"
    code = 15
    text = "Tell those who consider buying what they will get."
    moves = "expectations, toward what is usually delivered; failures before the sale"
    side_effect = "who expected too much may not join"
    evidence = "Kopalle & Lehmann 2006; Rust et al. 1999 (expectations have a spread)"

    information_weight: float = _experiences(
        2.0,
        "What one look at the information weighs, at every touchpoint.",
        "Assumption: as much as two experiences of one's own",
    )
    failure_reduction: float = _share(
        0.5,
        "Share of failures before the sale that is avoided.",
        "Assumption: half",
        (0.0, 0.8),
    )
    cost_per_week: float = _per_week(20.0, "Assumption: somebody keeps it up to date")

    def changes(self, strength: float) -> Effect:
        """Return the effect: fewer failures, plain expectations before the sale."""
        return Effect(
            information_weight=self.information_weight * strength,
            failure_factor=1 - self.failure_reduction * strength,
            phase="pre_sales",
        )


class Reassurance(Lever):
    """Reassures at the sale."""

    name = "reassurance"
    code = 16
    text = "Reassure new customers at the sale, and say what comes next."
    moves = "trust and evidence at purchase, up"
    side_effect = "only new customers are reached; trust that is not kept is lost"
    evidence = "Assumption: a good welcome lifts trust by a tenth of what is missing"

    trust_gain: float = _share(
        0.1,
        "Share of the distance to full trust that is closed.",
        "Assumption: a tenth",
        (0.0, 0.3),
    )
    information_weight: float = _experiences(
        1.0,
        "What being told weighs, at every touchpoint.",
        "Assumption: as much as one experience of one's own",
    )
    cost_per_week: float = _per_week(10.0, "Assumption: an hour a week")

    def changes(self, strength: float) -> Effect:
        """Return the effect: trust and plain expectations at the sale."""
        return Effect(
            trust_lift=self.trust_gain * strength,
            information_weight=self.information_weight * strength,
            phase="sales",
        )


class ScheduledContact(Lever):
    """Calls every customer now and then."""

    name = "scheduled_contact"
    code = 17
    text = "Contact customers on a schedule, whatever they lived."
    moves = "silent sufferers found; hazard of those asked"
    side_effect = "contact fatigue, and the cost of each contact"
    evidence = (
        "Dholakia & Morwitz 2002, doi:10.1086/341571 (being asked lowers defection)"
    )

    every_weeks: float = _between(
        13.0, "Mean time between two contacts.", "Assumption: once a quarter"
    )
    cost_per_contact: float = _per_contact(
        4.0, "Assumption: some minutes of a caller's time", (1, 15)
    )

    def changes(self, strength: float) -> Effect:
        """Return the effect: the covered are contacted with this chance a week."""
        return Effect(planned_chance=strength / self.every_weeks)


class ReviewResponse(Lever):
    """Answers bad reviews."""

    name = "review_response"
    code = 18
    text = "Answer reviews of one and two stars, and take up the case."
    moves = "weight of bad reviews in the rating; chance of repair for the poster"
    side_effect = "the cost of each answer"
    evidence = "Proserpio & Zervas 2017, doi:10.1287/mksc.2017.1043 (replies lift it)"
    piece = Piece.ANSWER

    answered: float = _share(
        0.8,
        "Share of bad reviews answered. An open case is then taken up as if the poster "
        "had complained in the next tick.",
        "Assumption: four in five",
        (0.0, 1.0),
    )
    discount: float = _share(
        0.3,
        "Share of an answered review's weight in the rating that is lost.",
        "Assumption: three in ten readers are satisfied by the answer",
        (0.0, 0.6),
    )
    cost_per_answer: float = _price(
        5.0,
        "money per answer",
        "Paid for each answer.",
        "Assumption: a quarter of an hour",
        (1, 20),
    )

    @property
    def price(self) -> float:
        """Money for one answer."""
        return self.cost_per_answer

    @property
    def answered_discount(self) -> float:
        """Share of an answered review's weight in the rating that is lost."""
        return self.discount

    def changes(self, strength: float) -> Effect:
        """Return the effect: bad reviews answered."""
        return Effect(answer_chance=self.answered * strength)


class Referral(Lever):
    """Pays promoters for friends who join."""

    name = "referral"
    code = 19
    text = "Reward customers who bring others."
    moves = "how much active promoters tell; acquisition cost of who heard them"
    side_effect = "the reward of each joiner, of whom some would have joined anyway"
    evidence = (
        "Schmitt, Skiera & Van den Bulte 2011, doi:10.1509/jm.75.1.46 (referred "
        "customers are worth more)"
    )
    piece = Piece.JOINER

    praise_ratio: float = _factor(
        1.5,
        "Multiplies the chance that an active promoter tells of a good episode.",
        "Assumption: half as much again",
        (1, 3),
    )
    acquisition_saved: float = _share(
        0.5,
        "Share of the acquisition cost saved on who joins after a recommendation.",
        "Assumption: half",
        (0.0, 1.0),
    )
    reward: float = _price(
        20.0,
        "money per joiner",
        "Paid for each joiner who had heard praise.",
        "Assumption: two weeks of margin",
        (5, 60),
    )
    """In full at any strength, as every price is: a promise made to promoters is not
    kept by halves. So who would have joined anyway is rewarded at the foot of a ramp
    too, where little is saved on them yet."""

    @property
    def price(self) -> float:
        """Money for one joiner."""
        return self.reward

    @property
    def acquisition_saving(self) -> float:
        """Share of the acquisition cost that a referred joiner saves."""
        return self.acquisition_saved

    def changes(self, strength: float) -> Effect:
        """Return the effect: promoters tell more."""
        return Effect(praise_factor=1 + (self.praise_ratio - 1) * strength)


class WinBack(Lever):
    """Asks lost customers to come back."""

    name = "win_back"
    code = 20
    text = "Make lost customers an offer to return."
    moves = "chance that a lost customer returns"
    side_effect = "the cost of each try; returners come with the trust they left with"
    evidence = (
        "Kumar, Bhagwat & Zhang 2015, doi:10.1509/jm.14.0107 (a better first life "
        "makes a return likelier)"
    )

    every_weeks: float = _between(
        13.0,
        "Mean time between two tries with one person.",
        "Assumption: once a quarter",
    )
    success: float = _share(
        0.1,
        "Chance that one try succeeds, at perception 1.",
        "Assumption: one in ten of those who left with the best opinion",
        (0.0, 0.3),
    )
    cost_per_contact: float = _per_contact(
        5.0, "Assumption: a letter and an offer", (1, 20), "Paid for each try."
    )

    def changes(self, strength: float) -> Effect:
        """Return the effect: some tries a year."""
        return Effect(attempt_chance=strength / self.every_weeks)

    def contact(self) -> Contact:
        """Return how often a try succeeds."""
        return Contact(win_chance=self.success)


LEVERS: dict[str, type[Lever]] = {
    lever.name: lever
    for lever in (
        FollowUp,
        ServiceRecovery,
        ExpectationAlignment,
        Overselling,
        PromoterMessaging,
        ServiceImprovement,
        Training,
        Consistency,
        Empowerment,
        EmotionalConnection,
        BreakSilos,
        ProactiveOutreach,
        FeedbackProgramme,
        OutsideInAudit,
        ClearInformation,
        Reassurance,
        ScheduledContact,
        ReviewResponse,
        Referral,
        WinBack,
    )
}
"""Every lever by its key in a scenario."""
