"""Rules for exp, log, powers and rounding, the same to the last bit everywhere.

Library calls differ between processors and versions in the last bit; a golden
result cannot. These use only IEEE 754 additions, products, quotients and bit
patterns, so the plain-Python twin, every processor and every compiler version
agree. Relative error against the library: below 1e-15. Polynomials are summed in
pairs (Estrin), because a chain of products is what a scalar loop waits for.
"""

from .jit import bits_to_float, float_to_bits, rule

LOG2_E = 1.4426950408889634
LN2_HIGH = 6.93147180369123816490e-01
LN2_LOW = 1.90821492927058770002e-10
SQRT_2 = 1.4142135623730951
LARGEST_EXPONENT = 700.0
EXPONENT_BIAS = 1023
MANTISSA_BITS = 52
MANTISSA_MASK = (1 << MANTISSA_BITS) - 1
BITS_OF_ONE = EXPONENT_BIAS << MANTISSA_BITS
FLOOR_OFFSET = 1048576


@rule
def floor(value: float) -> int:
    """Return the largest integer not above `value`, for |value| < 2^20.

    >>> floor(2.9), floor(-0.25)
    (2, -1)
    """
    return int(value + FLOOR_OFFSET) - FLOOR_OFFSET


@rule
def exponential(value: float) -> float:
    """Return e^value; beyond ±700 the argument is held there.

    >>> abs(exponential(1.0) - 2.718281828459045) < 1e-15, exponential(0.0)
    (True, 1.0)
    """
    held = min(max(value, -LARGEST_EXPONENT), LARGEST_EXPONENT)
    doublings = floor(held * LOG2_E + 0.5)
    r = held - doublings * LN2_HIGH - doublings * LN2_LOW
    r2 = r * r
    r4 = r2 * r2
    low = (1.0 + r) + (1.0 / 2.0 + r * (1.0 / 6.0)) * r2
    middle = (1.0 / 24.0 + r * (1.0 / 120.0)) + (1.0 / 720.0 + r * (1.0 / 5040.0)) * r2
    high = (1.0 / 40320.0 + r * (1.0 / 362880.0)) + (
        1.0 / 3628800.0 + r * (1.0 / 39916800.0)
    ) * r2
    series = low + r4 * (middle + r4 * (high + r4 * (1.0 / 479001600.0)))
    return series * bits_to_float((doublings + EXPONENT_BIAS) << MANTISSA_BITS)


@rule
def logarithm(value: float) -> float:
    """Return the natural logarithm of a positive normal float.

    >>> abs(logarithm(10.0) - 2.302585092994046) < 1e-15, logarithm(1.0)
    (True, 0.0)
    """
    bits = float_to_bits(value)
    exponent = (bits >> MANTISSA_BITS) - EXPONENT_BIAS
    mantissa = bits_to_float((bits & MANTISSA_MASK) | BITS_OF_ONE)
    is_high = mantissa > SQRT_2
    mantissa = mantissa * 0.5 if is_high else mantissa
    exponent = exponent + 1 if is_high else exponent
    t = (mantissa - 1.0) / (mantissa + 1.0)
    s = t * t
    s2 = s * s
    s4 = s2 * s2
    low = (1.0 + s * (1.0 / 3.0)) + (1.0 / 5.0 + s * (1.0 / 7.0)) * s2
    middle = (1.0 / 9.0 + s * (1.0 / 11.0)) + (1.0 / 13.0 + s * (1.0 / 15.0)) * s2
    high = (1.0 / 17.0 + s * (1.0 / 19.0)) + s2 * (1.0 / 21.0)
    series = low + s4 * (middle + s4 * high)
    return exponent * LN2_HIGH + (exponent * LN2_LOW + 2.0 * t * series)


@rule
def power(base: float, exponent: float) -> float:
    """Return base^exponent for base ≥ 0, with 0^0 = 1 and 0^positive = 0.

    >>> abs(power(0.25, 0.5) - 0.5) < 1e-15, power(0.0, 2.0), power(0.0, 0.0)
    (True, 0.0, 1.0)
    """
    if base <= 0.0:
        return 1.0 if exponent == 0.0 else 0.0
    if exponent == 1.0:
        return base
    return exponential(exponent * logarithm(base))


@rule
def logistic(value: float) -> float:
    """Return 1 / (1 + e^-value), in [0, 1].

    >>> logistic(0.0)
    0.5
    """
    return 1.0 / (1.0 + exponential(-value))
