"""Many numbers in one: columns of integers as single long integers.

A column (k_0, k_1, …) is Σ k_j·2^(width·j), each |k_j| < 2^(width-1). Sums and multiples of columns
are sums and multiples of these integers, so they take a few operations on long integers, whatever
the length of the columns. That is ten times faster than number by number, and just as exact.

Comparisons are made in all slots at once too. 2^(width-1) is added to every number, so that none is
negative and no slot borrows from the next; the top bit of a slot then says whether its number was
≥ 0. A set of slots is an integer of such top bits, its `flags`.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence


class Slots:
    """Room for `count` numbers of less than `width` bits and a sign; `width` is a multiple of 8.

    >>> slots = Slots(3, 64)
    >>> column = 2 * slots.pack([5, -3, 0]) - slots.pack([1, 1, 1])
    >>> slots.unpack(column), slots.unpack(slots.relu(column)), slots.bound(column)
    ([9, -7, -1], [9, 0, 0], 16)
    >>> slots.members(slots.nonnegative(column)), slots.members(slots.opposite(column))
    ([0], [0])
    """

    def __init__(self, count: int, width: int) -> None:
        self.count, self.width, self._bytes = count, width, width // 8
        ones = int.from_bytes((b"\1" + bytes(self._bytes - 1)) * count, "little")
        self.all = ones << (width - 1)
        self.limit = 1 << (width - 1)

    def pack(self, numbers: Sequence[int]) -> int:
        """The column of `count` numbers, each |number| < limit."""
        raised = b"".join((n + self.limit).to_bytes(self._bytes, "little") for n in numbers)
        return int.from_bytes(raised, "little") - self.all

    def unpack(self, column: int) -> list[int]:
        """The numbers of a column."""
        raw, size = self._raw(column + self.all), self._bytes
        return [
            int.from_bytes(raw[at : at + size], "little") - self.limit
            for at in range(0, len(raw), size)
        ]

    def high_halves(self, column: int) -> list[int]:
        """floor(number / 2^64) for every number, of slots of 128 bits."""
        words = struct.unpack(f"<{2 * self.count}Q", self._raw(column + self.all))
        return [word - (1 << 63) for word in words[1::2]]

    def nonnegative(self, column: int) -> int:
        """The slots whose number is ≥ 0."""
        return (column + self.all) & self.all

    def keep(self, column: int, flags: int) -> int:
        """The numbers of some slots, 0 in all others."""
        mask = (flags << 1) - (flags >> (self.width - 1))
        return ((column + self.all) & mask) - flags

    def relu(self, column: int) -> int:
        """max(0, number) in every slot."""
        flags = self.nonnegative(column)
        return column if flags == self.all else self.keep(column, flags) if flags else 0

    def opposite(self, column: int) -> int:
        """The slots whose number and the next slot's have strictly opposite signs."""
        negative = self.all ^ self.nonnegative(column)
        positive = self.all ^ self.nonnegative(-column)
        return negative & (positive >> self.width) | positive & (negative >> self.width)

    def members(self, flags: int) -> list[int]:
        """The positions of a set of slots, ascending."""
        tops = self._raw(flags)[self._bytes - 1 :: self._bytes]
        return [at for at, top in enumerate(tops) if top]

    def bound(self, column: int) -> int:
        """A power of two that no |number| exceeds: the bits of all, or-ed together by halves."""
        bits, left = self.relu(column) + self.relu(-column), self.count
        while left > 1:
            left = (left + 1) // 2
            shift = left * self.width
            bits = bits >> shift | bits & ((1 << shift) - 1)
        return 1 << bits.bit_length()

    def _raw(self, packed: int) -> bytes:
        return packed.to_bytes(self._bytes * self.count, "little")
