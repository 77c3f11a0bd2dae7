"""The values of a network at points, and whether it is affine on the cells between them.

All points go through the network together, a column of integers for each neuron (`packed`). If no
ReLU's pre-activation has opposite signs at the ends of a cell, then, layer by layer, every
pre-activation is affine on it and keeps its sign, so its ReLU is affine too.

On the other cells what changes its sign may not reach the output. There every value is followed as
an affine function, known by its integers at the ends, plus an interval. A ReLU whose pre-activation
is nowhere positive is 0, one nowhere negative is its pre-activation; of any other one only an
interval is known. If the output's interval is 0, the network is affine on the cell.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from .packed import Slots

SPARE = 24  # bits: bounds this near to the width of the slots are measured


class Narrow(Exception):  # noqa: N818 - a request, not a fault
    """The numbers need wider slots."""


@dataclass(frozen=True, slots=True)
class Step:
    """A neuron: bias + Σ coefficient·value over `terms` = ((coefficient, position), …), position 0
    being the input; nothing reads the positions of `spent` after it."""

    bias: int
    terms: tuple[tuple[int, int], ...]
    relu: bool
    spent: tuple[int, ...] = ()


class _Column(NamedTuple):
    """Packed numbers, none of them larger than the bound."""

    packed: int
    bound: int


class _Value(NamedTuple):
    """On some cells: affine between `left` and `right`, plus something from `low` to `high`."""

    left: _Column
    right: _Column
    low: _Column
    high: _Column


NOTHING = _Column(0, 0)


def values_at(
    steps: Sequence[Step], points: Sequence[Fraction], width: int
) -> tuple[list[int], list[int]]:
    """The last neuron's integers over the denominators of the points; and the cells, counted from
    0, at whose ends some ReLU's pre-activation has opposite signs.

    Raises:
        Narrow: the numbers do not fit into `width` bits.

    >>> hat = [Step(-1, ((2, 0),), True), Step(0, ((1, 0), (-1, 1)), False)]
    >>> values_at(hat, [Fraction(0), Fraction(1, 4), Fraction(1)], 64)
    ([0, 1, 0], [1])
    """
    slots = Slots(len(points), width)
    scales = _column(slots, [x.denominator for x in points])
    columns = {0: _column(slots, [x.numerator for x in points])}
    changing = 0
    for number, step in enumerate(steps, 1):
        terms = [(c, columns[position]) for c, position in step.terms]
        packed, bound = _sum(slots, [(step.bias, scales), *terms])
        if step.relu:
            changing |= slots.opposite(packed)
            packed = slots.relu(packed)
        for position in step.spent:
            del columns[position]
        columns[number] = _Column(packed, bound)
    return slots.unpack(columns[len(steps)].packed), slots.members(changing)


def bent(
    steps: Sequence[Step], cells: Sequence[tuple[Fraction, Fraction]], width: int
) -> list[int]:
    """The cells on which the last neuron is not proved to be affine, counted from 0.

    Raises:
        Narrow: as above.

    >>> spike, kink = Step(-1, ((2, 0),), True), Step(1, ((-2, 0),), True)
    >>> closed, opened = Step(-9, ((1, 1), (1, 2)), True), Step(0, ((1, 1), (-1, 2)), False)
    >>> cells = [(Fraction(0), Fraction(1, 3)), (Fraction(0), Fraction(1))]
    >>> bent([spike, kink, closed], cells, 64), bent([spike, kink, opened], cells, 64)
    ([], [1])
    """
    slots = Slots(len(cells), width)
    commons = [math.lcm(a.denominator, b.denominator) for a, b in cells]
    left, right = (
        _column(slots, [int(x * common) for x, common in zip(ends, commons, strict=True)])
        for ends in zip(*cells, strict=True)
    )
    scales = _column(slots, commons)
    constant = _Value(scales, scales, NOTHING, NOTHING)
    values = {0: _Value(left, right, NOTHING, NOTHING)}
    for number, step in enumerate(steps, 1):
        terms = [(c, values[position]) for c, position in step.terms]
        value = _loose_sum(slots, [(step.bias, constant), *terms])
        for position in step.spent:
            del values[position]
        values[number] = _clamped(slots, value) if step.relu else value
    last = values[len(steps)]
    tight = slots.nonnegative(last.low.packed) & slots.nonnegative(-last.high.packed)
    return slots.members(slots.all ^ tight)


def _column(slots: Slots, numbers: Sequence[int]) -> _Column:
    bound = max(map(abs, numbers))
    if bound >= slots.limit:
        raise Narrow
    return _Column(slots.pack(numbers), bound)


def _sum(slots: Slots, parts: Iterable[tuple[int, _Column]]) -> _Column:
    """Σ coefficient·column."""
    total = bound = 0
    for coefficient, (packed, size) in parts:
        if coefficient and packed:
            total += packed if coefficient == 1 else coefficient * packed
            bound += abs(coefficient) * size
    if bound >= slots.limit:
        raise Narrow
    return _Column(total, bound if bound < slots.limit >> SPARE else slots.bound(total))


def _loose_sum(slots: Slots, parts: Sequence[tuple[int, _Value]]) -> _Value:
    return _Value(
        _sum(slots, [(c, value.left) for c, value in parts]),
        _sum(slots, [(c, value.right) for c, value in parts]),
        _sum(slots, [(c, value.low if c > 0 else value.high) for c, value in parts]),
        _sum(slots, [(c, value.high if c > 0 else value.low) for c, value in parts]),
    )


def _clamped(slots: Slots, value: _Value) -> _Value:
    """The ReLU."""
    left, right, low, high = value
    apart = _sum(slots, [(1, right), (-1, left)])
    rise = _Column(slots.relu(apart.packed), apart.bound)
    top = _sum(slots, [(1, left), (1, rise), (1, high)])
    bottom = _sum(slots, [(1, right), (-1, rise), (1, low)])
    off = slots.nonnegative(-top.packed)
    on = slots.nonnegative(bottom.packed) & ~off
    kept = [_Column(slots.keep(packed, on), bound) for packed, bound in value]
    open_top = _Column(slots.keep(top.packed, slots.all ^ off ^ on), top.bound)
    return _Value(kept[0], kept[1], kept[2], _sum(slots, [(1, kept[3]), (1, open_top)]))
