"""Exact networks whose layers round after every operation, by the reference on every input."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from bitproof.construct.every_operation import build
from bitproof.errors import FormatError, NoDesignError
from bitproof.exact.fixed_point import FixedPoint
from bitproof.execute.reference import evaluate
from bitproof.network.arithmetic import Accumulation
from bitproof.network.layer import ActivationTable
from bitproof.pipeline.represent import represent, verify
from bitproof.theory.arithmetic import Arithmetic
from tests.theory.activations import table_of

NAMES = (
    "relu",
    "sigmoid",
    "elu",
    "softplus",
    "silu",
    "mish",
    "gelu",
    "sign",
    "step",
    "abs",
    "tanh",
)


def stepwise(text, **words):
    return Arithmetic.of(FixedPoint.parse(text), rounding_once=False, **words)


def activation(name, form):
    return ActivationTable(name, table_of(name, form))


def assert_exact(network, function, form):
    """By the reference, on every input; and every layer declares the arithmetic."""
    assert all(layer.accumulation is Accumulation.EVERY for layer in network.layers)
    points = product(range(form.lowest, form.highest + 1), repeat=function.ndim)
    for point, level in zip(points, function.ravel().tolist(), strict=True):
        assert evaluate(network, [Fraction(x, form.scale) for x in point]) == (
            Fraction(level, form.scale),
        )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("form", "weights"), [("3,4", "full"), ("Q1.2", "full"), ("3,1", "ternary")]
)
def test_random_tables(name, form, weights):
    arithmetic = stepwise(form, weights=weights)
    levels = arithmetic.levels
    function = np.random.default_rng(len(name)).integers(levels[0], levels[-1] + 1, len(levels))
    network = build(function, activation(name, arithmetic.form), arithmetic)
    assert_exact(network, function, arithmetic.form)


@pytest.mark.parametrize("name", ["relu", "sign", "abs"])
def test_two_inputs(name):
    arithmetic = stepwise("2,2")
    function = np.random.default_rng(1).integers(-3, 4, (7, 7))
    network = build(function, activation(name, arithmetic.form), arithmetic)
    assert_exact(network, function, arithmetic.form)


def test_constants_and_single_points():
    arithmetic = stepwise("2,2")
    for function in (np.full(7, -2), np.eye(7, dtype=int)[3] * 3, -3 * np.eye(7, dtype=int)):
        for name in ("gelu", "sign"):
            network = build(function, activation(name, arithmetic.form), arithmetic)
            assert_exact(network, function, arithmetic.form)


def test_weights_and_biases_are_in_the_format():
    arithmetic = stepwise("3,4")
    network = build(np.arange(7, -8, -1), activation("mish", arithmetic.form), arithmetic)
    for layer in network.layers:
        assert layer.denominator == 4
        assert all(abs(n) <= 7 for n in layer.bias)
        assert all(abs(n) <= 7 for n in layer.matrix.stored_values())


def test_eight_bits_by_the_engine():
    result = represent("sin(x)", "7,16", "gelu", rounding="every")
    assert result.inputs_checked == 255
    layers = result.network.layers
    assert result.represented.hidden_layers == tuple(layer.width for layer in layers[:-1])
    rows = [layer.matrix.row(i) for layer in layers for i in range(layer.width)]
    assert result.represented.weights == sum(map(len, rows)) < 60_000
    assert verify(result.network, result.values, result.form, 1) > 0
    with pytest.raises(AssertionError):
        verify(result.network, (0, *result.values[1:]), result.form, 1)


def test_what_is_refused():
    binary = stepwise("2,2", weights="binary")
    with pytest.raises(FormatError, match="binary weights"):
        build(np.zeros(7, dtype=int), activation("relu", binary.form), binary)
    unsigned = stepwise("UQ2.1")
    with pytest.raises(NoDesignError, match="only rise with the level"):
        build(np.arange(8), activation("relu", unsigned.form), unsigned)
    wide = stepwise("12,4")
    with pytest.raises(FormatError, match="use fewer bits"):
        build(np.zeros(8191, dtype=int), ActivationTable("flat", (0,) * 8191), wide)
    one_unit = Arithmetic.of(FixedPoint.symmetric(1, 3), rounding_once=False)
    with pytest.raises(NoDesignError, match="apart"):
        build(np.arange(-1, 2), activation("identity", one_unit.form), one_unit)
