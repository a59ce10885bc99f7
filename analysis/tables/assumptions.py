"""What a person reads of a study of assumptions, in the terminal; and JSON of it."""

import math
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

import pandas as pd
from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from analysis.bands import FEWEST_WORLDS, asked_text
from analysis.differences import capitalised, number, rounded_to
from analysis.discovery import Discovery, Limits, limited
from analysis.figures.assumptions import rows_of, unit_of
from analysis.importance import INDEX_TEXT, Sensitivity
from analysis.section import Cell, Picture, Section, Table
from analysis.terminal import empty_table, records, show_paths
from analysis.wording import percent, spoken

MOST_ROWS = 20
HEAD = 16
"""Characters of a line of a head, so that figures stay whole in a narrow terminal."""
SAID_ELSEWHERE = {"mu"}
"""Of Morris: the change from the low to the high end, which has its interval."""
SIZES = {"mu_star", "sigma"}
"""Indices that are counted in what the outcome is."""
UNRESOLVED, UNSEEN = "not resolved", "none in any run"
"""Where luck hides how large a change is; where there was none, which is no proof."""


def show_sensitivity(found: Sensitivity, figures: Sequence[str]) -> None:
    """Print the answer, the table, and where everything is."""
    console = Console(highlight=False)
    unit = unit_of(found.study, found.outcome)
    console.print(Panel(found.text, title="What matters", padding=(1, 2)))
    table = empty_table()
    method = found.findings.method
    known = set(found.findings.indices.dropna(subset="value")["index"])
    others = [name for name in method.indices if name in known - SAID_ELSEWHERE]
    others = [name for name in others if name != method.leading]
    for name in (method.leading, *others):
        table.add_column(fill(_head(name, unit), HEAD), justify="right")
    if len(found.swings):
        words = f"low to high end, {unit}"
        table.add_column(fill(words, HEAD), justify="right")
    indices = found.findings.indices.set_index(["name", "index"])
    swings = found.swings.set_index("name")
    least = _finest(found.findings.ranked["value"])
    for row in rows_of(found.findings.ranked.head(MOST_ROWS)):
        cells = [_size(row, least)]
        parts = [float(indices.loc[(row.name, name), "value"]) for name in others]
        cells += [number(part, least) if part == part else "-" for part in parts]
        style = "" if row.low > 0 else "dim"
        texts = [Text(cell, style) for cell in cells]
        if row.name in swings.index:
            swing = _swing(swings, row.name)
            texts.append(Text(swing, "" if row.name in found.swing_names else "dim"))
        table.add_row(_with_key(_named(row.name)), *texts)
    console.print(table)
    rest = len(found.findings.ranked) - MOST_ROWS
    if rest > 0:
        console.print(f"{rest} that matter less are in --json.", style="dim")
    console.print(how(found), style="dim")
    show_paths(console, found.study, figures)


def how(found: Sensitivity) -> str:
    """Return how the indices were come by, and what the budget was spent on."""
    inside = found.findings
    base = f" against {found.study.labels[0]}" if found.is_difference else ""
    words = (
        f"{inside.method.title}, of {found.subject}{base}. {found.spent} "
        "(… to …) are 95 % intervals; dim: can be nothing."
    )
    if inside.method.is_freed and inside.n_seeds > 1:
        leading = INDEX_TEXT[inside.method.leading]
        words += f" The {leading} is freed of luck, so it may fall below 0."
    if inside.ranked["value"].isna().any():
        words += f" {capitalised(UNRESOLVED)}: one seed alone shows a change."
    if inside.n_lost:
        words += f" {inside.n_lost} parts held failed runs and were left out."
    return f"{words} {inside.method.reference}"


def _named(path: str) -> Cell:
    """Return what an assumption is called; below, the key that files have for it."""
    words = spoken(path)
    return Cell(words, path if path != words else "")


def _where(limits: Limits, words: str = "") -> Cell:
    """Return where a rule holds, or the words given; below, the keys it is about."""
    return Cell(words or limited(limits), ", ".join(limits))


def _with_key(cell: Cell) -> Text:
    """Return a name as the terminal shows it: below, paler, its keys."""
    return Text.assemble(cell.text, (cell.more and f"\n{cell.more}", "dim"))


