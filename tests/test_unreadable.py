"""What people type who never wrote YAML, and what they are told."""

import pytest

from simulation.scenario import ScenarioError, load
from simulation.scenario.unreadable import INDENTED, QUOTED


@pytest.fixture
def said(folder):
    """What loading a file with some text reports."""

    def of(text):
        (folder / "x.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(ScenarioError) as error:
            load("x.yaml")
        return str(error.value)

    return of


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\n\tb: 2", "2: a tab; indent with spaces"),
        ("a: b: c", f"1: a colon inside the text; {QUOTED}"),
        ("a: b\n  c: d", f"2: {INDENTED}"),
        ("a:\n  b: 1\n c: 2", f"3: {INDENTED}"),
        ("a:\n    b: 1\n  c: 2", f"3: {INDENTED}"),
        ("  a: 1\nb: 2", f"2: {INDENTED}"),
        (
            "clock:\n  weeks:12\n  tick_days: 7",
            "3: the line above has no space after its colon; write one",
        ),
        ("a: 1\nb\nc: 2", "3: line 2 is a key without a colon; write ':' after it"),
        (
            "a:\n  b: [3\nc: 2",
            "3: the bracket of line 2 is not closed, or a comma is missing; mend it",
        ),
        ("a: [", "1: a bracket is not closed, or has no partner; mend it"),
        ("a: [1]]", "1: a comma or closing bracket without a partner; remove it"),
        ("'", "1: a quote that is never closed; close it"),
        ("a: 'it's'", "1: text behind the closing quote; quote all of it"),
        ("a: %5", f"1: a text that begins with %; {QUOTED}"),
        ("a: *b", f"1: a text that begins with * or &; {QUOTED}"),
        ('a: "\\q"', "1: a backslash in double quotes; use single quotes"),
        ("a: - b", "1: a '-' behind a key; begin the list on the next line"),
        ("a: 1\n- b", "2: a '-' among keys; a list stands below a key of its own"),
        ("- a\nb: 1", "2: a key among the lines of a list; begin them all with '-'"),
        ("--- a\n--- b", "2: a second document; remove the line ---"),
        (
            "a: | x",
            "1: expected a comment or a line break, but found 'x'; write keys and "
            "values",
        ),
    ],
)
def test_what_is_not_yaml_is_said_in_plain_words(text, message, said):
    line, _, words = message.partition(": ")
    assert said(text) == f"x.yaml:{line}: is not YAML: {words}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "market: {customers: 120.000}",
            "market.customers: 120.0 has a decimal point; write 120, or 120000 if the "
            "point separates thousands",
        ),
        (
            "market: { customers: '1,050,000' }",
            "market.customers: '1,050,000' is not a number; write numbers without "
            "separators: 1050000",
        ),
        (
            "market: {customers: 1,050,000}",
            "customers: 1,050,000 has a comma; write numbers without separators: "
            "1050000",
        ),
        ("trust: {gain: 0,5}", "gain: 0,5 has a comma; write 0.5"),
        ("trust: {gain: 80%}", "trust.gain: '80%' is not a number; write 0.8"),
    ],
)
def test_a_number_that_files_cannot_read_is_written_again(text, message, said):
    assert said(text) == f"x.yaml:1: {message}"


def test_whole_numbers_may_be_written_with_an_exponent():
    assert load("baseline", ["market.customers=5e4"]).market.customers == 50_000
