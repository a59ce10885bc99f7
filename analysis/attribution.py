"""Whom a choice saved and why: by reason, by path, by kind of customer, by date.

Each pair of worlds is lived once more beside its *direct* world (see
`simulation/counterfactual.py`). Effects are counted in customers at the end of the
run, a world; intervals are over pairs.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Unpack

import numpy as np
import pandas as pd

from simulation.counterfactual import Cause, Change, Counterfactual, counterfactual
from simulation.scenario import Scenario

from .design import FIRST_SEED, Run, crossed, seeds
from .differences import difference
from .errors import InputError
from .execution import Life, cores, in_order
from .files import adding
from .outcomes import OUTCOME_BY_NAME, Array
from .request import How, Request, Watcher, first_seed, read_scenarios
from .sequential import interval
from .store import CUSTOMERS
from .study import Study, make

NEVER = "never a customer"
TOUCHED, ONLY_TOLD = "touched by the lever", "word of mouth only"
PATHS = (TOUCHED, ONLY_TOLD)
PARTS = ("total", "direct", "word_of_mouth")
SIGNS = {"saved": 1, "won": 1, "lost": -1, "missed": -1, "delayed": 0}
CAUSES = tuple(cause.name.lower().replace("_", " ") for cause in Cause)
CHANGES = tuple(change.name.lower() for change in Change)
THIRDS = {
    "degree": ("fewest ties", "some ties", "most ties"),
    "trust": ("least trust", "some trust", "most trust"),
}
PER = 100
DELAYS = (4, 13, 26)
DELAY_OUTCOMES = ("active", "npv")

PAIRS = 40
"""Pairs if nobody says how many."""


@dataclass(frozen=True)
class Attribution:
    """What each choice did to each customer of each pair, and its sums.

    Attributes
    ----------
    customers : DataFrame
        A row for each scenario, seed and customer: who they were at week 0, how
        they ended in both worlds, and the total, direct and word-of-mouth effect.
    flows : DataFrame
        Customers a world by scenario, change, reason and path: mean, low, high.
        `reason` is why they left where they are not customers.
    effects : DataFrame
        Customers a world by scenario, path ("" is everybody) and part: mean, low,
        high. total = direct + word_of_mouth.
    groups : DataFrame
        Customers kept of 100 who were customers at week 0, by scenario, `by`
        (segment, degree, trust), group and part. It tells how much a kind of
        customer gains when all of the audience are treated; not what treating
        that kind alone would do for others.
    """

    customers: pd.DataFrame = field(repr=False)
    flows: pd.DataFrame = field(repr=False)
    effects: pd.DataFrame = field(repr=False)
    groups: pd.DataFrame = field(repr=False)

    @property
    def labels(self) -> tuple[str, ...]:
        """The scenarios compared with the base."""
        return tuple(self.effects["scenario"].unique())


def attribute(
    base: str | Path | Scenario,
    *others: str | Path | Scenario,
    pairs: int = PAIRS,
    seed: int = FIRST_SEED,
    overrides: Iterable[str] = (),
    jobs: int | None = None,
) -> Attribution:
    """Follow every customer of paired worlds; arguments are those of `compare`.

    Raises
    ------
    ScenarioError, PopulationError, NetworkError, InputError
        Bad input, in one line.
    """
    if not others:
        raise InputError("compare: nothing to compare; name another scenario")
    scenarios = read_scenarios([base, *others], overrides)
    return attributed(scenarios, seeds(pairs, seed), jobs)


def attributed(
    scenarios: Mapping[str, Scenario],
    over: Iterable[int],
    jobs: int | None = None,
    *,
    out: Path | None = None,
    watcher: Watcher | None = None,
) -> Attribution:
    """Follow every customer; the first scenario is the base; a process a core.

    Each pair is written when it is over, and read if it is there: stopped, it goes on
    from there when asked again.

    Parameters
    ----------
    scenarios : mapping
        By label.
    over : iterable of int
        Seeds.
    jobs : int, optional
        Worker processes.
    out : Path, optional
        Folder of the study of these scenarios, which keeps the pairs.
    watcher : Watcher, optional
        Is told how it goes; a pair counts as one run.

    Raises
    ------
    InputError
        The scenarios do not hold the same people over the same time.
    StudyError
        The folder cannot be written.
    KeyboardInterrupt
        Stopped; its argument is one line that says what is on disk.
    """
    (_, first), *rest = scenarios.items()
    others = dict(rest)
    request = Request("customers", scenarios, crossed(tuple(others), over))
    told = watcher or Watcher()
    tasks = [(first, others[run.scenario], run, out) for run in request.plan]
    kept = _kept(out, request.plan)
    frames: list[pd.DataFrame] = []
    told.began(request)
    try:
        found = in_order(_pair, tasks, jobs or cores())
        for run, frame in zip(request.plan, found, strict=True):
            frames.append(frame)
            active = {"active": float(frame["is_active"].sum())}
            life = Life(run, "ok", "", math.nan, "", active, {})
            (told.kept if run in kept else told.finished)(life)
    except KeyboardInterrupt:
        if out is None:
            raise
        n_kept = len(_kept(out, request.plan))
        raise KeyboardInterrupt(
            f"Stopped: {n_kept} of {len(tasks)} pairs were followed and can be read in "
            f"{out / CUSTOMERS}."
        ) from None
    finally:
        told.ended()
    return summed(pd.concat(frames, ignore_index=True), list(others))


def followed(
    study: Study, jobs: int | None = None, watcher: Watcher | None = None
) -> Attribution:
    """Follow every customer of a comparison, whose folder keeps the pairs."""
    over = study.manifest["seeds"]
    return attributed(study.scenarios, over, jobs, out=study.folder, watcher=watcher)


def read(study: Study) -> Attribution | None:
    """Return the attribution that a comparison's folder holds, whole; None if not."""
    _, *others = study.labels
    paths = _parts(study.folder, crossed(others, study.manifest["seeds"]))
    if not all(path.is_file() for path in paths):
        return None
    frames = [pd.read_parquet(path) for path in paths]
    return summed(pd.concat(frames, ignore_index=True), others)


