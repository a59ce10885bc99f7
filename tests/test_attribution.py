"""Whom a choice saved and why: sums over customers that agree with the runs."""

import numpy as np
import pandas as pd
import pytest

from analysis import InputError, StudyError, attribute, attribution, compare
from analysis.attribution import (
    NEVER,
    PARTS,
    PATHS,
    SIGNS,
    THIRDS,
    attributed,
    cost_of_delay,
    later,
    read,
)
from simulation.scenario import load

SMALL = ("market.customers=400", "clock.weeks=40", "clock.warmup_weeks=8")
PAIRS = 4


@pytest.fixture(scope="module")
def found():
    others = ("follow_up", "service_improvement")
    return attribute("baseline", *others, pairs=PAIRS, overrides=SMALL, jobs=1)


def test_a_row_a_customer_of_every_pair(found):
    assert len(found.customers) == 2 * PAIRS * 400
    assert found.labels == ("follow_up", "service_improvement")


def test_flows_add_up_to_the_paired_difference(found, tmp_path):
    """Saved + won − lost − missed, and direct + word of mouth, are what runs say."""
    study = compare(
        "baseline", *found.labels, pairs=PAIRS, overrides=SMALL, jobs=1, out=tmp_path
    )
    for label in found.labels:
        known = study.of(label, "active")
        flows = found.flows[found.flows["scenario"] == label]
        total = (flows["mean"] * flows["change"].map(SIGNS)).sum()
        assert total == pytest.approx(known.difference)
        effects = found.effects[found.effects["scenario"] == label]
        whole = effects[effects["path"] == ""].set_index("part")
        assert whole.loc["total", "mean"] == pytest.approx(known.difference)
        # The comparison's interval is wider: it allows for several scenarios.
        assert known.low < whole.loc["total", "low"] < known.difference
        parts = whole.loc["direct", "mean"] + whole.loc["word_of_mouth", "mean"]
        assert parts == pytest.approx(known.difference)


def test_paths_add_up_and_who_is_only_told_has_no_direct_part(found):
    for _, rows in found.effects.groupby(["scenario", "part"]):
        means = rows.set_index("path")["mean"]
        assert means[list(PATHS)].sum() == pytest.approx(means[""])
    told = found.effects[found.effects["path"] == PATHS[1]]
    assert (told.loc[told["part"] == "direct", ["mean", "low", "high"]] == 0).all(
        axis=None
    )


def test_reason_is_why_they_left_where_they_are_gone(found):
    customers = found.customers
    saved = customers[customers["change"] == "saved"]
    assert len(saved)
    assert (saved["cause_base"] != "none").all()
    reasons = set(found.flows.loc[found.flows["change"] == "saved", "reason"])
    assert reasons == set(saved["cause_base"])
    won = found.flows[found.flows["change"].isin(["won", "missed"])]
    assert set(won["reason"]) == {NEVER}


def test_groups_share_out_those_who_were_customers(found):
    rows = found.groups[found.groups["part"] == "total"]
    for _, kinds in rows.groupby(["scenario", "by"]):
        assert kinds["share"].sum() == pytest.approx(1)
    assert set(rows.loc[rows["by"] == "trust", "group"]) == set(THIRDS["trust"])
    chosen = found.customers[found.customers["was_active"]]
    chosen = chosen[chosen["scenario"] == "service_improvement"]
    worlds = chosen[chosen["segment"] == "key"].groupby("seed")["total"].mean()
    row = rows[(rows["scenario"] == "service_improvement") & (rows["group"] == "key")]
    assert row["mean"].item() == pytest.approx(100 * worlds.mean())


def test_segments_stand_in_the_order_of_the_file():
    parts = "{name: a, share: 0.6, margin_per_week: 6}, {name: b, share: 0.4}"
    changes = (*SMALL, f"market.segments=[{parts}]")
    rows = attribute("baseline", "follow_up", pairs=1, overrides=changes, jobs=1).groups
    assert list(rows.loc[rows["by"] == "segment", "group"].unique()) == ["a", "b"]


