"""Doubt: which mix of levers is the best for the money."""

from typing import Annotated

import typer

from analysis.command import File, Options, command, drawn, finish, how


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
    from analysis.figures.optimisation import draw_optimisation
    from analysis.optimisation import Wish
    from analysis.optimisation import optimise as ask
    from analysis.section import keep
    from analysis.tables.optimisation import (
        optimisation_json,
        optimisation_section,
        show_optimisation,
    )

    wish = Wish(budget, outcome, tries, options.runs or 6, pairs)
    found = ask(base, levers or (), wish, **how(options))
    folder = found.study.folder
    paths = drawn(lambda: draw_optimisation(found), folder)
    keep(optimisation_section(found), folder, "optimise")
    document = optimisation_json(found, paths)
    finish(folder, options, document, lambda: show_optimisation(found))
