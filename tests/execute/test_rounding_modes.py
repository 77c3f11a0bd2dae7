"""The modes of the reference: every operation rounded, and requantizers of libraries."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitproof.errors import InputError, RangeError
from bitproof.exact import FixedPoint, Overflow, Requantization, Requantizer, Rounding
from bitproof.execute.reference import LayerRequantization, evaluate, evaluate_layers
from bitproof.network import Activation, ActivationTable, Layer, Network, SparseMatrix
from tests.execute.strategies import networks, tables


def neuron(
    weights: list[int],
    bias: int,
    form: FixedPoint,
    denominator: int = 1,
    table: ActivationTable | None = None,
) -> Network:
    """One neuron of several inputs, all in one format."""
    matrix = SparseMatrix.from_dense([weights], columns=len(weights))
    activation = Activation.IDENTITY if table is None else Activation.TABLE
    layer = Layer((0,), matrix, (bias,), denominator, activation, form, table)
    return Network(len(weights), (layer,), input_format=form)


def every(network: Network, *inputs: Fraction | int) -> Fraction:
    return evaluate(network, inputs, rounding="every")[0]


# By hand


def test_partial_sums_saturate_in_the_order_of_columns():
    """Levels -7 … 7: 5 + 5 stays at 7, then 7 - 5 = 2; but 5 - 5 + 5 = 5."""
    form = FixedPoint(-7, 7, 1)
    assert every(neuron([1, 1, -1], 0, form), 5, 5, 5) == 2
    assert every(neuron([1, -1, 1], 0, form), 5, 5, 5) == 5
    assert evaluate(neuron([1, 1, -1], 0, form), [5, 5, 5]) == (5,)


def test_the_bias_comes_first():
    """6 + 5 stays at 7, then 7 - 5 = 2, where the sum is 6."""
    assert every(neuron([1, -1], 6, FixedPoint(-7, 7, 1)), 5, 5) == 2


def test_products_are_rounded_one_by_one():
    """Quarters of 1/2 are 1/8 = half a level of 1/4: twice a tie to even is 0, their sum is 1/4."""
    form = FixedPoint.parse("Q1.2")
    pair = neuron([1, 1], 0, form, denominator=4)
    assert every(pair, Fraction(1, 2), Fraction(1, 2)) == 0
    assert evaluate(pair, [Fraction(1, 2)] * 2) == (Fraction(1, 4),)
    away = FixedPoint.parse("Q1.2")
    away = FixedPoint(away.lowest, away.highest, away.scale, Rounding.NEAREST_AWAY)
    assert every(neuron([1, 1], 0, away, 4), Fraction(1, 2), Fraction(1, 2)) == Fraction(1, 2)


def test_products_saturate_before_they_are_added():
    """3·4 is 7 already, so 7 - 5 = 2, where the sum 12 - 5 is 7."""
    form = FixedPoint(-7, 7, 1)
    assert every(neuron([3, -1], 0, form), 4, 5) == 2
    assert evaluate(neuron([3, -1], 0, form), [4, 5]) == (7,)


def test_the_bias_is_rounded_too():
    """A bias of 3/8 is 2 levels of 1/4 (a tie to even), and one of 1/8 none."""
    form = FixedPoint.parse("Q1.2")
    assert every(neuron([0], 3, form, denominator=8), 0) == Fraction(1, 2)
    assert every(neuron([0], 1, form, denominator=8), 0) == 0


def test_wrapping_partial_sums_do_not_depend_on_the_order():
    form = FixedPoint(-8, 7, 1, overflow=Overflow.WRAP)
    for weights in itertools.permutations((3, -2, 7)):
        for x in itertools.product((-8, -3, 5, 7), repeat=3):
            inputs = dict(zip((3, -2, 7), x, strict=True))
            network = neuron(list(weights), 4, form)
            found = every(network, *(inputs[w] for w in weights))
            total = 4 + sum(w * v for w, v in inputs.items())
            assert found == form.limit(total)


def test_the_activation_follows_the_last_sum():
    form = FixedPoint(-3, 3, 1)
    table = ActivationTable("square", tuple(min(k * k, 3) for k in range(-3, 4)))
    assert every(neuron([1, 1], 0, form, table=table), -2, 1) == 1
    assert every(neuron([1, 1], 0, form, table=table), -2, -2) == 3


def test_sign_escapes_parity_in_this_mode():
    """With σ = sign all exact sums of two features and an even bias are even; saturation in the
    middle makes them odd, which is why this mode and the other compute different tables."""
    form = FixedPoint(-3, 3, 1)
    exact = {
        evaluate(neuron([1, 1, 1, 1], 2, form), signs)[0] % 2
        for signs in itertools.product((-1, 1), repeat=4)
        if abs(sum(signs) + 2) <= 3
    }
    rounded = {
        every(neuron([1, 1, 1, 1], 2, form), *signs) % 2
        for signs in itertools.product((-1, 1), repeat=4)
    }
    assert exact == {0}
    assert rounded == {0, 1}


# In general


def direct(layer: Layer, row: int, values: list[Fraction]) -> int:
    """The definition, on dense rows and integers only."""
    form = layer.output_format
    assert form is not None
    weights = [0] * layer.matrix.shape[1]
    for column, numerator in layer.matrix.row(row):
        weights[column] = numerator
    level = form.quantize(Fraction(layer.bias[row], layer.denominator))
    for weight, value in zip(weights, values, strict=True):
        level = form.limit(level + form.quantize(Fraction(weight, layer.denominator) * value))
    return level


@given(st.data())
def test_every_layer_by_the_definition(data: st.DataObject):
    network = data.draw(networks(fixed=True))
    inputs = [Fraction(data.draw(st.integers(-30, 30)), 4) for _ in range(network.inputs)]
    if any(layer.output_format is None for layer in network.layers):
        with pytest.raises(InputError, match="without a format"):
            evaluate(network, inputs, rounding="every")
        return
    values = evaluate_layers(network, inputs, rounding="every")
    for layer, found in zip(network.layers, values[1:], strict=True):
        form = layer.output_format
        assert form is not None
        gathered = [value for source in layer.sources for value in values[source]]
        for row, value in enumerate(found):
            level = direct(layer, row, gathered)
            if layer.activation is Activation.RELU:
                level = max(level, 0)
            elif layer.table is not None:
                level = layer.table.values[level - form.lowest]
            assert value == form.value(level)


@given(st.data(), st.integers(-7, 7), st.integers(-7, 7), st.integers(-7, 7))
def test_without_rounding_or_overflow_the_modes_agree(
    data: st.DataObject, weight: int, bias: int, x: int
):
    form = FixedPoint(-60, 60, 1)
    network = neuron([weight, 1], bias, form, table=data.draw(tables(form)))
    assert every(network, x, 2) == evaluate(network, [x, 2])[0]


def test_unknown_modes():
    with pytest.raises(InputError, match="once"):
        evaluate(neuron([1], 0, FixedPoint(-1, 1, 1)), [1], rounding="never")


# Requantizers


def test_a_requantizer_replaces_the_rounding():
    """int8 inputs of step 1/16 and weights of step 1/16: the accumulator counts 1/256."""
    form = FixedPoint.parse("Q3.4")
    network = neuron([3, -5], 2, form, denominator=16)
    unit = Fraction(1, 256)
    for rule in Requantization:
        requantizer = Requantizer.of_factor(Fraction(1, 16), -128, 127, rule)
        mode = {1: LayerRequantization(requantizer, unit)}
        for a, b in itertools.product(range(-128, 128, 17), repeat=2):
            found = evaluate(network, [form.value(a), form.value(b)], requantizers=mode)
            assert found == (form.value(requantizer.level(3 * a - 5 * b + 2 * 16)),)


def test_two_roundings_reach_the_output():
    """The accumulator 341 times 3/2048: 0 rounded once, 1 rounded twice."""
    form = FixedPoint(-400, 400, 1)
    network = neuron([1], 0, form)
    for rule, level in ((Requantization.DOUBLE, 1), (Requantization.SINGLE, 0)):
        mode = {1: LayerRequantization(Requantizer(3 << 29, -9, -128, 127, rule), Fraction(1))}
        assert evaluate(network, [341], requantizers=mode) == (level,)


def test_requantizers_that_do_not_fit():
    form = FixedPoint.parse("Q3.4")
    half = Requantizer.of_factor(Fraction(1, 2), -128, 127)
    coarse = {1: LayerRequantization(half, Fraction(1, 16))}
    with pytest.raises(InputError, match="no multiple of the accumulator's unit"):
        evaluate(neuron([1], 0, form, 16), [Fraction(1, 16)], requantizers=coarse)
    matrix = SparseMatrix.from_dense([[1]], columns=1)
    real = Network(1, (Layer((0,), matrix, (0,), 1, Activation.IDENTITY),))
    with pytest.raises(InputError, match="without a format"):
        evaluate(real, [1], requantizers={1: LayerRequantization(half, Fraction(1))})
    wide = FixedPoint(-(2**40), 2**40, 1)
    mode = {1: LayerRequantization(half, Fraction(1))}
    with pytest.raises(RangeError, match="32 bits"):
        evaluate(neuron([1], 0, wide), [2**35], requantizers=mode)
