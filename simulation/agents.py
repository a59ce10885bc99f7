"""Customers as Mesa agents: windows on the rows of the columns.

A million customers are a few arrays, not a million objects. A `Customer` is made
when somebody looks at one, holds nothing but the model and a row, and is kept
from then on. Its attributes are the declarations of `core/columns.py`, those of a
case, a voice and an inbox with the name of the record before them: `trust`,
`case_due`. Reading gives plain Python values; writing checks them.

`CustomerSet` and `Everyone` are Mesa AgentSets over such windows: what can be
answered from a column is, everything else is done by Mesa, on the windows.
"""

import math
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from numbers import Real
from operator import index
from random import Random
from typing import TYPE_CHECKING, Any, get_type_hints

import numpy as np

from .core.choice import unbound
from .core.columns import (
    FIXED_POINT,
    MAX_LEVERS,
    NOWHERE,
    Array,
    Cause,
    Column,
    Customers,
    Stage,
    declarations,
    fixed,
)
from .host import AgentSet, mesa

if TYPE_CHECKING:
    from .model import PerceptionModel

FIRST_ID = 2
"""`unique_id` of row 0; the firm is 1, and other agents come after the customers."""

PREFIXED = ("case", "voice", "inbox")
"""Records whose columns carry the name of the record."""

READ_ONLY = {
    "id": "it keys every draw of the person",
    "degree": "the scenario's network decides",
    "is_sociable": "the scenario's network is built on it",
    "stage": "remove() loses a customer; people join and return by themselves",
    "touchpoints": "the week decides what is lived",
    "referrer": "the threshold of leaving goes with it",
}

BOUNDS = {"fit": (-1.0, 1.0), "case_contact_lever": (0, MAX_LEVERS)}
"""Least and largest value of columns of which dtype and unit do not tell it."""

Names = Callable[["PerceptionModel"], list[str | None]]

NAMES: dict[str, Names] = {
    "stage": lambda _: [stage.name.lower() for stage in Stage],
    "cause": lambda _: [None, *(cause.name.lower() for cause in list(Cause)[1:])],
    "segment": lambda model: [each.name for each in model.settings.market.segments],
    "department": lambda model: list(model.settings.journey.departments),
}
"""What indices stand for; those of touchpoints are found by their name."""

# ------------------------------------------------------------------- attributes


class Window(ABC):
    """An attribute of a customer: read of many rows at once, so also of one."""

    @abstractmethod
    def read(self, model: "PerceptionModel", rows: slice) -> list[Any]:
        """Return the values of some rows as plain Python."""

    def __get__(self, customer: "Customer | None", owner: type | None = None) -> Any:  # noqa: ANN401
        if customer is None:
            return self
        row = customer.row
        return self.read(customer.model, slice(row, row + 1))[0]


class Reading(Window):
    """An attribute of a customer that follows from the columns; cannot be set."""

    def __init__(
        self, read: Callable[["PerceptionModel", slice], list[Any]], text: str
    ) -> None:
        """Read by a function of the model and the rows, a value each."""
        self._read = read
        self.__doc__ = text

    def read(self, model: "PerceptionModel", rows: slice) -> list[Any]:
        """Return the values of some rows as plain Python."""
        return self._read(model, rows)

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __set__(self, customer: "Customer", value: object) -> None:
        raise AttributeError(f"{self.name} cannot be set: it follows from the columns")


