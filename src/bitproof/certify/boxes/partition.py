"""The partition of a box into cells: a tree of cuts over a lattice that grows finer on demand."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bitproof.certify.boxes.cells import Cell, Frame
from bitproof.exact.box import Box

MAX_COUNT = 1 << 40


@dataclass(slots=True)
class _Node:
    """A cell of the tree, its bounds in steps of the lattice of `count` steps a side; `cut` and
    `parts` once it is cut."""

    cell: Cell
    count: int
    cut: tuple[int, int, int] | None = None
    parts: tuple[int, int] | None = None


class Partition:
    """Cells by number; number 0 is the whole box.

    >>> from bitproof.exact.box import Box
    >>> partition = Partition(Box.unit(2), 4)
    >>> partition.cut(0, 1, 2, Fraction(0)), partition.cut(1, 1, 0, Fraction(1, 3))
    ((1, 2), (3, 4))
    >>> partition.tree(), partition.frame.counts
    ([[1, 2, 0], [1, 0, 4], 0, 0, 0], (12, 12))
    """

    def __init__(self, box: Box, count: int = 1 << 10) -> None:
        self.frame = Frame.of(box, count)
        self._count = count
        self._nodes = [_Node(Cell.whole(self.frame), count)]

    def cell(self, number: int) -> Cell:
        """A cell on the lattice as it is now."""
        node = self._nodes[number]
        if node.count != self._count:
            factor = self._count // node.count
            node.cell, node.count = node.cell.scaled(factor), self._count
            if node.cut is not None:
                i, j, at = node.cut
                node.cut = (i, j, at * factor)
        return node.cell

    def share_of(self, steps: Fraction | int) -> Fraction:
        """Steps of the lattice as a part of the whole side."""
        return Fraction(steps) / self._count

    def middle(self, number: int, i: int) -> Fraction:
        """Halfway along input i (counted from 1), as a part of the side."""
        low, high = self.cell(number).extent(i, 0)
        return Fraction(low + high, 2 * self._count)

    def cut(self, number: int, i: int, j: int, at: Fraction) -> tuple[int, int] | None:
        """Cuts a cell by k_i - k_j = at, a part of the side; the lattice becomes finer if the
        place needs it, or the place moves to a point of the lattice where it may not.

        Returns:
            The numbers of the parts at or below, and at or above; None if the place is not
            strictly inside the cell.
        """
        self._refine(at)
        cell = self.cell(number)
        low, high = cell.extent(i, j)
        place = round(at * self._count)
        if not low < place < high:
            return None
        node = self._nodes[number]
        node.cut = (i, j, place)
        first = len(self._nodes)
        for part in cell.cut(i, j, place):
            self._nodes.append(_Node(part, self._count))
        node.parts = (first, first + 1)
        return node.parts

    def _refine(self, at: Fraction) -> None:
        wanted = (at * self._count).denominator
        if wanted == 1 or self._count * wanted > MAX_COUNT:
            return
        if wanted & (wanted - 1) == 0:
            wanted = max(wanted, 1 << 4)  # room for further halvings
        self._count *= wanted
        self.frame = self.frame.refined(wanted)

    def tree(self) -> list[int | list[int]]:
        """Depth first: [i, j, at] where a cell is cut, then its lower and its upper part; 0 for a
        cell that is not."""
        entries: list[int | list[int]] = []
        waiting = [0]
        while waiting:
            number = waiting.pop()
            self.cell(number)
            node = self._nodes[number]
            if node.parts is None or node.cut is None:
                entries.append(0)
                continue
            entries.append(list(node.cut))
            waiting.extend(reversed(node.parts))
        return entries