def _head(index: str, unit: str) -> str:
    """Return what an index is called, and its unit where it is that of the outcome."""
    return INDEX_TEXT[index] + (f", {unit}" if index in SIZES else "")


def _size(row: Any, least: float) -> str:  # noqa: ANN401 (of any table)
    """Return how much an assumption matters; luck or nothing seen are no figures."""
    if math.isnan(row.value):
        return UNRESOLVED
    if row.low == row.high == 0:
        return UNSEEN
    return _interval(row.value, row.low, row.high, least)


def _swing(swings: pd.DataFrame, name: Any) -> str:  # noqa: ANN401 (as `_size`)
    """Return what an assumption changes from end to end; 0 alone if nothing ever."""
    middle, low, high = swings.loc[name, ["swing", "low", "high"]]
    if low == high == 0:
        return "0"
    return _interval(middle, low, high, _finest(swings["swing"]))


def _interval(value: float, low: float, high: float, least: float = 0.0) -> str:
    """Return a figure with its interval, in steps that its error needs, or a person."""
    if value != value:
        return "-"
    step = max(rounded_to((high - low) / 2) if high > low else 0.01, least)
    return f"{number(value, step)} ({number(low, step)} to {number(high, step)})"


def _finest(values: "pd.Series[float]") -> float:
    """Return the finest step worth a digit: a thousandth of the largest, about."""
    return rounded_to(float(values.abs().max()) / 10)


def sensitivity_section(found: Sensitivity, figures: Sequence[str]) -> Section:
    """Return what matters as a report has it; arguments as `show_sensitivity`."""
    title, unit = found.subject, unit_of(found.study, found.outcome)
    swings = found.swings.set_index("name")
    rows: list[Sequence[str | Cell]] = []
    least = _finest(found.findings.ranked["value"])
    for row in rows_of(found.findings.ranked.head(MOST_ROWS)):
        index = Cell(_size(row, least), is_sure=row.low > 0)
        swing: str | Cell = "-"
        if row.name in swings.index:
            words = _swing(swings, row.name)
            swing = Cell(words, is_sure=row.name in found.swing_names)
        rows.append((_named(row.name), index, swing))
    leading = _head(found.findings.method.leading, unit)
    columns = ["Assumption", leading, f"low to high end, {unit}"]
    if not len(swings):
        columns, rows = columns[:2], [row[:2] for row in rows]
    caption = f"What moves {title}, the most important first"
    note = how(found).replace("dim: can be", "bold: cannot be")
    table = Table(caption, columns, rows, note)
    pictures = _pictures(figures, f"of {title}; the table has the numbers")
    return Section("What matters", (found.text,), (table,), pictures)


