"""Which parameters a study varies, and how far.

Ranges are those the scenario declares; a file may narrow or widen them. A parameter
is named by its dotted path, several by a pattern: `trust.*`.
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml

from simulation.levers import Lever
from simulation.scenario import Parameter, Scenario, parameters

from .design import Array, Design
from .errors import InputError

ASSUMED = (
    "perception",
    "trust",
    "recovery",
    "word_of_mouth",
    "reviews",
    "leaving",
    "joining",
)
"""The sections that say how customers are; varied if nobody says what to vary."""


class Factor(NamedTuple):
    """One parameter that varies."""

    path: str
    low: float
    high: float
    unit: str = ""
    is_whole: bool = False
    now: float = float("nan")
    """What the scenario says; NaN if it says nothing."""

    @property
    def section(self) -> str:
        """What it belongs to: trust, or levers.follow_up."""
        words = self.path.split(".")
        return ".".join(words[:2]) if words[0] == "levers" else words[0]

    @property
    def name(self) -> str:
        """The path without its section."""
        return self.path.removeprefix(f"{self.section}.")


def factors_of(
    scenario: Scenario,
    vary: Sequence[str] = (),
    ranges: Mapping[str, tuple[float, float]] | None = None,
) -> tuple[Factor, ...]:
    """Return the parameters of a scenario that are to vary.

    Parameters
    ----------
    scenario : Scenario
        Its levers' parameters are among those that can vary.
    vary : sequence of str
        Paths or patterns. If empty, those of `ranges`; if that is empty as well, how
        customers are, and what only its own lever has.
    ranges : mapping
        By path, where the declared range is not to be taken.

    Raises
    ------
    InputError
        Nothing fits a pattern, or a range is none.
    """
    ranges = dict(ranges or {})
    known = {p.path: p for p in parameters() if _is_in(p, scenario)}
    for path, (low, high) in ranges.items():
        _check_range(path, low, high, known)
    chosen = _chosen(vary or tuple(ranges), known) if vary or ranges else None
    if chosen is None:
        chosen = [path for path in known if _is_assumption(known[path])]
    found = []
    for path in dict.fromkeys([*chosen, *ranges]):
        low, high = ranges.get(path, known[path].range)
        now = _value_at(scenario, path)
        about = known[path]
        found.append(
            Factor(path, float(low), float(high), about.unit, about.is_whole, now)
        )
    return tuple(found)


def _is_in(about: Parameter, scenario: Scenario) -> bool:
    kind, name, *_ = about.path.split(".")
    present = {"levers": scenario.levers, "shocks": scenario.shocks}
    return kind not in present or name in {each.name for each in present[kind]}


def _is_assumption(about: Parameter) -> bool:
    words = about.path.split(".")
    if words[0] == "levers":
        return words[2] not in Lever.model_fields and about.default is not None
    return words[0] in ASSUMED


def _chosen(patterns: Iterable[str], known: Mapping[str, Parameter]) -> list[str]:
    found: list[str] = []
    for pattern in patterns:
        here = [path for path in known if fnmatchcase(path, _literal(pattern))]
        if not here:
            raise InputError(
                f"--vary {pattern}: no such parameter{_near(pattern, known)}"
            )
        found += here
    return found


def _literal(pattern: str) -> str:
    """Return a pattern in which brackets mean themselves: reviews.posting[0]."""
    return pattern.replace("[", "[[]")


def _near(path: str, known: Mapping[str, Parameter]) -> str:
    words = {p.rpartition(".")[2]: p for p in known}
    close = get_close_matches(path, known, 1) or [
        words[word] for word in get_close_matches(path.rpartition(".")[2], words, 1)
    ]
    if close:
        return f"; did you mean {close[0]!r}?"
    return "; groundswell describe parameter lists them"


def _check_range(
    path: str, low: float, high: float, known: Mapping[str, Parameter]
) -> None:
    if path not in known:
        raise InputError(f"ranges: {path}: no such parameter{_near(path, known)}")
    about = known[path]
    most = float("inf") if about.le is None else about.le
    if not low < high:
        raise InputError(
            f"ranges: {path}: {low:g} to {high:g} is no range; say [low, high]"
        )
    if low < about.ge or high > most or not np.isfinite([low, high]).all():
        raise InputError(
            f"ranges: {path}: {low:g} to {high:g} is more than {about.ge:g} to "
            f"{most:g}, where the model is defined; narrow it"
        )


def _value_at(scenario: Scenario, path: str) -> float:
    """Return what a scenario says at a path."""
    value: Any = scenario.plain()
    for word in path.replace("[", ".").replace("]", "").split("."):
        if isinstance(value, list) and word.isdigit():
            value = value[int(word)]
        elif isinstance(value, list):
            entries = [e for e in value if word in (e.get("name"), next(iter(e)))]
            value = entries[0].get(word, entries[0])
        else:
            value = value[word]
    return float(value) if isinstance(value, int | float) else float("nan")


def ranges_in(path: str | Path) -> dict[str, tuple[float, float]]:
    """Return the ranges of a YAML file: `perception.loss_aversion: [1, 3]`.

    Raises
    ------
    InputError
        Naming the file, and the line that is no range.
    """
    try:
        told = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = getattr(error, "strerror", None) or "is not YAML"
        raise InputError(f"{path}: cannot be read: {reason}") from None
    if not isinstance(told, dict) or not told:
        raise InputError(
            f"{path}: says no ranges; write lines such as trust.gain: [0, 1]"
        )
    found = {}
    for key, value in told.items():
        is_pair = isinstance(value, list) and len(value) == 2
        if not is_pair or not all(
            isinstance(x, int | float) and not isinstance(x, bool) for x in value
        ):
            raise InputError(f"{path}: {key}: is no range; say [low, high]")
        found[str(key)] = (float(value[0]), float(value[1]))
    return found


def designed(factors: Sequence[Factor], points: Array) -> Design:
    """Return points of the unit cube as values of the factors, whole where they are.

    Parameters
    ----------
    points : float64, shape (n_points, n_factors)
        Each in [0, 1].
    """
    low = np.array([factor.low for factor in factors])
    high = np.array([factor.high for factor in factors])
    values = low + points * (high - low)
    is_whole = np.array([factor.is_whole for factor in factors], bool)
    values[:, is_whole] = np.floor(values[:, is_whole] + 0.5)
    return Design(tuple(factor.path for factor in factors), values)
