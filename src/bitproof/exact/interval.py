"""Closed intervals with exact rational ends."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bitproof.errors import InputError


@dataclass(frozen=True, slots=True)
class Interval:
    """The closed interval [lower, upper], both ends exact.

    Raises:
        InputError: lower > upper.

    >>> cell = Interval(Fraction(0), Fraction(1, 3))
    >>> cell.width, cell.centre, Fraction(1, 4) in cell
    (Fraction(1, 3), Fraction(1, 6), True)
    """

    lower: Fraction
    upper: Fraction

    def __post_init__(self) -> None:
        if self.lower > self.upper:
            raise InputError(
                f"the interval [{self.lower}, {self.upper}] is empty",
                remedy="write the lower end first",
            )

    @property
    def width(self) -> Fraction:
        return self.upper - self.lower

    @property
    def centre(self) -> Fraction:
        return (self.lower + self.upper) / 2

    @property
    def magnitude(self) -> Fraction:
        """The largest absolute value in it."""
        return max(abs(self.lower), abs(self.upper))

    def __contains__(self, value: object) -> bool:
        return isinstance(value, (int, Fraction)) and self.lower <= value <= self.upper

    def split(self) -> tuple[Interval, Interval]:
        """The two halves."""
        return Interval(self.lower, self.centre), Interval(self.centre, self.upper)

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.lower + other.lower, self.upper + other.upper)

    def scale(self, factor: Fraction) -> Interval:
        """Every element times an exact factor of either sign."""
        ends = (self.lower * factor, self.upper * factor)
        return Interval(min(ends), max(ends))

    def hull(self, other: Interval) -> Interval:
        """The smallest interval containing both."""
        return Interval(min(self.lower, other.lower), max(self.upper, other.upper))

    def __str__(self) -> str:
        return f"[{self.lower}, {self.upper}]"
