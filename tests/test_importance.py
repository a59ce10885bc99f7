"""On the model itself: the strong comes first, the inert has nothing."""

import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.markers import CARETLEFT, CARETRIGHT

import analysis
from analysis import InputError
from analysis.design import Design
from analysis.factors import factors_of
from analysis.figures.assumptions import (
    SHARE_AXIS,
    convergence,
    draw_sensitivity,
    shares,
)
from analysis.importance import (
    Question,
    Sensitivity,
    _seeds_by,
    analysed,
    least_budget,
    outcomes_of,
    sensitivity,
    space_of,
    swings,
)
from analysis.indices import findings
from analysis.methods import METHODS
from analysis.report.computed import computed
from analysis.request import read_scenarios
from analysis.study import Study
from analysis.tables.assumptions import sensitivity_section, show_sensitivity
from analysis.wording import spoken

SMALL = (
    "market.customers=200",
    "clock.weeks=12",
    "clock.warmup_weeks=4",
)
STRONG, INERT = "leaving.hazard_max", "survey.politeness"
VARY = (STRONG, "trust.gain", INERT)


def asked(method, budget, folder, **given):
    question = Question("active", None, method, VARY, budget=budget, seeds=2)
    return sensitivity(
        "baseline", question._replace(**given), overrides=SMALL, out=folder
    )


@pytest.mark.parametrize(
    ("method", "budget"), [("morris", 80), ("sobol", 1024), ("rbd_fast", 120)]
)
def test_strong_is_first_and_inert_is_nothing(tmp_path, method, budget):
    found = asked(method, budget, tmp_path / "study")
    ranked = found.findings.ranked.set_index("name")
    assert ranked.index[0] == STRONG
    assert ranked.loc[STRONG, "low"] > 0
    assert ranked.loc[INERT, "low"] <= 0 <= ranked.loc[INERT, "high"]
    assert found.swings["name"][0] == STRONG
    assert found.swings["swing"][0] < 0
    assert spoken(STRONG) in found.text
    assert STRONG not in found.text
    kept = pd.read_parquet(tmp_path / "study" / "indices.parquet")
    pd.testing.assert_frame_equal(kept, found.table)
    assert set(kept["index"]) >= {METHODS[method].leading, "swing"}
    assert not (tmp_path / "study" / "weekly.parquet").exists()
    paths = draw_sensitivity(found)
    assert all(
        (tmp_path / "study" / "figures" / p.split("/")[-1]).stat().st_size
        for p in paths
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fast", "dgsm", "delta", "pawn", "hdmr"])
def test_every_other_method_ranks_the_strong_first(tmp_path_factory, name):
    """All on one design of runs, or on their own where they need one."""
    base = tmp_path_factory.getbasetemp() / "methods"
    base.mkdir(exist_ok=True)
    budget = {"fast": 1542, "dgsm": 64}.get(name, 300)
    given = {"vary": VARY[::2], "seeds": 1} if name == "fast" else {"seeds": 1}
    found = asked(name, budget, base / name, **given)
    ranked = found.findings.ranked.set_index("name")
    assert ranked.index[0] == STRONG
    assert ranked.loc[INERT, "low"] <= 1e-9 + abs(ranked.loc[STRONG, "value"]) * 0.02


def test_groups_of_morris_have_a_size_and_no_sign(tmp_path, capsys):
    """Members move each for itself: no mean change, no spread, no end of a range."""
    vary = (STRONG, "leaving.hazard_min", "trust.gain", "trust.loss_ratio")
    given = {"vary": vary, "is_grouped": True, "against": "baseline"}
    question = Question("active", method="morris", budget=96, seeds=2)._replace(**given)
    found = sensitivity("follow_up", question, overrides=SMALL, out=tmp_path / "study")
    assert set(found.findings.ranked["name"]) == {"leaving", "trust"}
    assert found.swings.empty
    drawn = draw_sensitivity(found)
    assert {Path(path).stem for path in drawn} == {"indices", "convergence"}
    show_sensitivity(found, drawn)
    words = capsys.readouterr().out
    assert "mean size of the change, customers" in " ".join(words.split())
    assert "mean change" not in words
    assert "end" not in words.split("Morris:")[0]
    (table,) = sensitivity_section(found, drawn).tables
    assert len(table.columns) == 2 == len(table.rows[0])
    told = " ".join(computed(found.study).text)
    assert "the same seeds" in told
    assert "however often one looked" not in told, "its intervals are of another kind"


def test_where_nothing_is_resolved_it_is_told_and_drawn_without(tmp_path, capsys):
    """One seed shows a change late in the design: before, none was seen at all."""
    found = asked("morris", 64, tmp_path / "study", seeds=2)
    table = found.findings.indices
    is_size = table["index"] == "mu_star"
    table.loc[is_size, ["value", "low", "high"]] = np.nan
    found.findings.convergence.loc[:, ["value", "low", "high"]] = 0.0
    drawn = draw_sensitivity(found)
    assert {Path(path).stem for path in drawn} == {"tornado", "morris"}
    show_sensitivity(found, drawn)
    words = " ".join(capsys.readouterr().out.split())
    assert words.count("not resolved") == len(VARY)
    assert "Not resolved: one seed alone shows a change." in words


def test_a_difference_is_taken_world_by_world(tmp_path):
    question = Question("active", "baseline", "morris", VARY, budget=128, seeds=2)
    found = sensitivity("follow_up", question, overrides=SMALL, out=tmp_path / "study")
    runs = found.study.runs
    chosen = runs[(runs["point"] == 3) & (runs["seed"] == 2)].set_index("scenario")
    gap = chosen["active"]["follow_up"] - chosen["active"]["baseline"]
    assert outcomes_of(found.study, "active")[3, 1] == gap
    assert found.is_difference


def test_a_pilot_decides_on_seeds_and_counts(tmp_path):
    found = asked("morris", 250, tmp_path / "study", seeds=None)
    pilot = Study(tmp_path / "study" / "parts" / "pilot", found.study.scenarios)
    assert len(pilot.runs) == 48
    assert len(found.study.runs) + len(pilot.runs) <= 250
    assert found.findings.n_seeds >= 2


def test_a_pilot_s_points_without_an_outcome_do_not_count():
    """Nobody reviews at a point, or the model is not defined there."""
    luck = np.random.default_rng(3).normal(size=(12, 4))
    pilot = np.arange(12.0)[:, np.newaxis] + luck
    lost = np.vstack([pilot, np.full((2, 4), np.nan)])
    lost = np.vstack([lost, [1.0, np.nan, 2.0, 3.0]])
    assert _seeds_by(lost) == _seeds_by(pilot)


def test_failed_points_are_left_out(tmp_path):
    found = asked("rbd_fast", 200, tmp_path / "study")
    runs = found.study.runs
    runs.loc[runs["point"] == 5, "active"] = np.nan
    points = np.random.default_rng(0).random((100, 3))
    again = analysed(found.study, found.question, found.factors, points)
    assert again.findings.n_lost == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"method": "moris"}, "one of morris"),
        ({"outcome": "happiness"}, "one of active"),
        ({"vary": (STRONG,)}, "takes two"),
        ({"budget": 10}, "type --budget 32,"),
        ({"method": "sobol"}, "type --budget 1024 or --method morris, or"),
        ({"method": "delta", "is_grouped": True, "seeds": None}, "takes none"),
    ],
)
def test_wishes_that_cannot_be_met_are_one_line(tmp_path, given, words):
    with pytest.raises(InputError, match=words) as caught:
        sensitivity(
            "baseline",
            Question(vary=VARY, seeds=2, budget=500)._replace(**given),
            overrides=SMALL,
            out=tmp_path / "study",
        )
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "study").exists()


