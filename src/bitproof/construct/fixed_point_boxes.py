"""Gadgets for several inputs: corners (orthants) and boxes, over faces that all of them share.

*Corners*: the inputs are visited in lexicographic order; where u is outside its cell, a gadget on
everything at or beyond this input (in every coordinate) brings it back. It goes no further than
the cell's nearest end, so slack is passed on. *Boxes*: disjoint boxes on which the function is
constant, the most common value being free of charge.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from bitproof.construct.fixed_point_faces import Face, Signal, faces
from bitproof.construct.fixed_point_gadgets import Options, Part, combination, options
from bitproof.construct.fixed_point_jumps import room
from bitproof.construct.fixed_point_machine import Integers, Machine
from bitproof.construct.fixed_point_output import finish
from bitproof.construct.fixed_point_plan import Draft, Plan

Box = tuple[tuple[int, int], ...]


@dataclass(eq=False)
class FaceStock:
    """The widest face of every threshold, coordinate and side, made once.

    Attributes:
        signals: for each coordinate, what its faces may read.
    """

    machine: Machine
    signals: Sequence[Sequence[Signal]]
    made: dict[tuple[int, int, bool], Face | None] = field(default_factory=dict)
    choices: dict[tuple[tuple[int, int, int], ...], Options] = field(default_factory=dict)

    def face(self, axis: int, place: int, *, upper: bool) -> Face | None:
        """Constant at places ≥ `place` (upper) or ≤ it of one axis; None if there is none."""
        key = axis, place, upper
        if key not in self.made:
            threshold = place + self.machine.lowest
            found = faces(self.machine, self.signals[axis], threshold, upper=upper)
            self.made[key] = found[0] if found else None
        return self.made[key]

    def of_box(self, box: Box) -> list[Face] | None:
        """The faces of a box of places, first..last on every axis; ends of the format need none."""
        top = self.machine.highest - self.machine.lowest
        needed = [(axis, first, True) for axis, (first, _) in enumerate(box) if first > 0]
        needed += [(axis, last, False) for axis, (_, last) in enumerate(box) if last < top]
        found = [self.face(axis, place, upper=upper) for axis, place, upper in needed]
        some = [face for face in found if face is not None]
        return some if len(some) == len(found) else None

    def options(self, box_faces: Sequence[Face]) -> Options:
        key = tuple((face.inside, face.sign, face.gap) for face in box_faces)
        if key not in self.choices:
            self.choices[key] = options(self.machine, box_faces)
        return self.choices[key]


@dataclass(eq=False)
class Assembly:
    """Gadgets collected over a stock of faces, in the last two hidden layers of a draft.

    Attributes:
        copies: the most copies of a face a gadget may ask for.
        most: give up beyond so many copies of gadgets.
    """

    stock: FaceStock
    draft: Draft
    copies: int
    most: int
    used: int = 0
    weights: dict[int, int] = field(default_factory=dict)

    def add(self, box: Box, low: int, high: int) -> int | None:
        """Moves u by something in [low, high] on a box; returns by how much, None if it cannot."""
        box_faces = self.stock.of_box(box)
        if box_faces is None or not box_faces:
            return None
        choice = self.stock.options(box_faces).within(self.copies)
        free = np.zeros(len(choice), dtype=np.int64)
        found = combination(choice, low, high, free)
        if found is None:
            return None
        self.used += found[0]
        if self.used > self.most:
            return None
        for part in found[1]:
            self._place(choice, part, box_faces)
        return sum(part.weight * int(choice.heights[part.row]) for part in found[1])

    def _place(self, choice: Options, part: Part, box_faces: Sequence[Face]) -> None:
        depth = len(self.draft.layers)
        bias, pushes = choice.bias_and_weights(part.row, box_faces)
        rows = [self.draft.neuron(depth - 1, face.weights, face.bias) for face in box_faces]
        reads: dict[int, int] = {}
        for row, push in zip(rows, pushes, strict=True):
            reads[row] = reads.get(row, 0) + push
        gadget = self.draft.neuron(depth, reads, bias)
        self.weights[gadget] = self.weights.get(gadget, 0) + part.weight


def corners(
    assembly: Assembly, function: Integers, start: int, flips: tuple[bool, ...]
) -> Plan | None:
    """Corners, visited from the low end of each axis or (flipped) from its high end."""
    machine = assembly.stock.machine
    axes = tuple(axis for axis, flip in enumerate(flips) if flip)
    wanted = np.flip(function, axes)
    sums = np.full(wanted.shape, start, dtype=np.int64)
    cells_low = machine.cell_low[wanted - machine.lowest]
    cells_high = machine.cell_high[wanted - machine.lowest]
    for index in np.ndindex(wanted.shape):
        total = int(sums[index])
        if cells_low[index] <= total <= cells_high[index]:
            continue
        low, high = room(machine, int(wanted[index]), total)
        moved = assembly.add(_corner_box(index, flips, wanted.shape[0]), low, high)
        if moved is None:
            return None
        sums[tuple(slice(place, None) for place in index)] += moved
    return finish(machine, assembly.draft, "corners", assembly.weights, function)


def _corner_box(index: Sequence[int], flips: Sequence[bool], size: int) -> Box:
    return tuple(
        (0, size - 1 - place) if flip else (place, size - 1)
        for place, flip in zip(index, flips, strict=True)
    )


def boxes(assembly: Assembly, function: Integers, common: int, total: int) -> Plan | None:
    """Disjoint boxes; what has the common value, with u = `total` in its cell, is free."""
    machine = assembly.stock.machine
    found = []
    for box, level in constant_boxes(function, common):
        low, high = room(machine, level, total)
        if not low <= 0 <= high:
            found.append((box, low, high))
    if len(found) > assembly.most:
        return None  # each takes a gadget
    for box, low, high in found:
        if assembly.add(box, low, high) is None:
            return None
    return finish(machine, assembly.draft, "boxes", assembly.weights, function)


def most_common(function: Integers) -> int:
    """The value taken most often."""
    return int(Counter(function.ravel().tolist()).most_common(1)[0][0])


def constant_boxes(function: Integers, common: int) -> Iterator[tuple[Box, int]]:
    """Disjoint boxes of one value each that cover everything but the common value, greedily: from
    each input not covered yet the larger of the boxes grown along the axes in both orders."""
    open_places = function != common
    axes = range(function.ndim)
    for index in np.ndindex(function.shape):
        if not open_places[index]:
            continue
        level = int(function[index])
        free = open_places & (function == level)
        grown = [_grow(free, index, order) for order in (tuple(axes), tuple(axes)[::-1])]
        box = max(grown, key=_volume)
        open_places[_slices(box)] = False
        yield box, level


def _grow(free: np.ndarray, index: Sequence[int], order: Sequence[int]) -> Box:
    ends = [(place, place) for place in index]
    for axis in order:
        while ends[axis][1] + 1 < free.shape[axis]:
            longer = list(ends)
            longer[axis] = (ends[axis][0], ends[axis][1] + 1)
            if not free[_slices(longer)].all():
                break
            ends = longer
    return tuple(ends)


def _slices(box: Sequence[tuple[int, int]]) -> tuple[slice, ...]:
    return tuple(slice(first, last + 1) for first, last in box)


def _volume(box: Box) -> int:
    volume = 1
    for first, last in box:
        volume *= last - first + 1
    return volume
