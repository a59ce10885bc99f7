"""A scenario file as a tree that remembers in which line everything stands."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any, NamedTuple, TypeAlias

import yaml

from simulation.quantity import nearest, respelt

from .unreadable import unreadable

Step: TypeAlias = str | int
Scalar: TypeAlias = str | int | float | bool | None

MOST_NODES = 100_000
"""More than any real file has; aliases can multiply without end."""

PATCHED = ("journey", "touchpoints")
"""The list whose entries a file may change by name."""


class ScenarioError(ValueError):
    """One line: file and line, key, what is wrong, what to do.

    Parameters
    ----------
    line : str
    faults : sequence of str
        A line each where more than one thing was found; else the line itself.
    """

    def __init__(self, line: str, faults: Sequence[str] = ()) -> None:
        super().__init__(line)
        self.faults = tuple(faults) or (line,)


class Place(NamedTuple):
    """Where something was said; a line of None is not in a file."""

    origin: str
    line: int | None = None

    def __str__(self) -> str:
        return self.origin if self.line is None else f"{self.origin}:{self.line}"


DEFAULTS = Place("the defaults")

OVERRIDE = "--set "
"""Begins the origin of what the command line says."""

DEEPEST = 30
"""More levels than any real file has."""


@dataclass(frozen=True)
class Node:
    """A value and its place; in a mapping also the place of its key."""

    value: "dict[str, Node] | list[Node] | Scalar"
    place: Place
    key_place: Place | None = None


class _Loader(yaml.SafeLoader):
    """Composes plain scalars by the YAML 1.2 core schema: no dates, no yes/no."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (as PyYAML's own)


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
        r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first
    )


class _Dumper(yaml.SafeDumper):
    """Quotes every text that some reader of YAML would take for something else."""


for _letter, _resolvers in _Loader.yaml_implicit_resolvers.items():
    _others = yaml.SafeDumper.yaml_implicit_resolvers.get(_letter, [])
    _Dumper.yaml_implicit_resolvers = {
        **_Dumper.yaml_implicit_resolvers,
        _letter: [*_resolvers, *_others],
    }


