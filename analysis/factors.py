"""What varies in a study, and how far: assumptions, and whatever else is named.

A factor is one parameter, or several that move together: those of all touchpoints, of
all segments, of one list, each about its own value. It is moved by a *position* from 0,
the low end of its range, to 1, the high end, in a straight line on either side of the
middle, which is the scenario itself. Assumption: the truth is as likely above the
scenario's value as below. A range that a file states is taken evenly instead.

Every number that is neither a decision nor a size is assumed.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml

from simulation.levers import Lever
from simulation.scenario import Parameter, Scenario, ScenarioError, parameters

from .design import MIDDLE, Array, Design, world_at
from .errors import InputError

ABOUT_CUSTOMERS = (
    "perception",
    "trust",
    "recovery",
    "word_of_mouth",
    "reviews",
    "leaving",
    "joining",
    "levers",
)
"""The sections whose assumptions vary if nobody says what should."""
SIZES = ("clock.", "market.customers")
"""How long, how fine and how large a study is."""
WHOLES = ("market.segments.share", "market.satisfaction_distribution")
"""Parts that add to 1, of which none can move alone."""
COSTS = frozenset(
    {"cost_once", "cost_per_week", "cost_per_contact", "cost_per_customer_week"}
)
DECISIONS = frozenset(Lever.model_fields) - COSTS | frozenset(
    {
        "answered",
        "delay_weeks",
        "every_weeks",
        "lasts_weeks",
        "margin",
        "reward",
        "sample_ratio",
        "speed",
    }
)
"""What a firm decides about a lever, and when a shock is said to come. What a lever
does and costs is assumed."""
CLOSER = 0.8
"""How much nearer to the middle a point goes while it breaks a rule of the files."""


class Factor(NamedTuple):
    """One thing that varies."""

    path: str
    """As files name it, without the names of touchpoints and segments where these move
    together."""
    value: float
    """In the middle: the scenario's, or the mean of several that move together; the
    middle of a range that a file states."""
    low: float
    """The end of the range, or the value where that lies outside."""
    high: float
    unit: str = ""
    text: str = ""
    is_whole: bool = False
    members: tuple[tuple[str, float], ...] = ()
    """Path and middle of each parameter that moves; the factor itself if empty."""

    @property
    def section(self) -> str:
        """What it belongs to: trust, or levers.follow_up."""
        words = self.path.split(".")
        return ".".join(words[:2]) if words[0] == "levers" else words[0]

    @property
    def name(self) -> str:
        """The path without its section."""
        return self.path.removeprefix(f"{self.section}.")

    def at(self, position: float) -> float:
        """Return the value at a position.

        >>> Factor("trust.gain", 0.05, 0.01, 0.15).at(0.75)
        0.1
        """
        return float(self.moved(self.value, np.array(position)))

    def moved(self, middle: float, positions: Array) -> Array:
        """Return a member's values, from its own middle, at some positions."""
        values = np.interp(positions, (0.0, MIDDLE, 1.0), (self.low, middle, self.high))
        return np.floor(values + 0.5) if self.is_whole else values


def name_of(path: str) -> str:
    """Return the factor that a parameter belongs to.

    >>> name_of("journey.touchpoints.use.weight"), name_of("reviews.posting[2]")
    ('journey.touchpoints.weight', 'reviews.posting')
    """
    path = re.sub(r"\[\d+\]", "", path)
    head, _, key = path.rpartition(".")
    for above in ("journey.touchpoints", "market.segments"):
        if head.startswith(f"{above}."):
            return f"{above}.{key}"
    return path


def assumptions(scenarios: Iterable[Scenario]) -> tuple[Factor, ...]:
    """Return what scenarios assume of one world, and of the levers of each.

    Where they differ in more than levers, the difference is what is compared: it stays
    as it is. So does what has no finite value, what is not read, and a cost of 0.
    """
    worlds = [_assumed(scenario) for scenario in scenarios]
    found: dict[str, Factor] = {}
    for world in worlds:
        for path, members in world.items():
            theirs = [other[path] for other in worlds if path in other]
            is_everywhere = path.startswith("levers.") or len(theirs) == len(worlds)
            if is_everywhere and all(_told(one) == _told(members) for one in theirs):
                found[path] = _joined(path, members)
    return tuple(found.values())


