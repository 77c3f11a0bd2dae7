"""Boxes: products of closed intervals with exact rational ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from bitproof.errors import InputError
from bitproof.exact.interval import Interval

Point = tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """The product of its sides, one interval for each of x1, …, xd.

    Raises:
        InputError: no side at all.

    >>> box = Box.from_ends([0, 1, -1, Fraction(1, 2)])
    >>> str(box), box.dimension, box.widths
    ('[0, 1] × [-1, 1/2]', 2, (Fraction(1, 1), Fraction(3, 2)))
    >>> (Fraction(1, 2), Fraction(0)) in box, box.corners[1]
    (True, (Fraction(0, 1), Fraction(1, 2)))
    """

    sides: tuple[Interval, ...]

    def __post_init__(self) -> None:
        if not self.sides:
            raise InputError("a box without a side", remedy="give two ends for every input")

    @classmethod
    def from_ends(cls, ends: Sequence[Fraction | int]) -> Box:
        """From lower and upper ends in turn: a1, b1, a2, b2, …

        Raises:
            InputError: an odd number of ends, or a lower end above its upper end.
        """
        if len(ends) % 2:
            raise InputError(
                f"a box of {len(ends)} ends", remedy="give two for every input: --domain 0 1 0 1"
            )
        pairs = zip(ends[::2], ends[1::2], strict=True)
        return cls(tuple(Interval(Fraction(low), Fraction(high)) for low, high in pairs))

    @classmethod
    def unit(cls, dimension: int) -> Box:
        """[0, 1]^dimension."""
        return cls((Interval(Fraction(0), Fraction(1)),) * dimension)

    @property
    def dimension(self) -> int:
        return len(self.sides)

    @property
    def lower(self) -> Point:
        return tuple(side.lower for side in self.sides)

    @property
    def upper(self) -> Point:
        return tuple(side.upper for side in self.sides)

    @property
    def widths(self) -> Point:
        return tuple(side.width for side in self.sides)

    @property
    def centre(self) -> Point:
        return tuple(side.centre for side in self.sides)

    @property
    def magnitude(self) -> Fraction:
        """The largest absolute value of a coordinate."""
        return max(side.magnitude for side in self.sides)

    @property
    def corners(self) -> tuple[Point, ...]:
        """The 2^d corners."""
        return tuple(product(*((side.lower, side.upper) for side in self.sides)))

    def __contains__(self, point: object) -> bool:
        if not isinstance(point, tuple) or len(point) != self.dimension:
            return False
        return all(x in side for x, side in zip(point, self.sides, strict=True))

    def encloses(self, other: Box) -> bool:
        """Whether every point of another box of the same dimension is in this one."""
        pairs = zip(self.sides, other.sides, strict=True)
        return all(a.lower <= b.lower and b.upper <= a.upper for a, b in pairs)

    def split(self, axis: int | None = None) -> tuple[Box, Box]:
        """The two halves across an axis, counted from 0 (the longest side if None)."""
        if axis is None:
            axis = max(range(self.dimension), key=lambda i: self.sides[i].width)
        halves = self.sides[axis].split()
        return self._with(axis, halves[0]), self._with(axis, halves[1])

    def _with(self, axis: int, side: Interval) -> Box:
        return Box((*self.sides[:axis], side, *self.sides[axis + 1 :]))

    def at(self, fractions: Sequence[Fraction]) -> Point:
        """The point at these fractions of the sides: 0 is a lower end, 1 an upper one."""
        pairs = zip(self.sides, fractions, strict=True)
        return tuple(side.lower + side.width * share for side, share in pairs)

    def __str__(self) -> str:
        return " × ".join(str(side) for side in self.sides)


def hull_of(points: Sequence[Point]) -> Box:
    """The smallest box that contains the points (at least one).

    >>> str(hull_of([(Fraction(0), Fraction(1)), (Fraction(1, 2), Fraction(0))]))
    '[0, 1/2] × [0, 1]'
    """
    columns = list(zip(*points, strict=True))
    return Box(tuple(Interval(min(column), max(column)) for column in columns))