def _parts(folder: Path, plan: Iterable[Run]) -> list[Path]:
    """Return where each pair's customers are, in the folder of its study."""
    return [folder / CUSTOMERS / f"{run.scenario}-{run.seed}.parquet" for run in plan]


def _kept(folder: Path | None, plan: Sequence[Run]) -> set[Run]:
    """Return the pairs that a folder holds already."""
    if folder is None:
        return set()
    paths = zip(plan, _parts(folder, plan), strict=True)
    return {run for run, path in paths if path.is_file()}


def summed(customers: pd.DataFrame, labels: list[str]) -> Attribution:
    """Return an attribution: every customer, and the sums over them."""
    return Attribution(
        customers, _flows(customers, labels), _effects(customers), _groups(customers)
    )


def _pair(
    base: Scenario, treated: Scenario, run: Run, out: Path | None
) -> pd.DataFrame:
    """Return a row a customer of one pair, read from the folder that keeps it."""
    (path,) = _parts(out, [run]) if out else (None,)
    if path is not None and path.is_file():
        return pd.read_parquet(path)
    try:
        found = counterfactual(base, treated, seed=run.seed)
    except ValueError as error:
        raise InputError(f"{run.scenario}: {error}") from None
    rows = table(found, run.scenario, run.seed, [s.name for s in base.market.segments])
    if path is not None:
        with adding(path) as hidden:
            path.parent.mkdir(exist_ok=True)
            rows.to_parquet(hidden, compression="zstd", index=False)
    return rows


def table(
    found: Counterfactual, label: str, seed: int, segments: list[str]
) -> pd.DataFrame:
    """Return a row a customer of one pair."""

    def named(codes: Array, names: Iterable[str]) -> "pd.Categorical[str]":
        return pd.Categorical.from_codes(codes.astype(np.int64), pd.Index(list(names)))

    n = found.id.size
    return pd.DataFrame(
        {
            "scenario": pd.Categorical([label] * n),
            "seed": np.full(n, seed),
            "id": found.id,
            "segment": named(found.segment, segments),
            "degree": found.degree,
            "trust": found.trust,
            "perception": found.perception,
            "was_active": found.was_active,
            "is_touched": found.is_touched,
            "change": named(found.change, CHANGES),
            "direct_change": named(found.direct_change, CHANGES),
            "is_active_base": found.base.is_active,
            "is_active": found.treated.is_active,
            "cause_base": named(found.base.cause, CAUSES),
            "cause": named(found.treated.cause, CAUSES),
            "left_week_base": found.base.left_week,
            "left_week": found.treated.left_week,
            "total": found.total_effect,
            "direct": found.direct_effect,
            "word_of_mouth": found.word_of_mouth_effect,
        }
    )


# Sums


def _path(customers: pd.DataFrame) -> Array:
    return np.where(customers["is_touched"], TOUCHED, ONLY_TOLD)


