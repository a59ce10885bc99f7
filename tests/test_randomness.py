"""Keyed draws: quality with stated thresholds; quantiles against scipy.

A correlation of n independent pairs has a standard error of 1/√n; every one here
must stay within 4/√n. Draws are keyed, so what passes once passes for ever.
"""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import special, stats

from simulation.core import elementary, randomness
from simulation.core.randomness import (
    MASK,
    N_SLOTS,
    N_STREAMS,
    Stream,
    beta_quantile,
    count_quantile,
    fold,
    frailty,
    held_mean,
    normal_quantile,
    spread,
    stream_keys,
    uniform,
    uniform_pair,
)
from simulation.population import frailties, quality_table

N = 1 << 16
MANY = 1 << 20
WHO = np.arange(N, dtype=np.uint64)
SEED = 3
HIGHEST_P, LOWEST_P = 1 - 1e-4, 1e-4
U = (np.arange(2000) + 0.5) / 2000

# Draws of many people at once, written anew: Stafford's thirteenth mix


def mixed(bits):
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def folded(key, part):
    product = np.asarray(part, np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return mixed(np.atleast_1d(np.asarray(key, np.uint64)) + product)


def draws(key, who=WHO):
    return ((folded(key, who) >> np.uint64(12)) + 0.5) * 2.0**-52


def keys_of(seed=SEED, tick=1):
    keys = np.zeros((N_STREAMS, N_SLOTS), np.uint64)
    stream_keys(np.uint64(seed), np.uint64(tick), keys)
    return keys


KEYS = keys_of()
KEY = KEYS[Stream.QUALITY, 0]


def assert_uncorrelated(one, other, what):
    r = np.corrcoef(one, other)[0, 1]
    assert abs(r) < 4 / math.sqrt(len(one)), f"{what}: r = {r:.5f}"


def assert_even(u, n_cells, what):
    """Chi-square over equal cells, its p-value inside (.0001, .9999)."""
    counts = np.bincount((u * n_cells).astype(int), minlength=n_cells)
    p = stats.chisquare(counts).pvalue
    assert LOWEST_P < p < HIGHEST_P, f"{what}: p = {p:.6f}"


def test_fold_gives_the_published_numbers_of_splitmix64():
    published = (
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    )
    assert tuple(fold(1234567, i) for i in range(1, 6)) == published
    assert fold(0, 1) == 0xE220A8397B1DCDAF


def test_compiled_draws_are_these_draws():
    root = folded(folded(0, SEED), 1)
    for stream in (0, 15, N_STREAMS - 1):
        for slot in (0, N_SLOTS - 1):
            assert folded(folded(root, stream), slot) == KEYS[stream, slot]
    who = [0, 1, 2**31, 2**63, MASK]
    mine = draws(KEY, np.array(who, np.uint64)).tolist()
    assert [uniform(KEY, np.uint64(each)) for each in who] == mine


def test_draws_are_inside_the_open_interval():
    assert 0 < 0.5 * 2.0**-52
    assert (2.0**52 - 1 + 0.5) * 2.0**-52 < 1
    u = draws(KEY, np.arange(MANY, dtype=np.uint64))
    assert 0 < u.min() < 1e-5
    assert 1 - 1e-5 < u.max() < 1


# Quality


@pytest.mark.parametrize("n_cells", [16, 1024])
@pytest.mark.parametrize("stream", [Stream.FAIL, Stream.HEAR, Stream.JOIN])
def test_draws_are_uniform(stream, n_cells):
    u = draws(KEYS[stream, 0], np.arange(MANY, dtype=np.uint64))
    assert_even(u, n_cells, f"{stream.name} in {n_cells} cells")


def test_pairs_of_neighbours_are_uniform():
    """Two draws of neighbouring people fill 32 × 32 cells evenly."""
    u = draws(KEY, np.arange(MANY, dtype=np.uint64))
    both = (np.floor(u[:-1:2] * 32) * 32 + u[1::2] * 32) / 1024
    assert_even(both, 1024, "pairs")


def test_each_of_the_52_bits_is_balanced():
    bits = folded(KEY, np.arange(MANY, dtype=np.uint64)) >> np.uint64(12)
    for bit in range(52):
        share = ((bits >> np.uint64(bit)) & np.uint64(1)).mean()
        assert abs(share - 0.5) < 4 * 0.5 / math.sqrt(MANY), f"bit {bit}: {share}"


@pytest.mark.parametrize("lag", [1, 2, 3, 7, 10, 64, 1000])
def test_people_are_serially_uncorrelated(lag):
    u = draws(KEY, np.arange(N + lag, dtype=np.uint64))
    assert_uncorrelated(u[:-lag], u[lag:], f"lag {lag}")


def test_neighbouring_streams_are_uncorrelated():
    all_draws = [draws(key) for key in KEYS[:, 0]]
    for stream, (one, other) in enumerate(pairwise(all_draws)):
        assert_uncorrelated(one, other, f"streams {stream} and {stream + 1}")


def test_neighbouring_slots_are_uncorrelated():
    all_draws = [draws(key) for key in KEYS[Stream.QUALITY]]
    for slot, (one, other) in enumerate(pairwise(all_draws)):
        assert_uncorrelated(one, other, f"slots {slot} and {slot + 1}")


def test_neighbouring_ticks_are_uncorrelated():
    """Of the same people in the same decision, and of the next person along."""
    all_draws = [draws(keys_of(tick=t)[Stream.QUALITY, 0]) for t in range(22)]
    for tick in range(1, 21):
        one, other = all_draws[tick : tick + 2]
        assert_uncorrelated(one, other, f"ticks {tick} and {tick + 1}")
        assert_uncorrelated(one[1:], other[:-1], f"ticks {tick}, shifted")


def test_neighbouring_seeds_are_uncorrelated():
    all_draws = [draws(keys_of(seed=s)[Stream.QUALITY, 0]) for s in range(22)]
    for seed in range(21):
        one, other = all_draws[seed : seed + 2]
        assert_uncorrelated(one, other, f"seeds {seed} and {seed + 1}")


def test_life_of_one_person_is_serially_uncorrelated():
    """Along the ticks, which is how a person meets their luck."""
    root = folded(0, SEED)
    keys = folded(folded(folded(root, WHO), int(Stream.QUALITY)), 0)
    u = draws(keys, 77)
    assert_even(u, 256, "ticks of one person")
    for lag in (1, 2, 4, 13):
        assert_uncorrelated(u[:-lag], u[lag:], f"ticks, lag {lag}")


def test_a_pair_has_a_direction():
    one = draws(folded(KEY, WHO), WHO + np.uint64(1))
    other = draws(folded(KEY, WHO + np.uint64(1)), WHO)
    assert (one != other).all()
    assert_uncorrelated(one, other, "teller and hearer")
    assert uniform_pair(KEY, 3, 4) != uniform_pair(KEY, 4, 3)
    assert uniform_pair(KEY, 3, 4) == uniform(fold(KEY, 3), 4)


def test_no_two_keys_are_alike():
    """Nor is (seed, stream + 1) ever (seed + 1, stream), nor tick for seed."""
    found = [keys_of(seed, tick) for seed in range(24) for tick in range(24)]
    words = np.concatenate([keys.ravel() for keys in found])
    assert np.unique(words).size == words.size
    assert keys_of(4)[5, 0] != keys_of(5)[4, 0]
    one, other = draws(keys_of(4)[5, 0]), draws(keys_of(5)[4, 0])
    assert_uncorrelated(one, other, "seed + 1 and stream + 1")


def test_streams_keep_their_numbers():
    """Streams are appended, never renumbered: the seeds of old results hold."""
    assert list(Stream)[:38] == list(range(38))
    assert (Stream.NETWORK, Stream.SPELL, Stream.HEAR) == (0, 11, 24)
    assert (Stream.JOIN, Stream.MEETING_COUNT) == (32, 37)


# Quantiles against scipy


@pytest.mark.parametrize("sd", [0.03, 0.08, 0.13, 0.2])
@pytest.mark.parametrize("mean", [0.1, 0.22, 0.5, 0.8, 0.9])
def test_beta_table_against_scipy(mean, sd):
    """Mean within .0002, sd within .002, quantiles within .03 and .002 on average."""
    table, relative = quality_table(), spread(held_mean(mean), sd)
    mine = np.array([beta_quantile(table, mean, relative, u) for u in U])
    total = mean * (1 - mean) / sd**2 - 1
    true = stats.beta.ppf(U, mean * total, (1 - mean) * total)
    assert abs(mine.mean() - mean) < 2e-4
    assert abs(mine.std() - sd) < 2e-3
    assert np.abs(mine - true).max() < 0.03
    assert np.abs(mine - true).mean() < 2e-3
    assert (np.diff(mine) >= 0).all()


def test_beta_draw_moves_little_with_its_mean():
    """The luck stays, the world shifts: .001 of mean moves no draw by .01."""
    table = quality_table()
    for mean in np.linspace(0.1, 0.9, 33):
        step = [
            abs(
                beta_quantile(table, mean + 0.001, spread(mean + 0.001, 0.13), u)
                - beta_quantile(table, mean, spread(mean, 0.13), u)
            )
            for u in U[::10]
        ]
        assert max(step) < 0.01


@pytest.mark.parametrize("shape", [0.3, 0.7, 1.0, 5.0])
def test_frailty_against_scipy(shape):
    """A gamma law of mean 1: quantiles within .05 %, mean within .1 %."""
    table = frailties(shape)
    mine = np.array([frailty(table, u) for u in U])
    true = stats.gamma.ppf(U, shape, scale=1 / shape)
    assert np.abs(mine / true - 1).max() < 5e-4
    assert abs(mine.mean() - 1) < 1e-3


def test_normal_quantile_against_scipy():
    tails = 10.0 ** -np.arange(3, 16)
    u = np.concatenate([U, tails, 1 - tails])
    mine, true = np.array([normal_quantile(x) for x in u]), special.ndtri(u)
    assert (np.abs(mine - true) <= 2e-15 * np.abs(true) + 1e-15).all()


@pytest.mark.parametrize(
    ("n", "chance"), [(1, 0.5), (50, 0.01), (200, 0.7), (999, 0.2)]
)
def test_count_is_the_binomial_quantile(n, chance):
    mine = [count_quantile(n, chance, u) for u in U]
    assert mine == stats.binom.ppf(U, n, chance).astype(int).tolist()


@pytest.mark.parametrize(("n", "chance"), [(5000, 0.01), (100_000, 0.0005)])
def test_count_of_many_is_the_poisson_quantile(n, chance):
    mine = [count_quantile(n, chance, u) for u in U]
    assert mine == stats.poisson.ppf(U, n * chance).astype(int).tolist()


@pytest.mark.parametrize(("n", "chance"), [(900, 0.5), (5000, 0.2), (10**6, 0.4)])
def test_count_of_very_many_is_nearly_the_binomial_quantile(n, chance):
    """By the normal law: within .2 of its own sd."""
    mine = np.array([count_quantile(n, chance, u) for u in U])
    sd = math.sqrt(n * chance * (1 - chance))
    assert np.abs(mine - stats.binom.ppf(U, n, chance)).max() <= max(2, 0.2 * sd)


# Elementary functions against the library

X = np.concatenate([np.linspace(-50, 50, 4001), np.linspace(-1e-3, 1e-3, 401)])


def test_exponential_against_the_library():
    for x in X.tolist():
        true = math.exp(x)
        assert abs(elementary.exponential(x) - true) <= 1e-15 * true, x


def test_logarithm_against_the_library():
    for x in np.exp(X).tolist():
        true = math.log(x)
        assert abs(elementary.logarithm(x) - true) <= 1e-15 * abs(true) + 1e-16, x


def test_power_floor_and_logistic_against_the_library():
    for x in np.linspace(0.001, 4, 400).tolist():
        for y in (-1.5, 0.0, 0.5, 1.0, 2.7):
            assert abs(elementary.power(x, y) / x**y - 1) < 1e-14
    for x in X.tolist():
        assert elementary.floor(x) == math.floor(x)
        assert abs(elementary.logistic(x) - special.expit(x)) < 1e-15


def test_log_gamma_and_gamma_chance_against_scipy():
    for x in np.linspace(0.05, 60, 400).tolist():
        true = special.gammaln(x)
        assert abs(randomness.log_gamma(x) - true) < 1e-12 * max(1, abs(true))
    for shape in (0.3, 0.7, 1.0, 5.0):
        for x in (1e-6, 0.1, 1.0, 3.0, 20.0):
            true = special.gammainc(shape, x)
            assert abs(randomness.gamma_chance(shape, x) - true) < 1e-11
