"""What is wrong with a scenario, in one line that says what to do."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from simulation.levers import AUDIENCES, LEVERS
from simulation.quantity import Entry, as_called, details, nearest, shown, wanted

from .market import NAME
from .shocks import SHOCKS
from .tree import (
    OVERRIDE,
    Node,
    Place,
    Step,
    place_of,
    places_in,
    plain,
    steps,
    written,
)
from .whole import Scenario

ENTRIES: dict[str, dict[str, type[Entry]]] = {
    "levers": {**LEVERS},
    "shocks": {**SHOCKS},
}
"""The lists whose entries are mappings with one key, and what may be in them."""

NAMED = {**ENTRIES["levers"], **ENTRIES["shocks"]}
EXAMPLES = {
    "levers": "follow_up: {coverage: 0.5}",
    "shocks": "scandal: {size: 0.8}",
}

AFTERTHOUGHTS = ("too_short", "too_long")
"""What pydantic also says of a list when one of its entries is wrong."""


def all_faults(error: ValidationError, tree: Node, origins: list[str]) -> list[str]:
    """Return the faults in the order in which they stand in the files, a line each.

    Parameters
    ----------
    error : ValidationError
        All that pydantic found.
    tree : Node
        What was checked.
    origins : list of str
        Names of the files and overrides, in the order in which people read them.
    """
    faults = error.errors(include_url=False)
    deep = {tuple(f["loc"][:n]) for f in faults for n in range(len(f["loc"]))}
    found = [
        _fault(dict(fault), tree, origins)
        for fault in faults
        if fault["type"] not in AFTERTHOUGHTS or tuple(fault["loc"]) not in deep
    ]
    found.sort(key=lambda each: _order(each[0], origins))
    return [" ".join(f"{place}: {words}".split()) for place, words in found]


def _order(place: Place, origins: list[str]) -> tuple[int, int]:
    """Return what sorts places as people read them."""
    is_known = place.origin in origins
    rank = origins.index(place.origin) if is_known else len(origins)
    return rank, place.line or 0


def _layer(place: Place, origins: list[str]) -> int:
    """Return how late a place has its say: defaults, parents, file, overrides."""
    if place.origin not in origins:
        return 0
    rank = origins.index(place.origin)
    n_files = sum(not origin.startswith(OVERRIDE) for origin in origins)
    return n_files - rank if rank < n_files else rank + 1


def _fault(fault: dict[str, Any], tree: Node, origins: list[str]) -> tuple[Place, str]:
    """Return the place of a fault, and key and words."""
    path: tuple[Step, ...] = tuple(fault["loc"])
    is_key = fault["type"] == "extra_forbidden"
    if fault["type"] == "rule":
        place, path = _blamed(fault, tree, origins)
        words = str(fault["ctx"]["message"])
    else:
        place, node = place_of(tree, path, of_key=is_key, top=Place(origins[0], 1))
        words = _words(fault, path, plain(node))
    key = written(path)
    if not key or place.origin.startswith(f"{OVERRIDE}{key}="):
        return place, words
    return place, f"{key}: {words}"


def _blamed(
    fault: dict[str, Any], tree: Node, origins: list[str]
) -> tuple[Place, tuple[Step, ...]]:
    """Return which of the keys that a rule joins was said last, and where."""
    candidates = []
    for at in fault["ctx"]["at"].split(" "):
        path: tuple[Step, ...] = (*fault["loc"], *steps(at))
        place, node = place_of(tree, path, of_key=False, top=Place(origins[0], 1))
        below = max(places_in(node), key=lambda each: _layer(each, origins))
        if _layer(below, origins) > _layer(node.place, origins):
            place = below
        candidates.append((_layer(below, origins), place, path))
    _, place, path = max(candidates, key=lambda each: each[0])
    return place, path


def _words(fault: dict[str, Any], path: tuple[Step, ...], value: object) -> str:
    """Return what is wrong and the remedy, by pydantic's type of error."""
    context = fault.get("ctx", {})
    kind = str(fault["type"])
    if kind == "extra_forbidden":
        return f"unknown key{_elsewhere(path) or _meant(path)}"
    if kind == "missing":
        return f"is missing; {_wish(path)}"
    if kind == "literal_error":
        words = re.findall(r"'([^']*)'|(\d+)", context["expected"])
        known = [text or number for text, number in words]
        return f"{shown(value)} is none of {', '.join(known)}" + _hint(value, known)
    if kind == "union_tag_invalid":
        return _no_entry(value, str(path[0]))
    if kind == "tuple_type" and isinstance(value, dict) and str(path[-1]) in ENTRIES:
        first = next(iter(value), "the first")
        return f"is a list; put '- ' before {first}: and indent what is below it"
    if kind == "string_pattern_mismatch":
        if context["pattern"] == NAME:
            remedy = "use letters, digits, _ and -, beginning with a letter"
        else:
            remedy = f"use {', '.join(AUDIENCES)} or segment:NAME"
        return f"{shown(value)} will not do; {remedy}"
    plainly = {
        "string_type": f"{shown(value)} is not text; write a word, or put it in quotes",
        "string_too_short": "is empty; write a word",
        "string_too_long": f"{shown(value)} is too long; use at most "
        f"{context.get('max_length')} letters",
        "tuple_type": f"{shown(value)} is not a list; write [...], or lines with -",
        "too_short": "has no entry; give at least one",
        "too_long": f"has too many entries; use at most {context.get('max_length')}",
    }
    if kind.startswith("model_") and (there := list(_paths_to(str(path[-1])))):
        return f"{shown(value)} is not a mapping; did you mean {there[0]!r}?"
    if kind.startswith(("model_", "dict_")):
        return f"{shown(value)} is not a mapping; write keys and values"
    return plainly.get(kind, f"{shown(value)}: {fault['msg']}")


