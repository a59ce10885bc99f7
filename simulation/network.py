"""Who is tied to whom: compressed rows, from a named generator or from a file.

Generators live in the core (`core.kernels.wire`) and are keyed by the seed. They
know people only by their rank among the sociable, in the order of ids: neither
the order of rows nor a person without ties changes who is tied to whom. Files
are read by networkx, or here if they are plain lists of ties.
"""

import ast
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from .core.columns import Array, Ties
from .core.kernels import wire
from .core.randomness import MASK, N_SLOTS, N_STREAMS, Stream, stream_keys
from .later import later
from .scenario.network import Network

with later("networkx"):  # which only files need
    import networkx as nx

Graph: TypeAlias = "nx.Graph[str]"
Fill = Callable[[Array, Array], int]

N_NAMED = 3
"""How many offenders a message names before it only counts them."""


class NetworkError(ValueError):
    """A network that cannot be had; says which file, what is wrong, what to do."""


def build_ties(
    section: Network,
    ids: Array,
    is_sociable: Array,
    seed: int,
    labels: Sequence[object] | None = None,
) -> Ties:
    """Return the ties of a market.

    Parameters
    ----------
    section : Network
        The kind of network and its numbers.
    ids : uint64, shape (n_customers,)
        Distinct; people are ranked by them.
    is_sociable : uint8, shape (n_customers,)
        0 for a hermit: no ties, no weak meetings.
    seed : int
        Keys every draw; only its lowest 64 bits count.
    labels : sequence of n_customers names, optional
        What a file may call the customers.

    Returns
    -------
    Ties
        Both directions of every tie, sorted within each row. `complete` and
        `none` store no tie.

    Raises
    ------
    NetworkError
        Naming the file, what is wrong with it and the remedy.
    """
    sociable = _sociable_by_id(ids, is_sociable)
    if section.kind == "file":
        graph = read_network(str(section.file))
        rows = match_labels(graph, ids, labels)
        return _file_ties(graph, rows, is_sociable, sociable)
    if section.kind in ("complete", "none") or sociable.size < 2:
        start, target = np.zeros(len(ids) + 1, np.int64), np.empty(0, np.int32)
    else:
        start, target = _generated_rows(section, sociable, len(ids), seed)
    return Ties(start, target, np.ones(1, np.float32), sociable)


def degree(ties: Ties) -> Array:
    """Return the number of ties of each customer, int32, shape (n_customers,)."""
    return np.diff(ties.start).astype(np.int32)


def to_networkx(
    ties: Ties,
    labels: Sequence[object] | None = None,
    attributes: Mapping[str, Array] | None = None,
) -> "nx.Graph[object]":
    """Return the ties as a networkx graph whose edges carry `weight`.

    Parameters
    ----------
    ties : Ties
    labels : sequence of n_customers names, optional
        The nodes; rows if not given.
    attributes : mapping of name to array, shape (n_customers,), optional
        Becomes attributes of the nodes, as plain Python scalars.
    """
    n = ties.start.size - 1
    names: Sequence[object] = range(n) if labels is None else labels
    columns = {name: np.asarray(a).tolist() for name, a in (attributes or {}).items()}
    graph: nx.Graph[object] = nx.Graph()
    graph.add_nodes_from(
        (names[i], {name: column[i] for name, column in columns.items()})
        for i in range(n)
    )
    from_row = np.repeat(np.arange(n), np.diff(ties.start))
    once = np.flatnonzero(from_row < ties.target)
    weight = np.broadcast_to(ties.weight, ties.target.shape)[once]
    pairs = zip(from_row[once].tolist(), ties.target[once].tolist(), strict=True)
    graph.add_edges_from(
        (names[i], names[j], {"weight": w})
        for (i, j), w in zip(pairs, weight.tolist(), strict=True)
    )
    return graph


# Generators


def _sociable_by_id(ids: Array, is_sociable: Array) -> Array:
    """Return the rows of sociable people in the order of their ids, int32."""
    if np.all(ids[1:] > ids[:-1]):
        return np.flatnonzero(is_sociable).astype(np.int32)
    order = np.argsort(ids, kind="stable").astype(np.int32)
    sociable: Array = order[is_sociable[order] != 0]
    return sociable


