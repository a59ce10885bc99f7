"""What a trainer does between two views: shocks, the survey, hearsay, files, keys."""

import csv
import math
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from simulation.core.columns import Stage
from simulation.model import PerceptionModel
from simulation.scenario import load
from simulation.scene import SHOWN, Scene
from simulation.story import life, without_shocks
from tests.browser.conftest import fair, photograph, press, state
from tests.browser.test_studio import bytes_of

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
SCANDAL = "#scenario=scandal&customers=500&week=40"
REFUSED = ("Failed to load resource",)
"""Chromium itself writes a line whenever a request is refused."""
DROP = """(files) => {
  const given = new DataTransfer();
  for (const [name, text] of files) given.items.add(new File([text], name));
  document.getElementById('main').dispatchEvent(
    new DragEvent('drop', { dataTransfer: given, bubbles: true, cancelable: true }));
}"""
HEARD = """async () => {
  const { session } = groundswell.world;
  const options = { method: 'POST', headers: { 'Content-Type': 'application/json' } };
  let best = { length: 0 };
  for (let row = 0; row < 80; row += 1) {
    const body = JSON.stringify({ row });
    const path = `/api/sessions/${session.id}/life`;
    const { worlds } = await (await fetch(path, { ...options, body })).json();
    for (const { week, events } of worlds[0].chapters) {
      for (const { kind, messages } of events) {
        for (const message of messages) {
          const { row: teller, path } = message, { length } = path;
          if (kind !== 'told' && path[0].week >= 0 && length > best.length)
            best = { length, row, week, teller, path };
        }
      }
    }
  }
  return best;
}"""


def settings(name="scandal"):
    return load(name, ["market.customers=500"])


# Shocks


def test_a_scandal_has_the_same_world_without_it_beside_it(visit):
    page = visit(f"{SCANDAL}&twin=1")
    here, twin = Scene(settings(), seed=1), Scene(without_shocks(settings()), seed=1)
    for week in range(1, 41):
        frames = here.live(), twin.live()
        if week in (26, 27, 40):
            assert bytes_of(page, week) == frames[0].perception.tobytes()
            assert bytes_of(page, week, "twin") == frames[1].perception.tobytes()
    fewer = frames[1].numbers[SHOWN.index("active")] - here.is_customer().sum()
    word = f"{abs(fewer):.0f}\u00a0{'fewer' if fewer > 0 else 'more'}"
    expect(page.locator("#sentence")).to_contain_text(
        f"{word} than without the scandal." if fewer else "no fewer than without"
    )
    expect(page.locator("#caption-twin")).to_have_text("Its twin, without the scandal")


def test_the_week_of_a_shock_is_marked_in_every_line_chart(visit):
    page = visit(SCANDAL)
    charts = page.locator("#charts .chart svg")
    assert charts.count() == 5
    for chart in charts.all():
        assert "scandal in week 26" in chart.get_attribute("aria-label")
        expect(chart.locator("line.struck")).to_have_count(1)
        expect(chart.locator("text.struck")).to_have_text("scandal, week 26")
    press(page, "Sketch it")
    expect(page.locator("#sketch text.struck")).to_have_text("scandal, week 26")
    press(page, "the best connected")
    expect(page.locator("#life text.struck")).to_have_text("scandal, week 26")


