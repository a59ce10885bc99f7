"""How a study was made: what is needed to repeat it, and its sources."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.comparison import is_comparison
from analysis.section import Section, Table
from analysis.study import Study
from simulation.scenario import Scenario

PAIRED = (
    "Scenarios meet the same seeds: the same people live through the same luck, so "
    "that what differs in a pair was caused by the choice."
)
TOGETHER = (
    "Intervals hold together with 95 %, however often one looked (Jennison & Turnbull "
    "1989, doi:10.1111/j.2517-6161.1989.tb01439.x) and for all choices at once "
    "(Bonferroni)."
)


def computed(study: Study) -> Section:
    """Return how a study was made: what is needed to repeat it, and its sources."""
    about = study.manifest
    scenarios = list(study.scenarios.values())
    seeds, source = about["seeds"], about["source"]
    packages = ", ".join(f"{k} {v}" for k, v in about["packages"].items() if v)
    first = scenarios[0]
    facts = {
        "Runs": _runs(study),
        "Seeds": f"{min(seeds)} to {max(seeds)}, {len(seeds)} in all",
        "World": f"{_people(study)}, {_network(first)}, "
        f"{first.clock.weeks:g} weeks after {first.clock.warmup_weeks:g} of warm-up, "
        f"ticks of {first.clock.tick_days} days",
        "Groundswell": f"{about['groundswell']}, commit {about['commit'] or 'unknown'}",
        "Source": f"core {source['core']}, simulation {source['simulation']}",
        "Python": f"{about['python']} on {about['platform']}",
        "Packages": packages,
        "Begun": _begun(about),
        **{
            f"Scenario {label}": f"SHA-256 {s.digest()[:16]}"
            for label, s in study.scenarios.items()
        },
    }
    rows = [[key, str(value)] for key, value in facts.items()]
    text = [f"Note: {words}" for words in about["warnings"]]
    if len(scenarios) > 1:
        text.append(PAIRED)
    if is_comparison(study):
        text[-1] += f" {TOGETHER}"
    text.append(
        "The model compares; it does not forecast. The sources of its numbers, or the "
        "word “Assumption”, stand with each parameter: groundswell describe parameter "
        "NAME. This page can be made again from the study's folder: groundswell report "
        "DIR."
    )
    table = Table("What was run", ("What", "Value"), rows)
    return Section("How this was computed", text, (table,))


def _runs(study: Study) -> str:
    """Return how many runs a study has, and how many an earlier one had lived."""
    about = study.manifest
    runs = about["runs"]
    found = f", {runs['found']:,} of them found in an earlier study"
    n = len(study.scenarios)
    return (
        f"{runs['finished']:,} of {n} scenario{'s' * (n > 1)}"
        f"{found if runs['found'] else ''}, {runs['failed']} failed; "
        f"status: {about['status']}"
    )


def _begun(about: Mapping[str, Any]) -> str:
    """Return when a study was begun, and how long it took in how many sessions."""
    timings = about.get("timings", {})
    if not timings.get("seconds"):
        return str(about["began"])
    words = f"{about['began']}, took {timings['seconds']} s"
    sessions = timings.get("sessions", 1)
    return f"{words} in {sessions} sessions" if sessions > 1 else words


def _people(study: Study) -> str:
    """Return who is in the market of the first scenario."""
    label, *_ = study.labels
    n, file = study.people(label), study.scenarios[label].market.customers_file
    of_file = f" of {Path(file).name}" if file else ""
    return f"people{of_file}" if n is None else f"{n:,} people{of_file}"


def _network(scenario: Scenario) -> str:
    kind = scenario.network.kind
    words = "ties from a file" if kind == "file" else kind.replace("_", " ")
    return f"{words} network" if kind not in ("file", "none") else words
