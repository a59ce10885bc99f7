"""What differs between two scenarios, in words with units."""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.command import File, Json, command

if TYPE_CHECKING:
    from simulation.scenario import Change, Scenario

OfOther = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change a key of OTHER first."),
]


@command
def diff(one: File, other: File, overrides: OfOther = None, json: Json = False) -> None:
    """What differs between two scenarios, in words with units."""
    from analysis.request import read_scenarios
    from analysis.terminal import print_json
    from simulation.scenario import differences

    (before,) = read_scenarios([one]).values()
    (after,) = read_scenarios([other], overrides or ()).values()
    found = differences(before, after)
    if json:
        print_json([change._asdict() for change in found])
    else:
        _show(before, after, found)


def _show(before: "Scenario", after: "Scenario", found: Sequence["Change"]) -> None:
    """Print what differs, under what it belongs to."""
    if not found:
        typer.echo(f"“{before.name}” and “{after.name}” run exactly alike.")
        return
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(f"“{after.name}”, against “{before.name}”:"))
    for where, changes in groupby(found, key=lambda change: change.where):
        together = list(changes)
        console.print()
        console.print(Text(where, "bold"))
        for change in together:
            console.print(Padding(Text(change.text), (0, 0, 0, 2)))
        if together[-1].moves:
            moves = Text(f"moves {together[-1].moves}", "dim")
            console.print(Padding(moves, (0, 0, 0, 2)))
