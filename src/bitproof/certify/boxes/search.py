"""Best-first branch and bound over the cells of a box.

The cells with the largest bounds are cut: where a neuron changes its sign, if the network's own
error makes the bound, or a kink of f; else halfway across the input that matters most. New cells go
through the network all at once. The lower bound is |f - N| where both were evaluated; the upper
bound is the largest bound of any cell. Both are known at any time.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from bitproof.certify.boxes.bounds import Affine, CellBound, bound_on
from bitproof.certify.boxes.cells import Lattice, share
from bitproof.certify.boxes.forms import FormProgram, Forms
from bitproof.certify.boxes.frames import frame_for
from bitproof.certify.boxes.partition import Partition
from bitproof.errors import WorkLimitError
from bitproof.exact.box import Box, Point, hull_of
from bitproof.exact.interval import Interval
from bitproof.exact.rationals import rational_gcd, to_float, write_decimal
from bitproof.execute.grid import InputGrid
from bitproof.network.network import Network
from bitproof.target.box_target import BoxTarget

Progress = Callable[[float, str], None]

WORKING_BITS = 96
BATCH = 512
CANDIDATES = 32
MAX_VALUES = 1 << 24  # integers alive at once in a pass through the network
UNDECIDED = Fraction(1 << 600)
PATIENCE = Fraction(3, 2)
PATIENT_CELLS = 300
LEAST_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Goal:
    """When to stop.

    Attributes:
        error: the requested error; None if none.
        slack: upper ≤ lower·(1 + slack) is good enough, positive.
        seconds: how long the search may take.
        cells: how many cells may be bounded.
    """

    error: Fraction | None
    slack: Fraction
    seconds: float
    cells: int


@dataclass(frozen=True)
class Outcome:
    """What the search found.

    Attributes:
        lower: |f - N| ≥ lower at the witness.
        upper: |f - N| ≤ upper on the whole box; None if some cell has no bound.
        witness: an exact point.
        partition: the cells.
        cells: how many were bounded.
        shortfall: empty if the goal was met, else what ran out.
    """

    lower: Fraction
    upper: Fraction | None
    witness: Point
    partition: Partition
    cells: int
    shortfall: str


@dataclass(order=True, slots=True)
class _Entry:
    """A cell in the heap, the largest bound first."""

    priority: tuple[Fraction, int]
    bound: CellBound | None
    crossing: tuple[int, ...] | None


class Search:
    """The state of a branch and bound."""

    def __init__(self, network: Network, target: BoxTarget, box: Box, goal: Goal) -> None:
        self._network, self._target, self._goal = network, target, goal
        self._partition = Partition(frame_for(network, box))
        self._program: FormProgram | None = None
        self._grid: InputGrid | None = None
        self._heap: list[_Entry] = []
        self._lower, self._witness = Fraction(0), box.centre
        self._start = time.monotonic()
        self._patience = goal.cells
        self.cells = 0

    def run(self, progress: Progress | None = None) -> Outcome:
        """Searches until the goal is met or a limit is reached."""
        self._bound([0])
        shortfall = ""
        while not self._finished():
            shortfall = self._limit()
            if shortfall:
                break
            try:
                self._bound(self._cut_worst())
            except WorkLimitError as limit:
                shortfall = str(limit)
                break
            if progress is not None:
                progress(*self._report())
        upper = self._upper()
        return Outcome(
            self._lower,
            None if upper >= UNDECIDED else upper,
            self._witness,
            self._partition,
            self.cells,
            shortfall,
        )

    # when to stop

    def _upper(self) -> Fraction:
        return -self._heap[0].priority[0]

    def _finished(self) -> bool:
        upper, error = self._upper(), self._goal.error
        tight = upper <= self._lower * (1 + self._goal.slack)
        if error is None:
            return tight
        if self._lower > error:
            return True
        if upper > error:
            return False
        # Decided: a sharper bound is worth a little more work.
        self._patience = min(self._patience, int(self.cells * PATIENCE) + PATIENT_CELLS)
        return tight or self.cells >= self._patience or bool(self._limit())

    def _limit(self) -> str:
        if self.cells >= self._goal.cells:
            return f"{self.cells} cells did not suffice"
        if time.monotonic() - self._start > self._goal.seconds:
            return f"{self._goal.seconds:g} seconds did not suffice ({self.cells} cells)"
        return ""

    def _report(self) -> tuple[float, str]:
        upper, error = self._upper(), self._goal.error
        wanted = self._lower * (1 + self._goal.slack) if error is None else error
        done = to_float(wanted / upper) if upper else 1.0
        shown = "?" if upper >= UNDECIDED else write_decimal(upper, 3, rounding="up")
        lower = write_decimal(self._lower, 3, rounding="down")
        return min(done, 1.0), f"error between {lower} and {shown}, {self.cells} cells"

    # cutting

    def _cut_worst(self) -> list[int]:
        """Cuts the worst cells; the numbers of the new ones."""
        error = self._goal.error
        enough = self._lower * (1 + self._goal.slack)
        if error is not None and self._upper() > error:
            enough = error
        fresh: list[int] = []
        while self._heap and len(fresh) < 2 * BATCH and -self._heap[0].priority[0] > enough:
            entry = heapq.heappop(self._heap)
            fresh += self._cut(entry)
        return fresh

    def _cut(self, entry: _Entry) -> tuple[int, int]:
        number, bound = entry.priority[1], entry.bound
        if bound is not None:
            if entry.crossing is not None and bound.bent > bound.curved:
                parts = self._cut_at_neuron(number, entry.crossing)
                if parts is not None:
                    return parts
            if not bound.smooth:
                parts = self._cut_at_kink(number)
                if parts is not None:
                    return parts
        return self._halve(number, bound)

    def _halve(self, number: int, bound: CellBound | None) -> tuple[int, int]:
        cell = self._partition.cell(number)
        extents = [cell.extent(i, 0) for i in range(1, cell.dimension + 1)]
        lengths = [high - low for low, high in extents]
        axis = lengths.index(max(lengths))
        proposed = axis if bound is None or bound.bent > bound.curved else bound.axis
        if 8 * lengths[proposed] >= lengths[axis]:
            axis = proposed
        parts = self._partition.cut(number, axis + 1, 0, self._partition.middle(number, axis + 1))
        if parts is None:
            raise WorkLimitError("the lattice of the partition is too fine")
        return parts

    def _cut_at_neuron(self, number: int, values: Sequence[int]) -> tuple[int, int] | None:
        """Where a neuron with these values at the corners is 0, if that is a line of the lattice's
        triangulation."""
        corners = self._partition.cell(number).corners()
        for i in range(1, len(corners[0]) + 1):
            for j in range(i):
                place = _zero_along(corners, values, i, j)
                if place is not None:
                    return self._partition.cut(number, i, j, self._partition.first_steps(place))
        return self._cut_beside(number, corners, values)

    def _cut_beside(
        self, number: int, corners: Sequence[Lattice], values: Sequence[int]
    ) -> tuple[int, int] | None:
        """Where all zeros of a neuron that is nearly a function of one direction lie to one side:
        what is beyond keeps its sign."""
        cell = self._partition.cell(number)
        best: tuple[float, int, int, int] | None = None
        for i in range(1, cell.dimension + 1):
            for j in range(i):
                low, high = cell.extent(i, j)
                zeros = _zeros_along(corners, values, i, j)
                for at, gain in ((zeros[1], high - zeros[1]), (zeros[0], zeros[0] - low)):
                    share = gain / (high - low)
                    if low < at < high and share > LEAST_SHARE and (not best or share > best[0]):
                        best = (share, i, j, at)
        if best is None:
            return None
        _, i, j, at = best
        return self._partition.cut(number, i, j, self._partition.first_steps(at))

    def _cut_at_kink(self, number: int) -> tuple[int, int] | None:
        """Where a kink of f that lies on such a line crosses the cell."""
        frame, corners = self._partition.frame, self._partition.cell(number).corners()
        for form in self._target.kinks():
            slopes = [slope * step for slope, step in zip(form.slopes, frame.step, strict=True)]
            moving = [index for index, slope in enumerate(slopes) if slope]
            if len(moving) > 2 or (len(moving) == 2 and slopes[moving[0]] != -slopes[moving[1]]):
                continue
            values = [form.at(frame.point(corner)) for corner in corners]
            if min(values) < 0 < max(values):
                i, j = moving[-1] + 1, moving[0] + 1 if len(moving) == 2 else 0
                start = form.at(frame.origin)
                place = -start / slopes[moving[-1]]
                parts = self._partition.cut(number, i, j, self._partition.first_steps(place))
                if parts is not None:
                    return parts
        return None

    # bounding

    def _bound(self, numbers: Sequence[int]) -> None:
        """Bounds cells and puts them into the heap."""
        self._prepare()
        size = self._batch_size()
        for start in range(0, len(numbers), size):
            self._bound_batch(numbers[start : start + size])

    def _prepare(self) -> None:
        """The network for the lattice as it is now."""
        frame = self._partition.frame
        step = rational_gcd([*frame.origin, *frame.step])
        if self._grid is None or self._grid.step != step:
            box = hull_of((frame.origin, frame.point(frame.counts)))
            self._grid = InputGrid(box.lower, box.upper, step)
            self._program = FormProgram(self._network, self._grid)

    def _batch_size(self) -> int:
        assert self._program is not None
        return max(16, MAX_VALUES // (12 * self._program.slots))

    def _bound_batch(self, numbers: Sequence[int]) -> None:
        corners = [self._partition.cell(number).corners() for number in numbers]
        forms = self._forms(corners)
        assert self._program is not None
        granule = self._program.granule
        candidates: list[tuple[Fraction, Lattice]] = []
        for index, number in enumerate(numbers):
            count = len(corners[index])
            points = tuple(self._partition.frame.point(corner) for corner in corners[index])
            values = tuple(int(n) * granule for n in forms.corners[:count, index])
            low, high = int(forms.low[index]), int(forms.high[index])
            affine = Affine(points, values, Interval(low * granule, high * granule))
            box = self._partition.cell(number).box(self._partition.frame)
            bound = bound_on(self._target, box, affine, WORKING_BITS)
            self._push(number, bound, _crossing(forms, index, count))
            if bound is not None and bound.seems > self._lower:
                candidates.append((bound.seems, corners[index][bound.place]))
        self.cells += len(numbers)
        self._attain(candidates)

    def _push(self, number: int, bound: CellBound | None, crossing: tuple[int, ...] | None) -> None:
        largest = UNDECIDED if bound is None else bound.largest
        heapq.heappush(self._heap, _Entry((-largest, number), bound, crossing))

    def _forms(self, corners: Sequence[Sequence[Lattice]]) -> Forms:
        """The forms on cells given by their lattice corners; short lists repeat their last."""
        assert self._program is not None
        assert self._grid is not None
        most = max(map(len, corners))
        places = [[*found, *[found[-1]] * (most - len(found))] for found in corners]
        lattice = np.array(places, dtype=object)  # (cells, corners, inputs)
        columns = []
        for axis, (start, step) in enumerate(
            zip(self._partition.frame.origin, self._partition.frame.step, strict=True)
        ):
            first, pace = start / self._grid.step, step / self._grid.step
            columns.append((lattice[:, :, axis] * int(pace) + int(first)).T)
        return self._program.run(np.array(columns, dtype=object))

    def _attain(self, candidates: list[tuple[Fraction, Lattice]]) -> None:
        """Evaluates |f - N| where it seems larger than anything known."""
        candidates.sort(reverse=True)
        places = [place for _, place in candidates[:CANDIDATES]]
        if not places:
            return
        assert self._program is not None
        # At a single point every sign is known, so the form is N itself.
        forms = self._forms([[place] for place in places])
        for (seems, place), level in zip(candidates, forms.corners[0].tolist(), strict=False):
            if seems <= self._lower:
                break
            point = self._partition.frame.point(place)
            value, found = level * self._program.granule, self._target.at(point)
            least = max(found.lower - value, value - found.upper)
            if least > self._lower:
                self._lower, self._witness = least, point


def _crossing(forms: Forms, index: int, count: int) -> tuple[int, ...] | None:
    if forms.crossing[index] < 0:
        return None
    return tuple(int(n) for n in forms.crossing_corners[:count, index])


def _zeros_along(
    corners: Sequence[Lattice], values: Sequence[int], i: int, j: int
) -> tuple[int, int]:
    """Whole numbers below and above every k_i - k_j at which an affine function with these values
    at the corners is 0: its zeros are spanned by those between two corners of opposite signs."""
    steps = [corner[i - 1] - (corner[j - 1] if j else 0) for corner in corners]
    places = [
        Fraction(a * w - b * v, w - v)
        for a, v in zip(steps, values, strict=True)
        if v < 0
        for b, w in zip(steps, values, strict=True)
        if w > 0
    ]
    return min(places).__floor__(), max(places).__ceil__()


def _zero_along(
    corners: Sequence[Lattice], values: Sequence[int], i: int, j: int
) -> Fraction | None:
    """Where a function of k_i - k_j alone, given at corners, is 0; None if it is none or has no
    zero inside."""
    steps = [corner[i - 1] - (corner[j - 1] if j else 0) for corner in corners]
    first, last = steps.index(min(steps)), steps.index(max(steps))
    start, stop, low, high = steps[first], steps[last], values[first], values[last]
    width = stop - start
    if any(
        value * width != low * (stop - step) + high * (step - start)
        for value, step in zip(values, steps, strict=True)
    ):
        return None
    return share((start, stop), low, high)
