"""Integers of hundreds of bits as limbs of floats: exact matrix products by BLAS.

A value is Σ v_i·B^i with B = 2^β, every limb an integer in [0, B) but the highest, which carries
the sign; a weight likewise with limbs of its own sign. The product's limb k is Σ_{i+j=k} w_i·v_j,
a sum of at most (fan-in · pairs) products below B², so it is an integer below 2^53 by the choice of
β and float64 holds every partial sum, in any order. Carries are floors of exact quotients by B.

This is for trained networks: float32 weights are 24-bit integers times powers of two that range
over twenty bits or more, so sums need hundreds of bits after a few layers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from bitproof.errors import RangeError
from bitproof.execute.array_kernel import products
from bitproof.execute.carrier import Carrier
from bitproof.execute.integer_network import IntegerLayer, IntegerNetwork
from bitproof.execute.kernel import Array, Kernel
from bitproof.execute.structured import bound_product, maps_by_source
from bitproof.network.layer import Activation
from bitproof.network.linear_map import LinearMap, SparseMatrix

FLOAT = np.dtype(np.float64)
EXACT_BITS = 52  # one below the mantissa: room for the carry and the bias
BLOCK_VALUES = 1 << 18
BLOCK_ROWS = (16, 512)

Limbs = list[Array]


def can_be_wide(network: IntegerNetwork) -> bool:
    """Whether the kernel takes it: real semantics only."""
    return all(layer.rescaling is None for layer in network.layers)


class WideKernel(Kernel):
    """About (limbs of weights · limbs of values) BLAS products a layer."""

    def __init__(self, network: IntegerNetwork) -> None:
        """Raises RangeError: a layer rounds."""
        if not can_be_wide(network):
            raise RangeError("a layer that rounds", remedy="use another kernel")
        self._ends = (network.input_lower, network.input_upper)
        self._bits = limb_bits(network)
        self._inputs = _limbs_of(max(_magnitudes(*self._ends)), self._bits)
        counts, widths = [self._inputs], network.widths
        self._layers = list[_WideLayer]()
        for layer in network.layers:
            made = _WideLayer(layer, widths, counts, self._bits)
            self._layers.append(made)
            counts.append(made.limbs)
        self._last_uses = network.last_uses()
        self._outputs = network.outputs
        self._rows = min(max(BLOCK_VALUES // max(widths), BLOCK_ROWS[0]), BLOCK_ROWS[1])
        largest = max(_magnitudes(network.layers[-1].lower, network.layers[-1].upper))
        self._dtype = np.dtype(np.int64 if Carrier.INT64.holds(largest) else object)

    def run(self, levels: Array) -> Array:
        """See `Kernel.run`."""
        outputs = np.empty((len(levels), self._outputs), self._dtype)
        for start in range(0, len(levels), self._rows):
            block = slice(start, start + self._rows)
            outputs[block] = self._joined(self._run_block(levels[block]))
        return outputs

    def _run_block(self, levels: Array) -> Limbs:
        values: list[Limbs] = [self._split(levels)]
        for position, layer in enumerate(self._layers, start=1):
            values.append(layer(values, len(levels)))
            for source in layer.sources:
                if self._last_uses[source] == position:
                    values[source] = []
        return values[-1]

    def _split(self, levels: Array) -> Limbs:
        mask = (1 << self._bits) - 1
        low = [(levels >> (self._bits * i)) & mask for i in range(self._inputs - 1)]
        top = levels >> (self._bits * (self._inputs - 1))
        return [part.astype(FLOAT) for part in (*low, top)]

    def _joined(self, limbs: Limbs) -> Array:
        total = limbs[-1].astype(np.int64).astype(object)
        for limb in reversed(limbs[:-1]):
            total = (total << self._bits) + limb.astype(np.int64)
        return np.asarray(total)


def limb_bits(network: IntegerNetwork) -> int:
    """The widest limbs all products of which are exact.

    Raises:
        RangeError: so many inputs that not even 4 bits are.
    """
    largest = max(_magnitudes(network.input_lower, network.input_upper))
    for bits in range(25, 3, -1):
        count = [_limbs_of(largest, bits)]
        fits = True
        for layer in network.layers:
            fan_in = _fan_in(layer.matrix) + 1
            heaviest = max((abs(w) for w in layer.matrix.stored_values()), default=1)
            pairs = min(
                _limbs_of(heaviest, bits), max((count[s] for s in layer.sources), default=1)
            )
            fits = fits and fan_in * pairs * (1 << 2 * bits) <= 1 << EXACT_BITS
            count.append(_limbs_of(max(_magnitudes(layer.lower, layer.upper)), bits))
        if fits:
            return bits
    raise RangeError("a neuron of too many inputs", remedy="use another kernel")


def _fan_in(matrix: LinearMap) -> int:
    """At least the entries of any row."""
    if isinstance(matrix, SparseMatrix):
        return max(np.diff(matrix.row_starts).tolist(), default=0)
    return -(-products(matrix) // max(1, matrix.shape[0]))


def _magnitudes(lower: Sequence[int], upper: Sequence[int]) -> list[int]:
    return [1, *upper, *(-low for low in lower)]


def _limbs_of(magnitude: int, bits: int) -> int:
    return max(1, -(-magnitude.bit_length() // bits))


class _WideLayer:
    """One layer on limbs."""

    def __init__(
        self, layer: IntegerLayer, widths: Sequence[int], counts: Sequence[int], bits: int
    ) -> None:
        self.sources = layer.sources
        self.limbs = _limbs_of(max(_magnitudes(layer.lower, layer.upper)), bits)
        self._bits, self._relu = bits, layer.activation is Activation.RELU
        self._total = _limbs_of(max(1, *layer.accumulators), bits)
        self._parts = _products(layer, widths, bits)
        reach = [count + counts[s] - 1 for s, count, _ in self._parts]
        self._sums = max(self._total, *reach, 1)
        self._bias = _bias_limbs(layer.bias, bits, self._sums)

    def __call__(self, values: list[Limbs], batch: int) -> Limbs:
        sums = [np.repeat(part[None, :], batch, axis=0) for part in self._bias]
        for source, _, maps in self._parts:
            for i, matrix in maps:
                for j, limb in enumerate(values[source]):
                    sums[i + j] += matrix(limb)
        self._carry(sums)
        top = self._top(sums, self._total)
        low = sums[: self._total - 1]
        if self._relu:
            positive = top >= 0
            top *= positive
            low = [part * positive for part in low]
        return self._top_of(low, top)

    def _carry(self, sums: Limbs) -> None:
        """Every limb but the highest into [0, B)."""
        unit = 2.0**self._bits
        for k in range(len(sums) - 1):
            carry = np.floor(sums[k] * (1 / unit))
            sums[k] -= carry * unit
            sums[k + 1] += carry

    def _top(self, sums: Limbs, count: int) -> Array:
        """The limbs from count - 1 up as one number: the value is proved to have count limbs."""
        top = sums[-1]
        for limb in reversed(sums[count - 1 : -1]):
            top = top * 2.0**self._bits + limb
        return top

    def _top_of(self, low: Limbs, top: Array) -> Limbs:
        """As many limbs as the proved range of the value needs."""
        if len(low) + 1 <= self.limbs:
            return [*low, top]
        return [*low[: self.limbs - 1], self._top([*low, top], self.limbs)]


def _products(
    layer: IntegerLayer, widths: Sequence[int], bits: int
) -> list[tuple[int, int, list[tuple[int, Callable[[Array], Array]]]]]:
    """For each source: itself, the limbs of its weights, and the products by each limb."""
    made = []
    for source, matrix in maps_by_source(layer.matrix, layer.sources, widths):
        heaviest = max((abs(w) for w in matrix.stored_values()), default=0)
        count = _limbs_of(heaviest, bits)
        if heaviest:
            maps = [(i, _bound(matrix.mapped(_limb(i, bits)))) for i in range(count)]
            made.append((source, count, maps))
    return made


def _limb(index: int, bits: int) -> Callable[[int], int]:
    """The index-th limb of a number, with its sign."""
    mask, shift = (1 << bits) - 1, index * bits
    return lambda n: (n >> shift) & mask if n >= 0 else -((-n >> shift) & mask)


def _bound(matrix: LinearMap) -> Callable[[Array], Array]:
    """A dense product where the matrix is dense enough for BLAS."""
    rows, columns = matrix.shape
    if isinstance(matrix, SparseMatrix) and 20 * matrix.nonzero_entries >= rows * columns:
        dense = np.zeros((columns, rows), FLOAT)
        places = np.repeat(np.arange(rows), np.diff(matrix.row_starts))
        dense[list(matrix.column_indices), places] = matrix.numerators
        return lambda values: values @ dense
    return bound_product(matrix, FLOAT)


def _bias_limbs(bias: Sequence[int], bits: int, count: int) -> Limbs:
    """The biases in limbs with their sign."""
    return [np.array([_limb(i, bits)(n) for n in bias], FLOAT) for i in range(count)]
