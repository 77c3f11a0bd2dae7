"""Measures of a network: depth, width, weights, and memory in three honest counts.

- *dense*: every entry of every affine map and every bias, zeros included (of a convolution: its
  kernel and a bias for each filter).
- *nonzero*: the non-zero weights and biases.
- *paper*: the paper's own formula: W²L(a + b + 2) for `Q(a, b)` (Ou et al. 2024), the number of
  non-zero weights times log2 λ for a codebook (Ding et al. 2019).

The tables of activations in fixed-point layers come on top and are stated separately: every
different table once, an entry taking the bits of a level of its format. A table that is the
identity or ReLU is computed and takes none.
"""

from __future__ import annotations

from dataclasses import dataclass

from bitproof.exact.scaled_format import ScaledFormat
from bitproof.exact.weight_format import Codebook, Q, WeightFormat
from bitproof.network.convolution import Convolution
from bitproof.network.linear_map import LinearMap, SideBySide
from bitproof.network.network import Network

FLOAT_BITS = 32


@dataclass(frozen=True, slots=True)
class Measures:
    """Sizes of a network.

    Attributes:
        depth: affine maps on the longest path from the input (or a constant) to the output.
        width: the largest number of values alive between two consecutive depths: neurons computed
            and values carried further by skip connections. For a plain feed-forward network this
            is the width of its widest layer.
        neurons: neurons in all layers.
        weights: non-zero weights and biases.
        dense_weights: entries of all affine maps, biases included.
        dense_bits, nonzero_bits, paper_bits: memory in the three counts, in bits. Without a
            declared format a weight counts 32 bits.
        activation_bits: memory of the activation tables, in none of the three counts.
    """

    depth: int
    width: int
    neurons: int
    weights: int
    dense_weights: int
    dense_bits: int
    nonzero_bits: int
    paper_bits: int
    activation_bits: int = 0

    def bits(self, count: str) -> int:
        """`dense`, `nonzero` or `paper`."""
        return {
            "dense": self.dense_bits,
            "nonzero": self.nonzero_bits,
            "paper": self.paper_bits,
        }[count]


def levels(network: Network) -> tuple[int, ...]:
    """The depth of the input (0) and of every layer: affine maps on the longest path to it."""
    depth = [0]
    for layer in network.layers:
        depth.append(1 + max((depth[source] for source in layer.sources), default=0))
    return tuple(depth)


def measure(network: Network) -> Measures:
    """All sizes of a network.

    >>> from bitproof.network import Network, Layer, SparseMatrix, Activation
    >>> from bitproof.exact import Q
    >>> hidden = Layer((0,), SparseMatrix.from_dense([[1], [1]], columns=1), (0, -1), denominator=2)
    >>> first = SparseMatrix.from_dense([[1, 0]], columns=2)
    >>> out = Layer((1,), first, (0,), 2, Activation.IDENTITY)
    >>> m = measure(Network(1, (hidden, out), Q(-1, 1)))
    >>> m.depth, m.width, m.weights, m.dense_weights, m.dense_bits, m.nonzero_bits, m.paper_bits
    (2, 2, 4, 7, 14, 8, 16)
    """
    depth = levels(network)[-1]
    width = _live_width(network)
    weights = sum(x.matrix.nonzero_entries + x.nonzero_biases for x in network.layers)
    dense = sum(x.matrix.stored_entries + len(x.stored_biases) for x in network.layers)
    form = network.weight_format
    return Measures(
        depth=depth,
        width=width,
        neurons=sum(x.width for x in network.layers),
        weights=weights,
        dense_weights=dense,
        dense_bits=_dense_bits(network, dense, with_zero=dense > weights),
        nonzero_bits=_nonzero_bits(network, weights),
        paper_bits=_paper_bits(form, weights, width, depth),
        activation_bits=_activation_bits(network),
    )


def _activation_bits(network: Network) -> int:
    tables = dict[tuple[int, ...], int]()
    for layer in network.layers:
        if layer.table is not None and layer.output_format is not None:
            entries = layer.table.values
            levels = range(layer.output_format.lowest, layer.output_format.highest + 1)
            if entries in (tuple(levels), tuple(max(level, 0) for level in levels)):
                continue
            bits = len(entries) * (layer.output_format.levels - 1).bit_length()
            tables[entries] = max(bits, tables.get(entries, 0))
    return sum(tables.values())


def _dense_bits(network: Network, dense: int, *, with_zero: bool) -> int:
    form = network.weight_format
    if not isinstance(form, ScaledFormat):
        return _memory(form, dense, with_zero=with_zero)
    counts = [(layer.matrix.stored_entries, len(layer.stored_biases)) for layer in network.layers]
    return sum(
        scale.bits(*count, with_zero=count[0] > layer.matrix.nonzero_entries)
        for scale, count, layer in zip(form.layers, counts, network.layers, strict=True)
    )


def _nonzero_bits(network: Network, weights: int) -> int:
    form = network.weight_format
    if not isinstance(form, ScaledFormat):
        return _memory(form, weights, with_zero=False)
    return form.bits(
        [(layer.matrix.nonzero_entries, layer.nonzero_biases) for layer in network.layers]
    )


def _memory(form: WeightFormat | None, weights: int, *, with_zero: bool) -> int:
    if form is None:
        return weights * FLOAT_BITS
    return form.memory_bits(weights, with_zero=with_zero)


def _paper_bits(form: WeightFormat | None, weights: int, width: int, depth: int) -> int:
    if isinstance(form, Codebook):
        return form.memory_bits(weights)
    if isinstance(form, ScaledFormat):
        return width * width * depth * max(scale.weight_bits for scale in form.layers)
    per_weight = form.bits if isinstance(form, Q) else FLOAT_BITS
    return width * width * depth * per_weight


def _live_width(network: Network) -> int:
    depth = levels(network)
    last = list(depth)
    for position, layer in enumerate(network.layers, start=1):
        for source in layer.sources:
            last[source] = max(last[source], depth[position] - 1)
    deepest = max(depth)
    changes = [0] * (deepest + 2)
    for position, width in enumerate(network.widths):
        changes[depth[position]] += width
        changes[last[position] + 1] -= width
    widest = alive = 0
    for change in changes:
        alive += change
        widest = max(widest, alive)
    return widest


def multiplications(network: Network) -> int:
    """Products of non-zero weights for one input, a convolution's at every place (those beyond
    the image's border counted as if inside).

    >>> from bitproof.network import Convolution, Layer, Network
    >>> blur = Convolution((1, 3, 3), 1, (2, 2), (1, 2, 0, 4))
    >>> multiplications(Network(9, (Layer((0,), blur, (0,) * 4),)))
    12
    """
    return sum(_products(layer.matrix) for layer in network.layers)


def _products(matrix: LinearMap) -> int:
    if isinstance(matrix, SideBySide):
        return sum(map(_products, matrix.blocks))
    if isinstance(matrix, Convolution):
        return matrix.nonzero_entries * (matrix.shape[0] // matrix.filters)
    return matrix.nonzero_entries
