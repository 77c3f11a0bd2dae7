"""Regimes and class bounds: the published figures, monotonicity, brute force on tiny classes."""

from fractions import Fraction
from itertools import pairwise, product
from math import comb, factorial, log2

import pytest

from bitproof.errors import FormatError, InputError
from bitproof.theory.logarithms import E_ABOVE, log2_above, log2_factorial_below
from bitproof.theory.lower_bounds import PiecesBound, ShatteringBound
from bitproof.theory.network_class import NetworkClass
from bitproof.theory.regimes import Regime, Regimes, lower_bounds


def test_the_boundaries_of_the_specification():
    ou = Regimes(width=1000, depth=10, a=1)
    assert (ou.low, ou.high) == (3, 250)
    assert [ou.of(b) for b in (2, 3, 250, 251)] == [
        Regime.UNDER,
        Regime.PROPER,
        Regime.PROPER,
        Regime.OVER,
    ]


@pytest.mark.parametrize(("width", "depth", "a"), [(1, 1, -1), (3, 20, 0), (64, 256, 1), (9, 4, 3)])
def test_the_boundaries_are_where_the_bounds_cross(width, depth, a):
    regimes = Regimes(width, depth, a)

    def bits(b):
        return NetworkClass(width, depth, a, 1).dense_weights * (a + b + 2)

    low = regimes.low
    assert 2 ** (depth * low + 1) >= bits(low) + 1
    assert low == 0 or 2 ** (depth * (low - 1) + 1) < bits(low - 1) + 1
    networks = NetworkClass(width, depth, a, 1)
    dimension = ShatteringBound(
        Fraction(1), Fraction(1), depth, networks.parameters_so_far, networks.weighted_neurons
    ).dimension
    assert bits(regimes.high) + 1 <= 2 * dimension < bits(regimes.high + 1) + 1


def test_counts_of_a_class_are_those_of_its_layers():
    for width, depth in product((1, 2, 5), (1, 2, 3, 7)):
        networks = NetworkClass(width, depth, 0, 1)
        widths = [1, *([width] * (depth - 1)), 1]
        sizes = [n * (m + 1) for m, n in pairwise(widths)]
        assert networks.dense_weights == sum(sizes)
        assert networks.parameters_so_far == sum(sum(sizes[: i + 1]) for i in range(depth))
        assert networks.weighted_neurons == sum(i * n for i, n in enumerate(widths[1:], 1))
        assert networks.bits == 3 * sum(sizes)
        assert networks.paper_bits == 3 * width * width * depth


@pytest.mark.parametrize(("width", "depth", "a", "b"), [(2, 2, -1, 1), (3, 4, 0, 1), (5, 3, 2, 4)])
def test_distinct_bits_count_the_multisets_of_rows(width, depth, a, b):
    networks = NetworkClass(width, depth, a, b)
    values = 2 ** (a + b + 2) - 1
    codes = comb(values**2 + width - 1, width)
    codes *= comb(values ** (width + 1) + width - 1, width) ** (depth - 2)
    codes *= values ** (width + 1)
    assert codes <= 2**networks.distinct_bits <= 2**networks.bits


def test_a_class_has_no_more_functions_than_counted():
    # 1-2-1 in {-1/2, 0, 1/2}: functions told apart by their values at five points
    halves = [Fraction(k, 2) for k in (-1, 0, 1)]
    points = [Fraction(k, 3) for k in range(-2, 3)]
    rows = {
        tuple(max(w * x + c, Fraction(0)) for x in points) for w, c in product(halves, repeat=2)
    }
    functions = {
        tuple(v * p + w * q + c for p, q in zip(one, other, strict=True))
        for one, other in product(rows, repeat=2)
        for v, w, c in product(halves, repeat=3)
    }
    assert len(functions) <= 2 ** NetworkClass(2, 2, -1, 1).distinct_bits


def test_lower_bounds_fall_with_width_depth_and_bits():
    errors = [
        lower_bounds(NetworkClass(w, d, 0, b)).best
        for w, d, b in [(1, 2, 1), (3, 2, 1), (3, 9, 1), (3, 99, 1), (3, 99, 4), (64, 256, 16)]
    ]
    assert errors == sorted(errors, reverse=True)
    assert lower_bounds(NetworkClass(3, 2, 0, 16)).binding == "pieces"
    assert lower_bounds(NetworkClass(3, 6, 0, 0)).binding == "precision"
    assert lower_bounds(NetworkClass(2, 100, 0, 60)).binding == "memory"


def test_no_shallow_network_alternates_more_often_than_its_pieces():
    bound = PiecesBound(Fraction(2), Fraction(3), neurons=4, depth=2)
    assert (bound.pieces, bound.least_error) == (5, Fraction(6, 12))
    assert PiecesBound(Fraction(1), Fraction(1), neurons=9, depth=1).pieces == 1


def test_the_shattering_lemma_holds_beyond_its_bound():
    for depth, total, neurons in [(2, 10, 8), (10, 44_000_000, 45_010), (1, 2, 3), (5, 5, 5)]:
        bound = ShatteringBound(Fraction(1), Fraction(1), depth, total, neurons)
        m = bound.dimension + 1
        assert m > depth + total * log2(2 * 2.718281828 * m * neurons / total)


def test_logarithms_are_bounds():
    for value in (Fraction(1), Fraction(1, 7), Fraction(10**40 + 1), Fraction(3, 2), Fraction(2)):
        found = log2_above(value)
        assert Fraction(2) ** found.__ceil__() >= value
        assert 0 <= float(found) - log2(value) <= 1 / 32
    for count in (0, 1, 5, 170, 3000):
        low = log2_factorial_below(count)
        assert 2 ** low.__floor__() <= factorial(count)
        assert low >= 0
    assert 0 < float(E_ABOVE) - 2.718281828459 < 2e-12


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: NetworkClass(0, 3, 0, 1),
        lambda: Regimes(3, 3, 0).of(-1),
        lambda: PiecesBound(Fraction(1), Fraction(1), 0, 2),
        lambda: PiecesBound(Fraction(0), Fraction(1), 1, 2),
        lambda: ShatteringBound(Fraction(1), Fraction(1), 0, 2, 2),
    ],
)
def test_hypotheses_are_checked(wrong):
    with pytest.raises(InputError):
        wrong()
    with pytest.raises(FormatError):
        NetworkClass(3, 3, 80, 1)
