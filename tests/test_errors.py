"""Bad input through the command line: one line, exit code 2, nothing written."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analysis.cli import app
from simulation.model import PerceptionModel
from simulation.scenario import Scenario

ROOT = Path(__file__).parents[1]

PEOPLE = "id,segment,stage,perception,trust\n"
ROWS = "a,regular,active,0.7,0.6\nb,regular,active,0.8,0.5\nc,key,active,0.6,0.6\n"


def people(rows):
    """Return the files of a scenario whose customers stand in a file of these rows."""
    scenario = "extends: baseline\nmarket: {customers_file: people.csv}\n"
    return {"x.yaml": scenario, "people.csv": rows}


BAD = {
    "unknown key": (
        {"x.yaml": "extends: baseline\nclock:\n  weks: 12\n"},
        ["x.yaml:3", "clock.weks", "did you mean 'weeks'"],
    ),
    "wrong type": (
        {"x.yaml": "extends: baseline\nclock: {weeks: soon}\n"},
        ["x.yaml:2", "clock.weeks", "'soon'", "use a whole number"],
    ),
    "out of range": (
        {"x.yaml": "extends: baseline\nlevers:\n  - follow_up:\n      coverage: 1.4\n"},
        ["x.yaml:4", "coverage", "1.4 is above 1", "use a share between 0 and 1"],
    ),
    "missing file": ({}, ["x.yaml", "no such file", "baseline"]),
    "missing parent": (
        {"x.yaml": "extends: nobody\n"},
        ["x.yaml:1", "extends", "nobody", "no such file"],
    ),
    "not YAML": (
        {"x.yaml": "name: [half\nclock: {"},
        ["x.yaml:2", "is not YAML", "the bracket of line 1"],
    ),
    "not a mapping": ({"x.yaml": "- 1\n- 2\n"}, ["x.yaml:1", "write keys and values"]),
    "empty": ({"x.yaml": ""}, ["x.yaml:1", "extends: baseline"]),
    "a cycle": (
        {"x.yaml": "extends: y.yaml\n", "y.yaml": "extends: x.yaml\n"},
        ["y.yaml:1", "extends", "circle", "remove one"],
    ),
    "shares above 1": (
        {
            "x.yaml": "extends: baseline\nmarket:\n  segments:\n"
            "    - {name: a, share: 0.7}\n    - {name: b, share: 0.6}\n"
        },
        ["x.yaml:4", "market.segments", "1.3", "lower them until they add to 1"],
    ),
    "no customers": (
        {"x.yaml": "extends: baseline\nmarket: {customers: 0}\n"},
        ["x.yaml:2", "market.customers", "0 is below 1", "use a whole number"],
    ),
    "unknown customers in the network": (
        {
            "x.yaml": "extends: baseline\nmarket: {customers_file: people.csv}\n"
            "network: {kind: file, file: ties.csv}\n",
            "people.csv": PEOPLE + ROWS,
            "ties.csv": "a,b\nb,zoe\n",
        },
        ["ties.csv", "unknown customers", "'zoe'", "remove their ties"],
    ),
    "customers parted by semicolons": (
        people((PEOPLE + ROWS).replace(",", ";").replace(".", ",")),
        ["people.csv", "separated by semicolons", "save it with commas"],
    ),
    "customers parted by tabs": (
        people((PEOPLE + ROWS).replace(",", "\t")),
        ["people.csv", "separated by tabs", "save it with commas"],
    ),
    "empty network": (
        {
            "x.yaml": "extends: baseline\nnetwork: {kind: file, file: ties.csv}\n",
            "ties.csv": "",
        },
        ["ties.csv", "no tie", "network.kind: none"],
    ),
    "network file that is not there": (
        {"x.yaml": "extends: baseline\nnetwork: {kind: file, file: ties.csv}\n"},
        ["x.yaml:2", "network.file", "ties.csv", "give a path"],
    ),
    "customers file without a column": (
        people("id,segment,stage,perception\na,regular,active,0.7\n"),
        ["people.csv", "'trust' is missing", "add it"],
    ),
    "customers file with one too many": (
        people("id,segment,stage,perception,trust,shoe\na,regular,active,0.7,0.5,43\n"),
        ["people.csv", "'shoe' is not known", "use id, segment"],
    ),
    "customers file with a gap": (
        people(PEOPLE + ROWS + "d,regular,active,,0.5\n"),
        ["people.csv", "row 4", "perception is empty", "fill it"],
    ),
    "customers file with a wild number": (
        people(PEOPLE + "a,regular,active,7,0.5\n"),
        ["people.csv", "row 1", "perception is 7", "a number from 0 to 1"],
    ),
    "customers file with a row too long": (
        people(PEOPLE + "Doe, Ann,regular,active,0.7,0.5\n"),
        ["people.csv", "row 1 has more values", "in quotes"],
    ),
    "customers file with a share that is not available": (
        people(PEOPLE + "NA,regular,active,0.7,NA\n"),
        ["people.csv", "row 1", "trust is NA", "a number from 0 to 1"],
    ),
    "customers file with an id twice": (
        people(PEOPLE + "7,key,active,0.7,0.5\n07,key,lost,0.7,0.5\n"),
        ["people.csv", "row 2", "'07' occurs twice", "ids must differ"],
    ),
    "customers file with an unknown segment": (
        people(PEOPLE + "7,keys,active,0.7,0.5\n"),
        ["people.csv", "row 1", "segment 'keys'", "use regular, key"],
    ),
    "customers file with a flag that is none": (
        people("id,segment,stage,perception,trust,sociable\na,key,active,0.7,0.5,2\n"),
        ["people.csv", "row 1", "sociable is 2", "use 0 or 1"],
    ),
    "customers file without customers": (
        people(PEOPLE),
        ["people.csv", "holds no customer", "give at least one row"],
    ),
}

each_fault = pytest.mark.parametrize(
    ("files", "words"), list(BAD.values()), ids=[name.replace(" ", "_") for name in BAD]
)


@pytest.fixture
def folder(folder):
    """An empty folder to type in, with a study folder that must stay as it is."""
    (folder / "results").mkdir()
    return folder


def put(files, folder):
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def everything(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.fixture(scope="module", autouse=True)
def loaded():
    """Load the kernels, so that only what a network needs may yet be compiled."""
    market, network = {"customers": 200}, {"kind": "none"}
    settings = Scenario.model_validate({"market": market, "network": network})
    PerceptionModel(settings).step()


def complaint(stderr):
    """Return what was refused; who waits long for kernels is told so before."""
    lines = stderr.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("Compiling the"))


def assert_refused(words, arguments, folder):
    before = everything(folder)
    found = CliRunner().invoke(app, arguments)
    assert found.exit_code == 2, found.output
    assert isinstance(found.exception, SystemExit)
    assert found.stdout == ""
    line = complaint(found.stderr)
    assert line.count("\n") == 1, found.stderr
    assert "Traceback" not in line
    for word in words:
        assert word in line
    assert everything(folder) == before


@each_fault
def test_compare_refuses(files, words, folder):
    put(files, folder)
    assert_refused(words, ["compare", "baseline", "x.yaml"], folder)


@pytest.mark.parametrize(
    ("network", "size", "key"),
    [
        ("degree: 10000", "8,022 GB", "degree"),
        ("kind: cliques, clique_size: 10000", "8,022 GB", "clique_size"),
    ],
)
def test_a_market_larger_than_the_memory_is_refused_before_it_is_made(
    network, size, key, folder
):
    text = f"market: {{customers: 100000000}}\nnetwork: {{{network}}}\n"
    put({"x.yaml": f"extends: baseline\n{text}"}, folder)
    remedy = f"lower market.customers, or lower network.{key}"
    words = ["market.customers", "100,000,000", size, remedy]
    for command in (["run", "x.yaml"], ["compare", "baseline", "x.yaml"]):
        assert_refused(words, command, folder)


@pytest.mark.parametrize(
    ("network", "remedy"),
    [
        ("", "name a file of fewer people, or lower network.degree"),
        ("network: {kind: none}\n", "name a file of fewer people"),
    ],
)
def test_who_comes_from_a_file_is_not_made_fewer_by_another_key(
    network, remedy, folder, monkeypatch
):
    """Were each of a few people ten terabytes."""
    monkeypatch.setattr(
        "simulation.population.bytes_of", lambda _, n: n * 10**13 * (n < 10)
    )
    files = people(PEOPLE + ROWS)
    put({**files, "x.yaml": files["x.yaml"] + network}, folder)
    size = "market.customers_file: 3 people with their ties take about 30,000 GB"
    assert_refused([size, f"GB; {remedy}\n"], ["run", "x.yaml"], folder)


@each_fault
def test_run_and_validate_say_the_same(files, words, folder):
    put(files, folder)
    lines = [
        complaint(CliRunner().invoke(app, [command, "x.yaml"]).stderr)
        for command in ("run", "validate")
    ]
    assert lines[0] == lines[1]
    assert all(word in lines[0] for word in words)


def test_validate_names_every_fault_of_every_file(folder, typed):
    put(
        {
            "x.yaml": "extends: baseline\ntrust: {gain: 2}\nclock: {weks: 3}\n",
            "y.yaml": "extends: nobody\n",
        },
        folder,
    )
    found = typed("validate", "x.yaml", "y.yaml", "follow_up", code=2)
    assert found.stdout == ""
    first, second, third = found.stderr.splitlines()
    assert first.startswith("x.yaml:2: trust.gain: 2 is above 1;")
    assert second.startswith("x.yaml:3: clock.weks: unknown key;")
    assert third.startswith("y.yaml:1: extends: nobody: no such file;")
    assert typed("run", "x.yaml", code=2).stderr == f"{first} (and 1 more)\n"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("market.customers=0", ["--set market.customers=0", "0 is below 1"]),
        ("market.custmers=5", ["market.custmers", "did you mean 'customers'"]),
        ("nonsense", ["dotted.path=value"]),
        ("levers[0].follow_up.coverage=.5", ["has no entry"]),
        ("market.customers_file=none.csv", ["market.customers_file", "none.csv"]),
    ],
)
def test_a_change_is_checked_as_a_file_is(change, words, folder):
    assert_refused(words, ["run", "baseline", "--set", change], folder)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("describe metric true_npx", ["'true_npx'", "did you mean 'true_nps'"]),
        ("describe metrik true_nps", ["'metrik'", "did you mean 'metric'"]),
        ("describe zzz", ["'zzz'", "groundswell describe"]),
    ],
)
def test_an_unknown_word_suggests_the_nearest(typed, words, folder):
    assert_refused(words, typed.split(), folder)


@pytest.mark.parametrize(
    "words",
    [
        "run baseline --runs 0",
        "run baseline --jobs none",
        "run",
        "compare baseline",
        "compare baseline follow_up --sed 3",
        "conquer baseline",
    ],
)
def test_a_misuse_of_the_command_exits_with_2(words, folder, typed):
    found = typed(*words.split(), code=2)
    assert found.stderr.count("\n") == 1
    assert "Traceback" not in found.stderr
    assert not list((folder / "results").iterdir())


def test_a_real_process_refuses_too(folder):
    (folder / "x.yaml").write_text("extends: baseline\nclock: {weks: 3}\n")
    found = subprocess.run(
        [sys.executable, "-m", "analysis.cli", "compare", "baseline", "x.yaml"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert (found.returncode, found.stdout) == (2, "")
    assert re.fullmatch(r"x\.yaml:2: clock\.weks: .*\n", found.stderr)
    assert not list((folder / "results").iterdir())
