"""One customer's life, week by week: lived again and watched, never logged.

A life is found by running its world once more. `Watched` runs every kernel over the
customer's row apart from all others, which changes no result, so that what a kernel
counts there happened to that customer; the columns before and after tell the rest.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np

from .core.columns import (
    FIXED_POINT,
    MAX_LEVERS,
    N_TALLY,
    NOWHERE,
    Array,
    Cause,
    Stage,
    Tally,
)
from .core.kernels.choose import choose, notice
from .core.kernels.hear import absorb, hear, mingle
from .core.kernels.inform import inform
from .core.kernels.measure import measure
from .core.kernels.recover import recover
from .core.kernels.serve import serve
from .core.kernels.tell import tell
from .levers import Lever
from .messages import Messages, Sources, messages_of, sources_of
from .model import Kernel, PerceptionModel
from .scenario import Scenario

NOTICEABLE = 0.005
"""A belief that moves less than this, half a point of 100, is not told."""
REASONS = {
    Cause.NONE: "for no reason known",
    Cause.BACKGROUND: "for reasons of their own",
    Cause.LOW_PERCEPTION: "because the firm was no longer good enough",
    Cause.LOW_TRUST: "because the firm's promises were no longer believed",
    Cause.OTHERS_LEAVING: "because others had left",
    Cause.WALK_OUT: "over a failure that was never forgiven",
}
STARS = ("one star", "two stars", "three stars", "four stars", "five stars")
THE_NEWS = "the news"
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


class Person(NamedTuple):
    """Somebody in whose life a story was told."""

    row: int
    """-1 stands for the news, which nobody tells."""
    name: str
    """What the customers file calls the person, or the id."""
    week: float
    """Weeks since the end of the warm-up, in which it was told."""


class Message(NamedTuple):
    """A story that one person told another."""

    row: int
    """Of the other person."""
    name: str
    """What the customers file calls the other person, or the id."""
    is_believed: bool
    path: tuple[Person, ...]
    """Who told it, from the first teller, or the news, to the last."""


class Event(NamedTuple):
    """Something that happened to a customer."""

    kind: str
    """episode, failure, complaint, call, repair, felt, told, heard good, heard bad,
    read, asked, joined, referred, rejected or left."""
    text: str
    """A sentence."""
    messages: tuple[Message, ...] = ()
    """From whom a story was heard, or to whom it was told; none by name in a
    complete network, where people hear a crowd."""


JOINED = Event("joined", "Became a customer.")
DECISIONS = {
    Stage.ACTIVE: JOINED,
    Stage.REJECTER: Event("rejected", "Decided against the firm, for good."),
}
"""What a prospect may decide on signals, by the stage it leads to."""


class Chapter(NamedTuple):
    """One week of a life, as it stood at the end of it."""

    week: float
    """Weeks since the end of the warm-up."""
    stage: str
    """prospect, active, lost or rejecter."""
    perception: float
    trust: float
    expectation: float
    """Mean over the touchpoints."""
    events: tuple[Event, ...]


class Life(NamedTuple):
    """A customer's life in one world."""

    name: str
    """What the scenario is called."""
    customer: str
    """What the customers file calls the person, or the id."""
    segment: str
    degree: int
    start: Chapter
    """At the beginning of week 0."""
    chapters: tuple[Chapter, ...]
    """Every week, also those in which nothing happened."""


NOBODY = Messages(*(np.zeros(0, kind) for kind in (np.int64, np.int64, bool, bool)))
"""No message at all."""


class Moment(NamedTuple):
    """What one person believed at one moment."""

    perception: float
    trust: float
    expectation: float
    """Mean over the touchpoints."""
    stage: int
    referrer: int
    """The row of the contact to whom the person is bound; -1 nobody."""


