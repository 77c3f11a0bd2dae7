"""What a network of several inputs is compared with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any

from .box_expression import BoxExpression
from .box_jets import BoxJet, Cell
from .document import Invalid, list_of, one_of, rational, string, table_of
from .interval import Interval, Undecided, exactly
from .jets import ZERO

MAX_POINTS = 1 << 18


class BoxTarget(ABC):
    """A function of several real variables."""

    text: str

    @abstractmethod
    def jet(self, cell: Cell) -> BoxJet:
        """Enclosures on a cell. Raises Undecided where there are none."""

    def at(self, point: tuple[Fraction, ...]) -> Interval:
        """Encloses f at a point. Raises Undecided where it is not known to exist."""
        return self.jet(Cell.around([point])).value


class ExpressionBoxTarget(BoxTarget):
    """An expression in x1, …, xd."""

    def __init__(self, data: dict[str, Any], inputs: int) -> None:
        table = table_of(data, "target", "kind text")
        self.text = string(table["text"], "target: text")
        self.expression = BoxExpression.read(self.text, inputs)

    def jet(self, cell: Cell) -> BoxJet:
        return self.expression.jet(cell)


class GridTable(BoxTarget):
    """A table over a grid of two inputs, bilinear on its rectangles, or affine on the two triangles
    that the diagonal from the lower to the upper corner makes of each."""

    def __init__(self, data: dict[str, Any], inputs: int) -> None:
        table = table_of(data, "target", "kind name interpolation axes values")
        self.text = string(table["name"], "target: name")
        kind = one_of(table["interpolation"], "target: interpolation", ("bilinear", "simplicial"))
        self.bilinear = kind == "bilinear"
        axes = list_of(table["axes"], "target: axes", 2)
        if inputs != 2 or len(axes) != 2:
            raise Invalid("target: a table on a grid has two inputs")
        self.xs, self.ys = (_axis(axis) for axis in axes)
        rows = list_of(table["values"], "target: values", MAX_POINTS)
        self.values = [
            [rational(v, "target: a value") for v in list_of(row, "target: values", MAX_POINTS)]
            for row in rows
        ]
        if len(rows) != len(self.xs) or any(len(row) != len(self.ys) for row in self.values):
            raise Invalid("target: the values do not fill the grid")

    def jet(self, cell: Cell) -> BoxJet:
        columns = _met(self.xs, cell.sides[0])
        rows = _met(self.ys, cell.sides[1])
        points = [
            tuple(c + step for c, step in zip(cell.centre, offset, strict=True))
            for offset in cell.offsets
        ]
        alone = len(columns) == len(rows) == 1
        found: list[tuple[Interval, Interval]] = []
        heights: list[Fraction] = []
        for i in columns:
            for j in rows:
                heights += self._corners(i, j)
                found += self._slopes(i, j, cell, points if alone else None)
        slopes = found[0]
        for other in found[1:]:
            slopes = (slopes[0].hull(other[0]), slopes[1].hull(other[1]))
        spread = exactly(min(heights)).hull(exactly(max(heights)))
        if len(found) > 1:
            return BoxJet(exactly(self._value(cell.centre)), spread, slopes)
        if self.bilinear:
            i, j = columns[0], rows[0]
            here = self._bilinear(i, j, [cell.centre[0]] * 2, [cell.centre[1]] * 2)
            bent = (ZERO, exactly(self._twist(i, j)), ZERO)
            return BoxJet(exactly(self._value(cell.centre)), spread, slopes, here, bent)
        # The plane of the cell's triangle, at a centre that may lie in the other one.
        value = self._value(points[0]) - sum(
            (s.lower * step for s, step in zip(slopes, cell.offsets[0], strict=True)), Fraction(0)
        )
        return BoxJet(exactly(value), spread, slopes, slopes, (ZERO, ZERO, ZERO))

    def _corners(self, i: int, j: int) -> tuple[Fraction, Fraction, Fraction, Fraction]:
        v = self.values
        return v[i][j], v[i + 1][j], v[i][j + 1], v[i + 1][j + 1]

    def _sizes(self, i: int, j: int) -> tuple[Fraction, Fraction]:
        return self.xs[i + 1] - self.xs[i], self.ys[j + 1] - self.ys[j]

    def _value(self, point: tuple[Fraction, ...]) -> Fraction:
        x, y = point
        if not (self.xs[0] <= x <= self.xs[-1] and self.ys[0] <= y <= self.ys[-1]):
            raise Undecided("outside the table")
        i, j = (
            min(max(bisect_right(axis, t) - 1, 0), len(axis) - 2)
            for axis, t in ((self.xs, x), (self.ys, y))
        )
        h, g = self._sizes(i, j)
        s, t = (x - self.xs[i]) / h, (y - self.ys[j]) / g
        low, right, up, high = self._corners(i, j)
        if self.bilinear:
            return low + (right - low) * s + (up - low) * t + (high - right - up + low) * s * t
        if s >= t:
            return low + (right - low) * s + (high - right) * t
        return low + (up - low) * t + (high - up) * s

    def _twist(self, i: int, j: int) -> Fraction:
        low, right, up, high = self._corners(i, j)
        h, g = self._sizes(i, j)
        return (high - right - up + low) / (h * g)

    def _bilinear(
        self, i: int, j: int, xs: list[Fraction], ys: list[Fraction]
    ) -> tuple[Interval, Interval]:
        """The partial derivatives between two places of each input: affine in the other one."""
        low, right, up, _ = self._corners(i, j)
        h, g = self._sizes(i, j)
        twist = self._twist(i, j)
        first = [(right - low) / h + twist * (y - self.ys[j]) for y in ys]
        second = [(up - low) / g + twist * (x - self.xs[i]) for x in xs]
        return (
            exactly(min(first)).hull(exactly(max(first))),
            exactly(min(second)).hull(exactly(max(second))),
        )

    def _slopes(
        self, i: int, j: int, cell: Cell, points: list[tuple[Fraction, ...]] | None
    ) -> list[tuple[Interval, Interval]]:
        """The partial derivatives on a rectangle: of both triangles, or of those that the hull of
        points meets."""
        if self.bilinear:
            xs = [min(max(x, self.xs[i]), self.xs[i + 1]) for x in _ends(cell.sides[0])]
            ys = [min(max(y, self.ys[j]), self.ys[j + 1]) for y in _ends(cell.sides[1])]
            return [self._bilinear(i, j, xs, ys)]
        h, g = self._sizes(i, j)
        low, right, up, high = self._corners(i, j)
        below = (exactly((right - low) / h), exactly((high - right) / g))
        above = (exactly((high - up) / h), exactly((up - low) / g))
        if points is None:
            return [below, above]
        sides = [(x - self.xs[i]) / h - (y - self.ys[j]) / g for x, y in points]
        if min(sides) >= 0:
            return [below]
        return [above] if max(sides) <= 0 else [below, above]


def _axis(data: object) -> list[Fraction]:
    axis = [rational(x, "target: axes") for x in list_of(data, "target: axes", MAX_POINTS)]
    if len(axis) < 2 or any(a >= b for a, b in pairwise(axis)):
        raise Invalid("target: an axis does not ascend, or has fewer than two points")
    return axis


def _ends(side: Interval) -> tuple[Fraction, Fraction]:
    return side.lower, side.upper


def _met(axis: list[Fraction], side: Interval) -> range:
    """The rectangles that share more than an edge with a side (one, if it is a point)."""
    low, high = _ends(side)
    if not axis[0] <= low <= high <= axis[-1]:
        raise Undecided("outside the table")
    if low == high:
        first = min(max(bisect_right(axis, low) - 1, 0), len(axis) - 2)
        return range(first, first + 1)
    return range(bisect_right(axis, low) - 1, bisect_left(axis, high))


def read_box_target(data: object, inputs: int) -> BoxTarget:
    """Raises Invalid: not a target."""
    kinds: dict[str, Callable[[dict[str, Any], int], BoxTarget]] = {
        "expression": ExpressionBoxTarget,
        "grid-table": GridTable,
    }
    if not isinstance(data, dict):
        raise Invalid("target is not an object")
    return kinds[one_of(data.get("kind"), "target: kind", kinds)](data, inputs)
