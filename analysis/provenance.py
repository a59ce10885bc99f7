"""Where numbers come from: hashes of the code that computes, versions, the commit."""

import hashlib
import json
import math
import platform
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from simulation.model import PerceptionModel, source_hash

from . import outcomes

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
    "SALib",
)


@cache
def sources() -> dict[str, str]:
    """Return hashes of the code that computes: of the compiled core, and of all."""
    return {"core": source_hash(), "simulation": _source_of_simulation()}


def _source_of_simulation() -> str:
    """Return a hash of every file that decides on a number of a run."""
    folder = Path(sys.modules[PerceptionModel.__module__].__file__ or "").parent
    paths = [(path.relative_to(folder), path) for path in folder.rglob("*.py")]
    paths.append((Path("outcomes"), Path(outcomes.__file__)))
    digest = hashlib.sha256()
    for name, path in sorted(paths):
        digest.update(name.as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def origin() -> dict[str, Any]:
    """Return program, sources, commit, machine and packages, as manifests say it."""
    return {
        "groundswell": _version("groundswell"),
        "source": sources(),
        "commit": _commit(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: _version(name) for name in PACKAGES},
    }


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


def from_json(value: Any) -> Any:  # noqa: ANN401 (any part of a document)
    """Return what `as_json` was given, but for NaN, which stays None.

    >>> from_json(as_json({"leaving": {"frailty_shape": math.inf}}))
    {'leaving': {'frailty_shape': inf}}
    """
    if isinstance(value, dict):
        return {key: from_json(part) for key, part in value.items()}
    if isinstance(value, list):
        return [from_json(part) for part in value]
    return (
        {".inf": math.inf, "-.inf": -math.inf}.get(value, value)
        if isinstance(value, str)
        else value
    )


def digest_of(*parts: object) -> str:
    """Return the SHA-256 of what can be written as JSON."""
    text = json.dumps(parts, default=list, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
