"""numpy, layer by layer on blocks of the batch: matrix products of exactly held integers.

With a float carrier every number, partial sums in any order included, is an integer below the
mantissa's limit, so the BLAS product is exact whatever its order of summation and its use of
fused multiply-add.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bitproof.execute.carrier import Carrier
from bitproof.execute.integer_network import IntegerLayer, IntegerNetwork
from bitproof.execute.kernel import Array, Kernel
from bitproof.execute.rounding import ArrayRounding
from bitproof.network.layer import Activation

# OpenBLAS starts threads for products of more than 2^18 multiplications, and its threads spin
# against each other: on a busy machine of two cores, blocks of 256 rows through layers of 64 ran
# 3 times slower than blocks of 64. Blocks stay below that where the layers are narrow enough;
# they also stay in the cache, which makes them 2-4 times faster than the whole batch at once.
SINGLE_THREADED_PRODUCT = 1 << 18
BLOCK_ROWS = (64, 2048)

_RELEASED = np.empty(0)


def block_rows(network: IntegerNetwork) -> int:
    """Rows of the batch taken through the network together."""
    largest = max(layer.matrix.stored_entries for layer in network.layers)
    fewest, most = BLOCK_ROWS
    return min(max(SINGLE_THREADED_PRODUCT // max(largest, 1), fewest), most)


class ArrayKernel(Kernel):
    """Costs about 3 µs a layer and block, and then what the matrix product takes."""

    def __init__(self, network: IntegerNetwork, carrier: Carrier) -> None:
        self._dtype = np.dtype(carrier.value)
        widths = network.widths
        self._layers = [_ArrayLayer(layer, widths, self._dtype) for layer in network.layers]
        self._last_uses = network.last_uses()
        self._block = block_rows(network)
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
    """One layer: a transposed weight matrix for each source that has weights, and a bias."""

    def __init__(self, layer: IntegerLayer, widths: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.sources = layer.sources
        self._matrices = _matrices(layer, widths, dtype)
        self._bias = np.array(layer.bias, dtype)
        self._relu = layer.activation is Activation.RELU
        self._rounding = None if layer.rescaling is None else ArrayRounding(layer, dtype)
        self._table = None if layer.table is None else np.array(layer.table.values, dtype)
        self._constant = self._finish(self._bias.copy())

    def __call__(self, values: list[Array], batch: int) -> Array:
        if not self._matrices:
            return np.repeat(self._constant[None, :], batch, axis=0)
        (source, matrix), *others = self._matrices
        total: Array = values[source] @ matrix
        for source, matrix in others:
            total += values[source] @ matrix
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


def _matrices(
    layer: IntegerLayer, widths: tuple[int, ...], dtype: np.dtype[Any]
) -> list[tuple[int, Array]]:
    dense = np.zeros(layer.matrix.shape, dtype)
    starts = np.array(layer.matrix.row_starts)
    rows = np.repeat(np.arange(layer.width), np.diff(starts))
    dense[rows, list(layer.matrix.column_indices)] = layer.matrix.numerators
    matrices, column = list[tuple[int, Array]](), 0
    for source in layer.sources:
        part = dense[:, column : column + widths[source]]
        column += widths[source]
        if part.any():
            matrices.append((source, np.ascontiguousarray(part.T)))
    return matrices
