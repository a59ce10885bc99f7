"""What real customers said and did, and the same questions put to simulated ones.

Real: 7,873 and 7,956 customers of four industries in the American Customer
Satisfaction Index of 2015, as counts of equal answers, and the two cohorts of Fader
& Hardie 2007. Where the numbers come from stands in `analysis/data/README.md`.
"""

import math
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from simulation.observation import Observation

Array = np.ndarray[Any, np.dtype[Any]]

DATA = Path(__file__).parent / "data"
SCORES = np.arange(1, 11)
MOOD = 0.5
"""Share of a survey noise's variance that answers of one sitting have in common."""
YEAR = 52
"""Weeks."""
UNLIKELY = 5
"""A stated likelihood to buy again of at most so much, of ten, is a no."""


@cache
def formation_answers() -> pd.DataFrame:
    """Return what customers expected, got, and felt, all from 1 to 10.

    Returns
    -------
    DataFrame
        industry, expectation, quality, satisfaction, and n, who answered so.
    """
    return pd.read_csv(DATA / "acsi_2015_expectation_quality_satisfaction.csv")


@cache
def loyalty_answers() -> pd.DataFrame:
    """Return who complained, and how likely they would buy again.

    Returns
    -------
    DataFrame
        industry, satisfaction (1 to 10), complained (0 or 1), repurchase (1 to
        10), and n, who answered so.
    """
    return pd.read_csv(DATA / "acsi_2015_satisfaction_complaint_repurchase.csv")


@cache
def cohorts() -> pd.DataFrame:
    """Return the share of two cohorts still there after so many years.

    Returns
    -------
    DataFrame
        Index year, 0 to 12; columns regular and high_end, in percent.
    """
    return pd.read_csv(DATA / "fader_hardie_2007_survival.csv", index_col="year")


# The same questions, asked of simulated customers


def questionnaire(seen: Observation, seed: int) -> pd.DataFrame:
    """Return what simulated customers would answer in the middle of a run.

    Asked are those who were customers then and lived an episode in the year before.
    Quality is the judgement they would have formed by the quality lived alone, with
    the same memory; expectation is what they recall to have expected, over the same
    episodes. Both, and satisfaction, are told on a scale of ten with the survey's
    noise and the person's leniency. Assumption: three answers of one sitting share
    the leniency, and half of the noise's variance, the mood of the day.

    Returns
    -------
    DataFrame
        expectation, quality, satisfaction (1 to 10); complained (chance to have
        done so in the year before) and left (in the year after), and n, 1.
    """
    lived = pd.DataFrame(seen.episodes._asdict())
    asked_at = len(seen.weeks.stage) - YEAR
    past = lived[(lived["week"] < asked_at) & (lived["week"] >= asked_at - YEAR)]
    past = past[past["is_customer"]]
    whole = past.groupby("person").agg(
        silent=("complaint_chance", lambda chances: float(np.prod(1 - chances)))
    )
    rate = seen.settings.perception.learning_rate
    age = past.groupby("person").cumcount(ascending=False)
    weight = (1 - rate) ** age
    by_person = past["person"]
    total = weight.groupby(by_person).sum()
    for name, column in (("quality", "experience"), ("expectation", "expectation")):
        whole[name] = (past[column] * weight).groupby(by_person).sum() / total
    is_active = seen.weeks.stage[asked_at] == 1
    whole = whole[is_active[whole.index]]
    who = whole.index.to_numpy()
    whole["satisfaction"] = seen.weeks.perception[asked_at, who]
    luck = np.random.default_rng(seed)
    noise = seen.settings.survey.noise_sd * math.sqrt(MOOD)
    mood = seen.leniency[who] + luck.normal(0, noise, who.size)
    noise = seen.settings.survey.noise_sd * math.sqrt(1 - MOOD)
    answers = {
        name: scored(whole[name], mood + luck.normal(0, noise, who.size))
        for name in ("expectation", "quality", "satisfaction")
    }
    return pd.DataFrame(
        {
            **answers,
            "complained": 1 - whole["silent"].to_numpy(),
            "left": (seen.weeks.stage_after[asked_at:, who] == 2).any(axis=0),
            "n": 1,
        }
    )


def counted(answers: pd.DataFrame) -> pd.DataFrame:
    """Return answers with a row for all who answered alike, as the real ones come.

    Returns
    -------
    DataFrame
        expectation, quality, satisfaction, n, and complained and left, means.
    """
    alike = answers.groupby(["expectation", "quality", "satisfaction"])
    rows = alike.agg(
        n=("n", "sum"), complained=("complained", "mean"), left=("left", "mean")
    )
    return rows.reset_index()


