"""Correct rounding against independent values: decimals of 80 digits, and the checker's own
enclosures for random expressions."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bitproof.checker.interval import Undecided
from bitproof.checker.targets import read_target
from bitproof.errors import DomainError, FormatError, InputError, WorkLimitError
from bitproof.exact import FixedPoint, Interval, Overflow, Rounding, round_rational
from bitproof.exact.enclosure import from_rational, precision
from bitproof.network import Activation, Layer, Network, SparseMatrix
from bitproof.target import CallableTarget, ExpressionTarget, TableTarget
from bitproof.target.activations import ACTIVATIONS, activation_table
from bitproof.target.ast import Node, write
from bitproof.target.grammar import parse
from bitproof.target.point_value import ball_of, point_function
from bitproof.target.rounding import correctly_rounded, rounded_expression, saturated
from tests.strategies import small_trees

DIGITS = 80
NEAREST = (
    Rounding.NEAREST_EVEN, Rounding.NEAREST_AWAY, Rounding.NEAREST_UP, Rounding.NEAREST_DOWN,
    Rounding.NEAREST_ZERO,
)  # fmt: skip


def exp(x: Decimal) -> Decimal:
    return x.exp()


def erf(x: Decimal) -> Decimal:
    """The Taylor series, with digits to spare for its cancellation."""
    with localcontext() as context:
        context.prec = DIGITS + 80
        term, total, n = x, x, 0
        while abs(term) > Decimal(10) ** -(DIGITS + 20):
            n += 1
            term = -term * x * x / n
            total += term / (2 * n + 1)
        return 2 * total / pi().sqrt()


@cache
def pi() -> Decimal:
    """Machin's formula."""

    def arctan_of_inverse(n: int) -> Decimal:
        term = Decimal(1) / n
        total, k = term, 0
        while abs(term) > Decimal(10) ** -(DIGITS + 75):
            k += 1
            term = -term / (n * n)
            total += term / (2 * k + 1)
        return total

    return 16 * arctan_of_inverse(5) - 4 * arctan_of_inverse(239)


def tanh(x: Decimal) -> Decimal:
    return 1 - 2 / (exp(2 * x) + 1)


def softplus(x: Decimal) -> Decimal:
    return (1 + exp(x)).ln()


ORACLES: dict[str, Callable[[Decimal], Decimal]] = {
    "identity": lambda x: x,
    "relu": lambda x: max(x, Decimal(0)),
    "leaky_relu": lambda x: x if x > 0 else x / 100,
    "sigmoid": lambda x: 1 / (1 + exp(-x)),
    "tanh": tanh,
    "elu": lambda x: x if x > 0 else exp(x) - 1,
    "softplus": softplus,
    "silu": lambda x: x / (1 + exp(-x)),
    "mish": lambda x: x * tanh(softplus(x)),
    "gelu": lambda x: x / 2 * (1 + erf(x / Decimal(2).sqrt())),
    "step": lambda x: Decimal(x >= 0),
    "sign": lambda x: Decimal(1 if x >= 0 else -1),
    "abs": abs,
}

FORMATS = (
    FixedPoint.parse("Q3.4"),
    FixedPoint.parse("UQ1.5"),
    FixedPoint.symmetric(3, 4),
    FixedPoint.symmetric(4, 10),
    FixedPoint(-5, 20, 3),
)


def with_rule(form: FixedPoint, rule: Rounding) -> FixedPoint:
    return FixedPoint(form.lowest, form.highest, form.scale, rule)


def values(oracle: Callable[[Decimal], Decimal], form: FixedPoint) -> list[Fraction]:
    """f(x) in units of the format at every level. Nothing but a level or a tie is as near to one
    as the 80 digits leave it; so what is that near is taken to be one."""
    found = []
    with localcontext() as context:
        context.prec = DIGITS
        for level in range(form.lowest, form.highest + 1):
            value = Fraction(oracle(Decimal(level) / form.scale)) * form.scale
            nearest = Fraction(round(2 * value), 2)
            near = abs(value - nearest) < Fraction(1, 10 ** (DIGITS - 10))
            found.append(nearest if near else value)
    return found


