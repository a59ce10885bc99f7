"""A study on disk: whole, readable, explained; and robust to what goes wrong."""

import errno
import json
import os
import re
import resource
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from analysis import InputError, StudyError, execution, run
from analysis import store as stores
from analysis.design import Run
from analysis.execution import Life, live
from analysis.outcomes import OUTCOMES
from analysis.store import Store
from simulation.metrics import METRICS
from simulation.scenario import Scenario, load

ROOT = Path(__file__).parents[1]
SMALL = ("market.customers=300", "clock.weeks=10", "clock.warmup_weeks=4")


@pytest.fixture
def small():
    return load("baseline", SMALL)


@pytest.fixture
def study(tmp_path):
    return run("follow_up", runs=4, overrides=SMALL, jobs=1, out=tmp_path / "study")


# On disk


def test_tables_have_the_promised_columns(study):
    runs = pd.read_parquet(study.folder / "runs.parquet")
    head = ["run", "scenario", "seed", "point", "status", "error", "traceback"]
    head += ["seconds", "digest", "key", "found_in"]
    assert list(runs.columns) == head + [each.name for each in OUTCOMES]
    weekly = pd.read_parquet(study.folder / "weekly.parquet")
    head = ["run", "scenario", "seed", "week"]
    assert list(weekly.columns) == head + [each.name for each in METRICS]
    assert len(weekly) == 4 * 10
    assert weekly.groupby("run")["week"].apply(list).map(tuple).nunique() == 1


def test_outcomes_agree_with_the_weeks(study):
    joined = study.weekly.groupby("run")["joined"].sum()
    assert (study.runs.set_index("run")["joined"] == joined).all()
    last = study.weekly.groupby("run")["active"].last()
    assert (study.runs.set_index("run")["active"] == last).all()


def test_manifest_explains_the_study(study):
    manifest = study.manifest
    assert manifest["status"] == "complete"
    assert manifest["seeds"] == [1, 2, 3, 4]
    assert manifest["runs"] == {"planned": 4, "finished": 4, "failed": 0, "found": 0}
    assert manifest["packages"]["mesa"]
    assert manifest["source"]["core"]
    assert manifest["timings"]["seconds"] > 0
    told = manifest["scenarios"]["follow_up"]
    digest = told.pop("digest")
    again = Scenario.model_validate(told)
    assert again == load("follow_up", SMALL)
    assert again.digest() == digest


def test_infinity_is_written_as_yaml_has_it(tmp_path):
    changes = (*SMALL, "leaving.frailty_shape=.inf")
    study = run("baseline", runs=1, overrides=changes, jobs=1, out=tmp_path / "study")
    text = (study.folder / "manifest.json").read_text()
    assert json.loads(text, parse_constant=pytest.fail)
    assert study.manifest["scenarios"]["baseline"]["leaving"]["frailty_shape"] == ".inf"


def test_the_same_study_again_replaces_the_old_one(study):
    again = run("follow_up", runs=2, overrides=SMALL, jobs=1, out=study.folder)
    assert len(again.runs) == 2
    assert len(again.weekly) == 20


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "diary.txt").write_text("mine")
    with pytest.raises(InputError, match="--out"):
        run("baseline", runs=1, overrides=SMALL, jobs=1, out=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]


def test_parts_and_readers_ignore_half_written_files(study):
    for name in ("runs.parquet", "weekly.parquet"):
        (study.folder / name / ".part-00009.parquet.tmp").write_bytes(b"PAR1 half")
    assert len(pd.read_parquet(study.folder / "runs.parquet")) == 4
    assert pq.read_table(study.folder / "weekly.parquet").num_rows == 40
    assert len(list((study.folder / "runs.parquet").glob("*.parquet"))) == 1


def test_each_part_is_whole_the_moment_it_appears(tmp_path, small):
    store = Store(tmp_path / "study")
    store.open({"asked": "how they live"})
    for seed in (1, 2, 3):
        store.add(live(Run(seed, "x", seed), small))
        store.flush()
        runs = pd.read_parquet(store.folder / "runs.parquet")
        weekly = pd.read_parquet(store.folder / "weekly.parquet")
        assert len(runs) == seed == weekly["run"].nunique()
    store.close(is_complete=True)


