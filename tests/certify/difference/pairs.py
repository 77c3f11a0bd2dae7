"""Pairs of networks of one shape, seeded."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from bitproof.certify.difference.domain import Domain
from bitproof.exact import Interval
from bitproof.network import Activation, Layer, Network, SparseMatrix


def network(widths: Sequence[int], seed: int, bits: int = 8) -> Network:
    """A dense ReLU network with weights k/2^bits of about the size 1/sqrt(width)."""
    rng = random.Random(seed)
    layers = []
    for position, (columns, rows) in enumerate(pairwise(widths)):
        top = max(1, int(1.5 * 2**bits / columns**0.5))
        entries = [[rng.randint(-top, top) for _ in range(columns)] for _ in range(rows)]
        bias = tuple(rng.randint(-top // 2, top // 2) for _ in range(rows))
        last = position == len(widths) - 2
        activation = Activation.IDENTITY if last else Activation.RELU
        matrix = SparseMatrix.from_dense(entries, columns=columns)
        layers.append(Layer((position,), matrix, bias, 2**bits, activation))
    return Network(widths[0], tuple(layers))


def coarser(original: Network, bits: int) -> Network:
    """Every weight and bias rounded to a multiple of 2^-bits."""
    layers = []
    for layer in original.layers:

        def level(numerator: int, denominator: int = layer.denominator) -> int:
            return round(Fraction(numerator * 2**bits, denominator))

        matrix = layer.matrix.mapped(level)
        bias = tuple(level(numerator) for numerator in layer.bias)
        layers.append(Layer(layer.sources, matrix, bias, 2**bits, layer.activation))
    return Network(original.inputs, tuple(layers))


def with_skip(seed: int) -> Network:
    """A network whose last layer reads the input and both hidden layers."""
    rng = random.Random(seed)

    def matrix(rows: int, columns: int) -> SparseMatrix:
        rows_ = [[rng.randint(-9, 9) for _ in range(columns)] for _ in range(rows)]
        return SparseMatrix.from_dense(rows_, columns=columns)

    return Network(
        2,
        (
            Layer((0,), matrix(4, 2), (1, -2, 3, 0), 8),
            Layer((0, 1), matrix(3, 6), (0, 1, -1), 16),
            Layer((0, 1, 2), matrix(2, 9), (1, 2), 16, Activation.IDENTITY),
        ),
    )


def cube(inputs: int, radius: Fraction | int = 1) -> Domain:
    side = Interval(-Fraction(radius), Fraction(radius))
    return Domain((side,) * inputs)


def points(domain: Domain, count: int, seed: int) -> list[tuple[Fraction, ...]]:
    """Random rational points of a box, and some of its corners."""
    rng = random.Random(seed)
    found = []
    for number in range(count):
        steps = 1 if number % 4 == 0 else 97
        shares = [Fraction(rng.randint(0, steps), steps) for _ in domain.sides]
        sides = zip(domain.sides, shares, strict=True)
        found.append(tuple(side.lower + share * side.width for side, share in sides))
    return found
