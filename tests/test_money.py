"""What a lever earns: the ledger, returns and payback."""

import math

import numpy as np
import pandas as pd
import pytest
import scipy

from analysis import compare
from analysis.money import (
    LINES,
    MARGIN,
    PRICES,
    break_even_prices,
    customer_worth,
    gains,
    ledger,
    median_of,
    payback_weeks,
    prices,
    repriced,
    worths,
)
from analysis.outcomes import OUTCOME_BY_NAME
from analysis.request import read_scenarios
from analysis.sequential import Rule
from simulation.model import PerceptionModel
from simulation.scenario import load

SMALL = ("market.customers=300", "clock.weeks=30", "clock.warmup_weeks=4")


@pytest.mark.parametrize("tick_days", [1, 7, 14])
def test_lines_sum_to_npv_to_the_cent(tick_days):
    settings = load("follow_up", [*SMALL, f"clock.tick_days={tick_days}"])
    table = pd.DataFrame(PerceptionModel(settings, seed=3).run().weekly())
    table = table.assign(scenario="calls", seed=3)
    (row,) = ledger(table, {"calls": settings}).to_dict("records")
    npv = OUTCOME_BY_NAME["npv"].formula({k: table[k].to_numpy() for k in table}, 1.0)
    assert row["npv"] == pytest.approx(npv, abs=0.005)
    assert row["npv"] == pytest.approx(sum(s * row[k] for k, s in LINES.items()))
    assert row["cost_levers"] > 0


def test_measures_agree_with_the_differences(tmp_path):
    found = compare(
        "baseline",
        "follow_up",
        pairs=6,
        overrides=SMALL,
        jobs=1,
        out=tmp_path / "study",
    )
    npv, cost = (found.gain("follow_up", k) for k in ("npv", "lever_cost"))
    back = found.gain("follow_up", "return")
    assert npv.value == pytest.approx(found.of("follow_up", "npv").difference)
    assert npv.low == pytest.approx(found.of("follow_up", "npv").low)
    assert 0 < cost.value <= found.of("follow_up", "lever_cost").difference
    assert back.value == pytest.approx(npv.value / cost.value)
    assert back.low < back.value < back.high
    assert found.gain("follow_up", "no such thing") is None


def worlds(profit, cost, n_pairs=12, luck_sd=0.01):
    """Weekly tables in which a lever earns `profit` beyond its `cost` each week."""
    luck = np.random.default_rng(1).normal(0, luck_sd, n_pairs)
    tables = {}
    for label, is_on in (("base", 0), ("calls", 1)):
        rows = [
            (seed, week, is_on * (profit[week] + luck[seed]), is_on * cost[week])
            for seed in range(n_pairs)
            for week in range(len(profit))
        ]
        columns = ["seed", "week", "present_value", "cost_levers"]
        tables[label] = pd.DataFrame(rows, columns=columns)
    active = pd.DataFrame({"base": [100.0] * n_pairs, "calls": [110.0] * n_pairs})
    scenarios = dict(
        zip(tables, read_scenarios(["baseline"] * 2).values(), strict=True)
    )
    table = gains(tables, scenarios, active)
    return {row.measure: row for row in table.itertuples()}


def test_a_lever_that_pays_back_in_week_three():
    found = worlds([-10, -5, 5, 11, 9], [10, 5, 0, 0, 0])
    assert found["return"].value == pytest.approx(10 / 15, abs=0.01)
    assert found["cost_per_customer_kept"].value == pytest.approx(1.5)
    assert found["payback_week"].value == 3
    assert found["pays_back"].value == found["paying_worlds"].value == 1
    assert found["pays_chance"].value > 0.99


def test_a_lever_that_never_pays():
    found = worlds([-10, -5, 5, 1, 1], [10, 5, 0, 0, 0])
    assert found["return"].high < 0
    assert found["payback_week"].value == math.inf
    assert found["pays_chance"].value < 0.01
    assert found["pays_back"].high < 0.5


def test_without_cost_there_is_no_return_on_it():
    found = worlds([1, 1], [0, 0])
    assert "return" not in found
    assert found["payback_week"].value == 0


def test_equal_worlds_earn_nothing_and_pay_nothing_back():
    found = worlds([0, 0], [0, 0], luck_sd=0)
    npv = found["npv"]
    assert (npv.value, npv.low, npv.high) == (0, 0, 0)
    assert found["paying_worlds"].value == found["pays_chance"].value == 0
    assert not {"return", "payback_week", "pays_back"} & set(found)
    zeros = np.zeros((3, 4))
    assert (payback_weeks(zeros, np.arange(3)) == 0).all()


def test_a_late_relapse_delays_the_payback():
    assert payback_weeks(np.array([[1.0], [-2.0], [3.0]]), np.arange(3)) == [2]