def discovery_section(found: Discovery, figures: Sequence[str]) -> Section:
    """Return when the choice flips as a report has it."""
    unit = unit_of(found.study, found.outcome)
    least = _finest(found.information["value"])
    worth = [
        (
            _named(row.name),
            Cell(_interval(row.value, row.low, row.high, least), is_sure=row.low > 0),
        )
        for row in rows_of(found.information.head(MOST_ROWS // 2))
    ]
    note = (
        "EVPPI, by regression, with 95 % intervals; bold: cannot be nothing. "
        + found.all_known(unit)
    )
    information = Table(
        "What it is worth to know before the choice", ("Assumption", unit), worth, note
    )
    other = found.study.labels[-1].replace("_", " ")
    rules = [
        (_where(leaf.limits), f"{percent(leaf.wins)} of {percent(leaf.size)}")
        for leaf in found.tree
    ]
    tree = Table(
        f"Where {other} wins",
        ("Where", "wins in, of all cases"),
        rules,
        _of_the_rules(found),
    )
    pictures = _pictures(figures, f"for {other}; the tables have the numbers")
    tables = (information, tree) if found.is_worth_knowing else (tree,)
    return Section("When the choice flips", (found.text,), tables, pictures)


def _pictures(figures: Sequence[str], words: str) -> list[Picture]:
    """Return the pictures of figures that were drawn, as a report takes them in."""
    names = [Path(path).stem for path in figures]
    return [
        Picture(
            f"figures/{name}.svg", f"{name.replace('_', ' ').capitalize()} {words}."
        )
        for name in names
    ]


def sensitivity_json(found: Sensitivity, figures: Sequence[str]) -> dict[str, Any]:
    """Return the same for a program."""
    inside = found.findings
    return {
        "answer": found.text,
        "is_settled": found.is_settled,
        "outcome": found.outcome.name,
        "scenarios": list(found.study.labels),
        "method": inside.method.name,
        "budget": found.spent,
        "noise_share": inside.noise_share,
        "noise_sd": inside.noise_sd,
        "seeds": inside.n_seeds,
        "blocks": inside.n_blocks,
        "blocks_lost": inside.n_lost,
        "parameters": [factor._asdict() for factor in found.factors],
        "indices": records(inside.indices),
        "interactions": records(inside.interactions),
        "convergence": records(inside.convergence),
        "swings": records(found.swings),
        "runs": found.study.manifest["runs"],
        "folder": str(found.study.folder),
        "figures": list(figures),
    }


def show_discovery(found: Discovery, figures: Sequence[str]) -> None:
    """Print when the choice flips, what knowing is worth, and where everything is."""
    console = Console(highlight=False)
    unit = unit_of(found.study, found.outcome)
    console.print(Panel(found.text, title="When", padding=(1, 2)))
    if found.is_worth_knowing:
        table = empty_table()
        table.add_column(f"worth knowing, {unit}", justify="right")
        least = _finest(found.information["value"])
        for row in rows_of(found.information.head(MOST_ROWS // 2)):
            words = _interval(row.value, row.low, row.high, least)
            worth = Text(words, "" if row.low > 0 else "dim")
            table.add_row(_with_key(_named(row.name)), worth)
        console.print(table)
    console.print(Text(f"{found.study.labels[-1]} wins in, of all cases,", "bold"))
    for leaf in found.tree:
        console.print(Padding(_with_key(_where(leaf.limits, leaf.text())), (0, 2)))
    words = _of_the_rules(found)
    if found.is_worth_knowing:
        words += (
            " Worth: EVPPI, by regression; (… to …) are 95 % intervals; dim: can be "
            f"nothing. {found.all_known(unit)}"
        )
    console.print(words, style="dim")
    show_paths(console, found.study, figures)


def _of_the_rules(found: Discovery) -> str:
    """Return what the rules were found in, and whether they say more than that."""
    count, fit = len(found.points), found.fit
    n_worlds = found.doubt.seeds
    worlds = "1 world each." if n_worlds == 1 else f"{n_worlds} worlds each."
    words = f"{count} sets of assumptions, {worlds}"
    if fit is not None:
        weeks = found.study.scenarios[found.study.labels[0]].clock.weeks
        market = asked_text(fit.bands, "like yours", weeks)
        words = f"{count} of {len(fit.figures)} draws of the assumptions, {worlds}"
        words += f" {market} {fit.luck_text}"
        if fit.worlds < FEWEST_WORLDS:
            budget = found.doubt.budget * FEWEST_WORLDS // fit.worlds
            words += f" --runs {FEWEST_WORLDS} --budget {budget} tells it better."
    if found.better is None and found.worse is None and len(found.tree) > 1:
        words += " The rules divide these sets; no box was shown to hold in others."
    return words


def discovery_json(found: Discovery, figures: Sequence[str]) -> dict[str, Any]:
    """Return the same for a program."""
    return {
        "answer": found.text,
        "outcome": found.outcome.name,
        "scenarios": list(found.study.labels),
        **_fit_json(found),
        "share": found.share,
        "better": found.better._asdict() if found.better else None,
        "worse": found.worse._asdict() if found.worse else None,
        "tree": [leaf.text(str) for leaf in found.tree],
        "information": records(found.information),
        "everything": found.everything,
        "parameters": [factor._asdict() for factor in found.factors],
        "runs": found.study.manifest["runs"],
        "folder": str(found.study.folder),
        "figures": list(figures),
    }


def _fit_json(found: Discovery) -> dict[str, Any]:
    """Return how many draws show what was observed; of nothing observed, all do."""
    fit, n = found.fit, len(found.points)
    return {
        "observed": found.doubt.observed or {},
        "draws": n if fit is None else len(fit.figures),
        "like_yours": n,
        "alone": {} if fit is None else fit.n_alone,
        "worlds": found.doubt.seeds,
        "luck": {} if fit is None else fit.luck,
    }
