"""Signs under other assumptions: counted, told apart, turned where they must be.

What a person reads of it meets `analysis/tables/robustness.py`.
"""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from analysis import compare, robustness
from analysis.bands import BANDS
from analysis.comparison import compared
from analysis.differences import number
from analysis.errors import InputError
from analysis.factors import assumptions
from analysis.facts import FACTS
from analysis.robustness import (
    FEWEST_PLAUSIBLE,
    Sign,
    _apart,
    _is_plausible,
    _signs,
    _turn,
    given_prices,
    read,
    scaled,
)
from analysis.study import Study
from analysis.tables.robustness import (
    MOST_TIPS,
    robustness_json,
    robustness_section,
    sign_table,
    tip_table,
)
from analysis.terminal import NARROW, printed
from analysis.verdict import Verdict
from analysis.wording import plainly
from simulation.scenario import changed, load

SMALL = ("market.customers=200", "clock.weeks=6", "clock.warmup_weeks=2")
DEAR = "levers:\n  - follow_up: {cost_per_contact: 9, upsell_value: 0}\n"


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Calls that cost money and change little, with as many pairs everywhere."""
    folder = tmp_path_factory.mktemp("robust")
    (folder / "dear.yaml").write_text(f"extends: baseline\nname: Dear\n{DEAR}")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("PAIRS", "CENTRE_PAIRS", "FIRST_PAIRS", "MORE_PAIRS"):
            patch.setattr(robustness, name, 4)
        plain = compare(
            "baseline",
            folder / "dear.yaml",
            pairs=4,
            overrides=SMALL,
            jobs=1,
            out=folder / "study",
        )
        yield plain.tested(draws=6, jobs=1)


def test_what_files_set_of_the_world_is_known_and_not_drawn(found):
    price, margin = "levers.follow_up.cost_per_contact", "market.segments"
    theirs = [f"{margin}.{name}.margin_per_week" for name in ("regular", "key")]
    mine = changed(load("follow_up"), [(path, 20.0) for path in theirs])
    over, known = _apart(assumptions([mine]))
    assert [factor.path for factor in known] == [f"{margin}.margin_per_week"]
    assert {price, "trust.gain"} <= {factor.path for factor in over}
    assert found.robustness.about["known"] == [price]
    assert (found.robustness.draws[price] == 9).all(), "its file gives it"
    assert given_prices([load("follow_up")]) == {price}, "also at the usual price"
    assert given_prices([load("training")]) == set()
    about = {**found.robustness.about, "known": [f"{margin}.margin_per_week"]}
    again = dataclasses.replace(found.robustness, about=about)
    names = {label: label for label in found.study.labels}
    note = sign_table(again, names).note
    assert "not moved: segments: margin per week." in note


def test_a_few_draws_are_called_too_few_where_they_are_counted(found):
    names = {label: label for label in found.study.labels}
    for n, is_told in ((FEWEST_PLAUSIBLE - 1, True), (FEWEST_PLAUSIBLE, False)):
        signs = found.robustness.signs.assign(plausible_holds=1, n_plausible=n)
        robust = dataclasses.replace(found.robustness, signs=signs)
        for *_, cell in sign_table(robust, names).rows:
            assert cell.text == f"1 of {n}"
            assert (cell.more == "too few") is is_told


def test_the_sign_is_counted_in_every_draw(found):
    sign = found.robustness.sign("dear", "npv")
    assert sign.sign == -1
    assert sign.n_draws == 6 == len(found.robustness.draws)
    column = found.robustness.draws["dear.npv"]
    assert sign.holds == (column < 0).sum()
    assert sign.low <= sign.share <= sign.high


def test_a_row_a_draw_tells_what_was_assumed(found):
    table = found.robustness.draws
    assert {"draw", "is_plausible", *BANDS} <= set(table)
    assert table["trust.gain"].between(0.01, 0.15).all()
    assert table["trust.gain"].nunique() == len(table)


def test_a_price_turns_npv_where_the_ledger_says(found):
    """Profit is exactly a line in a price: its end of the range tells break-even."""
    tips = {tip.path: tip for tip in found.robustness.turning("dear", "npv")}
    price = tips["levers.follow_up.cost_per_contact"]
    gain, spent = (found.gain("dear", k).value for k in ("npv", "lever_cost"))
    slope = (price.at_high - price.at_low) / (price.high - price.low)
    assert slope == pytest.approx(-spent / 9)
    at_zero = price.value - gain / slope
    if price.low <= at_zero <= price.high:
        assert price.turns_at == pytest.approx(at_zero)
    else:
        assert math.isnan(price.turns_at)
        assert price.move > robustness.MIDDLE


def test_the_verdict_ends_with_it_and_the_folder_keeps_it(found):
    assert "Over 6 draws of the assumptions" in found.verdict
    assert found.verdict.count(". ") <= 2
    sign = found.robustness.sign("dear", "npv")
    assert f"beyond luck {sign.sure} against {sign.against})" in found.verdict
    assert f"{sign.n_plausible} of them " in found.verdict
    assert sign.n_plausible < FEWEST_PLAUSIBLE
    assert "too few to rely on" in found.verdict
    again = compared(found.study)
    assert again.verdict == found.verdict
    pd.testing.assert_frame_equal(again.robustness.tipping, found.robustness.tipping)
    pd.testing.assert_frame_equal(again.robustness.signs, found.robustness.signs)


def test_the_verdict_names_an_assumption_before_a_price_that_is_known(found):
    """The price moves the money most; once drawn, it would be the one that is named."""
    price = "levers.follow_up.cost_per_contact"
    assert found.robustness.turning("dear", "npv")[0].path == price
    assert "cost per contact" not in found.verdict
    about = {**found.robustness.about, "known": []}
    open_ = dataclasses.replace(found.robustness, about=about)
    npv = pd.DataFrame()
    told = Verdict(found.study.scenarios, [], npv, robustness=open_)
    assert "the cost per contact (follow up)" in told._turning("dear", "npv")


def test_stopped_it_keeps_its_draws_and_goes_on(tmp_path, monkeypatch, stopper):
    """Ctrl-C in the middle: asked again, no draw is lived twice."""
    for name in ("PAIRS", "CENTRE_PAIRS"):
        monkeypatch.setattr(robustness, name, 4)
    dear = load("follow_up", [*SMALL, "levers.follow_up.cost_per_contact=9"])
    base = load("baseline", SMALL)
    plain = compare(base, dear, pairs=4, jobs=1, out=tmp_path / "study")
    with pytest.raises(KeyboardInterrupt, match="13 of 40 runs were finished"):
        plain.tested(draws=4, jobs=1, watcher=stopper(5))
    assert len(pd.read_parquet(tmp_path / "study/parts/draws/runs.parquet")) == 13
    found = plain.tested(draws=4, jobs=1).robustness
    assert len(found.draws) == 4
    runs = Study(tmp_path / "study/parts/draws", {}).runs
    assert runs["run"].tolist() == list(range(40))
    assert (runs["found_in"] == "study").sum() == 8, "the pairs of the comparison"


def test_another_study_in_the_folder_has_no_part_in_it(found):
    others = {"baseline": load("baseline"), "dear": load("follow_up")}
    assert read(found.study.folder, others) is None
    assert read(found.study.folder / "figures", found.study.scenarios) is None


def test_another_question_in_the_folder_takes_its_tables_away(tmp_path):
    """Else its verdict would rest on draws of other seeds, and its report on none."""
    base, calls = (load(name, SMALL) for name in ("baseline", "follow_up"))
    how = {"pairs": 2, "jobs": 1, "out": tmp_path / "study"}
    assert compare(base, calls, **how).tested(draws=2, jobs=1).robustness is not None
    assert compare(base, calls, **how).robustness is not None, "asked the same again"
    assert compare(base, calls, **how, seed=7).robustness is None


def test_tables_fit_and_json_has_all(found):
    console = Console(width=10 * NARROW)
    names = {label: label for label in found.study.labels}
    section = robustness_section(found.robustness, names)
    for table in section.tables:
        assert console.measure(printed(table)).maximum <= NARROW
    (signs, tips) = section.tables
    assert [row[0] for row in signs.rows][1] == "dear: NPV less"
    assert {row[1] for row in tips.rows} == {"customers", "NPV"}
    document = robustness_json(found.robustness)
    assert document["pairs"] == 4
    assert {row["outcome"] for row in document["signs"]} == {"active", "npv"}


def test_an_assumption_is_named_in_words_with_its_path_below(found):
    turning = found.robustness.tipping.assign(turns_at=12.25, move=0.5)
    robust = dataclasses.replace(found.robustness, tipping=turning)
    table = tip_table(robust, "dear", "Dear")
    names = [name for name, *_ in table.rows]
    assert len(names) == 2 * MOST_TIPS
    assert all(name.text == plainly(name.more) for name in names)
    assert {name.more for name in names} <= set(turning["path"])
    console = Console(width=10 * NARROW)
    assert console.measure(printed(table)).maximum <= NARROW
    with console.capture() as said:
        console.print(printed(table))
    assert names[0].text in said.get()


def test_a_price_that_is_told_exactly_is_not_told_again_of_small_worlds(found):
    tips, prices = found.robustness.tipping, found.break_even_prices()
    (price,) = (each.path for each in prices if each.path.startswith("levers."))
    turning = tips.assign(turns_at=1.5, move=np.where(tips["path"] == price, 0.1, 0.4))
    robust = dataclasses.replace(found.robustness, tipping=turning)
    names = {label: label for label in found.study.labels}
    for exact, is_told in (((), True), (prices, False)):
        table = robustness_section(robust, names, exact).tables[-1]
        assert (price in {name.more for name, *_ in table.rows}) is is_told
        assert ("exact but for luck" in table.note) is not is_told
        assert len(table.rows) == 2 * MOST_TIPS


def test_a_turn_is_found_between_the_ends():
    assert _turn(np.array([1.0, 3.0]), np.array([-5.0, -7.0]))[0] == 0.25
    assert _turn(np.array([2.0, 2.0]), np.array([3.0]))[0] == math.inf
    assert _turn(np.array([-1.0, 0.5]), np.array([-3.0]))[0] == 0
    way, low, high = _turn(np.array([2.0, 2.2, 1.9]), np.array([-2.0, -2.1, -1.8]))
    assert low < way < high


def test_draws_unlike_real_markets_are_told_apart():
    table = pd.DataFrame(
        {
            "is_plausible": [True, True, False, False],
            "calls.npv": [1.0, -1.0, 5.0, math.nan],
            "calls.npv.low": [0.5, -2.0, -1.0, math.nan],
            "calls.npv.high": [1.5, -0.5, 9.0, math.nan],
        }
    )
    (row,) = _signs(table, {"calls": {"npv": 1}}, 1.0).itertuples(index=False)
    sign = Sign(*row)
    assert (sign.holds, sign.n_draws) == (2, 3)
    assert (sign.sure, sign.against) == (1, 1), "one is open"
    assert (sign.plausible_holds, sign.n_plausible) == (1, 2)
    inside = {band.name: (band.low + band.high) / 2 for band in BANDS.values()}
    bands = BANDS.values()
    assert _is_plausible(inside, bands)
    for band in bands:
        assert not _is_plausible(inside | {band.name: band.high + 1}, bands)
        assert not _is_plausible(inside | {band.name: math.nan}, bands)


@pytest.fixture
def plain(tmp_path, monkeypatch):
    """Two pairs of a market of twice as many people as are lived."""
    monkeypatch.setattr(robustness, "LARGEST", 100)
    monkeypatch.setattr(robustness, "WORLDS", 3)
    for name in ("PAIRS", "CENTRE_PAIRS", "FIRST_PAIRS", "MORE_PAIRS"):
        monkeypatch.setattr(robustness, name, 2)
    base = load("baseline", SMALL)
    calls = load("follow_up", [*SMALL, "levers.follow_up.from_week=0"])
    return compare(base, calls, pairs=2, jobs=1, out=tmp_path / "study")


def test_what_was_observed_says_which_draws_are_like_ones_own_market(plain):
    """Nine in ten of their differences, in money of the whole market."""
    label = plain.others[0]
    found = plain.tested(draws=20, jobs=1, observed={"churn": (0, 1)})
    draws, sign = found.robustness.draws, found.robustness.sign(label, "npv")
    lived = Study(found.study.folder / "parts/draws", {}).runs
    lived = lived[lived["point"] < 20]
    assert (lived["scenario"] == plain.base).sum() == 20 * 3, "worlds to look at"
    assert (lived["scenario"] == label).sum() == 20 * 2, "pairs"
    assert draws["is_plausible"].all()
    gains = 2 * draws[f"{label}.npv"]
    assert (gains < sign.plausible_low).sum() == 1
    assert (gains > sign.plausible_high).sum() <= 1, "two may be equal"
    assert sign.plausible_low < gains.median() <= sign.plausible_high
    assert "Over the 20 of 20 draws of the assumptions that show what" in found.verdict
    assert "nine in ten of them between" in found.verdict
    assert found.robustness.observed == {"churn": (0, 1)}
    assert compared(found.study).verdict == found.verdict, "as the folder keeps it"
    half = {"churn": (0, float(draws["churn"].median()))}
    again = plain.tested(draws=20, jobs=1, observed=half)
    sign = again.robustness.sign(label, "npv")
    assert (sign.n_plausible, sign.n_draws) == (10, 20)
    assert "Over the 10 of 20 draws" in again.verdict
    assert "nine in ten" not in again.verdict, "ten are few"
    fewer = {"churn": (0, float(draws["churn"].quantile(0.2)))}
    few = plain.tested(draws=20, jobs=1, observed=fewer)
    assert "4 of them show what was observed of yours, too few" in few.verdict
    pd.testing.assert_frame_equal(again.robustness.tipping, found.robustness.tipping)


def test_what_is_observed_of_people_is_of_the_whole_market(plain):
    here = plain.level(plain.base, "active").mean
    found = plain.tested(draws=2, jobs=1, observed={"active": (0, 200)}).robustness
    assert found.about["customers"] == 100
    assert found.about["figures"]["active"] == pytest.approx(here, rel=0.2)


def test_where_no_draw_shows_what_was_observed_it_says_what_they_show(plain):
    found = plain.tested(draws=4, jobs=1, observed={"true_nps": (-99, -98)}).robustness
    names = dict(zip(plain.study.labels, ("base", "calls"), strict=True))
    table = sign_table(found, names)
    nps = found.draws["true_nps"]
    assert (
        "Like yours is a market with true NPS −99 to −98 in its 6 weeks." in table.note
    )
    least = number(nps.min(), 0.1)
    assert (
        f"No draw is one. Alone: true NPS in 0 of 4, which show {least}" in table.note
    )
    assert "luck alone moves what a draw shows: true NPS ± " in table.note
    assert "The base itself is not like yours: true NPS " in table.note
    assert table.columns[3] == "like yours"
    console = Console(width=10 * NARROW)
    assert console.measure(printed(table)).maximum <= NARROW


@pytest.mark.parametrize(
    ("observed", "words"),
    [
        ({"chrun": (0, 1)}, "--observed chrun: no such outcome; did you mean 'churn'"),
        ({"churn": (0.3, 0.2)}, "--observed churn=0.3:0.2: write the smaller number"),
        ({"npv": (0, math.inf)}, "--observed npv=0:inf: both ends must be numbers"),
        ({"rating": (36, 39)}, "rating=36:39: both ends must be numbers from 1 to 5"),
    ],
)
def test_what_cannot_be_observed_is_refused_before_anything_runs(
    plain, observed, words
):
    with pytest.raises(InputError, match=words):
        plain.tested(draws=4, jobs=1, observed=observed)
    assert not (plain.study.folder / "parts").exists()


def test_every_band_has_its_fact_and_so_its_source():
    assert set(BANDS) <= {fact.key for fact in FACTS}


def test_a_large_market_is_scaled_down_with_what_levers_cost_as_a_whole():
    settings = load("break_silos", ["market.customers=20000"])
    small = scaled(settings)
    assert small.market.customers == robustness.LARGEST
    assert small.levers[0].cost_once == pytest.approx(settings.levers[0].cost_once / 10)
    assert scaled(load("follow_up")) == load("follow_up")


def test_what_a_large_market_pays_as_a_whole_is_told_as_its_file_has_it(
    tmp_path, monkeypatch
):
    """A market of twice as many people as are lived, and a weekly price of 40."""
    monkeypatch.setattr(robustness, "LARGEST", 150)
    for name in ("PAIRS", "CENTRE_PAIRS", "FIRST_PAIRS", "MORE_PAIRS"):
        monkeypatch.setattr(robustness, name, 2)
    path = "levers.follow_up.cost_per_week"
    choice = tmp_path / "weekly.yaml"
    choice.write_text(
        "extends: baseline\nlevers:\n  - follow_up: {cost_per_week: 40}\n"
    )
    small = ["market.customers=300", "clock.weeks=4", "clock.warmup_weeks=0"]
    plain = compare(
        "baseline", choice, pairs=2, overrides=small, jobs=1, out=tmp_path / "study"
    )
    found = plain.tested(draws=2, jobs=1).robustness
    tip = next(t for t in found.turning("weekly", "npv") if t.path == path)
    assert (tip.value, tip.low, tip.high) == (40, 0, 2000), "1,000 for half of it"
    assert (found.draws[path] == 40).all()
    names = {label: label for label in plain.study.labels}
    last = robustness_section(found, names).tables[-1]
    assert "told here undivided" in last.note
