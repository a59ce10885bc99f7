"""Figures of what matters: tornado, indices, convergence; and of when the choice flips.

A table in, a Figure out, in the house style. What can be luck is drawn pale.
"""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.markers import CARETLEFT, CARETRIGHT
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.bands import ends_text
from analysis.discovery import Discovery, winners
from analysis.importance import INDEX_TEXT, Sensitivity
from analysis.indices import Findings
from analysis.methods import SIZE
from analysis.outcomes import Outcome
from analysis.study import Study

from .canvas import (
    COLOURS,
    FAINT,
    INK,
    QUIET,
    canvas,
    entitle,
    label_ends,
    save_all,
    signed,
    style,
)

MOST_ROWS = 15
"""Parameters in one figure; the others matter less."""
DOWN, UP = COLOURS[2], COLOURS[1]
WINNERS = LinearSegmentedColormap.from_list("winners", [DOWN, "#f7f7f7", UP])
PALE = 0.35
SHARE_AXIS = (-0.25, 1.25)
"""Ends of an axis of shares; an estimate far outside says nothing by how far."""
APART = 0.15
"""Of a row, from its middle to the interval of each of two indices."""
BESIDE = 0.008
"""Of the axis, between indices whose intervals would hide each other."""
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
        _interval(axes, place, row.low, row.high)
    _listed(axes, rows["name"])
    axes.axvline(0, color=INK, lw=1.2)
    axes.xaxis.set_major_formatter(FuncFormatter(signed))
    axes.set_xlabel(unit)
    entitle(
        figure,
        f"What moves {title}",
        "Bar: mean change from the low to the high end of a parameter's range; line: "
        "95 % interval. Pale: can be luck.",
    )
    return figure


def morris_plane(found: Findings, title: str, unit: str) -> Figure:
    """Return how large an effect is (mu*) beside how much it varies (sigma).

    Nothing is drawn of a size that is not resolved.
    """
    table = found.indices.pivot(index="name", columns="index", values="value")
    ranked = found.ranked.dropna(subset="value").set_index("name")
    table = table.loc[ranked.index]
    figure, (axes,) = canvas(1)
    ends = table["mu_star"].max() * 1.15, ranked["high"].max(), 0.0
    edge = float(np.nanmax(ends)) or 1.0
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


def shares(found: Findings, title: str, unit: str) -> Figure:
    """Return each index with its interval; of Sobol, the strongest pairs beside it.

    The unit is that of the outcome, which an index that is no share is counted in.
    """
    leading = found.ranked.head(MOST_ROWS)
    pairs = found.interactions
    pairs = pairs[pairs["low"] > 0].head(MOST_ROWS)
    height = 1.9 + 0.46 * max(len(leading), len(pairs))
    figure, panels = canvas(1 + bool(len(pairs)), max(height, 3.2))
    others = [name for name in found.method.indices if name != found.method.leading]
    others = others if found.is_of_shares else []
    second = found.indices[found.indices["index"].isin(others[:1])].head(MOST_ROWS)
    apart = APART if others else 0.0
    for place, row in enumerate(rows_of(leading)):
        _index_bar(panels[0], place, row.value, (row.low, row.high), UP, -apart)
    for place, row in enumerate(rows_of(second)):
        _interval(panels[0], place + apart, row.low, row.high)
        dot = (row.value, place + apart)
        panels[0].plot(*dot, "D", color="white", mec=INK, ms=7, zorder=4)
    _listed(panels[0], leading["name"])
    words, below = f"Bar: {INDEX_TEXT[found.method.leading]}.", ""
    if others:
        words += f" Diamond: {INDEX_TEXT[others[0]]}."
    words += " Lines: 95 % intervals."
    if (leading["low"] <= 0).any():
        words += " Pale: can be nothing."
    if found.is_of_shares:
        low, high = panels[0].get_xlim()
        ends = max(low, SHARE_AXIS[0]), min(high, SHARE_AXIS[1])
        panels[0].set_xlim(*ends)
        tables = (leading, -apart), (second, apart)
        if sum(_cut_off(panels[0], table, ends, shift) for table, shift in tables):
            below = " Arrow: the interval goes on."
    of_unit = f", {unit}" if found.method.leading == SIZE else ""
    panels[0].set_xlabel(f"{INDEX_TEXT[found.method.leading]}{of_unit}")
    if len(pairs):
        for place, row in enumerate(rows_of(pairs)):
            _index_bar(panels[1], place, row.value, (row.low, row.high), COLOURS[3])
        names = [f"{a} ×\n{b}" for a, b in pairs[["name", "other"]].to_numpy()]
        _listed(panels[1], names)
        panels[1].set_xlabel("share of pairs that interact")
    if np.isfinite(found.noise_share):
        words += f" Luck: {100 * found.noise_share:.1f} % of the variance"
        words += ", taken out." if found.method.is_freed else ", not taken out."
    entitle(figure, f"What matters for {title}", words + below)
    return figure


