"""Before the first week: who is tied to whom.

People stand at positions 0 … n − 1, the sociable in the order of their ids. A
generator writes every tie once, at one of its two ends: the ties of position i
are the next `n_own[i]` entries of `other`. It returns how many ties it found; what
does not fit into `other` is counted, not written. `tie_rows` turns that half
into compressed rows of both directions.

Every decision is a keyed draw of the positions concerned, under the slots of
`Stream.NETWORK` named below; `keys` has shape (N_SLOTS,).
"""

from typing import Any

import numpy as np

from ..columns import Array
from ..elementary import logarithm, power
from ..jit import kernel, part, rule, square_root
from ..randomness import fold, uniform

EXTRA = 0
REWIRE = 1
WHOM = 2
NEAR = 3
FAR = 4
ACCEPT = 5
SHUFFLE = 6

word: Any = np.uint64
"""Draws are keyed by unsigned words; signed ones would shift in their sign."""

N_CELLS = 256
N_HALVINGS = 50
OUTDATED = 2
"""How many times too high a chance may be before it is renewed."""

SHORT_ROW = 48
"""Rows up to this length are sorted by insertion alone."""

OUT_OF_SIGHT = 1 << 40
"""More people than any network has."""


@rule
def log_rest(chance: float) -> float:
    """Return ln(1 − chance), the chance held in [0, 1].

    >>> log_rest(0.0)
    0.0
    """
    return logarithm(1.0 - min(max(chance, 0.0), 1.0))


@rule
def passed_over(u: float, rest: float) -> int:
    """Return how many people in a row are passed over before the next tie.

    The geometric law floor(ln u / ln(1 − p)) of independent chances p, so that
    the work is in proportion to the ties (Batagelj & Brandes 2005,
    doi:10.1103/PhysRevE.71.036113). `rest` is ln(1 − p).

    >>> passed_over(0.2, log_rest(0.5)), passed_over(0.2, log_rest(1.0))
    (2, 0)
    """
    return int(logarithm(u) / rest) if rest < 0.0 else OUT_OF_SIGHT


@rule
def heavy_tail(share: float, few: float, everyone: float, exponent: float) -> float:
    """Return the degree that this share of people exceed under a power law.

    density ∝ degree^−exponent from `lowest` to `highest`, exponent > 1; `few` is
    highest^(1 − exponent) and `everyone` lowest^(1 − exponent).

    >>> abs(heavy_tail(0.25, 0.0, 1.0, 3.0) - 2.0) < 1e-9
    True
    """
    return power(few + (everyone - few) * share, 1.0 / (1.0 - exponent))


@rule
def tie_chance(one: float, other: float) -> float:
    """Return the chance of a tie between two people of given popularity.

    Popularity is the expected degree over the root of the sum of all, so that the
    product is Chung and Lu's chance w v / Σw.

    References
    ----------
    Chung & Lu 2002, doi:10.1007/PL00012580.

    >>> tie_chance(0.5, 0.25), tie_chance(2.0, 3.0)
    (0.125, 1.0)
    """
    return min(one * other, 1.0)


@kernel
def small_world(
    keys: Array, degree: float, rewiring: float, n_own: Array, other: Array
) -> int:
    """Tie everybody to the nearest `degree` people on a ring; rewire some ties.

    Each person has the ties to the next `degree`/2 people; the fraction of a tie
    that may be left over is had with that chance, so that any mean degree is met.
    Each tie is rewired with chance `rewiring`, to anybody who is not near on the
    ring, where it could only repeat a tie.

    References
    ----------
    Watts & Strogatz 1998, doi:10.1038/30918.
    """
    n, found = n_own.size, 0
    half = int(degree / 2)
    rest = degree / 2 - half
    widest = half + 1 if rest > 0.0 else half
    n_far = n - 1 - 2 * widest
    for i in range(n):
        before = found
        extra_key = fold(keys[EXTRA], word(i))
        rewire_key = fold(keys[REWIRE], word(i))
        whom_key = fold(keys[WHOM], word(i))
        for step in range(1, widest + 1):
            if step > half and uniform(extra_key, word(step)) >= rest:
                continue
            j = i + step
            if n_far > 0 and uniform(rewire_key, word(step)) < rewiring:
                j = i + widest + 1 + int(uniform(whom_key, word(step)) * n_far)
            if found < other.size:
                other[found] = j - n if j >= n else j
            found += 1
        n_own[i] = found - before
    return found


