"""Laws of interval arithmetic: every operation contains what it does to the elements."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.checker.interval import EXACT_BITS, Interval, Undecided, exactly, interval

small = st.fractions(-100, 100, max_denominator=60)
huge = st.builds(Fraction, st.integers(-(2**2000), 2**2000), st.integers(1, 2**1500))
numbers = st.one_of(small, huge)
parts = st.fractions(0, 1, max_denominator=9)


def holds(box: Interval, value: Fraction) -> bool:
    return box.lower <= value <= box.upper


@given(numbers, numbers, parts, numbers, numbers, parts)
@settings(max_examples=100, deadline=None)
def test_operations(
    a: Fraction, b: Fraction, s: Fraction, c: Fraction, d: Fraction, t: Fraction
) -> None:
    u, v = exactly(a).hull(exactly(b)), exactly(c).hull(exactly(d))
    x, y = a + (b - a) * s, c + (d - c) * t
    assert holds(u + v, x + y)
    assert holds(u - v, x - y)
    assert holds(u * v, x * y)
    assert holds(-u, -x)
    assert holds(u.magnitude(), abs(x))
    assert holds(u.maximum(v), max(x, y))
    assert holds(u.hull(v), x)
    if v.has_zero():
        with pytest.raises(Undecided):
            u / v
    else:
        assert holds(u / v, x / y)


@given(small, small, parts, st.integers(-7, 9))
@settings(max_examples=100, deadline=None)
def test_powers(a: Fraction, b: Fraction, s: Fraction, n: int) -> None:
    u, x = exactly(a).hull(exactly(b)), a + (b - a) * s
    if n < 0 and u.has_zero():
        with pytest.raises(Undecided):
            u.power(n)
        return
    assert holds(u.power(n), x**n)
    if n > 0 and a >= 0 and b >= 0:
        assert (u.power(n).lower, u.power(n).upper) == (min(a, b) ** n, max(a, b) ** n)


def test_small_rationals_stay_exact() -> None:
    third = exactly(Fraction(1, 3))
    result = third - exactly(Fraction(1, 7)) + exactly(Fraction(1, 7)) - third
    assert (result.lo, result.hi) == (0, 0)


def test_long_denominators_are_rounded_outward_and_little() -> None:
    exact = Fraction(1, 3) ** 400
    rounded = exactly(exact)
    assert rounded.lower < exact < rounded.upper
    assert (rounded.upper - rounded.lower) * 2**180 < exact
    assert rounded.den.bit_length() <= 1025
    assert interval(1, 1, 2 ** (EXACT_BITS - 2)).lower == Fraction(1, 2 ** (EXACT_BITS - 2))


def test_huge_numbers_are_given_up() -> None:
    with pytest.raises(Undecided):
        exactly(10**4000).power(1000)
