"""Figures of single customers: they draw, and say what the tables say."""

import dataclasses

import numpy as np
import pytest

from analysis import attribute
from analysis.attribution import PATHS
from analysis.figures.canvas import style
from analysis.figures.customers import draw_story, flow, life_lines
from simulation.core.columns import Stage
from simulation.model import PerceptionModel
from simulation.scenario import load
from simulation.story import life, without_levers

SMALL = ("market.customers=300", "clock.weeks=20", "clock.warmup_weeks=4")


@pytest.fixture(scope="module")
def lives():
    settings = load("follow_up", SMALL)
    name = str(PerceptionModel(settings, seed=1).people.traits.id[0])
    return [life(each, name, seed=1) for each in (settings, without_levers(settings))]


def texts(figure):
    figure.canvas.draw()
    return {text.get_text() for axes in figure.axes for text in axes.texts}


@pytest.mark.parametrize("other", ["service_improvement", "baseline"])
def test_flow_shows_the_parts(other):
    """Also where nothing differs."""
    found = attribute("baseline", other, pairs=2, overrides=SMALL, jobs=1)
    (label,) = found.labels
    with style():
        figure = flow(found, label, {"baseline": "Baseline", label: "The other"})
        said = texts(figure)
    whole = found.effects[found.effects["path"] == ""].set_index("part")["mean"]
    mean = round(float(whole["total"]), 1)
    assert (f"+{mean:.1f}" if mean > 0 else "0") in said
    assert "saved or won →" in said


def test_a_bar_that_is_seen_has_a_count_that_is_not_nothing():
    found = attribute("baseline", "service_improvement", pairs=2, overrides=SMALL)
    (label,) = found.labels
    rare = found.flows.assign(mean=0.03, path=PATHS[0])
    found = dataclasses.replace(found, flows=rare.drop_duplicates(["change", "reason"]))
    with style():
        figure = flow(found, label, {"baseline": "Baseline", label: "The other"})
        figure.canvas.draw()
    counts = {text.get_text() for text in figure.axes[0].texts}
    assert "+0.03" in counts
    assert "0" not in counts


def test_life_is_drawn_beside_its_twin(lives, tmp_path):
    with style():
        figure = life_lines(lives)
        assert len(figure.axes) == 2
        assert {"perception", "trust", "expectation"} <= texts(figure)
        for axes, each in zip(figure.axes, lives, strict=True):
            assert axes.get_xlim() == (0, len(each.chapters))
            weeks, values = axes.lines[0].get_data()
            assert (weeks[0], weeks[-1]) == axes.get_xlim()
            assert values[0] == 100 * each.start.perception
            assert values[-1] == 100 * each.chapters[-1].perception
        assert len(life_lines(lives[:1]).axes) == 1
        rows = {text.get_text() for text in figure.axes[0].get_yticklabels()}
        assert {"joined", "left"} <= rows
        assert "rejected" not in rows
    path = draw_story(lives, tmp_path)
    assert path.endswith(".png")
    assert len(list((tmp_path / "figures").iterdir())) == 2


def test_who_decides_against_the_firm_for_good_has_a_mark():
    settings = load("bad_news", ["market.customers=90", "clock.weeks=60"])
    model = PerceptionModel(settings, seed=1).run()
    (row, *_) = np.flatnonzero(model.people.relation.stage == Stage.REJECTER)
    lived = life(settings, str(model.people.traits.id[row]), seed=1)
    (week,) = (
        chapter.week
        for chapter in lived.chapters
        for event in chapter.events
        if event.kind == "rejected"
    )
    with style():
        (axes,) = life_lines([lived]).axes
    names = [text.get_text() for text in axes.get_yticklabels()]
    y = axes.get_yticks()[names.index("rejected")]
    marked = [tuple(at) for each in axes.collections for at in each.get_offsets()]
    assert (week, y) in marked
