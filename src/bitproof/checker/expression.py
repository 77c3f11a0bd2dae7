"""A parser of the expression grammar of its own, and the evaluation of what it reads.

The text becomes a list of instructions for a stack (nothing is ever executed as code). Rational
constants are folded exactly, so an exponent such as 2*(1/4) is known to be 1/2.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from . import functions as fn
from . import jets
from .document import Invalid
from .interval import Interval, Undecided, exactly, interval
from .jets import Jet

MAX_CHARACTERS = 20_000
MAX_INSTRUCTIONS = 1_000
MAX_DEPTH = 64
MAX_EXPONENT = 1_000
MAX_CONSTANT_BITS = 1 << 14

_TOKEN = re.compile(
    r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[A-Za-z_][A-Za-z0-9_]*|\*\*|<=|>=|[-+*/^(),<>]"
)
_VARIABLE = re.compile(r"x[1-9]?\Z")
_SPACE = re.compile(r"[ \t\r\n]*")
CONSTANTS = {"pi": fn.PI, "e": fn.E}
_COMPOSED: dict[str, Callable[[Jet], Jet]] = {
    "silu": jets.silu,
    "mish": jets.mish,
    "gelu": jets.gelu,
}
_FOLDED: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
_BINARY: dict[str, Callable[[Jet, Jet], Jet]] = {
    "+": jets.add,
    "-": jets.subtract,
    "*": jets.multiply,
    "/": jets.divide,
}


@dataclass(frozen=True, slots=True)
class Instruction:
    """Takes `takes` jets off the stack and puts one on it; `number` is a constant or exponent."""

    name: str
    takes: int = 0
    number: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Expression:
    """A function of one variable.

    Attributes:
        has_where: whether the value at an end of a cell may differ from the jet on the cell.
    """

    text: str
    instructions: tuple[Instruction, ...]
    has_where: bool

    def jet(self, cell: Interval) -> Jet:
        """Enclosures on a cell. Raises Undecided where there are none."""
        radius = interval(cell.lo - cell.hi, cell.hi - cell.lo, 2 * cell.den)
        stack: list[Jet | None] = []
        for step in self.instructions:
            start = len(stack) - step.takes
            taken, stack = stack[start:], stack[:start]
            stack.append(_perform(step, taken, cell, radius))
        result = stack.pop()
        if result is None:
            raise Undecided(f"{self.text[:60]} has no known value on part of the cell")
        return result


def _perform(
    step: Instruction, taken: Sequence[Jet | None], cell: Interval, radius: Interval
) -> Jet | None:
    """One instruction; None stands for what is undecided, so that `where` may still drop it."""
    try:
        if step.name.startswith("where"):
            return _where(step.name, taken, radius)
        known = [jet for jet in taken if jet is not None]
        return _apply(step, known, cell, radius) if len(known) == step.takes else None
    except Undecided:
        return None


def _where(name: str, taken: Sequence[Jet | None], radius: Interval) -> Jet | None:
    left, right, yes, no = taken
    if left is None or right is None:
        return None
    if ">" in name:
        left, right = right, left
    difference = jets.subtract(left, right)
    decided = jets.choose(difference, strict="=" not in name, radius=radius)
    if decided is not None:
        return yes if decided else no
    return None if yes is None or no is None else jets.either(yes, no)


def _apply(step: Instruction, taken: list[Jet], cell: Interval, radius: Interval) -> Jet:
    name = step.name
    if name in ("max", "min"):
        join = jets.maximum if name == "max" else jets.minimum
        result = taken[0]
        for other in taken[1:]:
            result = join(result, other, radius)
        return result
    if name in _BINARY:
        return _BINARY[name](*taken)
    if name in jets.ELEMENTARY:
        return jets.elementary(name, *taken)
    if name in _COMPOSED:
        return _COMPOSED[name](*taken)
    return _apply_rest(step, taken, cell, radius)


def _apply_rest(step: Instruction, taken: list[Jet], cell: Interval, radius: Interval) -> Jet:
    zero = jets.constant(exactly(0))
    match step.name:
        case "number":
            return jets.constant(exactly(step.number))
        case "x":
            return jets.variable(cell)
        case "neg":
            return jets.negative(*taken)
        case "abs":
            return jets.maximum(taken[0], jets.negative(taken[0]), radius)
        case "relu":
            return jets.maximum(taken[0], zero, radius)
        case "leaky_relu":
            above = jets.maximum(taken[0], zero, radius)
            below = jets.minimum(taken[0], zero, radius)
            return jets.add(above, jets.multiply(taken[1], below))
        case "integer power":
            return jets.integer_power(taken[0], int(step.number))
        case "fractional power":
            return jets.fractional_power(taken[0], step.number)
        case "power":
            logarithm = jets.elementary("log", taken[0])
            return jets.elementary("exp", jets.multiply(taken[1], logarithm))
    return jets.constant(CONSTANTS[step.name])


def parse(text: str, inputs: int = 1) -> Expression:
    """Reads an expression in x (or x1), or of several inputs in x1, x2, …: the `number` of an
    instruction "x" is the input, counted from 0.

    Raises:
        Invalid: not in the grammar, or too large.
    """
    if len(text) > MAX_CHARACTERS:
        raise Invalid(f"an expression of {len(text)} characters")
    parser = _Parser(_tokens(text))
    parser.sum(0)
    if parser.next_token:
        raise Invalid(f"{parser.next_token!r} after the end of the expression")
    if len(parser.variables) > 1 and (inputs == 1 or "x" in parser.variables):
        raise Invalid(f"a target of several variables: {sorted(parser.variables)}")
    if any(int(name[1:] or 1) > inputs for name in parser.variables):
        raise Invalid(f"{max(parser.variables)} in a target of {inputs} inputs")
    code = tuple(parser.code)
    return Expression(text, code, any(step.name.startswith("where") for step in code))


def _tokens(text: str) -> list[str]:
    tokens, position = [], _SPACE.match(text).end()  # type: ignore[union-attr]
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise Invalid(f"the character {text[position]!r} in an expression")
        tokens.append(match.group())
        position = _SPACE.match(text, match.end()).end()  # type: ignore[union-attr]
    return tokens


class _Parser:
    """Recursive descent. Each method appends instructions for what it reads, and returns the
    value if that is a rational constant (then it is one `number` instruction)."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = [*tokens, ""]
        self.position = 0
        self.code: list[Instruction] = []
        self.variables: set[str] = set()

    @property
    def next_token(self) -> str:
        return self.tokens[self.position]

    def take(self, *expected: str) -> str | None:
        """The next token if it is one of these; moves past it."""
        token = self.next_token
        if token and token in expected:
            self.position += 1
            return token
        return None

    def need(self, expected: str) -> None:
        if not self.take(expected):
            raise Invalid(f"{expected!r} expected, {self.next_token or 'the end'!r} found")

    def emit(self, name: str, takes: int = 0, number: Fraction = Fraction(0)) -> None:
        self.code.append(Instruction(name, takes, number))
        if len(self.code) > MAX_INSTRUCTIONS:
            raise Invalid(f"an expression of more than {MAX_INSTRUCTIONS} operations")

    def fold(self, start: int, value: Fraction | None) -> Fraction | None:
        """Replaces the instructions since `start` by their value, if it is not too long."""
        if value is None or value.numerator.bit_length() + value.denominator.bit_length() > (
            MAX_CONSTANT_BITS
        ):
            return None
        del self.code[start:]
        self.emit("number", 0, value)
        return value

    def sum(self, depth: int) -> Fraction | None:
        return self.chain(("+", "-"), self.product, depth)

    def product(self, depth: int) -> Fraction | None:
        return self.chain(("*", "/"), self.signed, depth)

    def chain(
        self, operators: tuple[str, ...], part: Callable[[int], Fraction | None], depth: int
    ) -> Fraction | None:
        start = len(self.code)
        value = part(depth)
        while sign := self.take(*operators):
            other = part(depth)
            self.emit(sign, 2)
            if value is None or other is None:
                value = None
            elif sign == "/":
                value = self.fold(start, value / other if other else None)
            else:
                value = self.fold(start, _FOLDED[sign](value, other))
        return value

    def signed(self, depth: int) -> Fraction | None:
        if depth > MAX_DEPTH:
            raise Invalid(f"an expression nested deeper than {MAX_DEPTH}")
        start = len(self.code)
        if self.take("+"):
            return self.signed(depth + 1)
        if not self.take("-"):
            return self.power(depth)
        value = self.signed(depth + 1)
        self.emit("neg", 1)
        return self.fold(start, None if value is None else -value)

    def power(self, depth: int) -> Fraction | None:
        start = len(self.code)
        base = self.atom(depth)
        if not self.take("^", "**"):
            return base
        middle = len(self.code)
        exponent = self.signed(depth + 1)  # right-associative, and may have a sign
        if exponent is None:
            self.emit("power", 2)
            return None
        del self.code[middle:]
        if exponent.denominator > 1:
            self.emit("fractional power", 1, exponent)
            return None
        if abs(exponent) > MAX_EXPONENT:
            raise Invalid(f"an exponent beyond {MAX_EXPONENT}")
        self.emit("integer power", 1, exponent)
        return self.fold(start, _constant_power(base, int(exponent)))

    def atom(self, depth: int) -> Fraction | None:
        token = self.next_token
        if self.take("("):
            value = self.sum(depth + 1)
            self.need(")")
            return value
        self.position += 1
        if token[:1].isdigit() or token[:1] == ".":
            value = _number(token)
            self.emit("number", 0, value)
            return value
        if token in CONSTANTS:
            self.emit(token)
        elif _VARIABLE.match(token):
            self.variables.add(token)
            self.emit("x", 0, Fraction(int(token[1:] or 1) - 1))
        elif token == "where":
            self.where(depth)
        else:
            self.call(token, depth)
        return None

    def call(self, name: str, depth: int) -> None:
        several = name in ("min", "max")
        if not (
            several
            or name in ("abs", "relu", "leaky_relu")
            or name in jets.ELEMENTARY
            or name in _COMPOSED
        ):
            raise Invalid(f"{name[:40] or 'the end'!r} where a value is expected")
        self.need("(")
        count = 1
        self.sum(depth + 1)
        while self.take(","):
            self.sum(depth + 1)
            count += 1
        self.need(")")
        if name == "leaky_relu" and count == 1:
            self.emit("number", 0, Fraction(1, 100))
            count = 2
        if count != (2 if name == "leaky_relu" else 1) and not several:
            raise Invalid(f"{name} with {count} arguments")
        self.emit(name, count)

    def where(self, depth: int) -> None:
        self.need("(")
        self.sum(depth + 1)
        comparison = self.take("<", "<=", ">", ">=")
        if comparison is None:
            raise Invalid("a comparison expected in where")
        for separator in (None, ",", ","):
            if separator:
                self.need(separator)
            self.sum(depth + 1)
        self.need(")")
        self.emit("where" + comparison, 4)


def _number(token: str) -> Fraction:
    exponent = re.search("[eE](.*)", token)
    if len(token) > 400 or (exponent and abs(int(exponent.group(1))) > 4096):
        raise Invalid(f"the number {token[:40]}")
    return Fraction(token)


def _constant_power(base: Fraction | None, exponent: int) -> Fraction | None:
    """base^exponent, or None if it is not to be folded: 1/0, or too many digits."""
    if base is None or (base == 0 and exponent < 0):
        return None
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    return base**exponent if bits * abs(exponent) <= MAX_CONSTANT_BITS else None
