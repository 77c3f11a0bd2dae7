"""Where values live: slots by liveness, the values of a layer in neighbouring slots."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

from bitproof.interop.live import LiveNetwork


@dataclass(frozen=True, slots=True)
class Slots:
    """A slot for every value.

    Attributes:
        slot: per value, the inputs first.
        count: how many slots there are.
    """

    slot: tuple[int, ...]
    count: int


def assign_slots(live: LiveNetwork, widths: Sequence[int]) -> Slots:
    """Slots for the inputs and for layers of the given widths, reused after the last reader.

    A layer of one neuron may take the slot of a value it reads itself: its sum is complete before
    it is stored. Wider layers keep clear of what they read.
    """
    groups = [live.inputs, *widths]
    group_of = [index for index, width in enumerate(groups) for _ in range(width)]
    last = [0] * len(groups)
    for value, neuron in enumerate(live.neurons, start=live.inputs):
        for source in neuron.sources:
            last[group_of[source]] = group_of[value]
    last[-1] = len(groups)
    ending: list[list[int]] = [[] for _ in range(len(groups) + 1)]
    for index, reader in enumerate(last):
        ending[max(reader, index)].append(index)
    space, starts = _Space(), list[int]()
    for index, width in enumerate(groups):
        read = [group for group in ending[index] if group != index]
        if width == 1:
            for group in read:
                space.give_back(starts[group], groups[group])
        starts.append(space.take(width))
        if width > 1:
            for group in read:
                space.give_back(starts[group], groups[group])
        if index in ending[index]:
            space.give_back(starts[index], width)
    slots = [start + at for start, width in zip(starts, groups, strict=True) for at in range(width)]
    return Slots(tuple(slots), space.end)


class _Space:
    """Free intervals of slots, ascending and apart from each other; beyond `end` all is free."""

    def __init__(self) -> None:
        self.end = 0
        self._free: list[tuple[int, int]] = []

    def take(self, width: int) -> int:
        """The start of the first free interval that is wide enough, or of new slots at the end."""
        for index, (start, length) in enumerate(self._free):
            if length >= width:
                rest = [(start + width, length - width)] if length > width else []
                self._free[index : index + 1] = rest
                return start
        if self._free and sum(self._free[-1]) == self.end:
            start, _ = self._free.pop()
        else:
            start = self.end
        self.end = start + width
        return start

    def give_back(self, start: int, width: int) -> None:
        """Frees an interval and joins it with free neighbours."""
        at = bisect.bisect(self._free, (start, width))
        if at < len(self._free) and self._free[at][0] == start + width:
            width += self._free.pop(at)[1]
        if at and sum(self._free[at - 1]) == start:
            start, before = self._free.pop(at - 1)
            width += before
            at -= 1
        self._free.insert(at, (start, width))
