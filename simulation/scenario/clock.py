"""The section `clock`: how long, in which steps; and the one place that converts.

Weeks, months and half-lives of a scenario become numbers per tick here.
"""

import math
from typing import Literal

from pydantic import model_validator

from simulation.quantity import Section, broken, quantity

DAYS_PER_WEEK = 7
DAYS_PER_MONTH = 30.4375
DAYS_PER_YEAR = 365.25
WEEKS_PER_YEAR = DAYS_PER_YEAR / DAYS_PER_WEEK


class Clock(Section):
    """How long the simulation lasts and how fine its steps are."""

    weeks: int = quantity(
        104,
        "weeks",
        "Length of the run after the warm-up; week 0 follows the warm-up.",
        "Assumption: two years show the effect of a lever and its decay",
        (52, 260),
        ge=1,
        le=5200,
    )
    warmup_weeks: int = quantity(
        52,
        "weeks",
        "Weeks simulated before week 0, so that the start is forgotten.",
        "Assumption: a year is several times the memory of a customer",
        (26, 104),
        le=5200,
    )
    tick_days: Literal[1, 7, 14] = quantity(
        7,
        "days",
        "Length of one step; results hardly depend on it.",
        "Assumption: firms and customers live by the week",
        (1, 14),
        ge=1,
        le=14,
    )

    @model_validator(mode="after")
    def _ticks_fill_the_weeks(self) -> "Clock":
        for name in ("weeks", "warmup_weeks"):
            if getattr(self, name) * DAYS_PER_WEEK % self.tick_days:
                raise broken(
                    f"{name} tick_days",
                    f"{getattr(self, name)} is not a whole number of ticks of "
                    f"{self.tick_days} days; use an even number of weeks",
                )
        return self

    @property
    def weeks_per_tick(self) -> float:
        """Weeks in one tick."""
        return self.tick_days / DAYS_PER_WEEK

    @property
    def months_per_tick(self) -> float:
        """Months in one tick."""
        return self.tick_days / DAYS_PER_MONTH

    @property
    def years_per_tick(self) -> float:
        """Years in one tick."""
        return self.tick_days / DAYS_PER_YEAR

    def chance(self, monthly: float) -> float:
        """Return the chance per tick that compounds to a monthly chance."""
        return 1 - math.pow(1 - monthly, self.months_per_tick)

    def keep(self, half_life_weeks: float) -> float:
        """Return the share left after one tick of what halves in so many weeks."""
        if half_life_weeks == 0:
            return 0.0
        return math.pow(2, -self.weeks_per_tick / half_life_weeks)

    def ticks(self, weeks: float) -> int:
        """Return a time in whole ticks, halves rounded up."""
        return math.floor(weeks / self.weeks_per_tick + 0.5)
