"""Which constructions are tried for a function, in what order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, product

import numpy as np

from bitproof.construct.fixed_point_beam import FEW_LEVELS as FEW_LEVELS_TO_SEARCH
from bitproof.construct.fixed_point_beam import WIDER, WIDTH, beam
from bitproof.construct.fixed_point_boxes import (
    Assembly,
    FaceStock,
    boxes,
    corners,
    most_common,
)
from bitproof.construct.fixed_point_carriers import (
    axis_signals,
    linear_spacings,
    pattern_signals,
)
from bitproof.construct.fixed_point_columns import EVEN, Columns
from bitproof.construct.fixed_point_digits import Code, Grid, codes, grid_of_stride
from bitproof.construct.fixed_point_faces import Signal
from bitproof.construct.fixed_point_jumps import FEWEST, carried, direct, starts
from bitproof.construct.fixed_point_machine import Integers, Machine
from bitproof.construct.fixed_point_plan import Draft, Plan, widths_with_copies, with_copies
from bitproof.construct.fixed_point_program import BINARY_EFFORT, programmed
from bitproof.construct.fixed_point_proof import by_proof
from bitproof.construct.fixed_point_ramp import Route, plain, ramp
from bitproof.construct.fixed_point_selection import Selection
from bitproof.construct.integer_program import Effort
from bitproof.errors import NoDesignError

SPACINGS = (1, 2, 3, 4, 6)
ROUTE_SPACINGS = (4, 8)
FACE_COPIES = (1, 2, 3, 5, 8)
FEW_COPIES = (1, 2, 4)
SLOPES = (8, 4, 2, 1)
SLOPES_OF_COLUMNS = (2, 4)
MANY_INPUTS = 500
CAUTIONS = (1.0, 0.6)  # of the search, tried one after the other
MOST_JUMPS = 7  # of what integer programs choose for: more take too long
RAMPS_FOR_A_JUMP = 6
FEW_LEVELS = 64
MANY_NEURONS = 20_000
MANY_WEIGHTS = 7_000_000
UNBOUNDED = 1 << 30


class Trials:
    """Networks for one function, of different kinds; what cannot become smaller is given up early.

    Args:
        residue: c of the representation theorem: u is congruent to it modulo D.
        minimise: `neurons` or `weights`.
        effort: for the integer programs; None is none of them.

    Attributes:
        least: the solver says that no network of one hidden layer has fewer neurons (or weights,
            whatever is minimised); 0 where it was not asked.
    """

    def __init__(
        self,
        machine: Machine,
        function: Integers,
        residue: int,
        minimise: str,
        effort: Effort | None,
    ) -> None:
        self.machine = machine
        self.function = function
        self.residue = residue
        self.minimise = minimise
        self.effort = effort
        self.least = 0
        self.smallest = UNBOUNDED

    def plans(self) -> Iterator[Plan]:
        """Every network found, with all weights allowed."""
        function = self.function
        if self.machine.difference == 0 or (function == function.flat[0]).all():
            yield from self._kept(by_proof(self.machine, function, 0))
            return
        yield from self._one_input() if function.ndim == 1 else self._several_inputs()
        if self.smallest == UNBOUNDED:
            yield from self._last_resort()

    def _kept(self, plan: Plan | None) -> Iterator[Plan]:
        """The plan with its copies, unless something cannot be carried."""
        if plan is None or plan.neurons > self._neurons():
            return
        try:
            widths = widths_with_copies(self.machine, plan)
            dense = sum(a * b for a, b in pairwise(widths)) if not self.machine.zeros else 0
            if sum(widths) > min(self._neurons(), MANY_NEURONS) or dense > MANY_WEIGHTS:
                return
            carried_plan = with_copies(self.machine, plan)
        except NoDesignError:
            return
        self.smallest = min(self.smallest, carried_plan.size(self.minimise)[0])
        yield carried_plan

    def _start(self, level: int) -> int:
        return starts(self.machine, int(level), self.residue)[0]

    def _one_input(self) -> Iterator[Plan]:
        machine, function = self.machine, self.function
        yield from self._ramps(plain(machine))
        for start in starts(machine, int(function[0]), self.residue):
            plan = direct(machine, function, start, self.minimise, self._most())
            yield from self._kept(plan)
            if plan is not None and self.smallest <= FEWEST * self._jumps():
                break  # a face and a gadget for each
        if machine.zeros and self.effort and self._jumps() <= MOST_JUMPS:
            yield from self._stretches()
        if machine.zeros:
            yield from self._carried_ramps()
        for spacing in SPACINGS:
            start = self._start(function[0])
            for times in (1,) if machine.zeros else SLOPES[::-1]:
                plan = carried(
                    machine, function, start, self.minimise, spacing, self._most(), times
                )
                yield from self._kept(plan)

    def _stretches(self) -> Iterator[Plan]:
        """Faces and gadgets chosen by integer programs; of many levels a face and a gadget for each
        jump are hardly ever too many."""
        fewest = FEWEST if self.minimise == "neurons" else FEWEST + 1
        if self.function.size > FEW_LEVELS and self.smallest <= fewest * self._jumps():
            return
        for plan in Selection(self.machine, self.function, self.minimise).plans(self.smallest):
            yield from self._kept(plan)

    def _jumps(self) -> int:
        return int((np.diff(self.function) != 0).sum())

    def _ramps(self, route: Route) -> Iterator[Plan]:
        for backward, thrift in product((False, True), (False, True)):
            plan = ramp(
                self.machine,
                self.function,
                route,
                self._start(self.function[-1 if backward else 0]),
                backward=backward,
                thrift=thrift,
                limit=min(self._neurons(), RAMPS_FOR_A_JUMP * self._jumps()),
            )
            yield from self._kept(plan)
            if self.function.size > FEW_LEVELS and (plan is None or route.carries):
                break
        if self.function.size <= FEW_LEVELS:
            yield from self._searched(route)

    def _carried_ramps(self) -> Iterator[Plan]:
        spacings = ROUTE_SPACINGS if self.function.size <= FEW_LEVELS else ROUTE_SPACINGS[-1:]
        for spacing in spacings:
            draft = Draft(2)
            (signal,) = axis_signals(self.machine, draft, 1, spacing)[0]
            carriers = len(signal.sources)
            if carriers and carriers < self._neurons() // 2:
                yield from self._ramps(Route(draft, signal.values, signal.sources))

    def _searched(self, route: Route) -> Iterator[Plan]:
        best: Plan | None = None
        few = self.function.size <= FEW_LEVELS_TO_SEARCH
        # beyond the reach of programs one layer is the best there is for few weights
        wide = not (few or route.carries) and self.minimise == "weights" and bool(self.effort)
        cautions = CAUTIONS if few or wide else CAUTIONS[:1]
        for caution, backward in product(cautions, (False, True)):
            first = int(self.function[-1 if backward else 0])
            plan = beam(
                self.machine,
                self.function,
                route,
                starts(self.machine, first, self.residue),
                backward=backward,
                limit=self._neurons(),
                caution=caution,
                width=WIDER if wide else WIDTH,
            )
            for kept in self._kept(plan):
                best = plan if self.smallest == kept.size(self.minimise)[0] else best
                yield kept
        # binary weights leave a neuron or two for each level: the program stays small for longer
        if few or not self.machine.zeros:
            yield from self._programmed(route, best)

    def _programmed(self, route: Route, known: Plan | None) -> Iterator[Plan]:
        if self.effort is None or (route.carries and known is None):
            return  # carriers are worth a program where they lead without one
        effort = self.effort if self.machine.zeros else BINARY_EFFORT
        found = programmed(self.machine, self.function, route, known, self.minimise, effort)
        if found is not None:
            yield from self._kept(found.plan)
            if not route.carries:
                self.least = found.least

    def _several_inputs(self) -> Iterator[Plan]:
        machine, dims = self.machine, self.function.ndim
        if not machine.zeros:
            yield from self._several_inputs_binary()
            return
        itself = [[Signal(machine.levels, ((axis, 1),))] for axis in range(dims)]
        stock = FaceStock(machine, itself)
        found = list(self._codes())
        yield from self._columns(stock, Draft(3), found, FEW_COPIES)
        yield from self._boxes(stock, Draft(2))
        for spacing in SPACINGS[1::2]:
            draft = Draft(4)
            steep = FaceStock(machine, axis_signals(machine, draft, dims, spacing))
            yield from self._columns(steep, draft, found, FEW_COPIES)
            draft = Draft(3)
            axis_signals(machine, draft, dims, spacing)
            yield from self._boxes(steep, draft)

    def _several_inputs_binary(self) -> Iterator[Plan]:
        machine, dims = self.machine, self.function.ndim
        spacings = linear_spacings(machine, dims)
        found = list(self._codes())
        for spacing, times in product(spacings[:1], SLOPES_OF_COLUMNS):
            draft = Draft(4)
            stock = FaceStock(machine, pattern_signals(machine, draft, dims, spacing, times))
            yield from self._columns(stock, draft, found, FACE_COPIES[-1:])
        for spacing, times in product(spacings, SLOPES):
            draft = Draft(3)
            signals = pattern_signals(machine, draft, dims, spacing, times)
            yield from self._boxes(FaceStock(machine, signals), draft)

    def _codes(self) -> Iterator[tuple[Grid, Code]]:
        """Codes for the function's values, on all u or on those that steps of one height reach."""
        machine, values = self.machine, self.function.ravel().tolist()
        grids = [Grid(0, 1)]
        if machine.heaviest == 1:
            ends = (machine.table[0], machine.table[-1])
            heights = {abs(int(value)) for end in ends for value in machine.table - end} - {0}
            unit = 1 if machine.zeros else EVEN
            grids = [grid_of_stride(machine, unit * height) for height in sorted(heights)]
        for grid in grids:
            for code in codes(machine, values, self.residue, grid):
                yield grid, code

    def _columns(
        self,
        stock: FaceStock,
        draft: Draft,
        found: Sequence[tuple[Grid, Code]],
        most_copies: Sequence[int],
    ) -> Iterator[Plan]:
        axes = range(self.function.ndim)
        for axis, copies, (grid, code) in product(axes, most_copies, found):
            columns = Columns(stock, draft.copy(), axis, copies, grid)
            yield from self._kept(columns.plan(self.function, code))

    def _boxes(self, stock: FaceStock, draft: Draft) -> Iterator[Plan]:
        """Boxes and corners over faces of some signals, with more and more copies of them."""
        function = self.function
        common = most_common(function)
        corner_flips = list(product((False, True), repeat=function.ndim))
        if function.size > MANY_INPUTS:
            corner_flips = corner_flips[:1]
        for copies in FACE_COPIES:
            assembly = Assembly(stock, draft.copy(), copies, self._neurons())
            yield from self._kept(boxes(assembly, function, common, self._start(common)))
            for flips in corner_flips:
                corner = function[tuple(-1 if flip else 0 for flip in flips)]
                assembly = Assembly(stock, draft.copy(), copies, self._neurons())
                yield from self._kept(corners(assembly, function, self._start(corner), flips))

    def _neurons(self) -> int:
        """With more neurons than this a network is not the smallest: each has two weights, one in
        and one out (but for a constant)."""
        return self.smallest if self.minimise == "neurons" else self.smallest // 2 + 1

    def _most(self) -> int:
        """What a face and a gadget for each jump may cost: neurons, or weights where those are to
        be few and may be 0."""
        return self.smallest if self.machine.zeros else self._neurons()

    def _last_resort(self) -> Iterator[Plan]:
        for start in starts(self.machine, int(self.function.flat[0]), self.residue):
            for plan in self._kept(by_proof(self.machine, self.function, start)):
                yield plan
                return
