"""Runs the lives of a study on worker processes and keeps each one on disk.

Processes rather than threads: at 2,000 customers a run is half kernels, which
release the interpreter lock, and half the calls into them, which hold it. On two
cores processes took 0.16 s a run where threads took 0.20 s, as long as one core.

A study is a folder. Finished runs are added to its two tables as part files, each
written under a hidden name and then renamed, so that what is there is whole.
"""

import errno
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
from contextlib import contextmanager, suppress
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
    direction: int = 1
    """-1 where less is better."""


LESS_IS_BETTER = {"churn", "left", "blind_spot", "cost", "lever_cost"}


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
    direction = -1 if name in LESS_IS_BETTER else 1
    words = text or f"{source.text} {when}"
    return Outcome(name, source.unit, words, formula, places, direction)


OUTCOMES = (
    _outcome_of("active", "end"),
    _outcome_of("retention", "end", digits=3),
    Outcome(
        "churn",
        "share per year",
        "Share of customers who leave in a year: 1 - exp(-left / mean active / years).",
        _annual_churn,
        3,
        -1,
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
        return _failed(run, error, time.perf_counter() - began)
    seconds = time.perf_counter() - began
    return Life(run, "ok", "", seconds, _digest(columns), outcomes, columns)


def _failed(run: Run, error: BaseException, seconds: float = 0.0) -> Life:
    nothing = dict.fromkeys(OUTCOME_BY_NAME, math.nan)
    line = " ".join(f"{type(error).__name__}: {error}".split())
    return Life(run, "failed", line, seconds, "", nothing, {})


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
    pool = workers(jobs)
    waiting: dict[Future[Life], Run] = {}
    others = set(multiprocessing.active_children())
    try:
        with _interrupts_held():
            for run in islice(left, 2 * jobs):
                waiting[pool.submit(live, run, scenarios[run.scenario])] = run
        while waiting:
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                run, error = waiting.pop(future), future.exception()
                if isinstance(error, BrokenProcessPool):
                    suspects.append(run)
                    continue
                yield future.result() if error is None else _failed(run, error)
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
        end_workers(pool, set(multiprocessing.active_children()) - others)


def _one_by_one(
    suspects: Iterable[Run], scenarios: Mapping[str, Scenario]
) -> Iterator[Life]:
    """Yield the runs whose worker died, each in a worker of its own this time."""
    for run in suspects:
        pool = workers(1)
        others = set(multiprocessing.active_children())
        try:
            with _interrupts_held():
                future = pool.submit(live, run, scenarios[run.scenario])
            yield future.result()
        except BrokenProcessPool:
            yield _failed(run, MemoryError("the worker was killed, twice"))
        finally:
            end_workers(pool, set(multiprocessing.active_children()) - others)


def workers(jobs: int) -> ProcessPoolExecutor:
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


def end_workers(
    pool: ProcessPoolExecutor, workers: Iterable[multiprocessing.process.BaseProcess]
) -> None:
    """Close a pool at once, and wait for its workers, which are named, to end."""
    pool.shutdown(wait=False, cancel_futures=True)
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join()


# On disk


class Store:
    """The folder of a study while it grows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.n_parts = 0
        self.n_written = 0
        self.n_failed = 0
        self.lives: list[Life] = []
        self.began = self.written_at = time.monotonic()

    def open(self) -> None:
        """Make the folder, and forget the study that was there before."""
        if self.folder.is_dir() and any(self.folder.iterdir()):
            if not (self.folder / "manifest.json").is_file():
                raise InputError(
                    f"{self.folder}: holds files but no study; name another folder "
                    "with --out"
                )
            for name in ("runs.parquet", "weekly.parquet", "figures", "sections"):
                shutil.rmtree(self.folder / name, ignore_errors=True)
            for name in ("customers.parquet", "report.html"):
                (self.folder / name).unlink(missing_ok=True)
            (self.folder / "manifest.json").unlink()
        (self.folder / "runs.parquet").mkdir(parents=True)
        (self.folder / "weekly.parquet").mkdir()

    def add(self, life: Life) -> None:
        """Take in a finished run; write if it is time."""
        self.lives.append(life)
        now = time.monotonic()
        if now - self.written_at >= max(WRITE_EVERY, (now - self.began) / 50):
            self.flush()

    def flush(self) -> None:
        """Write every finished run that is not on disk yet, weeks before runs."""
        if self.lives:
            part = f"part-{self.n_parts:05d}.parquet"
            weeks = [life for life in self.lives if life.status == "ok"]
            if weeks:
                _write_table(self.folder / "weekly.parquet" / part, _weekly(weeks))
            _write_table(self.folder / "runs.parquet" / part, _runs(self.lives))
            self.n_parts += 1
            self.n_written += len(self.lives)
            self.n_failed += len(self.lives) - len(weeks)
            self.lives = []
        self.written_at = time.monotonic()


def _runs(finished: Sequence[Life]) -> pa.Table:
    columns: dict[str, Any] = {
        "run": pa.array([life.run.run for life in finished], pa.int32()),
        "scenario": pa.array([life.run.scenario for life in finished], pa.string()),
        "seed": pa.array([life.run.seed for life in finished], pa.int64()),
        "status": pa.array([life.status for life in finished], pa.string()),
        "error": pa.array([life.error for life in finished], pa.string()),
        "seconds": pa.array([life.seconds for life in finished], pa.float64()),
        "digest": pa.array([life.digest for life in finished], pa.string()),
    }
    for name in OUTCOME_BY_NAME:
        values = [life.outcomes[name] for life in finished]
        columns[name] = pa.array(values, pa.float64())
    return pa.table(columns)


def _weekly(finished: Sequence[Life]) -> pa.Table:
    lengths = [len(life.columns["week"]) for life in finished]
    columns: dict[str, Any] = {
        "run": np.repeat(
            np.array([life.run.run for life in finished], np.int32), lengths
        ),
        "scenario": pa.array(
            np.repeat([life.run.scenario for life in finished], lengths), pa.string()
        ),
        "seed": np.repeat(
            np.array([life.run.seed for life in finished], np.int64), lengths
        ),
    }
    for name in ("week", *(metric.name for metric in METRICS)):
        columns[name] = np.concatenate([life.columns[name] for life in finished])
    return pa.table(columns)


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Give a hidden path to write to; it takes the real name when all is written."""
    hidden = path.with_name(f".{path.name}.tmp")
    try:
        yield hidden
        hidden.replace(path)
    except BaseException:
        hidden.unlink(missing_ok=True)
        raise


def _write_table(path: Path, table: pa.Table) -> None:
    with _replacing(path) as hidden:
        pq.write_table(table, hidden, compression="zstd")


def _write_json(path: Path, content: object) -> None:
    text = json.dumps(as_json(content), indent=1, ensure_ascii=False, allow_nan=False)
    with _replacing(path) as hidden:
        hidden.write_text(text + "\n", encoding="utf-8")


def as_json(value: Any) -> Any:  # noqa: ANN401 (any part of a document)
    """Return a value with NaN as null, and infinities as YAML writes them."""
    if isinstance(value, Mapping):
        return {str(key): as_json(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(part) for part in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    return str(value) if isinstance(value, Path) else value


# What explains a study


def _manifest(request: "Request") -> dict[str, Any]:
    """Return everything needed to explain or repeat a study that begins now."""
    return {
        "study": request.folder.name,
        "kind": request.kind,
        "status": "running",
        "began": datetime.now(UTC).isoformat(timespec="seconds"),
        "groundswell": _version("groundswell"),
        "source": {"core": source_hash(), "simulation": _source_of_simulation()},
        "commit": _commit(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: _version(name) for name in PACKAGES},
        "seeds": sorted({run.seed for run in request.plan}),
        "runs": {"planned": len(request.plan), "finished": 0, "failed": 0},
        "warnings": list(request.warnings),
        "stopping": dict(request.stopping),
        "scenarios": {
            label: {"digest": scenario.digest(), **scenario.plain()}
            for label, scenario in request.scenarios.items()
        },
    }


def _source_of_simulation() -> str:
    """Return a hash of every file of the simulation: the core and what drives it."""
    folder = Path(sys.modules[PerceptionModel.__module__].__file__ or "").parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """Return the commit of the source, "+" if it was changed since; None if none."""
    here = Path(__file__).parent

    def git(*words: str) -> str:
        command = ["git", "-c", f"safe.directory={here.parent}", *words]
        found = subprocess.run(
            command, cwd=here, capture_output=True, text=True, check=True, timeout=10
        )
        return found.stdout.strip()

    try:
        commit = git("rev-parse", "HEAD")
        is_changed = git("status", "--porcelain", "--", "../simulation", ".")
    except (OSError, subprocess.SubprocessError):
        return None
    return commit + ("+" if is_changed else "")


# Studies


@dataclass(frozen=True)
class Request:
    """A study to be made."""

    kind: str
    scenarios: Mapping[str, Scenario]
    plan: tuple[Run, ...]
    folder: Path
    jobs: int
    warnings: tuple[str, ...] = ()
    looks: tuple[int, ...] = ()
    """After how many runs `is_enough` is asked; the last is the whole plan."""
    is_enough: Callable[[Sequence[Life]], bool] | None = None
    """Told the runs so far, says whether the others are no longer needed."""
    stopping: Mapping[str, Any] = field(default_factory=dict)
    """The rule behind it, for the manifest."""


class Watcher:
    """Is told how a study goes; this one keeps it to itself."""

    def compiling(self) -> None:
        """The model is being compiled, which happens once and takes a minute."""

    def began(self, request: Request) -> None:
        """All is well so far; the runs begin."""

    def finished(self, life: Life) -> None:
        """One run is over."""

    def looked(self, words: str) -> None:
        """The answer so far was looked at; this is how precise it is."""

    def ended(self) -> None:
        """No more runs will come."""


@dataclass(frozen=True)
class Study:
    """A finished study, read from its folder."""

    folder: Path
    scenarios: Mapping[str, Scenario] = field(repr=False)
    warnings: tuple[str, ...] = ()

    @cached_property
    def runs(self) -> pd.DataFrame:
        """A row a run: scenario, seed, status, error, seconds, digest, outcomes."""
        table = pd.read_parquet(self.folder / "runs.parquet")
        return table.sort_values("run", ignore_index=True)

    @cached_property
    def weekly(self) -> pd.DataFrame:
        """A row a run and week: run, scenario, seed, week, and every metric."""
        table = pd.read_parquet(self.folder / "weekly.parquet")
        return table.sort_values(["run", "week"], ignore_index=True)

    @property
    def manifest(self) -> dict[str, Any]:
        """What explains the study."""
        text = (self.folder / "manifest.json").read_text(encoding="utf-8")
        return dict(json.loads(text))

    @property
    def labels(self) -> tuple[str, ...]:
        """The scenarios, in the order in which they were named."""
        return tuple(self.scenarios)


def read_scenarios(
    sources: Sequence[str | Path | Scenario], overrides: Iterable[str] = ()
) -> dict[str, Scenario]:
    """Return the scenarios by label, each file read once.

    Raises
    ------
    ScenarioError
        One line that names file, key, fault and remedy.
    """
    changes = tuple(overrides)
    known: dict[str, Scenario] = {}
    found: list[Scenario] = []
    for source in sources:
        if isinstance(source, Scenario):
            found.append(source)
            continue
        if str(source) not in known:
            known[str(source)] = load(source, changes)
        found.append(known[str(source)])
    names = [
        _slug(s.name if isinstance(s, Scenario) else Path(s).stem) for s in sources
    ]
    return dict(zip(labelled(names), found, strict=True))


def _slug(name: str) -> str:
    """Return a name that can be part of a folder's."""
    kept = "".join(letter if letter.isalnum() else "_" for letter in name.strip())
    return kept.strip("_") or "scenario"


def folder_of(
    kind: str,
    scenarios: Mapping[str, Scenario],
    plan: Sequence[Run],
    stopping: Mapping[str, Any] | None = None,
) -> Path:
    """Return where a study belongs: named by what is asked, whenever it is asked."""
    asked = [[label, s.digest()] for label, s in scenarios.items()]
    text = json.dumps([kind, asked, plan, stopping or {}, _source_of_simulation()])
    digest = hashlib.sha256(text.encode()).hexdigest()[:6]
    names = "-".join(scenarios)
    return RESULTS / f"{kind}-{names[:60].rstrip('-')}-{digest}"


def check(scenarios: Mapping[str, Scenario], seed: int = FIRST_SEED) -> None:
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


def make(request: Request, watcher: Watcher) -> Study:
    """Run a study and leave it in its folder.

    Raises
    ------
    ScenarioError, PopulationError, NetworkError, InputError
        Nothing was run or written.
    StudyError
        The folder cannot be written, or every run failed.
    KeyboardInterrupt
        Stopped; its argument is one line that says what is on disk.
    """
    try:
        _warm_up(request.scenarios.values(), watcher)
        check(request.scenarios, min(run.seed for run in request.plan))
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            "Stopped before the first run; nothing written."
        ) from None
    store, manifest = Store(request.folder), _manifest(request)
    try:
        store.open()
        _write_json(request.folder / "manifest.json", manifest)
        _run_all(request, store, watcher)
        manifest["status"] = "complete"
        manifest["runs"]["planned"] = store.n_written
        manifest["seeds"] = sorted({r.seed for r in request.plan[: store.n_written]})
        _finish(request, store, manifest)
    except KeyboardInterrupt:
        manifest["status"] = "stopped"
        with suppress(OSError):
            _finish(request, store, manifest)
        raise KeyboardInterrupt(f"Stopped: {_kept(request, store)}.") from None
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        remedy = "name another folder with --out"
        if error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
            remedy = f"make room, or {remedy}"
        raise StudyError(
            f"{request.folder}: cannot be written ({reason}): {_kept(request, store)}; "
            f"{remedy}"
        ) from None
    study = Study(request.folder, request.scenarios, request.warnings)
    _complain_if_all_failed(study)
    return study


def _run_all(request: Request, store: Store, watcher: Watcher) -> None:
    watcher.began(request)
    done: list[Life] = []
    try:
        for upto in request.looks or (len(request.plan),):
            batch = request.plan[len(done) : upto]
            for life in lives(batch, request.scenarios, request.jobs):
                done.append(life._replace(columns={}))
                store.add(life)
                watcher.finished(life)
            if request.is_enough is not None and request.is_enough(done):
                break
        store.flush()
    except KeyboardInterrupt:
        store.flush()
        raise
    finally:
        watcher.ended()


def _finish(request: Request, store: Store, manifest: dict[str, Any]) -> None:
    """Complete the manifest with what only the end knows."""
    runs = manifest["runs"]
    runs["finished"], runs["failed"] = store.n_written, store.n_failed
    if store.n_failed:
        words = f"{store.n_failed} of {len(request.plan)} runs failed; see runs.parquet"
        manifest["warnings"].append(words)
    seconds = round(time.monotonic() - store.began, 3)
    manifest["timings"] = {
        "seconds": seconds,
        "jobs": request.jobs,
        "runs_per_second": round(store.n_written / seconds, 3) if seconds else None,
    }
    _write_json(request.folder / "manifest.json", manifest)


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


def run(
    source: str | Path | Scenario,
    *,
    runs: int = 20,
    seed: int = FIRST_SEED,
    overrides: Iterable[str] = (),
    jobs: int | None = None,
    out: str | Path | None = None,
    watcher: Watcher | None = None,
) -> Study:
    """Run one scenario with several seeds.

    Parameters
    ----------
    source : str, Path or Scenario
        A file, the bare name of a shipped scenario, or a scenario.
    runs, seed : int
        How many runs, and the seed of the first; the others follow it.
    overrides : iterable of str
        Changes, as `--set` takes them: "market.customers=5000".
    jobs : int, optional
        Worker processes; as many as there are cores if absent.
    out : str or Path, optional
        The study's folder; `results/run-…` if absent.
    watcher : Watcher, optional
        Is told how it goes.

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
    scenarios = read_scenarios([source], overrides)
    plan = crossed(tuple(scenarios), seeds(runs, seed))
    folder = Path(out) if out else folder_of("run", scenarios, plan)
    request = Request("run", scenarios, plan, folder, jobs or cores())
    return make(request, watcher or Watcher())


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
