"""Best-first bisection: the cell with the largest bound is split until all bounds are good enough.

The lower bound is |f - N| at a point where it was evaluated rigorously; the upper bound is the
largest bound of any cell. They meet because the cells' bounds converge with second order.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from bitproof.certify.cell_bounds import Cell, CellBound, Line, bound_cell
from bitproof.certify.piecewise_linear import PiecewiseLinear
from bitproof.certify.scaled import Range, enclose_at, floor_at
from bitproof.exact.interval import Interval
from bitproof.exact.rationals import to_float
from bitproof.target.target import Target

Progress = Callable[[float, str], None]

MAX_BOUNDS = 100_000
MAX_DEPTH = 400
WORKING_BITS = 192
REPORT_EVERY = 64


@dataclass(frozen=True, slots=True)
class Goal:
    """When to stop: the upper bound is within the slack of the lower one and the error is decided.

    Attributes:
        error: the requested error; None if none.
        slack: upper ≤ lower·(1 + slack), positive.
        budget: how many cells may be bounded.
    """

    error: Fraction | None
    slack: Fraction
    budget: int = MAX_BOUNDS


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the bisection found.

    Attributes:
        lower: |f - N| ≥ lower at the witness.
        upper: |f - N| ≤ upper everywhere; None if some cell stayed undecided.
        witness: an exact point.
        shortfall: empty if the goal was met, else what ran out.
    """

    lower: Fraction
    upper: Fraction | None
    witness: Fraction
    shortfall: str


@dataclass(order=True, slots=True)
class _Entry:
    """A cell in the heap: undecided ones first, then the largest bound first."""

    priority: tuple[int, int, int]
    cell: Cell
    bound: CellBound
    depth: int


def refine(
    target: Target, network: PiecewiseLinear, goal: Goal, progress: Progress | None = None
) -> Outcome:
    """Bounds sup |f - N| for a network given as a piecewise-linear function.

    Args:
        network: with a point at every kink of the target that is known exactly.
    """
    search = _Search(target, network, goal)
    for number, cell in enumerate(search.cells(network), start=1):
        search.add(cell, 0)
        if progress is not None and number % REPORT_EVERY == 0:
            progress(number / len(network.points) / 2, search.summary())
    whole = search.excess()
    while not search.finished():
        search.step()
        if progress is not None and search.bounds % REPORT_EVERY == 0:
            done = 1 - search.excess() / whole if whole else Fraction(0)
            progress(0.5 + to_float(done) / 2, search.summary())
    return search.outcome()


