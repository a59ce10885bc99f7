"""Draws the README's pictures of the studio: `make gallery`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import DESK, PATIENCE, QUIETLY, READY

ROOT = Path(__file__).parents[2]
GALLERY = ROOT / "results" / "gallery" / "studio"
QUALITY = 82
PICTURES = {
    "live.jpg": "#scenario=follow_up&week=78",
    "twin.jpg": "#scenario=service_improvement&week=100&twin=1",
}


def main() -> None:
    """Start a server, visit it, and end it."""
    GALLERY.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "analysis.cli", "studio", "--no-browser", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        address = process.stdout.readline().split()[0]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=QUIETLY
            )
            for name, what in PICTURES.items():
                page = browser.new_page(viewport=DESK)
                page.goto(address + what)
                page.wait_for_function(READY, timeout=PATIENCE)
                if "twin" in name:
                    page.get_by_role("button", name="somebody whose fate").click()
                    page.wait_for_selector("#life-title")
                page.screenshot(path=GALLERY / name, type="jpeg", quality=QUALITY)
            browser.close()
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    main()
