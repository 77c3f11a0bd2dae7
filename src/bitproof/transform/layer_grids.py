"""Weights of a few bits: each layer's weights rounded to multiples of one power of two.

This is the plain rounding that `deepen` starts from where a model has float weights: biases stay on
the weights' grid, because finer ones would cost depth. No distance is claimed. `few_bits` chooses
roundings by the error they cause, and `quantize` certifies it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from bitproof.errors import FormatError
from bitproof.exact.scaled_format import LayerScale, ScaledFormat
from bitproof.network import Layer, Network


@dataclass(frozen=True, slots=True)
class RoundedWeights:
    """The result of `round_to_grids`.

    Attributes:
        network: the same layers with rounded weights and biases, their format declared.
        bits: of every weight, its sign included.
        fraction_bits: per layer, weights and biases are multiples of 2^-this.
        bias_bits: of the largest bias of any layer, its sign included.
    """

    network: Network
    bits: int
    fraction_bits: tuple[int, ...]
    bias_bits: int


def round_to_grids(network: Network, bits: int) -> RoundedWeights:
    """Weights and biases rounded to nearest (ties to even) on one grid for each layer.

    The grid is the power of two with which the layer's largest weight just takes `bits` bits;
    biases take the bits they need on it.

    Raises:
        FormatError: fewer than 2 or more than 32 bits, or a network that rounds its activations.

    >>> from bitproof.network import SparseMatrix
    >>> layer = Layer((0,), SparseMatrix.from_dense([[100, -7]], columns=2), (300,), 1000)
    >>> rounded = round_to_grids(Network(2, (layer,)), 4)
    >>> rounded.network.layers[0].matrix.row(0), rounded.network.layers[0].denominator
    (((0, 6),), 64)
    """
    if not 2 <= bits <= 32:
        raise FormatError(f"{bits}-bit weights", remedy="2 to 32 bits")
    if not network.is_piecewise_linear:
        raise FormatError("a network that rounds its activations", remedy="give one of reals")
    layers = [_rounded(layer, bits) for layer in network.layers]
    places = tuple(grid for _, grid in layers)
    levels = [
        layer.weight(n) * Fraction(2) ** grid for layer, grid in layers for n in (*layer.bias, 0)
    ]
    bias_bits = max(bits, 1 + max(abs(int(level)).bit_length() for level in levels))
    form = ScaledFormat(tuple(LayerScale(1 << bits, (p,), bias_bits, p) for p in places))
    rounded = Network(
        network.inputs, tuple(layer for layer, _ in layers), form, notes=network.notes
    )
    return RoundedWeights(rounded, bits, places, bias_bits)


def _rounded(layer: Layer, bits: int) -> tuple[Layer, int]:
    largest = max((abs(n) for n in layer.matrix.stored_values()), default=0)
    places = _fraction_bits(Fraction(largest, layer.denominator), bits)
    step = (
        Fraction(layer.denominator, 1 << places)
        if places >= 0
        else Fraction(layer.denominator << -places)
    )

    def nearest(numerator: int) -> int:
        return round(numerator / step)

    matrix = layer.matrix.mapped(nearest)
    bias = tuple(map(nearest, layer.bias))
    if places < 0:  # multiples of more than 1
        matrix = matrix.mapped(lambda n: n << -places)
        bias = tuple(n << -places for n in bias)
    return replace(layer, matrix=matrix, bias=bias, denominator=1 << max(places, 0)), places


def _fraction_bits(largest: Fraction, bits: int) -> int:
    """The most p with round(largest · 2^p) below 2^(bits - 1)."""
    if not largest:
        return bits - 1
    places = bits + largest.denominator.bit_length() - largest.numerator.bit_length() + 1
    while round(largest * Fraction(2) ** places) >= 1 << (bits - 1):
        places -= 1
    return places
