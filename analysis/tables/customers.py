"""What a person reads of single customers: whom a choice saved, and one life."""

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from analysis.attribution import Attribution
from analysis.figures.customers import draw_story
from analysis.section import Picture, Section, keep
from analysis.section import Table as SectionTable
from analysis.study import Study
from analysis.terminal import records
from simulation.story import Life, fate, life

WORLDS = ("this world", "the twin")
STORY_ROWS = 16
"""Weeks of one life that a report tells."""


def show_story(lives: Sequence[Life], path: str) -> None:
    """Print one customer's life in words, beside the twin's where they differ."""
    console = Console(highlight=False)
    first = lives[0]
    ties = "one tie" if first.degree == 1 else f"{first.degree} ties"
    about = f"Customer {first.customer}, segment {first.segment}, {ties}"
    console.print(Text(about, "bold"))
    names = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    for world, each in zip(WORLDS, lives, strict=False):
        names.add_row(Text(world, "bold"), f"{each.name}: {fate(each)}")
    console.print(names)
    weeks = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    weeks.add_column(justify="right", no_wrap=True, style="dim")
    for world, week, words in told(lives):
        line = Text(f"{world.capitalize()}: " if world else "", "bold")
        line.append(words, "")
        line.stylize("not bold", len(world) + 2 if world else 0)
        weeks.add_row(week, line)
    console.print()
    console.print(weeks)
    console.print(f"\n{'Figure':<13}{path}", soft_wrap=True)


def told(lives: Sequence[Life]) -> list[tuple[str, str, str]]:
    """Return (world, week, words) of every week in which something happened.

    Where the twin lived the same week the world is "", and it is told once.
    """
    found = []
    for chapters in zip(*(each.chapters for each in lives), strict=True):
        words = [" ".join(e.text for e in chapter.events) for chapter in chapters]
        worlds = WORLDS if len(set(words)) > 1 else ("",)
        found += [
            (world, f"week {chapters[0].week:g}", text)
            for world, text in zip(worlds, words, strict=False)
            if text
        ]
    return found


def keep_story(
    found: Attribution,
    study: Study,
    files: Sequence[str] = (),
    overrides: Iterable[str] = (),
) -> None:
    """Leave in a study's folder the life of one customer whom a choice saved.

    It is the first one, by scenario, seed and id, whom a lever touched; none is left
    if there is nobody.

    Parameters
    ----------
    found : Attribution
    study : Study
    files : sequence of str
        What was typed for each scenario, the base first; their labels if absent.
    overrides : iterable of str
        What `--set` changed in all of them.
    """
    mine = found.customers[["scenario", "seed", "id", "change", "is_touched"]]
    saved = mine[(mine["change"] == "saved") & mine["is_touched"]]
    base, *_ = study.scenarios.values()
    if saved.empty or base.market.customers_file is not None:
        return
    first = saved.iloc[0]
    treated, seed = study.scenarios[str(first["scenario"])], int(first["seed"])
    lives = [life(each, str(first["id"]), seed=seed) for each in (treated, base)]
    drawn = Path(draw_story(lives, study.folder)).with_suffix(".svg")
    differing = [(w, week, words) for w, week, words in told(lives) if w]
    rows = [
        [
            week.capitalize().replace(" ", "\u00a0"),
            treated.name if w == WORLDS[0] else base.name,
            words,
        ]
        for w, week, words in differing[:STORY_ROWS]
    ]
    paths = [f"{each.name}: {fate(each)}" for each in lives]
    typed = dict(zip(study.labels, files or study.labels, strict=True))
    label, *_ = study.labels
    words = ["groundswell", "story", typed[str(first["scenario"])]]
    words += ["--customer", str(first["id"]), "--seed", str(seed)]
    words += ["--against", typed[label]]
    words += [word for change in overrides for word in ("--set", change)]
    text = [
        f"Customer {first['id']} of world {seed} is the first of those whom "
        f"“{treated.name}” saved, and no more typical than any other. For all the "
        f"weeks: {shlex.join(words)}",
        *paths,
    ]
    caption = "The first weeks in which the two lives differ"
    table = SectionTable(caption, ("Week", "World", "What happened"), rows)
    picture = Picture(
        f"figures/{drawn.name}",
        f"Perception, trust and expectation of customer {first['id']} week by week in "
        "both worlds, with what happened.",
    )
    section = Section("One customer, twice", text, (table,), (picture,))
    keep(section, study.folder, "story")


def story_json(lives: Sequence[Life], path: str) -> dict[str, Any]:
    """Return the same for a program: every week, also those without an event."""
    return {
        "figure": path,
        "worlds": [
            {
                **each._asdict(),
                "fate": fate(each),
                "start": each.start._asdict(),
                "chapters": [
                    {**c._asdict(), "events": [e._asdict() for e in c.events]}
                    for c in each.chapters
                ],
            }
            for each in lives
        ],
    }


def attribution_json(found: Attribution, path: str) -> dict[str, Any]:
    """Return the tables of an attribution for a program."""
    return {
        "customers": path,
        "flows": records(found.flows),
        "effects": records(found.effects),
        "groups": records(found.groups),
    }
