"""Compare and Sensitivity in a real browser, and what is said before Play."""

import math
import re
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import expect

from analysis import Question, sensitivity
from analysis.factors import factors_of
from simulation.scenario import load
from tests.browser.conftest import fair, photograph, press, state

pytestmark = pytest.mark.browser

ASKED = "#view=sensitivity&budget=500&people=300&vary=trust.*"
COMPARED = "#view=compare&customers=300&others=follow_up,service_improvement&pairs=10"


def fair_in_both(page):
    """Whether everybody can use the page, light and dark."""
    for _ in "ab":
        press(page, "Dark")
        fair(page)


def verdict(page):
    return " ".join(page.locator("#verdict").inner_text().split())


@pytest.fixture
def compared(visit):
    page = visit(COMPARED)
    page.locator("#compare-start").click()
    page.wait_for_selector("#verdict")
    return page


# Sensitivity


def test_what_matters_is_that_of_the_command_line(visit, served):
    page = visit(ASKED)
    press(page, "Find out")
    expect(page.locator("#sensitivity-words")).to_contain_text(re.compile("of at most"))
    page.wait_for_selector("#sensitivity-verdict")
    photograph(page, "6_sensitivity", full_page=True)
    found = sensitivity(
        "follow_up",
        Question(against="baseline", vary=["trust.*"], budget=500),
        overrides=["market.customers=300"],
        out=served.folder / "doubted",
    )
    said = page.locator("#sensitivity-verdict").inner_text()
    assert " ".join(said.split()) == found.text, "assumptions have words, not keys"
    first = found.findings.ranked.iloc[0]
    row = page.locator(".bars tbody tr").first
    assert row.get_attribute("data-name") == first["name"]
    assert float(row.locator("b").inner_text()) == pytest.approx(
        first["value"], rel=0.1
    )
    with page.expect_download() as saved:
        page.locator("#view-sensitivity").get_by_role(
            "link", name="Save report"
        ).click()
    assert "What matters" in Path(saved.value.path()).read_text(encoding="utf-8")
    with page.expect_download() as saved:
        press(page, "Save table")
    lines = Path(saved.value.path()).read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("name,index,value,low,high")
    assert len(lines) == 1 + len(found.findings.indices)
    expect(page.get_by_role("button", name="Save numbers as CSV")).to_be_hidden()
    own = found.findings.indices.query(f"index == 'mu' and name == '{first['name']}'")
    interval = row.locator("td").nth(2).locator(".interval").inner_text()
    ends = [float(each.replace("−", "-")) for each in interval.split(" to ")]
    assert ends == pytest.approx(own[["low", "high"]].to_numpy()[0], rel=0.1)
    fair_in_both(page)
    row.get_by_role("button", name=re.compile("at its high end")).click()
    page.wait_for_function("() => groundswell.world.wish.overrides.length === 1")
    (factor,) = (f for f in found.factors if f.path == first["name"])
    assert state(page, "view") == "live"
    assert state(page, "world.wish.overrides") == [f"{factor.path}={factor.high:g}"]


def test_what_varies_is_chosen_and_is_in_the_address(visit):
    page = visit("#view=sensitivity")
    summary = page.locator(".factors > summary")
    expect(summary).to_contain_text(re.compile("varying [1-9]"))
    n = state(page, "sensitivity.factors.count")
    n_trust = sum(each.section == "trust" for each in factors_of([load("follow_up")]))
    summary.click()
    page.get_by_label("All of trust").uncheck()
    expect(summary).to_have_text(f"varying {n - n_trust} assumptions")
    money = page.locator(".section", has=page.get_by_label("All of money"))
    money.locator("summary").click()
    page.get_by_label("discount rate").check()
    expect(summary).to_have_text(f"varying {n - n_trust + 1} assumptions")
    page.wait_for_function("() => location.hash.includes('money.discount_rate')")
    again = visit(page.evaluate("() => location.hash"))
    expect(again.locator(".factors > summary")).to_have_text(summary.inner_text())


def test_a_phone_never_scrolls_sideways(visit):
    page = visit(ASKED, {"width": 390, "height": 844})
    for view in ("Sensitivity", "Compare", "Live"):
        press(page, view)
        assert page.evaluate("document.documentElement.scrollWidth") == 390, view


def test_a_sensitivity_study_can_be_cancelled(visit):
    page = visit("#view=sensitivity&budget=20000&people=2000")
    press(page, "Find out")
    page.wait_for_function("() => groundswell.sensitivity.job?.done > 0")
    press(page, "Cancel")
    page.wait_for_function("() => groundswell.sensitivity.job.state === 'stopped'")
    expect(page.locator("#sensitivity-words")).to_contain_text("can be read in")


