"""Second-order enclosures of a function of x on a cell: value and slope at its centre, the range,
the range of difference quotients, and the range of the second derivative.

On a cell that is a single point only `value` and `range` are known, and they are equal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from . import functions as fn
from .interval import Interval, Undecided, exactly, interval

Maybe = Interval | None
Derivatives = Callable[[Interval, Interval], tuple[Maybe, Maybe]]


@dataclass(frozen=True, slots=True)
class Jet:
    """Enclosures of f on a cell [a, b] with centre c.

    Attributes:
        value: f(c).
        range: f on the cell.
        quotients: (f(s) - f(t))/(s - t) for all s ≠ t in the cell; None if unbounded or unknown.
        slope, curvature: f'(c), and f'' wherever it exists on the cell, f' being Lipschitz; both
            None if f is not known to be so smooth.
    """

    value: Interval
    range: Interval
    quotients: Maybe = None
    slope: Maybe = None
    curvature: Maybe = None

    def near(self, radius: Interval) -> Interval:
        """The range, cut by the mean-value form; exact for affine f. `radius` is [-r, r]."""
        if self.quotients is None:
            return self.range
        return self.range.meet(self.value + self.quotients * radius)


ZERO, ONE, TWO = exactly(0), exactly(1), exactly(2)


def variable(cell: Interval) -> Jet:
    """x itself."""
    if cell.lo == cell.hi:
        return Jet(cell, cell)
    centre = interval(cell.lo + cell.hi, cell.lo + cell.hi, 2 * cell.den)
    return Jet(centre, cell, ONE, ONE, ZERO)


def constant(value: Interval) -> Jet:
    return Jet(value, value, ZERO, ZERO, ZERO)


def _mapped(operation: Callable[[Interval, Interval], Interval], a: Maybe, b: Maybe) -> Maybe:
    return None if a is None or b is None else operation(a, b)


def add(a: Jet, b: Jet) -> Jet:
    value = a.value + b.value
    return Jet(
        value,
        value if a.range is a.value and b.range is b.value else a.range + b.range,
        _mapped(Interval.__add__, a.quotients, b.quotients),
        _mapped(Interval.__add__, a.slope, b.slope),
        _mapped(Interval.__add__, a.curvature, b.curvature),
    )


def negative(a: Jet) -> Jet:
    parts = (None if part is None else -part for part in (a.quotients, a.slope, a.curvature))
    value = -a.value
    return Jet(value, value if a.range is a.value else -a.range, *parts)


def subtract(a: Jet, b: Jet) -> Jet:
    return add(a, negative(b))


def multiply(a: Jet, b: Jet) -> Jet:
    """f(s)g(s) - f(t)g(t) = f(s)(g(s) - g(t)) + g(t)(f(s) - f(t)), and the product rule."""
    value = a.value * b.value
    whole = value if a.range is a.value and b.range is b.value else a.range * b.range
    if a.quotients is None or b.quotients is None:
        return Jet(value, whole)
    quotients = a.range * b.quotients + b.range * a.quotients
    if a.slope is None or b.slope is None or a.curvature is None or b.curvature is None:
        return Jet(value, whole, quotients)
    slope = a.value * b.slope + b.value * a.slope
    mixed = TWO * a.quotients * b.quotients
    curvature = a.range * b.curvature + mixed + b.range * a.curvature
    return Jet(value, whole, quotients, slope, curvature)


def chain(u: Jet, function: Callable[[Interval], Interval], derivatives: Derivatives) -> Jet:
    """g(u): `derivatives(t, g(t))` encloses (g', g''), None where unbounded or not there."""
    value = function(u.value)
    if u.quotients == ZERO:  # u is constant
        return constant(value)
    whole = value if u.range is u.value else function(u.range)
    if u.quotients is None:
        return Jet(value, whole)
    first, second = derivatives(u.range, whole)
    if first is None:
        return Jet(value, whole)
    quotients = first * u.quotients
    if second is None or u.slope is None or u.curvature is None:
        return Jet(value, whole, quotients)
    at_centre, _ = derivatives(u.value, value)
    if at_centre is None:
        return Jet(value, whole, quotients)
    curvature = second * u.quotients.power(2) + first * u.curvature
    return Jet(value, whole, quotients, at_centre * u.slope, curvature)


def divide(a: Jet, b: Jet) -> Jet:
    def derivatives(_: Interval, v: Interval) -> tuple[Maybe, Maybe]:
        return -v.power(2), TWO * v.power(3)

    return multiply(a, chain(b, Interval.inverse, derivatives))


def integer_power(u: Jet, n: int) -> Jet:
    if n == 0:
        return constant(ONE)
    if n == 1:
        return u

    def derivatives(t: Interval, _: Interval) -> tuple[Maybe, Maybe]:
        return exactly(n) * t.power(n - 1), exactly(n * (n - 1)) * t.power(n - 2)

    return chain(u, lambda t: t.power(n), derivatives)


def fractional_derivatives(c: Fraction) -> Derivatives:
    """Of t^c on [0, ∞)."""

    def derivatives(t: Interval, _: Interval) -> tuple[Maybe, Maybe]:
        if t.lo <= 0 and c < 1:
            return None, None
        first = exactly(c) * fn.rational_power(t, c - 1)
        if t.lo <= 0 and c < 2:
            return first, None
        return first, exactly(c * (c - 1)) * fn.rational_power(t, c - 2)

    return derivatives


def fractional_power(u: Jet, c: Fraction) -> Jet:
    return chain(u, lambda t: fn.rational_power(t, c), fractional_derivatives(c))


def maximum(a: Jet, b: Jet, radius: Interval) -> Jet:
    """max(f, g): one of them where the sign of f - g is known; else a kink may be here.

    Quotients: if max is f at s and g at t, then f(s) - f(t) ≥ max(s) - max(t) ≥ g(s) - g(t).
    """
    difference = subtract(a, b).near(radius)
    if difference.lo >= 0:
        return a
    if difference.hi <= 0:
        return b
    quotients = _mapped(Interval.hull, a.quotients, b.quotients)
    return Jet(a.value.maximum(b.value), a.range.maximum(b.range), quotients)


def minimum(a: Jet, b: Jet, radius: Interval) -> Jet:
    return negative(maximum(negative(a), negative(b), radius))


def choose(difference: Jet, *, strict: bool, radius: Interval) -> bool | None:
    """Whether difference < 0 (strict) or ≤ 0 on the cell; None if undecided.

    If the difference only touches 0 and is strictly monotone, it is 0 at most at one end, and the
    answer holds on the rest; the caller checks the ends on their own.
    """
    d = difference.near(radius)
    if d.hi < 0 or (d.hi == 0 and not strict):
        return True
    if d.lo > 0 or (d.lo == 0 and strict):
        return False
    monotone = difference.quotients is not None and not difference.quotients.has_zero()
    if monotone and (d.hi == 0 or d.lo == 0):
        return d.hi == 0
    return None


def either(a: Jet, b: Jet) -> Jet:
    """`where` with an undecided condition: nothing beyond the ranges is known."""
    return Jet(a.value.hull(b.value), a.range.hull(b.range))


def _elu_derivatives(t: Interval, _: Interval) -> tuple[Maybe, Maybe]:
    """elu' = e^t below 0 and 1 above is Lipschitz; elu'' = e^t below and 0 above, so in [0, 1]."""
    first = fn.exp(Interval(min(t.lo, 0), min(t.hi, 0), t.den))
    second = first if t.hi < 0 else ZERO if t.lo > 0 else interval(0, 1, 1)
    return first, second


def _arcsine_derivatives(t: Interval, _: Interval) -> tuple[Maybe, Maybe]:
    w = ONE - t.power(2)
    if w.lo <= 0:
        return None, None
    first = fn.sqrt(w).inverse()
    return first, t * first.power(3)


def _arccosine_derivatives(t: Interval, v: Interval) -> tuple[Maybe, Maybe]:
    first, second = _arcsine_derivatives(t, v)
    return None if first is None else -first, None if second is None else -second


def _arctangent_derivatives(t: Interval, _: Interval) -> tuple[Maybe, Maybe]:
    first = (ONE + t.power(2)).inverse()
    return first, -(TWO * t) * first.power(2)


def _sqrt_derivatives(t: Interval, v: Interval) -> tuple[Maybe, Maybe]:
    if t.lo <= 0 or v.lo <= 0:
        return None, None
    first = (TWO * v).inverse()
    return first, -first / (TWO * t)


def _cbrt_derivatives(t: Interval, v: Interval) -> tuple[Maybe, Maybe]:
    if t.has_zero() or v.has_zero():
        return None, None
    first = (exactly(3) * v.power(2)).inverse()
    return first, -(TWO * first) / (exactly(3) * t)


def _with(first: Interval, factor: Interval) -> tuple[Maybe, Maybe]:
    return first, first * factor


# name: (g, (t, g(t)) -> (g'(t), g''(t)))
ELEMENTARY: dict[str, tuple[Callable[[Interval], Interval], Derivatives]] = {
    "exp": (fn.exp, lambda _, v: (v, v)),
    "expm1": (fn.expm1, lambda _, v: (v + ONE, v + ONE)),
    "log": (fn.log, lambda t, _: _with(t.inverse(), -t.inverse())),
    "log1p": (fn.log1p, lambda t, _: _with((t + ONE).inverse(), -(t + ONE).inverse())),
    "log2": (fn.log2, lambda t, _: _with((t * fn.LOG2).inverse(), -t.inverse())),
    "sin": (fn.sin, lambda t, v: (fn.cos(t), -v)),
    "cos": (fn.cos, lambda t, v: (-fn.sin(t), -v)),
    "tan": (fn.tan, lambda _, v: _with(ONE + v.power(2), TWO * v)),
    "asin": (fn.asin, _arcsine_derivatives),
    "acos": (fn.acos, _arccosine_derivatives),
    "atan": (fn.atan, _arctangent_derivatives),
    "sinh": (fn.sinh, lambda t, v: (fn.cosh(t), v)),
    "cosh": (fn.cosh, lambda t, v: (fn.sinh(t), v)),
    "tanh": (fn.tanh, lambda _, v: _with(ONE - v.power(2), -TWO * v)),
    "erf": (fn.erf, lambda t, _: _with(fn.TWO_OVER_ROOT_PI * fn.exp(-t.power(2)), -TWO * t)),
    "sqrt": (fn.sqrt, _sqrt_derivatives),
    "cbrt": (fn.cbrt, _cbrt_derivatives),
    "sigmoid": (fn.sigmoid, lambda _, v: _with(v * (ONE - v), ONE - TWO * v)),
    "softplus": (fn.softplus, lambda t, _: _with(fn.sigmoid(t), ONE - fn.sigmoid(t))),
    "elu": (fn.elu, _elu_derivatives),
}


def elementary(name: str, u: Jet) -> Jet:
    function, derivatives = ELEMENTARY[name]
    return chain(u, function, derivatives)


def silu(u: Jet) -> Jet:
    return multiply(u, elementary("sigmoid", u))


def mish(u: Jet) -> Jet:
    return multiply(u, elementary("tanh", elementary("softplus", u)))


def gelu(u: Jet) -> Jet:
    """u/2·(1 + erf(u/√2))."""
    half = constant(exactly(Fraction(1, 2)))
    scaled = multiply(u, constant(fn.sqrt(exactly(Fraction(1, 2)))))
    return multiply(multiply(u, half), add(constant(ONE), elementary("erf", scaled)))


def error_bounds(f: Jet, centre: Interval, slope: Interval, radius: Interval) -> Interval:
    """Encloses f(x) - centre - slope·(x - c) on the cell, c ± r, radius = [-r, r].

    Three forms, cut with one another: the range; e(c) + quotients·h; and Taylor's
    e(c) + e'(c)·h + e''/2·h².
    """
    value = f.value - centre
    result = f.range - (centre + slope * radius)
    if f.quotients is not None:
        result = result.meet(value + (f.quotients - slope) * radius)
    if f.slope is not None and f.curvature is not None:
        tilt = (f.slope - slope).magnitude().upper
        r = radius.upper
        above = _largest(tilt, f.curvature.upper, r)
        below = _largest(tilt, -f.curvature.lower, r)
        result = result.meet(value + exactly(-below).hull(exactly(above)))
    if result.lo > result.hi:
        raise Undecided("two enclosures without a common point")
    return result


def _largest(tilt: Fraction, curvature: Fraction, r: Fraction) -> Fraction:
    """max of tilt·|h| + curvature/2·h² over |h| ≤ r, tilt ≥ 0: at r, or at the vertex before it."""
    if tilt < -curvature * r:
        return tilt * tilt / (-2 * curvature)
    return tilt * r + curvature * r * r / 2