def told(blocks, luck=0.0):
    """What is said of an outcome without a model: strong in one, weak in another."""
    scenarios = read_scenarios(["baseline", "follow_up"])
    factors = factors_of(list(scenarios.values())[:1], VARY)
    question = Question("npv", "baseline", "sobol", VARY, seeds=2)
    method, space = METHODS["sobol"], space_of(factors, question)
    points = method.sample(space, blocks, 1)
    y = (10 * points[:, 0] + 2 * points[:, 1])[:, None]
    y = y + np.random.default_rng(2).normal(0, luck, (len(points), 2))
    moved = swings(Design(space.names, points), y.mean(axis=1), method.rows(space))
    found = findings(method, space, points, y)
    table = pd.DataFrame(points, columns=list(space.names))
    study = Study(Path("nowhere"), scenarios)
    return Sensitivity(study, question, factors, table, found, moved)


def test_what_wide_intervals_leave_open_is_not_said():
    few, many = told(16, luck=4.0), told(4096)
    assert "matters most for the change in NPV by Follow up is not settled" in few.text
    assert "Most decisive" not in few.text
    assert f"raise --budget to {few.enough} " in few.text
    blocks = few.enough / (2 * 2 * 8)
    assert blocks == 2 ** round(np.log2(blocks)) > 16
    assert not few.is_settled
    assert many.is_settled
    assert many.enough == many.question.budget
    assert f"Most decisive for the change in NPV by Follow up: {spoken(STRONG)}" in (
        many.text
    )


