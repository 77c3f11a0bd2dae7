"""What the network is compared with: an expression, a table, another network, or samples.

Each target encloses its value at a point, and proves a bound on a cell where the network is
affine.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, pairwise
from typing import Any

from .document import Invalid, list_of, one_of, place, rational, string, table_of
from .expression import Expression, parse
from .interval import Interval, Undecided, exactly
from .jets import error_bounds
from .network import FixedProgram, RealProgram, program, read_network

MAX_POINTS = 1 << 21
MAX_HALVINGS = 200
LONG = 160  # bits of a denominator above which an end of a cell is rounded outward,
GUARD_BITS = 96  # by less than 2^-94 of the cell's width


class Work:
    """Counts steps, and gives up after too many."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.done = 0

    def step(self, count: int = 1) -> None:
        self.done += count
        if self.done > self.limit:
            raise Invalid("could not re-prove the bound within the work limit")


@dataclass(frozen=True, slots=True)
class Cell:
    """An interval on which the network is affine: N(x) = n_left + slope·(x - left), exactly."""

    left: Fraction
    right: Fraction
    n_left: Fraction
    slope: Fraction

    def network_at(self, x: Fraction) -> Fraction:
        return self.n_left + self.slope * (x - self.left)


def exceeds(x: Fraction) -> Invalid:
    """The verdict where the error is proved to be larger than the bound."""
    return Invalid(f"the error at x = {place(x)} is larger than the claimed upper bound")


class Target(ABC):
    """A function of one real variable."""

    text: str

    @abstractmethod
    def at(self, x: Fraction) -> Interval:
        """Encloses f(x). Raises Undecided where it is not known to exist."""

    @abstractmethod
    def check_cells(
        self, points: Sequence[Fraction], values: Sequence[Fraction], upper: Fraction, work: Work
    ) -> None:
        """Proves |f - N| ≤ upper from the first point to the last, N being affine between
        neighbours and having these values at them. Raises Invalid if that fails."""

    def check_point(self, x: Fraction, value: Fraction, upper: Fraction) -> None:
        """Proves |f(x) - value| ≤ upper. Raises Invalid if that fails."""
        try:
            error = (self.at(x) - exactly(value)).magnitude()
        except Undecided as reason:
            raise Invalid(f"at x = {place(x)}: {reason}") from reason
        if error.upper > upper:
            raise (
                exceeds(x)
                if error.lower > upper
                else Invalid(
                    f"the error at x = {place(x)} cannot be told from the claimed upper bound"
                )
            )


class CellwiseTarget(Target):
    """Bounded cell by cell."""

    @abstractmethod
    def check_cell(self, cell: Cell, upper: Fraction, work: Work) -> None:
        """Proves |f - N| ≤ upper on the cell. Raises Invalid if that fails."""

    def check_cells(
        self, points: Sequence[Fraction], values: Sequence[Fraction], upper: Fraction, work: Work
    ) -> None:
        for (left, n_left), (right, n_right) in pairwise(zip(points, values, strict=True)):
            slope = (n_right - n_left) / (right - left)
            self.check_cell(Cell(left, right, n_left, slope), upper, work)


