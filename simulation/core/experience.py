"""Rules of the episode: what is delivered, the gap, and the satisfaction with it.

Expectancy disconfirmation: satisfaction answers to the quality lived and to the
gap between it and what was expected (Oliver 1980, doi:10.2307/3150499; Anderson &
Sullivan 1993, doi:10.1287/mksc.12.2.125).
"""

from .jit import rule

SMALLEST, LARGEST = 0.0, 1.0


@rule
def share(value: float) -> float:
    """Return a value held inside [0, 1].

    >>> share(1.2), share(-0.1), share(0.4)
    (1.0, 0.0, 0.4)
    """
    return min(max(value, SMALLEST), LARGEST)


@rule
def failing_chance(failure: float, handoff: float, is_handed_off: int) -> float:
    """Return the chance that an episode fails.

    The hand-off adds its own chance when the last episode was in another
    department. Assumption: the two add, held at 1.

    >>> failing_chance(0.25, 0.5, 1), failing_chance(0.25, 0.5, 0)
    (0.75, 0.25)
    """
    return share(failure + handoff * is_handed_off)


@rule
def delivered(quality: float, fit: float) -> float:
    """Return the quality a person lives, in [0, 1]: what was served, plus the fit.

    >>> delivered(0.5, 0.25), delivered(0.9, 0.25)
    (0.75, 1.0)
    """
    return share(quality + fit)


@rule
def gap(experience: float, expectation: float) -> float:
    """Return experience minus expectation, in [-1, 1].

    >>> gap(0.5, 0.75)
    -0.25
    """
    return experience - expectation


@rule
def disconfirmation(gap: float, tolerance: float, loss_aversion: float) -> float:
    """Return the gap as it is felt: nothing inside the zone, shortfalls larger.

    g(d) = d − z above the zone of tolerance, 0 inside it, λ (d + z) below it.

    References
    ----------
    Zeithaml, Berry & Parasuraman 1993, doi:10.1177/0092070393211001 (the zone);
    Brown et al. 2024, doi:10.1257/jel.20221698 (loss aversion).

    >>> disconfirmation(0.5, 0.25, 2.0), disconfirmation(-0.5, 0.25, 2.0)
    (0.25, -0.5)
    >>> disconfirmation(-0.1, 0.25, 2.0)
    0.0
    """
    surplus = max(gap - tolerance, SMALLEST)
    shortfall = min(gap + tolerance, SMALLEST)
    return surplus + loss_aversion * shortfall


@rule
def satisfaction(
    experience: float, gap: float, felt: float, assimilation: float, contrast: float
) -> float:
    """Return the satisfaction with an episode, in [0, 1].

    s = X − a d + η g(d): drawn a little toward what was expected, and pushed by
    the felt gap. With a = η = 0 it is the quality itself.

    References
    ----------
    ACSI 2015 (7,873 customers of four industries) for a; Anderson & Sullivan 1993,
    doi:10.1287/mksc.12.2.125 for the form.

    >>> satisfaction(0.5, -0.25, -0.25, 0.0, 0.5)
    0.375
    """
    return share(experience - assimilation * gap + contrast * felt)


@rule
def adapted(fit: float, misfit_factor: float) -> float:
    """Return the fit after staff adapt to those whom the service does not suit.

    Only a fit below 0 is multiplied: who is served well already stays so.
    Assumption: freedom to adapt is used where something does not suit.

    >>> adapted(-0.5, 0.5), adapted(0.5, 0.5)
    (-0.25, 0.5)
    """
    return fit * misfit_factor if fit < SMALLEST else fit


@rule
def usual_quality(mean: float, failure_chance: float, failure_mean: float) -> float:
    """Return what a touchpoint delivers on average, failures included.

    >>> usual_quality(1.0, 0.5, 0.5)
    0.75
    """
    return mean + failure_chance * (failure_mean - mean)


@rule
def served_sd(sd: float, factor: float, pressure: float) -> float:
    """Return the sd of quality this tick: the touchpoint's, plus sales pressure.

    >>> served_sd(0.5, 0.5, 0.25)
    0.5
    """
    return sd * factor + pressure
