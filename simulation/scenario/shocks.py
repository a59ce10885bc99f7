"""The section `shocks`: what befalls the firm, whatever it does.

A shock hits a base and a treated world alike: its draws are keyed by its place in
the list, so that the same people hear of it, and fail by it, in both.
"""

import math
from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from simulation.core import parameters
from simulation.core.columns import MAX_SHOCKS, Array
from simulation.quantity import Empty, Entry, quantity

from .clock import Clock

PLAN = "Assumption: a matter of the question"


class Shock(Entry):
    """What all shocks share: when, how bad, where, and who hears of it."""

    from_week: float = quantity(
        26.0, "weeks", "When it begins.", PLAN, (0, 52), le=5200
    )
    lasts_weeks: float = quantity(
        4.0, "weeks", "How long it lasts.", PLAN, (1, 13), le=5200
    )
    size: float = quantity(
        0.8, "share", "How bad it is; 0 changes nothing.", PLAN, (0.0, 1.0), le=1
    )
    touchpoints: Annotated[tuple[str, ...], Empty("every touchpoint")] = Field(
        default=(), description="Where, by name; empty is everywhere."
    )
    news_reach: float = quantity(
        0.0,
        "share per week",
        "Chance a week of everybody, customer or not, to hear of it in the news.",
        "Assumption: it is in no news",
        (0.0, 0.3),
        le=1,
    )

    def weeks_within(self, week: float, length: float) -> float:
        """Return how many weeks it lasts within `length` weeks from a week on."""
        end = min(self.from_week + self.lasts_weeks, week + length)
        return max(0.0, end - max(self.from_week, week))

    def hits(self, names: Sequence[str]) -> Array:
        """Return the indices of the touchpoints it is about, int8."""
        named = [self.touchpoints.count(name) > 0 for name in names]
        return np.flatnonzero(named if any(named) else np.ones(len(names))).astype(
            np.int8
        )

    def news_chance(self, weeks: float) -> float:
        """Return the chance that somebody hears of it within so many of its weeks."""
        return 1 - math.pow(1 - self.news_reach, weeks) if self.size > 0 else 0.0

    def adds_to(self, shocks: parameters.Shocks, where: Array, share: float) -> None:
        """Add what it does at touchpoints in a tick of which it lasts a share."""


class Scandal(Shock):
    """Bad news of the firm, which no customer needs to have lived.

    References
    ----------
    Ahluwalia, Burnkrant & Unnava 2000, doi:10.1509/jmkr.37.2.203.18734: who is
    committed to a brand resists its bad publicity. Here trust is what resists.
    """

    name = "scandal"
    text = "Bad news of the firm, believed by those who trust it least."
    moves = "perception, expectation and trust of those who hear and believe it"
    evidence = (
        "Ahluwalia et al. 2000 (the committed resist bad publicity); Edelman 2011 "
        "(trust decides which news is believed)"
    )

    size: float = quantity(
        0.8,
        "share",
        "How bad the news is: at 1 it is told like the worst of experiences, near 0 "
        "like one just below neutral; 0 is no news.",
        "Assumption: worse than nearly all that customers live",
        (0.2, 1.0),
        le=1,
    )
    touchpoints: Annotated[tuple[str, ...], Empty("any touchpoint")] = Field(
        default=(),
        description="What it may be about, one of these for each who hears it; empty "
        "is any touchpoint.",
    )
    news_reach: float = quantity(
        0.2,
        "share per week",
        "Chance a week of everybody, customer or not, to hear it in the news.",
        "Assumption: most people, over four weeks",
        (0.02, 0.5),
        le=1,
    )


class Outage(Shock):
    """Touchpoints that fail for a while, more often than the levers can help."""

    name = "outage"
    text = "Touchpoints that fail for a while."
    moves = "chance that an episode, or a hand-off, fails there; news if it makes any"
    evidence = "Assumption: how often and how long is the firm's own to say"

    breaks: Literal["service", "handoffs"] = Field(
        default="service",
        description="What fails: every episode there, or only those handed on from "
        "another department.",
    )
    size: float = quantity(
        0.5,
        "share",
        "Added to the chance that an episode there fails, beyond what levers prevent.",
        "Assumption: half of the episodes",
        (0.1, 0.9),
        le=1,
    )
    lasts_weeks: float = quantity(
        2.0,
        "weeks",
        "How long it lasts.",
        "Assumption: two weeks until all works again",
        (1, 8),
        le=5200,
    )

    def adds_to(self, shocks: parameters.Shocks, where: Array, share: float) -> None:
        """Add to the chances of failing at touchpoints."""
        failing = shocks.failure if self.breaks == "service" else shocks.handoff
        failing[where] += self.size * share


SHOCKS: dict[str, type[Shock]] = {shock.name: shock for shock in (Scandal, Outage)}
"""Every shock by its key in a scenario."""


def befalling(
    shocks: Sequence[Shock],
    clock: Clock,
    names: Sequence[str],
    neutral: float,
    week: float,
) -> parameters.Shocks:
    """Return what befalls the firm in the tick that begins at a week.

    Parameters
    ----------
    shocks : sequence of Shock
        At most `MAX_SHOCKS`.
    clock : Clock
        How long a tick is. Before week 0 nothing befalls the firm.
    names : sequence of str
        The touchpoints.
    neutral : float
        Satisfaction below which news is bad; news of any size is.
    week : float
        Weeks since the end of the warm-up.
    """
    n, length = len(names), clock.weeks_per_tick
    found = parameters.Shocks(
        failure=np.zeros(n),
        handoff=np.zeros(n),
        news_chance=np.zeros(MAX_SHOCKS),
        news_value=np.zeros(MAX_SHOCKS),
        news_about=np.zeros((MAX_SHOCKS, n), np.int8),
        n_about=np.ones(MAX_SHOCKS, np.int64),
    )
    for row, shock in enumerate(shocks):
        weeks = shock.weeks_within(week, length)
        if weeks > 0:
            where = shock.hits(names)
            shock.adds_to(found, where, weeks / length)
            found.news_chance[row] = shock.news_chance(weeks)
            found.news_value[row] = (1 - shock.size) * neutral
            found.news_about[row, : where.size] = where
            found.n_about[row] = where.size
    return found