def _generated_rows(
    section: Network, sociable: Array, n_customers: int, seed: int
) -> tuple[Array, Array]:
    """Return the compressed rows (start, target) that a generator makes."""
    keys = np.zeros((N_STREAMS, N_SLOTS), np.uint64)
    # Words wrap around; numpy says so where the compiler is off.
    with np.errstate(over="ignore"):
        stream_keys(wire.word(seed & MASK), wire.word(0), keys)
        rows = sociable
        if section.kind == "scale_free":
            rows = sociable.copy()
            wire.shuffle(keys[Stream.NETWORK], rows)
        n_own, other = _half(section, keys[Stream.NETWORK], rows.size)
        start = np.zeros(n_customers + 1, np.int64)
        target = np.empty(2 * other.size, np.int32)
        n_kept = wire.tie_rows(n_own, other, rows, start, target)
    del n_own, other
    return start, target if n_kept == target.size else target[:n_kept].copy()


def _half(section: Network, keys: Array, n: int) -> tuple[Array, Array]:
    """Return every tie once: how many each position has, and to which others.

    The room set aside is what is likely needed; a generator that finds more ties
    is run again with as much as it asked for, and finds the same.
    """
    fill, n_expected = _generator(section, keys, n)
    n_own = np.empty(n, np.int32)
    other = np.empty(math.ceil(n_expected + 4 * math.sqrt(n_expected)), np.int32)
    n_found = fill(n_own, other)
    if n_found > other.size:
        other = np.empty(n_found, np.int32)
        fill(n_own, other)
    return n_own, other[:n_found]


def _generator(section: Network, keys: Array, n: int) -> tuple[Fill, float]:
    """Return what writes the ties of n people, and how many ties to expect."""
    mean = float(section.degree)
    if section.kind == "cliques":
        size = min(int(section.clique_size), n)
        return lambda own, other: wire.cliques(size, own, other), n * (size - 1) / 2
    if mean >= n - 1:
        return lambda own, other: wire.cliques(n, own, other), n * (n - 1) / 2
    if section.kind == "small_world":
        chance = float(section.rewiring)
        return (
            lambda own, other: wire.small_world(keys, mean, chance, own, other)
        ), n * mean / 2
    if section.kind == "random":
        return lambda own, other: wire.random(keys, mean, own, other), n * mean / 2
    if section.kind == "scale_free":
        popularity = np.zeros(n)
        if mean > 0:
            wire.power_law(mean, float(section.exponent), popularity)
        return (
            lambda own, other: wire.scale_free(keys, popularity, own, other)
        ), n * mean / 2
    if section.kind == "communities":
        n_blocks = max(1, round(n / section.community_size))
        near = min(mean * (1 - section.mixing), n / n_blocks - 1)
        near = mean if n_blocks == 1 else near
        return (
            lambda own, other: wire.communities(
                keys, near, mean - near, n_blocks, own, other
            )
        ), n * mean / 2
    message = f"network.kind: {section.kind!r} is not a kind of network"
    raise NetworkError(message)


# Files


