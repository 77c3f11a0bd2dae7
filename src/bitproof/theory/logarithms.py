"""Binary logarithms as rational bounds: exact integer arithmetic, no floats."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import factorial

PARTS = 64
BINARY_PLACES = 40
EXACT_FACTORIAL = 2048

# e = 2.718281828459045...: an upper bound
E_ABOVE = Fraction(2718281828460, 10**12)


@lru_cache(maxsize=4096)
def log2_above(value: Fraction) -> Fraction:
    """The least multiple of 1/64 that is at least log2 of the value (> 0), but for a rounding of
    the value up to 40 binary places.

    >>> log2_above(Fraction(8)), log2_above(Fraction(7)), log2_above(Fraction(1, 3))
    (Fraction(3, 1), Fraction(45, 16), Fraction(-101, 64))
    """
    exponent = value.numerator.bit_length() - value.denominator.bit_length()
    if Fraction(2) ** exponent > value:
        exponent -= 1
    scaled = -((-value * Fraction(2) ** (BINARY_PLACES - exponent)).__floor__())
    above = (scaled**PARTS - 1).bit_length()
    return exponent - BINARY_PLACES + Fraction(above, PARTS)


@lru_cache(maxsize=4096)
def log2_below(value: Fraction) -> Fraction:
    """A multiple of 1/64 that is at most log2 of the value (> 0), within 1/64 of the best.

    >>> log2_below(Fraction(8)), log2_below(Fraction(7)), log2_below(Fraction(1, 3))
    (Fraction(3, 1), Fraction(179, 64), Fraction(-51, 32))
    """
    return -log2_above(1 / value)


@lru_cache(maxsize=256)
def log2_factorial_below(count: int) -> Fraction:
    """A lower bound of log2(count!): from the factorial itself, or n·log2(n/e).

    >>> log2_factorial_below(3)
    Fraction(165, 64)
    """
    if count > EXACT_FACTORIAL:
        return -count * log2_above(E_ABOVE / count)
    value = factorial(count)
    if value.bit_length() <= 512:
        return Fraction((value**PARTS).bit_length() - 1, PARTS)
    return Fraction(value.bit_length() - 1)