class Watched(PerceptionModel):
    """A world in which one customer is looked at, and nothing else is changed.

    Attributes
    ----------
    row : int
        The row of the customer.
    happened : list of Event
        What happened to the customer in the tick lived last.
    names : list of str
        What people are called, by row.
    messages : Messages
        Who told whom in the tick lived last.
    """

    def __init__(self, settings: Scenario, customer: str, *, seed: int = 0) -> None:
        """Draw the people, and look at one."""
        super().__init__(settings, seed=seed)
        self.names = names_of(self)
        self.row = row_of(self, customer)
        self.happened: list[Event] = []
        self.messages = NOBODY
        self._sources: Sources | None = None
        self._passed: list[dict[int, int]] = []

    def step(self) -> None:
        """Live one tick, and notice what happens to the customer."""
        self.happened = []
        super().step()

    def _sweep(self, kernel: Kernel) -> None:
        """Run a kernel over all rows, the customer's apart from the others'."""
        before, own = self.moment(), np.zeros(N_TALLY, np.int64)
        others = np.zeros(N_TALLY, np.int64)
        for start, stop, tally in (
            (0, self.row, others),
            (self.row, self.row + 1, own),
            (self.row + 1, self.n_customers, others),
        ):
            kernel(self._world, np.uint64(start), np.uint64(stop), tally)
        self.told += others + own
        seen = NOTICES.get(kernel)
        if seen is not None:
            self.happened += seen(self, before, own)

    def take_turns(self) -> None:
        """Let prospects decide on signals, and notice what the customer decides."""
        before = self.moment().stage
        super().take_turns()
        after = self.moment().stage
        if after != before:
            self.happened.append(DECISIONS[Stage(after)])

    def listen(self) -> None:
        """Find out who passes on whose story this tick, and who tells whom.

        What a person believed last tick came from the news where another key than
        that of the best message was the smallest.
        """
        world, voice = self._world, self.people.voice
        passing = np.flatnonzero((voice.touchpoint != NOWHERE) & (voice.hops > 0))
        tellers = np.full(passing.size, NOWHERE)
        if self._sources is not None:
            is_told = self._sources.key[passing] == self.people.inbox.pick[passing]
            tellers = np.where(is_told, self._sources.teller[passing], NOWHERE)
        self._passed.append(dict(zip(passing.tolist(), tellers.tolist(), strict=True)))
        if self.settings.network.kind != "complete":
            self.messages = messages_of(world)
            self._sources = sources_of(world, self.messages)

    def path(self, row: int) -> tuple[Person, ...]:
        """Return who told the story that a person tells this tick, the first first."""
        weeks = self.settings.clock.weeks_per_tick
        found, week = [], self.week - weeks
        for passed in reversed(self._passed):
            name = THE_NEWS if row == NOWHERE else self.names[row]
            found.append(Person(row, name, week))
            if row not in passed:
                break
            row, week = passed[row], week - weeks
        return tuple(reversed(found))

    def heard(self, is_good: bool) -> tuple[Message, ...]:
        """Return the stories of a sign that the customer hears this tick."""
        told = self.messages
        mine = np.flatnonzero((told.hearer == self.row) & (told.is_good == is_good))
        return tuple(
            Message(row, self.names[row], is_believed, self.path(row))
            for row, is_believed in _pairs(told.teller[mine], told.is_believed[mine])
        )

    def spread(self) -> tuple[Message, ...]:
        """Return to whom the customer's story of this tick goes."""
        told, path = self.messages, self.path(self.row)
        mine = told.teller == self.row
        return tuple(
            Message(row, self.names[row], is_believed, path)
            for row, is_believed in _pairs(told.hearer[mine], told.is_believed[mine])
        )

    def moment(self) -> Moment:
        """Return what the customer believes now."""
        mind, i = self.people.mind, self.row
        return Moment(
            float(mind.perception[i]),
            float(mind.trust[i]),
            float(mind.expectation[:, i].astype(float).mean()),
            int(self.people.relation.stage[i]),
            int(self.people.relation.referrer[i]),
        )

    def chapter(self) -> Chapter:
        """Return the tick lived last, as it ended."""
        now = self.moment()
        return Chapter(
            self.week - self.settings.clock.weeks_per_tick,
            Stage(now.stage).name.lower(),
            now.perception,
            now.trust,
            now.expectation,
            tuple(self.happened),
        )


# What each phase did to a person: the moment before it, and what it counted


def _served(world: Watched, before: Moment, own: Array) -> Iterable[Event]:
    lived, row = world.people.lived, world.row
    names = world.settings.journey.names
    chosen = [k for k in range(len(names)) if lived.touchpoints[row] >> k & 1]
    for k in chosen:
        expected = own[Tally.EXPECTED + k] / FIXED_POINT
        got = own[Tally.EXPERIENCED + k] / FIXED_POINT
        s = float(lived.satisfaction[k, row])
        is_severe = s < world.settings.recovery.severe_below
        yield Event(
            "failure" if is_severe else "episode",
            f"{names[k].capitalize()}: expected {points(expected)}, got "
            f"{points(got)}; {_gap(expected, got)}. Satisfaction {points(s)}.",
        )
    yield from _contacted(world, own)
    if chosen:
        yield from _felt(before, world.moment())


def _recovered(world: Watched, before: Moment, own: Array) -> Iterable[Event]:
    if own[Tally.COMPLAINTS]:
        again = "" if own[Tally.COMPLAINTS] == 1 else ", more than once"
        yield Event("complaint", f"Complained{again}.")
    yield from _contacted(world, own)
    if own[Tally.REPAIRED]:
        yield Event("repair", "The firm made the failure good.")
    elif own[Tally.REPAIRS_TRIED]:
        yield Event("failure", "The firm tried to make it good, and failed again.")
    yield from _felt(before, world.moment())


