"""How much of it pays: by coverage and lever by lever.

What a person reads of it meets `analysis/tables/payoff.py`.
"""

import math

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from analysis import compare, cost_of_delay, execution, payoff
from analysis.errors import InputError
from analysis.money import MARGIN, BreakEvenPrice
from analysis.payoff import (
    COVERAGES,
    LEAST,
    _turning,
    break_even,
    covered,
    lever_by_lever,
    without,
)
from analysis.tables.payoff import (
    break_even_json,
    break_even_section,
    break_even_words,
    lever_section,
    price_section,
)
from analysis.terminal import NARROW, printed
from simulation.model import PerceptionModel
from simulation.scenario import load

SMALL = ["market.customers=300", "clock.weeks=10", "clock.warmup_weeks=4"]
SALES = "levers=[follow_up: {after: good, upsell_chance: 1, cost_per_contact: 0, %s}]"


def gains(line, luck=0.0, n_pairs=20):
    """Nobody is covered at the least coverage, so that there is no luck in it."""
    rng = np.random.default_rng(4)
    found = {c: line(c) + luck * rng.normal(size=n_pairs) for c in COVERAGES}
    return {LEAST: np.full(n_pairs, line(LEAST)), **found}


def test_a_fixed_cost_pays_from_a_coverage_on():
    at, low, high, pays = _turning(gains(lambda c: 8 * c - 4, luck=0.5))
    assert pays == "above"
    assert low < at < high
    assert at == pytest.approx(0.5, abs=0.05)
    assert high - low < 0.2


def test_what_spoils_pays_up_to_a_coverage():
    at, *_, pays = _turning(gains(lambda c: c * (0.75 - c)))
    assert pays == "below"
    assert at == pytest.approx(0.75, abs=0.01)


def test_a_fee_is_paid_however_few_are_covered():
    """So that no coverage near 0 can break even."""
    at, low, _, pays = _turning(gains(lambda c: 40 * c - 10, luck=5))
    assert pays == "above"
    assert at == pytest.approx(0.25, abs=0.1)
    assert low > 0.05


@pytest.mark.parametrize(
    ("slope", "luck", "pays"), [(5, 1, "everywhere"), (-5, 1, "nowhere")]
)
def test_there_may_be_no_break_even(slope, luck, pays):
    at, low, high, found = _turning(gains(lambda c: slope * c, luck))
    assert found == pays
    assert math.isnan(at)
    assert math.isnan(low)
    assert math.isnan(high)


def test_the_interval_covers_the_break_even():
    """Of many studies of a line that turns at 0.6."""
    rng, hits = np.random.default_rng(7), []
    for _ in range(100):
        slopes = rng.normal(10, 3, 15)
        luck = rng.normal(0, 1, 15)
        gained = {c: slopes * (c - 0.6) + luck for c in (LEAST, *COVERAGES)}
        _, low, high, _ = _turning(gained)
        hits.append(low <= 0.6 <= high)
    assert np.mean(hits) >= 0.9


def test_coverage_is_lived_and_a_fee_sets_the_break_even(tmp_path):
    base, sales = (
        load("baseline", SMALL),
        load("baseline", [*SMALL, SALES % "cost_once: 0"]),
    )
    how = {"pairs": 3, "jobs": 1, "out": tmp_path / "study"}
    free = break_even(base, sales, **how)
    assert free.pays == "everywhere"
    earned = free.coverages["mean"]
    assert earned.is_monotonic_increasing
    fee = f"cost_once: {earned.iloc[1]}"
    paid = break_even(base, load("baseline", [*SMALL, SALES % fee]), **how)
    assert paid.pays == "above"
    assert paid.at == pytest.approx(0.5, abs=0.002)
    assert "from a coverage of 50 %" in break_even_words(paid)
    assert break_even_json(paid)["at"] == paid.at
    section = break_even_section({"sales": paid}, {"sales": "sales"}, "EUR")
    assert list(section.text) == [f"sales: {break_even_words(paid)}"]
    (table,) = section.tables
    assert Console(width=200).measure(printed(table)).maximum <= NARROW


def test_without_levers_there_is_nothing_to_cover_or_take_out():
    with pytest.raises(InputError, match="no levers"):
        break_even("baseline", "baseline", overrides=SMALL)
    with pytest.raises(InputError, match="no levers"):
        lever_by_lever("baseline", overrides=SMALL)


def test_levers_taken_out_change_nothing_any_more():
    settings, plain = load("all_in", SMALL), load("baseline", SMALL)
    names = [lever.name for lever in settings.levers]
    one, two = (
        PerceptionModel(each, seed=5).run().weekly()
        for each in (without(settings, names), plain)
    )
    assert all(np.array_equal(one[k], two[k], equal_nan=True) for k in two)
    assert [lever.coverage for lever in covered(settings, 0.3).levers] == [0.3] * 5


