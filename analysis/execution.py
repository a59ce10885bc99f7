"""Runs lives, on processes or threads of this machine or on a cluster of others.

Processes are the rule: at 2,000 customers a run is partly kernels, which release the
interpreter lock, and partly the calls into them, which hold it. On two cores
processes took 0.16 s a run where threads took 0.20 s, as long as one core.
"""

import hashlib
import math
import multiprocessing
import os
import re
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice, starmap
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np

from simulation.metrics import weekly
from simulation.model import PerceptionModel
from simulation.scenario import Scenario

from .design import AS_IT_IS, Changes, Design, Run, world_at
from .errors import InputError, StudyError
from .interrupts import heed_as_worker
from .outcomes import OUTCOME_BY_NAME, OUTCOMES, Array, Columns
from .provenance import sources

LARGE = 20_000
"""Customers from which several threads speed up a single run."""
AHEAD = 2
"""Runs handed out for each worker: one it lives, one that waits for it."""
AT_MOST = 10.0
"""Seconds in which a worker that is not needed any more ends by itself, and in which
a pool notices by itself that one was killed."""
PATIENCE = "10s"
"""For a scheduler to answer."""
Done = TypeVar("Done")


class Workers(NamedTuple):
    """Who lives the runs."""

    n: int = 1
    """Processes or threads; a cluster has as many as have joined it."""
    kind: Literal["processes", "threads", "cluster"] = "processes"
    address: str = ""
    """Of the cluster's scheduler: "tcp://host:8786"."""


def crew(jobs: int | Workers | None) -> Workers:
    """Return who lives runs: a number is that many processes, nothing one a core."""
    return jobs if isinstance(jobs, Workers) else Workers(jobs or cores())


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Life(NamedTuple):
    """What one run left."""

    run: Run
    status: str
    """"ok" or "failed"."""
    error: str
    seconds: float
    digest: str
    """Of all weekly numbers: equal if and only if all bits are."""
    outcomes: dict[str, float]
    columns: dict[str, Array]
    """By the week; empty if the run failed, or if nobody wants them."""
    traceback: str = ""
    """Where a failed run failed."""
    found_in: str = ""
    """The earlier study that lived it; empty if this one did."""


def live(
    run: Run,
    scenario: Scenario,
    n_threads: int = 1,
    changes: Changes = (),
    *,
    keeps_weeks: bool = True,
) -> Life:
    """Run one life to its end; a failure is a result too.

    The threads are for a market of `LARGE`: smaller ones are as fast without.
    """
    began = time.perf_counter()
    try:
        if changes:
            scenario = world_at(scenario, changes)
        model = PerceptionModel(scenario, seed=run.seed, n_threads=n_threads)
        if model.n_customers < LARGE:
            model.n_threads = 1
        record = model.run().record()
        columns = weekly(record)
        years = float(record.years.sum())
        outcomes = {o.name: o.formula(columns, years) for o in OUTCOMES}
    except Exception as error:
        return _failed(run, error, time.perf_counter() - began)
    seconds = time.perf_counter() - began
    digest = digest_of_weeks(columns)
    return Life(
        run, "ok", "", seconds, digest, outcomes, columns if keeps_weeks else {}
    )


def _failed(run: Run, error: BaseException, seconds: float = 0.0) -> Life:
    nothing = dict.fromkeys(OUTCOME_BY_NAME, math.nan)
    line = " ".join(f"{type(error).__name__}: {error}".split())
    trace = "".join(traceback.format_exception(error))
    return Life(run, "failed", line, seconds, "", nothing, {}, trace)


def digest_of_weeks(columns: Columns) -> str:
    """Return a hash of all weekly numbers: equal if and only if all bits are."""
    digest = hashlib.sha256()
    for name, values in columns.items():
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()[:16]


# Many runs


class _Task(NamedTuple):
    """What a worker needs to live any run of a study."""

    scenarios: Mapping[str, Scenario]
    design: Design
    keeps_weeks: bool

    def live(self, run: Run, n_threads: int = 1) -> Life:
        """Run one life in this process."""
        scenario, changes = self.scenarios[run.scenario], self.changes(run)
        return live(run, scenario, n_threads, changes, keeps_weeks=self.keeps_weeks)

    def changes(self, run: Run) -> Changes:
        """Return what the run's point changes."""
        return self.design.changes(run.point)


