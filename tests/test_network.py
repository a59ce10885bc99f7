"""Networks: the statistics of their kind, keyed ties, and files of every sort."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import networkx as nx
import numpy as np
import pytest

from simulation.core.kernels import wire
from simulation.network import (
    NetworkError,
    build_ties,
    degree,
    match_labels,
    read_network,
    to_networkx,
)

GENERATED = ("small_world", "scale_free", "communities", "random", "cliques")
EVERY_KIND = (*GENERATED, "complete", "none")
DATA = Path(__file__).parent / "data"


def section(kind, **changes):
    numbers = {
        "degree": 10.0,
        "rewiring": 0.1,
        "exponent": 2.5,
        "community_size": 50,
        "mixing": 0.2,
        "clique_size": 8,
        "file": None,
    }
    return SimpleNamespace(kind=kind, **{**numbers, **changes})


def ties_of(kind, n=2000, seed=1, **changes):
    ids, is_sociable = np.arange(n, dtype=np.uint64), np.ones(n, dtype=np.uint8)
    return build_ties(section(kind, **changes), ids, is_sociable, seed)


def graph_of(kind, **changes):
    return to_networkx(ties_of(kind, **changes))


def pairs_by_id(ties, ids):
    """Every tie once, as a pair of ids."""
    rows = np.repeat(np.arange(len(ids)), np.diff(ties.start))
    return {(int(ids[i]), int(ids[j])) for i, j in zip(rows, ties.target, strict=True)}


def ties_from(path, n=77, labels=None, **people):
    ids = np.arange(n, dtype=np.uint64)
    is_sociable = people.get("is_sociable", np.ones(n, dtype=np.uint8))
    return build_ties(section("file", file=path), ids, is_sociable, 1, labels)


def write(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def close(measured, expected, relative):
    return measured == pytest.approx(expected, rel=relative)


# Every kind


@pytest.mark.parametrize("kind", EVERY_KIND)
@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 60])
@pytest.mark.parametrize("mean", [0.0, 1.0, 2.5, 6.0, 59.0, 100.0])
def test_rows_are_whole(kind, n, mean):
    ties = ties_of(kind, n=n, degree=mean)
    assert ties.start.dtype == np.int64
    assert ties.target.dtype == np.int32
    assert ties.sociable.dtype == np.int32
    assert ties.start.shape == (n + 1,)
    assert ties.start[0] == 0
    assert ties.start[-1] == ties.target.size
    assert ties.weight.tolist() == [1.0]
    rows = np.repeat(np.arange(n), np.diff(ties.start))
    assert np.all(rows != ties.target), "nobody is tied to themselves"
    in_order = np.diff(rows * n + ties.target)
    assert np.all(in_order > 0), "rows are sorted, each tie stands once"
    pairs = pairs_by_id(ties, range(n))
    assert {(j, i) for i, j in pairs} == pairs, "ties run both ways"


@pytest.mark.parametrize("kind", ["small_world", "scale_free", "communities", "random"])
@pytest.mark.parametrize("n", [2, 3, 4, 12])
def test_degree_beyond_the_market_ties_everybody(kind, n):
    assert np.all(degree(ties_of(kind, n=n, degree=12)) == n - 1)


@pytest.mark.parametrize("kind", ["small_world", "scale_free", "communities", "random"])
@pytest.mark.parametrize("mean", [1.0, 3.0, 4.7, 10.0, 25.0])
def test_mean_degree_is_met(kind, mean):
    assert close(degree(ties_of(kind, n=20_000, degree=mean)).mean(), mean, 0.03)


@pytest.mark.parametrize("kind", ["small_world", "scale_free", "communities", "random"])
def test_mean_degree_is_met_in_a_small_market(kind):
    means = [degree(ties_of(kind, n=100, seed=s)).mean() for s in range(40)]
    assert close(np.mean(means), 10.0, 0.03)


@pytest.mark.parametrize("kind", GENERATED)
def test_same_seed_same_ties(kind):
    one, two = ties_of(kind, seed=5), ties_of(kind, seed=5)
    assert np.array_equal(one.start, two.start)
    assert np.array_equal(one.target, two.target)


@pytest.mark.parametrize("kind", ["scale_free", "communities", "random"])
def test_neighbouring_seeds_share_no_more_ties_than_chance(kind):
    ids = range(2000)
    one = pairs_by_id(ties_of(kind, seed=5), ids)
    two = pairs_by_id(ties_of(kind, seed=6), ids)
    far = pairs_by_id(ties_of(kind, seed=987_654_321), ids)
    assert len(one & two) / len(one) < 0.3
    assert abs(len(one & two) - len(one & far)) < 0.05 * len(one)


def test_neighbouring_seeds_rewire_other_ties():
    ids = range(2000)
    worlds = [ties_of("small_world", seed=s, rewiring=1.0) for s in (5, 6)]
    one, two = (pairs_by_id(ties, ids) for ties in worlds)
    assert len(one & two) / len(one) < 0.02


@pytest.mark.parametrize("seed", [0, 2**63, 2**64 - 1, -1])
def test_any_whole_number_is_a_seed(seed):
    assert ties_of("random", n=50, seed=seed).target.size > 0


@pytest.mark.parametrize("kind", GENERATED)
def test_order_of_rows_does_not_matter(kind):
    n = 500
    ids, everybody = np.arange(n, dtype=np.uint64) * 3, np.ones(n, dtype=np.uint8)
    shuffled = np.random.default_rng(0).permutation(ids)
    there = build_ties(section(kind), ids, everybody, 1)
    here = build_ties(section(kind), shuffled, everybody, 1)
    assert pairs_by_id(there, ids) == pairs_by_id(here, shuffled)
    assert np.array_equal(shuffled[here.sociable], ids)


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_added_hermits_change_no_tie(kind):
    ids = np.arange(10, 510, dtype=np.uint64)
    everybody = np.ones(500, dtype=np.uint8)
    more = np.concatenate([[700], ids, [3]]).astype(np.uint64)
    is_sociable = np.concatenate([[0], everybody, [0]]).astype(np.uint8)
    there = build_ties(section(kind), ids, everybody, 1)
    here = build_ties(section(kind), more, is_sociable, 1)
    assert pairs_by_id(there, ids) == pairs_by_id(here, more)
    assert np.array_equal(more[here.sociable], ids[there.sociable])
    assert degree(here)[0] == degree(here)[-1] == 0


def test_a_world_of_hermits_has_no_ties():
    ids, nobody = np.arange(9, dtype=np.uint64), np.zeros(9, dtype=np.uint8)
    ties = build_ties(section("small_world"), ids, nobody, 1)
    assert ties.target.size == ties.sociable.size == 0


@pytest.mark.parametrize("kind", ["complete", "none"])
def test_what_is_known_without_storing_is_not_stored(kind):
    ties = ties_of(kind, n=50)
    assert ties.target.size == 0
    assert ties.sociable.tolist() == list(range(50))


def test_unknown_kind_is_refused():
    with pytest.raises(NetworkError, match=r"network\.kind: 'lattice'"):
        ties_of("lattice")


def test_a_generator_short_of_room_is_run_again():
    """Counting needs no room, and the second run finds the same ties."""
    n_own, nothing = np.empty(50, np.int32), np.empty(0, np.int32)
    n_found = wire.cliques(5, n_own, nothing)
    other = np.empty(n_found, np.int32)
    assert wire.cliques(5, n_own, other) == n_found == 100 == n_own.sum()


def test_each_kernel_has_one_signature():
    for kind in GENERATED:
        ties_of(kind, n=50)
    compiled = [value for value in vars(wire).values() if hasattr(value, "signatures")]
    ours = [
        kernel
        for kernel in compiled
        if kernel.__module__ == wire.__name__
        and not kernel.targetoptions.get("forceinline")  # a part is typed by its caller
    ]
    assert len(ours) > 5 or os.environ.get("NUMBA_DISABLE_JIT")
    assert not [kernel for kernel in ours if len(kernel.signatures) > 1]


PRINT_TIES = """
import sys; sys.path[:0] = [{tests!r}, {root!r}]
from test_network import GENERATED, ties_of
for kind in GENERATED:
    for n in (3, 200):
        ties = ties_of(kind, n=n, degree=6.5)
        print(ties.start.tolist(), ties.target.tolist())
