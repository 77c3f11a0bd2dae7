"""Rounding integer quotients, in Python integers and on whole arrays.

`exact.round_rational` is the definition; here the same rules act on numerator/denominator without
building a rational.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bitproof.exact.fixed_point import FixedPoint, Overflow, Rounding
from bitproof.execute.integer_network import IntegerLayer
from bitproof.execute.kernel import Array


def reachable_ends(layer: IntegerLayer) -> tuple[list[int], list[int]]:
    """The format's ends, moved in to what each neuron's levels can reach before saturation, so
    that they never exceed the carrier."""
    assert layer.rescaling is not None
    rescaling = layer.rescaling
    parts = zip(layer.accumulators, rescaling.numerators, rescaling.denominators, strict=True)
    reach = [a * p // q + 1 for a, p, q in parts]
    form = rescaling.form
    return [max(form.lowest, -r) for r in reach], [min(form.highest, r) for r in reach]


class ArrayRounding:
    """The rounding of one layer on arrays of shape (batch, width), in a float or int64 carrier.

    Every step is exact, in floats too: 2·p·sum + 2·q stays below the carrier's limit, quotients by
    powers of two are exact, and the floor of any other quotient is corrected by its exact rest.
    """

    def __init__(self, layer: IntegerLayer, dtype: np.dtype[Any]) -> None:
        assert layer.rescaling is not None
        self.form: FixedPoint = layer.rescaling.form
        self.is_float = dtype.kind == "f"
        self.is_dyadic = all(q & (q - 1) == 0 for q in layer.rescaling.denominators)
        self.numerators = np.array(layer.rescaling.numerators, dtype)
        self.denominators = np.array(layer.rescaling.denominators, dtype)
        lowest, highest = reachable_ends(layer)
        self.lowest, self.highest = np.array(lowest, dtype), np.array(highest, dtype)

    def __call__(self, sums: Array) -> Array:
        """The levels of integer sums."""
        scaled = sums * self.numerators
        if self.is_float and self.is_dyadic:
            rounded = _round_floats(scaled / self.denominators, self.form.rounding)
        else:
            rounded = _round_quotients(scaled, self.denominators, self.form.rounding)
        if self.form.overflow is Overflow.WRAP:
            lowest, levels = (rounded.dtype.type(n) for n in (self.form.lowest, self.form.levels))
            return np.asarray(_divided(rounded - lowest, levels)[1] + lowest)
        return np.clip(rounded, self.lowest, self.highest)


def _round_floats(values: Array, rounding: Rounding) -> Array:
    """Of exact multiples of a power of two; adding a half is exact below the carrier's limit."""
    half = values.dtype.type(0.5)
    rounded: Array
    match rounding:
        case Rounding.NEAREST_EVEN:
            rounded = np.rint(values)
        case Rounding.FLOOR:
            rounded = np.floor(values)
        case Rounding.TRUNCATE:
            rounded = np.trunc(values)
        case Rounding.NEAREST_UP:
            rounded = np.floor(values + half)
        case Rounding.NEAREST_DOWN:
            rounded = np.ceil(values - half)
        case Rounding.NEAREST_AWAY:
            rounded = np.copysign(np.floor(np.abs(values) + half), values)
        case Rounding.NEAREST_ZERO:
            rounded = np.copysign(np.ceil(np.abs(values) - half), values)
    return rounded


def _divided(values: Array, denominators: Array | np.number[Any]) -> tuple[Array, Array]:
    """Floors of quotients and their rests ≥ 0, exact in every carrier: a rounded quotient is at
    most one above the floor, because the floor is a float."""
    if values.dtype.kind != "f":
        below, rest = np.divmod(values, denominators)
        return below, rest
    below = np.floor(values / denominators)
    rest = values - below * denominators
    low = rest < 0
    return below - low, rest + low * denominators


def _round_quotients(values: Array, denominators: Array, rounding: Rounding) -> Array:
    below, rest = _divided(values, denominators)
    twice = 2 * rest
    up: Array
    tie = twice == denominators
    match rounding:
        case Rounding.FLOOR:
            return np.asarray(below)
        case Rounding.TRUNCATE:
            return np.asarray(below + ((values < 0) & (rest != 0)))
        case Rounding.NEAREST_EVEN:
            up = tie & (below % 2 == 1)
        case Rounding.NEAREST_UP:
            up = tie
        case Rounding.NEAREST_DOWN:
            up = tie & False
        case Rounding.NEAREST_AWAY:
            up = tie & (below >= 0)
        case Rounding.NEAREST_ZERO:
            up = tie & (below < 0)
    return np.asarray(below + ((twice > denominators) | up))
