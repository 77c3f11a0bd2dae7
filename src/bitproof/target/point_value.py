"""What an expression is at one rational point: exactly where possible, else enclosed.

No continuity is asked for, so a step can be evaluated where it jumps: every comparison is decided
by exact values or by a ball proved to be on one side. A comparison that stays undecided gives both
branches, and an argument that is not proved to be in a function's domain gives NaN: more precision
may decide, a guess never does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TypeAlias

from bitproof.errors import DomainError, InputError
from bitproof.exact.enclosure import Ball, from_rational, sign
from bitproof.exact.jet import NAN, VALUES, constant, power_value
from bitproof.target.ast import (
    ONE,
    ZERO,
    Binary,
    Call,
    Constant,
    Negate,
    Node,
    Number,
    Select,
    Variable,
    Where,
    write,
)
from bitproof.target.exact_value import (
    MAX_INTEGER_EXPONENT,
    PiNumber,
    apply,
    combine,
    compare,
    exponent_of,
)
from bitproof.target.pieces import is_nonnegative

Value: TypeAlias = PiNumber | Ball
PointFunction: TypeAlias = Callable[[Sequence[Fraction]], Value]

_NOTHING = PiNumber(Fraction(0))
_UNIT = PiNumber(Fraction(1))
_LEAK = Number(Fraction(1, 100))
# What must be positive (strict) or not negative for the function to be defined: ±u + shift.
_CONDITIONS: dict[str, tuple[bool, tuple[tuple[int, PiNumber], ...]]] = {
    "sqrt": (False, ((1, _NOTHING),)),
    "log": (True, ((1, _NOTHING),)),
    "log2": (True, ((1, _NOTHING),)),
    "log1p": (True, ((1, _UNIT),)),
    "asin": (False, ((1, _UNIT), (-1, _UNIT))),
    "acos": (False, ((1, _UNIT), (-1, _UNIT))),
}


def point_function(node: Node) -> PointFunction:
    """The function of a tree on points (x,) or (x1, …, xd): an exact value or a ball around it.

    The ball's width is up to the precision at work; it is not finite while it is not proved that
    the expression is defined there.

    Raises (when called):
        DomainError: the expression is not defined at the point.

    >>> from bitproof.target.grammar import parse
    >>> f = point_function(parse("where(x < 1/3, 0, max(1, x^2))"))
    >>> [f((Fraction(n, 3),)).rational for n in (0, 1, 6)]
    [Fraction(0, 1), Fraction(1, 1), Fraction(4, 1)]
    """
    match node:
        case Number(value):
            number = PiNumber(value)
            return lambda _: number
        case Constant(name):
            known: Value = constant("e") if name == "e" else PiNumber(Fraction(0), Fraction(1))
            return lambda _: known
        case Variable(name):
            index = int(name[1:] or 1) - 1
            return lambda point: PiNumber(point[index])
        case Negate(operand):
            inner = point_function(operand)
            return lambda point: _negated(inner(point))
        case Binary("^"):
            return _power(node)
        case Binary():
            return _binary(node)
        case Where(comparison, left, right, chosen, otherwise):
            difference = point_function(Binary("-", left, right))
            branches = point_function(chosen), point_function(otherwise)
            return lambda point: _branch(comparison, difference(point), point, branches)
        case Select(discriminant, chosen, otherwise):
            return point_function(Where(">=", discriminant, ZERO, chosen, otherwise))
        case Call():
            return _call(node)
    raise AssertionError(f"{node} is no node")


def ball_of(value: Value) -> Ball:
    """A ball around the value, at the precision at work."""
    if not isinstance(value, PiNumber):
        return value
    ball = from_rational(value.rational)
    return ball + constant("pi") * from_rational(value.pi) if value.pi else ball


def _sign(value: Value) -> int | None:
    if isinstance(value, PiNumber) and not value.pi:
        return (value.rational > 0) - (value.rational < 0)
    return sign(ball_of(value))


def _negated(value: Value) -> Value:
    if isinstance(value, PiNumber):
        return PiNumber(-value.rational, -value.pi)
    return -value


def _undefined(node: Node, argument: Node, reason: str) -> DomainError:
    return DomainError(f"{_short(node)} is not defined: {_short(argument)} is {reason}")


def _short(node: Node) -> str:
    text = write(node)
    return text if len(text) <= 60 else f"{text[:57]}..."


# Arithmetic


def _operated(operator: str, left: Value, right: Value) -> Value:
    if isinstance(left, PiNumber) and isinstance(right, PiNumber):
        exact = combine(operator, left, right)
        if exact is not None:
            return exact
    u, w = ball_of(left), ball_of(right)
    match operator:
        case "+":
            return u + w
        case "-":
            return u - w
        case "*":
            return u * w
    return u / w if w > 0 or w < 0 else NAN


def _binary(node: Binary) -> PointFunction:
    operator, left, right = node.operator, point_function(node.left), point_function(node.right)

    def value(point: Sequence[Fraction]) -> Value:
        u, w = left(point), right(point)
        if operator == "/" and _sign(w) == 0:
            raise _undefined(node, node.right, "0")
        return _operated(operator, u, w)

    return value


def _power(node: Binary) -> PointFunction:
    """a^b: see docs/expressions.md for where it is defined."""
    number = exponent_of(node.right)
    base = point_function(node.left)
    if number is None:
        return _varying_power(node, base)
    if abs(number) > MAX_INTEGER_EXPONENT:
        raise InputError(
            f"the exponent in {_short(node)} is beyond {MAX_INTEGER_EXPONENT}",
            remedy="write exp(b*log(a)) if you mean it",
        )
    exponent = number
    whole, sure = number.denominator == 1, is_nonnegative(node.left)

    def value(point: Sequence[Fraction]) -> Value:
        u = base(point)
        side = _sign(u)
        if exponent <= 0 and side == 0:
            raise _undefined(node, node.left, "0")
        if not whole and side == -1:
            raise _undefined(node, node.left, "negative")
        exact = combine("^", u, PiNumber(exponent)) if isinstance(u, PiNumber) else None
        if exact is not None:
            return exact
        if side is None and (exponent <= 0 or not (whole or sure)):
            return NAN
        return power_value(ball_of(u), exponent)

    return value


def _varying_power(node: Binary, base: PointFunction) -> PointFunction:
    upper = point_function(node.right)

    def value(point: Sequence[Fraction]) -> Value:
        u, w = base(point), upper(point)
        side = _sign(u)
        if side is not None and side <= 0:
            raise _undefined(node, node.left, "not positive")
        if isinstance(u, PiNumber) and isinstance(w, PiNumber):
            exact = combine("^", u, w)
            if exact is not None:
                return exact
        return VALUES["exp"](ball_of(w) * VALUES["log"](ball_of(u)))

    return value


# Choices


def _branch(
    comparison: str,
    difference: Value,
    point: Sequence[Fraction],
    branches: tuple[PointFunction, PointFunction],
) -> Value:
    side = _sign(difference)
    if side is not None:
        return branches[0 if compare(comparison, side) else 1](point)
    if not ball_of(difference).is_finite():
        return NAN
    return _either(branches[0](point), branches[1](point))


def _either(first: Value, second: Value) -> Ball:
    return ball_of(first).union(ball_of(second))


def _larger(first: Value, second: Value) -> Value:
    side = _sign(_operated("-", first, second))
    if side is None:
        return _either(first, second)
    return first if side >= 0 else second


def _largest(values: Sequence[Value]) -> Value:
    result = values[0]
    for value in values[1:]:
        result = _larger(result, value)
    return result


def _below_zero(argument: Value, otherwise: Callable[[Value], Value]) -> Value:
    """The argument where it is at least 0, else what `otherwise` makes of it."""
    side = _sign(argument)
    if side is None:
        return _either(argument, otherwise(argument))
    return argument if side >= 0 else otherwise(argument)


# Functions


def _call(node: Call) -> PointFunction:
    name, arguments = node.name, [point_function(argument) for argument in node.arguments]
    first = arguments[0]
    match name:
        case "max":
            return lambda point: _largest([argument(point) for argument in arguments])
        case "min":
            return lambda point: _negated(
                _largest([_negated(argument(point)) for argument in arguments])
            )
        case "abs":
            return lambda point: _below_zero(first(point), _negated)
        case "relu":
            return lambda point: _below_zero(first(point), lambda _: _NOTHING)
        case "elu":
            return lambda point: _below_zero(first(point), lambda u: _function("expm1", u))
        case "leaky_relu":
            slope = arguments[1] if len(arguments) > 1 else point_function(_LEAK)
            return lambda point: _below_zero(
                first(point), lambda u: _operated("*", slope(point), u)
            )
    return _defined_function(node, first)


def _function(name: str, argument: Value) -> Value:
    if isinstance(argument, PiNumber):
        exact = apply(name, argument)
        if exact is not None:
            return exact
    ball = ball_of(argument)
    # Of an argument that is not known a bounded function would make a value again.
    return VALUES[name](ball) if ball.is_finite() else NAN


def _defined_function(node: Call, inner: PointFunction) -> PointFunction:
    name, argument = node.name, node.arguments[0]
    strict, conditions = _CONDITIONS.get(name, (False, ()))
    # The form alone may show that the condition holds, where no ball can: sqrt((x - y)^2).
    gaps = [_gap(argument, factor, shift) for factor, shift in conditions]
    sure = not strict and all(is_nonnegative(gap) for gap in gaps)

    def value(point: Sequence[Fraction]) -> Value:
        u = inner(point)
        for factor, shift in conditions:
            side = _sign(_operated("+", shift, u if factor > 0 else _negated(u)))
            if side is None and not sure:
                return NAN
            if side is not None and side < (1 if strict else 0):
                raise _undefined(node, argument, "outside its domain")
        return _function(name, u)

    return value


def _gap(argument: Node, factor: int, shift: PiNumber) -> Node:
    signed = argument if factor > 0 else Negate(argument)
    return Binary("+", ONE, signed) if shift.rational else signed
