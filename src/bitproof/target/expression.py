"""A target given by an expression in x: parsed, proved to be defined and continuous, enclosed."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bitproof.errors import DomainError, InputError
from bitproof.exact.enclosure import (
    from_interval,
    from_rational,
    intersection,
    precision,
    to_interval,
)
from bitproof.exact.interval import Interval
from bitproof.exact.rationals import write_decimal
from bitproof.target.ast import Node, Select, Where, children, variables, write
from bitproof.target.classify import function_class
from bitproof.target.grammar import MAX_CHARACTERS, parse
from bitproof.target.pieces import Piece, resolve
from bitproof.target.program import Program, assemble
from bitproof.target.signs import ROOT_WIDTH_BITS, Work
from bitproof.target.target import Target, Taylor
from bitproof.theory.function_class import FunctionClass

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MAX_MAGNITUDE = Fraction(1 << 512)
POINT_PRECISION = 160
BOUND_DEPTH = 80
BOUND_CELLS = 3_000


@dataclass(frozen=True)
class ExpressionTarget(Target):
    """f(x) for x in a domain, from an expression of the grammar (docs/expressions.md).

    Made by `parse`, which proves that f is defined, finite and continuous on the whole domain
    (up to jumps below 2^-60 at a `where` whose branches are not proved to meet).

    >>> target = ExpressionTarget.parse("abs(x - 1/3)", Interval(Fraction(0), Fraction(1)))
    >>> [str(kink) for kink in target.kinks()], target.function_class.description
    (['[1/3, 1/3]'], 'Lipschitz with constant 1 on [0, 1]')
    """

    tree: Node
    _domain: Interval
    _pieces: tuple[Piece, ...] = field(repr=False, compare=False)

    @classmethod
    def parse(cls, text: str, domain: Interval) -> ExpressionTarget:
        """Reads and checks an expression.

        Raises:
            InputError: not in the grammar, beyond its limits, or with other inputs than x.
            DomainError: undefined, unbounded or discontinuous in the domain, or not proved
                otherwise within the work allowed; the message names the place.
        """
        tree = parse(text)
        others = sorted(variables(tree) - {"x"})
        if others:
            raise InputError(
                f"{others[0]} in the expression", remedy="functions of one input are written in x"
            )
        if len(write(tree, spaced=False)) > MAX_CHARACTERS:
            raise InputError("the expression is too long", remedy="give a table (.csv)")
        if domain.width == 0 or domain.magnitude > MAX_MAGNITUDE:
            raise DomainError(
                f"the domain {str(domain)[:80]} is empty inside or too large",
                remedy="give two different ends below 2^512",
            )
        work = Work(domain.width / (1 << ROOT_WIDTH_BITS))
        target = cls(tree, domain, tuple(resolve(tree, domain, work)))
        target._require_bounded()
        return target

    @property
    def domain(self) -> Interval:
        return self._domain

    @property
    def text(self) -> str:
        canonical = write(self.tree)
        return canonical if len(canonical) <= MAX_CHARACTERS else write(self.tree, spaced=False)

    @cached_property
    def function_class(self) -> FunctionClass:
        return function_class(self, continuous=not self._points)

    def to_json(self) -> dict[str, Any]:
        return {"kind": "expression", "text": self.text}

    def sample(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        from bitproof.target.sampling import sample

        return sample(self.tree, points)

    def kinks(self) -> tuple[Interval, ...]:
        return self._kinks

    @cached_property
    def _kinks(self) -> tuple[Interval, ...]:
        found: list[Interval] = []
        for piece in self._pieces:
            narrow = piece.is_point or self._is_enclosure(piece)
            spot = Interval(piece.lower, piece.upper if narrow else piece.lower)
            if spot.width == 0 and spot.lower in (self.domain.lower, self.domain.upper):
                continue
            if found and spot.lower <= found[-1].upper:
                found[-1] = found[-1].hull(spot)
            else:
                found.append(spot)
        return tuple(found)

    # enclosures

    def enclose(self, cell: Interval) -> Interval | None:
        """An interval containing f(cell): the natural enclosure and the mean value form."""
        result: Interval | None = None
        for program, part in self._parts(cell):
            found = _enclose(program, part, self._bits(part))
            if found is None:
                return None
            result = found if result is None else result.hull(found)
        return result

    def taylor(self, cell: Interval) -> Taylor | None:
        """Order-2 enclosures; across kinks the slopes of all pieces, and no curvature."""
        parts = self._parts(cell)
        if len(parts) > 1 or cell.lower == cell.upper or not self._is_smooth_on(cell):
            return self._taylor_across(cell, parts)
        program, _ = parts[0]
        with precision(self._bits(cell)):
            lower, upper = from_rational(cell.lower), from_rational(cell.upper)
            ball, centre = lower.union(upper), (lower + upper) / 2
            (_, slopes, curvature), (value, slope, _) = program.jet(ball), program.jet(centre)
            slopes = intersection(slopes, slope + curvature * (ball - centre))
            enclosed = to_interval(value)
            if enclosed is None:
                return None
            return Taylor(
                cell, enclosed, to_interval(slope), to_interval(slopes), to_interval(curvature)
            )

    def _taylor_across(
        self, cell: Interval, parts: list[tuple[Program, Interval]]
    ) -> Taylor | None:
        centre = Interval(cell.centre, cell.centre)
        value = self.enclose(centre)
        if value is None:
            return None
        slopes: Interval | None = None
        for index, (program, part) in enumerate(parts):
            with precision(self._bits(part)):
                found = to_interval(program.jet(from_interval(part))[1])
            if found is None:
                slopes = None
                break
            slopes = found if index == 0 or slopes is None else slopes.hull(found)
        return Taylor(cell, value, self._slope_at(cell.centre), slopes, None)

    def _slope_at(self, point: Fraction) -> Interval | None:
        index = self._index(point)
        piece = self._wide[index]
        if not piece.lower < point < piece.upper or self._is_enclosure(piece):
            return None
        if point in self._points:
            return None
        with precision(POINT_PRECISION):
            return to_interval(self._programs[index].jet(from_rational(point))[1])

    # pieces

    @cached_property
    def _wide(self) -> tuple[Piece, ...]:
        return tuple(piece for piece in self._pieces if not piece.is_point)

    @cached_property
    def _points(self) -> dict[Fraction, Program]:
        return {piece.lower: assemble(piece.content) for piece in self._pieces if piece.is_point}

    @cached_property
    def _lowers(self) -> list[Fraction]:
        return [piece.lower for piece in self._wide]

    @cached_property
    def _programs(self) -> tuple[Program, ...]:
        known: dict[Node, Program] = {}
        for piece in self._wide:
            if piece.content not in known:
                known[piece.content] = assemble(piece.content)
        return tuple(known[piece.content] for piece in self._wide)

    @cached_property
    def _scale_bits(self) -> int:
        return _bit_size(self._domain.magnitude)

    def _is_enclosure(self, piece: Piece) -> bool:
        """Whether the piece encloses a kink, rather than being smooth."""
        narrow = (piece.upper - piece.lower) * (1 << (ROOT_WIDTH_BITS - 3)) <= self._domain.width
        return narrow or _has_choice(piece.content)

    @cached_property
    def _smooth(self) -> tuple[bool, ...]:
        return tuple(not self._is_enclosure(piece) for piece in self._wide)

    def _is_smooth_on(self, cell: Interval) -> bool:
        return self._smooth[self._index(cell.lower)]

    def _index(self, point: Fraction) -> int:
        """The last wide piece that begins at or before the point."""
        if len(self._wide) == 1:
            return 0
        return max(0, bisect_right(self._lowers, point) - 1)

    def _parts(self, cell: Interval) -> list[tuple[Program, Interval]]:
        """The programs that together enclose f on the cell, each with its part of it.

        Raises:
            InputError: the cell leaves the domain.
        """
        if cell.lower < self._domain.lower or cell.upper > self._domain.upper:
            raise InputError(
                f"{cell} is not inside the domain {self._domain}", remedy="choose a cell inside"
            )
        index = self._index(cell.lower)
        parts = [(self._programs[index], cell)]
        if self._wide[index].upper < cell.upper:
            parts = []
            while index < len(self._wide) and self._wide[index].lower < cell.upper:
                piece = self._wide[index]
                part = Interval(max(piece.lower, cell.lower), min(piece.upper, cell.upper))
                parts.append((self._programs[index], part))
                index += 1
        if self._points:
            parts.extend(
                (program, Interval(point, point))
                for point, program in self._points.items()
                if point in cell
            )
        return parts

    def _bits(self, cell: Interval) -> int:
        """Bits of precision: more for narrower cells."""
        if cell.lower == cell.upper:
            return POINT_PRECISION
        narrowness = self._scale_bits - _width_bits(cell)
        return 64 if narrowness <= 16 else min(32 + 2 * narrowness, 1024)

    def _require_bounded(self) -> None:
        """Raises:
        DomainError: some value is beyond 2^512, or that is not excluded.
        """
        waiting, cells = [(self._domain, 0)], 0
        while waiting:
            cell, depth = waiting.pop()
            cells += 1
            found = self.enclose(cell)
            if found is not None and found.magnitude <= MAX_MAGNITUDE:
                continue
            centre = self.enclose(Interval(cell.centre, cell.centre))
            beyond = centre is None or max(centre.lower, -centre.upper) > MAX_MAGNITUDE
            if depth >= BOUND_DEPTH or cells > BOUND_CELLS or (beyond and depth >= 12):
                raise DomainError(
                    f"{self.text[:60]} is not proved to be bounded "
                    f"near x = {write_decimal(cell.centre)}",
                    remedy="choose a domain where it stays below 2^512",
                )
            left, right = cell.split()
            waiting += [(right, depth + 1), (left, depth + 1)]


def _enclose(program: Program, cell: Interval, bits: int) -> Interval | None:
    with precision(bits):
        if cell.lower == cell.upper:
            return to_interval(program.value(from_rational(cell.lower)))
        lower, upper = from_rational(cell.lower), from_rational(cell.upper)
        ball, centre = lower.union(upper), (lower + upper) / 2
        natural, slopes, _ = program.jet(ball)
        mean_value = program.value(centre) + slopes * (ball - centre)
        return to_interval(intersection(natural, mean_value))


def _has_choice(node: Node) -> bool:
    return isinstance(node, (Select, Where)) or any(_has_choice(child) for child in children(node))


def _bit_size(value: Fraction) -> int:
    return value.numerator.bit_length() - value.denominator.bit_length()


def _width_bits(cell: Interval) -> int:
    """The size of the width, without the cost of a rational."""
    (a, b), (c, d) = cell.lower.as_integer_ratio(), cell.upper.as_integer_ratio()
    return (b * c - a * d).bit_length() - (b * d).bit_length()
