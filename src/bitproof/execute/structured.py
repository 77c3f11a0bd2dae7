"""Layers whose map keeps a structure: as integers, with the bounds of `ranges`.

A convolution, or several maps side by side, is not taken apart into rows: all neurons of such a
layer count one granule, and so do the values of each layer it reads, so that the integer kernel is
the kernel times one factor. The bounds are the same interval sums, for all places at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitproof.exact.rationals import rational_gcd
from bitproof.execute.correlate import correlate, kernel_array
from bitproof.execute.integer_network import Granule
from bitproof.network.convolution import Convolution
from bitproof.network.layer import Layer
from bitproof.network.linear_map import LinearMap, SideBySide, SparseMatrix
from bitproof.network.network import Network

Vector = NDArray[Any]
FLOAT_LIMIT = 1 << 53


@dataclass(frozen=True, slots=True)
class Block:
    """The part of a layer's map that reads one of its sources."""

    source: int
    matrix: LinearMap


def blocks_of(
    matrix: LinearMap, sources: Sequence[int], widths: Sequence[int]
) -> tuple[Block, ...] | None:
    """The parts of a structured map, one for each source; None where the map is a matrix, or its
    parts do not meet the sources."""
    if isinstance(matrix, Convolution):
        parts: tuple[LinearMap, ...] = (matrix,)
    elif isinstance(matrix, SideBySide):
        parts = matrix.blocks
    else:
        return None
    if [part.shape[1] for part in parts] != [widths[source] for source in sources]:
        return None
    if not all(isinstance(part, Convolution | SparseMatrix) for part in parts):
        return None
    return tuple(Block(*pair) for pair in zip(sources, parts, strict=True))


def maps_by_source(
    matrix: LinearMap, sources: Sequence[int], widths: Sequence[int]
) -> list[tuple[int, LinearMap]]:
    """A map as a sum of one map for each source; structures are kept."""
    blocks = blocks_of(matrix, sources, widths)
    if blocks is not None:
        return [(block.source, block.matrix) for block in blocks]
    matrix = SparseMatrix.unrolled(matrix)
    if len(sources) == 1:
        return [(sources[0], matrix)]
    parts, start = list[tuple[int, LinearMap]](), 0
    for source in sources:
        stop = start + widths[source]
        rows = [
            [(column - start, n) for column, n in matrix.row(row) if start <= column < stop]
            for row in range(matrix.shape[0])
        ]
        parts.append((source, SparseMatrix.from_rows(rows, columns=widths[source])))
        start = stop
    return parts


def uniform_sources(network: Network) -> frozenset[int]:
    """The layers all of whose neurons must count one granule: those a structured map reads."""
    found, widths = set[int](), network.widths
    for layer in network.layers:
        found.update(block.source for block in blocks_of(layer.matrix, layer.sources, widths) or ())
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class StructuredSums:
    """The sums of a structured layer over the integers.

    Attributes:
        matrix: integer weights, with the structure of the layer's map.
        bias: integer biases.
        granule: what all sums count.
        lower, upper, accumulators: as in `IntegerLayer`, before rounding and activation.
    """

    matrix: LinearMap
    bias: tuple[int, ...]
    granule: Fraction
    lower: tuple[int, ...]
    upper: tuple[int, ...]
    accumulators: tuple[int, ...]


def structured_sums(
    layer: Layer,
    blocks: Sequence[Block],
    granules: Sequence[Granule],
    ends: Sequence[tuple[Sequence[int], Sequence[int]]],
) -> StructuredSums:
    """The integer form of a structured layer.

    Args:
        granules: what the values of each block's source count.
        ends: their lower and upper ends.
    """
    divisors = [math.gcd(*block.matrix.stored_values()) for block in blocks]
    steps = [d * granule.value for d, granule in zip(divisors, granules, strict=True)]
    divisor = math.gcd(*layer.bias)
    unit = rational_gcd([*steps, Fraction(divisor)]) or Fraction(1)
    matrices = []
    for block, step, part in zip(blocks, steps, divisors, strict=True):
        factor = int(step / unit)
        matrices.append(block.matrix.mapped(_rescaling(part, factor)))
    bias = tuple(int(n / unit) for n in layer.bias)
    low = np.array(bias, object)
    high, negative, positive = low.copy(), np.minimum(low, 0), np.maximum(low, 0)
    for matrix, (lower, upper) in zip(matrices, ends, strict=True):
        least, most, below, above = _interval_sums(matrix, lower, upper)
        low, high = low + least, high + most
        negative, positive = negative + below, positive + above
    accumulators = np.maximum(positive, -negative)
    matrix = matrices[0] if len(matrices) == 1 else SideBySide(tuple(matrices))
    return StructuredSums(
        matrix,
        bias,
        unit / layer.denominator,
        tuple(low.tolist()),
        tuple(high.tolist()),
        tuple(accumulators.tolist()),
    )


def _rescaling(divisor: int, factor: int) -> Callable[[int], int]:
    return lambda n: n // (divisor or 1) * factor


def _interval_sums(
    matrix: LinearMap, lower: Sequence[int], upper: Sequence[int]
) -> tuple[Vector, Vector, Vector, Vector]:
    """Σ of least and of most products, and Σ of their negative and positive parts, per row."""
    low, high = np.array(lower, object), np.array(upper, object)
    falling, rising = np.minimum(low, 0), np.maximum(high, 0)
    sums = list(_signed_sums(matrix, [low, high, falling, rising]))
    (up_low, down_low), (up_high, down_high), (up_fall, down_fall), (up_rise, down_rise) = sums
    return up_low - down_high, up_high - down_low, up_fall - down_rise, up_rise - down_fall


def _signed_sums(matrix: LinearMap, vectors: Sequence[Vector]) -> Iterator[tuple[Vector, Vector]]:
    """For each vector, its products with the positive entries and with minus the negative ones."""
    stacked = np.stack(vectors)
    largest = max((abs(int(v)) for v in stacked.reshape(-1)), default=0)
    heaviest = max((abs(n) for n in matrix.stored_values()), default=0)
    kind = np.dtype(object)
    if largest * heaviest * max(matrix.shape[1], 1) < FLOAT_LIMIT:
        kind = np.dtype(np.float64)
    stacked = stacked.astype(kind)
    results = [
        bound_product(matrix.mapped(part), kind)(stacked)
        for part in (lambda n: max(n, 0), lambda n: max(-n, 0))
    ]
    for up, down in zip(*results, strict=True):
        yield _integers(up), _integers(down)


def _integers(values: Vector) -> Vector:
    return values if values.dtype == object else values.astype(np.int64).astype(object)


def bound_product(matrix: LinearMap, dtype: np.dtype[Any]) -> Callable[[Vector], Vector]:
    """The map as a function from (batch, columns) to (batch, rows), in a number type."""
    if isinstance(matrix, Convolution):
        return partial(correlate, matrix, kernel_array(matrix, dtype))
    matrix = SparseMatrix.unrolled(matrix)
    starts, width = np.array(matrix.row_starts), matrix.shape[0]
    columns, weights = list(matrix.column_indices), np.array(matrix.numerators, dtype)
    filled = np.flatnonzero(np.diff(starts))

    def product(values: Vector) -> Vector:
        total = np.zeros((len(values), width), np.result_type(weights, values))
        if len(filled):
            products = values[:, columns] * weights
            total[:, filled] = np.add.reduceat(products, starts[filled], axis=1)
        return total

    return product
