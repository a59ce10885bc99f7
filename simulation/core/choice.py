"""Rules of choice: leaving, joining, returning."""

from .elementary import exponential, logarithm, logistic
from .jit import rule

HALF = 0.5
MIDDLE_STARS, STARS_PER_SHARE = 4.0, 4.0
NEARLY_CERTAIN = 1e-12
BACKGROUND, LOW_PERCEPTION, LOW_TRUST, OTHERS_LEAVING, WALK_OUT = 1, 2, 3, 4, 5


@rule
def leaving_chance(
    perception: float, lowest: float, highest: float, steepness: float, midpoint: float
) -> float:
    """Return the monthly chance of leaving at a perception.

    h = h_min + (h_max − h_min) / (1 + e^{k (P − P_c)})

    References
    ----------
    Jones & Sasser 1995, "Why satisfied customers defect": loyalty is strongly
    non-linear in satisfaction.

    >>> leaving_chance(0.5, 0.0, 0.5, 9.0, 0.5)
    0.25
    """
    return lowest + (highest - lowest) * logistic(-steepness * (perception - midpoint))


@rule
def hazard_of(chance: float) -> float:
    """Return the hazard −ln(1 − p) that belongs to a chance.

    >>> hazard_of(0.0)
    0.0
    """
    rest = max(1.0 - chance, NEARLY_CERTAIN)
    return -logarithm(rest) if chance > 0.0 else 0.0


@rule
def trust_effect(trust: float, effect: float) -> float:
    """Return what trust adds to the ln of the hazard: −b (T − ½).

    Assumption: proportional hazards, none at trust one half.

    >>> trust_effect(0.5, 3.0)
    0.0
    """
    return effect * (HALF - trust)


@rule
def proportional_hazard(own: float, trust: float, pull: float, asked: float) -> float:
    """Return the own hazard under three influences, each on the ln of it.

    References
    ----------
    Nitzan & Libai 2011, doi:10.1509/jm.10.0209: one lost contact multiplies the
    hazard by 1.8, most of it within a month; Dholakia & Morwitz 2002,
    doi:10.1086/341571: being asked lowers it for months.

    >>> proportional_hazard(0.25, 0.0, 0.0, 0.0)
    0.25
    """
    return own * exponential(trust + pull + asked)


@rule
def walking_out(grievance: float, walk_out: float) -> float:
    """Return the hazard a grievance adds in one tick.

    Summed over the life of a full grievance it gives −ln(1 − walk-out chance).

    References
    ----------
    PwC 2018, "Experience is everything": 32 % say they would leave a brand they
    love after one bad experience; the default scales what is said to what is done.

    >>> walking_out(0.5, 0.25)
    0.125
    """
    return grievance * walk_out


@rule
def bound(threshold: float, ratio: float) -> float:
    """Return the hazard at which a referred customer leaves, if the referrer stays.

    A hazard `ratio` times as high takes 1/ratio times as long to reach a threshold:
    as the threshold is moved, nobody's hazard needs to be.

    References
    ----------
    Schmitt, Skiera & Van den Bulte 2011, doi:10.1509/jm.75.1.46: referred customers
    are likelier to stay.

    >>> bound(1.0, 0.5)
    2.0
    """
    return threshold / ratio


@rule
def unbound(threshold: float, hazard: float, ratio: float) -> float:
    """Return the threshold of a referred customer whose referrer has left.

    What is left of it is reached as soon as by anybody.

    References
    ----------
    Van den Bulte, Bayer, Skiera & Schmitt 2018, doi:10.1509/jmr.14.0653: they churn
    less only as long as their referrer has not.

    >>> unbound(2.0, 1.0, 0.5)
    1.5
    """
    return threshold - (1.0 - ratio) * (threshold - hazard)


