"""Published experiments as a person reads them in the terminal, and as a program."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from analysis.differences import as_read
from analysis.errors import InputError
from analysis.facts import Finding, table
from analysis.provenance import as_json
from analysis.replications import BY_NAME, Found
from simulation.quantity import nearest

from . import facts
from .facts import band_text, measured_text


def checked(names: Sequence[str]) -> None:
    """Raise an `InputError` that names the first experiment nobody knows."""
    for name in names:
        if name not in BY_NAME:
            raise InputError(
                f"replicate: no experiment {name!r}{nearest(name, list(BY_NAME))}"
            )


def headline(found: Sequence[Found]) -> str:
    """Return how many experiments come out as published, in one sentence."""
    n_held, n = sum(each.holds for each in found), len(found)
    verb = "comes" if n_held == 1 else "come"
    return f"{n_held} of {n} published experiments {verb} out as published."


def show_replications(found: Sequence[Found], files: Sequence[str] = ()) -> None:
    """Print each experiment with what was published, beside what came out."""
    console = Console(highlight=False)
    console.print()
    console.print(headline(found), style="bold")
    console.print("Published, measured with its 95 % interval, band.", style="dim")
    for each in found:
        console.print()
        n = each.findings[0].found.n
        console.print(f"{each.replication.claim} [dim]{n} worlds[/]", style="bold")
        rows = Table(box=None, pad_edge=False, show_header=False, padding=(0, 1))
        rows.add_column(width=1)
        rows.add_column(width=39)
        for width in (18, 16):
            rows.add_column(width=width, justify="right")
        for finding in each.findings:
            rows.add_row(*cells(finding), style="" if finding.holds else "bold red")
        console.print(rows)
    for file in files:
        console.print(file, style="dim", soft_wrap=True)


def cells(each: Finding) -> tuple[str, str, str, str]:
    """Return the row of one finding; a dot where nothing is published to hold it to."""
    mark = ("✓" if each.holds else "✗") if each.fact.is_judged else "·"
    band = band_text(each) if each.fact.is_judged else "none published"
    _, unit = as_read(each.fact.unit)
    measured = measured_text(each) + (f" {unit}" if unit != "ratio" else "")
    return mark, each.fact.claim, measured, band


def write(found: Sequence[Found], folder: Path) -> str:
    """Write the findings as a table into a folder; return its path.

    Raises
    ------
    StudyError
        The folder cannot be written.
    """
    rows = [finding for each in found for finding in each.findings]
    return facts.write(rows, folder, "replications.csv")


def replications_json(
    found: Sequence[Found], files: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the findings as a document."""
    experiments = [
        {
            "name": each.replication.name,
            "claim": each.replication.claim,
            "holds": each.holds,
            "found": table(each.findings).to_dict("records"),
        }
        for each in found
    ]
    return dict(as_json({"experiments": experiments, "files": list(files)}))
