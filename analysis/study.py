"""Makes a study: runs on workers, into a folder, each run lived once.

What is asked is a `Request`; who watches is told how it goes; the answer is a `Study`,
read from its folder. The same question again is answered from there.
"""

import errno
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, Unpack

from simulation.later import later
from simulation.levers import DefaultPrice
from simulation.model import PerceptionModel
from simulation.network import NetworkError
from simulation.population import PopulationError
from simulation.scenario import Scenario, ScenarioError, default_price_words

from .design import AS_IT_IS, Run, crossed, seeds
from .errors import InputError, StudyError
from .execution import Life, lives
from .provenance import origin
from .request import (
    How,
    Request,
    Watcher,
    first_seed,
    read_scenarios,
)
from .store import (
    RUNS,
    WEEKLY,
    Store,
    key_of,
    read_design,
    read_manifest,
    write_design,
    write_manifest,
)

with later("pandas"):
    import pandas as pd


MONEY = {
    "revenue": "revenue",
    "cost": "cost",
    "lever_cost": "cost_levers",
    "profit": "profit",
    "npv": "present_value",
}
"""Outcomes that are sums of money over the weeks, by the metric summed."""
NOTICE_AFTER = 4.0
"""Seconds; loading compiled kernels takes less, compiling them far more."""
BAD_INPUT = (ScenarioError, PopulationError, NetworkError, InputError)


@dataclass(frozen=True)
class Study:
    """A finished study, read from its folder."""

    folder: Path
    scenarios: Mapping[str, Scenario] = field(repr=False)
    warnings: tuple[str, ...] = ()

    @cached_property
    def runs(self) -> "pd.DataFrame":
        """A row a run: scenario, seed, status, error, seconds, digest, outcomes."""
        table = pd.read_parquet(self.folder / RUNS)
        return table.sort_values("run", ignore_index=True)

    @cached_property
    def weekly(self) -> "pd.DataFrame":
        """A row a run and week: run, scenario, seed, week, and every metric."""
        table = pd.read_parquet(self.folder / WEEKLY)
        return table.sort_values(["run", "week"], ignore_index=True)

    @property
    def manifest(self) -> dict[str, Any]:
        """What explains the study."""
        return read_manifest(self.folder)

    @property
    def labels(self) -> tuple[str, ...]:
        """The scenarios, in the order in which they were named."""
        return tuple(self.scenarios)

    @property
    def default_prices(self) -> str:
        """Which prices no file gives, and the remedy, in a sentence; "" without any."""
        prices = self.manifest.get("default_prices", ())
        currency = next(iter(self.scenarios.values())).money.currency
        lines = default_price_words([DefaultPrice(**x) for x in prices], currency)
        return "".join(f"{line[0].upper()}{line[1:]}." for line in lines)

    def people(self, label: str) -> int | None:
        """Return how many people are in a scenario's market, as its runs counted them.

        Returns
        -------
        int or None
            None where a customers file decides it, and no week of a run was kept.
        """
        market = self.scenarios[label].market
        if market.customers_file is None:
            return market.customers
        if not self.manifest["keeps_weeks"]:
            return None
        weeks = self.weekly[self.weekly["scenario"] == label]
        counts = weeks[["active", "prospects", "lost"]].sum(axis="columns")
        return None if counts.empty else int(counts.iloc[0])

    @cached_property
    def design(self) -> "pd.DataFrame":
        """A row a point, as runs name it: what it sets each parameter to, by path."""
        found = read_design(self.folder) or AS_IT_IS
        return pd.DataFrame(found.values, columns=list(found.paths))

    def retold(
        self, weekly: "pd.DataFrame", scenarios: Mapping[str, Scenario]
    ) -> "Study":
        """Return the study with another ledger: other weeks, and their sums of money.

        Parameters
        ----------
        weekly : DataFrame
            As `weekly` has it, another price apart.
        scenarios : mapping
            By label, at that price.
        """
        sums = weekly.groupby(["scenario", "seed"])[list(MONEY.values())].sum()
        runs = self.runs.set_index(["scenario", "seed"])
        for outcome, metric in MONEY.items():
            runs[outcome] = sums[metric].reindex(runs.index)
        found = Study(self.folder, scenarios, self.warnings)
        vars(found).update(weekly=weekly, runs=runs.reset_index())
        return found


