"""From a tree to the functions that enclose it over a ball: values alone, or order-2 jets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from bitproof.exact.enclosure import Ball, from_rational, precision
from bitproof.exact.jet import (
    CONSTANT_PRECISION,
    JETS,
    VALUES,
    Jet,
    chain,
    constant,
    divide,
    either,
    hull,
    multiply,
    power,
    power_value,
    variable,
)
from bitproof.exact.jet import NAN as NAN_BALL
from bitproof.exact.jet import ZERO as ZERO_BALL
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
from bitproof.target.exact_value import exact_value, exponent_of

ValueFunction: TypeAlias = Callable[[Ball], Ball]
JetFunction: TypeAlias = Callable[[Ball], Jet]


@dataclass(frozen=True)
class Program:
    """A tree as two functions of a ball of x: `value` encloses f over it, `jet` also f' and f''."""

    value: ValueFunction
    jet: JetFunction


def assemble(node: Node) -> Program:
    """The program of a tree without abs, min, max or relu (`pieces.resolve` replaced them).

    >>> import flint
    >>> from bitproof.target.grammar import parse
    >>> value, slope, curvature = assemble(parse("x^2 + 1")).jet(flint.arb(3))
    >>> (value, slope, curvature) == (10, 6, 2)
    True
    """
    if not varies(node):
        return _constant_program(constant_ball(node))
    match node:
        case Negate(operand):
            inner = assemble(operand)
            return Program(lambda x: -inner.value(x), lambda x: _negated(inner.jet(x)))
        case Binary("^", base, exponent):
            return _power_program(base, exponent)
        case Binary():
            return _binary_program(node)
        case Call(name, (argument,)):
            return _call_program(name, assemble(argument))
        case Where(_, _, _, chosen, otherwise):
            return _either_program(assemble(chosen), assemble(otherwise))
        case Select():
            return _select_program(node)
        case Variable():
            return Program(lambda x: x, variable)
    raise AssertionError(f"{node} was not resolved")


def _negated(u: Jet) -> Jet:
    return (-u[0], -u[1], -u[2])


def _constant_program(ball: Ball) -> Program:
    jet = (ball, ZERO_BALL, ZERO_BALL)
    return Program(lambda _: ball, lambda _: jet)


def constant_ball(node: Node) -> Ball:
    """The value of a tree without varies, to 320 bits."""
    with precision(CONSTANT_PRECISION):
        exact = exact_value(node, Fraction(0))
        if exact is not None:
            return from_rational(exact.rational) + constant("pi") * from_rational(exact.pi)
        match node:
            case Number(value):
                return from_rational(value)
            case Constant(name):
                return constant(name)
            case Negate(operand):
                return -constant_ball(operand)
            case Binary("^", base, exponent):
                return _constant_power(base, exponent)
            case Binary(operator, left, right):
                return _OPERATIONS[operator](constant_ball(left), constant_ball(right))
            case Call(name, (argument,)):
                return VALUES[name](constant_ball(argument))
            case Select(_, chosen, otherwise) | Where(_, _, _, chosen, otherwise):
                return constant_ball(chosen).union(constant_ball(otherwise))
    raise AssertionError(f"{node} was not resolved")


def _constant_power(base: Node, exponent: Node) -> Ball:
    number = exponent_of(exponent)
    if number is not None:
        return power_value(constant_ball(base), number)
    return (VALUES["log"](constant_ball(base)) * constant_ball(exponent)).exp()


_OPERATIONS: dict[str, Callable[[Ball, Ball], Ball]] = {
    "+": lambda u, w: u + w,
    "-": lambda u, w: u - w,
    "*": lambda u, w: u * w,
    "/": lambda u, w: u / w if w > 0 or w < 0 else NAN_BALL,
}


def _binary_program(node: Binary) -> Program:
    if not varies(node.right) or not varies(node.left):
        return _affine_program(node)
    left, right = assemble(node.left), assemble(node.right)
    if node.operator == "*" and node.left == node.right:
        square = Fraction(2)
        return Program(
            lambda x: power_value(left.value(x), square), lambda x: power(left.jet(x), square)
        )
    operation = _OPERATIONS[node.operator]
    jets = {"+": _sum, "-": _difference, "*": multiply, "/": divide}[node.operator]
    return Program(
        lambda x: operation(left.value(x), right.value(x)),
        lambda x: jets(left.jet(x), right.jet(x)),
    )