# Compare


def test_how_scenarios_differ_is_said_before_anything_is_run(visit):
    page = visit(COMPARED)
    chips = page.locator("#compare-changes li")
    expect(chips.first).to_contain_text(re.compile("Follow up is added[ ,]"))
    expect(chips.first.locator("small")).to_have_text(
        re.compile(r"^Call customers after an experience\. .* levers\.follow_up$")
    )
    press(page, "Take away Follow up after every bad experience")
    expect(page.locator("#compare-changes")).not_to_contain_text("follow_up")


def test_other_prices_retell_the_answer_without_a_run(compared):
    page = compared
    before = verdict(page)
    cells = page.locator("tr[data-outcome=npv] td")
    npv = cells.all_inner_texts()
    runs = state(page, "compare.job.done")
    page.get_by_label("Cost of an episode").fill("9")
    expect(page.locator(".repriced")).to_be_visible()
    assert cells.all_inner_texts() != npv
    payback = page.locator("tr[data-outcome=payback_week] td b").all_inner_texts()
    assert payback == ["not in 104 weeks"] * 2
    assert verdict(page) != before
    assert state(page, "compare.job.done") == runs
    press(page, "Reset prices")
    expect(page.locator(".repriced")).to_be_hidden()
    assert verdict(page) == before
    assert cells.all_inner_texts() == npv
    fair_in_both(page)
    with page.expect_download() as saved:
        press(page, "Save numbers as CSV")
    table = pd.read_csv(saved.value.path())
    seeds = state(page, "compare.result.seeds")
    assert len(table) == 3 * len(seeds) * 104
    assert {"week", "active [customers]", "true_nps [points]"} <= set(table)


def test_who_was_saved_adds_up_and_is_in_the_report(compared):
    page = compared
    press(page, "Who was saved, and why?")
    expect(page.locator("#saved-title")).to_be_focused()
    effects = state(page, "compare.result.customers.effects")
    for label in ("follow_up", "service_improvement"):
        parts = {
            row["part"]: row["mean"]
            for row in effects
            if (row["scenario"], row["path"]) == (label, "")
        }
        assert parts["total"] == pytest.approx(parts["direct"] + parts["word_of_mouth"])
    photograph(page, "7_saved", full_page=True)
    with page.expect_download() as saved:
        page.locator("#view-compare").get_by_role("link", name="Save report").click()
    text = Path(saved.value.path()).read_text(encoding="utf-8")
    assert "replay-data" in text
    fair_in_both(page)


# Before Play


def test_a_curve_is_sketched_and_held_beside_what_came(visit):
    page = visit("#customers=500")
    press(page, "Sketch it")
    box = page.locator("#sketch svg").bounding_box()
    page.mouse.move(box["x"] + 80, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 30, box["y"] + 90, steps=9)
    page.mouse.up()
    drawn = state(page, "live.prediction.sketch.values")
    assert len(drawn) == 105
    assert drawn[10] > drawn[60] > drawn[100]
    page.get_by_label("Customers at the end").press("ArrowRight")
    line = state(page, "live.prediction.sketch.values")
    assert line[104] == pytest.approx(drawn[104], abs=2)
    assert line[52] == pytest.approx((line[0] + line[104]) / 2)
    page.evaluate("() => groundswell.live.play(12)")
    expect(page.locator("#sketch")).to_be_hidden()
    came = page.evaluate(
        "() => groundswell.world.frames.map(f => f.here.numbers.active)"
    )
    miss = sum(abs(a - b) for a, b in zip(came[1:13], line[1:13], strict=True)) / 12
    expect(page.locator("#predict-answer")).to_contain_text(
        "right on it" if miss < 0.5 else f"{math.floor(miss + 0.5)} customer"
    )
    chart = page.get_by_role("img", name=re.compile("^Customers, week.*sketch"))
    expect(chart).to_be_visible()


def test_a_market_that_was_opened_before_is_seen_while_the_server_works(visit):
    first = visit("#customers=500&seed=9")
    kept = first.evaluate("() => [...groundswell.world.frames[0].here.perception]")
    page = visit("#customers=500&seed=8")
    asked = []

    def later(route):
        asked.append(page.evaluate("() => groundswell.world.frame.here.perception[0]"))
        route.continue_()

    page.route("**/api/sessions", later)
    page.goto("about:blank")
    page.goto(f"{first.url.partition('#')[0]}#customers=500&seed=9")
    page.wait_for_function("() => window.groundswell?.isReady")
    assert asked == [kept[0]]
    assert page.evaluate("() => [...groundswell.world.frame.here.perception]") == kept
