"""Figures of single customers: whom a choice saved and why, and one life."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from analysis.attribution import CAUSES, NEVER, PATHS, SIGNS, Attribution
from analysis.differences import capitalised, number
from analysis.study import Study
from simulation.story import Chapter, Life, fate

from .canvas import (
    COLOURS,
    FAINT,
    INK,
    QUIET,
    WIDE,
    canvas,
    entitle,
    folded,
    save_all,
    signed,
    style,
    weeks_below,
)

KEPT, GONE, PALE = COLOURS[1], COLOURS[2], "#9ec9e2"
REASONS = (*CAUSES[1:], NEVER)
REASON_WORDS = {
    "background": "other reasons",
    "walk out": "an unforgiven failure",
    NEVER: "never joining",
}
PART_TITLES = {
    "total": "All",
    "direct": "Direct",
    "word_of_mouth": "Word of mouth",
}


def reason_words(reason: str) -> str:
    """Return why somebody leaves, as people say it.

    >>> reason_words("walk out"), reason_words("low trust")
    ('an unforgiven failure', 'low trust')
    """
    return REASON_WORDS.get(reason, reason)


def flow(found: Attribution, label: str, names: Mapping[str, str]) -> Figure:
    """Return whom a choice saved and lost, by reason, and by which way.

    Parameters
    ----------
    found : Attribution
    label : str
        Of the scenario that is shown.
    names : mapping
        What figures call each scenario, by label; the first is the base.
    """
    flows = found.flows[found.flows["scenario"] == label]
    effects = found.effects[found.effects["scenario"] == label]
    figure, panels = canvas(2, ratios=(1.5, 1))
    _by_reason(panels[0], flows)
    _by_part(panels[1], effects[effects["path"] == ""])
    n = found.customers["seed"].nunique()
    base = next(iter(names.values()))
    entitle(
        figure,
        f"Whom “{names[label]}” keeps, and how",
        f"Customers a world, mean of {n} pairs against {base}. Grey lines: 95 % "
        f"intervals. Beside them, {delayed(flows)} more left all the same, but later.",
    )
    return figure


def delayed(flows: pd.DataFrame) -> str:
    """Return how many customers a world left in both, but later with the choice."""
    count = flows.loc[flows["change"] == "delayed", "mean"].sum()
    return number(float(count), 1.0 if count >= 10 else 0.1)


def _by_reason(axes: Axes, flows: pd.DataFrame) -> None:
    """Draw kept customers to the right and lost ones to the left of zero."""
    sums = flows.groupby(["change", "reason", "path"])["mean"].sum()
    counts = {
        (sign, reason, path): sum(
            float(sums.get((change, reason, path), 0.0))
            for change, each in SIGNS.items()
            if each == sign
        )
        for sign in (1, -1)
        for reason in REASONS
        for path in PATHS
    }
    shown = [r for r in REASONS if any(counts[s, r, p] for s in (1, -1) for p in PATHS)]
    for row, reason in enumerate(shown):
        for sign, colour in ((1, KEPT), (-1, GONE)):
            start = 0.0
            for path, strength in zip(PATHS, (1.0, 0.45), strict=True):
                width = sign * counts[sign, reason, path]
                axes.barh(
                    row, width, left=start, height=0.6, color=colour, alpha=strength
                )
                start += width
            if start:
                axes.annotate(
                    _count(start),
                    (start, row),
                    xytext=(5 * sign, 0),
                    textcoords="offset points",
                    ha="left" if sign > 0 else "right",
                    va="center",
                    color=colour,
                    weight="bold",
                )
    axes.axvline(0, color=INK, lw=1.2)
    axes.set_yticks(range(len(shown)), [reason_words(reason) for reason in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    low, high = axes.get_xlim()
    room = 0.2 * (high - low)
    axes.set_xlim(low - room, high + room)
    axes.set_title("Lost or kept, by why they leave", weight="bold", pad=26)
    for x, text, colour, align in (
        (0.0, "← lost or missed", GONE, "left"),
        (1.0, "saved or won →", KEPT, "right"),
    ):
        axes.annotate(
            text,
            (x, 1),
            xycoords="axes fraction",
            xytext=(0, 6),
            textcoords="offset points",
            ha=align,
            color=colour,
            weight="bold",
        )
    _plain(axes)
    axes.set_xlabel("pale: reached by word of mouth only", color=QUIET)


def _count(customers: float) -> str:
    """Return a count with its sign, in tenths; what is less, by its first digit.

    >>> _count(2.02), _count(0.034), _count(0.0)
    ('+2.0', '+0.03', '0')
    """
    if customers == 0:
        return "0"
    first = 10.0 ** math.floor(math.log10(abs(customers)))
    return ("+" if customers > 0 else "") + number(customers, min(0.1, first))


def _by_part(axes: Axes, effects: pd.DataFrame) -> None:
    """Draw the whole effect above its two parts, with their intervals."""
    table = effects.set_index("part")
    for row, part in enumerate(PART_TITLES):
        mean, low, high = (float(table[name][part]) for name in ("mean", "low", "high"))
        colour = INK if part == "total" else KEPT if part == "direct" else COLOURS[3]
        axes.barh(row, mean, height=0.6, color=colour, alpha=0.85)
        axes.plot([low, high], [row + 0.4] * 2, color=QUIET, lw=3)
        axes.annotate(
            _count(mean),
            (max(mean, 0.0), row),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=colour,
            weight="bold",
        )
    axes.axvline(0, color=INK, lw=1.2)
    axes.set_yticks(range(3), list(PART_TITLES.values()))
    axes.set_ylim(2.6, -0.6)
    axes.margins(x=0.18)
    axes.set_title("Customers gained", weight="bold", pad=26)
    _plain(axes)


def _plain(axes: Axes) -> None:
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(FuncFormatter(signed))
    axes.grid(axis="x", color=FAINT, lw=0.8)
    axes.set_axisbelow(True)


def draw_attribution(
    found: Attribution, study: Study, names: Mapping[str, str]
) -> list[str]:
    """Draw the flow of customers of every scenario; return the paths."""
    with style():
        figures = {f"flow_{k}": flow(found, k, names) for k in found.labels}
        return save_all(study.folder, figures)


# One life


class Mark(NamedTuple):
    """How an event is drawn."""

    shape: str
    colour: str
    words: str


MARKS = {
    "failure": Mark("X", GONE, "failure"),
    "call": Mark("^", COLOURS[3], "call"),
    "repair": Mark("P", KEPT, "made good"),
    "heard good": Mark("o", KEPT, "heard good"),
    "heard bad": Mark("o", GONE, "heard bad"),
    "told": Mark("s", COLOURS[4], "told"),
    "joined": Mark(">", INK, "joined"),
    "left": Mark("<", INK, "left"),
    "rejected": Mark("D", GONE, "rejected"),
}
RARE = "rejected"
"""What no rule of adoption but one lets happen: no row is kept for it."""
LINES = {"perception": INK, "trust": KEPT, "expectation": COLOURS[5]}
BELOW, STEP = -8.0, 7.5


def life_lines(lives: Sequence[Life]) -> Figure:
    """Return perception, trust and expectation over the weeks, a panel a world."""
    figure, panels = canvas(len(lives), 1.1 * WIDE[1], share_y=True)
    is_met = any(_has(chapter, RARE) for each in lives for chapter in each.chapters)
    kinds = [kind for kind in MARKS if kind != RARE or is_met]
    for axes, each in zip(panels, lives, strict=True):
        _life(axes, each, kinds)
    first = lives[0]
    for axes in panels[1:]:
        axes.tick_params(axis="y", length=0)
    ties = "one tie" if first.degree == 1 else f"{first.degree} ties"
    entitle(
        figure,
        f"Customer {first.customer}, twice"
        if len(lives) > 1
        else (f"Customer {first.customer}"),
        f"Segment {first.segment}, {ties}. Points of 100; expectation is the mean of "
        "all touchpoints. Grey: a customer in that week.",
    )
    panels[0].set_ylabel("points of 100")
    return figure


def draw_story(lives: Sequence[Life], folder: Path) -> str:
    """Draw one life into a folder; return the path."""
    with style():
        name = "".join(c if c.isalnum() else "_" for c in lives[0].customer)
        return save_all(folder, {f"story_{name}": life_lines(lives)})[0]


def _life(axes: Axes, lived: Life, kinds: Sequence[str]) -> None:
    """Draw one life, with a row of marks for each kind of event."""
    width = lived.chapters[0].week - lived.start.week
    told = (lived.start, *lived.chapters)
    ends = [chapter.week + width for chapter in told]
    for name, colour in LINES.items():
        values = [100 * getattr(chapter, name) for chapter in told]
        is_faint = name == "expectation"
        axes.plot(ends, values, color=colour, lw=1.5 if is_faint else 2.2)
    _spells(axes, lived.chapters, width)
    bottom = BELOW - STEP * (len(kinds) - 1) - 4
    for row, kind in enumerate(kinds):
        y, mark = BELOW - STEP * row, MARKS[kind]
        at = [c.week for c in lived.chapters if _has(c, kind)]
        axes.scatter(
            at, [y] * len(at), marker=mark.shape, color=mark.colour, s=34, lw=0
        )
    axes.axhline(0, color=FAINT, lw=0.8)
    axes.set_ylim(bottom, 106)
    places = [BELOW - STEP * row for row in range(len(kinds))]
    axes.set_yticks([*range(0, 101, 20), *places])
    axes.set_yticklabels(
        [*(str(y) for y in range(0, 101, 20)), *(MARKS[kind].words for kind in kinds)],
        size=10,
    )
    weeks_below(axes)
    axes.set_xlim(ends[0], ends[-1])
    ending = folded(capitalised(fate(lived)), 42)
    lines = 1 + ending.count("\n")
    axes.set_title(folded(lived.name, 36), weight="bold", pad=12 + 15 * lines)
    axes.annotate(
        ending,
        (0, 1),
        xycoords="axes fraction",
        xytext=(0, 8),
        textcoords="offset points",
        color=QUIET,
        size=11,
        va="bottom",
    )
    _name_beliefs(axes, lived)


def _has(chapter: Chapter, kind: str) -> bool:
    return any(event.kind == kind for event in chapter.events)


def _spells(axes: Axes, chapters: Sequence[Chapter], width: float) -> None:
    """Shade the weeks, so long each, in which the person was a customer."""
    begun: float | None = None
    for chapter in chapters:
        if chapter.stage == "active" and begun is None:
            begun = chapter.week
        if chapter.stage != "active" and begun is not None:
            axes.axvspan(begun, chapter.week, 0, 1, color="#f1f1f1", lw=0, zorder=0)
            begun = None
    if begun is not None:
        end = chapters[-1].week + width
        axes.axvspan(begun, end, color="#f1f1f1", lw=0, zorder=0)


def _name_beliefs(axes: Axes, lived: Life) -> None:
    """Name the lines at their ends, apart from each other."""
    last = lived.chapters[-1]
    order = sorted(LINES, key=lambda name: float(getattr(last, name)))
    above = -1e9
    for name in order:
        y = max(100 * float(getattr(last, name)), above + 7)
        above = y
        axes.annotate(
            name,
            (1, y),
            xycoords=("axes fraction", "data"),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            size=11,
            color=LINES[name],
            weight="bold",
        )
