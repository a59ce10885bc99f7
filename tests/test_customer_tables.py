"""What the command line says of single customers."""

import json

import pytest

from analysis.tables.customers import WORLDS, told
from simulation.story import Chapter, Event, Life

SMALL = [
    word
    for change in ("market.customers=300", "clock.weeks=12", "clock.warmup_weeks=4")
    for word in ("--set", change)
]
COMPARE = ["compare", "baseline", "follow_up", "--runs", "2", "--jobs", "1", *SMALL]


def test_compare_follows_customers_when_asked(folder, typed):
    out = typed(*COMPARE, "--customers", "--delay", "3").stdout
    for words in ("Verdict", "Customers gained", "kept of 100"):
        assert words in out
    assert "3 weeks later" in out
    assert "ends in the same week" in " ".join(out.split())
    (study,) = (folder / "results").iterdir()
    assert (study / "customers.parquet").exists()
    assert (study / "figures" / "flow_follow_up.png").exists()


def test_compare_follows_nobody_unasked(folder, typed):
    typed(*COMPARE)
    (study,) = (folder / "results").iterdir()
    assert not (study / "customers.parquet").exists()


def test_json_has_the_tables(folder, typed):
    words = [*COMPARE, "--customers", "--delay", "3", "--json"]
    found = json.loads(typed(*words).stdout)
    assert {"flows", "effects", "groups"} <= set(found["customers"])
    assert len(found["delays"]["follow_up"]) == 2


def test_story_is_told_and_drawn(folder, typed):
    out = typed("story", "follow_up", "--customer", "7", *SMALL).stdout
    assert all(world in out for world in WORLDS)
    assert (folder / "results" / "story" / "figures" / "story_7.png").exists()
    words = ["story", "baseline", "--customer", "7", "--json", *SMALL]
    found = json.loads(typed(*words).stdout)
    (world,) = found["worlds"]
    assert len(world["chapters"]) == 12


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--customer", "nobody"], "no customer 'nobody'"),
        (["--customer", "7", "--against", "nothing"], "nothing"),
    ],
)
def test_story_of_nobody_is_one_line(words, fault, typed):
    found = typed("story", "follow_up", *words, *SMALL, code=2)
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
