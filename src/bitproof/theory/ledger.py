"""Counting a network's sizes from its plan: groups of like neurons, and what each of them reads.

A group holds neurons that read equally many values of the same other groups, each neuron stored
on its own (fan-in + 1 entries). Depth, width and the number of entries follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate

from bitproof.theory.march import InputStage

INPUT = "x"


@dataclass(slots=True)
class _Group:
    count: int
    level: int
    until: int


class Ledger:
    """Groups of neurons so far; the input is there already.

    >>> ledger = Ledger()
    >>> ledger.add("hinges", 3, {INPUT: 1})
    'hinges'
    >>> ledger.add("sum", 1, {INPUT: 1, "hinges": 3})
    'sum'
    >>> ledger.depth, ledger.width, ledger.dense_weights
    (2, 4, 11)
    """

    def __init__(self) -> None:
        self._groups = {INPUT: _Group(1, 0, 0)}
        self.dense_weights = 0

    def add(self, name: str, count: int, reads: Mapping[str, int]) -> str:
        """So many neurons, each of which reads so many values of each of the groups named."""
        assert name not in self._groups, name
        level = 1 + max((self._groups[source].level for source in reads), default=0)
        for source in reads:
            self._groups[source].until = max(self._groups[source].until, level - 1)
        self._groups[name] = _Group(count, level, level)
        self.dense_weights += count * (sum(reads.values()) + 1)
        return name

    def chain(self, name: str, source: str, layers: int) -> str:
        """Neurons one after the other; the source itself if there are none."""
        for at in range(layers):
            source = self.add(f"{name}.{at}", 1, {source: 1})
        return source

    @property
    def depth(self) -> int:
        """Affine maps on the longest path to any neuron."""
        return max(group.level for group in self._groups.values())

    @property
    def width(self) -> int:
        """The largest number of values alive between two depths."""
        changes = [0] * (self.depth + 2)
        for group in self._groups.values():
            changes[group.level] += group.count
            changes[group.until + 1] -= group.count
        return max(accumulate(changes))


def enter(ledger: Ledger, stage: InputStage, halvings: int, zooms: int) -> str:
    """The input stage of a matrix: the input becomes a number in [0, 1]."""
    place = INPUT
    if stage is InputStage.SPLIT:
        place = ledger.add("parts", 2, {place: 1})
        for at in range(halvings):
            place = ledger.add(f"parts.{at}", 2, {place: 2})
        place = ledger.add("joined", 1, {place: 2})
    else:
        if stage is InputStage.SHIFTED:
            place = ledger.add("shifted", 1, {place: 1})
        place = ledger.chain("halved", place, halvings)
    return ledger.chain("zoomed", place, zooms)


def leave(ledger: Ledger, total: str, halvings: int, doublings: int) -> str:
    """The output stage: halvings with the offset's digits, then doublings of a signed number."""
    if not doublings:
        return ledger.chain("out", total, max(halvings, 1))
    total = ledger.chain("out", total, halvings)
    total = ledger.add("signed", 2, {total: 1})
    total = ledger.add("triple", 3, {total: 2})
    for at in range(doublings):
        total = ledger.add(f"triple.{at}", 3, {total: 3})
    return ledger.add("end", 1, {total: 3})


def several(names: Iterable[str]) -> dict[str, int]:
    """One value of each group."""
    return dict.fromkeys(names, 1)
