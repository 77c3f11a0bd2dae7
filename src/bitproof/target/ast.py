"""The tree of an expression, and its canonical text.

A tree is what the parser found, unchanged: `1/3` is a division of two numbers, so the text
written from a tree parses to the same tree, and no number is ever rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Number:
    """A decimal number without a sign, exactly: value ≥ 0 with denominator 2^i·5^j."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Constant:
    """`pi` or `e`."""

    name: str


@dataclass(frozen=True, slots=True)
class Variable:
    """The input, `x` (or `x1` … `x9`)."""

    name: str


@dataclass(frozen=True, slots=True)
class Negate:
    """-operand."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """left operator right, the operator one of + - * / ^."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the grammar and its arguments."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Where:
    """`chosen` where left comparison right holds, `otherwise` elsewhere."""

    comparison: str
    left: Node
    right: Node
    chosen: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Select:
    """`chosen` where discriminant ≥ 0, `otherwise` elsewhere; the two agree where it is 0.

    What abs, min, max, relu, leaky_relu and elu are made of. The parser never makes one.
    """

    discriminant: Node
    chosen: Node
    otherwise: Node


Node: TypeAlias = Number | Constant | Variable | Negate | Binary | Call | Where | Select

ZERO = Number(Fraction(0))
ONE = Number(Fraction(1))

_SUM, _PRODUCT, _POWER, _ATOM = range(1, 5)
_LEVEL = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "^": _POWER}
_PLAIN_DIGITS = 16


def children(node: Node) -> tuple[Node, ...]:
    """The operands of a node, in the order of its fields."""
    match node:
        case Number() | Constant() | Variable():
            return ()
        case Negate(operand):
            return (operand,)
        case Binary(_, left, right):
            return (left, right)
        case Call(_, arguments):
            return arguments
        case Where(_, left, right, chosen, otherwise):
            return (left, right, chosen, otherwise)
        case Select(discriminant, chosen, otherwise):
            return (discriminant, chosen, otherwise)


def with_children(node: Node, operands: tuple[Node, ...]) -> Node:
    """The same node on other operands."""
    match node:
        case Number() | Constant() | Variable():
            return node
        case Negate():
            return Negate(*operands)
        case Binary(operator):
            return Binary(operator, *operands)
        case Call(name):
            return Call(name, operands)
        case Where(comparison):
            return Where(comparison, *operands)
        case Select():
            return Select(*operands)


def variables(node: Node) -> frozenset[str]:
    """The names of the variables a tree depends on."""
    if isinstance(node, Variable):
        return frozenset((node.name,))
    return frozenset().union(*(variables(child) for child in children(node)))


def varies(node: Node) -> bool:
    """Whether a tree depends on a variable."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        if isinstance(found, Variable):
            return True
        waiting.extend(children(found))
    return False


def write(node: Node, *, spaced: bool = True) -> str:
    """The canonical text: `parse(write(node)) == node`, brackets only where they are needed.

    >>> half = Binary("/", Number(Fraction(1)), Number(Fraction(2)))
    >>> write(Binary("*", Binary("+", Variable("x"), half), Negate(Variable("x"))))
    '(x + 1/2)*(-x)'
    """
    return _write(node, 0, " " if spaced else "")


def _write(node: Node, level: int, gap: str) -> str:
    match node:
        case Number(value):
            return write_number(value)
        case Constant(name) | Variable(name):
            return name
        case Negate(operand):
            return _bracket(f"-{_write(operand, _POWER, gap)}", _SUM, level)
        case Binary(operator, left, right):
            return _bracket(_binary(operator, left, right, gap), _LEVEL[operator], level)
        case Call(name, arguments):
            inside = f",{gap}".join(_write(argument, 0, gap) for argument in arguments)
            return f"{name}({inside})"
        case Where(comparison, left, right, chosen, otherwise):
            condition = f"{_write(left, 0, gap)}{gap}{comparison}{gap}{_write(right, 0, gap)}"
            branches = f",{gap}".join(_write(branch, 0, gap) for branch in (chosen, otherwise))
            return f"where({condition},{gap}{branches})"
        case Select(discriminant, chosen, otherwise):
            return _write(Where(">=", discriminant, ZERO, chosen, otherwise), level, gap)


def _binary(operator: str, left: Node, right: Node, gap: str) -> str:
    own = _LEVEL[operator]
    if operator == "^":
        return f"{_write(left, _ATOM, gap)}^{_write(right, _POWER, gap)}"
    around = gap if own == _SUM else ""
    return f"{_write(left, own, gap)}{around}{operator}{around}{_write(right, own + 1, gap)}"


def _bracket(text: str, own: int, needed: int) -> str:
    return f"({text})" if own < needed else text


def write_number(value: Fraction) -> str:
    """The shortest exact decimal text of a number whose denominator is 2^i·5^j.

    >>> [write_number(Fraction(v)) for v in ("0.001", "12.50", "1e30", "0")]
    ['0.001', '12.5', '1e30', '0']
    """
    mantissa, exponent = _decimal(value)
    digits = str(mantissa)
    if exponent >= 0:
        plain = digits + "0" * exponent
        return plain if len(plain) <= _PLAIN_DIGITS or not exponent else f"{digits}e{exponent}"
    if len(digits) > -exponent:
        return f"{digits[:exponent]}.{digits[exponent:]}"
    zeros = -exponent - len(digits)
    return f"0.{'0' * zeros}{digits}" if zeros <= 4 else f"{digits}e{exponent}"


def _decimal(value: Fraction) -> tuple[int, int]:
    """mantissa, exponent with value = mantissa·10^exponent and no zero at the mantissa's end."""
    fives = _multiplicity(value.denominator, 5)
    twos = _multiplicity(value.denominator, 2)
    places = max(twos, fives)
    mantissa = value.numerator * 10**places // value.denominator
    exponent = -places
    while mantissa and mantissa % 10 == 0:
        mantissa, exponent = mantissa // 10, exponent + 1
    return mantissa, exponent if mantissa else 0


def _multiplicity(number: int, prime: int) -> int:
    count = 0
    while number % prime == 0:
        number, count = number // prime, count + 1
    return count