def factors_of(
    scenarios: Iterable[Scenario],
    vary: Sequence[str] = (),
    ranges: str | Path | None = None,
) -> tuple[Factor, ...]:
    """Return what varies in some scenarios.

    Parameters
    ----------
    scenarios : iterable of Scenario
        What is named is looked up in the last, whose levers can vary as well.
    vary : sequence of str
        Paths or patterns, of factors or of single parameters. If empty, the paths of
        `ranges`; without these, what is assumed of customers and of levers.
    ranges : str or Path, optional
        A YAML file that says other ranges than the declared ones.

    Raises
    ------
    InputError
        Nothing fits a pattern, or a range is none.
    """
    worlds = list(scenarios)
    told = ranges_in(ranges) if ranges else {}
    if not vary and not told:
        all_assumed = assumptions(worlds)
        return tuple(f for f in all_assumed if f.path.split(".")[0] in ABOUT_CUSTOMERS)
    known = _named(worlds[-1])
    for path, (low, high) in told.items():
        if path not in known:
            hint = _near(path, known)
            raise InputError(f"{ranges}: {path}: no such parameter{hint}")
        _check_range(f"{ranges}: {path}", low, high, known[path][0])
    chosen = dict.fromkeys([*_chosen(vary or tuple(told), known), *told])
    return tuple(_over(_joined(path, known[path]), told.get(path)) for path in chosen)


def _named(scenario: Scenario) -> dict[str, list[Parameter]]:
    """Return the parameters that each name stands for: a factor's, or its own."""
    found: dict[str, list[Parameter]] = {}
    for each in parameters(scenario):
        for name in dict.fromkeys((name_of(each.path), each.path)):
            found.setdefault(name, []).append(each)
    return found


def _assumed(scenario: Scenario) -> dict[str, list[Parameter]]:
    """Return the parameters of one scenario that are assumed, by factor."""
    found: dict[str, list[Parameter]] = {}
    inert = _inert(scenario)
    for each in parameters(scenario):
        path = name_of(each.path)
        key = path.rpartition(".")[2]
        is_plan = path.startswith(("levers.", "shocks."))
        is_fixed = (
            path.startswith(SIZES)
            or path in WHOLES
            or not _is_finite(each)
            or (is_plan and (key in DECISIONS or ".when." in path))
            or (is_plan and key in COSTS and each.default == 0)
            or not _is_read(each, scenario)
            or each.path in inert
        )
        if not is_fixed:
            found.setdefault(path, []).append(each)
    return found


def effects(scenario: Scenario) -> list[Parameter]:
    """Return the numbers of levers that are what these do: no decision and no price.

    None that cannot act as its lever is set.
    """
    inert = _inert(scenario)
    return [
        each
        for each in parameters(scenario)
        if each.path.startswith("levers")
        and each.path.rpartition(".")[2] not in DECISIONS | COSTS
        and ".when." not in each.path
        and "money" not in each.unit
        and each.path not in inert
        and _is_finite(each)
    ]


def _inert(scenario: Scenario) -> set[str]:
    """Return the paths of what cannot act as its lever is set."""
    names = [lever.name for lever in scenario.levers]
    return {
        f"levers{f'[{place}]' * (names.count(lever.name) > 1)}.{lever.name}.{key}"
        for place, lever in enumerate(scenario.levers)
        for key in lever.inert
    }


def _is_finite(each: Parameter) -> bool:
    return each.default is not None and math.isfinite(each.default)


def _is_read(each: Parameter, scenario: Scenario) -> bool:
    """Return whether the network's kind, or the rule of adoption, reads it.

    The text begins with the one it is for; what is said of all begins with none.
    """
    chosen = {"network": scenario.network.kind, "adoption": scenario.adoption.rule}
    section = each.path.partition(".")[0]
    kind, colon, _ = each.text.partition(": ")
    return section not in chosen or not colon or kind == chosen[section]


