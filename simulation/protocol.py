"""The tables of the model's ODD page, made from the declarations they speak of.

The page, `simulation/README.md`, holds each between two comments that name it;
`refreshed` puts the tables of today there, and a test holds the page to them.
"""

import inspect
import re
from collections.abc import Iterable, Sequence
from typing import get_type_hints

from .core.columns import Customers, declarations
from .metrics import METRICS
from .model import PHASES, PerceptionModel
from .quantity import shown
from .scenario import parameters

MARKED = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def refreshed(page: str) -> str:
    """Return the page with every marked table as the code has it now.

    Raises
    ------
    KeyError
        A table is marked that nobody makes.

    >>> refreshed("<!-- table: schedule --><!-- end -->")
    '<!-- table: schedule --><!-- end -->'
    """
    makers = {
        "entities": entities,
        "schedule": schedule,
        "parameters": numbers,
        "metrics": metrics,
    }
    return MARKED.sub(
        lambda found: f"{found[1]}\n{makers[found[2]]()}\n\n{found[3]}", page
    )


def entities() -> str:
    """Return every state variable of a person, by the record it belongs to."""
    rows = [
        (f"{part}.{name}", column.unit, column.text)
        for part, record in get_type_hints(Customers).items()
        for name, column in declarations(record).items()
    ]
    return written(("state of a person", "unit", "meaning"), rows)


def schedule() -> str:
    """Return the phases of the week, in order."""
    rows = [
        (f"{number}. {phase}", _first_line(getattr(PerceptionModel, phase)))
        for number, phase in enumerate(PHASES, 1)
    ]
    return written(("phase", "what happens"), rows)


def numbers() -> str:
    """Return every number of a scenario without levers or shocks."""
    rows = [
        (
            f"`{each.path}`",
            shown(each.default),
            each.unit,
            " to ".join(shown(end) for end in each.range),
            each.source,
        )
        for each in parameters()
        if not each.path.startswith(("levers.", "shocks."))
    ]
    return written(("parameter", "default", "unit", "range", "source"), rows)


def metrics() -> str:
    """Return every weekly column."""
    rows = [(f"`{each.name}`", each.unit, each.text) for each in METRICS]
    return written(("metric", "unit", "meaning"), rows)


def written(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""Return a table in Markdown.

    >>> print(written(("a", "b"), [("1", "2|3")]))
    | a | b |
    | --- | --- |
    | 1 | 2\|3 |
    """
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |"
        for line in lines
    )


def _first_line(function: object) -> str:
    text = inspect.getdoc(function)
    assert text is not None
    return text.splitlines()[0]
