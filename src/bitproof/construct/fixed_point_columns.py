"""Columns: for several inputs, one small group of neurons for each column of the table.

A column is what the function does along one axis, the others being fixed. Its neurons read clean
steps along that axis, so that their level can be anything in every row, and steps along the other
axes, which push them to a flat end of the activation unless the input is in the column. All
columns share the steps: some V neurons for each axis and a few a column, where boxes take V^d.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bitproof.construct.fixed_point_boxes import Box, FaceStock
from bitproof.construct.fixed_point_digits import Code, Digit, Grid
from bitproof.construct.fixed_point_machine import FAR, Integers
from bitproof.construct.fixed_point_output import constant_sum, finish
from bitproof.construct.fixed_point_plan import Draft, Plan

EVEN = 2  # binary weights on copies in pairs


@dataclass(frozen=True)
class Step:
    """A two-valued neuron: `low` before a place of an axis, `low + height` from it on."""

    neuron: int
    low: int
    height: int


@dataclass(frozen=True, eq=False)
class Column:
    """Where the other axes are (a box of places), and the levels along the rows' axis."""

    box: Box
    levels: Integers


def columns_of(function: Integers, axis: int) -> list[Column]:
    """The columns along an axis; for two inputs, neighbours that are equal are one."""
    moved = np.moveaxis(function, axis, -1)
    found: list[Column] = []
    for index in np.ndindex(moved.shape[:-1]):
        levels = moved[index]
        last = found[-1] if found else None
        if len(index) == 1 and last is not None and (last.levels == levels).all():
            found[-1] = Column(((last.box[0][0], index[0]),), levels)
        else:
            found.append(Column(tuple((place, place) for place in index), levels))
    return found


