"""Networks of several inputs for tests: interpolants on Kuhn's triangulation, random ones."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from itertools import product

from bitproof.network import Activation, Layer, Network, NetworkBuilder, SparseMatrix
from bitproof.network.builder import Neuron

F = Fraction


def hats(value: Callable[..., Fraction], count: int, dimension: int = 2) -> Network:
    """The piecewise-linear interpolant of `value` on the Kuhn grid of [0, 1]^d with `count` cells a
    side: Σ value(v)·relu(1 - max(0, y) + min(0, y)), y = count·(x - v)."""
    builder = NetworkBuilder(inputs=dimension)
    edges = []
    for node in product(range(count + 1), repeat=dimension):
        reach = _distance(builder, node, count)
        hat = builder.add(reach, 1)
        edges.append((hat, value(*(F(k, count) for k in node))))
    return builder.build(builder.add(edges, activation=Activation.IDENTITY))


def _distance(
    builder: NetworkBuilder, node: tuple[int, ...], count: int
) -> list[tuple[Neuron, Fraction]]:
    """Edges whose sum is -(max(0, y) - min(0, y)), y = count·x - node."""
    ups, downs = [], []
    for sign, found in ((1, ups), (-1, downs)):
        best = None
        for x, offset in zip(builder.inputs, node, strict=True):
            # max(best, sign·y): best + relu(sign·y - best)
            edges = [(x, F(sign * count))]
            bias = F(-sign * offset)
            if best is not None:
                edges += [(b, -F(1)) for b in best]
            neuron = builder.add(edges, bias)
            best = [neuron] if best is None else [*best, neuron]
        found.extend((b, -F(1)) for b in best or [])
    return ups + downs


def random_network(width: int, depth: int, bits: int, seed: int, inputs: int = 2) -> Network:
    """Dense layers with weights k/2^bits."""
    rng = random.Random(seed)

    def matrix(rows: int, columns: int) -> SparseMatrix:
        entries = [[rng.randint(-(2**bits), 2**bits) for _ in range(columns)] for _ in range(rows)]
        return SparseMatrix.from_dense(entries, columns=columns)

    layers, before = [], inputs
    for position in range(depth):
        bias = tuple(rng.randint(-(2**bits), 2**bits) for _ in range(width))
        layers.append(Layer((position,), matrix(width, before), bias, 2**bits))
        before = width
    last = Layer((depth,), matrix(1, before), (0,), 2**bits, Activation.IDENTITY)
    return Network(inputs, (*layers, last))
