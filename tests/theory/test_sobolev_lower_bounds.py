"""Packings are what they say, weights follow, and the specification's figures are met."""

from fractions import Fraction
from itertools import pairwise, product
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitproof.errors import InputError
from bitproof.theory.function_class import SobolevBall
from bitproof.theory.sobolev_packing import PackingBound
from bitproof.theory.sobolev_real_weights import RealWeightBound
from bitproof.theory.spline_bumps import bump

SPECIFIED = [
    (1, 1, "1/10", 9),
    (1, 1, "1/100", 99),
    (1, 1, "1/1000", 999),
    (1, 2, "1/100", 3),
    (1, 2, "1/10000", 28),
    (1, 2, "1/1000000", 288),
    (1, 3, "1/10000", 6),
    (1, 3, "1/1000000", 29),
    (2, 1, "1/10", 16),
    (2, 1, "1/40", 361),
    (2, 2, "1/100", 4),
    (2, 2, "3/10000", 196),
    (2, 3, "3/10000", 6),
]


@pytest.mark.parametrize(("d", "n", "error", "bits"), SPECIFIED)
def test_the_figures_of_the_specification_are_met(d, n, error, bits):
    assert PackingBound(SobolevBall(d, n)).least_bits(Fraction(error)) >= bits


@pytest.mark.parametrize(
    ("d", "n", "error"), [(1, 2, "1/60"), (2, 1, "1/5"), (2, 2, "1/70"), (1, 3, "1/200")]
)
def test_a_packing_is_in_the_class_and_separated(d, n, error):
    """All functions of a small packing: pairwise more than 2ε apart, differences bounded by 1."""
    epsilon = Fraction(error)
    found = PackingBound(SobolevBall(d, n)).packing(epsilon)
    height = found.steps * epsilon * Fraction(10**9 + 1, 10**9)
    assert found.sites == (found.cells + 1) ** d
    assert height <= 1
    levels = [height * (2 * Fraction(j, found.steps) - 1) for j in range(found.steps + 1)]
    assert all(b - a > 2 * epsilon for a, b in pairwise(levels))
    if not found.cells:
        return
    shape, step = bump(n), Fraction(1, 24)

    def value(x, signs):
        total = Fraction(0)
        for site, sign in signs.items():
            term = height * sign
            for coordinate, centre in zip(x, site, strict=True):
                argument = found.cells * (coordinate - Fraction(centre, found.cells))
                term *= shape(argument + Fraction(1, 2))
            total += term
        return total

    sites = list(product(range(found.cells + 1), repeat=d))
    signs = {site: (-1) ** (sum(site) * (i % 2) + i) for i, site in enumerate(sites)}
    for site, sign in signs.items():
        assert value(tuple(Fraction(c, found.cells) for c in site), signs) == sign * height
    # divided differences along the axes are averages of derivatives, so they are at most 1
    starts = product([Fraction(i, 8) for i in range(5)], repeat=d)
    for start in starts:
        for order in range(1, n + 1):
            difference = sum(
                (-1) ** (order - k)
                * comb(order, k)
                * value((start[0] + k * step, *start[1:]), signs)
                for k in range(order + 1)
            )
            assert abs(difference) <= step**order


errors = st.fractions(Fraction(1, 10**6), Fraction(9, 10))


@given(st.integers(1, 3), st.integers(1, 4), errors, errors)
def test_a_smaller_error_never_takes_fewer_bits(d, n, first, second):
    bound = PackingBound(SobolevBall(d, n))
    small, large = sorted((first, second))
    assert bound.least_bits(small) >= bound.least_bits(large) * Fraction(9, 10)
    real = RealWeightBound(SobolevBall(d, n))
    assert real.sites(small) >= real.sites(large)
    assert real.least_weights(small, 5) >= real.least_weights(large, 5)


@given(
    st.integers(1, 2),
    st.integers(1, 3),
    st.fractions(Fraction(1, 50), Fraction(9, 10)),
    st.integers(2, 16),
)
def test_weights_follow_from_bits(d, n, error, values):
    bound = PackingBound(SobolevBall(d, n))
    found = bound.packing(error)
    functions = (found.steps + 1) ** found.sites
    weights = bound.least_weights(error, values)
    assert values ** max(weights - 1, 0) < max(functions, 2)
    assert values ** (weights + weights // 16 + 1) >= functions
    assert bound.least_weights_free(error, values) <= max(weights, 1)


def test_deep_networks_need_fewer_real_weights():
    bound = RealWeightBound(SobolevBall(2, 2))
    error = Fraction(1, 10**5)
    shallow, deep = bound.least_weights(error, 3), bound.least_weights(error, 30)
    assert shallow > deep > 1
    assert bound.least_weights(error, 3, free=True) <= shallow


def test_hypotheses_are_checked():
    packing, real = PackingBound(SobolevBall(1, 1)), RealWeightBound(SobolevBall(1, 1))
    for wrong in (
        lambda: packing.packing(Fraction(0)),
        lambda: packing.least_weights(Fraction(1, 2), 1),
        lambda: real.sites(Fraction(-1)),
        lambda: real.least_weights(Fraction(1, 2), 0),
    ):
        with pytest.raises(InputError):
            wrong()
