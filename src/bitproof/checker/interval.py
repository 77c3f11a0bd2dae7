"""Interval arithmetic on exact rationals: two integers over one denominator.

Sums, products and quotients are exact. Only when a denominator grows beyond `EXACT_BITS` bits are
both ends rounded outward to a dyadic grid, so that a kink at 1/3 stays at exactly 1/3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

EXACT_BITS = 512  # denominators up to here are kept
KEPT_BITS = 192  # bits of the larger end that rounding keeps
FINEST_GRID = 1024  # the grid is never finer than 2^-1024
LARGEST_BITS = 1 << 16  # numbers beyond 2^65536 are given up


class Undecided(Exception):  # noqa: N818 - an answer, not a fault
    """The enclosure does not exist or is not known here; a smaller cell may help."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The closed interval [lo/den, hi/den], den ≥ 1. Build one with `interval` or `exactly`."""

    lo: int
    hi: int
    den: int

    @property
    def lower(self) -> Fraction:
        return Fraction(self.lo, self.den)

    @property
    def upper(self) -> Fraction:
        return Fraction(self.hi, self.den)

    def has_zero(self) -> bool:
        return self.lo <= 0 <= self.hi

    def __neg__(self) -> Interval:
        return Interval(-self.hi, -self.lo, self.den)

    def __add__(self, other: Interval) -> Interval:
        a, b, den = _over_one_denominator(self, other)
        return interval(a.lo + b.lo, a.hi + b.hi, den)

    def __sub__(self, other: Interval) -> Interval:
        return self + -other

    def __mul__(self, other: Interval) -> Interval:
        products = (self.lo * other.lo, self.lo * other.hi, self.hi * other.lo, self.hi * other.hi)
        return interval(min(products), max(products), self.den * other.den)

    def inverse(self) -> Interval:
        """1/u. Undecided if 0 is in u: lo and hi have one sign, so lo·hi > 0 below."""
        if self.has_zero():
            raise Undecided("division by an interval that contains 0")
        return interval(self.den * self.lo, self.den * self.hi, self.lo * self.hi)

    def __truediv__(self, other: Interval) -> Interval:
        return self * other.inverse()

    def magnitude(self) -> Interval:
        """{|t| : t in u}."""
        if self.lo >= 0:
            return self
        return -self if self.hi <= 0 else Interval(0, max(-self.lo, self.hi), self.den)

    def power(self, n: int) -> Interval:
        """{t^n : t in u}, n any integer; t^0 = 1. On [0, ∞) products of intervals are exact."""
        if n < 0:
            return self.inverse().power(-n)
        base = self.magnitude()
        result = exactly(1)
        for bit in bin(n)[2:]:
            result = result * result
            if bit == "1":
                result = result * base
        if n % 2 == 0 or self.lo >= 0:
            return result
        if self.hi <= 0:
            return -result
        return (-(Interval(-self.lo, -self.lo, self.den).power(n))).hull(
            Interval(self.hi, self.hi, self.den).power(n)
        )

    def hull(self, other: Interval) -> Interval:
        a, b, den = _over_one_denominator(self, other)
        return interval(min(a.lo, b.lo), max(a.hi, b.hi), den)

    def maximum(self, other: Interval) -> Interval:
        """{max(s, t) : s in u, t in v}."""
        a, b, den = _over_one_denominator(self, other)
        return interval(max(a.lo, b.lo), max(a.hi, b.hi), den)

    def meet(self, other: Interval) -> Interval:
        """The intersection of two enclosures of the same thing (so it is not empty)."""
        a, b, den = _over_one_denominator(self, other)
        return interval(max(a.lo, b.lo), min(a.hi, b.hi), den)


def exactly(value: int | Fraction) -> Interval:
    """The interval of one number."""
    fraction = Fraction(value)
    return interval(fraction.numerator, fraction.numerator, fraction.denominator)


def interval(lo: int, hi: int, den: int) -> Interval:
    """[lo/den, hi/den], rounded outward if the denominator has grown too large."""
    if den.bit_length() > EXACT_BITS:
        return _rounded(lo, hi, den)
    if max(lo.bit_length(), hi.bit_length()) > LARGEST_BITS:
        raise Undecided("a number beyond 2^65536")
    return Interval(lo, hi, den)


def _rounded(lo: int, hi: int, den: int) -> Interval:
    common = math.gcd(lo, hi, den)
    lo, hi, den = lo // common, hi // common, den // common
    size = max(lo.bit_length(), hi.bit_length())
    if size - den.bit_length() > LARGEST_BITS:
        raise Undecided("a number beyond 2^65536")
    if den.bit_length() <= EXACT_BITS:
        return Interval(lo, hi, den)
    shift = min(max(0, KEPT_BITS + den.bit_length() - size), FINEST_GRID)
    return Interval((lo << shift) // den, -((-hi << shift) // den), 1 << shift)


def _over_one_denominator(a: Interval, b: Interval) -> tuple[Interval, Interval, int]:
    if a.den == b.den:
        return a, b, a.den
    den = math.lcm(a.den, b.den)
    p, q = den // a.den, den // b.den
    return Interval(a.lo * p, a.hi * p, den), Interval(b.lo * q, b.hi * q, den), den
