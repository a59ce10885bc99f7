"""Runs on processes and threads: the same bits wherever they live.

A cluster has tests of its own: `tests/test_cluster.py`.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import psutil
import pytest

from analysis import InputError, StudyError, execution
from analysis.design import Design, Run, crossed, seeds, world_at
from analysis.execution import Workers, in_order, live, lives
from simulation.scenario import ScenarioError, load

ROOT = Path(__file__).parents[1]
SMALL = ("market.customers=300", "clock.weeks=10", "clock.warmup_weeks=4")


@pytest.fixture
def small():
    return load("baseline", SMALL)


# One run


def test_digest_is_equal_only_for_equal_lives(small):
    one, again = (live(Run(0, "x", 3), small) for _ in range(2))
    other = live(Run(0, "x", 4), small)
    assert one.digest == again.digest != other.digest


def test_a_failed_run_is_a_result(small, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("a\nlong story")

    monkeypatch.setattr(execution, "PerceptionModel", broken)
    life = live(Run(0, "x", 3), small)
    assert (life.status, life.error) == ("failed", "ZeroDivisionError: a long story")
    assert all(np.isnan(value) for value in life.outcomes.values())


# Many runs


def test_processes_and_threads_change_nothing(small, monkeypatch):
    monkeypatch.setattr(execution, "LARGE", 300)
    plan = crossed(["x"], seeds(4))
    scenarios = {"x": small}
    alone = {life.run: life.digest for life in lives(plan, scenarios, 1)}
    together = {life.run: life.digest for life in lives(plan, scenarios, 2)}
    threaded = {r: live(r, small, 2).digest for r in plan}
    assert alone == together == threaded


@pytest.mark.parametrize(("large", "n_threads"), [(40, 2), (41, 1)])
def test_threads_are_for_as_many_people_as_a_customers_file_has(
    large, n_threads, crowd, monkeypatch
):
    class Noted(execution.PerceptionModel):
        def run(self):
            noted.append(self.n_threads)
            return super().run()

    noted = []
    monkeypatch.setattr(execution, "LARGE", large)
    monkeypatch.setattr(execution, "PerceptionModel", Noted)
    own = load("baseline", [*SMALL, crowd(40)])
    (life,) = lives([Run(0, "x", 3)], {"x": own}, 2)
    assert life.status == "ok"
    assert noted == [n_threads]


@pytest.mark.skipif(sys.platform != "linux", reason="needs fork")
def test_a_killed_worker_costs_only_the_run_that_kills(small, monkeypatch):
    """Workers are forked here, so they inherit what stands in for the model."""
    honest = execution.PerceptionModel

    def deadly(scenario, *, seed, n_threads):
        if seed == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return honest(scenario, seed=seed, n_threads=n_threads)

    monkeypatch.setattr(execution, "PerceptionModel", deadly)
    plan = crossed(["x"], seeds(6))
    found = {life.run.seed: life for life in lives(plan, {"x": small}, 2)}
    assert set(found) == set(range(1, 7))
    assert {s for s, life in found.items() if life.status == "failed"} == {3}
    assert "killed" in found[3].error


def test_a_failed_run_says_where_it_failed(small, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("no")

    monkeypatch.setattr(execution, "PerceptionModel", broken)
    life = live(Run(0, "x", 3), small)
    assert "in broken" in life.traceback
    assert life.traceback.endswith("ZeroDivisionError: no\n")


# Other work


def _first_then_never(place):
    """Return a first task's number; wait for ever at any other."""
    if place:
        threading.Event().wait()
    return place


def _deadly(place):
    os.kill(os.getpid(), signal.SIGKILL)


def test_other_work_comes_back_in_its_order():
    tasks = [(value, 2) for value in range(20)]
    for jobs in (1, 2):
        assert list(in_order(pow, tasks, jobs)) == [value**2 for value in range(20)]


def test_workers_that_nobody_waits_for_any_more_end():
    """As Ctrl-C leaves them: some work that never ends, and some not begun.

    By their numbers: a list of children may hold one for a moment after its end.
    """
    others = set(multiprocessing.active_children())
    found = in_order(_first_then_never, [(place,) for place in range(9)], 2)
    assert next(found) == 0
    ours = [each.pid for each in set(multiprocessing.active_children()) - others]
    assert len(ours) == 2
    found.close()
    assert not [number for number in ours if psutil.pid_exists(number)]


