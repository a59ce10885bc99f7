"""The answer of a comparison, as the page draws it; and the same at other prices."""

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.comparison import Comparison, compare, compared
from analysis.money import prices
from analysis.request import Watcher, read_scenarios
from analysis.sequential import Until
from analysis.store import CUSTOMERS
from analysis.study import Study
from analysis.terminal import comparison_json
from analysis.verdict import MORE
from simulation.metrics import BY_NAME

WATCHED = ("active", "perception", "true_nps", "measured_nps")
PAIRED = ("active", "retention", "true_nps", "npv")
EDGES = (0.05, 0.25, 0.5, 0.75, 0.95)


def answer(
    request: Mapping[str, Any], watcher: Watcher, say: Callable[..., None]
) -> dict[str, Any]:
    """Compare, draw, write the report; return what the page shows.

    Parameters
    ----------
    request : mapping
        sources, pairs, seed, overrides; `customers` follows every one of them.
    watcher : Watcher
    say : callable
        Takes news, as `job.say` does.
    """
    from analysis.figures import decision
    from analysis.report import page

    found = compare(
        *request["sources"],
        pairs=Until(request["pairs"]),
        seed=request["seed"],
        overrides=request["overrides"],
        watcher=watcher,
    )
    followed = {}
    if request["customers"]:
        say(words="Following every customer, in a third world beside each pair.")
        followed = {"customers": _followed(found)}
    say(words="Drawing.")
    paths = decision.draw_comparison(found)
    report = page.write(found.study, found)
    folder = found.study.folder.name
    return {
        **document(found),
        **followed,
        "figures": paths,
        "study": folder,
        "command": _command(request),
        "report": f"/results/{folder}/{report.name}",
        "bands": {
            name: {k: _bands(found.study.weekly, k, name) for k in found.study.labels}
            for name in WATCHED
        },
    }


def document(found: Comparison) -> dict[str, Any]:
    """Return what `groundswell compare --json` prints, and what depends on prices."""
    study = found.study
    by_label = {k: rows.set_index("seed") for k, rows in study.runs.groupby("scenario")}
    pairs = {
        name: {
            k: (by_label[k][name] - by_label[found.base][name]).sort_index().tolist()
            for k in found.others
        }
        for name in PAIRED
    }
    return {
        **comparison_json(found, []),
        "verdict": found.verdict.replace(MORE, "more worlds above"),
        "seeds": study.manifest["seeds"],
        "shocks": {
            k: [
                {"name": each.name, "from": each.from_week, "lasts": each.lasts_weeks}
                for each in scenario.shocks
            ]
            for k, scenario in study.scenarios.items()
        },
        "pairs": pairs,
        "prices": [price._asdict() for price in prices(study.scenarios)],
    }


def weekly_csv(found: Comparison) -> str:
    """Return every week of every world, a row each, with units in the header."""
    study = found.study
    currency = study.scenarios[found.base].money.currency
    table = study.weekly.drop(columns="run")
    units = {
        name: f"{name} [{BY_NAME[name].unit.replace('money', currency)}]"
        for name in table.columns
        if name in BY_NAME
    }
    return str(table.rename(columns=units).to_csv(index=False))


def read(request: Mapping[str, Any], folder: Path) -> Comparison:
    """Return the comparison that a request made, from its folder."""
    scenarios = read_scenarios(request["sources"], request["overrides"])
    return compared(Study(folder, scenarios))


def _followed(found: Comparison) -> dict[str, Any]:
    """Follow every customer, for the page and for the report; return the tables."""
    from analysis.attribution import followed
    from analysis.figures.customers import draw_attribution, reason_words
    from analysis.figures.decision import names_of
    from analysis.tables.customers import attribution_json, keep_story

    study = found.study
    whole = followed(study)
    keep_story(whole, study)
    draw_attribution(whole, study, names_of(study))
    tables = attribution_json(whole, str(study.folder / CUSTOMERS))
    flows = [row | {"reason": reason_words(row["reason"])} for row in tables["flows"]]
    return tables | {"flows": flows}


def _command(request: Mapping[str, Any]) -> str:
    """Return what asks for the same on the command line."""
    words = ["groundswell", "compare"]
    words += [Path(source).name for source in request["sources"]]
    words += ["--runs", str(request["pairs"]), "--seed", str(request["seed"])]
    words += ["--customers"] if request["customers"] else []
    for override in request["overrides"]:
        words += ["--set", override]
    return shlex.join(words)


def _bands(weekly: pd.DataFrame, label: str, name: str) -> list[list[float]]:
    """Return quantiles over the runs, a list a quantile, week by week."""
    rows = weekly[weekly["scenario"] == label]
    table = rows.pivot_table(index="week", columns="seed", values=name, dropna=False)
    values: list[list[float]] = np.nanquantile(
        table.to_numpy(float), EDGES, axis=1
    ).tolist()
    return values
