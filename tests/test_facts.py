"""The facts: declared with all a reader needs, measured, shown honestly."""

import html
import json
import math
import re

import numpy as np
import pytest
from typer.testing import CliRunner

from analysis import facts as known
from analysis import measures
from analysis.cli import app
from analysis.facts import AIMS, BASELINE, FACTS, WORLDS, Finding, findings, witness
from analysis.figures.facts import draw_real_customers
from analysis.report.facts import write_page
from analysis.sequential import Interval
from analysis.tables.facts import (
    aims,
    band_text,
    headline,
    measured_text,
    show_facts,
)

CUSTOMERS, SEEDS = 1500, 2


@pytest.fixture(scope="module")
def seen():
    return list(witness(SEEDS, customers=CUSTOMERS))


def test_there_are_many_facts_each_once():
    keys = [fact.key for fact in FACTS]
    assert len(keys) == len(set(keys))
    assert len(keys) >= 60
    assert {name for fact in FACTS for name in fact.worlds} == set(WORLDS)


def test_the_defaults_were_set_for_facts_of_the_baseline():
    assert {fact.key for fact in FACTS} >= AIMS
    found = [Finding(fact, Interval(fact.low, fact.low, fact.low, 2)) for fact in FACTS]
    assert aims(found) == "The 12 for which the defaults were set hold all at once."


def test_a_number_that_luck_does_not_move_is_no_finding():
    fact = next(each for each in FACTS if each.key == "degree")
    for half, words in ((0.001, ", 1 of them because it sets them."), (0.5, ".")):
        found = [Finding(fact, Interval(10.0, 10.0 - half, 10.0 + half, 20))]
        begins = "1 of 1 facts about real customers hold in the baseline"
        assert headline(found) == begins + words


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.key)
def test_a_fact_says_where_it_is_from(fact):
    """A year, or the words of a survey; a band; how it is measured."""
    assert re.search(r"\b(19|20)\d\d\b|practi|implied", fact.source)
    assert fact.low < fact.high
    assert fact.how
    assert len(fact.claim) <= 52


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_is_a_scenario(name):
    settings = known.settings_of(name, 70)
    assert settings.market.customers == 70


def test_every_fact_is_measured(seen):
    values = [each.values for each in seen]
    assert set(values[0]) == {fact.key for fact in FACTS}
    rare = {"complained_leave", "repaired_leave", "repair_helps", "referred"}
    for key in set(values[0]) - rare:
        assert math.isfinite(values[0][key]), key
    assert values[0] != values[1]


def test_processes_find_the_same(seen):
    others = sorted(
        witness(SEEDS, customers=CUSTOMERS, jobs=2), key=lambda each: str(each.values)
    )
    mine = sorted(seen, key=lambda each: str(each.values))
    np.testing.assert_equal([e.values for e in others], [e.values for e in mine])


def test_a_fact_outside_its_band_fails_and_says_so(capsys):
    fact = FACTS[0]._replace(misses="the reason why")
    inside, edge, outside = (
        Finding(fact, Interval(mean, mean - 0.01, mean + 0.01, 20))
        for mean in (0.2, 0.155, 0.5)
    )
    assert inside.holds
    assert not inside.is_close
    assert edge.holds
    assert edge.is_close
    assert not outside.holds
    show_facts([inside, edge, outside], 20, 100)
    shown = capsys.readouterr().out
    assert "2 of 3 facts" in shown
    assert "the reason why" in " ".join(shown.split())
    assert "Of the 3 for which the defaults were set, 1 does not: 15 to 40 %" in shown
    assert (band_text(inside), measured_text(inside)) == ("15 to 40 %", "20 ± 1")


def test_findings_are_means_over_seeds(seen):
    first = findings(seen)[0]
    values = [each.values[first.fact.key] for each in seen]
    assert first.found.mean == pytest.approx(np.mean(values))
    assert first.found.n == SEEDS


def test_pictures_are_drawn(seen, tmp_path):
    paths = draw_real_customers(seen, tmp_path)
    assert len(paths) == 4
    assert all((tmp_path / "figures").joinpath(path).exists() for path in paths)


def test_the_command_answers_programs(tmp_path, monkeypatch, seen):
    monkeypatch.setattr(known, "witness", lambda *_, **__: iter(seen))
    out = tmp_path / "facts"
    answer = CliRunner().invoke(app, ["facts", "--quick", "--json", "--out", str(out)])
    assert answer.exit_code == 0, answer.output
    document = json.loads(answer.stdout)
    assert len(document["facts"]) == len(FACTS)
    assert (out / "facts.csv").exists()


def test_the_shipped_baseline_is_the_first_world():
    assert next(iter(WORLDS)) == BASELINE


# Measures with a known answer


def test_hazard_regression_finds_the_slope():
    """400,000 person-weeks of hazard .01 e^{.6 x}: .6 within four standard errors."""
    luck = np.random.default_rng(1)
    x = luck.uniform(0, 1, 400_000)
    left = luck.uniform(size=x.size) < 1 - np.exp(-0.01 * np.exp(0.6 * x))
    (slope,) = measures.hazard_slopes(left, (x,))
    error = 1 / math.sqrt(left.sum() * x[left].var())
    assert slope == pytest.approx(0.6, abs=4 * error)


def test_the_page_holds_every_fact_and_why_some_fail(seen, tmp_path):
    draw_real_customers(seen, tmp_path)
    found = findings(seen)
    page = write_page(found, SEEDS, CUSTOMERS, tmp_path).read_text(encoding="utf-8")
    text = html.unescape(page)
    assert all(fact.claim in text for fact in FACTS)
    assert all(each.why in text for each in found if not each.holds)
    assert page.count("<svg ") == 4
