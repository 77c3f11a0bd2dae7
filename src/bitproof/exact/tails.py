"""Functions that come closer to a line than any precision tells, and on which side of it they stay.

GELU at -255/2 is below 0 by less than 2^-11000, and mish at 211/2 is below 211/2 by less than
2^-300. Rounding down has to know the side, which no enclosure of a fixed precision shows; these
inequalities do. With |x| = a ≥ 2 and e^-a < 2^-(36/25)a, because 36/25 < log2(e):

    sigmoid      1 - sigmoid(a) = sigmoid(-a) = 1/(1 + e^a) < e^-a
    tanh         1 - tanh(a) = 2/(e^2a + 1) < 2·e^-2a
    erf          1 - erf(a) < e^-a²/(a·√π) < e^-a²
    softplus     softplus(a) - a = softplus(-a) = log(1 + e^-a) < e^-a
    silu         a - silu(a) = -silu(-a) = a/(1 + e^a) < a·e^-a
    gelu         a - gelu(a) = -gelu(-a) = a·(1 - erf(a/√2))/2 < a·e^-a²/2
    mish         a - mish(a) = 2a/((1 + e^a)² + 1) < 2a·e^-2a
                 -mish(-a) = a·tanh(log(1 + e^-a)) < a·e^-a
    exp, expm1   exp(-a) = expm1(-a) + 1 = e^-a;   elu(-a) = expm1(-a)

All differences are positive.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

LEAST = 2
BITS = Fraction(36, 25)  # below log2(e)
MOST_BITS = 4096


@dataclass(frozen=True, slots=True)
class Approach:
    """The value is strictly between `base` and base + side·distance, or the latter.

    Attributes:
        side: 1 where the value is above the base, -1 below.
        distance: a positive power of two.
    """

    base: Fraction
    side: int
    distance: Fraction


# For a ≥ 2: (bits of the distance, base and side at a), and the same at -a.
_Form = Callable[[Fraction], tuple[Fraction, Fraction, int] | None]


def _constant(base: int, side: int, times: int, factor: int = 1) -> _Form:
    """A distance of at most factor·e^(-times·a)."""
    return lambda a: (times * a * BITS - factor.bit_length() + 1, Fraction(base), side)


def _line(slope: int, side: int, times: int, factor: int) -> _Form:
    """A distance of at most factor·a·e^(-times·a) from slope·a."""
    return lambda a: (times * a * BITS - _bits(factor * a), slope * a, side)


def _bits(value: Fraction) -> int:
    """value ≤ 2^this, for values of at least 1."""
    return (-(-value.numerator // value.denominator)).bit_length()


_FORMS: dict[str, tuple[_Form, _Form]] = {
    "sigmoid": (_constant(1, -1, 1), _constant(0, 1, 1)),
    "tanh": (_constant(1, -1, 2, 2), _constant(-1, 1, 2, 2)),
    "erf": (
        lambda a: (a * a * BITS, Fraction(1), -1),
        lambda a: (a * a * BITS, Fraction(-1), 1),
    ),
    "softplus": (lambda a: (a * BITS, a, 1), _constant(0, 1, 1)),
    "silu": (_line(1, -1, 1, 1), _line(0, -1, 1, 1)),
    "gelu": (
        lambda a: (a * a / 2 * BITS - _bits(a), a, -1),
        lambda a: (a * a / 2 * BITS - _bits(a), Fraction(0), -1),
    ),
    "mish": (_line(1, -1, 2, 2), _line(0, -1, 1, 1)),
    "exp": (lambda _: None, _constant(0, 1, 1)),
    "expm1": (lambda _: None, _constant(-1, 1, 1)),
    "elu": (lambda _: None, _constant(-1, 1, 1)),
}


def approach(name: str, x: Fraction) -> Approach | None:
    """What a function is next to at x, and how near; None where it is not, or not known to be.

    >>> approach("gelu", Fraction(-255, 2)).base, approach("gelu", Fraction(-255, 2)).side
    (Fraction(0, 1), -1)
    >>> approach("mish", Fraction(211, 2)).distance < Fraction(1, 1 << 290)
    True
    >>> approach("exp", Fraction(99)) is None
    True
    """
    if name not in _FORMS or abs(x) < LEAST:
        return None
    found = _FORMS[name][0 if x > 0 else 1](abs(x))
    if found is None:
        return None
    bits, base, side = found
    whole = min(int(bits // 1), MOST_BITS)
    return Approach(base, side, Fraction(1, 1 << whole)) if whole > 0 else None
