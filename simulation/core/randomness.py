"""Keyed draws: every random decision is a pure function of (seed, stream, who, when).

A key is folded through a full 64-bit mix for each of its parts, so that
(seed, stream + 1) never equals (seed + 1, stream). Nothing is sequential: the
order in which customers are visited, the number of threads and decisions that
were never asked for change no other draw. The mix is Stafford's thirteenth
variant of the MurmurHash3 finaliser, the output function of SplitMix64 (Steele,
Lea & Flood 2014, doi:10.1145/2714064.2660195).

`Stream` numbers each decision once and for all; adding one never moves another.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from .elementary import exponential, logarithm
from .jit import Word, builder, kernel, rule, square_root, word

MASK = 0xFFFFFFFFFFFFFFFF
GOLDEN = 0x9E3779B97F4A7C15
FIRST_FACTOR = 0xBF58476D1CE4E5B9
SECOND_FACTOR = 0x94D049BB133111EB
TWO_TO_MINUS_52 = 2.220446049250313e-16


class Stream(IntEnum):
    """What is decided. Numbers are for ever; append, never renumber."""

    NETWORK = 0
    SEGMENT = 1
    STAGE = 2
    FIT = 3
    FRAILTY = 4
    LENIENCY = 5
    TRUST = 6
    EXPECTATION = 7
    SATISFACTION = 8
    TENURE = 9
    COVERAGE = 10
    SPELL = 11
    CONSIDER = 12
    OCCUR = 13
    FAIL = 14
    QUALITY = 15
    COMPLAIN = 16
    CONTACT = 17
    VOICE = 18
    REPAIR = 19
    UPSELL = 20
    TALK = 21
    RETELL = 22
    POST = 23
    HEAR = 24
    BELIEVE = 25
    MEET = 26
    MEETING_HEAR = 27
    MEETING_BELIEVE = 28
    PICK = 29
    READ = 30
    CAUSE = 31
    JOIN = 32
    RETURN = 33
    SAMPLE = 34
    RESPOND = 35
    SCORE = 36
    MEETING_COUNT = 37
    DETECT = 38
    PLANNED = 39
    WIN_BACK = 40
    ANSWER = 41
    NEWS_HEAR = 42
    NEWS_BELIEVE = 43
    NEWS_ABOUT = 44
    NEWS_PICK = 45
    TURN = 46
    SIGNAL = 47
    ADOPT = 48
    DISAPPOINT = 49


N_STREAMS = len(Stream)
N_SLOTS = 20
"""Sub-keys of a stream: one a touchpoint, lever or class of message."""


@rule
def mix(bits: Word) -> int:
    """Return a 64-bit word in which every bit depends on every bit of `bits`."""
    bits = (bits ^ (bits >> 30)) * FIRST_FACTOR & MASK
    bits = (bits ^ (bits >> 27)) * SECOND_FACTOR & MASK
    return bits ^ (bits >> 31)


@rule
def fold(key: Word, part: Word) -> int:
    """Return the key that `key` becomes when one more part is folded in."""
    return mix(word(key) + word(part) * GOLDEN & MASK)


@rule
def uniform(key: Word, who: Word) -> float:
    """Return the draw of `who` under a key: uniform on the open interval (0, 1)."""
    return ((fold(key, who) >> 12) + 0.5) * TWO_TO_MINUS_52


@rule
def uniform_pair(key: Word, who: Word, other: Word) -> float:
    """Return the draw of an ordered pair, wherever the two stand in memory."""
    return uniform(fold(key, who), other)


@kernel
def stream_keys(seed: Word, tick: Word, keys: NDArray[np.uint64]) -> None:
    """Write the keys of one tick into `keys`, shape (N_STREAMS, N_SLOTS).

    `tick` counts from 1; tick 0 holds the draws of a customer alone (traits,
    coverage). `seed` and `tick` are unsigned 64-bit integers.
    """
    root = fold(fold(0, seed), tick)
    for stream in range(keys.shape[0]):
        stream_key = fold(root, stream)
        for slot in range(keys.shape[1]):
            keys[stream, slot] = fold(stream_key, slot)


CENTRAL_BOUND = 0.425
CENTRAL_SQUARE = 0.180625
TAIL_SPLIT = 5.0
TAIL_SHIFT = 1.6
FAR_OUT = 1.3887943864964021e-11
"""e^-25, where √(-ln u) is `TAIL_SPLIT`."""


@rule
def is_in_tail(u: float) -> bool:
    """Return whether the normal quantile of u is beyond what `normal_centre` is for.

    >>> is_in_tail(0.07), is_in_tail(0.5)
    (True, False)
    """
    return abs(u - 0.5) > CENTRAL_BOUND


@rule
def normal_centre(u: float) -> float:
    """Return the standard normal quantile of u in [0.075, 0.925], without a branch.

    >>> normal_centre(0.5)
    0.0
    """
    q = u - 0.5
    r = CENTRAL_SQUARE - q * q
    top = 2.5090809287301226727e3 * r + 3.3430575583588128105e4
    top = (top * r + 6.7265770927008700853e4) * r + 4.5921953931549871457e4
    top = (top * r + 1.3731693765509461125e4) * r + 1.9715909503065514427e3
    top = (top * r + 1.3314166789178437745e2) * r + 3.3871328727963666080e0
    low = 5.2264952788528545610e3 * r + 2.8729085735721942674e4
    low = (low * r + 3.9307895800092710610e4) * r + 2.1213794301586595867e4
    low = (low * r + 5.3941960214247511077e3) * r + 6.8718700749205790830e2
    low = (low * r + 4.2313330701600911252e1) * r + 1.0
    return q * top / low


@rule
def is_far_out(u: float) -> bool:
    """Return whether u is nearer to 0 or 1 than `normal_tail` is for.

    >>> is_far_out(1e-20), is_far_out(0.01)
    (True, False)
    """
    return min(u, 1.0 - u) < FAR_OUT


@rule
def normal_tail(u: float) -> float:
    """Return the standard normal quantile of u outside [0.075, 0.925], not far out.

    Without a branch.

    >>> round(normal_tail(0.975), 12)
    1.95996398454
    """
    r = square_root(-logarithm(min(u, 1.0 - u))) - TAIL_SHIFT
    top = 7.74545014278341407640e-4 * r + 2.27238449892691845833e-2
    top = (top * r + 2.41780725177450611770e-1) * r + 1.27045825245236838258e0
    top = (top * r + 3.64784832476320460504e0) * r + 5.76949722146069140550e0
    top = (top * r + 4.63033784615654529590e0) * r + 1.42343711074968357734e0
    low = 1.05075007164441684324e-9 * r + 5.47593808499534494600e-4
    low = (low * r + 1.51986665636164571966e-2) * r + 1.48103976427480074590e-1
    low = (low * r + 6.89767334985100004550e-1) * r + 1.67638483018380384940e0
    low = (low * r + 2.05319162663775882187e0) * r + 1.0
    return -top / low if u < 0.5 else top / low


@rule
def normal_far_out(u: float) -> float:
    """Return the standard normal quantile of u that is far out.

    >>> round(normal_far_out(1e-20), 12)
    -9.262340089798
    """
    r = square_root(-logarithm(min(u, 1.0 - u))) - TAIL_SPLIT
    top = 2.01033439929228813265e-7 * r + 2.71155556874348757815e-5
    top = (top * r + 1.24266094738807843860e-3) * r + 2.65321895265761230930e-2
    top = (top * r + 2.96560571828504891230e-1) * r + 1.78482653991729133580e0
    top = (top * r + 5.46378491116411436990e0) * r + 6.65790464350110377720e0
    low = 2.04426310338993978564e-15 * r + 1.42151175831644588870e-7
    low = (low * r + 1.84631831751005468180e-5) * r + 7.86869131145613259100e-4
    low = (low * r + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1
    low = (low * r + 5.99832206555887937690e-1) * r + 1.0
    return -top / low if u < 0.5 else top / low


@rule
def normal_quantile(u: float) -> float:
    """Return the standard normal quantile of u in (0, 1).

    Wichura's algorithm AS 241 (1988, doi:10.2307/2347330), relative error 1e-16.

    >>> normal_quantile(0.5), round(normal_quantile(0.975), 12)
    (0.0, 1.95996398454)
    """
    if not is_in_tail(u):
        return normal_centre(u)
    return normal_far_out(u) if is_far_out(u) else normal_tail(u)


N_MEANS = 25
N_SPREADS = 19
N_QUANTILES = 513
LOWEST_MEAN = 0.02
HIGHEST_MEAN = 0.98
LOWEST_SD = 0.005
HIGHEST_SPREAD = 0.9


@rule
def held_mean(mean: float) -> float:
    """Return the mean of a Beta law, held inside [0.02, 0.98]."""
    return min(max(mean, LOWEST_MEAN), HIGHEST_MEAN)


@rule
def spread(mean: float, sd: float) -> float:
    """Return a Beta law's sd as a share of √(mean (1 − mean)), held below 0.9."""
    widest = square_root(mean * (1.0 - mean))
    return min(max(sd, LOWEST_SD) / widest, HIGHEST_SPREAD)


