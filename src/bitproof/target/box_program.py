"""From a tree in x1, …, xd to what encloses it on a convex cell of a box.

Where abs, min, max, relu, leaky_relu or elu change their branch on the cell, both branches count:
values and slopes in their hull, no curvature. The sign that decides is found exactly (from the
cell's corners) where the discriminant is affine with rational coefficients, so a cell that ends on
a kink such as x1 = x2 lies on one side of it.

A function that ends somewhere (sqrt, log, asin, powers, quotients) has no known value, NaN, on a
cell where its argument is not proved to be inside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TypeAlias

from bitproof.errors import DomainError
from bitproof.exact.box import Box, Point
from bitproof.exact.box_jet import (
    BoxJet,
    add,
    chain,
    constant,
    either,
    hull,
    multiply,
    power_jet,
    scaled,
    shifted,
    taylor_range,
    unknown,
    variable,
)
from bitproof.exact.enclosure import (
    Ball,
    from_interval,
    from_rational,
    intersection,
    precision,
    sign,
)
from bitproof.exact.interval import Interval
from bitproof.exact.jet import CONSTANT_PRECISION, JETS, NAN, ONE
from bitproof.target.affine import AffineForm, affine_form
from bitproof.target.ast import (
    Binary,
    Call,
    Negate,
    Node,
    Select,
    Variable,
    Where,
    children,
    varies,
)
from bitproof.target.exact_value import exponent_of
from bitproof.target.pieces import choice_of, in_pairs, is_nonnegative
from bitproof.target.point_value import ball_of, point_function
from bitproof.target.variables import index_of

# Functions whose tables cut an argument that reaches over the end of definition.
_ENDS: dict[str, tuple[int | None, int | None]] = {
    "sqrt": (0, None),
    "asin": (-1, 1),
    "acos": (-1, 1),
}


@dataclass(frozen=True)
class Cell:
    """A convex cell with the balls its enclosures are made of, at the precision at work.

    Attributes:
        box: contains the cell.
        corners: exact points whose convex hull is the cell.
    """

    box: Box
    corners: tuple[Point, ...]

    @cached_property
    def centre(self) -> Point:
        return self.box.centre

    @cached_property
    def values(self) -> tuple[Ball, ...]:
        return tuple(from_rational(x) for x in self.centre)

    @cached_property
    def spreads(self) -> tuple[Ball, ...]:
        return tuple(from_interval(side) for side in self.box.sides)

    @cached_property
    def radius(self) -> tuple[Ball, ...]:
        halves = (side.width / 2 for side in self.box.sides)
        return tuple(from_interval(Interval(-half, half)) for half in halves)

    @cached_property
    def offsets(self) -> tuple[tuple[Ball, ...], ...]:
        return tuple(
            tuple(from_rational(x - c) for x, c in zip(corner, self.centre, strict=True))
            for corner in self.corners
        )


BoxFunction: TypeAlias = Callable[[Cell], BoxJet]


def assemble(node: Node, domain: Box) -> BoxFunction:
    """The function of a tree on cells inside a domain.

    >>> from bitproof.target.grammar import parse
    >>> unit = Box.unit(2)
    >>> jet = assemble(parse("x1*x2"), unit)(Cell(unit, unit.corners))
    >>> jet.slope == (0.5, 0.5), jet.curvature == (0, 1, 0)
    (True, True)
    """
    dimension = domain.dimension
    if not varies(node):
        jet = constant(constant_of(node), dimension)
        return lambda _: jet
    node = in_pairs(node)
    choice = choice_of(node)
    if choice is not None:
        return _selected(choice, domain)
    match node:
        case Variable(name):
            index = index_of(name)
            return lambda cell: variable(index, dimension, cell.values[index], cell.spreads[index])
        case Negate(operand):
            inner = assemble(operand, domain)
            return lambda cell: scaled(inner(cell), -ONE)
        case Binary("^", base, exponent):
            return _power(base, exponent, domain)
        case Binary():
            return _binary(node, domain)
        case Call(name, (argument,)):
            return _call(name, argument, domain)
        case Where():
            return _where(node, domain)
    raise AssertionError(f"{node} is no node of an expression")


def constant_of(node: Node) -> Ball:
    """The value of a tree without variables; NaN where it is not defined."""
    with precision(CONSTANT_PRECISION):
        try:
            return ball_of(point_function(node)(()))
        except DomainError:
            return NAN


# Arithmetic


def _binary(node: Binary, domain: Box) -> BoxFunction:
    if not varies(node.left) or not varies(node.right):
        return _affine(node, domain)
    left, right = assemble(node.left, domain), assemble(node.right, domain)
    match node.operator:
        case "+":
            return lambda cell: add(left(cell), right(cell))
        case "-":
            return lambda cell: add(left(cell), scaled(right(cell), -ONE))
        case "*" if node.left == node.right:
            return _raised(left, Fraction(2), sure=True)
        case "*":
            return lambda cell: multiply(left(cell), right(cell))
    inverse = _raised(right, Fraction(-1), sure=False)
    return lambda cell: multiply(left(cell), inverse(cell))


def _affine(node: Binary, domain: Box) -> BoxFunction:
    """One operand is a constant."""
    first = varies(node.left)
    inner = assemble(node.left if first else node.right, domain)
    ball = constant_of(node.right if first else node.left)
    match node.operator:
        case "+":
            return lambda cell: shifted(inner(cell), ball)
        case "-" if first:
            return lambda cell: shifted(inner(cell), -ball)
        case "-":
            return lambda cell: shifted(scaled(inner(cell), -ONE), ball)
        case "/" if first:
            with precision(CONSTANT_PRECISION):
                factor = ONE / ball if ball > 0 or ball < 0 else NAN
            return lambda cell: scaled(inner(cell), factor)
        case "/":
            inverse = _raised(inner, Fraction(-1), sure=False)
            return lambda cell: scaled(inverse(cell), ball)
    return lambda cell: scaled(inner(cell), ball)


def _power(base: Node, exponent: Node, domain: Box) -> BoxFunction:
    number = exponent_of(exponent)
    inner = assemble(base, domain)
    if number is not None:
        return _raised(inner, number, sure=is_nonnegative_on(base, domain))
    upper = assemble(exponent, domain)
    log_jet, exp_jet = JETS["log"], JETS["exp"]

    def jet(cell: Cell) -> BoxJet:
        u = inner(cell)
        product = multiply(upper(cell), chain(log_jet(u.value), log_jet(u.range), u))
        return chain(exp_jet(product.value), exp_jet(product.range), product)

    return jet


def _raised(inner: BoxFunction, exponent: Fraction, *, sure: bool) -> BoxFunction:
    """inner^exponent. `sure`: inner is known not to be negative."""
    whole = exponent.denominator == 1

    def jet(cell: Cell) -> BoxJet:
        u = inner(cell)
        nonzero = u.range > 0 or u.range < 0
        if exponent <= 0:
            defined = nonzero and (whole or u.range > 0)
        else:
            defined = whole or sure or u.range >= 0
        if not defined:
            return unknown(NAN, NAN, len(u.slope))
        return chain(power_jet(u.value, exponent), power_jet(u.range, exponent), u)

    return jet


def is_nonnegative_on(node: Node, domain: Box) -> bool:
    """Whether the form alone shows that a tree is not negative on a box.

    >>> from bitproof.target.grammar import parse
    >>> is_nonnegative_on(parse("x1*x2 + (x1 - x2)^2"), Box.unit(2))
    True
    """
    if is_nonnegative(node):
        return True
    form = affine_form(node, domain.dimension)
    if form is not None and min(form.at(corner) for corner in domain.corners) >= 0:
        return True
    match node:
        case Binary("+" | "*" | "/", left, right):
            return is_nonnegative_on(left, domain) and is_nonnegative_on(right, domain)
        case Binary("^", base, _) | Call("cbrt" | "expm1" | "log1p", (base,)):
            return is_nonnegative_on(base, domain)
        case Call("abs" | "relu", _):
            return True
    return False


# Functions and choices


def _call(name: str, argument: Node, domain: Box) -> BoxFunction:
    inner, derivatives = assemble(argument, domain), JETS[name]
    low, high = _ENDS.get(name, (None, None))
    sure = name == "sqrt" and is_nonnegative_on(argument, domain)

    def jet(cell: Cell) -> BoxJet:
        u = inner(cell)
        inside = (low is None or u.range >= low) and (high is None or u.range <= high)
        # Of an argument that is not known a bounded function would make a value again.
        if not u.range.is_finite() or not (inside or sure):
            return unknown(NAN, NAN, len(u.slope))
        return chain(derivatives(u.value), derivatives(u.range), u)

    return jet


@dataclass(frozen=True, slots=True)
class _Sides:
    """Where a discriminant lies on a cell.

    Attributes:
        over: 1 if it is ≥ 0 on the cell, -1 if it is ≤ 0, None if neither is known.
        strict: whether it is known not to be 0 anywhere on the cell.
        centre: its sign at the centre, None if that is not known.
    """

    over: int | None
    strict: bool
    centre: int | None


def _selected(choice: Select, domain: Box) -> BoxFunction:
    """The branches meet where the discriminant is 0, so a weak sign decides."""
    sides = _sides(choice.discriminant, domain)
    chosen, otherwise = assemble(choice.chosen, domain), assemble(choice.otherwise, domain)

    def jet(cell: Cell) -> BoxJet:
        found = sides(cell)
        if found.over is not None:
            return chosen(cell) if found.over > 0 else otherwise(cell)
        above, below = chosen(cell), otherwise(cell)
        at = None if not found.centre else above if found.centre > 0 else below
        return hull(above, below, at)

    return jet


def _where(node: Where, domain: Box) -> BoxFunction:
    """Only values are known where the condition is not decided: the branches may not meet."""
    sides = _sides(Binary("-", node.left, node.right), domain)
    chosen, otherwise = assemble(node.chosen, domain), assemble(node.otherwise, domain)
    wanted = 1 if ">" in node.comparison else -1
    weak = "=" in node.comparison

    def jet(cell: Cell) -> BoxJet:
        found = sides(cell)
        if found.over == wanted and (weak or found.strict):
            return chosen(cell)
        if found.over == -wanted and (found.strict or not weak):
            return otherwise(cell)
        return either(chosen(cell), otherwise(cell))

    return jet


def _sides(discriminant: Node, domain: Box) -> Callable[[Cell], _Sides]:
    form = affine_form(discriminant, domain.dimension)
    if form is not None:
        return lambda cell: _exact_sides(form, cell)
    inner = assemble(discriminant, domain)

    def sides(cell: Cell) -> _Sides:
        u = inner(cell)
        spread = intersection(u.range, taylor_range(u, cell.offsets, cell.radius))
        strict = sign(spread)
        if strict:
            return _Sides(strict, strict=True, centre=strict)
        over = 1 if spread >= 0 else -1 if spread <= 0 else None
        return _Sides(over, strict=False, centre=sign(u.value))

    return sides


def _exact_sides(form: AffineForm, cell: Cell) -> _Sides:
    values = [form.at(corner) for corner in cell.corners]
    least, most = min(values), max(values)
    centre = form.at(cell.centre)
    over = 1 if least >= 0 else -1 if most <= 0 else None
    return _Sides(over, strict=least > 0 or most < 0, centre=(centre > 0) - (centre < 0))


def affine_kinks(node: Node, dimension: int) -> Iterator[AffineForm]:
    """The affine functions with varying values at whose zeros a choice of the tree changes.

    >>> from bitproof.target.grammar import parse
    >>> [form.slopes for form in affine_kinks(parse("max(x1, x2^2) + abs(x1)"), 2)]
    [(Fraction(1, 1), Fraction(0, 1))]
    """
    node = in_pairs(node)
    choice = choice_of(node)
    discriminants = [] if choice is None else [choice.discriminant]
    if isinstance(node, Where):
        discriminants.append(Binary("-", node.left, node.right))
    for discriminant in discriminants:
        form = affine_form(discriminant, dimension)
        if form is not None and any(form.slopes):
            yield form
    for child in children(node):
        yield from affine_kinks(child, dimension)
