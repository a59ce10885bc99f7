"""The tables of the benchmark: what is asked, beside what was found."""

import pytest

from tests.speed.goals import GOALS, RATE, Goal, Measured, tables

FAST = Measured("customers", "100,000", "ns", 20.0, 16.0, 25.0)
SLOW = FAST._replace(median=100.0, low=80.0, high=125.0)
HEAVY = Measured("memory", "10,000,000", "GB", 4.5, 4.5, 4.5)


def rows(*found):
    return {
        line.split("|")[1].strip(): line
        for line in tables(found, "").splitlines()[:-1]
        if line
    }


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (FAST, "| at least 30 | **50.0 M customer-weeks/s** | 40.0 to 62.5 |"),
        (SLOW, "| at least 30 | 10.0 M customer-weeks/s | 8.00 to 12.5 |"),
        (HEAVY, "| at most 4 | 4.50 GB |  |"),
        (
            HEAVY._replace(median=3.1, low=3.1, high=3.1),
            "| at most 4 | **3.10 GB** |  |",
        ),
    ],
)
def test_what_is_reached_stands_out(line, wanted):
    (goal,) = (g for g in GOALS if (g.subject, g.case) == (line.subject, line.case))
    assert rows(line)[goal.words].endswith(wanted)


def test_what_was_not_measured_has_no_row():
    assert "groundswell --help" not in tables([FAST], "")


def test_sizes_stand_beside_each_other():
    other = SLOW._replace(case="1,000,000")
    assert "| customers | 100,000: 20.0 · 1,000,000: 100 |" in tables([FAST, other], "")


def test_a_rate_turns_the_extremes_round():
    goal = Goal("", "customers", "100,000", 30, RATE, True)
    assert goal.shown(FAST) == (50.0, 40.0, 62.5)