@rule
def cause_of_leaving(
    u: float, background: float, perception: float, trust: float, pull: float
) -> int:
    """Return the cause whose part of the fatal week's hazard holds the point u.

    The arguments are the parts of background, low perception, low trust and
    others' leaving, in nats, and u is uniform between 0 and their total with the
    walk-out, which is what is left.

    >>> cause_of_leaving(0.5, 0.25, 0.5, 0.0, 0.0)
    2
    """
    if u < background:
        return BACKGROUND
    if u < background + perception:
        return LOW_PERCEPTION
    if u < background + perception + trust:
        return LOW_TRUST
    if u < background + perception + trust + pull:
        return OTHERS_LEAVING
    return WALK_OUT


@rule
def attraction(
    expectation: float, perception: float, steepness: float, outside_option: float
) -> float:
    """Return how the offer compares with the outside option, in (0, 1).

    A = 1 / (1 + e^{−k (½ (E + P) − outside)}), E the mean over touchpoints.

    >>> attraction(0.5, 0.5, 8.0, 0.5)
    0.5
    """
    offer = HALF * (expectation + perception)
    return logistic(steepness * (offer - outside_option))


@rule
def joining_chance(
    advertised: float, message: float, positive: int, discouraged: float, lift: float
) -> float:
    """Return the chance that a prospect joins this tick, in [0, 1].

    (1 − (1 − p_ad A)(1 − q)^N₊) · e^{−θ N₋} · lift. The believed bad messages
    scale the whole chance down; `discouraged` is e^{−θ N₋}.

    References
    ----------
    Bass 1969, doi:10.1287/mnsc.15.5.215 (advertising and imitation); You,
    Vadakkepatt & Joshi 2015, doi:10.1509/jm.14.0169 (valence).

    >>> joining_chance(0.5, 0.5, 1, 1.0, 1.0)
    0.75
    """
    stay = 1.0 - advertised
    for _ in range(positive):
        stay *= 1.0 - message
    return min(1.0, (1.0 - stay) * discouraged * lift)


@rule
def discouragement(effect: float, negative: int) -> float:
    """Return the factor e^{−θ N₋} of the bad messages believed this tick.

    >>> discouragement(0.5, 0)
    1.0
    """
    return exponential(-effect * negative) if negative > 0 else 1.0


@rule
def rating_lift(rating: float, effect: float) -> float:
    """Return the factor of the public rating in joining: e^{b (stars − 4)}.

    `rating` is a share; stars = 1 + 4 · rating.

    >>> rating_lift(0.75, 0.3)
    1.0
    """
    return exponential(effect * (1.0 + STARS_PER_SHARE * rating - MIDDLE_STARS))


@rule
def returning_chance(perception: float, chance: float) -> float:
    """Return the chance that a lost customer comes back this tick: b · P.

    References
    ----------
    Kumar, Bhagwat & Zhang 2015, doi:10.1509/jm.14.0107: a better first life makes
    a return likelier.

    >>> returning_chance(0.5, 0.25)
    0.125
    """
    return chance * perception


@rule
def won_back_chance(chance: float, perception: float, success: float) -> float:
    """Return the chance to come back this tick when the firm tries, at most 1.

    b P + w P: an offer works on those who left with a good opinion.

    References
    ----------
    Kumar, Bhagwat & Zhang 2015, doi:10.1509/jm.14.0107: the first life decides
    who can be won back.

    >>> won_back_chance(0.25, 0.5, 0.5)
    0.5
    """
    return min(1.0, chance + success * perception)


@rule
def stirred(own_hazard: float, share: float, months_per_tick: float) -> float:
    """Return the hazard that one unasked contact adds, in nats.

    A share of a month's own hazard: being reminded of the choice is a reason to
    make it.

    References
    ----------
    Ascarza, Iyengar & Schleicher 2016, doi:10.1509/jmr.13.0483: proactive churn
    prevention raised churn from 6 to 10 %.

    >>> stirred(0.25, 0.5, 0.25)
    0.5
    """
    return own_hazard * share / months_per_tick
