"""Weights of a few bits: each layer's weights rounded to multiples of one power of two.

This is the plain rounding that `deepen` starts from where a model has float weights; no distance is
claimed. `quantize` chooses the roundings by the error they cause and certifies it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from bitproof.errors import FormatError
from bitproof.network import Layer, Measures, Network, measure


@dataclass(frozen=True, slots=True)
class RoundedWeights:
    """The result of `round_weights`.

    Attributes:
        network: the same layers with rounded weights and biases.
        bits: of every weight, its sign included.
        fraction_bits: per layer, weights and biases are multiples of 2^-this.
        bias_bits: of the largest bias of any layer, its sign included.
    """

    network: Network
    bits: int
    fraction_bits: tuple[int, ...]
    bias_bits: int

    def measured(self) -> Measures:
        """The network's sizes, a weight counting `bits` and a bias at least as many."""
        sizes = measure(self.network)
        layers = self.network.layers
        biases = sum(layer.nonzero_biases for layer in layers)
        every_bias = sum(layer.width for layer in layers)
        bias_bits = max(self.bits, self.bias_bits)
        return replace(
            sizes,
            dense_bits=self.bits * (sizes.dense_weights - every_bias) + bias_bits * every_bias,
            nonzero_bits=self.bits * (sizes.weights - biases) + bias_bits * biases,
            paper_bits=self.bits * sizes.width**2 * sizes.depth,
        )


def round_weights(network: Network, bits: int) -> RoundedWeights:
    """Every weight to the nearest multiple (ties to even) of a power of two of its layer, the
    least with which the layer's largest weight takes `bits` bits; biases to the same multiples,
    with the bits they need.

    Raises:
        FormatError: fewer than 2 bits, or a network that rounds its activations.

    >>> from bitproof.network import SparseMatrix
    >>> layer = Layer((0,), SparseMatrix.from_dense([[100, -7]], columns=2), (300,), 1000)
    >>> rounded = round_weights(Network(2, (layer,)), 4)
    >>> rounded.network.layers[0].matrix.row(0), rounded.network.layers[0].denominator
    (((0, 6),), 64)
    """
    if bits < 2:
        raise FormatError(f"{bits}-bit weights", remedy="at least 2 bits")
    if not network.is_piecewise_linear:
        raise FormatError("a network that rounds its activations", remedy="give one of reals")
    layers = [_rounded(layer, bits) for layer in network.layers]
    rounded = Network(network.inputs, tuple(layer for layer, _ in layers), notes=network.notes)
    most = max(abs(n).bit_length() for layer, _ in layers for n in (*layer.bias, 0))
    return RoundedWeights(rounded, bits, tuple(places for _, places in layers), most + 1)


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
