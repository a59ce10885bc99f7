"""A Dask cluster, started for real: a scheduler and two workers, each a process.

What lands on disk is compared to the bit with that of processes and threads here.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.design import Design, crossed, seeds
from analysis.execution import Workers, lives
from analysis.request import Request
from analysis.study import make
from simulation.scenario import load

distributed = pytest.importorskip("distributed")

ROOT = Path(__file__).parents[1]
SMALL = ("market.customers=300", "clock.weeks=10", "clock.warmup_weeks=4")
POINTS = Design(("trust.gain",), np.array([[0.02], [0.1]]))
TIMED = ["seconds", "found_in"]
"""What may differ between two studies of the same: how long, and where from."""


@pytest.fixture(scope="module")
def small():
    return load("baseline", SMALL)


def started(*words):
    return subprocess.Popen(
        [sys.executable, *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def ended(process):
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """The scheduler's address, and the workers."""
    place = tmp_path_factory.mktemp("cluster") / "scheduler.json"
    file = ("--scheduler-file", str(place))
    quiet = ("--no-dashboard", "--host", "127.0.0.1", "--port", "0")
    crew = [started("-m", "distributed.cli.dask_scheduler", *quiet, *file)]
    try:
        for _ in range(600):
            if place.is_file():
                break
            time.sleep(0.1)
        one = ("--nthreads", "1", "--no-nanny", "--no-dashboard")
        for _ in range(2):
            crew.append(started("-m", "distributed.cli.dask_worker", *file, *one))
        address = json.loads(place.read_text())["address"]
        with distributed.Client(address, timeout="60s", set_as_default=False) as known:
            known.wait_for_workers(2, timeout=120)
        yield address, crew[1:]
    finally:
        for process in reversed(crew):
            ended(process)


def bits(folder):
    """Every column of both tables, in the order of runs and weeks, as raw bytes."""
    found = {}
    for name, order in (("runs", ["run"]), ("weekly", ["run", "week"])):
        table = pd.read_parquet(folder / f"{name}.parquet").sort_values(order)
        for column in table.columns.difference(TIMED):
            values = table[column].to_numpy()
            is_text = values.dtype == object
            raw = repr(values.tolist()).encode() if is_text else values.tobytes()
            found[name, column] = (str(values.dtype), raw)
    return found


@pytest.fixture(scope="module")
def here(small, tmp_path_factory):
    """The study as processes and threads of this machine leave it on disk."""
    plan, found = crossed(["x"], seeds(10), 2), {}
    for kind in ("processes", "threads"):
        folder = tmp_path_factory.mktemp(kind) / "study"
        how = {"jobs": Workers(2, kind), "out": folder}
        make(Request("test", {"x": small}, plan, how, design=POINTS))
        found[kind] = bits(folder)
    return found


def test_processes_threads_and_a_cluster_write_the_same_bits(
    cluster, here, small, tmp_path
):
    address, _ = cluster
    how = {"jobs": Workers(kind="cluster", address=address), "out": tmp_path / "study"}
    plan = crossed(["x"], seeds(10), 2)
    study = make(Request("test", {"x": small}, plan, how, design=POINTS))
    assert study.manifest["runs"] == {
        "planned": 20,
        "finished": 20,
        "failed": 0,
        "found": 0,
    }
    there = bits(study.folder)
    assert there == here["processes"] == here["threads"]
    assert ("weekly", "true_nps") in there


STUDY = """
import sys
from pathlib import Path
import numpy as np
import analysis.store as stores
from analysis.design import Design, crossed, seeds
from analysis.execution import Workers
from analysis.study import Request, make
from simulation.scenario import load

stores.WRITE_EVERY = 0.0
small = load("baseline", {small!r})
design = Design(("trust.gain",), np.array([[0.02], [0.1]]))
how = {{"jobs": Workers(kind="cluster", address=sys.argv[1]), "out": Path(sys.argv[2])}}
make(Request("test", {{"x": small}}, crossed(["x"], seeds(10), 2), how, design=design))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_a_study_killed_over_a_cluster_goes_on_where_it_was(cluster, here, tmp_path):
    address, _ = cluster
    folder = tmp_path / "study"
    begun = ("-c", STUDY.format(small=SMALL), address, str(folder))
    process = started(*begun)
    for _ in range(6000):
        n_parts = len(list(folder.glob("runs.parquet/*.parquet")))
        if n_parts >= 2 or process.poll() is not None:
            break
        time.sleep(0.01)
    assert process.poll() is None, "killed before its end"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    kept = len(pd.read_parquet(folder / "runs.parquet"))
    assert 0 < kept < 20
    again = started(*begun)
    _, err = again.communicate(timeout=300)
    assert again.returncode == 0, err
    runs = pd.read_parquet(folder / "runs.parquet")
    assert sorted(runs["run"]) == list(range(20)), "none lost, none doubled"
    assert bits(folder) == here["processes"]


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_a_worker_of_the_cluster_that_dies_costs_no_run(cluster, small):
    """The last of these tests: one worker is left."""
    address, crew = cluster
    plan = crossed(["x"], seeds(30))
    found = []
    for life in lives(plan, {"x": small}, Workers(kind="cluster", address=address)):
        found.append(life)
        if len(found) == 3:
            with contextlib.suppress(ProcessLookupError):
                os.kill(crew[0].pid, signal.SIGKILL)
    assert sorted(life.run for life in found) == sorted(plan), "none lost, none doubled"
    assert {life.status for life in found} == {"ok"}
