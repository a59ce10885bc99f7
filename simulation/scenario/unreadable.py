"""What is wrong with a text that is not YAML, in words of who wrote it."""

import re

import yaml

INDENTED = "this line is indented differently from its neighbours; line it up with them"
QUOTED = "put the text in quotes"
WORDS = (
    (r"character '\\t'", "a tab; indent with spaces"),
    (r"character '(.)' that", "a text that begins with {0}; put the text in quotes"),
    ("undefined alias|alphabetic", f"a text that begins with * or &; {QUOTED}"),
    ("unknown escape", "a backslash in double quotes; use single quotes"),
    ("sequence entries", "a '-' behind a key; begin the list on the next line"),
    ("unexpected end of stream", "a quote that is never closed; close it"),
    ("expected ':'", "line {opened} is a key without a colon; write ':' after it"),
    (
        "expected ',' or",
        "the bracket of line {opened} is not closed, or a comma is missing; mend it",
    ),
    ("node content", "a bracket is not closed, or has no partner; mend it"),
    (r"found '[\]},]'", "a comma or closing bracket without a partner; remove it"),
    (r"found '-'", "a '-' among keys; a list stands below a key of its own"),
    ("another document", "a second document; remove the line ---"),
    (r"found '\?'", "a key among the lines of a list; begin them all with '-'"),
)
"""What the parser says, and what it means; the first that fits is told."""


def unreadable(error: yaml.MarkedYAMLError, text: str) -> tuple[int, str]:
    """Return in which line a text stops being YAML, and why, with the remedy.

    Parameters
    ----------
    error : MarkedYAMLError
        What the parser says of it.
    text : str
        What was read.

    Returns
    -------
    int, str
        The line, counted from 1, and the words.
    """
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return 1, "unreadable; look at the indentation, colons, brackets and quotes"
    problem = " ".join(str(error.problem or error.context).split())
    lines = [*text.splitlines(), ""]
    before = lines[min(mark.line, len(lines) - 1)][: mark.column]
    opened = (error.context_mark or mark).line + 1
    if "mapping values" in problem:
        return mark.line + 1, _of_a_colon(before, lines[max(mark.line - 1, 0)])
    if "scalar>" in problem and before.strip(" -"):
        return mark.line + 1, "text behind the closing quote; quote all of it"
    for pattern, words in WORDS:
        if found := re.search(pattern, problem):
            return mark.line + 1, words.format(*found.groups(), opened=opened)
    if "start>" in problem or "scalar>" in problem:
        return mark.line + 1, INDENTED
    return mark.line + 1, f"{problem}; write keys and values"


def _of_a_colon(before: str, above: str) -> str:
    """Return what is wrong where a colon may not stand."""
    if re.search(r":\s", before):
        return f"a colon inside the text; {QUOTED}"
    if re.fullmatch(r"\s*(- )?\w+:[^\s:]+\s*", above):
        return "the line above has no space after its colon; write one"
    return INDENTED
