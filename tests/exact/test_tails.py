"""The inequalities of the tails, against enclosures of enough bits."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.exact.enclosure import Ball, from_rational, precision
from bitproof.exact.jet import VALUES
from bitproof.exact.tails import _FORMS, approach


def value(name: str, x: Fraction) -> Ball:
    if name == "elu":
        return VALUES["expm1"](from_rational(x)) if x < 0 else from_rational(x)
    return VALUES[name](from_rational(x))


@pytest.mark.parametrize("name", sorted(_FORMS))
@settings(max_examples=30, deadline=None)
@given(a=st.fractions(2, 60, max_denominator=16), sign=st.sampled_from((-1, 1)))
def test_values_are_on_the_side_and_as_near_as_said(name: str, a: Fraction, sign: int):
    near = approach(name, sign * a)
    if near is None:
        return
    with precision(8_000):  # erf comes as near as e^-3600
        ball = (value(name, sign * a) - from_rational(near.base)) * near.side
        assert ball > 0
        assert ball < from_rational(near.distance)


@pytest.mark.parametrize("name", sorted(_FORMS))
def test_they_get_near(name: str):
    found = (approach(name, Fraction(x)) for x in (-99, 99))
    assert any(near is not None and near.distance < Fraction(1, 1 << 100) for near in found)


def test_where_nothing_is_known():
    assert approach("sin", Fraction(99)) is None
    assert approach("exp", Fraction(99)) is None
    assert approach("gelu", Fraction(1)) is None
