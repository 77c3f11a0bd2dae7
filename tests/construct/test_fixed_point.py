"""Exact networks: equal to their function on every input, by the reference's definition."""

from itertools import product

import numpy as np
import pytest

from bitproof.construct.fixed_point import represent
from bitproof.errors import FormatError, InputError, NoDesignError
from bitproof.exact.fixed_point import FixedPoint, Overflow, Rounding
from bitproof.execute.reference import evaluate
from bitproof.network import Activation
from bitproof.pipeline.represent import verify
from bitproof.theory.arithmetic import Arithmetic
from bitproof.theory.representable import NotRepresentable, Representable, representable
from tests.construct.fixed_point_cases import (
    SEVEN,
    activation,
    arithmetic,
    levels_of,
    of_levels,
    one_input,
    two_inputs,
)

MANY_NEURONS = 100


def assert_exact(found, function, form, dims):
    """The network on every input, run by the definition (a large one by the engine)."""
    if found.neurons > MANY_NEURONS:
        verify(found.construction.network, function, form, dims)
        return
    axis = range(form.lowest, form.highest + 1)
    network = found.construction.network
    for point, level in zip(product(axis, repeat=dims), function, strict=True):
        assert evaluate(network, [form.value(k) for k in point]) == (form.value(level),)


def build(table, name, numbers, dims=1, effort="quick", **more):
    function = levels_of(table)
    sigma = activation(name, numbers.form)
    found = represent(function, sigma, numbers, dims=dims, effort=effort, **more)
    return found, function


@pytest.mark.parametrize("name", SEVEN)
def test_one_input_at_4_bits(name):
    numbers = arithmetic(3, 4)
    for kind in ("random", "smooth"):
        found, function = build(one_input(kind, numbers.form), name, numbers)
        assert_exact(found, function, numbers.form, 1)


def test_a_jump_up_and_one_down_share_a_gadget():
    # ReLU at (4, 8): 15 levels up on one stretch take a face at each end and two gadgets between;
    # jump by jump they would be six neurons
    numbers = arithmetic(4, 8)
    table = np.zeros(31, dtype=int)
    table[9:20] = 14
    found, function = build(table, "relu", numbers, effort="default")
    assert found.neurons == 4
    assert_exact(found, function, numbers.form, 1)


@pytest.mark.parametrize(("name", "neurons"), [("relu", 11), ("sigmoid", 18), ("gelu", 11)])
def test_five_jumps(name, neurons):
    numbers = arithmetic(4, 8)
    found, function = build(one_input("steps", numbers.form), name, numbers, effort="default")
    assert found.construction.method.startswith("stretches")
    assert found.neurons <= neurons
    assert_exact(found, function, numbers.form, 1)


@pytest.mark.parametrize("weights", ["binary", "ternary"])
def test_few_weights_at_4_bits(weights):
    numbers = arithmetic(3, 4, weights=weights)
    kinds = ("random", "steps", "identity", "smooth", "random", "steps", "smooth")
    for name, kind in zip(SEVEN, kinds, strict=True):
        found, function = build(one_input(kind, numbers.form), name, numbers)
        assert_exact(found, function, numbers.form, 1)


def test_binary_weights_in_one_layer_by_program():
    # a face and gadgets for each jump are 97 neurons of 2,239 weights
    numbers = arithmetic(3, 4, weights="binary")
    found, function = build(one_input("random", numbers.form), "sigmoid", numbers, effort="default")
    assert found.construction.method == "program"
    assert found.neurons <= 83  # the solver: fewest of one layer
    assert found.weights == 2 * found.neurons
    assert_exact(found, function, numbers.form, 1)


def test_binary_ramps_follow_smooth_functions():
    # jump by jump the identity takes 762 neurons of binary weights at 8 bits, and 129,794 weights
    numbers = arithmetic(7, 16, weights="binary")
    for kind, most in (("identity", 6), ("smooth", 74)):
        found, function = build(one_input(kind, numbers.form), "relu", numbers)
        assert found.neurons <= most
        assert found.weights == 2 * found.neurons
        assert_exact(found, function, numbers.form, 1)


@pytest.mark.parametrize(("name", "most"), [("softplus", 275), ("gelu", 273)])
def test_two_inputs(name, most):
    numbers = arithmetic(3, 4)
    for kind in ("random", "boxes"):
        found, function = build(two_inputs(kind, numbers.form), name, numbers, dims=2)
        assert found.neurons <= most
        assert_exact(found, function, numbers.form, 2)


@pytest.mark.parametrize("weights", ["binary", "ternary"])
def test_two_inputs_of_few_levels(weights):
    numbers = arithmetic(2, 1, weights=weights)
    found, function = build(two_inputs("boxes", numbers.form), "relu", numbers, dims=2)
    assert_exact(found, function, numbers.form, 2)


@pytest.mark.parametrize(
    ("weights", "name", "most"),
    [("binary", "relu", 240), ("binary", "sigmoid", 460), ("ternary", "mish", 200)],
)
def test_columns_of_weights_of_one_size(weights, name, most):
    # a gadget for each of the 200 boxes takes 332 and 784 neurons of binary weights
    numbers = arithmetic(3, 4, weights=weights)
    found, function = build(two_inputs("random", numbers.form), name, numbers, dims=2)
    assert found.construction.method == "columns"
    assert found.neurons <= most
    assert_exact(found, function, numbers.form, 2)


def test_three_inputs():
    numbers = arithmetic(1, 1)
    table = np.random.default_rng(3).integers(-1, 2, (3, 3, 3))
    found, function = build(table, "relu", numbers, dims=3)
    assert_exact(found, function, numbers.form, 3)


