"""What a person reads of single customers: whom a choice saved, and one life."""

import math
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from analysis.attribution import PARTS, PATHS, Attribution
from analysis.differences import number, outcome_title
from analysis.figures.customers import draw_story, reason_words
from analysis.section import Picture, Section, keep
from analysis.section import Table as SectionTable
from analysis.study import Study
from analysis.terminal import empty_table, records
from simulation.story import Life, fate, life


def show_attribution(found: Attribution, figures: Sequence[str], path: str) -> None:
    """Print whom each choice saved and lost, by which way, and whom it helps most."""
    console = Console(highlight=False)
    for label in found.labels:
        console.print(Text(f"Whom {label} keeps, in customers a world", "bold"))
        console.print(flow_table(found, label))
        console.print(part_table(found, label))
        console.print(group_table(found, label))
    lines = [("Figures", each) for each in figures] + [("Customers", path)]
    for title, each in lines:
        console.print(f"{title:<13}{each}", soft_wrap=True)


def flow_table(found: Attribution, label: str) -> Table:
    """Return how many customers changed, how, why and by which way."""
    table = empty_table()
    for path in PATHS:
        table.add_column(path, justify="right")
    flows = found.flows[found.flows["scenario"] == label]
    for (change, reason), rows in flows.groupby(["change", "reason"], sort=False):
        cells = {row["path"]: _counted(row) for _, row in rows.iterrows()}
        texts = [cells.get(path, "") for path in PATHS]
        table.add_row(f"{change}: {reason_words(str(reason))}", *texts)
    return table


def part_table(found: Attribution, label: str) -> Table:
    """Return the effect of everybody and by path: total = direct + word of mouth."""
    table = empty_table()
    for part in PARTS:
        table.add_column(part.replace("_", " "), justify="right")
    effects = found.effects[found.effects["scenario"] == label]
    for path, rows in effects.groupby("path", sort=False):
        cells = {row["part"]: _counted(row) for _, row in rows.iterrows()}
        texts = [cells[part] for part in PARTS]
        table.add_row(str(path) or "customers gained", *texts)
    return table


def group_table(found: Attribution, label: str) -> Table:
    """Return which customers of week 0 gain most, of 100 of their kind."""
    table = empty_table()
    table.add_column("share", justify="right")
    table.add_column("kept of 100", justify="right")
    groups = found.groups[found.groups["scenario"] == label]
    for _, row in groups[groups["part"] == "total"].iterrows():
        share = number(100 * float(row["share"]), 1.0)
        table.add_row(str(row["group"]), f"{share} %", _counted(row, 0.01))
    return table


def delay_table(delays: pd.DataFrame, currency: str) -> Table:
    """Return what beginning later changes, against beginning in time."""
    table = empty_table()
    for outcome in delays["outcome"].unique():
        table.add_column(outcome_title(outcome, currency), justify="right")
    for weeks, rows in delays.groupby("delay_weeks", sort=False):
        texts = [
            _counted(row.rename({"difference": "mean"}), _delay_step(str(row["unit"])))
            for _, row in rows.iterrows()
        ]
        table.add_row(f"{weeks:g} weeks later", *texts)
    return table


def show_delays(delays: pd.DataFrame, label: str, currency: str) -> None:
    """Print the cost of delay of one scenario."""
    console = Console(highlight=False)
    console.print(Text(f"What waiting with {label} costs", "bold"))
    console.print(delay_table(delays, currency))


def _delay_step(unit: str) -> float:
    return 1.0 if unit == "money" else 0.1


def _counted(row: "pd.Series[Any]", step: float = 0.1) -> str:
    mean, low, high = (number(float(row[k]), step) for k in ("mean", "low", "high"))
    return f"{mean} ({low} to {high})" if math.isfinite(row["low"]) else mean


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
        [week.capitalize(), treated.name if w == WORLDS[0] else base.name, words]
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