def _elsewhere(path: Sequence[Step]) -> str:
    """Return which levers (or shocks) know a key that this one does not; "" if none."""
    section, key = section_at(path[:-1]), str(path[-1])
    entries = ENTRIES.get(str(path[0]), {})
    if section not in entries.values() or as_called(key) in known_keys(path[:-1]):
        return ""
    knowing = [name for name, entry in entries.items() if key in entry.model_fields]
    alone = f"; known to {', '.join(knowing)} alone: leave it out here"
    return alone if knowing else ""


def _meant(path: Sequence[Step]) -> str:
    """Return which key was meant, here or elsewhere, or all that are known here."""
    key, known = str(path[-1]), known_keys(path[:-1])
    called = as_called(key)
    if called in NAMED and called not in known:
        (where,) = (name for name, entries in ENTRIES.items() if called in entries)
        return f"; {called} is one of the {where}; write '- {called}:' below {where}:"
    there = [] if called in known else list(_paths_to(called))
    return f"; did you mean {there[0]!r}?" if there else nearest(key, known)


def _paths_to(
    key: str, section: type[BaseModel] = Scenario, above: str = ""
) -> Iterator[str]:
    """Yield the dotted paths of a key in the sections below the top."""
    for name, field in section.model_fields.items():
        if above and name == key:
            yield f"{above}{name}"
        inner = section_in(field)
        if inner is not None:
            yield from _paths_to(key, inner, f"{above}{name}.")


def _hint(value: object, known: list[str]) -> str:
    hint = nearest(str(value), known)
    return hint if "did you mean" in hint else ""


def _no_entry(value: object, where: str) -> str:
    noun, known = where.removesuffix("s"), list(ENTRIES[where])
    keys = list(value) if isinstance(value, dict) else []
    if len(keys) == 1:
        return f"unknown {noun} {shown(keys[0])}{nearest(str(keys[0]), known)}"
    if keys and keys[0] in known:
        return (
            f"has {len(keys)} keys ({', '.join(map(str, keys[:3]))}); indent the "
            f"{noun}'s fields below its name"
        )
    return f"{shown(value)} is no {noun}; write one key, as {EXAMPLES[where]}"


def _wish(path: Sequence[Step]) -> str:
    """Return what a missing key should say."""
    section = section_at(path[:-1])
    field = section.model_fields.get(str(path[-1])) if section else None
    if field is None:
        return "state it"
    if details(field):
        return f"use {wanted(field)}"
    words = get_args(field.annotation)
    if words and all(isinstance(word, str) for word in words):
        return f"use one of {', '.join(words)}"
    return "state it"


def known_keys(path: Sequence[Step]) -> list[str]:
    """Return the keys that a file may write at a path."""
    section = section_at(path)
    keys = list(section.model_fields) if section else []
    return [*keys, "extends"] if section is Scenario else keys


def section_at(path: Sequence[Step]) -> type[BaseModel] | None:
    """Return the section whose keys stand at a path."""
    section: type[BaseModel] | None = Scenario
    for step in path:
        if isinstance(step, int):
            continue
        if section is None and step in NAMED:
            section = NAMED[step]
        elif section is None or step not in section.model_fields:
            return None
        else:
            section = section_in(section.model_fields[step])
    return section


def section_in(field: FieldInfo) -> type[BaseModel] | None:
    """Return the section that a field holds, alone or in a list; None for levers."""
    found = _sections(field.annotation)
    return found[0] if len(found) == 1 else None


def _sections(annotation: Any) -> list[type[BaseModel]]:  # noqa: ANN401 (any type)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [part for arg in get_args(annotation) for part in _sections(arg)]