@rule
def beta_quantile(
    table: NDArray[np.float64], mean: float, relative_sd: float, u: float
) -> float:
    """Return the u-quantile of a Beta law, linear between the table's knots.

    `table` has shape (N_MEANS, N_SPREADS, N_QUANTILES), `mean` and `relative_sd`
    come from `held_mean` and `spread`. A small change of the mean moves the
    quantile a little: the luck stays, the world shifts.
    """
    a = (mean - LOWEST_MEAN) * ((N_MEANS - 1) / (HIGHEST_MEAN - LOWEST_MEAN))
    b = relative_sd * ((N_SPREADS - 1) / HIGHEST_SPREAD)
    c = u * (N_QUANTILES - 1)
    i = min(int(a), N_MEANS - 2)
    j = min(int(b), N_SPREADS - 2)
    k = min(int(c), N_QUANTILES - 2)
    a, b, c = a - i, b - j, c - k
    low = table[i, j, k] * (1.0 - c) + table[i, j, k + 1] * c
    high = table[i, j + 1, k] * (1.0 - c) + table[i, j + 1, k + 1] * c
    near = low + (high - low) * b
    low = table[i + 1, j, k] * (1.0 - c) + table[i + 1, j, k + 1] * c
    high = table[i + 1, j + 1, k] * (1.0 - c) + table[i + 1, j + 1, k + 1] * c
    far = low + (high - low) * b
    return near + (far - near) * a


