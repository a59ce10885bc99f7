"""What a report is made of: sections of a title, text, tables and pictures.

Whatever adds to a study leaves its section in the study's folder with `keep`; the
report takes in what it finds there, also when it is made anew much later.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .errors import StudyError
from .files import adding

FOLDER = "sections"


class Cell(NamedTuple):
    """One cell of a table."""

    text: str
    more: str = ""
    """Smaller, on lines of its own."""
    is_sure: bool = False
    """Whether it stands out: what it says is not luck."""


class Table(NamedTuple):
    """A table with its caption; the first cell of each row names the row."""

    caption: str
    columns: Sequence[str]
    """Titles, the first one of the rows' names."""
    rows: Sequence[Sequence[str | Cell]]
    note: str = ""
    """How to read it, below."""


class Picture(NamedTuple):
    """A figure that was drawn as SVG into the study's folder."""

    path: str
    """Within the study's folder: "figures/decision.svg"."""
    alt: str
    """What it shows, for those who do not see it."""


class Section(NamedTuple):
    """One subject of a report."""

    title: str
    text: Sequence[str] = ()
    """Paragraphs, plain."""
    tables: Sequence[Table] = ()
    pictures: Sequence[Picture] = ()


def keep(section: Section, study: Path, name: str) -> Path:
    """Leave a section in a study's folder; return its path.

    Parameters
    ----------
    section : Section
    study : Path
        The study's folder.
    name : str
        Of the file; a section of that name is replaced. Reports have them in the
        order of their names.

    Raises
    ------
    StudyError
        The folder cannot be written.
    """
    path = study / FOLDER / f"{name}.json"
    plain = {
        **section._asdict(),
        "tables": [table._asdict() for table in section.tables],
        "pictures": [picture._asdict() for picture in section.pictures],
    }
    with adding(path) as hidden:
        path.parent.mkdir(parents=True, exist_ok=True)
        hidden.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
    return path


def kept(study: Path) -> dict[str, Section]:
    """Return the sections left in a study's folder, by name.

    Raises
    ------
    StudyError
        A file there is no section.
    """
    found = {}
    for path in sorted((study / FOLDER).glob("*.json")):
        try:
            found[path.stem] = _section(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError, KeyError):
            raise StudyError(
                f"{path}: is no section of a report; remove it, or write it anew"
            ) from None
    return found


def _section(plain: dict[str, Any]) -> Section:
    tables = [
        Table(**{**each, "rows": [[_cell(c) for c in row] for row in each["rows"]]})
        for each in plain.pop("tables")
    ]
    pictures = [Picture(**each) for each in plain.pop("pictures")]
    return Section(**plain, tables=tables, pictures=pictures)


def _cell(plain: Any) -> str | Cell:  # noqa: ANN401 (as JSON has it)
    return plain if isinstance(plain, str) else Cell(*plain)