"""


def test_compiled_equals_uncompiled():
    tests = Path(__file__).parent
    code = PRINT_TIES.format(tests=str(tests), root=str(tests.parent))
    said = [
        subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            env={**os.environ, "NUMBA_DISABLE_JIT": off},
            check=True,
            capture_output=True,
        ).stdout
        for off in ("0", "1")
    ]
    assert said[0] == said[1] != b""


def test_rows_drop_repeats():
    n_own, other = np.array([3, 1, 0], np.int32), np.array([1, 1, 2, 0], np.int32)
    start, target = np.zeros(4, np.int64), np.empty(8, np.int32)
    n_kept = wire.tie_rows(n_own, other, np.arange(3, dtype=np.int32), start, target)
    assert start.tolist() == [0, 2, 3, 4]
    assert target[:n_kept].tolist() == [1, 2, 0, 0]


@pytest.mark.parametrize("length", [0, 1, 2, 48, 49, 500, 3000])
def test_rows_of_any_length_are_sorted(length):
    row = np.random.default_rng(1).permutation(length + 4).astype(np.int32)
    expected = [*row[:2], *np.sort(row[2:-2]), *row[-2:]]
    wire.sort_row(row, 2, length + 2)
    assert row.tolist() == expected


# Statistics of each kind, beside networkx's


@pytest.mark.parametrize("rewiring", [0.0, 0.05, 0.3, 1.0])
def test_small_world_is_that_of_watts_and_strogatz(rewiring):
    ours = graph_of("small_world", n=1000, rewiring=rewiring)
    theirs = nx.watts_strogatz_graph(1000, 10, rewiring, seed=1)
    clustering = nx.average_clustering(theirs)
    assert nx.average_clustering(ours) == pytest.approx(clustering, rel=0.05, abs=0.01)
    length = nx.average_shortest_path_length(theirs)
    assert close(nx.average_shortest_path_length(ours), length, 0.05)
    spread = np.var([d for _, d in theirs.degree])
    measured = np.var([d for _, d in ours.degree])
    assert measured == pytest.approx(spread, rel=0.25, abs=0.01)


def test_small_world_on_a_ring_repeats_no_tie():
    ties = ties_of("small_world", n=100, rewiring=0.0, degree=6)
    assert ties.target[:6].tolist() == [1, 2, 3, 97, 98, 99]


def test_small_world_is_rewired_evenly():
    ties = ties_of("small_world", n=1000, rewiring=1.0)
    lands = np.bincount(ties.target // 100, minlength=10)
    assert np.all(np.abs(lands - 1000) < 5 * np.sqrt(1000))


@pytest.mark.parametrize("exponent", [2.2, 2.5, 3.0, 3.5])
def test_scale_free_follows_its_power_law(exponent):
    n = 100_000
    counts = degree(ties_of("scale_free", n=n, exponent=exponent))
    cut = np.sqrt(n * 10)
    assert counts.max() < 1.2 * cut
    # Hill's estimate where the law is not yet bent by the cut-off.
    lowest = 40
    tail = np.sort(counts[counts >= lowest]).astype(float)
    tail = tail[tail < cut / 4]
    grid = np.linspace(1.5, 5, 3501)
    x = np.arange(lowest, int(np.ceil(cut / 4)))
    likelihood = [
        -g * np.log(tail).sum() - tail.size * np.log((x**-g).sum()) for g in grid
    ]
    assert grid[int(np.argmax(likelihood))] == pytest.approx(exponent, abs=0.25)


def test_scale_free_has_the_second_moment_of_expected_degrees():
    theirs = nx.expected_degree_graph(
        [d for _, d in graph_of("scale_free", n=20_000).degree], seed=1, selfloops=False
    )
    expected = np.mean([d * d for _, d in theirs.degree])
    moments = [
        np.mean(degree(ties_of("scale_free", n=20_000, seed=s)).astype(float) ** 2)
        for s in range(5)
    ]
    # The given degrees already vary as Poisson counts do: once more adds the mean.
    assert close(np.mean(moments), expected - 10, 0.05)


def test_scale_free_hubs_stand_anywhere():
    hubs = [np.argmax(degree(ties_of("scale_free", n=1000, seed=s))) for s in range(40)]
    assert 300 < np.mean(hubs) < 700
    assert len(set(hubs)) > 35


@pytest.mark.parametrize("mixing", [0.0, 0.2, 0.6])
def test_communities_keep_their_share_of_ties_inside(mixing):
    graph = graph_of("communities", n=2000, mixing=mixing)
    blocks = [set(range(first, first + 50)) for first in range(0, 2000, 50)]
    theirs = nx.planted_partition_graph(
        40, 50, 10 * (1 - mixing) / 49, 10 * mixing / 1950, seed=1
    )
    inside = sum(i // 50 == j // 50 for i, j in graph.edges)
    assert inside / graph.number_of_edges() == pytest.approx(1 - mixing, abs=0.02)
    modularity = nx.community.modularity(theirs, blocks)
    assert nx.community.modularity(graph, blocks) == pytest.approx(modularity, abs=0.02)
    clustering = nx.average_clustering(theirs)
    assert nx.average_clustering(graph) == pytest.approx(clustering, abs=0.02)


def test_communities_of_uneven_sizes_differ_by_one_person():
    graph = graph_of("communities", n=107, mixing=0.0, community_size=10, degree=100)
    sizes = {len(part) for part in nx.connected_components(graph)}
    assert sizes == {107}, "ties that find no room in the block leave it"
    graph = graph_of("communities", n=107, mixing=0.0, community_size=10, degree=8.7)
    assert {len(part) for part in nx.connected_components(graph)} <= {9, 10}


def test_random_has_the_degrees_of_erdos_and_renyi():
    counts = degree(ties_of("random", n=20_000))
    assert close(counts.var(), 10 * (1 - 10 / 19_999), 0.04)
    clustering = nx.average_clustering(graph_of("random", n=2000))
    assert clustering == pytest.approx(10 / 2000, abs=0.002)


def test_random_pairs_are_alike():
    """No stretch of the triangle of pairs is met more often than another."""
    ties = ties_of("random", n=1000, degree=100)
    rows = np.repeat(np.arange(1000), np.diff(ties.start))
    met = np.histogram2d(rows // 100, ties.target // 100, bins=10)[0]
    off = met[~np.eye(10, dtype=bool)]
    assert np.all(np.abs(off - 1000) < 5 * np.sqrt(1000))


def test_cliques_are_complete_and_apart():
    graph = graph_of("cliques", n=20, clique_size=8)
    parts = sorted(sorted(part) for part in nx.connected_components(graph))
    sizes = [list(range(8)), list(range(8, 16)), list(range(16, 20))]
    assert parts == sizes
    assert graph.number_of_edges() == 28 + 28 + 6


# Files


def same_ties(graph, ties, names):
    """The ties are those of the graph, weights divided by the largest."""
    largest = max((w or 1) for _, _, w in graph.edges(data="weight"))
    expected = {
        frozenset((str(i), str(j))): pytest.approx((w or 1) / largest, rel=1e-6)
        for i, j, w in graph.edges(data="weight")
    }
    found = to_networkx(ties, names).edges(data="weight")
    return {frozenset((i, j)): w for i, j, w in found} == expected


def natural(graph):
    return sorted(str(node) for node in graph.nodes)


def test_les_miserables_is_shipped_as_networkx_has_it():
    graph = nx.les_miserables_graph()
    ties = ties_from(DATA / "les_miserables.graphml")
    assert ties.weight.shape == ties.target.shape
    assert ties.weight.max() == 1
    assert same_ties(graph, ties, natural(graph))


def test_davis_southern_women_runs_from_graphml(tmp_path):
    graph = nx.Graph(nx.davis_southern_women_graph().edges)
    nx.write_graphml(graph, tmp_path / "women.graphml")
    ties = ties_from(tmp_path / "women.graphml", n=40)
    events = [f"E{k}" for k in range(1, 15)]
    women = sorted(set(graph) - set(events))
    names = [*women[:3], *events, *women[3:]]
    assert names[2:4] == ["Dorothy Murchison", "E1"]
    assert names[16:18] == ["E14", "Eleanor Nye"]
    assert same_ties(graph, ties, [*names, *(str(k) for k in range(8))])
    assert ties.weight.tolist() == [1.0]
    assert degree(ties)[32:].sum() == 0


@pytest.mark.parametrize(
    ("ending", "writer"),
    [
        ("graphml", nx.write_graphml),
        ("gml", nx.write_gml),
        ("gexf", nx.write_gexf),
        ("net", nx.write_pajek),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_each_format_of_networkx_is_read(tmp_path, ending, writer):
    graph = nx.les_miserables_graph()
    writer(graph, tmp_path / f"network.{ending}")
    ties = ties_from(tmp_path / f"network.{ending}")
    assert same_ties(graph, ties, natural(graph))


@pytest.mark.parametrize("name", ["a.edgelist", "a.txt", "a.csv", "a.tsv"])
@pytest.mark.parametrize("data", [True, False, ["weight"]])
def test_edge_lists_of_networkx_are_read(tmp_path, name, data):
    graph = nx.relabel_nodes(nx.les_miserables_graph(), lambda s: s.replace(" ", "_"))
    between = {"csv": ",", "tsv": "\t"}.get(name[2:], " ")
    nx.write_edgelist(graph, tmp_path / name, delimiter=between, data=data)
    if not data:
        graph = nx.Graph(graph.edges)
    connected = [node for node in graph if graph.degree[node]]
    ties = ties_from(tmp_path / name, labels=connected)
    assert same_ties(graph, ties, connected)


@pytest.mark.parametrize(
    "text",
    [
        "a b 2\nb c 1\n",
        "# made by hand\na b 2 # best friends\n\nb c\n",
        "\ufeffa,b,2\r\nb,c,1\r\n",
        "source,target,weight\na,b,2\nb,c,1\n",
        "Source;Target;since;Weight\na;b;1999;2\nb;c;2001;1\n",
        "from\tto\tstrength\na\tb\t2\nb\tc\t1\n",
        "x,y,weight\na,b,2\nb,c,1\n",
        "a b {'weight': 2, 'kind': 'x'}\nb c {}\n",
        'a,"b",2\n"b", c ,1\n',
        "a \tb\t 2\nb\tc\t1\n",
        "a   b  2\n  b c\n",
        "b a 1\na b 1\nb c 1\nc c 9\n",
    ],
)
def test_edge_lists_are_read_however_they_are_written(tmp_path, text):
    ties = ties_from(write(tmp_path, "ties.txt", text), n=3)
    assert ties.start.tolist() == [0, 1, 3, 4]
    assert ties.target.tolist() == [1, 0, 2, 1]
    assert ties.weight.tolist() == [1, 1, 0.5, 0.5]


def test_labels_may_hold_separators(tmp_path):
    text = '"Valjean, Jean","Myriel, Charles",2\n"(0, 1)","(1, 2)",1\n(1, 2),(2, 2),1\n'
    graph = read_network(write(tmp_path, "ties.csv", text))
    people = {"Valjean, Jean", "Myriel, Charles", "(0, 1)", "(1, 2)", "(2, 2)"}
    assert set(graph) == people
    graph = read_network(write(tmp_path, "ties.txt", "(0, 1) (1, 2) {}\n"))
    assert set(graph) == {"(0, 1)", "(1, 2)"}


def test_directions_and_parallel_ties_merge(tmp_path):
    graph = nx.MultiDiGraph(
        [("a", "b"), ("b", "a"), ("a", "b"), ("b", "c"), ("c", "c")]
    )
    nx.write_graphml(graph, tmp_path / "ties.graphml")
    found = read_network(tmp_path / "ties.graphml")
    assert sorted(found.edges(data="weight")) == [("a", "b", 3), ("b", "c", 1)]


def test_whole_numbers_are_ids(tmp_path):
    path = write(tmp_path, "ties.txt", "4 0\n4 2\n")
    ids = np.array([4, 3, 2, 1, 0], dtype=np.uint64)
    assert match_labels(read_network(path), ids).tolist() == [0, 4, 2]


def test_other_labels_become_the_lowest_ids_in_natural_order(tmp_path):
    graph = read_network(write(tmp_path, "ties.txt", "c10 c9\nc9 c1\n"))
    ids = np.array([7, 2, 1, 0], dtype=np.uint64)
    assert match_labels(graph, ids).tolist() == [1, 2, 3]


def test_labels_of_customers_are_matched_as_text(tmp_path):
    graph = read_network(write(tmp_path, "ties.txt", "10 bo\nbo 30\n"))
    ids = np.arange(4, dtype=np.uint64)
    assert match_labels(graph, ids, [30, "x", 10, "bo"]).tolist() == [2, 3, 0]


def test_hermits_may_stand_in_a_file_without_ties(tmp_path):
    graph = nx.Graph([("0", "1")])
    graph.add_node("2")
    nx.write_graphml(graph, tmp_path / "ties.graphml")
    hermit = np.array([1, 1, 0], np.uint8)
    ties = ties_from(tmp_path / "ties.graphml", n=3, is_sociable=hermit)
    assert ties.sociable.tolist() == [0, 1]


# Bad input: one line naming the file, what is wrong and the remedy


@pytest.mark.parametrize(
    ("name", "text", "wrong", "remedy"),
    [
        ("gone.csv", None, "no such file", "correct network.file"),
        ("ties.xlsx", "a b", ".xlsx is no format", ".graphml"),
        ("ties", "a b", "no ending is no format", ".edgelist"),
        ("ties.csv", "", "no tie", "network.kind: none"),
        ("ties.csv", "source,target\n", "no tie", "network.kind: none"),
        ("ties.csv", "a,a\n", "no tie", "network.kind: none"),
        ("ties.csv", "a,b\nc\n", "ties.csv:2: 'c' does not name two", "one tie a line"),
        ("ties.csv", "a,b\nc,,2\n", "ties.csv:2: 'c,,2'", "one tie a line"),
        ("ties.csv", "a,b,far\n", "ties.csv:1: weight 'far'", "write a number"),
        ("ties.txt", "a b {'weight'}\n", "weight \"{'weight'}\"", "write a number"),
        ("ties.txt", "a b {'weight': 'x'}\n", "not a number", "write a number"),
        ("ties.csv", "a,b,nan\n", "a - b has weight nan", "above 0"),
        ("ties.csv", "a,b,inf\n", "a - b has weight inf", "above 0"),
        ("ties.csv", "a,b,-1\n", "a - b has weight -1.0", "above 0"),
        ("ties.csv", "a,b,0\n", "a - b has weight 0.0", "above 0"),
        ("ties.graphml", "not xml", "cannot be read as .graphml", "repair it"),
        ("ties.graphml", "<graphml></graphml>", "cannot be read", "repair it"),
        ("ties.gml", "graph [", "cannot be read as .gml", "repair it"),
        ("ties.gexf", "<x/>", "cannot be read as .gexf", "repair it"),
        ("ties.net", "*vertices x", "cannot be read as .net", "repair it"),
    ],
)
def test_a_bad_file_is_told_in_one_line(tmp_path, name, text, wrong, remedy):
    path = tmp_path / name if text is None else write(tmp_path, name, text)
    with pytest.raises(NetworkError) as told:
        read_network(path)
    message = str(told.value)
    assert message.startswith(str(path))
    assert wrong in message
    assert remedy in message.partition(wrong)[2]
    assert "\n" not in message


@pytest.mark.parametrize("ending", ["csv", "graphml", "gml"])
def test_a_binary_file_is_told_in_one_line(tmp_path, ending):
    path = tmp_path / f"ties.{ending}"
    path.write_bytes(bytes(range(256)))
    with pytest.raises(NetworkError, match="cannot be read as") as told:
        read_network(path)
    assert "\n" not in str(told.value)


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "ties.csv").mkdir()
    with pytest.raises(NetworkError, match="no such file"):
        read_network(tmp_path / "ties.csv")


def test_a_weight_that_is_text_in_graphml_is_refused(tmp_path):
    graph = nx.Graph()
    graph.add_edge("a", "b", weight="heavy")
    nx.write_graphml(graph, tmp_path / "ties.graphml")
    with pytest.raises(NetworkError, match="a - b has weight heavy"):
        read_network(tmp_path / "ties.graphml")


@pytest.mark.parametrize(
    ("text", "labels", "message"),
    [
        ("a b\nb c\nc d\n", None, "names 4 people but market.customers is 3;"),
        ("0 1\n1 3\n", None, "unknown customers: '3'; .* set market.customers: 4"),
        ("-1 1\n", None, "unknown customers: '-1'; .* number from 0$"),
        ("1 2\n2 01\n7 8\n", None, "names 5 people .* set market.customers: 5"),
        ("a b\nb c\n", "xbc", "unknown customers: 'a'; add them to the customers file"),
        ("a b\nc d\ne f\n", "xyz", "'a', 'b', 'c' and 3 more; add them"),
    ],
)
def test_unknown_customers_are_named(tmp_path, text, labels, message):
    path = write(tmp_path, "ties.txt", text)
    with pytest.raises(NetworkError, match=message) as told:
        ties_from(path, n=3, labels=labels)
    assert str(told.value).startswith(str(path))
    assert "\n" not in str(told.value)


def test_a_hermit_with_ties_is_refused(tmp_path):
    path = write(tmp_path, "ties.txt", "a b\nb c\n")
    hermit = np.array([1, 1, 0], np.uint8)
    with pytest.raises(NetworkError, match=r"customers file\): 'c'; set their soc"):
        ties_from(path, n=3, is_sociable=hermit)


# Export


@pytest.mark.parametrize("kind", GENERATED)
def test_exported_ties_come_back(tmp_path, kind):
    ties = ties_of(kind, n=200)
    nx.write_edgelist(to_networkx(ties), tmp_path / "ties.txt")
    again = ties_from(tmp_path / "ties.txt", n=200)
    assert np.array_equal(ties.start, again.start)
    assert np.array_equal(ties.target, again.target)


def test_export_carries_labels_weights_and_columns():
    ties = ties_from(DATA / "les_miserables.graphml")
    names = natural(nx.les_miserables_graph())
    trust = np.linspace(0, 1, 77, dtype=np.float32)
    graph = to_networkx(ties, names, {"trust": trust})
    assert list(graph) == names
    assert graph.nodes["Zephine"]["trust"] == 1.0
    assert type(graph.nodes["Zephine"]["trust"]) is float
    assert max(w for _, _, w in graph.edges(data="weight")) == 1.0
    assert graph.number_of_edges() == 254
