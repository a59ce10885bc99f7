"""What is asked of a study, and how it is made: the same words for every command.

`How` is what every call that makes a study takes by name; a `Request` joins it with
what is asked, and says by whom, into which folder, and who is told.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypedDict

from simulation.scenario import Scenario, load

from .design import AS_IT_IS, FIRST_SEED, Design, Run, labelled
from .execution import Life, Workers, crew
from .provenance import digest_of, sources

RESULTS = Path("results")


class Watcher:
    """Is told how a study goes; this one keeps it to itself."""

    def compiling(self) -> None:
        """The model is being compiled: once, about half a minute."""

    def began(self, request: "Request") -> None:
        """All is well so far; the runs begin."""

    def finished(self, life: Life) -> None:
        """One run is over."""

    def kept(self, life: Life) -> None:
        """One run was over before this began."""
        self.finished(life)

    def looked(self, words: str) -> None:
        """The answer so far was looked at; this is how precise it is."""

    def ended(self) -> None:
        """No more runs will come."""


class How(TypedDict, total=False):
    """How a study is made, whatever it asks; each can be left out."""

    seed: int
    """The first, 1 if absent; the others follow it. Of designs and searches, too."""
    overrides: Iterable[str]
    """Changes to every scenario, as `--set` takes them: "market.customers=5000"."""
    jobs: int | Workers | None
    """Worker processes, threads, or a cluster; a process a core if absent."""
    out: str | Path | None
    """The study's folder; if absent one in `results`, named by what is asked."""
    watcher: Watcher | None
    """Is told how it goes."""


def first_seed(how: How) -> int:
    """Return the first seed of a study."""
    return how.get("seed", FIRST_SEED)


@dataclass(frozen=True)
class Request:
    """A study to be made."""

    kind: str
    scenarios: Mapping[str, Scenario]
    plan: tuple[Run, ...]
    how: How = field(default_factory=How)
    warnings: tuple[str, ...] = ()
    looks: tuple[int, ...] = ()
    """After how many runs `lacks` is asked; the last is the whole plan."""
    lacks: Callable[[Sequence[Life]], str] | None = None
    """Told the runs so far, says in words what they lack; nothing if no more are
    needed."""
    stopping: Mapping[str, Any] = field(default_factory=dict)
    """The rule behind it, for the manifest."""
    design: Design = AS_IT_IS
    """What the points of the runs change in every scenario."""
    keeps_weeks: bool = True
    """Whether the weeks of each run are kept, and not its outcomes alone."""

    def __post_init__(self) -> None:
        """Refuse what is no way to make a study."""
        for name in self.how.keys() - How.__annotations__.keys():
            known = ", ".join(How.__annotations__)
            raise TypeError(f"{self.kind} takes no {name!r}; one of {known}")

    @cached_property
    def asked(self) -> str:
        """Digest of what is asked, whoever runs it, and where."""
        contents = [[label, s.digest()] for label, s in self.scenarios.items()]
        points = [list(self.design.paths), self.design.values.tolist()]
        asked = self.kind, contents, self.plan, self.stopping, points
        return digest_of(*asked, self.keeps_weeks, sources())

    @cached_property
    def folder(self) -> Path:
        """Where the study belongs; unless said, named by what is asked."""
        out = self.how.get("out")
        names = "-".join(self.scenarios)[:60].rstrip("-")
        return Path(out) if out else RESULTS / f"{self.kind}-{names}-{self.asked[:6]}"

    @cached_property
    def jobs(self) -> Workers:
        """Who lives the runs."""
        return crew(self.how.get("jobs"))

    @cached_property
    def watcher(self) -> Watcher:
        """Who is told how it goes."""
        return self.how.get("watcher") or Watcher()


def read_scenarios(
    sources: Sequence[str | Path | Scenario], overrides: Iterable[str] = ()
) -> dict[str, Scenario]:
    """Return the scenarios by label, each file read once.

    Raises
    ------
    ScenarioError
        One line that names file, key, fault and remedy.
    """
    changes = tuple(overrides)
    known: dict[str, Scenario] = {}
    found: list[Scenario] = []
    for source in sources:
        if isinstance(source, Scenario):
            found.append(source)
            continue
        if str(source) not in known:
            known[str(source)] = load(source, changes)
        found.append(known[str(source)])
    names = [
        _slug(s.name if isinstance(s, Scenario) else Path(s).stem) for s in sources
    ]
    return dict(zip(labelled(names), found, strict=True))


def _slug(name: str) -> str:
    """Return a name that can be part of a folder's."""
    kept = "".join(letter if letter.isalnum() else "_" for letter in name.strip())
    return kept.strip("_") or "scenario"
