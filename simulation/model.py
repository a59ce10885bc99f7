"""The Mesa model: owns every column, and runs the week in a fixed order.

`PHASES` is the week. Each phase is a method of the same name; most of them sweep
one or two kernels over all rows, on as many threads as were asked for, with
results that cannot depend on how many.
"""

import copy
import math
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from difflib import get_close_matches
from functools import cached_property
from typing import Any

import numpy as np

from .agents import ABSENT, Customer, CustomerSet, Everyone
from .core.columns import N_TALLY, Array, Stage, Tally, Ties
from .core.jit import Word, pinned, source_hash
from .core.kernels.adopt import adopt, draw_turns
from .core.kernels.advertise import advertise
from .core.kernels.choose import choose, notice
from .core.kernels.hear import absorb, hear, mingle
from .core.kernels.inform import inform
from .core.kernels.live import live
from .core.kernels.measure import measure
from .core.kernels.recover import recover
from .core.kernels.serve import serve
from .core.kernels.tell import tell
from .core.parameters import Week, World
from .core.randomness import MASK, N_SLOTS, N_STREAMS, stream_keys
from .firm import Firm
from .host import AgentSet, mesa
from .levers import Lever
from .metrics import BY_NAME, Record, gathered, weekly
from .network import build_ties
from .network import degree as degree_of
from .population import draw_customers, quality_table
from .scenario import Scenario
from .scenario.clock import DAYS_PER_YEAR

PHASES = (
    "plan",
    "advertise",
    "serve",
    "recover",
    "tell",
    "hear",
    "choose",
    "measure",
)
"""The order of the week. What is said in a week is heard in it, from the states
that telling left: nobody's turn comes before another's."""

ALONE = ("advertise", "serve", "recover", "tell")
"""Phases in which what happens to a person hangs on no other person."""

NEW_WEEKS = 13
"""Customers are new for a quarter."""
BOOKS = (
    "revenue",
    "cost_service",
    "cost_acquisition",
    "cost_complaints",
    "cost_levers",
    "cost",
    "profit",
    "present_value",
)
MEASURED = ("measured_nps", "measured_satisfaction", "rating")

for _name, _value in ABSENT.items():
    if not hasattr(Firm, _name):
        setattr(Firm, _name, _value)

Kernel = Callable[[World, Word, Word, Array], None]


