"""The main job: scenarios compared in paired worlds."""

import shutil
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analysis.command import (
    File,
    Options,
    Shows,
    command,
    crew,
    drawn,
    finish,
    how,
    watcher,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from analysis.bands import Observed
    from analysis.comparison import Comparison
    from analysis.section import Section
    from analysis.sequential import Until
    from simulation.scenario import Scenario

DEMO_PAIRS = 30
NEXT = "groundswell studio, or groundswell --help"
LARGEST = 0.05
"""Of a share that does not matter, unless it is written in percent."""

Wishes = Annotated[
    list[str] | None,
    typer.Option(
        "--precision",
        metavar="OUTCOME=VALUE",
        help="Add pairs until ± so much: retention=0.2%.",
    ),
]
Least = Annotated[
    list[str] | None,
    typer.Option(
        "--worthwhile",
        "--margin",
        metavar="OUTCOME=VALUE",
        help="The least change worth while.",
    ),
]


@command
def demo(options: Options) -> None:
    """Two ways to keep customers, against going on as before."""
    from analysis.sequential import Until

    until = Until(options.runs or DEMO_PAIRS)
    choices = ["baseline", "follow_up", "expectation_alignment"]
    found, document = _compare(choices, options, until)
    _report(found, document, options)
    if options.is_shown:
        first = "" if shutil.which("groundswell") else ". .venv/bin/activate, then "
        typer.echo(f"{'Next':<13}{first}{NEXT}")


@command
def compare(  # noqa: PLR0913 (an option each)
    base: File,
    options: Options,
    others: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files, or names of shipped scenarios; with none, BASE is compared "
            "with itself without its levers.",
        ),
    ] = None,
    precision: Wishes = None,
    worthwhile: Least = None,
    pairs: Annotated[
        int | None,
        typer.Option(min=1, max=10**6, help="Run so many, and look once."),
    ] = None,
    customers: Annotated[
        bool,
        typer.Option(
            "--customers", help="Follow every customer: saved, lost, why, by whom."
        ),
    ] = False,
    delay: Annotated[
        list[float] | None,
        typer.Option(
            min=0,
            metavar="WEEKS",
            help="What beginning later costs; may be repeated.",
        ),
    ] = None,
    robust: Annotated[
        bool,
        typer.Option("--robust", help="Under other assumptions; so is --observed."),
    ] = False,
    draws: Annotated[
        int | None,
        typer.Option(
            min=1, max=10**6, help="How many of them.", show_default="50, with --robust"
        ),
    ] = None,
    observed: Shows = None,
    break_even: Annotated[
        bool,
        typer.Option("--break-even", help="From which coverage on each choice pays."),
    ] = False,
    by_lever: Annotated[
        bool,
        typer.Option("--by-lever", help="What each lever adds, on its own cost."),
    ] = False,
) -> None:
    """What if: each file against BASE, with a verdict."""
    from analysis.bands import read_observed
    from analysis.robustness import DRAWS
    from analysis.sequential import MOST_PAIRS, Until

    until = Until(
        pairs or options.runs or MOST_PAIRS,
        _wishes("precision", precision),
        _wishes("worthwhile", worthwhile),
        is_fixed=pairs is not None,
    )
    shows = read_observed(observed or ())
    n_draws = draws or (DRAWS if robust or shows else 0)
    choices: list[str | Scenario]
    choices = [base, *others] if others else [_bare(base, options), base]
    if break_even or by_lever:
        from analysis.payoff import check_levers
        from analysis.request import read_scenarios

        check_levers(read_scenarios(choices[1:], options.overrides or ()))
    found, document = _compare(choices, options, until, n_draws, shows)
    if customers:
        typed = [each if isinstance(each, str) else "" for each in choices]
        document["customers"] = _follow(found, typed, options)
    if delay:
        document["delays"] = _delay(found, delay, options)
    if break_even:
        document["break_even"] = _break_even(found, options)
    if by_lever:
        document["levers"] = _by_lever(found, options)
    _report(found, document, options)


def _bare(file: str, options: Options) -> "Scenario":
    """Return a file's own market where the firm goes on as it does.

    Raises
    ------
    InputError
        One line, if the file has no levers to leave out.
    """
    from analysis.errors import InputError
    from analysis.request import read_scenarios
    from simulation.story import without_levers

    (scenario,) = read_scenarios([file], options.overrides or ()).values()
    if not scenario.levers:
        raise InputError(
            f"{file}: no levers, so without them it is the same; give it levers:, or "
            "name a second file to compare it with"
        )
    return without_levers(scenario).model_copy(update={"name": "Without levers"})


def _wishes(option: str, words: list[str] | None) -> dict[str, float]:
    """Return OUTCOME=VALUE by outcome; "0.2%" is 0.002, and shares alone take it."""
    from analysis.errors import InputError
    from analysis.outcomes import outcome_named, size_typed

    found = {}
    form = f"OUTCOME=VALUE; write for instance --{option} retention=0.2%"
    for word in words or ():
        name, value = (part.strip() for part in word.partition("=")[::2])
        outcome = outcome_named(name, option)
        size = size_typed(f"--{option} {word}", outcome, value, form)
        if outcome.is_share and not value.endswith("%") and size > LARGEST:
            raise InputError(
                f"--{option} {word}: that is {100 * size:g} points of 100; "
                f"write {value}% if so many hundredths are meant"
            )
        found[name] = size
    return found


