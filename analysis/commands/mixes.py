"""Doubt: which mix of levers is the best for the money."""

from typing import Annotated

import typer

from analysis.command import File, Options, command, crew, drawn, watcher


@command
def optimise(
    base: File,
    options: Options,
    budget: Annotated[
        float, typer.Option(metavar="MONEY", min=0, help="For all added levers.")
    ],
    levers: Annotated[
        list[str] | None,
        typer.Argument(help="Scenarios with levers, or levers.", show_default="all_in"),
    ] = None,
    outcome: Annotated[str, typer.Option(help="To be the best possible.")] = "npv",
    tries: Annotated[int, typer.Option(min=1, max=10**6, help="Mixes.")] = 150,
    pairs: Annotated[
        int, typer.Option(min=2, max=10**6, help="Fresh worlds of the check.")
    ] = 40,
) -> None:
    """The best mix of levers for the money, checked anew."""
    from analysis import report
    from analysis.optimisation import Wish
    from analysis.optimisation import optimise as ask
    from analysis.optimisation_figures import draw_optimisation
    from analysis.optimisation_tables import (
        optimisation_json,
        optimisation_section,
        show_optimisation,
    )
    from analysis.section import keep
    from analysis.terminal import print_json

    wish = Wish(budget, outcome, tries, options.runs or 6, pairs)
    found = ask(
        base,
        levers or (),
        wish,
        seed=options.seed,
        overrides=options.overrides or (),
        jobs=crew(options),
        out=options.out,
        watcher=watcher(options),
    )
    paths: list[str] = []
    path = None
    if found.check is not None:
        folder = found.check.study.folder
        paths = drawn(lambda: draw_optimisation(found), folder)
        keep(optimisation_section(found), folder, "optimise")
        path = drawn(lambda: report.rebuild(folder), folder)
    if options.json:
        print_json({**optimisation_json(found, paths), "report": path and str(path)})
        return
    if options.is_shown:
        show_optimisation(found)
    if path is not None:
        typer.echo(str(path.parent) if options.quiet else f"{'Report':<13}{path}")
