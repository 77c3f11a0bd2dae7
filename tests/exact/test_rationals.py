from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bitproof.errors import BitproofError, InputError
from bitproof.exact import (
    Interval,
    common_denominator,
    from_float,
    is_dyadic,
    parse_rational,
    rational_gcd,
    to_float,
    write_decimal,
    write_rational,
)
from tests.strategies import hostile_texts, intervals, rationals


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", "1/10"), ("1e-3", "1/1000"), ("1/512", "1/512"), ("2^-8", "1/256"),
        ("-3*2^-4", "-3/16"), (" 1 / 3 ", "1/3"), ("-2^2", "-4"), (".5", "1/2"), ("5.", "5"),
        ("+7", "7"), ("1/2/2", "1/4"), ("3*1e2", "300"), ("2^(-3)", "1/8"), ("10^3", "1000"),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(text, value):
    assert parse_rational(text) == Fraction(value)


@pytest.mark.parametrize(
    "text",
    ["", " ", "x", "1/0", "0^-1", "1//2", "1**2", "2^x", "2^0.5", "2^99999", "1e99999", "nan",
     "inf", "1_000", "1,5", "0x10", "--1", "1e", "1/", "/2", "2^", "2^2^2", "9" * 401, "1 2"],
)  # fmt: skip
def test_what_is_not_a_number(text):
    with pytest.raises(InputError) as caught:
        parse_rational(text)
    assert caught.value.remedy


@given(hostile_texts())
@example("9^4096*9^4096*9^4096")
@example("((2))")
@example("2^((((3")
@example("١")
def test_any_text_is_a_number_or_an_input_error(text):
    try:
        value = parse_rational(text)
    except BitproofError:
        return
    assert isinstance(value, Fraction)


@given(rationals(denominators=10**40))
def test_writing_and_reading(value):
    assert parse_rational(write_rational(value)) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_go_in_and_out_unchanged(value):
    assert to_float(from_float(value)) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_does_not_enter(value):
    with pytest.raises(InputError):
        from_float(value)


def test_overflow_leaves_as_infinity():
    assert to_float(Fraction(10) ** 400) == float("inf")
    assert to_float(-(Fraction(10) ** 400)) == float("-inf")


@given(rationals(denominators=10**12), st.integers(1, 12))
def test_decimals_are_rounded_to_the_side_asked_for(value, digits):
    down, near, up = (
        Fraction(Decimal(write_decimal(value, digits, rounding=side)))
        for side in ("down", "nearest", "up")
    )
    assert down <= value <= up
    assert near in (down, up)
    assert abs(near - value) == min(value - down, up - value)


@given(st.lists(rationals(), min_size=1))
def test_gcd_and_common_denominator(values):
    gcd, denominator = rational_gcd(values), common_denominator(values)
    assert all((value * denominator).denominator == 1 for value in values)
    if any(values):
        assert all((value / gcd).denominator == 1 for value in values)
        assert rational_gcd([value / gcd for value in values]) == 1


def test_dyadic():
    assert is_dyadic(Fraction(-5, 64))
    assert not is_dyadic(Fraction(5, 96))


@given(intervals(), intervals(), rationals(-3, 3), rationals(0, 1), rationals(0, 1))
def test_interval_arithmetic(first, second, factor, s, t):
    x, y = first.lower + s * first.width, second.lower + t * second.width
    assert x in first
    assert x + y in first + second
    assert factor * x in first.scale(factor)
    assert x in first.hull(second)
    assert y in first.hull(second)
    assert abs(x) <= first.magnitude
    left, right = first.split()
    assert left.upper == right.lower == first.centre
    assert (left.lower, right.upper) == (first.lower, first.upper)


def test_an_empty_interval_is_refused():
    with pytest.raises(InputError, match="is empty"):
        Interval(Fraction(1), Fraction(0))
    assert 0.5 not in Interval(Fraction(0), Fraction(1))
