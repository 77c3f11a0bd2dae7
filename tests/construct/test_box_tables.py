"""The competitors of two inputs: their bounds against exact errors and against samples."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.construct.box_tables import Patch, bilinear_bound, box_competitors
from bitproof.exact import Box
from bitproof.target import ExpressionBoxTarget, GridTable

F = Fraction
SQUARE = Box.unit(2)
TEXTS = ("x1*x2", "exp(-x1)*sin(3*x2)", "abs(x1-x2/2)", "max(x1, x2, 1/2)", "x1^2 + x2")
FEW = st.fractions(-4, 4, max_denominator=8)


def target_of(text: str, box: Box = SQUARE) -> ExpressionBoxTarget:
    return ExpressionBoxTarget.parse(text, box)


@pytest.mark.parametrize("text", TEXTS)
def test_both_tables_keep_the_error_and_the_bilinear_one_is_smaller(text: str) -> None:
    error = F(1, 30)
    plain, bilinear = box_competitors(target_of(text), error)
    assert (plain.name, bilinear.name) == ("plain table", "bilinear table")
    assert 0 < bilinear.bits < plain.bits
    assert bilinear.bits == bilinear.entries * bilinear.value_bits
    assert max(plain.error_upper, bilinear.error_upper) <= error


@given(st.lists(FEW, min_size=4, max_size=4), st.fractions(0, 1), st.fractions(0, 1))
def test_a_patch_goes_through_its_corners(values: list[F], s: F, t: F) -> None:
    a, b, c, d = values
    sizes = (F(1, 2), F(3))
    patch = Patch.through((a, b, c, d), sizes)
    moved = patch.moved(((s - F(1, 2)) * sizes[0], (t - F(1, 2)) * sizes[1]))
    rows = a + (b - a) * t, c + (d - c) * t
    assert moved.middle == rows[0] + (rows[1] - rows[0]) * s


@settings(max_examples=10)
@given(st.sampled_from(TEXTS), st.lists(FEW, min_size=6, max_size=6))
def test_the_bound_is_above_every_sampled_error(text: str, values: list[F]) -> None:
    target = target_of(text)
    entries = [values[:3], values[3:]]  # two nodes along x1, three along x2
    bound = bilinear_bound(target, entries, F(20))
    assert bound is not None
    for x, y in product([F(k, 4) for k in range(5)], repeat=2):
        j = min(int(2 * y), 1)
        s, t = x, 2 * y - j
        rows = [row[j] + (row[j + 1] - row[j]) * t for row in entries]
        exact = target.at((x, y))
        assert exact.lower - (rows[0] + (rows[1] - rows[0]) * s) <= bound
        assert (rows[0] + (rows[1] - rows[0]) * s) - exact.upper <= bound


def test_a_bound_that_does_not_hold_is_not_given() -> None:
    flat = [[F(0), F(0)], [F(0), F(0)]]
    assert bilinear_bound(target_of("x1*x2"), flat, F(99, 100)) is None
    assert bilinear_bound(target_of("x1*x2"), flat, F(1)) == 1
    assert bilinear_bound(target_of("x1*x2"), [[F(0), F(0)], [F(0), F(1)]], F(1, 1000)) == 0


def test_a_table_given_as_a_table_is_stored_to_the_error() -> None:
    values = tuple(tuple(F(i * j % 5, 4) for j in range(4)) for i in range(4))
    nodes = tuple(F(k) for k in range(4))
    table = GridTable(nodes, nodes, values, "t", "bilinear")
    found = {entry.name: entry for entry in box_competitors(table, F(1, 8))}
    assert found["bilinear table"].entries == 16


def test_constants_and_other_dimensions() -> None:
    assert box_competitors(target_of("x1*x2"), F(3, 5))[0].bits == 0
    assert box_competitors(target_of("x1*x2*x3", Box.unit(3)), F(1, 10)) == ()
