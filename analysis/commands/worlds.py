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
    drawn,
    finish,
    how,
)

RUNS = 20


@command
def run(file: File, options: Options) -> None:
    """Run one scenario several times, week by week."""
    from analysis.study import run as run_study

    study = run_study(file, runs=options.runs or RUNS, **how(options))
    from analysis.figures.decision import draw_study
    from analysis.report.page import write
    from analysis.terminal import show_study, study_json

    paths = drawn(lambda: draw_study(study), study.folder)
    finish(
        study.folder,
        options,
        study_json(study, paths),
        lambda: show_study(study, paths),
        lambda: write(study),
    )


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
    from analysis.errors import InputError
    from analysis.figures.customers import draw_story
    from analysis.request import read_scenarios
    from analysis.tables.customers import show_story, story_json
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
        print_json(story_json(lives, path))
    else:
        show_story(lives, path)
