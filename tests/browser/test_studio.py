"""The studio in a real browser: a class, two tabs, keys, every control by its label."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from analysis.comparison import compare
from analysis.sequential import Until
from analysis.verdict import MORE
from simulation.scenario import load
from simulation.scene import Scene
from simulation.story import without_levers
from tests.browser.conftest import PATIENCE, fair, photograph, press, state

pytestmark = pytest.mark.browser

VIEWS = ["live", "twin", "life", "lesson", "about", "sketch", "compare", "sensitivity"]
SIZES = [(1440, 900), (1024, 768), (390, 844)]


def play_to(page, week):
    """Play, as fast as it goes, until a week; then pause."""
    page.get_by_label("Speed", exact=True).select_option("1000")
    press(page, "Play")
    page.wait_for_function(f"() => window.groundswell.world.at >= {week}")
    pause = page.get_by_role("button", name="Pause", exact=True)
    if pause.count():
        pause.click()


def bytes_of(page, week, world="here"):
    return bytes(
        page.evaluate(f"() => [...groundswell.world.frames[{week}].{world}.perception]")
    )


# The class


def choose(page, story, scenario):
    page.get_by_role("button", name=re.compile(f"^{story}")).click()
    page.wait_for_function(f"() => groundswell.world.wish.scenario === '{scenario}'")


def test_a_class_predicts_plays_meets_and_pins(visit):
    page = visit()
    choose(page, "Big promises", "overselling")
    page.get_by_text("About as many", exact=True).click()
    photograph(page, "1_predict")
    page.get_by_label("Speed", exact=True).select_option("30")
    press(page, "Play")
    page.wait_for_function("() => groundswell.world.at >= 52")
    press(page, "Pause")
    expect(page.locator("#predict-answer")).to_contain_text(re.compile("you said"))
    photograph(page, "2_week_52")

    press(page, "the first lost here")
    story = page.get_by_role("region", name="A life")
    expect(story).to_contain_text(re.compile("Here:.*In the twin:"))
    expect(story).to_contain_text(re.compile("Left, "))
    photograph(page, "3_life")
    press(page, "Close the story")

    press(page, "Pin run")
    choose(page, "Honest promises", "expectation_alignment")
    play_to(page, 60)
    chart = page.get_by_role("img", name=re.compile("^Customers, week.*pinned"))
    expect(chart).to_be_visible()
    choose(page, "Caring follow-up", "follow_up")
    play_to(page, 60)
    press(page, "Twin worlds")
    press(page, "somebody whose fate differs")
    expect(page.get_by_text("In the twin:")).to_be_visible()
    photograph(page, "4_twin")


def test_a_class_compares_and_saves_the_report(visit, served):
    page = visit("#view=compare&others=follow_up,expectation_alignment")
    page.locator("#compare-pairs").select_option("10")
    page.locator("#compare-start").click()
    page.wait_for_selector("#verdict")
    photograph(page, "5_compare", full_page=True)
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save report").click()
    assert "<html" in Path(saved.value.path()).read_text(encoding="utf-8")
    found = compare(
        "baseline",
        "follow_up",
        "expectation_alignment",
        pairs=Until(10),
        seed=1,
        overrides=["market.customers=2000"],
        out=served.folder / "again",
    )
    said = " ".join(page.locator("#verdict").inner_text().split())
    assert said == found.verdict.replace(MORE, "more worlds above")
    assert "--" not in said


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
def test_the_worlds_won_are_read_from_the_back_row(visit, width, height):
    """As large as their lines allow: below them nothing moves."""
    page = visit(
        "#view=compare&customers=500&others=follow_up,expectation_alignment",
        {"width": width, "height": height},
    )
    page.locator("#compare-pairs").select_option("10")
    page.locator("#compare-start").click()
    scores = page.locator("#compare-found .score")
    expect(scores).to_have_text([re.compile(r"^\d+ of 10$")] * 4)
    table = page.locator("#compare-found .differences").first
    before = table.bounding_box()
    heights = scores.evaluate_all("all => all.map((b) => b.getClientRects()[0].height)")
    assert min(heights) >= (28 if width > 760 else 18)
    scores.evaluate_all("all => all.forEach((b) => { b.style.font = 'inherit'; })")
    assert table.bounding_box() == before


def test_five_steps_ask_play_and_answer(visit):
    page = visit("#customers=500")
    press(page, "Lesson")
    page.get_by_label("Speed", exact=True).select_option("1000")
    for step in range(1, 6):
        lesson = page.get_by_role("region", name="Lesson")
        expect(lesson.get_by_role("heading")).to_contain_text(f"{step} of 5")
        show = page.get_by_role("button", name="Show me")
        expect(show).to_be_disabled()
        lesson.locator("label").nth(1).click()
        show.click()
        expect(lesson.locator(".answer")).to_contain_text(
            re.compile(r"As you said|It was"), timeout=PATIENCE
        )
        assert not page.locator("#notice").is_visible(), page.locator(
            "#notice"
        ).inner_text()
        press(page, "Next" if step < 5 else "End")
    expect(page.get_by_role("region", name="Lesson")).to_be_hidden()


def test_no_answer_comes_to_a_question_left_behind(visit):
    page = visit("#customers=500")
    press(page, "Lesson")
    lesson = page.get_by_role("region", name="Lesson")
    for way, step in (("Next", 2), ("Back", 1)):
        lesson.locator("label").nth(1).click()
        press(page, "Show me")
        page.wait_for_function("() => groundswell.world.at > 2")
        press(page, way)
        expect(lesson.get_by_role("heading")).to_contain_text(f"{step} of 5")
        page.wait_for_function("() => groundswell.world.at === 0")
        # Were the old answer still waited for, this is where it would come.
        page.evaluate("() => groundswell.world.forward(104)")
        expect(lesson.locator(".answer")).to_be_empty()
    assert not page.locator("#notice").is_visible()


def test_who_pauses_is_answered_when_the_week_has_come(visit):
    page = visit("#customers=500")
    press(page, "Lesson")
    lesson = page.get_by_role("region", name="Lesson")
    lesson.get_by_text("Less", exact=True).click()
    press(page, "Show me")
    page.wait_for_function("() => groundswell.world.at > 2")
    expect(page.locator("#lesson-question")).to_be_hidden()
    press(page, "Pause")
    expect(lesson.locator(".answer")).to_be_empty()
    play_to(page, 104)
    expect(lesson.locator(".answer")).to_contain_text(
        "As you said: Less. The service is"
    )
    expect(lesson.locator(".answer")).to_contain_text("the gap was felt")
    expect(page.locator("#lesson-question")).to_be_visible()


def test_the_lesson_ends_in_a_comparison_of_what_it_asked(visit):
    page = visit("#customers=500&lesson=5")
    lesson = page.get_by_role("region", name="Lesson")
    calls, silos, service = (
        load(name).levers[0]
        for name in ("follow_up", "break_silos", "service_improvement")
    )
    expect(lesson).to_contain_text(f"{calls.cost_per_contact:g} EUR a call")
    expect(lesson).to_contain_text(f"{silos.cost_once:,.0f} EUR once")
    expect(lesson).to_contain_text(f"{service.cost_per_customer_week:g} EUR a customer")
    lesson.get_by_text("Silos", exact=True).click()
    press(page, "Show me")
    press(page, "Compare the three in many worlds")
    assert state(page, "compare.asked()") == {
        "base": "baseline",
        "others": ["follow_up", "break_silos", "service_improvement"],
        "pairs": 30,
    }
    expect(page.locator("#compare-start")).to_be_visible()


def test_an_address_of_a_lesson_keeps_its_week(visit):
    page = visit("#scenario=overselling&customers=500&week=52&lesson=1")
    assert state(page, "world.at") == 52
    assert "week=52" in page.url
    assert "lesson=1" in page.url


def test_the_first_who_left_did_so_after_the_lever_began(visit):
    page = visit("#scenario=service_improvement&customers=500&week=104")
    press(page, "the first lost here")
    page.wait_for_selector("#life-title")
    row = state(page, "live.people.chosen")
    here, twin = (
        [bytes_of(page, week, world)[row] for week in range(105)]
        for world in ("here", "twin")
    )
    gone, full = (
        state(page, "catalogue.bytes.gone"),
        state(page, "catalogue.bytes.full"),
    )
    (began,) = load("service_improvement").levers
    assert gone in here[int(began.from_week) + 1 :]
    assert (here[-1] <= full) != (twin[-1] <= full)


def test_the_first_lost_in_the_lesson_would_have_stayed(visit):
    page = visit("#lesson=1")
    page.get_by_label("Speed", exact=True).select_option("1000")
    page.get_by_role("region", name="Lesson").get_by_text("Less", exact=True).click()
    press(page, "Show me")
    expect(page.locator("#lesson .answer")).to_contain_text("Meet the first lost here")
    expect(page.locator("#lesson-next")).to_have_class("primary")
    press(page, "the first lost here")
    page.wait_for_selector("#life-title")
    here, twin = page.locator("#life .fate").all()
    expect(here).to_contain_text("leaves")
    expect(here).not_to_contain_text("for reasons of their own")
    expect(twin).to_have_text("In the twin: is a customer from beginning to end.")


# Time


def test_what_is_shown_is_what_was_lived(visit):
    page = visit("#scenario=follow_up&customers=500&week=20")
    settings = load("follow_up", ["market.customers=500"])
    for world, scene in (
        ("here", Scene(settings, seed=1)),
        ("twin", Scene(without_levers(settings), seed=1)),
    ):
        for week in range(1, 21):
            frame = scene.live()
            if week in (1, 20):
                assert bytes_of(page, week, world) == frame.perception.tobytes()


def test_pause_stops_within_a_week_and_time_drags_back_exactly(visit):
    page = visit("#customers=500")
    page.get_by_label("Speed", exact=True).select_option("30")
    press(page, "Play")
    page.wait_for_function("() => groundswell.world.at >= 10")
    at = page.evaluate(
        "() => { groundswell.live.pause(); return groundswell.world.at; }"
    )
    page.wait_for_timeout(500)
    assert state(page, "world.at") <= at + 1
    before = bytes_of(page, 5)
    week = page.get_by_role("slider", name="Week", exact=True)
    week.fill("5")
    assert state(page, "world.at") == 5
    assert page.locator("#week").inner_text() == "5"
    assert bytes_of(page, 5) == before
    press(page, "One week on")
    page.wait_for_function("() => groundswell.world.at === 6")
    press(page, "One week back")
    assert state(page, "world.at") == 5


def test_a_lever_moved_in_the_past_forgets_what_came_after_and_is_in_the_address(visit):
    page = visit("#scenario=overselling&customers=500&week=20")
    kept = bytes_of(page, 12)
    page.get_by_role("slider", name="Week", exact=True).fill("12")
    page.get_by_label("How strongly").fill("0.25")
    page.wait_for_function("() => groundswell.world.changes.length === 1")
    assert state(page, "world.frames.length") == 13
    assert bytes_of(page, 12) == kept
    page.evaluate("() => groundswell.live.play(30)")
    week = state(page, "world.at")
    page.wait_for_function(f"() => location.hash.includes('week={week}')")
    address = page.evaluate("() => location.hash")
    again = visit(address)
    again.wait_for_function(f"() => groundswell.world.at === {week}")
    assert bytes_of(again, week) == bytes_of(page, week)
    assert state(again, "world.levers[0].overselling.strength") == 0.25


def test_a_lever_is_added_while_it_runs(visit):
    page = visit("#customers=500&week=10")
    page.get_by_label("Add a lever").select_option("service_improvement")
    page.wait_for_function("() => groundswell.world.levers.length === 1")
    play_to(page, 30)
    expect(page.locator("#sentence")).to_contain_text("than without the lever")


# People


def test_a_click_on_the_network_meets_who_stands_there(visit):
    page = visit("#customers=500&week=8")
    x, y = page.evaluate(
        """() => {
          const p = groundswell.live.pictures.here;
          const box = p.canvas.getBoundingClientRect();
          return [box.left + (p.x[7] * box.width) / p.canvas.width,
                  box.top + (p.y[7] * box.height) / p.canvas.height];
        }"""
    )
    page.mouse.click(x, y)
    expect(page.get_by_role("region", name="A life")).to_be_visible()
    assert state(page, "live.people.chosen") == 7
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="A life")).to_be_hidden()


def test_a_pixel_has_the_colour_of_its_customer(visit):
    page = visit("#customers=500&week=8")
    drawn, meant = page.evaluate(
        """() => {
          const { live, world } = groundswell, p = live.pictures.here;
          const full = live.catalogue.bytes.full;
          const row = world.frame.here.perception.findIndex((b, i) =>
            b <= full && world.frame.here.seen[i] === 0);
          const { data } = p.context.getImageData(p.x[row], p.y[row], 1, 1);
          const byte = world.frame.here.perception[row];
          return [[...data.slice(0, 3)], [...p.colours.slice(3 * byte, 3 * byte + 3)]];
        }"""
    )
    assert max(abs(a - b) for a, b in zip(drawn, meant, strict=True)) <= 3


# Keys, tabs, files


def test_everything_can_be_done_by_keys(visit):
    page = visit("#customers=500")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => groundswell.world.at === 1")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("() => groundswell.world.at === 0")
    page.keyboard.press(" ")
    page.wait_for_function("() => groundswell.world.at > 2")
    page.keyboard.press(" ")
    page.wait_for_function("() => !groundswell.live.isPlaying")
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Unpin run")).to_be_visible()
    page.keyboard.press("t")
    expect(page.get_by_role("button", name="Twin worlds")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.keyboard.press("f")
    expect(page.locator("html")).to_have_class(re.compile("projected"))
    page.keyboard.press("r")
    page.wait_for_function("() => groundswell.world.at === 0")


def test_space_plays_where_the_last_click_was_on_a_prediction_or_the_time(visit):
    page = visit("#customers=500")
    page.get_by_text("Fewer", exact=True).click()
    page.keyboard.press(" ")
    page.wait_for_function("() => groundswell.world.at > 2")
    page.keyboard.press(" ")
    page.wait_for_function("() => !groundswell.live.isPlaying")
    page.locator("#time").fill("1")
    page.locator("#time").focus()
    page.keyboard.press("ArrowRight")
    assert state(page, "world.at") == 2, "an arrow on the slider is one week, not two"
    page.keyboard.press(" ")
    page.wait_for_function("() => groundswell.world.at > 4")


def test_an_address_nobody_knows_leaves_a_page_that_works(visit):
    page = visit("#customers=500")
    lost = page.context.new_page()
    lost.goto(page.url.split("#")[0] + "#scenario=nonsense&customers=500&seed=3")
    expect(lost.get_by_role("alert")).to_contain_text("nonsense")
    lost.get_by_role("button", name=re.compile("^Big promises")).click()
    lost.wait_for_function("() => groundswell.world.session?.customers === 500")
    lost.wait_for_function("() => location.hash.includes('seed=3')")
    assert "undefined" not in lost.url


def test_two_tabs_know_nothing_of_each_other(visit):
    one = visit("#scenario=follow_up&customers=500&week=9")
    two = visit("#scenario=overselling&customers=500&seed=4&week=5")
    press(two, "Reset")
    two.wait_for_function("() => groundswell.world.at === 0")
    press(one, "One week on")
    one.wait_for_function("() => groundswell.world.at === 10")
    assert state(one, "world.wish.scenario") == "follow_up"
    assert state(two, "world.wish.scenario") == "overselling"


def test_a_dropped_file_is_compared_and_a_bad_one_is_told_in_one_line(visit):
    # Chromium itself writes a line whenever a request is refused.
    page = visit("#view=compare&customers=500", forgiven=("Failed to load resource",))
    bad = {
        "name": "bad.yaml",
        "mimeType": "text/yaml",
        "buffer": b"levers: [{oops: {}}]",
    }
    page.locator("#compare-file").set_input_files(bad)
    expect(page.get_by_role("alert")).to_contain_text("bad.yaml")
    mine = {**bad, "name": "mine.yaml", "buffer": b"extends: baseline\nname: Mine\n"}
    page.locator("#compare-file").set_input_files(mine)
    expect(page.get_by_role("button", name="Take away Mine")).to_be_visible()
    expect(page.get_by_role("alert")).to_be_hidden()


def test_a_comparison_can_be_cancelled(visit):
    page = visit("#view=compare&customers=2000")
    page.locator("#compare-pairs").select_option("300")
    page.locator("#compare-start").click()
    page.wait_for_function("() => groundswell.compare.job?.done > 0")
    press(page, "Cancel")
    page.wait_for_function("() => groundswell.compare.job.state === 'stopped'")
    expect(page.locator("#compare-words")).to_contain_text("can be read in")


def test_a_server_that_forgot_the_session_says_what_to_do(visit):
    page = visit("#customers=500", forgiven=("Failed to load resource",))
    page.evaluate("() => { groundswell.world.session.id = 'forgotten'; }")
    press(page, "One week on")
    expect(page.get_by_role("alert")).to_contain_text("press Reset")
    press(page, "Reset")
    page.wait_for_function("() => groundswell.world.session.id !== 'forgotten'")
    expect(page.get_by_role("alert")).to_be_hidden()
    press(page, "One week on")
    page.wait_for_function("() => groundswell.world.at === 1")


def test_who_had_left_before_week_0_is_explained(visit):
    page = visit("#customers=500")
    lost = int(state(page, "world.frame.here.numbers.lost"))
    assert lost > 0
    expect(page.locator("#second")).to_contain_text(
        f"{lost} (hollow) left before week 0: 52 weeks are lived first"
    )


def test_the_weeks_of_a_life_are_those_of_its_curve(visit):
    page = visit("#customers=500&week=20")
    press(page, "the best connected")
    expect(page.locator("#life figcaption")).to_contain_text("weeks 0 to 19")
    d = page.locator("#life path.here").get_attribute("d")
    assert d.count("L") == 20


# For everybody


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_everybody_can_use_it(visit, view, scheme):
    is_asked = view in ("compare", "sensitivity")
    address = (
        f"#view={view}" if is_asked else "#scenario=follow_up&customers=500&week=20"
    )
    page = visit(address, scheme=scheme)
    if view == "twin":
        press(page, "Twin worlds")
    elif view == "life":
        press(page, "the first lost here")
        page.wait_for_selector("#life-title")
    elif view == "lesson":
        press(page, "Lesson")
        page.wait_for_function("() => groundswell.world.at === 0")
    elif view == "about":
        press(page, "About")
    elif view == "sketch":
        press(page, "Sketch it")
    elif view == "sensitivity":
        page.locator(".factors > summary").click()
    fair(page)


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("projected", [False, True], ids=["near", "projected"])
def test_nothing_scrolls_sideways(visit, width, height, projected):
    page = visit(
        "#scenario=follow_up&customers=500&week=20&twin=1",
        {"width": width, "height": height},
    )
    if projected:
        press(page, "Projector")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # The one obvious button is in sight without scrolling, where there is a desk.
    if width > 1000:
        expect(page.get_by_role("button", name="Play", exact=True)).to_be_in_viewport()
    photograph(page, f"live_{width}{'_projected' if projected else ''}")


def test_play_stays_in_sight_with_the_lesson_open(visit):
    page = visit("#customers=500&lesson=1", {"width": 1366, "height": 650})
    play = page.locator("#play")
    expect(play).to_be_in_viewport(ratio=1)
    lesson = page.get_by_role("region", name="Lesson")
    lesson.locator("label").nth(1).click()
    press(page, "Show me")
    page.wait_for_function("() => groundswell.world.at > 2")
    expect(play).to_be_in_viewport(ratio=1)
    expect(lesson.locator(".answer")).to_contain_text(re.compile("As you said|It was"))
    expect(play).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080)])
def test_nothing_overlaps_when_the_lesson_is_projected(visit, width, height):
    page = visit("#customers=500&lesson=5", {"width": width, "height": height})
    page.get_by_role("region", name="Lesson").get_by_text("Calls", exact=True).click()
    press(page, "Show me")
    page.wait_for_selector("#lesson-compare")
    press(page, "Projector")
    photograph(page, f"lesson_{width}_projected")
    above, below = [
        page.locator(each).bounding_box() for each in ("#sentence", "#worlds")
    ]
    assert above["y"] + above["height"] <= below["y"]
    answer = page.locator("#lesson .answer").bounding_box()
    question = page.locator("#lesson-question").bounding_box()
    assert question["x"] + question["width"] <= answer["x"]


@pytest.mark.parametrize(("width", "height"), [(1366, 768), *SIZES[:2]])
def test_the_projector_enlarges_the_market(visit, width, height):
    page = visit(
        "#scenario=follow_up&customers=500&week=20", {"width": width, "height": height}
    )
    near = page.locator("#canvas-here").bounding_box()
    press(page, "Projector")
    far = page.locator("#canvas-here").bounding_box()
    assert far["width"] > near["width"]
    assert far["height"] > near["height"]
    expect(page.locator("#play")).to_be_in_viewport(ratio=1)


def test_every_control_has_a_name(visit):
    page = visit("#scenario=follow_up&customers=500")
    for view in ("Live", "Compare", "Sensitivity"):
        press(page, view)
        nameless = page.evaluate(
            """() => [...document.querySelectorAll('button, select, input, a')]
              .filter((e) => e.checkVisibility())
              .filter((e) => !(e.ariaLabel || e.textContent.trim() || e.labels?.length))
              .map((e) => e.outerHTML)"""
        )
        assert not nameless
