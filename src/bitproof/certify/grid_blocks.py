"""Bounds of |f - N| on blocks of consecutive input levels, many levels at a time.

On a block of levels k with centre c the target gives f(x) ∈ v + s·(x - c) + κ/2·(x - c)². With the
middles of v, s and κ rounded to integers over 2^bits, the parabola through them is evaluated
exactly in int64 at every level and compared with the network's exact integers; everything that
was left out (the radii of v, s and κ, the roundings) is one proved number, the block's radius. So

    max_k |difference_k| - radius ≤ max_k |f(x_k) - N(x_k)| ≤ max_k |difference_k| + radius.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from bitproof.certify.scaled import ceil_at, floor_at
from bitproof.exact.interval import Interval
from bitproof.target.target import Target

SAFE_BITS = 60

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Outputs:
    """A network's exact values at the levels first, first + 1, ... over a scale.

    Attributes:
        first: the first level; the i-th input is (first + i)/scale.
        integers: the i-th value is integers[i] · granule.
    """

    first: int
    scale: int
    integers: Array
    granule: Fraction

    def __len__(self) -> int:
        return len(self.integers)

    def x(self, at: int) -> Fraction:
        """The at-th input."""
        return Fraction(self.first + at, self.scale)

    def value(self, at: int) -> Fraction:
        """The network's value at the at-th input."""
        return int(self.integers[at]) * self.granule

    def cell(self, start: int, stop: int) -> Interval:
        """From the input number start to the input number stop - 1."""
        return Interval(self.x(start), self.x(stop - 1))

    def magnitude(self) -> Fraction:
        """The largest |value|."""
        return max(int(self.integers.max()), -int(self.integers.min())) * self.granule


@dataclass(frozen=True, slots=True)
class Scaled:
    """The same values as int64 over 2^bits, each off by at most `radius`."""

    integers: Array
    bits: int
    radius: int

    @classmethod
    def of(cls, outputs: Outputs, bits: int) -> Scaled:
        """Rounds the values down to multiples of 2^-bits; they must stay below 2^60 there."""
        return cls.of_integers(outputs.integers, outputs.granule, bits)

    @classmethod
    def of_integers(cls, integers: Array, granule: Fraction, bits: int) -> Scaled:
        """The same of values integers · granule, of any shape."""
        factor = granule * (Fraction(2) ** bits)
        largest = max(int(integers.max()), -int(integers.min()), 1)
        room = SAFE_BITS - largest.bit_length() - factor.numerator.bit_length()
        shift = factor.denominator.bit_length() - 1
        dyadic = factor.denominator == 1 << shift
        if dyadic and room >= 0 and shift < 63 and integers.dtype != object:
            return cls((integers * factor.numerator) >> shift, bits, 1)
        exact = integers.astype(object) * factor.numerator // factor.denominator
        return cls(exact.astype(np.int64), bits, 1)


@dataclass(frozen=True, slots=True)
class BlockBound:
    """What is proved on a block: |f - N| ≤ upper at its levels, in units of 2^-bits.

    Attributes:
        upper: the bound.
        place: the level (counted from the start of the outputs) where the difference peaks.
    """

    upper: int
    place: int


def height(outputs: Outputs, target: Target) -> Fraction:
    """At least the largest |N| on the stretch, and |f| if the target can tell."""
    enclosure = target.enclose(outputs.cell(0, len(outputs)))
    return max(outputs.magnitude(), Fraction(0) if enclosure is None else enclosure.magnitude)


def working_bits(top: Fraction) -> int | None:
    """As many binary places as int64 leaves room for beside values up to `top`, at most 1000;
    None if there is no room."""
    spare = SAFE_BITS - 4 - (top.__floor__() + 1).bit_length()
    if 0 < top < 1:
        spare += min(1000, top.denominator.bit_length() - top.numerator.bit_length() - 1)
    return spare if spare >= 0 else None


def bound_block(
    target: Target, outputs: Outputs, scaled: Scaled, start: int, stop: int
) -> BlockBound | None:
    """Bounds |f - N| on the levels start ... stop - 1 (at least two); None if undecided."""
    parabola = _Parabola.of(target, outputs.cell(start, stop), outputs.scale, scaled.bits)
    reach = stop - start - 1
    if parabola is None or parabola.magnitude(reach) >= 1 << SAFE_BITS:
        return None
    steps = np.arange(-reach, reach + 1, 2, dtype=np.int64)
    difference = np.abs(scaled.integers[start:stop] - parabola.values(steps))
    place = int(difference.argmax())
    return BlockBound(
        int(difference[place]) + parabola.radius(reach) + scaled.radius, start + place
    )


@dataclass(frozen=True, slots=True)
class _Parabola:
    """value + slope·j + bend·j² with j = 2·scale·(x - centre), each middle and radius an integer
    over 2^bits."""

    value: tuple[int, int]
    slope: tuple[int, int]
    bend: tuple[int, int]

    @classmethod
    def of(cls, target: Target, cell: Interval, scale: int, bits: int) -> _Parabola | None:
        """From the target's best enclosures; None if it has none."""
        taylor = target.taylor(cell)
        if taylor is None:
            enclosure = target.enclose(cell)
            return None if enclosure is None else cls(middle_of(enclosure, bits), (0, 0), (0, 0))
        value, step = middle_of(taylor.value, bits), Fraction(1, 2 * scale)
        if taylor.slope is not None and taylor.curvature is not None:
            slope = middle_of(taylor.slope.scale(step), bits)
            return cls(value, slope, middle_of(taylor.curvature.scale(step * step / 2), bits))
        if taylor.slope_range is not None:
            return cls(value, middle_of(taylor.slope_range.scale(step), bits), (0, 0))
        enclosure = target.enclose(cell)
        return None if enclosure is None else cls(middle_of(enclosure, bits), (0, 0), (0, 0))

    def magnitude(self, reach: int) -> int:
        """At least every intermediate of `values` for |j| ≤ reach."""
        return abs(self.value[0]) + reach * (abs(self.slope[0]) + reach * abs(self.bend[0]))

    def values(self, steps: Array) -> Array:
        """The parabola through the middles, exactly."""
        values: Array = (steps * self.bend[0] + self.slope[0]) * steps + self.value[0]
        return values

    def radius(self, reach: int) -> int:
        """How far f may be from the middles for |j| ≤ reach."""
        return self.value[1] + reach * (self.slope[1] + reach * self.bend[1])


def middle_of(enclosure: Interval, bits: int) -> tuple[int, int]:
    """An integer over 2^bits and how far the interval reaches from it, at most."""
    low, high = floor_at(enclosure.lower, bits), ceil_at(enclosure.upper, bits)
    middle = (low + high) // 2
    return middle, high - middle
