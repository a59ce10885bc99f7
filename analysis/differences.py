"""Paired differences of outcomes, and how a person reads them."""

import math
from typing import NamedTuple

import numpy as np

from simulation.quantity import is_in_percent

from .outcomes import OUTCOME_BY_NAME, Array, Outcome
from .sequential import ONCE, Interval, Rule, interval, verdict_on


class Difference(NamedTuple):
    """One outcome of one scenario against the base, over all pairs."""

    scenario: str
    outcome: str
    unit: str
    base_mean: float
    mean: float
    difference: float
    low: float
    high: float
    correlation: float
    """Of the two lives of a pair; NaN where one of them never varies."""
    variance_ratio: float
    """Variance of the difference with independent seeds, over that in pairs."""
    n_pairs: int
    n_independent: float
    """Runs of each scenario with independent seeds for the same interval."""
    is_equal: bool
    """Whether both were the same in every pair."""
    margin: float
    """The largest difference that is not worth while; NaN if nobody said."""
    precision: float
    """Half the widest interval that is asked for; NaN if nobody asked."""
    verdict: str
    """better, worse, no worthwhile difference, no difference or inconclusive."""

    @property
    def interval(self) -> Interval:
        """The difference with its interval."""
        return Interval(self.difference, self.low, self.high, self.n_pairs)

    @property
    def is_conclusive(self) -> bool:
        """Whether the difference can be told apart from luck."""
        return self.interval.is_conclusive

    @property
    def is_decided(self) -> bool:
        """Whether there is a verdict: a difference, or none worth while."""
        return self.verdict != "inconclusive"

    @property
    def is_settled(self) -> bool:
        """Whether nothing more was asked: a verdict, as precise as was wished."""
        is_precise = not self.interval.half > self.precision
        return self.is_equal or (is_precise and self.is_decided)


def difference(
    scenario: str,
    outcome: str,
    base: Array,
    other: Array,
    *,
    rule: Rule = ONCE,
    error: float | None = None,
) -> Difference:
    """Return the paired difference of one outcome.

    Parameters
    ----------
    base, other : float64, shape (n_pairs,)
        The outcome by seed, in the same order; pairs with a NaN do not count.
    rule : Rule
        How often, and at how many scenarios, one looks; what is precise enough.
    error : float, optional
        Chance that the interval misses; the rule's if absent.
    """
    is_known = ~(np.isnan(base) | np.isnan(other))
    base, other = base[is_known], other[is_known]
    found = interval(other - base, rule.error if error is None else error)
    mean, low, high, count = found
    margin = rule.margin.get(outcome, math.nan)
    is_equal = bool(count and np.array_equal(base, other))
    about = OUTCOME_BY_NAME[outcome]
    correlation = ratio = math.nan
    if count > 1:
        apart = float(base.var(ddof=1) + other.var(ddof=1))
        together = float((other - base).var(ddof=1))
        if base.std() > 0 and other.std() > 0:
            correlation = float(np.corrcoef(base, other)[0, 1])
        if apart > 0:
            ratio = apart / together if together > 0 else math.inf
    return Difference(
        scenario=scenario,
        outcome=outcome,
        unit=about.unit,
        base_mean=float(base.mean()) if count else math.nan,
        mean=float(other.mean()) if count else math.nan,
        difference=mean,
        low=low,
        high=high,
        correlation=correlation,
        variance_ratio=ratio,
        n_pairs=count,
        n_independent=max(count * ratio, 2.0) if count > 1 else math.nan,
        is_equal=is_equal,
        margin=margin,
        precision=max(
            rule.precision.get(outcome, math.nan), rule.of_difference * abs(mean)
        ),
        verdict=verdict_on(found, margin, about.direction, equal=is_equal),
    )


# Words

CALLED = {
    "active": "customers",
    "joined": "joiners",
    "left": "leavers",
    "true_nps": "true NPS",
    "measured_nps": "measured NPS",
    "lever_cost": "cost of levers",
    "npv": "NPV",
}
TITLES = {
    "active": "customers at the end",
    "blind_spot": "blind spot of the survey",
    "rating": "public rating",
    "lever_cost": "spent on levers",
}
"""Where a title says more than a sentence does."""
UNITS = {"share": "%", "share per year": "% per year", "stars": "stars"}
"""Units that a title states, beside the currency; the others go without saying."""


def precision_text(found: Difference, currency: str) -> str:
    """Return how precise a difference is: "NPV ± 9 EUR, where ± 4 is enough"."""
    outcome = OUTCOME_BY_NAME[found.outcome]
    step = step_of(outcome, found.precision)
    half, enough = (
        shown(value, outcome, step) for value in (found.interval.half, found.precision)
    )
    unit = currency if outcome.unit == "money" else as_read(outcome.unit)[1]
    return f"{called(found.outcome)} ± {half} {unit}, where ± {enough} is enough"