def test_two_processes_find_the_same(found):
    again = attribute(
        "baseline", *found.labels, pairs=PAIRS, overrides=SMALL, jobs=2
    ).customers
    pd.testing.assert_frame_equal(again, found.customers)


@pytest.fixture
def study(found, tmp_path):
    how = {"pairs": PAIRS, "overrides": SMALL, "jobs": 1, "out": tmp_path / "study"}
    return compare("baseline", *found.labels, **how).study


def test_stopped_it_keeps_its_pairs_and_goes_on(found, study, monkeypatch, stopper):
    """Ctrl-C in the middle: asked again, no pair is followed twice."""
    followed = []

    def counted(base, treated, seed):
        followed.append((treated.name, seed))
        return counterfactual(base, treated, seed=seed)

    counterfactual = attribution.counterfactual
    monkeypatch.setattr(attribution, "counterfactual", counted)
    asked = study.scenarios, study.manifest["seeds"], 1
    with pytest.raises(KeyboardInterrupt, match="3 of 8 pairs were followed"):
        attributed(*asked, out=study.folder, watcher=stopper(3))
    assert read(study) is None, "a part of the pairs is no answer"
    going_on = stopper()
    again = attributed(*asked, out=study.folder, watcher=going_on)
    assert going_on.n_kept == 3
    assert len(followed) == len(set(followed)) == 2 * PAIRS
    for one in (again, read(study)):
        pd.testing.assert_frame_equal(one.customers, found.customers)
        pd.testing.assert_frame_equal(one.groups, found.groups)
    table = pd.read_parquet(study.folder / "customers.parquet")
    assert table[list(PARTS)].sum().equals(found.customers[list(PARTS)].sum())


def test_customers_of_another_question_leave_the_folder(study, found):
    attributed(study.scenarios, study.manifest["seeds"], 2, out=study.folder)
    how = {"pairs": PAIRS, "overrides": SMALL, "jobs": 1, "out": study.folder}
    assert read(compare("baseline", *found.labels, **how).study) is not None
    assert read(compare("baseline", *found.labels, **how, seed=2).study) is None
    assert not (study.folder / "customers.parquet").exists()


@pytest.mark.parametrize("jobs", [1, 2])
def test_customers_that_cannot_be_written_are_one_line(study, jobs):
    (study.folder / "customers.parquet").write_text("in the way")
    with pytest.raises(StudyError, match="cannot be written"):
        attributed(study.scenarios, study.manifest["seeds"], jobs, out=study.folder)


def test_nothing_to_compare_and_different_worlds_are_refused():
    with pytest.raises(InputError, match="nothing to compare"):
        attribute("baseline")
    short = load("follow_up", ["clock.weeks=30"])
    with pytest.raises(InputError, match="clock"):
        attribute("baseline", short, pairs=1, jobs=1)


# The cost of delay


def test_later_moves_begin_and_end():
    scenario = load("follow_up", ["levers.follow_up.until_week=50"])
    moved = later(scenario, 5).levers[0]
    assert (moved.from_week, moved.until_week) == (13, 55)
    assert later(load("follow_up"), 5).levers[0].until_week is None


def test_no_delay_costs_nothing_and_a_long_one_costs_the_lever(tmp_path):
    how = {"overrides": SMALL, "jobs": 1, "out": tmp_path / "study"}
    table = cost_of_delay("service_improvement", delays=(0, 400), pairs=3, **how)
    none = table[table["delay_weeks"] == 0]
    assert (none[["difference", "low", "high"]] == 0).all(axis=None)
    study = attribute(
        "baseline", "service_improvement", pairs=3, overrides=SMALL, jobs=1
    )
    whole = study.effects[study.effects["path"] == ""].set_index("part")
    never = table[(table["delay_weeks"] == 400) & (table["outcome"] == "active")]
    assert never["difference"].item() == pytest.approx(-whole.loc["total", "mean"])
    assert np.isfinite(table["low"]).all()


@pytest.mark.parametrize("weeks", [-1, np.nan, np.inf])
def test_a_delay_is_a_number_of_weeks(weeks):
    with pytest.raises(InputError, match="no number of weeks"):
        cost_of_delay("follow_up", delays=(weeks,), pairs=1)
