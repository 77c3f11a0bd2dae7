"""Networks for tests: interpolating polygons, random ones, marches."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from bitproof.network import Activation, Layer, Network, NetworkBuilder, SparseMatrix


def interpolant(points: Sequence[tuple[Fraction, Fraction]]) -> Network:
    """The network of one hidden layer through points with ascending x, exactly."""
    builder = NetworkBuilder()
    y0 = points[0][1]
    slopes = [(d - b) / (c - a) for (a, b), (c, d) in pairwise(points)]
    edges = []
    before = Fraction(0)
    for (x, _), slope in zip(points, slopes, strict=False):
        hinge = builder.add([(builder.input, Fraction(1))], bias=-x)
        edges.append((hinge, slope - before))
        before = slope
    return builder.build(builder.add(edges, bias=y0, activation=Activation.IDENTITY))


def line(slope: Fraction, offset: Fraction) -> Network:
    """slope·x + offset."""
    builder = NetworkBuilder()
    edges = [(builder.input, Fraction(slope))]
    return builder.build(builder.add(edges, bias=Fraction(offset), activation=Activation.IDENTITY))


def random_network(width: int, depth: int, bits: int, seed: int) -> Network:
    """Dense layers with weights k/2^bits."""
    rng = random.Random(seed)

    def matrix(rows: int, columns: int) -> SparseMatrix:
        entries = [[rng.randint(-(2**bits), 2**bits) for _ in range(columns)] for _ in range(rows)]
        return SparseMatrix.from_dense(entries, columns=columns)

    layers, before = [], 1
    for position in range(depth):
        bias = tuple(rng.randint(-(2**bits), 2**bits) for _ in range(width))
        layers.append(Layer((position,), matrix(width, before), bias, 2**bits))
        before = width
    last = Layer((depth,), matrix(1, before), (0,), 2**bits, Activation.IDENTITY)
    return Network(1, (*layers, last))


def march(cells: int, seed: int) -> Network:
    """A deep narrow network with a knot at every k/cells."""
    rng = random.Random(seed)
    builder = NetworkBuilder()
    u = builder.add([(builder.input, Fraction(cells))])
    y = builder.add([(builder.input, Fraction(1))], bias=10 * cells)
    for _ in range(cells - 1):
        u = builder.add([(u, Fraction(1))], bias=-1)
        y = builder.add([(y, Fraction(1)), (u, Fraction(rng.choice([-1, 1]), 2))])
    return builder.build(builder.add([(y, Fraction(1))], activation=Activation.IDENTITY))
