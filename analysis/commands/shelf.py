"""What is on disk: which studies there are, and whether they can be repeated."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.command import BROKEN, Json, Quiet, command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.archive import Holding


@command
def results(
    folder: Annotated[Path, typer.Argument(help="Of the studies.")] = Path("results"),
    prune: Annotated[
        bool, typer.Option("--prune", help="Ask of each whether it may go.")
    ] = False,
    json: Json = False,
) -> None:
    """List the studies on disk; --prune asks which may go."""
    from rich.console import Console

    from analysis.archive import holdings, remove
    from analysis.terminal import empty_table, print_json

    found = holdings(folder)
    if json:
        print_json([each.plain() for each in found])
        return
    if not found:
        typer.echo(f"{folder}: no studies")
        return
    table = empty_table()
    for title in ("kind", "status", "runs", "failed", "size", "began"):
        table.add_column(title, justify="left" if title == "kind" else "right")
    for each in found:
        table.add_row(each.name, *_cells([each]), each.began[:10])
        kinds = dict.fromkeys(part.kind for part in each.parts)
        for kind in kinds:
            parts = [part for part in each.parts if part.kind == kind]
            times = f" × {len(parts)}" if len(parts) > 1 else ""
            table.add_row(f"  of it {kind}{times}", *_cells(parts), "", style="dim")
    Console(highlight=False).print(table)
    freed = 0
    for each in found if prune else ():
        words = f"Delete {each.folder} ({megabytes(each.bytes)})?"
        if typer.confirm(words, default=False):
            remove(each)
            freed += each.bytes
    if prune:
        typer.echo(f"Freed {megabytes(freed)}.")


def _cells(found: "Sequence[Holding]") -> tuple[str, ...]:
    """Return kind, status, runs, failed runs and size of some studies together."""
    statuses = ", ".join(dict.fromkeys(each.status for each in found))
    counts = (sum(each.n_runs for each in found), sum(each.n_failed for each in found))
    size = megabytes(sum(each.bytes for each in found))
    return (found[0].kind, statuses, *(f"{count:,}" for count in counts), size)


def megabytes(size: int) -> str:
    """Return a size as people say it.

    >>> megabytes(3_400_000), megabytes(0)
    ('3.4 MB', '0.0 MB')
    """
    return f"{size / 1e6:,.1f} MB"


@command
def verify(
    folder: Annotated[Path, typer.Argument(help="Of one study.")],
    runs: Annotated[int, typer.Option(min=1, help="How many to live again.")] = 5,
    seed: Annotated[int | None, typer.Option(min=0, help="Of the sample.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Live some runs of a study again, to the last bit."""
    from analysis.archive import verify as compare
    from analysis.terminal import print_json, records

    found = compare(folder, runs, seed)
    n_same, n_all = int(found.table["is_same"].sum()), len(found.table)
    if json:
        print_json(
            {
                "is_good": found.is_good,
                "is_same_code": found.is_same_code,
                "runs": records(found.table),
            }
        )
    elif not quiet:
        typer.echo(f"{n_same} of {n_all} runs came out the same, to the last bit.")
        for row in found.table[~found.table["is_same"]].to_dict("records"):
            typer.echo(f"run {row['run']} ({row['scenario']}): {row['differs']}")
        if not found.is_same_code:
            typer.echo("The code that computes has changed since this study.")
    if not found.is_good:
        raise typer.Exit(BROKEN)
