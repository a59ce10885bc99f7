"""What is on disk: nothing lost, nothing doubled, nothing lived twice."""

import contextlib
import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pyarrow.parquet as pq
import pytest

import analysis.store as stores
from analysis import InputError, StudyError, compare, execution
from analysis.design import Design, Run, crossed, seeds
from analysis.execution import Workers
from analysis.provenance import as_json, from_json
from analysis.request import Request, Watcher
from analysis.store import Store, key_of
from analysis.study import make
from simulation.scenario import load

ROOT = Path(__file__).parents[1]
SMALL = ("market.customers=300", "clock.weeks=10", "clock.warmup_weeks=4")
POINTS = Design(
    ("trust.gain", "perception.loss_aversion"), np.array([[0.02, 1], [0.1, 2]])
)


@pytest.fixture
def small():
    return load("baseline", SMALL)


def request(folder, small, n_seeds=6, **given):
    asked = {
        "kind": "test",
        "scenarios": {"x": small},
        "plan": crossed(["x"], seeds(n_seeds), 2),
        "design": POINTS,
    }
    how = {"jobs": 1, "out": folder}
    how |= {key: given.pop(key) for key in ("jobs", "watcher") if key in given}
    return Request(**(asked | given), how=how)


def made(folder, small, **given):
    return make(request(folder, small, **given))


def content(folder):
    """The tables of a study as they must be, however often it was interrupted."""
    runs = pd.read_parquet(folder / "runs.parquet").sort_values("run")
    weekly = pd.read_parquet(folder / "weekly.parquet").sort_values(["run", "week"])
    runs = runs.drop(columns=["seconds", "found_in"])
    return runs.reset_index(drop=True), weekly.reset_index(drop=True)


def assert_same(one, two):
    for mine, theirs in zip(content(one), content(two), strict=True):
        pd.testing.assert_frame_equal(mine, theirs, check_exact=True)


class Counter(Watcher):
    """Counts what was lived, not found."""

    def __init__(self):
        self.lived, self.seen = 0, 0

    def finished(self, life):
        self.seen += 1
        self.lived += not life.found_in


# Found, not lived again


def test_the_same_study_again_is_read_and_not_run(tmp_path, small, monkeypatch):
    first = made(tmp_path / "study", small)
    before = content(first.folder)

    def never(*_, **__):
        raise AssertionError("lived again")

    monkeypatch.setattr(execution, "PerceptionModel", never)
    again = made(tmp_path / "study", small)
    pd.testing.assert_frame_equal(again.runs, first.runs)
    assert content(again.folder)[0].equals(before[0])


def test_runs_of_an_earlier_study_are_found(tmp_path, small):
    made(tmp_path / "earlier", small, n_seeds=3)
    watcher = Counter()
    asked = request(tmp_path / "later", small, n_seeds=5, watcher=watcher)
    study = make(asked)
    assert (watcher.lived, watcher.seen) == (4, 10)
    assert (study.runs["found_in"] == "earlier").sum() == 6
    assert study.manifest["runs"]["found"] == 6
    made(tmp_path / "alone" / "later", small, n_seeds=5)
    assert_same(study.folder, tmp_path / "alone" / "later")


def test_a_resumed_study_counts_the_runs_and_the_time_of_all_its_sessions(
    tmp_path, small
):
    """The first session finds six runs and lives one; the second lives the rest."""

    class Impatient(Counter):
        def finished(self, life):
            super().finished(life)
            if self.seen == 7:
                raise KeyboardInterrupt

    made(tmp_path / "earlier", small, n_seeds=3)
    with pytest.raises(KeyboardInterrupt, match="7 of 10"):
        make(request(tmp_path / "later", small, n_seeds=5, watcher=Impatient()))
    before = json.loads((tmp_path / "later" / "manifest.json").read_text())
    about = made(tmp_path / "later", small, n_seeds=5).manifest
    assert about["runs"] == {"planned": 10, "finished": 10, "failed": 0, "found": 6}
    assert about["began"] == before["began"]
    assert about["timings"]["sessions"] == 2
    assert about["timings"]["seconds"] > before["timings"]["seconds"] > 0


def test_more_runs_into_the_same_folder_keep_those_that_are_there(tmp_path):
    compare("baseline", "follow_up", pairs=2, overrides=SMALL, out=tmp_path / "study")
    watcher = Counter()
    found = compare(
        *("baseline", "follow_up"),
        pairs=3,
        overrides=SMALL,
        out=tmp_path / "study",
        watcher=watcher,
    )
    assert (watcher.lived, watcher.seen) == (2, 6)
    assert len(found.study.weekly) == 60
    assert not (tmp_path / "study" / ".earlier").exists()


