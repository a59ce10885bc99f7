"""What is measured of an observed world, to be held against a published fact.

Each function takes an `Observation` (or two, of the same seed) and returns one number;
NaN where the world is too small to tell.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import optimize, sparse
from scipy.sparse import csgraph

from simulation.observation import SILENT, Observation
from simulation.scenario.clock import DAYS_PER_YEAR

from .evidence import (
    YEAR,
    by_satisfaction,
    cohorts,
    distribution,
    formation,
    formation_answers,
    loyalty_answers,
    questionnaire,
)

Array = np.ndarray[Any, np.dtype[Any]]
Measure = Callable[..., float]

ACTIVE, LOST = 1, 2
MONTH, QUARTER = 4, 13
"""Weeks."""
NEUTRAL, SEVERE = 0.6, 0.3
WORST, BEST = 0.2, 0.9
"""Satisfaction of very dissatisfied and of very satisfied customers."""
CONTENT = 0.8
FEW = 30
"""Fewer people or answers than this say nothing."""
CUTS = (0.2, 0.4, 0.6, 0.8)
AMAZON_MOVIES = (0.0795, 0.0576, 0.1001, 0.2092, 0.5537)
HEARINGS = 1.5


def share(part: float, whole: float) -> float:
    """Return part / whole, NaN of nothing."""
    return part / whole if whole else math.nan


def total(seen: Observation, name: str) -> float:
    """Return the sum of a weekly metric over the run."""
    return float(np.nansum(seen.weekly[name]))


def mean(name: str) -> Measure:
    """Return the measure that is the mean of a weekly metric."""
    return lambda seen: float(np.nanmean(seen.weekly[name]))


def ratio(part: str, whole: str) -> Measure:
    """Return the measure that is the ratio of the sums of two weekly metrics."""
    return lambda seen: share(total(seen, part), total(seen, whole))


def annual_churn(seen: Observation) -> float:
    """Return the share of customers who leave in a year."""
    years = len(seen.weekly["week"]) * 7 / DAYS_PER_YEAR
    return 1 - math.exp(
        -share(total(seen, "left"), seen.weekly["active"].mean() * years)
    )


# Talk


def own_stories(seen: Observation) -> tuple[Array, Array, Array]:
    """Return week, person and satisfaction of every own story told."""
    week, person = np.nonzero(seen.weeks.hops == 0)
    return week, person, seen.weeks.value[week, person]


def telling_rates(seen: Observation, edges: tuple[float, ...]) -> Array:
    """Return the share of episodes that are told in the same week, by satisfaction."""
    episodes = seen.episodes
    told_hops = seen.weeks.hops[episodes.week, episodes.person]
    told_value = seen.weeks.value[episodes.week, episodes.person]
    is_told = (told_hops == 0) & (told_value == episodes.satisfaction)
    group = np.digitize(episodes.satisfaction, edges)
    counts = np.bincount(group, minlength=len(edges) + 1)
    told = np.bincount(group, is_told, minlength=len(edges) + 1)
    rates = np.full(len(counts), np.nan)
    np.divide(told, counts, out=rates, where=counts >= FEW)
    return rates


def people_told_ratio(seen: Observation) -> float:
    """Return people told by a very dissatisfied over those by a very satisfied one."""
    rates = telling_rates(seen, (WORST, BEST))
    is_telling = seen.weeks.hops != SILENT
    is_good = seen.weeks.value >= NEUTRAL
    good = share(total(seen, "messages_positive"), float((is_telling & is_good).sum()))
    bad = share(total(seen, "messages_negative"), float((is_telling & ~is_good).sum()))
    return share(float(rates[0]) * bad, float(rates[-1]) * good)


def talk_u_shape(seen: Observation) -> float:
    """Return the telling of both ends over the telling near the neutral point."""
    rates = telling_rates(seen, (WORST, 0.5, 0.7, BEST))
    return share(float(rates[0] + rates[-1]) / 2, float(rates[2]))


def talk_end_ratio(seen: Observation) -> float:
    """Return the share of the worst episodes told over that of the best."""
    rates = telling_rates(seen, (WORST, BEST))
    return share(float(rates[0]), float(rates[-1]))


def blame_by_detractors(seen: Observation) -> float:
    """Return the share of own bad stories told by customers who score 0 to 6."""
    return _told_by(seen, is_good=False)


def praise_by_promoters(seen: Observation) -> float:
    """Return the share of own good stories told by customers who score 9 or 10."""
    return _told_by(seen, is_good=True)


def _told_by(seen: Observation, *, is_good: bool) -> float:
    week, person, value = own_stories(seen)
    chosen = ((value >= NEUTRAL) == is_good) & (
        seen.weeks.stage[week, person] == ACTIVE
    )
    week, person = week[chosen], person[chosen]
    points = 10 * seen.weeks.perception[week, person] + seen.leniency[person]
    score = np.floor(points + 0.5)
    is_theirs = score >= 9 if is_good else score <= 6
    return share(float(is_theirs.sum()), float(is_theirs.size))


def trusting_praise(seen: Observation) -> float:
    """Return the share of the most trusting customers who praised within a year."""
    return _talkers(seen, is_good=True)


def distrusting_blame(seen: Observation) -> float:
    """Return the share of the least trusting customers who blamed within a year."""
    return _talkers(seen, is_good=False)


def _talkers(seen: Observation, *, is_good: bool) -> float:
    weeks = seen.weeks
    stayed = (weeks.stage[:YEAR] == ACTIVE).all(axis=0)
    trust = weeks.trust[:YEAR].mean(axis=0)
    low, high = np.quantile(trust[stayed], (0.2, 0.8))
    chosen = stayed & (trust >= high if is_good else trust <= low)
    told = (weeks.hops[:YEAR] == 0) & ((weeks.value[:YEAR] >= NEUTRAL) == is_good)
    return share(float((told.any(axis=0) & chosen).sum()), float(chosen.sum()))


def shallow_stories(seen: Observation) -> float:
    """Return the share of stories told that come from at most one mouth away."""
    hops = seen.weeks.hops
    return share(float((hops <= 1).sum()), float((hops != SILENT).sum()))


def many_hearings(seen: Observation) -> float:
    """Return the share who would need six hearings or more to believe a story."""
    heard = total(seen, "messages_positive") + total(seen, "messages_negative")
    believed = total(seen, "believed_positive") + total(seen, "believed_negative")
    return (1 - share(believed, heard)) ** 5


def believing(sign: str) -> Measure:
    """Return the measure of who believes after one or two hearings of one sign."""

    def measure(seen: Observation) -> float:
        each = share(total(seen, f"believed_{sign}"), total(seen, f"messages_{sign}"))
        return 1 - float((1 - each) ** HEARINGS)

    return measure


# Reviews


def stars(seen: Observation) -> Array:
    """Return the share of each number of stars among posted reviews."""
    counts = np.array([total(seen, f"reviews_{star}_star") for star in range(1, 6)])
    return counts / counts.sum() if counts.sum() else np.full(5, np.nan)


def private_stars(seen: Observation) -> Array:
    """Return the share of each number of stars if every episode were reviewed."""
    counts = np.bincount(np.digitize(seen.episodes.satisfaction, CUTS, right=True))
    shares: Array = counts / counts.sum()
    return shares


def mode_lead(seen: Observation) -> float:
    """Return by how much five stars are more frequent than any other number."""
    shares = stars(seen)
    return float(shares[4] - shares[:4].max())


def one_over_two(seen: Observation) -> float:
    """Return reviews of one star over reviews of two."""
    shares = stars(seen)
    return share(float(shares[0]), float(shares[1]))


def distance_to_amazon(seen: Observation) -> float:
    """Return the sum of absolute differences to Amazon's movie reviews."""
    return float(np.abs(stars(seen) - AMAZON_MOVIES).sum())


