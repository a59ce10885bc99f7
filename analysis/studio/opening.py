"""What is seen before the model is loaded: the catalogue, a market in its week 0.

Both follow from the program alone, so they are kept from one start to the next, under a
digest of all that the program is made of. What nobody opened here yet is waited for.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARTS = ("analysis/layout.py", "analysis/studio", "simulation", "scenarios")
ENDINGS = {".py", ".yaml"}
DECIDING = ("numpy", "networkx")
"""Packages on which it depends where people stand."""
MOST_KEPT = 60


class Openings:
    """Answers by the request they answer; without a folder, none is kept."""

    def __init__(self, folder: Path | None = None) -> None:
        """Keep answers in a folder, made when the first one is kept."""
        self.folder = folder

    def get(self, request: object) -> bytes:
        """Return the answer to a request; nothing if there is none."""
        try:
            return self._path(request).read_bytes() if self.folder else b""
        except OSError:
            return b""

    def keep(self, request: object, answer: bytes) -> None:
        """Keep an answer, and the last ones before it; a full disk keeps none."""
        if self.folder is None:
            return
        path = self._path(request)
        hidden = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            hidden.write_bytes(answer)
            hidden.replace(path)
            for old in sorted(self.folder.iterdir(), key=_age)[MOST_KEPT:]:
                old.unlink()
        except OSError:
            return

    def _path(self, request: object) -> Path:
        text = json.dumps(request, sort_keys=True)
        name = hashlib.sha256(text.encode()).hexdigest()[:24]
        return (self.folder or Path()) / name


def _age(path: Path) -> float:
    return -path.stat().st_mtime


def of_this_program() -> Openings:
    """Return what this program, as it is now, has kept in the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Openings(cache / "groundswell" / f"studio-{_digest(_files())}")


def _files() -> Iterable[Path]:
    for part in PARTS:
        path = ROOT / part
        yield from sorted(path.rglob("*")) if path.is_dir() else [path]


def _digest(files: Iterable[Path]) -> str:
    found = hashlib.sha256(" ".join([sys.version, *map(version, DECIDING)]).encode())
    for path in files:
        if path.suffix in ENDINGS:
            found.update(path.relative_to(ROOT).as_posix().encode())
            found.update(path.read_bytes())
    return found.hexdigest()[:16]
