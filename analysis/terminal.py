"""What a person reads of a study: progress, tables and verdict in the terminal."""

import json
import math
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table
from rich.text import Text

from .comparison import Comparison
from .differences import (
    called,
    change_text,
    level_text,
    number,
    outcome_title,
    rounded_to,
    shown,
    step_of,
)
from .execution import Life
from .money import WORTH, Gain, Worth
from .outcomes import OUTCOME_BY_NAME
from .provenance import as_json
from .request import Request, Watcher
from .section import Cell as SectionCell
from .section import Section
from .section import Table as SectionTable
from .sequential import interval, quantile
from .study import Study
from .wording import FOR_EVER, LUCK_ALONE, gained, likely

HEADLINES = (
    "active",
    "churn",
    "true_nps",
    "measured_nps",
    "blind_spot",
    "rating",
    "lever_cost",
    "npv",
)
"""The outcomes that the tables show; files and `--json` have all."""

PER_TABLE = 2
"""Scenarios beside the base in one table, so that it fits `NARROW`."""
NARROW = 80
"""Columns that every terminal has."""
CELL = 24
"""Room for a difference with its interval."""
NAME = 15
"""Room for the title of a row."""
SHORTEST = 1e-9
EVERY = 10.0
"""Seconds between two lines of progress where no bar can be drawn."""
MONEY_TITLES = {
    "return": "Net return\nper EUR spent",
    "cost_per_customer_kept": "Spent per\none kept, EUR",
    "payback_week": "Payback, week",
    "pays_chance": "Gains at all,\nchance",
    "paying_worlds": "Worlds that\ngain",
}
Cell = list[tuple[str, str]]
"""Lines, each with its style."""
Row = tuple[str, Mapping[str, Cell]]
"""A title, and a cell for each scenario."""


class Lines:
    """Says how long work goes where no bar can be drawn: a plain line now and then."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.said_at = time.monotonic()

    def say(self, words: str) -> None:
        """Print a line, unless one was printed just now, or a terminal has a bar."""
        now = time.monotonic()
        if not self.console.is_terminal and now - self.said_at >= EVERY:
            self.console.print(words, soft_wrap=True)
            self.said_at = now


class Screen(Watcher):
    """Shows on stderr how a study goes: a bar, or lines where none can be drawn."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False)
        self.lines = Lines(self.console)
        self.pairs = _Pairs(())
        self.done, self.n_kept = 0, 0
        self.look = ""
        self.request: Request | None = None
        self.bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.completed:.0f} of {task.total:.0f} runs"),
            BarColumn(bar_width=24),
            TextColumn("{task.description}"),
            console=self.console,
            disable=not self.console.is_terminal,
            transient=True,
        )

    def compiling(self) -> None:
        """Say why nothing happens yet."""
        self.console.print("Compiling the model: once, about half a minute …")

    def began(self, request: Request) -> None:
        """Show an empty bar."""
        self.request, self.began_at = request, time.monotonic()
        first, *others = request.scenarios
        self.done, self.n_kept = 0, 0
        self.pairs = _Pairs((first, *others[:1]))
        self.look = _subject(request) if request.design.paths else ""
        self.task = self.bar.add_task("", total=len(request.plan))
        self.bar.start()

    def finished(self, life: Life) -> None:
        """Move the bar, and say how precise the first outcome is by now."""
        assert self.request is not None
        self.done += 1
        self.n_kept += bool(life.found_in)
        self.pairs.add(life)
        words, total = self._words(), len(self.request.plan)
        self.bar.update(self.task, completed=self.done, description=words)
        self.lines.say(f"{self.done} of {total} runs, {words}")

    def kept(self, life: Life) -> None:
        """Move the bar; what was lived before says nothing about how fast it goes."""
        self.n_kept += 1
        self.finished(life)

    def looked(self, words: str) -> None:
        """Keep how precise the answer is by now, and what was asked."""
        self.look = words

    def ended(self) -> None:
        """Take the bar away."""
        if not self.bar.disable:  # before 14.3 rich ends a hidden one with a line
            self.bar.stop()

    def _words(self) -> str:
        assert self.request is not None
        passed = max(time.monotonic() - self.began_at, SHORTEST)
        rate = (self.done - self.n_kept) / passed
        about = self.look or self.pairs.text() or self.request.kind.replace("_", " ")
        if rate == 0:
            return about
        left = (len(self.request.plan) - self.done) / rate
        return f"{rate:.1f} a second, {_duration(left)} left, {about}"