def public_bias(seen: Observation) -> float:
    """Return the mean of posted stars less the mean if everybody posted."""
    return mean_stars(stars(seen)) - mean_stars(private_stars(seen))


def mean_stars(shares: Array) -> float:
    """Return the mean of a distribution of stars.

    >>> mean_stars(np.array([0.5, 0, 0, 0, 0.5]))
    3.0
    """
    return float(shares @ np.arange(1, 6))


def solicited_rise(seen: Observation, solicited: Observation) -> float:
    """Return the mean of stars when everybody is asked less that of who volunteers."""
    return mean_stars(stars(solicited)) - mean_stars(stars(seen))


def solicited_middle(seen: Observation, solicited: Observation) -> float:
    """Return the rise in the share of two to four stars when everybody is asked."""
    return float(stars(solicited)[1:4].sum() - stars(seen)[1:4].sum())


def rating_elasticity(seen: Observation, praised: Observation) -> float:
    """Return the change in the log of joiners over that in the log of the rating."""
    rise = math.log(mean("rating")(praised) / mean("rating")(seen))
    return math.log(total(praised, "joined") / total(seen, "joined")) / rise


# Satisfaction


def felt_ratio(seen: Observation) -> float:
    """Return how much more a shortfall moves satisfaction than a surplus does.

    Slopes of satisfaction less the quality lived on the gap beyond the zone of
    tolerance, both ways and the gap as such held, where satisfaction is not at an
    end of its scale.
    """
    lived, zone = seen.episodes, seen.settings.perception.tolerance
    inside = (lived.satisfaction > 0) & (lived.satisfaction < 1)
    inside &= (lived.experience > 0) & (lived.experience < 1)
    gap = (lived.experience - lived.expectation)[inside].astype(float)
    felt = (lived.satisfaction - lived.experience)[inside].astype(float)
    x = np.stack([gap, np.maximum(gap - zone, 0), np.minimum(gap + zone, 0)])
    _, up, down = np.linalg.solve(x @ x.T, x @ felt)
    return share(float(down), float(up))


