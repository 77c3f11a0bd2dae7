"""Second-order enclosures of a function of several variables on a cell: `jets` for boxes.

`slope` holds at the centre of the cell's bounding box, everything else over that box; choices are
made on the cell itself, which may be smaller: there the chosen branch equals the function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from . import jets
from .interval import Interval, exactly
from .jets import ONE, TWO, ZERO, Derivatives

Several = tuple[Interval, ...] | None


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a jet is made.

    Attributes:
        centre: of the bounding box.
        sides: the bounding box.
        offsets: the corners of the cell, from the centre.
        radius: [-r_i, r_i], half the sides.
    """

    centre: tuple[Fraction, ...]
    sides: tuple[Interval, ...]
    offsets: tuple[tuple[Fraction, ...], ...]
    radius: tuple[Interval, ...]

    @classmethod
    def around(cls, corners: Sequence[tuple[Fraction, ...]]) -> Cell:
        """The convex hull of points."""
        ends = [(min(column), max(column)) for column in zip(*corners, strict=True)]
        centre = tuple((low + high) / 2 for low, high in ends)
        return cls(
            centre,
            tuple(exactly(low).hull(exactly(high)) for low, high in ends),
            tuple(tuple(x - c for x, c in zip(p, centre, strict=True)) for p in corners),
            tuple(exactly((a - b) / 2).hull(exactly((b - a) / 2)) for a, b in ends),
        )


@dataclass(frozen=True, slots=True)
class BoxJet:
    """Enclosures of f.

    Attributes:
        value: f at the centre.
        range: f over the box.
        slopes: the partial difference quotients over the box; None if unbounded or unknown.
        slope: the partial derivatives at the centre, and `curvature`, the second ones over the box
            in the order (1,1), (1,2), …, (2,2), …; both None if f is not known to be so smooth.
    """

    value: Interval
    range: Interval
    slopes: Several = None
    slope: Several = None
    curvature: Several = None

    def near(self, cell: Cell) -> Interval:
        """The range on the cell, cut by the forms of first and of second order."""
        result = self.range
        if self.slopes is not None:
            total = self.value
            for s, r in zip(self.slopes, cell.radius, strict=True):
                total = total + s * r
            result = result.meet(total)
        if self.slope is not None and self.curvature is not None:
            places = [self.along(self.slope, offset) for offset in cell.offsets]
            whole = places[0]
            for place in places[1:]:
                whole = whole.hull(place)
            result = result.meet(whole + second_order(self.curvature, cell))
        return result

    def along(self, slopes: Sequence[Interval], offset: Sequence[Fraction]) -> Interval:
        """value + slopes·offset."""
        total = self.value
        for slope, step in zip(slopes, offset, strict=True):
            total = total + slope * exactly(step)
        return total


def second_order(curvature: Sequence[Interval], cell: Cell) -> Interval:
    """½ t'Ht for all t in the box around the centre."""
    total, half = ZERO, exactly(Fraction(1, 2))
    for (i, j), c in zip(_pairs(len(cell.centre)), curvature, strict=True):
        square = cell.radius[i].power(2) * half if i == j else cell.radius[i] * cell.radius[j]
        total = total + c * square
    return total


def _pairs(dimension: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(dimension) for j in range(i, dimension)]


def variable(index: int, cell: Cell) -> BoxJet:
    """The input x_index."""
    count = len(cell.centre)
    unit = tuple(ONE if i == index else ZERO for i in range(count))
    flat = (ZERO,) * len(_pairs(count))
    return BoxJet(exactly(cell.centre[index]), cell.sides[index], unit, unit, flat)


def constant(value: Interval, cell: Cell) -> BoxJet:
    zeros = (ZERO,) * len(cell.centre)
    return BoxJet(value, value, zeros, zeros, (ZERO,) * len(_pairs(len(cell.centre))))


def _mapped(operation: Callable[[Interval, Interval], Interval], a: Several, b: Several) -> Several:
    if a is None or b is None:
        return None
    return tuple(operation(x, y) for x, y in zip(a, b, strict=True))


def add(a: BoxJet, b: BoxJet) -> BoxJet:
    return BoxJet(
        a.value + b.value,
        a.range + b.range,
        _mapped(Interval.__add__, a.slopes, b.slopes),
        _mapped(Interval.__add__, a.slope, b.slope),
        _mapped(Interval.__add__, a.curvature, b.curvature),
    )


