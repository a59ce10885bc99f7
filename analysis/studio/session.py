"""One tab's worlds: a market, and its twin without the levers or shocks, in step."""

import struct
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from secrets import token_urlsafe
from typing import Any

from analysis.layout import place
from simulation.levers import Lever
from simulation.quantity import Entry
from simulation.scenario import Scenario
from simulation.scene import Scene
from simulation.story import Life, life, without_levers, without_shocks

MOST_SESSIONS = 64
MOST_PEOPLE = 300_000
"""In all sessions together, which bounds the memory they take."""
MOST_STEPS = 520
TWINS = {"levers": without_levers, "shocks": without_shocks}
"""What a twin can lack. Without the shocks, it has the levers, whenever adopted."""


class Session:
    """A market and its twin, of one seed, at the same week.

    Attributes
    ----------
    settings : Scenario
        As the session began.
    lacking : str
        What the twin lacks, of `TWINS`.
    changes : dict
        The levers that were adopted later, by the week from which they act.
    begun : dict
        The request it answers and what was answered; empty if another start of the
        program would not answer the same.
    """

    def __init__(self, settings: Scenario, seed: int, lacking: str = "") -> None:
        """Live both worlds to week 0; the twin lacks what there is, if not said."""
        self.id = token_urlsafe(12)
        self.settings, self.seed = settings, seed
        is_befallen = bool(settings.shocks) and not settings.levers
        self.lacking = lacking or ("shocks" if is_befallen else "levers")
        self.changes: dict[float, tuple[Lever, ...]] = {}
        self.begun: dict[str, Any] = {}
        self.lock = threading.Lock()
        self.world = Scene(settings, seed=seed)
        self.twin = Scene(TWINS[self.lacking](settings), seed=seed)

    @property
    def size(self) -> int:
        """How many people live in the session, both worlds together."""
        return 2 * self.world.n_customers

    def layout(self) -> bytes:
        """Return uint32 people and ties, float32 x and y a person, uint32 ties."""
        points, ties = place(self.world.ties.start, self.world.ties.target)
        head = struct.pack("<II", len(points), len(ties))
        return head + points.astype("<f4").tobytes() + ties.astype("<u4").tobytes()

    def step(self, weeks: int, levers: Sequence[Lever] | None = None) -> bytes:
        """Live some weeks, under other levers if given; return a frame for each.

        Parameters
        ----------
        weeks : int
            0 returns the week as it is. The horizon ends it.
        levers : sequence of Lever, optional
            What the firm does from the first of these weeks on.

        Returns
        -------
        bytes
            For each week the frame of this world, then that of its twin.
        """
        with self.lock:
            if levers is not None and tuple(levers) != self.world.settings.levers:
                self.world.adopt(levers)
                if self.lacking != "levers":
                    self.twin.adopt(levers)
                self.changes[self.world.week] = tuple(levers)
            if weeks == 0:
                return self.world.frame().tobytes() + self.twin.frame().tobytes()
            found = []
            for _ in range(weeks):
                if self.world.is_over:
                    break
                found += [self.world.live(), self.twin.live()]
            return b"".join(frame.tobytes() for frame in found)

    def lives(self, row: int) -> tuple[Life, Life]:
        """Return what one customer lived so far, here and in the twin world.

        Raises
        ------
        ValueError
            If there is no such row.
        """
        with self.lock:
            n, week = self.world.n_customers, self.world.week
            changes = dict(self.changes)
            of_twin = {} if self.lacking == "levers" else changes
        if not 0 <= row < n:
            raise ValueError(f"customer: no row {row}; there are {n}, from 0")
        labels, ids = self.world.labels, self.world.people.traits.id
        name = str(ids[row] if labels is None else labels[row])
        return (
            life(self.settings, name, seed=self.seed, changes=changes, weeks=week),
            life(
                TWINS[self.lacking](self.settings),
                name,
                seed=self.seed,
                changes=of_twin,
                weeks=week,
            ),
        )

    def as_played(self, name: str, levers: Sequence[Lever], week: float) -> Scenario:
        """Return a scenario of the settings as they stand, to be compared.

        Parameters
        ----------
        name : str
        levers : sequence of Lever
            As they stand now.
        week : float
            The week they are seen in. A lever that was added on the way begins when
            it was added; one that was moved acts as it stands now from its first week.
        """
        with self.lock:
            changes = sorted(self.changes.items())
        n = len(self.settings.levers)
        added = [
            lever.model_copy(update={"from_week": max(lever.from_week, begun)})
            for row, lever in enumerate(levers[n:], n)
            for begun in [next((w for w, each in changes if len(each) > row), week)]
        ]
        told = f"What does it do, with the levers as they stood in week {week:g}?"
        fields = {"levers": (*levers[:n], *added), "name": name, "question": told}
        return Scenario.model_validate(
            {**dict(self.settings), **fields, "promise": None}
        )


class Sessions:
    """The sessions there are: the one unused for longest makes room for a new one."""

    def __init__(self) -> None:
        """Begin with none."""
        self._all: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._all)

    def add(self, session: Session) -> None:
        """Keep a session, and drop as many of the oldest as must go."""
        with self._lock:
            self._all[session.id] = session
            while len(self._all) > 1 and self._is_full():
                self._all.popitem(last=False)

    def _is_full(self) -> bool:
        people = sum(session.size for session in self._all.values())
        return len(self._all) > MOST_SESSIONS or people > MOST_PEOPLE

    def get(self, id: str) -> Session:
        """Return a session; a KeyError if it is unknown, or was dropped."""
        with self._lock:
            self._all.move_to_end(id)
            return self._all[id]

    def close(self, id: str) -> None:
        """Forget a session, if it is there."""
        with self._lock:
            self._all.pop(id, None)


def plain(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Return levers or shocks as a scenario file writes them."""
    return [{entry.name: entry.model_dump(mode="json")} for entry in entries]
