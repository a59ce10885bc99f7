"""The stylised facts: what is known of real customers, measured on simulated ones.

Each fact is declared once, with its source and the band in which a run must fall to
count as reproducing it. Bands are wide where the source is a survey of intentions or
a report of practitioners. A fact that fails is shown as failing, with the reason.
"""

import math
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from simulation.observation import Observation, Observed
from simulation.scenario import Scenario, load

from . import measures as m
from .bands import span
from .design import FIRST_SEED, seeds
from .evidence import counted, questionnaire
from .execution import in_order
from .sequential import Interval, interval

RUNS, CUSTOMERS = 20, 10_000
QUICK_RUNS, QUICK_CUSTOMERS = 4, 4_000
FEW = 50
"""Customers enough to compile the model."""
BASELINE = "baseline"
INDUSTRIES = {
    "industry_airline": "airlines",
    "industry_bank": "banks",
    "industry_broadband": "isp",
}
"""The shipped industries, and what the survey calls them."""
COHORTS = {"regular": "regular", "high end": "high_end"}
"""Worlds of a published cohort, and what the data call it."""


class World(NamedTuple):
    """A scenario in which facts are measured: a shipped one, with settings."""

    name: str
    text: str
    settings: tuple[str, ...] = ()
    scenario: str = BASELINE
    has_witness: bool = False
    """Whether its people are watched, or weekly metrics are enough."""


STILL = ("clock.warmup_weeks=0", "market.share_active=1", "joining.return_chance=0")
FRAIL_ALONE = (
    *STILL,
    "clock.weeks=627",
    "journey.touchpoints={use: {chance_per_week: 0}, support: {chance_per_week: 0}, "
    "billing: {chance_per_week: 0}}",
    "network.kind=none",
    "leaving.trust_effect=0",
)
SHORT = ("clock.warmup_weeks=13", "clock.weeks=13")
TRUST_STAYS = ("trust.initial_sd=0", "trust.gain=0", "trust.message_gain=0")

WORLDS = {
    world.name: world
    for world in (
        World(BASELINE, "The baseline as it is shipped.", has_witness=True),
        World(
            "trusted",
            "Everybody trusts the firm, whatever happens.",
            (*SHORT, *TRUST_STAYS, "trust.initial_mean=1"),
        ),
        World(
            "distrusted",
            "Nobody trusts the firm, whatever happens.",
            (*SHORT, *TRUST_STAYS, "trust.initial_mean=0"),
        ),
        World(
            "solicited",
            "The site asks every customer for a review.",
            ("reviews.posting=[0.10, 0.08, 0.07, 0.075, 0.085]",),
        ),
        World(
            "quiet",
            "Unhappy customers post no reviews.",
            ("reviews.posting=[0, 0, 0.011, 0.009, 0.017]",),
        ),
        World(
            "incentive",
            "Answers to the survey are paid for, and no more people are asked.",
            ("levers=[{feedback_programme: {sample_ratio: 1}}]",),
        ),
        World(
            "contacted",
            "Customers are called for nothing, once a quarter.",
            (
                "levers=[{proactive_outreach: {detection: 0, alarms_per_week: 0.08, "
                "from_week: 0}}]",
            ),
        ),
        World("modest", "The firm promises less.", ("firm.promise=0.75",)),
        World(
            "better",
            "Quality rises by a tenth of the scale in week 0.",
            ("clock.weeks=52", "levers=[{service_improvement: {quality_gain: 0.1}}]"),
            has_witness=True,
        ),
        World(
            "worse",
            "Quality falls by a tenth of the scale in week 0.",
            ("clock.weeks=52", "levers=[{service_improvement: {quality_gain: -0.1}}]"),
            has_witness=True,
        ),
        *(
            World(name, f"Customers of an industry: {industry}.", (), name, True)
            for name, industry in INDUSTRIES.items()
        ),
        World(
            "cohort", "All begin as customers together.", (*STILL, "clock.weeks=313")
        ),
        World(
            "regular",
            "Customers who differ in frailty alone, as frail as the regular cohort.",
            (*FRAIL_ALONE, "leaving.hazard_min=0.0529", "leaving.hazard_max=0.0529"),
        ),
        World(
            "high end",
            "Customers who differ in frailty alone, as frail as the high-end cohort.",
            (*FRAIL_ALONE, "leaving.hazard_min=0.0151", "leaving.hazard_max=0.0151"),
        ),
        World(
            "launch",
            "A new category: nobody is a customer yet, nobody leaves, advertising wins "
            "as few as of new products, and people rely on what they are told.",
            (
                "clock.warmup_weeks=0",
                "clock.weeks=521",
                "joining.advertising_chance=0.0017",
                "joining.message_effect=0.08",
                "market.share_active=0",
                "leaving.hazard_min=0",
                "leaving.hazard_max=0",
                "leaving.stated_walk_out=0",
            ),
        ),
    )
}
"""Each world is lived with the same seeds, so that two of them are the same people."""


