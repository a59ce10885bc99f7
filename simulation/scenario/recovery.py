"""The section `recovery`: what follows a bad experience."""

import math

from simulation.core import parameters
from simulation.quantity import Section, quantity

from .clock import Clock
from .firm import Firm

COMPLAINT_SOURCE = (
    "ACSI 2015 (has complained, by satisfaction 1-10, N = 7,956). It asks once about "
    "the past: asked like that, simulated customers complain as often within .10"
)

REPEAT_WEEKS = 52
"""A second failure within a year, in whole weeks, is a repeated one."""
CASE_HALF_LIVES = 4
"""A failure whose grievance has faded to a sixteenth is not dug up again."""


class Recovery(Section):
    """Grievance, complaint, repair, and the effect of being asked."""

    severe_below: float = quantity(
        0.30,
        "share",
        "Satisfaction with an episode below which it leaves a grievance.",
        "Assumption: three points of ten",
        (0.2, 0.4),
        le=1,
    )
    grievance_half_life_weeks: float = quantity(
        6.0,
        "weeks",
        "Time in which an unrepaired grievance halves; after four such times the "
        "failure is too old to be repaired.",
        "Assumption: six weeks",
        (1, 26),
        le=520,
    )
    complaint_intercept: float = quantity(
        -1.3,
        "log odds",
        "Log odds of a complaint about an episode of satisfaction 0.",
        COMPLAINT_SOURCE,
        (-3.0, -1.0),
        ge=-50,
        le=50,
    )
    complaint_slope: float = quantity(
        4.6,
        "log odds",
        "How much these fall from satisfaction 0 to 1.",
        COMPLAINT_SOURCE,
        (2.0, 5.0),
        le=100,
    )
    complaint_delay_weeks: float = quantity(
        1.0,
        "weeks",
        "Time until the firm answers a complaint.",
        "Assumption: one week",
        (0, 4),
        le=520,
    )
    voice_when_asked: float = quantity(
        0.6,
        "share",
        "Chance that a silent sufferer speaks when the firm calls.",
        "Assumption: more than half",
        (0.3, 0.9),
        le=1,
    )
    repair_chance: float = quantity(
        0.6,
        "share",
        "Chance that a case the firm knows of is repaired.",
        "Assumption: in the middle of the literature on recovery",
        (0.2, 0.9),
        le=1,
    )
    repair_strength: float = quantity(
        0.7,
        "share",
        "Share of the damage that a repair makes good.",
        "Knox & van Oest 2014 (almost never all of it); value: Assumption",
        (0.3, 1.0),
        le=1,
    )
    contact_fatigue: float = quantity(
        0.5,
        "share",
        "Share of the benefit of being asked that is lost when asked again soon.",
        "Assumption: half",
        (0.0, 1.0),
        le=1,
    )
    asked_half_life_weeks: float = quantity(
        26.0,
        "weeks",
        "Time in which the effect of having been asked halves.",
        "Dholakia & Morwitz 2002 (persists for a year)",
        (8, 52),
        le=math.inf,
    )

    def to_kernel(self, clock: Clock, firm: Firm) -> parameters.Recovery:
        """Return the section, with the firm's habit, in numbers per tick."""
        return parameters.Recovery(
            severe_below=self.severe_below,
            grievance_keep=clock.keep(self.grievance_half_life_weeks),
            complaint_intercept=self.complaint_intercept,
            complaint_slope=self.complaint_slope,
            complaint_delay=clock.ticks(self.complaint_delay_weeks),
            voice_when_asked=self.voice_when_asked,
            repair_chance=self.repair_chance,
            repair_strength=self.repair_strength,
            repeat_within=clock.ticks(REPEAT_WEEKS),
            case_life=clock.ticks(CASE_HALF_LIVES * self.grievance_half_life_weeks),
            habit_share=firm.follow_up_share,
            habit_delay=clock.ticks(firm.follow_up_delay_weeks),
            contact_fatigue=self.contact_fatigue,
            asked_keep=clock.keep(self.asked_half_life_weeks),
        )