def called(outcome: str) -> str:
    """Return what sentences call an outcome.

    >>> called("npv"), called("blind_spot")
    ('NPV', 'blind spot')
    """
    return CALLED.get(outcome, outcome.replace("_", " "))


def outcome_title(outcome: str, currency: str) -> str:
    """Return what tables and figures call an outcome, with its unit.

    >>> outcome_title("npv", "EUR"), outcome_title("churn", "EUR")
    ('NPV, EUR', 'Churn, % per year')
    """
    words = capitalised(TITLES.get(outcome, called(outcome)))
    unit = {**UNITS, "money": currency}.get(OUTCOME_BY_NAME[outcome].unit)
    return f"{words}, {unit}" if unit else words


def capitalised(words: str) -> str:
    """Return words as the beginning of a title or a sentence.

    >>> capitalised("cost of levers"), capitalised("NPV"), capitalised("")
    ('Cost of levers', 'NPV', '')
    """
    return words[:1].upper() + words[1:]


def rounded_to(half: float) -> float:
    """Return the power of ten at which a figure with such an error is rounded.

    >>> rounded_to(2445.0), rounded_to(21.0), rounded_to(0.3)
    (100.0, 1.0, 0.01)
    """
    if not math.isfinite(half) or half <= 0:
        return 1.0
    return float(10.0 ** (math.floor(math.log10(half)) - 1))


def number(value: float, step: float = 1.0) -> str:
    """Return a number in steps, with thousands separators and a true minus.

    What there is not is "-", as where one pair tells nothing of luck.

    >>> number(-12345.0, 100.0), number(0.042, 0.01), number(math.nan)
    ('−12,300', '0.04', '-')
    """
    if not math.isfinite(value):
        return "-"
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    near = round(value / step) * step
    text = f"{abs(near):,.{digits}f}"
    return f"−{text}" if near < 0 and text.strip("0.,") else text


def brief(value: float) -> str:
    """Return a number in three figures, as a file would have it.

    >>> brief(17.5), brief(0.08049), brief(1234.5), brief(0.0)
    ('17.5', '0.0805', '1,230', '0')
    """
    return number(value, 10.0) if abs(value) >= 1000 else f"{value:.3g}"


def sized(value: float, low: float, high: float, unit: str) -> str:
    """Return how large a change is whose interval lies on one side of 0.

    >>> sized(-116.0, -201.0, -31.0, "EUR less")
    '116 EUR less (31 to 201)'
    """
    step = rounded_to((high - low) / 2)
    ends = sorted((abs(low), abs(high)))
    size, least, most = (number(x, step) for x in (abs(value), *ends))
    return f"{size} {unit} ({least} to {most})"


def as_read(unit: str) -> tuple[float, str]:
    """Return by what a person multiplies numbers of a unit, and the unit then.

    >>> as_read("share per year"), as_read("points")
    ((100.0, '% per year'), (1.0, 'points'))
    """
    if is_in_percent(unit):
        return 100.0, unit.replace("share", "%", 1)
    return 1.0, unit


def shown(value: float, outcome: Outcome, step: float) -> str:
    """Return an outcome as a person reads it: shares in percent, all else plain."""
    if not math.isfinite(value):
        return "-"
    scale, _ = as_read(outcome.unit)
    return number(scale * value, scale * step)


def step_of(outcome: Outcome, half: float) -> float:
    """Return in what steps an outcome with such an error is shown."""
    least = 10.0**-outcome.digits
    if not math.isfinite(half) or half <= 0:
        return least
    return max(rounded_to(half), least / 10)


def level_text(level: Interval, outcome: Outcome) -> str:
    """Return a mean and half of its interval: "917 ± 12"."""
    step = step_of(outcome, level.half)
    mean = shown(level.mean, outcome, step)
    if not math.isfinite(level.half) or level.half == 0:
        return mean
    return f"{mean} ± {shown(level.half, outcome, step)}"


def change_text(found: Difference, outcome: Outcome) -> str:
    """Return a difference with its interval: "+5.6 (4.6 to 6.6)"."""
    text, ends = change_parts(found, outcome)
    return f"{text} ({ends})" if ends else text


def change_parts(found: Difference, outcome: Outcome) -> tuple[str, str]:
    """Return a difference and, if it has one, its interval: "+5.6", "4.6 to 6.6"."""
    if found.is_equal:
        return "no difference", ""
    step = step_of(outcome, found.interval.half)
    sign = "+" if found.difference > 0 else ""
    mean = sign + shown(found.difference, outcome, step)
    if not math.isfinite(found.low):
        return mean, ""
    low, high = shown(found.low, outcome, step), shown(found.high, outcome, step)
    return mean, f"{low} to {high}"
