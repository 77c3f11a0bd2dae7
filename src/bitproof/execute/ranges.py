"""Proved ranges: the integer form of a network with bounds on every number it computes.

One pass over the layers, in exact integers. For every neuron it finds

- the granule, the rational gcd of everything its pre-activation is a sum of;
- ends of its value by interval arithmetic over the sources' ends;
- a bound on every partial sum: with each product in [l_e, h_e], a sum over any subset of the
  products and the bias lies between Σ min(0, l_e) and Σ max(0, h_e). This holds for every order
  of summation and every grouping, so for any matrix product, and is at most Σ|w|·max|x| + |b|.

The bounds ignore that neurons depend on each other, so they can be far from attained in deep
networks; they are never too small.

>>> from bitproof.network import Network, Layer, SparseMatrix, Activation
>>> hinge = Layer((0,), SparseMatrix.from_dense([[2]], columns=1), (-1,), denominator=3)
>>> out = Layer((1,), SparseMatrix.from_dense([[3]], columns=1), (0,), 4, Activation.IDENTITY)
>>> grid = InputGrid((Fraction(0),), (Fraction(1),), Fraction(1, 8))
>>> analysis = analyse(Network(1, (hinge, out)), grid)
>>> analysis.granules(1), analysis.bounds(1)
((Fraction(1, 12),), ((0, 4),))
>>> analysis.carrier, analysis.accumulator_bits
(<Carrier.FLOAT32: 'float32'>, 5)
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from bitproof.errors import InputError, RangeError
from bitproof.exact.fixed_point import FixedPoint, Overflow, round_rational
from bitproof.exact.rationals import rational_gcd
from bitproof.execute.carrier import Carrier
from bitproof.execute.grid import InputGrid
from bitproof.execute.integer_network import Granule, IntegerLayer, IntegerNetwork, Rescaling
from bitproof.execute.lowering import rounded_once
from bitproof.execute.structured import (
    Block,
    blocks_of,
    structured_sums,
    uniform_sources,
)
from bitproof.network.layer import Activation, ActivationTable, Layer
from bitproof.network.linear_map import LinearMap, SparseMatrix
from bitproof.network.network import Network

__all__ = ["Carrier", "InputGrid", "RangeAnalysis", "analyse", "integer_form"]

MAX_BITS = 1 << 14


@dataclass(frozen=True, slots=True)
class RangeAnalysis:
    """The integer form of a network with its proved bounds.

    Attributes:
        integer: the integer network; its layers carry granules, ends and accumulator bounds.
        magnitude: the largest magnitude of any weight, bias, input, partial sum, rounding step or
            value in the computation.
    """

    integer: IntegerNetwork
    magnitude: int

    @property
    def accumulator_bits(self) -> int:
        """Bits of a two's complement register that holds every number, its sign included."""
        return self.magnitude.bit_length() + 1

    @property
    def carrier(self) -> Carrier:
        """The narrowest machine number that holds every number exactly."""
        return Carrier.for_magnitude(self.magnitude)

    def granules(self, position: int) -> tuple[Fraction, ...]:
        """The granules of the input (0) or of a layer (counted from 1)."""
        if position == 0:
            return (self.integer.input_granule,) * self.integer.inputs
        return tuple(granule.value for granule in self.integer.layers[position - 1].granules)

    def bounds(self, position: int) -> tuple[tuple[int, int], ...]:
        """The proved ends of every value of the input (0) or a layer, in granules."""
        if position == 0:
            return tuple(zip(self.integer.input_lower, self.integer.input_upper, strict=True))
        layer = self.integer.layers[position - 1]
        return tuple(zip(layer.lower, layer.upper, strict=True))


def integer_form(network: Network, grid: InputGrid) -> IntegerNetwork:
    """The network over the integers, with proved bounds; see `IntegerNetwork`.

    Raises:
        InputError: the grid does not fit the network's inputs or its input format.
        RangeError: a number of more than 16,384 bits would be needed.
    """
    return analyse(network, grid).integer


def analyse(network: Network, grid: InputGrid) -> RangeAnalysis:
    """Granules and proved integer bounds of every neuron for all inputs of a grid.

    Takes about 2 µs a weight, whatever the depth. Layers that do not round once are lowered first
    (`lowering`); positions count the lowered network's layers.

    Raises:
        InputError: the grid does not fit the network's inputs or its input format.
        RangeError: a number of more than 16,384 bits would be needed.
    """
    _check_grid(network, grid)
    network = rounded_once(network)
    step = Granule.of(grid.step)
    values = [
        _Values((step,) * network.inputs, tuple(grid.lowest_levels), tuple(grid.highest_levels))
    ]
    layers = list[IntegerLayer]()
    widths, uniform = network.widths, uniform_sources(network)
    for position, layer in enumerate(network.layers, start=1):
        blocks = blocks_of(layer.matrix, layer.sources, widths)
        if blocks is None:
            integer = _integer_layer(position, layer, values, uniform=position in uniform)
        else:
            integer = _structured_layer(position, layer, blocks, values)
        layers.append(integer)
        values.append(_Values(integer.granules, integer.lower, integer.upper))
    form = IntegerNetwork(
        inputs=network.inputs,
        input_granule=grid.step,
        input_lower=tuple(grid.lowest_levels),
        input_upper=tuple(grid.highest_levels),
        layers=tuple(layers),
    )
    return RangeAnalysis(form, form.largest_magnitude())


