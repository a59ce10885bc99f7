"""What a request may say, and how it is told what it may not."""

import pytest

from analysis.studio import asked
from analysis.studio.refused import RefusedError

KNOWN = ("usual", "other")


def test_what_is_not_said_is_the_usual():
    assert asked.whole({}, "n", 3, 0, 9) == 3
    assert asked.choice({}, "how", KNOWN) == "usual"
    assert asked.switch({}, "on") is False
    assert asked.numbers({}, "prices", 2) == {}
    assert asked.texts({}, "vary", 2, "paths") == ()


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (lambda: asked.only({"a": 1, "b": 2}, "a"), "'b'"),
        (lambda: asked.whole({"n": True}, "n", 3, 0, 9), "n: True"),
        (lambda: asked.whole({"n": 10}, "n", 3, 0, 9), "from 0 to 9"),
        (lambda: asked.choice({"how": ["usual"]}, "how", KNOWN), "usual, other"),
        (lambda: asked.choice({"how": "x" * 999}, "how", KNOWN), "usual, other"),
        (lambda: asked.switch({"on": 1}, "on"), "true nor false"),
        (lambda: asked.numbers({"p": {"a": True}}, "p", 2), "p.a"),
        (lambda: asked.numbers({"p": {"a": float("nan")}}, "p", 2), "p.a"),
        (lambda: asked.numbers({"p": dict.fromkeys("abc", 1)}, "p", 2), "at most 2"),
        (lambda: asked.texts({"vary": ["a", 3]}, "vary", 2, "paths"), "up to 2"),
        (lambda: asked.texts({"vary": ["a"] * 3}, "vary", 2, "paths"), "up to 2"),
        (lambda: asked.text({"name": " "}, "name"), "name"),
        (lambda: asked.overrides(["network.file=a"]), "network.file"),
        (lambda: asked.check_harmless("a: ["), "no YAML"),
        (lambda: asked.check_harmless("extends: ../../secret"), "extends"),
    ],
)
def test_what_cannot_be_is_refused_in_one_short_line(check, words):
    with pytest.raises(RefusedError, match=words) as refused:
        check()
    line = str(refused.value)
    assert "\n" not in line
    assert len(line) < 300
