"""The folder of a study: tables that grow by whole parts, and runs never lived twice.

Finished runs are added to two tables as part files, each written under a hidden name
and then renamed, so that what is there is whole. A part of weeks comes before its part
of runs: a run counts when its row is there. Every run has a key, made of all that
decides on its numbers; where an earlier study holds the key, its numbers are taken.
"""

import importlib.util
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from simulation.later import later
from simulation.metrics import METRICS

from .design import Design, Run
from .errors import InputError
from .execution import Life, digest_of_weeks
from .files import replacing
from .outcomes import OUTCOME_BY_NAME
from .provenance import as_json, digest_of, sources

with later("pandas", "pyarrow", "pyarrow.compute", "pyarrow.parquet"):
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

fcntl: Any = None
if importlib.util.find_spec("fcntl"):  # where there is POSIX
    import fcntl

WRITE_EVERY = 2.0
"""Seconds between two parts, and no more than 50 parts in all afterwards …"""
MOST_WAITING = 500
"""… but no more runs than this wait in memory."""
PATIENCE = 5.0
"""Seconds for the workers of a killed study to end."""
INDICES = "indices.parquet"
"""Of a sensitivity study."""
CUSTOMERS = "customers.parquet"
"""Of a comparison that followed every customer."""
DRAWN, TURNING = "assumptions.parquet", "tipping_points.parquet"
"""Of a comparison under other assumptions."""
MANIFEST, RUNS, WEEKLY, DESIGN = (
    "manifest.json",
    "runs.parquet",
    "weekly.parquet",
    "design.parquet",
)
PARTS = "parts"
"""The folder, within that of a study, of the studies that it is made of."""
EARLIER = ".earlier"
"""The study that was in the folder before, while runs may be found in it."""


def key_of(content: str, run: Run, design: Design) -> str:
    """Return the key of a run: equal if everything that decides on it is.

    Parameters
    ----------
    content : str
        Digest of the run's scenario, as it is without the point's changes.
    run : Run
    design : Design
    """
    return digest_of(content, design.changes(run.point), run.seed, sources())[:32]


