"""The answer of a sensitivity study, as the page draws it."""

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.figures.assumptions import draw_sensitivity, unit_of
from analysis.importance import (
    INDEX_TEXT,
    Question,
    Sensitivity,
    outcomes_of,
    sensitivity,
)
from analysis.methods import METHODS
from analysis.outcomes import Array
from analysis.report import page
from analysis.request import Watcher
from analysis.section import keep
from analysis.tables.assumptions import how, sensitivity_json, sensitivity_section

CLOUDS = 6
"""Parameters whose points are shown one by one."""
MOST_POINTS = 500
PARTS = 5
"""Of a range, in which means are taken."""
SECOND = {"morris": "mu", "sobol": "S1"}
"""By method, the part of its leading index that a parameter has to itself."""


def answer(
    request: Mapping[str, Any], watcher: Watcher, say: Callable[..., None]
) -> dict[str, Any]:
    """Find what matters, draw, write the report; return what the page shows.

    Parameters
    ----------
    request : mapping
        source, against, outcome, method, vary, groups, budget, seed, overrides.
    watcher : Watcher
    say : callable
        Takes news, as `job.say` does.
    """
    found = sensitivity(
        request["source"],
        Question(
            request["outcome"],
            request["against"],
            request["method"],
            request["vary"],
            is_grouped=request["groups"],
            budget=request["budget"],
        ),
        seed=request["seed"],
        overrides=request["overrides"],
        watcher=watcher,
    )
    say(words="Drawing.")
    study = found.study
    paths = draw_sensitivity(found)
    keep(sensitivity_section(found, paths), study.folder, "sensitivity")
    report = page.rebuild(study.folder)
    method = METHODS[request["method"]]
    return {
        **sensitivity_json(found, paths),
        "title": found.subject,
        "unit": unit_of(study, found.outcome),
        "is_difference": found.is_difference,
        "leading": method.leading,
        "second": SECOND[method.name],
        "words": {name: INDEX_TEXT[name] for name in method.indices},
        "how": how(found).replace("dim: can be", "pale: can be"),
        "points": _points(found),
        "study": study.folder.name,
        "command": _command(request),
        "report": f"/results/{study.folder.name}/{report.name}",
    }


def _points(found: Sensitivity) -> dict[str, Any]:
    """Return the outcome, and what the parameters that move it most were set to.

    The mean over the seeds of each point; of many points, evenly spaced ones.
    """
    outcome = outcomes_of(found.study, found.question.outcome).mean(axis=1)
    design = found.points
    step = max(1, -(-len(design) // MOST_POINTS))
    chosen = np.flatnonzero(~np.isnan(outcome))[::step]
    names = list(found.swings["name"].head(CLOUDS))
    return {
        "outcome": outcome[chosen].tolist(),
        "values": {name: design[name].to_numpy()[chosen].tolist() for name in names},
        "curves": {name: _curve(design[name].to_numpy(), outcome) for name in names},
    }


def _curve(values: Array, outcome: Array) -> list[list[float]]:
    """Return the mean value and outcome in each part of a parameter's range."""
    edges = np.linspace(values.min(), values.max(), PARTS + 1)
    part = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, PARTS - 1)
    means = pd.DataFrame({"at": values, "mean": outcome}).groupby(part).mean().dropna()
    found: list[list[float]] = means.to_numpy().tolist()
    return found


def _command(request: Mapping[str, Any]) -> str:
    """Return what asks for the same on the command line."""
    words = ["groundswell", "sensitivity", Path(request["source"]).name]
    if request["against"] is not None:
        words += ["--against", Path(request["against"]).name]
    words += ["--outcome", request["outcome"], "--method", request["method"]]
    for pattern in request["vary"]:
        words += ["--vary", pattern]
    words += ["--groups"] if request["groups"] else []
    words += ["--budget", str(request["budget"]), "--seed", str(request["seed"])]
    for override in request["overrides"]:
        words += ["--set", override]
    return shlex.join(words)
