"""Rounded weights lie in the declared format; greedy rounding compensates errors."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest

from bitproof.errors import FormatError
from bitproof.exact.scaled_format import BINARY, TERNARY, ScaledFormat
from bitproof.network import Activation, Layer, Network, load_network, measure, save_network
from bitproof.network.convolution import Convolution
from bitproof.network.float_weights import float_biases, float_weights
from bitproof.transform.few_bits import Granularity, Method, RoundingPlan, round_weights
from tests.certify.difference import pairs

SYMBOLS = (BINARY, TERNARY, 4, 16, 256)


@pytest.mark.parametrize("symbols", SYMBOLS)
@pytest.mark.parametrize("granularity", list(Granularity))
@pytest.mark.parametrize("method", list(Method))
def test_every_weight_lies_in_the_declared_scale(
    symbols: int, granularity: Granularity, method: Method, tmp_path
) -> None:
    network = pairs.network((3, 9, 7, 2), 4)
    points = np.random.default_rng(0).uniform(-1, 1, size=(40, 3))
    rounded = round_weights(network, RoundingPlan((symbols,) * 3, granularity, method), points)
    form = rounded.weight_format
    assert isinstance(form, ScaledFormat)
    for layer, scale in zip(rounded.layers, form.layers, strict=True):
        for row in range(layer.width):
            unit = Fraction(2) ** -scale.exponent_of(row, layer.width)
            for _, numerator in layer.matrix.row(row):
                integer = Fraction(numerator, layer.denominator) / unit
                assert integer.denominator == 1
                assert abs(integer) <= scale.largest
    expected = {Granularity.NETWORK: 1, Granularity.LAYER: 3}
    if granularity is not Granularity.CHANNEL:
        assert len({s.exponents for s in form.layers}) <= expected[granularity]
    path = tmp_path / "network.json"
    save_network(rounded, path)
    assert load_network(path) == rounded


def test_memory_is_counted_layer_by_layer() -> None:
    network = pairs.network((3, 9, 2), 4)
    rounded = round_weights(network, RoundingPlan((16, 4)))
    weights = 27 * 4 + 18 * 2
    assert measure(rounded).dense_bits == weights + 11 * 16 + 2 * (8 + 8)


def test_a_weight_outside_its_scale_makes_the_network_ill_formed() -> None:
    rounded = round_weights(pairs.network((2, 3, 1), 0), RoundingPlan((16, 16)))
    layer = rounded.layers[0]
    wrong = Layer(layer.sources, layer.matrix.mapped(lambda n: n * 1000), layer.bias, 3)
    with pytest.raises(FormatError, match="scale"):
        Network(2, (wrong, rounded.layers[1]), rounded.weight_format)
    with pytest.raises(FormatError, match="scales for"):
        Network(2, rounded.layers[:1], rounded.weight_format)


def test_greedy_rounding_is_better_on_its_inputs() -> None:
    network = pairs.network((160, 48, 4), 2)
    points = np.random.default_rng(1).uniform(0, 1, size=(8, 160))
    plans = [RoundingPlan((8, 8), Granularity.LAYER, method) for method in Method]
    errors = []
    for plan in plans:
        rounded = round_weights(network, plan, points)
        gap = _forward(network, points) - _forward(rounded, points)
        errors.append(float(np.sqrt((gap**2).mean())))
    nearest, greedy = errors
    assert greedy < 0.7 * nearest


def test_kernels_keep_their_structure() -> None:
    rng = random.Random(3)
    kernel = tuple(rng.randint(-50, 50) for _ in range(4 * 2 * 3 * 3))
    map_ = Convolution((2, 5, 5), 4, (3, 3), kernel, pads=(1, 1, 1, 1))
    network = Network(50, (Layer((0,), map_, (7,) * 100, 64, Activation.IDENTITY),))
    points = np.random.default_rng(1).uniform(0, 1, size=(6, 50))
    plan = RoundingPlan((256,), Granularity.CHANNEL, Method.GREEDY)
    rounded = round_weights(network, plan, points)
    assert isinstance(rounded.layers[0].matrix, Convolution)
    assert isinstance(rounded.weight_format, ScaledFormat)
    assert len(rounded.weight_format.layers[0].exponents) == 4
    assert np.abs(_forward(network, points) - _forward(rounded, points)).max() < 0.1


def test_a_plan_of_another_length_is_refused() -> None:
    with pytest.raises(FormatError, match="plan"):
        round_weights(pairs.network((2, 3, 1), 0), RoundingPlan((16,)))


def _forward(network: Network, points: np.ndarray) -> np.ndarray:
    values = points
    for layer in network.layers:
        values = values @ float_weights(layer).T + float_biases(layer)
        if layer.activation is Activation.RELU:
            values = np.maximum(values, 0)
    return values
