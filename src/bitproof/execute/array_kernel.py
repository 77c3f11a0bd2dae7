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
# against each other on a busy machine (33 ms became 2.3 s). Blocks stay below that where the
# layers are narrow enough; they also stay in the cache.
SINGLE_THREADED_PRODUCT = 1 << 18
BLOCK_ROWS = (64, 4096)

_RELEASED = np.empty(0)


class ArrayKernel(Kernel):
    """Costs about 3 µs a layer and block, and then what the matrix product takes."""

    def __init__(self, network: IntegerNetwork, carrier: Carrier) -> None:
        self._dtype = np.dtype(carrier.value)
        widths = network.widths
        self._layers = [_ArrayLayer(layer, widths, self._dtype) for layer in network.layers]
        self._last_uses = network.last_uses()
        largest = max(layer.matrix.stored_entries for layer in network.layers)
        fewest, most = BLOCK_ROWS
        self._block = min(max(SINGLE_THREADED_PRODUCT // max(largest, 1), fewest), most)
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

    def __call__(self, values: list[Array], batch: int) -> Array:
        total = np.empty((batch, len(self._bias)), self._bias.dtype)
        total[:] = self._bias
        for source, matrix in self._matrices:
            total += values[source] @ matrix
        if self._rounding is not None:
            total = self._rounding(total)
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
