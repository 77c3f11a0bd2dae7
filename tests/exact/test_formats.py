from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitproof.errors import BitproofError, FormatError
from bitproof.exact import (
    Codebook,
    FixedPoint,
    Interval,
    Overflow,
    Q,
    Rounding,
    packed_bits,
    parse_codebook,
    round_quotient,
    round_rational,
)
from tests.strategies import hostile_texts, rationals

LARGE = st.integers(-(10**30), 10**30)
SMALL = st.integers(-60, 60)
NEAREST = [rule for rule in Rounding if rule.value.startswith("nearest")]


@given(st.one_of(LARGE, SMALL), st.integers(1, 12), st.sampled_from(Rounding))
def test_quotients_round_as_the_rules_say(numerator, denominator, rule):
    """By distances between rationals."""
    value = Fraction(numerator, denominator)
    floor = value.__floor__()
    wanted = {
        Rounding.FLOOR: floor,
        Rounding.TRUNCATE: int(value),
        Rounding.NEAREST_EVEN: round(value),
        Rounding.NEAREST_UP: (value + Fraction(1, 2)).__floor__(),
        Rounding.NEAREST_DOWN: (value - Fraction(1, 2)).__ceil__(),
        Rounding.NEAREST_AWAY: (abs(value) + Fraction(1, 2)).__floor__() * (1 if value > 0 else -1),
        Rounding.NEAREST_ZERO: (abs(value) - Fraction(1, 2)).__ceil__() * (1 if value > 0 else -1),
    }[rule]
    assert round_quotient(3 * numerator, 3 * denominator, rule) == wanted
    assert round_rational(value, rule) == wanted


@given(rationals(denominators=16), st.sampled_from(NEAREST))
def test_nearest_is_nearest(value, rule):
    assert abs(round_rational(value, rule) - value) <= Fraction(1, 2)


@given(rationals(denominators=16))
def test_the_tie_rules(value):
    floor = value.__floor__()
    assert round_rational(value, Rounding.FLOOR) == floor
    assert round_rational(value, Rounding.TRUNCATE) == int(value)
    assert round_rational(value, Rounding.NEAREST_EVEN) == round(value)
    if value - floor == Fraction(1, 2):
        assert round_rational(value, Rounding.NEAREST_UP) == floor + 1
        assert round_rational(value, Rounding.NEAREST_DOWN) == floor
        away = floor + 1 if value > 0 else floor
        assert round_rational(value, Rounding.NEAREST_AWAY) == away
        assert round_rational(value, Rounding.NEAREST_ZERO) == 2 * floor + 1 - away


@pytest.mark.parametrize(
    ("text", "levels", "name"),
    [
        ("Q3.4", (-128, 127, 16), "Q3.4"),
        ("UQ0.8", (0, 255, 256), "UQ0.8"),
        ("Q0.1", (-2, 1, 2), "Q0.1"),
        ("7,16", (-127, 127, 16), "7,16"),
        ("-5..20/3", (-5, 20, 3), "-5..20/3"),
        ("-15..15/10", (-15, 15, 10), "4,10"),
        ("0..255/256", (0, 255, 256), "UQ0.8"),
        ("UQ8.0", (0, 255, 1), "UQ8.0"),
    ],
)
def test_fixed_point_formats(text, levels, name):
    form = FixedPoint.parse(text)
    assert (form.lowest, form.highest, form.scale) == levels
    assert form.name == name
    assert form.levels == levels[1] - levels[0] + 1


@given(
    st.integers(-(2**30), 0), st.one_of(st.integers(1, 2**30), st.just(127)), st.integers(1, 10**9)
)
def test_the_name_of_a_format_is_read_again(lowest, highest, scale):
    for low in (lowest, -highest, -highest - 1, 0):
        form = FixedPoint(low, highest, scale)
        assert FixedPoint.parse(form.name) == form


@given(hostile_texts())
def test_any_text_is_a_format_or_a_format_error(text):
    for parse in (FixedPoint.parse, parse_codebook):
        try:
            parse(text)
        except BitproofError as problem:
            assert problem.remedy  # noqa: PT017


@pytest.mark.parametrize("text", ["Q0.0", "Q60.60", "0,1", "65,1", "7,0", "q3.4", "Q3", "Q-1.4"])
def test_formats_that_do_not_exist(text):
    with pytest.raises(FormatError):
        FixedPoint.parse(text)