def test_median_covers():
    rng = np.random.default_rng(2)
    hits = []
    for _ in range(1000):
        _, low, high, _ = median_of(rng.exponential(1, 25))
        hits.append(low <= math.log(2) <= high)
    assert np.mean(hits) >= 0.94


@pytest.mark.parametrize("count", range(2, 9))
def test_a_median_of_few_has_ends_only_where_they_hold(count):
    """Least and largest miss the median if all lie on one side: 2 of 2^n times."""
    _, low, high, _ = median_of(np.arange(float(count)))
    assert math.isnan(low) == math.isnan(high) == (2 / 2**count > 0.05)


# What a customer is worth

STEADY = pd.DataFrame(
    {
        "scenario": "base",
        "seed": 1,
        "week": np.arange(60),
        "active": 100.0,
        "retention": 0.98 ** np.arange(60),
        "revenue": 1500.0,
        "cost_service": 400.0,
        "cost_acquisition": 90.0,
        "cost_complaints": 50.0,
        "cost_levers": 50.0,
    }
)


def test_worth_is_a_geometric_sum_where_nothing_changes():
    scenarios = {"base": load("baseline", ["money.discount_rate=0"])}
    (row,) = customer_worth(STEADY, scenarios).to_dict("records")
    assert row["worth_in_time"] == pytest.approx(10 * (1 - 0.98**60) / 0.02)
    assert row["worth_for_ever"] == pytest.approx(10 / 0.02)


def test_worth_is_discounted_week_by_week():
    scenarios = {"base": load("baseline", ["money.discount_rate=0.1"])}
    (row,) = customer_worth(STEADY, scenarios).to_dict("records")
    falling = 0.98 * 1.1 ** (-7 / 365.25)
    assert row["worth_in_time"] == pytest.approx(10 * (1 - falling**60) / (1 - falling))
    assert row["worth_for_ever"] == pytest.approx(10 / (1 - falling))


def test_who_never_leaves_is_worth_no_finite_sum_without_discount():
    scenarios = {"base": load("baseline", ["money.discount_rate=0"])}
    kept = STEADY.assign(retention=1.0)
    (row,) = customer_worth(kept, scenarios).to_dict("records")
    assert row["worth_in_time"] == pytest.approx(600)
    assert math.isnan(row["worth_for_ever"])
    gone = STEADY.assign(retention=0.0)
    (row,) = customer_worth(gone, scenarios).to_dict("records")
    assert row["worth_in_time"] == row["worth_for_ever"] == 0


def test_worths_are_paired():
    scenarios = {name: load("baseline") for name in ("base", "dear")}
    dear = STEADY.assign(scenario="dear", cost_levers=150.0)
    both = pd.concat([STEADY, dear, STEADY.assign(seed=2), dear.assign(seed=2)])
    table = worths(both.reset_index(drop=True), scenarios)
    base, less = (table[table["scenario"] == k].iloc[0] for k in ("base", "dear"))
    assert base["difference"] == 0
    assert less["difference"] == pytest.approx(-base["mean"] / 10)


def test_differences_in_worth_hold_beside_all_others():
    """Of more scenarios wider by Bonferroni; a level claims nothing of the others."""
    scenarios = {name: load("baseline") for name in ("base", "dear")}
    each = [STEADY.assign(seed=s, revenue=1500.0 + s**2) for s in range(1, 6)]
    each += [
        STEADY.assign(scenario="dear", seed=s, cost_levers=50.0 + s)
        for s in range(1, 6)
    ]
    weekly = pd.concat(each, ignore_index=True)
    rules = [Rule((5,), {"npv": 1.0}, {"npv": 2.0}, n) for n in (1, 4)]
    one, four = (worths(weekly, scenarios, rule).iloc[1] for rule in rules)
    assert one["low"] == four["low"]
    width, wider = (x["difference_high"] - x["difference_low"] for x in (one, four))
    reach = [scipy.special.stdtrit(4, rule.error / 2) for rule in rules]
    assert wider / width == pytest.approx(reach[1] / reach[0])


# Other prices

PRICES_OF = {
    "money.cost_to_serve": 5.5,
    "money.complaint_cost": 3.0,
    "money.acquisition_cost": 75.0,
    "money.discount_rate": 0.03,
    "levers.follow_up.cost_per_contact": 1.25,
}