def _contacted(world: Watched, own: Array) -> Iterable[Event]:
    """Yield which levers contacted the customer; the last row is the firm's habit."""
    names = [lever.name.replace("_", " ") for lever in world.settings.levers]
    for row in range(MAX_LEVERS + 1):
        if own[Tally.CONTACTS + row]:
            why = names[row] if row < len(names) else "out of habit"
            sold = " and sold something more" if own[Tally.SOLD + row] else ""
            yield Event("call", f"The firm called ({why}){sold}.")


def _told(world: Watched, _: Moment, own: Array) -> Iterable[Event]:
    world.listen()
    voice, row = world.people.voice, world.row
    if voice.touchpoint[row] != NOWHERE:
        name = world.settings.journey.names[voice.touchpoint[row]]
        is_good = voice.value[row] >= world.settings.word_of_mouth.neutral
        tone = "good" if is_good else "bad"
        verb = "Passed on" if own[Tally.RETOLD] else "Told"
        text = f"{verb} a {tone} story about {name}."
        yield Event("told", text, world.spread())
    for star, words in enumerate(STARS):
        if own[Tally.STARS + star]:
            yield Event("told", f"Posted a review: {words}.")


def _heard(world: Watched, _: Moment, own: Array) -> Iterable[Event]:
    for tone, heard, believed in (
        ("good", Tally.MESSAGES_POSITIVE, Tally.BELIEVED_POSITIVE),
        ("bad", Tally.MESSAGES_NEGATIVE, Tally.BELIEVED_NEGATIVE),
    ):
        n, taken = int(own[heard]), int(own[believed])
        if n:
            stories = "story" if n == 1 else "stories"
            yield Event(
                f"heard {tone}",
                f"Heard {_number(n)} {tone} {stories} and {_believed(taken, n)}.",
                world.heard(tone == "good"),
            )


def _informed(_: Watched, __: Moment, own: Array) -> Iterable[Event]:
    n, taken = int(own[Tally.NEWS_HEARD]), int(own[Tally.NEWS_BELIEVED])
    if n:
        yield Event(
            "heard bad", f"Heard bad news of the firm and {_believed(taken, n)}."
        )


def _took_in(world: Watched, before: Moment, own: Array) -> Iterable[Event]:
    if own[Tally.REVIEWS_READ]:
        stars = 1 + 4 * float(world.firm.rating[0])
        yield Event("read", f"Read the reviews: {stars:.1f} stars.")
    yield from _felt(before, world.moment())


def _chose(world: Watched, _: Moment, own: Array) -> Iterable[Event]:
    yield from _contacted(world, own)
    if own[Tally.JOINED]:
        yield JOINED
    if own[Tally.RETURNED]:
        yield Event("joined", "Came back as a customer.")
    if own[Tally.LEFT]:
        cause = Cause(int(world.people.relation.cause[world.row]))
        yield Event("left", f"Left, {REASONS[cause]}.")


def _noticed(world: Watched, before: Moment, _: Array) -> Iterable[Event]:
    now = world.moment()
    if now.referrer not in (before.referrer, NOWHERE):
        name, ratio = world.names[now.referrer], world.numbers.leaving
        stays = ": likelier to stay as long as that one does"
        hold = stays if ratio.referral_hazard_ratio < 1 else ""
        yield Event("referred", f"Came on the word of {name}{hold}.")
    elif before.referrer >= 0 and now.referrer == NOWHERE:
        name = world.names[before.referrer]
        yield Event("referred", f"{name} left, on whose word they came.")


def _asked(_: Watched, __: Moment, own: Array) -> Iterable[Event]:
    if own[Tally.RESPONSES]:
        kind = "as one neither for nor against the firm"
        if own[Tally.MEASURED_PROMOTERS]:
            kind = "as a promoter"
        elif own[Tally.MEASURED_DETRACTORS]:
            kind = "as a detractor"
        yield Event("asked", f"Answered the survey, {kind}.")
    elif own[Tally.SAMPLED]:
        yield Event("asked", "Left a survey unanswered.")


NOTICES: dict[Kernel, Callable[[Watched, Moment, Array], Iterable[Event]]] = {
    serve: _served,
    recover: _recovered,
    tell: _told,
    hear: _heard,
    mingle: _heard,
    inform: _informed,
    absorb: _took_in,
    choose: _chose,
    notice: _noticed,
    measure: _asked,
}


# Words


def points(value: float) -> str:
    """Return a share as people say it, out of a hundred.

    >>> points(0.826)
    '83'
    """
    return f"{100 * value:.0f}"


def _gap(expected: float, got: float) -> str:
    gap = int(points(got)) - int(points(expected))
    if gap == 0:
        return "just as expected"
    return f"{abs(gap)} {'better' if gap > 0 else 'worse'} than expected"


