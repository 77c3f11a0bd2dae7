"""Order-2 jets of balls in several variables: what `jet` is for one, over a cell of a box.

A `BoxJet` holds, for one function f on a convex cell with a chosen centre c:

- `value`: a ball around f(c);
- `range`: one around f(cell);
- `slope`: balls around the partial derivatives at c;
- `slopes`: balls around them over the cell, which bound all difference quotients;
- `curvature`: balls around the second partial derivatives over the cell, in the order
  (1,1), (1,2), …, (1,d), (2,2), …

NaN stands for "nothing known" and spreads, as in `jet`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import NamedTuple

import flint

from bitproof.exact.enclosure import Ball, integer_power
from bitproof.exact.jet import NAN, ONE, ZERO, Jet, power_value


class BoxJet(NamedTuple):
    """A function on a cell to second order; see the module."""

    value: Ball
    range: Ball
    slope: tuple[Ball, ...]
    slopes: tuple[Ball, ...]
    curvature: tuple[Ball, ...]


@cache
def pairs_of(dimension: int) -> tuple[tuple[int, int], ...]:
    """The index pairs i ≤ j in the order of `curvature`.

    >>> pairs_of(2)
    ((0, 0), (0, 1), (1, 1))
    """
    return tuple((i, j) for i in range(dimension) for j in range(i, dimension))


def variable(index: int, dimension: int, value: Ball, spread: Ball) -> BoxJet:
    """The coordinate x_index itself: `value` at the centre, `spread` over the cell."""
    unit = tuple(ONE if i == index else ZERO for i in range(dimension))
    return BoxJet(value, spread, unit, unit, (ZERO,) * len(pairs_of(dimension)))


def constant(value: Ball, dimension: int) -> BoxJet:
    """A constant."""
    zeros = (ZERO,) * dimension
    return BoxJet(value, value, zeros, zeros, (ZERO,) * len(pairs_of(dimension)))


def unknown(value: Ball, spread: Ball, dimension: int) -> BoxJet:
    """A function of which only values are known."""
    nothing = (NAN,) * dimension
    return BoxJet(value, spread, nothing, nothing, (NAN,) * len(pairs_of(dimension)))


def add(u: BoxJet, w: BoxJet) -> BoxJet:
    """u + w."""
    return BoxJet(
        u.value + w.value,
        u.range + w.range,
        tuple(a + b for a, b in zip(u.slope, w.slope, strict=True)),
        tuple(a + b for a, b in zip(u.slopes, w.slopes, strict=True)),
        tuple(a + b for a, b in zip(u.curvature, w.curvature, strict=True)),
    )


def shifted(u: BoxJet, shift: Ball) -> BoxJet:
    """u + shift, a constant."""
    return u._replace(value=u.value + shift, range=u.range + shift)


def scaled(u: BoxJet, factor: Ball) -> BoxJet:
    """factor·u, the factor a constant."""
    return BoxJet(
        u.value * factor,
        u.range * factor,
        tuple(a * factor for a in u.slope),
        tuple(a * factor for a in u.slopes),
        tuple(a * factor for a in u.curvature),
    )


def multiply(u: BoxJet, w: BoxJet) -> BoxJet:
    """u·w."""
    pairs = pairs_of(len(u.slope))
    return BoxJet(
        u.value * w.value,
        u.range * w.range,
        tuple(a * w.value + u.value * b for a, b in zip(u.slope, w.slope, strict=True)),
        tuple(a * w.range + u.range * b for a, b in zip(u.slopes, w.slopes, strict=True)),
        tuple(
            a * w.range + u.slopes[i] * w.slopes[j] + u.slopes[j] * w.slopes[i] + u.range * b
            for (i, j), a, b in zip(pairs, u.curvature, w.curvature, strict=True)
        ),
    )


def chain(at: Jet, over: Jet, u: BoxJet) -> BoxJet:
    """g∘u, with `at` = (g, g', g'') over u's value at the centre and `over` over its range."""
    value, first, _ = at
    spread, firsts, second = over
    pairs = pairs_of(len(u.slope))
    return BoxJet(
        value,
        spread,
        tuple(first * a for a in u.slope),
        tuple(firsts * a for a in u.slopes),
        tuple(
            second * _square(u.slopes[i], u.slopes[j], same=i == j) + firsts * c
            for (i, j), c in zip(pairs, u.curvature, strict=True)
        ),
    )


def _square(a: Ball, b: Ball, *, same: bool) -> Ball:
    return integer_power(a, 2) if same else a * b


def power_jet(ball: Ball, exponent: Fraction) -> Jet:
    """t^exponent and its derivatives over a ball the power is known to be defined on."""
    if exponent == 0:
        return (ONE, ZERO, ZERO)
    number = flint.arb(flint.fmpq(exponent.numerator, exponent.denominator))
    first = number * power_value(ball, exponent - 1)
    if exponent == 1:
        return (ball, ONE, ZERO)
    if exponent == 2:
        return (power_value(ball, exponent), first, flint.arb(2))
    second = number * (number - 1) * power_value(ball, exponent - 2)
    return (power_value(ball, exponent), first, second)


def hull(u: BoxJet, w: BoxJet, at: BoxJet | None) -> BoxJet:
    """Either of two branches that meet where they change: slopes in the hull, no curvature. `at`
    is the branch that holds at the centre, if that is known."""
    dimension = len(u.slope)
    slopes = tuple(a.union(b) for a, b in zip(u.slopes, w.slopes, strict=True))
    return BoxJet(
        u.value.union(w.value) if at is None else at.value,
        u.range.union(w.range),
        (NAN,) * dimension if at is None else at.slope,
        slopes,
        (NAN,) * len(pairs_of(dimension)),
    )


def either(u: BoxJet, w: BoxJet) -> BoxJet:
    """Either of two branches that may not meet: only values are known."""
    return unknown(u.value.union(w.value), u.range.union(w.range), len(u.slope))


def taylor_range(u: BoxJet, offsets: Sequence[Sequence[Ball]], radius: Sequence[Ball]) -> Ball:
    """u over the cell whose corners lie at these offsets from the centre, by its Taylor
    polynomial: affine at the corners, the rest over ±radius.

    NaN where no curvature is known.
    """
    corners = None
    for offset in offsets:
        here = u.value
        for slope, step in zip(u.slope, offset, strict=True):
            here = here + slope * step
        corners = here if corners is None else corners.union(here)
    if corners is None:
        return NAN
    rest = ZERO
    for (i, j), c in zip(pairs_of(len(u.slope)), u.curvature, strict=True):
        if i == j:
            rest = rest + c * integer_power(radius[i], 2) / 2
        else:
            rest = rest + c * (radius[i] * radius[j])
    return corners + rest