class Fact(NamedTuple):
    """Something known of real customers."""

    key: str
    """A short name, the id in files."""
    claim: str
    """What is known, in a few words."""
    low: float
    high: float
    """The band in which it counts as reproduced."""
    unit: str
    source: str
    how: str
    """How it is measured."""
    measure: m.Measure
    worlds: tuple[str, ...] = (BASELINE,)
    """What the measure is given, in order."""
    misses: str = ""
    """Why the shipped baseline misses it; empty if it does not."""

    @property
    def is_judged(self) -> bool:
        """Whether anything is known to hold it to."""
        return math.isfinite(self.low) or math.isfinite(self.high)


ACSI = "ACSI 2015, 7,873 customers of four industries"
EDELMAN = "Edelman Trust Barometer 2011, N = 5,075"
FADER = "Fader & Hardie 2007, doi:10.1002/dir.20074"

FACTS = (
    # The firm as a whole
    Fact("churn", "15 to 40 % of customers leave in a year", *span("churn"), "share",
         "mobile operators, subscriptions (HBR 2015; Fader & Hardie 2014)",
         "1 − exp(−left / mean active / years)", m.annual_churn),
    Fact("true_nps", "Net Promoter Score of 0 to 40", *span("true_nps"), "points",
         "Temkin Group 2018, 342 companies of 20 industries",
         "mean over the weeks, every active customer", m.mean("true_nps")),
    Fact("perception", "Customers judge the firm at .70 to .85",
         *span("perception"), "share",
         "ACSI 2015, satisfaction of four industries: 61 to 77 of 100, and above",
         "mean perception of active customers", m.mean("perception")),
    Fact("blind_spot", "Surveys flatter by 3 to 25 points", 3, 25, "points",
         "Bain & Company and practitioners on response rates of 10 to 30 %",
         "measured less true Net Promoter Score", m.mean("blind_spot")),
    Fact("response", "10 to 30 % answer a survey", 0.10, 0.30, "share",
         "practitioners on e-mailed surveys", "responses / sampled",
         m.ratio("responses", "sampled")),
    Fact("followed_up", "Hardly any firm follows up", 0.0, 0.06, "share",
         "SuperOffice audits 2017-2018: 97 % never do",
         "contacts / severe episodes", m.ratio("contacts", "severe")),
    # Talk
    Fact("praise_to_blame", "Praise outnumbers blame about 3 to 1",
         *span("praise_to_blame"), "ratio",
         "East, Hammond & Wright 2007, doi:10.1016/j.ijresmar.2006.12.004, 15 studies",
         "messages heard, positive / negative",
         m.ratio("messages_positive", "messages_negative")),
    Fact("people_told", "The unhappy tell 1.2 to 2.2 times as many people", 1.2, 2.2,
         "ratio", "TARP (Goodman 2003): 9-10 to 4-5; American Express 2011-2017",
         "told share × hearers a story, satisfaction below .2 / above .9",
         m.people_told_ratio),
    Fact("talk_ends", "The worst is told little more than the best", 1.0, 2.2, "ratio",
         "Anderson 1998, doi:10.1177/109467059800100102",
         "share of episodes told, satisfaction below .2 / above .9", m.talk_end_ratio),
    Fact("talk_u", "Talk is U-shaped in satisfaction", 1.5, math.inf, "ratio",
         "Anderson 1998, doi:10.1177/109467059800100102",
         "share told at both ends / between .5 and .7", m.talk_u_shape),
    Fact("above_neutral", "Most episodes satisfy", 0.78, 0.90, "share",
         "implied by the praise to blame and people-told ratios; Jones & Sasser 1995",
         "episodes with satisfaction above .6", m.above_neutral),
    Fact("trusting_praise", "Who trusts a firm recommends it", 0.45, 0.75, "share",
         "Edelman Trust Barometer 2016: 59 %",
         "most trusting fifth: praised within a year", m.trusting_praise,
         misses="Every customer here lives a dozen episodes a year; the survey asked "
         "about any of many firms."),
    Fact("distrusting_blame", "Who distrusts a firm criticises it", 0.30, 0.60,
         "share", "Edelman Trust Barometer 2016: 42 %",
         "least trusting fifth: blamed within a year", m.distrusting_blame,
         misses="Every customer here lives a dozen episodes a year; the survey asked "
         "about any of many firms."),
    Fact("praise_by_promoters", "Promoters do the referring", 0.65, 0.90, "share",
         "Reichheld 2006: 80 % of referrals", "own praise told by who scores 9-10",
         m.praise_by_promoters,
         misses="People tell single episodes: passives live many good ones."),
    Fact("blame_by_detractors", "Detractors do the blaming", 0.65, 0.90, "share",
         "Reichheld 2006: 80 % of bad comments", "own blame told by who scores 0-6",
         m.blame_by_detractors),
    Fact("shallow", "Stories die close to their source", 0.90, 1.0, "share",
         "Goel, Watts & Goldstein 2012, doi:10.1145/2229012.2229058",
         "stories told by their owner or the first who passes them on",
         m.shallow_stories),
    Fact("retold", "A story causes less than one retelling", 0.0, 0.5, "ratio",
         "Goel et al. 2016, doi:10.1287/mnsc.2015.2158", "retold / stories told",
         m.ratio("retold", "stories")),
    Fact("many_hearings", "10 to 35 % need six hearings or more", 0.10, 0.35, "share",
         "Edelman Trust Barometer 2011: 23 to 27 %",
         "(1 − believed / heard)^5", m.many_hearings),
    # Belief
    Fact("good_trusted", "Good news of a trusted firm is believed by 51 %", 0.46, 0.56,
         "share", EDELMAN, "1 − (1 − believed / heard)^1.5", m.believing("positive"),
         ("trusted",)),
    Fact("bad_trusted", "Bad news of a trusted firm is believed by 25 %", 0.20, 0.30,
         "share", EDELMAN, "1 − (1 − believed / heard)^1.5", m.believing("negative"),
         ("trusted",)),
    Fact("good_distrusted", "Good news of a distrusted firm is believed by 15 %", 0.10,
         0.20, "share", EDELMAN, "1 − (1 − believed / heard)^1.5",
         m.believing("positive"), ("distrusted",)),
    Fact("bad_distrusted", "Bad news of a distrusted firm is believed by 57 %", 0.52,
         0.62, "share", EDELMAN, "1 − (1 − believed / heard)^1.5",
         m.believing("negative"), ("distrusted",)),
    Fact("trust_asymmetry", "Trust is lost 3 to 5 times as fast as it is won", 3, 5,
         "ratio", "Slovic 1993, doi:10.1111/j.1539-6924.1993.tb01329.x; size: practice",
         "mean loss by a broken / gain by a kept promise", m.trust_asymmetry),
    # Reviews
    Fact("stars_mode", "Five stars are the most frequent", 0.05, 1.0, "share",
         "Hu, Pavlou & Zhang 2009, doi:10.1145/1562764.1562800",
         "share of five stars less the largest other", m.mode_lead),
    Fact("stars_j", "One star is more frequent than two", 1.0, math.inf, "ratio",
         "Hu, Pavlou & Zhang 2009, doi:10.1145/1562764.1562800", "1 star / 2 stars",
         m.one_over_two),
    Fact("stars_amazon", "Stars lie as on Amazon", 0.0, 0.20, "share",
         "McAuley & Leskovec 2013: 7.9 million movie reviews",
         "sum of absolute differences of five shares", m.distance_to_amazon,
         misses="The baseline is a service with failures: more one-star reviews, fewer "
         "of four, than movies have."),
    Fact("stars_biased", "Posted stars are not everybody's", -0.6, -0.02, "stars",
         "Hu, Pavlou & Zhang 2009 (under-reporting)",
         "mean of posted stars less that of all episodes", m.public_bias),
    Fact("posting", "0.5 to 5 % of episodes are reviewed", *span("posting"), "share",
         "Anderson & Simester 2014, doi:10.1509/jmr.13.0209: 1.5 % of customers",
         "reviews / episodes", m.ratio("reviews", "episodes")),
    Fact("solicited_mean", "Asking everybody lifts the stars", 0.1, 0.5, "stars",
         "Askalidis, Kim & Malthouse 2017, doi:10.1016/j.dss.2017.02.007",
         "mean of stars, all asked less volunteers", m.solicited_rise,
         (BASELINE, "solicited")),
    Fact("solicited_middle", "Asking everybody fills the middle", 0.02, 1.0, "share",
         "Karaman 2021, doi:10.1287/mnsc.2020.3758",
         "share of two to four stars, all asked less volunteers", m.solicited_middle,
         (BASELINE, "solicited")),
    Fact("rating_elasticity", "A better rating brings customers", 0.2, 0.8, "ratio",
         "You, Vadakkepatt & Joshi 2015, doi:10.1509/jm.14.0169: .417",
         "d ln joiners / d ln rating, no bad reviews / all", m.rating_elasticity,
         (BASELINE, "quiet")),
    # Satisfaction
    Fact("felt_ratio", "A shortfall weighs 1.3 to 2.5 times a surplus", 1.3, 2.5,
         "ratio", "Brown et al. 2024, doi:10.1257/jel.20221698; Anderson & Sullivan "
         "1993, doi:10.1287/mksc.12.2.125",
         "slope of satisfaction less quality on the gap, down / up", m.felt_ratio),
    Fact("unnoticed", "Many gaps go unnoticed", 0.3, 0.7, "share",
         "Zeithaml, Berry & Parasuraman 1993, doi:10.1177/0092070393211001",
         "episodes inside the zone of tolerance", m.unnoticed),
    Fact("gap_correlation", "Satisfaction goes with the gap", 0.35, 0.65, "correlation",
         "Szymanski & Henard 2001, doi:10.1177/0092070301291002; ACSI 2015: .44",
         "simulated questionnaire, satisfaction and quality less expectation",
         m.formed("with_gap")),
    Fact("on_quality", "Satisfaction follows quality", 0.75, 1.0, "slope",
         f"{ACSI}: .88 ± .03", "simulated questionnaire, expectation held",
         m.formed("on_quality")),
    Fact("on_expectation", "Expectation adds a little", 0.0, 0.2, "slope",
         f"{ACSI}: .065 ± .026", "simulated questionnaire, quality held",
         m.formed("on_expectation")),
    Fact("kink", "Shortfalls weigh a little more in surveys", 1.0, 1.5, "ratio",
         f"{ACSI}: 1.11 (1.04 to 1.19), composites 1.37",
         "simulated questionnaire, slope on the gap, down / up",
         m.formed("shortfall_ratio")),
    Fact("explained", "Quality and expectation explain most", 0.55, 0.80, "R²",
         f"{ACSI}: .67 within industries", "simulated questionnaire",
         m.formed("fit")),
    Fact("spread", "Customers of one firm differ by 1.5 to 2.5 points", 1.45, 2.55,
         "points", f"{ACSI}: 1.48 (food) to 2.52 (broadband)",
         "simulated questionnaire, standard deviation of satisfaction",
         m.formed("satisfaction_sd")),
    Fact("airline_spread", "An airline's customers stay as different", 0.0, 0.2,
         "share", "ACSI 2015, 1,465 customers of airlines",
         "distance of the shares of ten scores, two years on",
         m.distance_to_industry("airlines"), ("industry_airline",)),
    Fact("bank_spread", "A bank's customers stay as different", 0.0, 0.2, "share",
         "ACSI 2015, 2,471 customers of banks",
         "distance of the shares of ten scores, two years on",
         m.distance_to_industry("banks"), ("industry_bank",)),
    Fact("broadband_spread", "A provider's customers stay as different", 0.0, 0.2,
         "share", "ACSI 2015, 2,230 customers of internet providers",
         "distance of the shares of ten scores, two years on",
         m.distance_to_industry("isp"), ("industry_broadband",),
         misses="Those whom a provider suits least have left; the real ones stay, for "
         "want of another line."),
    # Complaint and repair
    Fact("complaints", "Most who suffer do not complain", 0.05, 0.40, "share",
         "Goodman 2003 (TARP): 5 to 30 % of failures of service",
         "complaints / severe episodes", m.ratio("severe_complaints", "severe")),
    Fact("complaints_by_satisfaction", "The unhappy complain as often as real ones",
         0.0, 0.10, "share", "ACSI 2015, 7,956 customers",
         "largest difference of ten shares who complained in a year",
         m.complaint_distance),
    Fact("complained_leave", "Who complained in vain leaves 2 to 5 times as often", 2,
         5, "ratio", "Knox & van Oest 2014, doi:10.1509/jm.12.0317",
         "left within half a year / unharmed", m.complained_ratio),
    Fact("repaired_leave", "A repair does not undo a failure", 1.0, math.inf, "ratio",
         "Knox & van Oest 2014, doi:10.1509/jm.12.0317",
         "repaired, left within half a year / unharmed", m.repaired_ratio),
    Fact("repair_helps", "A repair helps", 0.0, 0.8, "ratio",
         "Knox & van Oest 2014, doi:10.1509/jm.12.0317",
         "left within half a year, repaired / complained in vain", m.repair_effect),
    # Leaving
    Fact("walk_out", "One bad experience drives 4 to 12 % away", 0.04, 0.12, "share",
         "PwC 2018: 32 % say so; intention to action: Assumption",
         "extra share of the content who leave within a quarter", m.walk_out),
    Fact("retention_odds", "The delighted stay 2 to 8 times as surely", 2, 8, "ratio",
         "Jones & Sasser 1995: 6", "odds to stay a year, top tenth / sixth and seventh",
         m.retention_odds,
         misses="Perception moves within months: where it stands today says little of "
         "a whole year, and the source asked for intentions."),
    Fact("falling_hazard", "Churn falls with tenure", 1.2, math.inf, "ratio", FADER,
         "hazard in the first year / in the sixth", m.falling_hazard, ("cohort",)),
    Fact("rising_retention", "Each year more of the rest stay", 0.0, 1.0, "share",
         FADER, "retention in the sixth year less that in the first",
         m.rising_retention, ("cohort",)),
    Fact("regular_cohort", "Regular customers stay as in the data", 0.0, 0.05, "share",
         FADER, "largest distance of survival over 12 years",
         m.distance_to_cohort("regular"), ("regular",)),
    Fact("high_end_cohort", "High-end customers stay as in the data", 0.0, 0.05,
         "share", FADER, "largest distance of survival over 12 years",
         m.distance_to_cohort("high_end"), ("high end",)),
    Fact("pull", "A lost contact nearly doubles the hazard", 1.5, 2.1, "ratio",
         "Nitzan & Libai 2011, doi:10.1509/jm.10.0209: 1.8",
         "hazard with one contact lost within four weeks / none within twelve",
         m.pull_ratio),
    Fact("pull_recovered", "A hazard regression finds it", 1.6, 2.0, "ratio",
         "Nitzan & Libai 2011, doi:10.1509/jm.10.0209: 1.8",
         "Poisson regression of leaving on pull, perception held", m.pull_recovered),
    Fact("asked", "Being asked keeps customers", 0.5, 0.9, "ratio",
         "Dholakia & Morwitz 2002, doi:10.1086/341571",
         "Poisson regression of leaving on having been asked, perception held",
         m.asked_ratio),
    Fact("contacted", "Calling for nothing can backfire", 1.0, 1.7, "ratio",
         "Ascarza, Iyengar & Schleicher 2016, doi:10.1509/jmr.13.0483",
         "hazard with calls for nothing / without", m.churn_ratio,
         (BASELINE, "contacted")),
    Fact("returning", "A better first life brings people back", 1.05, math.inf, "ratio",
         "Kumar, Bhagwat & Zhang 2015, doi:10.1509/jm.14.0107",
         "return rate, better half / worse half of the lost", m.return_ratio),
    Fact("referred", "Referred customers stay longer", 0.70, 0.95, "ratio",
         "Schmitt, Skiera & Van den Bulte 2011, doi:10.1509/jm.75.1.46",
         "hazard of joiners on a contact's praise / of other joiners",
         m.referred_ratio),
    # Joining and promises
    Fact("innovation", "Launches have Bass's p of .005 to .03", 0.005, 0.03, "a year",
         "Sultan, Farley & Lehmann 1990, doi:10.1177/002224379002700107",
         "Bass curve fitted to ten years of joining", m.innovation, ("launch",),
         misses="People who have only looked talk too: before there are customers, "
         "stories win some."),
    Fact("imitation", "Launches have Bass's q of .2 to .6", 0.2, 0.6, "a year",
         "Sultan, Farley & Lehmann 1990, doi:10.1177/002224379002700107",
         "Bass curve fitted to ten years of joining", m.imitation, ("launch",)),
    Fact("modest_joins", "A smaller promise wins fewer customers", 0.5, 0.99, "ratio",
         "Kopalle & Lehmann 2006, doi:10.1287/mksc.1050.0122",
         "joiners, promise of .75 / .88", m.relative("joined"), (BASELINE, "modest")),
    Fact("modest_pleases", "A smaller promise pleases in the long run", 0.0005, 0.1,
         "share", "Kopalle & Lehmann 2006, doi:10.1287/mksc.1050.0122",
         "mean perception, promise of .75 less .88", m.difference("perception"),
         (BASELINE, "modest")),
    Fact("incentive", "Paying for answers brings 1.5 to 2.5 times the odds", 1.5, 2.5,
         "ratio", "Church 1993, doi:10.1086/269355", "odds to answer, paid / unpaid",
         m.odds_of_answer, (BASELINE, "incentive")),
    Fact("incentive_bias", "Paying for answers shrinks the bias", -25.0, -0.2,
         "points", "Church 1993; Assumption: an incentive brings in the lukewarm",
         "blind spot, paid less unpaid", m.difference("blind_spot"),
         (BASELINE, "incentive")),
    Fact("slow_belief", "A year shows 15 to 50 % of better quality", 0.15, 0.50,
         "share", "Mitra & Golder 2006, doi:10.1287/mksc.1050.0175: a fifth",
         "rise of everybody's perception / rise of quality, week 52",
         m.belief_after_a_year, (BASELINE, "better")),
    Fact("faster_down", "Worse quality shows sooner than better", 1.0, 3.0, "ratio",
         "Mitra & Golder 2006, doi:10.1287/mksc.1050.0175",
         "fall / rise of everybody's perception in a year", m.faster_down,
         (BASELINE, "better", "worse")),
    # The network
    Fact("degree", "People talk with 5 to 15 others", 5, 15, "ties",
         "MacCarron, Kaski & Dunbar 2016, doi:10.1016/j.socnet.2016.06.003",
         "mean number of ties", m.degree),
    Fact("clustering", "Friends of friends are friends", 0.2, 0.6, "share",
         "Ciao .24, Facebook .61 (Leskovec & Krevl 2014)",
         "mean share of a person's contacts who know each other", m.clustering),
    Fact("paths", "The world is small", 1.0, 6.0, "steps",
         "Watts & Strogatz 1998, doi:10.1038/30918",
         "mean distance of two people", m.path_length,
         misses="Meetings by chance, which shorten the way, are not counted as ties."),
)  # fmt: skip
"""Every fact the model can speak to, by subject."""
AIMS = frozenset(
    {
        "churn",
        "true_nps",
        "perception",
        "praise_to_blame",
        "stars_mode",
        "stars_j",
        "posting",
        "complaints",
        "complaints_by_satisfaction",
        "falling_hazard",
        "rising_retention",
        "pull",
    }
)
"""The facts for which the defaults were set: all at once, within their ranges."""


