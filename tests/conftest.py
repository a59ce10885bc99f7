"""Options of the test-suite, and what several files type at the command line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from analysis.cli import app


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
def typed(folder: Path) -> Callable[..., Result]:
    """Type words at the command line in an empty folder, and check the exit code."""

    def invoke(*words: object, code: int = 0) -> Result:
        found = CliRunner().invoke(app, [str(word) for word in words])
        assert found.exit_code == code, found.output
        return found

    return invoke