def convergence(found: Findings, title: str) -> Figure:
    """Return how the leading index settled while the design grew."""
    figure, (axes,) = canvas(1)
    names = list(found.ranked.dropna(subset="value")["name"].head(5))
    ends: dict[str, tuple[float, str]] = {}
    beside = BESIDE * float(found.convergence["blocks"].max())
    for place, (name, colour) in enumerate(zip(names, COLOURS[1:], strict=False)):
        rows = found.convergence[found.convergence["name"] == name]
        x = rows["blocks"] + (place - (len(names) - 1) / 2) * beside
        axes.vlines(x, rows["low"], rows["high"], color=colour, alpha=0.5, lw=1.6)
        axes.plot(x, rows["value"], "o-", color=colour)
        ends[name] = float(rows["value"].iloc[-1]), colour
    settled = found.convergence[found.convergence["name"].isin(names)]
    settled = settled[settled["blocks"] >= settled["blocks"].max() / 2]
    low, high = float(settled["low"].min()), float(settled["high"].max())
    edge = 0.15 * (high - low) or 1.0
    least, most = SHARE_AXIS if found.is_of_shares else (-math.inf, math.inf)
    axes.set_ylim(max(low - edge, least), min(high + edge, most))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    label_ends(axes, ends)
    axes.grid(axis="y", color=FAINT, lw=0.8)
    axes.set_xlabel("parts of the design")
    axes.set_ylabel(INDEX_TEXT[found.method.leading])
    entitle(
        figure,
        f"Has it settled? {title[:1].upper()}{title[1:]}",
        "An index has settled where its line has gone level and its upright line, the "
        "95 % interval, is short.",
    )
    return figure


def boxes(found: Discovery) -> Figure:
    """Return the boxes in which the second choice wins, and in which it loses."""
    parts = [
        (box, verb, colour)
        for box, verb, colour in (
            (found.better, "wins", UP),
            (found.worse, "loses", DOWN),
        )
        if box is not None
    ]
    ends = {factor.path: (factor.low, factor.high) for factor in found.factors}
    height = 1.9 + 0.6 * max((len(box.limits) for box, *_ in parts), default=1)
    figure, panels = canvas(max(1, len(parts)), max(height, 3.4))
    other = found.study.labels[-1].replace("_", " ")
    for axes, (box, verb, colour) in zip(panels, parts, strict=False):
        for place, (path, limits) in enumerate(box.limits.items()):
            low, high = ends[path]
            left, right = (
                (min(max(limit, low), high) - low) / (high - low) for limit in limits
            )
            axes.plot([0, 1], [place, place], color=FAINT, lw=9, zorder=1)
            axes.plot([left, right], [place, place], color=colour, lw=9, zorder=2)
            words = f"{max(limits[0], low):.3g} to {min(limits[1], high):.3g}"
            axes.annotate(
                words,
                ((left + right) / 2, place),
                xytext=(0, 9),
                textcoords="offset points",
                ha="center",
                size=10,
            )
        _listed(axes, box.limits)
        axes.set_xlim(-0.02, 1.02)
        axes.set_xticks([0, 1], ["lowest", "highest"])
        title = f"{verb} in {100 * box.share:.0f} % of cases"
        axes.set_title(title, weight="bold", color=colour, pad=14)
    entitle(
        figure,
        f"When {other} wins, and when it loses",
        f"{found.over}, {other} wins in {100 * found.share:.0f} %. Each share was "
        f"measured apart from the search.{_like_yours(found)}",
    )
    return figure


