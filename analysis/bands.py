"""What a market must show: what real ones do, or what a firm has observed of its own.

The sources of what real ones show are in `analysis/facts.py`, under the same names. Who
has observed a market of their own puts what they saw in its place: `--observed`. Draws
of the assumptions are fitted to that by rejection: those count that show it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from .differences import brief, called, capitalised
from .errors import InputError
from .outcomes import OUTCOME_BY_NAME, Array, outcome_named, size_typed
from .sequential import ERRORS

Observed = Mapping[str, tuple[float, float]]
"""Outcomes of a firm's own market, each between two numbers."""
SCALES = {"share": (0.0, 1.0), "stars": (1.0, 5.0), "points": (-200.0, 200.0)}
"""Least and most of what is measured so; the gap of two scores counts to 200."""
FEWEST_WORLDS = 6
"""Of a draw; fewer tell luck roughly, as all draws meet the same. Against sixteen, two
told 0.6 to 1.8 times the luck, six 0.8 to 1.25 times."""


class Band(NamedTuple):
    """What one figure of a market is in reality."""

    name: str
    text: str
    low: float
    high: float
    is_share: bool = True

    @property
    def ends(self) -> str:
        """Both ends as a person reads them: "15 to 40 %"."""
        unit = " %" if self.is_share else ""
        return f"{self.shown(self.low, '')} to {self.shown(self.high, '')}{unit}"

    def holds(self, value: float) -> bool:
        """Return whether a value lies in it; NaN does not."""
        return self.low <= value <= self.high

    def shown(self, value: float, unit: str = " %") -> str:
        """Return a value of the figure as a person reads it, a share in percent."""
        if math.isnan(value):
            return "unknown"
        text = f"{brief(100 * value)}{unit}" if self.is_share else brief(value)
        return text.replace("-", "−")


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


def read_observed(words: Iterable[str]) -> Observed:
    """Return OUTCOME=LOW:HIGH by outcome; "18%" is 0.18, and shares alone take it.

    Raises
    ------
    InputError
        Something typed is not of that form, is given twice, or is as `bands_of` says.
    """
    found = {}
    form = "OUTCOME=LOW:HIGH; write for instance --observed churn=18%:22%"
    for word in words:
        name, ends = (part.strip() for part in word.partition("=")[::2])
        outcome = outcome_named(name, "observed")
        low, high = (
            size_typed(f"--observed {word}", outcome, end.strip(), form)
            for end in ends.partition(":")[::2]
        )
        if name in found:
            raise InputError(f"--observed {word}: {name} is given twice; leave one out")
        found[name] = low, high
    bands_of(found)
    return found


def bands_of(observed: Observed) -> tuple[Band, ...]:
    """Return what a market must show: what was observed, or else what real ones do.

    Raises
    ------
    InputError
        No outcome is called so, it has no such value, or the larger end comes first.
    """
    for name, (low, high) in observed.items():
        unit, typed = outcome_named(name, "observed").unit, f"{name}={low:g}:{high:g}"
        least, most = SCALES.get(unit.partition(" ")[0], (-math.inf, math.inf))
        if not all(least <= end <= most and math.isfinite(end) for end in (low, high)):
            between = f" from {least:g} to {most:g}" if math.isfinite(most) else ""
            raise InputError(f"--observed {typed}: both ends must be numbers{between}")
        if not low <= high:
            raise InputError(f"--observed {typed}: write the smaller number first")
    return tuple(
        Band(
            name,
            BANDS[name].text if name in BANDS else called(name),
            *ends,
            is_share=OUTCOME_BY_NAME[name].is_share,
        )
        for name, ends in observed.items()
    ) or tuple(BANDS.values())


def luck_of(draws: Iterable[Array]) -> float:
    """Return half a 95 % interval of the mean figure of a draw, typically.

    Parameters
    ----------
    draws : iterable of float64, shape (n_worlds,)
        A figure in each world of a draw; one without a value in some is left out.

    Returns
    -------
    float
        NaN of one world, and if no draw is left.

    >>> luck_of([np.array([1.0, 3.0]), np.array([2.0, math.nan])])
    1.96
    >>> luck_of([np.array([1.0])])
    nan
    """
    whole = [worlds for worlds in draws if not np.isnan(worlds).any()]
    if not whole or whole[0].size == 1:
        return math.nan
    error = np.mean([worlds.var(ddof=1) / worlds.size for worlds in whole])
    return ERRORS * math.sqrt(float(error))


class Fit(NamedTuple):
    """Which draws of the assumptions show what was observed of a firm's own market."""

    bands: Sequence[Band]
    figures: pd.DataFrame
    """A row a draw, a column for each band: what its market shows, in the mean."""
    worlds: int
    """In which each was looked at."""
    luck: Mapping[str, float]
    """By band, half a 95 % interval of what a draw shows, typically; NaN if unknown."""

    @property
    def is_shown(self) -> pd.DataFrame:
        """A row a draw, a column for each band: whether its figure lies in it."""
        inside = {
            b.name: self.figures[b.name].between(b.low, b.high) for b in self.bands
        }
        return pd.DataFrame(inside)

    @property
    def is_alike(self) -> Array:
        """Of each draw, whether it shows all of it; bool, shape (n_draws,)."""
        return self.is_shown.all(axis=1).to_numpy(bool)

    @property
    def n_alone(self) -> dict[str, int]:
        """In how many draws each figure lies in its band, whatever the others do."""
        is_shown = self.is_shown
        return {band.name: int(is_shown[band.name].sum()) for band in self.bands}

    @property
    def alone_text(self) -> str:
        """The same in words, and from what to what each figure of the draws goes."""
        parts, n_alone = [], self.n_alone
        for band in self.bands:
            values = self.figures[band.name]
            drawn = band._replace(low=float(values.min()), high=float(values.max()))
            n = f"{n_alone[band.name]} of {len(values)}"
            parts.append(f"{band.text} in {n}, which show {drawn.ends}")
        return f"Alone: {'; '.join(parts)}"

    @property
    def luck_text(self) -> str:
        """How far luck alone moves what a draw shows, in a sentence or two."""
        words = "luck alone moves what a draw shows"
        if self.worlds == 1:
            return f"How far {words} is not told by one world."
        sizes = ", ".join(
            f"{band.text} ± {band.shown(self.luck[band.name])}" for band in self.bands
        )
        few = "" if self.worlds >= FEWEST_WORLDS else " So few worlds tell it roughly."
        return f"Looked at in {self.worlds} worlds, {words}: {sizes}.{few}"


def asked_text(bands: Iterable[Band], word: str, weeks: float) -> str:
    """Return which markets are called by a word, in a sentence."""
    market = f"a market with {ends_text(bands)} in its {weeks:g} weeks"
    return f"{capitalised(word)} is {market}."


def ends_text(bands: Iterable[Band]) -> str:
    """Return bands in words: "annual churn 15 to 40 %, true NPS 0 to 40"."""
    return ", ".join(f"{band.text} {band.ends}" for band in bands)


def over_those_alike(n: int, n_draws: int) -> str:
    """Return how a sentence begins that is about the draws that show what was observed.

    >>> over_those_alike(17, 50)
    'Over the 17 of 50 draws of the assumptions that show what was observed of yours'
    """
    return (
        f"Over the {n} of {n_draws} draws of the assumptions that show what was "
        "observed of yours"
    )
