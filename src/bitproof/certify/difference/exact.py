"""Exact outputs at rational points, in plain integers: what makes a lower bound attained."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from bitproof.errors import InputError
from bitproof.exact.rationals import common_denominator
from bitproof.network.layer import Activation, Layer
from bitproof.network.network import Network


def outputs_at(network: Network, point: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """The outputs of a network of real semantics, the same as `execute.reference` computes.

    Every layer's values are integers over one denominator, so that no fraction is reduced on the
    way; that is what takes the time in rational arithmetic.

    Raises:
        InputError: a point of another dimension.

    >>> from bitproof.network import SparseMatrix
    >>> hinge = Layer((0,), SparseMatrix.from_dense([[2], [-2]], columns=1), (-1, 1), 2)
    >>> total = SparseMatrix.from_dense([[1, 1]], columns=2)
    >>> network = Network(1, (hinge, Layer((1,), total, (0,), 1, Activation.IDENTITY)))
    >>> outputs_at(network, [Fraction(1, 3)])
    (Fraction(1, 6),)
    """
    if len(point) != network.inputs:
        raise InputError(
            f"a point of {len(point)} numbers for {network.inputs} inputs",
            remedy=f"give {network.inputs}",
        )
    common = common_denominator(point)
    start = [value.numerator * (common // value.denominator) for value in point]
    values: list[tuple[list[int], int]] = [(start, common)]
    for layer in network.layers:
        values.append(_layer_at(layer, values))
    last, denominator = values[-1]
    return tuple(Fraction(value, denominator) for value in last)


def _layer_at(layer: Layer, values: list[tuple[list[int], int]]) -> tuple[list[int], int]:
    read = [values[source] for source in layer.sources]
    common = math.lcm(*(denominator for _, denominator in read), 1)
    gathered = [
        value * (common // denominator) for numbers, denominator in read for value in numbers
    ]
    sums = []
    for index, bias in enumerate(layer.bias):
        total = bias * common
        for column, numerator in layer.matrix.row(index):
            total += numerator * gathered[column]
        sums.append(total)
    if layer.activation is Activation.RELU:
        sums = [max(total, 0) for total in sums]
    return sums, layer.denominator * common


def differences_at(
    first: Network, second: Network, point: Sequence[Fraction]
) -> tuple[Fraction, ...]:
    """First minus second, output by output, exactly."""
    pairs = zip(outputs_at(first, point), outputs_at(second, point), strict=True)
    return tuple(a - b for a, b in pairs)
