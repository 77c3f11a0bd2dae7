"""The one door to python-flint: rationals and intervals to balls and back, always outward.

A ball (`flint.arb`) is a midpoint and a radius; every operation on balls encloses the exact
result. What is not decided is `None`, never a guess. The traps of the library are kept behind
this door:

- `arb(0, 1) ** 2` is NaN: `integer_power` multiplies instead;
- a NaN or infinite ball is no enclosure: `to_interval` gives None for it;
- a comparison with NaN is False: `sign` is None unless the ball is proved to be on one side;
- the precision is a setting of the whole process: `precision` restores it, even after an error.

The rounding mode of the processor is never touched.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

import flint

from bitproof.exact.interval import Interval

Ball: TypeAlias = flint.arb

MAX_EXPONENT_BITS = 8192


class _Precision:
    """Sets the working precision on entry and puts the former one back on exit."""

    __slots__ = ("_before", "_bits")

    def __init__(self, bits: int) -> None:
        self._bits = bits
        self._before = bits

    def __enter__(self) -> None:
        self._before = flint.ctx.prec
        flint.ctx.prec = self._bits

    def __exit__(self, *_: object) -> None:
        flint.ctx.prec = self._before


def precision(bits: int) -> _Precision:
    """Work with `bits` bits inside the block; the former precision comes back after it.

    >>> with precision(200):
    ...     flint.ctx.prec
    200
    >>> flint.ctx.prec
    53
    """
    return _Precision(bits)


def from_rational(value: Fraction | int) -> Ball:
    """A ball containing a rational: exact where the precision holds it.

    >>> from_rational(Fraction(1, 4)).is_exact(), from_rational(Fraction(1, 3)).is_exact()
    (True, False)
    """
    return flint.arb(flint.fmpq(value.numerator, value.denominator))


def from_interval(cell: Interval) -> Ball:
    """A ball containing every point of the interval.

    >>> ball = from_interval(Interval(Fraction(0), Fraction(1, 3)))
    >>> to_interval(ball).upper >= Fraction(1, 3)
    True
    """
    lower = from_rational(cell.lower)
    return lower if cell.lower == cell.upper else lower.union(from_rational(cell.upper))


def to_interval(ball: Ball) -> Interval | None:
    """The ball's two ends as rationals, rounded outward; None if it is NaN, infinite, or beyond
    2^8192, which nothing downstream could use.

    >>> to_interval(flint.arb(0, 1)) is None, to_interval(flint.arb("nan"))
    (False, None)
    """
    if not ball.is_finite():
        return None
    lower, upper = _exact(ball.lower(), -1), _exact(ball.upper(), 1)
    if lower is None or upper is None:
        return None
    return Interval(lower, upper)


def _exact(end: Ball, side: int) -> Fraction | None:
    """The rational an exact ball is; a tiny one moves to `side` (-1 below, 1 above)."""
    mantissa, exponent = end.man_exp()
    number, shift = int(mantissa), int(exponent)
    if -MAX_EXPONENT_BITS <= shift < 0:
        return Fraction(number, 1 << -shift)
    if 0 <= shift <= MAX_EXPONENT_BITS:
        return Fraction(number << shift)
    if shift > 0:
        return None
    if number.bit_length() + shift > -MAX_EXPONENT_BITS:
        return Fraction(number, 1 << -shift)
    moves = number * side > 0
    return Fraction(side, 1 << MAX_EXPONENT_BITS) if moves else Fraction(0)


def intersection(first: Ball, second: Ball) -> Ball:
    """What two enclosures of the same thing have in common; the first where the second says
    nothing (NaN, or apart by a mistake of the caller's).

    >>> to_interval(intersection(flint.arb(0, 1), flint.arb(1, 1))).lower >= -1
    True
    """
    if second.is_finite() and first.overlaps(second):
        return first.intersection(second)
    return first


def sign(ball: Ball) -> int | None:
    """1 or -1 if every element is strictly on that side, 0 if the ball is exactly 0, else None.

    >>> sign(flint.arb(2, 1)), sign(flint.arb(1, 1)), sign(flint.arb(0)), sign(flint.arb("nan"))
    (1, None, 0, None)
    """
    if ball > 0:
        return 1
    if ball < 0:
        return -1
    return 0 if ball.is_zero() else None


def integer_power(ball: Ball, exponent: int) -> Ball:
    """ball^exponent for exponent ≥ 0: the range of the power over the ball, by its ends.

    `**` of the library gives NaN for a ball around 0; this does not.

    >>> to_interval(integer_power(flint.arb(0, 1), 2)).lower >= -1
    True
    """
    if exponent == 0:
        return flint.arb(1)
    if exponent == 1 or not ball.is_finite():
        return ball
    if ball.is_exact():
        return _repeated_product(ball, exponent)
    low = _repeated_product(ball.lower(), exponent)
    high = _repeated_product(ball.upper(), exponent)
    if exponent % 2 == 0 and not ball > 0 and not ball < 0:
        return flint.arb(0).union(low).union(high)
    return low.union(high)


def _repeated_product(base: Ball, exponent: int) -> Ball:
    result, square, rest = None, base, exponent
    while rest:
        if rest & 1:
            result = square if result is None else result * square
        rest >>= 1
        if rest:
            square = square * square
    return result
