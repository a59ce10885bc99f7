"""Indices of known functions, with and without noise, through our own path."""

import numpy as np
import pandas as pd
import pytest

from analysis import InputError
from analysis.design import Design
from analysis.importance import swings
from analysis.indices import findings, noise_of, order, replications
from analysis.methods import METHODS, Space, size_beyond_luck

ISHIGAMI = {
    "S1": (0.3139, 0.4424, 0.0, 0.0),
    "ST": (0.5576, 0.4424, 0.2437, 0.0),
}
"""Analytic, a = 7, b = 0.1, with an inert fourth factor."""
ISHIGAMI_VARIANCE = 13.8446
SPACE = Space(("x1", "x2", "x3", "inert"))
BLOCKS = {
    "morris": 20,
    "sobol": 512,
    "fast": 3,
    "rbd_fast": 1000,
    "dgsm": 128,
    "delta": 400,
    "pawn": 400,
    "hdmr": 400,
}


def ishigami(points):
    x = np.pi * (2 * points - 1)
    return (
        np.sin(x[:, 0])
        + 7 * np.sin(x[:, 1]) ** 2
        + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    )


def asked(name, noise=0.0, n_seeds=4, space=SPACE, function=ishigami):
    points = METHODS[name].sample(space, BLOCKS[name], 7)
    luck = noise * np.random.default_rng(11).normal(size=(len(points), n_seeds))
    return findings(METHODS[name], space, points, function(points)[:, None] + luck)


def assert_holds(found, index, true, slack=0.0):
    rows = found.indices[found.indices["index"] == index].set_index("name")
    for name, value in zip(SPACE.names, true, strict=True):
        row = rows.loc[name]
        assert row["low"] - slack <= value <= row["high"] + slack, (index, name)


@pytest.mark.parametrize("noise", [0.0, 3.0])
def test_sobol_recovers_ishigami_within_its_intervals(noise):
    found = asked("sobol", noise)
    assert_holds(found, "S1", ISHIGAMI["S1"])
    assert_holds(found, "ST", ISHIGAMI["ST"], slack=0.02)
    pairs = found.interactions.set_index(["name", "other"])
    both = pairs.loc[("x1", "x3")]
    assert both["low"] <= 0.2437 <= both["high"]
    assert found.interactions["name"][0] == "x1"


@pytest.mark.parametrize("noise", [0.0, 3.0])
@pytest.mark.parametrize("name", ["rbd_fast", "hdmr"])
def test_shares_alone_recover_ishigami(name, noise):
    found = asked(name, noise)
    if name == "rbd_fast":
        assert_holds(found, "S1", ISHIGAMI["S1"], slack=0.02)
    rows = found.ranked.set_index("name")
    assert list(rows.index[:2]) in (["x2", "x1"], ["x1", "x2"])
    assert rows.loc["inert", "low"] <= 0 <= rows.loc["inert", "high"]


def test_fast_recovers_ishigami():
    assert_holds(asked("fast"), "S1", ISHIGAMI["S1"], slack=0.02)


def sobol_g(points):
    a = np.array([0.0, 1.0, 4.5, 99.0])
    return np.prod((np.abs(4 * points - 2) + a) / (1 + a), axis=1)


def test_sobol_recovers_sobol_g():
    found = asked("sobol", function=sobol_g)
    parts = 1 / (3 * (1 + np.array([0.0, 1.0, 4.5, 99.0])) ** 2)
    whole = np.prod(1 + parts) - 1
    assert_holds(found, "S1", parts / whole, slack=0.005)
    others = [np.prod(1 + np.delete(parts, i)) for i in range(4)]
    assert_holds(found, "ST", parts * others / whole, slack=0.01)


def test_noise_share_is_that_which_was_put_in():
    found = asked("sobol", 3.0)
    mine = 3.0**2 / 4
    assert found.noise_sd == pytest.approx(3.0, rel=0.05)
    share = mine / (ISHIGAMI_VARIANCE + mine)
    assert found.noise_share == pytest.approx(share, rel=0.1)


def test_what_a_seed_does_to_all_points_is_no_noise():
    points = METHODS["rbd_fast"].sample(SPACE, 100, 1)
    shifted = ishigami(points)[:, None] + np.array([0.0, 50.0, -20.0])
    assert noise_of(shifted) == pytest.approx((0.0, 0.0), abs=1e-9)


@pytest.mark.parametrize("noise", [0.0, 3.0])
@pytest.mark.parametrize("name", METHODS)
def test_the_interval_of_the_inert_holds_nothing(name, noise):
    found = asked(name, noise)
    inert = found.ranked.set_index("name").loc["inert"]
    if name == "fast" and noise == 0:
        assert 0 < inert["low"] < 1e-4, "on a finite curve frequencies interfere"
        return
    assert inert["low"] <= 0 <= inert["high"]
    assert found.ranked["name"].iloc[0] in ("x1", "x2")


def test_morris_tells_the_size_of_a_change_from_luck():
    """Without luck SALib's own; with it, no larger, where |effects| alone would be."""
    still, noisy = (asked("morris", noise).ranked for noise in (0.0, 3.0))
    points = METHODS["morris"].sample(SPACE, BLOCKS["morris"], 7)
    plain = METHODS["morris"].analyse(SPACE, points, ishigami(points))
    by_name = still.set_index("name")["value"]
    assert by_name[list(SPACE.names)].to_numpy() == pytest.approx(plain["mu_star"])
    for row in noisy.itertuples():
        assert row.low <= by_name[row.name] <= row.high


