"""Options of the test-suite, and what several files type at the command line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from analysis.cli import app
from analysis.execution import Life
from analysis.request import Watcher


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--accept",
        action="store_true",
        help="write the golden numbers anew; say so under 'Results change'",
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to type in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def crowd(tmp_path: Path) -> Callable[..., str]:
    """Write a customers file of so many people; return what `--set` makes of it."""

    def write(n_people: int, stage: str = "active") -> str:
        rows = (f"{k},key,{stage},0.7,0.6\n" for k in range(n_people))
        path = tmp_path / "people.csv"
        path.write_text("id,segment,stage,perception,trust\n" + "".join(rows))
        return f"market.customers_file={path}"

    return write


@pytest.fixture
def typed(folder: Path) -> Callable[..., Result]:
    """Type words at the command line in an empty folder, and check the exit code."""

    def invoke(*words: object, code: int = 0) -> Result:
        found = CliRunner().invoke(app, [str(word) for word in words])
        assert found.exit_code == code, found.output
        return found

    return invoke


class Stopper(Watcher):
    """Counts what is lived, not found; presses Ctrl-C at one of them, if at all."""

    def __init__(self, stops_at: int = 0) -> None:
        self.n_lived, self.n_kept, self.stops_at = 0, 0, stops_at

    def finished(self, life: Life) -> None:
        self.n_lived += not life.found_in
        if self.n_lived == self.stops_at:
            raise KeyboardInterrupt

    def kept(self, life: Life) -> None:
        self.n_kept += 1
        super().kept(life)


@pytest.fixture
def stopper() -> type[Stopper]:
    """What stops a study in the middle, and counts when it goes on."""
    return Stopper
