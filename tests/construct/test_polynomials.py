"""The polynomial competitor: proved, honest about its bits, absent where it is hopeless."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bitproof.construct.polynomials import Polynomial, polynomial_within, proves
from bitproof.exact import Interval
from bitproof.target import parse_target

UNIT = Interval(Fraction(0), Fraction(1))


@pytest.mark.parametrize("text", ["sin(2*pi*x)", "exp(-x)", "sqrt(x+1/16)", "log(1+x)"])
@pytest.mark.parametrize("error", [Fraction(1, 100), Fraction(1, 1000)])
def test_the_polynomial_is_within_the_error(text, error):
    target = parse_target(text, UNIT)
    polynomial = polynomial_within(target, error)
    assert polynomial is not None
    for k in range(201):
        x = Fraction(k, 200)
        value = target.enclose(Interval(x, x))
        distance = max(
            abs(value.lower - polynomial.value(x)), abs(value.upper - polynomial.value(x))
        )
        assert distance <= error


def test_a_polynomial_off_by_more_than_the_error_is_not_proved():
    target = parse_target("x^2", UNIT)
    square = Polynomial(Fraction(0), (Fraction(0), Fraction(0), Fraction(1)))
    half = Fraction(1, 2)
    about_half = Polynomial(half, (Fraction(1, 4), Fraction(1), Fraction(1)))
    assert proves(target, about_half, Fraction(1, 10**9))
    assert not proves(target, Polynomial(half, (Fraction(1, 4), Fraction(1))), Fraction(1, 5))
    assert proves(target, Polynomial(half, (Fraction(1, 4), Fraction(1))), Fraction(26, 100))
    assert square.value(half) == about_half.value(half)


def test_kinks_have_no_polynomial():
    assert polynomial_within(parse_target("abs(x-1/3)", UNIT), Fraction(1, 1000)) is None


def test_bits_count_signs_and_significant_bits_of_nonzero_coefficients():
    polynomial = Polynomial(Fraction(0), (Fraction(3, 8), Fraction(0), Fraction(-1, 4)))
    assert (polynomial.bits, polynomial.terms) == (3 + 2, 2)
