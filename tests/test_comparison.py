"""Paired differences, their intervals, and what the verdict makes of them."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from scipy import stats

from analysis import InputError, compare
from analysis.comparison import compared
from analysis.differences import change_text, difference, number, rounded_to
from analysis.money import Gain, Worth
from analysis.outcomes import OUTCOME_BY_NAME, OUTCOMES
from analysis.sequential import ONCE, Rule, Until, interval, looks
from analysis.terminal import NARROW, Screen, comparison_tables
from analysis.verdict import Verdict
from simulation.scenario import Scenario, load

SMALL = ("market.customers=300", "clock.weeks=10", "clock.warmup_weeks=4")


# Numbers


def test_interval_is_students():
    values = np.random.default_rng(1).normal(3, 2, 12)
    found = interval(values)
    low, high = stats.t.interval(0.95, 11, values.mean(), stats.sem(values))
    assert found == pytest.approx((values.mean(), low, high, 12))


def test_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(2)
    draws = [interval(rng.normal(1, 1, 10)) for _ in range(2000)]
    covered = np.mean([each.low <= 1 <= each.high for each in draws])
    assert 0.935 < covered < 0.965


def test_one_pair_says_nothing_about_luck():
    found = interval(np.array([5.0]))
    assert found.mean == 5
    assert math.isnan(found.low)
    assert not found.is_conclusive


def test_missing_pairs_do_not_count():
    base = np.array([1.0, 2.0, np.nan, 4.0])
    other = np.array([2.0, np.nan, 5.0, 6.0])
    found = difference("x", "active", base, other)
    assert (found.n_pairs, found.difference) == (2, 1.5)


def test_paired_difference_is_the_paired_t_test():
    rng = np.random.default_rng(3)
    luck = rng.normal(900, 30, 40)
    base, other = luck + rng.normal(0, 2, 40), luck + 5 + rng.normal(0, 2, 40)
    found = difference("x", "active", base, other)
    known = stats.ttest_rel(other, base).confidence_interval()
    assert (found.low, found.high) == pytest.approx((known.low, known.high))
    assert found.is_conclusive
    assert found.correlation > 0.98
    apart = base.var(ddof=1) + other.var(ddof=1)
    assert found.variance_ratio == pytest.approx(apart / (other - base).var(ddof=1))
    assert found.n_independent == pytest.approx(40 * found.variance_ratio)


def test_equal_worlds_differ_by_exactly_nothing():
    values = np.array([10.0, 11.0, 12.0])
    found = difference("x", "active", values, values.copy())
    assert (found.difference, found.low, found.high) == (0, 0, 0)
    assert found.is_equal
    assert not found.is_conclusive
    assert found.variance_ratio == math.inf


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (1234567.0, 1000.0, "1,235,000"),
        (-0.04, 0.1, "0.0"),
        (-12.0, 1.0, "−12"),
        (0.1234, 0.001, "0.123"),
    ],
)
def test_numbers_read_well(value, step, text):
    assert number(value, step) == text


def test_figures_are_rounded_to_what_is_known():
    assert [rounded_to(half) for half in (0.0, math.nan, 950.0)] == [1.0, 1.0, 10.0]


# Words


def verdict(
    active: dict[str, list[float]],
    npv: dict[str, list[float]],
    rule: Rule = ONCE,
    worth: list[Worth] | None = None,
) -> str:
    """The verdict on made-up pairs; the first label is the base."""
    base, *others = active
    scenarios = {label: Scenario(name=label.title()) for label in active}
    found = []
    for outcome in OUTCOMES:
        source = active if outcome.name == "active" else npv
        for label in others:
            pair = np.array(source[base]), np.array(source[label])
            found.append(difference(label, outcome.name, *pair, rule=rule))
    told = pd.DataFrame(worth or [], columns=Worth._fields)
    return Verdict(scenarios, found, pd.DataFrame(npv), rule, worth=told).text()


@pytest.mark.parametrize(
    ("earned", "worth", "is_told"),
    [
        (-5.0, (40.0, 30.0, 50.0), True),
        (5.0, (-40.0, -50.0, -30.0), True),
        (0.0, (40.0, 30.0, 50.0), True),
        (5.0, (40.0, 30.0, 50.0), False),
        (-5.0, (40.0, -10.0, 90.0), False),
        (-5.0, (math.nan, math.nan, math.nan), False),
    ],
)
def test_a_verdict_that_a_longer_run_may_turn_says_so(earned, worth, is_told):
    said = verdict(
        {"base": FLAT, "calls": moved(5, 1)},
        {"base": moved(0, 0, 1000), "calls": moved(earned, 1, 1000)},
        worth=[Worth("calls", "worth_for_ever", 900.0, 890.0, 910.0, *worth)],
    )
    way = "more" if worth[0] > 0 else "less"
    assert (f"would be worth 40 EUR {way} (30 to 50)" in said) == is_told


@pytest.mark.parametrize(
    ("from_week", "week", "ending"),
    [
        (10, 54.0, "paid back by week 54, 44 weeks after it began."),
        (0, 54.0, "paid back by week 54."),
        (10, 4.0, "paid back by week 4."),
        (10, math.inf, "on top (0.50 to 1.50)."),
    ],
)
def test_the_verdict_counts_the_weeks_of_payback_from_the_lever_s_first(
    from_week, week, ending
):
    calls = load("baseline", [f"levers=[{{follow_up: {{from_week: {from_week}}}}}]"])
    back = Gain("calls", "return", "money per money", 1.0, 0.5, 1.5, 9, "Fieller")
    weeks = Gain("calls", "payback_week", "weeks", week, week, week, 9, "order")
    told = Verdict(
        {"base": load("baseline"), "calls": calls},
        [],
        pd.DataFrame(),
        earned=pd.DataFrame([back, weeks]),
    )
    assert told._return("calls").endswith(ending)


LUCK = np.random.default_rng(4).normal(0, 1, 40)
FLAT = [900.0 + i % 7 for i in range(40)]


def moved(by: float, luck: float, scale: float = 1.0) -> list[float]:
    return [scale * (f + by + luck * x) for f, x in zip(FLAT, LUCK, strict=True)]


def test_a_sure_gain_is_said_with_its_size_and_interval():
    said = verdict(
        {"base": FLAT, "calls": moved(92, 60)},
        {"base": moved(0, 0, 1000), "calls": moved(12.3, 8, 1000)},
    )
    assert said.startswith("Against “Base”, over 104 weeks “Calls” ends with ")
    assert re.search(r"more customers, [\d.]+ % \(95 % interval", said)
    assert " EUR more, " in said
    assert re.search(r"\b1[0-5],\d{3} EUR more", said)


def test_an_interval_that_includes_zero_is_no_win():
    said = verdict(
        {"base": FLAT, "calls": moved(0.1, 5)},
        {"base": moved(0, 0, 1000), "calls": moved(0.1, 8, 1000)},
    )
    said = said.replace(" over 104 weeks", "")
    assert said.startswith("Whether “Calls” does better than “Base” cannot be told")
    assert "with 40 pairs" in said
    assert "fewer to" in said
    assert "less to" in said


def test_customers_up_and_money_unclear_says_both():
    said = verdict(
        {"base": FLAT, "calls": moved(50, 5)},
        {"base": moved(0, 0, 1000), "calls": moved(0, 8, 1000)},
    )
    assert re.search(r"ends with (49|50|51)(\.\d)? more customers", said)
    assert ", but whether it earns more or less cannot be told from luck (" in said


def test_losing_both_is_said_as_a_loss():
    said = verdict(
        {"base": FLAT, "calls": moved(-50, 5)},
        {"base": moved(0, 0, 1000), "calls": moved(-9, 8, 1000)},
    )
    assert "fewer customers" in said
    assert "EUR less" in said
    assert "−" not in said, "less 9,000 is not less −9,000"


def test_several_name_the_best_on_money_and_on_customers():
    said = verdict(
        {"base": FLAT, "calls": moved(50, 5), "honest": moved(10, 5)},
        {
            "base": moved(0, 0, 1000),
            "calls": moved(5, 2, 1000),
            "honest": moved(15, -2, 1000),
        },
    )
    assert "“Honest” pays best" in said
    assert "“Calls” ends with the most customers" in said
    assert "“Honest” earns" in said.split(". ")[-1]
    assert said.count(". ") <= 2


def test_several_of_which_none_pays():
    said = verdict(
        {"base": FLAT, "calls": moved(1, 5), "honest": moved(0, 5)},
        {
            "base": moved(0, 0, 1000),
            "calls": moved(-5, 2, 1000),
            "honest": moved(-15, 2, 1000),
        },
    )
    assert said.startswith("No choice earns more than “Base”")


def test_a_sure_gain_is_named_before_a_larger_one_that_can_be_luck():
    said = verdict(
        {"base": FLAT, "calls": moved(50, 5), "honest": moved(1, 5)},
        {
            "base": moved(0, 0, 1000),
            "calls": moved(5, 60, 1000),
            "honest": moved(2, 1, 1000),
        },
    )
    assert "“Honest” pays best" in said
    assert "“Calls” ends with the most customers" in said
    assert "whether it pays cannot be told" in said
    assert "cannot be told from luck with 40 pairs" in said.split(". ")[-1]


def test_customers_gained_are_said_where_money_is_unclear():
    said = verdict(
        {"base": FLAT, "calls": moved(50, 5), "honest": moved(1, 5)},
        {
            "base": moved(0, 0, 1000),
            "calls": moved(5, 60, 1000),
            "honest": moved(2, 60, 1000),
        },
    )
    assert said.startswith("With 40 pairs, that any choice earns more than “Base”")
    assert "“Calls” ends with the most customers: " in said


def test_one_pair_asks_for_more():
    said = verdict({"base": [1.0], "calls": [2.0]}, {"base": [1.0], "calls": [2.0]})
    assert "--runs" in said


def test_no_difference_is_said_though_an_outcome_has_no_value():
    """As the measured score where nobody answers; and of no pairs nothing is said."""
    pair, none = np.array([3.0, 4.0]), np.full(2, np.nan)
    scenarios = {label: Scenario(name=label.title()) for label in ("base", "calls")}

    def told(values, rating):
        found = [
            difference("calls", name, values, values) for name in ("active", "npv")
        ]
        found.append(difference("calls", "rating", rating, rating))
        return Verdict(scenarios, found, pd.DataFrame()).text()

    assert told(pair, none).startswith("No difference: “Calls” and “Base” came out")
    assert told(none, none).startswith("0 pairs cannot tell a difference from luck")


def test_a_cell_says_no_difference_only_if_there_is_none():
    values = np.array([0.1, 0.2, 0.3])
    churn = OUTCOME_BY_NAME["churn"]
    equal = difference("x", "churn", values, values)
    assert change_text(equal, churn) == "no difference"
    more = difference("x", "churn", values, values + np.array([0.01, 0.011, 0.012]))
    assert change_text(more, churn).startswith("+1.10 (")


def test_what_is_not_worth_while_is_said_so():
    rule = Rule((40,), {"active": 2, "npv": 2000}, {"active": 4, "npv": 4000})
    said = verdict(
        {"base": FLAT, "calls": moved(1.5, 0.5)},
        {"base": moved(0, 0, 1000), "calls": moved(0.5, 0.5, 1000)},
        rule,
    )
    assert "hardly changes the number of customers: " in said
    assert " and hardly changes what is earned: " in said


def test_no_choice_is_called_best_for_less_than_is_worth_while():
    rule = Rule((40,), {"npv": 2000}, {"npv": 4000}, 2)
    said = verdict(
        {"base": FLAT, "calls": moved(50, 5), "honest": moved(10, 5)},
        {
            "base": moved(0, 0, 1000),
            "calls": moved(0.5, 0.2, 1000),
            "honest": moved(1.5, 0.2, 1000),
        },
        rule,
    )
    assert said.startswith("No choice earns noticeably more than “Base”")


# Until when


def test_a_study_stops_when_the_answer_is_precise(tmp_path):
    class Noted(Screen):
        words: list[str] = []  # noqa: RUF012 (one study)

        def looked(self, words):
            super().looked(words)
            self.words.append(words)

    until = Until(40, precision={"retention": 0.01})
    found = compare(
        "baseline",
        "follow_up",
        pairs=until,
        overrides=("clock.weeks=40", *SMALL[::2]),
        jobs=1,
        out=tmp_path / "study",
        watcher=(watcher := Noted()),
    )
    answer = found.of("follow_up", "retention")
    assert found.is_settled
    assert answer.n_pairs in looks(40)[:-1]
    assert answer.interval.half <= answer.precision == 0.01
    assert answer.margin == 0.02
    assert answer.verdict == "no worthwhile difference"
    runs = 2 * answer.n_pairs
    assert found.study.manifest["runs"]["planned"] == runs == len(found.study.runs)
    assert len(watcher.words) == looks(40).index(answer.n_pairs)
    again = compared(found.study)
    assert again.verdict == found.verdict
    pd.testing.assert_frame_equal(again.differences, found.differences)


def test_a_budget_that_is_spent_is_inconclusive(tmp_path):
    found = compare(
        "baseline",
        "follow_up",
        pairs=Until(13, precision={"retention": 1e-7}),
        overrides=("clock.weeks=20", *SMALL[::2]),
        jobs=1,
        out=tmp_path / "study",
    )
    assert not found.is_settled
    assert found.of("follow_up", "retention").n_pairs == 13
    words = r"Not yet precise after 13 pairs: .* ± .* %, where ± .* is enough; allow "
    assert re.search(words + "more with --runs", found.verdict)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"precision": {"retension": 0.1}}, "no such outcome"),
        ({"margin": {"npv": -1.0}}, "not above 0"),
        ({"precision": {"npv": math.nan}}, "not above 0"),
    ],
)
def test_wishes_that_cannot_be_met_are_refused(wish, words, tmp_path):
    with pytest.raises(InputError, match=words):
        compare("baseline", "follow_up", pairs=Until(**wish), out=tmp_path / "study")
    assert not (tmp_path / "study").exists()


def test_a_margin_alone_sets_the_precision():
    base = pd.DataFrame({"npv": [1000.0, 1002.0], "active": [10.0, 10.0]})
    rule = Until(margin={"npv": 40.0}).rule(base, 1)
    assert (rule.precision, rule.margin) == ({"npv": 20.0}, {"npv": 40.0})
    rule = Until().rule(base, 1)
    assert rule.precision == pytest.approx({"npv": 1.001, "active": 0.01})


# Odd questions

ODD = {
    "two_levers": "levers: [follow_up: {coverage: 0.8}, consistency: {}]",
    "never": "levers: [follow_up: {from_week: 500, cost_once: 900}]",
    "nobody": "levers: [follow_up: {coverage: 0, cost_per_week: 9}]",
    "all_of_them": "levers: [follow_up: {coverage: 1, cost_per_contact: 4}]",
    "no_one_there": "levers: [follow_up: {audience: 'segment:empty'}]",
}
SEGMENTS = "market: {segments: [{name: all, share: 1}, {name: empty, share: 0}]}"


def asked(tmp_path, names, *changes, pairs=12):
    files = {"base": "", **{name: ODD[name] for name in names}}
    for name, text in files.items():
        content = f"extends: baseline\nname: {name}\n{SEGMENTS}\n{text}\n"
        (tmp_path / f"{name}.yaml").write_text(content)
    paths = [tmp_path / f"{name}.yaml" for name in files]
    overrides = (*SMALL, *changes)
    return compare(
        *paths, pairs=Until(pairs), overrides=overrides, jobs=1, out=tmp_path / "study"
    )


def test_odd_levers_have_plain_answers(tmp_path):
    found = asked(tmp_path, list(ODD))
    for name in ("never", "nobody", "no_one_there"):
        assert found.of(name, "npv").verdict == "no difference"
        assert found.of(name, "active").is_equal
        assert found.gain(name, "return") is None
        assert found.gain(name, "npv").value == 0
    assert found.gain("all_of_them", "lever_cost").value > 0
    assert not found.of("two_levers", "perception").is_equal
    chances = found.ranking.groupby("outcome")["chance"].sum()
    assert chances.to_numpy() == pytest.approx(1.0)
    alike = {found.best_chance(k, "npv") for k in ("base", "never", "nobody")}
    assert len(alike) == 1
    assert found.verdict.count(". ") <= 2


def test_a_lever_that_never_starts_is_settled_at_the_first_look(tmp_path):
    found = asked(tmp_path, ["never"], pairs=100)
    assert found.of("never", "npv").n_pairs == looks(100)[0]
    assert found.verdict.startswith("No difference: ")
    assert "levers[0].follow_up.from_week: week 500 is past the last" in found.verdict


def test_a_horizon_of_one_week(tmp_path):
    found = asked(tmp_path, ["all_of_them"], "clock.weeks=1", pairs=3)
    assert found.of("all_of_them", "active").n_pairs == 3
    assert found.verdict


def test_twenty_scenarios_at_once(tmp_path):
    files = [tmp_path / f"calls_{i}.yaml" for i in range(20)]
    for i, file in enumerate(files):
        lever = f"{{coverage: {i / 20}, cost_per_contact: {i}, from_week: 2}}"
        text = f"extends: baseline\nname: Calls {i}\nlevers: [follow_up: {lever}]\n"
        file.write_text(text)
    found = compare(
        "baseline",
        *files,
        pairs=Until(3),
        overrides=SMALL,
        jobs=1,
        out=tmp_path / "study",
    )
    assert len(found.others) == 20
    assert found.rule.error == pytest.approx(0.05 / 40)
    assert found.verdict.count(". ") <= 2
    console = Console(width=NARROW)
    assert all(
        console.measure(table).maximum <= NARROW for table in comparison_tables(found)
    )


# From end to end


def test_a_renamed_copy_makes_exactly_no_difference(tmp_path):
    copy = tmp_path / "copy.yaml"
    copy.write_text("extends: follow_up\nname: Another name\n")
    found = compare(
        "follow_up", copy, pairs=2, overrides=SMALL, jobs=1, out=tmp_path / "study"
    )
    assert (found.differences["difference"] == 0).all()
    assert (found.differences[["low", "high"]] == 0).all(axis=None)
    assert found.differences["is_equal"].all()
    assert found.verdict.startswith("No difference: “Another name” and “Follow up")
    by_seed = found.study.runs.groupby("seed")["digest"].nunique()
    assert (by_seed == 1).all(), "bit for bit"


def test_what_else_differs_is_noted(tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text("extends: follow_up\nfirm: {promise: 0.5}\n")
    found = compare(
        "baseline", other, pairs=2, overrides=SMALL, jobs=1, out=tmp_path / "study"
    )
    (note,) = found.study.warnings
    assert "firm.promise" in note
    assert found.study.manifest["warnings"] == [note]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("clock: {weeks: 11}", "clock.weeks"),
        ("clock: {tick_days: 14}", "clock.tick_days"),
        ("money: {currency: USD}", "currency"),
    ],
)
def test_worlds_that_cannot_be_set_side_by_side_are_refused(tmp_path, text, key):
    other = tmp_path / "other.yaml"
    other.write_text(f"extends: baseline\n{text}\n")
    with pytest.raises(InputError, match=key):
        compare("baseline", other, out=tmp_path / "study")
    assert not (tmp_path / "study").exists()


def test_a_python_call_returns_frames(tmp_path):
    found = compare(
        "baseline",
        "follow_up",
        "consistency",
        pairs=3,
        overrides=SMALL,
        jobs=1,
        out=tmp_path / "study",
    )
    assert found.others == ("follow_up", "consistency")
    assert len(found.differences) == 2 * len(OUTCOMES)
    assert len(found.levels) == 3 * len(OUTCOMES)
    one = found.of("follow_up", "npv")
    level = found.level("follow_up", "npv")
    assert one.mean == pytest.approx(level.mean)
    assert one.low <= one.difference <= one.high
