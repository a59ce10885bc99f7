"""Figures of what matters: tornado, indices, convergence; and of when the choice flips.

A table in, a Figure out, in the house style. What can be luck is drawn pale.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from .figures import (
    COLOURS,
    FAINT,
    INK,
    QUIET,
    canvas,
    entitle,
    save_all,
    signed,
    style,
)
from .indices import Findings
from .sensitivity import INDEX_TEXT, Sensitivity

MOST_ROWS = 15
"""Parameters in one figure; the others matter less."""
DOWN, UP = COLOURS[2], COLOURS[1]
PALE = 0.35
NAMED = 0.05
"""Of the axis; dots nearer to nothing would hide each other's names."""


def tornado(swings: pd.DataFrame, title: str, unit: str) -> Figure:
    """Return what each parameter changes from the low to the high end of its range.

    Parameters
    ----------
    swings : DataFrame
        As `Sensitivity.swings` has it.
    title, unit : str
        What changes, and in what it is counted.
    """
    rows = swings.head(MOST_ROWS)
    figure, (axes,) = canvas(1, 1.9 + 0.42 * len(rows))
    for place, row in enumerate(rows_of(rows)):
        is_sure = row.low > 0 or row.high < 0
        axes.barh(
            place,
            row.swing,
            color=UP if row.swing > 0 else DOWN,
            alpha=0.9 if is_sure else PALE,
            height=0.62,
        )
        axes.plot([row.low, row.high], [place, place], color=INK, lw=1.6)
    _listed(axes, rows["name"])
    axes.axvline(0, color=INK, lw=1.2)
    axes.xaxis.set_major_formatter(FuncFormatter(signed))
    axes.set_xlabel(unit)
    entitle(
        figure,
        f"What moves {title}",
        "Bar: mean in the highest fifth of a parameter's range less that in the "
        "lowest; line: 95 % interval. Pale: can be luck.",
    )
    return figure


def morris_plane(found: Findings, title: str, unit: str) -> Figure:
    """Return how large an effect is (mu*) beside how much it varies (sigma)."""
    table = found.indices.pivot(index="name", columns="index", values="value")
    ranked = found.ranked.set_index("name")
    table = table.loc[ranked.index]
    figure, (axes,) = canvas(1)
    edge = float(table["mu_star"].max()) * 1.15 or 1.0
    top = float(np.nanmax([table["sigma"].max(), 0.0])) * 1.2 or 1.0
    for slope, words in ((0.1, "nearly linear"), (0.5, "monotonic"), (1.0, "curved")):
        reach = min(edge, top / slope)
        axes.plot([0, reach], [0, slope * reach], color=FAINT, lw=1.2, zorder=1)
        axes.annotate(
            words, (reach, slope * reach), color=QUIET, size=10, ha="right", va="bottom"
        )
    for row in rows_of(table.join(ranked[["low", "high"]])):
        colour = UP if row.mu > 0 else DOWN
        axes.plot([row.low, row.high], [row.sigma] * 2, color=colour, alpha=0.6, lw=1.6)
        axes.plot(row.mu_star, row.sigma, "o", color=colour, ms=8)
        if row.low > 0 and row.mu_star > NAMED * edge:
            axes.annotate(
                row.Index,
                (row.mu_star, row.sigma),
                xytext=(0, 9),
                textcoords="offset points",
                ha="center",
            )
    axes.set_xlim(0, edge)
    axes.set_ylim(-0.03 * top, top)
    axes.set_xlabel(f"mean size of the change (mu*), {unit}")
    axes.set_ylabel("how much it varies (sigma)")
    entitle(
        figure,
        f"Large effects, and tangled ones: {title}",
        "A dot is a parameter, its line the 95 % interval. Blue raises it, orange "
        "lowers it. High up: it depends on the other parameters.",
    )
    return figure