def unnoticed(seen: Observation) -> float:
    """Return the share of episodes whose gap lies inside the zone of tolerance."""
    gap = seen.episodes.experience - seen.episodes.expectation
    return float((np.abs(gap) <= seen.settings.perception.tolerance).mean())


def above_neutral(seen: Observation) -> float:
    """Return the share of episodes with satisfaction above the neutral point."""
    return float((seen.episodes.satisfaction > NEUTRAL).mean())


def trust_asymmetry(seen: Observation) -> float:
    """Return the mean trust lost by a broken promise over that gained by a kept one."""
    change = seen.episodes.trust_after - seen.episodes.trust_before
    return share(float(-change[change < 0].mean()), float(change[change > 0].mean()))


def formed(field: str) -> Measure:
    """Return the measure of one number of how satisfaction is formed."""

    def measure(seen: Observation) -> float:
        return float(getattr(formation(questionnaire(seen, 0)), field))

    return measure


def distance_to_industry(name: str) -> Measure:
    """Return the measure of the distance to an industry's distribution of scores.

    Half the sum of absolute differences: the share of people that would have to
    answer otherwise.
    """

    def measure(seen: Observation) -> float:
        real = formation_answers()
        real = real[real["industry"] == name]
        gaps = distribution(questionnaire(seen, 0)) - distribution(real)
        return float(gaps.abs().sum() / 2)

    return measure


def complaint_distance(seen: Observation) -> float:
    """Return the largest difference to real complaints in a year, by satisfaction."""
    answers = questionnaire(seen, 0)
    counts = answers.groupby("satisfaction")["n"].sum()
    real = by_satisfaction(loyalty_answers(), "complained")
    gaps = (by_satisfaction(answers, "complained") - real).abs()
    return float(gaps[counts[counts >= FEW].index].max())


# Leaving


def leaves(seen: Observation) -> tuple[Array, Array]:
    """Return who could leave in each week, and who did; shape (n_weeks, n_people)."""
    at_risk = seen.weeks.stage == ACTIVE
    return at_risk, at_risk & (seen.weeks.stage_after == LOST)


def hazard_slopes(left: Array, by: tuple[Array, ...]) -> Array:
    """Return by how much each covariate raises the log of a weekly hazard.

    Poisson regression of leaving, by Newton's method.

    Parameters
    ----------
    left : bool, shape (n,)
    by : tuple of float64, shape (n,)

    Returns
    -------
    float64, shape (len(by),)
    """
    x = np.stack([np.ones(left.size), *by])
    slopes = np.zeros(len(x))
    slopes[0] = math.log(max(left.mean(), 1 / left.size))
    for _ in range(12):
        expected = np.exp(slopes @ x)
        slopes = slopes + np.linalg.solve((x * expected) @ x.T, x @ (left - expected))
    return slopes[1:]


def pull_ratio(seen: Observation) -> float:
    """Return the hazard with one contact lost within a month, over that with none."""
    at_risk, left = leaves(seen)
    keep = 0.5 ** (1 / seen.settings.leaving.pull_half_life_weeks)
    pull = seen.weeks.pull
    lost_one = at_risk & (pull <= 1) & (pull > keep**MONTH)
    lost_none = at_risk & (pull < keep ** (3 * MONTH))
    return share(float(left[lost_one].mean()), float(left[lost_none].mean()))


def pull_recovered(seen: Observation) -> float:
    """Return the hazard ratio a researcher would find, perception held."""
    at_risk, left = leaves(seen)
    pull, perception = seen.weeks.pull[at_risk], seen.weeks.perception[at_risk]
    return math.exp(
        hazard_slopes(left[at_risk], (pull.astype(float), perception.astype(float)))[0]
    )


def asked_ratio(seen: Observation) -> float:
    """Return the hazard of those just asked over that of others, perception held."""
    at_risk, left = leaves(seen)
    asked, perception = seen.weeks.asked[at_risk], seen.weeks.perception[at_risk]
    return math.exp(
        hazard_slopes(left[at_risk], (asked.astype(float), perception.astype(float)))[0]
    )


