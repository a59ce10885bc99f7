"""Every column of the world: where it lives, its precision, unit and meaning.

A record is a named tuple of contiguous columns. Each field is declared once, as
`Annotated[Array, Column(...)]`; `allocate_customers` makes the arrays from the
declarations and the ODD page prints them, so nothing is written twice. Arithmetic is
in 64-bit floats, only storage rounds.

Shapes: "customers" is one number a customer; "touchpoints" is
(n_touchpoints, n_customers), one row a touchpoint.
"""

from collections.abc import Mapping
from enum import IntEnum
from functools import cache
from itertools import islice
from typing import Annotated, Any, NamedTuple, TypeVar, get_type_hints

import numpy as np
from numpy.typing import NDArray

from .jit import rule

Array = NDArray[Any]
Record = TypeVar("Record")

MAX_TOUCHPOINTS = 8
MAX_SEGMENTS = 8
MAX_LEVERS = 16
MAX_SHOCKS = 8

FIXED_POINT = 65536
"""One, in the whole numbers in which values that several people add are summed."""


MOST_MESSAGES = 32_767
"""Messages that one person takes in during a tick: their sum fits 32 bits."""

MOST_HOPS = 255
"""Retellings of a story that are counted: as many as fit its column."""


class Column(NamedTuple):
    """How one column is stored and what it means."""

    dtype: str
    unit: str
    text: str
    rows: str = "customers"
    start: float = 0


class Stage(IntEnum):
    """Where a person stands with the firm."""

    PROSPECT = 0
    ACTIVE = 1
    LOST = 2
    REJECTER = 3
    """A prospect who has decided against it, under an adoption rule with signals."""


class Phase(IntEnum):
    """When in the journey a touchpoint is lived."""

    PRE_SALES = 0
    SALES = 1
    POST_SALES = 2


class Cause(IntEnum):
    """Why a customer left: what the fatal week's hazard was made of."""

    NONE = 0
    BACKGROUND = 1
    LOW_PERCEPTION = 2
    LOW_TRUST = 3
    OTHERS_LEAVING = 4
    WALK_OUT = 5


class Audience(IntEnum):
    """For whom a lever is meant, before its coverage is drawn."""

    EVERYONE = 0
    NEW = 1
    UNHAPPY = 2
    SILENT = 3
    HUBS = 4
    SEGMENT = 5


class Occasion(IntEnum):
    """After which episodes a follow-up contacts the customer."""

    EVERY = 0
    BAD = 1
    GOOD = 2


class Piece(IntEnum):
    """What a lever is paid for by the piece, besides its contacts."""

    NOTHING = 0
    CASE = 1
    RESPONSE = 2
    JOINER = 3
    ANSWER = 4


HALF = 0.5

NOWHERE = -1
"""Stands for no touchpoint, no department, no week, no lever, nobody."""

SOMEBODY = -2
"""The referrer of who joins on praise, until it is known whose it was."""

LONG_AGO = -1_000_000
"""The tick of the last case of a customer who never had one."""


class Traits(NamedTuple):
    """What a person is; never changes."""

    id: Annotated[Array, Column("uint64", "label", "keys every draw of the person")]
    fit: Annotated[
        Array,
        Column("float32", "share", "how the service suits; added to quality"),
    ]
    frailty: Annotated[
        Array, Column("float32", "ratio", "multiplies the hazard of leaving; mean 1")
    ]
    leniency: Annotated[
        Array, Column("float32", "points", "added to every survey score, 0-10 scale")
    ]
    segment: Annotated[Array, Column("uint8", "index", "segment of the market")]
    is_sociable: Annotated[
        Array, Column("uint8", "flag", "has ties and weak meetings", start=1)
    ]
    is_reviewer: Annotated[
        Array, Column("uint8", "flag", "may post on the review site", start=1)
    ]
    is_surveyed: Annotated[
        Array, Column("uint8", "flag", "may be sampled by the firm's survey", start=1)
    ]
    degree: Annotated[Array, Column("int32", "ties", "number of strong ties")]


class Mind(NamedTuple):
    """What a person believes about the firm."""

    expectation: Annotated[
        Array, Column("float32", "share", "quality expected", "touchpoints")
    ]
    evidence: Annotated[
        Array,
        Column(
            "float32", "experiences", "weight behind the expectation", "touchpoints"
        ),
    ]
    perception: Annotated[
        Array, Column("float32", "share", "running judgement of the firm")
    ]
    trust: Annotated[Array, Column("float32", "share", "belief that promises are kept")]
    grievance: Annotated[
        Array, Column("float32", "share", "an unrepaired failure, fading")
    ]
    pull: Annotated[
        Array, Column("float32", "contacts", "recently lost contacts, fading")
    ]
    asked: Annotated[
        Array, Column("float32", "share", "recently asked for an opinion, fading")
    ]


