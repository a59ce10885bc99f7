"""The section `adoption`: by which rule a prospect becomes a customer."""

import math
from typing import Literal

from pydantic import Field

from simulation.core import parameters
from simulation.quantity import Section, quantity

from .clock import Clock

PAPER = "Goldenberg, Libai, Moldovan & Muller 2007, doi:10.1016/j.ijresmar.2007.02.003"


class Adoption(Section):
    """The rule by which prospects join: the usual one, or a published one beside it."""

    rule: Literal["offer", "goldenberg"] = Field(
        default="offer",
        description="offer: prospects weigh the offer, believed stories and the public "
        "rating (section joining). goldenberg: they adopt or reject for good on single "
        "signals, of customers, of disappointed ones and of those who rejected, over "
        "ties and weak meetings (word_of_mouth.meetings_per_week), one person after "
        "the other in an order drawn each week.",
    )
    strong_signal_chance: float = quantity(
        0.04,
        "share per week",
        "goldenberg: Chance that the good signal of a tie is taken in.",
        PAPER,
        (0.005, 0.1),
        le=1,
    )
    weak_signal_chance: float = quantity(
        0.001,
        "share per meeting",
        "goldenberg: Chance that the good signal of a person met is taken in.",
        PAPER,
        (0.0005, 0.03),
        le=1,
    )
    negative_ratio: float = quantity(
        2.0,
        "ratio",
        "goldenberg: Chance that a bad signal is taken in, over that of a good one.",
        PAPER,
        (1.0, 3.0),
        le=1000,
    )
    disappointed_share: float = quantity(
        0.15,
        "share",
        "goldenberg: Customers who talk badly of what they got.",
        PAPER,
        (0.0, 0.3),
        le=1,
    )
    advertising_chance: float = quantity(
        0.005,
        "share per week",
        "goldenberg: Chance that advertising is a good signal, in the very first week.",
        PAPER,
        (0.001, 0.02),
        le=1,
    )
    advertising_keep: float = quantity(
        0.9,
        "share per week",
        "goldenberg: Share of the advertising of one week that is left in the next.",
        PAPER,
        (0.5, 1.0),
        le=1,
    )

    @property
    def is_by_signals(self) -> bool:
        """Whether prospects decide on signals, and not on the offer."""
        return self.rule == "goldenberg"

    def to_kernel(self, clock: Clock, tick: int) -> parameters.Adoption:
        """Return the numbers of one tick, 1 the first of the warm-up."""
        weeks = clock.weeks_per_tick
        fading = math.pow(self.advertising_keep, (tick - 1) * weeks)
        return parameters.Adoption(
            strong_chance=_over(weeks, self.strong_signal_chance),
            weak_chance=_over(weeks, self.weak_signal_chance),
            negative_ratio=self.negative_ratio,
            disappointed_share=self.disappointed_share,
            advertising_chance=_over(weeks, self.advertising_chance * fading),
        )

    def applied_to(self, joining: parameters.Joining) -> parameters.Joining:
        """Return the numbers of joining, by which nobody joins under another rule."""
        if not self.is_by_signals:
            return joining
        return joining._replace(advertising_chance=0.0, message_effect=0.0)


def _over(weeks: float, chance: float) -> float:
    """Return the chance within so many weeks that is `chance` in one."""
    return 1 - math.pow(1 - chance, weeks)
