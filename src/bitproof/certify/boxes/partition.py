"""The partition of a box into cells: a tree of cuts over a lattice that grows finer on demand."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bitproof.certify.boxes.cells import Cell, Frame

FIRST_FINENESS = 1 << 10
MAX_FINENESS = 1 << 40


@dataclass(slots=True)
class _Node:
    """A cell of the tree, its bounds in steps of the lattice `fineness` times as fine as the first;
    `cut` and `parts` once it is cut."""

    cell: Cell
    fineness: int
    cut: tuple[int, int, int] | None = None
    parts: tuple[int, int] | None = None


class Partition:
    """Cells by number; number 0 is the whole box of the frame. Places are given in steps of the
    frame at the beginning, whatever the lattice has become.

    >>> from bitproof.exact.box import Box
    >>> partition = Partition(Frame.of(Box.unit(2), 1), 4)
    >>> partition.cut(0, 1, 2, Fraction(0)), partition.cut(1, 1, 0, Fraction(1, 3))
    ((1, 2), (3, 4))
    >>> partition.tree(), partition.frame.counts
    ([[1, 2, 0], [1, 0, 4], 0, 0, 0], (12, 12))
    """

    def __init__(self, frame: Frame, fineness: int = FIRST_FINENESS) -> None:
        self.frame = frame.refined(fineness)
        self._fineness = fineness
        self._nodes = [_Node(Cell.whole(self.frame), fineness)]

    def cell(self, number: int) -> Cell:
        """A cell on the lattice as it is now."""
        node = self._nodes[number]
        if node.fineness != self._fineness:
            factor = self._fineness // node.fineness
            node.cell, node.fineness = node.cell.scaled(factor), self._fineness
            if node.cut is not None:
                i, j, at = node.cut
                node.cut = (i, j, at * factor)
        return node.cell

    def first_steps(self, steps: Fraction | int) -> Fraction:
        """Steps of the lattice as it is now in steps of the first."""
        return Fraction(steps) / self._fineness

    def middle(self, number: int, i: int) -> Fraction:
        """Halfway along input i (counted from 1)."""
        low, high = self.cell(number).extent(i, 0)
        return Fraction(low + high, 2 * self._fineness)

    def cut(self, number: int, i: int, j: int, at: Fraction) -> tuple[int, int] | None:
        """Cuts a cell by k_i - k_j = at; the lattice becomes finer if the place needs it, or the
        place moves to a point of the lattice where it may not.

        Returns:
            The numbers of the parts at or below, and at or above; None if the place is not
            strictly inside the cell.
        """
        self._refine(at)
        cell = self.cell(number)
        low, high = cell.extent(i, j)
        place = round(at * self._fineness)
        if not low < place < high:
            return None
        node = self._nodes[number]
        node.cut = (i, j, place)
        first = len(self._nodes)
        for part in cell.cut(i, j, place):
            self._nodes.append(_Node(part, self._fineness))
        node.parts = (first, first + 1)
        return node.parts

    def _refine(self, at: Fraction) -> None:
        wanted = (at * self._fineness).denominator
        if wanted == 1 or self._fineness * wanted > MAX_FINENESS:
            return
        if wanted & (wanted - 1) == 0:
            wanted = max(wanted, 1 << 4)  # room for further halvings
        self._fineness *= wanted
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
