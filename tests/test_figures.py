"""Figures: what they show is in their artists, and nothing overlaps."""

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib import colors
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation

from analysis import figures

NAMES = {
    "baseline": "Baseline",
    "calls": "Follow up after every bad experience",
    "honest": "Promise what customers report",
}
WEEKS = np.arange(30)


@pytest.fixture
def weekly():
    rng = np.random.default_rng(1)
    tables = []
    for seed, luck in enumerate(rng.normal(0, 10, 12)):
        for gain, label in enumerate(NAMES):
            active = 900 + luck - WEEKS + gain * WEEKS / 10 + rng.normal(0, 1, 30)
            true = 20 + rng.normal(0, 1, 30)
            values = {"active": active, "true_nps": true, "measured_nps": true + 15}
            tables.append(
                pd.DataFrame({"scenario": label, "seed": seed, "week": WEEKS, **values})
            )
    return pd.concat(tables, ignore_index=True)


@pytest.fixture
def runs(weekly):
    last = weekly[weekly["week"] == WEEKS[-1]]
    return last.assign(npv=1000 * last["active"])


def drawn(draw, *arguments):
    with figures.style():
        figure = draw(*arguments)
        FigureCanvasAgg(figure).draw()
    return figure


def words(figure):
    """Every text that is drawn; ticks beyond the ends of an axis are not."""
    found = figure.findobj(lambda artist: hasattr(artist, "get_text"))
    unseen = set()
    for axis in (a for axes in figure.axes for a in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
        unseen |= {t.label1 for t in ticks if not low <= t.get_loc() <= high}
    return [
        a for a in found if a not in unseen and a.get_visible() and a.get_text().strip()
    ]


def all_of_them(weekly, runs):
    return {
        "bands": (figures.weekly_bands, weekly, "active", NAMES),
        "differences": (figures.weekly_differences, weekly, "active", NAMES),
        "dots": (figures.decision_dots, runs, NAMES, "EUR", ("active", "npv")),
        "nps": (figures.true_and_measured_nps, weekly, NAMES),
    }


@pytest.mark.parametrize("which", ["bands", "differences", "dots", "nps"])
def test_labels_keep_clear_of_each_other_and_of_the_edge(which, weekly, runs):
    figure = drawn(*all_of_them(weekly, runs)[which])
    renderer = figure.canvas.get_renderer()
    boxes = [(a.get_text(), a.get_window_extent(renderer)) for a in words(figure)]
    for name, box in boxes:
        assert box.x0 >= -1, name
        assert box.x1 <= figure.bbox.x1 + 1, name
    for (one, box), (two, other) in itertools.combinations(boxes, 2):
        inner = box.padded(-1)
        assert not inner.overlaps(other.padded(-1)), (one, two)


def test_differences_show_zero_and_end_where_the_data_end(weekly):
    figure = drawn(figures.weekly_differences, weekly, "active", NAMES)
    lines = figure.axes[0].lines
    assert np.all(np.asarray(lines[0].get_ydata()) == 0)
    table = weekly.pivot_table(index=["seed", "week"], columns="scenario")["active"]
    gap = (table["honest"] - table["baseline"]).groupby("week").mean()
    assert lines[2].get_ydata() == pytest.approx(gap.to_numpy())


def test_the_answer_is_written_beside_its_bar(runs):
    figure = drawn(figures.decision_dots, runs, NAMES, "EUR", ("active", "npv"))
    texts = [t.get_text() for t in figure.findobj(Annotation)]
    assert sum("(" in text for text in texts) == 4
    assert "12 paired worlds" in figure.get_supxlabel()


def test_a_difference_that_can_be_luck_says_so(runs):
    rng = np.random.default_rng(5)
    same = runs.assign(npv=rng.normal(0, 1000, len(runs)))
    figure = drawn(figures.decision_dots, same, NAMES, "EUR", ("npv",))
    assert "can be luck" in " ".join(t.get_text() for t in words(figure))


def test_a_scenario_has_one_colour_everywhere(weekly, runs):
    wanted = figures.colours(list(NAMES))["calls"]
    for draw, *arguments in all_of_them(weekly, runs).values():
        figure = drawn(draw, *arguments)
        named = [t for t in words(figure) if t.get_text().startswith("Follow up")]
        assert {colors.to_hex(t.get_color()) for t in named} == {wanted}


def test_colours_stand_out_from_white():
    """At least 3 to 1, as large text needs."""
    for colour in figures.COLOURS:
        red, green, blue = (
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in colors.to_rgb(colour)
        )
        luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
        assert 1.05 / (luminance + 0.05) >= 3, colour


def test_one_run_and_missing_values_are_drawn(weekly, runs):
    alone = weekly[weekly["seed"] == 0].assign(measured_nps=np.nan)
    drawn(figures.weekly_bands, alone, "active", NAMES)
    drawn(figures.weekly_differences, alone, "active", NAMES)
    drawn(figures.true_and_measured_nps, alone, NAMES)
    one = runs[runs["seed"] == 0]
    drawn(figures.decision_dots, one, NAMES, "EUR", ("active", "npv"))