def _check_grid(network: Network, grid: InputGrid) -> None:
    if grid.inputs != network.inputs:
        raise InputError(
            f"a grid of {grid.inputs} inputs for a network of {network.inputs}",
            remedy=f"give {network.inputs}",
        )
    form = network.input_format
    if form is None:
        return
    low = min(grid.lowest_levels) * grid.step * form.scale
    high = max(grid.highest_levels) * grid.step * form.scale
    on_levels = (grid.step * form.scale).denominator == 1
    if not on_levels or low < form.lowest or high > form.highest:
        raise InputError(
            f"the grid of step {grid.step} leaves the network's input format {form.name}",
            remedy="take multiples of 1/scale within the format, as InputGrid.of_format does",
        )


@dataclass(frozen=True, slots=True)
class _Values:
    """What is known of the values of the input or one layer."""

    granules: tuple[Granule, ...]
    lower: tuple[int, ...]
    upper: tuple[int, ...]


class _Row(NamedTuple):
    """One neuron over the integers, before rounding and activation."""

    weights: list[int]
    bias: int
    granule: Granule
    lower: int
    upper: int
    accumulator: int


def _joined(sources: Sequence[_Values]) -> _Values:
    """The values of several sources one after the other."""
    if len(sources) == 1:
        return sources[0]
    return _Values(
        tuple(granule for source in sources for granule in source.granules),
        tuple(end for source in sources for end in source.lower),
        tuple(end for source in sources for end in source.upper),
    )


def _structured_layer(
    position: int, layer: Layer, blocks: Sequence[Block], values: Sequence[_Values]
) -> IntegerLayer:
    read = [values[block.source] for block in blocks]
    sums = structured_sums(
        layer,
        blocks,
        [source.granules[0] for source in read],
        [(source.lower, source.upper) for source in read],
    )
    if max(sums.accumulators, default=0).bit_length() > MAX_BITS:
        raise _too_long(position)
    granule = Granule.of(sums.granule)
    parts = zip(sums.bias, sums.lower, sums.upper, sums.accumulators, strict=True)
    rows = [_Row([], bias, granule, low, high, most) for bias, low, high, most in parts]
    return _with_rounding_and_activation(layer, rows, sums.matrix)


def _uniform(position: int, rows: Sequence[_Row]) -> list[_Row]:
    """The same rows, all counting the greatest common granule."""
    unit = rational_gcd([row.granule.value for row in rows])
    common = Granule.of(unit)
    result = list[_Row]()
    for row in rows:
        factor = int(row.granule.value / unit)
        if factor.bit_length() > MAX_BITS:
            raise _too_long(position)
        result.append(
            _Row(
                [weight * factor for weight in row.weights],
                row.bias * factor,
                common,
                row.lower * factor,
                row.upper * factor,
                row.accumulator * factor,
            )
        )
    return result


def _integer_layer(
    position: int, layer: Layer, values: Sequence[_Values], *, uniform: bool
) -> IntegerLayer:
    read = _joined([values[source] for source in layer.sources])
    granules, lower, upper = read.granules, read.lower, read.upper
    rows, pattern = list[_Row](), list[list[int]]()
    for index, bias in enumerate(layer.bias):
        entries = layer.matrix.row(index)
        columns = [column for column, _ in entries]
        pattern.append(columns)
        rows.append(
            _integer_row(
                position,
                [numerator for _, numerator in entries],
                bias,
                layer.denominator,
                [granules[column] for column in columns],
                [(lower[column], upper[column]) for column in columns],
            )
        )
    if uniform and rows and layer.output_format is None:
        rows = _uniform(position, rows)
    return _with_rounding_and_activation(layer, rows, _matrix(layer, rows, pattern))


def _integer_row(
    position: int,
    numerators: list[int],
    bias: int,
    denominator: int,
    granules: list[Granule],
    ends: list[tuple[int, int]],
) -> _Row:
    weights, integer_bias, granule = _divide_by_gcd(
        position, numerators, bias, denominator, granules
    )
    low = high = integer_bias
    negative, positive = min(integer_bias, 0), max(integer_bias, 0)
    for weight, (lower, upper) in zip(weights, ends, strict=True):
        if weight > 0:
            least, most = weight * lower, weight * upper
        else:
            least, most = weight * upper, weight * lower
        low += least
        high += most
        if least < 0:
            negative += least
        if most > 0:
            positive += most
    accumulator = max(positive, -negative)
    if accumulator.bit_length() > MAX_BITS:
        raise _too_long(position)
    return _Row(weights, integer_bias, granule, low, high, accumulator)


