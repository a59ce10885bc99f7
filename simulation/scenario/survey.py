"""The section `survey`: how the firm asks, and who answers."""

from simulation.core import parameters
from simulation.quantity import Section, quantity

from .clock import Clock


class Survey(Section):
    """The firm's distorted view of its customers."""

    sample_share: float = quantity(
        0.10,
        "share per month",
        "Chance that an active customer is sent a survey.",
        "Assumption: everybody about once a year",
        (0.02, 0.5),
        le=1,
    )
    response_base: float = quantity(
        0.12,
        "share",
        "Chance that a person with a neutral perception answers.",
        "Assumption: gives the 10 to 30 % that practitioners report",
        (0.05, 0.4),
        le=1,
    )
    extremity: float = quantity(
        0.5,
        "nats",
        "How much a strong opinion, either way, raises the log of the response.",
        "Hu, Pavlou & Zhang 2009 (brag or moan); value: Assumption",
        (0.0, 1.6),
        le=10,
    )
    positivity: float = quantity(
        0.25,
        "nats",
        "How much a good opinion raises it, and a bad one lowers it.",
        "Assumption: low response rates flatter the score",
        (-0.4, 1.0),
        ge=-10,
        le=10,
    )
    noise_sd: float = quantity(
        0.7,
        "points",
        "Standard deviation of one score around the person's view, 0-10 scale.",
        "Assumption: the same person answers within a point",
        (0.0, 1.5),
        le=10,
    )
    politeness: float = quantity(
        0.2,
        "points",
        "Added to the score because the firm itself is asking.",
        "Assumption: customers spare the feelings of those who ask",
        (0.0, 1.0),
        ge=-10,
        le=10,
    )
    window_weeks: float = quantity(
        8.0,
        "weeks",
        "Length of the moving mean by which the firm steers.",
        "Assumption: two months of answers",
        (2, 26),
        ge=1,
        le=520,
    )

    def to_kernel(self, clock: Clock) -> parameters.Survey:
        """Return the section in numbers per tick."""
        return parameters.Survey(
            sample_share=clock.chance(self.sample_share),
            response_base=self.response_base,
            extremity=self.extremity,
            positivity=self.positivity,
            noise_sd=self.noise_sd,
            politeness=self.politeness,
        )
