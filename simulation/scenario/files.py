"""Scenario files: found, merged along `extends`, checked, written out in full."""

import os
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from .faults import all_faults
from .tree import (
    DEFAULTS,
    OVERRIDE,
    PATCHED,
    Node,
    Place,
    ScenarioError,
    Step,
    merge,
    place_of,
    placed,
    plain,
    read,
    steps,
    with_value,
    write,
    written,
)
from .whole import FILE_KEYS, WORDS, Scenario

SHIPPED = Path(__file__).parents[2] / "scenarios"
"""The scenarios that come with the program, beside its packages."""

REPLICATIONS = SHIPPED / "replications"
"""Published experiments as scenarios; also found by their bare names."""

OWN_KEYS = ("extends", *WORDS)
"""Keys that a file does not hand on to those that extend it."""

LONGEST_PATH = 12
"""More steps than any key has."""


def shipped() -> list[str]:
    """Return the names of the scenarios that come with the program."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def replications() -> list[str]:
    """Return the names of the published experiments that come with the program."""
    return sorted(path.stem for path in REPLICATIONS.glob("*.yaml"))


def load(source: str | Path, overrides: Iterable[str] = ()) -> Scenario:
    """Return the scenario of a file, checked.

    Parameters
    ----------
    source : str or Path
        A path, or the bare name of a shipped scenario ("baseline").
    overrides : iterable of str
        "dotted.path=value", the value as YAML, applied in turn. Entries of a list
        go by index or by name: `levers[0].follow_up.coverage=0.5`,
        `levers.follow_up.coverage=0.5`, `market.segments.key.share=0.3`. Paths of
        files are relative to the current folder.

    Returns
    -------
    Scenario
        With the paths of other files made absolute.

    Raises
    ------
    ScenarioError
        One line that names file and line (or the override), key, fault and remedy.
    """
    path = _path_of(source)
    tree, origins = _extended(path)
    for override in overrides:
        tree = _overridden(tree, override)
        origins.append(_origin_of(override))
    return _checked(tree, origins)


def changed(scenario: Scenario, changes: Iterable[tuple[str, float]]) -> Scenario:
    """Return a scenario with some numbers changed, checked as a file would be.

    Parameters
    ----------
    scenario : Scenario
    changes : iterable of (str, float)
        Dotted paths as `load` takes them, each with its value.

    Raises
    ------
    ScenarioError
        One line that names key, fault and remedy.
    """
    tree = placed(scenario.plain(), DEFAULTS)
    origins = [scenario.name]
    for path, value in changes:
        origins.append(_origin_of(f"{path}={value:g}"))
        place = Place(origins[-1])
        plainly = int(value) if float(value).is_integer() else value
        tree = with_value(tree, steps(path), Node(plainly, place, place))
    return _checked(tree, origins)


def resolved(scenario: Scenario) -> str:
    """Return the full scenario as YAML; loading it gives an equal scenario."""
    return write(scenario.plain())


def _path_of(source: str | Path) -> Path:
    """Return the file that a path or a shipped scenario's name stands for."""
    if _is_bare(source):
        for folder in (SHIPPED, REPLICATIONS):
            if (folder / f"{source}.yaml").is_file():
                return folder / f"{source}.yaml"
        return Path(source) if Path(source).exists() else SHIPPED / f"{source}.yaml"
    return Path(source)


def _is_bare(source: str | Path) -> bool:
    return isinstance(source, str) and re.fullmatch(r"[\w-]+", source) is not None


def _display(path: Path) -> str:
    """Return a file's name as seen from the current folder."""
    try:
        return path.absolute().relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):
        return str(path)


