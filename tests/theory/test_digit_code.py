"""Digit codes: every value of the window is within half a gap of what is written."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitproof.errors import InputError
from bitproof.exact.weight_format import Codebook
from bitproof.theory.digit_code import DigitCode, power_code

BOOKS = (
    Codebook.linear(2),
    Codebook.linear(3),
    Codebook.linear(4),
    Codebook.linear(16),
    Codebook.nested(3),
    Codebook.midrise(4),
    Codebook.ternary(),
)


@given(
    book=st.sampled_from(BOOKS),
    places=st.integers(1, 18),
    turned=st.booleans(),
    share=st.fractions(0, 1, max_denominator=1000),
    data=st.data(),
)
def test_the_window_is_covered(book, places, turned, share, data):
    ratio = data.draw(st.sampled_from([v for v in book.values() if 0 < v < 1]))
    code = power_code(book, ratio, min(places, 40 // len(str(ratio))), Fraction(1), turned=turned)
    window = code.window
    low, high = window.low - window.gap / 2, window.high + window.gap / 2
    value = low + share * (high - low)
    digits = code.encode(value)
    assert all(digit in book for digit in digits)
    assert len(digits) == len(code.places)
    assert abs(code.value(digits) - value) <= window.gap / 2
    with pytest.raises(InputError, match="outside"):
        code.encode(high + 1)


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
def test_the_window_against_all_sums(book):
    """An oracle: list every sum and look at the gaps inside the window."""
    code = power_code(book, Fraction(1, 2), 3, Fraction(1))
    sums = sorted({code.value(digits) for digits in product(book.values(), repeat=3)})
    inside = [v for v in sums if code.window.low <= v <= code.window.high]
    assert inside[0] == code.window.low
    assert inside[-1] == code.window.high
    assert max(b - a for a, b in pairwise(inside)) == code.window.gap


def test_long_codes_are_found_without_listing_their_sums():
    code = power_code(Codebook.linear(2), Fraction(1, 2), 40, Fraction(1))
    assert code.window.gap == Fraction(3, 1 << 40)
    assert code.window.low == -(2 - Fraction(1, 1 << 39))
    assert code.window.high == 1 - Fraction(1, 1 << 40)


def test_a_repeated_place_is_allowed():
    code = DigitCode(Codebook.nested(3), (Fraction(1), Fraction(1), Fraction(1, 2)))
    assert code.window.high == Fraction(5, 2)
