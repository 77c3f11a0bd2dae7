"""How far a target is from a line on one cell: rigorous bounds of second order.

Let g = f - L on a cell with centre c and half width h, L(x) the network's affine piece. What the
target encloses gives, each if it is known (all arithmetic in integers over 2^bits, rounded
outward):

- *Taylor*: g(c + t) ≤ v + s·t + k/2·t², maximised over 0 ≤ ±t ≤ h for the worst s, k;
- *ends*: g ≤ max(g(a), g(b)) + max(0, -k)·h²/2 if g'' ≥ k on the cell (g plus a parabola that
  vanishes at both ends is convex); without a term where g is monotone;
- *mean value*: |g(c + t) - v| ≤ max|s|·|t| for all difference quotients s of g;
- *range*: f(cell) minus L(cell).

The same bounds on -g close the other side; on each side the best counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bitproof.certify.scaled import Range, ceil_at, enclose_at
from bitproof.exact.interval import Interval
from bitproof.target.target import Target, Taylor


@dataclass(frozen=True, slots=True)
class Line:
    """The affine function (offset + rise·x)/scale in integers, scale > 0."""

    offset: int
    rise: int
    scale: int

    @classmethod
    def through(cls, x0: Fraction, y0: Fraction, x1: Fraction, y1: Fraction) -> Line:
        """The line through two points with x0 < x1.

        >>> Line.through(Fraction(0), Fraction(1, 2), Fraction(1), Fraction(1))
        Line(offset=1, rise=1, scale=2)
        """
        slope = (y1 - y0) / (x1 - x0)
        offset = y0 - slope * x0
        shared = slope.denominator * offset.denominator
        return cls(
            offset.numerator * slope.denominator, slope.numerator * offset.denominator, shared
        ).reduced()

    def reduced(self) -> Line:
        from math import gcd

        common = gcd(self.offset, self.rise, self.scale)
        return Line(self.offset // common, self.rise // common, self.scale // common)

    def at(self, x: Fraction, bits: int) -> Range:
        """The value at x."""
        above = (self.offset * x.denominator + self.rise * x.numerator) << bits
        below = self.scale * x.denominator
        low, rest = divmod(above, below)
        return Range(low, low + 1 if rest else low)

    def slope(self, bits: int) -> Range:
        """The slope."""
        low, rest = divmod(self.rise << bits, self.scale)
        return Range(low, low + 1 if rest else low)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell on which the network is a line, with the error enclosed at its ends.

    Attributes:
        lower, upper: the ends, lower < upper.
        line: the network on it.
        ends: f - L at the two ends; None where the target does not know.
    """

    lower: Fraction
    upper: Fraction
    line: Line
    ends: tuple[Range | None, Range | None]


@dataclass(frozen=True, slots=True)
class CellBound:
    """What is proved of |f - L| on a cell.

    Attributes:
        upper: |f - L| ≤ upper on the cell; None if undecided.
        centre: encloses f - L at the cell's centre; None if undecided.
        offset: centre + offset is where the bound is attained, if anywhere: a point worth trying.
    """

    upper: int | None
    centre: Range | None
    offset: int


@dataclass(frozen=True, slots=True)
class _Side:
    """An upper bound of g or of -g, and the offset from the centre where it is attained."""

    upper: int
    offset: int


def bound_cell(target: Target, cell: Cell, bits: int) -> CellBound:
    """A rigorous bound of |f - L| on a cell; undecided if the target is."""
    interval = Interval(cell.lower, cell.upper)
    taylor = target.taylor(interval)
    if taylor is None:
        return _from_range(target, interval, cell.line, bits)
    centre = enclose_at(taylor.value, bits).minus(cell.line.at(interval.centre, bits))
    half = ceil_at(interval.width / 2, bits)
    error = _ErrorModel.of(taylor, cell.line, centre, half, bits)
    above, below = error.above(), error.mirrored().above()
    ends = _ends(cell)
    if ends is not None:
        above, below = error.by_ends(ends.high, above), error.mirrored().by_ends(-ends.low, below)
    if above is None or below is None:
        ranged = _from_range(target, interval, cell.line, bits)
        return CellBound(ranged.upper, centre, 0)
    worst = above if above.upper >= below.upper else below
    return CellBound(max(worst.upper, 0), centre, worst.offset)


