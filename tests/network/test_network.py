"""The frozen network, its parts and its measures."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.errors import FormatError
from bitproof.exact import Codebook, FixedPoint, Q
from bitproof.network import (
    Activation,
    ActivationTable,
    Layer,
    Network,
    NetworkBuilder,
    Neuron,
    SparseMatrix,
    levels,
    load_network,
    measure,
    save_network,
    violations,
)
from tests.network.strategies import networks, weights_of

HALF = Fraction(1, 2)


def dense(rows: list[list[int]]) -> SparseMatrix:
    return SparseMatrix.from_dense(rows, columns=len(rows[0]))


@settings(deadline=None)
@given(networks())
def test_a_network_that_exists_is_well_formed(network: Network):
    assert list(violations(network)) == []
    if network.weight_format is not None:
        assert all(weight in network.weight_format for weight in network.weights())
    expected = [weight for layer in network.layers for weight in weights_of(layer)]
    assert list(network.weights()) == expected
    assert hash(network) == hash(
        Network(network.inputs, network.layers, network.weight_format, network.input_format)
    )


def longest_path(network: Network, position: int) -> int:
    """By walking all paths back from a layer."""
    if position == 0:
        return 0
    sources = network.layers[position - 1].sources
    return 1 + max((longest_path(network, source) for source in sources), default=0)


@settings(deadline=None)
@given(networks())
def test_measures_count_what_they_say(network: Network):
    sizes = measure(network)
    positions = range(len(network.layers) + 1)
    assert levels(network) == tuple(longest_path(network, i) for i in positions)
    assert sizes.depth == longest_path(network, len(network.layers))
    assert sizes.neurons == sum(network.widths[1:])
    assert sizes.weights == len(list(network.weights()))
    assert sizes.dense_weights == sum(
        layer.width * (layer.matrix.shape[1] + 1) for layer in network.layers
    )
    assert sizes.width >= max(network.widths)
    assert sizes.nonzero_bits <= sizes.dense_bits
    assert sizes.bits("dense") == sizes.dense_bits
    assert sizes.bits("nonzero") == sizes.nonzero_bits
    assert sizes.bits("paper") == sizes.paper_bits


@settings(deadline=None)
@given(networks())
def test_width_by_listing_what_is_alive(network: Network):
    depth = levels(network)
    readers = [
        [depth[p] for p, layer in enumerate(network.layers, start=1) if position in layer.sources]
        for position in range(len(depth))
    ]
    alive = [
        sum(
            width
            for position, width in enumerate(network.widths)
            if depth[position] <= at <= max([depth[position], *(d - 1 for d in readers[position])])
        )
        for at in range(max(depth) + 1)
    ]
    assert measure(network).width == max(alive)


def test_width_of_plain_and_skipping_networks():
    plain = Network(
        2,
        (
            Layer((0,), dense([[1, 1]] * 5), (0,) * 5),
            Layer((1,), dense([[1] * 5] * 3), (0,) * 3),
            Layer((2,), dense([[1] * 3]), (0,)),
        ),
    )
    assert measure(plain).width == 5
    skipping = Network(
        2,
        (
            Layer((0,), dense([[1, 1]] * 3), (0,) * 3),
            Layer((0, 1), dense([[1] * 5]), (0,)),
        ),
    )
    assert measure(skipping).width == 5


def test_an_unread_layer_deeper_than_the_output():
    one = dense([[1]])
    chain = tuple(Layer((i,), one, (0,)) for i in range(4))
    network = Network(1, (*chain, Layer((0,), one, (0,))))
    sizes = measure(network)
    assert (sizes.depth, sizes.width) == (1, 2)


def test_memory_of_the_formats():
    layer = Layer((0,), dense([[1], [0], [-1]]), (0, 0, 1), 2)
    ternary = measure(Network(1, (layer,), Codebook.ternary()))
    assert (ternary.weights, ternary.dense_weights) == (3, 6)
    assert (ternary.nonzero_bits, ternary.dense_bits) == (5, 10)  # ⌈3·log2 3⌉, ⌈6·log2 3⌉
    binary = measure(Network(1, (layer,), Codebook.binary()))
    assert (binary.nonzero_bits, binary.dense_bits) == (3, 10)  # with a symbol for the zeros
    assert binary.paper_bits == 3
    q = measure(Network(1, (layer,), Q(0, 1)))
    assert (q.nonzero_bits, q.dense_bits, q.paper_bits) == (9, 18, 3 * 3 * 1 * 3)
    assert measure(Network(1, (layer,))).dense_bits == 6 * 32


def test_frozen():
    network = Network(1, (Layer((0,), dense([[1]]), (0,)),))
    with pytest.raises(FrozenInstanceError):
        network.inputs = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        network.layers[0].bias = (1,)  # type: ignore[misc]


def test_semantics():
    real = Layer((0,), dense([[1]]), (0,))
    rounded = Layer((0,), dense([[1]]), (0,), output_format=FixedPoint.parse("Q3.4"))
    assert Network(1, (real,)).is_real
    assert Network(1, (real,)).is_piecewise_linear
    assert not Network(1, (rounded,)).is_real
    assert not Network(1, (real,), input_format=FixedPoint.parse("Q3.4")).is_piecewise_linear


def test_violations_are_data():
    network = Network(1, (Layer((0,), dense([[1]]), (0,)),))
    broken = object.__new__(Network)
    layers = (
        Layer((0, 2), dense([[1]]), (0,)),
        Layer((0,), dense([[1, 1]]), (0,), 3),
        Layer((0,), SparseMatrix.from_rows([], columns=1), ()),
    )
    for name, value in {
        "inputs": 1,
        "layers": layers,
        "weight_format": Q(-1, 1),
        "input_format": None,
        "notes": (),
    }.items():
        object.__setattr__(broken, name, value)
    found = [violation.layer for violation in violations(broken)]
    assert found == [1, 1, 2, 2, 3]
    assert list(violations(network)) == []


@given(st.data())
def test_sparse_matrices_hold_what_they_were_given(data: st.DataObject):
    rows, columns = data.draw(st.integers(0, 4)), data.draw(st.integers(0, 5))
    entries = [[data.draw(st.integers(-2, 2)) for _ in range(columns)] for _ in range(rows)]
    matrix = SparseMatrix.from_dense(entries, columns=columns)
    shuffled = [data.draw(st.permutations(list(enumerate(row)))) for row in entries]
    assert matrix == SparseMatrix.from_rows(shuffled, columns=columns)
    assert matrix.shape == (rows, columns)
    assert matrix.stored_entries == rows * columns
    assert [dict(matrix.row(i)) for i in range(rows)] == [
        {j: entry for j, entry in enumerate(row) if entry} for row in entries
    ]
    assert matrix.nonzero_entries == sum(entry != 0 for row in entries for entry in row)
    assert list(matrix.stored_values()) == [e for row in entries for e in row if e]


@pytest.mark.parametrize(
    ("columns", "starts", "indices", "numerators"),
    [
        (-1, (0,), (), ()),
        (1, (), (), ()),
        (1, (1, 1), (0,), (1,)),
        (1, (0, 2), (0,), (1,)),
        (1, (0, 1), (0,), ()),
        (2, (0, 2, 1, 2), (0, 1), (1, 1)),
        (1, (0, 1), (1,), (1,)),
        (1, (0, 1), (-1,), (1,)),
        (2, (0, 2), (1, 0), (1, 1)),
        (2, (0, 2), (1, 1), (1, 1)),
        (1, (0, 1), (0,), (0,)),
    ],
)
def test_impossible_matrices(
    columns: int, starts: tuple[int, ...], indices: tuple[int, ...], numerators: tuple[int, ...]
):
    with pytest.raises(FormatError):
        SparseMatrix(columns, starts, indices, numerators)


def test_impossible_layers():
    for arguments in (
        {"bias": (0, 0)},
        {"denominator": 0},
        {"sources": (0, 0)},
        {"sources": (1, 0)},
        {"sources": (-1,)},
    ):
        parts = {"sources": (0,), "matrix": dense([[1]]), "bias": (0,)} | arguments
        with pytest.raises(FormatError):
            Layer(**parts)  # type: ignore[arg-type]


def test_the_builder_keeps_what_the_output_needs():
    builder = NetworkBuilder(Q(0, 2))
    first = builder.add([(builder.input, HALF)], bias=Fraction(1, 4))
    unused = builder.add([(first, HALF)])
    constant = builder.add([], bias=1)
    zero = builder.add([(first, Fraction(0)), (constant, Fraction(1))])
    out = builder.add(
        [(zero, Fraction(1)), (builder.input, Fraction(3, 4))], activation=Activation.IDENTITY
    )
    network = builder.build(out, (("made by", "a test"),))
    assert len(builder) == 5
    assert network.widths == (1, 1, 1, 1)
    assert [layer.sources for layer in network.layers] == [(), (1,), (0, 2)]
    assert network.layers[2].denominator == 4
    assert network.layers[2].matrix.row(0) == ((0, 3), (1, 4))
    assert network.notes == (("made by", "a test"),)
    with pytest.raises(FormatError, match="same neuron"):
        builder.add([(unused, HALF), (unused, HALF)])
    with pytest.raises(FormatError, match="does not exist"):
        builder.add([(Neuron(99), HALF)])
    small = NetworkBuilder(Q(-1, 1))
    outside = small.add([(small.input, Fraction(3, 4))])
    with pytest.raises(FormatError, match="3/4, which is not in"):
        small.build(outside)


@given(st.data())
def test_built_networks_compute_the_graph(data: st.DataObject):
    """Against direct evaluation of the random graph that was built."""
    from bitproof.execute.reference import evaluate

    builder = NetworkBuilder()
    graph: list[tuple[dict[int, Fraction], Fraction, Activation]] = []
    weights = st.fractions(-2, 2, max_denominator=6)
    for position in range(1, data.draw(st.integers(2, 7))):
        edges = data.draw(st.dictionaries(st.integers(0, position - 1), weights, max_size=3))
        bias, activation = (
            data.draw(weights),
            data.draw(st.sampled_from([Activation.IDENTITY, Activation.RELU])),
        )
        graph.append((edges, bias, activation))
        builder.add([(Neuron(p), w) for p, w in edges.items()], bias, activation)
    x = data.draw(weights)
    values = [x]
    for edges, bias, activation in graph:
        total = bias + sum(w * values[p] for p, w in edges.items())
        values.append(max(total, Fraction(0)) if activation is Activation.RELU else total)
    network = builder.build(Neuron(len(graph)))
    assert evaluate(network, [x]) == (values[-1],)


def table_layer(form, values, activation=Activation.TABLE):
    return Layer(
        (0,),
        SparseMatrix.from_dense([[1]], columns=1),
        (0,),
        1,
        activation,
        form,
        None if values is None else ActivationTable("t", values),
    )


def test_an_activation_table_fits_its_format(tmp_path):
    form = FixedPoint(-2, 1, 1)
    layer = table_layer(form, (1, 0, -2, 1))
    network = Network(1, (layer,), input_format=form)
    save_network(network, tmp_path / "n.json")
    assert load_network(tmp_path / "n.json") == network
    for values in ((1, 0, -2), (1, 0, -2, 2), None):
        with pytest.raises(FormatError):
            table_layer(form, values)
    with pytest.raises(FormatError):
        table_layer(form, (1, 0, -2, 1), Activation.RELU)
    with pytest.raises(FormatError):
        table_layer(None, (1, 0, -2, 1))
