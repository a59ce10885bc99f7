"""Adoption by signals: equal to its twin, derived where it can be, off by default."""

import numpy as np
import pytest

from simulation.core.columns import Stage
from simulation.core.kernels.adopt import draw_turns
from simulation.model import PerceptionModel
from simulation.scenario import ScenarioError, load, parameters
from tests.limits import assert_share, lived, plain
from tests.test_twin import ROOT, ROUGH, assert_equal, rough, world

KINDS = ("cliques", "small_world", "random", "scale_free", "communities", "none")
SIGNALS = {
    "rule": "goldenberg",
    "strong_signal_chance": 0.1,
    "weak_signal_chance": 0.05,
    "advertising_chance": 0.02,
}
"""So that many of two hundred people decide within a year."""
LAUNCH = {"warmup_weeks": 0, "weeks": 40}
KEYS = [p for p in parameters() if p.path.startswith("adoption.")]


def launch(n, weeks, network=None, **adoption):
    """A market of prospects in which nothing happens but signals."""
    return plain(
        n,
        weeks,
        use={"chance_per_week": 0},
        market={"share_active": 0},
        network=network or {},
        adoption={"rule": "goldenberg", **adoption},
    )


# The twin


@pytest.mark.parametrize("kind", KINDS)
def test_twin_equals_on_every_network(kind):
    model = assert_equal(world(clock=LAUNCH, network={"kind": kind}, adoption=SIGNALS))
    weekly = model.weekly()
    assert weekly["rejecters"][-1] > 0
    assert weekly["joined"].sum() > 0


def test_twin_equals_on_weighted_ties_with_levers_and_short_ticks():
    file = str(ROOT / "tests" / "data" / "les_miserables.graphml")
    ties = {"kind": "file", "file": file}
    levers = {"win_back": {}}
    assert_equal(rough(levers, clock=LAUNCH, network=ties, adoption=SIGNALS))
    clock = {"warmup_weeks": 4, "weeks": 8, "tick_days": 1}
    assert_equal(world(clock=clock, **ROUGH, adoption=SIGNALS))


def test_threads_change_nothing():
    settings = world(clock=LAUNCH, adoption=SIGNALS)
    alone, shared = (
        PerceptionModel(settings, seed=5, n_threads=n).run() for n in (1, 2)
    )
    assert np.array_equal(alone.counts, shared.counts)


# What can be derived


def test_advertising_alone_wins_what_its_fading_leaves():
    """Nobody hears of anybody: 1 − Π (1 − p k^t), p = .05, k = .9, 30 weeks: .385."""
    settings = launch(20_000, 30, advertising_chance=0.05, advertising_keep=0.9)
    active = lived(settings).weekly()["active"][-1]
    expected = 1 - np.prod(1 - 0.05 * 0.9 ** np.arange(30))
    assert expected == pytest.approx(0.385, abs=0.001)
    assert_share(active, 20_000, expected)


def test_disappointed_customers_repel_as_many_as_their_signals_reach():
    """One customer of a pair, disappointed: the other rejects with m q a week.

    q = .05, m = 2, and no advertising after it has won half: 1 − .9^t of those whose
    partner alone was won.
    """
    settings = launch(
        20_000,
        8,
        {"kind": "cliques", "clique_size": 2},
        strong_signal_chance=0.05,
        disappointed_share=1,
        advertising_chance=0.5,
        advertising_keep=0,
    )
    model = PerceptionModel(settings, seed=1)
    model.step()
    stage, target = model.people.relation.stage.copy(), model.ties.target
    alone = (stage == Stage.PROSPECT) & (stage[target] == Stage.ACTIVE)
    for _ in range(5):
        model.step()
    rejected = model.people.relation.stage[alone] == Stage.REJECTER
    assert_share(rejected.sum(), alone.sum(), 1 - 0.9**5)


def test_news_runs_on_within_a_week():
    """Signals that never fail, on a ring: who comes later hears who joined before.

    If all decided at once, the first week would end with those won by advertising.
    """
    signals = {"strong_signal_chance": 1, "disappointed_share": 0}
    ring = {"kind": "small_world", "degree": 2, "rewiring": 0}
    joined = [
        lived(launch(2000, 1, ties, advertising_chance=0.01, **signals)).weekly()
        for ties in (None, ring)
    ]
    alone, tied = (weekly["active"][-1] for weekly in joined)
    assert tied > 2 * alone > 0


def test_the_order_is_a_permutation_drawn_anew_each_week():
    orders = []
    for seed, tick in ((1, 1), (1, 2), (2, 1), (1, 1)):
        model = PerceptionModel(launch(300, 9), seed=seed)
        for _ in range(tick):
            model.step()
        turns = np.empty(300)
        draw_turns(model.world(), turns)
        orders.append(np.argsort(turns).tolist())
    assert len({tuple(order) for order in orders}) == 3
    assert orders[0] == orders[3]


def test_who_has_rejected_never_comes_back():
    model = PerceptionModel(world(clock=LAUNCH, adoption=SIGNALS), seed=2)
    rejected = np.zeros(model.n_customers, bool)
    while not model.is_over:
        model.step()
        now = model.people.relation.stage == Stage.REJECTER
        assert not (rejected & ~now).any()
        rejected |= now
    weekly = model.weekly()
    stocks = weekly["active"] + weekly["prospects"] + weekly["lost"]
    assert (stocks == model.n_customers).all()
    assert (weekly["rejecters"] <= weekly["prospects"]).all()


# The keys


def counts(**adoption):
    market = {"share_active": 0}
    settings = world(clock=LAUNCH, market=market, adoption=adoption)
    return PerceptionModel(settings, seed=3).run().counts


@pytest.mark.parametrize("parameter", KEYS, ids=lambda p: p.path)
def test_no_key_is_dead_and_none_matters_to_the_usual_rule(parameter):
    key = parameter.path.removeprefix("adoption.")
    other = {key: parameter.range[0]}
    assert not np.array_equal(counts(**SIGNALS), counts(**{**SIGNALS, **other}))
    assert np.array_equal(counts(), counts(**other))


def test_advertising_fades_by_weeks_whatever_the_tick():
    numbers = {
        days: load("baseline", [f"clock.tick_days={days}"]).adoption.to_kernel(
            load("baseline", [f"clock.tick_days={days}"]).clock, 1 + 14 // days
        )
        for days in (1, 7, 14)
    }
    weekly = numbers[7].advertising_chance
    assert weekly == pytest.approx(0.005 * 0.9**2)
    for days, each in numbers.items():
        in_a_week = 1 - (1 - each.advertising_chance) ** (7 / days)
        assert in_a_week == pytest.approx(weekly, rel=1e-9)


def test_a_complete_network_is_refused_in_one_line():
    overrides = ["adoption.rule=goldenberg", "network.kind=complete"]
    with pytest.raises(ScenarioError, match="needs ties, and") as fault:
        load("baseline", overrides)
    assert "\n" not in str(fault.value)