def _quoted(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    """Return a text as YAML; with odd line breaks it must stand escaped."""
    style = '"' if len(text.splitlines()) > 1 or text[-1:] in ODD_BREAKS else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


ODD_BREAKS = tuple("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
_Dumper.add_representer(str, _quoted)


def read(text: str, origin: str) -> Node:
    """Return the tree of a YAML text.

    Raises
    ------
    ScenarioError
        Naming origin and line, where the text is not YAML, names a key twice or
        refers to itself.
    """
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line, words = unreadable(error, text)
        raise ScenarioError(f"{_place(origin, line)}: is not YAML: {words}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        words = f"is not YAML: {_one_line(error.reason)}; remove them"
        raise ScenarioError(f"{_place(origin, line)}: {words}") from None
    except RecursionError:
        raise ScenarioError(f"{origin}: is nested too deeply; flatten it") from None
    if root is None:
        return Node(None, _place(origin, 1))
    return _Reader(origin).node(root, ())


def write(tree: object) -> str:
    """Return plain Python as YAML that reads back the same."""
    return yaml.dump(
        tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=88
    )


def _place(origin: str, line: int) -> Place:
    return Place(origin, None if origin.startswith(OVERRIDE) else line)


def _one_line(text: object) -> str:
    return " ".join(str(text).split())


class _Reader:
    """Turns composed YAML into nodes."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.count = 0

    def node(self, node: yaml.Node, above: tuple[int, ...]) -> Node:
        """Return the tree below a YAML node; `above` are the ids it lies in."""
        place = _place(self.origin, node.start_mark.line + 1)
        self.count += 1
        if len(above) > DEEPEST:
            raise ScenarioError(f"{place}: is nested too deeply; flatten it")
        if id(node) in above or self.count > MOST_NODES:
            raise ScenarioError(f"{place}: refers to itself; write it out")
        inside = (*above, id(node))
        if isinstance(node, yaml.MappingNode):
            return Node(self._mapping(node, inside), place)
        if isinstance(node, yaml.SequenceNode):
            return Node([self.node(item, inside) for item in node.value], place)
        return Node(_scalar(node.tag, node.value, place), place)

    def _mapping(self, node: yaml.MappingNode, inside: tuple[int, ...]) -> Any:  # noqa: ANN401
        found: dict[str, Node] = {}
        self._check_commas(node)
        for key, value in node.value:
            place = _place(self.origin, key.start_mark.line + 1)
            if not isinstance(key, yaml.ScalarNode):
                raise ScenarioError(f"{place}: a key must be a word")
            if _word(key.value, place) in found:
                first = found[key.value].key_place
                line = first.line if first else None
                raise ScenarioError(
                    f"{place}: {_one_line(key.value)}: stands here a second time "
                    f"(first in line {line}); remove one"
                )
            found[key.value] = replace(self.node(value, inside), key_place=place)
        return found

    def _check_commas(self, node: yaml.MappingNode) -> None:
        """Refuse `{customers: 50,000}`, where 000 has become a key."""
        for index, (key, value) in enumerate(node.value):
            rest = list(takewhile(_is_bare_number, node.value[index + 1 :]))
            text = ",".join([str(value.value), *(tail.value for tail, _ in rest)])
            if rest and (remedy := respelt(text)):
                place = _place(self.origin, value.start_mark.line + 1)
                name = _one_line(key.value)
                raise ScenarioError(f"{place}: {name}: {text} has a comma; {remedy}")


def _is_bare_number(entry: tuple[yaml.Node, yaml.Node]) -> bool:
    """Return whether a key is a number that has no value."""
    key, value = entry
    return value.value == "" and re.fullmatch("[0-9]+", str(key.value)) is not None


def _word(text: str, place: Place) -> str:
    """Return a text that can be written again: no half characters."""
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ScenarioError(f"{place}: holds half a character; write it in full")
    return text


def _scalar(tag: str, text: str, place: Place) -> Scalar:
    kind = tag.rpartition(":")[2]
    try:
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind == "int":
            return int(text)
        if kind == "float":
            if re.fullmatch(r"[0-9]{1,9}e[0-5]", text.lower()):
                return int(float(text))
            return float(re.sub(r"\.(?=inf|nan)", "", text.lower()))
    except ValueError:
        problem = f"cannot be read as {kind}; write it in full, or in quotes"
        raise ScenarioError(f"{place}: {_one_line(text)[:40]!r} {problem}") from None
    return _word(text, place)


def placed(value: object, place: Place) -> Node:
    """Return plain Python as a tree that stands all in one place."""
    if isinstance(value, dict):
        below = {
            k: replace(placed(v, place), key_place=place) for k, v in value.items()
        }
        return Node(below, place)
    if isinstance(value, list | tuple):
        return Node([placed(part, place) for part in value], place)
    return Node(value, place)  # type: ignore[arg-type]


def plain(node: Node) -> Any:  # noqa: ANN401 (whatever the file says)
    """Return a tree as plain Python."""
    if isinstance(node.value, dict):
        return {key: plain(part) for key, part in node.value.items()}
    if isinstance(node.value, list):
        return [plain(part) for part in node.value]
    return node.value


def merge(parent: Node, child: Node, path: tuple[Step, ...] = ()) -> Node:
    """Return what a child makes of its parent.

    Mappings merge key by key, all else is replaced; an empty section changes
    nothing; touchpoints may be changed by name.
    """
    if child.value is None and len(path) == 1 and isinstance(parent.value, dict | list):
        return parent
    if path == PATCHED and isinstance(child.value, dict):
        return _patched(parent, child, path)
    if not (isinstance(parent.value, dict) and isinstance(child.value, dict)):
        return child
    both = dict(parent.value)
    for key, part in child.value.items():
        old = both.get(key)
        both[key] = (
            part
            if old is None
            else replace(merge(old, part, (*path, key)), key_place=part.key_place)
        )
    return Node(both, child.place, child.key_place)


def _patched(parent: Node, child: Node, path: tuple[Step, ...]) -> Node:
    """Return a list of named entries, some of them changed by a mapping."""
    entries = list(parent.value) if isinstance(parent.value, list) else []
    changes = child.value if isinstance(child.value, dict) else {}
    for name, change in changes.items():
        at = _index_of(entries, name)
        if at is None:
            known = [str(plain(e).get("name")) for e in entries if _is_map(e)]
            raise ScenarioError(
                f"{change.key_place}: {written((*path, name))}: no touchpoint of that "
                f"name to change{nearest(name, known)}"
            )
        entries[at] = merge(entries[at], change, (*path, name))
    return Node(entries, child.place, child.key_place)


def _is_map(node: Node) -> bool:
    return isinstance(node.value, dict)


def _index_of(entries: Sequence[Node], name: str) -> int | None:
    """Return the only entry that is called, or keyed by, a name."""
    found = [
        index
        for index, entry in enumerate(entries)
        if isinstance(entry.value, dict)
        and (
            list(entry.value) == [name]
            or ("name" in entry.value and entry.value["name"].value == name)
        )
    ]
    return found[0] if len(found) == 1 else None


def steps(path: str) -> tuple[Step, ...]:
    """Return the steps of a dotted path: "a[0].b" and "a.0.b" are ("a", 0, "b")."""
    words = re.findall(r"[^.\[\]]+", path)
    return tuple(int(w) if re.fullmatch(r"[0-9]{1,6}", w) else w for w in words)


def written(path: Sequence[Step]) -> str:
    """Return a path as people write it: levers[0].follow_up.coverage."""
    text = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)
    return text.removeprefix(".")


def with_value(node: Node, path: tuple[Step, ...], new: Node, done: str = "") -> Node:
    """Return the tree with one value set, making the mappings on the way."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(node.value, list):
        index = step if isinstance(step, int) else _index_of(node.value, step)
        if index is None or index >= len(node.value):
            count = len(node.value)
            raise ScenarioError(
                f"{new.place}: {done}: has no entry {step}; {node.place} gives {count}"
                + (f", counted from 0 to {count - 1}" if count else "")
            )
        entry = node.value[index]
        is_key = isinstance(entry.value, dict) and list(entry.value) == [step]
        entries = list(node.value)
        entries[index] = with_value(
            entry, path if is_key else rest, new, f"{done}[{index}]"
        )
        return replace(node, value=entries)
    below = dict(node.value) if isinstance(node.value, dict) else {}
    key = str(step)
    old = below.get(key, Node(None, new.place, new.place))
    changed = with_value(old, rest, new, f"{done}.{key}".removeprefix("."))
    below[key] = replace(changed, key_place=new.place)
    return replace(node, value=below)


def place_of(
    node: Node, path: Sequence[Step], *, of_key: bool, top: Place
) -> tuple[Place, Node]:
    """Return where a path was said, or else the nearest said thing around it.

    `of_key` asks for the key rather than its value; `top` stands for the file.
    """
    best = top
    for step in path:
        if isinstance(node.value, dict) and str(step) in node.value:
            node = node.value[str(step)]
        elif (
            isinstance(node.value, list)
            and isinstance(step, int)
            and step < len(node.value)
        ):
            node = node.value[step]
        else:
            break
        if node.place is not DEFAULTS:
            best = node.place
    if of_key and node.key_place and node.key_place is not DEFAULTS:
        best = node.key_place
    return best, node


def places_in(node: Node) -> list[Place]:
    """Return the place of a node and of everything in it."""
    if isinstance(node.value, dict):
        parts = list(node.value.values())
    else:
        parts = node.value if isinstance(node.value, list) else []
    return [node.place, *(place for part in parts for place in places_in(part))]