class ExpressionTarget(CellwiseTarget):
    """Bounded by second-order enclosures, halving the cell where they are too wide."""

    def __init__(self, data: dict[str, Any]) -> None:
        table = table_of(data, "target", "kind text")
        self.text = string(table["text"], "target: text")
        self.expression: Expression = parse(self.text)

    def at(self, x: Fraction) -> Interval:
        return self.expression.jet(exactly(x)).value

    def check_cell(self, cell: Cell, upper: Fraction, work: Work) -> None:
        slope = exactly(cell.slope)
        stack = [(cell.left, cell.right, 0)]
        while stack:
            left, right, halvings = stack.pop()
            work.step()
            centre = (left + right) / 2
            if self._proved(left, right, cell, slope, upper):
                continue
            if halvings >= MAX_HALVINGS:
                raise Invalid(f"could not re-prove the bound near x = {place(centre)}")
            self._refute(centre, cell, upper)
            stack += [(centre, right, halvings + 1), (left, centre, halvings + 1)]

    def _proved(
        self, left: Fraction, right: Fraction, cell: Cell, slope: Interval, upper: Fraction
    ) -> bool:
        grid = 2 ** max(0, GUARD_BITS - _bits(right - left))
        inside = exactly(_shortened(left, grid, 0)).hull(exactly(_shortened(right, grid, 1)))
        radius = Interval(inside.lo - inside.hi, inside.hi - inside.lo, 2 * inside.den)
        try:
            jet = self.expression.jet(inside)
            middle = exactly(cell.network_at((inside.lower + inside.upper) / 2))
            error = error_bounds(jet, middle, slope, radius)
        except Undecided:
            return False
        if max(-error.lo, error.hi) * upper.denominator > upper.numerator * error.den:
            return False
        if self.expression.has_where:  # the jet may leave out the ends
            for end in (left, right):
                self.check_point(end, cell.network_at(end), upper)
        return True

    def _refute(self, x: Fraction, cell: Cell, upper: Fraction) -> None:
        """Stops at once if the error at x is proved larger than the bound."""
        try:
            error = (self.at(x) - exactly(cell.network_at(x))).magnitude()
        except Undecided:
            return
        if error.lower > upper:
            raise exceeds(x)


def _bits(x: Fraction) -> int:
    """About log2 of x > 0."""
    return x.numerator.bit_length() - x.denominator.bit_length()


