"""Rounding after every operation: the harsher fixed-point semantics of narrow accumulators.

A layer with the format F, read in this mode, computes each neuron with numbers of F only:

    r_0 = F(bias),    r_i = limit(r_{i-1} + F(weight_i · value_i)),    then the activation of r_n,

where F(·) rounds an exact product to a level of F as F's rule says (saturating or wrapping), the
i-th column is the i-th non-zero entry of the row in ascending order, and `limit` saturates or
wraps each partial sum, so the order counts where something saturates. An entry that is zero adds
nothing, so sparse and dense rows agree. Weights and biases are exact; the input is rounded to its
format, and values keep the formats of the layers they come from.

This is not comparable with one rounding at the end: each computes tables the other cannot
(`docs/fixed-point.md`).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from bitproof.errors import InputError
from bitproof.network.layer import Layer


def accumulated_level(layer: Layer, row: int, gathered: Sequence[Fraction]) -> int:
    """The level of a neuron before its activation, every operation rounded.

    Args:
        layer: one with a format.
        row: the neuron.
        gathered: the exact values of the layer's sources, one after the other.

    Raises:
        InputError: the layer has no format.

    >>> from bitproof.exact import FixedPoint
    >>> from bitproof.network import SparseMatrix
    >>> matrix = SparseMatrix.from_dense([[3, 3, -3]], columns=3)
    >>> layer = Layer((0,), matrix, (0,), 1, output_format=FixedPoint(-7, 7, 1))
    >>> accumulated_level(layer, 0, [Fraction(2)] * 3)  # 6, then 12 saturates to 7, then 1
    1
    """
    form = layer.output_format
    if form is None:
        raise InputError(
            "a layer without a format, rounded after every operation",
            remedy="give every layer an output format, or round once",
        )
    level = form.quantize(layer.weight(layer.bias[row]))
    for column, numerator in layer.matrix.row(row):
        product = form.quantize(layer.weight(numerator) * gathered[column])
        level = form.limit(level + product)
    return level
