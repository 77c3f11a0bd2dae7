"""What a network is on cells: an affine function, given at the corners, plus an error.

On a cell where no ReLU's argument has corners with opposite signs, every neuron is affine, layer
by layer, and so is the network. On any other, a ReLU of z = affine + error with z in [l, u],
l < 0 < u, is 0 plus something in [0, u], and also z plus something in [0, -l]: the narrower of the
two is taken. Everything is an integer multiple of the neuron's granule over q, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from .box_cells import Place
from .network import RealProgram


@dataclass(frozen=True, slots=True)
class Form:
    """The network on a cell: `values` at its corners, plus something in [low, high]."""

    values: tuple[Fraction, ...]
    low: Fraction
    high: Fraction


def values_at(program: RealProgram, places: Sequence[Place], scale: int) -> list[Fraction]:
    """The network at the points places/scale, exactly."""
    return [form.values[0] for form in forms(program, [(place,) for place in places], scale)]


def forms(program: RealProgram, cells: Sequence[Sequence[Place]], scale: int) -> list[Form]:
    """The network on cells whose corners are the given points over `scale`."""
    number: dict[Place, int] = {}
    indices = [[number.setdefault(place, len(number)) for place in cell] for cell in cells]
    columns = [list(column) for column in zip(*number, strict=True)]
    straight = list(range(len(cells)))
    for step in program.steps:
        terms = [(c, columns[position]) for c, position in step.terms]
        column = _sum(step.bias * scale, terms, len(number))
        if step.relu and min(column) < 0:
            if max(column) > 0:
                straight = [i for i in straight if not _crosses(column, indices[i])]
            column = [k if k > 0 else 0 for k in column]
        columns.append(column)
    unit = program.output_granule / scale
    found = {
        i: Form(tuple(columns[-1][k] * unit for k in indices[i]), Fraction(0), Fraction(0))
        for i in straight
    }
    bent = [i for i in range(len(cells)) if i not in found]
    if bent:
        relaxed = _relaxed(program, [cells[i] for i in bent], scale)
        found |= dict(zip(bent, relaxed, strict=True))
    return [found[i] for i in range(len(cells))]


def _sum(start: int, parts: list[tuple[int, list[int]]], size: int) -> list[int]:
    total = [start] * size
    for coefficient, column in parts:
        total = [a + coefficient * b for a, b in zip(total, column, strict=True)]
    return total


def _crosses(column: list[int], corners: list[int]) -> bool:
    signs = [column[k] for k in corners]
    return min(signs) < 0 < max(signs)


@dataclass(slots=True)
class _Values:
    """A neuron on several cells: at all their corners, one cell after the other, and the ends of
    the error on each."""

    corners: list[int]
    low: list[int]
    high: list[int]


def _relaxed(program: RealProgram, cells: Sequence[Sequence[Place]], scale: int) -> list[Form]:
    ranges, count = list[range](), 0
    for cell in cells:
        ranges.append(range(count, count + len(cell)))
        count += len(cell)
    zeros = [0] * len(cells)
    flat = [place for cell in cells for place in cell]
    values = [_Values(list(column), zeros, zeros) for column in zip(*flat, strict=True)]
    for step in program.steps:
        terms = [(c, values[position]) for c, position in step.terms]
        value = _combined(step.bias * scale, terms, count, len(cells))
        values.append(_rectified(value, ranges) if step.relu else value)
    unit = program.output_granule / scale
    last = values[-1]
    return [
        Form(tuple(last.corners[k] * unit for k in places), low * unit, high * unit)
        for places, low, high in zip(ranges, last.low, last.high, strict=True)
    ]


def _combined(bias: int, parts: list[tuple[int, _Values]], count: int, cells: int) -> _Values:
    corners = _sum(bias, [(c, value.corners) for c, value in parts], count)
    ends = [(c, value.low, value.high) for c, value in parts if any(value.low) or any(value.high)]
    lows = [(c, low if c > 0 else high) for c, low, high in ends]
    highs = [(c, high if c > 0 else low) for c, low, high in ends]
    return _Values(corners, _sum(0, lows, cells), _sum(0, highs, cells))


def _rectified(value: _Values, ranges: Sequence[range]) -> _Values:
    corners, low, high = list(value.corners), list(value.low), list(value.high)
    for cell, places in enumerate(ranges):
        found = corners[places.start : places.stop]
        least, most = min(found) + low[cell], max(found) + high[cell]
        if least >= 0:
            continue
        if most <= 0 or most <= -least:
            corners[places.start : places.stop] = [0] * len(places)
            low[cell], high[cell] = 0, max(most, 0)
        else:
            high[cell] -= least
    return _Values(corners, low, high)
