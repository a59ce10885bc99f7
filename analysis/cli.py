"""The one command. What it needs is imported when a command runs, not before."""

import functools
import inspect
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, get_type_hints

import typer

if TYPE_CHECKING:
    from .comparison import Comparison, Until

OK, BROKEN, BAD, INTERRUPTED = 0, 1, 2, 130
RUNS, DEMO_PAIRS = 20, 30

app = typer.Typer(
    name="groundswell",
    help="What will it do to our customers, and will it pay?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Options(NamedTuple):
    """What every command that runs a scenario takes."""

    overrides: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="PATH=VALUE", help="Change one key; may be repeated."
        ),
    ] = None
    seed: Annotated[
        int, typer.Option(min=0, max=2**63 - 2**32, help="Of the first run.")
    ] = 1
    runs: Annotated[
        int | None,
        typer.Option(min=1, max=10**6, help="Runs, or most pairs of a comparison."),
    ] = None
    jobs: Annotated[
        int | None,
        typer.Option(min=1, max=1024, help="Processes.", show_default="cores"),
    ] = None
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the study.", show_default="results/…"),
    ] = None
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="Print only the study's folder.")
    ] = False
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False


Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print nothing but faults.")]
File = Annotated[str, typer.Argument(help="A file, or the name of a shipped scenario.")]
Files = Annotated[
    list[str], typer.Argument(help="Files, or names of shipped scenarios.")
]

