"""The checker's own parser: precedence, folding, limits, and agreement with the package's."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.checker.document import Invalid
from bitproof.checker.expression import parse
from bitproof.checker.interval import Undecided, exactly
from tests.checker.test_jets import texts


def value(text: str, x: Fraction | int = 0) -> Fraction:
    return parse(text).jet(exactly(x)).value.lower


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("-2^2", -4),
        ("2^3^2", 512),
        ("2**-1", Fraction(1, 2)),
        ("(-2)^2", 4),
        ("-x^2", -9),
        ("1/3", Fraction(1, 3)),
        ("2e-3", Fraction(1, 500)),
        (".5 + 1.", Fraction(3, 2)),
        ("1 - 2 - 3", -4),
        ("8/4/2", 1),
        ("2*-3", -6),
        ("--2", 2),
        ("x^0", 1),
        ("x^-1", Fraction(1, 3)),
        ("x^(4/2)", 9),
        ("min(3, x, 1/2)", Fraction(1, 2)),
        ("max(x, 2) + relu(-x)", 3),
        ("leaky_relu(-x)", Fraction(-3, 100)),
        ("leaky_relu(-x, 1/2)", Fraction(-3, 2)),
        ("elu(x)", 3),
        ("where(x < 3, 1, 2)", 2),
        ("where(x <= 3, 1, 2)", 1),
        ("where(x > 3, 1, 2)", 2),
        ("where(x >= 3, 1, 2)", 1),
        ("abs(-x1)", 3),
        ("sqrt(x + 1) + cbrt(x*9)", 5),
        ("(x + 1)^0.5", 2),
    ],
)
def test_exact_values(text: str, exact: Fraction) -> None:
    found = parse(text).jet(exactly(3)).value
    assert found.lower <= exact <= found.upper
    assert found.upper - found.lower < Fraction(1, 2**100)
    if "0.5" not in text:
        assert found.lower == found.upper


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("gelu(x)", lambda x: x / 2 * (1 + math.erf(x / math.sqrt(2)))),
        ("silu(x)", lambda x: x / (1 + math.exp(-x))),
        ("mish(x)", lambda x: x * math.tanh(math.log1p(math.exp(x)))),
        ("softplus(x)", lambda x: math.log1p(math.exp(x))),
        ("sigmoid(x)", lambda x: 1 / (1 + math.exp(-x))),
        ("elu(-x)", lambda x: math.expm1(-x)),
        ("x^(1/3) + x^pi + 2^x", lambda x: x ** (1 / 3) + x**math.pi + 2**x),
        ("e^x + log2(x)", lambda x: math.exp(x) + math.log2(x)),
        ("sin(2*pi*x)/cosh(x)", lambda x: math.sin(2 * math.pi * x) / math.cosh(x)),
    ],
)
def test_values_near_floats(text: str, function: object) -> None:
    for x in (Fraction(1, 7), Fraction(5, 4), Fraction(3)):
        assert math.isclose(float(value(text, x)), function(float(x)), rel_tol=1e-12, abs_tol=1e-14)  # type: ignore[operator]


def test_large_arguments_stay_accurate() -> None:
    assert value("softplus(x)", 5000) >= 5000
    tail = value("softplus(x)", -100)
    assert math.isclose(float(tail), math.exp(-100), rel_tol=1e-12)
    assert math.isclose(float(value("sigmoid(x)", -100)), math.exp(-100), rel_tol=1e-12)
    assert math.isclose(float(value("gelu(x)", -8)), -4 * math.erfc(8 / math.sqrt(2)), rel_tol=1e-9)
    assert value("tanh(x)", 4000) <= 1


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "x +", "(x", "x)", "2x", "x y", "foo(x)", "sin", "sin()", "sin(x, 1)", "x < 1",
        "where(x, 1, 2)", "where(x < 1, 2)", "min()", "leaky_relu(x, 1, 2)", "y", "x2", "x + x1",
        "__import__('os')", "x.real", "x; 1", "lambda: 1", "1e99999", "x^1001", "٣", "X", "Sin(x)",
        "1,2", "x//2", "x^", "*x", "where(x<1<2, 1, 2)", "x=1", "[x]", "1e", "\x00", "inf", "nan",
    ],
)  # fmt: skip
def test_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse(text)


def test_limits() -> None:
    for text in ("(" * 90 + "x" + ")" * 90, "-" * 500 + "x", "x" + "+x" * 2000, "x^" * 300 + "x"):
        with pytest.raises(Invalid):
            parse(text)
    assert value("x" + "+x" * 400, 1) == 401
    assert value("(" * 55 + "x" + ")" * 55, 1) == 1


def test_undefined_constants_are_undecided_not_wrong() -> None:
    for text in ("1/0", "0^-1", "log(0)", "sqrt(-1)", "x/(1-1)", "(-8)^(1/3)"):
        with pytest.raises(Undecided):
            value(text, 1)


@given(st.text(alphabet="x1.e+-*/^(),<>= sincopwhermax\t", max_size=30))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        expression = parse(text)
    except Invalid:
        return
    try:
        expression.jet(exactly(Fraction(1, 3)))
    except Undecided:
        return


@given(texts)
@settings(max_examples=100, deadline=None)
def test_the_packages_canonical_text_means_the_same(text: str) -> None:
    from bitproof.target.ast import write
    from bitproof.target.grammar import parse as package_parse

    canonical = write(package_parse(text))
    first, second = parse(text), parse(canonical)
    for x in (Fraction(1, 3), Fraction(-5, 4), Fraction(2)):
        try:
            a = first.jet(exactly(x)).value
        except Undecided:
            continue
        b = second.jet(exactly(x)).value
        assert a.lower <= b.upper
        assert b.lower <= a.upper