@kernel
def random(keys: Array, degree: float, n_own: Array, other: Array) -> int:
    """Tie every pair with one chance: Erdős and Rényi's G(n, p)."""
    n, found = n_own.size, 0
    rest = log_rest(degree / max(n - 1, 1))
    for i in range(n):
        key = fold(keys[NEAR], word(i))
        before = found
        found = tie_some(key, i + 1, n, rest, found, other)
        n_own[i] = found - before
    return found


@kernel
def communities(
    keys: Array, near: float, far: float, n_blocks: int, n_own: Array, other: Array
) -> int:
    """Tie people to `near` others of their block and `far` of all others, on average.

    Blocks are runs of neighbouring positions whose sizes differ by one at most:
    the planted partition.

    References
    ----------
    Condon & Karp 2001,
    doi:10.1002/1098-2418(200103)18:2<116::AID-RSA1001>3.0.CO;2-2.
    """
    n, found = n_own.size, 0
    for block in range(n_blocks):
        first, last = block * n // n_blocks, (block + 1) * n // n_blocks
        size = last - first
        near_rest = log_rest(near / max(size - 1, 1))
        far_rest = log_rest(far / max(n - size, 1))
        for i in range(first, last):
            before = found
            near_key, far_key = fold(keys[NEAR], word(i)), fold(keys[FAR], word(i))
            found = tie_some(near_key, i + 1, last, near_rest, found, other)
            found = tie_some(far_key, last, n, far_rest, found, other)
            n_own[i] = found - before
    return found


@part
def tie_some(
    key: int, first: int, last: int, rest: float, found: int, other: Array
) -> int:
    """Tie one person to each position from first to last − 1 with one chance."""
    draw = 0
    j = first + passed_over(uniform(key, word(draw)), rest)
    while j < last:
        if found < other.size:
            other[found] = j
        found += 1
        draw += 1
        j += 1 + passed_over(uniform(key, word(draw)), rest)
    return found


@kernel
def scale_free(keys: Array, popularity: Array, n_own: Array, other: Array) -> int:
    """Tie pairs in proportion to the product of their popularity.

    `popularity` falls from the first position on, so that the chances along a row
    fall too: candidates are met with an earlier chance and kept with the ratio of
    the true one to it; where that ratio is low the chance is brought up to date.

    References
    ----------
    Miller & Hagberg 2011, doi:10.1007/978-3-642-21286-4_10.
    """
    n, found = n_own.size, 0
    for i in range(n):
        before = found
        next_key, accept_key = fold(keys[FAR], word(i)), fold(keys[ACCEPT], word(i))
        chance = tie_chance(popularity[i], popularity[min(i + 1, n - 1)])
        rest = log_rest(chance)
        draw = 0
        j = i + 1 + passed_over(uniform(next_key, word(draw)), rest)
        while j < n:
            true = tie_chance(popularity[i], popularity[j])
            if uniform(accept_key, word(draw)) * chance < true:
                if found < other.size:
                    other[found] = j
                found += 1
            if true * OUTDATED < chance:
                chance = true
                rest = log_rest(chance)
            draw += 1
            j += 1 + passed_over(uniform(next_key, word(draw)), rest)
        n_own[i] = found - before
    return found


@kernel
def power_law(degree: float, exponent: float, popularity: Array) -> None:
    """Write falling popularities: power-law degrees of this mean, up to √(n · degree).

    The lowest degree is found by halving, on the law's mean over cells equally
    wide in the logarithm; what is left is met by one factor, as is what self
    loops would have taken.
    """
    n = popularity.size
    highest = max(square_root(n * degree), degree)
    low, high = 0.0, degree
    for _ in range(N_HALVINGS):
        middle = (low + high) / 2
        if tail_mean(middle, highest, exponent) < degree:
            low = middle
        else:
            high = middle
    few, everyone = power(highest, 1.0 - exponent), power(high, 1.0 - exponent)
    total, squares = 0.0, 0.0
    for i in range(n):
        w = heavy_tail((2 * i + 1) / (2 * n), few, everyone, exponent)
        popularity[i] = w
        total += w
        squares += w * w
    pairs = total * total - squares
    factor = square_root(degree * n / pairs) if pairs > 0.0 else 0.0
    for i in range(n):
        popularity[i] *= factor