def _subject(request: Request) -> str:
    """Return what a study of many points is, and the outcome that it asks about."""
    outcome = request.stopping.get("outcome")
    return f"{request.kind} of {called(outcome)}" if outcome else request.kind


class _Pairs:
    """The customers of two worlds apart, or of one, taken in a run at a time.

    Mean and squares are carried on (Welford 1962, doi:10.2307/1266577), so that a
    look costs the same however many runs are over.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.waiting: dict[tuple[int, int], float] = {}
        self.count, self.mean, self.squares = 0, 0.0, 0.0

    def add(self, life: Life) -> None:
        """Take in a run; with the other life of its world it makes a pair."""
        run, value = life.run, life.outcomes["active"]
        if run.scenario not in self.names:
            return
        if len(self.names) > 1:
            value *= 1 if run.scenario == self.names[1] else -1
            other = self.waiting.pop((run.point, run.seed), None)
            if other is None:
                self.waiting[run.point, run.seed] = value
                return
            value += other
        if math.isfinite(value):
            self.count += 1
            step = value - self.mean
            self.mean += step / self.count
            self.squares += step * (value - self.mean)

    def text(self) -> str:
        """Return the mean and half its 95 % interval; nothing before three pairs."""
        if self.count < 3:
            return ""
        error = math.sqrt(self.squares / (self.count - 1) / self.count)
        half = quantile(self.count) * error
        step = min(max(rounded_to(half), 0.1), 1.0)
        sign = "+" if len(self.names) > 1 and self.mean > 0 else ""
        about = f"{sign}{number(self.mean, step)} ± {number(half, step)}"
        return f"{self.names[-1]}: {about} customers"


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


# Tables


def comparison_tables(found: Comparison) -> list[Table]:
    """Return the decision table, in parts that fit a narrow terminal."""
    rows, console = _rows(found), Console(width=10 * NARROW)
    for wide in (PER_TABLE, 1):
        tables = [
            _comparison_table(found.base, rows, found.others[i : i + wide])
            for i in range(0, len(found.others), wide)
        ]
        if all(console.measure(table).maximum <= NARROW for table in tables):
            break
    return tables


def empty_table() -> Table:
    """Return a table in the house style, its first column for names."""
    table = Table(
        box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True, header_style="bold"
    )
    table.add_column("", no_wrap=True)
    return table


def _comparison_table(base: str, rows: Sequence[Row], others: Sequence[str]) -> Table:
    table = empty_table()
    table.add_column(base, justify="right", no_wrap=True)
    for label in others:
        table.add_column(label, justify="right", no_wrap=True, min_width=CELL)
    for title, cells in rows:
        written = (cells[label] for label in (base, *others))
        table.add_row(title, *(Text("\n").join(_lines(cell)) for cell in written))
    return table


def _lines(cell: Cell) -> Iterable[Text]:
    return (Text(text, style) for text, style in cell)


def _rows(found: Comparison) -> list[Row]:
    """Return what the decision table says: outcomes, then money, then the ranking."""
    more = [name for name in found.rule.precision if name not in HEADLINES]
    rows = [_outcome_row(found, name) for name in (*more, *HEADLINES)]
    weeks = found.study.scenarios[found.base].clock.weeks
    for measure, title in MONEY_TITLES.items():
        gains = {label: found.gain(label, measure) for label in found.others}
        if any(gains.values()):
            cells = {k: _gain_cell(gain, weeks) for k, gain in gains.items()}
            title = title.replace("EUR", found.currency)
            rows.append((title, {found.base: [("", "")], **cells}))
    for measure, span in zip(WORTH, (f"{weeks} weeks", "for ever"), strict=True):
        cells = {k: _worth_cell(found.worth_of(k, measure)) for k in found.study.labels}
        rows.append((f"Lifetime value,\n{found.currency}, {span}", cells))
    for name in dict.fromkeys(("active", *found.rule.precision, "npv")):
        chances = {k: found.best_chance(k, name) for k in found.study.labels}
        cells = {k: [(likely(chance), "")] for k, chance in chances.items()}
        if any(math.isfinite(chance) for chance in chances.values()):
            rows.append((f"Best on\n{called(name)}", cells))
    return rows


def _outcome_row(found: Comparison, name: str) -> Row:
    outcome = OUTCOME_BY_NAME[name]
    level = level_text(found.level(found.base, name), outcome)
    head, _, tail = level.partition(" ± ")
    cells = {found.base: [(head, ""), (f"± {tail}" if tail else "", "")]}
    for label in found.others:
        change = found.of(label, name)
        style = "bold" if change.is_conclusive else "dim"
        cell = [
            (level_text(found.level(label, name), outcome), ""),
            (change_text(change, outcome), style),
        ]
        if name in found.rule.precision and change.verdict != "no difference":
            cell.append((change.verdict, style))
        cells[label] = cell
    return fill(outcome_title(name, found.currency), NAME), cells


def _gain_cell(gain: Gain | None, weeks: float) -> Cell:
    """Return one measure of money: its value, and below it the interval."""
    value, ends = gained(gain, weeks)
    is_open = gain is None or math.isnan(gain.low)
    return [(value, "dim" if is_open else ""), (ends and f"({ends})", "")]


def _worth_cell(worth: Worth) -> Cell:
    """Return what a customer is worth, and below it what that is beyond the base's."""
    if not math.isfinite(worth.mean):
        return [("-", "dim")]
    half = (worth.high - worth.low) / 2
    is_bounded = math.isfinite(half) and half > 0
    step = max(rounded_to(half), 0.1) if is_bounded else 1.0
    error = f" ± {number(half, step)}" if is_bounded else ""
    level = (f"{number(worth.mean, step)}{error}", "")
    low, high = worth.difference_low, worth.difference_high
    if worth.difference == low == high or not math.isfinite(low):
        return [level]
    sign = "+" if worth.difference > 0 else ""
    size, *ends = (number(x, 0.1) for x in (worth.difference, low, high))
    style = "bold" if low > 0 or high < 0 else "dim"
    return [level, (f"{sign}{size} ({ends[0]} to {ends[1]})", style)]


