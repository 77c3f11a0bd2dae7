"""Breakpoints: exact, complete, and nothing but them where it matters."""

from __future__ import annotations

import random
import sys
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.certify.breakpoints import breakpoints
from bitproof.certify.propagation import INT64_SAFE
from bitproof.errors import InputError, WorkLimitError
from bitproof.exact import FixedPoint, Interval
from bitproof.execute.reference import evaluate, evaluate_layers, preactivations
from bitproof.network import Activation, Layer, Network, SparseMatrix
from tests.certify.networks import interpolant, line, march, random_network

UNIT = Interval(Fraction(0), Fraction(1))


def assert_sound(network: Network, interval: Interval) -> None:
    """Every claim of the breakpoints, re-verified through the reference executor."""
    function = breakpoints(network, interval)
    assert function.points[0] == interval.lower
    assert function.points[-1] == interval.upper
    before = None
    for x, y in zip(function.points, function.values, strict=True):
        layers = evaluate_layers(network, [x])
        assert layers[-1] == (y,)
        after = [preactivations(layer, layers) for layer in network.layers]
        if before is not None:
            for layer, left, right in zip(network.layers, before, after, strict=True):
                if layer.activation is Activation.RELU:
                    assert all(a * b >= 0 for a, b in zip(left, right, strict=True))
        before = after
    for a, b in pairwise(function.points):
        middle = (3 * a + 4 * b) / 7
        assert evaluate(network, [middle]) == (function(middle),)


@pytest.mark.parametrize("bits", [1, 4, 24])
@pytest.mark.parametrize("seed", range(4))
def test_trained_style_networks(bits: int, seed: int) -> None:
    assert_sound(random_network(8, 4, bits, seed), Interval(Fraction(-1), Fraction(2, 3)))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 5), st.integers(1, 4), st.integers(1, 6), st.integers(0, 10**6))
def test_random_networks(width: int, depth: int, bits: int, seed: int) -> None:
    assert_sound(random_network(width, depth, bits, seed), Interval(Fraction(-2), Fraction(2)))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 6), st.integers(2, 5), st.integers(1, 24), st.integers(0, 10**6))
def test_windows_change_nothing(width: int, depth: int, bits: int, seed: int) -> None:
    network = random_network(width, depth, bits, seed)
    whole = breakpoints(network, UNIT)
    with pytest.MonkeyPatch.context() as patch:
        module = sys.modules[breakpoints.__module__]
        patch.setattr(module, "COMFORTABLE", 12)
        patch.setattr(module, "LEAST_POINTS", 2)
        assert breakpoints(network, UNIT) == whole


def test_deep_trained_style_network_uses_long_integers() -> None:
    network = random_network(16, 10, 24, 1)
    function = breakpoints(network, UNIT)
    assert max(x.denominator for x in function.points) > INT64_SAFE
    for x, y in list(zip(function.points, function.values, strict=True))[::10]:
        assert evaluate(network, [x]) == (y,)


def test_march() -> None:
    assert_sound(march(64, 1), UNIT)
    knots = set(breakpoints(march(64, 1), UNIT).points)
    assert knots == {Fraction(k, 64) for k in range(65)}


def test_long_march_is_exact() -> None:
    network = march(1024, 2)
    function = breakpoints(network, UNIT)
    assert len(function.points) == 1025
    rng = random.Random(3)
    for _ in range(10):
        x = Fraction(rng.randint(0, 10**6), 10**6)
        assert evaluate(network, [x]) == (function(x),)


def test_a_third_is_found_exactly() -> None:
    network = interpolant(
        [(Fraction(0), Fraction(1)), (Fraction(1, 3), Fraction(0)), (Fraction(1), Fraction(2))]
    )
    function = breakpoints(network, UNIT)
    assert function.points == (0, Fraction(1, 3), 1)
    assert function.values == (1, 0, 2)


def test_several_neurons_break_in_one_cell() -> None:
    """Roots of one wide layer are ordered within a cell, and common ones are one point."""
    entries = [[6], [3], [-6], [7], [9]]
    hidden = Layer((0,), SparseMatrix.from_dense(entries, columns=1), (-2, -1, 2, -1, -8))
    output = Layer((1,), SparseMatrix.from_dense([[1, 1, 1, 1, 1]], columns=5), (0,), 1)
    points = breakpoints(Network(1, (hidden, output)), UNIT).points
    assert points == (0, Fraction(1, 7), Fraction(1, 3), Fraction(8, 9), 1)


def test_points_closer_than_floats_are_ordered() -> None:
    tiny = 10**20
    entries = [[3 * tiny], [3 * tiny], [3 * tiny]]
    biases = (-tiny - 1, -tiny + 1, -tiny)
    hidden = Layer((0,), SparseMatrix.from_dense(entries, columns=1), biases)
    output = Layer((1,), SparseMatrix.from_dense([[1, 1, 1]], columns=3), (0,), 1)
    points = breakpoints(Network(1, (hidden, output)), UNIT).points
    inner = [Fraction(1, 3) + Fraction(sign, 3 * tiny) for sign in (-1, 0, 1)]
    assert points == (0, *inner, 1)


def test_a_point_and_a_constant() -> None:
    third = Fraction(1, 3)
    function = breakpoints(line(Fraction(2), Fraction(1)), Interval(third, third))
    assert (function.points, function.values) == ((third,), (Fraction(5, 3),))
    constant = breakpoints(line(Fraction(0), Fraction(-1, 7)), UNIT)
    assert constant.values == (Fraction(-1, 7), Fraction(-1, 7))


def test_neurons_nobody_reads_break_too() -> None:
    """The checker asks every ReLU of the network, needed or not."""
    unread = Layer((0,), SparseMatrix.from_dense([[2]], columns=1), (-1,))
    output = Layer((0,), SparseMatrix.from_dense([[1]], columns=1), (0,), 1, Activation.IDENTITY)
    points = breakpoints(Network(1, (unread, output)), UNIT).points
    assert points == (0, Fraction(1, 2), 1)


def test_limits_and_wrong_networks() -> None:
    with pytest.raises(WorkLimitError, match="more than 10 breakpoints"):
        breakpoints(march(64, 1), UNIT, limit=10)
    two = Layer((0,), SparseMatrix.from_dense([[1], [1]], columns=1), (0, 0))
    with pytest.raises(InputError, match="2 outputs"):
        breakpoints(Network(1, (two,)), UNIT)
    form = FixedPoint.parse("Q0.4")
    one = Layer((0,), SparseMatrix.from_dense([[1]], columns=1), (0,), output_format=form)
    with pytest.raises(InputError, match="fixed-point"):
        breakpoints(Network(1, (one,), input_format=form), UNIT)


def test_progress_is_reported() -> None:
    seen: list[float] = []
    breakpoints(march(300, 1), UNIT, progress=lambda fraction, _: seen.append(fraction))
    assert seen == sorted(seen)
    assert 0 < seen[0] <= seen[-1] <= 1
