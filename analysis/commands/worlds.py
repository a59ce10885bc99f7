"""One world at a time: its weeks, and the life of one of its customers."""

from pathlib import Path
from typing import Annotated

import typer

from analysis.command import (
    File,
    Json,
    Options,
    Overrides,
    command,
    crew,
    drawn,
    watcher,
)

RUNS = 20


@command
def run(file: File, options: Options) -> None:
    """Run one scenario several times, week by week."""
    from analysis.study import run as run_study

    study = run_study(
        file,
        runs=options.runs or RUNS,
        seed=options.seed,
        overrides=options.overrides or (),
        jobs=crew(options),
        out=options.out,
        watcher=watcher(options),
    )
    from analysis import figures, report, terminal

    paths = drawn(lambda: figures.draw_study(study), study.folder)
    page = drawn(lambda: report.write(study), study.folder)
    if options.json:
        document = terminal.study_json(study, paths)
        terminal.print_json({**document, "report": str(page)})
    elif options.quiet:
        typer.echo(study.folder)
    else:
        terminal.show_study(study, paths)
        typer.echo(f"{'Report':<13}{page}")


@command
def story(
    file: File,
    customer: Annotated[
        str, typer.Option(help="The customer's id, or the label in your file.")
    ],
    against: Annotated[
        str | None,
        typer.Option(
            metavar="BASE", help="The twin world; FILE without levers if absent."
        ),
    ] = None,
    overrides: Overrides = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the run lived again.")] = 1,
    out: Annotated[
        Path, typer.Option(help="Folder of the figure.", show_default="results/story")
    ] = Path("results/story"),
    json: Json = False,
) -> None:
    """One customer's life, week by week, beside the twin's."""
    from analysis import customer_tables
    from analysis.customer_figures import draw_story
    from analysis.study import InputError, read_scenarios
    from analysis.terminal import print_json
    from simulation.story import life, without_levers

    files = [file] if against is None else [file, against]
    worlds = list(read_scenarios(files, overrides or ()).values())
    if against is None and worlds[0].levers:
        worlds.append(without_levers(worlds[0]))
    try:
        lives = [life(world, customer, seed=seed) for world in worlds]
    except ValueError as error:
        raise InputError(f"story: {error}") from None
    if len({len(each.chapters) for each in lives}) > 1:
        raise InputError("story: the two worlds do not last equally long")
    path = draw_story(lives, out)
    if json:
        print_json(customer_tables.story_json(lives, path))
    else:
        customer_tables.show_story(lives, path)