class PerceptionModel(mesa.Model):
    """A market of customers, their perception of a firm, and what they tell.

    Parameters
    ----------
    settings : Scenario, optional
        What is true of the market and what the firm does; the baseline if absent.
    seed : int
        Keys every draw. The same seed in another scenario is the same world.
    n_threads : int
        Threads that share a tick, 1 or more; results do not depend on it.

    Raises
    ------
    ValueError
        If there is no thread.
    PopulationError, NetworkError
        If a file that the scenario names cannot be used, or the market is too large.

    Attributes
    ----------
    people : Customers
        Every column of every person.
    ties : Ties
        Who is tied to whom.
    firm : Firm
        The firm, a Mesa agent.
    customers : CustomerSet
        Everybody as Mesa agents, by row: an AgentSet over the columns.
    tick : int
        Ticks lived, the warm-up included.
    tick_noticed : int
        The last one of which people have noticed who left.
    """

    def __init__(
        self, settings: Scenario | None = None, *, seed: int = 0, n_threads: int = 1
    ) -> None:
        """Draw the people and their ties; nothing has been lived yet."""
        if n_threads < 1:
            raise ValueError(f"n_threads: {n_threads} is below 1; use 1 or more")
        super().__init__(rng=int(seed) & MASK)
        self.settings: Scenario = Scenario() if settings is None else settings
        self.seed = int(seed)
        self.n_threads = n_threads
        self.tick = self.tick_noticed = 0
        clock = self.settings.clock
        self.n_warm_up = clock.ticks(clock.warmup_weeks)
        self.n_ticks = clock.ticks(clock.weeks)
        self.traits_keys = self._keys(0)
        self.tick_keys = np.zeros_like(self.traits_keys)
        population = draw_customers(self.settings, self.traits_keys)
        self.people, self.labels = population.people, population.labels
        self.n_customers = self.people.traits.id.size
        self._everybody = np.uint64(0), np.uint64(self.n_customers)
        self.ties = self._build_ties()
        self.people.traits.degree[:] = degree_of(self.ties)
        self.numbers = self.settings.to_kernel(self.ties.sociable.size)
        self.told = np.zeros(N_TALLY, np.int64)
        self.counts = np.zeros((self.n_ticks, N_TALLY), np.int64)
        self.ledger = np.zeros((self.n_ticks, len(BOOKS) + len(MEASURED)))
        self.n_started = 0 if self.n_warm_up else int(self.is_customer().sum())
        self.n_registered = 0
        self.customers = CustomerSet(self)
        self._everyone = Everyone(super().agents, self.customers)
        self.firm = Firm(self, self.settings)
        self.shocks = self.settings.befalling(-math.inf)

    def _keys(self, tick: int) -> Array:
        keys = np.zeros((N_STREAMS, N_SLOTS), np.uint64)
        stream_keys(np.uint64(self.seed & MASK), np.uint64(tick), keys)
        return keys

    def _build_ties(self) -> Ties:
        traits = self.people.traits
        return build_ties(
            self.settings.network, traits.id, traits.is_sociable, self.seed, self.labels
        )

    @property
    def week(self) -> float:
        """Weeks since the end of the warm-up at the start of the next tick."""
        return (self.tick - self.n_warm_up) * self.settings.clock.weeks_per_tick

    @property
    def is_over(self) -> bool:
        """Whether the horizon of the scenario is reached."""
        return self.tick >= self.n_warm_up + self.n_ticks

    def hub_degree(self, share: float) -> int:
        """Return the fewest ties of a hub: the best connected share of people."""
        degrees = np.sort(self.people.traits.degree[self.ties.sociable])
        if degrees.size == 0:
            return 1
        place = min(degrees.size - 1, math.ceil((1 - share) * degrees.size))
        return max(1, int(degrees[place]))

    # ---------------------------------------------------------------- Mesa's agents

    @property
    def agents(self) -> Everyone:
        """All agents: the firm, others that registered, then the customers."""
        return self._everyone

    @property
    def agents_by_type(self) -> dict[type[mesa.Agent], AgentSet]:
        """All agents by their type."""
        return {**super().agents_by_type, Customer: self.customers}

    @property
    def agent_types(self) -> list[type[mesa.Agent]]:
        """The types of agents there are."""
        return list(self.agents_by_type)

    def register_agent(self, agent: mesa.Agent) -> None:
        """Register an agent that is no customer, as Mesa calls it.

        The firm's id is 1; those of all others come after the customers'.
        """
        super().register_agent(agent)
        self.n_registered += 1
        is_first = self.n_registered == 1
        agent.unique_id = 1 if is_first else self.n_customers + self.n_registered
        # Mesa 3.3 counts ids in a table that would keep every model for ever.
        getattr(mesa.Agent, "_ids", {}).pop(self, None)

    def adopt(self, levers: Iterable[Lever]) -> None:
        """Let the firm change its mind: these are its levers from the next tick on.

        A lever stays in its row with what it has learnt, promised and paid once, and
        with the customers its coverage drew; others may be added at the end. One of
        strength 0 changes nothing and costs nothing.

        Raises
        ------
        ValueError
            If a lever is missing from its row, or does not fit the scenario.
        """
        wanted = tuple(levers)
        for row, lever in enumerate(self.settings.levers):
            if row >= len(wanted) or wanted[row].name != lever.name:
                raise ValueError(
                    f"levers[{row}]: was {lever.name} so far; keep it there, with "
                    "strength 0 if it is to end"
                )
        settings = Scenario.model_validate({**dict(self.settings), "levers": wanted})
        self.settings = settings
        self.numbers = settings.to_kernel(self.ties.sociable.size)
        self.firm.adopt(settings)

    # ------------------------------------------------------------------ the week

    def step(self) -> None:
        """Live one tick: a week, unless the scenario's clock says otherwise."""
        self.tick += 1
        stream_keys(np.uint64(self.seed & MASK), np.uint64(self.tick), self.tick_keys)
        self.told[:] = 0
        for phase in PHASES if self._is_watched() else UNWATCHED:
            getattr(self, phase)()
        if self.tick == self.n_warm_up:
            self.n_started = int(self.told[Tally.ACTIVE])
        row = self.tick - self.n_warm_up - 1
        if 0 <= row < self.n_ticks:
            self._record(row)
        self.running = not self.is_over

    def plan(self) -> None:
        """Apply the levers in force, and react to what was measured last week."""
        started = (self.tick - 1 - self.n_warm_up) * self.settings.clock.weeks_per_tick
        if self.settings.shocks:
            self.shocks = self.settings.befalling(started)
        world = self.world(self.firm.plan(started))
        self._world = pinned(world, getattr(self, "_world", None))

    def live_alone(self) -> None:
        """Phases 2 to 5 in one sweep: the same week, sooner."""
        self._sweep(live)
        self.firm.publish(self.told)

    def _is_watched(self) -> bool:
        """Return whether a subclass, or somebody's own method, looks between phases."""
        return any(
            getattr(getattr(self, name), "__func__", None) is not method
            for name, method in OWN.items()
        )

    def advertise(self) -> None:
        """Promises reach people and pull their expectations, through trust."""
        self._sweep(advertise)

    def serve(self) -> None:
        """People live episodes; perception, expectation and trust move."""
        self._sweep(serve)

    def recover(self) -> None:
        """Complaints, follow-ups and repairs of failed episodes."""
        self._sweep(recover)

    def tell(self) -> None:
        """Who talks, who posts a review; the review site is brought up to date."""
        self._sweep(tell)
        self.firm.publish(self.told)

    def hear(self) -> None:
        """Messages arrive over ties and meetings, so does news; the rating is read."""
        self.carry()
        if self.shocks.news_chance.any():
            self._sweep(inform)
        self._sweep(absorb)

    def carry(self) -> None:
        """Fill the inboxes with what is told, heard and believed this tick."""
        is_complete = self.settings.network.kind == "complete"
        self._sweep(mingle if is_complete else hear)

    def choose(self) -> None:
        """Customers leave or stay, prospects join, lost customers return."""
        self._sweep(choose)
        if self.settings.adoption.is_by_signals:
            self.take_turns()
        self._sweep(notice)
        self.tick_noticed = self.tick

    def take_turns(self) -> None:
        """Let prospects adopt or reject on signals, one after the other."""
        turns = np.empty(self.n_customers)
        draw_turns(self._world, turns)
        signals = self.settings.adoption.to_kernel(self.settings.clock, self.tick)
        adopt(self._world, signals, np.argsort(turns, kind="stable"), self.told)

    def measure(self) -> None:
        """Surveys go out, the ledger is kept, metrics are recorded."""
        self._sweep(measure)
        self.firm.measure(self.told)

    def world(self, pressure_sd: float = 0.0) -> World:
        """Return everything a kernel may read or write in this tick."""
        clock = self.settings.clock
        week = Week(
            tick=self.tick,
            keys=self.tick_keys,
            traits_keys=self.traits_keys,
            promise=self.firm.promise,
            pressure_sd=pressure_sd,
            new_since=self.tick - clock.ticks(NEW_WEEKS),
            last_warm_up_tick=self.n_warm_up,
            rating=self.firm.rating,
            told=self.told,
        )
        return World(
            people=self.people,
            others=self.people.relation,
            ties=self.ties,
            numbers=self.numbers,
            levers=self.firm.levers,
            shocks=self.shocks,
            week=week,
            quality_table=quality_table(),
        )

    def _sweep(self, kernel: Kernel) -> None:
        """Run a kernel over all rows; what its ranges counted is added up."""
        n, n_threads = self.n_customers, self.n_threads
        if n_threads == 1:
            kernel(self._world, *self._everybody, self.told)
            return
        edges = [np.uint64(n * part // n_threads) for part in range(n_threads + 1)]
        tallies = np.zeros((n_threads, N_TALLY), np.int64)
        ranges = zip(edges[:-1], edges[1:], tallies, strict=True)
        jobs = [self._pool.submit(kernel, self._world, *each) for each in ranges]
        for job in jobs:
            job.result()
        self.told += tallies.sum(axis=0)

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.n_threads)

    def _record(self, row: int) -> None:
        self.counts[row] = self.told
        week = row * self.settings.clock.weeks_per_tick
        books = self.firm.books(self.told, week)
        self.ledger[row] = [books[name] for name in (*BOOKS, *MEASURED)]

    # ------------------------------------------------------------------- results

    def run(self) -> "PerceptionModel":
        """Live every tick that is left; return the model itself."""
        while not self.is_over:
            self.step()
        return self

    def run_model(self) -> None:
        """Run to the horizon, as Mesa calls it."""
        self.run()

    def record(self) -> Record:
        """Return what has been recorded since the warm-up, a row a week."""
        clock = self.settings.clock
        per_row = max(1, round(1 / clock.weeks_per_tick))
        n_lived = min(max(self.tick - self.n_warm_up, 0), self.n_ticks)
        counts = gathered(self.counts[:n_lived], per_row)
        n_rows = len(counts)
        shape = (n_rows, per_row, self.ledger.shape[1])
        blocks = self.ledger[: n_rows * per_row].reshape(shape)
        n_books = len(BOOKS)
        books = dict(zip(BOOKS, blocks[:, :, :n_books].sum(axis=1).T, strict=True))
        books.update(zip(MEASURED, blocks[:, -1, n_books:].T, strict=True))
        weeks_per_row = per_row * clock.weeks_per_tick
        return Record(
            week=np.floor((np.arange(n_rows) + 1) * weeks_per_row - 1).astype(np.int64),
            counts=counts,
            books=books,
            years=np.full(n_rows, per_row * clock.tick_days / DAYS_PER_YEAR),
            n_touchpoints=len(self.settings.journey.touchpoints),
            n_started=self.n_started,
        )

    def weekly(self) -> dict[str, Array]:
        """Return the weekly table: `week` and every metric, shape (n_weeks,) each."""
        return weekly(self.record())

    def metric(self, name: str) -> float:
        """Return a metric of the last tick, the warm-up included.

        For those who watch a model step by step, as a `mesa.DataCollector` does:
        `model_reporters={"nps": lambda model: model.metric("true_nps")}`. What
        happened is counted over the tick, which is a week unless the clock says
        otherwise. NaN before the first tick.

        Raises
        ------
        ValueError
            Naming the metric that is not known, and the nearest one that is.
        """
        if name not in BY_NAME:
            near = get_close_matches(name, BY_NAME, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"no metric {name!r}{hint}")
        if self.tick == 0:
            return math.nan
        clock = self.settings.clock
        books = self.firm.books(self.told, self.week - clock.weeks_per_tick)
        record = Record(
            week=np.array([math.floor(self.week - clock.weeks_per_tick)]),
            counts=self.told[np.newaxis],
            books={book: np.array([x]) for book, x in books.items()},
            years=np.array([clock.tick_days / DAYS_PER_YEAR]),
            n_touchpoints=len(self.settings.journey.touchpoints),
            n_started=self.n_started,
        )
        return float(BY_NAME[name].formula(record)[0])

    def is_customer(self) -> Array:
        """Return who is an active customer now, bool, shape (n_customers,)."""
        active: Array = self.people.relation.stage == Stage.ACTIVE
        return active

    def __getstate__(self) -> dict[str, Any]:
        """Leave the threads behind when the model is copied or pickled."""
        state = self.__dict__.copy()
        state.pop("_pool", None)
        state.pop("_world", None)
        return state

    def copy(self) -> "PerceptionModel":
        """Return the same world as it is now, to be lived on separately."""
        return copy.deepcopy(self)


UNWATCHED = tuple(dict.fromkeys("live_alone" if p in ALONE else p for p in PHASES))
"""The week where nobody looks between the phases of `ALONE`."""

OWN = {name: vars(PerceptionModel)[name] for name in (*ALONE, "_sweep")}
"""The methods that must be the model's own for that."""

__all__ = ["PHASES", "PerceptionModel", "source_hash"]
