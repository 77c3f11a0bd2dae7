"""A partition of a box by halvings: a binary tree."""

from __future__ import annotations

from dataclasses import dataclass, field

from bitproof.certify.difference.affine import Array

LEAF = -1


@dataclass(slots=True)
class Partition:
    """Node 0 is the whole box; a node is a leaf or has two halves, first the lower one.

    Attributes:
        inputs: the input halved at each node, or `LEAF`.
        children: the number of the lower half; the upper one follows it.
    """

    inputs: list[int] = field(default_factory=lambda: [LEAF])
    children: list[int] = field(default_factory=lambda: [0])

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def leaves(self) -> int:
        return (len(self) + 1) // 2

    def halve(self, node: int, index: int) -> int:
        """Splits a leaf; returns the number of the lower half."""
        child = len(self.inputs)
        self.inputs[node], self.children[node] = index, child
        self.inputs += [LEAF, LEAF]
        self.children += [0, 0]
        return child

    def preorder(self) -> list[int]:
        """The inputs halved, node before halves, lower half first; `LEAF` at leaves."""
        found, waiting = list[int](), [0]
        while waiting:
            node = waiting.pop()
            found.append(self.inputs[node])
            if self.inputs[node] != LEAF:
                waiting += [self.children[node] + 1, self.children[node]]
        return found


def halves(lower: Array, upper: Array, indices: Array) -> tuple[Array, Array]:
    """The lower halves of boxes (batch, inputs), then the upper halves, split at the midpoint of
    side `indices[i]`."""
    import numpy as np

    count = len(lower)
    rows = np.arange(count)
    middle = (lower[rows, indices] + upper[rows, indices]) / 2
    low, high = np.concatenate([lower, lower]), np.concatenate([upper, upper])
    high[rows, indices] = middle
    low[count + rows, indices] = middle
    return low, high