class Attribute(Window):
    """A column as an attribute of a customer: a number, or one a touchpoint.

    Values of touchpoints are read as a new dict by name; changing it changes no
    customer. Assign one number for all touchpoints, or a dict with some of them.
    """

    def __init__(self, part: str, field: str, column: Column) -> None:
        """Stand for a declared column of a part of `Customers`."""
        self.part, self.field, self.column = part, field, column
        self.name = f"{part}_{field}" if part in PREFIXED else field
        self.dtype = np.dtype(column.dtype)
        self.is_whole = self.dtype.kind in "iu"
        self.is_wide = column.rows == "touchpoints"
        self.low, self.high = self._bounds()
        text = f"{column.text[0].upper()}{column.text[1:]}"
        self.__doc__ = f"{text} ({column.unit})."

    def _bounds(self) -> tuple[float, float]:
        """Return the least and the largest value, but for the mark of none."""
        if self.name in BOUNDS:
            return BOUNDS[self.name]
        if self.is_whole:
            limits = np.iinfo(self.dtype)
            return int(limits.min), int(limits.max)
        by_unit = {"share": (0.0, 1.0), "points": (-10.0, 10.0)}
        return by_unit.get(self.column.unit, (0.0, float(np.finfo(self.dtype).max)))

    def of(self, model: "PerceptionModel") -> Array:
        """Return the column itself."""
        column: Array = getattr(getattr(model.people, self.part), self.field)
        return column

    def read(self, model: "PerceptionModel", rows: slice) -> list[Any]:
        """Return the values of some rows as plain Python."""
        values = self.of(model)[..., rows]
        if not self.is_wide:
            return self.plain(model, values.tolist())
        names = model.settings.journey.names
        return [dict(zip(names, each, strict=True)) for each in values.T.tolist()]

    def write(self, model: "PerceptionModel", rows: int | slice, value: object) -> None:
        """Give some rows one value.

        Raises
        ------
        ValueError
            Naming the attribute, the value and what it may be; nothing is written.
        AttributeError
            If the attribute cannot be set.
        """
        if self.name in READ_ONLY:
            raise AttributeError(f"{self.name} cannot be set: {READ_ONLY[self.name]}")
        column = self.of(model)
        if not self.is_wide:
            column[rows] = self.stored(model, value)
            return
        names = model.settings.journey.names
        each = value if isinstance(value, Mapping) else dict.fromkeys(names, value)
        for name in each:
            if name not in names:
                self._reject(name, f"a touchpoint; use {', '.join(names)}")
        checked = [(names.index(k), self.stored(model, each[k])) for k in each]
        for k, number in checked:
            column[k, rows] = number

    def numbers(self, model: "PerceptionModel") -> Array | None:
        """Return the column as numpy would make it of the values; None if it cannot."""
        if self.is_wide or self.dtype.itemsize > np.dtype(np.int32).itemsize:
            return None
        return self.of(model).astype(np.int64 if self.is_whole else np.float64)

    def plain(self, model: "PerceptionModel", values: list[Any]) -> list[Any]:
        """Return what stored numbers mean."""
        return values

    def stored(self, model: "PerceptionModel", value: Any) -> float:  # noqa: ANN401
        """Return the number to store for a value, checked."""
        is_number = isinstance(value, Real) and math.isfinite(value)
        if is_number and self.column.start < 0 and value == self.column.start:
            return float(value)
        is_fitting = is_number and self.low <= value <= self.high
        if not is_fitting or (self.is_whole and value != int(value)):
            kind = "whole number" if self.is_whole else "number"
            self._reject(value, f"a {kind} from {self.low:g} to {self.high:g}")
        return int(value) if self.is_whole else float(value)

    def _reject(self, value: object, wanted: str) -> None:
        raise ValueError(f"{self.name}: {value!r} is not {wanted}")

    def __set__(self, customer: "Customer", value: object) -> None:
        self.write(customer.model, customer.row, value)


class Flag(Attribute):
    """A column of flags, read as bool."""

    def numbers(self, model: "PerceptionModel") -> Array:
        """Return the column as bool."""
        return self.of(model).astype(np.bool_)

    def plain(self, model: "PerceptionModel", values: list[Any]) -> list[Any]:
        """Return the flags as bool."""
        return [value != 0 for value in values]

    def stored(self, model: "PerceptionModel", value: Any) -> float:  # noqa: ANN401
        """Return 0 or 1."""
        if not (isinstance(value, Real | np.bool_) and value in (0, 1)):
            self._reject(value, "True or False")
        return int(value)