def scored(share: "pd.Series[float]", points: Array) -> Array:
    """Return answers from 1 to 10: a share, plus points of a scale of ten.

    >>> scored(pd.Series([0.0, 0.5, 1.0]), np.zeros(3)).tolist()
    [1, 6, 10]
    """
    width = len(SCORES) - 1
    raw = 1 + width * (share.to_numpy(float) + points / len(SCORES))
    return np.clip(np.floor(raw + 0.5), 1, len(SCORES)).astype(int)


# What both have in common


class Formation(NamedTuple):
    """How satisfaction hangs together with what was got and what was expected."""

    on_quality: float
    """Slope of satisfaction on quality, expectation held."""
    on_expectation: float
    """Slope on expectation, quality held."""
    shortfall_ratio: float
    """Slope on a shortfall over slope on a surplus, expectation held."""
    fit: float
    """R² of satisfaction on quality and expectation."""
    with_quality: float
    """Correlation of satisfaction and quality."""
    with_expectation: float
    with_gap: float
    """Correlation of satisfaction and quality less expectation."""
    quality_with_expectation: float
    satisfaction_sd: float
    """Points, within industries."""


def formation(answers: pd.DataFrame) -> Formation:
    """Return how answers of one table hang together, industries held apart."""
    n = answers["n"].to_numpy(float)
    columns = [answers[k] for k in ("satisfaction", "quality", "expectation")]
    groups = answers.get("industry")
    s, q, x = (_within(column, n, groups) for column in columns)
    raw_s, raw_q, raw_x = (column.to_numpy(float) for column in columns)
    gap = raw_q - raw_x
    plain = slopes(s, (q, x), n)
    up, down = np.maximum(gap, 0), np.minimum(gap, 0)
    kinked = slopes(s, (x, *(_within(pd.Series(g), n, groups) for g in (up, down))), n)
    left = s - plain[0] * q - plain[1] * x
    return Formation(
        on_quality=plain[0],
        on_expectation=plain[1],
        shortfall_ratio=kinked[2] / kinked[1],
        fit=1 - float(np.average(left**2, weights=n) / np.average(s**2, weights=n)),
        with_quality=correlation(raw_s, raw_q, n),
        with_expectation=correlation(raw_s, raw_x, n),
        with_gap=correlation(raw_s, gap, n),
        quality_with_expectation=correlation(raw_q, raw_x, n),
        satisfaction_sd=float(np.sqrt(np.average(s**2, weights=n))),
    )


def _within(
    column: "pd.Series[Any]", n: Array, groups: "pd.Series[str] | None"
) -> Array:
    """Return a column less its mean, or less the mean of each group."""
    values = np.array(column, float)
    if groups is None:
        centred: Array = values - np.average(values, weights=n)
        return centred
    labels = groups.to_numpy()
    for label in np.unique(labels):
        chosen = labels == label
        values[chosen] -= np.average(values[chosen], weights=n[chosen])
    return values


def slopes(y: Array, by: tuple[Array, ...], n: Array) -> list[float]:
    """Return the least-squares slopes of centred numbers, weighted by `n`."""
    x = np.stack(by)
    return [float(b) for b in np.linalg.solve((x * n) @ x.T, (x * n) @ y)]


def correlation(a: Array, b: Array, n: Array) -> float:
    """Return the correlation of two columns, weighted by `n`."""
    together = np.cov(a, b, aweights=n)
    return float(together[0, 1] / np.sqrt(together[0, 0] * together[1, 1]))


def by_satisfaction(answers: pd.DataFrame, column: str) -> "pd.Series[float]":
    """Return the mean of a column by satisfaction, 1 to 10; NaN where nobody is."""
    weighted = (answers[column] * answers["n"]).groupby(answers["satisfaction"]).sum()
    counts = answers.groupby("satisfaction")["n"].sum()
    return (weighted / counts).reindex(SCORES)


def distribution(answers: pd.DataFrame) -> "pd.Series[float]":
    """Return the share of each satisfaction, 1 to 10."""
    counts = answers.groupby("satisfaction")["n"].sum().reindex(SCORES, fill_value=0)
    return counts / counts.sum()


def repurchase(answers: pd.DataFrame) -> pd.DataFrame:
    """Return real answers with `left`: buying again was called unlikely."""
    return answers.assign(left=answers["repurchase"] <= UNLIKELY)
