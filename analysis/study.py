"""Runs the lives of a study on worker processes and keeps each one on disk.

Processes rather than threads: at 2,000 customers a run is half kernels, which
release the interpreter lock, and half the calls into them, which hold it. On two
cores processes took 0.16 s a run where threads took 0.20 s, as long as one core.

A study is a folder. Finished runs are added to its two tables as part files, each
written under a hidden name and then renamed, so that what is there is whole.
"""

import hashlib
import json
import math
import multiprocessing
import os
import platform
import shutil
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from simulation.metrics import BY_NAME, METRICS, weekly
from simulation.model import PerceptionModel, source_hash
from simulation.network import NetworkError
from simulation.population import PopulationError
from simulation.scenario import Scenario, ScenarioError, load

from .design import FIRST_SEED, Run, crossed, labelled, seeds

Array = np.ndarray[Any, np.dtype[Any]]
Columns = Mapping[str, Array]

RESULTS = Path("results")
LAST_WEEKS = 4
DAYS_PER_WEEK = 7
LARGE = 20_000
"""Customers from which several threads speed up a single run."""
NOTICE_AFTER = 2.0
"""Seconds; loading compiled kernels takes less, compiling them far more."""
WRITE_EVERY = 2.0
"""Seconds between two parts, and no more than 50 parts in all afterwards."""
PACKAGES = (
    "mesa",
    "numpy",
    "numba",
    "networkx",
    "scipy",
    "pandas",
    "pyarrow",
    "pydantic",
    "PyYAML",
    "matplotlib",
)


class InputError(ValueError):
    """A wish that cannot be met as it is; one line says why and what to do."""


class StudyError(RuntimeError):
    """A study that could not go on; one line says what is on disk all the same."""


BAD_INPUT = (ScenarioError, PopulationError, NetworkError, InputError)


# Outcomes


class Outcome(NamedTuple):
    """One number that sums up a run."""

    name: str
    unit: str
    """As metrics have it; "money" stands for the scenario's currency."""
    text: str
    formula: Callable[[Columns, float], float]
    """From the weekly columns, and the years they span."""
    digits: int = 0
    """Decimals worth printing."""


def _end(columns: Columns, name: str) -> float:
    return float(columns[name][-1])


def _late(columns: Columns, name: str) -> float:
    """Return the mean of the last weeks, of those in which there was a value."""
    is_late = columns["week"] > columns["week"][-1] - LAST_WEEKS
    values = columns[name][is_late]
    values = values[~np.isnan(values)]
    return float(values.mean()) if values.size else math.nan


def _annual_churn(columns: Columns, years: float) -> float:
    active = float(columns["active"].mean())
    if active == 0:
        return math.nan
    return 1 - math.exp(-float(columns["left"].sum()) / active / years)


def _outcome_of(
    name: str, how: str, metric: str = "", text: str = "", digits: int | None = None
) -> Outcome:
    """Return the outcome that is the end, late mean or sum of a metric."""
    source = BY_NAME[metric or name]
    formula: Callable[[Columns, float], float] = {
        "end": lambda columns, _: _end(columns, source.name),
        "late": lambda columns, _: _late(columns, source.name),
        "sum": lambda columns, _: math.fsum(columns[source.name]),
    }[how]
    when = {
        "end": "In the last week.",
        "late": f"Mean of the last {LAST_WEEKS} weeks.",
        "sum": "Sum over all weeks.",
    }[how]
    places = source.digits if digits is None else digits
    return Outcome(name, source.unit, text or f"{source.text} {when}", formula, places)


OUTCOMES = (
    _outcome_of("active", "end"),
    _outcome_of("retention", "end", digits=3),
    Outcome(
        "churn",
        "share per year",
        "Share of customers who leave in a year: 1 - exp(-left / mean active / years).",
        _annual_churn,
        3,
    ),
    _outcome_of("joined", "sum"),
    _outcome_of("left", "sum"),
    _outcome_of("perception", "late"),
    _outcome_of("trust", "late"),
    _outcome_of("true_nps", "late"),
    _outcome_of("measured_nps", "late"),
    _outcome_of("blind_spot", "late"),
    _outcome_of("rating", "late"),
    _outcome_of("revenue", "sum"),
    _outcome_of("cost", "sum"),
    _outcome_of("lever_cost", "sum", "cost_levers"),
    _outcome_of("profit", "sum"),
    _outcome_of(
        "npv",
        "sum",
        "present_value",
        "Net present value: the profit of all weeks, discounted to week 0.",
    ),
)
"""Every number a run is summed up in, in the order of the files."""

