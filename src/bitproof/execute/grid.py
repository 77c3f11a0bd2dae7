"""The inputs an analysis or an engine speaks of: the multiples of a step within a box."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from bitproof.errors import InputError
from bitproof.exact.fixed_point import FixedPoint
from bitproof.exact.interval import Interval
from bitproof.exact.rationals import rational_gcd


@dataclass(frozen=True)
class InputGrid:
    """The vectors whose i-th entry is a multiple of `step` in [lower[i], upper[i]].

    Attributes:
        lower, upper: the box, one entry per input.
        step: the distance of neighbouring inputs, positive; an input is `level * step`.

    Raises:
        InputError: a box of no dimension, ends of different number, a step that is not positive,
            or no multiple of the step in some side of the box.

    >>> grid = InputGrid((Fraction(0),), (Fraction(1),), Fraction(1, 8))
    >>> grid.lowest_levels, grid.highest_levels
    ((0,), (8,))
    """

    lower: tuple[Fraction, ...]
    upper: tuple[Fraction, ...]
    step: Fraction

    def __post_init__(self) -> None:
        if not self.lower or len(self.lower) != len(self.upper):
            raise InputError(
                f"a box with {len(self.lower)} lower and {len(self.upper)} upper ends",
                remedy="give one of each for every input",
            )
        if self.step <= 0:
            raise InputError(f"the grid step {self.step}", remedy="give a positive one")
        for low, high in zip(self.lowest_levels, self.highest_levels, strict=True):
            if low > high:
                raise InputError(
                    f"no multiple of {self.step} lies in a side of the box",
                    remedy="give a finer step or a wider box",
                )

    @classmethod
    def on_interval(cls, interval: Interval, step: Fraction, *, inputs: int = 1) -> InputGrid:
        """The same interval for every input."""
        return cls((interval.lower,) * inputs, (interval.upper,) * inputs, step)

    @classmethod
    def of_format(cls, form: FixedPoint, *, inputs: int = 1) -> InputGrid:
        """All levels of a fixed-point format, for every input.

        >>> InputGrid.of_format(FixedPoint.parse("Q0.7")).highest_levels
        (127,)
        """
        return cls.on_interval(form.interval, Fraction(1, form.scale), inputs=inputs)

    @classmethod
    def covering(cls, points: tuple[Fraction, ...]) -> InputGrid:
        """The coarsest grid of one input that contains the given points.

        >>> InputGrid.covering((Fraction(1, 2), Fraction(1, 3))).step
        Fraction(1, 6)
        """
        if not points:
            raise InputError("a grid through no point", remedy="give at least one")
        step = rational_gcd(points) or Fraction(1)
        return cls((min(points),), (max(points),), step)

    @property
    def inputs(self) -> int:
        """The number of inputs."""
        return len(self.lower)

    @cached_property
    def lowest_levels(self) -> tuple[int, ...]:
        """The smallest level of every input."""
        return tuple((value / self.step).__ceil__() for value in self.lower)

    @cached_property
    def highest_levels(self) -> tuple[int, ...]:
        """The largest level of every input."""
        return tuple((value / self.step).__floor__() for value in self.upper)

    def level(self, value: Fraction) -> int:
        """The level of a value.

        Raises:
            InputError: not a multiple of the step.
        """
        quotient = value / self.step
        if quotient.denominator != 1:
            raise InputError(
                f"the input {value} is not a multiple of the grid step {self.step}",
                remedy="give points of the grid, or a finer step",
            )
        return quotient.numerator
