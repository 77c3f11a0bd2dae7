"""How far a target is from a network on one cell: rigorous bounds, in integers over 2^bits.

On the cell N is an affine function (its values at the corners are given) plus an error in
[low, high]. Of f the target gives enclosures around the centre c, with t = x - c. Bounds of f - N
from above (those from below mirror them), of which the best counts:

- *Taylor*: f(c) + f'(c)·t - N is affine, so largest at a corner; ½ t'f''t is bounded over the
  cell's bounding box;
- *slopes*: f(c) + s·t - N with s in the range of f' is convex in t, so largest at a corner;
- *range*: f(cell) minus the least N.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from bitproof.certify.scaled import Range, ceil_at, enclose_at, floor_at
from bitproof.exact.box import Box, Point
from bitproof.exact.box_jet import pairs_of
from bitproof.exact.interval import Interval
from bitproof.target.box_target import BoxTarget, BoxTaylor

GUARD_BITS = 24


@dataclass(frozen=True, slots=True)
class Affine:
    """N on a cell: `values` at the corners, plus something in `error`."""

    corners: tuple[Point, ...]
    values: tuple[Fraction, ...]
    error: Interval


@dataclass(frozen=True, slots=True)
class CellBound:
    """|f - N| on a cell.

    Attributes:
        largest: |f - N| is at most this.
        curved: the part of the bounds' gap that f's curvature or slopes make.
        bent: the part that the network's error makes.
        place: the corner where |f - N| seems largest, and `seems`, how large; proposals.
        axis: the input across which halving the cell seems to help f's enclosure most.
        smooth: whether second derivatives of f were known.
    """

    largest: Fraction
    curved: Fraction
    bent: Fraction
    place: int
    seems: Fraction
    axis: int
    smooth: bool


def bound_on(target: BoxTarget, box: Box, network: Affine, bits: int) -> CellBound | None:
    """The bound on a cell inside `box`; None where the target encloses nothing.

    >>> from bitproof.target import ExpressionBoxTarget
    >>> unit = Box.unit(2)
    >>> zero = Affine(unit.corners, (Fraction(0),) * 4, Interval(Fraction(0), Fraction(0)))
    >>> bound_on(ExpressionBoxTarget.parse("x1 - x2", unit), unit, zero, 40).largest
    Fraction(1, 1)
    """
    taylor = target.taylor(box, network.corners)
    if taylor is None:
        return None
    ends = [(floor_at(value, bits), ceil_at(value, bits)) for value in network.values]
    forms = [_range(taylor, ends, bits)]
    rest = 0
    if taylor.slopes is not None:
        forms.append(_by_slopes(taylor, network.corners, ends, bits))
    if taylor.slope is not None and taylor.curvature is not None:
        found, rest = _by_taylor(taylor, box, network.corners, ends, bits)
        forms.append(found)
    low, high = max(form.low for form in forms), min(form.high for form in forms)
    error = enclose_at(network.error, bits)
    largest = max(high - error.low, error.high - low, 0)
    smooth = taylor.slope is not None and taylor.curvature is not None
    place, seems = _place(taylor, network, bits)
    return CellBound(
        Fraction(largest, 1 << bits),
        Fraction(rest if smooth else high - low, 1 << bits),
        network.error.width,
        place,
        Fraction(seems, 1 << bits),
        _axis(taylor, box),
        smooth,
    )


def _range(taylor: BoxTaylor, ends: Sequence[tuple[int, int]], bits: int) -> Range:
    spread = enclose_at(taylor.range, bits)
    return Range(
        spread.low - max(high for _, high in ends), spread.high - min(low for low, _ in ends)
    )


def _by_slopes(
    taylor: BoxTaylor, corners: Sequence[Point], ends: Sequence[tuple[int, int]], bits: int
) -> Range:
    assert taylor.slopes is not None
    return _at_corners(taylor.value, taylor.slopes, taylor.centre, corners, ends, bits)


def _by_taylor(
    taylor: BoxTaylor,
    box: Box,
    corners: Sequence[Point],
    ends: Sequence[tuple[int, int]],
    bits: int,
) -> tuple[Range, int]:
    """The bound and the width of its second-order part."""
    assert taylor.slope is not None
    assert taylor.curvature is not None
    first = _at_corners(taylor.value, taylor.slope, taylor.centre, corners, ends, bits)
    halves = [width / 2 for width in box.widths]
    low = high = Fraction(0)
    for (i, j), part in zip(pairs_of(len(halves)), taylor.curvature, strict=True):
        if i == j:
            square = halves[i] ** 2 / 2
            low += min(part.lower, Fraction(0)) * square
            high += max(part.upper, Fraction(0)) * square
        else:
            reach = part.magnitude * halves[i] * halves[j]
            low, high = low - reach, high + reach
    rest = Range(floor_at(low, bits), ceil_at(high, bits))
    return Range(first.low + rest.low, first.high + rest.high), rest.high - rest.low


def _at_corners(
    value: Interval,
    slopes: Sequence[Interval],
    centre: Point,
    corners: Sequence[Point],
    ends: Sequence[tuple[int, int]],
    bits: int,
) -> Range:
    """value + slopes·t - N over the corners: extremal there, being convex or concave in t."""
    base = enclose_at(value, bits)
    fine = bits + GUARD_BITS
    ranges = [enclose_at(slope, fine) for slope in slopes]
    low = high = None
    for corner, (least, most) in zip(corners, ends, strict=True):
        below = above = 0
        for slope, x, c in zip(ranges, corner, centre, strict=True):
            step = x - c
            top, bottom = step.numerator, step.denominator
            first, second = slope.low * top, slope.high * top
            if top < 0:
                first, second = second, first
            below += first // bottom
            above -= -second // bottom
        here = base.low + (below >> GUARD_BITS) - most
        there = base.high - (-above >> GUARD_BITS) - least
        low = here if low is None else min(low, here)
        high = there if high is None else max(high, there)
    assert low is not None
    assert high is not None
    return Range(low, high)


def _place(taylor: BoxTaylor, network: Affine, bits: int) -> tuple[int, int]:
    """The corner with the largest error by f's Taylor polynomial, and that error."""
    slopes = taylor.slope or taylor.slopes
    middle = [slope.centre for slope in slopes or ()]
    sizes = []
    for corner, value in zip(network.corners, network.values, strict=True):
        model = taylor.value.centre
        for slope, x, c in zip(middle, corner, taylor.centre, strict=False):
            model += slope * (x - c)
        sizes.append(abs(floor_at(model, bits) - floor_at(value, bits)))
    largest = max(sizes)
    return sizes.index(largest), largest


def _axis(taylor: BoxTaylor, box: Box) -> int:
    """The side whose share of the enclosure's gap is largest; the longest without curvature."""
    halves = [width / 2 for width in box.widths]
    shares = [Fraction(0)] * len(halves)
    if taylor.curvature is not None:
        for (i, j), part in zip(pairs_of(len(halves)), taylor.curvature, strict=True):
            reach = part.magnitude * halves[i] * halves[j]
            shares[i] += reach
            shares[j] += reach
    elif taylor.slopes is not None:
        shares = [s.width * half for s, half in zip(taylor.slopes, halves, strict=True)]
    if not any(shares):
        shares = halves
    return shares.index(max(shares))
