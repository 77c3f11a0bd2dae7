"""The march theorem's formulas and hypotheses."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitproof.errors import InputError
from bitproof.theory.march import MarchTheorem, path_error


@pytest.mark.parametrize(
    ("levels", "half_spacing", "expected"),
    [
        (1, Fraction(1), Fraction(1)),
        (3, Fraction(3, 8), Fraction(103, 128)),
        (7, Fraction(5, 32), Fraction(1319, 2048)),
        (15, Fraction(9, 128), Fraction(18607, 32768)),
    ],
)
def test_the_errors_of_the_specification(levels, half_spacing, expected):
    theorem = MarchTheorem(levels, Fraction(1), half_spacing, Fraction(1))
    assert theorem.error == expected
    assert theorem.error == half_spacing + (1 - half_spacing**2) / 2


def test_the_limits_of_memory_per_error():
    assert MarchTheorem(1, Fraction(1), Fraction(1), Fraction(1, 64)).limit_memory(2) == 12
    assert MarchTheorem(3, Fraction(5), Fraction(5, 3), Fraction(1, 7)).limit_memory(3) == 14


@pytest.mark.parametrize(
    ("levels", "lipschitz", "half_spacing", "cell", "word"),
    [
        (2, 1, 1, 1, "odd"),
        (3, 1, Fraction(1, 4), 1, "steepest"),
        (3, 0, 1, 1, "above 0"),
        (3, 1, 1, 0, "above 0"),
    ],
)
def test_a_hypothesis_that_does_not_hold_is_named(levels, lipschitz, half_spacing, cell, word):
    with pytest.raises(InputError, match=word):
        MarchTheorem(levels, Fraction(lipschitz), Fraction(half_spacing), Fraction(cell))


positive = st.fractions(min_value=Fraction(1, 100), max_value=100, max_denominator=1000)


@given(cell=positive, lipschitz=positive, half_spacing=positive, factor=positive)
def test_the_error_scales_with_range_and_slope(cell, lipschitz, half_spacing, factor):
    error = path_error(cell, lipschitz, half_spacing)
    assert path_error(cell * factor, lipschitz, half_spacing) == error * factor
    assert path_error(cell, lipschitz * factor, half_spacing * factor) == error * factor
    assert error >= cell * min(half_spacing, lipschitz / 2)
