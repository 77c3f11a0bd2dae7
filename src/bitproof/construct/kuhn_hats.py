"""Hat functions of Kuhn's triangulation as neurons.

With u = y - v for a node v, the hat is relu(1 - max(0, u_1, …, u_d) + min(0, u_1, …, u_d)). For two
inputs the maximum minus the minimum of 0, u_1, u_2 is half the sum of |u_1|, |u_2|, |u_1 - u_2|,
three neurons that all nodes on a line share, so a hat is four edges. For more it is m_1 + … + m_d
with m_i = relu(u_i - m_1 - … - m_(i-1)), and the same of -u: the last two of these belong to the
node alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import ceil

from bitproof.construct.kuhn_grid import Grid
from bitproof.network.wiring import ONE, Term, Wiring

UNIT = Fraction(1)


@dataclass(frozen=True, slots=True)
class HatScale:
    """In which units hats are computed.

    Attributes:
        share: 1/2, or where that is no sum of the codebook's powers, a small one that is; 1 where
            nothing is to be halved. For two inputs.
        unit: what a step of the grid counts, a power of 1/b. Values are as large as the number of
            steps times it, so a format that holds small numbers only takes a small one.
    """

    share: Fraction
    unit: Fraction = UNIT

    @staticmethod
    def reach(grid: Grid) -> int:
        """The largest value inside, in units."""
        return sum(grid.counts) if len(grid.counts) == 2 else max(grid.counts)

    def height(self, inputs: int) -> Fraction:
        """How high the hats are."""
        return 2 * self.share * self.unit if inputs == 2 else self.unit


def hats(wiring: Wiring, grid: Grid, scale: HatScale) -> list[int]:
    """The hats, node by node, the last input's index the fastest."""
    nodes = [
        _coordinate(wiring, node, o, h, n, scale.unit)
        for node, o, h, n in zip(wiring.inputs, grid.origin, grid.spacing, grid.counts, strict=True)
    ]
    return (_shared if len(nodes) == 2 else _chained)(wiring, nodes, grid, scale)


def _shared(wiring: Wiring, nodes: Sequence[int], grid: Grid, scale: HatScale) -> list[int]:
    first, second = grid.counts
    across = list(_distances(wiring, [(nodes[0], UNIT)], 0, first, scale))
    along = list(_distances(wiring, [(nodes[1], UNIT)], 0, second, scale))
    slant = list(_distances(wiring, [(nodes[0], UNIT), (nodes[1], -UNIT)], -second, first, scale))
    return [
        wiring.combination(
            [
                (ONE, scale.height(2)),
                (across[i], -UNIT),
                (along[j], -UNIT),
                (slant[i - j + second], -UNIT),
            ]
        )
        for i in range(first + 1)
        for j in range(second + 1)
    ]


def _chained(wiring: Wiring, nodes: Sequence[int], grid: Grid, scale: HatScale) -> list[int]:
    known: dict[tuple[int, tuple[int, ...]], int] = {}
    result = []
    for place in product(*(range(count + 1) for count in grid.counts)):
        parts: list[Term] = []
        for sign in (1, -1):
            before: list[Term] = []
            for axis, node in enumerate(nodes):
                key = (sign, place[: axis + 1])
                if key not in known:
                    knot = (ONE, -sign * place[axis] * scale.unit)
                    terms = [(node, sign * UNIT), knot, *before]
                    known[key] = wiring.combination(terms)
                before.append((known[key], -UNIT))
            parts += before
        result.append(wiring.combination([(ONE, scale.unit), *parts]))
    return result


def _coordinate(
    wiring: Wiring, node: int, origin: Fraction, spacing: Fraction, count: int, unit: Fraction
) -> int:
    """y = (x - origin)/spacing ≥ 0 in units. Gains are made of ReLUs, so an input that may be
    negative is shifted first, with a single edge."""
    least, rate = min(origin, origin + count * spacing), unit / spacing
    if least >= 0:
        return wiring.combination([(node, rate), (ONE, -origin * rate)])
    weight = min(value for value in wiring.form.values() if value > 0)
    shift = Fraction(ceil(-least))
    shifted = wiring.combination([(node, weight), (ONE, weight * shift)])
    return wiring.combination([(shifted, rate / weight), (ONE, -(origin + shift) * rate)])


def _distances(
    wiring: Wiring, u: Sequence[Term], low: int, high: int, scale: HatScale
) -> Iterator[int]:
    """share·|u - k| for k = low, …, high units, where low ≤ u ≤ high.

    With the weight 1, relu(u - k) follows from its neighbour by subtracting 1 once more. Without
    it that would halve the granule each time, so every one reads u itself.
    """
    unit, share = scale.unit, scale.share
    turned = [(source, -weight) for source, weight in u]
    starts = (
        wiring.combination([*u, (ONE, -low * unit)]),
        wiring.combination([*turned, (ONE, high * unit)]),
    )
    rights, lefts = [starts[0]], [starts[1]]
    for k in range(1, high - low + 1):
        if UNIT in wiring.form:
            rights.append(wiring.combination([(rights[-1], UNIT), (ONE, -unit)]))
            lefts.append(wiring.combination([(lefts[-1], UNIT), (ONE, -unit)]))
        else:
            rights.append(wiring.combination([*u, (ONE, (-low - k) * unit)]))
            lefts.append(wiring.combination([*turned, (ONE, (high - k) * unit)]))
    for right, left in zip(rights, reversed(lefts), strict=True):
        yield wiring.combination([(right, share), (left, share)])