class Finding(NamedTuple):
    """A fact, as found."""

    fact: Fact
    found: Interval
    """Mean over the seeds, and its 95 % interval."""

    @property
    def holds(self) -> bool:
        """Whether the mean lies in the band."""
        return self.fact.low <= self.found.mean <= self.fact.high

    @property
    def why(self) -> str:
        """Why the fact fails; empty if it holds."""
        if self.holds:
            return ""
        luck = "An edge of the band lies within the interval: more worlds would tell."
        unknown = "Not understood yet."
        return self.fact.misses or (luck if self.is_close else unknown)

    @property
    def is_close(self) -> bool:
        """Whether an edge of the band lies in the interval."""
        low, high = self.found.low, self.found.high
        return any(low < edge < high for edge in (self.fact.low, self.fact.high))


@cache
def settings_of(name: str, customers: int) -> Scenario:
    """Return the scenario of a world at a size."""
    size = f"market.customers={customers}"
    return load(WORLDS[name].scenario, [*WORLDS[name].settings, size])


def observed(name: str, seed: int, customers: int) -> Observation:
    """Return everything seen of one world."""
    settings, has_witness = settings_of(name, customers), WORLDS[name].has_witness
    return Observed(settings, seed=seed, has_witness=has_witness).run().observation()


class Witnessed(NamedTuple):
    """What the worlds of one seed showed."""

    values: dict[str, float]
    """What each fact measures, by key."""
    answers: dict[str, pd.DataFrame]
    """By world, the simulated questionnaire: n people of equal answers a row."""
    alive: dict[str, m.Array]
    """By world, the share of a cohort that is left after 0, 1, 2, … years."""