def retention_odds(seen: Observation) -> float:
    """Return the odds to stay a year of the top tenth over those of the middle."""
    weeks = seen.weeks
    who = np.nonzero(weeks.stage[0] == ACTIVE)[0]
    stayed = (weeks.stage_after[:YEAR, who] == ACTIVE).all(axis=0)
    order = np.argsort(weeks.perception[0, who], kind="stable")
    tenth = len(who) // 10
    top, middle = stayed[order[9 * tenth :]], stayed[order[5 * tenth : 7 * tenth]]
    odds = [share(float(each.sum()), float((~each).sum())) for each in (top, middle)]
    return share(*odds)


def _left_within(seen: Observation, horizon: int) -> tuple[Array, Array]:
    """Return who leaves within weeks of each week, and who could; cut to fit."""
    at_risk, left = leaves(seen)
    counts = np.vstack([np.zeros((1, left.shape[1]), int), left.cumsum(axis=0)])
    gone = counts[horizon:] - counts[:-horizon] > 0
    return gone, at_risk[: len(gone)]


def walk_out(seen: Observation) -> float:
    """Return the extra share who leave within a quarter of a first severe failure.

    Of customers who were content before, over others as content.
    """
    gone, at_risk = _left_within(seen, QUARTER)
    severe = seen.weeks.is_severe
    is_first = severe & (severe.cumsum(axis=0) == 1)
    content = np.zeros_like(severe)
    content[1:] = seen.weeks.perception[:-1] > CONTENT
    n = len(gone)
    struck = at_risk & is_first[:n] & content[:n]
    others = at_risk & ~severe[:n] & content[:n]
    if struck.sum() < FEW:
        return math.nan
    return float(gone[struck].mean() - gone[others].mean())


def complained_ratio(seen: Observation) -> float:
    """Return leaving after an unrepaired complaint over leaving of those unharmed."""
    return _after_complaint(seen, is_repaired=False)


def repaired_ratio(seen: Observation) -> float:
    """Return leaving after a repaired complaint over leaving of those unharmed."""
    return _after_complaint(seen, is_repaired=True)


def repair_effect(seen: Observation) -> float:
    """Return leaving after a repaired complaint over leaving after another."""
    return share(repaired_ratio(seen), complained_ratio(seen))


def _after_complaint(seen: Observation, *, is_repaired: bool) -> float:
    weeks = seen.weeks
    gone, at_risk = _left_within(seen, 2 * QUARTER)
    repaired_soon = np.zeros_like(weeks.is_repaired)
    for delay in range(3):
        repaired_soon[: len(repaired_soon) - delay] |= weeks.is_repaired[delay:]
    n = len(gone)
    struck = at_risk & weeks.has_complained[:n] & (repaired_soon[:n] == is_repaired)
    unharmed = at_risk & ~weeks.is_severe[:n]
    if struck.sum() < FEW:
        return math.nan
    return share(float(gone[struck].mean()), float(gone[unharmed].mean()))


def referred_ratio(seen: Observation) -> float:
    """Return the hazard of who was referred over that of other joiners.

    Of all who ever were: some have lost the one who referred them.
    """
    weeks, (at_risk, left) = seen.weeks, leaves(seen)
    has_joined = ((weeks.stage == 0) & (weeks.stage_after == ACTIVE)).cumsum(axis=0) > 0
    was_referred = np.zeros_like(weeks.is_referred)
    was_referred[1:] = np.maximum.accumulate(weeks.is_referred[:-1])
    referred, others = (
        at_risk & has_joined & each for each in (was_referred, ~was_referred)
    )
    if referred.sum() < YEAR * FEW:
        return math.nan
    return share(float(left[referred].mean()), float(left[others].mean()))


def return_ratio(seen: Observation) -> float:
    """Return the return rate of the better half of the lost over the worse half's."""
    is_lost = seen.weeks.stage == LOST
    back = is_lost & (seen.weeks.stage_after == ACTIVE)
    perception = seen.weeks.perception
    middle = np.median(perception[is_lost])
    better, worse = is_lost & (perception >= middle), is_lost & (perception < middle)
    return share(float(back[better].mean()), float(back[worse].mean()))


# Cohorts


