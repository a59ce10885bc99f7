"""What the page can offer: stories, scenarios, levers with their ranges, words."""

import html
import math
from importlib.metadata import version
from typing import Any, NamedTuple

import yaml

from analysis.factors import SIZES, factors_of, name_of
from analysis.outcomes import OUTCOMES
from simulation.levers import LEVERS, Lever
from simulation.metrics import BY_NAME
from simulation.quantity import details
from simulation.scenario import Scenario, parameters, shipped
from simulation.scenario.files import SHIPPED
from simulation.scenario.shocks import SHOCKS
from simulation.scene import FULL, GONE, PROSPECT, SHOWN


class Story(NamedTuple):
    """A scenario as a class meets it."""

    scenario: str
    title: str
    hook: str


STORIES = (
    Story("baseline", "As it is", "The firm goes on as it does."),
    Story(
        "overselling", "Big promises", "Advertising promises more than is delivered."
    ),
    Story(
        "expectation_alignment",
        "Honest promises",
        "The firm promises what its customers report, no more.",
    ),
    Story(
        "follow_up",
        "Caring follow-up",
        "After a bad experience somebody calls.",
    ),
    Story("scandal", "Scandal", "For two months most people hear bad news."),
    Story("break_silos", "Silos", "Departments see the whole journey at last."),
    Story(
        "closed_loop",
        "The firm that believes its survey",
        "It will repair what goes wrong, but only once its own survey looks bad.",
    ),
)
"""Shown in this order, those whose file is there."""

GENERAL = ("strength", "coverage")
"""The two sliders that every lever has."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SKIPPED = {"when", "audience", "from_week", "until_week", "ramp_weeks"}


def catalogue() -> dict[str, Any]:
    """Return everything the page must know before anything is run."""
    names = shipped()
    return {
        "version": version("groundswell"),
        "stories": [s._asdict() for s in STORIES if s.scenario in names],
        "scenarios": [about(name) for name in names],
        "levers": {name: _lever(kind) for name, kind in LEVERS.items()},
        "shocks": {name: {"text": kind.text} for name, kind in SHOCKS.items()},
        "numbers": [
            {"name": name, "unit": BY_NAME[name].unit, "text": BY_NAME[name].text}
            for name in SHOWN
        ],
        "bytes": {"full": FULL, "prospect": PROSPECT, "gone": GONE},
        "outcomes": [
            {
                "name": outcome.name,
                "unit": outcome.unit,
                "text": outcome.text,
                "digits": outcome.digits,
            }
            for outcome in OUTCOMES
        ],
    }


def varying(scenario: Scenario) -> list[dict[str, Any]]:
    """Return what a sensitivity study can vary in a scenario, by section.

    `is_usual` marks what varies if nobody says; how long and how large a study is
    never does.
    """
    usual = {each.path for each in factors_of([scenario])}
    without_value = {
        name_of(each.path)
        for each in parameters(scenario)
        if each.default is None or not math.isfinite(each.default)
    }
    found: dict[str, list[dict[str, Any]]] = {}
    for each in factors_of([scenario], ["*"]):
        if not each.path.startswith(SIZES) and each.path not in without_value:
            found.setdefault(each.section, []).append(
                {
                    "path": each.path,
                    "name": each.name,
                    "low": each.low,
                    "high": each.high,
                    "now": each.value,
                    "unit": each.unit,
                    "text": html.unescape(each.text),
                    "is_usual": each.path in usual,
                }
            )
    return [{"name": name, "parameters": each} for name, each in found.items()]


def about(name: str) -> dict[str, str]:
    """Return what a shipped scenario asks; that stands in its own file, not a parent's.

    All are read while somebody waits for the page: libyaml, and no check, which takes
    a tenth of the time that `load` takes.
    """
    text = (SHIPPED / f"{name}.yaml").read_text(encoding="utf-8")
    tree = yaml.load(text, Loader=_LOADER)
    return {
        "id": name,
        "name": tree.get("name", name),
        "question": tree.get("question", ""),
    }


def _lever(kind: type[Lever]) -> dict[str, Any]:
    fields = []
    for name, field in kind.model_fields.items():
        known = details(field)
        if not known or name in SKIPPED or not isinstance(field.default, int | float):
            continue
        fields.append(
            {
                "name": name,
                "unit": known["unit"],
                "text": html.unescape(field.description or ""),
                "source": known["source"],
                "range": known["range"],
                "default": field.default,
                "is_general": name in GENERAL,
            }
        )
    return {
        "text": kind.text,
        "moves": kind.moves,
        "side_effect": kind.side_effect,
        "evidence": kind.evidence,
        "fields": fields,
    }