class Store:
    """The folder of a study while it grows."""

    def __init__(
        self,
        folder: Path,
        key: Callable[[Run], str] = lambda run: "",
        *,
        keeps_weeks: bool = True,
    ) -> None:
        self.folder = folder
        self.key = key
        self.keeps_weeks = keeps_weeks
        self.n_parts = 0
        self.n_written = 0
        self.n_failed = 0
        self.n_found = 0
        self.lives: list[Life] = []
        self.began = self.written_at = time.monotonic()
        self._lock: IO[str] | None = None

    # ------------------------------------------------------------- open and close

    def open(self, manifest: Mapping[str, Any]) -> None:
        """Make the folder; the same study that was begun there goes on.

        Parameters
        ----------
        manifest : mapping
            With the digest of what is `asked`. A study that answers something else
            is put aside: its runs may be found until the new one is complete.

        Raises
        ------
        InputError
            The folder holds other things, or somebody is writing there.
        """
        if self.folder.is_dir():
            names = {path.name for path in self.folder.iterdir()}
            is_ours = bool({MANIFEST, EARLIER, PARTS} & names)
            if not is_ours and any(not name.startswith(".") for name in names):
                raise InputError(
                    f"{self.folder}: holds files but no study; name another folder "
                    "with --out"
                )
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(self.folder)
        if read_manifest(self.folder).get("asked") == manifest["asked"]:
            self._tidy()
        else:
            self._put_aside()
        write_manifest(self.folder, manifest)
        for name in (RUNS, WEEKLY) if self.keeps_weeks else (RUNS,):
            (self.folder / name).mkdir(exist_ok=True)

    def _put_aside(self) -> None:
        earlier = self.folder / EARLIER
        if (self.folder / MANIFEST).is_file():
            shutil.rmtree(earlier, ignore_errors=True)
            earlier.mkdir()
        for name in (RUNS, WEEKLY, DESIGN, MANIFEST):
            if (self.folder / name).exists() and earlier.is_dir():
                (self.folder / name).rename(earlier / name)
        for name in (RUNS, WEEKLY, CUSTOMERS, "figures", "sections"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        added = INDICES, DRAWN, TURNING, "replay.json", "report.html"
        for name in added:
            (self.folder / name).unlink(missing_ok=True)

    def _tidy(self) -> None:
        """Remove what was half written; failed runs are to be tried again."""
        for hidden in self.folder.rglob(".*.tmp"):
            hidden.unlink()
        runs, weekly = self.folder / RUNS, self.folder / WEEKLY
        for part in weekly.glob("*.parquet"):
            if not (runs / part.name).is_file():
                part.unlink()
        for part in runs.glob("*.parquet"):
            table = pq.read_table(part)
            is_good = pc.equal(table["status"], "ok")
            if not pc.all(is_good).as_py():
                _write_table(part, table.filter(is_good))
            self.n_parts = max(self.n_parts, int(part.stem.rpartition("-")[2]) + 1)

    def close(self, *, is_complete: bool) -> None:
        """Let others write here; a complete study needs no earlier one."""
        if is_complete:
            shutil.rmtree(self.folder / EARLIER, ignore_errors=True)
        if self._lock is not None:
            with suppress(OSError):
                (self.folder / ".lock").unlink()
            self._lock.close()
            self._lock = None

    # --------------------------------------------------------------------- write

    def add(self, life: Life) -> None:
        """Take in a finished run; write if it is time."""
        self.lives.append(life)
        now = time.monotonic()
        is_time = now - self.written_at >= max(WRITE_EVERY, (now - self.began) / 50)
        if is_time or len(self.lives) >= MOST_WAITING:
            self.flush()

    def flush(self) -> None:
        """Write every finished run that is not on disk yet, weeks before runs."""
        if self.lives:
            part = f"part-{self.n_parts:05d}.parquet"
            weeks = [life for life in self.lives if life.columns]
            if weeks and self.keeps_weeks:
                _write_table(self.folder / WEEKLY / part, _weekly(weeks))
            _write_table(self.folder / RUNS / part, self._runs(self.lives))
            failed = sum(life.status != "ok" for life in self.lives)
            found = sum(bool(life.found_in) for life in self.lives)
            # In one step: a stop between two would have runs written again as a new
            # part, or not counted. Before it, the same part is written once more.
            vars(self).update(
                n_parts=self.n_parts + 1,
                n_written=self.n_written + len(self.lives),
                n_failed=self.n_failed + failed,
                n_found=self.n_found + found,
                lives=[],
            )
        self.written_at = time.monotonic()

    def _runs(self, finished: Sequence[Life]) -> "pa.Table":
        columns: dict[str, Any] = {
            "run": pa.array([life.run.run for life in finished], pa.int32()),
            "scenario": pa.array([life.run.scenario for life in finished], pa.string()),
            "seed": pa.array([life.run.seed for life in finished], pa.int64()),
            "point": pa.array([life.run.point for life in finished], pa.int32()),
            "status": pa.array([life.status for life in finished], pa.string()),
            "error": pa.array([life.error for life in finished], pa.string()),
            "traceback": pa.array([x.traceback for x in finished], pa.string()),
            "seconds": pa.array([life.seconds for life in finished], pa.float64()),
            "digest": pa.array([life.digest for life in finished], pa.string()),
            "key": pa.array([self.key(life.run) for life in finished], pa.string()),
            "found_in": pa.array([life.found_in for life in finished], pa.string()),
        }
        for name in OUTCOME_BY_NAME:
            values = [life.outcomes[name] for life in finished]
            columns[name] = pa.array(values, pa.float64())
        return pa.table(columns)

    # ---------------------------------------------------------------------- find

    def kept(self) -> Iterator[Life]:
        """Yield the runs that were on disk when the study was opened, but no weeks."""
        for part in sorted((self.folder / RUNS).glob("*.parquet")):
            table = pq.read_table(part)
            self.n_written += table.num_rows
            for row in table.to_pylist():
                self.n_found += bool(row["found_in"])
                yield _life(row)

    def found(self, plan: Iterable[Run]) -> Iterator[Life]:
        """Yield those runs of a plan that an earlier study has lived."""
        studies = list(self._studies())
        if not studies:
            return
        wanted = {self.key(run): run for run in plan}
        for study in studies:
            for part in sorted((study / RUNS).glob("*.parquet")):
                if not wanted:
                    return
                keys = pq.read_table(part, columns=["key"])["key"].to_pylist()
                here = {key for key in keys if key in wanted}
                for row, columns in _rows(study, part.name, here, self.keeps_weeks):
                    run = wanted.pop(row["key"], None)
                    if run is not None:
                        found_in = row["found_in"] or study.name
                        yield _life(row)._replace(
                            run=run, columns=columns, found_in=found_in
                        )

    def _studies(self) -> Iterator[Path]:
        """Yield the folders of studies by the same code, with all that is wanted."""
        above = self.folder.parent
        shelf = above.parent.parent if above.name == PARTS else above
        known = sorted([*shelf.iterdir(), *shelf.glob(f"*/{PARTS}/*")])
        others = (path for path in known if path != self.folder)
        for path in (self.folder / EARLIER, *others):
            manifest = read_manifest(path)
            is_by_same_code = (
                manifest.get("source") == sources() and "asked" in manifest
            )
            if is_by_same_code and (manifest["keeps_weeks"] or not self.keeps_weeks):
                yield path


def _rows(
    study: Path, part: str, keys: set[str], keeps_weeks: bool
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield rows with these keys and, if wanted, their whole weekly columns."""
    if not keys:
        return
    table = pq.read_table(study / RUNS / part).to_pylist()
    rows = [row for row in table if row["key"] in keys and row["status"] == "ok"]
    if not keeps_weeks:
        yield from ((row, {}) for row in rows)
        return
    weekly = pq.read_table(study / WEEKLY / part)
    of_run = weekly["run"].to_numpy()
    for row in rows:
        weeks = weekly.filter(pa.array(of_run == row["run"]))
        names = ("week", *(metric.name for metric in METRICS))
        columns = {name: weeks[name].to_numpy() for name in names}
        if digest_of_weeks(columns) == row["digest"]:
            yield row, columns


def _life(row: Mapping[str, Any]) -> Life:
    """Return a run as its row in the table has it."""
    return Life(
        Run(row["run"], row["scenario"], row["seed"], row["point"]),
        row["status"],
        row["error"],
        row["seconds"],
        row["digest"],
        {name: row[name] for name in OUTCOME_BY_NAME},
        {},
        row["traceback"],
        row["found_in"],
    )


def _weekly(finished: Sequence[Life]) -> "pa.Table":
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


# Files


def _locked(folder: Path) -> IO[str] | None:
    """Return a lock that ends with this process, however it ends.

    Raises
    ------
    InputError
        Another process has it.
    """
    if fcntl is None:
        return None
    until = time.monotonic() + PATIENCE
    while True:
        file = (folder / ".lock").open("w")
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if (folder / ".lock").stat().st_ino == os.fstat(file.fileno()).st_ino:
                return file
        except FileNotFoundError:
            pass
        except (BlockingIOError, PermissionError):
            file.close()
            if time.monotonic() > until:
                raise InputError(
                    f"{folder}: another study is being written there; wait for it, or "
                    "name another folder with --out"
                ) from None
            time.sleep(0.1)
        file.close()


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return what explains a study; {} if there is none."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_manifest(folder: Path, content: Mapping[str, Any]) -> None:
    """Write what explains a study, whole or not at all."""
    text = json.dumps(as_json(content), indent=1, ensure_ascii=False, allow_nan=False)
    with replacing(folder / MANIFEST) as hidden:
        hidden.write_text(text + "\n", encoding="utf-8")


def write_design(folder: Path, design: Design) -> None:
    """Write the points of a study: a row each, a column for each parameter."""
    table = pd.DataFrame(design.values, columns=list(design.paths))
    table.insert(0, "point", np.arange(len(table), dtype=np.int32))
    _write_table(folder / DESIGN, pa.Table.from_pandas(table, preserve_index=False))


def read_design(folder: Path) -> Design | None:
    """Return the points of a study; None if it has none."""
    if not (folder / DESIGN).is_file():
        return None
    table = pd.read_parquet(folder / DESIGN).drop(columns="point")
    return Design(tuple(table.columns), table.to_numpy(float))


def _write_table(path: Path, table: "pa.Table") -> None:
    with replacing(path) as hidden:
        pq.write_table(table, hidden, compression="zstd")