class Name(Attribute):
    """A column of indices, read as the names they stand for; None for none."""

    def __init__(self, part: str, field: str, column: Column, names: Names) -> None:
        """Stand for a declared column whose indices have names."""
        super().__init__(part, field, column)
        self.names = names

    def _meanings(self, model: "PerceptionModel") -> dict[int, str | None]:
        none: dict[int, str | None] = {NOWHERE: None} if self.low < 0 else {}
        return {**none, **dict(enumerate(self.names(model)))}

    def numbers(self, model: "PerceptionModel") -> None:
        """Return None: names are no numbers."""

    def plain(self, model: "PerceptionModel", values: list[Any]) -> list[Any]:
        """Return the names."""
        meanings = self._meanings(model)
        return [meanings[value] for value in values]

    def stored(self, model: "PerceptionModel", value: Any) -> float:  # noqa: ANN401
        """Return the index of a name."""
        for code, meaning in self._meanings(model).items():
            if value == meaning:
                return code
        options = ", ".join(str(name) for name in self._meanings(model).values())
        self._reject(value, f"one of {options}")
        raise AssertionError  # `_reject` never returns


class Bits(Attribute):
    """A column of bits, one a touchpoint, read as a tuple of names."""

    def numbers(self, model: "PerceptionModel") -> None:
        """Return None: names are no numbers."""

    def plain(self, model: "PerceptionModel", values: list[Any]) -> list[Any]:
        """Return the names of the touchpoints whose bit is set, in journey order."""
        names = model.settings.journey.names
        return [
            tuple(name for k, name in enumerate(names) if value >> k & 1)
            for value in values
        ]


def _attribute(part: str, field: str, column: Column) -> Attribute:
    """Return the attribute that suits the unit of a declared column."""
    if column.unit == "flag":
        return Flag(part, field, column)
    if column.unit == "bits":
        return Bits(part, field, column)
    if column.unit == "index" and field in NAMES:
        return Name(part, field, column, NAMES[field])
    if column.unit == "index" and field.endswith("touchpoint"):
        names: Names = lambda model: list(model.settings.journey.names)  # noqa: E731
        return Name(part, field, column, names)
    return Attribute(part, field, column)


def _declared() -> dict[str, Attribute]:
    """Return an attribute for every declared column, by its name."""
    attributes = (
        _attribute(part, field, column)
        for part, record in get_type_hints(Customers).items()
        for field, column in declarations(record).items()
    )
    return {attribute.name: attribute for attribute in attributes}


def _unique_ids(model: "PerceptionModel", rows: slice) -> list[int]:
    return [row + FIRST_ID for row in range(model.n_customers)[rows]]


def _labels(model: "PerceptionModel", rows: slice) -> list[str]:
    if model.labels is not None:
        return list(model.labels[rows])
    return [str(key) for key in model.people.traits.id[rows].tolist()]


def _are_active(model: "PerceptionModel", rows: slice) -> list[bool]:
    active: list[bool] = model.is_customer()[rows].tolist()
    return active


def _tenures(model: "PerceptionModel", rows: slice) -> list[float]:
    ticks = model.tick - model.people.relation.since[rows].astype(np.int64)
    weeks = ticks * model.settings.clock.weeks_per_tick
    tenures: list[float] = np.where(model.is_customer()[rows], weeks, 0.0).tolist()
    return tenures


# --------------------------------------------------------------------- customers


