"""Doubt: which assumptions matter, and where they change the choice."""

from pathlib import Path
from typing import Annotated

import typer

from analysis.command import File, Options, Shows, command, drawn, finish, how

BUDGET = 2000

Vary = Annotated[
    list[str] | None,
    typer.Option(metavar="PATH", help="What varies; patterns such as 'trust.*'."),
]
Ranges = Annotated[
    Path | None, typer.Option(help="YAML of ranges: trust.gain: [0.01, 0.1].")
]
Budget = Annotated[
    int, typer.Option(min=10, max=10**8, help="Runs, of all scenarios together.")
]


@command
def sensitivity(  # noqa: PLR0913 (an option each)
    file: File,
    options: Options,
    against: Annotated[
        str | None,
        typer.Option(metavar="BASE", help="Ask what FILE changes, not what it is."),
    ] = None,
    outcome: Annotated[str, typer.Option(help="Of each run.")] = "active",
    method: Annotated[
        str,
        typer.Option(help="morris, sobol, fast, rbd_fast, dgsm, delta, pawn or hdmr."),
    ] = "morris",
    vary: Vary = None,
    ranges: Ranges = None,
    groups: Annotated[
        bool, typer.Option("--groups", help="One index for each section.")
    ] = False,
    budget: Budget = BUDGET,
) -> None:
    """Which assumptions an outcome, or a choice, depends on."""
    from analysis.importance import Question
    from analysis.importance import sensitivity as ask

    question = Question(
        outcome, against, method, vary or (), ranges, groups, budget, options.runs
    )
    found = ask(file, question, **how(options))

    from analysis.figures.assumptions import draw_sensitivity
    from analysis.section import keep
    from analysis.tables.assumptions import (
        sensitivity_json,
        sensitivity_section,
        show_sensitivity,
    )

    paths = drawn(lambda: draw_sensitivity(found), found.study.folder)
    keep(sensitivity_section(found, paths), found.study.folder, "sensitivity")
    document = sensitivity_json(found, paths)
    finish(
        found.study.folder, options, document, lambda: show_sensitivity(found, paths)
    )


@command
def discover(  # noqa: PLR0913 (an option each)
    base: File,
    file: File,
    options: Options,
    outcome: Annotated[str, typer.Option(help="That decides.")] = "npv",
    vary: Vary = None,
    ranges: Ranges = None,
    over: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--map",
            metavar="PATH PATH",
            help="The two assumptions of the map.",
            show_default="the two that decide",
        ),
    ] = None,
    observed: Shows = None,
    budget: Budget = BUDGET,
) -> None:
    """When a choice flips, and what is worth knowing first."""
    from analysis.bands import read_observed
    from analysis.discovery import Doubt
    from analysis.discovery import discover as ask

    shows = read_observed(observed or ())
    n_worlds = options.runs or 2
    found = ask(
        base,
        file,
        Doubt(outcome, vary or (), ranges, budget, n_worlds, over, shows),
        **how(options),
    )

    from analysis.figures.assumptions import draw_discovery
    from analysis.section import keep
    from analysis.tables.assumptions import (
        discovery_json,
        discovery_section,
        show_discovery,
    )

    paths = drawn(lambda: draw_discovery(found), found.study.folder)
    keep(discovery_section(found, paths), found.study.folder, "discover")
    document = discovery_json(found, paths)
    finish(found.study.folder, options, document, lambda: show_discovery(found, paths))
