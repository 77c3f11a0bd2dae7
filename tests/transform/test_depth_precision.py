"""Depth for precision: equal as functions, in the format, within the stated sizes."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.certify.structural import prove_equal
from bitproof.errors import FormatError
from bitproof.exact import Q
from bitproof.execute.reference import evaluate
from bitproof.network import Activation, Convolution, Layer, Network, SparseMatrix, measure
from bitproof.transform.depth_precision import deepen, formats_of
from bitproof.transform.digits import Splitting
from bitproof.transform.layer_grids import round_to_grids
from tests.network.strategies import image_networks


def random_network(rng, *, depth, width, form, skips=True, linear_hidden=False, inputs=2):
    """Entries over the whole format, its extreme values often, a fifth of them zero."""
    top = form.largest_numerator
    layers, widths = [], [inputs]

    def entry():
        draw = rng.random()
        if draw < 0.2:
            return 0
        return rng.choice([top, -top]) if draw < 0.35 else rng.randint(-top, top)

    for position in range(1, depth + 1):
        sources = {position - 1}
        if skips and rng.random() < 0.5:
            sources.add(rng.randrange(position))
        columns = sum(widths[source] for source in sources)
        rows = 1 if position == depth else width
        linear = position == depth or (linear_hidden and rng.random() < 0.3)
        matrix = [[entry() for _ in range(columns)] for _ in range(rows)]
        layers.append(
            Layer(
                tuple(sorted(sources)),
                SparseMatrix.from_dense(matrix, columns=columns),
                tuple(entry() for _ in range(rows)),
                form.denominator,
                Activation.IDENTITY if linear else Activation.RELU,
            )
        )
        widths.append(rows)
    return Network(inputs, tuple(layers), form)


def random_inputs(rng, count):
    return [Fraction(rng.randint(-999, 999), rng.randint(1, 64)) for _ in range(count)]


@pytest.mark.parametrize("seed", range(60))
def test_deepened_networks_are_equal_and_in_format(seed):
    splitting = list(Splitting)[seed // 2 % 2]
    rng = random.Random(seed)
    form = Q(rng.randint(-1, 3), rng.randint(1, 8))
    network = random_network(
        rng,
        depth=rng.randint(1, 4),
        width=rng.randint(1, 4),
        form=form,
        linear_hidden=seed % 2 == 0,
    )
    for narrow in formats_of(rng.randint(2, form.bits + 1)):
        result = deepen(network, narrow, splitting=splitting)
        assert result.network.weight_format == narrow
        assert all(weight in narrow for weight in result.network.weights())
        hidden = result.network.layers[:-1]
        assert all(layer.activation is Activation.RELU for layer in hidden)
        assert prove_equal(network, result.network).equal
        for _ in range(5):
            x = random_inputs(rng, 2)
            assert evaluate(network, x) == evaluate(result.network, x)


def test_a_changed_weight_is_not_proved_equal():
    rng = random.Random(1)
    network = random_network(rng, depth=3, width=3, form=Q(0, 4), skips=False)
    deep = deepen(network, Q(0, 2)).network
    for position, layer in enumerate(deep.layers):
        if not layer.matrix.nonzero_entries:
            continue
        row = next(r for r in range(layer.width) if layer.matrix.row(r))
        rows = [list(layer.matrix.row(r)) for r in range(layer.width)]
        column, numerator = rows[row][0]
        rows[row][0] = (column, 1 if numerator != 1 else 2)
        changed = Layer(
            layer.sources,
            SparseMatrix.from_rows(rows, columns=layer.matrix.shape[1]),
            layer.bias,
            layer.denominator,
            layer.activation,
        )
        layers = (*deep.layers[:position], changed, *deep.layers[position + 1 :])
        other = Network(2, layers, deep.weight_format)
        x = random_inputs(rng, 2)
        if evaluate(other, x) != evaluate(network, x):
            assert not prove_equal(network, other).equal


@pytest.mark.parametrize("bits", [1, 2, 3, 4, 6, 12])
def test_sizes_keep_the_stated_bounds(bits):
    """k·nnz + (k − 1)(N_in + N_out) non-zeros and k affine maps per layer, one channel per row
    unless it was truncated; the split of signed inputs is one layer more."""
    rng = random.Random(7)
    form = Q(0, 12)
    network = random_network(rng, depth=5, width=8, form=form, skips=False)
    result = deepen(network, Q(0, bits), nonnegative_inputs=True)
    places = -(-12 // bits)
    assert result.places == (places,) * 5
    before, after = measure(network), measure(result.network)
    assert after.depth == 5 * places
    allowed, columns = 0, network.inputs
    for layer in network.layers:
        nonzero = layer.matrix.nonzero_entries + layer.nonzero_biases
        allowed += places * nonzero + (places - 1) * (columns + layer.width)
        columns = layer.width
    extra = result.truncated_rows * places * (8 + 2)
    assert after.weights <= allowed + extra
    assert after.width <= (3 if result.truncated_rows else 2) * before.width


def test_weights_that_are_not_dyadic_are_refused():
    layer = Layer((0,), SparseMatrix.from_dense([[1]], columns=1), (0,), 3, Activation.IDENTITY)
    with pytest.raises(FormatError, match="1/3"):
        deepen(Network(1, (layer,)), Q(0, 2))


@settings(max_examples=15)
@given(
    image_networks(bits=4),
    st.sampled_from([Q(-1, 1), Q(-1, 2), Q(0, 1), Q(1, 2)]),
    st.booleans(),
    st.sampled_from(Splitting),
)
def test_convolutions_stay_convolutions_and_equal(network, form, nonnegative, splitting):
    dyadic = [replace(layer, denominator=8) for layer in network.layers]
    original = Network(network.inputs, tuple(dyadic))
    result = deepen(original, form, nonnegative_inputs=nonnegative, splitting=splitting)
    assert prove_equal(original, result.network, nonnegative_inputs=nonnegative).equal
    rng = random.Random(original.inputs)
    for _ in range(2):
        x = [Fraction(rng.randint(0 if nonnegative else -99, 99), 8) for _ in range(network.inputs)]
        assert evaluate(result.network, x) == evaluate(original, x)
    assert any(not isinstance(layer.matrix, SparseMatrix) for layer in result.network.layers)


def test_a_chain_of_convolutions_stores_its_kernels_once():
    """Depth grows by the digits, memory does not by the image."""
    conv = Convolution((1, 64, 64), 4, (3, 3), tuple(range(-18, 18)), pads=(1, 1, 1, 1))
    layer = Layer((0,), conv, (5,) * conv.shape[0], 32)
    result = deepen(Network(4096, (layer,)), Q(-1, 2), nonnegative_inputs=True)
    stored = sum(layer.matrix.stored_entries for layer in result.network.layers)
    assert stored <= len(result.network.layers) * (36 + 2 * 4)
    assert result.places == (len(result.network.layers),) == (3,)


def test_weights_round_to_the_nearest_multiple_of_their_layers_step():
    rng = random.Random(4)
    for _ in range(50):
        bits, denominator = rng.randint(2, 9), rng.choice([1, 7, 1000, 2**20])
        entries = [[rng.randint(-999, 999) for _ in range(3)] for _ in range(2)]
        matrix = SparseMatrix.from_dense(entries, columns=3)
        layer = Layer((0,), matrix, (rng.randint(-5000, 5000), 0), denominator)
        rounded = round_to_grids(Network(3, (layer,)), bits)
        (made,), (places,) = rounded.network.layers, rounded.fraction_bits
        step = Fraction(1, 2) ** places
        largest = 0
        for row in range(2):
            got = dict(made.matrix.row(row))
            for column, entry in enumerate(entries[row]):
                weight, exact = made.weight(got.get(column, 0)), Fraction(entry, denominator)
                assert abs(weight - exact) <= step / 2
                assert abs(weight / step) < 2 ** (bits - 1)
                largest = max(largest, abs(exact))
        assert round(largest / (step / 2)) >= 2 ** (bits - 1)
        assert (made.weight(made.bias[0]) / step).denominator == 1