def _flows(customers: pd.DataFrame, labels: list[str]) -> pd.DataFrame:
    """Return how many changed, how, for what reason and by which path."""
    moved = customers[customers["change"] != "same"]
    change = moved["change"].astype(str)
    theirs, mine = moved["cause"].astype(str), moved["cause_base"].astype(str)
    reason = mine.where(change != "lost", theirs)
    reason = reason.where(~change.isin(["won", "missed"]), NEVER)
    counted = pd.DataFrame(
        {
            "scenario": moved["scenario"].astype(str),
            "seed": moved["seed"],
            "change": change,
            "reason": reason,
            "path": _path(moved),
        }
    )
    over = pd.Index(sorted(customers["seed"].unique()), name="seed")
    keys = ["scenario", "change", "reason", "path"]
    counts = counted.groupby([*keys, "seed"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=over, fill_value=0)
    rows = [
        (*key, *interval(values)[:3])
        for key, values in zip(counts.index, counts.to_numpy(float), strict=True)
    ]
    found = pd.DataFrame(rows, columns=[*keys, "mean", "low", "high"])
    places = {
        "scenario": labels,
        "change": list(SIGNS),
        "reason": [*CAUSES, NEVER],
        "path": list(PATHS),
    }
    return found.sort_values(
        keys, key=lambda column: column.map(places[str(column.name)].index)
    ).reset_index(drop=True)


def _effects(customers: pd.DataFrame) -> pd.DataFrame:
    """Return total, direct and word of mouth, of everybody and by path."""
    rows = []
    for label, mine in customers.groupby("scenario", sort=False, observed=True):
        for path in ("", *PATHS):
            chosen = mine.copy()
            if path:
                chosen.loc[_path(mine) != path, list(PARTS)] = 0
            sums = chosen.groupby("seed")[list(PARTS)].sum()
            for part in PARTS:
                found = interval(sums[part].to_numpy(float))
                rows.append((label, path, part, *found[:3]))
    columns = ["scenario", "path", "part", "mean", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def _groups(customers: pd.DataFrame) -> pd.DataFrame:
    """Return the effect by kind of customer: whom it pays to treat first."""
    mine = customers[customers["was_active"]].copy()
    by_world = mine.groupby(["scenario", "seed"], observed=True)
    kinds = {"segment": mine["segment"].astype(str)}
    for name, words in THIRDS.items():
        third = by_world[name].rank(method="average", pct=True)
        place = np.minimum((third * 3).to_numpy(), 2.999).astype(int)
        kinds[name] = pd.Series(np.array(words)[place], mine.index)
    rows = []
    for by, groups in kinds.items():
        order = THIRDS.get(by) or tuple(mine["segment"].cat.categories)
        keys = [mine["scenario"].astype(str), groups.rename("group"), mine["seed"]]
        shares = PER * mine.groupby(keys)[list(PARTS)].mean()
        for label in mine["scenario"].astype(str).unique():
            for group in order:
                share = float((groups == group).mean())
                if share == 0:
                    continue
                worlds = shares.loc[label, group]
                for part in PARTS:
                    found = interval(worlds[part].to_numpy(float))
                    rows.append((label, by, group, share, part, *found[:3]))
    columns = ["scenario", "by", "group", "share", "part", "mean", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


# The cost of delay


def later(scenario: Scenario, weeks: float) -> Scenario:
    """Return the scenario with every lever begun, and ended, that much later."""
    levers = []
    for lever in scenario.levers:
        until = lever.until_week
        moved = {
            "from_week": lever.from_week + weeks,
            "until_week": None if until is None else until + weeks,
        }
        levers.append(lever.model_copy(update=moved))
    name = f"{scenario.name}, {weeks:g} weeks later"
    return scenario.model_copy(update={"name": name, "levers": tuple(levers)})


def cost_of_delay(
    source: str | Path | Scenario,
    *,
    delays: Iterable[float] = DELAYS,
    pairs: int = PAIRS,
    **how: Unpack[How],
) -> pd.DataFrame:
    """Return what it costs to begin the levers of a scenario later.

    Parameters
    ----------
    source : str, Path or Scenario
    delays : iterable of float
        Weeks.
    pairs : int
        For each delay.
    **how
        seed, overrides, jobs, out and watcher: see `How`.

    Returns
    -------
    DataFrame
        A row for each delay and outcome (customers at the end, NPV): the paired
        difference of beginning later to beginning in time, with its interval.

    Raises
    ------
    ScenarioError, InputError
        Bad input, in one line.
    StudyError
        The folder cannot be written, or every run failed.
    """
    (scenario,) = read_scenarios([source], how.get("overrides", ())).values()
    waits = [float(weeks) for weeks in delays]
    if not all(0 <= weeks < math.inf for weeks in waits):
        raise InputError("--delay: no number of weeks, 0 or more; write 4 for instance")
    late = {w: f"{w:g}_weeks_later" for w in waits}
    worlds = {"in_time": scenario} | {k: later(scenario, w) for w, k in late.items()}
    plan = crossed(tuple(worlds), seeds(pairs, first_seed(how)))
    study = make(Request("delay", worlds, plan, how, keeps_weeks=False))
    by_seed = study.runs.pivot(index="seed", columns="scenario")
    rows = []
    for weeks, label in late.items():
        for outcome in DELAY_OUTCOMES:
            pair = (by_seed[outcome, k].to_numpy(float) for k in ("in_time", label))
            found = difference(label, outcome, *pair)
            unit = OUTCOME_BY_NAME[outcome].unit
            numbers = found.difference, found.low, found.high, found.n_pairs
            rows.append((weeks, outcome, unit, *numbers))
    columns = ["delay_weeks", "outcome", "unit", "difference", "low", "high", "n_pairs"]
    return pd.DataFrame(rows, columns=columns)
