"""Rules of the survey: who answers, what they score, who promotes."""

from .elementary import exponential, floor
from .jit import rule

POINTS = 10.0
HALF = 0.5
LOWEST_SCORE, HIGHEST_SCORE = 0, 10
PROMOTER_FROM, DETRACTOR_TO = 9, 6


@rule
def response_chance(
    extremity: float, base: float, for_extremes: float, for_praise: float
) -> float:
    """Return the chance that a sampled customer answers, held at 1.

    r0 e^{u1 |x| + u2 x}: people with strong opinions answer, praise a little more.

    References
    ----------
    Bain & Company and practitioners on response bias: low response rates flatter.
    Assumption: the exponential tilt and its two slopes.

    >>> response_chance(0.0, 0.25, 1.0, 1.0)
    0.25
    """
    tilt = exponential(for_extremes * abs(extremity) + for_praise * extremity)
    return min(1.0, base * tilt)


@rule
def score(perception: float, leniency: float, noise: float, politeness: float) -> int:
    """Return the answer on the 0-10 scale: floor(10 P + … + ½), held inside.

    >>> score(0.84, 0.0, 0.0, 0.0), score(0.85, 0.0, 0.0, 9.0)
    (8, 10)
    """
    points = floor(POINTS * perception + leniency + noise + politeness + HALF)
    return min(max(points, LOWEST_SCORE), HIGHEST_SCORE)


@rule
def is_promoter(score: int) -> bool:
    """Return whether a score of the Net Promoter question is 9 or 10.

    References
    ----------
    Reichheld 2003, "The one number you need to grow".

    >>> is_promoter(9), is_promoter(8)
    (True, False)
    """
    return score >= PROMOTER_FROM


@rule
def is_detractor(score: int) -> bool:
    """Return whether a score of the Net Promoter question is 6 or less.

    >>> is_detractor(6), is_detractor(7)
    (True, False)
    """
    return score <= DETRACTOR_TO


@rule
def smoothed_score(score: int, within: float, n_scores: int) -> float:
    """Return the share that a score (0 = lowest) of an n-point scale stands for.

    People of one score spread evenly over a step around it: score + within − ½.

    >>> smoothed_score(9, 0.5, 10), smoothed_score(0, 0.5, 10)
    (1.0, 0.0)
    """
    return (score + within - HALF) / (n_scores - 1)