def witnessed(seed: int, customers: int) -> Witnessed:
    """Return what the worlds of one seed show.

    Worlds are lived in the order of `WORLDS` and forgotten once no later fact
    needs them, so that a few are in memory at a time.
    """
    order = list(WORLDS)
    last = {name: max(map(order.index, fact.worlds)) for fact in FACTS
            for name in fact.worlds if name != BASELINE}  # fmt: skip
    seen: dict[str, Observation] = {}
    found = Witnessed({}, {}, {})
    for place, name in enumerate(order):
        seen[name] = observed(name, seed, customers)
        if name in (BASELINE, *INDUSTRIES):
            found.answers[name] = counted(questionnaire(seen[name], 0))
        if name in COHORTS:
            found.alive[name] = m.survival(seen[name])
        for fact in FACTS:
            if place == max(map(order.index, fact.worlds)):
                worlds = [seen[each] for each in fact.worlds]
                found.values[fact.key] = fact.measure(*worlds)
        for old in [k for k in seen if last.get(k, len(order)) <= place]:
            del seen[old]
    return found


def witness(
    runs: int = RUNS,
    *,
    customers: int = CUSTOMERS,
    seed: int = FIRST_SEED,
    jobs: int = 1,
) -> Iterator[Witnessed]:
    """Yield what each seed shows, in their order.

    Parameters
    ----------
    runs : int
        Seeds; an interval needs two.
    customers : int
        In each world.
    seed : int
        The first one.
    jobs : int
        Worker processes.
    """
    observed(BASELINE, seed, FEW)  # compiled here, workers inherit it
    tasks = [(each, customers) for each in seeds(runs, seed)]
    yield from in_order(witnessed, tasks, jobs)


def findings(seen: Sequence[Witnessed]) -> list[Finding]:
    """Return what several seeds say about each fact."""
    return [
        Finding(fact, interval(np.array([each.values[fact.key] for each in seen])))
        for fact in FACTS
    ]


def table(found: Sequence[Finding]) -> pd.DataFrame:
    """Return the findings as a frame, a row a fact.

    Returns
    -------
    DataFrame
        key, claim, unit, low and high (the band), measured, measured_low and
        measured_high (95 %), holds, source, how, and why it fails, if it does.
    """
    rows = [
        {
            "key": each.fact.key,
            "claim": each.fact.claim,
            "unit": each.fact.unit,
            "low": each.fact.low,
            "high": each.fact.high,
            "measured": each.found.mean,
            "measured_low": each.found.low,
            "measured_high": each.found.high,
            "n": each.found.n,
            "holds": each.holds,
            "source": each.fact.source,
            "how": each.fact.how,
            "why": each.why,
        }
        for each in found
    ]
    return pd.DataFrame(rows)