class Customer(mesa.Agent):
    """A window on one row of the columns; take it from `model.customers`.

    Two looks at a row give the same window. Besides the attributes below there is
    one for every column: `Customer.trust.__doc__` tells what it means.

    Attributes
    ----------
    model : PerceptionModel
    row : int
        The row of the columns.
    """

    __slots__ = ("model", "row")

    pos = None
    unique_id = Reading(_unique_ids, "The row plus 2; the firm is 1.")
    label = Reading(_labels, "What the customers file calls the person, or the id.")
    is_active = Reading(_are_active, "Whether the person is a customer now.")
    tenure_weeks = Reading(_tenures, "Weeks in the present spell; 0 if no customer.")

    def __init__(self, model: "PerceptionModel", row: int) -> None:
        """Look at a row. Registers nothing: the model knows its rows."""
        self.model = model
        self.row = row

    @property
    def neighbours(self) -> AgentSet:
        """The customers tied to this one; everybody with ties if `complete`."""
        model = self.model
        ties = model.ties
        rows = ties.target[ties.start[self.row] : ties.start[self.row + 1]]
        if model.settings.network.kind == "complete" and self.is_sociable:
            rows = ties.sociable[ties.sociable != self.row]
        windows = [model.customers[row] for row in rows.tolist()]
        return AgentSet(windows, model.random)

    def remove(self) -> None:
        """Let the customer leave now, for no cause the model knows; the row stays.

        What leaving does in the week is done here: the open case is closed, and
        everybody tied to the customer notices. Metrics count the customer among
        the lost from the next tick on, but never as one who left in a week. Before
        phase `choose` is over, it is as if the customer had left a tick ago. The
        customer may return. Nothing changes for who is no customer.
        """
        if not self.is_active:
            return
        model, i = self.model, self.row
        relation, case = model.people.relation, model.people.case
        relation.stage[i] = Stage.LOST
        relation.since[i] = model.tick_noticed
        relation.cause[i] = Cause.NONE
        relation.referrer[i] = NOWHERE
        for column in (case.touchpoint, case.due, case.contact_due):
            column[i] = NOWHERE
        _let_notice(model, i)

    def __repr__(self) -> str:
        state = f"{self.stage}"
        if self.is_active:
            state += f" for {self.tenure_weeks:.0f} weeks"
        return (
            f"<Customer {self.label}: {state}, "
            f"perception {self.perception:.2f}, trust {self.trust:.2f}>"
        )


def _let_notice(model: "PerceptionModel", i: int) -> None:
    """Let everybody tied to person i feel the pull of a contact lost.

    Whom that one has referred is bound no more.
    """
    ties, pull, relation = model.ties, model.people.mind.pull, model.people.relation
    ratio = model.settings.leaving.referral_hazard_ratio
    place = slice(ties.start[i], ties.start[i + 1])
    for k, j in enumerate(ties.target[place].tolist()):
        weight = ties.weight[place][k] if ties.weight.size > 1 else 1.0
        pull[j] += fixed(float(weight)) / FIXED_POINT
        if relation.referrer[j] == i:
            threshold, hazard = float(relation.threshold[j]), float(relation.hazard[j])
            relation.referrer[j] = NOWHERE
            relation.threshold[j] = unbound(threshold, hazard, ratio)
    crowd = model.numbers.word_of_mouth.contact_weight
    if crowd > 0 and model.people.traits.is_sociable[i]:
        others = ties.sociable[ties.sociable != i]
        pull[others] += fixed(crowd) / FIXED_POINT


DECLARED = _declared()
"""Every column as an attribute, by name."""

for _name, _each in DECLARED.items():
    setattr(Customer, _name, _each)

READABLE: dict[str, Attribute | Reading] = {
    **DECLARED,
    **{name: x for name, x in vars(Customer).items() if isinstance(x, Reading)},
}
"""Every attribute that is read for all rows at once."""

ABSENT = {
    name: math.nan if type(x) in (Attribute, Flag) and not x.is_wide else None
    for name, x in DECLARED.items()
} | dict.fromkeys(("label", "is_active", "tenure_weeks"))
"""What an agent that is no customer answers: Mesa 3.5 collects an attribute from
every agent or fails."""

# -------------------------------------------------------------------- agent sets


