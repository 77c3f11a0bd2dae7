"""Derivatives of a function of one input: enclosed at points, bounded on the domain."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from bitproof.exact.box import Box
from bitproof.exact.enclosure import from_interval, from_rational, precision
from bitproof.exact.interval import Interval
from bitproof.exact.power_series import MultiIndex, SeriesRing
from bitproof.target.box_norms import derivative_norms
from bitproof.target.box_series import SeriesFunction, assemble_series, derivatives_of
from bitproof.target.expression import ExpressionTarget
from bitproof.target.target import Target
from bitproof.theory.function_class import Continuous, Lipschitz, Smooth

POINT_BITS = 200
CELL_BITS = 96
BLOCKS = 64


@dataclass(frozen=True)
class Derivatives:
    """f, f', ..., f^(order) of a target.

    Attributes:
        target: an expression without kinks for order ≥ 2; tables and callables have order ≤ 1.
        order: the highest derivative asked for.

    >>> wave = ExpressionTarget.parse("sin(2*pi*x)", Interval(Fraction(0), Fraction(1)))
    >>> third = Derivatives(wave, 3)
    >>> [round(float(bound), 1) for bound in third.norms or ()]
    [1.0, 6.3, 39.5, 248.1]
    >>> [round(float(value.centre), 3) for value in third.at(Fraction(1, 4), 2)]
    [1.0, 0.0, -39.478]
    """

    target: Target
    order: int

    @cached_property
    def norms(self) -> tuple[Fraction, ...] | None:
        """Proved upper bounds of |f^(k)| on the domain, k = 0..order; None if there are none."""
        if self.order == 1:
            known = self.target.function_class
            if isinstance(known, Continuous):
                return None
            slope = known.constant if isinstance(known, Lipschitz) else _slope(known)
            value = _largest_value(self.target, slope)
            return None if value is None or slope is None else (value, slope)
        if self.order == 2:
            return _second_order(self.target)
        if not isinstance(self.target, ExpressionTarget) or self.target.kinks():
            return None
        indices = [(k,) for k in range(self.order + 1)]
        domain = self.target.domain
        found = derivative_norms(self._over, Box((domain,)), indices)
        bounds = [found[index] for index in indices]
        return None if None in bounds else tuple(bound for bound in bounds if bound is not None)

    def _over(self, box: Box) -> dict[MultiIndex, Interval | None]:
        ring, series = self._series
        with precision(CELL_BITS):
            return derivatives_of(series((from_interval(box.sides[0]),)), ring)

    @cached_property
    def _series(self) -> tuple[SeriesRing, SeriesFunction]:
        assert isinstance(self.target, ExpressionTarget)
        ring = SeriesRing(1, self.order)
        return ring, assemble_series(self.target.tree, ring)

    def at(self, x: Fraction, highest: int) -> tuple[Interval, ...]:
        """Enclosures of f(x), ..., f^(highest)(x) at a rational x of the domain."""
        if highest == 0:
            value = self.target.enclose(Interval(x, x))
            assert value is not None, "a target encloses its values at points"
            return (value,)
        ring, series = self._series
        with precision(POINT_BITS):
            found = derivatives_of(series((from_rational(x),)), ring)
        values = [found[(k,)] for k in range(highest + 1)]
        return tuple(value for value in values if value is not None)


def _second_order(target: Target) -> tuple[Fraction, ...] | None:
    known = target.function_class
    if not isinstance(known, Smooth):
        return None
    value = _largest_value(target, known.slope)
    return None if value is None else (value, known.slope, known.curvature)


def _slope(known: object) -> Fraction | None:
    return known.slope if isinstance(known, Smooth) else None


def _largest_value(target: Target, slope: Fraction | None) -> Fraction | None:
    """An upper bound of |f|, block by block."""
    domain, largest = target.domain, Fraction(0)
    width = domain.width / BLOCKS
    for block in range(BLOCKS):
        lower = domain.lower + block * width
        found = target.enclose(Interval(lower, lower + width))
        if found is None:
            middle = target.enclose(Interval(lower, lower))
            if middle is None or slope is None:
                return None
            largest = max(largest, middle.magnitude + slope * width)
        else:
            largest = max(largest, found.magnitude)
    return largest
