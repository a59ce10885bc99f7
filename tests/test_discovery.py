"""Boxes, trees and worth on data whose truth is known; then on the model."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import InputError
from analysis.discovery import (
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
from analysis.figures.assumptions import draw_discovery
from analysis.section import Cell
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


def test_the_model_says_what_the_cost_decides(tmp_path):
    at_once = ["levers.follow_up.from_week=0", "levers.follow_up.ramp_weeks=0"]
    calls = load("follow_up", [*SMALL, *at_once])
    base = load("baseline", SMALL)
    found = discover(base, calls, DOUBT, out=tmp_path / "study")
    assert found.study.labels == ("Baseline", "Follow_up_after_every_bad_experience")
    assert len(found.points) == 60
    gain = found.points["gain"]
    assert np.corrcoef(found.points[COST], gain)[0, 1] < -0.5
    assert f"{100 * found.share:.0f} % of 60" in found.text
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
