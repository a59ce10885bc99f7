"""The figures of every study: levels, differences, the decision, what is perceived."""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.comparison import Comparison
from analysis.differences import (
    Difference,
    as_read,
    called,
    capitalised,
    change_text,
    difference,
    number,
    outcome_title,
)
from analysis.money import ledger
from analysis.outcomes import LAST_WEEKS, OUTCOME_BY_NAME
from analysis.sequential import ONCE, Rule, interval
from analysis.study import Study
from analysis.touchpoints import touchpoint_gaps
from simulation.metrics import BY_NAME, Metric
from simulation.scenario import Scenario

from .canvas import (
    COLOURS,
    FAINT,
    INK,
    QUIET,
    canvas,
    colours,
    entitle,
    folded,
    label_ends,
    save_all,
    signed,
    style,
    weeks_below,
)

Array = np.ndarray[Any, np.dtype[Any]]
Names = Mapping[str, str]
Marks = Sequence[tuple[str, float, float]]
"""What happens, from which week to which; the same week twice is a beginning."""


MIDDLE = [0.05, 0.25, 0.75, 0.95]
"""The edges of the bands that hold 90 and 50 of 100 runs."""
MOST_MARKS, MARK_HEIGHT = 4, 13
"""Happenings named in a figure, and points between the lines they are named in."""
EDGE = 0.4
"""A label nearer to the edge of a panel than this starts at the edge."""


def weekly_bands(weekly: pd.DataFrame, metric: str, names: Names) -> Figure:
    """Return a metric over the weeks: median, and bands of 50 and 90 % of runs.

    Parameters
    ----------
    weekly : DataFrame
        With columns scenario, seed, week and the metric.
    metric : str
    names : mapping
        What the figure calls each scenario, by label, in order.
    """
    about = BY_NAME[metric]
    scale, unit = as_read(about.unit)
    figure, panels = canvas(len(names), share_y=True)
    tables = {k: _by_week(weekly, k, metric) * scale for k in names}
    first = tables[next(iter(names))].median(axis=1)
    for axes, (label, colour) in zip(panels, colours(list(names)).items(), strict=True):
        low, lower, upper, high = (tables[label].quantile(q, axis=1) for q in MIDDLE)
        weeks = first.index.to_numpy(float)
        axes.fill_between(weeks, low, high, color=colour, alpha=0.16, lw=0)
        axes.fill_between(weeks, lower, upper, color=colour, alpha=0.3, lw=0)
        if axes is not panels[0]:
            axes.plot(weeks, first, color=COLOURS[0], lw=1.4)
        axes.plot(weeks, tables[label].median(axis=1), color=colour)
        axes.set_title(folded(names[label], 26), weight="bold", color=colour)
        weeks_below(axes)
    n_runs = weekly.groupby("scenario")["seed"].nunique().max()
    too = f"; thin grey line: {names[next(iter(names))]}" if len(names) > 1 else ""
    entitle(
        figure,
        f"{_title(about)} over the weeks",
        f"Line: median of {n_runs} runs{too}. Bands: half of the runs, and 90 %.",
    )
    panels[0].set_ylabel(unit)
    return figure