def negative(a: BoxJet) -> BoxJet:
    parts = (
        None if part is None else tuple(-x for x in part)
        for part in (a.slopes, a.slope, a.curvature)
    )
    return BoxJet(-a.value, -a.range, *parts)


def subtract(a: BoxJet, b: BoxJet) -> BoxJet:
    return add(a, negative(b))


def multiply(a: BoxJet, b: BoxJet) -> BoxJet:
    value, whole = a.value * b.value, a.range * b.range
    if a.slopes is None or b.slopes is None:
        return BoxJet(value, whole)
    slopes = tuple(a.range * y + b.range * x for x, y in zip(a.slopes, b.slopes, strict=True))
    if a.slope is None or b.slope is None or a.curvature is None or b.curvature is None:
        return BoxJet(value, whole, slopes)
    slope = tuple(a.value * y + b.value * x for x, y in zip(a.slope, b.slope, strict=True))
    curvature = tuple(
        a.range * y + a.slopes[i] * b.slopes[j] + a.slopes[j] * b.slopes[i] + b.range * x
        for (i, j), x, y in zip(_pairs(len(slope)), a.curvature, b.curvature, strict=True)
    )
    return BoxJet(value, whole, slopes, slope, curvature)


def chain(u: BoxJet, function: Callable[[Interval], Interval], derivatives: Derivatives) -> BoxJet:
    """g(u): `derivatives(t, g(t))` encloses (g', g''), None where unbounded or not there."""
    value, whole = function(u.value), function(u.range)
    if u.slopes is None:
        return BoxJet(value, whole)
    first, second = derivatives(u.range, whole)
    if first is None:
        return BoxJet(value, whole)
    slopes = tuple(first * s for s in u.slopes)
    if second is None or u.slope is None or u.curvature is None:
        return BoxJet(value, whole, slopes)
    at_centre, _ = derivatives(u.value, value)
    if at_centre is None:
        return BoxJet(value, whole, slopes)
    curvature = tuple(
        second * (u.slopes[i].power(2) if i == j else u.slopes[i] * u.slopes[j]) + first * c
        for (i, j), c in zip(_pairs(len(slopes)), u.curvature, strict=True)
    )
    return BoxJet(value, whole, slopes, tuple(at_centre * s for s in u.slope), curvature)


def elementary(name: str, u: BoxJet) -> BoxJet:
    function, derivatives = jets.ELEMENTARY[name]
    return chain(u, function, derivatives)


def divide(a: BoxJet, b: BoxJet) -> BoxJet:
    return multiply(a, integer_power(b, -1))


def integer_power(u: BoxJet, n: int) -> BoxJet:
    if n == 1:
        return u

    def derivatives(t: Interval, _: Interval) -> tuple[Interval, Interval]:
        second = ZERO if n == 0 else TWO if n == 2 else exactly(n * (n - 1)) * t.power(n - 2)
        return (ZERO if n == 0 else exactly(n) * t.power(n - 1)), second

    return chain(u, lambda t: t.power(n), derivatives)


def maximum(a: BoxJet, b: BoxJet, cell: Cell) -> BoxJet:
    """max(f, g): one of them where the sign of f - g is known; else a kink may be here."""
    difference = subtract(a, b).near(cell)
    if difference.lo >= 0:
        return a
    if difference.hi <= 0:
        return b
    slopes = _mapped(Interval.hull, a.slopes, b.slopes)
    return BoxJet(a.value.maximum(b.value), a.range.maximum(b.range), slopes)


def minimum(a: BoxJet, b: BoxJet, cell: Cell) -> BoxJet:
    return negative(maximum(negative(a), negative(b), cell))


def decided(difference: BoxJet, cell: Cell, *, strict: bool) -> bool | None:
    """Whether difference < 0 (strict) or ≤ 0 on the cell; None if that is not the same everywhere
    or not known."""
    found = difference.near(cell)
    if found.hi < 0 or (found.hi == 0 and not strict):
        return True
    return False if found.lo > 0 or (found.lo == 0 and strict) else None


def either(a: BoxJet, b: BoxJet) -> BoxJet:
    """`where` with an undecided condition: nothing beyond the ranges is known."""
    return BoxJet(a.value.hull(b.value), a.range.hull(b.range))
