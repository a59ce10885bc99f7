"""Installs the project as its users would, and tests it: Pythons, Mesas, versions.

Run by `make matrix`; prints a row a cell, and fails if one of them does. A cell is a
Python, and the versions of the dependencies: the pinned ones, the lowest that
`pyproject.toml` allows, or the newest there are. Then, for each Python, the wheel is
installed alone and the main job runs far from the checkout. Each cell is a clone and
an environment of its own, thrown away; about ten minutes each on two cores.
A Python that is not here is skipped, and said so.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
import zipfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PINNED, LOWEST, NEWEST = "pinned", "lowest", "newest"
CELLS = (
    ("3.11", PINNED),
    ("3.12", PINNED),
    ("3.13", PINNED),
    ("3.11", LOWEST),
    ("3.13", NEWEST),
)
INSTALL = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
PACKAGES = ("simulation/", "analysis/", "scenarios/")
"""Of which every file that is kept under version control is in the wheel, too."""
MAIN_JOB = (
    ("demo",),
    ("validate", "follow_up"),
    ("describe", "metric", "true_nps"),
)


class Row(NamedTuple):
    """What one cell came to."""

    cell: str
    is_good: bool
    words: str


def python_of(version: str) -> Path | None:
    """Return an interpreter of that version, if this machine has one."""
    managed = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [shutil.which(f"python{version}")]
    found += sorted(str(path) for path in managed.glob(f"{version}.*/bin/python"))
    for candidate in filter(None, found):
        test = [candidate, "-c", "import ensurepip, sys; print(sys.version)"]
        done = subprocess.run(test, capture_output=True, text=True, check=False)
        if done.returncode == 0 and done.stdout.startswith(version):
            return Path(candidate)
    return None


def lowest() -> str:
    """Return constraints that hold every direct dependency to its lower bound."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["cluster"]]
    return "\n".join(re.sub(r"^([\w-]+)>=([\w.]+).*", r"\1==\2", w) for w in wanted)


def cell(version: str, which: str, folder: Path) -> Row:
    """Install the checkout with those versions, and run its tests."""
    name = f"Python {version}, {which} versions"
    python = python_of(version)
    if python is None:
        return Row(name, True, "skipped: not on this machine")
    clone = folder / f"{version}-{which}"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    own = environment(python, clone / ".venv")
    limits = clone / "lowest.txt"
    limits.write_text(lowest() + "\n", encoding="utf-8")
    chosen = {PINNED: clone / "constraints.txt", LOWEST: limits, NEWEST: None}[which]
    held = ("-c", str(chosen)) if chosen else ()
    done = run([own, *INSTALL, *held, "-e", ".[dev]"], clone)
    limits.unlink()
    if done.returncode:
        return Row(name, False, f"cannot be installed: {last(done)}")
    # What a library will change one day is its own affair, but for the pinned ones.
    warnings = () if which == PINNED else ("-W", "default")
    started = time.monotonic()
    done = run([own, "-m", "pytest", "-n", "2", "-q", *warnings], clone)
    minutes = (time.monotonic() - started) / 60
    asked = "from mesa import __version__ as m; from numpy import __version__ as n"
    asked += "; print('Mesa', m, 'and NumPy', n)"
    versions = run([own, "-c", asked], clone).stdout.strip()
    if done.returncode:
        (ROOT / "results" / f"matrix-{clone.name}.log").write_text(done.stdout, "utf-8")
    return Row(
        name, done.returncode == 0, f"{versions}; {last(done)}; {minutes:.0f} min"
    )


def package(folder: Path) -> tuple[Row, Path | None]:
    """Build the wheel and the sdist, and look whether they are whole."""
    clone = folder / "package"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    done = run([sys.executable, "-m", "build", "--outdir", "dist"], clone)
    if done.returncode:
        return Row("wheel and sdist", False, last(done)), None
    (wheel,), (sdist,) = (clone / "dist").glob("*.whl"), (clone / "dist").glob("*.gz")
    with zipfile.ZipFile(wheel) as file:
        in_wheel = set(file.namelist())
    with tarfile.open(sdist) as file:
        in_sdist = {name.partition("/")[2] for name in file.getnames()}
    kept = set(run(["git", "ls-files"], clone).stdout.splitlines())
    wanted = {name for name in kept if name.startswith(PACKAGES)}
    missing = sorted((wanted - in_wheel) | (kept - in_sdist))
    size = f"{wheel.stat().st_size / 1e6:.1f} and {sdist.stat().st_size / 1e6:.1f} MB"
    lacks = f"lacks {' '.join(missing)}; " if missing else ""
    words = f"{lacks}{len(wanted)} files in the packages, {size}"
    return Row("wheel and sdist", not missing, words), wheel


def isolated(version: str, wheel: Path, folder: Path) -> Row:
    """Install the wheel alone, and run the main job away from the checkout."""
    name = f"Python {version}, the wheel alone"
    python = python_of(version)
    if python is None:
        return Row(name, True, "skipped: not on this machine")
    place = folder / f"{version}-wheel"
    (place / "home").mkdir(parents=True)
    own = environment(python, place / ".venv")
    done = run([own, *INSTALL, "-c", str(ROOT / "constraints.txt"), str(wheel)], place)
    if done.returncode:
        return Row(name, False, f"cannot be installed: {last(done)}")
    home = {"HOME": str(place / "home"), "XDG_CACHE_HOME": str(place / "home")}
    started = time.monotonic()
    for words in MAIN_JOB:
        done = run([own.with_name("groundswell"), *words], place, home)
        if done.returncode:
            return Row(name, False, f"groundswell {words[0]}: {last(done)}")
    if not list(place.glob("results/*/report.html")):
        return Row(name, False, "groundswell demo: left no report")
    return Row(
        name, True, f"demo, validate, describe: {time.monotonic() - started:.0f} s"
    )


def environment(python: Path, folder: Path) -> Path:
    """Return the interpreter of a new virtual environment."""
    subprocess.run([str(python), "-m", "venv", str(folder)], check=True)
    return folder / "bin" / "python"


def run(
    command: list[str | Path], where: Path, more: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, as a user there would; return what it said."""
    shared = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "CI")}
    return subprocess.run(
        [str(word) for word in command],
        cwd=where,
        env={**shared, **(more or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def last(done: subprocess.CompletedProcess[str]) -> str:
    """Return the last line that a command wrote."""
    lines = [line.strip(" =") for line in done.stdout.splitlines() if line.strip()]
    return lines[-1] if lines else f"exit code {done.returncode}"


def main() -> int:
    """Run the cells that are asked for, a row each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("only", nargs="*", help="such as 3.11-lowest, or wheel")
    asked = parser.parse_args().only
    rows = []

    def add(row: Row) -> None:
        rows.append(row)
        print(
            f"{'ok  ' if row.is_good else 'FAIL'} {row.cell:<30} {row.words}",
            flush=True,
        )

    with tempfile.TemporaryDirectory(prefix="groundswell-matrix-") as name:
        folder = Path(name)
        for version, which in CELLS:
            if not asked or f"{version}-{which}" in asked:
                add(cell(version, which, folder))
        if not asked or "wheel" in asked:
            row, wheel = package(folder)
            add(row)
            for version in dict.fromkeys(version for version, _ in CELLS if wheel):
                add(isolated(version, wheel, folder))
    return int(not all(row.is_good for row in rows))


if __name__ == "__main__":
    sys.exit(main())