def weekly_differences(
    weekly: pd.DataFrame,
    metric: str,
    names: Names,
    error: float = ONCE.error,
    marks: Marks = (),
) -> Figure:
    """Return the paired difference of a metric over the weeks, with 95 % bands.

    Parameters
    ----------
    weekly : DataFrame
        With columns scenario, seed, week and the metric.
    metric : str
    names : mapping
        What the figure calls each scenario, by label; the first is the base.
    error : float
        Chance that the band of one week misses.
    marks : sequence of (str, float, float)
        What happens, from which week to which: see `marks_of`.
    """
    about = BY_NAME[metric]
    scale, unit = as_read(about.unit)
    base = next(iter(names))
    figure, (axes,) = canvas(1)
    axes.axhline(0, color=INK, lw=1.2, zorder=1)
    before = _by_week(weekly, base, metric) * scale
    ends: dict[str, tuple[float, str]] = {names[base]: (0.0, COLOURS[0])}
    for label, colour in list(colours(list(names)).items())[1:]:
        gaps = _by_week(weekly, label, metric) * scale - before
        found = [interval(row, error) for row in gaps.to_numpy(float)]
        mean, low, high = np.array([each[:3] for each in found], float).T
        weeks = gaps.index.to_numpy(float)
        axes.fill_between(weeks, low, high, color=colour, alpha=0.2, lw=0)
        axes.plot(weeks, mean, color=colour)
        ends[names[label]] = float(mean[-1]), colour
    weeks_below(axes)
    _mark(axes, marks)
    label_ends(axes, ends)
    entitle(
        figure,
        f"{_title(about)}: what changes week by week",
        f"Mean difference to {names[base]} in {before.shape[1]} paired worlds, "
        "with its 95 % interval.",
    )
    axes.yaxis.set_major_formatter(FuncFormatter(signed))
    axes.set_ylabel(f"difference, {unit}")
    return figure


def decision_dots(
    runs: pd.DataFrame,
    names: Names,
    currency: str,
    outcomes: Sequence[str],
    rule: Rule = ONCE,
) -> Figure:
    """Return what each choice changes: a dot a pair, and the mean with its interval.

    Parameters
    ----------
    runs : DataFrame
        With columns scenario, seed and the outcomes.
    names : mapping
        What the figure calls each scenario, by label; the first is the base.
    currency : str
    outcomes : sequence of str
        One panel each.
    rule : Rule
        How often, and at how many scenarios, one looked.
    """
    base, *others = names
    figure, panels = canvas(len(outcomes), 1.9 + 1.35 * len(others))
    tables = {k: runs[runs["scenario"] == k].set_index("seed") for k in names}
    for axes, outcome in zip(panels, outcomes, strict=True):
        axes.axvline(0, color=INK, lw=1.2, zorder=1)
        answers = []
        for row, label in enumerate(others):
            pair = pd.DataFrame({k: tables[k][outcome] for k in (base, label)})
            found = difference(label, outcome, *pair.to_numpy(float).T, rule=rule)
            gaps = (pair[label] - pair[base]).to_numpy(float)
            _dots(axes, row, gaps, colours(list(names))[label])
            _bar(axes, row, (found.difference, found.low, found.high))
            answers.append(found)
        axes.margins(x=0.12)
        for row, found in enumerate(answers):
            _answer(axes, row, found)
        axes.set_title(outcome_title(outcome, currency), weight="bold", pad=16)
        axes.set_ylim(len(others) - 0.45, -0.62)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.xaxis.set_major_formatter(FuncFormatter(signed))
        axes.xaxis.set_major_locator(MaxNLocator(4))
    for row, label in enumerate(others):
        panels[0].annotate(
            folded(names[label], 22),
            (0, row),
            xycoords=("axes fraction", "data"),
            xytext=(-14, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            color=colours(list(names))[label],
            weight="bold",
        )
    n_pairs = len(tables[base])
    entitle(
        figure,
        f"What each choice changes against {names[base]}",
        f"A dot is one of {n_pairs} paired worlds. Bar: mean with its 95 % interval.",
    )
    return figure


def true_and_measured_nps(weekly: pd.DataFrame, names: Names) -> Figure:
    """Return what customers think beside what the firm's survey shows.

    Parameters
    ----------
    weekly : DataFrame
        With columns scenario, seed, week, true_nps and measured_nps.
    names : mapping
        What the figure calls each scenario, by label, in order.
    """
    figure, panels = canvas(len(names), share_y=True)
    for axes, label in zip(panels, names, strict=True):
        colour = colours(list(names))[label]
        true = _by_week(weekly, label, "true_nps")
        measured = _by_week(weekly, label, "measured_nps")
        weeks = true.index.to_numpy(float)
        for table, dash in ((measured, (0, (4, 2))), (true, "-")):
            low, high = table.quantile(0.25, axis=1), table.quantile(0.75, axis=1)
            axes.fill_between(weeks, low, high, color=colour, alpha=0.2, lw=0)
            axes.plot(weeks, table.mean(axis=1), color=colour, linestyle=dash)
        gap = interval((measured - true).to_numpy(float)[-LAST_WEEKS:].ravel()).mean
        axes.set_title(folded(names[label], 26), weight="bold", color=colour)
        weeks_below(axes)
        _name_lines(axes, measured.mean(axis=1), true.mean(axis=1), gap)
    panels[0].set_ylabel("Net Promoter Score, points")
    n_runs = weekly.groupby("scenario")["seed"].nunique().max()
    entitle(
        figure,
        "What the firm measures is not what customers think",
        f"Lines: means of {n_runs} runs. Bands: half of the runs.",
    )
    return figure


def return_against_cost(
    cost: pd.DataFrame,
    npv: pd.DataFrame,
    names: Names,
    currency: str,
    error: float = ONCE.error,
) -> Figure:
    """Return what each choice earns against what it costs more than the base.

    Parameters
    ----------
    cost, npv : DataFrame
        Discounted cost of the levers, and NPV: seeds down, scenarios across.
    names : mapping
        What the figure calls each scenario, by label; the first is the base.
    currency : str
    error : float
        Chance that one interval misses.
    """
    base, *others = names
    figure, (axes,) = canvas(1)
    axes.axhline(0, color=INK, lw=1.2, zorder=1)
    ends: dict[str, tuple[float, str]] = {}
    for label in others:
        colour = colours(list(names))[label]
        pairs = (
            (cost[label] - cost[base]).to_numpy(float),
            (npv[label] - npv[base]).to_numpy(float),
        )
        spent, earned = (interval(values, error) for values in pairs)
        axes.scatter(*pairs, s=26, color=colour, alpha=0.35, lw=0)
        axes.plot([spent.mean] * 2, [earned.low, earned.high], color=colour, lw=3)
        axes.plot([spent.low, spent.high], [earned.mean] * 2, color=colour, lw=3)
        axes.plot(spent.mean, earned.mean, "o", color="white", mec=colour, mew=2, ms=9)
        ends[names[label]] = earned.mean, colour
    axes.margins(x=0.08, y=0.12)
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, 0.0), high)
    label_ends(axes, ends)
    axes.grid(axis="y", color=FAINT, lw=0.8)
    axes.set_axisbelow(True)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(signed))
    axes.set_xlabel(f"spent on levers beyond {names[base]}, {currency}, discounted")
    axes.set_ylabel(f"difference in NPV, {currency}")
    entitle(
        figure,
        "What is earned against what is spent",
        f"A dot is one of {len(npv)} paired worlds. Rings: means; crosses: 95 % "
        "intervals. Above the line it pays, all costs taken off.",
    )
    return figure


