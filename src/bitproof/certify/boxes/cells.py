"""Convex cells of a box on a lattice: the polytopes that axis-parallel and diagonal cuts leave.

With k_1, …, k_d the lattice coordinates of a point and k_0 = 0, a cell is the set

    k_i - k_j ≤ bounds[i][j]      for all 0 ≤ i, j ≤ d,

so its faces lie on k_i = c or k_i - k_j = c, the lines of Kuhn's triangulation of the lattice. The
differences e_i - e_j are unimodular: every corner of a cell with integer bounds is a lattice point.
So cuts never make a number longer, and floats are not needed.

A corner is a point where the tight inequalities connect 0, …, d; `corners_of` tries every spanning
tree of them, so no corner is missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import combinations, product

from bitproof.exact.box import Box, Point, hull_of

Lattice = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """Where lattice points lie: x_i = origin_i + step_i·k_i, 0 ≤ k_i ≤ counts_i. A step may be
    negative, so that diagonals run the other way; its origin is then the upper end.

    >>> frame = Frame.of(Box.from_ends([0, 1, -1, 1]), 4)
    >>> frame.point((1, 3)), frame.counts
    ((Fraction(1, 4), Fraction(1, 2)), (4, 4))
    """

    origin: Point
    step: Point
    counts: Lattice

    @classmethod
    def of(cls, box: Box, count: int) -> Frame:
        """`count` steps along every side."""
        steps = tuple(width / count for width in box.widths)
        return cls(box.lower, steps, (count,) * box.dimension)

    @property
    def dimension(self) -> int:
        return len(self.origin)

    def point(self, place: Lattice) -> Point:
        """The point of a lattice place."""
        parts = zip(self.origin, self.step, place, strict=True)
        return tuple(a + s * k for a, s, k in parts)

    def refined(self, factor: int) -> Frame:
        """The same box with steps divided by a whole number."""
        steps = tuple(step / factor for step in self.step)
        return Frame(self.origin, steps, tuple(count * factor for count in self.counts))


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell by its bounds, which are tight: each is attained on the cell.

    Attributes:
        bounds: bounds[i][j] is the largest k_i - k_j on the cell, k_0 = 0; (d + 1)² integers.
    """

    bounds: tuple[tuple[int, ...], ...]

    @classmethod
    def whole(cls, frame: Frame) -> Cell:
        """The whole box of a frame."""
        ends = [(0, 0), *((0, count) for count in frame.counts)]
        return cls(
            tuple(
                tuple(0 if i == j else high - low for j, (low, _) in enumerate(ends))
                for i, (_, high) in enumerate(ends)
            )
        )

    @property
    def dimension(self) -> int:
        return len(self.bounds) - 1

    def extent(self, i: int, j: int) -> tuple[int, int]:
        """The least and the largest k_i - k_j."""
        return -self.bounds[j][i], self.bounds[i][j]

    def cut(self, i: int, j: int, at: int) -> tuple[Cell, Cell]:
        """The parts k_i - k_j ≤ at and k_i - k_j ≥ at; `at` lies strictly inside the extent."""
        return self._where(i, j, at), self._where(j, i, -at)

    def _where(self, i: int, j: int, bound: int) -> Cell:
        """The part with k_i - k_j ≤ bound, its bounds tight again: every path through the new
        bound."""
        to, out = [row[i] for row in self.bounds], self.bounds[j]
        return Cell(
            tuple(
                tuple(min(old, reach + bound + rest) for old, rest in zip(row, out, strict=True))
                for row, reach in zip(self.bounds, to, strict=True)
            )
        )

    def scaled(self, factor: int) -> Cell:
        """The same cell on a lattice `factor` times as fine."""
        return Cell(tuple(tuple(bound * factor for bound in row) for row in self.bounds))

    def corners(self) -> tuple[Lattice, ...]:
        """The corners, as lattice places."""
        low = tuple(-bound for bound in self.bounds[0])
        shape = tuple(
            tuple(bound - low[i] + low[j] for j, bound in enumerate(row))
            for i, row in enumerate(self.bounds)
        )
        return tuple(
            tuple(a + b for a, b in zip(low[1:], corner, strict=True))
            for corner in corners_of(shape)
        )

    def box(self, frame: Frame) -> Box:
        """The smallest box around it."""
        low = frame.point(tuple(-bound for bound in self.bounds[0][1:]))
        high = frame.point(tuple(row[0] for row in self.bounds[1:]))
        return hull_of((low, high))


@lru_cache(maxsize=1 << 16)
def corners_of(bounds: tuple[tuple[int, ...], ...]) -> tuple[Lattice, ...]:
    """All corners of a cell: solutions of d independent tight inequalities that fulfil the rest.

    >>> corners_of(((0, 0, 0), (2, 0, 2), (2, 0, 0)))
    ((0, 0), (2, 0), (2, 2))
    """
    nodes = range(len(bounds))
    found = set[Lattice]()
    for tree in spanning_trees(len(bounds)):
        for sides in product((False, True), repeat=len(tree)):
            place = {0: 0}
            for (known, new), side in zip(tree, sides, strict=True):
                step = bounds[new][known] if side else -bounds[known][new]
                place[new] = place[known] + step
            if all(place[i] - place[j] <= bounds[i][j] for i in nodes for j in nodes):
                found.add(tuple(place[node] for node in nodes[1:]))
    return tuple(sorted(found))


@lru_cache
def spanning_trees(count: int) -> tuple[tuple[tuple[int, int], ...], ...]:
    """All trees on 0, …, count - 1, each as edges (known, new) in an order that starts at 0.

    >>> spanning_trees(3)
    (((0, 1), (0, 2)), ((0, 1), (1, 2)), ((0, 2), (2, 1)))
    """
    trees = []
    for edges in combinations(tuple(combinations(range(count), 2)), count - 1):
        reached, order, waiting = {0}, list[tuple[int, int]](), list(edges)
        while True:
            for edge in waiting:
                if (edge[0] in reached) != (edge[1] in reached):
                    known, new = edge if edge[0] in reached else edge[::-1]
                    reached.add(new)
                    order.append((known, new))
                    waiting.remove(edge)
                    break
            else:
                break
        if len(reached) == count:
            trees.append(tuple(order))
    return tuple(trees)


def share(extent: tuple[int, int], low: int, high: int) -> Fraction | None:
    """Where a function with integer values `low` and `high` at the ends of an extent is 0, if it
    changes its sign inside."""
    if not (low < 0 < high or high < 0 < low):
        return None
    start, stop = extent
    return start + Fraction(-low * (stop - start), high - low)
