"""What every command has in common: options, exit codes, one line for each fault."""

import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar, get_type_hints

import typer
from typer.core import TyperGroup

Drawn = TypeVar("Drawn")
OK, BROKEN, BAD, INTERRUPTED = 0, 1, 2, 130

ORDER = {
    "Ask": ("demo", "compare", "run", "story", "studio"),
    "Doubt": ("sensitivity", "discover", "optimise", "facts", "replicate"),
    "Look up": ("describe", "diff", "validate", "schema"),
    "Keep": ("report", "results", "verify"),
}
"""The commands in the order of use, under a word each; any other comes last."""
FOOTER = "{name} COMMAND --help tells more; scenarios/README.md lists the questions."
WIDTH = 80


class Commands(TyperGroup):
    """Lists the commands in the order of use; tells a wrong option in one line."""

    def main(self, *args: Any, **extra: Any) -> Any:  # noqa: ANN401 (as typer's own)
        """Run what is typed, or show the help where nothing is."""
        given = args[0] if args else extra.pop("args", None)
        typed = list(sys.argv[1:] if given is None else given) or ["--help"]
        extra["standalone_mode"] = False
        try:
            code = super().main(typed, **extra)
        except Exception as fault:
            if not hasattr(fault, "format_message"):
                raise
            context = getattr(fault, "ctx", None)
            path = context.command_path if context else self.name
            words = str(fault.format_message())
            stop = "" if words.endswith((".", "?")) else "."
            _say(f"{words}{stop} See {path} --help.")
            sys.exit(BAD)
        sys.exit(code or OK)

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 (same)
        """Write what fits one screen: a line a command."""
        listed = [name for names in ORDER.values() for name in names]
        others = tuple(name for name in self.commands if name not in listed)
        formatter.write(f"{ctx.command_path}: {self.help}\n\n")
        for word, names in {**ORDER, "More": others}.items():
            for name in (name for name in names if name in self.commands):
                head = f"{word:<9}{name:<13}"
                short = self.commands[name].get_short_help_str(WIDTH - len(head))
                formatter.write(f"{head}{short}\n")
                word = ""
        formatter.write(f"\n{FOOTER.format(name=ctx.command_path)}\n")


app = typer.Typer(
    name="groundswell",
    cls=Commands,
    help="What will it do to our customers, and will it pay?",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


Seed = Annotated[int, typer.Option(min=0, max=2**63 - 2**32, help="Of the first run.")]
Jobs = Annotated[
    int | None,
    typer.Option(min=1, max=1024, help="Processes.", show_default="cores"),
]


class Options(NamedTuple):
    """What every command that runs a scenario takes."""

    overrides: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="PATH=VALUE", help="Change one key; may be repeated."
        ),
    ] = None
    seed: Seed = 1
    runs: Annotated[
        int | None,
        typer.Option(
            min=1, max=10**6, help="Runs; most pairs of a comparison; worlds a point."
        ),
    ] = None
    jobs: Jobs = None
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Of a Dask scheduler: run there."),
    ] = None
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the study.", show_default="results/…"),
    ] = None
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="Print only the study's folder.")
    ] = False
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False

    @property
    def is_shown(self) -> bool:
        """Whether a person reads along."""
        return not (self.json or self.quiet)


Shows = Annotated[
    list[str] | None,
    typer.Option(
        metavar="OUTCOME=LOW:HIGH",
        help="What your own market shows: churn=18%:22%. May be repeated.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print nothing but faults.")]
File = Annotated[str, typer.Argument(help="A file, or the name of a shipped scenario.")]
Files = Annotated[
    list[str], typer.Argument(help="Files, or names of shipped scenarios.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change one key first."),
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
    from .errors import StudyError
    from .study import BAD_INPUT

    if isinstance(error, BAD_INPUT):
        _say(str(error))
        raise typer.Exit(BAD) from None
    if isinstance(error, StudyError):
        _say(str(error))
        raise typer.Exit(BROKEN) from None
    raise error


def _say(line: str) -> None:
    typer.echo(" ".join(line.split()), err=True)


def drawn(draw: Callable[[], Drawn], folder: Path) -> Drawn:
    """Do what follows a finished study; say where it is if stopped meanwhile."""
    try:
        return draw()
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"Stopped: all runs were finished and can be read in {folder}."
        ) from None


def how(options: Options) -> dict[str, Any]:
    """Return how a study is run, as `analysis` takes it: seed, workers, folder."""
    return {
        "seed": options.seed,
        "overrides": options.overrides or (),
        "jobs": crew(options),
        "out": options.out,
        "watcher": watcher(options),
    }


def finish(
    folder: Path,
    options: Options,
    document: Mapping[str, Any],
    show: Callable[[], None],
    write: Callable[[], Path] | None = None,
) -> None:
    """Write a study's page, then tell what was found, and where it is.

    Without `write` the page is made again from the folder, its figures too.
    """
    from .report.page import rebuild
    from .terminal import print_json

    page = drawn(write or (lambda: rebuild(folder)), folder)
    if options.json:
        print_json({**document, "report": str(page)})
    elif options.quiet:
        typer.echo(folder)
    else:
        show()
        typer.echo(f"{'Report':<13}{page}")


def watcher(options: Options) -> Any:  # noqa: ANN401 (imported late)
    """Return what shows the progress of runs, silent if asked."""
    from .request import Watcher
    from .terminal import Screen

    return Watcher() if options.quiet else Screen()


def crew(options: Options) -> Any:  # noqa: ANN401 (imported late)
    """Return who lives the runs: the cluster if one is named, else processes."""
    from .execution import Workers

    if options.cluster:
        return Workers(kind="cluster", address=options.cluster)
    return options.jobs
