"""When to stop adding pairs, and intervals that stay honest though one looked often.

Group-sequential repeated confidence intervals (Jennison & Turnbull 1989, J. R.
Stat. Soc. B 51, doi:10.1111/j.2517-6161.1989.tb01439.x). The looks are fixed before
the first run. At each look the interval is Student's t at one and the same nominal
level (Pocock 1977, Biometrika 64, doi:10.1093/biomet/64.2.191), found by Armitage,
McPherson & Rowe's recursion (1969, doi:10.2307/2343787) so that all the intervals of
a study together hold with 95 %. A study may therefore stop whenever it likes. Spending
the error evenly costs little width at any look; O'Brien and Fleming's bounds would
more than double it at the early ones, where most of our studies stop. Several
scenarios and primary outcomes share the error evenly (Bonferroni).
"""

import functools
import itertools
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import scipy

from .errors import InputError
from .outcomes import Array, outcome_named

if TYPE_CHECKING:
    import pandas as pd

ERROR = 0.05
FIRST_LOOK = 12
"""Pairs before the first look: Student's t is wide with fewer."""
GROWTH = 1.6
"""Each look has so many times the pairs of the one before."""
NODES = 80
"""Of the quadrature; twice as many move the nominal level by less than 1e-6."""
MOST_PAIRS = 100
PRIMARY = ("active", "npv")
PRECISE = 0.001
"""Half an interval, as a share of the base, that is precise enough if nobody says."""
OF_DIFFERENCE = 0.1
"""Half an interval, as a share of the difference, that is precise enough too, then."""
ERRORS = 1.96
"""Standard errors to either end of a 95 % interval, where they are well known."""
IN_MARGIN = 2
"""How many times the precision is not worth while if nobody says."""


class Interval(NamedTuple):
    """A mean, and where it lies with 95 % confidence (Student's t)."""

    mean: float
    low: float
    """NaN if one value alone says nothing about luck."""
    high: float
    n: int
    """Values that counted."""

    @property
    def half(self) -> float:
        """Half the width."""
        return (self.high - self.low) / 2

    @property
    def is_conclusive(self) -> bool:
        """Whether the interval keeps clear of zero."""
        return self.low > 0 or self.high < 0


def interval(values: Array, error: float = ERROR) -> Interval:
    """Return the mean of values and its t interval; NaN values do not count.

    Parameters
    ----------
    values : float64, shape (n,)
    error : float
        Chance that an interval such as this misses; 0.05 if only looked at once.

    >>> interval(np.array([1.0, 2.0, 3.0]))._asdict()["mean"]
    2.0
    """
    known = values[~np.isnan(values)]
    count = known.size
    if count == 0:
        return Interval(math.nan, math.nan, math.nan, 0)
    mean = float(known.mean())
    if np.ptp(known) == 0:
        mean = float(known[0])
        bound = math.nan if count == 1 and mean != 0 else mean
        return Interval(mean, bound, bound, count)
    half = float(known.std(ddof=1)) / math.sqrt(count) * quantile(count, error)
    return Interval(mean, mean - half, mean + half, count)


def quantile(count: int, error: float = ERROR) -> float:
    """Return how many standard errors an interval of so many values reaches."""
    return -float(scipy.special.stdtrit(count - 1, error / 2))


def looks(most: int) -> tuple[int, ...]:
    """Return after how many pairs a study looks, the budget last.

    >>> looks(100), looks(5)
    ((12, 20, 32, 52, 100), (5,))
    """
    counts, count = [], float(FIRST_LOOK)
    while count * math.sqrt(GROWTH) < most:
        counts.append(math.ceil(count))
        count = math.ceil(count) * GROWTH
    return (*counts, most)


@functools.cache
def nominal_error(counts: tuple[int, ...], error: float = ERROR) -> float:
    """Return the error of each interval so that all looks together keep to `error`.

    >>> nominal_error((40,))
    0.05
    >>> round(nominal_error((10, 20, 30, 40, 50)), 4)  # Pocock 1977: 0.0158
    0.0158
    """
    if len(counts) == 1:
        return error

    def excess(z: float) -> float:
        return _chance_to_cross(counts, z) - error

    least = -scipy.special.ndtri(error / 2)
    z = scipy.optimize.brentq(excess, least, 8.0, xtol=1e-10)
    return float(2 * scipy.special.ndtr(-z))


def _chance_to_cross(counts: tuple[int, ...], z: float) -> float:
    """Return the chance that a random walk leaves ±z√n at some look.

    The density of the walk that has not left yet is carried from look to look.
    """
    node, weight = np.polynomial.legendre.leggauss(NODES)
    edge = z * math.sqrt(counts[0])
    places, density = edge * node, _bell(z * node) / math.sqrt(counts[0])
    kept = edge * weight * density
    for before, count in itertools.pairwise(counts):
        sd, edge = math.sqrt(count - before), z * math.sqrt(count)
        steps = (edge * node[:, None] - places[None, :]) / sd
        density = (_bell(steps) / sd) @ kept
        places, kept = edge * node, edge * weight * density
    return float(1 - kept.sum())


