"""The people of a scenario: drawn from its numbers, or read from a file.

Every draw is keyed by the person's own id, so that the order of rows, the size
of the market and people who are added change nobody else.
"""

import hashlib
import os
import warnings
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .core.columns import Array, Customers, Stage, allocate_customers
from .core.kernels.populate import draw_minds, draw_relations, draw_traits
from .core.parameters import Start
from .core.randomness import beta_table, frailty_table
from .later import later
from .scenario import Scenario
from .scenario.network import Network

with later("pandas"):  # which only files need
    import pandas as pd

BEGINNINGS = ("prospect", "active", "lost")
"""Stages in which a file may let people begin."""
REQUIRED = ("id", "segment", "stage", "perception", "trust")
SHARES = ("perception", "trust", "expectation")
FLAGS = {
    "sociable": "is_sociable",
    "reviewing": "is_reviewer",
    "surveyed": "is_surveyed",
}
NUMBERS = ("fit", "frailty", "leniency", "tenure_weeks")
OPTIONAL = ("expectation", *NUMBERS, *FLAGS)
ID_BYTES = 8
GIGABYTE = 1e9


class PopulationError(ValueError):
    """A customers file that cannot be used; says which file, what and the remedy."""


class Population(NamedTuple):
    """The people before the first tick."""

    people: Customers
    labels: tuple[str, ...] | None
    """What a customers file calls them, by row; None where they were drawn."""


@cache
def quality_table() -> Array:
    """Return the table of Beta quantiles, computed once a process."""
    return beta_table()


@cache
def frailties(shape: float) -> Array:
    """Return the table of a frailty law; one knot where everybody is alike."""
    return np.zeros(1) if np.isinf(shape) else frailty_table(float(shape))


def draw_customers(settings: Scenario, keys: Array) -> Population:
    """Return the people of a scenario.

    Parameters
    ----------
    settings : Scenario
    keys : uint64, shape (N_STREAMS, N_SLOTS)
        The keys of tick 0.

    Returns
    -------
    Population

    Raises
    ------
    PopulationError
        Naming the customers file, what is wrong with it and the remedy; or that the
        market is too large for the memory of this machine.
    """
    file = settings.market.customers_file
    table = None if file is None else read_customers(Path(file), settings)
    n_customers = settings.market.customers if table is None else len(table)
    _check_memory(settings, n_customers)
    people = allocate_customers(n_customers, len(settings.journey.touchpoints))
    labels = None
    if table is None:
        people.traits.id[:] = np.arange(n_customers, dtype=np.uint64)
    else:
        labels = tuple(str(label) for label in table["id"])
        people.traits.id[:] = ids_of(table["id"])
    start = start_of(settings)
    draw_traits(people, start, keys)
    draw_relations(people, start, keys)
    if table is not None:
        _take_over(people, table, settings)
    draw_minds(people, start, keys, quality_table())
    if table is not None:
        _take_over_minds(people, table)
    return Population(people, labels)


def bytes_of(settings: Scenario, n_customers: int) -> int:
    """Return about how much memory a market takes: its columns, and its ties twice.

    Ties are sorted when they are made, which holds them a second time.
    """
    a_person = _bytes_a_person(len(settings.journey.touchpoints))
    _, ties = _ties_a_person(settings.network)
    return int(n_customers * (a_person + 2 * ties * np.dtype(np.int32).itemsize))


def _ties_a_person(network: Network) -> tuple[str, float]:
    """Return how many ties of a person are drawn, after the key that says so."""
    if network.kind in ("none", "complete", "file"):
        return "", 0
    if network.kind == "cliques":
        return "clique_size", network.clique_size - 1
    return "degree", network.degree


@cache
def _bytes_a_person(n_touchpoints: int) -> int:
    """Return the size of a row of all columns."""
    one = allocate_customers(1, n_touchpoints)
    return sum(column.nbytes for record in one for column in record)


