"""Rules of adoption by signals: what one is worth, and which of two sides wins."""

from .jit import rule


@rule
def bad_signal_chance(chance: float, ratio: float) -> float:
    """Return the chance that a bad signal counts, as a multiple of a good one's.

    min(1, m q)

    References
    ----------
    Goldenberg, Libai, Moldovan & Muller 2007, doi:10.1016/j.ijresmar.2007.02.003:
    bad news weighs m times as much as good news, m = 2.

    >>> bad_signal_chance(0.25, 2.0), bad_signal_chance(0.75, 2.0)
    (0.5, 1.0)
    """
    return min(1.0, chance * ratio)


@rule
def adopting_chance(positive: int, negative: int) -> float:
    """Return the chance to adopt on signals that contradict each other.

    n₊ / (n₊ + n₋): good signals alone win, bad ones alone repel; 0 without any.

    References
    ----------
    Goldenberg, Libai, Moldovan & Muller 2007, doi:10.1016/j.ijresmar.2007.02.003:
    a conflict is resolved by the share of each side.

    >>> adopting_chance(3, 1), adopting_chance(1, 0), adopting_chance(0, 2)
    (0.75, 1.0, 0.0)
    """
    signals = positive + negative
    return positive / signals if signals > 0 else 0.0
