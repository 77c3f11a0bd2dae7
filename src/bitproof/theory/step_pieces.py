"""A function on levels as few boxes on which it is constant, each a conjunction of partitions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bitproof.theory.step_partitions import Axis, Partition, isolating
from bitproof.theory.step_program import Integers

Side = tuple[int, int, bool]


@dataclass(frozen=True)
class Piece:
    """A box: (axis, partition, side) that hold on it and nowhere else, and the function there."""

    sides: tuple[Side, ...]
    value: int


class Pieces:
    """The boxes of a function.

    Args:
        axis: the partitions of every input.
        function: an output level for all inputs, one dimension for each.
    """

    def __init__(self, axis: Axis, function: Integers) -> None:
        self.partitions: list[list[Partition]] = []
        self._classes: list[Integers] = []
        reduced = function
        for dimension in range(function.ndim):
            slabs = np.moveaxis(function, dimension, 0).reshape(function.shape[dimension], -1)
            groups = np.unique(slabs, axis=0, return_inverse=True)[1].astype(np.int64).ravel()
            chosen = axis.splitting(groups)
            self.partitions.append(chosen)
            holds = np.stack([p.holds for p in chosen] or [np.zeros(len(groups), dtype=bool)])
            classes = _in_order(holds)
            self._classes.append(classes)
            first = [int(np.argmax(classes == c)) for c in range(int(classes.max()) + 1)]
            reduced = np.take(reduced, first, axis=dimension)
        self._reduced: Integers = reduced
        self._isolated: dict[tuple[int, int, int], list[tuple[int, bool]] | None] = {}

    def boxes(self, default: int) -> Iterator[Piece]:
        """Disjoint boxes that cover all inputs where the function is not `default`."""
        free = self._reduced != default
        for corner in np.argwhere(free).tolist():
            if not free[tuple(corner)]:
                continue
            box = [(c, c + 1) for c in corner]
            value = int(self._reduced[tuple(corner)])
            for axis in reversed(range(len(box))):
                while self._grows(box, axis, value, free):
                    box[axis] = box[axis][0], box[axis][1] + 1
            free[tuple(slice(*ends) for ends in box)] = False
            yield Piece(self._sides(box), value)

    def _grows(self, box: Sequence[tuple[int, int]], axis: int, value: int, free: Integers) -> bool:
        """Whether a box can be one class longer."""
        start, end = box[axis]
        if end == self._reduced.shape[axis] or self._isolating(axis, start, end + 1) is None:
            return False
        slab = tuple(slice(end, end + 1) if i == axis else slice(*e) for i, e in enumerate(box))
        return bool(free[slab].all() and (self._reduced[slab] == value).all())

    def _sides(self, box: Sequence[tuple[int, int]]) -> tuple[Side, ...]:
        found: list[Side] = []
        for axis, (start, end) in enumerate(box):
            for number, side in self._isolating(axis, start, end) or ():
                found.append((axis, number, side))
        return tuple(found)

    def _isolating(self, axis: int, start: int, end: int) -> list[tuple[int, bool]] | None:
        key = axis, start, end
        if key not in self._isolated:
            classes = self._classes[axis]
            inside = (start <= classes) & (classes < end)
            self._isolated[key] = isolating(inside, self.partitions[axis])
        return self._isolated[key]


def _in_order(holds: Integers) -> Integers:
    """Classes of levels that all partitions treat alike, numbered as they first occur."""
    names: dict[bytes, int] = {}
    return np.asarray(
        [names.setdefault(column.tobytes(), len(names)) for column in holds.T], dtype=np.int64
    )
