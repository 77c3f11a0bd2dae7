"""All partial derivatives of an expression up to an order: at a point, or enclosed over a box."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import TypeAlias

from bitproof.exact.enclosure import Ball, to_interval
from bitproof.exact.interval import Interval
from bitproof.exact.jet import NAN, ONE
from bitproof.exact.power_series import (
    COEFFICIENTS,
    MultiIndex,
    Series,
    SeriesRing,
    power_coefficients,
)
from bitproof.target.ast import Binary, Call, Negate, Node, Select, Variable, Where, varies
from bitproof.target.box_program import constant_of
from bitproof.target.exact_value import exponent_of
from bitproof.target.pieces import choice_of, in_pairs
from bitproof.target.variables import index_of

SeriesFunction: TypeAlias = Callable[[tuple[Ball, ...]], Series]


def assemble_series(node: Node, ring: SeriesRing) -> SeriesFunction:
    """The series of a tree around balls for x1, …, xd; NaN where a choice is not decided.

    >>> import flint
    >>> from bitproof.target.grammar import parse
    >>> f = assemble_series(parse("x1^2*x2"), SeriesRing(2, 2))
    >>> f((flint.arb(3), flint.arb(5))) == (45, 30, 9, 5, 6, 0)
    True
    """
    if not varies(node):
        series = ring.constant(constant_of(node))
        return lambda _: series
    node = in_pairs(node)
    choice = choice_of(node)
    if choice is not None:
        return _selected(choice, ring)
    match node:
        case Variable(name):
            index = index_of(name)
            return lambda place: ring.variable(index, place[index])
        case Negate(operand):
            inner = assemble_series(operand, ring)
            return lambda place: ring.scale(inner(place), -ONE)
        case Binary("^", base, exponent):
            return _power(base, exponent, ring)
        case Binary():
            return _binary(node, ring)
        case Call(name, (argument,)):
            inner, coefficients = assemble_series(argument, ring), COEFFICIENTS[name]

            def call(place: tuple[Ball, ...]) -> Series:
                u = inner(place)
                return ring.compose(coefficients(u[0], ring.order), u)

            return call
        case Where(_, left, right, chosen, otherwise):
            return _where(node, Binary("-", left, right), (chosen, otherwise), ring)
    raise AssertionError(f"{node} is no node of an expression")


def _binary(node: Binary, ring: SeriesRing) -> SeriesFunction:
    left, right = assemble_series(node.left, ring), assemble_series(node.right, ring)
    match node.operator:
        case "+":
            return lambda place: ring.add(left(place), right(place))
        case "-":
            return lambda place: ring.add(left(place), ring.scale(right(place), -ONE))
        case "*" if node.left == node.right:
            return _raised(left, Fraction(2), ring)
        case "*":
            return lambda place: ring.multiply(left(place), right(place))
    inverse = _raised(right, Fraction(-1), ring)
    return lambda place: ring.multiply(left(place), inverse(place))


def _power(base: Node, exponent: Node, ring: SeriesRing) -> SeriesFunction:
    inner, number = assemble_series(base, ring), exponent_of(exponent)
    if number is not None:
        return _raised(inner, number, ring)
    upper = assemble_series(exponent, ring)
    log, exp = COEFFICIENTS["log"], COEFFICIENTS["exp"]

    def power(place: tuple[Ball, ...]) -> Series:
        u = inner(place)
        product = ring.multiply(upper(place), ring.compose(log(u[0], ring.order), u))
        return ring.compose(exp(product[0], ring.order), product)

    return power


def _raised(inner: SeriesFunction, exponent: Fraction, ring: SeriesRing) -> SeriesFunction:
    def raised(place: tuple[Ball, ...]) -> Series:
        u = inner(place)
        return ring.compose(power_coefficients(u[0], exponent, ring.order), u)

    return raised


def _selected(choice: Select, ring: SeriesRing) -> SeriesFunction:
    inner = assemble_series(choice.discriminant, ring)
    chosen = assemble_series(choice.chosen, ring)
    otherwise = assemble_series(choice.otherwise, ring)

    def selected(place: tuple[Ball, ...]) -> Series:
        side = inner(place)[0]
        if side > 0:
            return chosen(place)
        return otherwise(place) if side < 0 else ring.unknown()

    return selected


def _where(
    node: Where, difference: Node, branches: tuple[Node, Node], ring: SeriesRing
) -> SeriesFunction:
    inner = assemble_series(difference, ring)
    chosen, otherwise = (assemble_series(branch, ring) for branch in branches)
    greater = ">" in node.comparison

    def where(place: tuple[Ball, ...]) -> Series:
        side = inner(place)[0]
        if not (side > 0 or side < 0):
            return ring.unknown()
        return chosen(place) if (side > 0) == greater else otherwise(place)

    return where


def derivatives_of(series: Series, ring: SeriesRing) -> dict[MultiIndex, Interval | None]:
    """D^a f for every multi-index a of the ring: a!·coefficient; None where nothing is known."""
    result: dict[MultiIndex, Interval | None] = {}
    for index, coefficient in zip(ring.indices, series, strict=True):
        factor = math.prod(math.factorial(i) for i in index)
        ball = coefficient * factor if coefficient.is_finite() else NAN
        result[index] = to_interval(ball)
    return result
