"""Is the model right: what is known of customers, beside what it does."""

from pathlib import Path
from typing import Annotated

import typer

from analysis.command import Jobs, Json, Quiet, Seed, command, drawn


@command
def facts(
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer, smaller worlds: under a minute.")
    ] = False,
    runs: Annotated[
        int | None, typer.Option(min=2, max=10**6, help="Worlds of each kind.")
    ] = None,
    seed: Seed = 1,
    jobs: Jobs = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the page and the table.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Is the model right: real customers beside simulated ones."""
    from analysis import facts as known
    from analysis.execution import cores
    from analysis.tables import facts as tables
    from analysis.terminal import print_json

    count = runs or (known.QUICK_RUNS if quick else known.RUNS)
    customers = known.QUICK_CUSTOMERS if quick else known.CUSTOMERS
    worlds = known.witness(count, customers=customers, seed=seed, jobs=jobs or cores())
    seen = list(tables.watched(worlds, count, is_quiet=quiet))
    found = known.findings(seen)
    files = []
    if out is not None:
        from analysis.figures.facts import draw_real_customers
        from analysis.report.facts import write_page

        files = [tables.write(found, out)]
        drawn(lambda: draw_real_customers(seen, out), out)
        files.append(str(write_page(found, count, customers, out)))
    if json:
        print_json(tables.facts_json(found, count, customers, files))
    elif not quiet:
        tables.show_facts(found, count, customers, files)
