"""Granules and bounds hold for every input, and the integer form is the network."""

from __future__ import annotations

import itertools
import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitproof.errors import InputError, RangeError
from bitproof.exact import FixedPoint, Interval
from bitproof.execute.integer_network import Granule, IntegerLayer
from bitproof.execute.lowering import rounded_once
from bitproof.execute.ranges import Carrier, InputGrid, analyse, integer_form
from bitproof.execute.reference import evaluate, evaluate_layers
from bitproof.network import Activation, ActivationTable, Layer, Network, SparseMatrix
from tests.execute.strategies import grids, levels, networks


def affine(weights: list[list[int]], bias: list[int], denominator: int = 1) -> Layer:
    matrix = SparseMatrix.from_dense(weights, columns=len(weights[0]))
    return Layer((0,), matrix, tuple(bias), denominator, Activation.IDENTITY)


@given(st.data())
def test_the_integer_form_computes_the_network(data: st.DataObject):
    network = data.draw(networks())
    grid = data.draw(grids(network))
    form = integer_form(network, grid)
    for row in data.draw(levels(grid)):
        exact = evaluate(network, [level * grid.step for level in row])
        integers = form.evaluate(row)
        assert all(type(value) is int for value in integers)
        assert tuple(k * g for k, g in zip(integers, form.output_granules, strict=True)) == exact


@given(st.data())
def test_every_value_is_a_multiple_of_its_granule_within_its_bounds(data: st.DataObject):
    network = data.draw(networks())
    grid = data.draw(grids(network))
    analysis = analyse(network, grid)
    network = rounded_once(network)  # what is analysed
    for row in data.draw(levels(grid)):
        values = evaluate_layers(network, [level * grid.step for level in row])
        for position, layer_values in enumerate(values):
            parts = zip(
                layer_values, analysis.granules(position), analysis.bounds(position), strict=True
            )
            for value, granule, (low, high) in parts:
                assert (value / granule).denominator == 1
                assert low <= value / granule <= high


def partial_sums(layer: IntegerLayer, row: int, gathered: list[int]) -> list[int]:
    terms = [weight * gathered[column] for column, weight in layer.matrix.row(row)]
    terms.append(layer.bias[row])
    return [
        sum(subset)
        for size in range(len(terms) + 1)
        for subset in itertools.combinations(terms[:8], size)
    ]


@given(st.data())
def test_no_subset_of_the_terms_exceeds_the_accumulator_bound(data: st.DataObject):
    network = data.draw(networks())
    grid = data.draw(grids(network))
    form = integer_form(network, grid)
    for inputs in data.draw(levels(grid, 1)):
        values = [tuple(inputs)]
        for layer in form.layers:
            gathered = [value for source in layer.sources for value in values[source]]
            for row in range(layer.width):
                sums = partial_sums(layer, row, gathered)
                assert max(map(abs, sums)) <= layer.accumulators[row]
            values.append(_layer_values(layer, gathered))


def _layer_values(layer: IntegerLayer, gathered: list[int]) -> tuple[int, ...]:
    result = []
    for row in range(layer.width):
        total = layer.bias[row] + sum(w * gathered[c] for c, w in layer.matrix.row(row))
        if layer.rescaling is not None:
            total = layer.rescaling.level(row, total)
        result.append(layer.activated(total))
    return tuple(result)


@given(st.data())
def test_the_bounds_of_one_affine_layer_are_attained(data: st.DataObject):
    columns = data.draw(st.integers(1, 4))
    row = data.draw(st.lists(st.integers(-9, 9), min_size=columns, max_size=columns))
    network = Network(columns, (affine([row], [data.draw(st.integers(-9, 9))], 6),))
    grid = data.draw(grids(network))
    analysis = analyse(network, grid)
    corners = itertools.product(*zip(grid.lowest_levels, grid.highest_levels, strict=True))
    attained = [evaluate(network, [k * grid.step for k in corner])[0] for corner in corners]
    granule, (low, high) = analysis.granules(1)[0], analysis.bounds(1)[0]
    assert (min(attained), max(attained)) == (low * granule, high * granule)


@given(st.data())
def test_granules_are_the_largest_possible(data: st.DataObject):
    """The integer weights and bias of a neuron have no common divisor."""
    network = data.draw(networks(fixed=False))
    form = integer_form(network, data.draw(grids(network)))
    for layer in form.layers:
        for row in range(layer.width):
            entries = [weight for _, weight in layer.matrix.row(row)] + [layer.bias[row]]
            divisors = {d for d in (2, 3, 5, 7) if all(entry % d == 0 for entry in entries)}
            assert not divisors or not any(entries)


@given(st.fractions(min_value=Fraction(1, 1000), max_value=1000))
def test_granule_keeps_the_power_of_two_apart(value: Fraction):
    granule = Granule.of(value)
    assert granule.value == value
    assert granule.numerator % 2 == granule.denominator % 2 == 1