Wishes = Annotated[
    list[str] | None,
    typer.Option(
        "--precision",
        metavar="OUTCOME=VALUE",
        help="Add pairs until ± so much: retention=0.2%.",
    ),
]
Margins = Annotated[
    list[str] | None,
    typer.Option("--margin", metavar="OUTCOME=VALUE", help="A change not worth while."),
]


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Register a command; an argument `options` becomes all the common options.

    Whatever goes wrong in a foreseen way is one line on stderr and an exit code.
    """
    hints = get_type_hints(function, include_extras=True)
    own = [p for p in inspect.signature(function).parameters if p != "options"]
    takes_options = "options" in hints
    common = get_type_hints(Options, include_extras=True) if takes_options else {}
    defaults = Options._field_defaults

    @functools.wraps(function)
    def called(**arguments: Any) -> None:  # noqa: ANN401 (whatever is typed)
        mine = {name: arguments[name] for name in own}
        if takes_options:
            mine["options"] = Options(**{name: arguments[name] for name in common})
        try:
            function(**mine)
        except Exception as error:
            _leave(error)
        except KeyboardInterrupt as stop:
            _say(str(stop) or "Stopped.")
            raise typer.Exit(INTERRUPTED) from None

    plain = inspect.signature(function).parameters
    parameters = [plain[name].replace(annotation=hints[name]) for name in own]
    parameters += [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=defaults[name],
            annotation=hint,
        )
        for name, hint in common.items()
    ]
    read_by_typer: Any = called
    read_by_typer.__signature__ = inspect.Signature(parameters)
    read_by_typer.__annotations__ = {p.name: p.annotation for p in parameters}
    del read_by_typer.__wrapped__
    return app.command(function.__name__)(called)


def _leave(error: Exception) -> None:
    """Say a foreseen error in one line and exit; raise any other again."""
    from .study import BAD_INPUT, StudyError

    if isinstance(error, BAD_INPUT):
        _say(str(error))
        raise typer.Exit(BAD) from None
    if isinstance(error, StudyError):
        _say(str(error))
        raise typer.Exit(BROKEN) from None
    raise error


def _say(line: str) -> None:
    typer.echo(" ".join(line.split()), err=True)


# Commands


@command
def demo(options: Options) -> None:
    """Two ways to keep customers, compared with going on as before."""
    from .comparison import Until

    until = Until(options.runs or DEMO_PAIRS)
    others = ["follow_up", "expectation_alignment"]
    _, document = _compare("baseline", others, options, until)
    _print_comparison(document, options)


@command
def run(file: File, options: Options) -> None:
    """Run one scenario several times, week by week."""
    from .study import run as run_study

    study = run_study(
        file,
        runs=options.runs or RUNS,
        seed=options.seed,
        overrides=options.overrides or (),
        jobs=options.jobs,
        out=options.out,
        watcher=_watcher(options),
    )
    from . import figures, terminal

    paths = _drawn(lambda: figures.draw_study(study), study.folder)
    if options.json:
        terminal.print_json(terminal.study_json(study, paths))
    elif options.quiet:
        typer.echo(study.folder)
    else:
        terminal.show_study(study, paths)


@command
def compare(  # noqa: PLR0913 (an option each)
    base: File,
    others: Files,
    options: Options,
    precision: Wishes = None,
    margin: Margins = None,
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
            metavar="WEEKS", help="What beginning later costs; may be repeated."
        ),
    ] = None,
) -> None:
    """What if: each file against BASE in paired worlds, with a verdict."""
    from .comparison import MOST_PAIRS, Until

    until = Until(
        pairs or options.runs or MOST_PAIRS,
        _wishes("precision", precision),
        _wishes("margin", margin),
        is_fixed=pairs is not None,
    )
    found, document = _compare(base, others, options, until)
    if customers:
        document["customers"] = _follow(found, options)
    if delay:
        document["delays"] = _delay(found, delay, options)
    _print_comparison(document, options)


def _wishes(option: str, words: list[str] | None) -> dict[str, float]:
    """Return OUTCOME=VALUE by outcome; "0.2%" is 0.002."""
    from .study import InputError

    found = {}
    for word in words or ():
        name, _, value = word.partition("=")
        try:
            scale = 0.01 if value.endswith("%") else 1.0
            found[name.strip()] = scale * float(value.removesuffix("%"))
        except ValueError:
            raise InputError(
                f"--{option} {word}: not OUTCOME=VALUE; write for instance "
                f"--{option} retention=0.2%"
            ) from None
    return found


def _follow(found: "Comparison", options: Options) -> dict[str, Any]:
    """Follow every customer of a comparison; write, draw and show whom it saved."""
    from . import customer_tables
    from .attribution import attributed
    from .customer_figures import draw_attribution
    from .figures import names_of

    study = found.study
    seeds = study.manifest["seeds"]
    whole = attributed(study.scenarios, seeds, options.jobs or 0)
    path = str(whole.write(study.folder))
    paths = _drawn(
        lambda: draw_attribution(whole, study, names_of(study)), study.folder
    )
    if not options.json and not options.quiet:
        customer_tables.show_attribution(whole, paths, path)
    return {"figures": paths, **customer_tables.attribution_json(whole, path)}


def _delay(found: "Comparison", weeks: list[float], options: Options) -> dict[str, Any]:
    """Find and show what it costs to begin each choice later."""
    from .attribution import cost_of_delay
    from .customer_tables import show_delays
    from .terminal import records

    document = {}
    seeds = found.study.manifest["seeds"]
    for label in found.others:
        table = cost_of_delay(
            found.study.scenarios[label],
            delays=weeks,
            pairs=len(seeds),
            seed=seeds[0],
            jobs=options.jobs,
        )
        if not options.json and not options.quiet:
            show_delays(table, label, found.currency)
        document[label] = records(table)
    return document


def _compare(
    base: str, others: list[str], options: Options, until: "Until"
) -> tuple["Comparison", dict[str, Any]]:
    """Compare, draw and show; return what was found, and the document for JSON."""
    from . import figures, terminal
    from .comparison import compare as compare_scenarios

    found = compare_scenarios(
        base,
        *others,
        pairs=until,
        seed=options.seed,
        overrides=options.overrides or (),
        jobs=options.jobs,
        out=options.out,
        watcher=_watcher(options),
    )
    paths = _drawn(lambda: figures.draw_comparison(found), found.study.folder)
    if options.quiet and not options.json:
        typer.echo(found.study.folder)
    elif not options.json:
        terminal.show_comparison(found, paths)
    return found, terminal.comparison_json(found, paths)


def _print_comparison(document: dict[str, Any], options: Options) -> None:
    from .terminal import print_json

    if options.json:
        print_json(document)


@command
def story(
    file: File,
    customer: Annotated[
        str, typer.Option(help="The customer's id, or the label in your file.")
    ],
    against: Annotated[
        str | None,
        typer.Option(
            metavar="BASE", help="The twin world; FILE without levers if absent."
        ),
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change one key first."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the run lived again.")] = 1,
    out: Annotated[
        Path, typer.Option(help="Folder of the figure.", show_default="results/story")
    ] = Path("results/story"),
    json: Json = False,
) -> None:
    """One customer's life, week by week, beside the twin's: in words and a figure."""
    from simulation.story import life, without_levers

    from . import customer_tables
    from .customer_figures import draw_story
    from .study import InputError, read_scenarios
    from .terminal import print_json

    files = [file] if against is None else [file, against]
    worlds = list(read_scenarios(files, overrides or ()).values())
    if against is None and worlds[0].levers:
        worlds.append(without_levers(worlds[0]))
    try:
        lives = [life(world, customer, seed=seed) for world in worlds]
    except ValueError as error:
        raise InputError(f"story: {error}") from None
    if len({len(each.chapters) for each in lives}) > 1:
        raise InputError("story: the two worlds do not last equally long")
    path = draw_story(lives, out)
    if json:
        print_json(customer_tables.story_json(lives, path))
    else:
        customer_tables.show_story(lives, path)


def _drawn(draw: Callable[[], list[str]], folder: Path) -> list[str]:
    try:
        return draw()
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"Stopped: all runs were finished and can be read in {folder}."
        ) from None


def _watcher(options: Options) -> Any:  # noqa: ANN401 (imported late)
    from .study import Watcher
    from .terminal import Screen

    return Watcher() if options.quiet else Screen()


@command
def validate(
    files: Files,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change one key first."),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check scenario files, and the files they name."""
    from .study import check, read_scenarios

    checked = {}
    for file in files:
        scenarios = read_scenarios([file], overrides or ())
        (scenario,) = scenarios.values()
        if scenario.market.customers_file or scenario.network.kind == "file":
            check(scenarios)
        checked[file] = scenario
    if json:
        from .terminal import print_json

        print_json([{"file": k, "digest": s.digest()} for k, s in checked.items()])
    elif not quiet:
        for file, scenario in checked.items():
            typer.echo(f"{file}: is right ({scenario.name})")


