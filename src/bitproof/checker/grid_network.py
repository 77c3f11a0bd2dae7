"""A network of either semantics at many points of a grid: a column of values for each neuron.

The sums of a neuron take few values on a part of a grid, so each of them is rounded once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from .network import FixedProgram, RealProgram, accumulated, activated

Number = int | Fraction
Column = list[Number]


@dataclass(frozen=True, slots=True)
class Values:
    """Exact values: numbers times a unit."""

    numbers: Column
    unit: Fraction


def values_at(
    program: RealProgram | FixedProgram, levels: Sequence[list[int]], scale: int
) -> Values:
    """The network at the points whose i-th input is levels[i]/scale."""
    if isinstance(program, RealProgram):
        return _real(program, levels, scale)
    return _fixed(program, levels, scale)


def _real(program: RealProgram, levels: Sequence[list[int]], scale: int) -> Values:
    columns: list[Column] = [list(column) for column in levels]
    size = len(levels[0])
    for step in program.steps:
        terms = [(c, columns[position]) for c, position in step.terms]
        column = _sum(step.bias * scale, terms, size)
        columns.append([k if k > 0 else 0 for k in column] if step.relu else column)
    return Values(columns[-1], program.output_granule / scale)


def _fixed(program: FixedProgram, levels: Sequence[list[int]], scale: int) -> Values:
    columns = [_inputs(program, column, scale) for column in levels]
    size = len(levels[0])
    for bias, terms, denominator, neuron in program.steps:
        parts = [(w, columns[position]) for w, position in terms]
        if neuron.every:
            rows = zip(*([w * value for value in column] for w, column in parts), strict=True)
            each = list(rows) if parts else [()] * size
            columns.append([accumulated(bias, row, denominator, neuron) for row in each])
            continue
        column = _sum(bias, parts, size)
        found = {total: activated(total, denominator, neuron) for total in set(column)}
        columns.append([found[total] for total in column])
    return Values(columns[-1], Fraction(1, program.output_scale))


def _inputs(program: FixedProgram, levels: list[int], scale: int) -> Column:
    """One input's values as the program starts with them."""
    form = program.input_form
    if form is None:
        exact = {level: Fraction(level, scale) for level in set(levels)}
        return [exact[level] for level in levels]
    rounded = {level: form.level(level, scale) for level in set(levels)}
    return [rounded[level] for level in levels]


def _sum(start: int, parts: list[tuple[int, Column]], size: int) -> Column:
    total: Column = [start] * size
    for coefficient, column in parts:
        total = [a + coefficient * b for a, b in zip(total, column, strict=True)]
    return total