def test_failed_runs_never_stop_a_study(tmp_path, monkeypatch):
    honest = execution.live

    def moody(run, *rest, **options):
        life = honest(run, *rest, **options)
        if run.seed != 2:
            return life
        return Life(run, "failed", "Moody: no", 0.0, "", life.outcomes, {})

    monkeypatch.setattr(execution, "live", moody)
    study = run("baseline", runs=3, overrides=SMALL, jobs=1, out=tmp_path / "study")
    assert study.runs["status"].tolist() == ["ok", "failed", "ok"]
    assert study.manifest["runs"]["failed"] == 1
    assert any("1 of 3 runs failed" in words for words in study.manifest["warnings"])


def test_a_study_of_failures_alone_says_so(tmp_path, monkeypatch):
    def broken(run, *_, **__):
        return Life(
            run, "failed", "Moody: no", 0.0, "", {o.name: np.nan for o in OUTCOMES}, {}
        )

    monkeypatch.setattr(execution, "live", broken)
    with pytest.raises(StudyError, match=r"every run failed.*Moody: no"):
        run("baseline", runs=2, overrides=SMALL, jobs=1, out=tmp_path / "study")


# Where it cannot write


def test_full_disk_loses_no_run_that_was_written(tmp_path, monkeypatch):
    """The disk is full from the third part on."""
    monkeypatch.setattr(stores, "WRITE_EVERY", 0.0)
    write = pq.write_table
    parts = []

    def limited(table, where, **options):
        parts.append(where)
        if len(parts) > 4:
            Path(where).write_bytes(b"half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(table, where, **options)

    monkeypatch.setattr(stores.pq, "write_table", limited)
    folder = tmp_path / "study"
    with pytest.raises(StudyError) as caught:
        run("baseline", runs=6, overrides=SMALL, jobs=1, out=folder)
    line = str(caught.value)
    assert "No space left on device" in line
    assert "2 of 6 runs were finished and can be read" in line
    assert "\n" not in line
    assert len(pd.read_parquet(folder / "runs.parquet")) == 2
    assert pd.read_parquet(folder / "weekly.parquet")["run"].nunique() == 2
    assert not list(folder.rglob("*.tmp"))


COMMAND = [sys.executable, "-m", "analysis.cli"]
CHANGES = [word for change in SMALL for word in ("--set", change)]


def command(*words, folder, **options):
    return subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        **options,
    )


def test_no_room_for_a_file_is_one_line(tmp_path):
    """No file may grow beyond some kilobytes, as the kernel itself enforces."""

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (24_000, 24_000))

    found = command(
        *("run", "baseline", "-q", "--runs", "2", "--jobs", "1", *CHANGES),
        folder=tmp_path,
        preexec_fn=limited,
    )
    assert found.returncode == 1, found.stderr
    assert "cannot be written" in found.stderr
    assert found.stderr.count("\n") == 1
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.parametrize("place", ["file in the way/study", "/proc/groundswell"])
def test_a_folder_that_cannot_be_made_is_one_line(tmp_path, place):
    """Root may write to read-only folders, so here nobody can."""
    (tmp_path / "file in the way").write_text("")
    found = command(
        *("run", "baseline", "-q", "--runs", "1", "--jobs", "1"),
        *("--out", place, *CHANGES),
        folder=tmp_path,
    )
    assert found.returncode == 1, found.stderr
    assert "cannot be written" in found.stderr
    assert "--out" in found.stderr
    assert found.stderr.count("\n") == 1


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_keeps_what_was_finished(tmp_path, jobs):
    """As a terminal does it: the signal reaches the whole process group."""
    words = shlex.split("compare baseline follow_up --pairs 100000 --out study")
    started = subprocess.Popen(
        [*COMMAND, *words, "--jobs", jobs, *CHANGES],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        parts = tmp_path / "study" / "runs.parquet"
        for _ in range(1800):  # three minutes: a busy machine may have to compile
            if list(parts.glob("*.parquet")) or started.poll() is not None:
                break
            time.sleep(0.1)
        os.killpg(started.pid, signal.SIGINT)
        out, err = started.communicate(timeout=120)
    finally:
        started.kill()
    assert started.returncode == 130, err
    assert out == ""
    *before, last = err.splitlines()
    assert last.startswith("Stopped: ")
    assert all(re.match(r"Compiling|\d+ of 200000 runs", line) for line in before), err
    runs = pd.read_parquet(parts)
    assert f"{len(runs)} of 200000 runs were finished" in err
    weekly = pd.read_parquet(tmp_path / "study" / "weekly.parquet")
    assert weekly["run"].nunique() == len(runs) > 0
    manifest = json.loads((tmp_path / "study" / "manifest.json").read_text())
    assert manifest["status"] == "stopped"
    assert manifest["runs"]["finished"] == len(runs)
