"""Published experiments, set up again by scenario files."""

from pathlib import Path
from typing import Annotated

import typer

from analysis.command import Jobs, Json, Quiet, Seed, command


@command
def replicate(
    names: Annotated[
        list[str] | None, typer.Argument(help="Experiments; all if none is named.")
    ] = None,
    runs: Annotated[
        int | None,
        typer.Option(min=2, max=10**6, help="Worlds of each.", show_default="as it is"),
    ] = None,
    seed: Seed = 1,
    jobs: Jobs = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the table.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Published experiments, set up again by scenario files."""
    from analysis import replications as known
    from analysis.execution import cores
    from analysis.tables import replications as tables
    from analysis.tables.facts import watched
    from analysis.terminal import print_json

    tables.checked(names or ())
    lived = known.replicate(names or (), runs, seed=seed, jobs=jobs or cores())
    count = known.n_worlds(names or (), runs)
    found = known.summed_up(list(watched(lived, count, is_quiet=quiet)))
    files = [tables.write(found, out)] if out is not None else []
    if json:
        print_json(tables.replications_json(found, files))
    elif not quiet:
        tables.show_replications(found, files)