def touchpoint_dumbbells(gaps: pd.DataFrame, names: Names) -> Figure:
    """Return what people expected and experienced at each touchpoint.

    Parameters
    ----------
    gaps : DataFrame
        With columns scenario, touchpoint, expectation, experience and gap, in shares.
    names : mapping
        What the figure calls each scenario, by label, in order.
    """
    tables = {k: gaps[gaps["scenario"] == k] for k in names}
    places = list(gaps["touchpoint"].unique())
    figure, panels = canvas(len(names), 2.2 + 0.62 * len(places), share_y=True)
    for axes, label in zip(panels, names, strict=True):
        colour = colours(list(names))[label]
        for _, each in tables[label].dropna(subset="gap").iterrows():
            row = places.index(each["touchpoint"])
            expected, lived = 100 * each["expectation"], 100 * each["experience"]
            axes.plot([expected, lived], [row, row], color=colour, lw=3, alpha=0.45)
            axes.plot(expected, row, "o", color="white", mec=colour, mew=2, ms=9)
            axes.plot(lived, row, "o", color=colour, ms=9)
            axes.annotate(
                signed(round(float(lived - expected), 1), None),
                ((expected + lived) / 2, row),
                xytext=(0, 9),
                textcoords="offset points",
                ha="center",
                weight="bold",
                color=colour,
            )
        axes.set_title(folded(names[label], 22), weight="bold", color=colour, pad=10)
    limits = [axes.get_xlim() for axes in panels]
    low, high = min(x for x, _ in limits), max(x for _, x in limits)
    room = 0.12 * (high - low)
    for axes in panels:
        axes.set_xlim(low - room, high + room)
        axes.set_ylim(len(places) - 0.4, -0.8)
        axes.set_yticks(range(len(places)), places)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x", color=FAINT, lw=0.8)
        axes.set_axisbelow(True)
        axes.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
        axes.set_xlabel("quality, points of 100")
    entitle(
        figure,
        "What was expected, and what was lived",
        "Ring: mean expectation before the episode. Dot: mean experience. Number: the "
        "gap, in points of 100.",
    )
    return figure