def survival(seen: Observation) -> Array:
    """Return the share of a cohort still there after 0, 1, 2, … years."""
    stayed = seen.weekly["retention"]
    ends = np.round(np.arange(1, 1 + len(stayed) // YEAR) * DAYS_PER_YEAR / 7) - 1
    ends = np.minimum(ends, len(stayed) - 1).astype(int)
    return np.concatenate([[1.0], stayed[ends]])


def rising_retention(seen: Observation) -> float:
    """Return the retention of the last year less that of the first."""
    alive = survival(seen)
    return float(alive[-1] / alive[-2] - alive[1] / alive[0])


def falling_hazard(seen: Observation) -> float:
    """Return the hazard of the first year over that of the last."""
    hazard = -np.diff(np.log(survival(seen)))
    return share(float(hazard[0]), float(hazard[-1]))


def distance_to_cohort(name: str) -> Measure:
    """Return the measure of the largest distance to a published survival curve."""

    def measure(seen: Observation) -> float:
        alive = survival(seen)
        real = cohorts()[name].to_numpy(float)[: len(alive)] / 100
        return float(np.abs(alive[: len(real)] - real).max())

    return measure


def bass(seen: Observation) -> tuple[float, float]:
    """Return the coefficients of innovation and imitation, a year, of a launch."""
    joined = np.cumsum(seen.weekly["joined"]) / seen.n_customers
    years = (np.arange(joined.size) + 1) * 7 / DAYS_PER_YEAR

    def curve(t: Array, p: float, q: float, market: float) -> Array:
        decay = np.exp(-(p + q) * t)
        return market * (1 - decay) / (1 + q / p * decay)

    start, limits = (0.02, 0.4, 0.9), ([1e-5, 0.0, 0.01], [2.0, 5.0, 1.0])
    found, _ = optimize.curve_fit(
        curve, years, joined, p0=start, bounds=limits, max_nfev=10_000
    )
    return float(found[0]), float(found[1])


def innovation(seen: Observation) -> float:
    """Return Bass's coefficient of innovation, a year."""
    return bass(seen)[0]


def imitation(seen: Observation) -> float:
    """Return Bass's coefficient of imitation, a year."""
    return bass(seen)[1]


# Levers and promises


def churn_ratio(seen: Observation, other: Observation) -> float:
    """Return the hazard of leaving in another world over that in the first."""
    rates = [-math.log(1 - annual_churn(each)) for each in (other, seen)]
    return share(*rates)


def difference(name: str) -> Measure:
    """Return the measure of what another world has more of, in the mean."""
    return lambda seen, other: mean(name)(other) - mean(name)(seen)


def relative(name: str) -> Measure:
    """Return the measure of another world's sum over the first's."""
    return lambda seen, other: share(total(other, name), total(seen, name))


def odds_of_answer(seen: Observation, other: Observation) -> float:
    """Return the odds to answer the survey in another world over the first's."""
    odds = []
    for each in (other, seen):
        chance = share(total(each, "responses"), total(each, "sampled"))
        odds.append(chance / (1 - chance))
    return odds[0] / odds[1]


def belief_after_a_year(seen: Observation, other: Observation) -> float:
    """Return how far everybody's perception moved in a year, of a step in quality.

    The step is a lever's, from week 0; failures are as before.
    """
    gaps = other.weeks.perception[YEAR - 1] - seen.weeks.perception[YEAR - 1]
    (lever,) = other.settings.levers
    touchpoints = seen.settings.journey.touchpoints
    fails = np.mean([point.failure_chance for point in touchpoints])
    return float(gaps.mean() / (lever.model_dump()["quality_gain"] * (1 - fails)))


def faster_down(seen: Observation, better: Observation, worse: Observation) -> float:
    """Return how much further perception fell in a year than it rose."""
    return share(belief_after_a_year(seen, worse), belief_after_a_year(seen, better))


# The network


def _matrix(seen: Observation) -> Any:  # noqa: ANN401 (scipy's matrices have no types)
    starts, targets = seen.ties
    n = starts.size - 1
    ones = np.ones(targets.size, np.float64)
    return sparse.csr_matrix((ones, targets, starts), shape=(n, n))


def degree(seen: Observation) -> float:
    """Return the mean number of ties."""
    return float(seen.degree.mean())


def clustering(seen: Observation) -> float:
    """Return the mean share of a person's contacts who know each other."""
    ties = _matrix(seen)
    pairs = seen.degree * (seen.degree - 1)
    closed = np.asarray((ties @ ties).multiply(ties).sum(axis=1)).ravel()
    return float((closed[pairs > 0] / pairs[pairs > 0]).mean())


def path_length(seen: Observation) -> float:
    """Return the mean number of steps between two people."""
    ties = _matrix(seen)
    sources = np.linspace(0, ties.shape[0] - 1, 20).astype(int)
    steps = csgraph.shortest_path(ties, unweighted=True, indices=sources)
    return float(steps[np.isfinite(steps) & (steps > 0)].mean())