def decision_map(found: Discovery, across: str, up: str, unit: str) -> Figure:
    """Return who wins over two assumptions, all others being drawn at random."""
    x, y, gain = winners(found.points, across, up)
    reach = float(np.abs(gain).max()) or 1.0
    figure, (axes,) = canvas(1)
    shades = axes.pcolormesh(
        x,
        y,
        gain,
        cmap=WINNERS,
        vmin=-reach,
        vmax=reach,
        shading="gouraud",
        rasterized=True,  # as shapes it would be 10 MB of SVG
    )
    if gain.min() < 0 < gain.max():
        axes.contour(x, y, gain, levels=[0.0], colors=[INK], linewidths=2)
    is_better = found.points["gain"] > 0
    for chosen, colour in ((is_better, UP), (~is_better, DOWN)):
        rows = found.points[chosen]
        axes.scatter(rows[across], rows[up], s=13, color=colour, ec="white", lw=0.5)
    bar = figure.colorbar(shades, ax=axes, shrink=0.8)
    bar.set_label(f"mean gain, {unit}")
    bar.ax.yaxis.set_major_formatter(FuncFormatter(signed))
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    base, other = (label.replace("_", " ") for label in found.study.labels)
    entitle(
        figure,
        f"Who wins: blue {other}, orange {base}",
        "A dot is a set of assumptions, in the colour of its winner; shades: the mean "
        f"near it. Line: no difference.{_like_yours(found)}",
    )
    return figure


def information(found: Discovery, unit: str) -> Figure:
    """Return what it is worth to know each assumption before choosing."""
    rows = found.information.head(MOST_ROWS)
    figure, (axes,) = canvas(1, 1.9 + 0.42 * len(rows))
    for place, row in enumerate(rows_of(rows)):
        _index_bar(axes, place, row.value, (row.low, row.high), COLOURS[3])
    _listed(axes, rows["name"])
    axes.axvline(0, color=INK, lw=1.2)
    axes.set_xlabel(unit)
    entitle(
        figure,
        "What knowing an assumption is worth before the choice",
        "Bar: EVPPI; line: 95 % interval. Pale: can be nothing. "
        f"{found.all_known(unit)}{_like_yours(found)}",
    )
    return figure


def _like_yours(found: Discovery) -> str:
    """Return of which markets alone a figure is; nothing if of all."""
    if found.fit is None:
        return ""
    return f" Of markets like yours alone: {ends_text(found.fit.bands)}."


def draw_discovery(found: Discovery) -> list[str]:
    """Draw the figures of a discovery into its folder; return the paths.

    What says nothing is not drawn: no box, and no worth that can be told from none.
    """
    unit = unit_of(found.study, found.outcome)
    with style():
        figures = {}
        if found.is_worth_knowing:
            figures["information"] = information(found, unit)
        if found.axes is not None:
            figures["decision_map"] = decision_map(found, *found.axes, unit)
        if found.better or found.worse:
            figures["boxes"] = boxes(found)
        return save_all(found.study.folder, figures)


def _index_bar(
    axes: Axes,
    place: int,
    value: float,
    ends: tuple[float, float],
    colour: str,
    shift: float = 0.0,
) -> None:
    """Draw a bar, pale if it can be nothing, and its interval off its middle."""
    alpha = 0.9 if ends[0] > 0 else PALE
    axes.barh(place, value, color=colour, alpha=alpha, height=0.62)
    _interval(axes, place + shift, *ends)


def _interval(axes: Axes, place: float, low: float, high: float) -> None:
    axes.plot([low, high], [place, place], color=INK, lw=1.6)


def _cut_off(
    axes: Axes, table: pd.DataFrame, ends: tuple[float, float], shift: float
) -> bool:
    """Draw an arrow where an interval leaves the axis; return whether one does."""
    is_any = False
    for place, row in enumerate(rows_of(table)):
        for end, shape, is_beyond in (
            (ends[0], CARETLEFT, row.low < ends[0]),
            (ends[1], CARETRIGHT, row.high > ends[1]),
        ):
            if is_beyond:
                at = place + shift
                axes.plot(end, at, marker=shape, color=INK, ms=11, zorder=5)
                is_any = True
    return is_any


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


def unit_of(study: Study, outcome: Outcome) -> str:
    """Return in what an outcome is counted: money by its currency."""
    currency = study.scenarios[study.labels[0]].money.currency
    return currency if outcome.unit == "money" else outcome.unit


def draw_sensitivity(found: Sensitivity) -> list[str]:
    """Draw the figures of a sensitivity study into its folder; return the paths."""
    title, unit = found.subject, unit_of(found.study, found.outcome)
    with style():
        figures = {}
        if len(found.swings):
            figures["tornado"] = tornado(found.swings, title, unit)
        if found.question.method == "morris" and not found.question.is_grouped:
            figures["morris"] = morris_plane(found.findings, title, unit)
        else:
            figures["indices"] = shares(found.findings, title, unit)
        is_any = found.findings.ranked["value"].notna().any()
        if is_any and len(found.findings.convergence):
            figures["convergence"] = convergence(found.findings, title)
        return save_all(found.study.folder, figures)
