"""A table over a grid of two inputs, interpolated exactly: bilinearly, or linearly on triangles.

- *bilinear*: on every rectangle of the grid a + b·s + c·t + d·s·t through its four values;
- *simplicial*: every rectangle is cut along the diagonal from its lower to its upper corner, and
  the function is affine on both triangles (Kuhn's triangulation).

Both are continuous. They differ inside the rectangles, so one has to be chosen.
"""

from __future__ import annotations

import csv
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bitproof.errors import DomainError, InputError
from bitproof.exact.box import Box, Point
from bitproof.exact.interval import Interval
from bitproof.exact.rationals import to_float, write_rational
from bitproof.target.affine import AffineForm
from bitproof.target.box_target import BoxTarget, BoxTaylor, MultiIndex
from bitproof.target.table import delimiter_of, is_header, number_in, read_text, rows_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

INTERPOLATIONS = ("bilinear", "simplicial")
MAX_VALUES = 200_000
ZERO, ONE = Fraction(0), Fraction(1)
Slopes = tuple[Interval, Interval]


@dataclass(frozen=True)
class GridTable(BoxTarget):
    """The interpolant of values[i][j] at (xs[i], ys[j]).

    Attributes:
        xs, ys: ascending, at least two of each.
        values: one row for each x, one entry for each y.
        name: for people, usually the file's name.
        interpolation: "bilinear" or "simplicial".
        restricted: a part of the table's span, or None for all of it.

    Raises:
        InputError: the parts do not make such a table.
        DomainError: `restricted` leaves the table's span.

    >>> corner = ((ZERO, ZERO), (ZERO, ONE))
    >>> tables = [GridTable((ZERO, ONE), (ZERO, ONE), corner, "t", kind) for kind in INTERPOLATIONS]
    >>> [str(table.value((Fraction(1, 2), Fraction(1, 2)))) for table in tables]
    ['1/4', '1/2']
    """

    xs: tuple[Fraction, ...]
    ys: tuple[Fraction, ...]
    values: tuple[tuple[Fraction, ...], ...]
    name: str
    interpolation: str
    restricted: Box | None = None

    def __post_init__(self) -> None:
        if self.interpolation not in INTERPOLATIONS:
            raise InputError(
                f"the table {self.name} with the interpolation {self.interpolation!r}",
                remedy="choose bilinear or simplicial (--interpolation): between the points of a "
                "grid they differ",
            )
        for axis in (self.xs, self.ys):
            if len(axis) < 2 or any(a >= b for a, b in pairwise(axis)):
                raise InputError(
                    f"the table {self.name} has the coordinates {', '.join(map(str, axis[:4]))} …",
                    remedy="give at least two of each, each once",
                )
        if len(self.values) != len(self.xs) or any(len(r) != len(self.ys) for r in self.values):
            raise InputError(
                f"the table {self.name} is not a full grid", remedy="give every pair (x1, x2)"
            )
        part = self.restricted
        if part is not None and (part.dimension != 2 or not self._span.encloses(part)):
            raise DomainError(
                f"the domain {part} leaves the table {self.name}, which spans {self._span}",
                remedy="choose a domain inside it",
            )

    @classmethod
    def from_csv(
        cls, path: str | Path, domain: Box | None = None, interpolation: str | None = None
    ) -> GridTable:
        """Reads three columns x1, x2, value: every pair of a grid once, in any order. Header,
        separators, comments and numbers as in tables of one input.

        Raises:
            InputError: not readable as such a table; the message names the row.
        """
        file = Path(path)
        found: dict[tuple[Fraction, Fraction], Fraction] = {}
        for number, (x, y, value) in _read_rows(file):
            if (x, y) in found:
                raise InputError(
                    f"row {number} of {file.name} has ({x}, {y}) again", remedy="give it once"
                )
            found[x, y] = value
        xs, ys = (tuple(sorted({key[axis] for key in found})) for axis in (0, 1))
        missing = next((pair for pair in product(xs, ys) if pair not in found), None)
        if missing is not None:
            raise InputError(
                f"{file.name} has no row for ({missing[0]}, {missing[1]})",
                remedy="give every pair of a grid",
            )
        values = tuple(tuple(found[x, y] for y in ys) for x in xs)
        return cls(xs, ys, values, file.name, interpolation or "", domain)

    @cached_property
    def _span(self) -> Box:
        return Box((Interval(self.xs[0], self.xs[-1]), Interval(self.ys[0], self.ys[-1])))

    @property
    def domain(self) -> Box:
        return self.restricted or self._span

    @property
    def text(self) -> str:
        return f"{self.name} ({self.interpolation})"

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": "grid-table",
            "name": self.name,
            "interpolation": self.interpolation,
            "axes": [[write_rational(x) for x in axis] for axis in (self.xs, self.ys)],
            "values": [[write_rational(v) for v in row] for row in self.values],
        }

    def value(self, point: Point) -> Fraction:
        """f at a point of the span, exactly."""
        i, j = _place(self.xs, point[0]), _place(self.ys, point[1])
        s = (point[0] - self.xs[i]) / (self.xs[i + 1] - self.xs[i])
        t = (point[1] - self.ys[j]) / (self.ys[j + 1] - self.ys[j])
        low, right, up, high = self._corners(i, j)
        if self.interpolation == "bilinear":
            return low + (right - low) * s + (up - low) * t + (high - right - up + low) * s * t
        if s >= t:
            return low + (right - low) * s + (high - right) * t
        return low + (up - low) * t + (high - up) * s

    def at(self, point: Point, bits: int = 160) -> Interval:  # noqa: ARG002
        """
        Raises:
            InputError: a point outside the table.
        """
        if point not in self._span:
            raise InputError(
                f"({', '.join(map(str, point))}) is not in {self._span}", remedy="choose one inside"
            )
        found = self.value(point)
        return Interval(found, found)

    def _corners(self, i: int, j: int) -> tuple[Fraction, Fraction, Fraction, Fraction]:
        v = self.values
        return v[i][j], v[i + 1][j], v[i][j + 1], v[i + 1][j + 1]

    def taylor(self, box: Box, corners: Sequence[Point] | None = None) -> BoxTaylor | None:
        points = tuple(corners) if corners is not None else box.corners
        centre, zero = box.centre, Interval(ZERO, ZERO)
        value = self.at(centre)
        rectangles = list(product(_met(self.xs, box.sides[0]), _met(self.ys, box.sides[1])))
        # The way from the centre to a point of the cell may lead through any of the rectangles.
        meant = points if len(rectangles) == 1 else None
        found = [slopes for i, j in rectangles for slopes in self._slopes(i, j, box, meant)]
        slopes: Slopes = found[0]
        for other in found[1:]:
            slopes = (slopes[0].hull(other[0]), slopes[1].hull(other[1]))
        heights = [h for i, j in rectangles for h in self._corners(i, j)]
        spread = Interval(min(heights), max(heights))
        if len(found) > 1:
            return BoxTaylor(centre, value, spread, None, slopes, None)
        if self.interpolation == "simplicial":
            flat = self._plane(centre, slopes, points)
            return BoxTaylor(centre, flat, spread, slopes, slopes, (zero, zero, zero))
        i, j = rectangles[0]
        twist = self._twist(i, j)
        bent = (zero, Interval(twist, twist), zero)
        here = self._bilinear_slopes(i, j, Box(tuple(_exactly(x) for x in centre)))
        return BoxTaylor(centre, value, spread, here, slopes, bent)

    def _plane(self, centre: Point, slopes: Slopes, points: Sequence[Point]) -> Interval:
        """The affine function of the triangle that holds the points, at the centre (which may lie
        in the other triangle)."""
        point = points[0]
        steps = [s.lower * (c - x) for s, c, x in zip(slopes, centre, point, strict=True)]
        value = self.value(point) + sum(steps, ZERO)
        return Interval(value, value)

    def _slopes(self, i: int, j: int, box: Box, points: Sequence[Point] | None) -> list[Slopes]:
        """The partial derivatives on a rectangle, or on what the hull of points meets of it."""
        if self.interpolation == "bilinear":
            return [self._bilinear_slopes(i, j, box)]
        h, g = self.xs[i + 1] - self.xs[i], self.ys[j + 1] - self.ys[j]
        low, right, up, high = self._corners(i, j)
        sides = [-ONE, ONE]
        if points is not None:
            sides = [(x - self.xs[i]) / h - (y - self.ys[j]) / g for x, y in points]
        result = []
        if max(sides) > 0 or not any(sides):
            result.append((_exactly((right - low) / h), _exactly((high - right) / g)))
        if min(sides) < 0:
            result.append((_exactly((high - up) / h), _exactly((up - low) / g)))
        return result

    def _twist(self, i: int, j: int) -> Fraction:
        low, right, up, high = self._corners(i, j)
        h, g = self.xs[i + 1] - self.xs[i], self.ys[j + 1] - self.ys[j]
        return (high - right - up + low) / (h * g)

    def _bilinear_slopes(self, i: int, j: int, box: Box) -> Slopes:
        """Each is affine in the other input."""
        low, right, up, _ = self._corners(i, j)
        h, g = self.xs[i + 1] - self.xs[i], self.ys[j + 1] - self.ys[j]
        twist = self._twist(i, j)
        xs = [min(max(x, self.xs[i]), self.xs[i + 1]) - self.xs[i] for x in _ends(box.sides[0])]
        ys = [min(max(y, self.ys[j]), self.ys[j + 1]) - self.ys[j] for y in _ends(box.sides[1])]
        first = [(right - low) / h + twist * y for y in ys]
        second = [(up - low) / g + twist * x for x in xs]
        return Interval(min(first), max(first)), Interval(min(second), max(second))

    def kinks(self) -> tuple[AffineForm, ...]:
        return self._kinks

    @cached_property
    def _kinks(self) -> tuple[AffineForm, ...]:
        forms = [AffineForm(-x, (ONE, ZERO)) for x in self.xs[1:-1]]
        forms += [AffineForm(-y, (ZERO, ONE)) for y in self.ys[1:-1]]
        if self.interpolation == "simplicial":
            diagonals = {
                (1 / h, -1 / g, y / g - x / h)
                for x, h in zip(self.xs, _steps(self.xs), strict=False)
                for y, g in zip(self.ys, _steps(self.ys), strict=False)
            }
            if len(diagonals) <= len(self.xs) + len(self.ys):
                forms += [AffineForm(c, (a, b)) for a, b, c in sorted(diagonals)]
        return tuple(forms)

    def lipschitz(self) -> tuple[Fraction, ...] | None:
        return self._lipschitz

    @cached_property
    def _lipschitz(self) -> tuple[Fraction, ...]:
        h, g = _steps(self.xs), _steps(self.ys)
        across = max(
            abs(after[j] - before[j]) / h[i]
            for i, (before, after) in enumerate(pairwise(self.values))
            for j in range(len(self.ys))
        )
        along = max(
            abs(after - before) / g[j]
            for row in self.values
            for j, (before, after) in enumerate(pairwise(row))
        )
        return across, along

    def derivatives(
        self, point: Point, order: int, bits: int = 160
    ) -> dict[MultiIndex, Interval | None]:
        from bitproof.exact.power_series import multi_indices

        found: dict[MultiIndex, Interval | None] = dict.fromkeys(multi_indices(2, order))
        found[0, 0] = self.at(point, bits)
        return found

    def norms(self, order: int) -> dict[MultiIndex, Fraction | None]:
        from bitproof.exact.power_series import multi_indices

        found: dict[MultiIndex, Fraction | None] = dict.fromkeys(multi_indices(2, order))
        found[0, 0] = max(abs(value) for row in self.values for value in row)
        if order >= 1:
            found[1, 0], found[0, 1] = self._lipschitz
        return found

    def sample(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        import numpy as np

        xs, ys = (np.array([to_float(x) for x in axis]) for axis in (self.xs, self.ys))
        v = np.array([[to_float(value) for value in row] for row in self.values])
        i = np.clip(np.searchsorted(xs, points[..., 0], side="right") - 1, 0, len(xs) - 2)
        j = np.clip(np.searchsorted(ys, points[..., 1], side="right") - 1, 0, len(ys) - 2)
        s = np.clip((points[..., 0] - xs[i]) / (xs[i + 1] - xs[i]), 0, 1)
        t = np.clip((points[..., 1] - ys[j]) / (ys[j + 1] - ys[j]), 0, 1)
        low, right, up, high = v[i, j], v[i + 1, j], v[i, j + 1], v[i + 1, j + 1]
        if self.interpolation == "bilinear":
            return np.asarray(
                low + (right - low) * s + (up - low) * t + (high - right - up + low) * s * t
            )
        below = low + (right - low) * s + (high - right) * t
        return np.asarray(np.where(s >= t, below, low + (up - low) * t + (high - up) * s))


def columns_of(path: Path) -> int:
    """The number of columns of a table's first row."""
    rows = rows_of(read_text(path), path)
    line = rows[0][1]
    return len([c for c in next(csv.reader([line], delimiter=delimiter_of(line)), []) if c.strip()])


def _read_rows(path: Path) -> Iterator[tuple[int, tuple[Fraction, Fraction, Fraction]]]:
    rows = rows_of(read_text(path), path)
    if len(rows) > MAX_VALUES:
        raise InputError(f"{path.name} has {len(rows)} rows", remedy=f"at most {MAX_VALUES}")
    delimiter = delimiter_of(rows[0][1])
    for position, (number, line) in enumerate(rows):
        cells = [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
        while len(cells) > 3 and not cells[-1]:
            cells.pop()
        if len(cells) != 3:
            raise InputError(
                f"row {number} of {path.name} has {len(cells)} column(s)",
                remedy="give three: x1, x2 and the value",
            )
        if position == 0 and is_header(cells):
            continue
        x, y, value = (number_in(cell, number, path) for cell in cells)
        yield number, (x, y, value)


def _place(axis: Sequence[Fraction], x: Fraction) -> int:
    """The rectangle's index along an axis; the last one holds the upper end."""
    return min(max(bisect_right(axis, x) - 1, 0), len(axis) - 2)


def _met(axis: Sequence[Fraction], side: Interval) -> range:
    """The rectangles that share more than an edge with a side (one, if it is a point)."""
    if side.width == 0:
        first = _place(axis, side.lower)
        return range(first, first + 1)
    return range(bisect_right(axis, side.lower) - 1, bisect_left(axis, side.upper))


def _steps(axis: Sequence[Fraction]) -> list[Fraction]:
    return [b - a for a, b in pairwise(axis)]


def _ends(side: Interval) -> tuple[Fraction, Fraction]:
    return side.lower, side.upper


def _exactly(value: Fraction) -> Interval:
    return Interval(value, value)
