"""Figures: what they show is in their artists, and nothing overlaps."""

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib import colors
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation

from analysis.differences import outcome_title
from analysis.figures import canvas
from analysis.figures import decision as figures
from simulation.scenario import load

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


@pytest.fixture
def gaps():
    """What was expected and lived at four touchpoints; one of them nobody met."""
    rows = [
        (label, place, expected, lived, lived - expected)
        for shift, label in enumerate(NAMES)
        for place, expected, lived in (
            ("information", 0.79 - shift / 100, 0.79),
            ("purchase", 0.80, 0.81),
            ("use", 0.83, 0.80),
            ("billing", np.nan, np.nan),
        )
    ]
    columns = ["scenario", "touchpoint", "expectation", "experience", "gap"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture
def sums():
    """Cost and NPV by seed: calls cost 5,000 and lose, honesty is free and earns."""
    rng = np.random.default_rng(2)
    luck = rng.normal(0, 500, (12, 3))
    cost = pd.DataFrame([[0, 5000, 0]] * 12, columns=list(NAMES)) + 0.0
    cost["calls"] += luck[:, 0] / 5
    npv = pd.DataFrame(luck + np.array([0, -1500, 800]), columns=list(NAMES))
    return cost, npv


def drawn(draw, *arguments):
    with canvas.style():
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


def all_of_them(weekly, runs, gaps, sums):
    return {
        "bands": (figures.weekly_bands, weekly, "active", NAMES),
        "differences": (figures.weekly_differences, weekly, "active", NAMES),
        "dots": (figures.decision_dots, runs, NAMES, "EUR", ("active", "npv")),
        "nps": (figures.true_and_measured_nps, weekly, NAMES),
        "gaps": (figures.touchpoint_dumbbells, gaps, NAMES),
        "return": (figures.return_against_cost, *sums, NAMES, "EUR"),
    }


WHICH = ["bands", "differences", "dots", "nps", "gaps", "return"]


@pytest.mark.parametrize("which", WHICH)
def test_labels_keep_clear_of_each_other_and_of_the_edge(
    which, weekly, runs, gaps, sums
):
    figure = drawn(*all_of_them(weekly, runs, gaps, sums)[which])
    renderer = figure.canvas.get_renderer()
    boxes = [(a.get_text(), a.get_window_extent(renderer)) for a in words(figure)]
    for name, box in boxes:
        assert box.x0 >= -1, name
        assert box.x1 <= figure.bbox.x1 + 1, name
    for (one, box), (two, other) in itertools.combinations(boxes, 2):
        inner = box.padded(-1)
        assert not inner.overlaps(other.padded(-1)), (one, two)


def test_a_long_title_and_what_is_below_stay_within_the_figure():
    def titled():
        figure, _ = canvas.canvas(1)
        long = "What matters most for the change in customers by " * 2
        canvas.entitle(figure, long, "Bar: a share. Pale: can be nothing. " * 4)
        return figure

    figure = drawn(titled)
    renderer = figure.canvas.get_renderer()
    for text in words(figure):
        assert text.get_window_extent(renderer).x1 <= figure.bbox.x1, text


def test_differences_show_zero_and_end_where_the_data_end(weekly):
    figure = drawn(figures.weekly_differences, weekly, "active", NAMES)
    lines = figure.axes[0].lines
    assert np.all(np.asarray(lines[0].get_ydata()) == 0)
    table = weekly.pivot_table(index=["seed", "week"], columns="scenario")["active"]
    gap = (table["honest"] - table["baseline"]).groupby("week").mean()
    assert lines[2].get_ydata() == pytest.approx(gap.to_numpy())


def test_shocks_and_what_begins_later_are_marked_where_they_are(weekly):
    """A lever of week 0 needs no mark, and one past the end never acts."""
    lever = "levers=[{follow_up: {from_week: %s}}]"
    worlds = {str(week): load("baseline", [lever % week]) for week in (0, 2, 300)}
    marks = figures.marks_of(worlds | {"outage": load("outage")})
    assert marks == [("follow up begins", 2, 2), ("outage", 26, 28)]
    near = [("follow up begins", 1, 1), ("outage", 2, 3)]
    figure = drawn(figures.weekly_differences, weekly, "active", NAMES, 0.05, near)
    named = {each.get_text(): each for each in words(figure)}
    assert named["outage"].xy[0] == 2
    renderer = figure.canvas.get_renderer()
    one, two = (named[k].get_window_extent(renderer) for k, _, _ in near)
    assert not one.overlaps(two)


def test_the_answer_is_written_beside_its_bar(runs):
    figure = drawn(figures.decision_dots, runs, NAMES, "EUR", ("active", "npv"))
    texts = [t.get_text() for t in figure.findobj(Annotation)]
    assert sum("(" in text for text in texts) == 4
    assert "12 paired worlds" in figure.get_supxlabel()
    titles = [axes.get_title("left") for axes in figure.axes]
    assert titles == [outcome_title(name, "EUR") for name in ("active", "npv")]


def test_a_difference_that_can_be_luck_says_so(runs):
    rng = np.random.default_rng(5)
    same = runs.assign(npv=rng.normal(0, 1000, len(runs)))
    figure = drawn(figures.decision_dots, same, NAMES, "EUR", ("npv",))
    assert "can be luck" in " ".join(t.get_text() for t in words(figure))


def test_a_scenario_has_one_colour_everywhere(weekly, runs, gaps, sums):
    wanted = canvas.colours(list(NAMES))["calls"]
    for draw, *arguments in all_of_them(weekly, runs, gaps, sums).values():
        figure = drawn(draw, *arguments)
        named = [t for t in words(figure) if t.get_text().startswith("Follow up")]
        assert {colors.to_hex(t.get_color()) for t in named} == {wanted}


def test_each_gap_is_drawn_between_what_was_expected_and_lived(gaps):
    figure = drawn(figures.touchpoint_dumbbells, gaps, NAMES)
    assert len(figure.axes) == len(NAMES)
    for axes, label in zip(figure.axes, NAMES, strict=True):
        mine = gaps[(gaps["scenario"] == label) & gaps["gap"].notna()]
        ends = [line.get_xdata() for line in axes.lines if len(line.get_xdata()) == 2]
        wanted = 100 * mine[["expectation", "experience"]].to_numpy()
        assert np.array(ends) == pytest.approx(wanted)
    places = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert places == ["information", "purchase", "use", "billing"]


def test_what_is_earned_stands_above_what_is_spent(sums):
    cost, npv = sums
    figure = drawn(figures.return_against_cost, cost, npv, NAMES, "EUR")
    (axes,) = figure.axes
    dots = np.asarray(axes.collections[0].get_offsets())
    wanted = (cost["calls"] - cost["baseline"], npv["calls"] - npv["baseline"])
    assert dots == pytest.approx(np.array(wanted).T)
    assert axes.get_xlim()[0] <= 0
    assert "12 paired worlds" in figure.get_supxlabel()


def test_a_name_is_text_and_no_formula(weekly):
    """Dollars in a name are dollars."""
    names = {**NAMES, "calls": "Pay $5 or $\\frac{$ more"}
    figure = drawn(figures.weekly_bands, weekly, "active", names)
    assert any("$5" in text.get_text() for text in words(figure))


def test_colours_stand_out_from_white():
    """At least 3 to 1, as large text needs."""
    for colour in canvas.COLOURS:
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
