"""Real customers beside simulated ones: what both answered, and how long they stay."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.evidence import (
    SCORES,
    by_satisfaction,
    cohorts,
    distribution,
    formation_answers,
    loyalty_answers,
    repurchase,
)
from analysis.facts import BASELINE, COHORTS, INDUSTRIES, Witnessed
from analysis.measures import Array

from .canvas import COLOURS, FAINT, INK, canvas, entitle, save_all, style

REAL, SIMULATED = INK, COLOURS[1]
FEWEST = 10
"""A mean of fewer answers is not drawn."""
TITLES = {
    BASELINE: "Baseline",
    "industry_airline": "Airlines",
    "industry_bank": "Banks",
    "industry_broadband": "Internet providers",
}
NAMES = {"regular": "Regular customers", "high end": "High-end customers"}


def draw_real_customers(seen: Sequence[Witnessed], folder: Path) -> list[str]:
    """Draw real and simulated customers beside each other; return the paths."""
    answers = pooled(seen)
    with style():
        figures = {
            "formation": formation_figure(answers[BASELINE]),
            "loyalty": loyalty_figure(answers[BASELINE]),
            "satisfaction": distribution_figure(answers),
            "tenure": tenure_figure(alive(seen)),
        }
        return save_all(folder, figures)


def pooled(seen: Sequence[Witnessed]) -> dict[str, pd.DataFrame]:
    """Return the answers of all seeds together, by world."""
    return {
        name: pd.concat([each.answers[name] for each in seen], ignore_index=True)
        for name in seen[0].answers
    }


def alive(seen: Sequence[Witnessed]) -> dict[str, Array]:
    """Return the mean share still there after each year, by world."""
    return {
        name: np.mean([each.alive[name] for each in seen], axis=0)
        for name in seen[0].alive
    }


def formation_figure(answers: pd.DataFrame) -> Figure:
    """Return mean satisfaction by quality and by expectation, real and simulated."""
    figure, panels = canvas(2, share_y=True)
    real = formation_answers()
    for axes, column in zip(panels, ("quality", "expectation"), strict=True):
        _pair(axes, mean_by(real, column), mean_by(answers, column))
        _name_both(axes, 0.13)
        axes.set_title(f"by {column}", weight="bold")
        _scores_below(axes, f"{column}, from 1 to 10")
        axes.set_ylim(1, 10)
    panels[0].set_ylabel("mean satisfaction, 1 to 10")
    entitle(
        figure,
        "What makes customers satisfied",
        f"Real: {real['n'].sum():,} customers, ACSI 2015. Simulated: "
        f"{answers['n'].sum():,} asked the same three questions.",
    )
    return figure


def loyalty_figure(answers: pd.DataFrame) -> Figure:
    """Return complaints and leaving by satisfaction, real and simulated."""
    figure, panels = canvas(2, share_y=True)
    real = repurchase(loyalty_answers())
    titles = {
        "complained": "complained within a year",
        "left": "real: say they would not buy again\nsimulated: left within a year",
    }
    for axes, (column, title) in zip(panels, titles.items(), strict=True):
        _pair(axes, 100 * shown(real, column), 100 * shown(answers, column))
        _name_both(axes, 0.92)
        axes.set_title(title, weight="bold")
        _scores_below(axes, "satisfaction, from 1 to 10")
        axes.set_ylim(0, 100)
    panels[0].set_ylabel("% of customers")
    entitle(
        figure,
        "What customers do about it",
        f"Real: {real['n'].sum():,} customers, ACSI 2015. Simulated: "
        f"{answers['n'].sum():,}.\nRight: what people say and what they do are not "
        "the same question; only the order is comparable.",
    )
    return figure


def distribution_figure(answers: Mapping[str, pd.DataFrame]) -> Figure:
    """Return how many are how satisfied, real and simulated, by industry."""
    figure, panels = canvas(len(TITLES), share_y=True)
    for axes, (name, title) in zip(panels, TITLES.items(), strict=True):
        real = formation_answers()
        if name in INDUSTRIES:
            real = real[real["industry"] == INDUSTRIES[name]]
        axes.bar(SCORES, 100 * distribution(real), color=FAINT, width=0.8)
        axes.plot(SCORES, 100 * distribution(answers[name]), color=SIMULATED)
        axes.set_title(title, weight="bold")
        axes.set_xticks([1, 5, 10])
    panels[0].set_ylabel("% of customers")
    panels[0].text(1, 24, "real", color=INK)
    panels[0].text(1, 21.5, "simulated", color=SIMULATED)
    entitle(
        figure,
        "How satisfied customers are",
        "Satisfaction from 1 to 10. Real: ACSI 2015, in the first panel all four "
        "industries.\nSimulated: after two years; industries begin as the real ones.",
    )
    return figure


def tenure_figure(left: Mapping[str, Array]) -> Figure:
    """Return how long two cohorts stay, real and simulated."""
    figure, panels = canvas(len(NAMES), share_y=True)
    for axes, (name, title) in zip(panels, NAMES.items(), strict=True):
        real = cohorts()[COHORTS[name]]
        years = np.arange(len(left[name]))
        axes.plot(real.index, real, "o", color=REAL, ms=6)
        axes.plot(years, 100 * left[name], color=SIMULATED)
        axes.set_title(title, weight="bold")
        axes.set_xlabel("years since joining")
        axes.set_ylim(0, 100)
    _name_both(panels[1], 0.13)
    panels[0].set_ylabel("% still customers")
    entitle(
        figure,
        "How long customers stay",
        "Real: Fader & Hardie 2007. Simulated: customers who differ in frailty alone, "
        "one hazard for each cohort.",
    )
    return figure


def mean_by(answers: pd.DataFrame, column: str) -> "pd.Series[float]":
    """Return mean satisfaction by another answer; NaN where few gave it."""
    renamed = answers[["n"]].assign(
        satisfaction=answers[column], value=answers["satisfaction"]
    )
    return shown(renamed, "value")


def shown(answers: pd.DataFrame, column: str) -> "pd.Series[float]":
    """Return the mean of a column by satisfaction, NaN where few answered."""
    counts = answers.groupby("satisfaction")["n"].sum().reindex(SCORES)
    return by_satisfaction(answers, column).where(counts >= FEWEST)


def _pair(axes: Axes, real: "pd.Series[float]", simulated: "pd.Series[float]") -> None:
    """Draw real customers as dots and simulated ones as a line."""
    axes.plot(SCORES, real, "o", color=REAL, ms=6)
    axes.plot(SCORES, simulated, color=SIMULATED)


def _name_both(axes: Axes, top: float) -> None:
    """Say on the right what dots and lines are, at a height where there is room."""
    for row, (words, colour) in enumerate(
        (("dots: real", REAL), ("line: simulated", SIMULATED))
    ):
        height = top - 0.07 * row
        axes.text(
            0.97, height, words, color=colour, ha="right", transform=axes.transAxes
        )


def _scores_below(axes: Axes, label: str) -> None:
    axes.set_xlabel(label)
    axes.set_xticks([1, 4, 7, 10])