def test_every_activation_has_an_oracle():
    assert set(ORACLES) == set(ACTIVATIONS)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
@pytest.mark.parametrize("name", ORACLES)
def test_activations_against_decimals(name: str, form: FixedPoint):
    exact = values(ORACLES[name], form)
    for rule in Rounding:
        rounded = [round_rational(value, rule) for value in exact]
        expected = tuple(min(max(level, form.lowest), form.highest) for level in rounded)
        assert activation_table(name, with_rule(form, rule)).values == expected, rule


def test_ties_are_decided_by_exact_values():
    """x/2 is a tie at every odd level; sin(pi·x)/2 + 1/2 is 1/2 exactly where sin is 0."""
    halves = {rule: rounded_expression("x/2", FixedPoint(-3, 3, 1, rule)) for rule in Rounding}
    assert halves == {
        Rounding.NEAREST_EVEN: (-2, -1, 0, 0, 0, 1, 2),
        Rounding.NEAREST_AWAY: (-2, -1, -1, 0, 1, 1, 2),
        Rounding.NEAREST_UP: (-1, -1, 0, 0, 1, 1, 2),
        Rounding.NEAREST_DOWN: (-2, -1, -1, 0, 0, 1, 1),
        Rounding.NEAREST_ZERO: (-1, -1, 0, 0, 0, 1, 1),
        Rounding.FLOOR: (-2, -1, -1, 0, 0, 1, 1),
        Rounding.TRUNCATE: (-1, -1, 0, 0, 0, 1, 1),
    }
    for rule, level in ((Rounding.NEAREST_UP, 1), (Rounding.NEAREST_DOWN, 0)):
        assert rounded_expression("sin(pi*x)/2 + 1/2", FixedPoint(-3, 3, 1, rule)) == (level,) * 7


def test_no_double_rounding():
    """A value a hair above a tie is not first rounded to the tie."""
    form = FixedPoint.parse("Q3.4")
    for tiny, level in (("1e-40", 1), ("-1e-40", 0), ("0", 0)):
        assert rounded_expression(f"1/32 + {tiny}*(x+9)", form)[0] == level
    assert rounded_expression("1/32 + exp(-60 - x)", form) == (1,) * 256
    assert rounded_expression("1/32 - exp(-60 - x)", form) == (0,) * 256


def test_values_saturate_even_in_a_format_that_wraps():
    form = FixedPoint(-4, 3, 1, overflow=Overflow.WRAP)
    assert rounded_expression("3*x", form) == (-4, -4, -4, -3, 0, 3, 3, 3)
    assert rounded_expression("exp(exp(x + 4))", form)[-1] == 3


def test_several_inputs_the_last_one_fastest():
    form, wide = FixedPoint(0, 1, 1), FixedPoint(0, 100, 1)
    assert rounded_expression("10*x1 + x2", wide, inputs=form, dims=2) == (0, 1, 10, 11)
    assert rounded_expression("x1 + 10*x3", wide, inputs=form, dims=3)[:3] == (0, 10, 0)


@settings(deadline=None, max_examples=150)
@given(small_trees(), st.sampled_from(NEAREST))
def test_random_expressions_against_the_checker(tree: Node, rule: Rounding):
    """The checker's enclosure of f(x) always meets the half-unit around the level."""
    form, text = FixedPoint(-8, 8, 4, rule), write(tree)
    target = read_target({"kind": "expression", "text": text})
    try:
        levels = rounded_expression(text, form)
    except DomainError:
        assume(False)
    half = Fraction(1, 2 * form.scale)
    for x, level in zip(range(-8, 9), levels, strict=True):
        try:
            value = target.at(Fraction(x, 4))
        except Undecided:
            continue
        assert level == form.lowest or value.upper >= form.value(level) - half
        assert level == form.highest or value.lower <= form.value(level) + half


