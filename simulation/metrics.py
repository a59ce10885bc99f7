"""What is measured each week: name, unit, meaning and formula, each said once.

A metric is a function of a `Record`: the weekly counts of the kernels and the
weekly books of the firm. All are evaluated at once, after the run.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .core.columns import (
    FIXED_POINT,
    MAX_SEGMENTS,
    MAX_TOUCHPOINTS,
    N_TALLY,
    Array,
    Cause,
    Tally,
)
from .core.elementary import exponential

N_STARS = 5
STOCKS = frozenset(
    tally + offset
    for tally, width in (
        (Tally.ACTIVE, 3),
        (Tally.PERCEPTION, 7),
        (Tally.STAYED, 1),
        (Tally.REJECTERS, 1),
        (Tally.ACTIVE_BY_SEGMENT, Tally.EPISODES - Tally.ACTIVE_BY_SEGMENT),
        (Tally.COVERED, Tally.TELLERS_POSITIVE - Tally.COVERED),
    )
    for offset in range(width)
)
"""Counts of a moment; all others are counts of what happened, and add up."""


class Record(NamedTuple):
    """What a run leaves behind, one row a week."""

    week: Array
    """int64, shape (n_weeks,): 0 is the first week after the warm-up."""
    counts: Array
    """int64, shape (n_weeks, N_TALLY)."""
    books: dict[str, Array]
    """float64, shape (n_weeks,): what the firm sees and books."""
    years: Array
    """float64, shape (n_weeks,): length of the row's period."""
    n_touchpoints: int
    n_started: int
    """Active customers at the end of the warm-up."""

    def of(self, tally: int) -> Array:
        """Return one count as float64, shape (n_weeks,)."""
        column: Array = self.counts[:, tally].astype(np.float64)
        return column

    def share(self, part: Array, whole: Array) -> Array:
        """Return part / whole, NaN where there is no whole."""
        out = np.full(len(whole), np.nan)
        return np.divide(part, whole, out=out, where=whole > 0)

    def mean(self, total: int, number: int) -> Array:
        """Return the mean of a value that was summed in 65,536ths."""
        return self.share(self.of(total) / FIXED_POINT, self.of(number))


class Metric(NamedTuple):
    """One weekly column."""

    name: str
    unit: str
    text: str
    formula: Callable[[Record], Array]
    digits: int = 0
    """Decimals worth printing."""


def _count(name: str, unit: str, text: str, tally: int) -> Metric:
    return Metric(name, unit, text, lambda record: record.of(tally))


def _book(name: str, unit: str, text: str, digits: int = 0) -> Metric:
    return Metric(name, unit, text, lambda record: record.books[name], digits)


def _true_nps(record: Record) -> Array:
    balance = record.of(Tally.PROMOTERS) - record.of(Tally.DETRACTORS)
    return 100.0 * record.share(balance, record.of(Tally.ACTIVE))


def _expectation(record: Record) -> Array:
    mean = record.mean(Tally.EXPECTATION, Tally.ACTIVE)
    return mean / record.n_touchpoints


def _experience(record: Record) -> Array:
    return record.share(
        sum_of(record, Tally.SATISFACTION) / FIXED_POINT,
        record.of(Tally.EPISODES_ALL),
    )


def _retention(record: Record) -> Array:
    started = np.full(len(record.week), float(record.n_started))
    return record.share(record.of(Tally.STAYED), started)


def _churn(record: Record) -> Array:
    rate = record.share(record.of(Tally.LEFT), record.of(Tally.ACTIVE)) / record.years
    return np.array([yearly_share(each) for each in rate.tolist()])


def yearly_share(rate: float) -> float:
    """Return the share who leave in a year at a rate a year: 1 − e^−rate.

    NaN where the rate is. By the core's own exponential: numpy's and the C library's
    differ in the last bit from one processor to another.
    """
    return math.nan if math.isnan(rate) else 1.0 - exponential(-rate)


def _at_touchpoint(name: str, text: str, total: Tally, k: int) -> Metric:
    return Metric(
        f"{name}_at_{k + 1}",
        "share",
        f"{text} at touchpoint {k + 1} of the journey.",
        lambda record: record.mean(total + k, Tally.EPISODES + k),
        3,
    )


