"""Exact values of every neuron at rational points of any denominators, many points at a time.

At x = p/q every value of a network of real semantics is an integer over q times a denominator the
layers share: with v = n/(q·D), the next pre-activation is (Σ w·n·(D'/D) + b·q·D')/(q·D'·den). So a
layer costs integer products only, and no greatest common divisor. Points share a column of
numpy's object arrays; the integers are Python's, of any length.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from bitproof.errors import InputError
from bitproof.execute.kernel import Array
from bitproof.network.layer import Activation, Layer
from bitproof.network.network import Network


@dataclass(frozen=True, slots=True)
class LayerPoints:
    """The pre-activations of one layer at all points.

    Attributes:
        numerators: shape (width, points), Python integers in an object array.
        denominator: of the whole layer; the value at point i is numerators[:, i] over
            denominator·q[i], where q[i] is the point's own denominator.
    """

    numerators: Array
    denominator: int

    def signs(self) -> Array:
        """-1, 0 or 1 for every neuron and point, shape (width, points), int8."""
        positive, negative = self.numerators > 0, self.numerators < 0
        return positive.astype(np.int8) - negative.astype(np.int8)


@dataclass(frozen=True, slots=True)
class PointValues:
    """What a network computes at rational points.

    Attributes:
        points: the points.
        preactivations: of every layer, in the network's order.
        outputs: the network's outputs, one tuple for each point.
    """

    points: tuple[Fraction, ...]
    preactivations: tuple[LayerPoints, ...]
    outputs: tuple[tuple[Fraction, ...], ...]


def evaluate_rationals(network: Network, points: Sequence[Fraction]) -> list[tuple[Fraction, ...]]:
    """The exact outputs of a network of one input and real semantics at rational points.

    Raises:
        InputError: several inputs, or fixed-point semantics.

    >>> from bitproof.network import Layer, SparseMatrix
    >>> hinge = Layer((0,), SparseMatrix.from_dense([[2], [-2]], columns=1), (-1, 1), 2)
    >>> both = SparseMatrix.from_dense([[1, 1]], columns=2)
    >>> network = Network(1, (hinge, Layer((1,), both, (0,), 1, Activation.IDENTITY)))
    >>> evaluate_rationals(network, [Fraction(1, 3), Fraction(1)])
    [(Fraction(1, 6),), (Fraction(1, 2),)]
    """
    last, granule = _propagate(network, points, None)
    return _outputs(last, granule, points)


def values_at(network: Network, points: Sequence[Fraction]) -> PointValues:
    """The same with the pre-activations of every layer (they stay in memory).

    Raises:
        InputError: several inputs, or fixed-point semantics.
    """
    kept = list[LayerPoints]()
    last, denominator = _propagate(network, points, kept)
    return PointValues(tuple(points), tuple(kept), tuple(_outputs(last, denominator, points)))


def _outputs(
    numerators: Array, denominator: int, points: Sequence[Fraction]
) -> list[tuple[Fraction, ...]]:
    return [
        tuple(Fraction(n, denominator * point.denominator) for n in column)
        for column, point in zip(numerators.T.tolist(), points, strict=True)
    ]


def _propagate(
    network: Network, points: Sequence[Fraction], kept: list[LayerPoints] | None
) -> tuple[Array, int]:
    """The last layer's values (numerators and denominator); fills `kept` if it is a list."""
    if network.inputs != 1 or not network.is_real:
        raise InputError(
            f"rational points for a network of {network.inputs} inputs"
            + ("" if network.is_real else " in fixed-point semantics"),
            remedy="give a network of one input and real semantics",
        )
    scale = _column(points)
    inputs = np.empty((1, len(points)), object)
    inputs[0, :] = [point.numerator for point in points]
    values: list[tuple[Array, int]] = [(inputs, 1)]
    last_uses = _last_uses(network)
    for position, layer in enumerate(network.layers, start=1):
        sums = _preactivations(layer, values, scale)
        if kept is not None:
            kept.append(LayerPoints(*sums))
        values.append(_activated(layer, sums))
        for source in layer.sources:
            if last_uses[source] == position:
                values[source] = (inputs[:0], 1)
    return values[-1]


def _column(points: Sequence[Fraction]) -> Array:
    scale = np.empty(len(points), object)
    scale[:] = [point.denominator for point in points]
    return scale


def _last_uses(network: Network) -> list[int]:
    last = [0] * (len(network.layers) + 1)
    for position, layer in enumerate(network.layers, start=1):
        for source in layer.sources:
            last[source] = position
    return last


def _preactivations(
    layer: Layer, values: list[tuple[Array, int]], scale: Array
) -> tuple[Array, int]:
    sources = [values[source] for source in layer.sources]
    common = math.lcm(1, *(denominator for _, denominator in sources))
    rows = [
        (row, common // denominator) for numerators, denominator in sources for row in numerators
    ]
    sums = np.empty((layer.width, len(scale)), object)
    for index in range(layer.width):
        total = scale * (layer.bias[index] * common)
        for column, numerator in layer.matrix.row(index):
            row, factor = rows[column]
            total = total + row * (numerator * factor)
        sums[index, :] = total
    return sums, common * layer.denominator


def _activated(layer: Layer, sums: tuple[Array, int]) -> tuple[Array, int]:
    numerators, denominator = sums
    if layer.activation is Activation.RELU:
        return np.maximum(numerators, 0), denominator
    return numerators, denominator