# Parts


def marks_of(scenarios: Mapping[str, Scenario]) -> list[tuple[str, float, float]]:
    """Return what befalls the firm and when levers begin, each once, to be marked.

    Levers of week 0, and all that happens after the last week, need no mark.
    """
    found: dict[tuple[str, float, float], int] = {}
    for scenario in scenarios.values():
        for shock in scenario.shocks:
            end = shock.from_week + shock.lasts_weeks
            found[shock.name, shock.from_week, end] = scenario.clock.weeks
        for lever in scenario.levers:
            if lever.from_week > 0:
                begins = f"{lever.name.replace('_', ' ')} begins"
                key = begins, lever.from_week, lever.from_week
                found[key] = scenario.clock.weeks
    return sorted(
        (key for key, end in found.items() if key[1] < end), key=itemgetter(1)
    )


def _mark(axes: Axes, marks: Marks) -> None:
    """Shade what lasts, draw a line where something begins, and name the first."""
    low, high = axes.get_xlim()
    for row, (words, begins, ends) in enumerate(marks):
        if ends > begins:
            axes.axvspan(begins, min(ends, high), color=QUIET, alpha=0.18, lw=0)
        else:
            axes.axvline(begins, color=QUIET, lw=1, linestyle=(0, (2, 2)))
        if row >= MOST_MARKS:
            continue
        is_late = begins > (low + high) / 2
        axes.annotate(
            words,
            (begins, 1),
            xycoords=("data", "axes fraction"),
            xytext=(-4 if is_late else 4, -2 - MARK_HEIGHT * row),
            textcoords="offset points",
            ha="right" if is_late else "left",
            va="top",
            size=10,
            color=QUIET,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )


def _by_week(weekly: pd.DataFrame, label: str, metric: str) -> pd.DataFrame:
    """Return a metric of one scenario: weeks down, seeds across."""
    rows = weekly[weekly["scenario"] == label]
    return rows.pivot(index="week", columns="seed", values=metric)


def _title(about: Metric) -> str:
    return capitalised(called(about.name))


