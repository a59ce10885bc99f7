"""What real markets show: the bands that a market must be in to be plausible.

Their sources are in `analysis/facts.py`, under the same names. Who has observed a
market of their own puts what they saw in their place.
"""

from typing import NamedTuple


class Band(NamedTuple):
    """What one figure of a market is in reality."""

    name: str
    text: str
    low: float
    high: float
    is_share: bool = True

    def holds(self, value: float) -> bool:
        """Return whether a value lies in it; NaN does not."""
        return self.low <= value <= self.high


BANDS = {
    band.name: band
    for band in (
        Band("churn", "annual churn", 0.15, 0.40),
        Band("true_nps", "true NPS", 0.0, 40.0, is_share=False),
        Band("perception", "mean perception", 0.70, 0.85),
        Band("praise_to_blame", "praise for each blame", 2.0, 5.0, is_share=False),
        Band("posting", "share of episodes reviewed", 0.005, 0.05),
    )
}


def span(name: str) -> tuple[float, float]:
    """Return the two ends of a band."""
    return BANDS[name].low, BANDS[name].high