def test_a_few_paths_that_find_nothing_say_how_many_would(tmp_path):
    """Few steps seldom meet what an integer outcome does: no effect shown is none."""
    found = asked("morris", 32, tmp_path / "study", vary=(INERT, "survey.sample_share"))
    rows = METHODS["morris"].rows(space_of(found.factors, found.question))
    assert found.findings.n_blocks < METHODS["morris"].advised
    assert not found.is_settled
    assert found.enough == METHODS["morris"].advised * rows * 2
    assert f"raise --budget to {found.enough} (nothing stands out on" in found.text
    more = found.enough
    again = asked(
        "morris", more, tmp_path / "more", vary=(INERT, "survey.sample_share")
    )
    assert again.is_settled
    assert "not settled" not in again.text


def test_estimates_that_contradict_each_other_settle_nothing():
    found = told(4096).findings
    assert not found.is_contradictory
    table = found.indices.copy()
    is_first = (table["name"] == STRONG) & (table["index"] == "S1")
    table.loc[is_first, ["value", "low", "high"]] += 0.4
    again = dataclasses.replace(found, indices=table)
    assert again.is_contradictory
    assert again.times_more > 1


def test_what_moves_from_end_to_end_is_not_called_without_effect():
    found = told(64, luck=1.0)
    weak = found.findings.indices.copy()
    weak.loc[weak["name"] != STRONG, "low"] = -0.01
    without = dataclasses.replace(found.findings, indices=weak)
    again = dataclasses.replace(found, findings=without)
    assert "trust.gain" in again.swing_names
    assert "1 more differs between the ends of the range alone: gain (trust)." in (
        again.text
    )
    assert "1 of 3 cannot be told from no effect" in again.text


def test_shares_are_drawn_on_their_scale():
    found = told(8, luck=6.0)
    for figure in (
        convergence(found.findings, "x"),
        shares(found.findings, "x", "share"),
    ):
        axes = figure.axes[0]
        low, high = axes.get_ylim() if axes.get_ylabel() else axes.get_xlim()
        assert SHARE_AXIS[0] <= low < high <= SHARE_AXIS[1]


def test_an_interval_beyond_the_scale_of_shares_ends_in_an_arrow():
    found = told(8, luck=6.0).findings
    drawn = shares(found, "x", "share").axes[0]
    arrows = [
        line for line in drawn.lines if line.get_marker() in (CARETLEFT, CARETRIGHT)
    ]
    low, high = drawn.get_xlim()
    shown = found.indices
    assert set(shown["index"]) == {"S1", "ST"}
    n_beyond = (shown["low"] < low).sum() + (shown["high"] > high).sum()
    assert len(arrows) == n_beyond > 0


def test_a_second_index_is_drawn_with_its_interval():
    found = told(64, luck=1.0).findings
    drawn = shares(found, "x", "share").axes[0].lines
    heights = [line.get_ydata()[0] for line in drawn if line.get_marker() == "D"]
    alone = found.indices[found.indices["index"] == "S1"]
    assert len(heights) == len(alone)
    intervals = [line for line in drawn if len(line.get_xdata()) == 2]
    ends = {line.get_ydata()[0]: tuple(line.get_xdata()) for line in intervals}
    assert [ends[y] for y in heights] == list(
        alone[["low", "high"]].itertuples(index=False, name=None)
    )


def test_what_a_refusal_says_to_type_suffices(tmp_path):
    """Of all that is assumed, and refused before a run: the pilot's, too."""
    plain = Question(method="sobol", against="baseline")
    with pytest.raises(InputError, match="--groups --budget") as caught:
        sensitivity("follow_up", plain, out=tmp_path / "study")
    told = re.search(r"--budget (\d+) or --groups --budget (\d+)", str(caught.value))
    scenarios = read_scenarios(["baseline", "follow_up"])
    factors = factors_of(scenarios.values())
    for least, is_grouped in zip(told.groups(), (False, True), strict=True):
        question = plain._replace(is_grouped=is_grouped)
        assert least_budget(factors, question, 2) == int(least)
    assert not (tmp_path / "study").exists()


def test_pairs_are_in_the_table_with_both_names():
    found = told(16)
    pairs = found.table.query("index == 'S2'")
    assert len(pairs) == 3
    assert (pairs["other"] != "").all()
    assert (found.table.query("index == 'ST'")["other"] == "").all()


def test_the_package_gives_the_functions_and_not_their_files():
    code = (
        "import analysis.importance, analysis.discovery, analysis.optimisation;"
        "from analysis import discover, optimise, sensitivity;"
        "print(*map(callable, (discover, optimise, sensitivity)))"
    )
    words = [sys.executable, "-c", code]
    ran = subprocess.run(words, capture_output=True, text=True, check=True)
    assert ran.stdout == "True True True\n"
    assert set(analysis.__all__) <= set(dir(analysis)), "completion knows them"


def test_every_method_names_its_source():
    assert all("doi:" in method.reference for method in METHODS.values())