def test_a_shock_is_fired_beside_a_market_that_is_spared(visit):
    page = visit("#scenario=follow_up&customers=500&week=12")
    before = bytes_of(page, 12)
    page.get_by_label("Let something befall the firm now").select_option("outage")
    page.wait_for_function("() => groundswell.world.session.shocks.length === 1")
    page.wait_for_function("() => groundswell.world.at === 12")
    assert bytes_of(page, 12) == bytes_of(page, 12, "twin") == before
    page.evaluate("() => groundswell.live.play(20)")
    assert bytes_of(page, 20) != bytes_of(page, 20, "twin")
    expect(page.locator("#sentence")).to_contain_text("than without the outage.")
    spared = Scene(settings("follow_up"), seed=1)
    frames = [spared.live() for _ in range(20)]
    assert bytes_of(page, 20, "twin") == frames[-1].perception.tobytes()
    press(page, "Twin worlds")
    page.get_by_label("What the twin lacks").select_option("levers")
    expect(page.locator("#sentence")).to_contain_text("than without the lever.")
    again = visit(page.evaluate("() => location.hash"))
    assert bytes_of(again, 20) == bytes_of(page, 20)
    assert state(again, "world.session.twin") == "levers"
    page.get_by_role("button", name=re.compile("Take away Outage")).click()
    page.wait_for_function("() => !groundswell.world.session.shocks.length")
    page.wait_for_function("() => groundswell.world.at === 20")
    assert bytes_of(page, 20) == frames[-1].perception.tobytes()


# The survey


def test_the_survey_shows_its_blind_spot_and_when_the_firm_acts(visit):
    page = visit("#scenario=closed_loop&week=104")
    model, acted = PerceptionModel(load("closed_loop"), seed=1), 0
    while not model.is_over:
        model.step()
        is_warm = model.tick > model.n_warm_up
        acted += is_warm and bool(model.firm.levers.is_on[0])
    weekly = model.weekly()
    blind = round(weekly["measured_nps"][-1]) - round(weekly["true_nps"][-1])
    chart = page.get_by_role("region", name="Truth and survey")
    expect(chart.locator(".note")).to_have_text(
        f"survey / truth, blind spot {'−' if blind < 0 else '+'}{abs(blind)}"
    )
    expect(chart.locator("path.gap")).to_have_count(1)
    expect(chart.locator("text.gap")).to_have_text("blind spot")
    expect(chart.locator("text.limit")).to_contain_text("acts below 20")
    expect(chart.locator(".source")).to_contain_text(
        f"acts by the survey alone, in {acted} of 104 weeks"
    )
    assert chart.locator("rect.acts").count() == acted > 0
    expect(chart.locator(".source")).to_contain_text(
        f"this week {weekly['responses'][-1]:.0f} of {weekly['sampled'][-1]:.0f} asked"
    )


# Compare


def test_what_was_played_is_taken_into_compare(visit):
    page = visit("#scenario=overselling&customers=500&week=12")
    page.get_by_label("How strongly").fill("0.25")
    page.wait_for_function("() => groundswell.world.changes.length === 1")
    press(page, "Compare this")
    chip = page.get_by_role(
        "button", name=re.compile("Take away .*, as played to week 12")
    )
    expect(chip).to_be_focused()
    assert state(page, "compare.base.value") == "baseline"
    assert len(state(page, "compare.others")) == 1, "what nobody asked for made room"
    changes = page.locator("#compare-changes li")
    expect(changes.first).to_contain_text("strength 25 %")
    expect(changes).to_have_count(1)
    press(page, "Live")
    page.keyboard.press("c")
    expect(page.get_by_role("button", name=re.compile("week 12, 2"))).to_be_focused()
    assert len(state(page, "compare.others")) == 2


def test_a_fired_shock_is_compared_with_the_market_that_is_spared(visit):
    page = visit("#scenario=follow_up&customers=300&week=8")
    page.get_by_label("Let something befall the firm now").select_option("outage")
    page.wait_for_function("() => groundswell.world.session.shocks.length === 1")
    press(page, "Compare this")
    changes = page.locator("#compare-changes li")
    expect(changes.first).to_contain_text("Outage is added, from week 8")
    expect(changes).to_have_count(1)
    page.locator("#compare-pairs").select_option("10")
    page.locator("#compare-start").click()
    page.wait_for_selector("#verdict")
    expect(page.locator("#compare-found text.struck").first).to_have_text(
        "outage, week 8"
    )
    assert page.locator("#compare-found text.struck").count() == 4
    fair(page)
    photograph(page, "8_played", full_page=True)