def sum_of(record: Record, block: int) -> Array:
    """Return the sum over a block of eight counts, float64, shape (n_weeks,)."""
    total: Array = record.counts[:, block : block + 8].sum(axis=1).astype(np.float64)
    return total


METRICS = (
    _count("active", "customers", "Customers of the firm.", Tally.ACTIVE),
    _count("prospects", "people", "People who never were customers.", Tally.PROSPECTS),
    _count("lost", "people", "Former customers.", Tally.LOST),
    _count(
        "rejecters",
        "people",
        "Prospects who have decided against it for good; with the adoption rule "
        "goldenberg alone.",
        Tally.REJECTERS,
    ),
    _count("joined", "people", "Prospects who became customers.", Tally.JOINED),
    _count("left", "people", "Customers who left.", Tally.LEFT),
    _count("returned", "people", "Former customers who came back.", Tally.RETURNED),
    Metric(
        "retention",
        "share",
        "Customers of the end of the warm-up who have never left since.",
        _retention,
        4,
    ),
    Metric(
        "churn",
        "share per year",
        "Share of customers who would leave in a year at this week's rate.",
        _churn,
        3,
    ),
    Metric(
        "perception",
        "share",
        "Mean perception of the active customers.",
        lambda record: record.mean(Tally.PERCEPTION, Tally.ACTIVE),
        3,
    ),
    Metric(
        "perception_ever",
        "share",
        "Mean perception of all who ever were customers.",
        lambda record: record.mean(Tally.PERCEPTION_EVER, Tally.EVER),
        3,
    ),
    Metric(
        "expectation",
        "share",
        "Mean expectation of the active customers, over all touchpoints.",
        _expectation,
        3,
    ),
    Metric(
        "satisfaction",
        "share",
        "Mean satisfaction with the episodes lived this week.",
        _experience,
        3,
    ),
    Metric(
        "trust",
        "share",
        "Mean trust of the active customers.",
        lambda record: record.mean(Tally.TRUST, Tally.ACTIVE),
        3,
    ),
    Metric(
        "true_nps",
        "points",
        "Net Promoter Score if every active customer answered, without politeness.",
        _true_nps,
        1,
    ),
    _book(
        "measured_nps",
        "points",
        "Net Promoter Score the firm's survey shows, over the last weeks.",
        1,
    ),
    Metric(
        "blind_spot",
        "points",
        "Measured minus true Net Promoter Score: what the firm does not see.",
        lambda record: record.books["measured_nps"] - _true_nps(record),
        1,
    ),
    _book(
        "measured_satisfaction",
        "share",
        "Mean satisfaction with touchpoints in the firm's survey.",
        3,
    ),
    _book("rating", "stars", "Public rating, 1 to 5.", 2),
    Metric(
        "reviews",
        "reviews",
        "Reviews posted.",
        lambda record: sum_of(record, Tally.STARS),
    ),
    _count(
        "readers", "people", "People who read the public rating.", Tally.REVIEWS_READ
    ),
    _count(
        "messages_positive",
        "messages",
        "Stories above the neutral point that somebody heard.",
        Tally.MESSAGES_POSITIVE,
    ),
    _count(
        "messages_negative",
        "messages",
        "Stories below the neutral point that somebody heard.",
        Tally.MESSAGES_NEGATIVE,
    ),
    _count(
        "believed_positive",
        "messages",
        "Heard stories above the neutral point that were believed.",
        Tally.BELIEVED_POSITIVE,
    ),
    _count(
        "believed_negative",
        "messages",
        "Heard stories below the neutral point that were believed.",
        Tally.BELIEVED_NEGATIVE,
    ),
    _count(
        "messages_from_lost",
        "messages",
        "Heard stories whose teller is a former customer; 0 on a complete network, "
        "where nobody knows who told.",
        Tally.MESSAGES_FROM_LOST,
    ),
    _count(
        "news_heard",
        "messages",
        "Messages that were bad news; they count as heard stories too.",
        Tally.NEWS_HEARD,
    ),
    _count(
        "news_believed",
        "messages",
        "Bad news that was believed; it counts as a believed story too.",
        Tally.NEWS_BELIEVED,
    ),
    _count("stories", "people", "People who told a story.", Tally.STORIES),
    _count("retold", "people", "People who told someone else's story.", Tally.RETOLD),
    _count("episodes", "episodes", "Episodes lived.", Tally.EPISODES_ALL),
    _count("failures", "episodes", "Episodes that failed.", Tally.FAILURES),
    _count("severe", "episodes", "Episodes that left a grievance.", Tally.SEVERE),
    _count(
        "promises_kept",
        "episodes",
        "Episodes that met the expectation or the zone of tolerance below it.",
        Tally.KEPT,
    ),
    _count("complaints", "complaints", "Complaints.", Tally.COMPLAINTS),
    _count(
        "severe_complaints",
        "complaints",
        "Complaints about episodes that left a grievance.",
        Tally.SEVERE_COMPLAINTS,
    ),
    _count("contacts", "contacts", "Follow-up contacts made.", Tally.CONTACTS_MADE),
    _count("repairs_tried", "cases", "Repairs attempted.", Tally.REPAIRS_TRIED),
    _count("repaired", "cases", "Repairs that succeeded.", Tally.REPAIRED),
    _count("upsells", "sales", "Sales made on a follow-up.", Tally.UPSELLS),
    _count("sampled", "customers", "Customers asked by the survey.", Tally.SAMPLED),
    _count("responses", "customers", "Customers who answered it.", Tally.RESPONSES),
    *(
        _count(
            f"reviews_{star}_star",
            "reviews",
            f"Reviews of {star} star{'s' if star > 1 else ''} posted.",
            Tally.STARS + star - 1,
        )
        for star in range(1, N_STARS + 1)
    ),
    *(
        _count(
            f"left_by_{cause.name.lower()}",
            "people",
            f"Customers who left because of: {cause.name.lower().replace('_', ' ')}.",
            Tally.LEFT_BY_CAUSE + cause,
        )
        for cause in Cause
        if cause is not Cause.NONE
    ),
    *(
        metric
        for k in range(MAX_TOUCHPOINTS)
        for metric in (
            _count(
                f"episodes_at_{k + 1}",
                "episodes",
                f"Episodes lived at touchpoint {k + 1} of the journey.",
                Tally.EPISODES + k,
            ),
            _at_touchpoint(
                "expectation", "Mean expectation of the episodes", Tally.EXPECTED, k
            ),
            _at_touchpoint(
                "experience", "Mean experience of the episodes", Tally.EXPERIENCED, k
            ),
        )
    ),
    *(
        _count(
            f"active_in_{k + 1}",
            "customers",
            f"Customers of the firm in segment {k + 1} of the market.",
            Tally.ACTIVE_BY_SEGMENT + k,
        )
        for k in range(MAX_SEGMENTS)
    ),
    _book("revenue", "money", "Margin of the active customers, and upsells."),
    _book("cost_service", "money", "Cost to serve the episodes."),
    _book("cost_acquisition", "money", "Cost of new and returned customers."),
    _book("cost_complaints", "money", "Cost of handling complaints."),
    _book("cost_levers", "money", "Cost of all levers."),
    _book("cost", "money", "All costs."),
    _book("profit", "money", "Revenue minus cost."),
    _book("present_value", "money", "Profit, discounted to week 0."),
)
"""Every weekly column after `week`, in the order of the files."""

BY_NAME = {metric.name: metric for metric in METRICS}


def weekly(record: Record) -> dict[str, Array]:
    """Return every weekly column by name: `week`, then the metrics, in order."""
    columns: dict[str, Array] = {"week": record.week}
    columns.update((m.name, m.formula(record)) for m in METRICS)
    return columns


def gathered(counts: Array, per_row: int) -> Array:
    """Return counts per row of several ticks: happenings add, stocks are the last.

    Parameters
    ----------
    counts : int64, shape (n_ticks, N_TALLY)
    per_row : int
        Ticks in one row.

    Returns
    -------
    int64, shape (n_ticks // per_row, N_TALLY)
    """
    n_rows = len(counts) // per_row
    blocks = counts[: n_rows * per_row].reshape(n_rows, per_row, N_TALLY)
    rows: Array = blocks.sum(axis=1)
    stocks = sorted(STOCKS)
    rows[:, stocks] = blocks[:, -1, stocks]
    return rows