OUTCOME_BY_NAME = {outcome.name: outcome for outcome in OUTCOMES}


# One run


class Life(NamedTuple):
    """What one run left."""

    run: Run
    status: str
    """"ok" or "failed"."""
    error: str
    seconds: float
    digest: str
    outcomes: dict[str, float]
    columns: dict[str, Array]
    """Empty if the run failed."""


def live(run: Run, scenario: Scenario, n_threads: int = 1) -> Life:
    """Run one life to its end; a failure is a result too."""
    began = time.perf_counter()
    try:
        model = PerceptionModel(scenario, seed=run.seed, n_threads=n_threads).run()
        record = model.record()
        columns = weekly(record)
        years = float(record.years.sum())
        outcomes = {o.name: o.formula(columns, years) for o in OUTCOMES}
    except Exception as error:
        return _failed(run, f"{type(error).__name__}: {error}", began)
    seconds = time.perf_counter() - began
    return Life(run, "ok", "", seconds, _digest(columns), outcomes, columns)


def _failed(run: Run, error: str, began: float) -> Life:
    nothing = dict.fromkeys(OUTCOME_BY_NAME, math.nan)
    line = " ".join(error.split())
    return Life(run, "failed", line, time.perf_counter() - began, "", nothing, {})


def _digest(columns: Columns) -> str:
    """Return a hash of all weekly numbers: equal if and only if all bits are."""
    digest = hashlib.sha256()
    for name, values in columns.items():
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()[:16]


# Many runs


def lives(
    plan: Sequence[Run], scenarios: Mapping[str, Scenario], jobs: int
) -> Iterator[Life]:
    """Yield the runs as they finish, from that many worker processes."""
    if jobs > 1 and len(plan) > 1:
        yield from _in_processes(plan, scenarios, min(jobs, len(plan)))
        return
    for run in plan:
        scenario = scenarios[run.scenario]
        is_large = scenario.market.customers >= LARGE
        yield live(run, scenario, jobs if is_large else 1)


def _in_processes(
    plan: Sequence[Run], scenarios: Mapping[str, Scenario], jobs: int
) -> Iterator[Life]:
    left = iter(plan)
    suspects: list[Run] = []
    pool = _workers(jobs)
    waiting: dict[Future[Life], Run] = {}
    others = set(multiprocessing.active_children())
    try:
        with _interrupts_held():
            for run in islice(left, 2 * jobs):
                waiting[pool.submit(live, run, scenarios[run.scenario])] = run
        while waiting:
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                run = waiting.pop(future)
                if isinstance(future.exception(), BrokenProcessPool):
                    suspects.append(run)
                    continue
                yield future.result()
                for new in islice(left, 0 if suspects else 1):
                    waiting[pool.submit(live, new, scenarios[new.scenario])] = new
        if suspects:
            yield from _one_by_one(suspects, scenarios)
            yield from _in_processes(list(left), scenarios, jobs)
    except KeyboardInterrupt:
        for future in waiting:
            if future.done() and not future.cancelled() and not future.exception():
                yield future.result()
        raise
    finally:
        _end_workers(pool, set(multiprocessing.active_children()) - others)


def _one_by_one(
    suspects: Iterable[Run], scenarios: Mapping[str, Scenario]
) -> Iterator[Life]:
    """Yield the runs whose worker died, each in a worker of its own this time."""
    for run in suspects:
        began = time.perf_counter()
        pool = _workers(1)
        others = set(multiprocessing.active_children())
        try:
            with _interrupts_held():
                future = pool.submit(live, run, scenarios[run.scenario])
            yield future.result()
        except BrokenProcessPool:
            error = "the worker was killed, twice; perhaps memory ran out"
            yield _failed(run, error, began)
        finally:
            _end_workers(pool, set(multiprocessing.active_children()) - others)


def _workers(jobs: int) -> ProcessPoolExecutor:
    """Return a pool; where it is safe its workers inherit what is compiled."""
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin_worker)


def _begin_worker() -> None:
    """Leave Ctrl-C to the parent, and end when it has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = multiprocessing.parent_process()
    if parent is not None:

        def follow() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=follow, daemon=True).start()


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let no Ctrl-C reach a worker before it has begun; ours waits meanwhile."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with warnings.catch_warnings():
            # Python 3.12 warns of forks beside threads; ours hold no lock.
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_workers(
    pool: ProcessPoolExecutor, workers: Iterable[multiprocessing.process.BaseProcess]
) -> None:
    pool.shutdown(wait=False, cancel_futures=True)
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join()
