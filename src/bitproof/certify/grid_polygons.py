"""The largest |f - N| over the levels of one stretch, exactly, for a piecewise-linear f."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
import numpy.typing as npt

from bitproof.certify.grid_blocks import Outputs
from bitproof.certify.piecewise_linear import PiecewiseLinear

INT64_SAFE = 1 << 62

Array = npt.NDArray[Any]


def largest_against_polygon(
    outputs: Outputs, polygon: PiecewiseLinear
) -> tuple[Fraction, Fraction]:
    """The largest |f - N| over the levels, and an input where it is attained."""
    best = (Fraction(-1), Fraction(0))
    for start, stop, segment in _segments(outputs, polygon):
        x0, x1 = polygon.points[segment : segment + 2]
        y0, y1 = polygon.values[segment : segment + 2]
        slope = (y1 - y0) / (x1 - x0)
        at, error = _largest_against_line(outputs, start, stop, slope, y0 - slope * x0)
        best = max(best, (error, outputs.x(at)), key=lambda pair: pair[0])
    return best


def largest_between(f: Outputs, g: Outputs) -> tuple[Fraction, Fraction]:
    """The same for two networks at the same levels."""
    scale = f.granule.denominator * g.granule.denominator
    factors = int(f.granule * scale), int(g.granule * scale)
    bound = factors[0] * _largest(f.integers) + factors[1] * _largest(g.integers)
    left, right = f.integers, g.integers
    if bound >= INT64_SAFE or max(factors) >= INT64_SAFE:
        left, right = left.astype(object), right.astype(object)
    difference = np.abs(left * factors[0] - right * factors[1])
    at = int(difference.argmax())
    return Fraction(int(difference[at]), scale), f.x(at)


def _segments(outputs: Outputs, polygon: PiecewiseLinear) -> Iterator[tuple[int, int, int]]:
    """(start, stop, segment): consecutive inputs on one segment of the polygon."""
    start = 0
    for segment in range(len(polygon.points) - 1):
        last = (polygon.points[segment + 1] * outputs.scale).__floor__()
        stop = min(len(outputs), last - outputs.first + 1)
        if stop > start:
            yield start, stop, segment
            start = stop


def _largest_against_line(
    outputs: Outputs, start: int, stop: int, slope: Fraction, offset: Fraction
) -> tuple[int, Fraction]:
    """Where |N - (slope·x + offset)| is largest among some inputs, and its value."""
    step, granule = slope / outputs.scale, outputs.granule
    scale = lcm(step.denominator, offset.denominator, granule.denominator)
    rise, base, factor = int(step * scale), int(offset * scale), int(granule * scale)
    levels: Array = np.arange(outputs.first + start, outputs.first + stop)
    integers = outputs.integers[start:stop]
    bound = factor * _largest(integers) + abs(rise) * _largest(levels) + abs(base)
    if max(bound, factor, abs(rise)) >= INT64_SAFE:
        levels, integers = levels.astype(object), integers.astype(object)
    difference = np.abs(integers * factor - levels * rise - base)
    at = int(difference.argmax())
    return start + at, Fraction(int(difference[at]), scale)


def _largest(array: Array) -> int:
    return max(int(array.max()), -int(array.min()))
