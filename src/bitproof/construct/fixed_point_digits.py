"""Writing output levels as weighted sums of few activations: the digits of a code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bitproof.construct.fixed_point_machine import FAR, Integers, Machine

MOST_DIGITS = 16
LARGEST_TABLE = 1 << 22


@dataclass(frozen=True)
class Grid:
    """The integers congruent to `anchor` modulo `stride`.

    Weights that must be even reach no others: with binary weights, which have no 0, a neuron
    reads what it does not need through pairs of copies that cancel.
    """

    anchor: int
    stride: int

    def above(self, low: Integers) -> Integers:
        """The least of them that is not below."""
        return low + (self.anchor - low) % self.stride

    def meets(self, machine: Machine) -> NDArray[np.bool_]:
        """Whether T has its value of a level (by place) at one of them."""
        return self.above(machine.plateau_low) <= machine.plateau_high


@dataclass(frozen=True)
class Digit:
    """One neuron of a code.

    Attributes:
        end: -1 if it rests at the format's lowest level when it is not used, +1 at the highest.
        off: a level at which it adds nothing, as where it rests.
        weight: of the neuron in the output.
    """

    end: int
    off: int
    weight: int


@dataclass(frozen=True, eq=False)
class Code:
    """Levels k as level tuples of digits.

    Attributes:
        digits: the neurons.
        levels: for every level k of the format (by place), each digit's level; only for the levels
            the code was made for.
    """

    digits: tuple[Digit, ...]
    levels: dict[int, tuple[int, ...]]

    def write(self, wanted: Integers) -> list[Integers]:
        """Each digit's levels for a sequence of output levels."""
        rows = [self.levels[int(level)] for level in wanted]
        return [np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)]

    @property
    def cost(self) -> int:
        return sum(abs(digit.weight) for digit in self.digits)


def codes(
    machine: Machine, values: Sequence[int], residue: int, grid: Grid | None = None
) -> list[Code]:
    """Codes for some output levels, one of the fewest digits for each resting end.

    Args:
        grid: the values of u that a digit's neuron can have; all, if it is not given.
    """
    found = []
    usable = (grid or Grid(0, 1)).meets(machine)
    for end in (-1, 1):
        code = next(_codes_at(machine, sorted(set(values)), residue, end, usable), None)
        if code is not None:
            found.append(code)
    return found


def grid_of_stride(machine: Machine, stride: int) -> Grid:
    """The values of u, congruent modulo a stride, at which T has the most values."""
    grids = [Grid(anchor, stride) for anchor in range(stride)]
    return max(grids, key=lambda grid: len(set(machine.table[grid.meets(machine)].tolist())))


def _codes_at(
    machine: Machine, values: Sequence[int], residue: int, end: int, usable: NDArray[np.bool_]
) -> Iterator[Code]:
    base = int(machine.table[0] if end < 0 else machine.table[-1])
    moves = _moves(machine, base, end, usable)
    span = max(moves) - min(moves)
    unit = machine.difference
    room = machine.beta if machine.heaviest > 1 else 1
    finest = max(1, min(room, machine.heaviest) // unit)
    for count in range(1, MOST_DIGITS + 1):
        for fine in dict.fromkeys((finest, max(1, finest - 1), max(1, finest // 2))):
            coarse = min(machine.heaviest, fine * (span // unit + 1))
            for weights in _weights(count, fine, coarse):
                code = _code(machine, values, residue, end, moves, weights)
                if code is not None:
                    yield code


def _weights(count: int, fine: int, coarse: int) -> list[tuple[int, ...]]:
    same = tuple(fine * (-1) ** i for i in range(count))
    alternating = (fine, *(coarse * (-1) ** i for i in range(count - 1)))
    return list(dict.fromkeys([same, alternating, (fine, *[coarse] * (count - 1))]))


def _moves(machine: Machine, base: int, end: int, usable: NDArray[np.bool_]) -> dict[int, int]:
    """T[v] - T[end] and a usable level v for it; for 0, a level at the flat end."""
    places = np.flatnonzero(usable)
    order = places if end < 0 else places[::-1]
    found: dict[int, int] = {}
    flat = machine.flat_low if end < 0 else machine.flat_high
    found[0] = flat
    for place in order.tolist():
        found.setdefault(int(machine.table[place]) - base, place + machine.lowest)
    return found


def _code(
    machine: Machine,
    values: Sequence[int],
    residue: int,
    end: int,
    moves: dict[int, int],
    weights: tuple[int, ...],
) -> Code | None:
    reached: dict[int, tuple[int, ...]] = {0: ()}
    for weight in weights:
        further: dict[int, tuple[int, ...]] = {}
        for total, before in reached.items():
            for move, level in moves.items():
                further.setdefault(total + weight * move, (*before, level))
        if len(further) * len(moves) > LARGEST_TABLE:
            return None
        reached = further
    sums = np.array(sorted(reached), dtype=np.int64)
    offset = _offset(machine, values, residue, sums)
    if offset is None:
        return None
    levels = {}
    for value in values:
        place = value - machine.lowest
        first = int(np.searchsorted(sums, machine.cell_low[place] - offset))
        last = int(np.searchsorted(sums, machine.cell_high[place] - offset, side="right"))
        near = sums[first:last]
        levels[value] = reached[int(near[np.argmin(np.abs(near))])]
    off = machine.flat_low if end < 0 else machine.flat_high
    return Code(tuple(Digit(end, off, weight) for weight in weights), levels)


def _offset(machine: Machine, values: Sequence[int], residue: int, sums: Integers) -> int | None:
    """A c ≡ residue modulo D with a sum in every wanted cell, moved by c."""
    middle = [sum(_cell(machine, value)) // 2 for value in (values[0], values[-1])]
    low, high = middle[0] - int(sums[-1]), middle[1] - int(sums[0])
    step = machine.difference
    offsets = np.arange(low - (low - residue) % step, high + step, step, dtype=np.int64)
    good = np.ones(len(offsets), dtype=bool)
    for value in values:
        first, last = (
            machine.cell_low[value - machine.lowest],
            machine.cell_high[value - machine.lowest],
        )
        left = np.searchsorted(sums, first - offsets)
        right = np.searchsorted(sums, last - offsets, side="right")
        good &= right > left
    found = np.flatnonzero(good)
    if not len(found):
        return None
    aligned = found[offsets[found] % machine.beta == 0]
    return int(offsets[aligned[len(aligned) // 2] if len(aligned) else found[len(found) // 2]])


def _cell(machine: Machine, level: int) -> tuple[int, int]:
    """A level's cell, its infinite end cut to one unit."""
    low = int(machine.cell_low[level - machine.lowest])
    high = int(machine.cell_high[level - machine.lowest])
    if low <= -FAR:
        low = high - machine.beta
    return low, (low + machine.beta if high >= FAR else high)