def test_other_prices_need_no_other_run_to_the_cent(tmp_path):
    def study(name, *changes):
        return compare(
            "baseline",
            "follow_up",
            pairs=2,
            overrides=(*SMALL, *changes),
            jobs=1,
            out=tmp_path / name,
        )

    before = study("before")
    levers = [k for k in PRICES_OF if k.startswith("levers.")]
    own = [f"{k}={v}" for k, v in PRICES_OF.items() if k not in levers]
    weekly, scenarios = repriced(
        before.study.weekly, before.study.scenarios, dict(PRICES_OF)
    )
    after = study("after", *own)
    base = after.study.weekly["scenario"] == "baseline"
    for name in ("cost", "profit", "present_value"):
        told = weekly.loc[base, name]
        assert told.to_numpy() == pytest.approx(
            after.study.weekly.loc[base, name].to_numpy(), abs=0.005
        )
    calls = load("follow_up", [*SMALL, *own, "levers.follow_up.cost_per_contact=1.25"])
    assert scenarios["follow_up"].levers == calls.levers
    lived = PerceptionModel(calls, seed=1).run().weekly()
    rows = (weekly["scenario"] == "follow_up") & (weekly["seed"] == 1)
    assert weekly.loc[rows, "present_value"].sum() == pytest.approx(
        lived["present_value"].sum(), abs=0.005
    )
    told = before.at_prices(PRICES_OF)
    assert told.level("baseline", "npv") == pytest.approx(
        after.level("baseline", "npv")
    )
    assert told.of("follow_up", "active") == before.of("follow_up", "active")
    same = before.at_prices({"money.cost_to_serve": 4.0})
    pd.testing.assert_frame_equal(same.money, before.money)
    assert same.verdict == before.verdict


def test_a_margin_moves_those_of_all_segments(tmp_path):
    dear = [f"market.segments.{k}.margin_per_week" for k in ("regular", "key")]
    before = compare(
        "baseline", "follow_up", pairs=2, overrides=SMALL, out=tmp_path / "a"
    )
    margins = [
        s.margin_per_week for s in before.study.scenarios["baseline"].market.segments
    ]
    changes = [f"{k}={2 * v}" for k, v in zip(dear, margins, strict=True)]
    after = compare(
        "baseline",
        "follow_up",
        pairs=2,
        overrides=[*SMALL, *changes],
        out=tmp_path / "b",
    )
    (margin,) = (p for p in prices(before.study.scenarios) if p.path == MARGIN)
    told = before.at_prices({MARGIN: 2 * margin.value})
    for outcome in ("revenue", "npv"):
        found, asked = told.of("follow_up", outcome), after.of("follow_up", outcome)
        assert found.difference == pytest.approx(asked.difference, abs=0.01)
    assert told.verdict == after.verdict


def test_prices_are_those_the_ledger_can_tell():
    calls = {k: load(k) for k in ("baseline", "follow_up")}
    paths = [price.path for price in prices(calls)]
    assert paths == [*PRICES, "levers.follow_up.cost_per_contact"]
    assert "levers.follow_up.cost_per_contact" not in {
        price.path for price in prices({"all_in": load("all_in")})
    }


def test_what_a_ledger_cannot_tell_is_refused():
    weekly = STEADY.assign(scenario="calls")
    free = {"calls": load("follow_up", ["money.cost_to_serve=0"])}
    with pytest.raises(
        ValueError, match=r"run again with --set money\.cost_to_serve=2"
    ):
        repriced(weekly, free, {"money.cost_to_serve": 2.0})
    several = {"calls": load("all_in")}
    with pytest.raises(ValueError, match="cannot be told from a ledger"):
        repriced(weekly, several, {"levers.follow_up.cost_per_contact": 2.0})
    with pytest.raises(ValueError, match="cannot be told from a ledger"):
        repriced(weekly, free, {"trust.gain": 0.1})


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    """Calls compared with the baseline."""
    out = tmp_path_factory.mktemp("calls") / "study"
    files = ("baseline", "follow_up")
    return compare(*files, pairs=6, overrides=SMALL, jobs=1, out=out)


def test_at_its_break_even_price_a_choice_earns_what_the_base_earns(calls):
    """The line is exact: told again at that price, the mean difference is nothing."""
    prices = {each.path: each for each in calls.break_even_prices()}
    assert {MARGIN, "levers.follow_up.cost_per_contact"} <= set(prices)
    assert "money.discount_rate" not in prices, "NPV is no line in it"
    assert prices["levers.follow_up.cost_per_contact"].at > 0
    for path, each in prices.items():
        if each.at < 0:  # no price is, so that no price turns it
            continue
        there = calls.at_prices({path: each.at}).of("follow_up", "npv")
        assert there.difference == pytest.approx(0, abs=1e-6)
        more = calls.at_prices({path: each.at + 1}).of("follow_up", "npv")
        assert (more.difference > 0) == (each.pays == "above")


def test_the_ends_of_a_break_even_price_are_where_luck_begins(calls):
    error = calls.rule.error
    prices = break_even_prices(calls.study.weekly, calls.study.scenarios, error)
    assert str(prices) == str(calls.break_even_prices())
    (price,) = (x for x in prices if x.path == "levers.follow_up.cost_per_contact")
    assert price.low < price.at < price.high
    for end in (price.low, price.high):
        if end > 0:
            there = calls.at_prices({price.path: end}).of("follow_up", "npv")
            assert min(abs(there.low), abs(there.high)) == pytest.approx(0, abs=1e-6)
