"""What every word means: parameters, levers, shocks, metrics, outcomes and phases."""

import inspect
import math
import sys
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from analysis.errors import InputError
from analysis.outcomes import OUTCOMES
from simulation.firm import HUB_SHARE
from simulation.levers import LEVERS, Lever
from simulation.metrics import METRICS
from simulation.model import NEW_WEEKS, PHASES, PerceptionModel
from simulation.quantity import as_called
from simulation.quantity import shown as plain
from simulation.scenario import Parameter, Setting, parameters, settings
from simulation.scenario.shocks import SHOCKS, Shock


class Entry(NamedTuple):
    """One word that can be looked up."""

    kind: str
    name: str
    text: str
    """One line."""
    details: tuple[tuple[str, str], ...]


LATE = ("levers", "shocks")
"""Sections of many entries, listed last."""
KINDS = ("parameter", "lever", "shock", "metric", "outcome", "phase", "word")


WORDS = (
    Entry(
        "word",
        "claim",
        "What a shipped question says that it changes against another scenario, under "
        "the key promise; a test holds it to that.",
        (("Not", "what a firm promises its customers: that is promise"),),
    ),
    Entry(
        "word",
        "default_price",
        "What a lever costs where no file says it; what comes back rests on it.",
        (
            ("Named by", "compare and the report below the verdict; validate"),
            ("Given by", "cost_… below the lever, in its file"),
        ),
    ),
    Entry(
        "word",
        "lifetime_value",
        "What a customer of week 0 brings, discounted, less what serving costs.",
        (
            ("In the weeks", "until the last week that was lived, clock.weeks"),
            ("For ever", "with all the time after, as if the last half year went on"),
            ("Not in it", "what it cost to win the customer"),
        ),
    ),
    Entry(
        "word",
        "margin",
        "What a customer brings in a week, before the cost to serve.",
        (
            ("Set by", "market.segments.NAME.margin_per_week"),
            ("Not", "the least change worth while: that is worthwhile"),
            (
                "Not",
                "a key such as levers.overselling.margin: how far a promise is above "
                "what customers report",
            ),
        ),
    ),
    Entry(
        "word",
        "paired_worlds",
        "Two worlds of one seed: the same people meet the same luck, with a choice and "
        "without it, so that what differs was caused by the choice.",
        (("Used by", "compare, sensitivity, discover, optimise, the studio"),),
    ),
    Entry(
        "word",
        "payback",
        "The week from which on a choice has earned at least as much as the base, all "
        "weeks until then summed and discounted.",
        (("Printed by", "compare, if that is within clock.weeks"),),
    ),
    Entry(
        "word",
        "pays",
        "A choice pays if its NPV is above that of the base in the same worlds.",
        (("See", "npv, payback, margin_per_week"),),
    ),
    Entry(
        "word",
        "per_1000_customers",
        "A sum over customers, divided by those of week 0 and times 1,000, so that a "
        "firm of any size can read it.",
        (("Printed by", "compare and the report, for each segment too"),),
    ),
    Entry(
        "word",
        "promise",
        "The quality that a firm's marketing and sales lead people to expect.",
        (
            ("Set by", "firm.promise; levers such as expectation_alignment move it"),
            ("Not", "the key promise at the top of a file: that is its claim"),
        ),
    ),
    Entry(
        "word",
        "segment",
        "A group of customers with a share of the market and a margin of its own.",
        (
            ("Declared in", "market.segments"),
            ("Reached by", "audience: segment:NAME in a lever"),
        ),
    ),
    Entry(
        "word",
        "worthwhile",
        "The least difference in an outcome that is worth while; below it the verdict "
        "is “no worthwhile difference” (statistics: equivalence margin).",
        (
            ("Set by", "compare … --worthwhile npv=2000"),
            ("In files", "the column margin of differences"),
        ),
    ),
)
"""Words of the printed results that are no key, metric or outcome."""

