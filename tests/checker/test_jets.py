"""Jets contain what they claim: values, difference quotients, and Taylor's form."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bitproof.checker.expression import Expression, parse
from bitproof.checker.interval import Interval, Undecided, exactly
from bitproof.checker.jets import Jet, error_bounds

SMOOTH = [
    *("exp", "expm1", "log", "log1p", "log2", "sin", "cos", "tan", "asin", "acos", "atan"),
    *("sinh", "cosh", "tanh", "erf", "sqrt", "cbrt", "sigmoid", "softplus", "silu", "mish"),
    *("gelu", "elu", "relu", "abs", "leaky_relu"),
]
leaves = st.sampled_from(["x", "x", "x", "1/3", "pi", "2", "e", "0.7"])
texts = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
        st.builds("{}({})".format, st.sampled_from(SMOOTH), inner),
        st.builds("({})^{}".format, inner, st.sampled_from(["2", "3", "-1", "0.5", "(5/3)", "0"])),
        st.builds("-({})".format, inner),
        st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), inner, inner),
        st.builds(
            "where({} {} {}, {}, {})".format,
            inner, st.sampled_from(["<", "<=", ">", ">="]), inner, inner, inner,
        ),
    ),
    max_leaves=6,
)  # fmt: skip
centres = st.fractions(-3, 3, max_denominator=12)
radii = st.sampled_from([Fraction(1, 2), Fraction(1, 7), Fraction(1, 64), Fraction(1, 10**6)])
positions = st.fractions(-1, 1, max_denominator=16)


def at(expression: Expression, x: Fraction) -> Interval:
    return expression.jet(exactly(x)).value


def overlap(a: Interval, b: Interval) -> bool:
    return a.lower <= b.upper and b.lower <= a.upper


def jet_on(expression: Expression, c: Fraction, r: Fraction) -> Jet:
    return expression.jet(exactly(c - r).hull(exactly(c + r)))


@given(texts, centres, radii, positions, positions)
@settings(max_examples=120, deadline=None)
def test_containment(text: str, c: Fraction, r: Fraction, s: Fraction, t: Fraction) -> None:
    expression = parse(text)
    if expression.has_where:
        s, t = s * Fraction(99, 100), t * Fraction(99, 100)  # such a jet may leave out the ends
    x, y = c + r * s, c + r * t
    try:
        jet = jet_on(expression, c, r)
        f_x, f_y = at(expression, x), at(expression, y)
    except Undecided:
        assume(False)
    assert overlap(jet.range, f_x)
    if jet.quotients is not None:
        assert overlap(f_x - f_y, jet.quotients * exactly(x - y))
    if jet.slope is not None and jet.curvature is not None:
        h = exactly(x - c)
        taylor = jet.value + jet.slope * h + jet.curvature * h.power(2) * exactly(Fraction(1, 2))
        assert overlap(taylor, f_x)


@given(texts, centres, radii, positions, st.fractions(-2, 2, max_denominator=9))
@settings(max_examples=120, deadline=None)
def test_error_bounds(text: str, c: Fraction, r: Fraction, s: Fraction, slope: Fraction) -> None:
    expression = parse(text)
    x = c + r * s * (Fraction(99, 100) if expression.has_where else 1)
    try:
        jet, f_x = jet_on(expression, c, r), at(expression, x)
    except Undecided:
        assume(False)
    radius = exactly(-r).hull(exactly(r))
    error = error_bounds(jet, exactly(Fraction(1, 5)), exactly(slope), radius)
    assert overlap(error, f_x - exactly(Fraction(1, 5) + slope * (x - c)))


@given(st.sampled_from(SMOOTH), centres, st.integers(8, 30))
@settings(max_examples=120, deadline=None)
def test_smooth_functions_converge_to_third_order(name: str, c: Fraction, k: int) -> None:
    """Away from kinks Taylor's form is tight: its width is at most a constant times r³."""
    c = abs(c) / 8 + Fraction(501, 1000)
    expression, r = parse(f"{name}(x)"), Fraction(1, 1 << k)
    try:
        jet = jet_on(expression, c, r)
    except Undecided:
        assume(False)
    assume(jet.curvature is not None)
    assert jet.slope is not None
    assert jet.curvature is not None
    assert jet.curvature.upper - jet.curvature.lower <= 10**6 * r
    assert jet.slope.upper - jet.slope.lower < Fraction(1, 2**80)


