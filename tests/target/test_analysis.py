"""The parts under an expression: exact values, signs, pieces."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.exact import Interval
from bitproof.target.exact_value import PiNumber, exact_value, rational_root
from bitproof.target.grammar import parse
from bitproof.target.signs import Work, point_sign, rational_function, signs, simplest_rational
from bitproof.target.spans import Span, common
from tests.strategies import intervals, rationals

UNIT = Interval(Fraction(0), Fraction(1))


@pytest.mark.parametrize(
    ("text", "point", "value"),
    [
        ("x^2 - 1/3", "2/3", ("1/9", 0)),
        ("2*pi*x + 1", "1/4", (1, "1/2")),
        ("sin(pi*x)", "1/6", ("1/2", 0)),
        ("sin(pi*x)", "-5/6", ("-1/2", 0)),
        ("cos(pi*x)", "1/3", ("1/2", 0)),
        ("cos(pi*x)", 1, (-1, 0)),
        ("tan(pi*x)", "3/4", (-1, 0)),
        ("acos(x)", "-1/2", (0, "2/3")),
        ("asin(-x)", 1, (0, "-1/2")),
        ("atan(x)", 1, (0, "1/4")),
        ("(2*pi)/(3*pi)", 0, ("2/3", 0)),
        ("sqrt(x) + cbrt(-8/27)", "9/4", ("5/6", 0)),
        ("x^(2/3)", 8, (4, 0)),
        ("log2(x) + log(1) + exp(0)", "1/8", (-2, 0)),
        ("gelu(x) + sigmoid(x)", 0, ("1/2", 0)),
        ("where(x < 1, 2, 3)", 1, (3, 0)),
    ],
)
def test_exact_values(text, point, value):
    rational, pi = value
    expected = PiNumber(Fraction(rational), Fraction(pi))
    assert exact_value(parse(text), Fraction(point)) == expected


@pytest.mark.parametrize(
    "text",
    ["exp(x)", "sqrt(2)", "pi*pi", "e", "0^0", "log(0)", "sin(pi/7)", "2^pi", "pi^2",
     "sqrt(-1)", "(9^1000)^1000", "1/(x - x)"],
)  # fmt: skip
def test_values_that_are_not_known_exactly(text):
    assert exact_value(parse(text), Fraction(1)) is None


@given(rationals(0, 9), st.integers(1, 7))
def test_rational_roots(value, degree):
    assert rational_root(value**degree, degree) == value


@given(intervals())
def test_the_simplest_rational(cell):
    found = simplest_rational(cell)
    assert found in cell
    if found.denominator > 1:
        denominator = found.denominator - 1
        assert (cell.lower * denominator).__ceil__() > cell.upper * denominator


@given(st.lists(rationals(-2, 2, 12), min_size=1, max_size=4), st.sampled_from(("", "tanh", "exp")))
@settings(deadline=None)
def test_signs_of_products(roots, wrapped):
    text = "*".join(f"(x - ({root}))" for root in roots)
    node = parse(f"{wrapped}({text})" if wrapped == "tanh" else f"({text})*exp(x)")
    domain = Interval(Fraction(-3), Fraction(3))
    stretches = signs(node, domain, Work(Fraction(1, 2**70)))
    zeros = [s.lower for s in stretches if s.is_point]
    assert zeros == sorted(set(roots))
    for stretch in stretches:
        assert stretch.content is not None
        middle = (stretch.lower + stretch.upper) / 2
        exact = Fraction(1)
        for root in roots:
            exact *= middle - root
        assert stretch.content == (exact > 0) - (exact < 0)


def test_signs_cover_the_cell_without_gaps():
    stretches = signs(parse("sin(20*x) - x/2"), UNIT, Work(Fraction(1, 2**72)))
    assert stretches[0].lower == 0
    assert stretches[-1].upper == 1
    assert all(s.upper == t.lower for s, t in pairwise(stretches))
    decided = [s for s in stretches if s.content is not None and not s.is_point]
    for stretch in decided:
        assert point_sign(parse("sin(20*x) - x/2"), (stretch.lower + stretch.upper) / 2) == (
            stretch.content
        )
    assert len(decided) == 7


def test_identically_zero_is_not_a_proof():
    (whole,) = signs(parse("sin(x)^2 + cos(x)^2 - 1"), UNIT, Work(Fraction(1, 2**72)))
    assert whole.content is None
    (zero,) = signs(parse("(x + 1)^2 - x^2 - 2*x - 1"), UNIT, Work(Fraction(1, 2**72)))
    assert zero.content == 0


def test_rational_functions():
    numerator, denominator = rational_function(parse("1/x + x^2/(1 - x)"))
    assert numerator(Fraction(2)) / denominator(Fraction(2)) == Fraction(1, 2) - 4
    assert rational_function(parse("sin(x)")) is None
    assert rational_function(parse("(x^10)^10")) is None


def test_common_refinement_keeps_points():
    zero, one, two = Fraction(0), Fraction(1), Fraction(2)
    left = [Span(zero, one, "a"), Span(one, one, "b"), Span(one, two, "c")]
    right = [Span(zero, two, "d")]
    found = [(s.lower, s.upper, s.content) for s in common([left, right])]
    assert found == [
        (zero, one, ("a", "d")), (one, one, ("b", "d")), (one, two, ("c", "d"))
    ]  # fmt: skip