class Relation(NamedTuple):
    """How a person stands with the firm."""

    stage: Annotated[
        Array, Column("uint8", "index", "prospect, active, lost or rejecter")
    ]
    since: Annotated[Array, Column("int32", "tick", "when the stage began")]
    spell: Annotated[Array, Column("uint16", "count", "times a customer so far")]
    hazard: Annotated[
        Array, Column("float32", "nats", "cumulated hazard of leaving in this spell")
    ]
    threshold: Annotated[
        Array, Column("float32", "nats", "cumulated hazard at which the person leaves")
    ]
    department: Annotated[
        Array, Column("int8", "index", "department of the last episode", start=NOWHERE)
    ]
    cause: Annotated[Array, Column("uint8", "index", "why the person last left")]
    referrer: Annotated[
        Array,
        Column(
            "int32",
            "row",
            "contact whose praise made the person join, while both stay; -1 nobody",
            start=NOWHERE,
        ),
    ]


class Lived(NamedTuple):
    """What a person lived of late."""

    touchpoints: Annotated[
        Array, Column("uint8", "bits", "touchpoints lived this tick, bit k = the k-th")
    ]
    satisfaction: Annotated[
        Array,
        Column(
            "float32",
            "share",
            "with the last episode since a survey was last answered; -1 none",
            "touchpoints",
            NOWHERE,
        ),
    ]


class Case(NamedTuple):
    """A failure that hurts, until it is repaired or replaced by a worse one."""

    touchpoint: Annotated[
        Array, Column("int8", "index", "where it happened; -1 no open case", start=-1)
    ]
    satisfaction: Annotated[Array, Column("float32", "share", "with that episode")]
    perception_before: Annotated[
        Array, Column("float32", "share", "perception before the episode")
    ]
    trust_lost: Annotated[Array, Column("float32", "share", "trust lost in it")]
    opened: Annotated[
        Array, Column("int32", "tick", "when the last case opened", start=LONG_AGO)
    ]
    due: Annotated[
        Array,
        Column("int32", "tick", "when a complaint is answered; -1 no", start=-1),
    ]
    is_repeat: Annotated[
        Array, Column("uint8", "flag", "a second failure within a year")
    ]
    has_complained: Annotated[Array, Column("uint8", "flag", "the firm was told")]
    contact_due: Annotated[
        Array, Column("int32", "tick", "when a follow-up calls; -1 never", start=-1)
    ]
    contact_lever: Annotated[
        Array, Column("int8", "index", "the lever that calls; 16 the firm's habit")
    ]
    contact_is_good: Annotated[
        Array, Column("uint8", "flag", "the call follows a good episode")
    ]


class Voice(NamedTuple):
    """What a person tells this tick, and the story heard last tick."""

    touchpoint: Annotated[
        Array, Column("int8", "index", "what the story is about; -1 silent", start=-1)
    ]
    value: Annotated[Array, Column("float32", "share", "satisfaction told")]
    hops: Annotated[
        Array, Column("uint8", "count", "retellings so far, at most 255; 0 = own story")
    ]
    waiting_touchpoint: Annotated[
        Array, Column("int8", "index", "own story to tell next; -1 none", start=-1)
    ]
    waiting_value: Annotated[Array, Column("float32", "share", "its satisfaction")]
    heard_touchpoint: Annotated[
        Array, Column("int8", "index", "believed last tick; -1 none", start=-1)
    ]
    heard_value: Annotated[Array, Column("float32", "share", "its satisfaction")]
    heard_hops: Annotated[Array, Column("uint8", "count", "its hops")]


class Inbox(NamedTuple):
    """What a person was told and believed this tick, in whole numbers."""

    believed: Annotated[
        Array, Column("uint16", "messages", "believed, by touchpoint", "touchpoints")
    ]
    total: Annotated[
        Array,
        Column("int32", "1/65536", "sum of their values, by touchpoint", "touchpoints"),
    ]
    positive: Annotated[Array, Column("uint16", "messages", "believed, positive")]
    negative: Annotated[Array, Column("uint16", "messages", "believed, negative")]
    pick: Annotated[
        Array, Column("uint64", "key", "smallest key among the believed stories")
    ]
    is_reading: Annotated[
        Array, Column("uint8", "flag", "reads the public rating this tick")
    ]
    lost_contacts: Annotated[
        Array, Column("int32", "1/65536", "tie weight of contacts lost this tick")
    ]


