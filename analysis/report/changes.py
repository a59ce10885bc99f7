"""What differs between two scenarios, in words: what it is, and where a file has it."""

from collections.abc import Mapping
from typing import NamedTuple

from analysis.differences import capitalised
from simulation.levers import LEVERS
from simulation.quantity import Entry
from simulation.scenario import (
    Change,
    Scenario,
    differences,
    parameters,
    settings,
)
from simulation.scenario.shocks import SHOCKS

ENTRIES: Mapping[str, Mapping[str, type[Entry]]] = {"levers": LEVERS, "shocks": SHOCKS}


class Worded(NamedTuple):
    """One thing in which a scenario differs, as people say it."""

    what: str
    """What it belongs to: "Follow up", "Trust"."""
    text: str
    """A clause with units: "loss ratio falls from 4 to 1.5"."""
    about: str
    """What that is, in a sentence; nothing where nobody wrote one."""
    path: str
    """Where it stands in a file: trust.loss_ratio."""


def in_words(before: Scenario, after: Scenario) -> list[Worded]:
    """Return what differs, in the order of files; nothing if both run alike.

    >>> from simulation.scenario import load
    >>> changed = load("baseline", ["trust.loss_ratio=2"])
    >>> (change,) = in_words(load("baseline"), changed)
    >>> change.what, change.text
    ('Trust', 'loss ratio falls from 4 to 2')
    >>> change.about
    'Loss by a broken promise over gain by a kept one.'
    """
    known = {each.path: each.text for each in settings()}
    for scenario in (before, after):
        known |= {each.path: each.text for each in parameters(scenario)}
    return [
        Worded(_what(change), change.text, _about(change, known), change.path)
        for change in differences(before, after)
    ]


def _what(change: Change) -> str:
    """Return what a change belongs to; a lever or shock goes by its name alone."""
    kind, _, name = change.where.partition(" ")
    return titled(name if f"{kind}s" in ENTRIES else change.where)


def titled(name: str) -> str:
    """Return a name of a file as a title.

    >>> titled("follow_up")
    'Follow up'
    """
    return capitalised(name.replace("_", " "))


def _about(change: Change, known: Mapping[str, str]) -> str:
    """Return what was changed: a whole lever or shock, or one of its numbers."""
    section, _, name = change.path.partition(".")
    kind = ENTRIES.get(section, {}).get(name.partition(" ")[0])
    if kind is not None:
        return f"{kind.text} Moves {kind.moves}."
    return known.get(change.path, "")
