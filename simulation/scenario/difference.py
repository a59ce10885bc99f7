"""What differs between two scenarios, in words with units.

Sections are read as they are declared, so that a new key, lever or shock is told
without a word here. What has a name (a touchpoint, a segment, a lever) is compared
with its namesake, wherever it stands in its list.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from simulation.levers import SEGMENT
from simulation.quantity import Empty, Entry, details

from .whole import WORDS, Scenario

PLAIN = ("ratio", "shape", "exponent", "of")
"""First words of units that go without saying."""
FEW = 8
"""Numbers in a list that a sentence still spells out."""
IDLE = (None, 0, (), "everyone")
"""Settings that, where they are the default, go without saying; so does all of it."""
LINKING = ("from", "until", "after", "every", "when", "lasts")
"""Names of settings that begin so follow a comma, not "with"."""
VERBS = ("lasts", "breaks")
"""Names of settings that say what a shock does."""
EXPERIENCES: dict[object, str] = {
    "bad": "a bad experience",
    "every": "every experience",
    "good": "a good experience",
}
"""What `after` says, in words."""
Named = dict[str, BaseModel]


class Change(NamedTuple):
    """One thing in which the second scenario differs from the first."""

    path: str
    """Where it stands in a file: firm.promise, levers.follow_up.coverage."""
    where: str
    """What it belongs to, in words: "firm", "lever follow_up"."""
    text: str
    """A clause with units: "promise rises from 88 % to 95 %"."""
    before: Any
    """As a file would say it; None if absent."""
    after: Any
    unit: str = ""
    """As declared; "" if it is no number."""
    moves: str = ""
    """What a lever, or a shock, moves; "" for all else."""


def differences(before: Scenario, after: Scenario) -> tuple[Change, ...]:
    """Return what differs, in the order of files; nothing if both run alike.

    Parameters
    ----------
    before, after : Scenario
        Name, question and promise do not count: they change no run.

    Returns
    -------
    tuple of Change

    >>> from simulation.scenario import load
    >>> bolder = load("baseline", ["firm.promise=.95"])
    >>> (change,) = differences(load("baseline"), bolder)
    >>> f"{change.where}: {change.text}"
    'firm: promise rises from 88 % to 95 %'
    """
    reader = _Reader(before.money.currency, after.money.currency)
    return tuple(reader.sections(before, after, "", ""))


class _Reader:
    """Compares what two scenarios say, part by part."""

    def __init__(self, *currencies: str) -> None:
        self.before, self.after = currencies

    def sections(
        self, before: BaseModel, after: BaseModel, path: str, where: str
    ) -> Iterator[Change]:
        """Yield the differences of two sections of one kind."""
        for name, field in type(after).model_fields.items():
            if not path and name in WORDS:
                continue
            old, new = getattr(before, name), getattr(after, name)
            place = f"{path}.{name}" if path else name
            if isinstance(new, BaseModel) and isinstance(old, BaseModel):
                yield from self.sections(old, new, place, _joined(where, name))
            elif _is_of_sections(old) or _is_of_sections(new):
                yield from self.members(old, new, place, _joined(where, name))
            elif old != new:
                words = self.value(name, old, new, field)
                pair = _plain(old), _plain(new)
                yield Change(place, where, words, *pair, _unit(field), _moves(after))

    def value(self, name: str, old: object, new: object, field: FieldInfo) -> str:
        """Return how one value differs: "promise rises from 88 % to 95 %"."""
        unit, empty = _unit(field), _empty(field)
        what = _words(name, unit)
        is_plural = _is_plural(what)
        texts = (
            shown(old, unit, self.before, name, empty),
            shown(new, unit, self.after, name, empty),
        )
        if old is None:
            verb = "become" if is_plural else "becomes"
            return f"{what}, not set before, {verb} {texts[1]}"
        if new is None:
            verb = "are" if is_plural else "is"
            return f"{what}, {texts[0]} before, {verb} no longer set"
        if name.removesuffix("_weeks") in VERBS:
            return f"{what} {texts[1]} instead of {texts[0]}"
        verb = "change"
        if isinstance(old, int | float) and isinstance(new, int | float):
            verb = "rise" if new > old else "fall"
        return f"{what} {verb}{'' if is_plural else 's'} from {texts[0]} to {texts[1]}"

    def members(
        self,
        old: Sequence[BaseModel],
        new: Sequence[BaseModel],
        path: str,
        where: str,
    ) -> Iterator[Change]:
        """Yield the differences of two lists, whose members go by name."""
        one = where.removesuffix("s")
        ours, theirs = _named(old), _named(new)
        for name in (name for name in ours if name not in theirs):
            at, twin = f"{path}.{name}", ours[name]
            about, moves = f"{one} {name}", _moves(twin)
            yield Change(at, about, "is left out", _plain(twin), None, moves=moves)
        for name, member in theirs.items():
            at, about = f"{path}.{name}", f"{one} {name}"
            same = ours.get(name)
            if same is not None and type(same) is type(member):
                yield from self.sections(same, member, at, about)
                continue
            pair, moves = (_plain(same), _plain(member)), _moves(member)
            settings = self.settings(member)
            link = "," if settings.startswith(LINKING) else " with"
            words = f"is added{link} {settings}"
            yield Change(at, about, words, *pair, moves=moves)
        orders = [n for n in ours if n in theirs], [n for n in theirs if n in ours]
        if orders[0] != orders[1]:
            words = f"come in another order: {', '.join(orders[1])}"
            yield Change(path, where, words, *orders)

    def settings(self, member: BaseModel) -> str:
        """Return a new member's settings, but for those that are idle, as usual."""
        said = (
            (name, _unit(field), getattr(member, name))
            for name, field in type(member).model_fields.items()
            if name != "name" and not _is_idle(getattr(member, name), field)
        )
        given = [
            f"{_words(name, unit)} {shown(value, unit, self.after, name)}"
            for name, unit, value in said
        ]
        return ", ".join(given) or "its usual settings"


