"""The obvious twin: the same world as idiomatic Mesa agents over a networkx graph.

One Python object a customer, one method a phase, no arrays and no compiler. It
calls the same rules as plain Python. Whatever the kernels compute must equal what
these agents compute, to the last bit.

Run `python -m tests.naive` to see how fast it is.
"""

import hashlib
import math
import time
from types import SimpleNamespace

import mesa
import numpy as np

from simulation.core import randomness as compiled
from simulation.core.columns import N_TALLY, Customers, allocate_customers
from simulation.firm import Firm
from simulation.metrics import Record, gathered, weekly
from simulation.model import BOOKS, MEASURED, NEW_WEEKS, PHASES
from simulation.network import build_ties, to_networkx
from simulation.population import draw_customers
from simulation.scenario import Scenario
from tests.naive_customer import NaiveCustomer
from tests.naive_rules import (
    ACTIVE,
    PROSPECT,
    REJECTER,
    TALLY,
    choice,
    fixed,
    fold,
    row_of,
    uniform,
)


class NaiveModel(mesa.Model):
    """A market of customer objects; the week is the same list of phases."""

    def __init__(self, settings: Scenario, *, seed: int = 0) -> None:
        super().__init__(rng=seed)
        self.settings, self.seed, self.tick = settings, seed, 0
        clock = settings.clock
        self.n_warm_up = clock.ticks(clock.warmup_weeks)
        self.n_ticks = clock.ticks(clock.weeks)
        shape = compiled.N_STREAMS, compiled.N_SLOTS
        self.traits_keys = np.zeros(shape, np.uint64)
        compiled.stream_keys(np.uint64(seed), np.uint64(0), self.traits_keys)
        self.spell_key = int(self.traits_keys[compiled.Stream.SPELL, 0])
        self.kindness_key = int(self.traits_keys[compiled.Stream.DISAPPOINT, 0])
        people, labels = draw_customers(settings, self.traits_keys)
        traits = people.traits
        ties = build_ties(settings.network, traits.id, traits.is_sociable, seed, labels)
        self.graph = to_networkx(ties)
        self.customers = [
            NaiveCustomer(self, row, people) for row in range(traits.id.size)
        ]
        for customer in self.customers:
            customer.degree = self.graph.degree[customer.row]
        self.n_customers = len(self.customers)
        self.sociable = [self.customers[row] for row in ties.sociable.tolist()]
        self.numbers = in_lists(settings.to_kernel(len(self.sociable)))
        journey = self.numbers.journey
        self.stations = list(
            zip(range(len(journey.phase)), journey.phase, journey.chance, strict=True)
        )
        self.firm = Firm(self, settings)
        self.promise = self.firm.promise.tolist()
        coverage_keys = self.firm.levers.coverage_key[: len(settings.levers)].tolist()
        for customer in self.customers:
            customer.lever_luck = [uniform(key, customer.id) for key in coverage_keys]
        self.counts: list[list[int]] = []
        self.ledger: list[list[float]] = []
        self.n_started = sum(each.stage == ACTIVE for each in self.customers)

    def hub_degree(self, share: float) -> int:
        """Return the fewest ties of a hub: the best connected share of people."""
        degrees = sorted(customer.degree for customer in self.sociable)
        place = min(len(degrees) - 1, math.ceil((1 - share) * len(degrees)))
        return max(1, degrees[place]) if degrees else 1

    def step(self) -> None:
        """Live one tick."""
        self.tick += 1
        self.keys = tick_keys(self.seed, self.tick)
        self.told = [0] * N_TALLY
        self.tellers: list[NaiveCustomer] = []
        self.leavers: list[NaiveCustomer] = []
        self.convinced: list[NaiveCustomer] = []
        for phase in PHASES:
            getattr(self, phase)()
        if self.tick == self.n_warm_up:
            self.n_started = self.told[TALLY.ACTIVE]
        if self.tick > self.n_warm_up:
            week = self.tick - 1 - self.n_warm_up
            week *= self.settings.clock.weeks_per_tick
            books = self.firm.books(np.array(self.told), week)
            self.counts.append(self.told)
            self.ledger.append([books[name] for name in (*BOOKS, *MEASURED)])

    def run(self) -> "NaiveModel":
        """Live every tick."""
        while self.tick < self.n_warm_up + self.n_ticks:
            self.step()
        return self

    def everybody(self, method: str) -> None:
        """Let every customer do something; nobody's turn comes before another's."""
        act = getattr(NaiveCustomer, method)
        for customer in self.customers:
            act(customer)

    def plan(self) -> None:
        """Put the levers of the week in force."""
        clock = self.settings.clock
        self.new_since = self.tick - clock.ticks(NEW_WEEKS)
        week = (self.tick - 1 - self.n_warm_up) * clock.weeks_per_tick
        self.pressure = self.firm.plan(week)
        self.shocks = in_lists(self.settings.befalling(week))
        table = self.firm.levers
        self.levers = [
            SimpleNamespace(
                row=row,
                **row_of(table._replace(outreach=()), row, is_by_row=True),
                **row_of(table.outreach, row),
            )
            for row in range(len(self.settings.levers))
            if table.is_on[row]
        ]

    def advertise(self) -> None:
        """Promises reach people."""
        self.everybody("advertise")

    def serve(self) -> None:
        """People live episodes."""
        self.everybody("serve")

    def recover(self) -> None:
        """Failures are complained of, and repaired."""
        self.everybody("recover")

    def tell(self) -> None:
        """People choose what they tell; the review site is brought up to date."""
        self.everybody("tell")
        self.firm.publish(np.array(self.told))
        self.rating = self.firm.rating.tolist()

    def hear(self) -> None:
        """What was told is heard, and then taken in."""
        if self.settings.network.kind == "complete":
            self.everybody("mingle")
        else:
            for teller in self.tellers:
                teller.be_heard()
        for row in range(len(self.settings.shocks)):
            self.spread_news(row)
        self.everybody("absorb")

    def spread_news(self, row: int) -> None:
        """Let everybody hear the news of one shock, with its chance."""
        chance = self.shocks.news_chance[row]
        for customer in self.customers:
            if uniform(self.keys.news_hear[row], customer.id) < chance:
                customer.hear_news(row)

    def choose(self) -> None:
        """People leave, join and return; their contacts notice who left or came."""
        effect = self.numbers.joining.rating_effect
        self.rating_lift = choice.rating_lift(self.rating[0], effect)
        self.everybody("choose")
        if self.settings.adoption.is_by_signals:
            self.take_turns()
        for leaver in self.leavers:
            for row, tie in self.graph.adj[leaver.row].items():
                other = self.customers[row]
                other.lost_contacts += fixed(tie["weight"])
                if other.referrer == leaver.row:
                    other.unbind()
        if self.settings.network.kind == "complete":
            self.notice_crowd()
        for joiner in self.convinced:
            joiner.bind()

    def take_turns(self) -> None:
        """Let prospects decide on signals, one after the other, in a drawn order."""
        adoption, clock = self.settings.adoption, self.settings.clock
        self.signals = adoption.to_kernel(clock, self.tick)
        turn = self.keys.turn[0]
        for customer in sorted(self.customers, key=lambda c: uniform(turn, c.id)):
            if customer.stage == PROSPECT:
                customer.decide()
        rejecters = (each for each in self.customers if each.stage == REJECTER)
        self.told[TALLY.REJECTERS] = sum(1 for _ in rejecters)

    def notice_crowd(self) -> None:
        """Tell everybody of a well-mixed crowd how many others left."""
        share = self.numbers.word_of_mouth.contact_weight
        n_left = sum(leaver.is_sociable for leaver in self.leavers)
        for customer in self.sociable:
            others = n_left - (customer in self.leavers)
            customer.lost_contacts += fixed(others * share)

    def measure(self) -> None:
        """Everybody is counted; the firm learns what its survey shows."""
        self.everybody("measure")
        self.firm.measure(np.array(self.told))

    def weekly(self) -> dict[str, np.ndarray]:
        """Return the weekly table, by the same formulas as the model's."""
        clock = self.settings.clock
        per_row = max(1, round(1 / clock.weeks_per_tick))
        counts = gathered(np.array(self.counts), per_row)
        n_rows, length = len(counts), per_row * clock.weeks_per_tick
        ledger = np.array(self.ledger)[: n_rows * per_row]
        ledger = ledger.reshape(n_rows, per_row, -1)
        books = {}
        for column, name in enumerate((*BOOKS, *MEASURED)):
            entries = ledger[:, :, column]
            books[name] = entries.sum(axis=1) if name in BOOKS else entries[:, -1]
        return weekly(
            Record(
                week=np.floor((np.arange(n_rows) + 1) * length - 1).astype(np.int64),
                counts=counts,
                books=books,
                years=np.full(n_rows, per_row * clock.tick_days / 365.25),
                n_touchpoints=len(self.stations),
                n_started=self.n_started,
            )
        )

    def people(self) -> Customers:
        """Return all customers as the columns that the compiled model has."""
        columns = allocate_customers(len(self.customers), len(self.stations))
        for i, customer in enumerate(self.customers):
            for record, source in (
                (columns.traits, customer),
                (columns.mind, customer),
                (columns.relation, customer),
                (columns.case, customer.case),
                (columns.voice, customer.voice),
            ):
                for name, column in record._asdict().items():
                    column[..., i] = getattr(source, name)
            columns.lived.touchpoints[i] = sum(1 << k for k in customer.episodes)
            columns.lived.satisfaction[:, i] = customer.satisfaction
            columns.inbox.pick[i] = customer.pick
            columns.inbox.is_reading[i] = customer.is_reading
        return columns