def _ends(cell: Cell) -> Range | None:
    """The hull of g at both ends."""
    left, right = cell.ends
    if left is None or right is None:
        return None
    return Range(min(left.low, right.low), max(left.high, right.high))


def _from_range(target: Target, interval: Interval, line: Line, bits: int) -> CellBound:
    enclosure = target.enclose(interval)
    if enclosure is None:
        return CellBound(None, None, 0)
    values = enclose_at(enclosure, bits)
    ends = line.at(interval.lower, bits), line.at(interval.upper, bits)
    low, high = min(end.low for end in ends), max(end.high for end in ends)
    return CellBound(max(values.high - low, high - values.low), None, 0)


@dataclass(frozen=True, slots=True)
class _ErrorModel:
    """g on a cell: its value at the centre, and what is known of its derivatives."""

    value: Range
    slope: Range | None
    quotients: Range | None
    curvature: Range | None
    half: int
    bits: int

    @classmethod
    def of(cls, taylor: Taylor, line: Line, centre: Range, half: int, bits: int) -> _ErrorModel:
        steepness = line.slope(bits)

        def minus_line(slope: Interval | None) -> Range | None:
            return None if slope is None else enclose_at(slope, bits).minus(steepness)

        curvature = None if taylor.curvature is None else enclose_at(taylor.curvature, bits)
        return cls(
            centre, minus_line(taylor.slope), minus_line(taylor.slope_range), curvature, half, bits
        )

    def mirrored(self) -> _ErrorModel:
        """The same of -g."""
        return _ErrorModel(
            Range(-self.value.high, -self.value.low),
            _negated(self.slope),
            _negated(self.quotients),
            _negated(self.curvature),
            self.half,
            self.bits,
        )

    def above(self) -> _Side | None:
        """An upper bound of g from its value at the centre."""
        if self.slope is not None and self.curvature is not None:
            right = self._parabola(self.slope.high)
            left = self._parabola(-self.slope.low)
            return right if right.upper >= left.upper else _Side(left.upper, -left.offset)
        if self.quotients is not None:
            steepest = self.quotients.magnitude
            return _Side(self.value.high + self._times(steepest, self.half), 0)
        return None

    def by_ends(self, ends: int, other: _Side | None) -> _Side | None:
        """The better of another bound of g and the one from its values at the ends."""
        upper: int | None = None
        if self.quotients is not None and (self.quotients.low >= 0 or self.quotients.high <= 0):
            upper = ends
        elif self.curvature is not None:
            sag = max(0, -self.curvature.low)
            upper = ends - ((-sag * self.half * self.half) >> (2 * self.bits + 1))
        if upper is None or (other is not None and other.upper <= upper):
            return other
        return _Side(upper, other.offset if other is not None else 0)

    def _parabola(self, slope: int) -> _Side:
        """The maximum of value + slope·r + curvature/2·r² over 0 ≤ r ≤ half."""
        assert self.curvature is not None
        bend, half, bits, start = self.curvature.high, self.half, self.bits, self.value.high
        if slope > 0 and bend < 0 and (slope << bits) < -bend * half:
            return _Side(start - ((slope * slope) // (2 * bend)), (slope << bits) // -bend)
        rise = (slope * half << (bits + 1)) + bend * half * half
        end = start - ((-rise) >> (2 * bits + 1))
        return _Side(end, half) if end > start else _Side(start, 0)

    def _times(self, a: int, b: int) -> int:
        """The product, rounded up."""
        return -((-a * b) >> self.bits)


def _negated(values: Range | None) -> Range | None:
    return None if values is None else Range(-values.high, -values.low)