LARGE = """
from analysis.execution import in_order

def large(_):
    return bytes(50_000_000)

found = in_order(large, [(place,) for place in range(8)], 2)
next(found)
found.close()
print("ended")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="forks what is typed in")
def test_a_worker_is_never_ended_while_it_sends(tmp_path):
    """Else its parent waits for the rest of a result, and never ends itself."""
    (tmp_path / "large.py").write_text(LARGE)
    words = [sys.executable, str(tmp_path / "large.py")]
    ended = subprocess.run(
        words, capture_output=True, text=True, check=True, timeout=120
    )
    assert ended.stdout == "ended\n"


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_a_worker_killed_over_other_work_is_one_line():
    with pytest.raises(StudyError, match="fewer --jobs") as caught:
        list(in_order(_deadly, [(0,), (1,)], 2))
    assert "\n" not in str(caught.value)


def _killed_while_it_sends(place):
    """Return more than a pipe takes; the last one's worker is killed over it."""
    worker = threading.main_thread().ident

    def kill():
        while sys._current_frames()[worker].f_code is not Connection._send.__code__:
            time.sleep(0.001)
        os.kill(os.getpid(), signal.SIGKILL)

    if place == 3:
        threading.Thread(target=kill, daemon=True).start()
    return bytes(50_000_000)


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_a_worker_killed_while_it_sends_is_noticed(monkeypatch):
    monkeypatch.setattr(execution, "AT_MOST", 0.5)
    with pytest.raises(StudyError, match="fewer --jobs"):
        list(in_order(_killed_while_it_sends, [(place,) for place in range(4)], 2))


# Points


def test_a_point_lives_as_a_file_that_says_the_same(small):
    changes = (("trust.gain", 0.1), ("levers.follow_up.coverage", 0.4))
    called = load("follow_up", SMALL)
    said = load("follow_up", [*SMALL, *(f"{k}={v}" for k, v in changes)])
    assert world_at(called, changes) == said
    without = world_at(small, changes)
    assert without == load("baseline", [*SMALL, "trust.gain=0.1"])


def test_whole_numbers_stay_whole(small):
    assert world_at(small, (("market.customers", 400.0),)).market.customers == 400


def test_a_point_the_model_is_not_defined_for_is_a_failed_run(small):
    design = Design(("trust.gain",), np.array([[0.1], [7.0]]))
    plan = crossed(["x"], [1], 2)
    good, bad = lives(plan, {"x": small}, 1, design)
    assert (good.status, bad.status) == ("ok", "failed")
    assert "trust.gain=7: 7 is above 1" in bad.error
    with pytest.raises(ScenarioError, match=r"trust\.gain"):
        world_at(small, (("trust.gain", 7.0),))


def test_points_are_the_same_on_processes_and_threads(small):
    design = Design(("trust.gain",), np.array([[0.02], [0.1], [0.15]]))
    plan = crossed(["x"], seeds(2), 3)
    found = [
        {life.run: life.digest for life in lives(plan, {"x": small}, crew, design)}
        for crew in (1, 2, Workers(2, "threads"))
    ]
    assert found[0] == found[1] == found[2]
    assert len(set(found[0].values())) == 6


def test_lives_without_weeks_are_the_same_but_lighter(small):
    plan = crossed(["x"], seeds(2))
    for crew in (1, 2, Workers(2, "threads")):
        for life in lives(plan, {"x": small}, crew, keeps_weeks=False):
            whole = live(life.run, small)
            assert life.columns == {}
            assert (life.digest, life.outcomes) == (whole.digest, whole.outcomes)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("tcp://127.0.0.1:9", "no scheduler answers there"),
        ("scheduler", "give host and port"),
    ],
)
def test_no_scheduler_is_one_line(small, monkeypatch, address, words):
    pytest.importorskip("distributed")
    monkeypatch.setattr(execution, "PATIENCE", "1s")
    there = Workers(kind="cluster", address=address)
    with pytest.raises(InputError, match=words) as caught:
        list(lives(crossed(["x"], [1]), {"x": small}, there))
    assert "\n" not in str(caught.value)