def _shortened(x: Fraction, grid: int, up: int) -> Fraction:
    """x, or a grid point just below or above if x has a long denominator. A cell may be enlarged:
    what holds on a superset holds on the cell."""
    return x if x.denominator.bit_length() <= LONG else Fraction(x * grid // 1 + up, grid)


class TableTarget(Target):
    """Linear between the points of a table."""

    def __init__(self, data: dict[str, Any]) -> None:
        table = table_of(data, "target", "kind name points")
        self.text = string(table["name"], "target: name")
        self.xs, self.ys = [], []
        for point in list_of(table["points"], "target: points", MAX_POINTS):
            x, y = _rationals(point, 2)
            self.xs.append(x)
            self.ys.append(y)
        _require_ascending(self.xs)

    def at(self, x: Fraction) -> Interval:
        if not self.xs[0] <= x <= self.xs[-1]:
            raise Undecided("outside the table")
        return exactly(next(_broken_line(self.xs, self.ys, [x])))

    def check_cells(
        self, points: Sequence[Fraction], values: Sequence[Fraction], upper: Fraction, work: Work
    ) -> None:
        """f - N is affine between neighbours among the points and the table's, so it is largest at
        one of them."""
        first, last = bisect_left(self.xs, points[0]), bisect_right(self.xs, points[-1])
        work.step(len(points) + last - first)
        if points[0] < self.xs[0] or self.xs[-1] < points[-1]:
            raise Invalid("the table does not reach over the interval")
        xs, ys = self.xs[first:last], self.ys[first:last]
        at_points = zip(points, values, _broken_line(self.xs, self.ys, points), strict=True)
        at_knots = zip(xs, ys, _broken_line(points, values, xs), strict=True)
        for x, value, other in chain(at_points, at_knots):
            if abs(value - other) > upper:
                raise exceeds(x)


def _broken_line(
    xs: Sequence[Fraction], ys: Sequence[Fraction], places: Sequence[Fraction]
) -> Iterator[Fraction]:
    """At ascending places, the values of the line through the points (x, y) that reaches them."""
    right, slope = 0, Fraction(0)
    for x in places:
        if right == 0 or x > xs[right]:
            right = max(bisect_left(xs, x, right), 1)
            slope = (ys[right] - ys[right - 1]) / (xs[right] - xs[right - 1])
        yield ys[right] + slope * (x - xs[right])


class NetworkTarget(Target):
    """Another network; in real semantics the breakpoints make it affine on the cells too."""

    def __init__(self, data: dict[str, Any]) -> None:
        table = table_of(data, "target", "kind network")
        self.text = "network"
        self.program: RealProgram | FixedProgram = program(
            read_network(table["network"], "target network")
        )

    def at(self, x: Fraction) -> Interval:
        return exactly(self.program.value(x))

    def check_cells(
        self, points: Sequence[Fraction], values: Sequence[Fraction], upper: Fraction, work: Work
    ) -> None:
        """Both networks are affine on every cell, so their difference is largest at an end."""
        work.step(len(points))
        if not isinstance(self.program, RealProgram):
            raise Invalid("a fixed-point target network on an interval")
        for x, value, other in zip(points, values, self.program.affine_values(points), strict=True):
            if abs(other - value) > upper:
                raise exceeds(x)


class SamplesTarget(CellwiseTarget):
    """Any function with the stated Lipschitz constant and enclosed values at the points: it lies
    between max_i (lower_i - L|x - x_i|) and min_i (upper_i + L|x - x_i|)."""

    def __init__(self, data: dict[str, Any]) -> None:
        table = table_of(data, "target", "kind lipschitz points", "name")
        self.text = "samples of a function with a stated Lipschitz constant"
        self.lipschitz = rational(table["lipschitz"], "target: lipschitz")
        rows = list_of(table["points"], "target: points", MAX_POINTS)
        self.points = [_rationals(row, 3) for row in rows]
        self.xs = [x for x, _, _ in self.points]
        _require_ascending(self.xs)
        if self.lipschitz < 0 or any(lower > upper for _, lower, upper in self.points):
            raise Invalid("target: a negative Lipschitz constant, or lower > upper")

    def at(self, x: Fraction) -> Interval:
        if not self.xs[0] <= x <= self.xs[-1]:
            raise Undecided("outside the samples")
        right = min(bisect_right(self.xs, x), len(self.xs) - 1)
        bounds = [
            (low - self.lipschitz * abs(x - at), high + self.lipschitz * abs(x - at))
            for at, low, high in self.points[right - 1 : right + 1]
        ]
        lower, upper = max(low for low, _ in bounds), min(high for _, high in bounds)
        if lower > upper:
            raise Invalid(f"the samples near x = {place(x)} contradict the Lipschitz constant")
        return exactly(lower).hull(exactly(upper))

    def check_cell(self, cell: Cell, upper: Fraction, work: Work) -> None:
        """Between two neighbouring samples each envelope is two lines with slopes ±L, so its
        distance from the affine N is largest at an end or where the lines cross."""
        work.step()
        first = max(bisect_right(self.xs, cell.left) - 1, 0)
        for i in range(first, len(self.xs) - 1):
            if self.xs[i] >= cell.right:
                break
            ends = max(self.xs[i], cell.left), min(self.xs[i + 1], cell.right)
            for x in (*ends, *(t for t in self._crossings(i) if ends[0] < t < ends[1])):
                self.check_point(x, cell.network_at(x), upper)
        if not self.xs[0] <= cell.left <= cell.right <= self.xs[-1]:
            raise Invalid("the samples do not reach over the interval")

    def _crossings(self, i: int) -> list[Fraction]:
        if self.lipschitz == 0:
            return []
        (x0, low0, high0), (x1, low1, high1) = self.points[i : i + 2]
        middle, twice = (x0 + x1) / 2, 2 * self.lipschitz
        return [middle + (high1 - high0) / twice, middle + (low0 - low1) / twice]


def _rationals(data: object, count: int) -> tuple[Fraction, ...]:
    row = list_of(data, "target: a point", count)
    if len(row) != count:
        raise Invalid(f"target: a point has {count} numbers")
    return tuple(rational(entry, "target: a point") for entry in row)


def _require_ascending(xs: list[Fraction]) -> None:
    if len(xs) < 2 or any(a >= b for a, b in pairwise(xs)):
        raise Invalid("target: the points do not ascend, or there are fewer than two")


def read_target(data: object) -> Target:
    """Raises Invalid: not a target."""
    kinds: dict[str, type[Target]] = {
        "expression": ExpressionTarget,
        "table": TableTarget,
        "network": NetworkTarget,
        "samples": SamplesTarget,
    }
    if not isinstance(data, dict):
        raise Invalid("target is not an object")
    kind = one_of(data.get("kind"), "target: kind", kinds)
    return kinds[kind](data)  # type: ignore[call-arg]