@given(rationals(-20, 20), st.sampled_from(list(Rounding)), st.sampled_from(list(Overflow)))
def test_quantize_stays_in_the_format(value, rounding, overflow):
    form = FixedPoint(-8, 7, 2, rounding, overflow)
    level = form.quantize(value)
    assert form.lowest <= level <= form.highest
    rounded = round_rational(value * 2, rounding)
    if form.lowest <= rounded <= form.highest:
        assert level == rounded
    elif overflow is Overflow.WRAP:
        assert (level - rounded) % 16 == 0
    else:
        assert level == (form.highest if rounded > 0 else form.lowest)


@given(rationals(-5, 5), rationals(-5, 5))
def test_levels_within(a, b):
    form = FixedPoint.parse("Q2.2")
    cell = Interval(min(a, b), max(a, b))
    wanted = [k for k in range(form.lowest, form.highest + 1) if form.value(k) in cell]
    assert list(form.levels_within(cell)) == wanted


def test_q_formats():
    for a in range(-1, 3):
        for b in range(4):
            if a + b + 2 < 1:
                continue
            form = Q(a, b)
            wanted = {
                Fraction(k, 2**b)
                for k in range(-(2 ** (a + b + 2)), 2 ** (a + b + 2))
                if abs(Fraction(k, 2**b)) < 2 ** (a + 1)
            }
            assert set(form.values()) == wanted
            assert form.largest == max(wanted)
            assert all(value in form for value in wanted)
            assert form.largest + Fraction(1, 2**b) not in form
            assert Fraction(1, 3) not in form
            assert (form.has_zero, form.dyadic) == (True, True)
            assert form.memory_bits(7) == 7 * (a + b + 2)


@pytest.mark.parametrize(("a", "b"), [(-2, 4), (0, -1), (40, 40)])
def test_q_formats_that_do_not_exist(a, b):
    with pytest.raises(FormatError):
        Q(a, b)


def test_large_q_formats_are_not_listed():
    with pytest.raises(FormatError):
        Q(20, 20).values()
    assert Fraction(1, 2**20) in Q(20, 20)


@given(st.integers(1, 300), st.integers(0, 200))
def test_packed_bits_is_the_least_number(symbols, count):
    bits = packed_bits(symbols, count)
    assert 2**bits >= symbols**count
    assert bits == 0 or 2 ** (bits - 1) < symbols**count


def test_codebooks():
    assert Codebook.binary().entries == (Fraction(-1, 2), Fraction(1, 2))
    assert Codebook.linear(2).entries == (Fraction(-1), Fraction(1, 2))
    assert parse_codebook("ternary") == Codebook.ternary()
    assert parse_codebook("linear:4") == Codebook.linear(4)
    assert parse_codebook("1/2,-1,0").name == "-1,0,1/2"
    assert Codebook.binary().memory_bits(10, with_zero=True) == packed_bits(3, 10)
    assert not parse_codebook("0,1/3").dyadic
    assert parse_codebook("0,1/3,1/2").denominator == 6


@pytest.mark.parametrize(
    "text", ["", "1", "1,1", "linear:1", "linear:x", "linear:99999", "a,b", "1/0,1", ",", "linear:"]
)
def test_codebooks_that_do_not_exist(text):
    with pytest.raises(BitproofError):
        parse_codebook(text)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("nested:2", "-1 1/2"),
        ("nested:3", "-1 1/2 1"),
        ("nested:4:9", "-1 1/8 1/2 1"),
        ("nested:4", "-1 1/16 1/2 1"),
        ("midrise:2", "-1/2 1/2"),
        ("midrise:4", "-3/4 -1/4 1/4 3/4"),
    ],
)
def test_families_of_codebooks(text, values):
    book = parse_codebook(text)
    assert " ".join(str(value) for value in book.entries) == values
    assert parse_codebook(book.name).entries == book.entries


@pytest.mark.parametrize(
    "text",
    ["nested:1", "nested:99", "nested:3:0", "midrise:3", "midrise:x", "nested:3:4:5", "odd:3"],
)
def test_codebooks_that_do_not_exist_are_refused(text):
    with pytest.raises(FormatError, match="is not a codebook"):
        parse_codebook(text)