def lives(
    plan: Sequence[Run],
    scenarios: Mapping[str, Scenario],
    jobs: int | Workers | None = None,
    design: Design = AS_IT_IS,
    *,
    keeps_weeks: bool = True,
) -> Iterator[Life]:
    """Yield the runs as they finish; no more are handed out than are waited for.

    Parameters
    ----------
    plan : sequence of Run
    scenarios : mapping
        By label.
    jobs : int or Workers, optional
        A number is that many processes; a process a core if absent.
    design : Design
        What the points of the runs change.
    keeps_weeks : bool
        Whether lives bring their weekly columns.

    Raises
    ------
    InputError
        The cluster cannot be reached, or runs other code.
    StudyError
        The cluster went away.
    """
    team = crew(jobs)
    task = _Task(scenarios, design, keeps_weeks)
    if team.kind == "cluster":
        yield from _on_cluster(plan, task, team.address)
    elif team.kind == "threads":
        with ThreadPoolExecutor(team.n) as pool:
            yield from _as_finished(
                plan, lambda run: pool.submit(task.live, run), team.n
            )
    elif team.n > 1 and len(plan) > 1:
        yield from _in_processes(plan, task, min(team.n, len(plan)))
    else:
        for run in plan:
            yield task.live(run, team.n)


def _as_finished(
    plan: Iterable[Run], submit: Callable[[Run], "Future[Life]"], n_workers: int
) -> Iterator[Life]:
    """Yield lives from workers that outlive their runs, a few handed out ahead."""
    left = iter(plan)
    waiting = {submit(run): run for run in islice(left, AHEAD * n_workers)}
    try:
        while waiting:
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                run = waiting.pop(future)
                if future.cancelled():
                    raise StudyError("the cluster went away")
                error = future.exception()
                yield future.result() if error is None else _failed(run, error)
                for new in islice(left, 1):
                    waiting[submit(new)] = new
    except KeyboardInterrupt:
        yield from _those_done(waiting)
        raise
    finally:
        for future in waiting:
            future.cancel()


def _those_done(waiting: Iterable["Future[Life]"]) -> Iterator[Life]:
    """Yield what was finished when everything was stopped."""
    for future in waiting:
        if future.done() and not future.cancelled() and not future.exception():
            yield future.result()


# Processes


def _in_processes(plan: Sequence[Run], task: _Task, jobs: int) -> Iterator[Life]:
    left = iter(plan)
    suspects: list[Run] = []
    waiting: dict[Future[Life], Run] = {}
    with _pool(jobs) as pool:
        try:
            with _interrupts_held():
                for run in islice(left, AHEAD * jobs):
                    waiting[_submitted(pool, task, run)] = run
            while waiting:
                for future in _those_first_done(pool, waiting):
                    run, error = waiting.pop(future), future.exception()
                    if isinstance(error, BrokenProcessPool):
                        suspects.append(run)
                        continue
                    yield future.result() if error is None else _failed(run, error)
                    for new in islice(left, 0 if suspects else 1):
                        try:
                            waiting[_submitted(pool, task, new)] = new
                        except BrokenProcessPool:  # a worker has died since we looked
                            suspects.append(new)
        except KeyboardInterrupt:
            yield from _those_done(waiting)
            raise
    if suspects:
        yield from _one_by_one(suspects, task)
        yield from _in_processes(list(left), task, jobs)


def _submitted(pool: ProcessPoolExecutor, task: _Task, run: Run) -> "Future[Life]":
    """Hand a run to a worker, with no more of the study than it needs."""
    changes, scenario = task.changes(run), task.scenarios[run.scenario]
    return pool.submit(live, run, scenario, 1, changes, keeps_weeks=task.keeps_weeks)


def _one_by_one(suspects: Iterable[Run], task: _Task) -> Iterator[Life]:
    """Yield the runs whose worker died, each in a worker of its own this time."""
    for run in suspects:
        with _pool(1) as pool:
            try:
                with _interrupts_held():
                    future = _submitted(pool, task, run)
                _those_first_done(pool, [future])
                yield future.result()
            except BrokenProcessPool:
                yield _failed(run, MemoryError("the worker was killed, twice"))