def _follow(found: "Comparison", files: list[str], options: Options) -> dict[str, Any]:
    """Follow every customer of a comparison; write, draw and show whom it saved."""
    from analysis.attribution import followed
    from analysis.figures.customers import draw_attribution
    from analysis.figures.decision import names_of
    from analysis.report.contents import followed_section
    from analysis.store import CUSTOMERS
    from analysis.tables.customers import attribution_json, keep_story
    from analysis.terminal import show_section

    study = found.study
    whole = followed(study, options.jobs, watcher(options))
    path = str(study.folder / CUSTOMERS)
    keep_story(whole, study, files, options.overrides or ())
    paths = drawn(lambda: draw_attribution(whole, study, names_of(study)), study.folder)
    if options.is_shown:
        show_section(followed_section(whole, {label: label for label in study.labels}))
        lines = [("Figures", each) for each in paths] + [("Customers", path)]
        for title, each in lines:
            typer.echo(f"{title:<13}{each}")
    return {"figures": paths, **attribution_json(whole, path)}


def _delay(found: "Comparison", weeks: list[float], options: Options) -> dict[str, Any]:
    """Find and show what it costs to begin each choice later."""
    from analysis.attribution import cost_of_delay
    from analysis.report.contents import delay_section
    from analysis.terminal import records

    answers = {
        label: cost_of_delay(
            found.study.scenarios[label],
            delays=weeks,
            **_part(found, f"delay-{label}", options),
        )
        for label in found.others
    }
    _add(
        lambda names: delay_section(answers, names, found.currency),
        "delays",
        found,
        options,
    )
    return {label: records(table) for label, table in answers.items()}


def _break_even(found: "Comparison", options: Options) -> dict[str, Any]:
    """Find and show the coverage at which each choice breaks even."""
    from analysis.payoff import break_even
    from analysis.tables.payoff import break_even_json, break_even_section

    answers = {
        label: break_even(
            found.study.scenarios[found.base],
            found.study.scenarios[label],
            **_part(found, f"break_even-{label}", options),
        )
        for label in found.others
    }
    _add(
        lambda names: break_even_section(answers, names, found.currency),
        "break_even",
        found,
        options,
    )
    return {k: break_even_json(each) for k, each in answers.items()}


def _by_lever(found: "Comparison", options: Options) -> dict[str, Any]:
    """Find and show what each lever of each choice adds to its others."""
    from analysis.payoff import lever_by_lever
    from analysis.tables.payoff import lever_section
    from analysis.terminal import records

    answers = {
        label: lever_by_lever(
            found.study.scenarios[label],
            **_part(found, f"by_lever-{label}", options),
        )
        for label in found.others
    }
    _add(
        lambda names: lever_section(answers, names, found.currency),
        "levers",
        found,
        options,
    )
    return {label: records(table) for label, table in answers.items()}


def _add(
    section: "Callable[[Mapping[str, str]], Section]",
    name: str,
    found: "Comparison",
    options: Options,
) -> None:
    """Show a section, and leave it for the report, where scenarios have full names."""
    from analysis.figures.decision import names_of
    from analysis.section import keep
    from analysis.terminal import show_section

    if options.is_shown:
        show_section(section({label: label for label in found.study.labels}))
    keep(section(names_of(found.study)), found.study.folder, name)


def _part(found: "Comparison", name: str, options: Options) -> dict[str, Any]:
    """Return how the same worlds are lived for another question, as a part of this."""
    from analysis.store import PARTS

    seeds = found.study.manifest["seeds"]
    return {
        "pairs": len(seeds),
        "seed": seeds[0],
        "jobs": crew(options),
        "out": found.study.folder / PARTS / name,
        "watcher": watcher(options),
    }


def _compare(
    choices: "Sequence[str | Scenario]",
    options: Options,
    until: "Until",
    n_draws: int = 0,
    observed: "Observed | None" = None,
) -> tuple["Comparison", dict[str, Any]]:
    """Compare, draw and show; return what was found, and the document for JSON."""
    from analysis.comparison import compare as compare_scenarios
    from analysis.figures.decision import draw_comparison
    from analysis.tables.payoff import price_section
    from analysis.tables.robustness import robustness_json, robustness_section
    from analysis.tables.segments import thousand_tables
    from analysis.terminal import (
        PER_TABLE,
        comparison_json,
        show_comparison,
        show_section,
    )

    found = compare_scenarios(
        *choices,
        pairs=until,
        **how(options),
    )
    before, asked = found.robustness, (n_draws, observed or {})
    scenarios = found.study.scenarios.values()
    if n_draws and not (before and before.answers(*asked, scenarios)):
        found = found.tested(n_draws, crew(options), watcher(options), observed)
    paths = drawn(lambda: draw_comparison(found), found.study.folder)
    labels = {label: label for label in found.study.labels}
    if options.is_shown:
        show_comparison(found, paths, thousand_tables(found, labels, PER_TABLE))
    document = comparison_json(found, paths)
    robust = found.robustness
    if robust is not None:
        prices = found.break_even_prices()
        document["robustness"] = {
            **robustness_json(robust),
            "break_even_prices": [price._asdict() for price in prices],
        }
        if prices and options.is_shown:
            show_section(price_section(prices, labels, found.currency))
        _add(
            lambda names: robustness_section(robust, names, prices),
            "assumptions",
            found,
            options,
        )
    return found, document


def _report(found: "Comparison", document: dict[str, Any], options: Options) -> None:
    """Write the page that has it all, and say where; or print the document."""
    from analysis.report.page import write

    finish(
        found.study.folder,
        options,
        document,
        show=lambda: None,  # each part was shown when it was found
        write=lambda: write(found.study, found),
    )
