"""The facts as a person reads them in the terminal, and as a program does."""

import math
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import track
from rich.table import Table

from analysis.differences import as_read
from analysis.errors import StudyError
from analysis.facts import AIMS, Finding, table
from analysis.provenance import as_json
from analysis.terminal import NARROW, Lines

Seen = TypeVar("Seen")

DIGITS = 3
"""Figures worth printing of a measured value."""
UNMOVED = 1e-3
"""Of a value, how much less than that luck moves what the baseline sets."""


def watched(worlds: Iterator[Seen], count: int, *, is_quiet: bool) -> Iterator[Seen]:
    """Yield the worlds, with a bar on stderr, or lines where none can be drawn."""
    console = Console(stderr=True, highlight=False, quiet=is_quiet)
    lines = Lines(console)
    if console.is_terminal:
        worlds = iter(track(worlds, "worlds", count, console=console, transient=True))
    for done, world in enumerate(worlds, start=1):
        lines.say(f"{done} of {count} worlds")
        yield world


def write(found: Sequence[Finding], folder: Path, name: str = "facts.csv") -> str:
    """Write the findings as a table into a folder; return its path.

    Raises
    ------
    StudyError
        The folder cannot be written.
    """
    path = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        table(found).to_csv(path, index=False)
    except OSError as error:
        raise StudyError(
            f"{path}: cannot be written ({error.strerror or error})"
        ) from None
    return str(path)


def show_facts(
    found: Sequence[Finding], runs: int, customers: int, files: Sequence[str] = ()
) -> None:
    """Print how many facts hold, each beside its band, and why others do not."""
    console = Console(highlight=False)
    console.print()
    console.print(headline(found), style="bold")
    console.print(textwrap.fill(aims(found), NARROW))
    console.print(
        f"{runs} worlds of {customers:,} customers; ± is a 95 % interval.", style="dim"
    )
    console.print(facts_table(found))
    for each in found:
        if not each.holds:
            words = f"{each.fact.claim}: {each.why}"
            console.print(
                textwrap.fill(words, NARROW - 4, initial_indent="  ✗ ",
                              subsequent_indent="    ")
            )  # fmt: skip
    close = [each.fact.claim for each in found if each.holds and each.is_close]
    if close:
        words = "Hold, but too close to an edge of the band to be sure: " + "; ".join(
            close
        )
        console.print(textwrap.fill(words, NARROW - 4), style="dim")
    for file in files:
        console.print(file, style="dim", soft_wrap=True)


def headline(found: Sequence[Finding]) -> str:
    """Return how many facts hold, in one sentence, and how many of them are inputs.

    What luck hardly moves is a number that the baseline sets.
    """
    held = [each for each in found if each.holds]
    n_set = sum(each.found.half < UNMOVED * abs(each.found.mean) for each in held)
    inputs = f", {n_set} of them because it sets them" if n_set else ""
    return (
        f"{len(held)} of {len(found)} facts about real customers hold in the "
        f"baseline{inputs}."
    )


def aims(found: Sequence[Finding]) -> str:
    """Return whether what the defaults were set for holds at once, in a sentence."""
    asked = [each for each in found if each.fact.key in AIMS]
    missed = [each.fact.claim for each in asked if not each.holds]
    if missed:
        return (
            f"Of the {len(asked)} for which the defaults were set, {len(missed)} "
            f"do{'es' * (len(missed) == 1)} not: {'; '.join(missed)}."
        )
    return f"The {len(asked)} for which the defaults were set hold all at once."


def facts_table(found: Sequence[Finding]) -> Table:
    """Return the facts with what was measured and the band."""
    rows = Table(
        box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True, header_style="bold"
    )
    rows.add_column("")
    rows.add_column("fact", max_width=36)
    for title in ("measured", "band"):
        rows.add_column(title, justify="right", no_wrap=True)
    for each in found:
        mark, style = ("✓", "") if each.holds else ("✗", "bold")
        rows.add_row(
            mark, each.fact.claim, measured_text(each), band_text(each), style=style
        )
    return rows


def measured_text(each: Finding) -> str:
    """Return the mean with its interval, as the reader thinks of the unit."""
    scale, _ = as_read(each.fact.unit)
    mean, half = scale * each.found.mean, scale * each.found.half
    if math.isnan(mean):
        return "not measured"
    places = places_of(mean, half)
    if math.isnan(half):
        return f"{mean:.{places}f}"
    return f"{mean:.{places}f} ± {half:.{places}f}"


def places_of(mean: float, half: float) -> int:
    """Return decimals enough to see the interval, or three figures.

    >>> places_of(17.3, 0.4), places_of(0.123, math.nan), places_of(10, 0)
    (1, 3, 1)
    """
    seen = half if half > 0 else abs(mean) / 10 ** (DIGITS - 1)
    if not seen > 0:
        return 0
    return min(max(-math.floor(math.log10(seen)), 0), DIGITS)


def band_text(each: Finding) -> str:
    """Return the band, open where it has no end."""
    scale, unit = as_read(each.fact.unit)
    low, high = (f"{scale * edge:g}" for edge in (each.fact.low, each.fact.high))
    name = f" {unit}" if unit == "%" else ""
    if math.isinf(each.fact.high):
        return f"{low}{name} or more"
    return f"{low} to {high}{name}"


def facts_json(
    found: Sequence[Finding], runs: int, customers: int, files: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the findings as a document."""
    rows = table(found).to_dict("records")
    document = as_json(
        {
            "runs": runs,
            "customers": customers,
            "n_held": sum(each.holds for each in found),
            "facts": rows,
            "files": list(files),
        }
    )
    return dict(document)