def test_who_decides_against_the_firm_is_told_so_and_shown_when(visit):
    changes = ["adoption.rule=goldenberg", "market.share_active=0"]
    changes += ["adoption.advertising_chance=.05", "clock.warmup_weeks=0"]
    page = visit("#customers=500&week=12" + "".join(f"&set={each}" for each in changes))
    page.wait_for_function("() => groundswell.world.at === 12")
    model = PerceptionModel(
        load("baseline", ["market.customers=500", *changes]), seed=1
    )
    while model.week < 12:
        model.step()
    relation = model.people.relation
    row = int(np.flatnonzero(relation.stage == Stage.REJECTER)[0])
    week = relation.since[row] - 1
    page.evaluate(f"() => groundswell.live.people.choose({row})")
    story = page.get_by_role("region", name="A life")
    ending = f"in week {week} decides against the firm, for good."
    expect(story.locator(".fate").first).to_contain_text(ending)
    photograph(page, "9_rejected")
    press(page, f"Read week {week}")
    chapter = story.locator(f"[data-week='{week}']")
    expect(chapter).to_contain_text("Decided against the firm")


def test_files_are_dropped_together_wherever_on_the_page(visit):
    page = visit("#customers=500", forgiven=REFUSED)
    good = [[f"{k}.yaml", f"extends: baseline\nname: Mine {k}\n"] for k in (1, 2)]
    bad = [["bad.yaml", "levers: [{oops: {}}]"], ["worse.yaml", "a: ["]]
    page.evaluate(DROP, [bad[0], good[0], bad[1], good[1]])
    for k in (1, 2):
        expect(page.get_by_role("button", name=f"Take away Mine {k}")).to_be_visible()
    assert state(page, "view") == "compare"
    lines = page.get_by_role("alert").inner_text().splitlines()
    assert [line.split(":")[0] for line in lines] == ["bad.yaml", "worse.yaml"]
    many = [[f"{k}.yaml", f"extends: baseline\nname: Mine {k}\n"] for k in range(3, 8)]
    page.evaluate(DROP, many)
    expect(page.get_by_role("alert")).to_contain_text("No room for Mine 6, Mine 7")
    assert len(state(page, "compare.others")) == 5


# Who told whom


def test_a_story_is_followed_from_teller_to_teller(visit):
    page = visit(SCANDAL)
    found = page.evaluate(HEARD)
    assert found["length"] >= 2
    row, week, teller = found["row"], found["week"], found["teller"]
    page.evaluate(f"() => groundswell.live.people.choose({row}, {{ week: {week} }})")
    chapter = page.locator("#life .sought")
    expect(chapter).to_be_in_viewport()
    way = chapter.locator(".way", has_text=f"week {week}").filter(
        has=page.locator(f"[data-row='{found['path'][0]['row']}']")
    )
    steps = [f"{each['name']}week {each['week']}" for each in found["path"]]
    said = way.first.locator("li").all_text_contents()
    assert said == [*steps, f"{row}week {week}"]
    plain = page.evaluate("() => groundswell.live.pictures.here.canvas.toDataURL()")
    way.first.get_by_role("button", name="Show its way").click()
    assert state(page, "live.people.way.rows") == [
        *(each["row"] for each in found["path"]),
        row,
    ]
    shown = page.evaluate("() => groundswell.live.pictures.here.canvas.toDataURL()")
    assert shown != plain
    fair(page)
    photograph(page, "9_way")

    link = chapter.locator(f".people [data-row='{teller}']").first
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=f"Back to {row}")).to_be_visible()
    expect(page.locator("#life-title")).to_be_focused()
    assert state(page, "live.people.chosen") == teller
    story = life(settings(), str(teller), seed=1, weeks=40)
    told = [e for e in story.chapters[week].events if e.kind == "told" and e.messages]
    assert row in [message.row for message in told[0].messages]
    expect(page.locator("#life .sought")).to_contain_text(told[0].text)
    expect(
        page.locator(f"#life .sought .people [data-row='{row}']").first
    ).to_be_visible()
    press(page, f"Back to {row}")
    expect(page.get_by_role("button", name=re.compile("^Back to"))).to_be_hidden()
    assert state(page, "live.people.chosen") == row


