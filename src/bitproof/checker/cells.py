"""Whether a network is affine on each cell between points, though some of its neurons are not.

Within a cell every value is followed as an affine function, known by its integers at the ends, plus
an interval. A ReLU whose pre-activation is nowhere positive is 0, one nowhere negative is its
pre-activation; of any other one only an interval is known. If the output's interval is 0, whatever
happens within the cell does not reach it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

ZERO = Fraction(0)
Step = tuple[int, tuple[tuple[int, int], ...], bool]


@dataclass(frozen=True, slots=True)
class _Value:
    """Affine between `left` and `right` plus something between `low` and `high`."""

    left: Fraction
    right: Fraction
    low: Fraction
    high: Fraction


def is_affine(steps: Sequence[Step], left: Fraction, right: Fraction) -> bool:
    """Whether the last neuron is affine between two inputs.

    Args:
        steps: (bias, ((coefficient, position), …), whether it is a ReLU) for each neuron; position
            0 is the input.

    >>> spike, kink = (-1, ((2, 0),), True), (1, ((-2, 0),), True)
    >>> closed = (-9, ((1, 1), (1, 2)), True)
    >>> is_affine([spike, kink, closed], ZERO, Fraction(1))
    True
    >>> is_affine([spike, kink, (0, ((1, 1), (-1, 2)), False)], ZERO, Fraction(1))
    False
    """
    values = [_Value(left, right, ZERO, ZERO)]
    for bias, terms, relu in steps:
        value = _sum(bias, terms, values)
        values.append(_clamped(value) if relu else value)
    return values[-1].low == values[-1].high == 0


def _sum(bias: int, terms: tuple[tuple[int, int], ...], values: list[_Value]) -> _Value:
    left = right = Fraction(bias)
    low = high = ZERO
    for coefficient, position in terms:
        value = values[position]
        left += coefficient * value.left
        right += coefficient * value.right
        if value.low != 0 or value.high != 0:
            ends = coefficient * value.low, coefficient * value.high
            low, high = low + min(ends), high + max(ends)
    return _Value(left, right, low, high)


def _clamped(value: _Value) -> _Value:
    top = max(value.left, value.right) + value.high
    if top <= 0:
        return _Value(ZERO, ZERO, ZERO, ZERO)
    if min(value.left, value.right) + value.low >= 0:
        return value
    return _Value(ZERO, ZERO, ZERO, top)