def test_what_decides_on_a_run_is_in_its_key(small):
    one = key_of("scenario", Run(0, "x", 1, 0), POINTS)
    assert one == key_of("scenario", Run(7, "y", 1, 0), POINTS)
    others = {
        key_of("another", Run(0, "x", 1, 0), POINTS),
        key_of("scenario", Run(0, "x", 2, 0), POINTS),
        key_of("scenario", Run(0, "x", 1, 1), POINTS),
    }
    assert len(others | {one}) == 4


def test_other_code_finds_nothing(tmp_path, small, monkeypatch):
    made(tmp_path / "earlier", small, n_seeds=2)
    path = tmp_path / "earlier" / "manifest.json"
    told = json.loads(path.read_text())
    told["source"]["simulation"] = "of another day"
    path.write_text(json.dumps(told))
    watcher = Counter()
    made(tmp_path / "later", small, n_seeds=2, watcher=watcher)
    assert watcher.lived == 4


def test_what_was_spoilt_on_disk_is_lived_again(tmp_path, small):
    made(tmp_path / "earlier", small, n_seeds=2)
    (part,) = (tmp_path / "earlier" / "weekly.parquet").glob("*.parquet")
    table = pd.read_parquet(part)
    table.loc[3, "perception"] += 1e-12
    table.to_parquet(part)
    watcher = Counter()
    made(tmp_path / "later", small, n_seeds=2, watcher=watcher)
    assert watcher.lived == 1


def test_a_study_without_weeks_serves_only_those_that_want_none(tmp_path, small):
    made(tmp_path / "light", small, keeps_weeks=False)
    assert not (tmp_path / "light" / "weekly.parquet").exists()
    for name, keeps_weeks, lived in (("whole", True, 12), ("lighter", False, 0)):
        watcher = Counter()
        made(tmp_path / name, small, keeps_weeks=keeps_weeks, watcher=watcher)
        assert watcher.lived == lived


def test_failed_runs_are_tried_again(tmp_path, small, monkeypatch):
    honest = execution.PerceptionModel

    def moody(scenario, *, seed, n_threads):
        if seed == 2:
            raise MemoryError("just now")
        return honest(scenario, seed=seed, n_threads=n_threads)

    monkeypatch.setattr(execution, "PerceptionModel", moody)
    study = made(tmp_path / "study", small)
    assert study.manifest["runs"]["failed"] == 2
    monkeypatch.setattr(execution, "PerceptionModel", honest)
    watcher = Counter()
    again = made(tmp_path / "study", small, watcher=watcher)
    assert (again.runs["status"] == "ok").all()
    assert again.runs["run"].is_unique
    made(tmp_path / "alone" / "study", small)
    assert_same(again.folder, tmp_path / "alone" / "study")


# The same content wherever it was lived


def test_processes_and_threads_write_the_same_tables(tmp_path, small):
    for name, jobs in (("one", 1), ("two", 2), ("threads", Workers(2, "threads"))):
        made(tmp_path / name / "study", small, jobs=jobs)
    assert_same(tmp_path / "one" / "study", tmp_path / "two" / "study")
    assert_same(tmp_path / "one" / "study", tmp_path / "threads" / "study")


# Killed, truly

STUDY = """
import sys
from pathlib import Path
import numpy as np
import analysis.store as stores
from analysis.design import Design, crossed, seeds
from analysis.study import Request, make
from simulation.scenario import load

stores.WRITE_EVERY = 0.05
design = Design(("trust.gain",), np.linspace(0.02, 0.1, 8)[:, np.newaxis])
small = load("baseline", {small!r})
plan = crossed(["x"], seeds(20), 8)
folder, jobs = Path(sys.argv[1]), int(sys.argv[2])
how = {{"jobs": jobs, "out": folder}}
make(Request("test", {{"x": small}}, plan, how, design=design))
"""


def begun(folder, jobs):
    code = STUDY.format(small=SMALL)
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder), str(jobs)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def n_parts(folder):
    return len(list((folder / "runs.parquet").glob("*.parquet")))


def wait_for_parts(process, folder, count):
    for _ in range(6000):
        if n_parts(folder) >= count or process.poll() is not None:
            return
        time.sleep(0.02)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed") / "study"
    process = begun(folder, 2)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return folder


