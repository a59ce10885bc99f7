"""The sections `word_of_mouth` and `reviews`: what people say and whom they believe."""

import math

import numpy as np
from pydantic import model_validator

from simulation.core import parameters
from simulation.quantity import Section, broken, quantity

from .clock import Clock
from .network import Network

EDELMAN = "Edelman Trust Barometer 2011, N = 5,075, after one or two hearings"
STARS = 5


class WordOfMouth(Section):
    """Who talks, who hears, who believes."""

    neutral: float = quantity(
        0.6,
        "share",
        "Satisfaction at which a story is neither good nor bad.",
        "Net promoter score: 6 of 10 and below are detractors",
        (0.5, 0.7),
        ge=0.01,
        le=0.99,
    )
    talk_base: float = quantity(
        0.04,
        "share",
        "Chance to talk about an episode that was neither.",
        "Assumption: few people tell what moved nobody",
        (0.0, 0.15),
        le=1,
    )
    talk_slope: float = quantity(
        0.46,
        "share",
        "Added chance to talk about the best episode.",
        "American Express 2012: 47 % tell of a good experience",
        (0.2, 0.6),
        le=1,
    )
    talk_curvature: float = quantity(
        1.0,
        "exponent",
        "Curvature of the chance to talk; above 1 only extremes are told.",
        "Anderson 1998 (a U); value: Assumption",
        (0.5, 2.0),
        le=20,
    )
    negative_ratio: float = quantity(
        1.2,
        "ratio",
        "Talk about the worst episode over talk about the best.",
        "American Express 2012: 56 % against 47 %",
        (1.0, 1.5),
        le=20,
    )
    trust_in_talk: float = quantity(
        0.5,
        "share",
        "How far trust encourages good talk and discourages bad talk.",
        "Edelman 2011, 2016 (trusted firms are recommended); value: Assumption",
        (0.0, 1.0),
        le=1,
    )
    retell: float = quantity(
        0.2,
        "share",
        "Chance to pass on a story believed last week when having none.",
        "Assumption: one in five, so that stories die out",
        (0.0, 0.5),
        le=1,
    )
    reach: float = quantity(
        0.35,
        "share",
        "Chance that a tie hears a good story.",
        "Goodman 2003 (TARP): 4 to 5 people are told",
        (0.1, 0.8),
        le=1,
    )
    reach_negative: float = quantity(
        0.55,
        "share",
        "Chance that a tie hears a bad story.",
        "Goodman 2003 (TARP): 9 to 10 people are told; American Express 2017: 1.4",
        (0.1, 0.8),
        le=1,
    )
    meetings_per_week: float = quantity(
        2.0,
        "people",
        "Chance acquaintances a person meets in a week; a story is fresh for a week, "
        "so they are those it can reach.",
        "Goldenberg, Libai & Muller 2001 (weak ties); value: Assumption",
        (0, 8),
        le=1000,
    )
    hearings: float = quantity(
        1.5,
        "messages",
        "Messages heard by the people in the survey behind the four chances below.",
        EDELMAN,
        (1.0, 2.0),
        ge=0.1,
        le=100,
    )
    believe_positive_distrusted: float = quantity(
        0.15,
        "share",
        "Share who believe good news of a firm they distrust.",
        EDELMAN,
        (0.05, 0.25),
        le=1,
    )
    believe_positive_trusted: float = quantity(
        0.51,
        "share",
        "Share who believe good news of a firm they trust.",
        EDELMAN,
        (0.4, 0.6),
        le=1,
    )
    believe_negative_distrusted: float = quantity(
        0.57,
        "share",
        "Share who believe bad news of a firm they distrust.",
        EDELMAN,
        (0.45, 0.7),
        le=1,
    )
    believe_negative_trusted: float = quantity(
        0.25,
        "share",
        "Share who believe bad news of a firm they trust.",
        EDELMAN,
        (0.15, 0.35),
        le=1,
    )

    def to_kernel(self, network: Network, n_customers: int) -> parameters.WordOfMouth:
        """Return the section in numbers per tick, for a market of `n_customers`."""
        is_complete = network.kind == "complete" and n_customers > 1
        return parameters.WordOfMouth(
            neutral=self.neutral,
            talk_base=self.talk_base,
            talk_slope=self.talk_slope,
            talk_curvature=self.talk_curvature,
            negative_ratio=self.negative_ratio,
            trust_in_talk=self.trust_in_talk,
            retell=self.retell,
            reach=self.reach,
            reach_negative=self.reach_negative,
            meetings=self.meetings_per_week,
            contact_weight=(
                min(1.0, network.degree / (n_customers - 1)) if is_complete else 0.0
            ),
            hearings=self.hearings,
            believe_positive_distrusted=self.believe_positive_distrusted,
            believe_positive_trusted=self.believe_positive_trusted,
            believe_negative_distrusted=self.believe_negative_distrusted,
            believe_negative_trusted=self.believe_negative_trusted,
        )


class Reviews(Section):
    """The public review site."""

    posting: tuple[float, ...] = quantity(
        (0.036, 0.020, 0.011, 0.009, 0.017),
        "share",
        "Chance to post a review after an episode worth 1, 2, 3, 4 and 5 stars.",
        "Anderson & Simester 2014 (1.5 % post); McAuley & Leskovec 2013 (J-shape)",
        (0.002, 0.06),
        le=1,
    )
    prior_reviews: float = quantity(
        10.0,
        "reviews",
        "Reviews at the category norm with which the site shrinks its mean.",
        "Assumption: a rating of ten reviews is half noise",
        (2, 50),
        ge=0.001,
        le=1e6,
    )
    half_life_weeks: float = quantity(
        26.0,
        "weeks",
        "Time in which the weight of a review halves.",
        "Assumption: half a year",
        (8, 104),
        ge=0.1,
        le=math.inf,
    )
    read_chance_active: float = quantity(
        0.05,
        "share per month",
        "Chance that an active customer reads the rating.",
        "Assumption: customers seldom look up what they have",
        (0.0, 0.2),
        le=1,
    )
    read_chance_prospect: float = quantity(
        0.25,
        "share per month",
        "Chance that a prospect reads the rating.",
        "Assumption: one prospect in four",
        (0.05, 0.6),
        le=1,
    )

    @model_validator(mode="after")
    def _one_chance_a_star(self) -> "Reviews":
        if len(self.posting) != STARS:
            raise broken(
                "posting",
                f"{len(self.posting)} chances; give five, for 1 to 5 stars",
            )
        return self

    def to_kernel(self, clock: Clock) -> parameters.Reviews:
        """Return the section in numbers per tick."""
        return parameters.Reviews(
            posting=np.array(self.posting, np.float64),
            read_active=clock.chance(self.read_chance_active),
            read_prospect=clock.chance(self.read_chance_prospect),
        )