def in_order(
    work: Callable[..., Done], tasks: Sequence[tuple[Any, ...]], jobs: int
) -> Iterator[Done]:
    """Yield what a function returns for each task, in their order, from processes.

    For work that is no run of a study. Left early, by Ctrl-C too, it ends its workers.

    Parameters
    ----------
    work : callable
        Found by its name in every process.
    tasks : sequence of tuple
        The arguments of each call.
    jobs : int
        Worker processes; with one, this process works alone.

    Raises
    ------
    StudyError
        A worker was killed.
    """
    jobs = min(jobs, len(tasks))
    if jobs < 2:
        yield from starmap(work, tasks)
        return
    with _pool(jobs) as pool:
        try:
            with _interrupts_held():
                waiting = [pool.submit(work, *task) for task in tasks]
            for future in waiting:
                _those_first_done(pool, [future])
                yield future.result()
        except BrokenProcessPool:
            raise StudyError(
                "a worker was killed, for want of memory perhaps; ask for fewer --jobs"
            ) from None


def _those_first_done(
    pool: ProcessPoolExecutor, waiting: Iterable["Future[Done]"]
) -> "set[Future[Done]]":
    """Wait until something is finished, or the pool broken.

    A worker killed while it sends a result leaves half of one, and the pool waits for
    the rest as long as anybody could write it: here until nobody can.
    """
    while not (done := wait(waiting, AT_MOST, FIRST_COMPLETED).done):
        workers = list((pool._processes or {}).values())
        if any(worker.exitcode is not None for worker in workers):
            for worker in workers:
                worker.kill()
            pool._result_queue._writer.close()  # type: ignore[attr-defined]
    return done


@contextmanager
def _pool(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Give processes to work; they end at once when they are not needed any more.

    Where it is safe they inherit what is compiled.
    """
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin_worker)
    others = set(multiprocessing.active_children())
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        ours = set(multiprocessing.active_children()) - others
        for worker in ours:
            worker.terminate()
        for worker in ours:
            worker.join(AT_MOST)
            worker.kill()
            worker.join()


def _begin_worker() -> None:
    """Leave Ctrl-C to the parent, and end when it has ended."""
    heed_as_worker()
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


# A cluster


def _on_cluster(plan: Sequence[Run], task: _Task, address: str) -> Iterator[Life]:
    with _client(address) as client:
        size = _checked_size(client, address)
        kept = _Task(task.scenarios, AS_IT_IS, task.keeps_weeks)
        # In a list: older Dask scatters what a named tuple holds, each by itself.
        (everywhere,) = client.scatter([kept], broadcast=True, hash=False)
        with client.get_executor(retries=2) as pool:

            def submit(run: Run) -> "Future[Life]":
                done: Future[Life] = pool.submit(
                    _live_there, run, everywhere, task.changes(run)
                )
                return done

            yield from _as_finished(plan, submit, size)


def _live_there(run: Run, kept: _Task, changes: Changes) -> Life:
    scenario = kept.scenarios[run.scenario]
    return live(run, scenario, 1, changes, keeps_weeks=kept.keeps_weeks)


@contextmanager
def _client(address: str) -> Iterator[Any]:
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            "--cluster: Dask is not installed here; pip install groundswell[cluster]"
        ) from None
    if not re.fullmatch(r".+:\d+", address):
        raise InputError(
            f"--cluster {address}: is no address of a scheduler; give host and port, "
            "such as tcp://scheduler:8786"
        )
    try:
        connect: Any = Client
        client = connect(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(
            f"--cluster {address}: no scheduler answers there ({error}); start one "
            "with 'dask scheduler', and workers with 'dask worker ADDRESS'"
        ) from None
    try:
        yield client
    finally:
        client.close()


def _checked_size(client: Any, address: str) -> int:  # noqa: ANN401 (imported late)
    """Return how many runs a cluster lives at a time, all by the code that is here.

    Raises
    ------
    InputError
        It has no workers, or they have other code, or none.
    """
    threads = client.nthreads()
    if not threads:
        raise InputError(
            f"--cluster {address}: has no workers yet; start some with 'dask worker "
            f"{address}'"
        )
    try:
        there = client.run(sources)
    except Exception as error:
        raise InputError(
            f"--cluster {address}: its workers cannot load groundswell "
            f"({type(error).__name__}: {error}); install this version there"
        ) from None
    others = [worker for worker, found in there.items() if found != sources()]
    if others:
        raise InputError(
            f"--cluster {address}: {others[0]} has another version of groundswell; "
            "install this one there, or results would mix"
        )
    return sum(threads.values())
