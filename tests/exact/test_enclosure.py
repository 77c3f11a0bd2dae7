from fractions import Fraction

import flint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitproof.exact import Interval
from bitproof.exact.enclosure import (
    from_interval,
    from_rational,
    integer_power,
    intersection,
    precision,
    sign,
    to_interval,
)
from bitproof.exact.polynomial import Polynomial
from tests.strategies import intervals, rationals


@given(rationals(denominators=10**30), st.sampled_from((2, 17, 64, 200)))
def test_a_ball_contains_its_rational(value, bits):
    with precision(bits):
        assert value in to_interval(from_rational(value))


@given(intervals(), st.sampled_from((8, 64)))
def test_a_ball_contains_its_interval(cell, bits):
    with precision(bits):
        found = to_interval(from_interval(cell))
    assert found.lower <= cell.lower
    assert cell.upper <= found.upper


@given(intervals(), st.integers(0, 9), rationals(0, 1))
def test_integer_powers_contain_the_power_of_every_point(cell, exponent, share):
    point = cell.lower + share * cell.width
    with precision(64):
        assert point**exponent in to_interval(integer_power(from_interval(cell), exponent))


def test_even_powers_are_not_far_below_zero():
    square = to_interval(integer_power(flint.arb(0, 1), 2))
    assert square.lower > Fraction(-1, 10**6)
    assert square.upper < Fraction(1000001, 10**6)


def test_a_ball_is_hardly_wider_than_its_interval():
    cell = Interval(Fraction(-3, 8), Fraction(5, 8))
    assert to_interval(from_interval(cell)).width <= 1 + Fraction(1, 1 << 28)
    point = Interval(Fraction(5, 8), Fraction(5, 8))
    assert to_interval(from_interval(point)) == point


# The traps this door is there for. If the library mends one, the test says so.


def test_trap_power_of_a_ball_around_zero_is_nan():
    assert not (flint.arb(0, 1) ** 2).is_finite()


def test_trap_series_division_raises():
    one = flint.arb_series([1], prec=3)
    with pytest.raises(ValueError, match="denominator"):
        one / flint.arb_series([flint.arb(0, 1), 1], prec=3)


def test_nan_and_infinity_are_undecided():
    for ball in (flint.arb("nan"), flint.arb("inf"), 1 / flint.arb(0, 1), flint.arb(-1).sqrt()):
        assert to_interval(ball) is None
        assert sign(ball) in (None, 1)
    assert sign(flint.arb("nan")) is None


def test_huge_numbers_are_undecided_and_tiny_ones_move_outward():
    huge = flint.arb((1, 10**7))
    assert to_interval(huge) is None
    tiny = to_interval(flint.arb((3, -(10**7))))
    assert tiny.lower == 0
    assert tiny.upper == Fraction(1, 1 << 8192)
    assert to_interval(-flint.arb((3, -(10**7)))) == Interval(-tiny.upper, Fraction(0))


def test_precision_comes_back_after_an_error():
    before = flint.ctx.prec
    with pytest.raises(ZeroDivisionError), precision(before + 300):
        from_rational(Fraction(1, flint.ctx.prec - before - 300))
    assert flint.ctx.prec == before


def test_the_rounding_mode_is_untouched():
    before = (0.1 + 0.2, 1 / 3, -1 / 3)
    with precision(20):
        from_rational(Fraction(1, 3)).exp().sin().log()
    after = (0.1 + 0.2, 1 / 3, -1 / 3)
    assert after == before


def test_intersection_ignores_what_says_nothing():
    ball = flint.arb(0, 1)
    assert to_interval(intersection(ball, flint.arb("nan"))) == to_interval(ball)
    assert to_interval(intersection(ball, flint.arb(5))) == to_interval(ball)


def test_sign():
    assert [sign(flint.arb(v)) for v in (-2, 0, 3)] == [-1, 0, 1]
    assert sign(flint.arb(0, 1)) is None


@given(st.lists(rationals(denominators=40), min_size=1, max_size=5))
def test_rational_roots_are_exact(roots):
    x = Polynomial.variable()
    product = Polynomial.constant(Fraction(3, 7))
    for root in roots:
        product = product * (x - Polynomial.constant(root))
    found = product.real_roots(Interval(Fraction(-8), Fraction(8)))
    assert [root.lower for root in found] == sorted(set(roots))
    assert all(root.width == 0 for root in found)


def test_irrational_roots_are_enclosed():
    x = Polynomial.variable()
    (root,) = (x * x - Polynomial.constant(Fraction(2))).real_roots(
        Interval(Fraction(0), Fraction(2))
    )
    assert root.lower**2 < 2 < root.upper**2
    assert root.width < Fraction(1, 2**100)
    assert (x * x + Polynomial.constant(Fraction(1))).real_roots(root) == ()
