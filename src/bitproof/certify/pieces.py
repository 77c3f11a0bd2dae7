"""Continuous piecewise-linear functions of as many points as memory holds, and how far apart two
of them are.

Floats with proved error bounds pick out the few points at which the difference can be largest;
exact arithmetic compares those.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from bitproof.certify.piecewise_linear import PiecewiseLinear
from bitproof.exact.rationals import to_float

UNIT = 2.0**-49
"""More than the relative error of any float computed here from exact numbers."""

FLOAT_SAFE = 1 << 53
"""Integers up to here are floats."""

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]


class Curve(ABC):
    """A function affine between ascending points."""

    @property
    @abstractmethod
    def points(self) -> int:
        """How many."""

    @abstractmethod
    def point(self, at: int) -> Fraction:
        """The x of a point."""

    @abstractmethod
    def value(self, at: int) -> Fraction:
        """The value at a point."""

    @abstractmethod
    def floats(self) -> tuple[Floats, Floats]:
        """All x and values, each to within 2^-50 of its magnitude."""

    def __call__(self, x: Fraction, near: int = 0) -> Fraction:
        """The value at an x between the first and the last point.

        Args:
            near: the number of a point not far to the left of x, if known.
        """
        at = min(max(near, 0), max(self.points - 2, 0))
        while at > 0 and self.point(at) > x:
            at -= 1
        while at < self.points - 2 and self.point(at + 1) <= x:
            at += 1
        left, low = self.point(at), self.value(at)
        if left == x or self.points == 1:
            return low
        right, high = self.point(at + 1), self.value(at + 1)
        return low if low == high else low + (high - low) * ((x - left) / (right - left))


@dataclass(frozen=True)
class Pieces(Curve):
    """The function with the value granule·v/q at x = numerator/q.

    Attributes:
        numerators, q, values: int64 or Python integers, one for each point, x ascending, q > 0.
    """

    numerators: Array
    q: Array
    values: Array
    granule: Fraction

    @property
    def points(self) -> int:
        return len(self.q)

    def point(self, at: int) -> Fraction:
        return Fraction(int(self.numerators[at]), int(self.q[at]))

    def value(self, at: int) -> Fraction:
        return Fraction(int(self.values[at]), int(self.q[at])) * self.granule

    def floats(self) -> tuple[Floats, Floats]:
        if any(part.dtype == object for part in (self.numerators, self.q, self.values)):
            every = range(self.points)
            return (
                np.array([to_float(self.point(at)) for at in every]),
                np.array([to_float(self.value(at)) for at in every]),
            )
        below = self.q.astype(np.float64)
        return self.numerators / below, self.values / below * to_float(self.granule)

    def abscissas(self) -> list[Fraction]:
        """The x of all points."""
        pairs = zip(self.numerators.tolist(), self.q.tolist(), strict=True)
        return [Fraction(x, q) for x, q in pairs]

    def function(self) -> PiecewiseLinear:
        """The same with rationals."""
        scale, below = self.granule.numerator, self.granule.denominator
        values = zip(self.values.tolist(), self.q.tolist(), strict=True)
        return PiecewiseLinear(
            tuple(self.abscissas()), tuple(Fraction(v * scale, q * below) for v, q in values)
        )


@dataclass(frozen=True)
class Polygon(Curve):
    """A function given by rationals."""

    function: PiecewiseLinear

    @property
    def points(self) -> int:
        return len(self.function.points)

    def point(self, at: int) -> Fraction:
        return self.function.points[at]

    def value(self, at: int) -> Fraction:
        return self.function.values[at]

    def floats(self) -> tuple[Floats, Floats]:
        return _nearest(self.function.points), _nearest(self.function.values)


def _nearest(numbers: Sequence[Fraction]) -> Floats:
    """The float nearest to each: where both parts are floats, so is their quotient rounded once."""
    above = [number.numerator for number in numbers]
    below = [number.denominator for number in numbers]
    if all(max(map(abs, part)) <= FLOAT_SAFE for part in (above, below)):
        quotients: Floats = np.array(above, dtype=np.float64) / np.array(below, dtype=np.float64)
        return quotients
    return np.array([to_float(number) for number in numbers])


def largest_difference(f: Curve, g: Curve) -> tuple[Fraction, Fraction]:
    """sup |f - g| on a common interval, and the first point where it is attained.

    |f - g| is convex where both are affine, so its maximum lies at a point of either.

    >>> line = Polygon(PiecewiseLinear((Fraction(0), Fraction(1)), (Fraction(0), Fraction(1))))
    >>> flat = Polygon(PiecewiseLinear((Fraction(0), Fraction(1)), (Fraction(1, 3),) * 2))
    >>> largest_difference(line, flat)
    (Fraction(2, 3), Fraction(1, 1))
    """
    mine, other = f.floats(), g.floats()
    here, there = _Compared.of(f, g, mine, other), _Compared.of(g, f, other, mine)
    least = max(here.least, there.least)
    found = [*here.candidates(least), *there.candidates(least)]
    largest = max(difference for difference, _ in found)
    return largest, min(x for difference, x in found if difference == largest)


@dataclass(frozen=True, slots=True)
class _Compared:
    """|f - g| at the points of f, in floats.

    Attributes:
        gaps, errors: |f - g|, and how far off they may be.
        places: the number of a point of g to the left of each, or nearly so.
    """

    f: Curve
    g: Curve
    gaps: Floats
    errors: Floats
    places: Array

    @classmethod
    def of(
        cls, f: Curve, g: Curve, mine: tuple[Floats, Floats], other: tuple[Floats, Floats]
    ) -> _Compared:
        """With the floats of f and of g."""
        (x, y), (u, v) = mine, other
        if len(u) == 1:
            errors = UNIT * (np.abs(y) + abs(v[0]))
            return cls(f, g, np.abs(y - v[0]), errors, np.zeros(len(x), dtype=np.int64))
        places = np.clip(np.searchsorted(u, x, side="right") - 1, 0, len(u) - 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            slopes = np.diff(v) / np.diff(u)
        # ends too near to each other for floats: nothing is known there
        slopes = np.where(np.isfinite(slopes), slopes, np.inf)
        steep = np.abs(slopes)
        # a rounded x may lie in the next segment; g is continuous
        steep = np.maximum(steep, np.maximum(np.append(steep[1:], 0), np.append(0, steep[:-1])))
        with np.errstate(invalid="ignore"):
            met = v[places] + slopes[places] * (x - u[places])
            sizes = np.abs(y) + np.abs(v[places]) + np.abs(v[places + 1])
            errors = 8 * UNIT * (sizes + steep[places] * (np.abs(x) + np.abs(u[places])))
            gaps = np.abs(y - met)
        lost = ~np.isfinite(gaps) | ~np.isfinite(errors)
        return cls(f, g, np.where(lost, 0.0, gaps), np.where(lost, np.inf, errors), places)

    @property
    def least(self) -> float:
        """The largest gap is at least this."""
        return float((self.gaps - self.errors).max())

    def candidates(self, least: float) -> list[tuple[Fraction, Fraction]]:
        """The exact gaps, with their points, of all points where it may be as large as `least`."""
        chosen = np.flatnonzero(self.gaps + self.errors >= least).tolist()
        found = list[tuple[Fraction, Fraction]]()
        for at in chosen:
            x = self.f.point(at)
            met = self.g(x, int(self.places[at]))
            found.append((abs(self.f.value(at) - met), x))
        return found