def test_each_lever_has_its_own_return_and_one_alone_is_the_whole(tmp_path):
    how = {"overrides": SMALL, "jobs": 1, "out": tmp_path / "study"}
    found = lever_by_lever("follow_up", pairs=3, **how)
    assert list(found["scenario"].unique()) == ["follow_up", "together"]
    alone, whole = (
        rows.drop(columns="scenario").reset_index(drop=True)
        for _, rows in found.groupby("scenario")
    )
    assert alone.equals(whole)
    table = lever_by_lever("all_in", pairs=6, **how)
    assert table["scenario"].nunique() == 6
    assert {"customers", "npv", "return"} <= set(table["measure"])
    (shown,) = lever_section({"mix": table}, {"mix": "mix"}, "EUR").tables
    assert [row[0] for row in shown.rows][-1] == "together"
    assert Console(width=200).measure(printed(shown)).maximum <= NARROW


@pytest.mark.parametrize(
    ("ask", "n_runs", "n_found"),
    [
        (lambda **how: break_even("baseline", "follow_up", **how).coverages, 18, 3),
        (lambda **how: lever_by_lever("follow_up", **how), 9, 3),
        (lambda **how: cost_of_delay("follow_up", delays=(2, 4), **how), 9, 3),
    ],
)
def test_stopped_a_question_goes_on_and_lives_no_run_twice(
    ask, n_runs, n_found, tmp_path, monkeypatch, stopper
):
    """Ctrl-C in the middle; the worlds of the comparison it is part of are found."""
    lived = []

    def counted(run, *args, **options):
        lived.append((run.scenario, run.seed))
        return live(run, *args, **options)

    live = execution.live
    how = {"pairs": 3, "overrides": SMALL, "jobs": 1}
    whole = ask(**how, out=tmp_path / "whole")
    study = tmp_path / "studies" / "study"
    compare("baseline", "follow_up", **how, out=study)
    monkeypatch.setattr(execution, "live", counted)
    part = {**how, "out": study / "parts" / "question"}
    with pytest.raises(KeyboardInterrupt, match=f"of {n_runs} runs were finished"):
        ask(**part, watcher=stopper(5))
    assert len(lived) == 5
    pd.testing.assert_frame_equal(ask(**part), whole)
    assert len(lived) == len(set(lived)) == n_runs - n_found


def test_two_of_a_kind_are_told_apart():
    settings = load("baseline", ["levers=[follow_up: {}, follow_up: {after: good}]"])
    assert payoff.labels_of(settings) == ["follow_up", "follow_up-2"]
    assert without(settings, ["follow_up-2"]).levers[0] == settings.levers[0]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("levers.follow_up.cost_per_contact", "follow up: cost per contact"),
        ("money.cost_to_serve", "cost to serve"),
    ],
)
def test_a_price_goes_by_its_words(path, words):
    price = BreakEvenPrice("calls", path, "money", 4.0, 5.0, 4.5, 6.0, "below")
    (table,) = price_section([price], {"calls": "Calls"}, "EUR").tables
    ((_, named, _),) = table.rows
    assert named.text == words
    assert ("the price of a lever is told where" in table.note) == ("lever" not in path)


@pytest.mark.parametrize(
    ("ends", "pays", "words"),
    [
        ((20.0, 16.0, 28.0), "above", "above 20 EUR per week (95 % interval 16 to 28)"),
        ((20.0, -3.0, 28.0), "below", "below 20 EUR per week (95 % interval 0 to 28)"),
        ((-9.0, -12.0, -2.0), "above", "at every price: no margin turns that"),
        ((-9.0, -12.0, -2.0), "below", "at no price: no margin turns that"),
        ((-9.0, -12.0, 5.0), "below", "cannot be told from luck"),
        ((20.0, math.nan, math.nan), "above", "cannot be told from luck"),
    ],
)
def test_a_break_even_price_is_told_only_where_it_can_be_told(ends, pays, words):
    price = BreakEvenPrice("calls", MARGIN, "money per week", 13.0, *ends, pays)
    section = price_section([price], {"calls": "Calls"}, "EUR")
    (line,) = section.text
    assert words in line
    assert ("13 EUR per week" in line) == ("price:" not in line)
    (row,) = section.tables[0].rows
    assert row[0] == "Calls"
    assert row[1].text == "a customer's margin"
    assert Console(width=200).measure(printed(section.tables[0])).maximum <= NARROW
