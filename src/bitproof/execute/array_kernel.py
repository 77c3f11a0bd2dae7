"""numpy, layer by layer on blocks of the batch: matrix products of exactly held integers.

With a float carrier every number, partial sums in any order included, is an integer below the
mantissa's limit, so the BLAS product is exact whatever its order of summation and its use of
fused multiply-add. Layers with few weights other than 0 gather and add only those.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from bitproof.execute.carrier import Carrier
from bitproof.execute.integer_network import IntegerLayer, IntegerNetwork
from bitproof.execute.kernel import Array, Kernel
from bitproof.execute.rounding import ArrayRounding
from bitproof.execute.structured import Block, blocks_of, bound_product
from bitproof.network.convolution import Convolution
from bitproof.network.layer import Activation
from bitproof.network.linear_map import LinearMap, SideBySide, SparseMatrix

# OpenBLAS starts threads for products of more than 2^18 multiplications, and its threads spin
# against each other: on a busy machine of two cores, blocks of 256 rows through layers of 64 ran
# 3 times slower than blocks of 64. Blocks stay below that where the layers are narrow enough;
# they also stay in the cache, which makes them 2-4 times faster than the whole batch at once.
SINGLE_THREADED_PRODUCT = 1 << 18
BLOCK_ROWS = (64, 2048)

# Seconds per multiplication, measured as `choice` says: of a dense matrix, zeros included, and of
# gathered weights.
DENSE_SECONDS = {Carrier.FLOAT32: 4e-11, Carrier.FLOAT64: 8e-11, Carrier.INT64: 1.5e-9}
GATHERED_SECONDS = 2.5e-9

_RELEASED = np.empty(0)


def gathers(layer: IntegerLayer, carrier: Carrier) -> bool:
    """Whether so few weights are not 0 that gathering them takes less than the dense product."""
    if not isinstance(layer.matrix, SparseMatrix):
        return False
    dense = DENSE_SECONDS.get(carrier, 0.0) * layer.matrix.stored_entries
    return GATHERED_SECONDS * layer.matrix.nonzero_entries < dense


def block_rows(network: IntegerNetwork, carrier: Carrier) -> int:
    """Rows of the batch taken through the network together."""
    largest = max(
        layer.matrix.nonzero_entries if gathers(layer, carrier) else products(layer.matrix)
        for layer in network.layers
    )
    fewest, most = BLOCK_ROWS
    return min(max(SINGLE_THREADED_PRODUCT // max(largest, 1), fewest), most)


def products(matrix: LinearMap) -> int:
    """Multiplications numpy makes for one input where it does not gather."""
    if isinstance(matrix, Convolution):
        return matrix.multiplications
    if isinstance(matrix, SideBySide):
        return sum(products(block) for block in matrix.blocks)
    return matrix.stored_entries


class ArrayKernel(Kernel):
    """Costs about 3 µs a layer and block, and then what the matrix product takes."""

    def __init__(self, network: IntegerNetwork, carrier: Carrier) -> None:
        self._dtype = np.dtype(carrier.value)
        widths = network.widths
        self._layers = [
            _ArrayLayer(layer, _product(layer, widths, carrier), self._dtype)
            for layer in network.layers
        ]
        self._last_uses = network.last_uses()
        self._block = block_rows(network, carrier)
        self._outputs = network.outputs

    def run(self, levels: Array) -> Array:
        """See `Kernel.run`."""
        outputs = np.empty((len(levels), self._outputs), np.int64)
        for start in range(0, len(levels), self._block):
            block = slice(start, start + self._block)
            outputs[block] = self._run_block(levels[block].astype(self._dtype))
        return outputs

    def _run_block(self, inputs: Array) -> Array:
        values: list[Array] = [inputs]
        for position, layer in enumerate(self._layers, start=1):
            values.append(layer(values, len(inputs)))
            for source in layer.sources:
                if self._last_uses[source] == position:
                    values[source] = _RELEASED
        return values[-1]


class _ArrayLayer:
    """One layer: the product with its weights (None without any), and a bias."""

    def __init__(self, layer: IntegerLayer, product: _Product | None, dtype: np.dtype[Any]) -> None:
        self.sources = layer.sources
        self._product = product
        self._bias = np.array(layer.bias, dtype)
        self._relu = layer.activation is Activation.RELU
        self._rounding = None if layer.rescaling is None else ArrayRounding(layer, dtype)
        self._table = None if layer.table is None else np.array(layer.table.values, dtype)
        self._constant = self._finish(self._bias.copy())

    def __call__(self, values: list[Array], batch: int) -> Array:
        if self._product is None:
            return np.repeat(self._constant[None, :], batch, axis=0)
        total = self._product(values)
        total += self._bias
        return self._finish(total)

    def _finish(self, total: Array) -> Array:
        """Rounding and activation; may work in place."""
        if self._rounding is not None:
            total = self._rounding(total)
            if self._table is not None:
                lowest = self._rounding.form.lowest
                return np.asarray(self._table[total.astype(np.int64) - lowest])
        if self._relu:
            np.maximum(total, 0, out=total)
        return total


def _product(layer: IntegerLayer, widths: tuple[int, ...], carrier: Carrier) -> _Product | None:
    dtype = np.dtype(carrier.value)
    if not any(True for _ in layer.matrix.stored_values()):
        return None
    blocks = blocks_of(layer.matrix, layer.sources, widths)
    if blocks is not None:
        return _StructuredProduct(blocks, dtype)
    matrix = SparseMatrix.unrolled(layer.matrix)
    if gathers(layer, carrier):
        return _GatheredProduct(layer, matrix, dtype)
    return _DenseProduct(_matrices(layer, matrix, widths, dtype))


class _Product(ABC):
    """Weights times the values of all earlier layers, of shape (batch, width); a new array."""

    @abstractmethod
    def __call__(self, values: list[Array]) -> Array: ...


class _DenseProduct(_Product):
    """A transposed matrix for each source that has weights, at least one."""

    def __init__(self, matrices: list[tuple[int, Array]]) -> None:
        self._matrices = matrices

    def __call__(self, values: list[Array]) -> Array:
        (source, matrix), *others = self._matrices
        total: Array = values[source] @ matrix
        for source, matrix in others:
            total += values[source] @ matrix
        return total


class _StructuredProduct(_Product):
    """A convolution, or a sparse matrix, for each source."""

    def __init__(self, blocks: tuple[Block, ...], dtype: np.dtype[Any]) -> None:
        self._parts = [(block.source, bound_product(block.matrix, dtype)) for block in blocks]

    def __call__(self, values: list[Array]) -> Array:
        (source, first), *others = self._parts
        total = first(values[source])
        for source, part in others:
            total += part(values[source])
        return total


class _GatheredProduct(_Product):
    """One column for each weight, and sums over the columns of each neuron that has any."""

    def __init__(self, layer: IntegerLayer, matrix: SparseMatrix, dtype: np.dtype[Any]) -> None:
        starts = np.array(matrix.row_starts)
        self._sources = layer.sources
        self._columns = np.array(matrix.column_indices)
        self._weights = np.array(matrix.numerators, dtype)
        self._width = layer.width
        self._rows = np.flatnonzero(np.diff(starts))
        self._starts = starts[self._rows]

    def __call__(self, values: list[Array]) -> Array:
        read = [values[source] for source in self._sources]
        joined = read[0] if len(read) == 1 else np.concatenate(read, axis=1)
        products = joined[:, self._columns]
        products *= self._weights
        sums: Array = np.add.reduceat(products, self._starts, axis=1)
        if len(self._rows) == self._width:
            return sums
        total = np.zeros((len(sums), self._width), sums.dtype)
        total[:, self._rows] = sums
        return total


def _matrices(
    layer: IntegerLayer, matrix: SparseMatrix, widths: tuple[int, ...], dtype: np.dtype[Any]
) -> list[tuple[int, Array]]:
    dense = np.zeros(matrix.shape, dtype)
    starts = np.array(matrix.row_starts)
    rows = np.repeat(np.arange(layer.width), np.diff(starts))
    dense[rows, list(matrix.column_indices)] = matrix.numerators
    matrices, column = list[tuple[int, Array]](), 0
    for source in layer.sources:
        part = dense[:, column : column + widths[source]]
        column += widths[source]
        if part.any():
            matrices.append((source, np.ascontiguousarray(part.T)))
    return matrices
