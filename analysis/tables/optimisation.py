"""What a person reads of the best mix of levers, in terminal and report; and JSON."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.panel import Panel

from analysis.differences import called, change_text, number
from analysis.optimisation import Optimisation
from analysis.outcomes import OUTCOME_BY_NAME
from analysis.section import Cell, Picture, Section, Table
from analysis.terminal import printed, records, show_default_prices

MOST_ROWS = 12


def show_optimisation(found: Optimisation) -> None:
    """Print the answer, then the mixes that are best for their cost."""
    console = Console(highlight=False)
    words = " ".join(answer(found))
    console.print(Panel(words, title="The best mix", padding=(1, 2)))
    if found.check is not None:
        show_default_prices(console, found.check.study)
    (table,) = optimisation_section(found).tables
    console.print(table.caption, style="bold")
    console.print(printed(table))
    console.print(table.note, style="dim")


def answer(found: Optimisation) -> tuple[str, ...]:
    """Return the answer in sentences: the mix, what it brings, whether that is luck."""
    budget = f"{number(found.wish.budget, 1.0)} {found.currency}"
    aim = called(found.wish.outcome)
    if found.winner is None:
        return (
            f"Of {len(found.mixes)} mixes none within {budget} makes {aim} better "
            "than the base has it: keep the money.",
        )
    kept = [_brought(found, name) for name in _aims(found)]
    cost = found.checked("lever_cost")
    spent = f"It costs {_money(found, 'lever_cost')}"
    if cost.low > found.wish.budget:
        spent += f", which is more than {budget}: ask again with a smaller budget"
    return (
        f"For {budget}: {mix_text(found, found.winner)}.",
        f"In {found.wish.pairs} worlds the search had not seen, against the base: "
        f"{'; '.join(kept)}. {spent}.",
        _luck(found),
    )


def _aims(found: Optimisation) -> tuple[str, ...]:
    return tuple(dict.fromkeys((found.wish.outcome, "npv", "active")))


def _brought(found: Optimisation, name: str) -> str:
    each = found.checked(name)
    unit = f" {found.currency}" if each.unit == "money" else ""
    return f"{called(name)} {change_text(each, OUTCOME_BY_NAME[name])}{unit}"


def _money(found: Optimisation, name: str) -> str:
    text = change_text(found.checked(name), OUTCOME_BY_NAME[name]).removeprefix("+")
    return f"{text} {found.currency}"


def _luck(found: Optimisation) -> str:
    each, sign = found.checked(found.wish.outcome), found.outcome.direction
    kept = sign * each.difference
    if found.is_lucky:
        words = "Is it luck? It may be: on fresh seeds it cannot be told from nothing"
        if sign * each.interval.mean < 0 and each.is_conclusive:
            words = "It was luck: on fresh seeds it does harm"
    else:
        words = "Is it luck? No: the whole interval lies on the good side"
    share = f"{100 * kept / found.promised:.0f} % of what the search had seen in it"
    return (
        f"{words}. The check found {share}: it alone counts, since the best of many "
        "is flattered."
    )


def mix_text(found: Optimisation, row: int) -> str:
    """Return a mix in words."""
    parts = [
        f"{lever.replace('_', ' ')} ({_extent(*both)})"
        for lever, both in found.parts(row).items()
    ]
    return ", ".join(parts)


def _extent(coverage: float, strength: float) -> str:
    if coverage == strength == 1:
        return "for all, in full"
    whom = "all" if coverage == 1 else f"{100 * coverage:.0f} %"
    how = "in full" if strength == 1 else f"at {100 * strength:.0f} % strength"
    return f"for {whom}, {how}"


def optimisation_section(found: Optimisation) -> Section:
    """Return the answer, and the mixes that are best for their cost."""
    mixes = found.mixes
    name = "active" if found.wish.outcome == "active" else "npv"
    best = mixes[mixes[f"is_best_{name}"]].sort_values("cost")
    shown = best if len(best) <= MOST_ROWS else best.iloc[_spread(len(best))]
    rows: list[Sequence[str | Cell]] = []
    for row in shown.index:
        cost, customers, npv = (
            float(mixes.loc[row, key]) for key in ("cost", "active", "npv")
        )
        words = mix_text(found, row), _signed(customers, 0.1), _signed(npv, 1.0)
        cells = (Cell(text, is_sure=row == found.winner) for text in words)
        rows.append((number(cost, 1.0), *cells))
    bold = "" if found.winner is None else " Bold: the winner, before its check."
    money = found.currency
    columns = (f"Cost, {money}", "mix", "customers", f"NPV, {money}")
    table = Table(
        f"By {called(name)}: no other mix brings as much for less",
        columns,
        rows,
        f"Means of {found.wish.seeds} worlds each, of {len(mixes)} mixes lived; the "
        f"search chose by them, so they flatter.{bold}",
    )
    path = "figures/pareto.svg"
    alt = "Cost of every mix against customers kept and NPV; the table has the best."
    title = "The best mix for the money"
    return Section(title, answer(found), (table,), (Picture(path, alt),))


def _spread(count: int) -> list[int]:
    """Return places from the first to the last, evenly, as many as a table shows."""
    return [round(i * (count - 1) / (MOST_ROWS - 1)) for i in range(MOST_ROWS)]


def _signed(value: float, step: float) -> str:
    return f"{'+' if value > 0 else ''}{number(value, step)}"


def optimisation_json(found: Optimisation, figures: Sequence[str]) -> dict[str, Any]:
    """Return the same for a program."""
    row = found.winner
    names = dict.fromkeys((*_aims(found), "lever_cost"))
    return {
        "answer": " ".join(answer(found)),
        "wish": found.wish._asdict(),
        "levers": list(found.levers),
        "winner": None if row is None else found.parts(row),
        "check": {
            name: found.checked(name)._asdict() for name in names if row is not None
        },
        "is_lucky": None if row is None else found.is_lucky,
        "mixes": records(found.mixes),
        "folder": str(found.study.folder),
        "figures": list(figures),
    }
