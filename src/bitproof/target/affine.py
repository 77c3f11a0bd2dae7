"""Trees that are affine in x1, …, xd with rational coefficients, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bitproof.exact.box import Point
from bitproof.target.ast import Binary, Negate, Node, Variable, varies
from bitproof.target.exact_value import exact_value
from bitproof.target.variables import index_of


@dataclass(frozen=True, slots=True)
class AffineForm:
    """offset + Σ slopes[i]·x_i."""

    offset: Fraction
    slopes: tuple[Fraction, ...]

    def at(self, point: Point) -> Fraction:
        """The value at a point."""
        return self.offset + sum(
            (a * x for a, x in zip(self.slopes, point, strict=True) if a), Fraction(0)
        )

    def plus(self, other: AffineForm, factor: Fraction) -> AffineForm:
        """self + factor·other."""
        pairs = zip(self.slopes, other.slopes, strict=True)
        return AffineForm(
            self.offset + factor * other.offset, tuple(a + factor * b for a, b in pairs)
        )

    def times(self, factor: Fraction) -> AffineForm:
        """factor·self."""
        return AffineForm(self.offset * factor, tuple(a * factor for a in self.slopes))


def affine_form(node: Node, dimension: int) -> AffineForm | None:
    """The form of a tree; None if it is not found to be affine with rational coefficients.

    >>> from bitproof.target.grammar import parse
    >>> affine_form(parse("2*(x1 - x2)/3 + 1"), 2)
    AffineForm(offset=Fraction(1, 1), slopes=(Fraction(2, 3), Fraction(-2, 3)))
    >>> affine_form(parse("x1*x2"), 2) is None
    True
    """
    zeros = (Fraction(0),) * dimension
    if not varies(node):
        value = exact_value(node, Fraction(0))
        return None if value is None or value.pi else AffineForm(value.rational, zeros)
    match node:
        case Variable(name):
            index = index_of(name)
            return AffineForm(
                Fraction(0), tuple(Fraction(int(i == index)) for i in range(dimension))
            )
        case Negate(operand):
            inner = affine_form(operand, dimension)
            return None if inner is None else inner.times(Fraction(-1))
        case Binary(operator, left, right):
            return _combined(operator, affine_form(left, dimension), affine_form(right, dimension))
    return None


def _combined(
    operator: str, left: AffineForm | None, right: AffineForm | None
) -> AffineForm | None:
    if left is None or right is None:
        return None
    match operator:
        case "+":
            return left.plus(right, Fraction(1))
        case "-":
            return left.plus(right, Fraction(-1))
        case "*" if not any(right.slopes):
            return left.times(right.offset)
        case "*" if not any(left.slopes):
            return right.times(left.offset)
        case "/" if not any(right.slopes) and right.offset:
            return left.times(1 / right.offset)
        case "^" if not any(right.slopes) and right.offset == 1:
            return left
    return None