class FixedSet(AgentSet):
    """An AgentSet whose members, and their order, are those of the model.

    All that asks for some, or for another order, gives an ordinary AgentSet.
    """

    def __init__(self, random: Random) -> None:
        """Shuffle with the model's own generator, as Mesa does."""
        self.random = random

    @property
    def _agents(self) -> "weakref.WeakKeyDictionary[mesa.Agent, None]":
        """All members as Mesa keeps them: what Mesa does itself, it does on these."""
        return weakref.WeakKeyDictionary(dict.fromkeys(self))

    @classmethod
    def _from_iterable(cls, agents: Iterable[mesa.Agent]) -> AgentSet:
        """Return what set operations give: an ordinary AgentSet."""
        members = list(agents)
        return AgentSet(members, members[0].random if members else Random(0))

    def copy(self) -> AgentSet:
        """Return an ordinary AgentSet of all members."""
        return AgentSet(self, self.random)

    __copy__ = copy

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__.copy()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def __getitem__(self, item: int | slice) -> Any:  # noqa: ANN401
        if isinstance(item, slice):
            return [self._at(place) for place in range(len(self))[item]]
        try:
            return self._at(range(len(self))[index(item)])
        except IndexError:
            raise IndexError(f"no agent {item}; there are {len(self)}") from None

    def _at(self, place: int) -> mesa.Agent:
        raise NotImplementedError

    def __iter__(self) -> Iterator[mesa.Agent]:
        return (self._at(place) for place in range(len(self)))

    def to_list(self) -> list[mesa.Agent]:
        """Return all members."""
        return list(self)

    def count(self, value: object) -> int:
        """Return 1 for a member, else 0."""
        return int(value in self)

    def select(
        self,
        filter_func: Callable[[mesa.Agent], bool] | None = None,
        at_most: float = math.inf,
        inplace: bool = False,
        agent_type: type[mesa.Agent] | None = None,
    ) -> AgentSet:
        """Return the members that pass, as Mesa does; stops at the last one needed."""
        if inplace:
            self._refuse()
        if at_most <= 1.0 and not isinstance(at_most, int):
            at_most = int(len(self) * at_most)
        chosen: Iterator[mesa.Agent] = iter(self)
        if agent_type is not None:
            chosen = (agent for agent in chosen if isinstance(agent, agent_type))
        if filter_func is not None:
            chosen = filter(filter_func, chosen)
        n = None if at_most == math.inf else max(0, math.ceil(at_most))
        return AgentSet(islice(chosen, n), self.random)

    def groupby(
        self,
        by: Callable[[mesa.Agent], Any] | str,
        result_type: str = "agentset",
    ) -> Any:  # noqa: ANN401
        """Return the members in groups, as Mesa does."""
        return self.copy().groupby(by, result_type)

    def shuffle(self, inplace: bool = False) -> AgentSet:
        """Return the members in a random order, drawn as Mesa does."""
        return self._refuse() if inplace else super().shuffle()

    def sort(
        self,
        key: Callable[[mesa.Agent], Any] | str,
        ascending: bool = False,
        inplace: bool = False,
    ) -> AgentSet:
        """Return the members in the order of a value, the largest first."""
        return self._refuse() if inplace else super().sort(key, ascending)

    def add(self, agent: mesa.Agent) -> None:
        """Refuse: a new agent registers with the model by itself."""
        self._refuse()

    def discard(self, agent: mesa.Agent) -> None:
        """Refuse: `remove()` of a customer loses the customer."""
        self._refuse()

    remove = discard

    def _update(self, agents: Iterable[mesa.Agent]) -> AgentSet:
        return self._refuse()

    def _refuse(self) -> AgentSet:
        raise TypeError(
            "the agents of the model and their order are fixed; work on a copy: "
            "agents.copy()"
        )


