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

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import TypeAlias

import flint

from bitproof.exact.interval import Interval

Ball: TypeAlias = flint.arb

MAX_EXPONENT_BITS = 8192


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Work with `bits` bits inside the block; the former precision comes back after it.

    >>> with precision(200):
    ...     flint.ctx.prec
    200
    >>> flint.ctx.prec
    53
    """
    before = flint.ctx.prec
    flint.ctx.prec = bits
    try:
        yield
    finally:
        flint.ctx.prec = before


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
    lower, upper = _exact(ball.lower(), below=True), _exact(ball.upper(), below=False)
    if lower is None or upper is None:
        return None
    return Interval(lower, upper)


def _exact(end: Ball, *, below: bool) -> Fraction | None:
    """The rational an exact ball is; tiny ones move outward to ±2^-8192 (or 0)."""
    mantissa, exponent = end.man_exp()
    number, shift = int(mantissa), int(exponent)
    if -MAX_EXPONENT_BITS <= shift <= MAX_EXPONENT_BITS:
        if shift < 0:
            return Fraction(number, 1 << -shift)
        return Fraction(number << shift)
    if number == 0:
        return Fraction(0)
    if shift > 0 or number.bit_length() + shift > -MAX_EXPONENT_BITS:
        return None
    if below:
        return Fraction(0) if number > 0 else Fraction(-1, 1 << MAX_EXPONENT_BITS)
    return Fraction(1, 1 << MAX_EXPONENT_BITS) if number > 0 else Fraction(0)


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
