"""A target given by an expression in x1, …, xd: parsed, proved to be defined, enclosed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bitproof.errors import DomainError, InputError
from bitproof.exact.box import Box, Point
from bitproof.exact.box_jet import BoxJet, taylor_range
from bitproof.exact.enclosure import (
    Ball,
    from_interval,
    from_rational,
    intersection,
    precision,
    to_interval,
)
from bitproof.exact.interval import Interval
from bitproof.exact.power_series import SeriesRing
from bitproof.exact.rationals import write_decimal
from bitproof.target.affine import AffineForm
from bitproof.target.ast import Node, write
from bitproof.target.box_norms import derivative_norms
from bitproof.target.box_program import BoxFunction, Cell, affine_kinks, assemble
from bitproof.target.box_series import SeriesFunction, assemble_series, derivatives_of
from bitproof.target.box_target import BoxTarget, BoxTaylor, MultiIndex
from bitproof.target.exact_value import PiNumber
from bitproof.target.grammar import MAX_CHARACTERS, parse
from bitproof.target.point_value import PointFunction, ball_of, point_function
from bitproof.target.variables import dimension_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MAX_DIMENSION = 9
MAX_MAGNITUDE = Fraction(1 << 512)
MAX_ORDER = 12
CELL_PRECISION = 64
BOUND_CELLS = 4_000
BOUND_DEPTH = 60


@dataclass(frozen=True)
class ExpressionBoxTarget(BoxTarget):
    """f(x1, …, xd) on a box, from an expression of the grammar (docs/expressions.md).

    Made by `parse`, which proves that f is defined and bounded on the whole box. Branches of
    `where` need not meet; all other functions of the grammar are continuous where defined.

    >>> target = ExpressionBoxTarget.parse("abs(x1 - x2)*x2", Box.unit(2))
    >>> str(target.at((Fraction(1, 3), Fraction(1)))), target.description
    ('[2/3, 2/3]', 'slopes at most 1.001, 2.001 on [0, 1] × [0, 1]')
    """

    tree: Node
    _domain: Box

    @classmethod
    def parse(cls, text: str, domain: Box) -> ExpressionBoxTarget:
        """Reads and checks an expression.

        Raises:
            InputError: not in the grammar, or with more inputs than the box has sides.
            DomainError: undefined or unbounded in the domain, or not proved otherwise within the
                work allowed; the message names the place.
        """
        tree = parse(text)
        needed = dimension_of(tree)
        if needed > domain.dimension:
            raise InputError(
                f"x{needed} in the expression, and a domain of {domain.dimension} sides",
                remedy=f"give two ends for each of x1, …, x{needed}: --domain 0 1 0 1",
            )
        if domain.dimension > MAX_DIMENSION:
            raise InputError(
                f"{domain.dimension} inputs", remedy=f"at most {MAX_DIMENSION}: x1, …, x9"
            )
        if any(width == 0 for width in domain.widths) or domain.magnitude > MAX_MAGNITUDE:
            raise DomainError(
                f"the domain {str(domain)[:80]} is flat or too large",
                remedy="give two different ends below 2^512 for every input",
            )
        target = cls(tree, domain)
        target._require_bounded()
        return target

    @property
    def domain(self) -> Box:
        return self._domain

    @property
    def text(self) -> str:
        canonical = write(self.tree)
        return canonical if len(canonical) <= MAX_CHARACTERS else write(self.tree, spaced=False)

    def to_json(self) -> dict[str, Any]:
        return {"kind": "expression", "text": self.text}

    def sample(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        from bitproof.target.sampling import sample_box

        return sample_box(self.tree, points)

    def at(self, point: Point, bits: int = 160) -> Interval:
        """
        Raises:
            DomainError: f is not proved to be defined there.
        """
        with precision(bits + 32):
            value = self._point_function(point)
            if isinstance(value, PiNumber) and not value.pi:
                return Interval(value.rational, value.rational)
            found = to_interval(ball_of(value))
        if found is None:
            raise DomainError(
                f"{self.text[:60]} is not proved to be defined at {_place(point)}",
                remedy="choose a domain where it is",
            )
        return found

    def taylor(self, box: Box, corners: Sequence[Point] | None = None) -> BoxTaylor | None:
        with precision(self._bits(box)):
            cell = Cell(box, tuple(corners) if corners is not None else box.corners)
            jet = self._function(cell)
            spread = to_interval(_sharpened(jet, cell))
            value = to_interval(jet.value)
            if spread is None or value is None:
                return None
            slopes = _intervals(jet.slopes)
            return BoxTaylor(
                cell.centre,
                value,
                spread,
                _intervals(jet.slope),
                slopes,
                None if slopes is None else _intervals(jet.curvature),
            )

    def kinks(self) -> tuple[AffineForm, ...]:
        return self._kinks

    @cached_property
    def _kinks(self) -> tuple[AffineForm, ...]:
        return tuple(dict.fromkeys(affine_kinks(self.tree, self.dimension)))

    def derivatives(
        self, point: Point, order: int, bits: int = 160
    ) -> dict[MultiIndex, Interval | None]:
        """
        Raises:
            InputError: an order above 12.

        >>> target = ExpressionBoxTarget.parse("x1^2*x2", Box.unit(2))
        >>> third = target.derivatives((Fraction(1), Fraction(1)), 3)
        >>> str(third[2, 1]), str(third[0, 2])
        ('[2, 2]', '[0, 0]')
        """
        ring, function = self._series(order)
        with precision(bits + 16 * (order + 1)):
            return derivatives_of(function(tuple(from_rational(x) for x in point)), ring)

    def norms(self, order: int) -> dict[MultiIndex, Fraction | None]:
        """
        Raises:
            InputError: an order above 12.
        """
        known = self._norms.get(order)
        if known is None:
            ring, function = self._series(order)

            def over(box: Box) -> dict[MultiIndex, Interval | None]:
                with precision(CELL_PRECISION):
                    return derivatives_of(
                        function(tuple(from_interval(side) for side in box.sides)), ring
                    )

            known = derivative_norms(over, self.domain, ring.indices)
            self._norms[order] = known
        return dict(known)

    def lipschitz(self) -> tuple[Fraction, ...] | None:
        return self._lipschitz

    @cached_property
    def _lipschitz(self) -> tuple[Fraction, ...] | None:
        dimension = self.dimension
        units = tuple(tuple(int(i == axis) for i in range(dimension)) for axis in range(dimension))

        def over(box: Box) -> dict[MultiIndex, Interval | None]:
            taylor = self.taylor(box)
            slopes = None if taylor is None else taylor.slopes
            return {
                unit: None if slopes is None else slopes[axis] for axis, unit in enumerate(units)
            }

        bounds = derivative_norms(over, self.domain, units)
        found = tuple(bounds[unit] for unit in units)
        return None if None in found else tuple(b for b in found if b is not None)

    # parts made once

    @cached_property
    def _norms(self) -> dict[int, dict[MultiIndex, Fraction | None]]:
        return {}

    @cached_property
    def _function(self) -> BoxFunction:
        return assemble(self.tree, self._domain)

    @cached_property
    def _point_function(self) -> PointFunction:
        return point_function(self.tree)

    def _series(self, order: int) -> tuple[SeriesRing, SeriesFunction]:
        if not 0 <= order <= MAX_ORDER:
            raise InputError(
                f"derivatives of order {order}", remedy=f"orders from 0 to {MAX_ORDER}"
            )
        if order not in self._assembled:
            ring = SeriesRing(self.dimension, order)
            self._assembled[order] = ring, assemble_series(self.tree, ring)
        return self._assembled[order]

    @cached_property
    def _assembled(self) -> dict[int, tuple[SeriesRing, SeriesFunction]]:
        return {}

    def _bits(self, box: Box) -> int:
        """More bits for narrower cells."""
        sides = zip(box.widths, self._domain.sides, strict=True)
        narrowness = max(
            (_bit_size(side.magnitude) - _bit_size(width) for width, side in sides if width),
            default=64,
        )
        return CELL_PRECISION if narrowness <= 16 else min(32 + 2 * narrowness, 512)

    def _require_bounded(self) -> None:
        """Raises:
        DomainError: f is not proved to be defined and below 2^512 everywhere.
        """
        waiting, cells = [(self._domain, 0)], 0
        while waiting:
            box, depth = waiting.pop()
            cells += 1
            found = self.taylor(box)
            if found is not None and found.range.magnitude <= MAX_MAGNITUDE:
                continue
            for point in (box.centre, *box.corners):
                self.at(point)  # says what is wrong there, if anything is
            if depth >= BOUND_DEPTH or cells > BOUND_CELLS:
                raise DomainError(
                    f"{self.text[:60]} is not proved to be defined and bounded near "
                    f"{_place(box.centre)}",
                    remedy="choose a domain where it stays below 2^512",
                )
            left, right = box.split()
            waiting += [(right, depth + 1), (left, depth + 1)]


def _sharpened(jet: BoxJet, cell: Cell) -> Ball:
    """The range, cut by the mean value form and by Taylor's."""
    mean_value = jet.value
    for slope, step in zip(jet.slopes, cell.radius, strict=True):
        mean_value = mean_value + slope * step
    spread = intersection(jet.range, mean_value)
    return intersection(spread, taylor_range(jet, cell.offsets, cell.radius))


def _intervals(balls: tuple[Ball, ...]) -> tuple[Interval, ...] | None:
    found = tuple(to_interval(ball) for ball in balls)
    return None if None in found else tuple(part for part in found if part is not None)


def _place(point: Point) -> str:
    parts = (
        f"x{i} = {str(x) if len(str(x)) <= 12 else write_decimal(x, 9)}"
        for i, x in enumerate(point, start=1)
    )
    return ", ".join(parts)


def _bit_size(value: Fraction) -> int:
    return value.numerator.bit_length() - value.denominator.bit_length()
