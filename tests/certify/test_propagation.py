"""Large layers are multiplied in floats where that is exact, and in integers where it is not."""

import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.certify import insertion, propagation
from bitproof.certify.breakpoints import pieces
from bitproof.certify.propagation import PointTable
from bitproof.certify.stages import stages_of
from bitproof.exact import Interval
from bitproof.execute.grid import InputGrid
from bitproof.execute.ranges import integer_form
from bitproof.execute.reference import evaluate
from bitproof.network import Activation, Layer, Network, SparseMatrix


def wide_layers(rows, columns, size, seed):
    """x to `columns` neurons with weights up to `size`, then to `rows` neurons."""
    rng = np.random.default_rng(seed)

    def some(shape):
        return rng.integers(-size, size, shape, endpoint=True).tolist()

    start = SparseMatrix.from_dense(some((columns, 1)), columns=1)
    first = Layer((0,), start, tuple(some(columns)))
    matrix = SparseMatrix.from_dense(some((rows, columns)), columns=columns)
    return first, Layer((1,), matrix, tuple(some(rows)))


@pytest.mark.parametrize("size", [3, 1 << 20, 1 << 22, 1 << 24, 1 << 28])
def test_every_size_of_weights_gives_the_same_integers(size, monkeypatch):
    layers = wide_layers(40, 50, size, seed=size % 97)
    network = Network(1, layers)
    grid = InputGrid((Fraction(0),), (Fraction(1),), Fraction(1))
    points = [Fraction(index, 7 * 97) for index in range(7 * 97 + 1)]

    def integers():
        table = PointTable(points)
        stages, _ = stages_of(integer_form(network, grid))
        for stage in stages:
            table.clamp(table.add(stage))
        return [table.row(number).tolist() for number in stages[-1].neurons]

    monkeypatch.setattr(propagation, "FLOAT_BLOCK", 100)
    found = integers()
    monkeypatch.setattr(propagation, "DENSE_SHARE", 0)
    assert found == integers()


def lines(count, seed, size):
    """Neighbouring points and values at them of lines that cross zero in between."""
    rng = np.random.default_rng(seed)
    q = rng.integers(1, size, (2, count))
    x = rng.integers(0, size, (2, count))
    x[1] = x[1] % q[1] + q[1] * (x[0] // q[0] + 1)
    alpha = rng.integers(1, size, count) * rng.choice([-1, 1], count)
    root = (x[0] / q[0] + x[1] / q[1]) / 2
    beta = -np.rint(alpha * root).astype(np.int64)
    ends = np.stack((x[0], q[0])), np.stack((x[1], q[1]))
    before, after = alpha * x[0] + beta * q[0], alpha * x[1] + beta * q[1]
    crossing = np.flatnonzero((before < 0) & (after > 0) | (before > 0) & (after < 0))
    return [end[:, crossing] for end in ends], before[crossing], after[crossing]


@pytest.mark.parametrize("size", [50, 1 << 12, 1 << 20, 1 << 26, 1 << 30])
def test_roots_and_values_in_int64_are_those_in_python_integers(size):
    ends, before, after = lines(3000, size % 89, size)
    cells = np.arange(len(before))
    fast = insertion._fast_roots(ends, cells, before, after)
    exact = insertion._exact_roots(ends, cells, before, after)
    every = np.empty((2, 2 * len(cells)), dtype=np.int64)
    every[:, ::2], every[:, 1::2] = ends
    at = insertion.Insertion(2 * cells, exact.left, exact.right, exact.divisor)
    x, q = (at.values(row) for row in every)
    assert len(cells) > 200
    for j in range(0, len(cells), 7):
        left, right = int(exact.left[j]), int(exact.right[j])
        expected = Fraction(
            int(ends[0][0, j]) * left + int(ends[1][0, j]) * right,
            int(ends[0][1, j]) * left + int(ends[1][1, j]) * right,
        )
        assert Fraction(int(x[j]), int(q[j])) == expected
        assert expected.denominator == q[j]
    assert fast is not None
    mine = insertion.Insertion(2 * cells, fast.left, fast.right, fast.divisor)
    assert [mine.values(row).tolist() for row in every] == [x.tolist(), q.tolist()]


def test_a_combination_is_exact_or_not_made():
    rng = np.random.default_rng(5)
    for bits in (10, 30, 45, 60, 62):
        divisor = (rng.integers(1, 1 << 8, 500) * 2 + 1) << rng.integers(0, 20, 500)
        quotient = rng.integers(-(1 << bits), 1 << bits, 500)
        left = divisor.copy()
        before, after = quotient - 7, np.full(500, 7)
        found = insertion._combined(
            before, after, insertion.Insertion(np.arange(500), left, left, divisor)
        )
        assert (found is None) == (bits > 60)
        assert found is None or found.tolist() == quotient.tolist()


def test_points_nearer_than_floats_and_equal_ones_are_told_apart():
    big = 1 << 40
    left = np.array([big, big, big, big, big])
    right = np.array([big + 1, big, big + 1, big - 1, big])
    cells = np.zeros(5, dtype=np.int64)
    ordered = insertion._ordered(insertion.Insertion(cells, left, right, np.ones(5, dtype=int)))
    assert ordered.right.tolist() == [big - 1, big, big + 1]


def steep(seed, size):
    """Two layers of ramps of slopes up to `size`, and their sum."""
    rng = random.Random(seed)
    layers, before = [], 1
    for position in range(3):
        rows = [[rng.choice((-size, -3, 0, 2, size)) for _ in range(before)] for _ in range(4)]
        bias = tuple(rng.randint(-size, size) for _ in range(4))
        layers.append(
            Layer((position,), SparseMatrix.from_dense(rows, columns=before), bias, 1 + position)
        )
        before = 4
    last = SparseMatrix.from_dense([[1, -1, 2, -1]], columns=4)
    return Network(1, (*layers, Layer((3,), last, (0,), 1, Activation.IDENTITY)))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([3, 1 << 11, 1 << 17, 1 << 25]))
