"""Neurons of the second layer that are constant on every stretch of a one-input function.

A neuron that reads faces moves the output between stretches, by its pattern: the differences of its
values on the stretches, in lowest terms, times a height. Of the neurons of one pattern the tallest
is enough, and one whose height is finer than a cell, so that sums can be made to fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from bitproof.construct.fixed_point_machine import Integers, Machine
from bitproof.construct.fixed_point_stretches import Stretches

NEAR_TOP = 8  # of the heaviest weights, whose residues differ
FEW_LEVELS = 64
READ_AT_ONCE = 3


@dataclass(frozen=True)
class Gadget:
    """A neuron that reads faces.

    Attributes:
        reads: (face, weight).
        bias: in units of β.
        values: on every stretch.
        height: the gcd of the differences of its values.
        edges: the weights in, counted with the copies that carry them.
    """

    reads: tuple[tuple[int, int], ...]
    bias: int
    values: tuple[int, ...]
    height: int
    edges: int

    @property
    def pattern(self) -> tuple[int, ...]:
        """The differences to the first value in lowest terms, the first of them positive."""
        steps = [value - self.values[0] for value in self.values]
        first = next(step for step in steps if step)
        sign = 1 if first > 0 else -1
        return tuple(sign * step // self.height for step in steps)


class Gadgets:
    """The gadgets on given faces, remembered for each set of faces."""

    def __init__(self, machine: Machine, stretches: Stretches) -> None:
        self.machine = machine
        self.stretches = stretches
        self._known: dict[tuple[tuple[int, int], ...], list[Gadget]] = {}
        reach = max(-int(machine.starts[0]), int(machine.starts[-1])) + 1
        self._reach = reach
        self._table = machine.apply(np.arange(-reach, reach + 1))
        self._runs = np.concatenate(([0], np.cumsum(np.diff(self._table) != 0)))

    def on(self, copies: Mapping[int, int], at_once: int = 2) -> list[Gadget]:
        """Gadgets that read up to `at_once` of the faces (number → copies), not two of one jump."""
        faces = self.stretches.faces
        found: list[Gadget] = []
        for count in range(1, at_once + 1):
            for chosen in combinations(sorted(copies.items()), count):
                if len({faces[i].jump for i, _ in chosen}) == count:
                    found += self._of(chosen)
        return _best(found, self.machine.beta)

    def _of(self, chosen: tuple[tuple[int, int], ...]) -> list[Gadget]:
        if chosen not in self._known:
            self._known[chosen] = self._made(chosen)
        return self._known[chosen]

    def _made(self, chosen: tuple[tuple[int, int], ...]) -> list[Gadget]:
        places = [i for i, _ in chosen]
        weights = np.array(
            list(product(*(self._weights(copies, len(chosen)) for _, copies in chosen))),
            dtype=np.int64,
        )
        up, down = np.maximum(weights, 0), np.minimum(weights, 0)
        least, most = self.stretches.least[places], self.stretches.most[places]
        low = np.asarray(up @ least + down @ most, dtype=np.int64)
        high = np.asarray(up @ most + down @ least, dtype=np.int64)
        biases = self._biases(low, high)
        carried = self.machine.beta * biases[:, :, None]
        first, last = (
            self._place(low[:, None, :] + carried),
            self._place(high[:, None, :] + carried),
        )
        rows, columns = np.nonzero((self._runs[first] == self._runs[last]).all(axis=2))
        values = self._table[first[rows, columns]]
        moves = (values != values[:, :1]).any(axis=1)
        values, rows, columns = values[moves], rows[moves], columns[moves]
        if not len(values):
            return []
        edges = (-(-np.abs(weights) // self.machine.heaviest)).sum(axis=1)[rows]
        order = np.lexsort((edges, np.gcd.reduce(values - values[:, :1], axis=1)))
        values, one = np.unique(values[order], axis=0, return_index=True)
        chosen_rows = order[one]
        heights = np.gcd.reduce(values - values[:, :1], axis=1)
        made = [
            Gadget(
                tuple((i, int(w)) for i, w in zip(places, weights[rows[r]], strict=True)),
                int(biases[rows[r] if len(biases) > 1 else 0, columns[r]]),
                tuple(row),
                int(height),
                int(edges[r]),
            )
            for row, r, height in zip(values.tolist(), chosen_rows, heights, strict=True)
        ]
        return _best(made, self.machine.beta)

    def _place(self, u: Integers) -> Integers:
        return np.clip(u, -self._reach, self._reach) + self._reach

    def _weights(self, copies: int, count: int) -> list[int]:
        """Weights on one of `count` faces: all that its copies carry, the heaviest, or some."""
        top = self.machine.heaviest * copies
        if count == 1:
            sizes: Iterable[int] = range(1, top + 1)
        elif count < READ_AT_ONCE:
            sizes = range(max(1, top - NEAR_TOP + 1), top + 1)
        else:
            sizes = {max(1, top - NEAR_TOP + 1), max(1, top - NEAR_TOP // 2 + 1), top}
        return [sign * size for size in sorted(sizes) for sign in (1, -1)]

    def _biases(self, low: Integers, high: Integers) -> Integers:
        """The biases to try, one row for all neurons or one for each: all of them where levels are
        few, else those with which a stretch has just reached an end of the activation."""
        machine = self.machine
        if machine.levels.size <= FEW_LEVELS:
            most = (self._reach + int(max(np.abs(low).max(), np.abs(high).max()))) // machine.beta
            biases = np.arange(-most, most + 1)[None, :]
        else:
            bottom = int(machine.cell_high[machine.flat_low - machine.lowest])
            top = int(machine.cell_low[machine.flat_high - machine.lowest])
            biases = np.concatenate(
                ((bottom - high) // machine.beta, -((low - top) // machine.beta)), axis=1
            )
        return biases


def _best(gadgets: Iterable[Gadget], beta: int) -> list[Gadget]:
    """For each pattern the tallest, and the tallest of a height below β; of fewer edges others."""
    kept: dict[tuple[tuple[int, ...], bool], list[Gadget]] = {}
    for gadget in sorted(gadgets, key=lambda g: (g.edges, -g.height)):
        for fine in (False, True):
            if fine and gadget.height >= beta:
                continue
            group = kept.setdefault((gadget.pattern, fine), [])
            if not group or gadget.height > group[-1].height:
                group.append(gadget)
    return list(dict.fromkeys(gadget for group in kept.values() for gadget in group))