def differences(one: Customers, other: Customers) -> list[str]:
    """Return in words where the columns of two worlds differ, bit for bit."""
    found = []
    for record, others in zip(one, other, strict=True):
        pairs = zip(record._fields, record, others, strict=True)
        for name, a, b in pairs:
            for place in np.argwhere(a != b)[:1].tolist():
                at, n = tuple(place), np.count_nonzero(a != b)
                words = f"{type(record).__name__}.{name}{place}: {a[at]!r}, {b[at]!r}"
                found.append(f"{words} and {n - 1} more")
    return found


def digest(people: Customers) -> str:
    """Return a digest of every bit of every column."""
    found = hashlib.sha256()
    for record in people:
        for column in record:
            found.update(np.ascontiguousarray(column).tobytes())
    return found.hexdigest()


def in_lists(record: tuple) -> tuple:
    """Return a record of numbers with its arrays as lists."""
    parts = (
        part.tolist()
        if isinstance(part, np.ndarray)
        else (in_lists(part) if hasattr(part, "_fields") else part)
        for part in record
    )
    return type(record)(*parts)


def tick_keys(seed: int, tick: int) -> SimpleNamespace:
    """Return the keys of one tick's draws: by stream, a list by slot."""
    root = fold(fold(0, seed), tick)
    streams = {s.name.lower(): fold(root, int(s)) for s in compiled.Stream}
    slots = range(compiled.N_SLOTS)
    return SimpleNamespace(
        **{name: [fold(key, slot) for slot in slots] for name, key in streams.items()}
    )


def microseconds(n_customers: int = 10_000, n_ticks: int = 4) -> float:
    """Return how long the twin needs for one week of one customer."""
    model = NaiveModel(Scenario(market={"customers": n_customers}))
    model.step()
    start = time.process_time()
    for _ in range(n_ticks):
        model.step()
    return (time.process_time() - start) / (n_ticks * n_customers) * 1e6


if __name__ == "__main__":
    each = microseconds()
    print(f"{each:.1f} µs a customer-week: {1 / each:.4f} million a second")
