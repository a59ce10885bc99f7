"""What a scenario assumes: every number that is neither a decision nor a size.

An assumption is varied over its declared range by a *position* from 0, its low end,
to 1, its high end; at 0.5 it has the scenario's own value, so that the middle of all
positions is the scenario itself. Between the middle and either end the value moves in
a straight line. Assumption: the truth is as likely above the scenario's value as below.
"""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import scipy

from simulation.levers import Lever
from simulation.scenario import (
    Parameter,
    Scenario,
    ScenarioError,
    changed,
    parameters,
)

Array = np.ndarray[Any, np.dtype[Any]]
Positions = Mapping[str, float]
"""By assumption; what is not named stays in the middle."""

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
MIDDLE = 0.5
CLOSER = 0.8
"""How much nearer to the middle a draw is moved while it breaks a rule of the files."""


class Assumption(NamedTuple):
    """One thing assumed."""

    path: str
    """As files name it, without the names of touchpoints and segments: these move
    together, each about its own value."""
    value: float
    """The scenario's; the mean of several that move together."""
    low: float
    """The end of the range, or the value where that lies outside."""
    high: float
    unit: str
    text: str

    def at(self, position: float) -> float:
        """Return the value at a position."""
        return _between(self.value, self.low, self.high, position)


def name_of(path: str) -> str:
    """Return the assumption that a parameter belongs to.

    >>> name_of("journey.touchpoints.use.weight"), name_of("reviews.posting[2]")
    ('journey.touchpoints.weight', 'reviews.posting')
    """
    path = re.sub(r"\[\d+\]", "", path)
    head, _, key = path.rpartition(".")
    for above in ("journey.touchpoints", "market.segments"):
        if head.startswith(f"{above}."):
            return f"{above}.{key}"
    return path


def assumptions(scenarios: Iterable[Scenario]) -> tuple[Assumption, ...]:
    """Return what scenarios assume of one world, and of the levers of each.

    Where they differ in more than levers, the difference is what is compared: it stays
    as it is. So does what has no finite value, what is not read, and a cost of 0.
    """
    worlds = [_assumed(scenario) for scenario in scenarios]
    found: dict[str, Assumption] = {}
    for world in worlds:
        for path, members in world.items():
            theirs = [other[path] for other in worlds if path in other]
            is_everywhere = path.startswith("levers.") or len(theirs) == len(worlds)
            if is_everywhere and all(
                _values(one) == _values(members) for one in theirs
            ):
                found[path] = _joined(path, members)
    return tuple(found.values())


def _assumed(scenario: Scenario) -> dict[str, list[Parameter]]:
    """Return the parameters of one scenario that can be varied, by assumption."""
    found: dict[str, list[Parameter]] = {}
    for each in parameters(scenario):
        path = name_of(each.path)
        key = path.rpartition(".")[2]
        is_plan = path.startswith(("levers.", "shocks."))
        is_fixed = (
            path.startswith(SIZES)
            or path in WHOLES
            or each.default is None
            or not math.isfinite(each.default)
            or (is_plan and (key in DECISIONS or ".when." in path))
            or (is_plan and key in COSTS and each.default == 0)
            or not _is_read(each, scenario)
        )
        if not is_fixed:
            found.setdefault(path, []).append(each)
    return found


def _is_read(each: Parameter, scenario: Scenario) -> bool:
    """Return whether the network's kind, or the rule of adoption, reads it.

    The text begins with the one it is for; what is said of all begins with none.
    """
    chosen = {"network": scenario.network.kind, "adoption": scenario.adoption.rule}
    section = each.path.partition(".")[0]
    kind, colon, _ = each.text.partition(": ")
    return section not in chosen or not colon or kind == chosen[section]


def _values(members: Iterable[Parameter]) -> list[float]:
    return [float(each.default) for each in members]


def _joined(path: str, members: list[Parameter]) -> Assumption:
    first, values = members[0], _values(members)
    low, high = first.range
    return Assumption(
        path,
        sum(values) / len(values),
        min(low, *values),
        max(high, *values),
        first.unit,
        first.text,
    )


def _between(value: float, low: float, high: float, position: float) -> float:
    end = low if position < MIDDLE else high
    way = abs(position - MIDDLE) / MIDDLE
    return (1 - way) * value + way * end


def moved(scenario: Scenario, positions: Positions) -> Scenario:
    """Return the scenario with its assumptions at these positions.

    Raises
    ------
    ScenarioError
        Where the values break a rule that joins keys.
    """
    values = {}
    for path, members in _assumed(scenario).items():
        if positions.get(path, MIDDLE) == MIDDLE:
            continue
        for each in members:
            low, high = (
                min(each.range[0], each.default),
                max(each.range[1], each.default),
            )
            value = _between(each.default, low, high, positions[path])
            values[each.path] = round(value) if isinstance(each.default, int) else value
    return changed(scenario, values.items()) if values else scenario


def allowed(scenarios: Iterable[Scenario], positions: Positions) -> dict[str, float]:
    """Return the positions nearest to these, on the way to the middle, that hold.

    A rule between keys, such as the largest step of learning, can forbid a draw.
    """
    found, worlds = dict(positions), list(scenarios)
    while True:
        try:
            for scenario in worlds:
                moved(scenario, found)
        except ScenarioError:
            found = {k: MIDDLE + CLOSER * (x - MIDDLE) for k, x in found.items()}
        else:
            return found


def hypercube(count: int, over: Iterable[Assumption], seed: int) -> list[Positions]:
    """Return that many draws of all positions, each spread evenly over its range.

    Latin hypercube: McKay, Beckman & Conover 1979, Technometrics 21,
    doi:10.1080/00401706.1979.10489755.
    """
    paths = [each.path for each in over]
    points = scipy.stats.qmc.LatinHypercube(len(paths), rng=np.random.default_rng(seed))
    return [
        dict(zip(paths, map(float, row), strict=True)) for row in points.random(count)
    ]
