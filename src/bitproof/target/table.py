"""A target given by a table: the piecewise-linear function through its points, all exact."""

from __future__ import annotations

import csv
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bitproof.errors import DomainError, InputError
from bitproof.exact.interval import Interval
from bitproof.exact.rationals import parse_rational, to_float, write_rational
from bitproof.target.target import Target, Taylor
from bitproof.theory.function_class import FunctionClass, Lipschitz

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MAX_BYTES = 64 * 1024 * 1024
MAX_ROWS = 1_000_000
_NOT_NUMBERS = frozenset(("nan", "inf", "infinity", "-inf", "+inf", "-infinity", "+infinity"))

Point = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class TableTarget(Target):
    """The continuous piecewise-linear function through points with ascending x.

    Attributes:
        points: (x, y) pairs, x strictly ascending, at least two.
        name: for people, usually the file's name.
        restricted: a part of the table's span, or None for all of it.

    Raises:
        InputError: fewer than two points, or x not ascending.
        DomainError: `restricted` leaves the table's span.

    >>> hat = TableTarget(((Fraction(0), Fraction(0)), (Fraction(1), Fraction(1)),
    ...                    (Fraction(2), Fraction(0))), "hat")
    >>> hat.value(Fraction(1, 3)), [str(kink) for kink in hat.kinks()]
    (Fraction(1, 3), ['[1, 1]'])
    """

    points: tuple[Point, ...]
    name: str
    restricted: Interval | None = None

    def __post_init__(self) -> None:
        if len(self.points) < 2:
            raise InputError(
                f"the table {self.name} has {len(self.points)} point(s)", remedy="give at least two"
            )
        for number, (left, right) in enumerate(pairwise(self.points), start=2):
            if left[0] >= right[0]:
                raise InputError(
                    f"the table {self.name} is not ascending at point {number}: "
                    f"x = {right[0]} after {left[0]}",
                    remedy="sort the points by x and name each x once",
                )
        span, part = self._span, self.restricted
        if part is not None and (part.lower not in span or part.upper not in span):
            raise DomainError(
                f"the domain {part} leaves the table {self.name}, which spans {span}",
                remedy="choose a domain inside it",
            )
        if part is not None and part.width == 0:
            raise DomainError(f"the domain {part} is one point", remedy="give two different ends")

    @classmethod
    def from_csv(cls, path: str | Path, domain: Interval | None = None) -> TableTarget:
        """Reads two columns x, y; commas, semicolons or tabs; a header, blank lines and lines
        that begin with # are allowed. Numbers are taken exactly as they are written.

        Raises:
            InputError: not readable as such a table; the message names the row.
        """
        file = Path(path)
        return cls(tuple(_read_points(file)), file.name, domain)

    @property
    def _span(self) -> Interval:
        return Interval(self.points[0][0], self.points[-1][0])

    @property
    def domain(self) -> Interval:
        return self.restricted or self._span

    @property
    def text(self) -> str:
        return self.name

    @cached_property
    def function_class(self) -> FunctionClass:
        span = self._segments_meeting(self.domain)
        return Lipschitz(self.domain, max(abs(self._slopes[index]) for index in span))

    def to_json(self) -> dict[str, Any]:
        pairs = [[write_rational(x), write_rational(y)] for x, y in self.points]
        return {"kind": "table", "name": self.name, "points": pairs}

    @cached_property
    def _abscissas(self) -> list[Fraction]:
        return [x for x, _ in self.points]

    @cached_property
    def _rounded(self) -> list[float]:
        """The abscissas as floats, ascending since rounding is monotone: a search begins there."""
        return [to_float(x) for x in self._abscissas]

    def _first_from(self, x: Fraction) -> int:
        """Index of the first point at or after x."""
        near = to_float(x)
        low, high = bisect_left(self._rounded, near), bisect_right(self._rounded, near)
        return bisect_left(self._abscissas, x, low, high)

    def _first_after(self, x: Fraction) -> int:
        """Index of the first point after x."""
        near = to_float(x)
        low, high = bisect_left(self._rounded, near), bisect_right(self._rounded, near)
        return bisect_right(self._abscissas, x, low, high)

    @cached_property
    def _slopes(self) -> list[Fraction]:
        return [(y - v) / (x - u) for (u, v), (x, y) in pairwise(self.points)]

    def value(self, x: Fraction) -> Fraction:
        """f(x), exactly.

        Raises:
            InputError: x is not in the domain.
        """
        if x not in self.domain:
            raise InputError(
                f"{x} is not in the table's domain {self.domain}", remedy="choose a point inside"
            )
        index = min(self._first_after(x) - 1, len(self._slopes) - 1)
        left, height = self.points[index]
        return height + self._slopes[index] * (x - left)

    def kinks(self) -> tuple[Interval, ...]:
        """The inner points where the slope changes."""
        return self._kinks

    @cached_property
    def _kinks(self) -> tuple[Interval, ...]:
        domain = self.domain
        return tuple(
            Interval(x, x)
            for (x, _), before, after in zip(
                self.points[1:-1], self._slopes[:-1], self._slopes[1:], strict=True
            )
            if before != after and domain.lower < x < domain.upper
        )

    def enclose(self, cell: Interval) -> Interval | None:
        """The exact range over the cell."""
        first = self._first_after(cell.lower)
        last = self._first_from(cell.upper)
        inside = [y for _, y in self.points[first:last]]
        values = [self.value(cell.lower), self.value(cell.upper), *inside]
        return Interval(min(values), max(values))

    def taylor(self, cell: Interval) -> Taylor | None:
        """Exact on one segment; across kinks the slopes of the segments and no curvature."""
        centre = self.value(cell.centre)
        slopes = [self._slopes[index] for index in self._segments_meeting(cell)]
        slope_range = Interval(min(slopes), max(slopes))
        value = Interval(centre, centre)
        if slope_range.width == 0:
            zero = Interval(Fraction(0), Fraction(0))
            return Taylor(cell, value, slope_range, slope_range, zero)
        return Taylor(cell, value, self._slope_at(cell.centre), slope_range, None)

    def _slope_at(self, x: Fraction) -> Interval | None:
        slopes = {self._slopes[index] for index in self._segments_meeting(Interval(x, x))}
        slope = slopes.pop()
        return None if slopes else Interval(slope, slope)

    def _segments_meeting(self, cell: Interval) -> range:
        """The segments that share more than a point with the cell (a point: all that hold it)."""
        if cell.width == 0:
            first = self._first_from(cell.lower) - 1
            last = self._first_after(cell.upper)
        else:
            first = self._first_after(cell.lower) - 1
            last = self._first_from(cell.upper)
        return range(max(0, first), min(last, len(self._slopes)))

    def sample(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        import numpy as np

        xs = np.array([to_float(x) for x, _ in self.points])
        ys = np.array([to_float(y) for _, y in self.points])
        return np.asarray(np.interp(points, xs, ys), dtype=np.float64)


def _read_points(path: Path) -> Iterator[Point]:
    """The points of a file, row by row."""
    text = read_text(path)
    rows = rows_of(text, path)
    delimiter = delimiter_of(rows[0][1]) if rows else ","
    previous: tuple[int, Fraction] | None = None
    for position, (number, line) in enumerate(rows):
        cells = [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
        while len(cells) > 2 and not cells[-1]:
            cells.pop()
        if len(cells) != 2:
            raise InputError(
                f"row {number} of {path.name} has {len(cells)} column(s)",
                remedy="give two, x and y, separated by a comma, a semicolon or a tab",
            )
        if position == 0 and is_header(cells):
            continue
        x, y = (number_in(cell, number, path) for cell in cells)
        if previous is not None and x <= previous[1]:
            _refuse_order(path, number, x, previous)
        previous = (number, x)
        yield x, y


def _refuse_order(path: Path, number: int, x: Fraction, previous: tuple[int, Fraction]) -> None:
    where = f"row {number} of {path.name}"
    if x == previous[1]:
        raise InputError(
            f"{where} has the same x = {x} as row {previous[0]}", remedy="give each x once"
        )
    raise InputError(
        f"{where} has x = {x} after {previous[1]} in row {previous[0]}",
        remedy="sort the rows by x, ascending",
    )


def read_text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(
                f"{path} has {size} bytes", remedy=f"give a table of at most {MAX_BYTES} bytes"
            )
        content = path.read_bytes()
    except OSError as problem:
        reason = problem.strerror or "not readable"
        raise InputError(f"{path}: {reason}", remedy="give a readable .csv file") from None
    except ValueError:
        raise InputError(f"{str(path)[:80]!r} is no file name", remedy="give a .csv file") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise InputError(f"{path} is not a text file", remedy="save it as CSV in UTF-8")
    return text


def rows_of(text: str, path: Path) -> list[tuple[int, str]]:
    """The lines that are neither blank nor a comment, with their numbers."""
    rows = [
        (number, line)
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not rows:
        raise InputError(f"{path} is empty", remedy="give rows of x, y")
    if len(rows) > MAX_ROWS:
        raise InputError(
            f"{path} has {len(rows)} rows", remedy=f"give a table of at most {MAX_ROWS}"
        )
    return rows


def delimiter_of(line: str) -> str:
    for delimiter in ("\t", ";", ","):
        if delimiter in line:
            return delimiter
    return ","


def is_header(cells: list[str]) -> bool:
    """Whether the first row holds names: neither cell is a number."""
    return all(not _is_number(cell) and cell.lower() not in _NOT_NUMBERS for cell in cells)


def _is_number(cell: str) -> bool:
    try:
        parse_rational(cell)
    except InputError:
        return False
    return True


def number_in(cell: str, number: int, path: Path) -> Fraction:
    if cell.lower() in _NOT_NUMBERS:
        raise InputError(
            f"row {number} of {path.name} has {cell}", remedy="give finite numbers, or drop the row"
        )
    try:
        return parse_rational(cell)
    except InputError:
        remedy = (
            "write a decimal point, and a semicolon or tab between the columns"
            if ("," in cell)
            else "write decimal numbers, as in 0.25 or 1e-3"
        )
        raise InputError(
            f"row {number} of {path.name} has {cell[:40]!r}, which is not a number", remedy=remedy
        ) from None