def shown(
    value: Any,  # noqa: ANN401 (any setting)
    unit: str,
    currency: str,
    name: str = "",
    empty: str = "nothing",
) -> str:
    """Return a setting as a person says it, with what its name leaves of the unit.

    `empty` is what it means as an empty list.

    >>> shown(0.88, "share", "EUR"), shown(4.0, "money per contact", "EUR")
    ('88 %', '4 EUR per contact')
    >>> shown(4.0, "money per contact", "EUR", "cost_per_contact")
    '4 EUR'
    """
    if isinstance(value, BaseModel):
        said = (
            (key, getattr(value, key), _unit(field))
            for key, field in type(value).model_fields.items()
        )
        settings = (
            f"{_words(key, unit)} {shown(part, unit, currency, key)}"
            for key, part, unit in said
            if part is not None
        )
        return f"({', '.join(settings)})"
    if isinstance(value, Mapping):
        parts = (f"{shown(v, unit, currency, name)} at {k}" for k, v in value.items())
        return ", ".join(parts)
    if isinstance(value, list | tuple):
        if len(value) > FEW:
            return f"a list of {len(value)}"
        return ", ".join(shown(v, unit, currency, name) for v in value) or empty
    if isinstance(value, bool) or not isinstance(value, int | float):
        plain: dict[object, str] = {None: "nothing", True: "yes", False: "no"}
        words = plain | EXPERIENCES if name == "after" else plain
        if name == "metric":
            return str(value).replace("_", " ").replace("nps", "NPS")
        return words.get(value, str(value).replace(f"{SEGMENT}:", f"{SEGMENT} "))
    return _measured(value, unit, currency, name)


def _measured(value: float, unit: str, currency: str, name: str) -> str:
    """Return a number with its unit: "6 weeks", "15 % per year", "1.4"."""
    word, _, rest = unit.partition(" ")
    number = 100 * value if word == "share" else value
    text = f"{number:,.10g}" if math.isfinite(number) else "infinite"
    if rest.replace(" ", "_").replace("-", "_") in name or word == "of":
        rest = ""
    plain = dict.fromkeys(PLAIN, "")
    word = {"share": "%", "money": currency, **plain}.get(word, word)
    if unit == "weeks" and name.endswith("_week"):
        word = ""
    elif value == 1 and not rest:
        word = word.removesuffix("s")
    return " ".join(part for part in (text.replace("-", "−"), word, rest) if part)


def _is_idle(value: object, field: FieldInfo) -> bool:
    is_whole = value == 1 and _unit(field) == "share"
    return value == field.default and (is_whole or value in IDLE)


def _unit(field: FieldInfo) -> str:
    return str(details(field).get("unit", ""))


def _empty(field: FieldInfo) -> str:
    """Return what an empty list means, as declared."""
    declared = (said.words for said in field.metadata if isinstance(said, Empty))
    return next(declared, "nothing")


def _moves(member: BaseModel) -> str:
    return member.moves if isinstance(member, Entry) else ""


def _words(name: str, unit: str) -> str:
    """Return a key as words, without the unit that it may end in."""
    if unit == "weeks":
        name = name.removesuffix("_weeks")
    return name.replace("_", " ")


def _is_plural(what: str) -> bool:
    """Return whether what a setting is called stands for several.

    >>> _is_plural("customers"), _is_plural("alarms per week"), _is_plural("fit loss")
    (True, True, False)
    """
    noun = re.split(" per | to ", what)[0]
    return noun.endswith("s") and not noun.endswith("ss")


def _joined(where: str, name: str) -> str:
    words = name.replace("_", " ")
    return words if not where or name.endswith("s") else f"{where}, {words}"


def _is_of_sections(value: object) -> bool:
    """Return whether a value is a list of sections, as levers are."""
    return isinstance(value, tuple) and any(isinstance(v, BaseModel) for v in value)


def _named(members: Sequence[BaseModel]) -> Named:
    """Return members by name; namesakes are numbered from the second on."""
    found: Named = {}
    for member in members:
        name = str(getattr(member, "name", type(member).__name__.lower()))
        count = sum(key.partition(" ")[0] == name for key in found)
        found[f"{name} {count + 1}" if count else name] = member
    return found


def _plain(value: Any) -> Any:  # noqa: ANN401 (any part of a scenario)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="python")
    return list(value) if isinstance(value, tuple) else value