def read_network(path: str | Path) -> Graph:
    """Return the network written in a file, as an undirected graph without loops.

    `.graphml`, `.gml`, `.gexf` and `.net` are read by networkx. `.edgelist`,
    `.txt`, `.csv` and `.tsv` are lists of ties, one a line: two labels and, if
    you like, a weight or networkx's dictionary; separated by tabs, commas,
    semicolons or blanks; `#` begins a comment; a heading is recognised. Labels
    in quotes or brackets may hold separators.

    Ties between the same two people become one, whatever their direction, and
    their weights add; a tie without weight weighs 1. Nodes are text. The graph's
    name is the path.

    Raises
    ------
    NetworkError
        Naming the file, what is wrong with it and the remedy.
    """
    path = Path(path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        kinds = ", ".join(READERS)
        raise NetworkError(
            f"{path}: {path.suffix or 'no ending'} is no format that is read;"
            f" use one of {kinds}"
        )
    if not path.is_file():
        raise NetworkError(
            f"{path}: no such file; correct network.file (a path in a scenario"
            " starts at the scenario's folder)"
        )
    try:
        found = reader(path)
    except NetworkError:
        raise
    except Exception as error:  # each parser of networkx fails in its own way
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise NetworkError(
            f"{path}: cannot be read as {path.suffix.lower()} ({reason});"
            " repair it, or save it again in one of the formats that are read"
        ) from error
    graph = _merged(found, path)
    if graph.number_of_edges() == 0:
        raise NetworkError(
            f"{path}: holds no tie between two people;"
            " add ties, or set network.kind: none"
        )
    return graph


def _read_gml(path: Path) -> "nx.Graph[object]":
    """Read GML by its labels, or by its ids where nodes have none."""
    has_labels = re.search(r"(?m)^\s*label\s", path.read_text(encoding="utf-8"))
    graph: nx.Graph[object] = nx.read_gml(path, label="label" if has_labels else "id")
    return graph


HEADINGS = {
    ("source", "target"),
    ("from", "to"),
    ("src", "dst"),
    ("node1", "node2"),
    ("id1", "id2"),
    ("customer1", "customer2"),
}
ENCLOSED = r'"[^"]*"|\([^()]*\)|\{[^{}]*\}'
BETWEEN = {"\t": r"\t", ",": ",", ";": ";"}


def _read_list(path: Path) -> "nx.Graph[object]":
    """Read a list of ties, one a line."""
    graph: nx.MultiGraph[object] = nx.MultiGraph()
    weight_column = 2
    split: Callable[[str], list[str]] | None = None
    for number, line in _written_lines(path):
        is_first = split is None
        split = split or _splitter(line)
        fields = split(line)
        if len(fields) < 2 or not fields[0] or not fields[1]:
            raise NetworkError(
                f"{path}:{number}: {line!r} does not name two people;"
                " write one tie a line: source, target and, if you like, a weight"
            )
        if is_first and _is_heading(fields):
            names = [field.lower() for field in fields]
            weight_column = names.index("weight") if "weight" in names else 2
            continue
        text = fields[weight_column] if len(fields) > weight_column else ""
        weight = _weight_written(text, f"{path}:{number}")
        graph.add_edge(fields[0], fields[1], weight=weight)
    return graph


def _written_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the number and text of every line, without comments and blank lines."""
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            text = line.split("#", 1)[0].strip("\r\n ")
            if text.strip():
                yield number, text


def _splitter(line: str) -> Callable[[str], list[str]]:
    """Return what splits lines like this one into fields."""
    bare = re.sub(ENCLOSED, "", line)
    mark = next((mark for mark in BETWEEN if mark in bare), None)
    if mark is None:
        field = re.compile(rf"(?:{ENCLOSED}|\S)+")
        return lambda text: [_unquoted(hit) for hit in field.findall(text)]
    between = re.compile(rf"(?:^|{BETWEEN[mark]})((?:{ENCLOSED}|[^{BETWEEN[mark]}])*)")
    return lambda text: [_unquoted(hit) for hit in between.findall(text)]


def _unquoted(field: str) -> str:
    """Return a field without blanks around it and without its quotes."""
    field = field.strip()
    is_quoted = len(field) > 1 and field[0] == field[-1] == '"'
    return field[1:-1] if is_quoted else field


def _is_heading(fields: list[str]) -> bool:
    """Tell whether the first line names columns instead of people."""
    first, second = (re.sub(r"[ _-]", "", field.lower()) for field in fields[:2])
    return (first, second) in HEADINGS or "weight" in [f.lower() for f in fields[2:]]


def _weight_written(text: str, where: str) -> float:
    """Return the weight in the third field of a line, 1 if there is none."""
    try:
        if text.startswith("{"):
            return float(ast.literal_eval(text).get("weight", 1))
        return float(text) if text else 1.0
    except (ValueError, SyntaxError, TypeError, AttributeError) as error:
        raise NetworkError(
            f"{where}: weight {text!r} is not a number; write a number above 0, or"
            " head the column of weights with weight"
        ) from error


def _by_networkx(name: str) -> Callable[[Path], "nx.Graph[object]"]:
    """Return what reads a file by a function of networkx, loaded when it is needed."""

    def read(path: Path) -> "nx.Graph[object]":
        graph: nx.Graph[object] = getattr(nx, name)(path)
        return graph

    return read


READERS: dict[str, Callable[[Path], "nx.Graph[object]"]] = {
    ".graphml": _by_networkx("read_graphml"),
    ".gml": _read_gml,
    ".gexf": _by_networkx("read_gexf"),
    ".net": _by_networkx("read_pajek"),
    ".edgelist": _read_list,
    ".txt": _read_list,
    ".csv": _read_list,
    ".tsv": _read_list,
}


def _merged(found: "nx.Graph[object]", path: Path) -> Graph:
    """Return an undirected simple graph with labels as text and weights added up."""
    graph: Graph = nx.Graph(name=str(path))
    graph.add_nodes_from(str(node) for node in found.nodes)
    for one, other, data in found.edges(data=True):
        try:
            weight = float(data.get("weight", 1))
        except (TypeError, ValueError):
            weight = math.nan
        if not (math.isfinite(weight) and weight > 0):
            raise NetworkError(
                f"{path}: the tie {one} - {other} has weight"
                f" {data.get('weight')}; weights must be finite numbers above 0"
            )
        pair = str(one), str(other)
        if one != other:
            before = graph.edges[pair]["weight"] if graph.has_edge(*pair) else 0.0
            graph.add_edge(*pair, weight=before + weight)
    return graph


def match_labels(
    graph: Graph, ids: Array, labels: Sequence[object] | None = None
) -> Array:
    """Return the row of each node of a graph, in the order of its nodes, int32.

    Labels of customers are matched as text. Without them, a file whose labels
    are all whole numbers speaks of ids; any other file's people are put in
    natural order and become the customers with the lowest ids.

    Parameters
    ----------
    graph : networkx.Graph
        With labels as text; its name stands in messages.
    ids : uint64, shape (n_customers,)
    labels : sequence of n_customers names, optional

    Raises
    ------
    NetworkError
        Naming people who are no customers, or more people than customers.
    """
    nodes = list(graph.nodes)
    if labels is not None:
        known = {str(label): row for row, label in enumerate(labels)}
        remedy = "add them to the customers file, or remove their ties"
    elif all(re.fullmatch(r"-?(0|[1-9]\d*)", node) for node in nodes):
        known = {str(i): row for row, i in enumerate(ids.tolist())}
        remedy = f"whole numbers are ids, 0 to {len(ids) - 1} here; number from 0"
        largest = max(int(node) for node in nodes)
        if largest >= len(ids):
            remedy += f", or set market.customers: {largest + 1}"
    else:
        if len(nodes) > len(ids):
            raise NetworkError(
                f"{graph.name}: names {len(nodes)} people but market.customers is"
                f" {len(ids)}; set market.customers: {len(nodes)}"
            )
        by_id = np.argsort(ids, kind="stable").tolist()
        known = dict(zip(sorted(nodes, key=_natural), by_id, strict=False))
        remedy = ""
    if unknown := [node for node in nodes if node not in known]:
        raise NetworkError(
            f"{graph.name}: names unknown customers: {_few(unknown)}; {remedy}"
        )
    return np.array([known[node] for node in nodes], dtype=np.int32)


def _natural(label: str) -> tuple[list[str | int], str]:
    """Sort key under which "b2" stands before "b10"."""
    parts = re.split(r"(\d+)", label)
    return [int(p) if k % 2 else p.casefold() for k, p in enumerate(parts)], label


def _few(names: Sequence[str]) -> str:
    """Return the first few names, and how many more there are."""
    more = len(names) - N_NAMED
    shown = ", ".join(repr(name) for name in names[:N_NAMED])
    return f"{shown} and {more} more" if more > 0 else shown


def _file_ties(graph: Graph, rows: Array, is_sociable: Array, sociable: Array) -> Ties:
    """Return the ties of a graph whose nodes stand for these rows."""
    row_of = dict(zip(graph.nodes, rows.tolist(), strict=True))
    hermits = [
        node
        for node, n_ties in graph.degree
        if n_ties > 0 and not is_sociable[row_of[node]]
    ]
    if hermits:
        raise NetworkError(
            f"{graph.name}: gives ties to customers who have none (sociable 0 in the"
            f" customers file): {_few(hermits)}; set their sociable to 1, or remove"
            " their ties"
        )
    edges: list[tuple[str, str, float]] = list(graph.edges(data="weight"))
    one = np.array([row_of[edge[0]] for edge in edges], dtype=np.int32)
    two = np.array([row_of[edge[1]] for edge in edges], dtype=np.int32)
    weight = np.array([edge[2] for edge in edges], dtype=np.float64)
    weight = (weight / weight.max()).astype(np.float32)
    from_row, target = np.concatenate([one, two]), np.concatenate([two, one])
    order = np.lexsort((target, from_row))
    start = np.zeros(is_sociable.size + 1, dtype=np.int64)
    np.cumsum(np.bincount(from_row, minlength=is_sociable.size), out=start[1:])
    is_even = bool(np.all(weight == 1))
    weights = np.ones(1, np.float32) if is_even else np.tile(weight, 2)[order]
    return Ties(start, target[order], weights, sociable)
