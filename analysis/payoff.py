"""How much of it pays: each lever for itself, and the coverage that breaks even.

Both live more paired worlds than a comparison does, a study of their own: without one
lever at a time, and at several coverages. Intervals are over pairs.
"""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, Unpack

import numpy as np
import pandas as pd

from simulation.scenario import Scenario

from .design import crossed, labelled, seeds
from .errors import InputError
from .money import discounted, gains
from .outcomes import Array
from .request import How, Request, first_seed, read_scenarios
from .sequential import ERROR, interval
from .study import Study, make

PAIRS = 40
"""Pairs if nobody says how many."""
COVERAGES = (0.25, 0.5, 0.75, 1.0)
LEAST = 1e-6
"""Coverage of nobody, at which all is paid that is paid once or by the week."""
FINE = 1000
"""Steps of coverage in which the break-even is looked for."""


class BreakEven(NamedTuple):
    """From which coverage on, or up to which, a choice pays."""

    coverages: pd.DataFrame
    """A row a coverage: the NPV beyond the base's, with low and high."""
    at: float
    """Where the mean NPV turns; NaN if it does not between 0 and 1."""
    low: float
    """The coverages next to `at` at which NPV can be 0: 95 %; 0 or 1 if no end."""
    high: float
    pays: str
    """"above" or "below" the break-even, "everywhere", "nowhere" or "unclear"."""


def break_even(
    base: str | Path | Scenario,
    choice: str | Path | Scenario,
    *,
    pairs: int = PAIRS,
    **how: Unpack[How],
) -> BreakEven:
    """Return the coverage of a scenario's levers at which NPV is the base's.

    All its levers are given the same coverage. Between the coverages lived, of which
    the least covers nobody, each pair is taken to change in a straight line.

    Parameters
    ----------
    base, choice : str, Path or Scenario
    pairs : int
        At each coverage.
    **how
        seed, overrides, jobs, out and watcher: see `How`.

    Raises
    ------
    ScenarioError, InputError
        Bad input, in one line; a choice without levers is.
    StudyError
        The folder cannot be written, or every run failed.
    """
    scenarios = read_scenarios([base, choice], how.get("overrides", ()))
    first, second = scenarios.values()
    check_levers({second.name: second})
    labels = {c: f"coverage_{c:g}" for c in (*COVERAGES, LEAST)}
    worlds = {"base": first} | {k: covered(second, c) for c, k in labels.items()}
    study = _lived("break_even", worlds, pairs, how)
    npv = study.runs.pivot(index="seed", columns="scenario", values="npv")
    gained = {c: (npv[k] - npv["base"]).to_numpy(float) for c, k in labels.items()}
    rows = [(c, *interval(gained[c])[:3]) for c in COVERAGES]
    table = pd.DataFrame(rows, columns=["coverage", "mean", "low", "high"])
    return BreakEven(table, *_turning(gained))


def covered(scenario: Scenario, coverage: float) -> Scenario:
    """Return the scenario with that coverage of all its levers."""
    levers = tuple(
        lever.model_copy(update={"coverage": coverage}) for lever in scenario.levers
    )
    return scenario.model_copy(update={"levers": levers})


def _turning(gained: Mapping[float, Array]) -> tuple[float, float, float, str]:
    """Return where the mean gain turns, where it can be 0 around that, and the side.

    Parameters
    ----------
    gained : mapping
        By coverage: float64, shape (n_pairs,).
    """
    fine = np.linspace(0, 1, FINE + 1)[1:]
    places = sorted(gained)
    lines = np.array([gained[place] for place in places])
    values = np.array([np.interp(fine, places, line) for line in lines.T])
    means = values.mean(axis=0)
    turns = np.flatnonzero(np.diff(np.sign(means)))
    bounds = [interval(column) for column in values.T]
    if not turns.size:
        last = bounds[-1]
        sure = "everywhere" if last.low > 0 else "nowhere" if last.high < 0 else ""
        return math.nan, math.nan, math.nan, sure or "unclear"
    here = int(turns[0])
    low = high = here
    while low > 0 and not bounds[low].is_conclusive:
        low -= 1
    while high < FINE - 1 and not bounds[high].is_conclusive:
        high += 1
    side = "above" if means[here + 1] > means[here] else "below"
    ends = 0.0 if low == 0 else float(fine[low]), float(fine[high])
    return float(fine[here]), *ends, side


def lever_by_lever(
    source: str | Path | Scenario,
    *,
    pairs: int = PAIRS,
    **how: Unpack[How],
) -> pd.DataFrame:
    """Return what each lever of a scenario earns beside the others, on its own cost.

    Each is taken out while the others stay; the parts need not add to the whole,
    since levers help or hinder each other. Arguments are those of `break_even`.

    Returns
    -------
    DataFrame
        A row for each lever, "together" the last, and measure: the fields of `Gain`,
        and the measure "customers". Intervals hold for all levers at once.
    """
    (scenario,) = read_scenarios([source], how.get("overrides", ())).values()
    check_levers({scenario.name: scenario})
    names = labels_of(scenario)
    out = {name: [name] for name in names} | {"together": names}
    rest = {f"without_{k}": without(scenario, some) for k, some in out.items()}
    worlds = {"all": scenario} | rest
    study = _lived("by_lever", worlds, pairs, how)
    lines = discounted(study.weekly, worlds)
    ends = study.runs.pivot(index="seed", columns="scenario", values="active")
    error = ERROR / len(names)
    tables = []
    for name in out:
        label = f"without_{name}"
        pair = {label: worlds[label], "all": scenario}
        by_label = {k: lines[lines["scenario"] == k] for k in pair}
        tables.append(gains(by_label, pair, ends, error).assign(scenario=name))
        kept = interval((ends["all"] - ends[label]).to_numpy(float), error)
        row = (name, "customers", "customers", *kept, "t")
        tables.append(pd.DataFrame([row], columns=list(tables[-1].columns)))
    return pd.concat(tables, ignore_index=True)


def check_levers(choices: Mapping[str, Scenario]) -> None:
    """Refuse choices without levers, of which nothing can be covered or taken out.

    Raises
    ------
    InputError
        One line that names the first of them.
    """
    for label, choice in choices.items():
        if not choice.levers:
            raise InputError(
                f"{label}: no levers, so --break-even and --by-lever have nothing to "
                "take away; leave them out, or name another file"
            )


def labels_of(scenario: Scenario) -> list[str]:
    """Return the names of a scenario's levers, numbered where two are the same."""
    names = [lever.name for lever in scenario.levers]
    return list(labelled(names))


def without(scenario: Scenario, names: Iterable[str]) -> Scenario:
    """Return the scenario without some of its levers.

    What is taken out stays in its place with coverage 0, so that the others keep
    theirs: which customers a lever covers depends on its place in the list.
    """
    out = set(names)
    levers = tuple(
        lever.model_copy(update={"coverage": 0.0}) if name in out else lever
        for name, lever in zip(labels_of(scenario), scenario.levers, strict=True)
    )
    return scenario.model_copy(update={"levers": levers})


def _lived(kind: str, worlds: Mapping[str, Scenario], pairs: int, how: How) -> Study:
    """Return the study of every world at every seed, none of whose runs has failed."""
    plan = crossed(tuple(worlds), seeds(pairs, first_seed(how)))
    study = make(Request(kind, worlds, plan, how))
    failed = study.runs[study.runs["status"] != "ok"]
    if len(failed):
        first = failed.iloc[0]
        raise InputError(f"{first['scenario']}: a run failed: {first['error']}")
    return study
