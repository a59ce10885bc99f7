"""Rules of word of mouth: who talks, who believes, who reviews."""

from .elementary import power
from .jit import rule

CUT_1, CUT_2, CUT_3, CUT_4 = 0.2, 0.4, 0.6, 0.8
BAD_STARS = 2


@rule
def extremity(satisfaction: float, neutral: float) -> float:
    """Return how far an episode is from neutral, in [-1, 1].

    x = (s − c)/(1 − c) above the neutral point c, (s − c)/c below it.

    >>> extremity(0.5, 0.5), extremity(1.0, 0.5), extremity(0.25, 0.5)
    (0.0, 1.0, -0.5)
    """
    room = 1.0 - neutral if satisfaction >= neutral else neutral
    return (satisfaction - neutral) / room if room > 0.0 else 0.0


@rule
def talking_chance(
    extremity: float, base: float, slope: float, curvature: float, ratio: float
) -> float:
    """Return the chance to talk about an episode: a U in satisfaction.

    p0 + a |x|^γ, times r_T on the negative arm only, held at 1.

    References
    ----------
    Anderson 1998, doi:10.1177/109467059800100102: an asymmetric U, less steep on
    the negative side than folklore has it.

    >>> talking_chance(-1.0, 0.0, 0.25, 1.0, 2.0), talking_chance(0.0, 0.1, 1, 1, 2)
    (0.5, 0.1)
    """
    arm = slope * power(abs(extremity), curvature)
    return min(1.0, base + (arm * ratio if extremity < 0.0 else arm))


@rule
def trust_in_talk(trust: float, extremity: float, weight: float) -> float:
    """Return the factor by which trust colours what is told, in [0, 1].

    (1 − u) + u T for praise, (1 − u) + u (1 − T) for blame: people tell what
    fits what they believe, which is what lets trust tip.
    Assumption: linear, with u = `trust_in_talk`.

    >>> trust_in_talk(1.0, -0.5, 0.5), trust_in_talk(1.0, 0.5, 0.5)
    (0.5, 1.0)
    """
    agreeing = trust if extremity >= 0.0 else 1.0 - trust
    return (1.0 - weight) + weight * agreeing


@rule
def belief_chance(
    trust: float, distrusted: float, trusted: float, hearings: float
) -> float:
    """Return the chance that one message is believed.

    Per `hearings` hearings it is linear in trust between the two ends; for one
    message 1 − (1 − a)^(1/hearings).

    References
    ----------
    Edelman Trust Barometer 2011: a distrusted firm, 57 % believe the bad and 15 %
    the good news after one or two hearings; a trusted one, 25 % and 51 %.

    >>> belief_chance(1.0, 0.0, 0.75, 2.0)
    0.5
    """
    over_all = distrusted + (trusted - distrusted) * trust
    return 1.0 - power(1.0 - over_all, 1.0 / hearings)


@rule
def stars(satisfaction: float) -> int:
    """Return the stars of a review, 1 to 5: one more than the cuts passed.

    >>> stars(0.2), stars(0.21), stars(1.0)
    (1, 2, 5)
    """
    return (
        1
        + (satisfaction > CUT_1)
        + (satisfaction > CUT_2)
        + (satisfaction > CUT_3)
        + (satisfaction > CUT_4)
    )


@rule
def is_bad_review(stars: int) -> bool:
    """Return whether a firm that answers reviews would answer this one: 1 or 2 stars.

    >>> is_bad_review(2), is_bad_review(3)
    (True, False)
    """
    return stars <= BAD_STARS


@rule
def rating_evidence(weight: float, site_weight: float) -> float:
    """Return the evidence in the public rating: w_R n_R / (n_R + prior).

    >>> rating_evidence(0.5, 0.5)
    0.25
    """
    return weight * site_weight
