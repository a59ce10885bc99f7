"""What the README tells a reader to type works."""

import importlib.util
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer
import yaml

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")

WORLD = ["--set", "market.customers=300"]
FEW = ["--vary", "trust.gain", "--vary", "trust.loss_ratio", "--budget", "240"]
SMALLER = {
    "demo": [*WORLD, "--runs", "2"],
    "run": [*WORLD, "--runs", "2"],
    "compare": [*WORLD, "--runs", "3"],
    "sensitivity": [*WORLD, *FEW],
    "discover": [*WORLD, *FEW, "--budget", "480"],
    "optimise": [*WORLD, "--tries", "3", "--runs", "2", "--pairs", "2"],
    "studio": ["--no-browser", "--port", "0"],
    "replicate": ["--runs", "2"],
    "facts": ["--runs", "2"],
    "--robust": ["--draws", "3"],
}
"""What is added to a command or an option, so that a test of it takes seconds."""


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


def run(line: str, folder: Path) -> subprocess.CompletedProcess:
    """Type a line in a folder, with what makes its world smaller."""
    words = shlex.split(line)
    smaller = [more for word in words for more in SMALLER.get(word, ())]
    process = subprocess.Popen(
        [sys.executable, "-m", "analysis.cli", *words, *smaller],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = ""
    if words[0] == "studio":
        said = process.stdout.readline()
        process.terminate()
    rest, faults = process.communicate()
    return subprocess.CompletedProcess(line, process.returncode, said + rest, faults)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where a reader would be: with the example in a file, and a study of before."""
    place = tmp_path_factory.mktemp("reader")
    (place / "calls.yaml").write_text(blocks("yaml")[0], encoding="utf-8")
    (before,) = [line for line in COMMANDS if "--out results/honesty" in line]
    assert run(before, place).returncode == 0
    return place


@pytest.mark.parametrize("line", COMMANDS)
def test_command_runs(line, folder):
    found = run(line, folder)
    ends_well = {130} if line == "studio" else {0}  # it is stopped
    assert found.returncode in ends_well, found.stdout + found.stderr
    assert found.stdout.strip(), "it has something to say"


def test_python_example_runs(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (example,) = blocks("python")
    assert "pairs=40" in example
    exec(example.replace("pairs=40", "pairs=2"), {})


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


def test_the_citation_is_of_this_version_and_licence():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    assert cited["version"] == project["version"]
    assert cited["license"] == project["license"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", cited["date-released"])
    assert [list(author) for author in cited["authors"]] == [["name"]]
    assert f"Groundswell {project['version']} " in README
