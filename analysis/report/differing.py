"""The section of a report that says what differs, and what levers rest on."""

from collections.abc import Iterable, Mapping

from analysis.differences import as_read, brief
from analysis.factors import effects
from analysis.robustness import BASELINE
from analysis.section import Cell, Section, Table
from analysis.wording import plainly
from simulation.scenario import Scenario, load

from .changes import Worded, in_words, titled

NO_SURER = (
    "The answer is no surer than this, nor than the numbers of the world that a lever "
    "or shock works through, such as how often a repair succeeds; groundswell "
    "sensitivity ranks them."
)


def differing(scenarios: Mapping[str, Scenario], names: Mapping[str, str]) -> Section:
    """Return what differs between scenarios, the first is the base, and its sources."""
    (base, first), *others = scenarios.items()
    tables: list[Table] = []
    for label, scenario in others:
        words = f"{names[label]}, against {names[base]}"
        tables += _listed(words, in_words(first, scenario))
    rows = [
        [
            titled(name),
            kind.text,
            getattr(kind, "side_effect", "none: it befalls the firm"),
            kind.evidence,
        ]
        for name, kind in {
            each.name: type(each)
            for scenario in scenarios.values()
            for each in (*scenario.levers, *scenario.shocks)
        }.items()
    ]
    if rows:
        columns = ("Lever or shock", "What it is", "Side effect", "Evidence")
        tables.append(Table("What they rest on", columns, rows, NO_SURER))
    tables += _assumed_effects(scenarios.values())
    tables += _listed(
        f"{names[base]}, against the shipped baseline: numbers of its own",
        in_words(load(BASELINE), first),
        "All else is a default; groundswell describe parameter NAME says where each "
        "comes from.",
    )
    text = [f"{names[k]}: {s.question}" for k, s in scenarios.items() if s.question]
    return Section("What differs between the scenarios", text, tables)


def _listed(caption: str, changes: Iterable[Worded], note: str = "") -> Iterable[Table]:
    """Yield a table of changes, if there are any."""
    rows = [
        (Cell(each.what, each.path), Cell(each.text, each.about)) for each in changes
    ]
    if rows:
        yield Table(caption, ("What", "How it differs"), rows, note)


def _assumed_effects(scenarios: Iterable[Scenario]) -> Iterable[Table]:
    """Yield the size of what each lever does, and from where it is known."""
    rows = {
        each.path: (
            Cell(titled(plainly(each.path)), each.text),
            _with_unit([each.default], each.unit),
            _with_unit(each.range, each.unit),
            each.source,
        )
        for scenario in scenarios
        for each in effects(scenario)
    }
    if rows:
        yield Table(
            "How much a lever does",
            ("Number", "Here", "Usual", "Where its default is from"),
            list(rows.values()),
            "Write what you measured into the file, below the lever.",
        )


def _with_unit(values: Iterable[float], unit: str) -> str:
    """Return a number, or both ends of a range, with the unit; a share in percent."""
    scale, unit = as_read(unit)
    text = " to ".join(brief(scale * value) for value in values)
    return f"{text} {unit}"