class _Search:
    """The heap of cells and the best witness so far, in integers over 2^bits."""

    def __init__(self, target: Target, network: PiecewiseLinear, goal: Goal) -> None:
        self._target, self._goal = target, goal
        self._bits = _working_bits(network)
        error = goal.error
        self._error = None if error is None else floor_at(error, self._bits)
        self._heap = list[_Entry]()
        self._lower, self._witness = 0, network.points[0]
        self._floor = 0
        self._shortfall = ""
        self.bounds = 0

    def cells(self, network: PiecewiseLinear) -> Iterator[Cell]:
        """Evaluates the error at every point; gives every cell."""
        points, values = network.points, network.values
        errors = [
            self._error_at(x, enclose_at(Interval(y, y), self._bits))
            for x, y in zip(points, values, strict=True)
        ]
        if len(points) == 1 and errors[0] is not None:
            self._floor = errors[0].magnitude
        elif len(points) == 1:
            self._shortfall = f"the target has no enclosure at {points[0]}"
        for i in range(len(points) - 1):
            line = Line.through(points[i], values[i], points[i + 1], values[i + 1])
            yield Cell(points[i], points[i + 1], line, (errors[i], errors[i + 1]))

    def excess(self) -> Fraction:
        """How far the upper bound is from where it should be; 0 if there is none yet."""
        upper = self._upper()
        if upper is None:
            return Fraction(0)
        return max(Fraction(0), upper - self._lower * (1 + self._goal.slack))

    def finished(self) -> bool:
        """Whether the goal is met, or cannot be (`shortfall` says why)."""
        if self._shortfall or (self._error is not None and self._lower > self._error):
            return True
        upper = self._upper()
        if upper is None:
            return self._exhausted()
        slack = self._goal.slack
        excess = (upper - self._lower) * slack.denominator
        decided = self._error is None or upper <= self._error
        if decided and excess <= self._lower * slack.numerator:
            return True
        return self._at_resolution(upper) or self._exhausted()

    def step(self) -> None:
        """Splits the worst cell."""
        entry = heapq.heappop(self._heap)
        cell, bound = entry.cell, entry.bound
        if bound.offset and bound.upper is not None and bound.upper > self._lower:
            self._try_near(cell, bound.offset)
        centre = (cell.lower + cell.upper) / 2
        middle = bound.centre
        if middle is None:
            middle = self._error_at(centre, cell.line.at(centre, self._bits))
        left, right = cell.ends
        self.add(Cell(cell.lower, centre, cell.line, (left, middle)), entry.depth + 1)
        self.add(Cell(centre, cell.upper, cell.line, (middle, right)), entry.depth + 1)

    def outcome(self) -> Outcome:
        """The bounds as rationals."""
        scale, upper = 1 << self._bits, self._upper()
        return Outcome(
            Fraction(self._lower, scale),
            None if upper is None else Fraction(upper, scale),
            self._witness,
            self._shortfall,
        )

    def summary(self) -> str:
        """One line for a progress bar."""
        return f"{self.bounds} cells bounded"

    def add(self, cell: Cell, depth: int) -> None:
        """Bounds a cell and puts it into the heap."""
        bound = bound_cell(self._target, cell, self._bits)
        self.bounds += 1
        if bound.centre is not None and bound.centre.least_magnitude > self._lower:
            self._lower = bound.centre.least_magnitude
            self._witness = (cell.lower + cell.upper) / 2
        rank, upper = (0, 0) if bound.upper is None else (1, bound.upper)
        heapq.heappush(self._heap, _Entry((rank, -upper, self.bounds), cell, bound, depth))

    def _error_at(self, x: Fraction, network: Range) -> Range | None:
        """Encloses f - N at a point, and remembers the point if nothing is worse so far."""
        enclosure = self._target.enclose(Interval(x, x))
        if enclosure is None:
            return None
        error = enclose_at(enclosure, self._bits).minus(network)
        if error.least_magnitude > self._lower:
            self._lower, self._witness = error.least_magnitude, x
        return error

    def _try_near(self, cell: Cell, offset: int) -> None:
        """Evaluates the error at a short dyadic near centre + offset."""
        width, centre = cell.upper - cell.lower, (cell.lower + cell.upper) / 2
        places = width.denominator.bit_length() - width.numerator.bit_length() + 9
        near = centre + Fraction(offset, 1 << self._bits)
        x = Fraction(round(near * Fraction(2) ** places)) / Fraction(2) ** places
        if cell.lower < x < cell.upper:
            self._error_at(x, cell.line.at(x, self._bits))

    def _upper(self) -> int | None:
        if not self._heap:
            return None if self._shortfall else self._floor
        return self._heap[0].bound.upper

    def _at_resolution(self, upper: int) -> bool:
        """Whether the worst bound exceeds its cell's value at the centre by less than the width
        of the target's enclosure there, so that halving the cell hardly helps."""
        if not self._heap:
            return True
        centre = self._heap[0].bound.centre
        if centre is None or upper - centre.magnitude > centre.high - centre.low:
            return False
        if self._error is not None and upper > self._error:
            self._shortfall = "the target's enclosures are too wide to decide"
        return True

    def _exhausted(self) -> bool:
        worst = self._heap[0]
        if self.bounds >= self._goal.budget:
            self._shortfall = f"{self._goal.budget} cells were bounded"
        elif worst.depth >= MAX_DEPTH:
            self._shortfall = f"the target cannot be enclosed near {worst.cell.lower}"
        return bool(self._shortfall)


def _working_bits(network: PiecewiseLinear) -> int:
    """Enough that rounding to integers over 2^bits never matters beside the enclosures."""
    height = max(abs(value) for value in network.values)
    return WORKING_BITS + _places(height) + _places(network.interval.width)


def _places(value: Fraction) -> int:
    """Binary places between 1 and a small value."""
    if value == 0:
        return 0
    return max(0, value.denominator.bit_length() - value.numerator.bit_length())
