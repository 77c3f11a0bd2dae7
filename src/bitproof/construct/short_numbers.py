"""Numbers of few digits within an interval: what costs few edges as a constant."""

from __future__ import annotations

from fractions import Fraction

MAX_PLACES = 64


def shortest(low: Fraction, high: Fraction, base: int = 2, step: int = 1) -> Fraction:
    """The multiple of step·base^-k in [low, high] with the least k, 0 if it is inside; of several
    the largest magnitude.

    k may be negative. The interval must hold some number of that form with k ≤ 64.

    >>> shortest(Fraction(1, 3), Fraction(2, 5)), shortest(Fraction(5), Fraction(9))
    (Fraction(3, 8), Fraction(8, 1))
    """
    if low <= 0 <= high:
        return Fraction(0)
    if high < 0:
        return -shortest(-high, -low, base, step)
    for places in range(-MAX_PLACES, MAX_PLACES + 1):
        unit = step * Fraction(base) ** -places
        found = (high / unit).__floor__() * unit
        if found >= low:
            return found
    raise AssertionError(f"no short number in [{low}, {high}]")


def power_below(value: Fraction, base: int) -> Fraction:
    """The largest power of the base that is at most a positive value.

    >>> power_below(Fraction(3, 8), 2), power_below(Fraction(9), 3)
    (Fraction(1, 4), Fraction(9, 1))
    """
    power = Fraction(1)
    while power > value:
        power /= base
    while power * base <= value:
        power *= base
    return power
