"""Cells within which a network's output is affine although some of its neurons are not.

On a cell every neuron computed so far is affine; those about to change their sign are only known to
lie in an interval. Carried through the rest of the network, each value is an affine function (given
by its ends) plus an interval: a ReLU that is surely negative makes it 0, one that is surely
positive leaves it, any other one leaves an interval. Where the output's interval is 0, nothing
within the cell matters: the output is affine between its ends. A certificate's checker repeats it.

Floats with proved bounds of their rounding decide only that a cell is settled; if they cannot, it
is cut further as any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bitproof.certify.propagation import PointTable
from bitproof.certify.stages import Stage

UNIT = 2.0**-50
MANY = 512

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class _Value:
    """A neuron on some cells: affine between `left` and `right`, each off by at most `error`, plus
    something between `low` and `high`."""

    left: Array
    right: Array
    error: Array
    low: Array
    high: Array


def settled(table: PointTable, stages: Sequence[Stage], cells: Array, output: int) -> Array:
    """For each of some cells whether the output is affine on it, whatever happens within.

    Args:
        table: with the pre-activations of the first of the stages computed, not yet clamped.
        stages: the one just computed and those that follow.
    """
    values = {number: _known(table, number, cells) for number in table.neurons}
    first, *rest = stages
    for number, relu in zip(first.neurons, first.relu, strict=True):
        if relu:
            values[number] = _clamped(values[number])
    for stage in rest:
        sums = _sums(stage, values) if len(stage.weights) > MANY else None
        for at, number in enumerate(stage.neurons):
            value = _sum(stage, at, values) if sums is None else sums[at]
            values[number] = _clamped(value) if stage.relu[at] else value
        for number in stage.forget:
            values.pop(number, None)
    last = values[output]
    is_settled: Array = (last.low == 0) & (last.high == 0)
    return is_settled


def _known(table: PointTable, number: int, cells: Array) -> _Value:
    """A live neuron: its integers over q at the ends of the cells."""
    row = table.row(number)
    left = row[cells].astype(np.float64) / table.q[cells].astype(np.float64)
    right = row[cells + 1].astype(np.float64) / table.q[cells + 1].astype(np.float64)
    nothing = np.zeros(len(cells))
    return _Value(left, right, UNIT * np.maximum(np.abs(left), np.abs(right)), nothing, nothing)


def _sum(stage: Stage, at: int, values: dict[int, _Value]) -> _Value:
    """A neuron's pre-activation."""
    bias = float(stage.bias[at])
    columns, weights = stage.row(at)
    read = [values[stage.sources[column]] for column in columns]
    shape = next(iter(values.values())).left.shape
    left, right = np.full(shape, bias), np.full(shape, bias)
    size = np.full(shape, abs(bias))
    error, low, high = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for weight, value in zip(weights.astype(np.float64), read, strict=True):
        left += weight * value.left
        right += weight * value.right
        size += abs(weight) * np.maximum(np.abs(value.left), np.abs(value.right))
        error += abs(weight) * value.error
        low += weight * (value.low if weight > 0 else value.high)
        high += weight * (value.high if weight > 0 else value.low)
    terms = len(read) + 2
    reach = np.maximum(-low, high)
    return _Value(
        left, right, (error + size * UNIT * terms) * (1 + 1e-9), *_outward(low, high, reach)
    )


def _sums(stage: Stage, values: dict[int, _Value]) -> list[_Value]:
    """The pre-activations of a large stage, as matrix products."""
    matrix, read = stage.dense(), [values[source] for source in stage.sources]
    size, cells = np.abs(matrix), len(read[0].left)

    def rows(parts: list[Array], last: float) -> Array:
        return np.concatenate((np.stack(parts), np.full((1, cells), last)))

    left = rows([value.left for value in read], 1.0)
    right = rows([value.right for value in read], 1.0)
    largest = size @ np.maximum(np.abs(left), np.abs(right))
    error = size @ rows([value.error for value in read], 0.0)
    error = (error + largest * UNIT * (len(read) + 2)) * (1 + 1e-9)
    low, high = np.zeros_like(largest), np.zeros_like(largest)
    loose = [at for at, value in enumerate(read) if value.low.any() or value.high.any()]
    if loose:
        up, down = np.maximum(matrix[:, loose], 0), np.minimum(matrix[:, loose], 0)
        bottom = np.stack([read[at].low for at in loose])
        top = np.stack([read[at].high for at in loose])
        low, high = up @ bottom + down @ top, up @ top + down @ bottom
        # where nothing is loose the interval stays exactly 0
        reach = (up - down) @ np.maximum(-bottom, top)
        low, high = low - reach * 1e-9, high + reach * 1e-9
    left, right = matrix @ left, matrix @ right
    parts = (left, right, error, low, high)
    return [_Value(*(part[at] for part in parts)) for at in range(len(stage.neurons))]


def _outward(low: Array, high: Array, reach: Array) -> tuple[Array, Array]:
    """The interval, larger by more than its rounding unless it is exactly 0."""
    return low - reach * 1e-9, high + reach * 1e-9


def _clamped(value: _Value) -> _Value:
    """The ReLU."""
    top = np.maximum(value.left, value.right) + value.error + value.high
    bottom = np.minimum(value.left, value.right) - value.error + value.low
    off, on = top <= 0, bottom >= 0
    affine = on & ~off
    unknown = ~on & ~off
    return _Value(
        np.where(affine, value.left, 0.0),
        np.where(affine, value.right, 0.0),
        np.where(affine, value.error, 0.0),
        np.where(affine, value.low, 0.0),
        np.where(unknown, top * (1 + 1e-9), np.where(affine, value.high, 0.0)),
    )