def levels_table(study: Study) -> Table:
    """Return one scenario's outcomes with their intervals."""
    (label,) = study.labels
    currency = study.scenarios[label].money.currency
    table = empty_table()
    table.add_column("mean, 95 % interval", justify="right")
    table.add_column("half of the runs", justify="right")
    for name in HEADLINES:
        outcome = OUTCOME_BY_NAME[name]
        values = study.runs[name].to_numpy(float)
        level = interval(values)
        step = step_of(outcome, level.half)
        low, high = np.nanquantile(values, [0.25, 0.75]) if level.n else (np.nan,) * 2
        spread = f"{shown(low, outcome, step)} to {shown(high, outcome, step)}"
        table.add_row(outcome_title(name, currency), level_text(level, outcome), spread)
    return table


# Pages


def show_comparison(
    found: Comparison, figures: Sequence[str], more: Sequence[SectionTable] = ()
) -> None:
    """Print verdict, tables, some more of them, and where everything is."""
    console = Console(highlight=False)
    n_pairs = int(found.differences["n_pairs"].max())
    console.print(Panel(found.verdict, title="Verdict", padding=(1, 2)))
    show_default_prices(console, found.study)
    for table in comparison_tables(found):
        console.print(table)
    for part in more:
        show_table(console, part)
    console.print(_how(found, n_pairs), style="dim")
    alone = max(
        (found.of(k, "npv").n_independent for k in found.others), default=math.nan
    )
    if math.isfinite(alone) and alone > 2 * n_pairs:
        runs = number(alone, 10 * rounded_to(alone))
        console.print(
            f"Common luck pays: had each world its own, NPV would take up to {runs} "
            f"runs of each to be as precise as in these {n_pairs}.",
            style="dim",
        )
    show_paths(console, found.study, figures)


def _how(found: Comparison, n_pairs: int) -> str:
    """Return how the figures were come by."""
    few, rule = "pair" if n_pairs == 1 else "pairs", found.rule
    words = (
        f"{n_pairs} {few} of worlds with common luck. ± and (… to …) are 95 % intervals"
    )
    n_looks = sum(count <= n_pairs for count in rule.looks)
    shares = len(found.others) * len(rule.precision)
    widened = [f"{n_looks} looks"] if n_looks > 1 else []
    widened += [f"{shares} questions at once"] if shares > 1 else []
    if widened:
        words += f", widened for {' and '.join(widened)}"
    ends = " and ".join(
        f"{shown(margin, OUTCOME_BY_NAME[name], rounded_to(margin))} in {called(name)}"
        for name, margin in rule.margin.items()
    )
    return (
        f"{words}; a dim difference can be luck. {LUCK_ALONE} Up to {ends} is not "
        "worth while. "
        "What levers cost is not discounted in its own line; returns are, net of what "
        "was spent (Fieller's interval). Weeks count from week 0. "
        f"{FOR_EVER}"
    )


