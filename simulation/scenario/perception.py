"""The sections `perception` and `trust`: how minds move."""

from simulation.core import parameters
from simulation.quantity import Section, quantity

from .clock import Clock


class Perception(Section):
    """Expectation (what will be) and perception (the judgement of the firm)."""

    category_norm: float = quantity(
        0.6,
        "share",
        "Quality people expect of any firm of this kind.",
        "Assumption: between .45 (fast food) and .80 (a premium category)",
        (0.4, 0.85),
        le=1,
    )
    promise_reliance: float = quantity(
        0.7,
        "share",
        "How far a first expectation rests on the promise, at full trust.",
        "Kopalle & Lehmann 2006 (reliance on advertising); value: Assumption",
        (0.3, 1.0),
        le=1,
    )
    expectation_sd: float = quantity(
        0.05,
        "share",
        "Standard deviation of first expectations between people.",
        "Assumption: people have heard different things",
        (0.0, 0.15),
        le=0.5,
    )
    prior_evidence: float = quantity(
        2.0,
        "experiences",
        "Weight of a first expectation.",
        "Assumption: as much as two episodes of one's own",
        (0.5, 6),
        ge=0.01,
        le=1000,
    )
    memory_limit: float = quantity(
        6.0,
        "experiences",
        "Most evidence an expectation can rest on; older evidence is forgotten.",
        "Mitra & Golder 2006 (perception lags quality); value: Assumption",
        (3, 20),
        ge=0.01,
        le=1000,
    )
    norm_drift_per_year: float = quantity(
        0.0,
        "share per year",
        "How fast every expectation rises by itself: the rising bar.",
        "Assumption: none",
        (0.0, 0.06),
        ge=-1,
        le=1,
    )
    promise_weight: float = quantity(
        0.25,
        "experiences per month",
        "Weight of the promise as evidence, in a month, at full trust.",
        "Kopalle & Lehmann 2006 (reliance on advertising); value: Assumption",
        (0.0, 1.0),
        le=100,
    )
    message_weight: float = quantity(
        0.25,
        "experiences",
        "Weight of a believed message as evidence.",
        "East, Hammond & Lomax 2008 (counts, less than experience); Assumption",
        (0.05, 1.0),
        le=100,
    )
    rating_weight: float = quantity(
        0.5,
        "experiences",
        "Weight as evidence of a public rating that rests on many reviews.",
        "You, Vadakkepatt & Joshi 2015 (ratings move demand); value: Assumption",
        (0.0, 2.0),
        le=100,
    )
    assimilation: float = quantity(
        0.07,
        "share",
        "How far an experience is seen as what was expected.",
        "ACSI 2015, N = 7,873: satisfaction on expectation, quality held, .065",
        (0.0, 0.3),
        le=1,
    )
    disconfirmation: float = quantity(
        0.35,
        "ratio",
        "How much the gap to expectation adds to satisfaction; 0 is none.",
        "Szymanski & Henard 2001 (correlation .46); value: Assumption",
        (0.0, 1.0),
        le=10,
    )
    tolerance: float = quantity(
        0.09,
        "share",
        "Half-width of the zone in which a gap goes unnoticed.",
        "Zeithaml, Berry & Parasuraman 1993 (zone); width: Assumption",
        (0.0, 0.2),
        le=1,
    )
    loss_aversion: float = quantity(
        1.4,
        "ratio",
        "Weight of a shortfall relative to a surplus.",
        "ACSI 2015: 1.11 to 1.37; Brown et al. 2024 over 150 articles: 1.955",
        (1.0, 3.0),
        le=20,
    )
    learning_rate: float = quantity(
        0.3,
        "share",
        "How far one episode moves the perception of the firm.",
        "Assumption: three episodes make up two thirds of a judgement, as in ACSI 2015",
        (0.05, 0.5),
        le=1,
    )

    def to_kernel(self, clock: Clock) -> parameters.Perception:
        """Return the section in numbers per tick."""
        return parameters.Perception(
            memory_limit=self.memory_limit,
            promise_weight=self.promise_weight * clock.months_per_tick,
            message_weight=self.message_weight,
            rating_weight=self.rating_weight,
            norm_drift=self.norm_drift_per_year * clock.years_per_tick,
            assimilation=self.assimilation,
            disconfirmation=self.disconfirmation,
            tolerance=self.tolerance,
            loss_aversion=self.loss_aversion,
            learning_rate=self.learning_rate,
        )


class Trust(Section):
    """The belief that promises are kept."""

    initial_mean: float = quantity(
        0.65,
        "share",
        "Mean trust at the start.",
        "Assumption: near where trust settles at the default quality",
        (0.4, 0.8),
        le=1,
    )
    initial_sd: float = quantity(
        0.12,
        "share",
        "Standard deviation of trust at the start.",
        "Assumption: most people between .4 and .9",
        (0.0, 0.25),
        le=0.5,
    )
    gain: float = quantity(
        0.05,
        "share",
        "Share of the distance to full trust gained by a kept promise.",
        "Assumption: twenty kept promises make a distrustful person trust",
        (0.01, 0.15),
        le=1,
    )
    loss_ratio: float = quantity(
        4.0,
        "ratio",
        "Loss by a broken promise over gain by a kept one.",
        "Slovic 1993 (trust is easier to destroy); size: Assumption, 3 to 5",
        (1.0, 8.0),
        le=1000,
    )
    message_gain: float = quantity(
        0.01,
        "share",
        "Share of the distance to full trust gained by a believed good message.",
        "Assumption: a fifth of a kept promise",
        (0.0, 0.05),
        le=1,
    )
    message_loss_ratio: float = quantity(
        2.0,
        "ratio",
        "Loss by a believed bad message over gain by a good one.",
        "Slovic 1993; Brown et al. 2024 (losses count about double)",
        (1.0, 4.0),
        le=1000,
    )

    def to_kernel(self) -> parameters.Trust:
        """Return the section as shares of the distance per event."""
        return parameters.Trust(
            gain=self.gain,
            loss=min(1.0, self.loss_ratio * self.gain),
            message_gain=self.message_gain,
            message_loss=min(1.0, self.message_loss_ratio * self.message_gain),
        )