class Ties(NamedTuple):
    """The network as compressed rows: the ties of i are start[i] to start[i + 1]."""

    start: Array
    """int64, shape (n_customers + 1,)."""
    target: Array
    """int32, shape (n_ties,): the row of the other person."""
    weight: Array
    """float32, shape (n_ties,), in (0, 1]; shape (1,) where all weights are 1."""
    sociable: Array
    """int32: rows of the people who have weak meetings, in the order of their ids."""


class Customers(NamedTuple):
    """All columns of all people."""

    traits: Traits
    mind: Mind
    relation: Relation
    lived: Lived
    case: Case
    voice: Voice
    inbox: Inbox


class Tally(IntEnum):
    """What is counted each tick, in whole numbers; blocks at the end by index."""

    ACTIVE = 0
    PROSPECTS = 1
    LOST = 2
    JOINED = 3
    LEFT = 4
    RETURNED = 5
    PERCEPTION = 6
    TRUST = 7
    EXPECTATION = 8
    PERCEPTION_EVER = 9
    EVER = 10
    PROMOTERS = 11
    DETRACTORS = 12
    SAMPLED = 13
    RESPONSES = 14
    MEASURED_PROMOTERS = 15
    MEASURED_DETRACTORS = 16
    STORIES = 17
    RETOLD = 18
    MESSAGES_POSITIVE = 19
    MESSAGES_NEGATIVE = 20
    BELIEVED_POSITIVE = 21
    BELIEVED_NEGATIVE = 22
    MESSAGES_FROM_LOST = 23
    COMPLAINTS = 24
    SEVERE = 25
    SEVERE_COMPLAINTS = 26
    CONTACTS_MADE = 27
    REPAIRS_TRIED = 28
    REPAIRED = 29
    UPSELLS = 30
    REVIEWS_READ = 31
    EPISODES_ALL = 32
    FAILURES = 33
    KEPT = 34
    SOCIABLE_LEFT = 35
    STAYED = 36
    NEWS_HEARD = 37
    NEWS_BELIEVED = 38
    REJECTERS = 39
    LEFT_BY_CAUSE = 40
    STARS = 48
    ACTIVE_BY_SEGMENT = 56
    EPISODES = 64
    SATISFACTION = 72
    MEASURED_EPISODES = 80
    MEASURED_SATISFACTION = 88
    CONTACTS = 96
    COVERED = 116
    TELLERS_POSITIVE = 136
    TELLERS_NEGATIVE = 144
    TOLD_POSITIVE = 152
    TOLD_NEGATIVE = 160
    SOLD = 168
    PIECES = 188
    ANSWERED = 208
    PRAISED_EPISODES = 210
    PRAISED_SATISFACTION = 218
    EXPECTED = 226
    EXPERIENCED = 234


N_TALLY = 242


def declarations(record: type[Any]) -> Mapping[str, Column]:
    """Return the declared columns of a record, in order."""
    return _declarations(record)  # type: ignore[arg-type]  # classes are hashable


@cache
def _declarations(record: Any) -> Mapping[str, Column]:  # noqa: ANN401 (a class)
    hints = get_type_hints(record, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items()}


LINE = 64
"""Bytes that a processor moves at once; every column begins with a new line."""


def allocate_customers(n_customers: int, n_touchpoints: int) -> Customers:
    """Return the columns of `n_customers` people nobody has drawn yet.

    Every column is filled with its starting value. All stand in one piece of memory:
    a large one is given large pages where the system has them, and the sixty places
    at which a person is kept are found sooner (a tenth less time at 100,000).
    """
    records = get_type_hints(Customers)
    n_rows = {"customers": 1, "touchpoints": n_touchpoints}
    columns = [c for kind in records.values() for c in declarations(kind).values()]
    sizes = [
        np.dtype(column.dtype).itemsize * n_rows[column.rows] * n_customers
        for column in columns
    ]
    lines = [-(-size // LINE) for size in sizes]
    room = np.empty((sum(lines) + 1) * LINE, np.uint8)
    place = -room.__array_interface__["data"][0] % LINE
    made: list[Array] = []
    for column, size, n_lines in zip(columns, sizes, lines, strict=True):
        piece = room[place : place + size].view(column.dtype)
        piece.fill(column.start)
        is_wide = column.rows == "touchpoints"
        made.append(piece.reshape(n_touchpoints, -1) if is_wide else piece)
        place += n_lines * LINE
    parts = iter(made)
    return Customers(
        *(kind(*islice(parts, len(kind._fields))) for kind in records.values())
    )


@rule
def fixed(value: float) -> int:
    """Return a value in whole 65,536ths, so that any order of adding gives one sum.

    >>> fixed(0.5), fixed(1.0)
    (32768, 65536)
    """
    return int(value * FIXED_POINT + HALF)
