"""One tab's worlds: a market with the firm's levers and its twin without, in step."""

import struct
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from secrets import token_urlsafe
from typing import Any

from analysis.layout import place
from simulation.levers import Lever
from simulation.scenario import Scenario
from simulation.scene import Scene
from simulation.story import Life, life, without_levers

MOST_SESSIONS = 64
MOST_PEOPLE = 300_000
"""In all sessions together, which bounds the memory they take."""
MOST_STEPS = 520


class Session:
    """A market and its twin, of one seed, at the same week.

    Attributes
    ----------
    settings : Scenario
        As the session began.
    changes : dict
        The levers that were adopted later, by the week from which they act.
    """

    def __init__(self, settings: Scenario, seed: int) -> None:
        """Live both worlds to week 0."""
        self.id = token_urlsafe(12)
        self.settings, self.seed = settings, seed
        self.changes: dict[float, tuple[Lever, ...]] = {}
        self.lock = threading.Lock()
        self.world = Scene(settings, seed=seed)
        self.twin = Scene(without_levers(settings), seed=seed)

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
        if not 0 <= row < n:
            raise ValueError(f"customer: no row {row}; there are {n}, from 0")
        labels, ids = self.world.labels, self.world.people.traits.id
        name = str(ids[row] if labels is None else labels[row])
        return (
            life(self.settings, name, seed=self.seed, changes=changes, weeks=week),
            life(self.twin.settings, name, seed=self.seed, weeks=week),
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


def plain_levers(levers: Iterable[Lever]) -> list[dict[str, Any]]:
    """Return levers as a scenario file writes them."""
    return [{lever.name: lever.model_dump(mode="json")} for lever in levers]