class Columns:
    """Builds the columns' neurons over a stock of faces, in the last layers of a draft.

    Args:
        axis: the rows' axis.
        copies: the most copies of a face that a step may ask for.
        grid: the values of u that the columns' neurons walk on; all, if it is not given.
    """

    def __init__(
        self, stock: FaceStock, draft: Draft, axis: int, copies: int, grid: Grid | None = None
    ) -> None:
        self.stock = stock
        self.machine = stock.machine
        self.draft = draft
        self.axis = axis
        self.copies = copies
        self.grid = grid or Grid(0, 1)
        self.unit = 1 if stock.machine.zeros else EVEN
        self.weights: dict[int, int] = {}
        self._steps: dict[tuple[int, int, int], Step | None] = {}

    def plan(self, function: Integers, code: Code) -> Plan | None:
        """The network, with the output's levels written in a code; None if it cannot be built."""
        rows = function.shape[self.axis]
        others = [axis for axis in range(function.ndim) if axis != self.axis]
        for column in columns_of(function, self.axis):
            gates = self._gates(column.box, others, rows)
            if gates is None:
                return None
            for digit, wanted in zip(code.digits, code.write(column.levels), strict=True):
                if (wanted == digit.off).all():
                    continue
                neuron = self._column(wanted, digit, gates)
                if neuron is None:
                    return None
                self.weights[neuron] = self.weights.get(neuron, 0) + digit.weight
        return finish(self.machine, self.draft, "columns", self.weights, function)

    def _gates(self, box: Box, others: Sequence[int], size: int) -> list[tuple[Step, int]] | None:
        """(step, +1 or -1): inside the box the sum of sign·(step on?) has its greatest value."""
        gates: list[tuple[Step, int]] = []
        for axis, (first, last) in zip(others, box, strict=True):
            for place, sign in ((first, 1), (last + 1, -1)):
                if 0 < place < size:
                    step = self._step(axis, place, FAR)
                    if step is None:
                        return None
                    gates.append((step, sign))
        return gates

    def _step(self, axis: int, place: int, tallest: int) -> Step | None:
        """The tallest step of at most a height."""
        key = axis, place, tallest
        if key not in self._steps:
            self._steps[key] = self._make_step(*key)
        return self._steps[key]

    def _make_step(self, axis: int, place: int, tallest: int) -> Step | None:
        face = self.stock.face(axis, place, upper=True)
        if face is None:
            return None
        choice = self.stock.options([face]).within(self.copies)
        sizes = np.abs(choice.heights)
        usable = np.flatnonzero(sizes <= tallest)
        if not len(usable):
            return None
        row = int(usable[np.lexsort((choice.pushes[usable, 0], -sizes[usable]))[0]])
        depth = len(self.draft.layers) - 1
        below = self.draft.neuron(depth - 1, face.weights, face.bias)
        bias, pushes = choice.bias_and_weights(row, [face])
        neuron = self.draft.neuron(depth, {below: pushes[0]}, bias)
        low = int(self.machine.table[0] if choice.ends[row] < 0 else self.machine.table[-1])
        return Step(neuron, low, int(choice.heights[row]))

    def _column(
        self, wanted: Integers, digit: Digit, gates: Sequence[tuple[Step, int]]
    ) -> int | None:
        """A neuron with given levels along the rows in its column, and flat everywhere else."""
        machine = self.machine
        low = machine.plateau_low[wanted - machine.lowest]
        high = machine.plateau_high[wanted - machine.lowest]
        walked = self._walk(low, high)
        if walked is None:
            return None
        sums, reads, carried = walked
        bound = machine.cell_high if digit.end < 0 else machine.cell_low
        flat = machine.flat_low if digit.end < 0 else machine.flat_high
        distance = int((digit.end * (int(bound[flat - machine.lowest]) - sums)).max())
        slack = machine.beta
        for step, sign in gates:
            push = self.unit * max(1, -(-(distance + slack) // (self.unit * abs(step.height))))
            weight = -digit.end * sign * push * (1 if step.height > 0 else -1)
            reads[step.neuron] = reads.get(step.neuron, 0) + weight
            carried += weight * (step.low + (step.height if sign > 0 else 0))
        shift = (int((low - sums).max()), int((high - sums).min()))
        least, most = (_near(end, slack) + int(sums[0]) - carried for end in shift)
        found = constant_sum(machine, least, most)
        if found is None:
            return None
        bias, constants = found
        depth = len(self.draft.layers)
        for level_bias, weight in constants:
            constant = self.draft.neuron(depth - 1, {}, level_bias)
            reads[constant] = reads.get(constant, 0) + weight
        return self.draft.neuron(depth, reads, bias)

    def _walk(self, low: Integers, high: Integers) -> tuple[Integers, dict[int, int], int] | None:
        """Weights on the rows' steps that keep u in the cells: (u by row, weights, offset)."""
        total = self._inside(int(low[0]), int(high[0]))
        sums = np.empty(len(low), dtype=np.int64)
        reads: dict[int, int] = {}
        carried = 0
        narrow = self._narrowest()
        for place in range(len(low)):
            least, most = int(low[place]) - total, int(high[place]) - total
            if least > 0 or most < 0:
                step = self._step(self.axis, place, narrow)
                if step is None:
                    return None
                times = _lightest(least, most, self.unit * step.height)
                if times is None:
                    return None
                weight = self.unit * times
                reads[step.neuron] = reads.get(step.neuron, 0) + weight
                carried += weight * step.low
                total += weight * step.height
            sums[place] = total
        return sums, reads, carried

    def _inside(self, low: int, high: int) -> int:
        """A u between two ends, on the grid, and near the finite one if the other is not."""
        near = high if low <= -FAR else low if high >= FAR else (low + high) // 2
        below = near - (near - self.grid.anchor) % self.grid.stride
        return below if below >= low else below + self.grid.stride

    def _narrowest(self) -> int:
        """A step that is no taller than this reaches every cell, or every value of the grid."""
        if self.grid.stride > 1:
            return self.grid.stride // self.unit
        inner = self.machine.cell_high[1:-1] - self.machine.cell_low[1:-1] + 1
        return int(inner.min(initial=self.machine.beta))


def _near(end: int, slack: int) -> int:
    """A shift of u is small: an infinite room is not used up."""
    return max(-slack, min(slack, end))


def _lightest(least: int, most: int, height: int) -> int | None:
    """The lightest W with least ≤ W·height ≤ most, where 0 is not between them."""
    size, sign = abs(height), (1 if height > 0 else -1)
    low, high = -(-least // size), most // size
    if low > high:
        return None
    return sign * (low if low > 0 else high)
