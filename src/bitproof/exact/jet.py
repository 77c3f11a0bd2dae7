"""Order-2 jets of balls: the value, first and second derivative of a function over a cell.

`Jet` = (value, f', f''), each a ball that contains it for every x of the cell the jet was made
on. NaN stands for "nothing known" and spreads; it is never a number. Each elementary function g is
given by balls for g, g' and g'' over a ball of arguments; the chain rule does the rest:
(g∘u)' = g'(u)·u', (g∘u)'' = g''(u)·u'² + g'(u)·u''.

Functions with an end of definition (sqrt, asin, powers) take the argument to be inside it: the
caller has proved that, and a ball that reaches over the end is cut there.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import TypeAlias

import flint

from bitproof.exact.enclosure import Ball, from_rational, integer_power, precision

Jet: TypeAlias = tuple[Ball, Ball, Ball]
CONSTANT_PRECISION = 320

ZERO = flint.arb(0)
ONE = flint.arb(1)
NAN = flint.arb.nan()
FAR = flint.arb(1 << 24)
TINY = flint.arb((1, -(1 << 24)))


def constant(name: str) -> Ball:
    """`pi`, `e` and the factors the functions below need, to 320 bits, or to the precision at work
    and a few bits more where that is higher.

    >>> constant("pi").contains(flint.arb("3.14159265358979"))
    False
    """
    return _constant(name, max(CONSTANT_PRECISION, flint.ctx.prec + 16))


@cache
def _constant(name: str, bits: int) -> Ball:
    with precision(bits):
        pi, two = flint.arb.pi(), flint.arb(2)
        return {
            "pi": pi,
            "e": flint.arb.const_e(),
            "half pi": pi / 2,
            "1/log(2)": 1 / two.log(),
            "2/sqrt(pi)": 2 / pi.sqrt(),
            "1/sqrt(2)": 1 / two.sqrt(),
            "1/sqrt(2 pi)": 1 / (2 * pi).sqrt(),
        }[name]


def variable(ball: Ball) -> Jet:
    """The jet of x itself over a ball."""
    return (ball, ONE, ZERO)


def multiply(u: Jet, w: Jet) -> Jet:
    """u·w."""
    return (u[0] * w[0], u[1] * w[0] + u[0] * w[1], u[2] * w[0] + 2 * (u[1] * w[1]) + u[0] * w[2])


def divide(u: Jet, w: Jet) -> Jet:
    """u/w; all NaN where w may be 0."""
    if not (w[0] > 0 or w[0] < 0):
        return (NAN, NAN, NAN)
    quotient = u[0] / w[0]
    slope = (u[1] - quotient * w[1]) / w[0]
    return (quotient, slope, (u[2] - 2 * (slope * w[1]) - quotient * w[2]) / w[0])


def chain(g: Jet, u: Jet) -> Jet:
    """g∘u, with g = (g(u), g'(u), g''(u)) over u's values."""
    slope = u[1]
    return (g[0], g[1] * slope, g[2] * (slope * slope) + g[1] * u[2])


def hull(u: Jet, w: Jet) -> Jet:
    """Either of two continuous branches whose border is not decided on the cell: values and slopes
    in the hull, nothing known of the second derivative."""
    return (u[0].union(w[0]), u[1].union(w[1]), NAN)


def either(u: Jet, w: Jet) -> Jet:
    """Either of two branches that may not meet: only the values are known."""
    return (u[0].union(w[0]), NAN, NAN)


def power_value(ball: Ball, exponent: Fraction) -> Ball:
    """ball^exponent: integer exponents of either sign on any ball, others on [0, ∞)."""
    if exponent.denominator == 1:
        number = exponent.numerator
        if number >= 0:
            return integer_power(ball, number)
        return ONE / integer_power(ball, -number)
    if ball > 0:
        return (ball.log() * from_rational(exponent)).exp()
    if exponent < 0:
        return NAN
    top = ball.upper()
    if not top > 0:
        return ZERO if ball.is_finite() else NAN
    return ZERO.union((top.log() * from_rational(exponent)).exp())


def power(u: Jet, exponent: Fraction) -> Jet:
    """u^exponent for a constant exponent."""
    ball = u[0]
    if exponent == 1:
        return u
    if exponent == 0:
        return (ONE, ZERO, ZERO)
    first = from_rational(exponent) * power_value(ball, exponent - 1)
    if exponent == 2:
        return chain((power_value(ball, exponent), first, flint.arb(2)), u)
    second = from_rational(exponent * (exponent - 1)) * power_value(ball, exponent - 2)
    return chain((power_value(ball, exponent), first, second), u)


# Values over a ball of arguments.


def _sqrt(u: Ball) -> Ball:
    if u > 0:
        return u.sqrt()
    top = u.upper()
    return ZERO.union(top.sqrt()) if top > 0 else (ZERO if u.is_finite() else NAN)


def _cbrt(u: Ball) -> Ball:
    if u > 0:
        return u.root(3)
    if u < 0:
        return -((-u).root(3))
    if not u.is_finite():
        return NAN
    low, high = (-u).upper(), u.upper()
    below = -low.root(3) if low > 0 else ZERO
    return below.union(high.root(3)) if high > 0 else below.union(ZERO)


def _asin(u: Ball) -> Ball:
    if u > -1 and u < 1:
        return u.asin()
    if not u.is_finite():
        return NAN
    half = constant("half pi")
    low, high = u.lower(), u.upper()
    below = low.asin() if low > -1 and low < 1 else (-half if low < 1 else half)
    above = high.asin() if high < 1 and high > -1 else (half if high > -1 else -half)
    return below.union(above)


def _acos(u: Ball) -> Ball:
    return constant("half pi") - _asin(u)


def _within(function: Callable[[Ball], Ball]) -> Callable[[Ball], Ball]:
    """The function on balls inside ±2^24; NaN beyond, where its values are of no use and take
    long to compute."""

    def guarded(u: Ball) -> Ball:
        return function(u) if u < FAR and u > -FAR else NAN

    return guarded


def _exp(u: Ball) -> Ball:
    if u < FAR:
        return u.exp() if u > -FAR else ZERO.union(u.upper().exp() if u.upper() > -FAR else TINY)
    return NAN


def _log(u: Ball) -> Ball:
    return u.log() if u > 0 else NAN


def _log1p(u: Ball) -> Ball:
    return u.log1p() if u > -1 else NAN


def _sigmoid(u: Ball) -> Ball:
    return ((u / 2).tanh() + 1) / 2


def _softplus(u: Ball) -> Ball:
    if u > 0:
        return u + (-u).exp().log1p()
    if u < 0:
        return u.exp().log1p()
    low, high = u.lower(), u.upper()
    return (low.exp().log1p()).union(high + (-high).exp().log1p())


def _gauss(u: Ball) -> Ball:
    """The density of the normal distribution."""
    return (-(integer_power(u, 2)) / 2).exp() * constant("1/sqrt(2 pi)")


def _normal(u: Ball) -> Ball:
    """The normal distribution function; below 0 by the complementary one, which stays sharp."""
    if u < 0:
        return (-u * constant("1/sqrt(2)")).erfc() / 2
    return ((u * constant("1/sqrt(2)")).erf() + 1) / 2


VALUES: dict[str, Callable[[Ball], Ball]] = {
    "sqrt": _sqrt,
    "cbrt": _cbrt,
    "exp": _exp,
    "expm1": lambda u: u.expm1() if u > -FAR and u < FAR else _exp(u) - 1,
    "log": _log,
    "log1p": _log1p,
    "log2": lambda u: _log(u) * constant("1/log(2)"),
    "sin": lambda u: u.sin(),
    "cos": lambda u: u.cos(),
    "tan": lambda u: u.tan(),
    "asin": _asin,
    "acos": _acos,
    "atan": lambda u: u.atan(),
    "sinh": _within(lambda u: u.sinh()),
    "cosh": _within(lambda u: u.cosh()),
    "tanh": lambda u: u.tanh(),
    "erf": lambda u: u.erf(),
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "silu": lambda u: u * _sigmoid(u),
    "gelu": lambda u: u * _normal(u),
    "mish": lambda u: u * _softplus(u).tanh(),
}


# Values and two derivatives over a ball of arguments.


def _sqrt_jet(u: Ball) -> Jet:
    root = _sqrt(u)
    if not root > 0:
        return (root, NAN, NAN)
    first = 1 / (2 * root)
    return (root, first, -first / (2 * u))


def _cbrt_jet(u: Ball) -> Jet:
    root = _cbrt(u)
    if not (root > 0 or root < 0):
        return (root, NAN, NAN)
    first = 1 / (3 * integer_power(root, 2))
    return (root, first, -2 * first / (3 * u))


def _exp_jet(u: Ball) -> Jet:
    value = _exp(u)
    return (value, value, value)


def _expm1_jet(u: Ball) -> Jet:
    value = _exp(u)
    return (VALUES["expm1"](u), value, value)


def _log_jet(u: Ball) -> Jet:
    if not u > 0:
        return (NAN, NAN, NAN)
    first = 1 / u
    return (u.log(), first, -integer_power(first, 2))


def _log1p_jet(u: Ball) -> Jet:
    if not u > -1:
        return (NAN, NAN, NAN)
    first = 1 / (1 + u)
    return (u.log1p(), first, -integer_power(first, 2))


def _log2_jet(u: Ball) -> Jet:
    factor = constant("1/log(2)")
    value, first, second = _log_jet(u)
    return (value * factor, first * factor, second * factor)


def _sin_jet(u: Ball) -> Jet:
    sine, cosine = u.sin_cos()
    return (sine, cosine, -sine)


def _cos_jet(u: Ball) -> Jet:
    sine, cosine = u.sin_cos()
    return (cosine, -sine, -cosine)


def _tan_jet(u: Ball) -> Jet:
    value = u.tan()
    first = 1 + integer_power(value, 2)
    return (value, first, 2 * value * first)


def _asin_jet(u: Ball) -> Jet:
    value = _asin(u)
    gap = (1 - u) * (1 + u)
    if not gap > 0:
        return (value, NAN, NAN)
    first = gap.rsqrt()
    return (value, first, u * first / gap)


def _acos_jet(u: Ball) -> Jet:
    value, first, second = _asin_jet(u)
    return (constant("half pi") - value, -first, -second)


def _atan_jet(u: Ball) -> Jet:
    first = 1 / (1 + integer_power(u, 2))
    return (u.atan(), first, -2 * u * integer_power(first, 2))


def _sinh_jet(u: Ball) -> Jet:
    if not (u < FAR and u > -FAR):
        return (NAN, NAN, NAN)
    sine, cosine = u.sinh_cosh()
    return (sine, cosine, sine)


def _cosh_jet(u: Ball) -> Jet:
    if not (u < FAR and u > -FAR):
        return (NAN, NAN, NAN)
    sine, cosine = u.sinh_cosh()
    return (cosine, sine, cosine)


def _tanh_jet(u: Ball) -> Jet:
    value = u.tanh()
    first = 1 - integer_power(value, 2)
    return (value, first, -2 * value * first)


def _erf_jet(u: Ball) -> Jet:
    first = (-integer_power(u, 2)).exp() * constant("2/sqrt(pi)")
    return (u.erf(), first, -2 * u * first)


def _sigmoid_jet(u: Ball) -> Jet:
    value, slope, second = _tanh_jet(u / 2)
    return ((value + 1) / 2, slope / 4, second / 8)


def _softplus_jet(u: Ball) -> Jet:
    first, second, _ = _sigmoid_jet(u)
    return (_softplus(u), first, second)


def _silu_jet(u: Ball) -> Jet:
    return multiply(variable(u), _sigmoid_jet(u))


def _gelu_jet(u: Ball) -> Jet:
    normal, density = _normal(u), _gauss(u)
    return (u * normal, normal + u * density, density * (2 - integer_power(u, 2)))


def _mish_jet(u: Ball) -> Jet:
    soft = _softplus_jet(u)
    return multiply(variable(u), chain(_tanh_jet(soft[0]), soft))


JETS: dict[str, Callable[[Ball], Jet]] = {
    "sqrt": _sqrt_jet,
    "cbrt": _cbrt_jet,
    "exp": _exp_jet,
    "expm1": _expm1_jet,
    "log": _log_jet,
    "log1p": _log1p_jet,
    "log2": _log2_jet,
    "sin": _sin_jet,
    "cos": _cos_jet,
    "tan": _tan_jet,
    "asin": _asin_jet,
    "acos": _acos_jet,
    "atan": _atan_jet,
    "sinh": _sinh_jet,
    "cosh": _cosh_jet,
    "tanh": _tanh_jet,
    "erf": _erf_jet,
    "sigmoid": _sigmoid_jet,
    "softplus": _softplus_jet,
    "silu": _silu_jet,
    "gelu": _gelu_jet,
    "mish": _mish_jet,
}