def _check_memory(settings: Scenario, n_customers: int) -> None:
    """Raise a `PopulationError` before a market is made that this machine cannot hold.

    Where the system does not say how much memory it has, nothing is checked.
    """
    names = getattr(os, "sysconf_names", {})
    if not {"SC_PHYS_PAGES", "SC_PAGE_SIZE"} <= set(names):
        return
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    needed = bytes_of(settings, n_customers)
    if needed > there > 0:
        is_drawn = settings.market.customers_file is None
        key = "market.customers" if is_drawn else "market.customers_file"
        fewer = f"lower {key}" if is_drawn else "name a file of fewer people"
        tie_key, _ = _ties_a_person(settings.network)
        if tie_key:
            fewer += f", or lower network.{tie_key}"
        raise PopulationError(
            f"{key}: {n_customers:,} people with their ties take about "
            f"{needed / GIGABYTE:,.0f} GB, and this machine has "
            f"{there / GIGABYTE:,.0f} GB; {fewer}"
        )


def start_of(settings: Scenario) -> Start:
    """Return the numbers from which people are drawn."""
    market, perception, trust = settings.market, settings.perception, settings.trust
    shares = market.satisfaction_shares()
    return Start(
        share_active=market.share_active,
        segment_below=np.cumsum([segment.share for segment in market.segments]),
        fit_sd=market.fit_sd,
        leniency_sd=market.leniency_sd,
        frailty_table=frailties(settings.leaving.frailty_shape),
        trust_mean=trust.initial_mean,
        trust_sd=trust.initial_sd,
        norm=perception.category_norm,
        reliance=perception.promise_reliance,
        expectation_sd=perception.expectation_sd,
        prior_evidence=perception.prior_evidence,
        promise=np.array(settings.firm.promises(settings.journey.names), float),
        satisfaction_below=np.zeros(1) if shares is None else np.cumsum(shares),
        tenure_ticks=market.tenure_mean_weeks / settings.clock.weeks_per_tick,
    )


def ids_of(labels: "pd.Series[str] | pd.Series[float]") -> Array:
    """Return the 64-bit id of each label: whole numbers as they are, text hashed."""
    text = labels.astype(str)
    if text.str.fullmatch(r"\d{1,18}").all():
        whole: Array = text.astype(np.uint64).to_numpy()
        return whole
    digests = (
        hashlib.blake2b(label.encode(), digest_size=ID_BYTES).digest() for label in text
    )
    return np.array([int.from_bytes(d, "little") for d in digests], np.uint64)


def read_customers(path: Path, settings: Scenario) -> "pd.DataFrame":
    """Return a customers file, checked: one row a person.

    Columns `id`, `segment`, `stage` (prospect, active or lost), `perception` and
    `trust` are needed; `expectation`, `fit`, `frailty`, `leniency`,
    `tenure_weeks`, and the flags `sociable`, `reviewing`, `surveyed` may be
    added. What is absent is drawn.

    Raises
    ------
    PopulationError
        Naming the file, the column, the value and the remedy.
    """
    table = _read_table(path)
    known = (*REQUIRED, *OPTIONAL)
    for column in table.columns:
        if column not in known:
            near = get_close_matches(str(column).lower(), known, 1)
            hint = f", did you mean {near[0]!r}?" if near else ""
            _reject(
                path, f"column {column!r} is not known{hint}; use {', '.join(known)}"
            )
    for column in REQUIRED:
        if column not in table.columns:
            _reject(path, f"column {column!r} is missing; add it")
    if table.empty:
        _reject(path, "holds no customer; give at least one row")
    for column in table.columns:
        _check_column(path, table[column], settings)
    return table


def _reject(path: Path, fault: str) -> None:
    raise PopulationError(f"{path}: {fault}")


