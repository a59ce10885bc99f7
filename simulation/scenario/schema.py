"""What scenarios can say, for editors (JSON Schema) and for studies (parameters)."""

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar, get_args

from pydantic import BaseModel

from simulation.levers import LEVERS
from simulation.quantity import bounds, details, kinds_of, shown

from .shocks import SHOCKS
from .whole import Scenario

Key = TypeVar("Key")
DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Parameter(NamedTuple):
    """One number of a scenario, of a lever or of a shock."""

    path: str
    """As `--set` takes it: perception.loss_aversion, levers.follow_up.coverage."""
    default: Any
    """None where the default is to leave it out."""
    unit: str
    range: tuple[float, float]
    """What a study samples."""
    ge: float
    """Least value at which the rules are defined."""
    le: float | None
    """Greatest; None is any finite number, infinity includes itself."""
    text: str
    source: str
    is_whole: bool


def parameters(scenario: Scenario | None = None) -> list[Parameter]:
    """Return every number of a scenario with its levers and shocks, in file order.

    Without one: of the defaults, and of every lever and shock there is.
    """
    if scenario is not None:
        return list(_parameters_of(scenario, ""))
    return list(_everywhere(_parameters_of))


def _parameters_of(section: BaseModel, above: str) -> Iterator[Parameter]:
    for name, field in type(section).model_fields.items():
        value, path = getattr(section, name), f"{above}{name}"
        if isinstance(value, BaseModel):
            yield from _parameters_of(value, f"{path}.")
        elif extra := details(field):
            ge, le = bounds(field)
            about = (extra["unit"], tuple(extra["range"]), ge, le)
            words = (str(field.description), extra["source"])
            is_whole = int in kinds_of(field.annotation)
            several = value if isinstance(value, tuple) else None
            for index, part in enumerate(several or [value]):
                place = f"{path}[{index}]" if several else path
                yield Parameter(place, part, *about, *words, is_whole)
        elif isinstance(value, tuple):
            labels = [getattr(part, "name", "") for part in value]
            for index, (label, part) in enumerate(zip(labels, value, strict=True)):
                if isinstance(part, BaseModel):
                    place = path if labels.count(label) == 1 else f"{path}[{index}]"
                    yield from _parameters_of(part, f"{place}.{label}.")


class Setting(NamedTuple):
    """One key of a scenario, a lever or a shock that is no number."""

    path: str
    default: Any
    choices: tuple[str, ...]
    """The only words it takes; none if it takes others."""
    text: str


def settings() -> list[Setting]:
    """Return every key that is no number, in the order of files."""
    return list(_everywhere(_settings_of))


def _settings_of(section: BaseModel, above: str) -> Iterator[Setting]:
    for name, field in type(section).model_fields.items():
        value, path = getattr(section, name), f"{above}{name}"
        if isinstance(value, BaseModel):
            yield from _settings_of(value, f"{path}.")
        elif not (details(field) or path in LISTS):
            words = get_args(field.annotation)
            choices = tuple(word for word in words if isinstance(word, str))
            yield Setting(path, value, choices, str(field.description))


LISTS = ("market.segments", "journey.touchpoints", "levers", "shocks")
"""Lists whose entries are described one by one."""


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of scenario files.

    It takes files that extend others, so nothing is required; numbers carry unit,
    range and source in their descriptions.
    """
    tree: dict[str, Any] = Scenario.model_json_schema()
    definitions = tree["$defs"]
    for part in (tree, *definitions.values()):
        _describe(part)
    tree["properties"] = {
        "extends": {
            "type": ["string", "null"],
            "description": "The scenario that this one changes: a shipped name, such "
            "as baseline, or a path relative to this file.",
        },
        **tree["properties"],
    }
    for key, part in tree["properties"].items():
        if "$ref" in part:
            tree["properties"][key] = {
                "description": definitions[key_of(part["$ref"])].get("description", ""),
                "anyOf": [{"$ref": part["$ref"]}, {"type": "null"}],
            }
    _allow_changes_by_name(definitions)
    tree["title"] = "Groundswell scenario"
    return {"$schema": DIALECT, **tree}


def key_of(reference: str) -> str:
    """Return the name at the end of a reference."""
    return reference.rpartition("/")[2]


def _describe(part: Any) -> None:  # noqa: ANN401 (any part of a JSON document)
    """Write bounds as JSON Schema has them; unit, range and source as words."""
    if isinstance(part, list):
        for item in part:
            _describe(item)
    if not isinstance(part, dict):
        return
    part.pop("title", None)
    if isinstance(part.get("unit"), str) and "range" in part:
        _describe_number(part)
    for item in part.values():
        _describe(item)


def _describe_number(part: dict[str, Any]) -> None:
    unit, source = part.pop("unit"), part.pop("source")
    low, high = part.pop("range")
    ge, le = part.pop("ge"), part.pop("le")
    is_infinite = part.pop("infinite", False)
    words = f"Unit: {unit}. Usual: {shown(low)} to {shown(high)}."
    words += " May be .inf." if is_infinite else ""
    part["description"] = f"{part['description']} {words} Source: {source}."
    for kind in _kinds(part):
        if kind.get("type") in ("number", "integer"):
            kind["minimum"] = ge
            if le is not None and le != math.inf:
                kind["maximum"] = le


def _kinds(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every place where the type of the number itself is said."""
    yield part
    for below in part.get("anyOf", ()):
        yield from _kinds(below)
    for key in ("items", "additionalProperties"):
        if isinstance(part.get(key), dict):
            yield from _kinds(part[key])


def _allow_changes_by_name(definitions: dict[str, Any]) -> None:
    """Let touchpoints be a mapping from a name to what changes there."""
    whole = definitions["Touchpoint"]
    change = {key: value for key, value in whole.items() if key != "required"}
    definitions["TouchpointChange"] = {
        **change,
        "description": "What changes at a touchpoint of the extended scenario.",
    }
    touchpoints = definitions["Journey"]["properties"]["touchpoints"]
    words = {"description": touchpoints.pop("description")}
    default = {"default": touchpoints.pop("default")}
    by_name = {
        "type": "object",
        "additionalProperties": {"$ref": "#/$defs/TouchpointChange"},
    }
    definitions["Journey"]["properties"]["touchpoints"] = {
        **words,
        **default,
        "anyOf": [touchpoints, by_name],
    }


def _everywhere(found_in: Callable[[BaseModel, str], Iterator[Key]]) -> Iterator[Key]:
    """Look through the defaults of a scenario, and of every lever and shock."""
    yield from found_in(Scenario(), "")
    for where, kinds in (("levers", LEVERS), ("shocks", SHOCKS)):
        for name, kind in kinds.items():
            yield from found_in(kind(), f"{where}.{name}.")