def test_only_the_rows_too_large_for_int64_are_python_integers(seed, size):
    network = steep(seed, size)
    interval = Interval(Fraction(-1), Fraction(1))
    expected = pieces(network, interval).function()
    for least in (1 << 6, 1 << 20, 1 << 40):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(propagation, "INT64_SAFE", least)
            patch.setattr(insertion, "INT64_SAFE", least)
            assert pieces(network, interval).function() == expected
    for x, value in zip(expected.points, expected.values, strict=True):
        assert evaluate(network, [x]) == (value,)


def test_a_row_is_int64_again_once_it_fits():
    edges = SparseMatrix.from_dense([[1 << 40], [-(1 << 40)], [1]], columns=1)
    ramps = Layer((0,), edges, (1 - (1 << 39), (1 << 39) - 1, 0))
    table = PointTable([Fraction(i, (1 << 31) - 1) for i in (0, 1, 1 << 29)])
    grid = InputGrid((Fraction(0),), (Fraction(1),), Fraction(1))
    (stage,), _ = stages_of(integer_form(Network(1, (ramps,)), grid))
    negative = table.add(stage)
    kinds = [table.row(number).dtype.name for number in stage.neurons]
    assert kinds == ["object", "object", "int64"]
    table.clamp(negative)
    assert table.row(stage.neurons[0]).dtype == np.int64
    assert not table.row(stage.neurons[0]).any()


def test_integers_beyond_every_float():
    network = deep(60, 1 << 25)
    found = pieces(network, Interval(Fraction(0), Fraction(1)))
    assert found.function().values[-1] == evaluate(network, [Fraction(1)])[0] > 1 << 1200


def deep(depth, weight):
    """v -> weight·v + 1 in so many layers, beside it a ReLU that changes its sign."""
    layers = []
    for position in range(depth):
        rows = [[weight], [-3]] if position == 0 else [[weight, 0], [0, 1]]
        bias = (1, 1)
        layers.append(Layer((position,), SparseMatrix.from_dense(rows, columns=len(rows[0])), bias))
    last = SparseMatrix.from_dense([[1, 1]], columns=2)
    return Network(1, (*layers, Layer((depth,), last, (0,), 1, Activation.IDENTITY)))