AUDIENCE = {
    "everyone": "all customers",
    "new": f"customers who joined within the last {NEW_WEEKS} weeks",
    "unhappy": "perception below word_of_mouth.neutral, or still bearing a grudge",
    "silent": "lived a failure that nobody made good, and did not complain",
    "hubs": f"the best connected {100 * HUB_SHARE:.0f} %",
    "segment:NAME": "the customers of one of market.segments",
}
"""Whom each audience of a lever means, looked at anew each week."""


def entries(kind: str) -> list[Entry]:
    """Return every word of a kind, in the order of files."""
    if kind == "parameter":
        found = [_parameter(each) for each in parameters()]
        found += [_setting(each) for each in settings()]
        return sorted(found, key=lambda entry: entry.name.partition(".")[0] in LATE)
    if kind == "lever":
        return [_lever(name, lever) for name, lever in LEVERS.items()]
    if kind == "shock":
        return [_shock(name, shock) for name, shock in SHOCKS.items()]
    if kind == "metric":
        where = "weekly.parquet, a row a run and week"
        return [
            Entry(kind, m.name, m.text, (("Unit", m.unit), ("In", where)))
            for m in METRICS
        ]
    if kind == "outcome":
        where = "runs.parquet, a row a run"
        return [
            Entry(kind, o.name, o.text, (("Unit", o.unit), ("In", where)))
            for o in OUTCOMES
        ]
    if kind == "word":
        return list(WORDS)
    return [_phase(place, name) for place, name in enumerate(PHASES, start=1)]


def _parameter(about: Parameter) -> Entry:
    low, high = about.range
    allowed = f"{plain(about.ge)} or more"
    if about.le is not None and math.isfinite(about.le):
        allowed = f"{plain(about.ge)} to {plain(about.le)}"
    elif about.le is not None:
        allowed += ", or .inf"
    default = _default(about.default)
    details = (
        ("Unit", about.unit),
        ("Default", default),
        ("Usual", f"{plain(low)} to {plain(high)}"),
        ("Allowed", allowed),
        ("Source", about.source),
    )
    return Entry("parameter", about.path, about.text, details)


def _setting(about: Setting) -> Entry:
    details = [("Default", _default(about.default))]
    if about.path.endswith(".audience"):
        details += AUDIENCE.items()
    if about.choices:
        details.append(("Choices", ", ".join(about.choices)))
    return Entry("parameter", about.path, about.text, tuple(details))


def _default(value: object) -> str:
    """Return a default as files write it."""
    if value is None or value == ():
        return "left out"
    return value if isinstance(value, str) else plain(value)


def _lever(name: str, lever: type[Lever]) -> Entry:
    details = (
        ("Moves", lever.moves),
        ("Side effect", lever.side_effect),
        ("Evidence", lever.evidence),
        *_keys_of(f"levers.{name}."),
    )
    return Entry("lever", name, lever.text, details)


def _shock(name: str, shock: type[Shock]) -> Entry:
    moves = (("Moves", shock.moves), ("Evidence", shock.evidence))
    return Entry("shock", name, shock.text, (*moves, *_keys_of(f"shocks.{name}.")))


def _keys_of(here: str) -> list[tuple[str, str]]:
    """Return the keys of an entry, and what each of them means."""
    texts = [(each.path, _setting_text(each)) for each in settings()]
    texts += [(each.path, _key_text(each)) for each in parameters()]
    return [
        (path.removeprefix(here), text) for path, text in texts if path.startswith(here)
    ]


def _setting_text(about: Setting) -> str:
    choices = f": {', '.join(about.choices)}" if about.choices else ""
    return f"{about.text.removesuffix('.')}{choices} [{_default(about.default)}]"


def _key_text(key: Parameter) -> str:
    comma = ";" if key.default is None else ""
    return f"{key.text} [{_default(key.default)}{comma} {key.unit}]"


def _phase(place: int, name: str) -> Entry:
    text = inspect.getdoc(getattr(PerceptionModel, name)) or ""
    first, _, rest = text.partition("\n")
    details = [("Order", f"{place} of {len(PHASES)} in each week")]
    kernels = dict.fromkeys(_kernels(getattr(PerceptionModel, name)))
    if kernels:
        details.append(("Kernels", ", ".join(kernels)))
    if rest.strip():
        details.append(("More", " ".join(rest.split())))
    return Entry("phase", name, first, tuple(details))