def _sum(u: Jet, w: Jet) -> Jet:
    return (u[0] + w[0], u[1] + w[1], u[2] + w[2])


def _difference(u: Jet, w: Jet) -> Jet:
    return (u[0] - w[0], u[1] - w[1], u[2] - w[2])


def _affine_program(node: Binary) -> Program:
    """One operand is a constant: cheaper than a jet of it."""
    if not varies(node.right):
        inner, ball = assemble(node.left), constant_ball(node.right)
        if node.operator == "-":
            return _shifted(inner, -ball)
        if node.operator == "/":
            with precision(CONSTANT_PRECISION):
                return _scaled(inner, _OPERATIONS["/"](from_rational(1), ball))
        return _shifted(inner, ball) if node.operator == "+" else _scaled(inner, ball)
    inner, ball = assemble(node.right), constant_ball(node.left)
    if node.operator == "+":
        return _shifted(inner, ball)
    if node.operator == "*":
        return _scaled(inner, ball)
    if node.operator == "-":
        return _shifted(_scaled(inner, from_rational(-1)), ball)
    jet = (ball, ZERO_BALL, ZERO_BALL)
    quotient = _OPERATIONS["/"]
    return Program(lambda x: quotient(ball, inner.value(x)), lambda x: divide(jet, inner.jet(x)))


def _shifted(inner: Program, shift: Ball) -> Program:
    def jet(x: Ball) -> Jet:
        value, slope, curvature = inner.jet(x)
        return (value + shift, slope, curvature)

    return Program(lambda x: inner.value(x) + shift, jet)


def _scaled(inner: Program, factor: Ball) -> Program:
    def jet(x: Ball) -> Jet:
        value, slope, curvature = inner.jet(x)
        return (value * factor, slope * factor, curvature * factor)

    return Program(lambda x: inner.value(x) * factor, jet)


def _power_program(base: Node, exponent: Node) -> Program:
    number = exponent_of(exponent)
    inner = assemble(base)
    if number is not None:
        return Program(
            lambda x: power_value(inner.value(x), number), lambda x: power(inner.jet(x), number)
        )
    upper = assemble(exponent)
    log, log_jet, exp_jet = VALUES["log"], JETS["log"], JETS["exp"]

    def jet(x: Ball) -> Jet:
        argument = inner.jet(x)
        logarithm = chain(log_jet(argument[0]), argument)
        product = multiply(upper.jet(x), logarithm)
        return chain(exp_jet(product[0]), product)

    return Program(lambda x: (upper.value(x) * log(inner.value(x))).exp(), jet)


def _call_program(name: str, inner: Program) -> Program:
    value, derivatives = VALUES[name], JETS[name]

    def jet(x: Ball) -> Jet:
        argument = inner.jet(x)
        return chain(derivatives(argument[0]), argument)

    return Program(lambda x: value(inner.value(x)), jet)


def _either_program(left: Program, right: Program) -> Program:
    return Program(
        lambda x: left.value(x).union(right.value(x)), lambda x: either(left.jet(x), right.jet(x))
    )


def _select_program(node: Select) -> Program:
    """A continuous choice whose border was not found exactly: decided where the ball decides."""
    discriminant = assemble(node.discriminant)
    chosen, otherwise = assemble(node.chosen), assemble(node.otherwise)

    def value(x: Ball) -> Ball:
        where = discriminant.value(x)
        if where > 0:
            return chosen.value(x)
        if where < 0:
            return otherwise.value(x)
        return chosen.value(x).union(otherwise.value(x))

    def jet(x: Ball) -> Jet:
        where = discriminant.value(x)
        if where > 0:
            return chosen.jet(x)
        if where < 0:
            return otherwise.jet(x)
        return hull(chosen.jet(x), otherwise.jet(x))

    return Program(value, jet)