# Files


def test_weeks_of_both_worlds_are_saved_with_their_units(visit):
    page = visit(f"{SCANDAL}&seed=3")
    with page.expect_download() as saved:
        page.locator("#charts").get_by_role("button", name="Save numbers").click()
    assert saved.value.suggested_filename == "scandal_seed_3_weeks.csv"
    with Path(saved.value.path()).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 41
    for world, scene in (
        (0, Scene(settings(), seed=3)),
        (1, Scene(without_shocks(settings()), seed=3)),
    ):
        frames = [scene.frame(), *(scene.live() for _ in range(40))]
        for frame, row in zip(frames, rows[world::2], strict=True):
            assert int(row["week"]) == frame.week - 1
            assert int(row["weeks_lived"]) == frame.week
            for name in ("active", "measured_nps"):
                unit = {"active": "customers", "measured_nps": "points"}[name]
                told = float(row[f"{name} [{unit}]"] or "nan")
                meant = frame.numbers[SHOWN.index(name)]
                assert told == meant or (math.isnan(told) and math.isnan(meant))
    assert "profit [EUR]" in rows[0]


# For everybody


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [None, PHONE], ids=["desk", "phone"])
def test_everybody_can_use_what_is_new(visit, size, scheme):
    more = {"size": size} if size else {}
    page = visit(f"{SCANDAL}&twin=1", scheme=scheme, forgiven=REFUSED, **more)
    where = "phone" if size else "desk"
    photograph(page, f"scandal_{where}_{scheme}")
    fair(page)
    press(page, "the best connected")
    page.wait_for_selector("#life .person")
    fair(page)
    photograph(page, f"hearsay_{where}_{scheme}")
    page.locator(".person").first.click()
    page.wait_for_selector("#life-back")
    fair(page)
    if size:
        assert page.evaluate("document.documentElement.scrollWidth") == 390
    press(page, "Compare this")
    page.wait_for_selector("#compare-changes li")
    page.evaluate(DROP, [["a.yaml", "a: ["], ["b.yaml", "b: ["]])
    expect(page.get_by_role("alert")).to_contain_text("b.yaml")
    fair(page)
    if size:
        assert page.evaluate("document.documentElement.scrollWidth") == 390
    press(page, "Live")
    page = visit("#scenario=closed_loop&customers=500&week=60", scheme=scheme, **more)
    fair(page)
    photograph(page, f"survey_{where}_{scheme}")


def test_a_shock_is_fired_met_and_compared_by_keys_alone(visit):
    page = visit("#customers=500&week=10")

    def tab_to(place):
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate(f"() => document.activeElement.matches(`{place}`)"):
                return
        raise AssertionError(f"{place} is not reached by Tab")

    tab_to("#shock-add")
    page.keyboard.press("s")
    page.keyboard.press("Enter")
    page.wait_for_function("() => groundswell.world.session.shocks.length === 1")
    tab_to("#play")
    page.keyboard.press("Enter")
    page.wait_for_function("() => groundswell.world.at >= 16")
    page.keyboard.press("Enter")
    page.wait_for_function("() => !groundswell.live.isPlaying")
    page.keyboard.press("t")
    tab_to("#meet-hub")
    page.keyboard.press("Enter")
    expect(page.locator("#life-title")).to_be_focused()
    tab_to(".person")
    page.keyboard.press("Enter")
    tab_to("#life-back")
    page.keyboard.press("Enter")
    page.wait_for_function("() => !document.getElementById('life-back')")
    page.keyboard.press("Escape")
    expect(page.locator("#life")).to_be_hidden()
    page.keyboard.press("c")
    expect(page.get_by_role("button", name=re.compile("as played to"))).to_be_focused()
    tab_to("#compare-start")
