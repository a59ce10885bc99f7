"""What a person reads of how much pays: by coverage, and lever by lever."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.differences import brief, capitalised, number, rounded_to
from analysis.money import MARGIN, BreakEvenPrice
from analysis.payoff import BreakEven
from analysis.section import Cell, Section, Table
from analysis.terminal import records
from analysis.wording import plainly

EXACTLY = "At which price it breaks even"
"""The table of prices, which is exact but for luck."""
MEASURES = {
    "customers": ("customers", 0.1),
    "lever_cost": ("spent, {}", 1.0),
    "npv": ("NPV, {}", 1.0),
    "return": ("net return", 0.01),
}
"""What is told of each lever: its title, and the finest step worth a digit."""


def break_even_section(
    found: Mapping[str, BreakEven], names: Mapping[str, str], currency: str
) -> Section:
    """Return what each choice earns by coverage, and where it breaks even.

    Parameters
    ----------
    found : mapping
        By label.
    names : mapping
        What each scenario is called, by label.
    currency : str
    """
    titles = [f"{100 * c:.0f} %" for c in next(iter(found.values())).coverages.coverage]
    rows = [
        (names[label], *(_cell(1.0, *row[1:]) for row in each.coverages.to_numpy()))
        for label, each in found.items()
    ]
    words = [f"{names[k]}: {break_even_words(each)}" for k, each in found.items()]
    caption = f"NPV beyond the base, {currency}, by coverage"
    table = Table(caption, ("Choice", *titles), rows)
    return Section("How much coverage pays", words, (table,))


def break_even_words(found: BreakEven) -> str:
    """Return where it breaks even, in a sentence."""
    if math.isnan(found.at):
        return {
            "everywhere": "it pays at every coverage: there is no break-even.",
            "nowhere": "it pays at no coverage: there is no break-even.",
        }.get(found.pays, "whether it pays cannot be told from luck at any coverage.")
    at, low, high = (f"{100 * x:.0f}" for x in (found.at, found.low, found.high))
    way = "from" if found.pays == "above" else "up to"
    return f"it pays {way} a coverage of {at} % (95 % interval {low} to {high} %)."


def price_section(
    found: Sequence[BreakEvenPrice], names: Mapping[str, str], currency: str
) -> Section:
    """Return at which value of a customer, and other prices, each choice breaks even.

    Nothing is said where no price can be told from the ledger.

    Parameters
    ----------
    found : sequence of BreakEvenPrice
    names : mapping
        What each scenario is called, by label.
    currency : str
    """
    words = [
        f"{names[each.scenario]}: {_margin_words(each, currency)}"
        for each in found
        if each.path == MARGIN
    ]
    title = "Where it breaks even"
    tables = (_price_table(found, names, currency),) if found else ()
    return Section(title, words, tables)


def _price_table(
    found: Sequence[BreakEvenPrice], names: Mapping[str, str], currency: str
) -> Table:
    rows = [
        (
            names[each.scenario],
            Cell(_price_name(each.path), _assumed(each, currency)),
            Cell(*_break_even_text(each)),
        )
        for each in found
        if each.path == MARGIN or each.path.startswith("levers.") or each.low > 0
    ]
    note = (
        "One price at a time, all else as assumed, with its 95 % interval. No customer "
        "knows a price, so this is exact but for luck, however far the price lies."
    )
    told = {each.scenario for each in found if each.path.startswith("levers.")}
    if told != {each.scenario for each in found}:
        note += (
            " What levers cost is one line of the ledger: the price of a lever is told "
            "where it is the only one; try others with --set."
        )
    columns = ("Choice", "price, as assumed", "earns more than the base")
    return Table(EXACTLY, columns, rows, note)


def _margin_words(each: BreakEvenPrice, currency: str) -> str:
    """Return which margin makes a choice break even, in a sentence."""
    side, ends = _break_even_text(each)
    unit = _unit(each, currency)
    assumed = f"a mean customer's margin is assumed to be {_assumed(each, currency)}"
    if side.startswith(each.pays):
        return (
            f"with customers whose margin is {side} {unit} (95 % interval {ends}) it "
            f"earns more than the base. {capitalised(assumed)}."
        )
    if side == "open":
        return f"which margin it needs cannot be told from luck; {assumed}."
    return f"it earns more than the base at {side}: no margin turns that."


def _break_even_text(each: BreakEvenPrice) -> tuple[str, str]:
    """Return on which side of which price a choice pays, and the interval of that."""
    low, high = max(each.low, 0.0), each.high
    if math.isnan(each.low):
        return "open", "luck alone may make this price matter"
    if high <= 0:
        return ("every price" if each.pays == "above" else "no price"), ""
    if each.at <= 0:
        return "open", f"0 to {brief(high)}"
    return f"{each.pays} {brief(each.at)}", f"{brief(low)} to {brief(high)}"


def _price_name(path: str) -> str:
    return "a customer's margin" if path == MARGIN else plainly(path)


def _assumed(each: BreakEvenPrice, currency: str) -> str:
    return f"{brief(each.value)} {_unit(each, currency)}"


def _unit(each: BreakEvenPrice, currency: str) -> str:
    return each.unit.replace("money", currency, 1)


def lever_section(
    found: Mapping[str, pd.DataFrame], names: Mapping[str, str], currency: str
) -> Section:
    """Return what each lever earns beside the others; arguments as above."""
    tables = []
    for label, table in found.items():
        rows: list[tuple[str | Cell, ...]] = []
        for lever, measures in table.groupby("scenario", sort=False):
            known = measures.set_index("measure")[["value", "low", "high"]]
            cells = (
                _cell(least, *known.loc[name].astype(float))
                if name in known.index
                else "-"
                for name, (_, least) in MEASURES.items()
            )
            rows.append((str(lever).replace("_", " "), *cells))
        titles = [title.format(currency) for title, _ in MEASURES.values()]
        note = (
            "Each is taken out while the others stay, so the parts need not add to the "
            "whole. Net return is on the lever's own cost."
        )
        tables.append(Table(names[label], ("Lever", *titles), rows, note))
    return Section("What each lever adds", tables=tables)


def _cell(least: float, value: float, low: float, high: float) -> str | Cell:
    """Return a figure with its error, or with both ends where they lie unevenly."""
    half = (high - low) / 2
    if not math.isfinite(value):
        return "-"
    if math.isnan(half):
        return Cell("-", "no bounds")
    if not math.isfinite(half) or half == 0:
        return number(value, least)
    step = max(rounded_to(half), least)
    middle, *ends, error = (number(x, step) for x in (value, low, high, half))
    is_sure = bool(low > 0 or high < 0)
    if math.isclose(high - value, value - low, rel_tol=1e-6):
        return Cell(f"{middle} ± {error}", is_sure=is_sure)
    return Cell(middle, f"({ends[0]} to {ends[1]})", is_sure)


def break_even_json(found: BreakEven) -> dict[str, Any]:
    """Return a break-even for a program."""
    return {
        "coverages": records(found.coverages),
        "at": found.at,
        "low": found.low,
        "high": found.high,
        "pays": found.pays,
        "words": break_even_words(found),
    }
