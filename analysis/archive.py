"""Studies that are on disk: opened again, listed, checked bit for bit, thrown away."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pydantic import ValidationError

from simulation.scenario import Scenario

from .design import AS_IT_IS, Changes, Run
from .errors import InputError
from .execution import live
from .outcomes import OUTCOME_BY_NAME
from .provenance import from_json, sources
from .request import RESULTS
from .store import PARTS, read_design, read_manifest
from .study import Study


class Holding(NamedTuple):
    """One study in a folder of studies."""

    name: str
    kind: str
    status: str
    n_runs: int
    n_failed: int
    bytes: int
    """With its parts."""
    began: str
    folder: Path
    parts: "tuple[Holding, ...]" = ()
    """The studies that it is made of, such as the rounds of a search."""

    def plain(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        parts = [part.plain() for part in self.parts]
        return {**self._asdict(), "folder": str(self.folder), "parts": parts}


class Verification(NamedTuple):
    """Runs lived again, beside what is on disk."""

    table: pd.DataFrame
    """A row a run: run, scenario, seed, point, is_same, and what differs."""
    is_same_code: bool
    """Whether the code that computes is that of the study."""

    @property
    def is_good(self) -> bool:
        """Whether every run came out the same, to the last bit."""
        return bool(self.table["is_same"].all())


def opened(folder: str | Path) -> Study:
    """Return a study that is on disk.

    Raises
    ------
    InputError
        There is none, or its scenarios are none of this version.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    if "scenarios" not in manifest or not (folder / "runs.parquet").is_dir():
        raise InputError(
            f"{folder}: holds no study; groundswell results lists those there are"
        )
    scenarios = {}
    for label, told in manifest["scenarios"].items():
        tree = {key: part for key, part in told.items() if key != "digest"}
        try:
            scenarios[label] = Scenario.model_validate(from_json(tree))
        except ValidationError:
            raise InputError(
                f"{folder}: {label} is no scenario as this version has them; the study "
                f"was made by groundswell {manifest.get('groundswell')}"
            ) from None
    return Study(folder, scenarios, tuple(manifest.get("warnings", ())))


def holdings(folder: str | Path = RESULTS) -> list[Holding]:
    """Return the studies in a folder, the largest first."""
    places = sorted(Path(folder).iterdir()) if Path(folder).is_dir() else ()
    found = (_holding(place) for place in places)
    return sorted((each for each in found if each), key=lambda each: -each.bytes)


def _holding(place: Path) -> Holding | None:
    """Return the study in a folder; of one stopped before its end, the parts."""
    manifest = read_manifest(place)
    inside = (_holding(part) for part in sorted(place.glob(f"{PARTS}/*")))
    parts = tuple(part for part in inside if part)
    if "scenarios" not in manifest and not parts:
        return None
    runs = manifest.get("runs", {})
    size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    return Holding(
        place.name,
        str(manifest.get("kind", "")),
        str(manifest.get("status", "unfinished")),
        int(runs.get("finished", 0)),
        int(runs.get("failed", 0)),
        size,
        str(manifest.get("began", parts[0].began if parts else "")),
        place,
        parts,
    )


def remove(holding: Holding) -> None:
    """Delete a study, whole."""
    shutil.rmtree(holding.folder)


def verify(folder: str | Path, runs: int = 5, seed: int | None = None) -> Verification:
    """Live a random sample of a study's runs again, and compare bit for bit.

    Parameters
    ----------
    folder : str or Path
    runs : int
        How many; fewer if the study has fewer.
    seed : int, optional
        Of the sample; another sample each time if absent.

    Raises
    ------
    InputError
        There is no study, or none of its runs is finished.
    """
    study = opened(folder)
    table = study.runs[study.runs["status"] == "ok"]
    if table.empty:
        raise InputError(f"{folder}: has no finished run to verify")
    chosen = np.random.default_rng(seed).permutation(len(table))[:runs]
    design = read_design(study.folder) or AS_IT_IS
    rows = [
        _compared(study, row, design.changes(row["point"]))
        for row in table.iloc[np.sort(chosen)].to_dict("records")
    ]
    is_same_code = study.manifest.get("source") == sources()
    return Verification(pd.DataFrame(rows), is_same_code)


def _compared(study: Study, row: Mapping[Any, Any], changes: Changes) -> dict[str, Any]:
    names = ("run", "scenario", "seed", "point")
    run = Run(*(row[name] for name in names))
    again = live(run, study.scenarios[run.scenario], 1, changes)
    differing = [
        name
        for name in OUTCOME_BY_NAME
        if np.float64(again.outcomes[name]).tobytes() != np.float64(row[name]).tobytes()
    ]
    if again.digest != row["digest"]:
        differing.append("weeks")
    told = again.error or ", ".join(differing)
    return {**run._asdict(), "is_same": not told, "differs": told}