def _name_lines(
    axes: Axes, measured: "pd.Series[float]", true: "pd.Series[float]", gap: float
) -> None:
    """Name both lines, and the distance between them at the end."""
    week = float(measured.index[len(measured) // 2])
    for line, text, va, shift in (
        (measured, "measured", "bottom", 9),
        (true, "true", "top", -9),
    ):
        near = line.iloc[max(0, len(line) // 2 - 8) : len(line) // 2 + 8]
        y = float(near.max() if va == "bottom" else near.min())
        axes.annotate(
            text,
            (week, y),
            xytext=(0, shift),
            textcoords="offset points",
            ha="center",
            va=va,
        )
    if not np.isfinite(gap):
        return
    end = float(measured.index[-1])
    tail = measured.iloc[-LAST_WEEKS:].mean(), true.iloc[-LAST_WEEKS:].mean()
    axes.annotate(
        "",
        (end, tail[0]),
        (end, tail[1]),
        arrowprops={"arrowstyle": "<->", "color": INK, "lw": 1.2, "shrinkA": 0},
    )
    axes.annotate(
        f"blind spot\n{number(gap)} points",
        (end, sum(tail) / 2),
        xytext=(-8, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        weight="bold",
        bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1},
    )


def _dots(axes: Axes, row: int, gaps: Array, colour: str) -> None:
    """Draw a dot a pair, spread so that neighbours can be told apart."""
    rank = np.argsort(np.argsort(gaps))
    spread = ((rank * 0.618034) % 1 - 0.5) * 0.26
    axes.scatter(gaps, row + spread + 0.08, s=26, color=colour, alpha=0.5, lw=0)


def _bar(axes: Axes, row: int, found: tuple[float, float, float]) -> None:
    mean, low, high = found
    axes.plot([low, high], [row - 0.22] * 2, color=INK, lw=5, solid_capstyle="butt")
    axes.plot(mean, row - 0.22, "o", color="white", mec=INK, mew=2, ms=9, zorder=4)


def _answer(axes: Axes, row: int, found: Difference) -> None:
    """Write a difference above its bar, within the panel."""
    text = change_text(found, OUTCOME_BY_NAME[found.outcome])
    is_sure = found.is_conclusive or found.is_equal
    low, high = axes.get_xlim()
    place = (found.difference - low) / (high - low)
    align, at = "center", place
    if not EDGE < place < 1 - EDGE:
        align, at = ("left", 0.0) if place <= EDGE else ("right", 1.0)
    note = axes.annotate(
        text if is_sure else f"{text}: can be luck",
        (at, row - 0.36),
        xycoords=("axes fraction", "data"),
        ha=align,
        weight="bold" if is_sure else "normal",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 2},
        annotation_clip=False,
    )
    note.set_in_layout(False)


# On disk


def draw_comparison(found: Comparison) -> list[str]:
    """Draw the figures of a comparison into its study; return the paths."""
    study, names = found.study, names_of(found.study)
    marks = marks_of(study.scenarios)
    lines = ledger(study.weekly, study.scenarios)
    cost, npv = (
        lines.pivot(index="seed", columns="scenario", values=line)
        for line in ("cost_levers", "npv")
    )
    with style():
        return save_all(
            study.folder,
            {
                "decision": decision_dots(
                    study.runs, names, found.currency, ("active", "npv"), found.rule
                ),
                "customers_difference": weekly_differences(
                    study.weekly, "active", names, found.rule.error, marks
                ),
                "true_nps_difference": weekly_differences(
                    study.weekly, "true_nps", names, found.rule.error, marks
                ),
                "customers": weekly_bands(study.weekly, "active", names),
                "true_and_measured_nps": true_and_measured_nps(study.weekly, names),
                "return_against_cost": return_against_cost(
                    cost, npv, names, found.currency, found.rule.error
                ),
                "touchpoint_gaps": _gaps(study, names),
            },
        )


def draw_study(study: Study) -> list[str]:
    """Draw the figures of a single scenario into its study; return the paths."""
    names = names_of(study)
    with style():
        return save_all(
            study.folder,
            {
                "customers": weekly_bands(study.weekly, "active", names),
                "churn": weekly_bands(study.weekly, "churn", names),
                "true_and_measured_nps": true_and_measured_nps(study.weekly, names),
                "touchpoint_gaps": _gaps(study, names),
            },
        )


def _gaps(study: Study, names: Names) -> Figure:
    gaps = touchpoint_gaps(study.weekly, study.scenarios)
    return touchpoint_dumbbells(gaps, names)


def names_of(study: Study) -> dict[str, str]:
    """Return what figures call each scenario: its name, or its label if shared."""
    names = [scenario.name for scenario in study.scenarios.values()]
    return {
        label: label if names.count(scenario.name) > 1 else scenario.name
        for label, scenario in study.scenarios.items()
    }