STIRLING_FROM = 10.0
HALF_LOG_2_PI = 0.9189385332046727
SERIES_ACCURACY = 1e-13


@rule
def log_gamma(value: float) -> float:
    """Return ln Γ(value) for value > 0, by Stirling's series after shifting up.

    >>> abs(log_gamma(0.5) - 0.5723649429247001) < 1e-12
    True
    """
    shift = 0.0
    while value < STIRLING_FROM:
        shift += logarithm(value)
        value += 1.0
    inverse = 1.0 / value
    square = inverse * inverse
    series = 1.0 / 1188.0 - square * 691.0 / 360360.0
    series = -1.0 / 1680.0 + square * series
    series = 1.0 / 1260.0 + square * series
    series = -1.0 / 360.0 + square * series
    series = (1.0 / 12.0 + square * series) * inverse
    return (value - 0.5) * logarithm(value) - value + HALF_LOG_2_PI + series - shift


@rule
def beta_tail(log_x: float, log_rest: float, a: float, b: float, scale: float) -> float:
    """Return the Beta(a, b) distribution function by its continued fraction.

    Good where x < (a + 1)/(a + b + 2). `log_x` is ln x, `log_rest` is ln(1 − x),
    `scale` is ln Γ(a + b) − ln Γ(a) − ln Γ(b). Lentz's method; Abramowitz &
    Stegun 26.5.8.
    """
    x = exponential(log_x)
    d = 1.0 / (1.0 - (a + b) * x / (a + 1.0))
    c = 1.0
    fraction = d
    for m in range(1, 200):
        odd = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        d = 1.0 / (1.0 + odd * d)
        c = 1.0 + odd / c
        fraction *= d * c
        even = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        d = 1.0 / (1.0 + even * d)
        c = 1.0 + even / c
        fraction *= d * c
        if abs(d * c - 1.0) < SERIES_ACCURACY:
            break
    return exponential(scale + a * log_x + b * log_rest) * fraction / a


