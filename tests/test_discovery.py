"""Boxes, trees and worth on data whose truth is known; then on the model."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import InputError
from analysis.discovery import (
    FEWEST_POINTS,
    Box,
    Doubt,
    Leaf,
    box,
    discover,
    limited,
    rules,
    winners,
    worth_knowing,
    worth_of_everything,
)
from analysis.figures.assumptions import decision_map, draw_discovery
from analysis.section import Cell
from analysis.study import Study
from analysis.tables.assumptions import discovery_json, discovery_section
from simulation.scenario import load

RNG = np.random.default_rng(3)
X = pd.DataFrame(RNG.random((800, 4)), columns=["a", "b", "c", "d"])


def test_prim_finds_the_box_that_is_there():
    is_in = ((X["a"] > 0.5) & (X["b"] < 0.6)).to_numpy()
    wins = is_in ^ (np.arange(800) % 21 == 0)
    found = box(X, wins)
    assert set(found.limits) == {"a", "b"}
    assert found.limits["a"][0] == pytest.approx(0.5, abs=0.06)
    assert found.limits["b"][1] == pytest.approx(0.6, abs=0.06)
    assert found.low <= 0.95 <= found.high + 0.03
    assert found.coverage > 0.7
    assert "a is above 0." in limited(found.limits)
    assert "b is below 0." in limited(found.limits)


def test_chance_has_no_box():
    alarms = [
        box(X, np.random.default_rng(seed).random(800) < 0.5) is not None
        for seed in range(20)
    ]
    assert sum(alarms) <= 3


def test_no_box_where_one_choice_always_wins():
    assert box(X, np.ones(800, bool)) is None


def test_the_tree_says_the_same_in_rules():
    found = rules(X, (X["a"] > 0.5).to_numpy())
    assert found[0].text().startswith("100 %")
    assert "a is above 0." in found[0].text()
    assert found[-1].text().startswith("0 %")
    (all_,), (none,) = (rules(X, each) for each in (np.ones(800, bool), X["a"] > 2))
    assert all_.text() == "100 % of 100 %: everywhere"
    assert none.text() == "0 % of 100 %: everywhere"


def test_worth_of_knowing_is_the_analytic_one():
    """The gain is 10 (a - 0.5): worth E max(gain, 0) = 1.25 to know a, else nothing."""
    gain = 10 * (X["a"].to_numpy() - 0.5) + RNG.normal(0, 3, 800)
    gain -= gain.mean()
    found = worth_knowing(X, gain).set_index("name")
    assert found.index[0] == "a"
    assert found.loc["a", "low"] <= 1.25 <= found.loc["a", "high"]
    for name in "bcd":
        assert found.loc[name, "low"] <= 0


def test_knowing_is_worth_nothing_where_the_choice_is_clear():
    gain = 100 + X["a"].to_numpy()
    assert worth_knowing(X, gain)["value"].abs().max() < 1e-9


def test_knowing_everything_is_worth_no_luck():
    """The gain is 10 (a - 0.5) and luck: worth 1.25 without it, and nothing alone."""
    truth = 10 * (np.linspace(0, 1, 4000) - 0.5)
    luck = np.random.default_rng(5).normal(0, 3, (4000, 2))
    both = truth[:, np.newaxis] + luck
    found = worth_of_everything(both)
    by_the_same_seeds = np.maximum(both.mean(axis=1), 0).mean()
    assert 0.6 < found < 1.25 < by_the_same_seeds
    assert worth_of_everything(luck) < 0.1 < np.maximum(luck.mean(axis=1), 0).mean()
    certain = np.tile(truth[:, np.newaxis], 3)
    assert worth_of_everything(certain) == pytest.approx(1.25, rel=0.001)
    assert np.isnan(worth_of_everything(both[:, :1]))


def test_map_shows_who_wins_where():
    points = X.assign(gain=X["a"] - X["b"])
    across, up, gain = winners(points, "a", "b")
    assert gain[5, 35] > 0.3
    assert gain[35, 5] < -0.3
    assert across.shape == up.shape == (40,)


SMALL = ("market.customers=300", "clock.weeks=12", "clock.warmup_weeks=4")
COST = "levers.follow_up.cost_per_contact"
DOUBT = Doubt("npv", (COST, "trust.gain"), budget=240, seeds=2)


def choices():
    at_once = ["levers.follow_up.from_week=0", "levers.follow_up.ramp_weeks=0"]
    return load("baseline", SMALL), load("follow_up", [*SMALL, *at_once])


def test_the_model_says_what_the_cost_decides(tmp_path):
    found = discover(*choices(), DOUBT, out=tmp_path / "study")
    assert found.study.labels == ("Baseline", "Follow_up_after_every_bad_experience")
    assert len(found.points) == 60
    gain = found.points["gain"]
    assert np.corrcoef(found.points[COST], gain)[0, 1] < -0.5
    assert f" in {100 * found.share:.0f} % (" in found.text
    assert ") of 60 sets of assumptions; on average " in found.text
    runs = found.study.runs
    one = runs[runs["point"] == 7].pivot(index="seed", columns="scenario", values="npv")
    first, second = found.study.labels
    assert gain[7] == pytest.approx((one[second] - one[first]).mean())
    drawn = draw_discovery(found)
    assert all(path.endswith(".png") for path in drawn)
    for path in drawn:
        assert Path(path).with_suffix(".svg").stat().st_size < 1_000_000
    halves = Leaf(0.09, 0.5, {COST: (0, 1)}), Leaf(0.0, 0.5, {COST: (1, np.inf)})
    undecided = dataclasses.replace(found, better=None, worse=None, tree=halves)
    assert "can be shown to decide when" in undecided.text
    *_, table = discovery_section(undecided, []).tables
    assert "no box was shown to hold in others" in table.note, "its rules are no proof"
    assert_reads_as_people_read(found)


def assert_reads_as_people_read(found):
    """Money in thousands, assumptions in words; keys where one types or reads them."""
    worth = pd.DataFrame(
        [(COST, 4893.2, 3021.4, 6764.9)], columns=["name", "value", "low", "high"]
    )
    cheap = {COST: (-np.inf, 1234.5)}
    told = dataclasses.replace(
        found,
        information=worth,
        everything=61234.5,
        better=Box(cheap, 0.9, 0.8, 0.95, 0.5, 0.3),
        tree=(Leaf(0.9, 0.4, cheap),),
    )
    assert "cost per contact (follow up), worth 4,900 EUR (3,000 to 6,800)" in told.text
    assert "where cost per contact (follow up) is below 1,230." in told.text
    assert COST not in told.text
    assert told.all_known("EUR").endswith("61,200 EUR or more.")
    information, tree = discovery_section(told, []).tables
    (name, amount), ((where, share),) = information.rows[0], tree.rows
    assert name == Cell("cost per contact (follow up)", COST)
    assert amount.text == "4,900 (3,000 to 6,800)", "as the sentence has it"
    assert where == Cell("cost per contact (follow up) is below 1,230", COST)
    assert share == "90 % of 40 %"
    document = discovery_json(told, [])
    assert document["tree"] == [f"90 % of 40 %: {COST} is below 1,230"]
    assert COST in document["better"]["limits"]


def test_too_small_a_budget_is_one_line(tmp_path):
    with pytest.raises(InputError, match="type --budget 240") as caught:
        discover("baseline", "follow_up", DOUBT._replace(budget=100))
    assert "\n" not in str(caught.value)


# Markets like one's own

HAZARD, ASKED = "leaving.hazard_max", "leaving.asked_factor"
WIDE = Doubt("active", (HAZARD, ASKED), budget=560, seeds=2)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """A folder with a study of 140 draws, of which anybody may ask again."""
    folder = tmp_path_factory.mktemp("shelf")
    asked(folder / "whole", None)
    return folder


def asked(folder, observed):
    doubt = WIDE._replace(observed=observed)
    return discover(*choices(), doubt, out=folder, jobs=1)


def shown(shelf, name, worlds=slice(None)):
    """What the base of each draw shows, by hand."""
    runs = Study(shelf / "whole", {}).runs
    base = runs[runs["scenario"] == "Baseline"]
    return base.pivot(index="point", columns="seed", values=name).iloc[:, worlds]


def test_only_draws_that_show_what_was_observed_count(shelf, monkeypatch):
    """EVPI is 0 here, whatever counts; the size of all gains stands in for it."""
    stands_in = "analysis.discovery.worth_of_everything"
    monkeypatch.setattr(stands_in, lambda gains: float(np.abs(gains).sum()))
    whole = asked(shelf / "whole", None)
    churn = shown(shelf, "churn").mean(axis=1)
    ends = tuple(churn.quantile([0.2, 0.8]))
    found = asked(shelf / "mine", {"churn": ends})
    is_alike = churn.between(*ends).to_numpy()
    assert FEWEST_POINTS <= is_alike.sum() < len(churn) == 140
    alike = whole.points[is_alike].reset_index(drop=True)
    pd.testing.assert_frame_equal(found.points, alike)
    x, gain = alike.drop(columns="gain"), alike["gain"].to_numpy()
    assert found.better == box(x, gain > 0)
    assert found.worse == box(x, gain < 0)
    assert found.tree == rules(x, gain > 0) != whole.tree
    pd.testing.assert_frame_equal(found.information, worth_knowing(x, gain))
    ends = Study(shelf / "whole", {}).runs.pivot(
        index="point", columns=["scenario", "seed"], values="active"
    )
    base, other = whole.study.labels
    gains = (ends[other] - ends[base]).to_numpy(float)[is_alike]
    assert found.everything == np.abs(gains).sum() > 0
    words = f"Over the {is_alike.sum()} of 140 draws of the assumptions that show what"
    assert words in found.text
    assert words not in whole.text
    title = decision_map(found, HAZARD, ASKED, "customers")
    assert "Of markets like yours alone: annual churn" in title.get_supxlabel()
    told = decision_map(whole, HAZARD, ASKED, "customers").get_supxlabel()
    assert "like yours" not in told


def test_it_tells_how_many_show_it_and_how_far_luck_moves_that(shelf):
    churn, people = shown(shelf, "churn"), shown(shelf, "active").mean(axis=1)
    low, high = churn.mean(axis=1).quantile([0.1, 1])
    least = people.quantile(0.2)
    observed = {"churn": (low, high), "active": (least, 300)}
    found = asked(shelf / "two", observed)
    document = discovery_json(found, [])
    assert document["observed"] == observed
    assert (document["draws"], document["worlds"]) == (140, 2)
    assert document["like_yours"] == len(found.points)
    assert document["alone"] == {"churn": 126, "active": (people >= least).sum()}
    luck = 1.96 * np.sqrt(churn.var(axis=1, ddof=1).mean() / 2)
    assert document["luck"]["churn"] == pytest.approx(luck)
    assert document["luck"]["active"] > 1
    note = discovery_section(found, []).tables[-1].note
    assert f"{len(found.points)} of 140 draws of the assumptions, 2 worlds each" in note
    assert "Like yours is a market with annual churn " in note
    assert "in its 12 weeks" in note
    moved = f"luck alone moves what a draw shows: annual churn ± {100 * luck:.3g} %"
    assert f"Looked at in 2 worlds, {moved}, customers ± " in note
    assert "So few worlds tell it roughly. --runs 6 --budget 1680 tells it" in note
    plain = discovery_json(asked(shelf / "whole", None), [])
    assert (plain["observed"], plain["draws"], plain["like_yours"]) == ({}, 140, 140)


def test_one_world_tells_nothing_of_luck(tmp_path):
    once = DOUBT._replace(vary=("trust.gain",), seeds=1, observed={"churn": (0, 1)})
    found = discover(*choices(), once._replace(budget=120), out=tmp_path / "s", jobs=1)
    assert np.isnan(found.fit.luck["churn"])
    note = discovery_section(found, []).tables[-1].note
    assert "60 of 60 draws of the assumptions, 1 world each." in note
    assert "How far luck alone moves what a draw shows is not told by one" in note


def test_each_answer_has_its_own_study_and_none_lives_a_run_again(shelf, monkeypatch):
    monkeypatch.setattr("analysis.request.RESULTS", shelf)
    folders = []
    for band in (None, {"churn": (0, 1)}, {"churn": (0, 0.99)}, {"churn": (0, 1)}):
        study = asked(None, band).study
        folders.append(study.folder)
        ends = {name: list(each) for name, each in (band or {}).items()}
        assert study.manifest["stopping"].get("observed", {}) == ends
        assert study.manifest["runs"]["found"] == 560, "all lived before"
    assert len(set(folders)) == 3
    assert folders[1] == folders[3]


def test_another_band_in_the_same_folder_lives_nothing_again(tmp_path):
    few = DOUBT._replace(vary=("trust.gain",), seeds=1, budget=120)
    for band, n_found in ((None, 0), ({"churn": (0, 1)}, 120), (None, 120)):
        doubt = few._replace(observed=band)
        study = discover(*choices(), doubt, out=tmp_path / "study", jobs=1).study
        assert study.manifest["runs"]["found"] == n_found
        assert ("observed" in study.manifest["stopping"]) == (band is not None)


def test_too_few_that_show_it_are_told_in_one_line_with_the_remedy(shelf):
    churn = shown(shelf, "churn").mean(axis=1)
    ends = {"true_nps": (-100, 100), "churn": (0.5 * churn.min(), churn.quantile(0.1))}
    with pytest.raises(InputError) as caught:
        asked(shelf / "few", ends)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith("--observed true_nps=-100:100 --observed churn=0.")
    assert "14 of 140 draws of the assumptions show it, and it takes 60." in line
    assert "Alone: true NPS in 140 of 140, which show" in line
    assert "; annual churn in 14 of 140, which show" in line
    assert "write wider ends, or --budget 5000, which would find about 120" in line
    with pytest.raises(InputError, match=r"^.*: 0 of 140 draws.*wider ends$"):
        asked(shelf / "few", {"rating": (1, 1.001)})


def test_what_cannot_be_observed_is_refused_before_anything_runs(tmp_path):
    with pytest.raises(InputError, match=r"churn=0\.3:0\.2: write the smaller number"):
        asked(tmp_path / "none", {"churn": (0.3, 0.2)})
    assert not (tmp_path / "none").exists()
