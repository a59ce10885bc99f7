"""What the page may ask for, in plain Python: no socket, no HTTP.

Every request is a mapping that is checked here; what cannot be met is a
`RefusedError`, in one line. A page that is open can do no more than a person at the
command line, and can make the server read no file but the shipped scenarios.
"""

import tempfile
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from analysis.design import FIRST_SEED
from analysis.study import RESULTS, as_json
from simulation.levers import LEVERS, Lever
from simulation.network import NetworkError
from simulation.population import PopulationError
from simulation.scenario import Scenario, ScenarioError, load, resolved, shipped
from simulation.scene import SHOWN
from simulation.story import fate

from .catalogue import catalogue
from .jobs import Job, Jobs
from .refused import RefusedError
from .session import MOST_STEPS, Session, Sessions, plain_levers

MOST_CUSTOMERS = 20_000
LEAST_CUSTOMERS = 20
MOST_SEED = 2**63 - 2**32
MOST_OVERRIDES = 40
MOST_DROPPED = 32
MOST_PAIRS = 1000
MOST_WORDS = 300
MOST_SCENARIOS = 6
FILES = (("market", "customers_file"), ("network", "file"))
DEFAULT_CUSTOMERS = 2000


class Api:
    """Everything behind the page.

    Parameters
    ----------
    results : Path
        Where comparisons are kept.
    """

    def __init__(self, results: Path = RESULTS) -> None:
        """Begin without a session, a job or a dropped file."""
        self.results = results
        self.sessions = Sessions()
        self.jobs = Jobs(results)
        self._scratch = tempfile.TemporaryDirectory(prefix="groundswell-studio-")
        self._dropped: OrderedDict[str, Path] = OrderedDict()
        self._n_dropped = 0

    def close(self) -> None:
        """End all jobs, and forget what was dropped."""
        self.jobs.close()
        self._scratch.cleanup()

    def catalogue(self) -> dict[str, Any]:
        """Return stories, scenarios, levers and words."""
        return catalogue()

    # ------------------------------------------------------------------ scenarios

    def drop(self, request: Mapping[str, Any]) -> dict[str, str]:
        """Take in a scenario file, {name, text}; return how it is called from now on.

        It may extend shipped scenarios only, and name no other file.
        """
        _only(request, "name", "text")
        text = _text(request, "text")
        _check_harmless(text)
        self._n_dropped += 1
        stem = Path(_text(request, "name")).stem
        stem = "".join(c if c.isalnum() or c in "-_" else "_" for c in stem)[:40]
        folder = Path(self._scratch.name) / str(self._n_dropped)
        folder.mkdir()
        path = folder / f"{stem or 'scenario'}.yaml"
        path.write_text(text, encoding="utf-8")
        try:
            scenario = load(path)
        except ScenarioError as error:
            raise RefusedError(str(error).replace(f"{folder}/", "")) from None
        id = f"file:{self._n_dropped}"
        self._dropped[id] = path
        while len(self._dropped) > MOST_DROPPED:
            self._dropped.popitem(last=False)
        return {"id": id, "name": scenario.name, "question": scenario.question}

    def scenario(self, id: object, overrides: object = None) -> Scenario:
        """Return a shipped or dropped scenario, changed as `--set` would."""
        try:
            return load(self._source(id), _overrides(overrides))
        except ScenarioError as error:
            raise RefusedError(str(error)) from None

    def _source(self, id: object) -> str | Path:
        if isinstance(id, str) and id in self._dropped:
            return self._dropped[id]
        if isinstance(id, str) and id in shipped():
            return id
        raise RefusedError(
            f"scenario: no {str(id)[:40]!r} here; drop the file once more"
        )

    # ------------------------------------------------------------------- sessions

    def open(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Begin a session: {scenario, seed, customers, overrides}, all optional.

        Returns its id, the number of people and weeks, and the levers.
        """
        _only(request, "scenario", "seed", "customers", "overrides")
        seed = _whole(request, "seed", FIRST_SEED, 0, MOST_SEED)
        n = _whole(
            request, "customers", DEFAULT_CUSTOMERS, LEAST_CUSTOMERS, MOST_CUSTOMERS
        )
        wanted = [*_overrides(request.get("overrides")), f"market.customers={n}"]
        settings = self.scenario(request.get("scenario", "baseline"), wanted)
        try:
            session = Session(settings, seed)
        except (NetworkError, PopulationError) as error:
            raise RefusedError(str(error)) from None
        self.sessions.add(session)
        return {
            "id": session.id,
            "customers": session.world.n_customers,
            "weeks": settings.clock.weeks,
            "name": settings.name,
            "question": settings.question,
            "currency": settings.money.currency,
            "levers": plain_levers(settings.levers),
            "numbers": list(SHOWN),
        }

    def session(self, id: str) -> Session:
        """Return a session that is there."""
        try:
            return self.sessions.get(id)
        except KeyError:
            raise RefusedError(
                "no such session; press Reset for a new one", 404
            ) from None

    def leave(self, id: str) -> dict[str, Any]:
        """End a session, if it is there."""
        self.sessions.close(id)
        return {}

    def step(self, id: str, request: Mapping[str, Any]) -> bytes:
        """Live some weeks, {steps, levers}; return the frames of both worlds."""
        _only(request, "steps", "levers")
        session = self.session(id)
        steps = _whole(request, "steps", 1, 0, MOST_STEPS)
        levers = request.get("levers")
        try:
            return session.step(steps, None if levers is None else _levers(levers))
        except ValidationError as error:
            raise RefusedError(_fault(error)) from None
        except ValueError as error:
            raise RefusedError(str(error)) from None

    def lives(self, id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the life of the customer of a row, {row}, in both worlds."""
        _only(request, "row")
        session = self.session(id)
        row = _whole(request, "row", -1, 0, session.world.n_customers - 1)
        worlds = [
            {
                "name": each.name,
                "customer": each.customer,
                "segment": each.segment,
                "degree": each.degree,
                "fate": fate(each),
                "start": each.start.perception,
                "chapters": [
                    {
                        "week": chapter.week,
                        "stage": chapter.stage,
                        "perception": chapter.perception,
                        "trust": chapter.trust,
                        "events": [event._asdict() for event in chapter.events],
                    }
                    for chapter in each.chapters
                ],
            }
            for each in session.lives(row)
        ]
        document: dict[str, Any] = as_json({"row": row, "worlds": worlds})
        return document

    # ----------------------------------------------------------------------- jobs

    def begin(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Begin a comparison: {base, others, pairs, seed, customers, overrides}."""
        _only(request, "base", "others", "pairs", "seed", "customers", "overrides")
        others = request.get("others")
        if not isinstance(others, list) or not 0 < len(others) < MOST_SCENARIOS:
            raise RefusedError(
                f"others: name one to {MOST_SCENARIOS - 1} scenarios to compare"
            )
        overrides = list(_overrides(request.get("overrides")))
        if request.get("customers") is not None:
            n = _whole(request, "customers", 0, LEAST_CUSTOMERS, MOST_CUSTOMERS)
            overrides.append(f"market.customers={n}")
        sources = [request.get("base", "baseline"), *others]
        for source in sources:
            self.scenario(source, overrides)
        job = self.jobs.begin(
            {
                "sources": [str(self._source(source)) for source in sources],
                "pairs": _whole(request, "pairs", 30, 2, MOST_PAIRS),
                "seed": _whole(request, "seed", FIRST_SEED, 0, MOST_SEED),
                "overrides": overrides,
            }
        )
        return job.news()

    def job(self, id: str) -> Job:
        """Return a job that is there."""
        try:
            return self.jobs.get(id)
        except KeyError:
            raise RefusedError("no such job; begin it again", 404) from None

    def cancel(self, id: str) -> dict[str, Any]:
        """Stop a job; the runs finished by then are kept."""
        job = self.job(id)
        job.cancel()
        return job.news()

    def yaml(self, request: Mapping[str, Any]) -> str:
        """Return a scenario written out in full, {scenario, overrides}."""
        _only(request, "scenario", "overrides")
        return resolved(
            self.scenario(request.get("scenario"), request.get("overrides"))
        )


# What a request may say


def _levers(value: object) -> Sequence[Lever]:
    """Return levers as they stand in a file, a list of mappings, checked."""
    return Scenario.model_validate({"levers": value}).levers


def _fault(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part not in LEVERS)
    return f"{where}: {first['msg']}"[:MOST_WORDS]


def _only(request: Mapping[str, Any], *known: str) -> None:
    for key in request:
        if key not in known:
            raise RefusedError(
                f"{str(key)[:40]!r}: no such key; known: {', '.join(known)}"
            )


def _whole(
    request: Mapping[str, Any], key: str, default: int, least: int, most: int
) -> int:
    value = request.get(key, default)
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not is_whole or not least <= value <= most:
        raise RefusedError(
            f"{key}: {str(value)[:40]} is no whole number from {least} to {most}"
        )
    return int(value)


def _text(request: Mapping[str, Any], key: str) -> str:
    value = request.get(key)
    if not isinstance(value, str) or not value.strip():
        raise RefusedError(f"{key}: is missing; give a text")
    return value


def _overrides(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    is_list = isinstance(value, list) and all(isinstance(x, str) for x in value)
    if not is_list or len(list(value)) > MOST_OVERRIDES:  # type: ignore[call-overload]
        raise RefusedError(f"overrides: give up to {MOST_OVERRIDES} texts, key=value")
    found = tuple(str(each) for each in value)  # type: ignore[attr-defined]
    for each in found:
        key = each.partition("=")[0].strip()
        if key in ("market", "network") or key in map(".".join, FILES):
            raise RefusedError(
                f"{key}: names a file, which the page may not; use the file"
            )
    return found


def _check_harmless(text: str) -> None:
    """Refuse a scenario that would make the server read another file."""
    try:
        tree = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise RefusedError(f"no YAML: {error}") from None
    if not isinstance(tree, dict):
        raise RefusedError("no scenario; write keys and values, as 'extends: baseline'")
    if tree.get("extends") not in (None, *shipped()):
        raise RefusedError("extends: a dropped file may only extend a shipped scenario")
    for section, key in FILES:
        part = tree.get(section)
        if isinstance(part, dict) and part.get(key) is not None:
            raise RefusedError(
                f"{section}.{key}: names a file, which a page cannot read; compare "
                "it on the command line"
            )