def _bell(z: Array) -> Array:
    """Return the density of the normal law."""
    density: Array = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    return density


class Rule(NamedTuple):
    """How precise an answer is asked, and when a study may look whether it is."""

    looks: tuple[int, ...]
    """Pairs at each look; a single look is a fixed number of pairs."""
    precision: Mapping[str, float]
    """Half the widest interval of each primary outcome that is precise enough."""
    margin: Mapping[str, float]
    """The largest difference that is not worth while; twice the precision at least,
    so that an answer of that precision is never inconclusive."""
    n_scenarios: int = 1
    """Compared with the base."""
    of_difference: float = 0.0
    """Share of a difference that is precise enough whatever `precision` says."""

    @property
    def error(self) -> float:
        """Chance that one interval at one look misses."""
        shares = max(1, self.n_scenarios) * max(1, len(self.precision))
        return nominal_error(self.looks, ERROR / shares)

    @property
    def error_alone(self) -> float:
        """The same for an interval that claims nothing about the others."""
        return nominal_error(self.looks)

    @property
    def error_between(self) -> float:
        """The same for two scenarios that were picked out after looking."""
        pairs = self.n_scenarios * (self.n_scenarios - 1) // 2
        return nominal_error(self.looks, ERROR / max(1, pairs))


ONCE = Rule((1,), {}, {})
"""A number of pairs fixed beforehand, nothing asked: plain 95 % intervals."""


class Until(NamedTuple):
    """How long to add pairs: until the primary outcomes are as precise as asked.

    Both mappings go by outcome, in the unit of the files: {"retention": 0.002}. What
    is asked for here is primary; customers and NPV are if nothing is.
    """

    most: int = MOST_PAIRS
    """Pairs in the budget."""
    precision: Mapping[str, float] = {}
    """Half the widest interval; half the margin if absent. Nothing asked: 0.1 % of the
    base or, if that is more, a tenth of the difference."""
    margin: Mapping[str, float] = {}
    """The largest difference not worth while; twice the precision if absent."""
    is_fixed: bool = False
    """Run the whole budget, and look once."""

    @property
    def looks(self) -> tuple[int, ...]:
        """After how many pairs the answer is looked at."""
        return (self.most,) if self.is_fixed else looks(self.most)

    @property
    def primary(self) -> tuple[str, ...]:
        """The outcomes that decide."""
        return tuple(dict.fromkeys([*self.precision, *self.margin])) or PRIMARY

    def plain(self) -> dict[str, Any]:
        """Return the wish as JSON keeps it."""
        return {
            "most": self.most,
            "is_fixed": self.is_fixed,
            "precision": dict(self.precision),
            "margin": dict(self.margin),
        }

    def check(self) -> None:
        """Refuse outcomes that nobody knows, and figures that cannot be met.

        Raises
        ------
        InputError
        """
        wishes = {"precision": self.precision, "worthwhile": self.margin}
        for option, wished in wishes.items():
            for name, value in wished.items():
                outcome_named(name, option)
                if not (math.isfinite(value) and value > 0):
                    raise InputError(
                        f"--{option} {name}: {value:g} is not above 0; say how large "
                        "an error, or a difference, does not matter"
                    )

    def rule(self, base: "pd.DataFrame", n_scenarios: int) -> Rule:
        """Return the rule, its shares of the base set by the pairs of the first look.

        Parameters
        ----------
        base : DataFrame
            The base's outcomes, a row a seed, in order.
        n_scenarios : int
            Compared with the base.
        """
        precision, margin = {}, {}
        for name in self.primary:
            size = PRECISE * abs(float(base[name].iloc[: self.looks[0]].mean()))
            half = self.precision.get(name, self.margin.get(name, 0.0) / IN_MARGIN)
            precision[name] = half or size
            margin[name] = self.margin.get(name, IN_MARGIN * precision[name])
        share = 0.0 if self.precision or self.margin else OF_DIFFERENCE
        return Rule(self.looks, precision, margin, n_scenarios, share)


def levels_and_differences(
    values: "pd.DataFrame", base: str, rule: Rule
) -> Iterator[tuple[str, float, float, float, float, float, float]]:
    """Yield what each scenario has and how far it is from the base, with intervals.

    Parameters
    ----------
    values : DataFrame
        Seeds down, scenarios across. Without a column for the base, no difference is
        known.
    base : str
        Label of the scenario that the others are compared with.
    rule : Rule
        A level claims nothing about the others, a difference holds beside them all.

    Yields
    ------
    str, float, float, float, float, float, float
        Label; mean, low, high; difference within pairs, low, high: 0 for the base.
    """
    first = values.get(base, math.nan)
    for label, column in values.items():
        level = interval(column.to_numpy(float), rule.error_alone)
        apart = interval((column - first).to_numpy(float), rule.error)
        yield str(label), *level[:3], *apart[:3]