def _text_of(path: Path, blame: str) -> str:
    """Return the text of a file; `blame` begins the error where there is none."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        known = ", ".join(shipped())
        problem = f"no such file; use a path, or a shipped scenario: {known}"
    except UnicodeDecodeError:
        problem = "is not UTF-8 text; save it as UTF-8"
    except IsADirectoryError:
        problem = "is a folder; name a file in it"
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        problem = f"cannot be read: {reason}"
    raise ScenarioError(f"{blame}: {problem}")


def _root_of(path: Path, blame: str) -> Node:
    """Return the tree of one file, a mapping, with its own paths made absolute."""
    origin = _display(path)
    root = read(_text_of(path, blame), origin)
    if root.value is None:
        raise ScenarioError(
            f"{origin}:1: says nothing; write at least 'extends: baseline'"
        )
    if not isinstance(root.value, dict):
        raise ScenarioError(
            f"{root.place}: the top level is not a mapping; write keys and values, "
            "such as 'extends: baseline'"
        )
    return _rebased(root, path.absolute().parent)


def _rebased(root: Node, folder: Path) -> Node:
    """Return the tree with the files it names as absolute paths."""
    for section, key in FILE_KEYS:
        part = root.value.get(section) if isinstance(root.value, dict) else None
        old = part.value.get(key) if part and isinstance(part.value, dict) else None
        if old and isinstance(old.value, str) and old.value:
            path = os.path.normpath(folder / old.value)
            root = with_value(root, (section, key), replace(old, value=path))
    return root


def _extended(path: Path) -> tuple[Node, list[str]]:
    """Return the defaults merged with a file and all it extends; and their names."""
    chain: list[Node] = []
    seen: list[Path] = []
    blame = _display(path)
    if _is_bare(path.stem) and path.parent == SHIPPED and not path.is_file():
        blame = path.stem
    while True:
        root = _root_of(path, blame)
        chain.append(root)
        seen.append(path.resolve())
        parent = root.value.get("extends") if isinstance(root.value, dict) else None
        if parent is None or parent.value is None:
            break
        blame = f"{parent.place}: extends"
        if not isinstance(parent.value, str) or not parent.value:
            raise ScenarioError(f"{blame}: is not a name or a path; use one text")
        path = _parent_of(parent.value, path)
        blame = f"{blame}: {parent.value}"
        if path.resolve() in seen:
            circle = " → ".join(p.name for p in (*seen, path))
            raise ScenarioError(
                f"{parent.place}: extends: {circle} goes in a circle; remove one"
            )
    tree = placed(Scenario().plain(), DEFAULTS)
    for root in reversed(chain[1:]):
        tree = merge(tree, _without(root, OWN_KEYS))
    own = {"name": seen[0].stem, "question": ""}
    tree = merge(tree, placed(own, DEFAULTS))
    tree = merge(tree, _without(chain[0], ("extends",)))
    return tree, [node.place.origin for node in chain]


def _parent_of(name: str, child: Path) -> Path:
    """Return the file that `extends: name` in a file stands for."""
    return SHIPPED / f"{name}.yaml" if _is_bare(name) else child.parent / name


def _without(root: Node, keys: tuple[str, ...]) -> Node:
    below = root.value if isinstance(root.value, dict) else {}
    return replace(root, value={k: v for k, v in below.items() if k not in keys})


def _origin_of(override: str) -> str:
    words = " ".join(override.split())
    return OVERRIDE + words.encode("utf-8", "replace").decode()


def _overridden(tree: Node, override: str) -> Node:
    """Return the tree with one "dotted.path=value" applied."""
    origin = _origin_of(override)
    path, equals, text = override.partition("=")
    where = steps(path.strip())
    if not equals or not where or len(where) > LONGEST_PATH:
        raise ScenarioError(f"{origin}: write it as dotted.path=value")
    if where == ("extends",):
        raise ScenarioError(f"{origin}: extends cannot be set; name another file")
    value = placed(plain(read(text, origin)), Place(origin))
    if where in FILE_KEYS and isinstance(value.value, str) and value.value:
        value = replace(value, value=os.path.abspath(value.value))  # noqa: PTH100
    value = replace(value, key_place=value.place)
    if where == PATCHED and isinstance(value.value, dict):
        return merge(
            tree, placed({"journey": {"touchpoints": plain(value)}}, value.place)
        )
    return with_value(tree, where, value)


def _checked(tree: Node, origins: list[str]) -> Scenario:
    """Return the scenario of a merged tree, or raise its first fault."""
    top = Place(origins[0], 1)
    try:
        scenario = Scenario.model_validate(plain(tree))
    except ValidationError as error:
        faults = all_faults(error, tree, origins)
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise ScenarioError(faults[0] + more, faults) from None
    for section, key in FILE_KEYS:
        path: Any = getattr(getattr(scenario, section), key)
        where: tuple[Step, ...] = (section, key)
        if path and not Path(path).is_file():
            place, _ = place_of(tree, where, of_key=False, top=top)
            is_override = place.origin.startswith(OVERRIDE)
            base = "the current folder" if is_override else "the scenario file"
            raise ScenarioError(
                f"{place}: {written(where)}: {_display(Path(path))} is no file; give "
                f"a path relative to {base}"
            )
    return scenario
