"""The section `journey`: the touchpoints and what an episode there delivers."""

from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from simulation.core import parameters
from simulation.core.columns import MAX_TOUCHPOINTS, Phase
from simulation.quantity import Section, broken, quantity

from .clock import Clock
from .market import Name


class Touchpoint(Section):
    """One kind of contact between a customer and the firm."""

    name: Name = Field(description="What the touchpoint is called.")
    phase: Literal["pre_sales", "sales", "post_sales"] = Field(
        description="pre_sales is lived when a prospect considers the firm, sales "
        "once on joining, post_sales by active customers.",
    )
    department: str = Field(
        description="Who serves there; a change of department is a hand-off.",
        min_length=1,
    )
    chance_per_week: float | None = quantity(
        None,
        "share",
        "Chance of an episode in a week (post_sales only, and required there).",
        "Assumption: about one episode a month over all touchpoints",
        (0.01, 0.3),
        le=1,
    )
    quality_mean: float = quantity(
        0.86,
        "share",
        "Mean quality of an episode that does not fail.",
        "Assumption: set so that the baseline holds all its bands at once",
        (0.6, 0.9),
        le=1,
    )
    quality_sd: float = quantity(
        0.13,
        "share",
        "Standard deviation of that quality between episodes.",
        "Assumption: set so that the baseline holds all its bands at once",
        (0.05, 0.20),
        le=0.5,
    )
    failure_chance: float = quantity(
        0.06,
        "share",
        "Chance that an episode fails.",
        "Assumption: six steps at 95 % leave 73.5 % of journeys free of trouble",
        (0.01, 0.20),
        le=1,
    )
    weight: float = quantity(
        1.0,
        "ratio",
        "Weight of an episode here in the perception of the firm.",
        "Assumption: every interaction counts the same",
        (0.5, 1.5),
        le=10,
    )

    @model_validator(mode="after")
    def _chance_belongs_to_post_sales(self) -> "Touchpoint":
        is_lived_weekly = self.phase == "post_sales"
        if is_lived_weekly and self.chance_per_week is None:
            raise broken(
                "", "chance_per_week is missing; a post_sales touchpoint needs one"
            )
        if not is_lived_weekly and self.chance_per_week is not None:
            raise broken(
                "chance_per_week",
                f"has no meaning in phase {self.phase}; remove it, or use null",
            )
        return self


def _after_sales(name: str, department: str, chance_per_week: float) -> Touchpoint:
    return Touchpoint(
        name=name,
        phase="post_sales",
        department=department,
        chance_per_week=chance_per_week,
    )


class Journey(Section):
    """What customers live with the firm, in this order."""

    touchpoints: tuple[Touchpoint, ...] = Field(
        default=(
            Touchpoint(name="information", phase="pre_sales", department="marketing"),
            Touchpoint(name="purchase", phase="sales", department="sales"),
            _after_sales("use", "operations", 0.13),
            _after_sales("support", "support", 0.06),
            _after_sales("billing", "finance", 0.04),
        ),
        description="The touchpoints in journey order; a file that extends another "
        "may change some by name: {use: {quality_mean: 0.85}}.",
        min_length=1,
        max_length=MAX_TOUCHPOINTS,
    )
    failure_mean: float = quantity(
        0.22,
        "share",
        "Mean quality of an episode that fails.",
        "Assumption: clearly severe for most people",
        (0.1, 0.4),
        le=1,
    )
    failure_sd: float = quantity(
        0.12,
        "share",
        "Standard deviation of that quality.",
        "Assumption: failures differ as much as other episodes",
        (0.05, 0.2),
        le=0.5,
    )
    handoff_failure_chance: float = quantity(
        0.04,
        "share",
        "Chance added to fail when the last episode was in another department.",
        "Assumption: as likely as an ordinary failure",
        (0.0, 0.15),
        le=1,
    )

    @model_validator(mode="after")
    def _names_differ(self) -> "Journey":
        names = self.names
        if len(set(names)) < len(names):
            raise broken("touchpoints", "two touchpoints share a name; rename one")
        return self

    @property
    def names(self) -> list[str]:
        """The names of the touchpoints, in journey order."""
        return [touchpoint.name for touchpoint in self.touchpoints]

    @property
    def departments(self) -> list[str]:
        """The departments, in the order in which the journey meets them."""
        return list(dict.fromkeys(point.department for point in self.touchpoints))

    def to_kernel(self, clock: Clock) -> parameters.Journey:
        """Return the journey in numbers per tick.

        A weekly chance scales in proportion to the tick, so that the mean number
        of episodes does not depend on it.
        """
        points = self.touchpoints
        chances = [
            min(1.0, (point.chance_per_week or 0.0) * clock.weeks_per_tick)
            for point in points
        ]
        departments = self.departments
        return parameters.Journey(
            phase=np.array([Phase[p.phase.upper()] for p in points], np.int8),
            department=np.array(
                [departments.index(p.department) for p in points], np.int8
            ),
            chance=np.array(chances, np.float64),
            quality_mean=np.array([p.quality_mean for p in points], np.float64),
            quality_sd=np.array([p.quality_sd for p in points], np.float64),
            failure_chance=np.array([p.failure_chance for p in points], np.float64),
            weight=np.array([p.weight for p in points], np.float64),
            failure_mean=self.failure_mean,
            failure_sd=self.failure_sd,
            handoff_failure_chance=self.handoff_failure_chance,
        )
