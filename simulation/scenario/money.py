"""The section `money`: what customers cost, and what time is worth."""

from pydantic import Field

from simulation.quantity import Section, quantity


class Money(Section):
    """The ledger's prices; margins are a matter of `market.segments`."""

    cost_to_serve: float = quantity(
        4.0,
        "money per episode",
        "Cost of one episode at any touchpoint.",
        "Assumption: a few minutes of work",
        (0, 20),
        le=1e6,
    )
    acquisition_cost: float = quantity(
        60.0,
        "money per joiner",
        "Cost of one new or returned customer.",
        "Assumption: about six weeks of margin",
        (0, 300),
        le=1e9,
    )
    complaint_cost: float = quantity(
        15.0,
        "money per complaint",
        "Cost of handling one complaint.",
        "Assumption: half an hour of work",
        (0, 100),
        le=1e6,
    )
    discount_rate: float = quantity(
        0.08,
        "share per year",
        "How much less money is worth in a year.",
        "Assumption: a usual cost of capital",
        (0.0, 0.2),
        ge=-0.5,
        le=10,
    )
    currency: str = Field(
        default="EUR", description="What money is called.", min_length=1
    )
