"""Exact rationals: reading, writing, dyadics.

All numbers inside bitproof are `int` or `fractions.Fraction`. A float enters through
`from_float` (exactly) and leaves through `to_float` (correctly rounded), nowhere else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from fractions import Fraction

from bitproof.errors import InputError

MAX_NUMBER_CHARACTERS = 400
MAX_EXPONENT = 4096

_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE]([+-]?\d+))?\Z")


def parse_rational(text: str) -> Fraction:
    """The exact value of a number as people write it: `0.1`, `1e-3`, `1/512`, `2^-8`, `-3*2^-4`.

    Raises:
        InputError: not a number, too long, or a zero denominator.

    >>> parse_rational("1e-3"), parse_rational("2^-8"), parse_rational("-1/512")
    (Fraction(1, 1000), Fraction(1, 256), Fraction(-1, 512))
    """
    stripped = text.strip()
    if len(stripped) > MAX_NUMBER_CHARACTERS:
        raise InputError(
            f"a number of {len(stripped)} characters",
            remedy=f"write it with at most {MAX_NUMBER_CHARACTERS}",
        )
    first, *rest = re.split(r"([*/])", stripped)
    result = _parse_factor(first.strip(), stripped)
    for operator, part in zip(rest[::2], rest[1::2], strict=True):
        factor = _parse_factor(part.strip(), stripped)
        if operator == "/" and factor == 0:
            raise InputError(f"{stripped!r} divides by zero", remedy="write a number")
        result = result / factor if operator == "/" else result * factor
    return result


def _parse_factor(text: str, whole: str) -> Fraction:
    base, caret, exponent = text.partition("^")
    value = _parse_decimal(base.strip(), whole)
    if not caret:
        return value
    stripped = exponent.strip().strip("()")
    if not re.fullmatch(r"[+-]?\d{1,5}", stripped) or abs(int(stripped)) > MAX_EXPONENT:
        raise InputError(
            f"{whole!r} has the exponent {exponent.strip()!r}",
            remedy=f"write a whole number of at most {MAX_EXPONENT}, as in 2^-8",
        )
    negative_base = base.strip().startswith("-")
    magnitude = abs(value)
    if magnitude == 0 and int(stripped) < 0:
        raise InputError(f"{whole!r} divides by zero", remedy="write a number")
    power = magnitude ** int(stripped)
    return -power if negative_base else power


def _parse_decimal(text: str, whole: str) -> Fraction:
    match = _DECIMAL.match(text)
    if not match:
        raise InputError(
            f"{whole!r} is not a number", remedy="write it as 0.001, 1e-3, 1/512 or 2^-8"
        )
    if match.group(4) is not None and (
        len(match.group(4)) > 6 or abs(int(match.group(4))) > MAX_EXPONENT
    ):
        raise InputError(
            f"{whole!r} has an exponent beyond {MAX_EXPONENT}", remedy="write a smaller one"
        )
    return Fraction(text)


def from_float(value: float) -> Fraction:
    """The rational a float is, exactly.

    Raises:
        InputError: NaN or infinite.

    >>> from_float(0.1) == Fraction(3602879701896397, 36028797018963968)
    True
    """
    if not math.isfinite(value):
        raise InputError(f"{value!r} is not a finite number", remedy="give a finite one")
    return Fraction(value)


def to_float(value: Fraction | int) -> float:
    """The float nearest to a rational (ties to even); infinite where it overflows.

    >>> to_float(Fraction(1, 3))
    0.3333333333333333
    """
    exact = Fraction(value)
    try:
        return exact.numerator / exact.denominator
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def is_dyadic(value: Fraction) -> bool:
    """Whether the denominator is a power of two.

    >>> is_dyadic(Fraction(3, 8)), is_dyadic(Fraction(1, 3))
    (True, False)
    """
    denominator = value.denominator
    return denominator & (denominator - 1) == 0


def common_denominator(values: Iterable[Fraction]) -> int:
    """The least common multiple of the denominators (1 for none).

    >>> common_denominator([Fraction(1, 4), Fraction(1, 6)])
    12
    """
    return math.lcm(1, *(value.denominator for value in values))


def rational_gcd(values: Iterable[Fraction]) -> Fraction:
    """The largest g > 0 of which every value is an integer multiple; 0 if all are 0.

    >>> rational_gcd([Fraction(3, 4), Fraction(1, 2), Fraction(0)])
    Fraction(1, 4)
    """
    gcd = Fraction(0)
    for value in values:
        if value:
            gcd = Fraction(
                math.gcd(gcd.numerator * value.denominator, value.numerator * gcd.denominator),
                gcd.denominator * value.denominator,
            )
    return gcd


def write_rational(value: Fraction | int) -> str:
    """`p/q`, or `p` for an integer: what `parse_rational` and the checker read back.

    >>> write_rational(Fraction(1, 1000)), write_rational(Fraction(-2))
    ('1/1000', '-2')
    """
    return str(Fraction(value))


def write_decimal(value: Fraction | int, digits: int = 6, *, rounding: str = "nearest") -> str:
    """A decimal for people, `digits` significant digits, rounded `up`, `down` or to `nearest`.

    Bounds are printed rounded outward: an upper bound `up`, a lower bound `down`.

    >>> write_decimal(Fraction(1, 3)), write_decimal(Fraction(2, 3000), rounding="up")
    ('0.333333', '0.000666667')
    >>> write_decimal(Fraction(1, 3), 3, rounding="up"), write_decimal(Fraction(1, 10**9), 3)
    ('0.334', '1e-09')
    """
    import decimal

    modes = {
        "up": decimal.ROUND_CEILING,
        "down": decimal.ROUND_FLOOR,
        "nearest": decimal.ROUND_HALF_EVEN,
    }
    exact = Fraction(value)
    context = decimal.Context(
        prec=digits, rounding=modes[rounding], Emin=-999999, Emax=999999, traps=[]
    )
    quotient = context.divide(decimal.Decimal(exact.numerator), decimal.Decimal(exact.denominator))
    if quotient == 0:
        return "0"
    if -5 <= quotient.adjusted() < 16:
        text = f"{quotient:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    mantissa, _, exponent = f"{quotient:e}".partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent):+03d}"
