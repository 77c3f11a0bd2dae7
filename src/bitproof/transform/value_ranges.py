"""Ranges of every value of a real network over a box, and what errors in it do to the outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from bitproof.exact.interval import Interval
from bitproof.network import Activation, Layer, Network

BITS = 32  # ends are rounded outward to so many bits below the layer's largest


@dataclass(frozen=True, slots=True)
class ValueRanges:
    """By interval arithmetic, so true for every input of the box.

    Attributes:
        sums: of every layer's pre-activations, layer by layer.
        values: of the input (position 0) and of every layer, after the activation.
    """

    sums: tuple[tuple[Interval, ...], ...]
    values: tuple[tuple[Interval, ...], ...]

    @classmethod
    def of(cls, network: Network, box: Sequence[Interval]) -> ValueRanges:
        """The ranges of a network of real semantics; the box has an interval for every input.

        >>> from bitproof.network import SparseMatrix
        >>> layer = Layer((0,), SparseMatrix.from_dense([[2]], columns=1), (-1,), 2)
        >>> ranges = ValueRanges.of(Network(1, (layer,)), [Interval(Fraction(0), Fraction(1))])
        >>> ranges.sums[0][0].lower, ranges.values[1][0].lower
        (Fraction(-1, 2), Fraction(0, 1))
        """
        values: list[tuple[Interval, ...]] = [tuple(box)]
        sums = list[tuple[Interval, ...]]()
        for layer in network.layers:
            read = [value for source in layer.sources for value in values[source]]
            found = [_sum_range(layer, row, read) for row in range(layer.width)]
            sums.append(_rounded_outward(found))
            values.append(tuple(_activated(layer, interval) for interval in sums[-1]))
        return cls(tuple(sums), tuple(values))


def _sum_range(layer: Layer, row: int, read: Sequence[Interval]) -> Interval:
    low = high = Fraction(layer.bias[row])
    for column, numerator in layer.matrix.row(row):
        ends = numerator * read[column].lower, numerator * read[column].upper
        low, high = low + min(ends), high + max(ends)
    return Interval(low / layer.denominator, high / layer.denominator)


def _rounded_outward(intervals: Sequence[Interval]) -> tuple[Interval, ...]:
    """Denominators stay short; 0 stays 0, so that signs stay known."""
    largest = max((max(abs(i.lower), abs(i.upper)) for i in intervals), default=Fraction(0))
    if largest == 0:
        return tuple(intervals)
    exponent = largest.numerator.bit_length() - largest.denominator.bit_length() - BITS
    unit = Fraction(2) ** exponent
    return tuple(
        Interval((i.lower / unit).__floor__() * unit, (i.upper / unit).__ceil__() * unit)
        for i in intervals
    )


def _activated(layer: Layer, interval: Interval) -> Interval:
    if layer.activation is not Activation.RELU:
        return interval
    zero = Fraction(0)
    return Interval(max(interval.lower, zero), max(interval.upper, zero))


def output_gains(network: Network, ranges: ValueRanges) -> tuple[tuple[Fraction, ...], ...]:
    """For the input and every layer: by how much a value's error is multiplied at most on its way
    to an output, over all paths (in absolute value), rounded up.

    A neuron that is never positive passes nothing on.
    """
    gains = [[Fraction(0)] * width for width in network.widths]
    gains[-1] = [Fraction(1)] * network.outputs
    places = [
        [(source, index) for source in layer.sources for index in range(network.widths[source])]
        for layer in network.layers
    ]
    for position in range(len(network.layers), 0, -1):
        layer = network.layers[position - 1]
        relu = layer.activation is Activation.RELU
        for row in range(layer.width):
            gain = _short(gains[position][row])
            gains[position][row] = gain
            if gain == 0 or (relu and ranges.sums[position - 1][row].upper <= 0):
                continue
            for column, numerator in layer.matrix.row(row):
                source, index = places[position - 1][column]
                gains[source][index] += gain * abs(numerator) / layer.denominator
    return tuple(tuple(row) for row in gains)


def _short(value: Fraction) -> Fraction:
    """Rounded up to 16 significant bits."""
    if value.denominator == 1 and value.numerator.bit_length() <= 16:
        return value
    exponent = value.numerator.bit_length() - value.denominator.bit_length() - 16
    unit = Fraction(2) ** exponent
    return (value / unit).__ceil__() * unit