def show_section(section: Section) -> None:
    """Print what a report has a section for."""
    console = Console(highlight=False)
    console.print(Text(section.title, "bold"))
    for part in section.tables:
        show_table(console, part)
    for words in section.text:
        console.print(words)
    console.print()


def show_table(console: Console, part: SectionTable) -> None:
    """Print a table of a report, its caption above and how to read it below."""
    console.print(part.caption)
    console.print(printed(part))
    if part.note:
        console.print(part.note, style="dim")


def printed(part: SectionTable) -> Table:
    """Return a table of a report as the terminal shows it."""
    table = empty_table()
    table.columns[0].header = part.columns[0]
    for title in part.columns[1:]:
        table.add_column(title, justify="right")
    before = Text()
    for row in part.rows:
        name, *texts = (_words(cell) for cell in row)
        table.add_row(name if name != before else "", *texts)
        before = name
    return table


def _words(cell: str | SectionCell) -> Text:
    whole = SectionCell(cell) if isinstance(cell, str) else cell
    words = f"{whole.text}\n{whole.more}" if whole.more else whole.text
    return Text(words, "bold" if whole.is_sure else "")


def show_study(study: Study, figures: Sequence[str]) -> None:
    """Print one scenario's outcomes and where everything is."""
    console = Console(highlight=False)
    (scenario,) = study.scenarios.values()
    console.print(Text(scenario.name, "bold"))
    show_default_prices(console, study)
    console.print(levels_table(study))
    show_paths(console, study, figures)


def show_default_prices(console: Console, study: Study) -> None:
    """Print which prices no file gives, if there are any."""
    if study.default_prices:
        console.print(Text(study.default_prices, "yellow"))


def show_paths(console: Console, study: Study, figures: Sequence[str]) -> None:
    """Print warnings, then where figures and data are."""
    for words in study.manifest["warnings"]:
        console.print(Text(f"Note: {words}", "yellow"))
    lines = [("Figures", path) for path in figures]
    if study.manifest["keeps_weeks"]:
        lines.append(("Weekly data", f"{study.folder}/weekly.parquet"))
    lines.append(("Runs", f"{study.folder}/runs.parquet"))
    lines.append(("What was run", f"{study.folder}/manifest.json"))
    before = ""
    for title, path in lines:
        console.print(f"{title if title != before else '':<13}{path}", soft_wrap=True)
        before = title


def comparison_json(found: Comparison, figures: Sequence[str]) -> dict[str, Any]:
    """Return the same for a program."""
    return {
        "verdict": found.verdict,
        "base": found.base,
        "currency": found.currency,
        "weeks": found.study.scenarios[found.base].clock.weeks,
        "is_settled": found.is_settled,
        "rule": {**found.rule._asdict(), "error": found.rule.error},
        "differences": records(found.differences),
        "money": records(found.money),
        "worth": records(found.worth),
        "per_thousand": records(found.per_thousand),
        "ranking": records(found.ranking),
        **_study_json(found.study, figures),
        "levels": records(found.levels),
    }


def study_json(study: Study, figures: Sequence[str]) -> dict[str, Any]:
    """Return one scenario's outcomes for a program."""
    levels = [
        {"outcome": name, "unit": outcome.unit, **_level(study.runs[name])}
        for name, outcome in OUTCOME_BY_NAME.items()
    ]
    return {**_study_json(study, figures), "levels": levels}


def _level(values: "pd.Series[float]") -> dict[str, float]:
    mean, low, high, count = interval(values.to_numpy(float))
    return {"mean": mean, "low": low, "high": high, "n_runs": count}


def _study_json(study: Study, figures: Sequence[str]) -> dict[str, Any]:
    return {
        "scenarios": {k: s.name for k, s in study.scenarios.items()},
        "runs": study.manifest["runs"],
        "warnings": study.manifest["warnings"],
        "default_prices": study.default_prices,
        "folder": str(study.folder),
        "figures": list(figures),
        "weekly": f"{study.folder}/weekly.parquet",
    }


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table as a list of rows, for JSON."""
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def print_json(content: Mapping[str, Any] | Sequence[Any]) -> None:
    """Print a document on stdout, and nothing else."""
    text = json.dumps(as_json(content), indent=2, ensure_ascii=False, allow_nan=False)
    sys.stdout.write(text + "\n")
