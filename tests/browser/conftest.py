"""One Chromium for all tests of a file, told to keep to itself; one studio for all."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "results" / "screenshots"
DESK = {"width": 1440, "height": 900}
PATIENCE = 120_000
READY = "() => window.groundswell?.isReady"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
QUIETLY = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Whatever asks for an outside name gets no answer: the network is unplugged.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


@pytest.fixture(scope="module")
def browser():
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no Chromium here")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIETLY)
        yield browser
        browser.close()


expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """The command itself, in a folder of its own."""
    folder = tmp_path_factory.mktemp("class")
    process = subprocess.Popen(
        [sys.executable, "-m", "analysis.cli", "studio", "--no-browser", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        yield SimpleNamespace(url=process.stdout.readline().split()[0], folder=folder)
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


@pytest.fixture
def visit(browser, served):
    """Open a tab; whatever it asks for outside, or complains of, fails the test."""
    outside, said, contexts = [], [], []

    def opened(address="", size=DESK, scheme="light", forgiven=()):
        context = browser.new_context(
            viewport=size, color_scheme=scheme, accept_downloads=True
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "request",
            lambda each: (
                outside.append(each.url)
                if not each.url.startswith((served.url, "blob:", "data:"))
                else None
            ),
        )
        page.on(
            "console",
            lambda each: (
                said.append(each.text) if not each.text.startswith(forgiven) else None
            ),
        )
        page.on("pageerror", lambda each: said.append(str(each)))
        page.goto(served.url + address)
        page.wait_for_function(READY)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not outside
    assert not said


def photograph(page, name, **how):
    """Keep a picture of the page, for whoever wants to look at it."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", **how)


def fair(page):
    """Whether everybody can use the page, by the rules of axe-core."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    assert found.violations_count == 0, found.generate_report()


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def state(page, what):
    return page.evaluate(f"() => window.groundswell.{what}")
