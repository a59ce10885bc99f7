"""The small tools: is a file right, what does a word mean."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.command import BAD, Files, Json, Overrides, Quiet, command

if TYPE_CHECKING:
    from simulation.model import PerceptionModel
    from simulation.scenario import Scenario


@command
def validate(
    files: Files,
    overrides: Overrides = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check scenario files, and the files they name."""
    from analysis.study import BAD_INPUT
    from simulation.scenario import ScenarioError

    checked: dict[str, tuple[Scenario, list[str]]] = {}
    faults: list[str] = []
    for file in files:
        try:
            checked[file] = _checked(file, overrides or ())
        except ScenarioError as error:
            faults += error.faults
        except BAD_INPUT as error:
            faults.append(str(error))
    for fault in dict.fromkeys(faults):
        typer.echo(fault, err=True)
    if faults:
        raise typer.Exit(BAD)
    if json:
        from analysis.terminal import print_json

        print_json(
            [
                {"file": file, "digest": scenario.digest(), "cautions": cautions}
                for file, (scenario, cautions) in checked.items()
            ]
        )
    elif not quiet:
        for file, (scenario, cautions) in checked.items():
            typer.echo(f"{file}: is right ({scenario.name})")
            for caution in cautions:
                typer.echo(f"{file}: take care: {caution}")


def _checked(file: str, overrides: Sequence[str]) -> tuple["Scenario", list[str]]:
    """Return the scenario of a file and what may surprise, prices nobody gave too.

    Where it names files, its market is drawn once, which reads them.
    """
    from analysis.design import FIRST_SEED
    from analysis.request import read_scenarios
    from simulation.model import PerceptionModel
    from simulation.scenario import default_price_words

    (scenario,) = read_scenarios([file], overrides).values()
    without_ties: list[str] = []
    if scenario.market.customers_file or scenario.network.kind == "file":
        without_ties = _without_ties(PerceptionModel(scenario, seed=FIRST_SEED))
    prices = default_price_words(scenario.default_prices(), scenario.money.currency)
    return scenario, [*scenario.cautions(), *without_ties, *prices]


def _without_ties(model: "PerceptionModel") -> list[str]:
    """Return a line if a network file leaves customers out who have a social life."""
    if model.settings.network.kind != "file":
        return []
    traits = model.people.traits
    without, n = int((traits.is_sociable & (traits.degree == 0)).sum()), traits.id.size
    if without == 0:
        return []
    return [
        f"network.file: {without:,} of {n:,} customers have no tie in it, and no story "
        "reaches them over one; add their ties, or leave those people out"
    ]


@command
def describe(
    kind: Annotated[
        str,
        typer.Argument(help="parameter, lever, shock, metric, outcome, phase or word."),
    ] = "",
    name: Annotated[str, typer.Argument(help="What is to be explained.")] = "",
    json: Json = False,
) -> None:
    """Explain a word: meaning, unit, range, source. With no name: list them."""
    from analysis.tables import glossary
    from analysis.terminal import print_json
    from simulation.quantity import as_called

    kind = kind.lower()
    if kind and kind.removesuffix("s") in glossary.KINDS:
        kind = kind.removesuffix("s")
    elif kind and as_called(f"{kind} {name}") in glossary.names():
        kind, name = "", as_called(f"{kind} {name}")
    elif kind and name:
        raise _unknown_kind(kind)
    elif kind:
        kind, name = "", kind
    if name:
        found = glossary.looked_up(kind, name)
    else:
        found = [
            e for k in ([kind] if kind else glossary.KINDS) for e in glossary.entries(k)
        ]
    if json:
        print_json([{**e._asdict(), "details": dict(e.details)} for e in found])
    elif name:
        for entry in found:
            glossary.show_entry(entry)
    elif kind:
        glossary.show_list(kind)
    else:
        glossary.show_kinds()


def _unknown_kind(kind: str) -> Exception:
    from analysis.errors import InputError
    from analysis.tables.glossary import KINDS
    from simulation.quantity import nearest

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
    path = Path(__file__).parents[2] / "scenarios" / "schema.json"
    path.write_text(text, encoding="utf-8")
    typer.echo(path)
