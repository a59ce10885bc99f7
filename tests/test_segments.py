"""Per thousand customers and by segment, as numbers and as a person reads them.

The numbers are in `analysis/segments.py`, the table in `analysis/tables/segments.py`.
"""

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from analysis.comparison import compare
from analysis.design import crossed, seeds
from analysis.report.computed import computed
from analysis.request import Request
from analysis.segments import per_thousand
from analysis.study import make
from analysis.tables.segments import thousand_tables
from analysis.terminal import NARROW, PER_TABLE, printed
from simulation.scenario import load

SMALL = ["market.customers=300", "clock.weeks=12", "clock.warmup_weeks=4"]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    out = tmp_path_factory.mktemp("segments") / "small"
    names = ("baseline", "break_silos", "follow_up")
    return compare(*names, pairs=6, overrides=SMALL, out=out, jobs=1)


def row_of(found, label, outcome, segment=""):
    return found.of_thousand(label)[outcome, segment]


def test_each_world_is_divided_by_the_customers_it_began_with(found):
    weekly = found.study.weekly
    first = weekly[weekly["week"] == 0].set_index(["scenario", "seed"])
    began = first["active"] + first["left"] - first["joined"] - first["returned"]
    runs = found.study.runs.set_index(["scenario", "seed"])
    base = found.base
    for name in ("active", "lever_cost", "npv"):
        each = 1000 * runs[name] / began
        for label in found.study.labels:
            row = row_of(found, label, name)
            assert row.mean == pytest.approx(each[label].mean())
            apart = (each[label] - each[base]).mean()
            assert row.difference == pytest.approx(apart, abs=1e-9)


def test_the_first_week_begins_where_retention_begins(found):
    """Who never left, over all of the start: the model's own count of the start."""
    weekly = found.study.weekly
    first = weekly[weekly["week"] == 0]
    began = first["active"] + first["left"] - first["joined"] - first["returned"]
    stayed = first["retention"] * began
    assert np.allclose(stayed, stayed.round(), atol=1e-6)
    assert (stayed <= first["active"]).all()


def test_segments_add_up_to_the_whole(found):
    for label in found.study.labels:
        parts = [row_of(found, label, "active", k) for k in ("regular", "key")]
        whole = row_of(found, label, "active")
        assert sum(part.mean for part in parts) == pytest.approx(whole.mean)
        apart = sum(part.difference for part in parts)
        assert apart == pytest.approx(whole.difference, abs=1e-9)


def test_a_single_segment_has_no_row_of_its_own():
    scenario = load("baseline", SMALL)
    (segment, *_) = scenario.market.segments
    alone = segment.model_copy(update={"share": 1.0})
    market = scenario.market.model_copy(update={"segments": (alone,)})
    scenarios = {"one": scenario.model_copy(update={"market": market})}
    rows = {"scenario": ["one"], "seed": [1], "active": [90.0]}
    runs = pd.DataFrame({**rows, "lever_cost": [0.0], "npv": [5.0]})
    flows = {"week": [0], "left": [10], "joined": [0], "returned": [0]}
    table = per_thousand(runs, pd.DataFrame({**rows, **flows}), scenarios)
    assert set(table["segment"]) == {""}
    assert table["mean"].tolist() == [900, 0, 50]


def test_the_table_fits_and_says_what_does_not_grow_with_the_firm(found):
    names = {label: label for label in found.study.labels}
    (table,) = thousand_tables(found, names, PER_TABLE)
    assert [row[0] for row in table.rows] == [
        "Customers at the end",
        "… regular",
        "… key",
        "Spent on levers, EUR",
        "NPV, EUR",
    ]
    assert Console(width=10 * NARROW).measure(printed(table)).maximum <= NARROW
    assert "break_silos.cost_once" in table.note
    assert "300 people" in table.note
    assert len(thousand_tables(found, names, 1)) == 2


def test_a_customers_file_says_how_many_people_there_are(crowd, tmp_path):
    """In the tables, the report and the test of assumptions; whatever is drawn else."""
    overrides = [*SMALL, crowd(40)]
    names = {"baseline": "As it is", "break_silos": "Tied up"}
    out = tmp_path / "own"
    found = compare(*names, pairs=2, overrides=overrides, out=out, jobs=1)
    assert [found.study.people(label) for label in names] == [40, 40]
    (table,) = thousand_tables(found, names, PER_TABLE)
    assert "a market of 40 people" in table.note
    assert "began with, 40 in the mean" in table.note
    facts = dict(computed(found.study).tables[0].rows)
    assert facts["World"].startswith("40 people of people.csv, small world network")
    tested = found.tested(draws=1, jobs=1).robustness
    assert tested.about["customers"] == 40


def test_who_is_in_a_customers_file_is_not_known_without_weeks(crowd, tmp_path):
    own = {"own": load("baseline", [*SMALL, crowd(40)])}
    how = {"out": tmp_path / "own", "jobs": 1}
    plan = crossed(["own"], seeds(1))
    study = make(Request("run", own, plan, how, keeps_weeks=False))
    assert study.people("own") is None
    facts = dict(computed(study).tables[0].rows)
    assert facts["World"].startswith("people of people.csv, small world")
