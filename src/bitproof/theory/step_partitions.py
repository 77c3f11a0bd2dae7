"""Two-valued neurons of the second layer: how they split the levels of one input.

A partition is a first-layer neuron, a weight on it and a threshold: it holds where the product is
above the threshold. The cleanest hold from one level on, or up to one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bitproof.theory.arithmetic import Arithmetic
from bitproof.theory.step_program import Integers, products_of

Booleans = NDArray[np.bool_]

READERS, FEW_READERS = 24, 3
FIRST = 40
CANDIDATES = 48


@dataclass(frozen=True, eq=False)
class Partition:
    """P_reader(T[clamp(bias + P_weight(x))]) > above; `holds` says where, by level."""

    weight: int
    bias: int
    reader: int
    above: int
    holds: Booleans


class Axis:
    """The partitions of one input's levels.

    Args:
        table: T.
        arithmetic: rounding after every operation.
    """

    def __init__(self, table: Sequence[int], arithmetic: Arithmetic) -> None:
        products = products_of(arithmetic)
        self.low, self.high = arithmetic.lowest, arithmetic.highest
        scale = arithmetic.scale
        weights = sorted(
            (m for m in arithmetic.first_weights() if m),
            key=lambda m: (abs(abs(m) - scale), m < 0),
        )
        places = np.asarray(table, dtype=np.int64) - self.low
        self._first = [(m, products.of(m)) for m in weights]
        rows = {products.of(m)[places].tobytes(): m for m in reversed(weights)}
        readers = sorted(rows.values(), key=weights.index)
        self._rows = [(m, products.of(m)[places]) for m in readers if products.of(m)[places].any()]
        self._clean: dict[int, Partition] = {}
        self._find_clean()

    def _sums(self, first: int) -> Iterator[tuple[int, int, Integers]]:
        """(weight, bias, place of the level before T) of the first-layer neurons of a weight."""
        weight, product = self._first[first]
        for bias in sorted(range(self.low, self.high + 1), key=abs):
            yield weight, bias, np.clip(product + bias, self.low, self.high) - self.low

    def _find_clean(self) -> None:
        """For every place, a partition that changes there and nowhere else, if one is found among
        the readers and weights nearest to 1."""
        wanted = set(range(1, self.high - self.low + 1))
        for first, (_, product) in enumerate(self._first):
            missing = wanted - self._clean.keys()
            if not missing or first >= FIRST:
                return
            if all(product[at] == product[at - 1] for at in missing):
                continue
            for weight, bias, place in self._sums(first):
                for reader, row in self._rows[: READERS if first < 2 else FEW_READERS]:
                    self._note(weight, bias, reader, row[place])
                if wanted <= self._clean.keys():
                    return

    def _note(self, weight: int, bias: int, reader: int, product: Integers) -> None:
        for turned in (False, True):
            values = -product if turned else product
            before = np.maximum.accumulate(values)[:-1]
            after = np.minimum.accumulate(values[::-1])[::-1][1:]
            for at in np.flatnonzero(before < after).tolist():
                if at + 1 not in self._clean:
                    above = -int(after[at]) if turned else int(before[at])
                    self._clean[at + 1] = Partition(weight, bias, reader, above, product > above)

    def splitting(self, groups: Integers) -> list[Partition]:
        """Partitions that tell apart all levels of different groups (a number for each level);
        clean ones where the groups change, if there are, else whichever tell most apart.

        Raises:
            ValueError: some levels cannot be told apart.
        """
        changes = (np.flatnonzero(groups[1:] != groups[:-1]) + 1).tolist()
        if all(at in self._clean for at in changes):
            return [self._clean[at] for at in changes]
        chosen = [self._clean[at] for at in changes if at in self._clean]
        told = np.zeros(len(groups), dtype=np.int64)
        for part in chosen:
            told = _finer(told, part)
        while (pair := _clash(told, groups)) is not None:
            best = min(self._telling(*pair), key=lambda p: _clashes(_finer(told, p), groups))
            chosen.append(best)
            told = _finer(told, best)
        return chosen

    def _telling(self, one: int, other: int) -> list[Partition]:
        """Some partitions that tell two places apart, by the first weight that does."""
        biases = np.arange(self.low, self.high + 1)
        readers = np.stack([row for _, row in self._rows])
        for weight, product in self._first:
            ends = np.clip(product[[one, other], None] + biases, self.low, self.high) - self.low
            products = readers[:, ends]
            hits = np.argwhere(products[:, 0] != products[:, 1])
            if len(hits):
                return [
                    self._partition(weight, int(biases[at]), int(reader), products[reader, :, at])
                    for reader, at in hits[:: -(-len(hits) // CANDIDATES)]
                ]
        raise ValueError("levels that no neuron tells apart")

    def _partition(self, weight: int, bias: int, reader: int, pair: Integers) -> Partition:
        """The one that holds where a product is above the lower of two."""
        number, row = self._rows[reader]
        product = dict(self._first)[weight]
        sums = np.clip(product + bias, self.low, self.high) - self.low
        above = int(pair.min())
        return Partition(weight, bias, number, above, row[sums] > above)


def _finer(told: Integers, part: Partition) -> Integers:
    pairs = 2 * told + part.holds
    found: Integers = np.unique(pairs, return_inverse=True)[1].astype(np.int64).ravel()
    return found


def _clash(told: Integers, groups: Integers) -> tuple[int, int] | None:
    """Two places of different groups that are not told apart."""
    first: dict[int, int] = {}
    for place, name in enumerate(told.tolist()):
        other = first.setdefault(name, place)
        if groups[other] != groups[place]:
            return other, place
    return None


def _clashes(told: Integers, groups: Integers) -> int:
    """How many pairs of levels of different groups are not told apart."""
    _, sizes = np.unique(told, return_counts=True)
    _, both = np.unique(np.stack([told, groups], axis=1), axis=0, return_counts=True)
    return int((sizes * sizes).sum() - (both * both).sum())


def isolating(inside: Booleans, partitions: Sequence[Partition]) -> list[tuple[int, bool]] | None:
    """Partitions, by number, with the side on which all of some levels lie, such that no other
    level lies on all of these sides; None if there are none.

    Args:
        inside: which levels.
        partitions: all there are.
    """
    left = ~inside
    chosen: list[tuple[int, bool]] = []
    sides = [
        (number, bool(part.holds[inside][0]))
        for number, part in enumerate(partitions)
        if part.holds[inside].all() or not part.holds[inside].any()
    ]
    while left.any():
        gains = [int((left & (partitions[n].holds != side)).sum()) for n, side in sides]
        if not gains or not max(gains):
            return None
        number, side = sides[int(np.argmax(gains))]
        chosen.append((number, side))
        left = left & (partitions[number].holds == side)
    return chosen
