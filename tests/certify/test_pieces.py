"""How far apart two polygons are: floats propose, the answer is exact."""

from __future__ import annotations

import itertools
import pickle
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.certify import certify_sup_error, one_dimension
from bitproof.certify.pieces import Pieces, Polygon, _nearest, largest_difference
from bitproof.certify.piecewise_linear import PiecewiseLinear
from bitproof.exact import Interval, to_float
from tests.certify.networks import march
from tests.construct.paths import path_table

heights = st.fractions(-3, 3, max_denominator=7)
inner = st.lists(st.fractions(0, 1, max_denominator=12), max_size=8)


@st.composite
def polygons(draw):
    points = sorted({Fraction(0), Fraction(1), *draw(inner)})
    values = [draw(heights) for _ in points]
    return PiecewiseLinear(tuple(points), tuple(values))


@given(polygons(), polygons())
@settings(max_examples=80, deadline=None)
def test_the_largest_difference_is_exact(f, g):
    points = sorted({*f.points, *g.points})
    gaps = [abs(f(x) - g(x)) for x in points]
    expected = max(gaps), points[gaps.index(max(gaps))]
    assert largest_difference(Polygon(f), Polygon(g)) == expected


def test_integers_and_rationals_are_the_same_curve():
    x, q = np.array([0, 1, 2, 1]), np.array([1, 3, 3, 1])
    pieces = Pieces(x, q, np.array([0, 7, -2, 5]), Fraction(2, 5))
    same = Polygon(pieces.function())
    assert largest_difference(pieces, same) == (0, 0)
    assert pieces(Fraction(1, 2)) == same.function(Fraction(1, 2))
    parts = (x, q, pieces.values)
    for kinds in itertools.product((np.int64, object), repeat=3):  # each row may be too wide alone
        mixed = (part.astype(kind) for part, kind in zip(parts, kinds, strict=True))
        assert largest_difference(Pieces(*mixed, Fraction(2, 5)), same) == (0, 0)


def test_points_nearer_than_floats_are_compared_exactly():
    tiny = Fraction(1, 10**30)
    half, one = Fraction(1, 2), Fraction(1)
    points = (0 * one, half - tiny, half, half + tiny, one)
    spike = PiecewiseLinear(points, (0 * one, 0 * one, tiny, 0 * one, 0 * one))
    flat = PiecewiseLinear((0 * one, one), (0 * one, 0 * one))
    assert largest_difference(Polygon(spike), Polygon(flat)) == (tiny, half)


def test_a_certificate_of_many_points_is_written_when_it_is_asked_for(monkeypatch):
    network, target = march(64, 1), path_table("random", 64)
    unit = Interval(Fraction(0), Fraction(1))
    now = certify_sup_error(network, target, unit)
    monkeypatch.setattr(one_dimension, "MANY_POINTS", 10)
    later = certify_sup_error(network, target, unit)
    assert "data" not in vars(later.certificate)
    assert (later.upper, later.witness) == (now.upper, now.witness)
    assert pickle.loads(pickle.dumps(later)).certificate.data == now.certificate.data
    assert later.certificate.digest == now.certificate.digest


@given(st.lists(st.fractions(), min_size=1), st.integers(0, 3))
def test_floats_of_rationals_are_the_nearest(values, power):
    values = [value * (1 << 30) ** power / 3**power for value in values]
    assert _nearest(values).tolist() == [to_float(value) for value in values]
