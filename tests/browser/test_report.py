"""The report in a real browser: on a desk, on a phone, in the dark, on paper."""

import pytest

from analysis.comparison import compare
from analysis.figures.decision import draw_comparison
from analysis.report import page as report
from tests.browser.conftest import fair

pytestmark = pytest.mark.browser

SMALL = ["market.customers=300", "clock.weeks=12", "clock.warmup_weeks=4"]
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    out = tmp_path_factory.mktemp("studies") / "small"
    others = ("follow_up", "training", "service_improvement", "expectation_alignment")
    found = compare("baseline", *others, pairs=3, overrides=SMALL, out=out, jobs=1)
    draw_comparison(found)
    return report.write(found.study, found).resolve().as_uri()


@pytest.fixture(params=["light", "dark"])
def open_page(request, browser, address):
    """Open the page at a size; it must ask for nothing and complain of nothing."""
    asked, said = [], []
    context = browser.new_context(color_scheme=request.param, offline=True)
    page = context.new_page()
    page.on("request", lambda each: asked.append(each.url))
    page.on("console", lambda each: said.append(each.text))

    def opened(size):
        page.set_viewport_size(size)
        page.goto(address)
        return page

    yield opened
    context.close()
    assert not [url for url in asked if not url.startswith(("file:", "data:"))]
    assert not said


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_everybody_can_use_it(open_page, size):
    fair(open_page(size))


def test_a_phone_never_scrolls_sideways(open_page):
    page = open_page(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


@pytest.mark.parametrize("width", [1280, 1100, 700])
def test_no_table_is_cut_off(open_page, width):
    page = open_page({"width": width, "height": 900})
    cut_off = """[...document.querySelectorAll('.wide:not(.figure)')].filter(
      table => table.scrollWidth > table.clientWidth).map(table => table.ariaLabel)"""
    assert page.evaluate(cut_off) == []


def test_every_picture_is_drawn(open_page):
    page = open_page(DESK)
    boxes = page.evaluate(
        """[...document.querySelectorAll('svg')].map(svg => {
          return [svg.clientWidth, svg.querySelector('g').getBBox().width];
        })"""
    )
    assert len(boxes) >= 7
    assert min(min(box) for box in boxes) > 300


def test_a_replay_plays_pauses_and_drags(open_page, browser):
    page = open_page(DESK)
    page.wait_for_function("window.replay")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("replay.at >= 3")
    page.get_by_role("button", name="Pause").click()
    at = page.evaluate("replay.at")
    page.wait_for_timeout(400)
    assert page.evaluate("replay.at") == at
    page.get_by_role("slider").fill("0")
    page.get_by_label("Which world").select_option("2")
    worlds = page.locator("#replay canvas")
    start, other = (each.get_attribute("aria-label") for each in worlds.all())
    assert "week 0" in start
    assert start.endswith(other.partition(": ")[2])
    drawn = page.evaluate(
        """replay.panes.map(({ picture: p }) => {
          const { width, height } = p.canvas;
          const { data } = p.context.getImageData(0, 0, width, height);
          return new Set(new Uint32Array(data.buffer)).size;
        })"""
    )
    assert min(drawn) > 100


def test_without_scripts_everything_but_the_replay_is_there(browser, address):
    context = browser.new_context(java_script_enabled=False, viewport=DESK)
    page = context.new_page()
    page.goto(address)
    assert not page.locator("#replay").is_visible()
    assert page.get_by_role("heading", name="The verdict").is_visible()
    assert page.locator(".figure svg").first.is_visible()
    context.close()


def test_on_paper_nothing_is_cut_off(open_page):
    page = open_page({"width": 700, "height": 900})
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    assert not page.locator("nav").is_visible()
