"""Theorem 1 with its constants: attained, never exceeded; Theorem 2's sum."""

from fractions import Fraction
from itertools import product
from math import factorial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitproof.errors import InputError
from bitproof.theory.function_class import SobolevBall
from bitproof.theory.sobolev_error import (
    SobolevError,
    coefficient_bound,
    interpolation_constant,
    least_cells,
    monomials,
    two_point_moment,
    yarotsky_constant,
)


def kuhn_hats(x: tuple[Fraction, ...]) -> list[tuple[tuple[int, ...], Fraction]]:
    """Vertices and barycentric coordinates of the Kuhn simplex of the unit cell that holds x."""
    order = sorted(range(len(x)), key=lambda axis: -x[axis])
    levels = [Fraction(1), *(x[axis] for axis in order), Fraction(0)]
    vertex, found = [0] * len(x), []
    for k in range(len(x) + 1):
        found.append((tuple(vertex), levels[k] - levels[k + 1]))
        if k < len(x):
            vertex[order[k]] = 1
    return found


points = st.integers(1, 3).flatmap(
    lambda d: st.tuples(*[st.fractions(0, 1, max_denominator=12)] * d)
)


@given(points, st.integers(1, 5))
def test_the_moment_is_bounded_by_its_closed_form(x, n):
    moment = sum(
        weight * sum(abs(a - b) for a, b in zip(x, vertex, strict=True)) ** n
        for vertex, weight in kuhn_hats(x)
    )
    assert moment <= len(x) ** n * two_point_moment(n)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_the_constant_is_attained_by_a_power(n):
    """f(y) = |y - x|^n/n! at y = x: all remainders have the same sign and full size."""
    constant = interpolation_constant(SobolevBall(1, n))
    worst = Fraction(0)
    for i in range(121):
        x = Fraction(i, 120)
        total = Fraction(0)
        for vertex, weight in kuhn_hats((x,)):
            side = 1 if vertex[0] > x else -1
            gap = abs(vertex[0] - x)
            total += weight * sum(
                Fraction(n - 1 - k, n - 1)
                * gap ** (n - k)
                * side**k
                * (x - vertex[0]) ** k
                / (factorial(n - k) * factorial(k))
                for k in range(n - 1)
            )
        worst = max(worst, abs(total))
    assert worst <= constant
    assert worst >= constant * Fraction(99, 100)


def test_the_constants_of_the_specification():
    expected = {(1, 1): 2, (1, 2): 8, (1, 3): 96, (1, 4): 864, (2, 1): 1, (2, 2): 2, (2, 3): 12}
    for (d, n), inverse in expected.items():
        ball = SobolevBall(d, n)
        assert interpolation_constant(ball) == Fraction(1, inverse)
        assert interpolation_constant(ball) < yarotsky_constant(ball)


def test_irrational_moments_are_rounded_up():
    for n in (5, 6, 9):
        bound = two_point_moment(n)
        found = max(
            (1 - t) * t**n + t * (1 - t) ** n for t in (Fraction(i, 2000) for i in range(1001))
        )
        assert found <= bound <= found + Fraction(1, 10**5)


@given(st.integers(1, 3), st.integers(1, 5))
def test_monomials_and_their_bounds(d, n):
    ball = SobolevBall(d, n)
    found = monomials(ball)
    assert set(found) == {a for a in product(range(n), repeat=d) if sum(a) <= max(n - 2, 0)}
    assert len(set(found)) == len(found)
    assert all(coefficient_bound(ball, a) > 0 for a in found)


@given(st.integers(1, 3), st.integers(1, 4), st.fractions(Fraction(1, 10**6), Fraction(1, 2)))
def test_least_cells_is_least(d, n, error):
    ball = SobolevBall(d, n)
    cells = least_cells(ball, error)
    constant = interpolation_constant(ball)
    assert constant < error * cells**n
    assert cells == 1 or constant >= error * (cells - 1) ** n


def test_the_budget_adds_up_and_checks_what_it_is_given():
    ball = SobolevBall(2, 3)
    tiny = Fraction(1, 1000)
    budget = SobolevError(ball, 5, (tiny, tiny, tiny), (2 * tiny, 3 * tiny))
    assert budget.bound == Fraction(1, 12 * 125) + 8 * tiny
    for wrong in (
        lambda: SobolevError(ball, 5, (tiny,)),
        lambda: SobolevError(ball, 0, (tiny,) * 3, (tiny,) * 2),
        lambda: SobolevError(ball, 5, (-tiny,) * 3, (tiny,) * 2),
        lambda: least_cells(ball, Fraction(0)),
        lambda: SobolevBall(0, 1),
    ):
        with pytest.raises(InputError):
            wrong()