@pytest.mark.parametrize("name", ["elu", "gelu"])  # elu's ramps have few weights, but more
def test_eight_bits(name):
    numbers = arithmetic(7, 16)
    found, function = build(one_input("random", numbers.form), name, numbers, minimise="weights")
    assert_exact(found, function, numbers.form, 1)
    jumps = int(np.count_nonzero(np.diff(function)))
    assert found.neurons <= 2 * jumps + 2
    assert found.weights <= 3 * jumps + 4


def test_smooth_functions_need_few_neurons():
    numbers = arithmetic(7, 16)
    identity, _ = build(one_input("identity", numbers.form), "relu", numbers)
    assert (identity.neurons, identity.weights) == (2, 4)
    smooth, function = build(one_input("smooth", numbers.form), "relu", numbers)
    assert smooth.neurons <= 72
    assert_exact(smooth, function, numbers.form, 1)


def test_every_weight_is_allowed():
    form = FixedPoint.symmetric(3, 4)
    for weights, allowed in (("binary", {-4, 4}), ("ternary", {-4, 4}), ("full", range(-7, 8))):
        numbers = Arithmetic.of(form, weights=weights)
        found, _ = build(one_input("random", form), "gelu", numbers)
        for layer in found.construction.network.layers:
            assert layer.denominator == 4
            assert set(layer.matrix.stored_values()) <= set(allowed)
            if weights == "binary":
                assert layer.matrix.nonzero_entries == layer.matrix.stored_entries


def test_biases_stay_in_the_format_when_asked():
    numbers = arithmetic(3, 4, bias="same")
    found, function = build(one_input("random", numbers.form), "gelu", numbers)
    biases = [bias for layer in found.construction.network.layers for bias in layer.bias]
    assert max(map(abs, biases)) <= 7
    assert_exact(found, function, numbers.form, 1)


def test_layers_are_the_definitions():
    numbers = arithmetic(2, 2)
    found, _ = build((3, -1, 2, 2, 2, 0, -3), "relu", numbers)
    *hidden, output = found.construction.network.layers
    assert output.activation is Activation.IDENTITY
    assert all(layer.activation is Activation.TABLE for layer in hidden)
    assert found.hidden_layers == tuple(layer.width for layer in hidden)
    assert found.neurons == sum(found.hidden_layers)


@pytest.mark.parametrize("rounding", list(Rounding))
@pytest.mark.parametrize("bias", ["wide", "same"])
def test_any_activation_any_rounding_as_the_theorem_says(rounding, bias):
    """Built exactly where Theorem A says that a network exists."""
    rng = np.random.default_rng(list(Rounding).index(rounding))
    for _ in range(14):
        form = FixedPoint(-int(rng.integers(1, 4)), 3, int(rng.integers(1, 6)), rounding)
        numbers = Arithmetic.of(form, bias=bias)
        sigma = of_levels(*rng.integers(form.lowest, form.highest + 1, form.levels).tolist())
        function = levels_of(rng.integers(form.lowest, form.highest + 1, form.levels))
        inputs = {(k,): value for k, value in zip(numbers.levels, function, strict=True)}
        answer = representable(sigma.values, numbers, inputs)
        if isinstance(answer, NotRepresentable):
            with pytest.raises(NoDesignError, match="no network of any size"):
                represent(function, sigma, numbers)
        elif isinstance(answer, Representable):
            assert_exact(represent(function, sigma, numbers, effort="quick"), function, form, 1)


def test_accumulator_biases():
    numbers = Arithmetic.of(FixedPoint.symmetric(3, 4), beta=1)
    found, function = build(one_input("random", numbers.form), "silu", numbers)
    assert_exact(found, function, numbers.form, 1)


def test_fewer_weights_when_asked():
    numbers = arithmetic(2, 2)
    table = two_inputs("random", numbers.form)
    few_neurons, _ = build(table, "relu", numbers, dims=2)
    few_weights, _ = build(table, "relu", numbers, dims=2, minimise="weights")
    assert few_weights.weights <= few_neurons.weights
    assert few_neurons.neurons <= few_weights.neurons


def test_a_constant():
    numbers = arithmetic(3, 4)
    found, function = build([5] * 15, "relu", numbers)
    assert_exact(found, function, numbers.form, 1)


def test_sign_is_told_what_forbids_it():
    numbers = arithmetic(3, 4)
    with pytest.raises(NoDesignError, match="congruent modulo 8"):
        build(one_input("identity", numbers.form), "sign", numbers)
    even = [4 if x >= 2 else -4 for x in numbers.levels]
    found, function = build(even, "sign", numbers)
    assert_exact(found, function, numbers.form, 1)


def test_refusals():
    numbers = arithmetic(2, 2)
    relu = activation("relu", numbers.form)
    with pytest.raises(InputError, match="6 values"):
        represent((0,) * 6, relu, numbers)
    with pytest.raises(InputError, match="4 is not a level"):
        represent((0, 0, 0, 4, 0, 0, 0), relu, numbers)
    with pytest.raises(InputError, match="effort 'lazy'"):
        represent((0,) * 7, relu, numbers, effort="lazy")
    with pytest.raises(InputError, match="minimise"):
        represent((0,) * 7, relu, numbers, minimise="bits")
    with pytest.raises(InputError, match="inputs of"):
        represent((0,) * 7, relu, numbers, dims=9)
    with pytest.raises(FormatError, match="±1"):
        represent((1, 0, 0, 1, 0, 0, 0), relu, arithmetic(2, 4, weights="binary"))
    with pytest.raises(FormatError, match="wraps"):
        Arithmetic.of(FixedPoint(-3, 3, 2, overflow=Overflow.WRAP))