@pytest.mark.parametrize(
    ("limit", "carrier", "beyond"),
    [
        (2**24, Carrier.FLOAT32, Carrier.FLOAT64),
        (2**53, Carrier.FLOAT64, Carrier.INT64),
        (2**63, Carrier.INT64, Carrier.PYTHON),
    ],
)
def test_carriers_at_their_limits(limit: int, carrier: Carrier, beyond: Carrier):
    grid = InputGrid.on_interval(Interval(Fraction(0), Fraction(1)), Fraction(1))
    below = analyse(Network(1, (affine([[limit - 2]], [1]),)), grid)
    at = analyse(Network(1, (affine([[limit - 1]], [1]),)), grid)
    assert (below.magnitude, below.carrier) == (limit - 1, carrier)
    assert (at.magnitude, at.carrier) == (limit, beyond)
    assert at.accumulator_bits == limit.bit_length() + 1


def test_a_partial_sum_counts_though_the_total_is_small():
    grid = InputGrid((Fraction(0),) * 2, (Fraction(1),) * 2, Fraction(1))
    analysis = analyse(Network(2, (affine([[2**30 + 1, -(2**30)]], [0]),)), grid)
    assert analysis.magnitude == 2**30 + 1
    assert analysis.carrier is Carrier.FLOAT64


def test_a_large_weight_of_a_dead_neuron_counts():
    """0 · w is small, but w itself must be held."""
    dead = Layer((0,), SparseMatrix.from_dense([[-1]], columns=1), (0,))
    out = Layer((1,), SparseMatrix.from_dense([[2**70]], columns=1), (1,), 1, Activation.IDENTITY)
    grid = InputGrid.on_interval(Interval(Fraction(0), Fraction(1)), Fraction(1))
    assert analyse(Network(1, (dead, out)), grid).carrier is Carrier.PYTHON


@pytest.mark.parametrize("overflow", ["saturate", "wrap"])
def test_roundings_of_any_kind_are_done_in_floats(overflow: str):
    from bitproof.exact import Overflow

    form = FixedPoint(-8, 7, 3, overflow=Overflow(overflow))
    layer = Layer((0,), SparseMatrix.from_dense([[1]], columns=1), (0,), 1, output_format=form)
    grid = InputGrid.on_interval(Interval(Fraction(0), Fraction(1)), Fraction(1, 5))
    assert analyse(Network(1, (layer,)), grid).carrier is Carrier.FLOAT32


def test_tables_keep_the_bounds_within_the_format():
    """Only the entries that can be reached count."""
    form = FixedPoint(-3, 4, 1)
    table = ActivationTable("any", (-3, 4, 2, -1, 0, 1, 4, -2))  # of -3 … 4
    layer = Layer(
        (0,), SparseMatrix.from_dense([[1]], columns=1), (0,), 1, Activation.TABLE, form, table
    )
    for low, high, bounds in ((-1, 1, (-1, 2)), (-9, 9, (-3, 4)), (2, 2, (1, 1)), (-1, 5, (-2, 4))):
        grid = InputGrid.on_interval(Interval(Fraction(low), Fraction(high)), Fraction(1))
        assert analyse(Network(1, (layer,)), grid).bounds(1) == (bounds,)


def test_grids_that_do_not_fit_are_refused():
    one = Interval(Fraction(0), Fraction(1))
    network = Network(1, (affine([[1]], [0]),), input_format=FixedPoint.parse("UQ0.4"))
    with pytest.raises(InputError, match="a grid of 2 inputs"):
        analyse(network, InputGrid.on_interval(one, Fraction(1, 16), inputs=2))
    with pytest.raises(InputError, match="input format"):
        analyse(network, InputGrid.on_interval(one, Fraction(1, 32)))
    with pytest.raises(InputError, match="input format"):
        analyse(network, InputGrid.on_interval(one, Fraction(1, 16)))
    with pytest.raises(InputError, match="positive"):
        InputGrid.on_interval(one, Fraction(0))
    with pytest.raises(InputError, match="no multiple"):
        InputGrid((Fraction(1, 3),), (Fraction(1, 2),), Fraction(1))
    with pytest.raises(InputError, match="lower and"):
        InputGrid((), (), Fraction(1))


def test_numbers_beyond_every_use_are_refused():
    square = [
        Layer((i,), SparseMatrix.from_dense([[2**40 - 1]], columns=1), (1,)) for i in range(500)
    ]
    grid = InputGrid.on_interval(Interval(Fraction(0), Fraction(1)), Fraction(1))
    with pytest.raises(RangeError, match="16384 bits"):
        analyse(Network(1, tuple(square)), grid)


def test_deep_halvings_cost_nothing():
    """The granule is 2^-20000, the integers stay small."""
    half = [
        Layer((i,), SparseMatrix.from_dense([[1]], columns=1), (0,), denominator=2)
        for i in range(20_000)
    ]
    grid = InputGrid.on_interval(Interval(Fraction(0), Fraction(1)), Fraction(1, 8))
    start = time.process_time()
    analysis = analyse(Network(1, tuple(half)), grid)
    assert time.process_time() - start < 10
    assert analysis.magnitude == 8
    assert analysis.granules(20_000) == (Fraction(1, 2**20_003),)


def test_covering_grid():
    points = (Fraction(1, 2), Fraction(-1, 3))
    grid = InputGrid.covering(points)
    assert [grid.level(point) for point in points] == [3, -2]
    assert InputGrid.covering((Fraction(0),)).step == 1
    with pytest.raises(InputError, match="not a multiple"):
        grid.level(Fraction(1, 4))
