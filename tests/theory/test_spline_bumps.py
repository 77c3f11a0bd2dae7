"""The bumps: smooth, symmetric, of height 1, and no derivative above its bound."""

from fractions import Fraction
from itertools import pairwise
from math import factorial

import pytest

from bitproof.errors import InputError
from bitproof.theory.spline_bumps import MAX_SMOOTHNESS, bump


@pytest.mark.parametrize("n", range(1, MAX_SMOOTHNESS + 1))
def test_it_is_a_bump_of_the_smoothness_it_says(n):
    shape = bump(n)
    assert shape(Fraction(1, 2)) == 1
    assert shape(Fraction(0)) == shape(Fraction(1)) == shape(Fraction(-1)) == 0
    # beyond the last knot all moments of the jumps cancel: n + 1 conditions of a divided difference
    for power in range(n + 1):
        assert sum(c * t**power for c, t in zip(shape.coefficients, shape.knots, strict=True)) == 0
    for i in range(1, 20):
        x = Fraction(i, 40)
        assert 0 < shape(x) == shape(1 - x) <= 1


@pytest.mark.parametrize("n", range(1, 6))
def test_differences_never_exceed_the_bounds(n):
    shape, cells = bump(n), 240
    values = [shape(Fraction(i, cells)) for i in range(-n, cells + n + 1)]
    for order in range(1, n + 1):
        values = [(b - a) * cells for a, b in pairwise(values)]
        largest = max(abs(v) for v in values)
        assert largest <= shape.bounds[order]
        assert largest >= shape.bounds[order] * Fraction(9, 10)


@pytest.mark.parametrize("n", range(1, MAX_SMOOTHNESS + 1))
def test_the_last_derivative_is_nearly_a_perfect_spline(n):
    shape = bump(n)
    total, pieces = Fraction(0), []
    for c in shape.coefficients[:-1]:
        total += c * factorial(n)
        pieces.append(abs(total))
    assert max(pieces) <= shape.bounds[n] <= max(pieces) + Fraction(1, 2**20)
    assert max(pieces) <= min(pieces) * Fraction(10001, 10000)


def test_the_constants_of_the_specification():
    assert bump(1).bounds == (1, 2)
    assert bump(2).bounds == (1, 4, 16)
    assert [round(float(m), 2) for m in bump(3).bounds[1:]] == [3.51, 33.94, 163.88]
    assert float(bump(4).bounds[4]) == pytest.approx(2378.1, rel=1e-4)


def test_products_of_bumps():
    assert bump(3).product_bound(1, 2) == bump(3).bounds[2]
    assert bump(2).product_bound(3, 2) == 16
    assert bump(3).product_bound(2, 3) == max(
        bump(3).bounds[3], bump(3).bounds[2] * bump(3).bounds[1]
    )


@pytest.mark.parametrize("n", [0, MAX_SMOOTHNESS + 1])
def test_other_smoothness_is_refused(n):
    with pytest.raises(InputError):
        bump(n)