class CustomerSet(FixedSet):
    """The customers of a model, by row; windows are made when they are asked for."""

    def __init__(self, model: "PerceptionModel") -> None:
        """Look at every row of a model."""
        super().__init__(model.random)
        self.model = model
        self._windows: dict[int, Customer] = {}

    def __len__(self) -> int:
        return self.model.n_customers

    def __contains__(self, agent: object) -> bool:
        return isinstance(agent, Customer) and agent.model is self.model

    def _at(self, place: int) -> Customer:
        window = self._windows.get(place)
        if window is None:
            window = self._windows[place] = Customer(self.model, place)
        return window

    def index(self, value: object, start: int = 0, stop: int | None = None) -> int:
        """Return the row of a customer."""
        if value not in self or value.row not in range(len(self))[start:stop]:  # type: ignore[attr-defined]
            raise ValueError(f"{value!r} is not among these customers")
        return int(value.row)  # type: ignore[attr-defined]

    def get(
        self,
        attr_names: str | list[str],
        handle_missing: str = "error",
        default_value: object = None,
    ) -> list[Any]:
        """Return an attribute of every customer, or a list of several of each.

        As Mesa does; known attributes are read from the columns at once.
        """
        names = [attr_names] if isinstance(attr_names, str) else list(attr_names)
        is_known = bool(names) and all(name in READABLE for name in names)
        if not is_known or handle_missing not in ("error", "default"):
            missing: list[Any] = super().get(attr_names, handle_missing, default_value)
            return missing
        columns = [READABLE[name].read(self.model, slice(None)) for name in names]
        if isinstance(attr_names, str):
            return columns[0]
        return [list(each) for each in zip(*columns, strict=True)]

    def set(self, attr_name: str, value: object) -> "CustomerSet":
        """Give every customer one value; a column is checked and set at once."""
        if attr_name in DECLARED:
            DECLARED[attr_name].write(self.model, slice(None), value)
        else:
            super().set(attr_name, value)
        return self

    def agg(
        self,
        attribute: str,
        func: Callable[[Any], Any] | Iterable[Callable[[Any], Any]],
    ) -> Any:  # noqa: ANN401
        """Return func of the values of all customers, or a list for several funcs.

        Functions of numpy get an array, all others a list of plain values: either
        gives the number that Mesa would.
        """
        functions = [func] if callable(func) else list(func)
        values: dict[bool, Any] = {}
        results = []
        for function in functions:
            is_numpy = getattr(function, "__module__", None) == "numpy"
            if is_numpy not in values:
                array = self._numbers(attribute) if is_numpy else None
                values[is_numpy] = self.get(attribute) if array is None else array
            results.append(function(values[is_numpy]))
        return results[0] if callable(func) else results

    def sort(
        self,
        key: Callable[[mesa.Agent], Any] | str,
        ascending: bool = False,
        inplace: bool = False,
    ) -> AgentSet:
        """Return the customers in the order of a value, the largest first.

        Equals keep the order of their rows, as in Mesa.
        """
        values = self._numbers(key) if isinstance(key, str) else None
        if values is None or inplace:
            return super().sort(key, ascending, inplace)
        order = np.argsort(values if ascending else values[::-1], kind="stable")
        if not ascending:
            order = len(self) - 1 - order[::-1]
        return AgentSet((self._at(row) for row in order.tolist()), self.random)

    def _numbers(self, name: str) -> Array | None:
        """Return an attribute as an array, if it is a column of numbers."""
        return DECLARED[name].numbers(self.model) if name in DECLARED else None


class Everyone(FixedSet):
    """All agents of a model: the firm, agents that others register, the customers."""

    def __init__(self, registered: AgentSet, customers: CustomerSet) -> None:
        """Join the agents registered with Mesa and the customers."""
        super().__init__(customers.random)
        self.registered = registered
        self.customers = customers

    def __len__(self) -> int:
        return len(self.registered) + len(self.customers)

    def __contains__(self, agent: object) -> bool:
        return agent in self.customers or agent in self.registered

    def __iter__(self) -> Iterator[mesa.Agent]:
        yield from list(self.registered)
        yield from self.customers

    def _at(self, place: int) -> mesa.Agent:
        others = list(self.registered)
        if place < len(others):
            return others[place]
        return self.customers[place - len(others)]

    def get(
        self,
        attr_names: str | list[str],
        handle_missing: str = "error",
        default_value: object = None,
    ) -> list[Any]:
        """Return an attribute of every agent, or a list of several of each.

        Raises
        ------
        AttributeError
            If an agent lacks it, unless `handle_missing` is "default". The firm
            lacks nothing that customers have: its numbers are NaN, the rest None.
        """
        try:
            others = self.registered.get(attr_names, handle_missing, default_value)
        except AttributeError as error:
            raise AttributeError(
                f"{error}; model.customers are the customers alone"
            ) from error
        return [
            *others,
            *self.customers.get(attr_names, handle_missing, default_value),
        ]

    def set(self, attr_name: str, value: object) -> "Everyone":
        """Give every agent one value."""
        self.registered.set(attr_name, value)
        self.customers.set(attr_name, value)
        return self