def _felt(before: Moment, after: Moment) -> Iterable[Event]:
    """Yield how perception and trust moved, where anybody would notice."""
    moves = [
        f"{name} {'rose' if new > old else 'fell'} from {points(old)} to {points(new)}"
        for name, old, new in (
            ("perception", before.perception, after.perception),
            ("trust", before.trust, after.trust),
        )
        if abs(new - old) >= NOTICEABLE and points(old) != points(new)
    ]
    if moves:
        text = " and ".join(moves)
        yield Event("felt", f"{text[0].upper()}{text[1:]}.")


def _number(n: int) -> str:
    return NUMBERS[n] if n < len(NUMBERS) else str(n)


def _pairs(rows: Array, believed: Array) -> Iterable[tuple[int, bool]]:
    return zip(rows.tolist(), believed.tolist(), strict=True)


def _believed(taken: int, n: int) -> str:
    if n == 1:
        return "believed it" if taken else "did not believe it"
    if taken == n:
        return "believed both" if n == 2 else "believed all"
    return f"believed {'none' if taken == 0 else _number(taken)}"


# A life


def names_of(model: PerceptionModel) -> list[str]:
    """Return what people are called, by row: the file's labels or else the ids."""
    known = model.people.traits.id.tolist() if model.labels is None else model.labels
    return [str(each) for each in known]


def row_of(model: PerceptionModel, customer: str) -> int:
    """Return the row of a customer, by the file's label or else the id.

    Raises
    ------
    ValueError
        If there is no such customer.
    """
    names = names_of(model)
    if customer in names:
        return names.index(customer)
    hint = f"{names[0]} to {names[-1]}" if model.labels is None else f"{names[0]}, …"
    raise ValueError(f"no customer {customer!r}; there are {len(names)}: {hint}")


def life(
    settings: Scenario,
    customer: str,
    *,
    seed: int = 0,
    changes: Mapping[float, Iterable[Lever]] | None = None,
    weeks: float = math.inf,
) -> Life:
    """Live a scenario again, and return one customer's life in it.

    Parameters
    ----------
    settings : Scenario
    customer : str
        The label in the customers file, or the id of a drawn person.
    seed : int
        Of the run that is lived again.
    changes : mapping, optional
        The levers the firm adopted at the start of a week, by week.
    weeks : float
        How many weeks are told; all there are if absent.

    Raises
    ------
    ValueError
        If there is no such customer.
    """
    world = Watched(settings, customer, seed=seed)
    start, chapters = world.chapter(), []
    while not world.is_over and world.week < weeks:
        if changes and world.week in changes:
            world.adopt(changes[world.week])
        world.step()
        if world.tick <= world.n_warm_up:
            start = world.chapter()
        else:
            chapters.append(world.chapter())
    segment = world.people.traits.segment[world.row]
    return Life(
        name=settings.name,
        customer=customer,
        segment=settings.market.segments[segment].name,
        degree=int(world.people.traits.degree[world.row]),
        start=start._replace(events=()),
        chapters=tuple(chapters),
    )


def without_levers(settings: Scenario) -> Scenario:
    """Return the same market where the firm goes on as it does."""
    name = f"{settings.name}, without its levers"
    return settings.model_copy(update={"levers": (), "name": name})


def without_shocks(settings: Scenario) -> Scenario:
    """Return the same market, with the same levers, where nothing befalls the firm."""
    name = f"{settings.name}, without what befell it"
    return settings.model_copy(update={"shocks": (), "name": name})


def fate(lived: Life) -> str:
    """Return in a sentence how a life ended; who came back, also how they had left."""
    turns = [
        (chapter.week, event)
        for chapter in lived.chapters
        for event in chapter.events
        if event.kind in ("joined", "rejected", "left")
    ]
    if not turns:
        kept = {
            "active": "is a customer from beginning to end",
            "prospect": "never becomes a customer",
            "lost": "had left before week 0 and never comes back",
            "rejecter": "had decided against it before week 0",
        }
        return f"{kept[lived.start.stage]}."
    is_back = turns[-1][1].kind == "joined"
    shown = turns[-2:] if is_back else turns[-1:]
    still = " and stays one" if is_back else ""
    return f"{'; '.join(_turn(week, event) for week, event in shown)}{still}."


def _turn(week: float, event: Event) -> str:
    """Return when somebody joined, rejected or left, as part of a sentence."""
    text = event.text[0].lower() + event.text[1:]
    words = {
        "left,": "leaves,",
        "became": "becomes",
        "came": "comes",
        "decided": "decides",
    }
    first, _, rest = text.removesuffix(".").partition(" ")
    return f"in week {week:g} {words[first]} {rest}"
