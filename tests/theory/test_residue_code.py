"""The residue code writes every integer of its run, and digits come back as the value."""

from fractions import Fraction

import pytest

from bitproof.errors import FormatError, InputError
from bitproof.exact.weight_format import Codebook
from bitproof.theory.residue_code import residue_code


@pytest.mark.parametrize("size", [3, 4, 5, 7])
@pytest.mark.parametrize("places", [1, 2, 3, 4])
def test_every_number_of_the_run_is_written(size, places):
    form = Codebook.linear(size)
    code = residue_code(form, places, Fraction(3, 2))
    window, members = code.window, set(form.values())
    value = window.low
    count = 0
    while value <= window.high:
        digits = code.encode(value)
        assert set(digits) <= members
        assert code.value(digits) == value
        value += window.gap
        count += 1
    assert count >= (size - 1 - Fraction(size, size - 1)) * size ** (places - 1)


@pytest.mark.parametrize("offset", [Fraction(1, 2), Fraction(-1, 2), Fraction(1, 3)])
def test_between_two_numbers_the_nearer_is_taken(offset):
    code = residue_code(Codebook.linear(3), 5, Fraction(1))
    for value in (code.window.low, code.window.high, (code.window.low + code.window.high) / 2):
        wanted = value + offset * code.window.gap
        assert abs(code.value(code.encode(wanted)) - wanted) <= code.window.gap / 2


def test_other_codebooks_and_values_are_refused():
    with pytest.raises(FormatError):
        residue_code(Codebook.linear(2), 3, Fraction(1))
    with pytest.raises(InputError):
        residue_code(Codebook.linear(3), 3, Fraction(1)).encode(Fraction(10))
