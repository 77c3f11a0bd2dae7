"""Exact values: what a tree is at a rational point, where that is a + b·π with rational a and b.

This is how a kink, a zero or a meeting of two branches is *proved* to be where it is; an enclosure
can only say that it is near. Many values are not of that form; then the answer is None.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from bitproof.target.ast import (
    Binary,
    Call,
    Constant,
    Negate,
    Node,
    Number,
    Select,
    Variable,
    Where,
    varies,
)

MAX_BITS = 16384
MAX_INTEGER_EXPONENT = 1000


@dataclass(frozen=True, slots=True)
class PiNumber:
    """rational + pi·π."""

    rational: Fraction
    pi: Fraction = Fraction(0)


def exponent_of(node: Node) -> Fraction | None:
    """The exact rational value of a constant exponent; None if it varies or is not rational."""
    if varies(node):
        return None
    value = exact_value(node, Fraction(0))
    return value.rational if value is not None and value.pi == 0 else None


def exact_value(node: Node, point: Fraction) -> PiNumber | None:
    """The value at x = point, exactly; None if it is not found to be a + b·π (or is undefined).

    >>> from bitproof.target.grammar import parse
    >>> exact_value(parse("sin(pi*x) + sqrt(x)"), Fraction(1, 4)) is None
    True
    >>> exact_value(parse("sin(pi*x)/2 + x"), Fraction(1, 2))
    PiNumber(rational=Fraction(1, 1), pi=Fraction(0, 1))
    """
    match node:
        case Number(value):
            return _bounded(PiNumber(value))
        case Constant(name):
            return PiNumber(Fraction(0), Fraction(1)) if name == "pi" else None
        case Variable():
            return PiNumber(point)
        case Select(discriminant, chosen, otherwise):
            return _selected(exact_value(discriminant, point), ">=", chosen, otherwise, point)
        case Where(comparison, left, right, chosen, otherwise):
            difference = exact_value(Binary("-", left, right), point)
            return _selected(difference, comparison, chosen, otherwise, point)
        case Negate(operand):
            inner = exact_value(operand, point)
            return None if inner is None else PiNumber(-inner.rational, -inner.pi)
        case Binary(operator, left, right):
            return combine(operator, exact_value(left, point), exact_value(right, point))
        case Call(name, (argument,)):
            inner = exact_value(argument, point)
            return None if inner is None else apply(name, inner)
    return None


def _selected(
    difference: PiNumber | None, comparison: str, chosen: Node, otherwise: Node, point: Fraction
) -> PiNumber | None:
    if difference is None or difference.pi:
        return None
    holds = compare(comparison, difference.rational)
    return exact_value(chosen if holds else otherwise, point)


def compare(comparison: str, difference: Fraction | int) -> bool:
    """Whether `difference comparison 0` holds."""
    return {
        "<": difference < 0,
        "<=": difference <= 0,
        ">": difference > 0,
        ">=": difference >= 0,
    }[comparison]


def _bounded(value: PiNumber) -> PiNumber | None:
    sizes = (value.rational.numerator, value.rational.denominator)
    return value if max(size.bit_length() for size in sizes) <= MAX_BITS else None


def combine(operator: str, left: PiNumber | None, right: PiNumber | None) -> PiNumber | None:
    """left operator right, exactly; None if it is not found."""
    if left is None or right is None:
        return None
    if not left.pi and not right.pi:
        value = _rational(operator, left.rational, right.rational)
        return None if value is None else _bounded(PiNumber(value))
    if operator == "+":
        return _bounded(PiNumber(left.rational + right.rational, left.pi + right.pi))
    if operator == "-":
        return _bounded(PiNumber(left.rational - right.rational, left.pi - right.pi))
    if operator == "*":
        return _product(left, right)
    if operator == "/":
        return _quotient(left, right)
    return None


def _rational(operator: str, left: Fraction, right: Fraction) -> Fraction | None:
    """The same for rationals, by far the most frequent case."""
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right if right else None
    power = _power(left, right)
    return None if power is None else power.rational


def _quotient(left: PiNumber, right: PiNumber) -> PiNumber | None:
    if right.pi:
        quotient = left.pi / right.pi
        return PiNumber(quotient) if left.rational == right.rational * quotient else None
    return _product(left, PiNumber(1 / right.rational)) if right.rational else None


def _product(left: PiNumber, right: PiNumber) -> PiNumber | None:
    if left.pi and right.pi:
        return None
    cross = left.rational * right.pi + left.pi * right.rational
    return _bounded(PiNumber(left.rational * right.rational, cross))


def _power(base: Fraction, exponent: Fraction) -> PiNumber | None:
    if base == 0:
        return PiNumber(Fraction(0)) if exponent > 0 else None
    if abs(exponent) > MAX_INTEGER_EXPONENT:
        return None
    if exponent.denominator != 1:
        root = rational_root(base, exponent.denominator)
        return None if root is None else _power(root, Fraction(exponent.numerator))
    size = max(base.numerator.bit_length(), base.denominator.bit_length())
    if size * abs(exponent) > MAX_BITS:
        return None
    return PiNumber(base**exponent.numerator)


def rational_root(value: Fraction, degree: int) -> Fraction | None:
    """The rational r ≥ 0 with r^degree = value, if there is one.

    >>> rational_root(Fraction(9, 4), 2), rational_root(Fraction(2), 2)
    (Fraction(3, 2), None)
    """
    if value < 0 or degree > 64:
        return None
    top = _integer_root(value.numerator, degree)
    bottom = _integer_root(value.denominator, degree)
    if top**degree != value.numerator or bottom**degree != value.denominator:
        return None
    return Fraction(top, bottom)


def _integer_root(number: int, degree: int) -> int:
    """⌊number^(1/degree)⌋."""
    if degree == 2:
        return math.isqrt(number)
    low, high = 0, 1 << (number.bit_length() // degree + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**degree <= number else (low, middle - 1)
    return low


_AT_ZERO = {
    **dict.fromkeys(("exp", "cos", "cosh"), Fraction(1)),
    **dict.fromkeys(("expm1", "log1p", "sin", "tan", "atan", "asin", "sinh", "tanh"), Fraction(0)),
    **dict.fromkeys(("erf", "silu", "mish", "gelu"), Fraction(0)),
    "sigmoid": Fraction(1, 2),
}
_ANGLES = {Fraction(0): Fraction(0), Fraction(1, 2): Fraction(1, 6), Fraction(1): Fraction(1, 2)}


def apply(name: str, argument: PiNumber) -> PiNumber | None:
    """A function of one argument without a choice in it, exactly; None if it is not found."""
    if argument.pi:
        circular = argument.rational == 0 and name in ("sin", "cos", "tan")
        return _circular(name, argument.pi) if circular else None
    value = argument.rational
    if value == 0 and name in _AT_ZERO:
        return PiNumber(_AT_ZERO[name])
    if name in ("sqrt", "cbrt"):
        root = rational_root(abs(value), 2 if name == "sqrt" else 3)
        if root is None or (name == "sqrt" and value < 0):
            return None
        return PiNumber(root if value >= 0 else -root)
    if name in ("log", "log2"):
        return _logarithm(name, value)
    return _inverse_circular(name, value)


def _logarithm(name: str, value: Fraction) -> PiNumber | None:
    if value == 1:
        return PiNumber(Fraction(0))
    if name == "log" or value <= 0:
        return None
    exponent = value.numerator.bit_length() - value.denominator.bit_length()
    return PiNumber(Fraction(exponent)) if value == Fraction(2) ** exponent else None


def _circular(name: str, turns: Fraction) -> PiNumber | None:
    """sin, cos or tan of turns·π, where that is 0, ±1/2 or ±1."""
    if name == "tan":
        known = {Fraction(0): 0, Fraction(1, 4): 1, Fraction(3, 4): -1}.get(turns % 1)
        return None if known is None else PiNumber(Fraction(known))
    angle = (turns + Fraction(1, 2) if name == "cos" else turns) % 2
    flip = 1 if angle < 1 else -1
    folded = min(angle % 1, 1 - angle % 1)
    for value, known_angle in _ANGLES.items():
        if folded == known_angle:
            return PiNumber(flip * value)
    return None


def _inverse_circular(name: str, value: Fraction) -> PiNumber | None:
    side = 1 if value >= 0 else -1
    if name == "atan" and abs(value) == 1:
        return PiNumber(Fraction(0), Fraction(side, 4))
    if name in ("asin", "acos") and abs(value) in _ANGLES:
        angle = side * _ANGLES[abs(value)]
        return PiNumber(Fraction(0), angle if name == "asin" else Fraction(1, 2) - angle)
    return None