def _told(members: Iterable[Parameter]) -> list[tuple[str, float]]:
    return [(each.path, float(each.default)) for each in members]


def _joined(path: str, members: Sequence[Parameter]) -> Factor:
    """Return the factor of some parameters; one without a value begins midway."""
    first = members[0]
    low, high = first.range
    middles = tuple(
        (each.path, float(each.default if _is_finite(each) else (low + high) / 2))
        for each in members
    )
    values = [value for _, value in middles]
    return Factor(
        path,
        sum(values) / len(values),
        min(low, *values),
        max(high, *values),
        first.unit,
        first.text,
        first.is_whole,
        middles,
    )


def _over(factor: Factor, told: tuple[float, float] | None) -> Factor:
    """Return a factor over a range that was told, evenly."""
    if told is None:
        return factor
    low, high = told
    middle = (low + high) / 2
    members = tuple((path, middle) for path, _ in factor.members)
    return factor._replace(value=middle, low=low, high=high, members=members)


def _chosen(patterns: Iterable[str], known: Mapping[str, object]) -> list[str]:
    """Return the names that fit; factors, or where none does, single parameters."""
    found: list[str] = []
    for pattern in patterns:
        fitting = [name for name in known if fnmatchcase(name, _literal(pattern))]
        here = [name for name in fitting if name == name_of(name)] or fitting
        if not here:
            raise InputError(
                f"--vary {pattern}: no such parameter{_near(pattern, known)}"
            )
        found += here
    return found


def _literal(pattern: str) -> str:
    """Return a pattern in which brackets mean themselves: reviews.posting[0]."""
    return pattern.replace("[", "[[]")


def _near(path: str, known: Mapping[str, object]) -> str:
    words = {p.rpartition(".")[2]: p for p in known}
    close = get_close_matches(path, known, 1) or [
        words[word] for word in get_close_matches(path.rpartition(".")[2], words, 1)
    ]
    if close:
        return f"; did you mean {close[0]!r}?"
    return "; groundswell describe parameter lists them"


def _check_range(where: str, low: float, high: float, about: Parameter) -> None:
    most = math.inf if about.le is None else about.le
    if not low < high:
        raise InputError(f"{where}: {low:g} to {high:g} is no range; say [low, high]")
    if low < about.ge or high > most or not np.isfinite([low, high]).all():
        raise InputError(
            f"{where}: {low:g} to {high:g} is more than {about.ge:g} to "
            f"{most:g}, where the model is defined; narrow it"
        )


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


# Points


def designed(factors: Sequence[Factor], positions: Array) -> Design:
    """Return what points of the unit cube set every parameter to.

    Parameters
    ----------
    factors : sequence of Factor
    positions : float64, shape (n_points, n_factors)
        Each in [0, 1]; NaN leaves a factor as the scenario has it.
    """
    columns = [
        (path, factor.moved(middle, column))
        for factor, column in zip(factors, positions.T, strict=True)
        for path, middle in factor.members or ((factor.path, factor.value),)
    ]
    values = np.column_stack([column for _, column in columns])
    return Design(tuple(path for path, _ in columns), values)


def factor_values(factors: Sequence[Factor], positions: Array) -> Array:
    """Return the value of each factor, shape (n_points, n_factors), at positions."""
    return designed([f._replace(members=()) for f in factors], positions).values


def allowed(
    scenarios: Iterable[Scenario], factors: Sequence[Factor], position: Array
) -> Array:
    """Return the point nearest to this one, on the way to the middle, that holds.

    A rule between keys, such as the largest step of learning, can forbid a point.

    Parameters
    ----------
    position : float64, shape (n_factors,)
    """
    worlds = list(scenarios)
    while True:
        changes = designed(factors, position[np.newaxis]).changes(0)
        try:
            for scenario in worlds:
                world_at(scenario, changes)
        except ScenarioError:
            position = MIDDLE + CLOSER * (position - MIDDLE)
        else:
            return position