@kernel
def tail_mean(lowest: float, highest: float, exponent: float) -> float:
    """Return the mean of a power law between two degrees."""
    mass, total = 0.0, 0.0
    for cell in range(N_CELLS):
        times = power(highest / lowest, (2 * cell + 1) / (2 * N_CELLS))
        density = power(times, 1.0 - exponent)
        mass += density
        total += density * times
    return lowest * total / mass


@kernel
def shuffle(keys: Array, rows: Array) -> None:
    """Put rows in a keyed order, so that hubs are nobody in particular."""
    for i in range(rows.size - 1, 0, -1):
        j = int(uniform(keys[SHUFFLE], word(i)) * (i + 1))
        rows[i], rows[j] = rows[j], rows[i]


@kernel
def cliques(clique_size: int, n_own: Array, other: Array) -> int:
    """Tie everybody to all others of their clique; the last may be smaller."""
    n, found = n_own.size, 0
    for i in range(n):
        before = found
        last = min((i // clique_size + 1) * clique_size, n)
        for j in range(i + 1, last):
            if found < other.size:
                other[found] = j
            found += 1
        n_own[i] = found - before
    return found


@kernel
def tie_rows(
    n_own: Array, other: Array, rows: Array, start: Array, target: Array
) -> int:
    """Write both directions of every tie, sorted within each row and once each.

    Parameters
    ----------
    n_own, other : int32, shapes (n,) and (n_found,)
        The half a generator wrote; no tie leads back to oneself.
    rows : int32, shape (n,)
        The row of the person at each position.
    start : int64, shape (n_customers + 1,)
        Zeros; becomes where each row's ties begin.
    target : int32, shape (2 · n_found,)
        Becomes the ties.

    Returns
    -------
    int
        How many entries of `target` are in use.
    """
    count_ties(n_own, other, rows, start)
    place_ties(n_own, other, rows, start, target)
    for row in range(start.size - 1):
        sort_row(target, start[row], start[row + 1])
    return drop_repeats(start, target)


@kernel
def count_ties(n_own: Array, other: Array, rows: Array, start: Array) -> None:
    """Make start[row] the place of the row's first tie."""
    for i in range(n_own.size):
        start[rows[i] + 1] += n_own[i]
    for tie in range(other.size):
        start[rows[other[tie]] + 1] += 1
    for row in range(1, start.size):
        start[row] += start[row - 1]


@kernel
def place_ties(
    n_own: Array, other: Array, rows: Array, start: Array, target: Array
) -> None:
    """Put each tie into both rows; `start` is the cursor, moved back at the end."""
    tie = 0
    for i in range(n_own.size):
        row = rows[i]
        place = start[row]
        for _ in range(n_own[i]):
            column = rows[other[tie]]
            target[place] = column
            target[start[column]] = row
            start[column] += 1
            place += 1
            tie += 1
        start[row] = place
    for row in range(start.size - 1, 0, -1):
        start[row] = start[row - 1]
    start[0] = 0


@kernel
def sort_row(target: Array, first: int, last: int) -> None:
    """Sort target[first:last] in place: by insertion, long rows by Shell's gaps."""
    gap = 1
    while gap * SHORT_ROW < last - first:
        gap = gap * 3 + 1
    while gap > 0:
        lowest = word(first + gap)
        for t in range(lowest, word(last)):
            value, hole = target[t], t
            while hole >= lowest and target[hole - word(gap)] > value:
                target[hole] = target[hole - word(gap)]
                hole -= word(gap)
            target[hole] = value
        gap //= 3


@kernel
def drop_repeats(start: Array, target: Array) -> int:
    """Close the gaps that ties met twice leave in sorted rows."""
    kept, first = 0, 0
    for row in range(start.size - 1):
        last = start[row + 1]
        start[row] = kept
        previous = -1
        for t in range(first, last):
            column = target[t]
            if column != previous:
                target[kept] = column
                kept += 1
            previous = column
        first = last
    start[start.size - 1] = kept
    return kept
