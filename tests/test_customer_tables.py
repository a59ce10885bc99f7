"""What the command line says of single customers."""

import json

import pytest
from typer.testing import CliRunner

from analysis.cli import app
from analysis.customer_tables import WORLDS, told
from simulation.story import Chapter, Event, Life

SMALL = [
    word
    for change in ("market.customers=300", "clock.weeks=12", "clock.warmup_weeks=4")
    for word in ("--set", change)
]
COMPARE = ["compare", "baseline", "follow_up", "--runs", "2", "--jobs", "1", *SMALL]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def typed(*words):
    found = CliRunner().invoke(app, list(words))
    assert found.exit_code == 0, found.output
    return found.stdout


def test_compare_follows_customers_when_asked(folder):
    out = typed(*COMPARE, "--customers", "--delay", "3")
    for words in ("Verdict", "customers gained", "kept of 100", "3 weeks later"):
        assert words in out
    (study,) = (folder / "results").iterdir()
    assert (study / "customers.parquet").exists()
    assert (study / "figures" / "flow_follow_up.png").exists()


def test_compare_follows_nobody_unasked(folder):
    typed(*COMPARE)
    (study,) = (folder / "results").iterdir()
    assert not (study / "customers.parquet").exists()


def test_json_has_the_tables(folder):
    found = json.loads(typed(*COMPARE, "--customers", "--delay", "3", "--json"))
    assert {"flows", "effects", "groups"} <= set(found["customers"])
    assert len(found["delays"]["follow_up"]) == 2


def test_story_is_told_and_drawn(folder):
    out = typed("story", "follow_up", "--customer", "7", *SMALL)
    assert all(world in out for world in WORLDS)
    assert (folder / "results" / "story" / "figures" / "story_7.png").exists()
    found = json.loads(typed("story", "baseline", "--customer", "7", "--json", *SMALL))
    (world,) = found["worlds"]
    assert len(world["chapters"]) == 12


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--customer", "nobody"], "no customer 'nobody'"),
        (["--customer", "7", "--against", "nothing"], "nothing"),
    ],
)
def test_story_of_nobody_is_one_line(words, fault):
    found = CliRunner().invoke(app, ["story", "follow_up", *words, *SMALL])
    assert found.exit_code == 2
    assert fault in found.stderr
    assert len(found.stderr.splitlines()) == 1


def test_a_week_lived_alike_is_told_once():
    def lived(*texts):
        weeks = [
            Chapter(float(i), "active", 0.5, 0.5, 0.5, (Event("told", t),) if t else ())
            for i, t in enumerate(texts)
        ]
        return Life("Name", "7", "key", 3, weeks[0], tuple(weeks))

    found = told([lived("A.", "B.", "", "C."), lived("A.", "D.", "", "")])
    assert found == [
        ("", "week 0", "A."),
        ("this world", "week 1", "B."),
        ("the twin", "week 1", "D."),
        ("this world", "week 3", "C."),
    ]