def rare(shown):
    """Return what Morris finds of x1, lived as `shown` says by block and seed."""
    points = METHODS["morris"].sample(SPACE, BLOCKS["morris"], 7)
    seen = np.repeat(shown, len(SPACE.names) + 1, axis=0)
    return findings(METHODS["morris"], SPACE, points, -points[:, :1] * seen)


def test_an_effect_that_few_seeds_show_is_no_certain_nothing():
    """One seed or the other shows it, never both: at no place has it a sign."""
    found = rare(np.eye(2)[np.arange(20) % 2]).ranked
    assert found["name"].iloc[0] == "x1"
    assert found["value"].iloc[0] == pytest.approx(0.5)
    nothing = found.loc[found["name"] != "x1", ["value", "low", "high"]]
    assert (nothing == 0).all(axis=None)


def test_what_a_single_seed_shows_is_not_resolved():
    for n_seeds, known in ((2, False), (1, True)):
        found = rare(np.eye(n_seeds)[np.zeros(20, int)])
        first = found.ranked.iloc[0]
        assert first["name"] == "x1", "it may be larger than what no seed shows"
        assert first[["value", "low", "high"]].notna().tolist() == [known] * 3
        last = found.convergence[found.convergence["name"] == "x1"]
        assert last["value"].notna().tolist() == [known] * 4


def test_rare_luck_adds_nothing_to_the_size_of_a_change():
    rng = np.random.default_rng(5)
    luck = rng.choice([-1.0, 0.0, 1.0], (4000, 20, 1, 2), p=[0.04, 0.92, 0.04])
    sizes = np.array([size_beyond_luck(each)[0] for each in luck])
    error = sizes.std() / np.sqrt(len(sizes))
    assert np.abs(luck).mean() > 20 * error
    assert abs(sizes.mean()) < 3 * error


def test_below_nothing_is_as_nothing_and_what_may_be_largest_comes_first():
    rows = {"a": (-0.6, -1.6, 0.3), "b": (0.0, 0.0, 0.0), "c": (0.2, -0.1, 0.5)}
    rows |= {"d": (np.nan,) * 3, "e": (-0.1, -0.3, 0.1)}
    table = pd.DataFrame(rows, index=["value", "low", "high"]).T
    assert order(table) == ["c", "d", "a", "e", "b"]


def test_groups_have_one_index_each():
    space = Space(("x1", "x2", "x3", "inert"), ("one", "two", "one", "none"))
    for name in ("morris", "sobol"):
        count = {"morris": 20, "sobol": 256}[name]
        points = METHODS[name].sample(space, count, 7)
        found = findings(METHODS[name], space, points, ishigami(points)[:, None])
        assert set(found.ranked["name"]) == {"one", "two", "none"}
        if name == "sobol":
            total = found.ranked.set_index("name")["value"]
            assert total["one"] == pytest.approx(0.5576, abs=0.08)
        else:
            index = found.indices.pivot(index="name", columns="index", values="value")
            assert index.loc["one", ["mu", "sigma"]].isna().all(), "no sign of several"
            assert index.loc[["two", "none"]].notna().all(axis=None)


@pytest.mark.parametrize("name", ["morris", "sobol", "fast", "rbd_fast"])
def test_one_failed_run_does_not_poison(name):
    points = METHODS[name].sample(SPACE, BLOCKS[name], 7)
    outcomes = np.repeat(ishigami(points)[:, None], 2, axis=1)
    whole = findings(METHODS[name], SPACE, points, outcomes)
    outcomes[17, 1] = np.nan
    found = findings(METHODS[name], SPACE, points, outcomes)
    assert found.n_lost == (0 if name == "fast" else 1)
    both = [each.ranked.set_index("name")["value"] for each in (whole, found)]
    assert both[0].to_numpy() == pytest.approx(
        both[1].reindex(both[0].index).to_numpy(), rel=0.25, abs=0.1
    )


def test_too_many_failures_are_one_line():
    points = METHODS["rbd_fast"].sample(SPACE, 100, 1)
    outcomes = ishigami(points)[:, None]
    outcomes[:60] = np.nan
    with pytest.raises(InputError, match="60 of 100 parts") as caught:
        findings(METHODS["rbd_fast"], SPACE, points, outcomes)
    assert "\n" not in str(caught.value)


def test_convergence_ends_at_the_answer():
    found = asked("rbd_fast")
    last = found.convergence[found.convergence["blocks"] == 1000]
    both = last.set_index("name")["value"], found.ranked.set_index("name")["value"]
    assert dict(both[0]) == pytest.approx(dict(both[1]))
    assert sorted(set(found.convergence["blocks"])) == [250, 500, 750, 1000]


def test_a_noisier_outcome_gets_more_seeds():
    counts = [replications(noise, 1.0) for noise in (0.0, 0.5, 3.0, 8.0, 100.0)]
    assert counts == [2, 2, 3, 8, 16]


def test_swing_is_the_difference_between_the_ends():
    points = np.random.default_rng(1).random((2000, 2))
    found = swings(Design(("a", "b"), points), 10 * points[:, 0])
    assert found["name"][0] == "a"
    assert found["swing"][0] == pytest.approx(8, abs=0.2)
    assert found["low"][1] <= 0 <= found["high"][1]


def test_points_that_have_much_in_common_are_not_counted_as_many():
    """Ten copies of each point tell no more than one of each."""
    points = np.random.default_rng(2).random((200, 1))
    luck = np.random.default_rng(3).normal(size=200)
    once = swings(Design(("a",), points), luck)
    copies = [np.repeat(each, 10, axis=0) for each in (points, luck)]
    ten = swings(Design(("a",), copies[0]), copies[1], rows=10)
    assert ten.iloc[0, 1:].tolist() == pytest.approx(once.iloc[0, 1:].tolist())