def verdict_on(found: Interval, margin: float, direction: int, *, equal: bool) -> str:
    """Return "better", "worse", "no worthwhile difference" or "inconclusive".

    Parameters
    ----------
    found : Interval
        Of the difference.
    margin : float
        Differences up to it are not worth while; NaN if nobody said.
    direction : int
        1 if more of the outcome is better, -1 if less is.
    equal : bool
        Whether the two worlds never differed, which is "no difference".

    >>> verdict_on(Interval(2.0, 1.0, 3.0, 20), 4.0, 1, equal=False)
    'no worthwhile difference'
    >>> verdict_on(Interval(2.0, 1.0, 5.0, 20), 4.0, -1, equal=False)
    'worse'
    """
    if equal:
        return "no difference"
    if -margin < found.low and found.high < margin:
        return "no worthwhile difference"
    if found.is_conclusive:
        return "better" if found.mean * direction > 0 else "worse"
    return "inconclusive"


def ratio_interval(
    over: Array, under: Array, error: float = ERROR
) -> tuple[float, float, float]:
    """Return a ratio of two means with its interval after Fieller (1954).

    The ratios r for which the mean of over - r under can be luck form an interval if
    the mean of `under` is clear of zero, else they reach to infinity: then NaN, NaN.
    Fieller, J. R. Stat. Soc. B 16, doi:10.1111/j.2517-6161.1954.tb00159.x.

    >>> ratio_interval(np.array([2.0, 2.0, 2.0]), np.array([4.0, 4.0, 4.0]))
    (0.5, 0.5, 0.5)
    """
    is_known = ~(np.isnan(over) | np.isnan(under))
    over, under = over[is_known], under[is_known]
    count = over.size
    if count < 2 or under.mean() == 0:
        return math.nan, math.nan, math.nan
    y, x = float(over.mean()), float(under.mean())
    reach = quantile(count, error) ** 2 / count
    (syy, sxy), (_, sxx) = np.cov(over, under)
    a, b, c = x * x - reach * sxx, x * y - reach * sxy, y * y - reach * syy
    if a <= 0:
        return y / x, math.nan, math.nan
    root = math.sqrt(max(b * b - a * c, 0.0))
    return y / x, float((b - root) / a), float((b + root) / a)


def chance_above_zero(values: Array) -> float:
    """Return how likely the true mean is above 0, by the t distribution."""
    known = values[~np.isnan(values)]
    if known.size < 2:
        return math.nan
    mean, spread = float(known.mean()), float(known.std(ddof=1))
    if np.ptp(known) == 0:
        return float(known[0] > 0)
    return float(
        scipy.special.stdtr(known.size - 1, mean / spread * math.sqrt(known.size))
    )


def share_interval(
    count: int, total: int, error: float = ERROR
) -> tuple[float, float, float]:
    """Return a share with its exact interval (Clopper & Pearson 1934).

    >>> [round(x, 2) for x in share_interval(9, 10)]
    [0.9, 0.55, 1.0]
    """
    if total == 0:
        return math.nan, math.nan, math.nan
    low = scipy.stats.beta.ppf(error / 2, count, total - count + 1) if count else 0.0
    high = (
        scipy.stats.beta.isf(error / 2, count + 1, total - count)
        if count < total
        else 1.0
    )
    return count / total, float(low), float(high)


N_DRAWS = 20_000


def best_chances(values: Array) -> Array:
    """Return how likely each column has the largest true mean.

    The means are drawn from the multivariate t distribution around those found, with
    the covariance of the columns within pairs: what they have in common drops out.
    Columns that are equal in every pair share their chance.

    Parameters
    ----------
    values : float64, shape (n_pairs, n_scenarios)
        Larger is better; pairs with a NaN do not count.
    """
    values = values[~np.isnan(values).any(axis=1)]
    n_pairs, n_columns = values.shape
    if n_pairs < 2:
        return np.full(n_columns, math.nan)
    distinct, which, copies = np.unique(
        values, axis=1, return_inverse=True, return_counts=True
    )
    rng = np.random.default_rng(0)
    centred = distinct - distinct.mean(axis=0)
    luck = rng.standard_normal((N_DRAWS, n_pairs)) @ centred
    luck /= np.sqrt(n_pairs * rng.chisquare(n_pairs - 1, N_DRAWS))[:, None]
    best = np.argmax(distinct.mean(axis=0) + luck, axis=1)
    share = np.bincount(best, minlength=distinct.shape[1]) / N_DRAWS / copies
    chances: Array = share[which.ravel()]
    return chances
