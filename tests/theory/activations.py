"""Activation tables for the tests, rounded here without bitproof's own rounding.

Values are 60-digit decimals; a value that close to a tie is exact (the rational cases), so that
the tie rule is applied to it as it is.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal, getcontext, localcontext
from fractions import Fraction
from functools import cache

from bitproof.exact.fixed_point import FixedPoint, Rounding, round_rational

DIGITS = 60
Table = tuple[int, ...]


def _exp(x: Fraction) -> Fraction:
    with localcontext() as context:
        context.prec = DIGITS
        return Fraction((Decimal(x.numerator) / Decimal(x.denominator)).exp())


def _log1p_exp(x: Fraction) -> Fraction:
    with localcontext() as context:
        context.prec = DIGITS
        value = Fraction(1) + _exp(x)
        return Fraction((Decimal(value.numerator) / Decimal(value.denominator)).ln())


def _tanh(x: Fraction) -> Fraction:
    return 1 - 2 / (_exp(2 * x) + 1) if x else Fraction(0)


def _erf(x: Fraction) -> Fraction:
    """By its alternating series, with enough terms for |x| ≤ 6."""
    if abs(x) > 6:
        return Fraction(1 if x > 0 else -1)
    getcontext().prec = DIGITS
    total, term, n = Fraction(0), x, 0
    while abs(term) > Fraction(1, 10**40) or n < 4:
        total += term / (2 * n + 1)
        n += 1
        term = Fraction(round(term * -x * x / n * 10**60), 10**60)
    root_pi = Fraction("1.77245385090551602729816748334114518279754945612238712821")
    return 2 * total / root_pi


ROOT_HALF = Fraction("0.70710678118654752440084436210484903928483593768847403659")

SEVEN: dict[str, Callable[[Fraction], Fraction]] = {
    "sigmoid": lambda x: 1 / (1 + _exp(-x)) if x else Fraction(1, 2),
    "relu": lambda x: max(x, Fraction(0)),
    "elu": lambda x: x if x >= 0 else _exp(x) - 1,
    "softplus": _log1p_exp,
    "silu": lambda x: x / (1 + _exp(-x)),
    "mish": lambda x: x * _tanh(_log1p_exp(x)),
    "gelu": lambda x: x / 2 * (1 + _erf(x * ROOT_HALF)),
}
OTHERS: dict[str, Callable[[Fraction], Fraction]] = {
    "identity": lambda x: x,
    "tanh": _tanh,
    "step": lambda x: Fraction(x >= 0),
    "sign": lambda x: Fraction(1 if x >= 0 else -1),
    "abs": abs,
    "square": lambda x: x * x,
    "leaky relu": lambda x: x if x >= 0 else x / 100,
    "zero": lambda _: Fraction(0),
    "one": lambda _: Fraction(1),
}
ALL = SEVEN | OTHERS

NEAREST = (
    Rounding.NEAREST_EVEN,
    Rounding.NEAREST_AWAY,
    Rounding.NEAREST_UP,
    Rounding.NEAREST_DOWN,
    Rounding.NEAREST_ZERO,
)


@cache
def table_of(name: str, form: FixedPoint) -> Table:
    """The activation's level at every level of a format."""
    function = ALL[name]
    return tuple(
        form.limit(round_rational(function(form.value(k)) * form.scale, form.rounding))
        for k in range(form.lowest, form.highest + 1)
    )


def random_table(form: FixedPoint, generator: random.Random) -> Table:
    """A random table: any, monotone, sparse, or of few values, so that all verdicts occur."""
    levels = range(form.lowest, form.highest + 1)
    kind = generator.randrange(5)
    if kind == 0:
        return tuple(generator.choice(levels) for _ in levels)
    if kind == 1:
        return tuple(sorted(generator.choice(levels) for _ in levels))
    few = generator.sample(levels, 2)
    if kind == 2:
        return tuple(generator.choice(few) for _ in levels)
    step = generator.choice([2, 2, 3, 4])
    multiples = [k for k in levels if (k - form.lowest) % step == 0]
    if kind == 3:
        return tuple(generator.choice(multiples) for _ in levels)
    spike = generator.choice(levels)
    return tuple(few[k == spike] for k in levels)


def symmetric(p: int, s: int, rounding: Rounding = Rounding.NEAREST_EVEN) -> FixedPoint:
    top = (1 << p) - 1
    return FixedPoint(-top, top, s, rounding)
