"""The box of a claim, exactly, and the dyadic box around it that is searched."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from bitproof.certify.difference.affine import Array
from bitproof.errors import InputError
from bitproof.exact.interval import Interval

COARSE_BITS = 30  # the unit is at most 2^-30 of the largest number,
FINE_BITS = 44  # at least 2^-44 of it,
WIDTH_BITS = 20  # and 2^-20 of the narrowest side where that allows it.
SIGNIFICAND = 52


@dataclass(frozen=True, slots=True)
class Domain:
    """A box of inputs with rational ends.

    Attributes:
        sides: one closed interval for each input; a side may be a point.

    >>> domain = Domain.around([Fraction(1, 3)], Fraction(1, 10))
    >>> domain.sides[0].lower, domain.sides[0].upper
    (Fraction(7, 30), Fraction(13, 30))
    """

    sides: tuple[Interval, ...]

    @classmethod
    def around(
        cls, point: Sequence[Fraction], radius: Fraction, within: Interval | None = None
    ) -> Domain:
        """All inputs within a radius of a point in every coordinate, cut to an interval.

        Raises:
            InputError: a negative radius, or a point outside the interval.
        """
        if radius < 0:
            raise InputError(f"the radius {radius}", remedy="give one that is not negative")
        sides = []
        for index, value in enumerate(point):
            low, high = value - radius, value + radius
            if within is not None:
                if not within.lower <= value <= within.upper:
                    raise InputError(
                        f"input {index} is {value}, outside [{within.lower}, {within.upper}]",
                        remedy="give inputs of the stated domain",
                    )
                low, high = max(low, within.lower), min(high, within.upper)
            sides.append(Interval(low, high))
        return cls(tuple(sides))

    @property
    def inputs(self) -> int:
        return len(self.sides)

    def __contains__(self, point: object) -> bool:
        return (
            isinstance(point, tuple)
            and len(point) == len(self.sides)
            and all(
                side.lower <= x <= side.upper for side, x in zip(self.sides, point, strict=True)
            )
        )

    def dyadic(self) -> DyadicBox:
        """A box of dyadic ends around it, whose midpoints float64 holds exactly.

        Raises:
            InputError: an end beyond 2^200.
        """
        largest = max(max(abs(side.lower), abs(side.upper)) for side in self.sides)
        if largest > 2**200:
            raise InputError("a box that reaches beyond 2^200", remedy="give a smaller one")
        top = _exponent(largest) if largest else 0
        widths = [side.width for side in self.sides if side.width]
        wanted = WIDTH_BITS - _exponent(min(widths)) if widths else FINE_BITS - top
        bits = min(FINE_BITS - top, max(COARSE_BITS - top, wanted))
        scale = Fraction(2) ** bits
        lower = tuple(math.floor(side.lower * scale) for side in self.sides)
        upper = tuple(math.ceil(side.upper * scale) for side in self.sides)
        return DyadicBox(lower, upper, bits)

    def nearest(self, point: Array) -> tuple[Fraction, ...]:
        """The exact point of the box nearest to a float point."""
        return tuple(
            min(max(Fraction(float(x)), side.lower), side.upper)
            for x, side in zip(point, self.sides, strict=True)
        )


@dataclass(frozen=True, slots=True)
class DyadicBox:
    """[lower, upper] in units of 2^-bits; `bits` may be negative."""

    lower: tuple[int, ...]
    upper: tuple[int, ...]
    bits: int

    def floats(self) -> tuple[Array, Array]:
        """The ends, exact in float64."""
        lower = np.array([math.ldexp(k, -self.bits) for k in self.lower])
        return lower, np.array([math.ldexp(k, -self.bits) for k in self.upper])

    @property
    def halvings(self) -> int:
        """How often any one side can be halved with every midpoint exact in float64."""
        largest = max(map(abs, self.lower + self.upper), default=1)
        return SIGNIFICAND - largest.bit_length() - 1


def _exponent(value: Fraction) -> int:
    """e with 2^(e-1) < value < 2^(e+1)."""
    return value.numerator.bit_length() - value.denominator.bit_length()
