"""Outward rounding of rationals: to integers over 2^bits while proving, to few digits when stating.

Inside a proof every number is an integer n that stands for n/2^bits; whatever enters is rounded
toward the side that keeps the proof sound. Integers of a few hundred bits are some ten times
cheaper than rationals whose denominators grow.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bitproof.exact.interval import Interval


@dataclass(frozen=True, slots=True)
class Range:
    """Integers low ≤ high over a common 2^bits that enclose something."""

    low: int
    high: int

    @property
    def least_magnitude(self) -> int:
        """|value| is at least this."""
        return max(self.low, -self.high, 0)

    @property
    def magnitude(self) -> int:
        """|value| is at most this."""
        return max(self.high, -self.low)

    def minus(self, other: Range) -> Range:
        return Range(self.low - other.high, self.high - other.low)


def floor_at(value: Fraction, bits: int) -> int:
    """The largest integer n with n/2^bits ≤ value."""
    return (value.numerator << bits) // value.denominator


def ceil_at(value: Fraction, bits: int) -> int:
    """The smallest integer n with value ≤ n/2^bits."""
    return -((-value.numerator << bits) // value.denominator)


def enclose_at(interval: Interval, bits: int) -> Range:
    """The smallest range that contains an interval.

    >>> enclose_at(Interval(Fraction(1, 3), Fraction(1, 2)), 2)
    Range(low=1, high=2)
    """
    return Range(floor_at(interval.lower, bits), ceil_at(interval.upper, bits))


def round_down(value: Fraction, digits: int) -> Fraction:
    """The largest decimal of `digits` significant digits that is at most a value ≥ 0.

    >>> round_down(Fraction(1, 3), 3), round_down(Fraction(0), 3)
    (Fraction(333, 1000), Fraction(0, 1))
    """
    unit = _unit(value, digits)
    return (value / unit).__floor__() * unit


def round_up(value: Fraction, digits: int) -> Fraction:
    """The smallest decimal of `digits` significant digits that is at least a value ≥ 0.

    >>> round_up(Fraction(2, 3), 3), round_up(Fraction(5), 3)
    (Fraction(667, 1000), Fraction(5, 1))
    """
    unit = _unit(value, digits)
    return (value / unit).__ceil__() * unit


def _unit(value: Fraction, digits: int) -> Fraction:
    """The power of ten of which `value` holds at least 10^(digits-1) and less than 10^digits."""
    if value == 0:
        return Fraction(1)
    bits = value.numerator.bit_length() - value.denominator.bit_length()
    unit = Fraction(10) ** ((bits - 1) * 30103 // 100000 - digits)
    while value >= unit * 10**digits:
        unit *= 10
    return unit