N_LADDER = 1001
LADDER_REACH = 40.0


@builder
def beta_table() -> NDArray[np.float64]:
    """Return Beta quantiles, shape (N_MEANS, N_SPREADS, N_QUANTILES).

    Knots are equally spaced in the mean, in sd/√(mean (1 − mean)) and in u. Each
    law's distribution function is computed on a ladder of x equally spaced in
    the logit and read backwards.
    """
    table = np.empty((N_MEANS, N_SPREADS, N_QUANTILES))
    rungs = np.empty(N_LADDER)
    chances = np.empty(N_LADDER)
    for i in range(N_MEANS):
        mean = LOWEST_MEAN + (HIGHEST_MEAN - LOWEST_MEAN) * i / (N_MEANS - 1)
        for j in range(N_SPREADS):
            if j == 0:
                table[i, j, :] = mean
                continue
            relative_sd = HIGHEST_SPREAD * j / (N_SPREADS - 1)
            total = 1.0 / (relative_sd * relative_sd) - 1.0
            a, b = mean * total, (1.0 - mean) * total
            _fill_ladder(a, b, rungs, chances)
            _read_backwards(rungs, chances, table[i, j])
    return table


@kernel
def _fill_ladder(
    a: float, b: float, rungs: NDArray[np.float64], chances: NDArray[np.float64]
) -> None:
    scale = log_gamma(a + b) - log_gamma(a) - log_gamma(b)
    for step in range(N_LADDER):
        logit = LADDER_REACH * (2.0 * step / (N_LADDER - 1) - 1.0)
        log_x = -logarithm(1.0 + exponential(-logit))
        log_rest = -logarithm(1.0 + exponential(logit))
        x = exponential(log_x)
        rungs[step] = x
        if x < (a + 1.0) / (a + b + 2.0):
            chances[step] = beta_tail(log_x, log_rest, a, b, scale)
        else:
            chances[step] = 1.0 - beta_tail(log_rest, log_x, b, a, scale)


N_PARTS = 64


