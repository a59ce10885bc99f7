"""A finished study as one page, made again from its folder."""

from pathlib import Path
from typing import Annotated

import typer

from analysis.command import Json, command


@command
def report(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder of a finished study.")
    ],
    json: Json = False,
) -> None:
    """Draw a study's figures and report again."""
    from analysis.report.page import rebuild
    from analysis.terminal import print_json

    path = rebuild(folder)
    if json:
        print_json({"report": str(path)})
    else:
        typer.echo(path)
