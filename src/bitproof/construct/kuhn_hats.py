"""Hat functions of Kuhn's triangulation as neurons.

With u = y - v for a node v, the hat is relu(1 - max(0, u_1, …, u_d) + min(0, u_1, …, u_d)). For two
inputs the maximum minus the minimum of 0, u_1, u_2 is half the sum of |u_1|, |u_2|, |u_1 - u_2|,
three neurons that all nodes on a line share, so a hat is four edges. For more it is m_1 + … + m_d
with m_i = relu(u_i - m_1 - … - m_(i-1)), and the same of -u: the last two of these belong to the
node alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from math import ceil

from bitproof.construct.kuhn_grid import Grid
from bitproof.network.wiring import ONE, Term, Wiring

UNIT = Fraction(1)


def hats(wiring: Wiring, grid: Grid, share: Fraction) -> tuple[list[int], Fraction]:
    """The hats, node by node, the last input's index the fastest, and how high they are.

    Args:
        share: 1/2, or where that is no sum of the codebook's powers, a small one that is.
    """
    nodes = [
        _coordinate(wiring, node, o, h, n)
        for node, o, h, n in zip(wiring.inputs, grid.origin, grid.spacing, grid.counts, strict=True)
    ]
    if len(nodes) == 2:
        return _shared(wiring, nodes, grid, share), 2 * share
    return _chained(wiring, nodes, grid), UNIT


def _shared(wiring: Wiring, nodes: Sequence[int], grid: Grid, share: Fraction) -> list[int]:
    first, second = grid.counts
    across = list(_distances(wiring, [(nodes[0], UNIT)], 0, first, share))
    along = list(_distances(wiring, [(nodes[1], UNIT)], 0, second, share))
    slant = list(_distances(wiring, [(nodes[0], UNIT), (nodes[1], -UNIT)], -second, first, share))
    return [
        wiring.combination(
            [
                (ONE, 2 * share),
                (across[i], -UNIT),
                (along[j], -UNIT),
                (slant[i - j + second], -UNIT),
            ]
        )
        for i in range(first + 1)
        for j in range(second + 1)
    ]


def _chained(wiring: Wiring, nodes: Sequence[int], grid: Grid) -> list[int]:
    known: dict[tuple[int, tuple[int, ...]], int] = {}
    result = []
    for place in product(*(range(count + 1) for count in grid.counts)):
        parts: list[Term] = []
        for sign in (1, -1):
            before: list[Term] = []
            for axis, node in enumerate(nodes):
                key = (sign, place[: axis + 1])
                if key not in known:
                    terms = [(node, sign * UNIT), (ONE, Fraction(-sign * place[axis])), *before]
                    known[key] = wiring.combination(terms)
                before.append((known[key], -UNIT))
            parts += before
        result.append(wiring.combination([(ONE, UNIT), *parts]))
    return result


def _coordinate(wiring: Wiring, node: int, origin: Fraction, spacing: Fraction, count: int) -> int:
    """y = (x - origin)/spacing ≥ 0. Gains are made of ReLUs, so an input that may be negative is
    shifted first, with a single edge."""
    least = min(origin, origin + count * spacing)
    if least >= 0:
        return wiring.combination([(node, 1 / spacing), (ONE, -origin / spacing)])
    weight = min(value for value in wiring.form.values() if value > 0)
    shift = Fraction(ceil(-least))
    shifted = wiring.combination([(node, weight), (ONE, weight * shift)])
    rate = 1 / (spacing * weight)
    return wiring.combination([(shifted, rate), (ONE, -(origin + shift) / spacing)])


def _distances(
    wiring: Wiring, u: Sequence[Term], low: int, high: int, share: Fraction
) -> Iterator[int]:
    """share·|u - k| for k = low, …, high, where low ≤ u ≤ high.

    With the weight 1, relu(u - k) follows from its neighbour by subtracting 1 once more. Without
    it that would halve the granule each time, so every one reads u itself.
    """
    turned = [(source, -weight) for source, weight in u]
    starts = (
        wiring.combination([*u, (ONE, Fraction(-low))]),
        wiring.combination([*turned, (ONE, Fraction(high))]),
    )
    rights, lefts = [starts[0]], [starts[1]]
    for k in range(1, high - low + 1):
        if UNIT in wiring.form:
            rights.append(wiring.combination([(rights[-1], UNIT), (ONE, -UNIT)]))
            lefts.append(wiring.combination([(lefts[-1], UNIT), (ONE, -UNIT)]))
        else:
            rights.append(wiring.combination([*u, (ONE, Fraction(-low - k))]))
            lefts.append(wiring.combination([*turned, (ONE, Fraction(high - k))]))
    for right, left in zip(rights, reversed(lefts), strict=True):
        yield wiring.combination([(right, share), (left, share)])