@kernel
def _read_backwards(
    rungs: NDArray[np.float64],
    chances: NDArray[np.float64],
    quantiles: NDArray[np.float64],
) -> None:
    """Write quantiles at n equally spaced chances.

    The two end knots stand where the straight lines to their neighbours have the
    mean of the law in the first and last cell, so that the mean is kept.
    """
    n = quantiles.size
    step = 0
    first, last = 0.0, 0.0
    for part in range((n - 1) * N_PARTS):
        u = (part + 0.5) / ((n - 1) * N_PARTS)
        is_first, is_last = part < N_PARTS, part >= (n - 2) * N_PARTS
        if not is_first and not is_last and part % N_PARTS != 0:
            continue
        is_knot = part % N_PARTS == 0
        u = u - 0.5 / ((n - 1) * N_PARTS) if is_knot and not is_first else u
        while step < N_LADDER - 2 and chances[step + 1] < u:
            step += 1
        rise = chances[step + 1] - chances[step]
        share = (u - chances[step]) / rise if rise > 0.0 else 0.0
        share = min(max(share, 0.0), 1.0)
        value = rungs[step] + (rungs[step + 1] - rungs[step]) * share
        if is_knot and not is_first:
            quantiles[part // N_PARTS] = value
        first += value / N_PARTS if is_first else 0.0
        last += value / N_PARTS if is_last else 0.0
    quantiles[0] = min(max(2.0 * first - quantiles[1], 0.0), quantiles[1])
    top = 2.0 * last - quantiles[n - 2]
    quantiles[n - 1] = max(min(top, 1.0), quantiles[n - 2])


N_FRAILTIES = 1025
FRAILTY_REACH = 32.0


@rule
def gamma_chance(shape: float, value: float) -> float:
    """Return the Gamma(shape, 1) distribution function at value ≥ 0.

    Series below shape + 1, continued fraction above; Abramowitz & Stegun 6.5.

    >>> abs(gamma_chance(1.0, 1.0) - (1.0 - exponential(-1.0))) < 1e-12
    True
    """
    if value <= 0.0:
        return 0.0
    front = exponential(shape * logarithm(value) - value - log_gamma(shape))
    if value < shape + 1.0:
        term = 1.0 / shape
        total = term
        n = shape
        while term > total * SERIES_ACCURACY:
            n += 1.0
            term *= value / n
            total += term
        return front * total
    b = value + 1.0 - shape
    c = 1e300
    d = 1.0 / b
    fraction = d
    for i in range(1, 500):
        factor = -i * (i - shape)
        b += 2.0
        d = 1.0 / (factor * d + b)
        c = b + factor / c
        fraction *= d * c
        if abs(d * c - 1.0) < SERIES_ACCURACY:
            break
    return 1.0 - front * fraction


@builder
def frailty_table(shape: float) -> NDArray[np.float64]:
    """Return ln of the quantiles of a gamma law of mean 1, shape (N_FRAILTIES,).

    Knots are equally spaced in the logit of u, where ln of a gamma quantile is
    nearly straight in both tails. Found by bisection on ln(value).
    """
    table = np.empty(N_FRAILTIES)
    for k in range(N_FRAILTIES):
        logit = FRAILTY_REACH * (2.0 * k / (N_FRAILTIES - 1) - 1.0)
        chance = 1.0 / (1.0 + exponential(-logit))
        low, high = -690.0, 8.0
        for _ in range(60):
            middle = 0.5 * (low + high)
            if gamma_chance(shape, exponential(middle)) < chance:
                low = middle
            else:
                high = middle
        table[k] = 0.5 * (low + high) - logarithm(shape)
    return table


@rule
def frailty(table: NDArray[np.float64], u: float) -> float:
    """Return a frailty of mean 1: the u-quantile read from `frailty_table`."""
    logit = logarithm(u / (1.0 - u))
    place = (logit / FRAILTY_REACH + 1.0) * 0.5 * (N_FRAILTIES - 1)
    k = min(max(int(place), 0), N_FRAILTIES - 2)
    share = place - k
    return exponential(table[k] + (table[k + 1] - table[k]) * share)


POISSON_ABOVE = 1000
NORMAL_ABOVE = 300.0


@rule
def count_quantile(n: int, chance: float, u: float) -> int:
    """Return the u-quantile of a binomial count of n trials.

    Above 1,000 trials the Poisson law of the same mean serves; where that mean
    is above 300, the normal law, rounded.

    >>> count_quantile(10, 0.0, 0.5), count_quantile(1, 0.5, 0.75)
    (0, 1)
    """
    if n <= 0 or chance <= 0.0:
        return 0
    if chance >= 1.0:
        return n
    mean = n * chance
    if mean > NORMAL_ABOVE:
        sd = square_root(mean * (1.0 - chance))
        return min(max(int(mean + sd * normal_quantile(u) + 0.5), 0), n)
    is_poisson = n > POISSON_ABOVE
    term = exponential(-mean if is_poisson else n * logarithm(1.0 - chance))
    odds = mean if is_poisson else chance / (1.0 - chance)
    reached = term
    k = 0
    while reached < u and k < n and term > 0.0:
        k += 1
        term *= odds / k if is_poisson else odds * (n - k + 1) / k
        reached += term
    return k
