"""Rules of failure and repair: grievance, complaint, follow-up, making good."""

from .elementary import logistic
from .jit import rule

HALF = 0.5
NOTICEABLE = 0.1


@rule
def grievance_of(satisfaction: float, severe_below: float) -> float:
    """Return the grievance an episode leaves: 1 − s/severe, 0 if not severe.

    >>> grievance_of(0.15, 0.3), grievance_of(0.4, 0.3)
    (0.5, 0.0)
    """
    is_severe = satisfaction < severe_below
    return 1.0 - satisfaction / severe_below if is_severe else 0.0


@rule
def complaint_chance(satisfaction: float, intercept: float, slope: float) -> float:
    """Return the chance that a person complains about an episode.

    References
    ----------
    ACSI 2015, 7,956 customers: 77 % of the least and 6 % of the most satisfied
    complained within the period asked about.

    >>> complaint_chance(0.5, 1.0, 2.0)
    0.5
    """
    return logistic(intercept - slope * satisfaction)


@rule
def repair_share(strength: float, is_repeat: int) -> float:
    """Return how much of a failure a repair makes good; half the second time.

    References
    ----------
    Maxham & Netemeyer 2002, doi:10.1509/jmkg.66.4.57.18512.

    >>> repair_share(0.5, 0), repair_share(0.5, 1)
    (0.5, 0.25)
    """
    return strength * HALF if is_repeat else strength


@rule
def consoled(
    perception: float, before: float, satisfaction: float, repaired: float, rate: float
) -> float:
    """Return the perception after a repair: P + α w ρ max(P_before − s, 0) (1 − P).

    References
    ----------
    de Matos, Henrique & Rossi 2007, doi:10.1177/1094670507303012: satisfaction may
    recover; Knox & van Oest 2014, doi:10.1509/jm.12.0317: loyalty seldom does.

    >>> consoled(0.5, 0.75, 0.25, 1.0, 0.5)
    0.625
    """
    lost = max(before - satisfaction, 0.0)
    return perception + rate * repaired * lost * (1.0 - perception)


@rule
def reconciled(trust: float, lost: float, repaired: float) -> float:
    """Return the trust after a repair: T + min(1, ρ T_lost) (1 − T).

    >>> reconciled(0.5, 0.5, 1.0)
    0.75
    """
    return trust + min(1.0, repaired * lost) * (1.0 - trust)


@rule
def disappointed_twice(perception: float, satisfaction: float, rate: float) -> float:
    """Return the perception after a failed repair (double deviation).

    P + ½ α w min(0, s − P): the failure counts half as much again.

    >>> disappointed_twice(0.75, 0.25, 0.5)
    0.625
    """
    return perception + HALF * rate * min(0.0, satisfaction - perception)


@rule
def raised(share: float, shift: float) -> float:
    """Return a share after a lever moved it, held in [0, 1].

    >>> raised(0.5, 0.25), raised(0.75, 0.5), raised(0.25, -0.5)
    (0.75, 1.0, 0.0)
    """
    return min(max(share + shift, 0.0), 1.0)


@rule
def asked_again(asked: float, fatigue: float) -> float:
    """Return how recently a person was asked, just after being asked once more.

    Toward 1, less what contact fatigue takes from someone asked not long ago.
    Assumption: the loss is in proportion to what is left of the last time.

    >>> asked_again(0.0, 0.5), asked_again(0.5, 0.5)
    (1.0, 0.875)
    """
    return asked + (1.0 - asked) * (1.0 - fatigue * asked)


@rule
def is_unhappy(perception: float, grievance: float, neutral: float) -> bool:
    """Return whether a customer counts as unhappy when a lever picks its audience.

    Perception below the neutral point, or a grievance of at least a tenth.
    Assumption: what a firm would call unhappy if it could look.

    >>> is_unhappy(0.5, 0.0, 0.6), is_unhappy(0.8, 0.5, 0.6), is_unhappy(0.8, 0, 0.6)
    (True, True, False)
    """
    return perception < neutral or grievance >= NOTICEABLE
