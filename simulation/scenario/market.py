"""The section `market`: who the customers are when the world begins."""

import math
from typing import Annotated

from pydantic import Field, model_validator

from simulation.core.columns import MAX_SEGMENTS
from simulation.quantity import Section, broken, quantity

NAME = r"^[A-Za-z][A-Za-z0-9_-]*$"
Name = Annotated[str, Field(pattern=NAME, max_length=40)]

SATISFACTION_POINTS = 10
ROUNDING = 0.01
"""How far a printed distribution may be from adding to 1."""
CLOSE_TO_ONE = 1e-6


class Segment(Section):
    """A part of the market."""

    name: Name = Field(description="What the segment is called.")
    share: float = quantity(
        1.0,
        "share",
        "Share of all people who belong to the segment.",
        "Assumption: one customer in five is a key customer (Pareto's rule)",
        (0.05, 0.95),
        le=1,
    )
    margin_per_week: float = quantity(
        10.0,
        "money per week",
        "Contribution of one active customer, before the cost to serve.",
        "Assumption: a subscription of about 45 a month",
        (2, 50),
        ge=-1e6,
        le=1e6,
    )


class Market(Section):
    """The whole market: people who are, were or may become customers."""

    customers: int = quantity(
        2000,
        "people",
        "Everybody in the market: prospects, active and lost customers.",
        "Assumption: large enough for stable shares, small enough for seconds",
        (500, 10_000),
        ge=1,
        le=100_000_000,
    )
    customers_file: str | None = Field(
        default=None,
        description="CSV or Parquet with one row a customer, instead of drawn "
        "people; relative to the scenario file. Columns id, segment, stage (prospect, "
        "active or lost), perception and trust; expectation, fit, frailty, leniency, "
        "tenure_weeks, sociable, reviewing and surveyed if known, else drawn.",
    )
    share_active: float = quantity(
        0.5,
        "share",
        "Share of the market that is a customer at the start.",
        "Assumption: one of two firms of equal size",
        (0.2, 0.8),
        le=1,
    )
    segments: tuple[Segment, ...] = Field(
        default=(
            Segment(name="regular", share=0.8, margin_per_week=10.0),
            Segment(name="key", share=0.2, margin_per_week=25.0),
        ),
        description="Parts of the market; their shares add to 1.",
        min_length=1,
        max_length=MAX_SEGMENTS,
    )
    fit_sd: float = quantity(
        0.18,
        "share",
        "Standard deviation among people of how well the service suits them.",
        "ACSI 2015 (satisfaction spreads 1.5 to 2.5 points of ten); value: Assumption",
        (0.0, 0.2),
        le=0.5,
    )
    leniency_sd: float = quantity(
        0.5,
        "points",
        "Standard deviation among people of how generously they score, 0-10 scale.",
        "Assumption: half a point between two equally content people",
        (0.0, 1.0),
        le=5,
    )
    satisfaction_distribution: tuple[float, ...] | None = quantity(
        None,
        "share",
        "Shares of the initially active customers whose perception is 1, 2, … 10 on "
        "a ten-point scale; null lets the model settle it. Scaled to add to 1.",
        "ACSI 2015 for the shipped industries; else Assumption: none is known",
        (0, 1),
        le=1,
    )
    tenure_mean_weeks: float = quantity(
        104.0,
        "weeks",
        "Mean time since joining of the initially active customers (exponential).",
        "Assumption: two years, in line with an annual churn of 15 to 40 %",
        (26, 260),
        le=5200,
    )

    @model_validator(mode="after")
    def _shares_add_to_one(self) -> "Market":
        names = [segment.name for segment in self.segments]
        if len(set(names)) < len(names):
            raise broken("segments", "two segments share a name; rename one")
        total = math.fsum(segment.share for segment in self.segments)
        if abs(total - 1) > CLOSE_TO_ONE:
            way = "lower" if total > 1 else "raise"
            raise broken(
                "segments",
                f"the shares add to {total:.6g}; {way} them until they add to 1",
            )
        return self

    @model_validator(mode="after")
    def _distribution_adds_to_one(self) -> "Market":
        shares = self.satisfaction_distribution
        if shares is None:
            return self
        at = "satisfaction_distribution"
        if len(shares) != SATISFACTION_POINTS:
            raise broken(
                at, f"{len(shares)} shares; give ten, for the scores 1 to 10, or null"
            )
        total = math.fsum(shares)
        if abs(total - 1) > ROUNDING + CLOSE_TO_ONE:
            way = "lower" if total > 1 else "raise"
            raise broken(
                at, f"the shares add to {total:.6g}; {way} them until they add to 1"
            )
        return self

    def satisfaction_shares(self) -> tuple[float, ...] | None:
        """Return the ten shares scaled to add to 1, or None."""
        shares = self.satisfaction_distribution
        if shares is None:
            return None
        total = math.fsum(shares)
        return tuple(share / total for share in shares)
