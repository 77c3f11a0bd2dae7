"""Every input of small formats through networks with activation tables, in all kernels."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest

from bitproof.exact import FixedPoint, Overflow, Rounding
from bitproof.execute.fast import Engine
from bitproof.execute.ranges import InputGrid, analyse
from bitproof.execute.reference import evaluate
from bitproof.network import Activation, ActivationTable, Layer, Network, SparseMatrix
from bitproof.target import activation_table
from tests.execute.test_engine import every_kernel

Q34 = FixedPoint.symmetric(3, 4)


def random_layer(
    rng: random.Random, source: int, columns: int, width: int, form: FixedPoint, activation: str
) -> Layer:
    rows = [[rng.randint(-7, 7) for _ in range(columns)] for _ in range(width)]
    table = activation_table(activation, form) if activation else None
    return Layer(
        (source,),
        SparseMatrix.from_dense(rows, columns=columns),
        tuple(rng.randint(-9, 9) for _ in range(width)),
        4,
        Activation.TABLE if table else Activation.IDENTITY,
        form,
        table,
    )


@pytest.mark.parametrize("overflow", Overflow)
@pytest.mark.parametrize("rule", Rounding)
def test_every_input_of_two(rule: Rounding, overflow: Overflow):
    """Formats that differ from layer to layer, one of a scale that is no power of two."""
    rng = random.Random(1)
    first = FixedPoint(-20, 25, 10, rule, overflow)
    second = FixedPoint(Q34.lowest, Q34.highest, Q34.scale, rule, overflow)
    network = Network(
        2,
        (
            random_layer(rng, 0, 2, 5, first, "gelu"),
            random_layer(rng, 1, 5, 4, second, "sign"),
            random_layer(rng, 2, 4, 3, first, "x^2 - 1"),
            random_layer(rng, 3, 3, 1, second, ""),
        ),
        input_format=Q34,
    )
    grid = InputGrid.of_format(Q34, inputs=2)
    rows = [[a, b] for a in range(-7, 8) for b in range(-7, 8)]
    expected = [[evaluate(network, [Q34.value(k) for k in row])[0] * 4] for row in rows]
    analysis = analyse(network, grid)
    for kernel in every_kernel(analysis):
        assert kernel.run(np.array(rows)).tolist() == expected
    assert analysis.bounds(2) == ((-4, 4),) * 4  # sign: ±1 in quarters


def test_a_table_over_a_range_far_from_zero():
    """Only levels that occur are looked up, with the table's own origin."""
    form = FixedPoint(-1000, 10, 1)
    table = ActivationTable("last digit", tuple(-(abs(k) % 10) for k in range(-1000, 11)))
    matrix = SparseMatrix.from_dense([[3]], columns=1)
    layer = Layer((0,), matrix, (-5,), 1, Activation.TABLE, form, table)
    grid = InputGrid((Fraction(-300),), (Fraction(-200),), Fraction(1))
    rows = [[k] for k in range(-300, -199)]
    network = Network(1, (layer,))
    expected = [[-(abs(3 * k - 5) % 10)] for [k] in rows]
    for kernel in every_kernel(analyse(network, grid)):
        assert kernel.run(np.array(rows)).tolist() == expected
    assert Engine(network, grid).run(np.array(rows)).tolist() == expected


def test_tables_of_several_layers_are_kept_apart():
    """Equal tables share their entries, also of formats that begin elsewhere."""
    matrix = SparseMatrix.from_dense([[1]], columns=1)
    forms = (FixedPoint(-2, 2, 1), FixedPoint(-1, 3, 1), FixedPoint(-2, 2, 1))
    tables = ((-1, 0, 1, 2, 0), (-1, 0, 1, 2, 0), (2, 1, 0, -1, -2))
    layers = tuple(
        Layer((i,), matrix, (0,), 1, Activation.TABLE, form, ActivationTable("t", table))
        for i, (form, table) in enumerate(zip(forms, tables, strict=True))
    )
    network = Network(1, layers, input_format=forms[0])
    rows = [[k] for k in range(-2, 3)]
    expected = [[int(evaluate(network, row)[0])] for row in rows]
    for kernel in every_kernel(analyse(network, InputGrid.of_format(forms[0]))):
        assert kernel.run(np.array(rows)).tolist() == expected
