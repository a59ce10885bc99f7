"""The sections `leaving` and `joining`: who goes and who comes."""

import math

from pydantic import model_validator

from simulation.core import parameters
from simulation.quantity import Section, broken, quantity

from .clock import Clock
from .recovery import Recovery


class Leaving(Section):
    """The hazard of leaving, a month."""

    hazard_min: float = quantity(
        0.006,
        "share per month",
        "Chance that the most contented customer leaves.",
        "Assumption: annual churn of 15 to 40 % in all; moves, deaths, offers",
        (0.001, 0.02),
        le=0.99,
    )
    hazard_max: float = quantity(
        0.16,
        "share per month",
        "Chance that the least contented customer leaves.",
        "Assumption: annual churn of 15 to 40 % in all",
        (0.05, 0.4),
        le=0.99,
    )
    steepness: float = quantity(
        12.0,
        "per share",
        "How sharply the hazard rises around the midpoint.",
        "Jones & Sasser 1995 (strongly non-linear); value: Assumption",
        (4, 25),
        le=200,
    )
    midpoint: float = quantity(
        0.5,
        "share",
        "Perception at which the hazard is half way.",
        "Jones & Sasser 1995 (strongly non-linear); value: Assumption",
        (0.3, 0.6),
        le=1,
    )
    frailty_shape: float = quantity(
        0.7,
        "shape",
        "Shape of the gamma distribution of people's own readiness to leave; .inf "
        "makes all alike.",
        "Fader & Hardie 2014 (churn falls with tenure); value: Assumption",
        (0.3, 5.0),
        ge=0.05,
        le=math.inf,
    )
    trust_effect: float = quantity(
        0.8,
        "per share",
        "How strongly trust holds customers: hazard × exp(−effect × (trust − ½)).",
        "Assumption: full trust and none differ by a factor of 2.2",
        (0.0, 3.0),
        le=20,
    )
    pull_hazard_ratio: float = quantity(
        2.2,
        "ratio",
        "Hazard just after one contact has left, over the hazard before.",
        "Nitzan & Libai 2011, one million customers: 1.8, found again from 2.2",
        (1.35, 2.2),
        ge=1,
        le=20,
    )
    pull_half_life_weeks: float = quantity(
        4.35,
        "weeks",
        "Time in which that effect halves.",
        "Nitzan & Libai 2011 (strongest in the first month)",
        (2, 13),
        le=520,
    )
    stated_walk_out: float = quantity(
        0.32,
        "share",
        "Share who say that they leave after one bad experience.",
        "PwC 2018, N = 15,000: 32 %; United States 17 %, Latin America 49 %",
        (0.17, 0.49),
        le=0.99,
    )
    intention_to_action: float = quantity(
        0.19,
        "share",
        "Share of those who say so who do it.",
        "Assumption: gives 6 % who walk out, within 4 to 12 %",
        (0.1, 0.6),
        le=1,
    )
    referral_hazard_ratio: float = quantity(
        0.82,
        "ratio",
        "Hazard of whom a contact referred, while that one stays, over that of others.",
        "Schmitt, Skiera & Van den Bulte 2011 (the referred churn 18 % less); Van den "
        "Bulte et al. 2018 (while the referrer stays); value: Assumption",
        (0.7, 0.95),
        ge=0.05,
        le=1,
    )
    asked_factor: float = quantity(
        0.85,
        "ratio",
        "Hazard of a customer just asked for an opinion, over the hazard of others.",
        "Dholakia & Morwitz 2002 (measuring satisfaction lowers defection)",
        (0.5, 1.0),
        ge=0.05,
        le=5,
    )

    @model_validator(mode="after")
    def _limits_are_in_order(self) -> "Leaving":
        if self.hazard_min > self.hazard_max:
            raise broken(
                "hazard_min hazard_max",
                f"hazard_min ({self.hazard_min:g}) is above hazard_max "
                f"({self.hazard_max:g}); swap them",
            )
        return self

    @property
    def walk_out(self) -> float:
        """Chance that a full grievance, never repaired, makes a customer leave."""
        return self.stated_walk_out * self.intention_to_action

    def to_kernel(self, clock: Clock, recovery: Recovery) -> parameters.Leaving:
        """Return the section in numbers per tick.

        What a fading grievance adds over its life is −ln(1 − walk_out) in all.
        """
        fades = 1 - clock.keep(recovery.grievance_half_life_weeks)
        return parameters.Leaving(
            hazard_min=self.hazard_min,
            hazard_max=self.hazard_max,
            steepness=self.steepness,
            midpoint=self.midpoint,
            months_per_tick=clock.months_per_tick,
            trust_effect=self.trust_effect,
            pull_effect=math.log(self.pull_hazard_ratio),
            pull_keep=clock.keep(self.pull_half_life_weeks),
            asked_effect=math.log(self.asked_factor),
            walk_out=-math.log(1 - self.walk_out) * fades,
            referral_hazard_ratio=self.referral_hazard_ratio,
        )


class Joining(Section):
    """Considering, joining, coming back."""

    consider_chance: float = quantity(
        0.10,
        "share per month",
        "Chance that a prospect looks at the firm.",
        "Assumption: about once a year",
        (0.02, 0.3),
        le=1,
    )
    advertising_chance: float = quantity(
        0.015,
        "share per month",
        "Chance that a prospect joins by advertising alone, if sure of the offer.",
        "Assumption: above the Bass coefficients of new categories (.01-.03 a year)",
        (0.0008, 0.03),
        le=1,
    )
    steepness: float = quantity(
        8.0,
        "per share",
        "How sharply the offer is preferred to the outside option.",
        "Assumption: a tenth of quality moves the choice by a fifth",
        (2, 20),
        le=200,
    )
    outside_option: float = quantity(
        0.55,
        "share",
        "Quality of what else a prospect could have.",
        "Assumption: a little below the category norm",
        (0.3, 0.8),
        le=1,
    )
    message_effect: float = quantity(
        0.02,
        "share",
        "Chance that one believed good message makes a prospect join.",
        "Goldenberg, Libai & Muller 2001 (order of size); value: Assumption",
        (0.005, 0.1),
        le=1,
    )
    negative_message_effect: float = quantity(
        0.5,
        "nats",
        "How much one believed bad message lowers the log of the chance to join.",
        "East, Hammond & Lomax 2008 (about as strong as good ones); Assumption",
        (0.0, 1.5),
        le=50,
    )
    rating_effect: float = quantity(
        0.07,
        "nats per star",
        "How much one star more raises the log of the chance to join.",
        "Luca 2016: one star, 5 to 9 % more revenue",
        (0.0, 0.4),
        le=10,
    )
    return_chance: float = quantity(
        0.01,
        "share per month",
        "Chance that a lost customer with the best perception comes back.",
        "Assumption: a tenth a year, without being courted",
        (0.0, 0.05),
        le=1,
    )

    def to_kernel(self, clock: Clock) -> parameters.Joining:
        """Return the section in numbers per tick."""
        return parameters.Joining(
            consider_chance=clock.chance(self.consider_chance),
            advertising_chance=clock.chance(self.advertising_chance),
            steepness=self.steepness,
            outside_option=self.outside_option,
            message_effect=self.message_effect,
            negative_message_effect=self.negative_message_effect,
            rating_effect=self.rating_effect,
            return_chance=clock.chance(self.return_chance),
        )