def test_targets_of_every_kind_agree():
    form = FixedPoint.parse("Q1.3")
    expression = ExpressionTarget.parse("abs(x)/3 - 1/4", form.interval)
    points = ((-2, "5/12"), (0, "-1/4"), (2, "5/12"))
    table = TableTarget(tuple((Fraction(x), Fraction(y)) for x, y in points), "vee")
    function = CallableTarget(lambda x: abs(x) / 3 - Fraction(1, 4), form.interval, Fraction(1, 3))
    levels = correctly_rounded(expression, form)
    assert levels == correctly_rounded(table, form) == correctly_rounded(function, form)
    assert levels == rounded_expression("abs(x)/3 - 1/4", form)


def test_an_enclosure_that_leaves_two_levels_is_refused():
    form = FixedPoint.parse("Q0.2")
    wide = CallableTarget(lambda x: (x, x + Fraction(1, 8)), form.interval, Fraction(1))
    with pytest.raises(DomainError, match=r"level -3 of Q0\.2"):
        correctly_rounded(wide, form)


def test_a_level_outside_of_the_domain_is_named():
    unit = ExpressionTarget.parse("x", Interval(Fraction(0), Fraction(1)))
    with pytest.raises(DomainError, match=r"level -8 of Q0\.3"):
        correctly_rounded(unit, FixedPoint.parse("Q0.3"))
    assert correctly_rounded(unit, FixedPoint.parse("UQ0.2")) == (0, 1, 2, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1/x", r"x is 0 at x = 0 \(level 0 of Q3.4\)"),
        ("log(x)", r"level -128 of Q3.4"),
        ("sqrt(x - 1)", r"not defined"),
        ("acos(x/8 - 1/9)", r"not defined"),
        ("x^x", "not positive"),
        ("x^-1", "x is 0 at x = 0"),
        ("x^0", "x is 0 at x = 0"),
        ("(x - 9)^(1/2)", "negative"),
        ("tan(pi*x)", "not proved"),
        ("sqrt(sin(x)^2 + cos(x)^2 - 1)", "not proved"),
        ("1/(sin(x)^2 + cos(x)^2 - 1)", "not proved"),
        ("where(sin(x)^2 + cos(x)^2 >= 1, 1, 0)", "not proved"),
        ("relu(log(x - 100))", "not defined"),
        ("max(0, 1/x)", "x is 0"),
        ("relu(log(sin(x)^2 + cos(x)^2 - 1))", "not proved"),
        ("max(1/(sin(x)^2 + cos(x)^2 - 1), 9)", "not proved"),
        ("where(log(sin(x)^2 + cos(x)^2 - 1) > 0, 1, 1)", "not proved"),
        ("sin(1/(sin(x)^2 + cos(x)^2 - 1))", "not proved"),
        ("atan(tan(pi*x))", "not proved"),
        ("0*asin(2 - sin(x)^2 - cos(x)^2)", "not proved"),
    ],
)
def test_undefined_and_undecided_places_are_named(text: str, message: str):
    with pytest.raises(DomainError, match=message):
        activation_table(text, FixedPoint.parse("Q3.4"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sigmod", "did you mean sigmoid"),
        ("quux", "known: identity, relu"),
        ("Gelu", "did you mean gelu"),
        ("x1 + x2", "x2 in an expression of 1"),
        ("2x", "multiplication sign"),
        ("", "empty"),
        ("missing.csv", "No such file"),
        ("x^1001", "beyond 1000"),
    ],
)
def test_unknown_activations(text: str, message: str):
    with pytest.raises(InputError, match=message):
        activation_table(text, FixedPoint.parse("Q3.4"))


def test_too_many_levels():
    with pytest.raises(WorkLimitError, match="fewer levels"):
        activation_table("relu", FixedPoint.parse("Q16.8"))
    with pytest.raises(WorkLimitError, match=r"256\^3"):
        rounded_expression("x1*x2*x3", FixedPoint.parse("Q3.4"), dims=3)


def write_rows(folder: Path, rows: list[tuple[object, object]]) -> str:
    path = folder / "table.csv"
    path.write_text("".join(f"{x},{y}\n" for x, y in rows))
    return str(path)


