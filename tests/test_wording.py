"""Chances and money in words: never more certain than what was found."""

import math

import pytest

from analysis.money import Gain
from analysis.wording import gained, likely, percent


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (1.0, "above 99 %"),
        (0.994, "99 %"),
        (0.5, "50 %"),
        (0.0, "below 1 %"),
        (math.nan, "-"),
    ],
)
def test_chance_is_never_quite_sure_nor_quite_impossible(chance, words):
    assert likely(chance) == words


def test_share_is_in_whole_percent():
    assert percent(0.125) == "12 %"
    assert percent(math.nan) == "-"


@pytest.mark.parametrize(
    ("measure", "unit", "numbers", "words"),
    [
        ("return", "money per money", (0.4, 0.1, 0.7), ("0.40", "0.10 to 0.70")),
        ("npv", "money", (1234.5, 1000.2, 1468.8), ("1,230", "1,000 to 1,470")),
        (
            "payback_week",
            "week",
            (103, 68, math.inf),
            ("103", "68 to not in 104 weeks"),
        ),
        ("payback_week", "week", (math.inf,) * 3, ("not in 104 weeks", "")),
        ("return", "money per money", (2.0, math.nan, math.nan), ("2.00", "no bounds")),
        ("paying_worlds", "share", (0.5, 0.09, 0.91), ("50 %", "9 % to 91 %")),
        ("pays_chance", "share", (0.999, 0.0, 1.0), ("above 99 %", "")),
        ("return", "money per money", (math.nan,) * 3, ("-", "")),
    ],
)
def test_money_carries_its_interval(measure, unit, numbers, words):
    assert gained(Gain("calls", measure, unit, *numbers, 30, ""), 104) == words


def test_nothing_gained_is_a_dash():
    assert gained(None, 104) == ("-", "")