def _read_table(path: Path) -> "pd.DataFrame":
    if not path.is_file():
        _reject(path, "no such file; correct market.customers_file")
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        separator = _odd_separator(path)
        if separator is None:
            return _read_csv(path)
    except pd.errors.ParserWarning as error:
        raise PopulationError(
            f"{path}: row 1 has more values than there are columns; remove what is too "
            "much, or put text that holds a comma in quotes"
        ) from error
    except (ValueError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise PopulationError(
            f"{path}: cannot be read ({reason}); save it as CSV or Parquet"
        ) from error
    raise PopulationError(
        f"{path}: is separated by {separator}; save it with commas, and decimals with "
        "points"
    )


def _read_csv(path: Path) -> "pd.DataFrame":
    """Return a table parted by commas; a label NA is a label, and no value is lost."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            path,
            dtype={"id": str},
            skipinitialspace=True,
            index_col=False,
            keep_default_na=False,
            na_values=[""],
        )


def _odd_separator(path: Path) -> str | None:
    """Return what parts the columns of a file, if not commas, by its first line."""
    with path.open(encoding="utf-8", errors="replace") as file:
        header = file.readline()
    marks = {";": "semicolons", "\t": "tabs"}
    found = [name for mark, name in marks.items() if mark in header]
    return found[0] if found and "," not in header else None


def _check_column(path: Path, column: "pd.Series[float]", settings: Scenario) -> None:
    """Raise a `PopulationError` at the first value of a column that cannot be."""
    name = str(column.name)
    row = _first(column.isna())
    if row is not None:
        _reject(path, f"row {row}: {name} is empty; fill it or remove the row")
    if name == "id":
        row = _first(pd.Series(ids_of(column)).duplicated())
        if row is not None:
            value = column.iloc[row - 1]
            _reject(path, f"row {row}: id {value!r} occurs twice; ids must differ")
        return
    if name in ("stage", "segment"):
        segments = [segment.name for segment in settings.market.segments]
        allowed = BEGINNINGS if name == "stage" else segments
        row = _first(~column.isin(allowed))
        if row is not None:
            value = column.iloc[row - 1]
            _reject(path, f"row {row}: {name} {value!r}; use {', '.join(allowed)}")
        return
    _check_numbers(path, column)


def _check_numbers(path: Path, column: "pd.Series[float]") -> None:
    name = str(column.name)
    values = pd.to_numeric(column, errors="coerce")
    low, high = {
        **dict.fromkeys((*SHARES, *FLAGS), (0.0, 1.0)),
        "fit": (-1.0, 1.0),
        "frailty": (0.0, 1000.0),
        "leniency": (-10.0, 10.0),
        "tenure_weeks": (0.0, 5200.0),
    }[name]
    is_wrong = ~(np.isfinite(values) & (values >= low) & (values <= high))
    if name in FLAGS:
        is_wrong |= ~values.isin((0, 1))
    row = _first(is_wrong)
    if row is not None:
        want = "0 or 1" if name in FLAGS else f"a number from {low:g} to {high:g}"
        _reject(path, f"row {row}: {name} is {column.iloc[row - 1]}; use {want}")


def _first(is_wrong: "pd.Series[bool]") -> int | None:
    """Return the number of the first wrong row, counted from 1, or None."""
    flags = is_wrong.to_numpy()
    return int(flags.argmax()) + 1 if flags.any() else None


def _take_over(people: Customers, table: "pd.DataFrame", settings: Scenario) -> None:
    """Write the traits and relations that a customers file states."""
    traits, relation = people.traits, people.relation
    segments = [segment.name for segment in settings.market.segments]
    traits.segment[:] = [segments.index(name) for name in table["segment"]]
    for name in ("fit", "frailty", "leniency"):
        if name in table:
            getattr(traits, name)[:] = table[name]
    for name, column in FLAGS.items():
        if name in table:
            getattr(traits, column)[:] = table[name]
    stage = np.array([Stage[name.upper()] for name in table["stage"]], np.uint8)
    relation.stage[:] = stage
    relation.spell[:] = stage != Stage.PROSPECT
    if "tenure_weeks" in table:
        tenure = table["tenure_weeks"].to_numpy(float)
        relation.since[:] = -np.floor(tenure / settings.clock.weeks_per_tick)


def _take_over_minds(people: Customers, table: "pd.DataFrame") -> None:
    """Write the beliefs that a customers file states."""
    people.mind.perception[:] = table["perception"]
    people.mind.trust[:] = table["trust"]
    if "expectation" in table:
        people.mind.expectation[:] = table["expectation"].to_numpy()[None, :]
