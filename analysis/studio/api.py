"""What the page may ask for, in plain Python: no socket, no HTTP.

Every request is a mapping that is checked here; what cannot be met is a
`RefusedError`, in one line. A page that is open can do no more than a person at the
command line, and can make the server read no file but the shipped scenarios.
"""

import json
import struct
import tempfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from analysis.design import FIRST_SEED
from analysis.errors import InputError
from analysis.factors import factors_of
from analysis.outcomes import OUTCOME_BY_NAME
from analysis.provenance import as_json
from analysis.report.changes import in_words
from analysis.request import RESULTS
from simulation.network import NetworkError
from simulation.population import PopulationError
from simulation.scenario import (
    Scenario,
    ScenarioError,
    load,
    resolved,
    shipped,
)
from simulation.scene import SHOWN
from simulation.story import Event, fate

from . import asked
from .catalogue import catalogue, varying
from .jobs import Job, Jobs
from .opening import Openings
from .refused import RefusedError
from .session import MOST_STEPS, TWINS, Session, Sessions, plain

MOST_CUSTOMERS = 20_000
LEAST_CUSTOMERS = 20
MOST_SEED = 2**63 - 2**32
EVERY_JOB = ("kind", "seed", "customers", "overrides")
METHODS = ("morris", "sobol")
"""Of a sensitivity study, those whose answer the page can draw."""
MOST_BUDGET = 100_000
MOST_FACTORS = 400
MOST_PRICES = 40
MOST_DROPPED = 32
MOST_NAME = 100
MOST_PAIRS = 1000
MOST_SCENARIOS = 6
DEFAULT_CUSTOMERS = 2000


