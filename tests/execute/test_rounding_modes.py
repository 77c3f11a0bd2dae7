"""The other arithmetics of a layer: every operation rounded, and requantizers of libraries."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.errors import FormatError
from bitproof.exact import FixedPoint, Overflow, Requantization, Requantizer, Rounding
from bitproof.execute.array_kernel import ArrayKernel
from bitproof.execute.compiled_kernel import CompiledKernel
from bitproof.execute.kernel import Kernel
from bitproof.execute.lowering import rounded_once
from bitproof.execute.program import compile_program
from bitproof.execute.python_kernel import PythonKernel
from bitproof.execute.ranges import Carrier, InputGrid, RangeAnalysis, analyse
from bitproof.execute.reference import evaluate, evaluate_layers
from bitproof.network import (
    Accumulation,
    Activation,
    ActivationTable,
    Layer,
    LayerRequantizer,
    Network,
    SparseMatrix,
)
from tests.execute.strategies import grids, levels, networks, requantized_networks, tables


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
    return evaluate(narrow(network), inputs)[0]


def narrow(network: Network) -> Network:
    """The same network with every operation rounded."""
    layers = tuple(replace(x, accumulation=Accumulation.EVERY) for x in network.layers)
    return replace(network, layers=layers)


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
        with pytest.raises(FormatError, match="without a format"):
            narrow(network)
        return
    values = evaluate_layers(narrow(network), inputs)
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


# Requantizers


def requantized(network: Network, requantizer: Requantizer, unit: Fraction) -> Network:
    """The same network, its only layer requantized."""
    (layer,) = network.layers
    part = LayerRequantizer(requantizer, unit)
    return replace(network, layers=(replace(layer, requantizers=(part,)),))


def test_a_requantizer_replaces_the_rounding():
    """int8 inputs of step 1/16 and weights of step 1/16: the accumulator counts 1/256."""
    form = FixedPoint.parse("Q3.4")
    for rule in Requantization:
        requantizer = Requantizer.of_factor(Fraction(1, 16), -128, 127, rule)
        network = requantized(
            neuron([3, -5], 2, form, denominator=16), requantizer, Fraction(1, 256)
        )
        for a, b in itertools.product(range(-128, 128, 17), repeat=2):
            found = evaluate(network, [form.value(a), form.value(b)])
            assert found == (form.value(requantizer.level(3 * a - 5 * b + 2 * 16)),)


def test_two_roundings_reach_the_output():
    """The accumulator 341 times 3/2048: 0 rounded once, 1 rounded twice."""
    form = FixedPoint(-400, 400, 1)
    for rule, level in ((Requantization.DOUBLE, 1), (Requantization.SINGLE, 0)):
        requantizer = Requantizer(3 << 29, -9, -128, 127, rule)
        assert evaluate(requantized(neuron([1], 0, form), requantizer, Fraction(1)), [341]) == (
            level,
        )


def test_requantizers_that_do_not_fit():
    form, wide = FixedPoint.parse("Q3.4"), FixedPoint(-(2**40), 2**40, 1)
    half = Requantizer.of_factor(Fraction(1, 2), -128, 127)
    with pytest.raises(FormatError, match="of the accumulator's unit 1/16"):
        requantized(neuron([1], 0, form, 16), half, Fraction(1, 16))
    with pytest.raises(FormatError, match="the requantizer takes"):
        requantized(neuron([1], 0, wide), half, Fraction(1))
    with pytest.raises(FormatError, match="levels of the layer's format"):
        requantized(neuron([1], 0, FixedPoint(-7, 7, 1)), half, Fraction(1))
    with pytest.raises(FormatError, match=r"unit 0: a positive"):
        LayerRequantizer(half, Fraction(0))
    matrix = SparseMatrix.from_dense([[1]], columns=1)
    part = LayerRequantizer(half, Fraction(1))
    with pytest.raises(FormatError, match="without a format"):
        Layer((0,), matrix, (0,), 1, Activation.IDENTITY, requantizers=(part,))
    layer = Layer((0,), matrix, (0,), 1, Activation.IDENTITY, form, requantizers=(part,))
    with pytest.raises(FormatError, match="values without a fixed-point format"):
        Network(1, (layer,))
    with pytest.raises(FormatError, match="one of the two"):
        replace(layer, accumulation=Accumulation.EVERY)
    with pytest.raises(FormatError, match="3 requantizers for 1 neurons"):
        replace(layer, requantizers=(part,) * 3)
    matrix = SparseMatrix.from_dense([[1], [1]], columns=1)
    other = LayerRequantizer(Requantizer.of_factor(Fraction(1, 2), -128, 100), Fraction(1))
    with pytest.raises(FormatError, match="different rules or to different ends"):
        replace(layer, matrix=matrix, bias=(0, 0), requantizers=(part, other))


# Lowered to layers that round once


def test_a_plain_network_is_not_touched():
    network = neuron([3, -5], 2, FixedPoint.parse("Q3.4"))
    assert rounded_once(network) is network


def test_additions_that_cannot_overflow_share_a_layer():
    """Products of at most 2: four of them stay within 9 levels, six do not."""
    form, small = FixedPoint(-9, 9, 1), FixedPoint(-2, 2, 1)
    for count, layers in ((4, 2), (5, 2), (6, 3), (8, 5)):
        network = neuron([1] * count, 0, form)
        (layer,) = network.layers
        layer = replace(layer, accumulation=Accumulation.EVERY)
        lowered = rounded_once(Network(count, (layer,), input_format=small))
        assert len(lowered.layers) == layers
    wrapping = replace(form, overflow=Overflow.WRAP)
    layer = replace(layer, output_format=wrapping)
    assert len(rounded_once(Network(8, (layer,), input_format=small)).layers) == 2


@given(st.data())
def test_the_lowered_network_is_equal(data: st.DataObject):
    network = data.draw(st.one_of(networks(fixed=True), requantized_networks()))
    lowered = rounded_once(network)
    assert all(layer.rounds_once for layer in lowered.layers)
    for _ in range(6):
        inputs = [Fraction(data.draw(st.integers(-300, 300)), 4) for _ in range(network.inputs)]
        assert evaluate(lowered, inputs) == evaluate(network, inputs)


@settings(deadline=None)  # the first example compiles
@given(st.data())
def test_every_engine_equals_the_reference(data: st.DataObject):
    network = data.draw(requantized_networks())
    grid = data.draw(grids(network))
    rows = data.draw(levels(grid))
    expected = [list(evaluate(network, [k * grid.step for k in row])) for row in rows]
    analysis = analyse(network, grid)
    for kernel in kernels(analysis):
        outputs = kernel.run(np.array(rows)).tolist()
        granules = analysis.integer.output_granules
        assert [[k * g for k, g in zip(r, granules, strict=True)] for r in outputs] == expected


# The matrix: overflow × rule × how biases are held × arithmetic, over all inputs


WIDE, STRICT = 7, 16  # the denominators of biases: of any size, or a level of the format


def matrix_network(
    form: FixedPoint, bias: int, arithmetic: Accumulation | Requantization
) -> Network:
    """Two layers of different formats over one input, every kind of activation."""
    inner = FixedPoint(-9, 12, 6, form.rounding, form.overflow)
    rng = random.Random(f"{form}{bias}{arithmetic}")
    layers = list[Layer]()
    for position, (own, columns, width) in enumerate(((inner, 1, 6), (form, 7, 3))):
        read = FixedPoint(-16, 15, 8) if position == 0 else inner
        denominator = own.scale
        if bias == WIDE and isinstance(arithmetic, Accumulation):
            denominator = own.scale * WIDE
        rows = [[rng.randint(-9, 9) for _ in range(columns)] for _ in range(width)]
        levels = tuple(rng.randint(own.lowest, own.highest) for _ in range(own.levels))
        activation = rng.choice(tuple(Activation))
        layer = Layer(
            (0,) if position == 0 else (0, 1),
            SparseMatrix.from_dense(rows, columns=columns),
            tuple(rng.randint(-9, 9) for _ in range(width)),
            denominator,
            activation,
            own,
            ActivationTable("any", levels) if activation is Activation.TABLE else None,
        )
        if isinstance(arithmetic, Accumulation):
            layer = replace(layer, accumulation=arithmetic)
        else:
            unit = Fraction(1, denominator * math.lcm(8, read.scale))
            factors = [unit * own.scale * Fraction(rng.randint(80, 120), 100) for _ in range(width)]
            low, high = rng.choice(((own.lowest, own.highest), (0, own.highest)))
            parts = [Requantizer.of_factor(f, low, high, arithmetic) for f in factors]
            chosen = parts if position else parts[:1]
            layer = replace(
                layer, requantizers=tuple(LayerRequantizer(part, unit) for part in chosen)
            )
        layers.append(layer)
    return Network(1, tuple(layers), input_format=FixedPoint(-16, 15, 8))


@pytest.mark.parametrize("arithmetic", [*Accumulation, *Requantization])
@pytest.mark.parametrize("bias", [WIDE, STRICT], ids=["wide bias", "strict bias"])
@pytest.mark.parametrize("overflow", Overflow)
def test_the_matrix_of_modes(
    arithmetic: Accumulation | Requantization, bias: int, overflow: Overflow
):
    seen = set[tuple[Fraction, ...]]()
    for rule in Rounding:
        network = matrix_network(FixedPoint(-16, 15, 4, rule, overflow), bias, arithmetic)
        grid = InputGrid.of_format(FixedPoint(-16, 15, 8))
        rows = np.arange(-16, 16).reshape(-1, 1)
        expected = [evaluate(network, [Fraction(k, 8)]) for k in range(-16, 16)]
        analysis = analyse(network, grid)
        for kernel in kernels(analysis):
            outputs = kernel.run(rows).tolist()
            assert [
                tuple(k * g for k, g in zip(row, analysis.integer.output_granules, strict=True))
                for row in outputs
            ] == expected
        seen.update(expected)
    assert len(seen) > 20


def kernels(analysis: RangeAnalysis) -> list[Kernel]:
    """The kernels that hold the numbers, each in its narrowest carrier."""
    integer, carrier = analysis.integer, analysis.carrier
    if carrier is Carrier.PYTHON:
        return [PythonKernel(integer)]
    compiled = CompiledKernel(integer, compile_program(integer), carrier, 1)
    return [PythonKernel(integer), ArrayKernel(integer, carrier), compiled]
