"""Large layers are multiplied in floats where that is exact, and in integers where it is not."""

from fractions import Fraction

import numpy as np
import pytest

from bitproof.certify import propagation
from bitproof.certify.propagation import PointTable
from bitproof.execute.grid import InputGrid
from bitproof.execute.ranges import integer_form
from bitproof.network import Layer, Network, SparseMatrix


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
        table, rows = PointTable(points), (PointTable.X,)
        for layer in integer_form(network, grid).layers:
            rows = table.add(layer, rows)
        return [table.row(number).tolist() for number in rows]

    monkeypatch.setattr(propagation, "FLOAT_BLOCK", 100)
    found = integers()
    monkeypatch.setattr(propagation, "FLOAT_SAFE", 0)
    assert found == integers()
