"""One study on one page: a file that opens anywhere, prints, and needs nothing else.

What it says is in `contents.py`, how it looks in `templates/`; sections that others
left in the study's folder (`section.py`) come in before the last one.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from analysis.archive import opened
from analysis.attribution import read as read_attribution
from analysis.comparison import COMPARED, Comparison, compared, is_comparison
from analysis.errors import InputError, StudyError
from analysis.figures.customers import draw_attribution
from analysis.figures.decision import draw_comparison, draw_study, names_of
from analysis.files import replacing
from analysis.replay import replay
from analysis.section import Cell, Picture, Section, Table, kept
from analysis.study import Study

from .computed import computed
from .contents import certainty, comparison_sections, ending, study_sections, untested
from .drawing import Drawings

NAME = "report.html"
HERE = Path(__file__).parent
SCRIPTS = (
    HERE.parent / "studio" / "static" / "palette.js",
    HERE.parent / "studio" / "static" / "paint.js",
    HERE / "templates" / "replay.js",
)
MOST_IN_TITLE = 3
"""Choices that a title names."""
SENTENCE = 36
"""Letters that no cell of a table of numbers has."""


class Page(NamedTuple):
    """What a report says."""

    kind: str
    """What was asked, in a word or two."""
    title: str
    heading: str
    """Of the answer."""
    verdict: str
    certainty: Table | None
    sections: Sequence[Section]
    replay: Mapping[str, Any] | None = None
    """One world of each scenario, to be watched where scripts are allowed."""
    people: int = 0
    """In the market of the worlds that the answer is of."""
    caution: str = ""
    """What its money rests on that nobody gave; nothing if that is all known."""


def write(study: Study, found: Comparison | None = None) -> Path:
    """Write a study's report into its folder, with the figures that are there.

    Parameters
    ----------
    study : Study
    found : Comparison, optional
        What the study found, if it compares scenarios; found anew if absent.

    Returns
    -------
    Path
        Of the one file.

    Raises
    ------
    StudyError
        The folder cannot be written, or a section in it cannot be read.
    """
    return publish(_page(study, found), study.folder, study.manifest["groundswell"])


def publish(page: Page, folder: Path, version: str | None) -> Path:
    """Write a page into a folder, with the pictures that are there.

    Parameters
    ----------
    page : Page
    folder : Path
        From where the paths of pictures go.
    version : str or None
        Of the program that found what it says.

    Returns
    -------
    Path
        Of the one file.

    Raises
    ------
    StudyError
        The folder cannot be written.
    """
    path, text = folder / NAME, _html(page, folder, version)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(path) as hidden:
            hidden.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StudyError(
            f"{path}: cannot be written ({error.strerror or error}); the runs are "
            f"finished and can be read in {folder}"
        ) from None
    return path


def rebuild(folder: str | Path) -> Path:
    """Draw a study's figures and write its report again, from its folder alone.

    Raises
    ------
    InputError
        There is no study, or none that can be read.
    StudyError
        The folder cannot be written.
    """
    study = read_study(Path(folder))
    kind = study.manifest["kind"]
    found = compared(study) if is_comparison(study) else None
    if kind == "run":
        draw_study(study)
    if found is not None:
        draw_comparison(found)
        followed = read_attribution(study)
        if followed is not None:
            draw_attribution(followed, study, names_of(study))
    return write(study, found)


def read_study(folder: Path) -> Study:
    """Return a study from its folder.

    Raises
    ------
    InputError
        There is no study, or none of this version whose runs can be read.
    """
    study = opened(folder)
    if not any((folder / "runs.parquet").glob("*.parquet")):
        raise InputError(f"{folder}: no run of this study was finished; run it again")
    return study


def _page(study: Study, found: Comparison | None) -> Page:
    names, kind = names_of(study), study.manifest["kind"]
    more = list(kept(study.folder).values())
    if is_comparison(study):
        found = found or compared(study)
        followed = read_attribution(study)
        n_others = len(found.others)
        several = "; ".join(names[label] for label in found.others)
        asked = more if kind != "compare" else []  # what was found of what was asked
        return Page(
            f"{COMPARED[kind]}, against {names[found.base]}",
            several if n_others <= MOST_IN_TITLE else f"{n_others} choices compared",
            "The verdict",
            found.verdict,
            certainty(found, names),
            [
                *asked,
                *comparison_sections(found, names, followed),
                *([] if found.robustness else [untested()]),
                *(more if not asked else []),
                computed(study),
            ],
            replay(study),
            study.people(found.base) or 0,
            study.default_prices,
        )
    *_, last = study.scenarios
    question, own = study.scenarios[last].question, []
    heading, words = "The question", question
    if kind == "run":
        own = study_sections(study, names)
        heading, words = question or "In short", ending(study, names)
    elif more:  # a study of assumptions or mixes: its answer first
        heading, words = "The answer", " ".join(more[0].text)
        more[0] = more[0]._replace(text=())
    return Page(
        "one scenario" if kind == "run" else kind,
        names[last],
        heading,
        words,
        None,
        [*own, *more, computed(study)],
        caution=study.default_prices,
    )


def _html(page: Page, folder: Path, version: str | None) -> str:
    """Return a page as one HTML text."""
    drawings = Drawings()

    def drawing(picture: Picture) -> Markup:
        path = folder / picture.path
        if not path.is_file():
            raise StudyError(
                f"{path}: is missing, and the report shows it; type the command of the "
                "study again, which draws it without living a run"
            )
        return Markup(drawings.inline(path.read_bytes(), picture.alt))

    world = Environment(
        loader=PackageLoader("analysis.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    world.filters["drawing"] = drawing
    world.tests["wordy"] = _is_wordy
    found = page._asdict() | {"n_played": 0}
    if page.replay is not None:
        found["n_played"] = page.replay["people"]
        found["replay"] = Markup(json.dumps(page.replay).replace("<", "\\u003c"))
    return world.get_template("report.html").render(
        **found, version=version, script=Markup(_script())
    )


def _script() -> str:
    """Return what plays a replay: the studio's drawing, in one piece with its use."""
    parts = [path.read_text(encoding="utf-8") for path in SCRIPTS]
    alone = (re.sub(r"^import .*\n|^export ", "", part, flags=re.M) for part in parts)
    return "\n".join(alone)


def _is_wordy(table: Table) -> bool:
    """Return whether a table holds sentences, which start at the left."""
    texts = [
        cell.text if isinstance(cell, Cell) else cell
        for row in table.rows
        for cell in row[1:]
    ]
    return any(len(text) > SENTENCE for text in texts)