class Api:
    """Everything behind the page.

    Parameters
    ----------
    results : Path
        Where comparisons are kept.
    openings : Openings, optional
        Where is kept how a session begins, for the next start.
    """

    def __init__(
        self, results: Path = RESULTS, openings: Openings | None = None
    ) -> None:
        """Begin without a session, a job or a dropped file."""
        self.results = results
        self.openings = openings or Openings()
        self.sessions = Sessions()
        self.jobs = Jobs(results)
        self._scratch = tempfile.TemporaryDirectory(prefix="groundswell-studio-")
        self._dropped: OrderedDict[str, Path] = OrderedDict()
        self._n_dropped = 0
        self._compared: tuple[str, Any] | None = None

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
        asked.only(request, "name", "text")
        text = asked.text(request, "text")
        asked.check_harmless(text)
        return self._keep(Path(asked.text(request, "name")).stem, text)

    def take(self, id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Take a session into a scenario, {name, levers, week}; return as `drop` does.

        The levers are those that stand in the page, which may not have acted yet.
        `base` is its twin, to be compared with: the baseline, where it runs alike.
        """
        asked.only(request, "name", "levers", "week")
        session, name = self.session(id), asked.text(request, "name")[:MOST_NAME]
        week = asked.whole(request, "week", 0, 0, MOST_STEPS * 10)
        try:
            levers = asked.levers(request.get("levers"))
            played = session.as_played(name, levers, week)
        except ValidationError as error:
            raise RefusedError(asked.fault(error)) from None
        twin = TWINS[session.lacking](played)
        n = session.world.n_customers
        usual = load("baseline", [f"market.customers={n}"])
        is_usual = twin.digest() == usual.digest()
        base = {"id": "baseline", "name": usual.name}
        if not is_usual:
            base = self._keep(f"{name}_twin", resolved(twin))
        return {**self._keep(name, resolved(played)), "base": base}

    def _keep(self, stem: str, text: str) -> dict[str, str]:
        """Keep a scenario under a number of its own; check it."""
        self._n_dropped += 1
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
            return load(self._source(id), asked.overrides(overrides))
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

    def differences(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return how others differ from a base, {base, others, customers}, by id."""
        asked.only(request, "base", "others", "customers")
        size = self._size(request)
        base = self.scenario(request.get("base"), size)
        others = asked.texts(request, "others", MOST_SCENARIOS, "names of scenarios")
        return {
            id: [each._asdict() for each in in_words(base, self.scenario(id, size))]
            for id in others
        }

    # ------------------------------------------------------------------- sessions

    def open(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Begin a session: {scenario, seed, customers, overrides, twin}, all optional.

        `twin` is what the twin lacks. Returns the id, the number of people and weeks,
        the levers and shocks, and how the firm measures.
        """
        asked.only(request, "scenario", "seed", "customers", "overrides", "twin")
        seed = asked.whole(request, "seed", FIRST_SEED, 0, MOST_SEED)
        n = asked.whole(
            request, "customers", DEFAULT_CUSTOMERS, LEAST_CUSTOMERS, MOST_CUSTOMERS
        )
        wanted = [*asked.overrides(request.get("overrides")), f"market.customers={n}"]
        settings = self.scenario(request.get("scenario", "baseline"), wanted)
        lacking = asked.choice(request, "twin", TWINS) if "twin" in request else ""
        try:
            session = Session(settings, seed, lacking)
        except (NetworkError, PopulationError) as error:
            raise RefusedError(str(error)) from None
        self.sessions.add(session)
        about = {
            "id": session.id,
            "customers": session.world.n_customers,
            "weeks": settings.clock.weeks,
            "name": settings.name,
            "warmup_weeks": settings.clock.warmup_weeks,
            "currency": settings.money.currency,
            "levers": plain(settings.levers),
            "shocks": plain(settings.shocks),
            "twin": session.lacking,
            "survey": settings.survey.model_dump(mode="json"),
            "numbers": list(SHOWN),
        }
        if request.get("scenario") in shipped():
            session.begun = {"request": request, "about": about}
        return about

    def layout(self, id: str) -> bytes:
        """Return where the people of a session stand, and their ties."""
        session = self.session(id)
        found = session.layout()
        if session.begun and session.world.week == 0:
            head = json.dumps(session.begun["about"]).encode()
            parts = (struct.pack("<I", len(head)), head, found, session.step(0))
            self.openings.keep(session.begun["request"], b"".join(parts))
        return found

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
        asked.only(request, "steps", "levers")
        session = self.session(id)
        steps = asked.whole(request, "steps", 1, 0, MOST_STEPS)
        levers = request.get("levers")
        try:
            return session.step(steps, None if levers is None else asked.levers(levers))
        except ValidationError as error:
            raise RefusedError(asked.fault(error)) from None
        except ValueError as error:
            raise RefusedError(str(error)) from None

    def lives(self, id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the life of the customer of a row, {row}, in both worlds."""
        asked.only(request, "row")
        session = self.session(id)
        row = asked.whole(request, "row", -1, 0, session.world.n_customers - 1)
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
                        "events": [told(event) for event in chapter.events],
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
        """Begin a job; its `kind` says which, "compare" or "sensitivity"."""
        kinds = {"compare": self._comparison, "sensitivity": self._sensitivity}
        kind = asked.choice(request, "kind", kinds)
        return self.jobs.begin({"kind": kind, **kinds[kind](request)}).news()

    def _comparison(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Check {base, others, pairs, seed, customers, overrides, follow}."""
        known = ("base", "others", "pairs", "follow")
        asked.only(request, *known, *EVERY_JOB)
        others = request.get("others")
        if not isinstance(others, list) or not 0 < len(others) < MOST_SCENARIOS:
            raise RefusedError(
                f"others: name one to {MOST_SCENARIOS - 1} scenarios to compare"
            )
        return {
            **self._worlds(request, [request.get("base", "baseline"), *others]),
            "pairs": asked.whole(request, "pairs", 30, 2, MOST_PAIRS),
            "customers": asked.switch(request, "follow"),
        }

    def _sensitivity(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Check {scenario, against, outcome, method, vary, groups, budget, …}."""
        known = ("scenario", "against", "outcome", "method", "vary", "groups", "budget")
        asked.only(request, *known, *EVERY_JOB)
        against = request.get("against")
        bases = [] if against is None else [against]
        worlds = self._worlds(request, [*bases, request.get("scenario", "baseline")])
        *bases, source = worlds.pop("sources")
        vary = asked.texts(request, "vary", MOST_FACTORS, "paths such as trust.gain")
        try:
            factors_of([load(source, worlds["overrides"])], vary)
        except InputError as error:
            raise RefusedError(str(error).removeprefix("--")) from None
        return {
            **worlds,
            "source": source,
            "against": bases[0] if bases else None,
            "outcome": asked.choice(request, "outcome", OUTCOME_BY_NAME),
            "method": asked.choice(request, "method", METHODS),
            "vary": vary,
            "groups": asked.switch(request, "groups"),
            "budget": asked.whole(request, "budget", 2000, 50, MOST_BUDGET),
        }

    def _worlds(self, request: Mapping[str, Any], ids: list[object]) -> dict[str, Any]:
        """Return what every job says: which scenarios, changed how, from what seed."""
        overrides = [*asked.overrides(request.get("overrides")), *self._size(request)]
        for id in ids:
            self.scenario(id, overrides)
        return {
            "sources": [str(self._source(id)) for id in ids],
            "seed": asked.whole(request, "seed", FIRST_SEED, 0, MOST_SEED),
            "overrides": overrides,
        }

    def _size(self, request: Mapping[str, Any]) -> list[str]:
        """Return the change of the number of people that is asked for, if one is."""
        if request.get("customers") is None:
            return []
        n = asked.whole(request, "customers", 0, LEAST_CUSTOMERS, MOST_CUSTOMERS)
        return [f"market.customers={n}"]

    def factors(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return what can vary in a scenario, {scenario}, by section."""
        asked.only(request, "scenario")
        return {"sections": varying(self.scenario(request.get("scenario")))}

    def priced(self, id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a comparison says at other prices, {prices}, by path."""
        asked.only(request, "prices")
        prices = asked.numbers(request, "prices", MOST_PRICES)
        job = self.job(id)
        if job.result is None or job.request["kind"] != "compare":
            raise RefusedError("no comparison yet; ask again when it is done", 409)
        from .comparison import document

        try:
            found = self._comparison_of(job).at_prices(prices)
        except (InputError, ScenarioError) as error:
            raise RefusedError(str(error)) from None
        answer: dict[str, Any] = as_json(document(found))
        return answer

    def weekly(self, id: str) -> str:
        """Return every week of every world of a comparison, as CSV with units."""
        job = self.job(id)
        if job.result is None or job.request["kind"] != "compare":
            raise RefusedError("no comparison yet; ask again when it is done", 409)
        from .comparison import weekly_csv

        return weekly_csv(self._comparison_of(job))

    def _comparison_of(self, job: Job) -> Any:  # noqa: ANN401 (loaded late)
        """Return the comparison that a job made; the last one is kept."""
        if self._compared is None or self._compared[0] != job.id:
            from .comparison import read

            folder = self.jobs.folder / str((job.result or {})["folder"])
            self._compared = job.id, read(job.request, folder)
        return self._compared[1]

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


def told(event: Event) -> dict[str, Any]:
    """Return an event with the people in it, as the page reads it."""
    return {
        "kind": event.kind,
        "text": event.text,
        "messages": [
            {**message._asdict(), "path": [each._asdict() for each in message.path]}
            for message in event.messages
        ],
    }
