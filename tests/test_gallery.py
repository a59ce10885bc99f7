"""The gallery is complete, small, and shows what the code of today would."""

import json
import re
from functools import cache

import pandas as pd
import pytest

from analysis import gallery
from analysis.outcomes import OUTCOME_BY_NAME
from analysis.report import page as report
from simulation.model import PerceptionModel
from simulation.scenario import load, shipped

FOLDER = gallery.FOLDER
LARGEST = 3_000_000
NEAR = 0.02
"""Share by which a first world may differ from what the gallery recorded."""
REDRAW = "the gallery is out of date: make gallery"
FILES = {"README.md", "manifest.json", "report.html", "questions.csv"}
FILES |= {"differences.csv", "money.csv"}


@cache
def questions():
    return pd.read_csv(FOLDER / "questions.csv").set_index("scenario")


def test_it_is_small_and_holds_no_runs():
    files = [path for path in FOLDER.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < LARGEST
    assert not [path for path in files if path.suffix == ".parquet"]
    assert {path.name for path in FOLDER.iterdir()} == FILES | {"figures", "studio"}


def test_no_figure_is_missing():
    """Every figure that the report shows is there, and those the pages link."""
    drawn = {path.name for path in (FOLDER / "figures").iterdir()}
    flows = {f"flow_{label}.svg" for label in gallery.DEMO}
    assert drawn >= flows | {"decision.svg", "customers_difference.svg"}
    assert drawn >= {"return_against_cost.svg", "touchpoint_gaps.svg"}
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert (FOLDER / link).exists(), link
    page = (FOLDER / report.NAME).read_text(encoding="utf-8")
    assert page.count("<svg ") == len(drawn)


def test_every_question_that_promises_is_there_and_keeps_it():
    promising = {name for name in shipped() if load(name).promise is not None}
    assert set(questions().index) == promising, REDRAW
    assert questions()["is_kept"].all()
    assert (questions()["n_pairs"] >= 30).all()


@pytest.mark.parametrize(
    "name", [name for name in shipped() if load(name).promise is not None]
)
def test_a_question_is_the_one_that_is_shipped(name):
    scenario, row = load(name), questions().loc[name]
    told = gallery.told(load(scenario.promise.against), scenario)
    assert row["differs"] == told, REDRAW
    assert row["question"] == scenario.question, REDRAW
    assert row["outcome"] == scenario.promise.outcome, REDRAW
    assert row["promised"] == scenario.promise.direction, REDRAW


@pytest.mark.parametrize("name", ["follow_up", "overselling", "service_improvement"])
def test_the_first_world_comes_out_as_recorded(name):
    scenario, row = load(name), questions().loc[name]
    columns = PerceptionModel(scenario, seed=1).run().weekly()
    years = scenario.clock.weeks * 7 / 365.25
    value = OUTCOME_BY_NAME[row["outcome"]].formula(columns, years)
    assert value == pytest.approx(row["first"], rel=NEAR), REDRAW


def test_the_demo_is_the_one_of_today():
    about = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    assert about["status"] == "complete"
    assert list(about["scenarios"]) == [gallery.BASE, *gallery.DEMO], REDRAW
    page = (FOLDER / report.NAME).read_text(encoding="utf-8")
    for name in gallery.DEMO:
        assert load(name).name in page, REDRAW
        assert load(name).question in page, REDRAW