def test_a_kink_at_a_rational_end_is_no_kink() -> None:
    third = Fraction(1, 3)
    for text in ("abs(x - 1/3)", "max(x, 2/3 - x)", "where(x <= 1/3, 1/3 - x, x - 1/3)"):
        for left, right in ((Fraction(0), third), (third, Fraction(1))):
            jet = parse(text).jet(exactly(left).hull(exactly(right)))
            assert jet.curvature is not None
            assert jet.curvature.lower == jet.curvature.upper == 0


def test_where_drops_the_undefined_branch() -> None:
    expression = parse("where(x < 1/4, 2*x, sqrt(x - 1/4) + 1/2)")
    jet = expression.jet(exactly(0).hull(exactly(Fraction(1, 8))))
    assert jet.range.upper == Fraction(1, 4)
    assert at(expression, Fraction(1, 4)).upper == Fraction(1, 2)


@pytest.mark.parametrize(
    "text",
    [
        *(f"{name}(x)" for name in SMOOTH),
        *("x*x*x", "x/(1 + x^2)", "x^-2", "x^2.5", "x^(1/3)", "x^pi", "2^x", "exp(sin(x))*x"),
        *("acos(x/2)*cos(3*x)", "gelu(2*x) - mish(x)^2", "min(x, 2)*max(x^2, 1/100)"),
        *("where(x < 3, x^3, 0)", "elu(x - 1/2)", "leaky_relu(1/3 - x, 1/5)*x"),
    ],
)
@given(p=st.integers(300, 800))
@settings(max_examples=5, deadline=None)
def test_differences_of_small_cells(text: str, p: int) -> None:
    """By the mean value theorem, f'' takes the second difference quotient on the cell, and the
    enclosure of a small cell is too narrow to contain a wrong derivative."""
    expression, c, h = parse(text), Fraction(p, 1009), Fraction(1, 1 << 24)
    jet = jet_on(expression, c, h)
    left, middle, right = (at(expression, c + i * h) for i in (-1, 0, 1))
    first = (right - left) * exactly(1 / (2 * h))
    second = (right - middle - middle + left) * exactly(1 / h**2)
    assert jet.quotients is not None
    assert jet.slope is not None
    assert jet.curvature is not None
    assert overlap(jet.quotients, first)
    assert overlap(jet.curvature, second)
    for part in (jet.quotients, jet.curvature):
        assert part.upper - part.lower < Fraction(1, 1 << 6)
    assert jet.slope.upper - jet.slope.lower < Fraction(1, 1 << 80)
    assert overlap(jet.quotients, jet.slope)


def test_quotients_at_a_kink_contain_both_slopes() -> None:
    cell = exactly(-1).hull(exactly(2))
    for text in ("max(2*x, -3*x)", "max(-3*x, 2*x)", "-min(-2*x, 3*x)"):
        jet = parse(text).jet(cell)
        assert jet.quotients is not None
        assert (jet.quotients.lower, jet.quotients.upper) == (-3, 2)
        assert jet.curvature is None


def test_where_without_a_known_sign_keeps_only_the_range() -> None:
    jet = parse("where((x - 1/2)^2 <= 0, 5, x)").jet(exactly(0).hull(exactly(1)))
    assert (jet.range.lower, jet.range.upper) == (0, 5)
    assert jet.quotients is None
    touching = parse("where(-(x - 1/2)^2 < 0, x, 5)").jet(exactly(0).hull(exactly(1)))
    assert touching.range.upper == 5


def test_taylor_is_exact_for_squares() -> None:
    """x² - (1/4 + s·(x - 1/2)) on [0, 1], for slopes at, near and far from the tangent."""
    jet = parse("x^2").jet(exactly(0).hull(exactly(1)))
    radius = exactly(Fraction(-1, 2)).hull(exactly(Fraction(1, 2)))
    for sign in (1, -1):
        signed = jet if sign > 0 else parse("-x^2").jet(exactly(0).hull(exactly(1)))
        for slope, least, most in ((1, 0, Fraction(1, 4)), (2, Fraction(-1, 4), Fraction(3, 4))):
            centre = exactly(Fraction(sign, 4))
            bounds = error_bounds(signed, centre, exactly(sign * slope), radius)
            found = sorted((sign * bounds.lower, sign * bounds.upper))
            assert found == [least, most]
