"""What a request may say: each part is checked here, or refused in one line."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import yaml
from pydantic import ValidationError

from simulation.levers import LEVERS, Lever
from simulation.scenario import Scenario, shipped

from .refused import RefusedError

MOST_OVERRIDES = 40
MOST_WORDS = 300
FILES = (("market", "customers_file"), ("network", "file"))


def levers(value: object) -> Sequence[Lever]:
    """Return levers as they stand in a file, a list of mappings, checked."""
    return Scenario.model_validate({"levers": value}).levers


def fault(error: ValidationError) -> str:
    """Return the first thing that is wrong, in one line."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part not in LEVERS)
    return f"{where}: {first['msg']}"[:MOST_WORDS]


def only(request: Mapping[str, Any], *known: str) -> None:
    """Refuse a key that nobody knows."""
    for key in request:
        if key not in known:
            raise RefusedError(
                f"{str(key)[:40]!r}: no such key; known: {', '.join(known)}"
            )


def whole(
    request: Mapping[str, Any], key: str, default: int, least: int, most: int
) -> int:
    """Return a whole number within its bounds."""
    value = request.get(key, default)
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not is_whole or not least <= value <= most:
        raise RefusedError(
            f"{key}: {str(value)[:40]} is no whole number from {least} to {most}"
        )
    return int(value)


def text(request: Mapping[str, Any], key: str) -> str:
    """Return a text that says something."""
    value = request.get(key)
    if not isinstance(value, str) or not value.strip():
        raise RefusedError(f"{key}: is missing; give a text")
    return value


def texts(
    request: Mapping[str, Any], key: str, most: int, kind: str
) -> tuple[str, ...]:
    """Return a list of so many texts at most; none if the key is not there."""
    value = request.get(key, [])
    is_list = isinstance(value, list) and all(isinstance(x, str) for x in value)
    if not is_list or len(value) > most:
        raise RefusedError(f"{key}: give up to {most} texts, {kind}")
    return tuple(value)


def choice(request: Mapping[str, Any], key: str, known: Collection[str]) -> str:
    """Return one of several words, the first of which is the usual one."""
    value = request.get(key, next(iter(known)))
    if not isinstance(value, str) or value not in known:
        raise RefusedError(f"{key}: {str(value)[:40]!r} is none of {', '.join(known)}")
    return value


def switch(request: Mapping[str, Any], key: str) -> bool:
    """Return true or false; false if nothing is said."""
    value = request.get(key, False)
    if not isinstance(value, bool):
        raise RefusedError(f"{key}: {str(value)[:40]} is neither true nor false")
    return value


def numbers(request: Mapping[str, Any], key: str, most: int) -> dict[str, float]:
    """Return numbers by name, so many at most."""
    value = request.get(key, {})
    if not isinstance(value, dict) or len(value) > most:
        raise RefusedError(f"{key}: give at most {most} numbers by name")
    for name, number in value.items():
        is_number = isinstance(number, int | float) and not isinstance(number, bool)
        if not is_number or not math.isfinite(number):
            raise RefusedError(f"{key}.{name[:40]}: {str(number)[:40]} is no number")
    return {name: float(number) for name, number in value.items()}


def overrides(value: object) -> tuple[str, ...]:
    """Return changes as `--set` takes them; none that names a file."""
    if value is None:
        return ()
    found = texts({"overrides": value}, "overrides", MOST_OVERRIDES, "key=value")
    for each in found:
        key = each.partition("=")[0].strip()
        if key in ("market", "network") or key in map(".".join, FILES):
            raise RefusedError(
                f"{key}: names a file, which the page may not; use the file"
            )
    return found


def check_harmless(text: str) -> None:
    """Refuse a scenario that would make the server read another file."""
    try:
        tree = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise RefusedError(f"no YAML: {error}") from None
    if not isinstance(tree, dict):
        raise RefusedError("no scenario; write keys and values, as 'extends: baseline'")
    if tree.get("extends") not in (None, *shipped()):
        raise RefusedError("extends: a dropped file may only extend a shipped scenario")
    for section, key in FILES:
        part = tree.get(section)
        if isinstance(part, dict) and part.get(key) is not None:
            raise RefusedError(
                f"{section}.{key}: names a file, which a page cannot read; compare "
                "it on the command line"
            )
