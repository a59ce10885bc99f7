"""Studies on disk: `analysis/archive.py`, and `analysis/commands/shelf.py` typed."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from analysis import InputError, run
from analysis.archive import holdings, opened, verify
from analysis.cli import app
from analysis.design import Design, crossed, seeds
from analysis.request import Request
from analysis.study import make
from simulation.scenario import load

SMALL = (
    "market.customers=200",
    "clock.weeks=8",
    "clock.warmup_weeks=4",
    "leaving.frailty_shape=.inf",
)


@pytest.fixture
def study(tmp_path):
    design = Design(("trust.gain",), np.array([[0.02], [0.1]]))
    scenarios = {"x": load("follow_up", SMALL)}
    plan = crossed(["x"], seeds(2), 2)
    folder = tmp_path / "results" / "mine"
    how = {"jobs": 1, "out": folder}
    return make(Request("test", scenarios, plan, how, design=design))


def spoil(folder):
    (part,) = (folder / "runs.parquet").glob("*.parquet")
    table = pd.read_parquet(part)
    table.loc[table["run"] == 2, "active"] += 1
    table.to_parquet(part)


def test_a_study_opens_as_it_was_made(study):
    again = opened(study.folder)
    assert again.scenarios == study.scenarios
    pd.testing.assert_frame_equal(again.runs, study.runs)
    assert again.design["trust.gain"].tolist() == [0.02, 0.1]


def test_verify_lives_runs_again_to_the_last_bit(study):
    found = verify(study.folder, 4)
    assert found.is_good
    assert found.is_same_code
    assert found.table["run"].tolist() == [0, 1, 2, 3]
    spoil(study.folder)
    found = verify(study.folder, 4)
    assert found.table["is_same"].tolist() == [True, True, False, True]
    assert found.table["differs"][2] == "active"


def test_verify_says_so_and_exits(study):
    good = CliRunner().invoke(app, ["verify", str(study.folder), "--runs", "4"])
    assert good.exit_code == 0, good.output
    assert "4 of 4 runs came out the same" in good.output
    spoil(study.folder)
    bad = CliRunner().invoke(app, ["verify", str(study.folder), "--runs", "4"])
    assert bad.exit_code == 1
    assert "run 2 (x): active" in bad.output


def test_a_study_of_another_version_is_one_line(study):
    path = study.folder / "manifest.json"
    about = json.loads(path.read_text())
    about["scenarios"]["x"]["trust"]["of_old"] = 1
    path.write_text(json.dumps(about))
    with pytest.raises(InputError, match="x is no scenario as this version") as caught:
        opened(study.folder)
    assert "\n" not in str(caught.value)


def test_no_study_is_one_line(tmp_path):
    with pytest.raises(InputError, match="holds no study") as caught:
        opened(tmp_path)
    assert "\n" not in str(caught.value)
    assert CliRunner().invoke(app, ["verify", str(tmp_path)]).exit_code == 2


def test_results_lists_and_prunes_by_asking(study):
    run("baseline", runs=1, overrides=SMALL, jobs=1, out=study.folder.parent / "other")
    shelf = str(study.folder.parent)
    listed = json.loads(CliRunner().invoke(app, ["results", shelf, "--json"]).stdout)
    assert {each["name"]: each["n_runs"] for each in listed} == {"mine": 4, "other": 1}
    assert all(each["bytes"] > 1000 for each in listed)
    first, second = holdings(shelf)
    told = CliRunner().invoke(app, ["results", shelf, "--prune"], input="n\ny\n")
    assert told.exit_code == 0, told.output
    assert [each.name for each in holdings(shelf)] == [first.name]
    assert f"Delete {second.folder}" in told.output


def test_results_lists_the_parts_of_a_study_under_it(study):
    """As a search that was stopped leaves them: two rounds, and no check yet."""
    shelf = study.folder.parent
    for name in ("search-01", "search-02"):
        place = shelf / "best" / "parts" / name
        how = {"jobs": 1, "out": place}
        plan = crossed(["x"], seeds(1))
        make(Request("search", study.scenarios, plan, how, keeps_weeks=False))
    told = CliRunner().invoke(app, ["results", str(shelf)]).output
    assert told.index("best") < told.index("of it search × 2")
    assert "unfinished" in told
    listed = json.loads(
        CliRunner().invoke(app, ["results", str(shelf), "--json"]).stdout
    )
    best = {each["name"]: each for each in listed}["best"]
    assert [part["n_runs"] for part in best["parts"]] == [1, 1]
    assert best["bytes"] > sum(part["bytes"] for part in best["parts"]) - 1


def test_an_empty_shelf_says_so(tmp_path):
    found = CliRunner().invoke(app, ["results", str(tmp_path)])
    assert (found.exit_code, "no studies" in found.output) == (0, True)