@command
def describe(
    kind: Annotated[
        str, typer.Argument(help="parameter, lever, metric, outcome or phase.")
    ] = "",
    name: Annotated[str, typer.Argument(help="What is to be explained.")] = "",
    json: Json = False,
) -> None:
    """Explain a word: meaning, unit, range, source. With no name: list them."""
    from . import terminal

    kind = kind.lower()
    if kind and kind.removesuffix("s") in terminal.KINDS:
        kind = kind.removesuffix("s")
    elif kind and name:
        raise _unknown_kind(kind)
    elif kind:
        kind, name = "", kind
    if name:
        found = terminal.looked_up(kind, name)
    else:
        found = [
            e
            for k in ([kind] if kind else terminal.KINDS)
            for e in terminal.glossary(k)
        ]
    if json:
        terminal.print_json(
            [{**e._asdict(), "details": dict(e.details)} for e in found]
        )
    elif name:
        for entry in found:
            terminal.show_entry(entry)
    elif kind:
        terminal.show_list(kind)
    else:
        terminal.show_kinds()


def _unknown_kind(kind: str) -> Exception:
    from simulation.quantity import nearest

    from .study import InputError
    from .terminal import KINDS

    return InputError(f"describe: no kind {kind!r}{nearest(kind, list(KINDS))}")


@command
def schema(
    write: Annotated[
        bool, typer.Option("--write", help="Refresh scenarios/schema.json.")
    ] = False,
) -> None:
    """Print the JSON Schema of scenario files, for editors."""
    import json

    from simulation.scenario import schema as schema_of

    text = json.dumps(schema_of(), indent=2, ensure_ascii=False) + "\n"
    if not write:
        typer.echo(text, nl=False)
        return
    path = Path(__file__).parents[1] / "scenarios" / "schema.json"
    path.write_text(text, encoding="utf-8")
    typer.echo(path)


def main() -> None:
    """Run the command line."""
    signal.signal(signal.SIGTERM, _terminated)
    app()


def _terminated(*_: object) -> None:
    """End as after Ctrl-C: what was finished is kept."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
