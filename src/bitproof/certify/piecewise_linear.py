"""Continuous piecewise-linear functions on an interval, exactly: points and values between which
the function is affine."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from bitproof.errors import InputError
from bitproof.exact.interval import Interval
from bitproof.target.table import TableTarget


@dataclass(frozen=True, slots=True)
class PiecewiseLinear:
    """The function through (points[i], values[i]), affine between neighbours.

    Attributes:
        points: strictly ascending, at least one.
        values: one for each point.

    Raises:
        InputError: no point, points that do not ascend, or another number of values.

    >>> zero, one, two = Fraction(0), Fraction(1), Fraction(2)
    >>> hat = PiecewiseLinear((zero, one, two), (zero, one, zero))
    >>> hat(Fraction(3, 2)), hat.refined([Fraction(1, 3)]).values
    (Fraction(1, 2), (Fraction(0, 1), Fraction(1, 3), Fraction(1, 1), Fraction(0, 1)))
    """

    points: tuple[Fraction, ...]
    values: tuple[Fraction, ...]

    def __post_init__(self) -> None:
        if not self.points or len(self.points) != len(self.values):
            raise InputError(
                f"{len(self.points)} points and {len(self.values)} values",
                remedy="give one value for each of at least one point",
            )
        for a, b in pairwise(self.points):
            if not a < b:
                raise InputError(f"the points {a}, {b}", remedy="give ascending points")

    @property
    def interval(self) -> Interval:
        return Interval(self.points[0], self.points[-1])

    def __call__(self, x: Fraction) -> Fraction:
        """The value at a point of the interval."""
        if x not in self.interval:
            raise InputError(f"{x} is not in {self.interval}", remedy="give a point of it")
        at = bisect_right(self.points, x) - 1
        if self.points[at] == x:
            return self.values[at]
        return _between(
            self.points[at], self.values[at], self.points[at + 1], self.values[at + 1], x
        )

    def refined(self, extra: Sequence[Fraction]) -> PiecewiseLinear:
        """The same function with further points (ascending or not; known ones are ignored)."""
        if extra == self.points:
            return self
        points, values = list[Fraction](), list[Fraction]()
        known = iter(zip(self.points, self.values, strict=True))
        left, value = next(known)
        points.append(left)
        values.append(value)
        following = next(known, None)
        for x in sorted(extra):
            while following is not None and following[0] <= x:
                left, value = following
                points.append(left)
                values.append(value)
                following = next(known, None)
            if points[-1] < x and following is not None:
                points.append(x)
                values.append(_between(left, value, following[0], following[1], x))
        if following is not None:
            points.append(following[0])
            values.append(following[1])
        for right, height in known:
            points.append(right)
            values.append(height)
        return PiecewiseLinear(tuple(points), tuple(values))

    def restricted(self, interval: Interval) -> PiecewiseLinear:
        """The same function on a smaller interval."""
        if interval == self.interval:
            return self
        ends = (interval.lower, interval.upper)
        if any(end not in self.interval for end in ends):
            raise InputError(
                f"{interval} reaches beyond {self.interval}", remedy="give a smaller interval"
            )
        refined = self.refined(ends)
        kept = [
            (x, y) for x, y in zip(refined.points, refined.values, strict=True) if x in interval
        ]
        return PiecewiseLinear(tuple(x for x, _ in kept), tuple(y for _, y in kept))


def polygon_of(table: TableTarget) -> PiecewiseLinear:
    """The function of a table, on its whole span."""
    return PiecewiseLinear(tuple(x for x, _ in table.points), tuple(y for _, y in table.points))


def _between(x0: Fraction, y0: Fraction, x1: Fraction, y1: Fraction, x: Fraction) -> Fraction:
    return y0 if y0 == y1 else y0 + (y1 - y0) * ((x - x0) / (x1 - x0))