def test_kill_9_of_the_parent_again_and_again(tmp_path, undisturbed):
    folder = tmp_path / "study"
    n_kills = 0
    for count in (1, 3):
        process = begun(folder, 2)
        wait_for_parts(process, folder, count)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            n_kills += 1
        process.communicate()
    assert n_kills >= 1
    process = begun(folder, 2)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    runs = pd.read_parquet(folder / "runs.parquet")
    assert sorted(runs["run"]) == list(range(160))
    assert_same(folder, undisturbed)
    assert not list(folder.rglob("*.tmp"))


def test_kill_9_of_a_worker(tmp_path, undisturbed):
    folder = tmp_path / "study"
    process = begun(folder, 2)
    wait_for_parts(process, folder, 1)
    for child in psutil.Process(process.pid).children()[:1]:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert_same(folder, undisturbed)


def test_a_full_disk_is_resumed_when_there_is_room(tmp_path, small, monkeypatch):
    write, parts = pq.write_table, []

    def limited(table, where, **options):
        parts.append(where)
        if len(parts) > 6:
            Path(where).write_bytes(b"half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(table, where, **options)

    monkeypatch.setattr(stores, "WRITE_EVERY", 0.0)
    monkeypatch.setattr(stores.pq, "write_table", limited)
    with pytest.raises(StudyError, match="make room and ask again"):
        made(tmp_path / "study", small)
    monkeypatch.setattr(stores.pq, "write_table", write)
    watcher = Counter()
    study = made(tmp_path / "study", small, watcher=watcher)
    assert study.runs["run"].tolist() == list(range(12))
    made(tmp_path / "alone" / "study", small)
    assert_same(study.folder, tmp_path / "alone" / "study")


def test_a_stop_at_any_line_of_writing_doubles_and_loses_nothing(tmp_path, small):
    """Whoever is stopped while writing writes once more before the end."""
    lives = [execution.live(Run(i, "x", i), small) for i in range(3)]

    def stopped_at(step, store):
        """Write, but for a stop before that line; return whether it came."""
        left = step

        def line(_, event, __):
            nonlocal left
            if event == "line":
                left -= 1
                if left < 0:
                    sys.settrace(None)
                    raise KeyboardInterrupt
            return line

        def call(frame, *_):
            return line if frame.f_code is Store.flush.__code__ else None

        before = sys.gettrace()
        sys.settrace(call)
        try:
            store.flush()
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(before)
        return False

    step, is_stopped = 0, True
    while is_stopped:
        store = Store(tmp_path / str(step))
        store.open({"asked": "three runs"})
        store.lives = list(lives)
        is_stopped = stopped_at(step, store)
        store.flush()
        store.close(is_complete=True)
        runs, weekly = content(store.folder)
        assert runs["run"].tolist() == [0, 1, 2], step
        assert weekly["run"].nunique() == 3, step
        assert not weekly.duplicated(["run", "week"]).any(), step
        assert (store.n_written, store.n_failed, store.n_found) == (3, 0, 0), step
        step += 1
    assert step > 10


def test_weeks_without_their_runs_do_not_count(tmp_path, small):
    """Killed between the two parts, weeks are there and their runs are not."""
    study = made(tmp_path / "study", small, n_seeds=2)
    whole = content(study.folder)
    (part,) = (study.folder / "runs.parquet").glob("*.parquet")
    part.unlink()
    told = study.manifest | {"status": "running"}
    (study.folder / "manifest.json").write_text(json.dumps(told))
    made(study.folder, small, n_seeds=2)
    for mine, theirs in zip(content(study.folder), whole, strict=True):
        pd.testing.assert_frame_equal(mine, theirs)


def test_two_at_once_do_not_write_in_one_folder(tmp_path, undisturbed, monkeypatch):
    folder = tmp_path / "study"
    process = begun(folder, 1)
    try:
        wait_for_parts(process, folder, 1)
        monkeypatch.setattr(stores, "PATIENCE", 0.0)
        with pytest.raises(InputError, match="another study is being written there"):
            made(folder, load("baseline", SMALL))
    finally:
        process.kill()
        process.communicate()


# Manifests


def test_infinities_come_back_from_json():
    told = {"a": [1, np.inf, -np.inf], "b": {"c": "words"}}
    assert from_json(json.loads(json.dumps(as_json(told)))) == told