def test_a_table_of_levels_or_of_values(tmp_path: Path):
    form = FixedPoint(-2, 3, 2)
    levels = [(k, min(k * k, 3)) for k in range(-2, 4)]
    assert activation_table(write_rows(tmp_path, levels), form).values == (3, 1, 0, 1, 3, 3)
    values = [(k / 2, "1/4" if k else "1e-9") for k in range(-2, 4)]
    table = activation_table(write_rows(tmp_path, values), form)
    assert (table.name, table.values) == ("table", (0,) * 6)
    up = with_rule(form, Rounding.NEAREST_UP)
    assert activation_table(write_rows(tmp_path, values), up).values == (1, 1, 0, 1, 1, 1)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([(k, 0) for k in range(-2, 3)], "5 rows"),
        ([(k, 0) for k in range(-1, 5)], "one row for each level -2 to 3"),
        ([(k, 4) for k in range(-2, 4)], "4 at level -2"),
        ([(k, "0.5") for k in range(-2, 4)], "1/2 at level -2"),
        ([(k / 2, 2) for k in range(-2, 4)], "outside of"),
    ],
)
def test_tables_that_are_not_of_the_format(
    tmp_path: Path, rows: list[tuple[object, object]], message: str
):
    with pytest.raises(InputError, match=message):
        activation_table(write_rows(tmp_path, rows), FixedPoint(-2, 3, 2))


def test_a_table_fits_a_layer():
    form = FixedPoint.parse("Q3.4")
    matrix = SparseMatrix.from_dense([[1]], columns=1)
    table = activation_table("gelu", form)
    layer = Layer((0,), matrix, (0,), 1, Activation.TABLE, form, table)
    assert Network(1, (layer,), input_format=form).layers[0].table == table
    with pytest.raises(FormatError, match="a table of 256 levels"):
        Layer((0,), matrix, (0,), 1, Activation.TABLE, FixedPoint.parse("Q3.3"), table)


def test_tables_are_quick():
    """Measured: 23 ms for 8 bits, 0.3 s for 12, on a shared core; asked: 50 ms and 1 s."""
    start = time.perf_counter()
    activation_table("mish", FixedPoint.parse("Q3.4"))
    activation_table("mish", FixedPoint.parse("Q3.8"))
    assert time.perf_counter() - start < 5


TAILED = ("gelu", "mish", "silu", "softplus", "sigmoid", "tanh", "erf", "elu")


@pytest.mark.parametrize("name", TAILED)
@pytest.mark.parametrize("rule", Rounding)
def test_tails_are_rounded_to_the_side_they_are_on(name: str, rule: Rounding):
    """At -255/2 gelu is below 0 by less than 2^-11000: rounded down it is level -1."""
    form = replace(FixedPoint.symmetric(8, 2), rounding=rule)
    table = activation_table(name, form)
    function = point_function(parse(f"{name}(x)"))
    for level in (-255, -180, -101, 99, 170, 211, 255):
        with precision(25_000):
            ball = ball_of(function((form.value(level),))) * form.scale
            floor = int(ball.floor().unique_fmpz())
            assert ball > floor or ball.is_exact()
        exact = Fraction(floor)
        if not ball.is_exact():  # within (floor, floor + 1): which half
            half = ball - floor - from_rational(Fraction(1, 2))
            assert half > 0 or half < 0
            exact += Fraction(3, 4) if half > 0 else Fraction(1, 4)
        elif ball != floor:
            exact += Fraction(1, 2)
        assert table.values[level + 255] == saturated(exact / form.scale, form)


@pytest.mark.parametrize("text", ["x*sigmoid(x)", "x - x*sigmoid(-x)", "x*tanh(log1p(exp(x)))"])
def test_tails_written_out(text: str):
    """No inequality is known of these; more bits show the side."""
    form = replace(FixedPoint.symmetric(8, 2), rounding=Rounding.FLOOR)
    values = rounded_expression(text, form)
    assert (values[0], values[-1]) == (-1, 254)