def _divide_by_gcd(
    position: int, numerators: list[int], bias: int, denominator: int, granules: list[Granule]
) -> tuple[list[int], int, Granule]:
    """Integer weights and bias without common divisor, and the granule they count."""
    if len(set(granules)) == 1:
        common, exponent = granules[0].denominator, granules[0].exponent
        weights = [numerator * granules[0].numerator for numerator in numerators]
    else:
        weights, common, exponent = _over_one_denominator(position, numerators, granules)
    integer_bias = bias * common
    if bias and exponent:
        if max(exponent, -exponent) > MAX_BITS:
            raise _too_long(position)
        if exponent < 0:
            integer_bias <<= -exponent
        else:
            weights, exponent = [weight << exponent for weight in weights], 0
    divisor = math.gcd(integer_bias, *weights)
    if divisor == 0:
        return weights, 0, Granule(1, 1, 0)
    if divisor != 1:
        weights = [weight // divisor for weight in weights]
        integer_bias //= divisor
    below = common * denominator
    shared = math.gcd(divisor, below)
    return weights, integer_bias, Granule.normal(divisor // shared, below // shared, exponent)


def _over_one_denominator(
    position: int, numerators: list[int], granules: list[Granule]
) -> tuple[list[int], int, int]:
    """Integers w and a granule 2^exponent / common with w · granule = numerator · its granule."""
    if not granules:
        return [], 1, 0
    exponent = min(granule.exponent for granule in granules)
    common = math.lcm(*{granule.denominator for granule in granules})
    reach = max(granule.exponent for granule in granules) - exponent
    if max(reach, common.bit_length()) > MAX_BITS:
        raise _too_long(position)
    weights = [
        (numerator * granule.numerator * (common // granule.denominator))
        << (granule.exponent - exponent)
        for numerator, granule in zip(numerators, granules, strict=True)
    ]
    return weights, common, exponent


def _matrix(layer: Layer, rows: Sequence[_Row], pattern: Sequence[Sequence[int]]) -> SparseMatrix:
    """The integer weights where the layer has its own: none of them became zero."""
    return SparseMatrix(
        columns=layer.matrix.shape[1],
        row_starts=(0, *itertools.accumulate(len(columns) for columns in pattern)),
        column_indices=tuple(itertools.chain.from_iterable(pattern)),
        numerators=tuple(itertools.chain.from_iterable(row.weights for row in rows)),
    )


def _with_rounding_and_activation(
    layer: Layer, rows: Sequence[_Row], matrix: LinearMap
) -> IntegerLayer:
    form = layer.output_format
    rescaling = None if form is None else _rescaling(form, rows)
    ends = [
        (row.lower, row.upper) if rescaling is None else _levels(rescaling, index, row)
        for index, row in enumerate(rows)
    ]
    if layer.activation is Activation.RELU:
        ends = [(max(low, 0), max(high, 0)) for low, high in ends]
    elif layer.table is not None:
        assert form is not None
        known = {pair: _looked_up(layer.table, form, *pair) for pair in set(ends)}
        ends = [known[pair] for pair in ends]
    level = None if form is None else Granule.of(Fraction(1, form.scale))
    return IntegerLayer(
        sources=layer.sources,
        matrix=matrix,
        bias=tuple(row.bias for row in rows),
        activation=layer.activation,
        rescaling=rescaling,
        granules=tuple(row.granule if level is None else level for row in rows),
        lower=tuple(low for low, _ in ends),
        upper=tuple(high for _, high in ends),
        accumulators=tuple(row.accumulator for row in rows),
        table=layer.table,
    )


def _rescaling(form: FixedPoint, rows: Sequence[_Row]) -> Rescaling:
    factors = [row.granule.value * form.scale for row in rows]
    return Rescaling(
        tuple(factor.numerator for factor in factors),
        tuple(factor.denominator for factor in factors),
        form,
    )


def _levels(rescaling: Rescaling, index: int, row: _Row) -> tuple[int, int]:
    """The ends of the levels; rounding is monotone, so the ends of the sum decide."""
    form = rescaling.form
    factor = Fraction(rescaling.numerators[index], rescaling.denominators[index])
    low = round_rational(row.lower * factor, form.rounding)
    high = round_rational(row.upper * factor, form.rounding)
    if form.overflow is Overflow.WRAP and (low < form.lowest or high > form.highest):
        return form.lowest, form.highest
    return form.limit(low), form.limit(high)


def _looked_up(table: ActivationTable, form: FixedPoint, low: int, high: int) -> tuple[int, int]:
    """The ends of the table's entries for the levels low to high."""
    reached = table.values[low - form.lowest : high - form.lowest + 1]
    return min(reached), max(reached)


def _too_long(position: int) -> RangeError:
    return RangeError(
        f"layer {position} needs integers of more than {MAX_BITS} bits",
        remedy="evaluate single points with bitproof.execute.reference, or use fixed-point layers",
    )