def shares(found: Findings, title: str) -> Figure:
    """Return each index with its interval; of Sobol, the strongest pairs beside it."""
    leading = found.ranked.head(MOST_ROWS)
    pairs = found.interactions
    pairs = pairs[pairs["low"] > 0].head(MOST_ROWS)
    height = 1.9 + 0.46 * max(len(leading), len(pairs))
    figure, panels = canvas(1 + bool(len(pairs)), max(height, 3.2))
    others = [name for name in found.method.indices if name != found.method.leading]
    for place, row in enumerate(rows_of(leading)):
        _index_bar(panels[0], place, row.value, row.low, row.high, UP)
        for other in others[:1]:
            table = found.indices
            is_here = (table["name"] == row.name) & (table["index"] == other)
            value = float(table.loc[is_here, "value"].iloc[0])
            panels[0].plot(value, place, "D", color="white", mec=INK, ms=8, zorder=4)
    _listed(panels[0], leading["name"])
    panels[0].set_xlabel(INDEX_TEXT[found.method.leading])
    words = f"Bar: {INDEX_TEXT[found.method.leading]}; line: 95 % interval."
    if others:
        words += f" Diamond: {INDEX_TEXT[others[0]]}."
    if len(pairs):
        for place, row in enumerate(rows_of(pairs)):
            _index_bar(panels[1], place, row.value, row.low, row.high, COLOURS[3])
        names = [f"{a} ×\n{b}" for a, b in pairs[["name", "other"]].to_numpy()]
        _listed(panels[1], names)
        panels[1].set_xlabel("share of pairs that interact")
    if np.isfinite(found.noise_share):
        words += f" Luck: {100 * found.noise_share:.1f} % of the variance, taken out."
    entitle(figure, f"What {title} depends on", words)
    return figure


def convergence(found: Findings, title: str) -> Figure:
    """Return how the leading index settled while the design grew."""
    figure, (axes,) = canvas(1)
    names = list(found.ranked["name"].head(5))
    for name, colour in zip(names, COLOURS[1:], strict=False):
        rows = found.convergence[found.convergence["name"] == name]
        axes.fill_between(
            rows["blocks"], rows["low"], rows["high"], color=colour, alpha=0.15, lw=0
        )
        axes.plot(rows["blocks"], rows["value"], "o-", color=colour)
        axes.annotate(
            name,
            (rows["blocks"].iloc[-1], rows["value"].iloc[-1]),
            xytext=(10, 0),
            textcoords="offset points",
            va="center",
            color=colour,
            weight="bold",
        )
    axes.grid(axis="y", color=FAINT, lw=0.8)
    axes.set_xlabel("parts of the design")
    axes.set_ylabel(INDEX_TEXT[found.method.leading])
    entitle(
        figure,
        f"Has it settled? {title}",
        "Lines that have gone level, with narrow bands (95 %), have.",
    )
    return figure


def _index_bar(
    axes: Axes, place: int, value: float, low: float, high: float, colour: str
) -> None:
    alpha = 0.9 if low > 0 else PALE
    axes.barh(place, value, color=colour, alpha=alpha, height=0.62)
    axes.plot([low, high], [place, place], color=INK, lw=1.6)


def _listed(axes: Axes, names: Iterable[str]) -> None:
    """Name rows from the top down, and keep quiet lines behind them."""
    names = list(names)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.grid(axis="x", color=FAINT, lw=0.8)
    axes.set_axisbelow(True)


def rows_of(table: pd.DataFrame) -> list[Any]:
    """Return the rows of a table, their cells by the names of the columns."""
    return list(table.itertuples())


def title_of(found: Sensitivity) -> tuple[str, str]:
    """Return what figures call the outcome, and its unit."""
    outcome = found.outcome
    base = found.study.scenarios[found.study.labels[0]]
    unit = base.money.currency if outcome.unit == "money" else outcome.unit
    words = {"active": "customers at the end", "npv": "NPV"}
    name = words.get(outcome.name, outcome.name.replace("_", " "))
    if found.is_difference:
        name = f"what {found.study.labels[-1].replace('_', ' ')} changes in {name}"
    return name, unit


def draw_sensitivity(found: Sensitivity) -> list[str]:
    """Draw the figures of a sensitivity study into its folder; return the paths."""
    title, unit = title_of(found)
    with style():
        figures = {"tornado": tornado(found.swings, title, unit)}
        if found.question.method == "morris":
            figures["morris"] = morris_plane(found.findings, title, unit)
        else:
            figures["indices"] = shares(found.findings, title)
        if len(found.findings.convergence):
            figures["convergence"] = convergence(found.findings, title)
        return save_all(found.study.folder, figures)
