"""The gallery: what the shipped questions come to, small enough to be kept by git.

`make gallery` redraws it: the study that `groundswell demo` makes, with its report,
figures and tables, and one table of every shipped question with what it promises.
"""

import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from simulation.scenario import Scenario, differences, load, shipped

from .attribution import followed
from .comparison import compare
from .design import crossed, seeds
from .differences import (
    Difference,
    change_text,
    difference,
    outcome_title,
    shown,
    step_of,
)
from .execution import cores, lives
from .figures.customers import draw_attribution
from .figures.decision import draw_comparison, names_of
from .outcomes import OUTCOME_BY_NAME
from .report import page
from .tables.customers import keep_story

FOLDER = Path(__file__).parents[1] / "results" / "gallery"
BASE = "baseline"
DEMO = ("follow_up", "expectation_alignment")
PAIRS = 30
SMALL = 0.25
"""Standard deviations of the outcome between worlds: less is no difference."""
COPIED = ("manifest.json", page.NAME)


def make(folder: Path = FOLDER, pairs: int = PAIRS, jobs: int | None = None) -> None:
    """Make the gallery, and replace the one that is there.

    Parameters
    ----------
    folder : Path
        Where it belongs; whatever is there goes.
    pairs : int
        Of worlds, for the demo and for every question.
    jobs : int, optional
        Worker processes; as many as there are cores if absent.
    """
    with tempfile.TemporaryDirectory() as hidden:
        made = Path(hidden) / "gallery"
        made.mkdir()
        _demo(made, Path(hidden) / "demo", pairs, jobs or cores())
        found = questions(pairs, jobs or cores())
        found.to_csv(made / "questions.csv", index=False)
        (made / "README.md").write_text(_index(found, pairs), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(made, folder)


def _demo(made: Path, study: Path, pairs: int, jobs: int) -> None:
    """Put the demo's report, figures and tables into the gallery."""
    found = compare(BASE, *DEMO, pairs=pairs, jobs=jobs, out=study)
    whole = followed(found.study, jobs)
    keep_story(whole, found.study)
    draw_comparison(found)
    draw_attribution(whole, found.study, names_of(found.study))
    page.write(found.study, found)
    for name in COPIED:
        shutil.copy(study / name, made / name)
    (made / "figures").mkdir()
    for path in (study / "figures").glob("*.svg"):
        shutil.copy(path, made / "figures" / path.name)
    found.differences.to_csv(made / "differences.csv", index=False)
    found.money.to_csv(made / "money.csv", index=False)


def questions(pairs: int, jobs: int) -> pd.DataFrame:
    """Return what every shipped question promises, and what was found.

    Returns
    -------
    DataFrame
        A row a question: file, name, question, differs (from the scenario it is held
        against, in words), against, outcome, promised, is_kept, the fields of
        `Difference`, `first`: the outcome in the world of the first seed, and `npv`:
        the difference in net present value, in words.
    """
    scenarios = {name: load(name) for name in shipped()}
    promising = {k: s.promise for k, s in scenarios.items() if s.promise is not None}
    plan = crossed(tuple(scenarios), seeds(pairs))
    values: dict[str, dict[int, Mapping[str, float]]] = {k: {} for k in scenarios}
    for life in lives(plan, scenarios, jobs, keeps_weeks=False):
        values[life.run.scenario][life.run.seed] = life.outcomes
    tables = {k: pd.DataFrame(runs).T.sort_index() for k, runs in values.items()}
    rows = []
    for name, promise in promising.items():
        worlds = [tables[k] for k in (promise.against, name)]
        base, other = (table[promise.outcome] for table in worlds)
        pair = base.to_numpy(float), other.to_numpy(float)
        found = difference(name, promise.outcome, *pair)
        money = difference(name, "npv", *(t["npv"].to_numpy(float) for t in worlds))
        least = SMALL * float(base.std(ddof=1))
        rows.append(
            {
                "name": scenarios[name].name,
                "question": scenarios[name].question,
                "differs": told(scenarios[promise.against], scenarios[name]),
                "against": promise.against,
                "promised": promise.direction,
                "is_kept": _is_kept(promise.direction, found, least),
                "first": float(other.iloc[0]),
                "npv": change_text(money, OUTCOME_BY_NAME["npv"]),
                **found._asdict(),
            }
        )
    return pd.DataFrame(rows)


def told(before: Scenario, after: Scenario) -> str:
    """Return what differs between two scenarios in one line."""
    changes = differences(before, after)
    return "; ".join(f"{change.where} {change.text}" for change in changes)


def _is_kept(direction: str, found: Difference, least: float) -> bool:
    if direction == "none":
        return abs(found.difference) < least
    return found.low > 0 if direction == "up" else found.high < 0


def _index(found: pd.DataFrame, pairs: int) -> str:
    """Return the page that shows the gallery."""
    currency = load(BASE).money.currency
    demo = ", ".join(f"`{name}`" for name in DEMO)
    lines = [
        "# Gallery",
        "",
        f"Made by `make gallery` from {pairs} paired worlds of every shipped scenario, "
        "at its full size. Intervals: 95 %, for one question at a time.",
        "",
        f"## The demo: {demo} against `{BASE}`",
        "",
        "[`report.html`](report.html) has it all on one page; its figures and tables "
        "are here too.",
        "",
        "![What each choice changes](figures/decision.svg)",
        "",
        "![What was expected, and what was lived](figures/touchpoint_gaps.svg)",
        "",
        "![What the firm measures](figures/true_and_measured_nps.svg)",
        "",
        "## Every question: what was found, and the claim that a test holds it to",
        "",
        f"| question | outcome | claimed | base | found | kept | NPV, {currency} |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(_line(row, currency) for _, row in found.iterrows()),
        "",
        "[`questions.csv`](questions.csv) adds what differs from the base, in words.",
    ]
    return "\n".join(lines) + "\n"


def _line(row: "pd.Series[Any]", currency: str) -> str:
    each = Difference(**{name: row[name] for name in Difference._fields})
    outcome = OUTCOME_BY_NAME[each.outcome]
    step = step_of(outcome, each.interval.half)
    link = f"[{row['name']}](../../scenarios/{each.scenario}.yaml)"
    cells = (
        f"{link}: {row['question']}",
        outcome_title(outcome.name, currency),
        str(row["promised"]),
        shown(each.base_mean, outcome, step),
        change_text(each, outcome),
        "yes" if row["is_kept"] else "**no**",
        str(row["npv"]),
    )
    return f"| {' | '.join(cells)} |"


def main(words: Sequence[str]) -> None:
    """Make the gallery; the words are the number of pairs, if not the usual."""
    make(pairs=int(words[0]) if words else PAIRS)


if __name__ == "__main__":
    main(sys.argv[1:])
