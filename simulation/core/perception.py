"""Rules of belief: how expectation, perception and trust move."""

from .jit import rule

HALF = 0.5


@rule
def evidence_step(evidence: float, weight: float) -> float:
    """Return the share of its distance that a piece of evidence closes.

    w / (n + w): a running mean early, forgetting at a constant rate once the
    memory is full.

    >>> evidence_step(2.0, 0.0), evidence_step(3.0, 1.0)
    (0.0, 0.25)
    """
    return weight / (evidence + weight) if weight > 0.0 else 0.0


@rule
def moved(belief: float, toward: float, step: float) -> float:
    """Return a belief in [0, 1] after it closed a share of its distance to a value.

    >>> moved(0.5, 1.0, 0.5)
    0.75
    """
    return belief + step * (toward - belief)


@rule
def weighed(evidence: float, weight: float, limit: float) -> float:
    """Return the evidence held after one more piece: n + w, at most the memory.

    >>> weighed(2.0, 1.0, 6.0), weighed(6.0, 1.0, 6.0)
    (3.0, 6.0)
    """
    return min(evidence + weight, limit)


@rule
def drifted(expectation: float, drift: float) -> float:
    """Return the expectation after the norm has risen, or fallen, within [0, 1].

    >>> drifted(0.5, 0.25), drifted(1.0, 0.25)
    (0.75, 1.0)
    """
    return min(max(expectation + drift, 0.0), 1.0)


@rule
def starting_expectation(
    norm: float, promise: float, trust: float, reliance: float
) -> float:
    """Return what a person expects who has heard only the promise.

    E0 = (1 − φ) norm + φ (T M + (1 − T) norm)

    References
    ----------
    Kopalle & Lehmann 2006, doi:10.1287/mksc.1050.0122: reliance on advertising.

    >>> starting_expectation(0.5, 1.0, 0.5, 1.0)
    0.75
    """
    heard = trust * promise + (1.0 - trust) * norm
    return (1.0 - reliance) * norm + reliance * heard


@rule
def learned(perception: float, satisfaction: float, rate: float) -> float:
    """Return the perception after an episode: P + α w (s − P).

    >>> learned(0.5, 1.0, 0.5)
    0.75
    """
    return perception + rate * (satisfaction - perception)


@rule
def trusting(
    trust: float, gap: float, tolerance: float, gain: float, loss: float
) -> float:
    """Return the trust after an episode.

    Kept (d ≥ −z): T + τ₊ (1 − T). Broken: T − τ₋ min(1, |d|/½) T.

    References
    ----------
    Slovic 1993, doi:10.1111/j.1539-6924.1993.tb01329.x: trust is easier to lose.

    >>> trusting(0.5, 0.0, 0.1, 0.5, 0.5), trusting(0.5, -1.0, 0.1, 0.5, 0.5)
    (0.75, 0.25)
    """
    breach = min(1.0, abs(gap) / HALF)
    kept = trust + gain * (1.0 - trust)
    broken = trust - loss * breach * trust
    return kept if gap >= -tolerance else broken


@rule
def strengthened(gain: float, factor: float) -> float:
    """Return the share of the distance that a kept promise closes, at most 1.

    >>> strengthened(0.25, 2.0), strengthened(0.75, 2.0)
    (0.5, 1.0)
    """
    return min(1.0, gain * factor)


@rule
def persuaded(perception: float, mean: float, step: float, count: int) -> float:
    """Return the perception after a week's believed messages.

    It keeps (1 − step)^count of its distance to their mean, whatever their order.

    >>> persuaded(0.0, 1.0, 0.5, 2)
    0.75
    """
    kept = 1.0
    for _ in range(count):
        kept *= 1.0 - step
    return mean + kept * (perception - mean)


@rule
def trusting_others(
    trust: float, gain: float, loss: float, positive: int, negative: int
) -> float:
    """Return the trust after a week's believed messages: first up, then down.

    >>> trusting_others(0.5, 0.5, 0.0, 1, 3)
    0.75
    """
    for _ in range(positive):
        trust += gain * (1.0 - trust)
    for _ in range(negative):
        trust -= loss * trust
    return trust