def _check(scenarios: Mapping[str, Scenario], seed: int) -> None:
    """Draw the people and ties of each scenario, which reads the files it names.

    Raises
    ------
    PopulationError, NetworkError
        One line that names the file, the fault and the remedy.
    """
    for scenario in scenarios.values():
        PerceptionModel(scenario, seed=seed)


def _warm_up(scenarios: Iterable[Scenario], watcher: Watcher) -> None:
    """Compile what the scenarios need, on a small market, if it is not yet."""
    timer = threading.Timer(NOTICE_AFTER, watcher.compiling)
    timer.daemon = True
    timer.start()
    try:
        for kind in {s.network.kind for s in scenarios} - {"file"} | {"none"}:
            changes = {"kind": kind}
            small = Scenario.model_validate(
                {"market": {"customers": 200}, "network": changes}
            )
            PerceptionModel(small).step()
    finally:
        timer.cancel()


def make(request: Request) -> Study:
    """Run a study and leave it in its folder; the same one again is read from there.

    Raises
    ------
    ScenarioError, PopulationError, NetworkError, InputError
        Nothing was run or written.
    StudyError
        The folder cannot be written, the cluster went away, or every run failed.
    KeyboardInterrupt
        Stopped; its argument is one line that says what is on disk.
    """
    study = Study(request.folder, request.scenarios, request.warnings)
    if _is_complete(request):
        _tell_prices(study, request)
        return study
    try:
        _warm_up(request.scenarios.values(), request.watcher)
        _check(request.scenarios, min(run.seed for run in request.plan))
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            "Stopped before the first run; nothing written."
        ) from None
    contents = {label: s.digest() for label, s in request.scenarios.items()}
    store = Store(
        request.folder,
        lambda run: key_of(contents[run.scenario], run, request.design),
        keeps_weeks=request.keeps_weeks,
    )
    manifest = _manifest(request, read_manifest(request.folder))
    try:
        store.open(manifest)
        if request.design.paths:
            write_design(request.folder, request.design)
        _run_all(request, store)
        manifest["status"] = "complete"
        manifest["runs"]["planned"] = store.n_written
        manifest["seeds"] = sorted({r.seed for r in request.plan[: store.n_written]})
        _finish(request, store, manifest)
    except KeyboardInterrupt:
        manifest["status"] = "stopped"
        with suppress(OSError):
            _finish(request, store, manifest)
        raise KeyboardInterrupt(f"Stopped: {_kept(request, store)}.") from None
    except StudyError as error:
        raise StudyError(f"{error}: {_kept(request, store)}") from None
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        remedy = "name another folder with --out"
        if error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
            remedy = f"make room and ask again, or {remedy}"
        raise StudyError(
            f"{request.folder}: cannot be written ({reason}): {_kept(request, store)}; "
            f"{remedy}"
        ) from None
    finally:
        store.close(is_complete=manifest["status"] == "complete")
    _complain_if_all_failed(study)
    return study


def _is_complete(request: Request) -> bool:
    """Return whether the folder holds the whole answer already, without a failure."""
    manifest = read_manifest(request.folder)
    is_asked = manifest.get("asked") == request.asked
    is_whole = manifest.get("status") == "complete" and not manifest["runs"]["failed"]
    return is_asked and is_whole and (request.folder / RUNS).is_dir()


