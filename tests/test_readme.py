"""What the README tells a reader to type works."""

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")

CHEAP = {"validate", "describe", "schema"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def typed(program: str) -> list[str]:
    """The arguments of every line that calls a program, comments dropped."""
    lines = [line for block in blocks("bash") for line in block.splitlines()]
    calls = [shlex.split(line, comments=True) for line in lines]
    return [shlex.join(call[1:]) for call in calls if Path(call[0]).name == program]


COMMANDS = typed("groundswell")


@pytest.fixture
def command_line():
    return importlib.import_module("analysis.cli")


@pytest.mark.parametrize("line", COMMANDS)
def test_command_parses(line, command_line):
    """The parser knows the command, each option, and the type of each value."""
    app = next(v for v in vars(command_line).values() if isinstance(v, typer.Typer))
    command = typer.main.get_command(app)
    name, *arguments = shlex.split(line)
    command.commands[name].make_context(name, arguments)


@pytest.mark.parametrize("line", [c for c in COMMANDS if c.split()[0] in CHEAP])
def test_cheap_command_runs(line, command_line, tmp_path):
    """Run in an empty folder that holds the README's own example."""
    (tmp_path / "calls.yaml").write_text(blocks("yaml")[0], encoding="utf-8")
    start = [sys.executable, "-c", "from analysis.cli import main; main()"]
    run = subprocess.run(
        [*start, *shlex.split(line)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.strip(), "it has something to say"


def test_every_cheap_command_is_shown():
    assert {command.split()[0] for command in COMMANDS} >= CHEAP


def test_make_targets_exist():
    """Those typed in blocks, and those named in the text, with their variables."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    named = {call.split()[0] for call in typed("make")}
    named |= set(re.findall(r"`make (\w+)", README))
    assert named >= {"demo", "test", "check"}
    assert named <= targets


def test_linked_files_exist():
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README)
    assert links
    assert not [link for link in links if not (ROOT / link).exists()]