def _kernels(method: Callable[..., object]) -> Iterator[str]:
    """Yield the compiled loops of a phase, as the README's speed table has them."""
    known = vars(sys.modules[PerceptionModel.__module__])
    for name in method.__code__.co_names:
        part = vars(PerceptionModel).get(name)
        if ".kernels." in str(getattr(known.get(name), "__module__", "")):
            yield name
        elif inspect.isfunction(part) and name not in PHASES:
            yield from _kernels(part)


def names() -> set[str]:
    """Return every name that is known in full."""
    return {entry.name for kind in KINDS for entry in entries(kind)}


def looked_up(kind: str, name: str) -> list[Entry]:
    """Return the entries of a name, of any kind if `kind` is empty.

    A parameter may be named by its last word, which several can share; those of the
    same meaning are one entry. A word of another kind is found all the same.

    Raises
    ------
    InputError
        Naming the nearest known word.
    """
    known = [entry for each in ([kind] if kind else KINDS) for entry in entries(each)]
    everything = known if not kind else [e for each in KINDS for e in entries(each)]
    guesses = dict.fromkeys((name, as_called(name)))
    for among in (known, everything):
        if found := [entry for guess in guesses for entry in _called(guess, among)]:
            return found
    words = [entry.name for entry in known]
    if inside := [word for word in words if word.startswith(f"{name}.")]:
        keys = dict.fromkeys(word[len(name) + 1 :].split(".")[0] for word in inside)
        raise InputError(
            f"describe: {name} holds {', '.join(keys)}; name one parameter, for "
            f"instance {inside[0]}"
        )
    words += [word.rpartition(".")[2] for word in words]
    near = get_close_matches(name, words, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]!r}?" if near else "groundswell describe lists them"
    raise InputError(f"describe: no {kind or 'word'} is called {name!r}; {hint}")


def _called(name: str, known: Iterable[Entry]) -> list[Entry]:
    """Return the entries of a name, or else of a last word; alike ones are merged."""
    known = list(known)
    if exact := [entry for entry in known if entry.name == name]:
        return exact
    alike: dict[tuple[object, ...], list[Entry]] = {}
    for entry in known:
        if entry.name.endswith(f".{name}"):
            same = (entry.kind, entry.text, entry.details)
            alike.setdefault(same, []).append(entry)
    return [
        group[0]
        if len(group) == 1
        else group[0]._replace(
            name=name,
            details=(
                *group[0].details,
                ("Of", ", ".join(entry.name for entry in group)),
            ),
        )
        for group in alike.values()
    ]


def show_entry(entry: Entry) -> None:
    """Print what a word means."""
    console = Console(highlight=False)
    console.print(Text(entry.name, "bold"), Text(entry.kind, "dim"))
    console.print(Text(entry.text))
    _show_pairs(console, entry.details)


def show_list(kind: str) -> None:
    """Print every word of a kind with its meaning."""
    console = Console(highlight=False)
    console.print(Text(f"{kind}s", "bold"))
    _show_pairs(console, [(entry.name, entry.text) for entry in entries(kind)])


def show_kinds() -> None:
    """Print what can be looked up."""
    console = Console(highlight=False)
    for kind in KINDS:
        names = [entry.name for entry in entries(kind)]
        if kind == "parameter":
            parts = [name.partition(".") for name in names]
            tops = [f"{top}.…" if dot else top for top, dot, _ in parts]
            names = list(dict.fromkeys(tops))
        console.print(Text(f"{kind}s", "bold"))
        console.print(Text("  " + ", ".join(names)))
    console.print("groundswell describe KIND lists them; … KIND NAME explains one.")


def _show_pairs(console: Console, pairs: Iterable[tuple[str, str]]) -> None:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    for name, text in pairs:
        table.add_row(Text(name), Text(text))
    console.print(table)