def _manifest(request: Request, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything needed to explain or repeat a study that begins, or goes on.

    Parameters
    ----------
    before : mapping
        The manifest in the folder; one of the same question was stopped there, so
        that its beginning and its time are this study's.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    earlier = before if before.get("asked") == request.asked else {}
    spent = earlier.get("timings", {})
    return {
        "study": request.folder.name,
        "kind": request.kind,
        "status": "running",
        "began": earlier.get("began", now),
        **origin(),
        "asked": request.asked,
        "seeds": sorted({run.seed for run in request.plan}),
        "runs": {"planned": len(request.plan), "finished": 0, "failed": 0, "found": 0},
        "timings": {
            "seconds": spent.get("seconds", 0.0),
            "sessions": spent.get("sessions", 0) + 1,
        },
        "warnings": list(request.warnings),
        "stopping": dict(request.stopping),
        "keeps_weeks": request.keeps_weeks,
        "design": {
            "points": len(request.design.values),
            "parameters": list(request.design.paths),
        },
        "default_prices": _default_prices(request),
        "scenarios": {
            label: {"digest": scenario.digest(), **scenario.plain()}
            for label, scenario in request.scenarios.items()
        },
    }


def _tell_prices(study: Study, request: Request) -> None:
    """Correct what a manifest says of prices: another file may give the same."""
    found, told = _default_prices(request), study.manifest
    if told.get("default_prices") != found:
        write_manifest(request.folder, {**told, "default_prices": found})


def _default_prices(request: Request) -> list[dict[str, Any]]:
    """Return the prices that no file gives; scenarios in full tell it no more."""
    found = (each.default_prices() for each in request.scenarios.values())
    return [price._asdict() for price in dict.fromkeys(chain.from_iterable(found))]


def _run_all(request: Request, store: Store) -> None:
    """Live what is not on disk yet, here or in an earlier study."""
    watcher = request.watcher
    watcher.began(request)
    finished = _Finished(request.lacks is not None)
    try:
        for life in store.kept():
            finished.add(life)
            watcher.kept(life)
        for upto in request.looks or (len(request.plan),):
            batch = [r for r in request.plan[:upto] if r.run not in finished.runs]
            for life in _lives(request, store, batch):
                finished.add(life)
                store.add(life)
                watcher.finished(life)
            if request.lacks is None:
                continue
            lacking = request.lacks([x for x in finished.lives if x.run.run < upto])
            if not lacking:
                break
            watcher.looked(lacking)
    finally:
        store.flush()
        watcher.ended()


def _lives(request: Request, store: Store, batch: Sequence[Run]) -> Iterator[Life]:
    """Yield the runs found elsewhere, then the others as they are lived."""
    found = set()
    for life in store.found(batch):
        found.add(life.run.run)
        yield life
    rest = [run for run in batch if run.run not in found]
    if rest:
        yield from lives(
            rest,
            request.scenarios,
            request.jobs,
            request.design,
            keeps_weeks=request.keeps_weeks,
        )


class _Finished:
    """Which runs are over and, if somebody decides by them, their outcomes."""

    def __init__(self, keeps_lives: bool) -> None:
        self.keeps_lives = keeps_lives
        self.runs: set[int] = set()
        self.lives: list[Life] = []

    def add(self, life: Life) -> None:
        """Note a run that is over."""
        self.runs.add(life.run.run)
        if self.keeps_lives:
            self.lives.append(life._replace(columns={}))


def _finish(request: Request, store: Store, manifest: dict[str, Any]) -> None:
    """Complete the manifest with what only the end knows."""
    runs = manifest["runs"]
    runs["finished"], runs["failed"] = store.n_written, store.n_failed
    runs["found"] = store.n_found
    if store.n_failed:
        words = f"{store.n_failed} of {len(request.plan)} runs failed; see runs.parquet"
        manifest["warnings"].append(words)
    timings = manifest["timings"]
    seconds = round(timings["seconds"] + time.monotonic() - store.began, 3)
    manifest["timings"] = {
        **timings,
        "seconds": seconds,
        "jobs": request.jobs.n,
        "runs_per_second": round(store.n_written / seconds, 3) if seconds else None,
    }
    write_manifest(request.folder, manifest)


def _kept(request: Request, store: Store) -> str:
    """Return how much of a study is on disk, in words."""
    count, planned = store.n_written, len(request.plan)
    if count == 0:
        return f"none of {planned} runs was finished"
    were = "run was" if count == 1 else "runs were"
    return f"{count} of {planned} {were} finished and can be read in {request.folder}"


def _complain_if_all_failed(study: Study) -> None:
    runs = study.runs
    if (runs["status"] == "failed").all():
        raise StudyError(
            f"{study.folder}: every run failed; the first said: {runs['error'].iloc[0]}"
        )


def run(source: str | Path | Scenario, *, runs: int = 20, **how: Unpack[How]) -> Study:
    """Run one scenario with several seeds.

    Parameters
    ----------
    source : str, Path or Scenario
        A file, the bare name of a shipped scenario, or a scenario.
    runs : int
        How many.
    **how
        seed, overrides, jobs, out and watcher: see `How`.

    Returns
    -------
    Study

    Raises
    ------
    ScenarioError, PopulationError, NetworkError, InputError
        Bad input, in one line; nothing was run or written.
    StudyError
        The folder cannot be written, or every run failed.
    """
    scenarios = read_scenarios([source], how.get("overrides", ()))
    plan = crossed(tuple(scenarios), seeds(runs, first_seed(how)))
    return make(Request("run", scenarios, plan, how))
