"""The competitors: their bits against the measured anchors, their bounds against exact errors."""

from fractions import Fraction

import pytest

from bitproof.construct.tables import competitors, interpolation_bound
from bitproof.exact import Interval
from bitproof.target.expression import ExpressionTarget
from bitproof.target.table import TableTarget
from tests.construct.paths import path_table

UNIT = Interval(Fraction(0), Fraction(1))

# bits on [0, 1] at 1e-3: plain, interpolated, difference-coded, as measured elsewhere
ANCHORS = {
    "sin(2*pi*x)": (46384, 828, 303),
    "exp(-x)": (6672, 143, 38),
    "sqrt(x+1/16)": (14014, 360, 110),
    "1/(1+25*(2*x-1)^2)": (44268, 1360, 459),
    "log(1+x)": (6672, 110, 29),
    "abs(x-1/3)": (6840, 36, 44),
}


@pytest.mark.parametrize("text", ANCHORS)
def test_bits_are_those_of_the_anchors_or_better(text):
    target = ExpressionTarget.parse(text, UNIT)
    plain, line, differences = competitors(target, Fraction(1, 1000))
    known = ANCHORS[text]
    assert 0.9 * known[0] <= plain.bits <= 1.05 * known[0]
    assert 0.8 * known[1] <= line.bits <= 1.05 * known[1]
    assert 0.8 * known[2] <= differences.bits <= 1.2 * known[2] + 20  # the start is counted
    assert all(table.error_upper <= Fraction(1, 1000) for table in (plain, line, differences))


@pytest.mark.parametrize("error", [Fraction(1, 100), Fraction(1, 10000)])
def test_a_kink_between_grid_points_is_found(error):
    names = {
        table.name: table
        for table in competitors(ExpressionTarget.parse("abs(x-1/3)", UNIT), error)
    }
    assert names["interpolated table"].entries == 4


def test_the_bound_is_the_exact_error_for_piecewise_linear_functions():
    points = tuple((Fraction(i, 8), Fraction(y)) for i, y in enumerate([0, 3, 1, 4, 1, 5, 9, 2, 6]))
    target = TableTarget(points, "digits")
    entries = (Fraction(0), Fraction(1), Fraction(3, 2), Fraction(9), Fraction(6))
    exact = max(
        abs(y - (entries[i // 2] + entries[(i + 1) // 2]) / 2) for i, (_, y) in enumerate(points)
    )
    bound = interpolation_bound(target, entries, exact + Fraction(1, 100))
    assert bound is not None
    assert exact <= bound <= exact + Fraction(1, 100)
    assert interpolation_bound(target, entries, exact - Fraction(1, 10**6)) is None


def test_a_wrong_entry_is_refused():
    target = ExpressionTarget.parse("x^2", UNIT)
    good = tuple(Fraction(i, 8) ** 2 for i in range(9))
    assert interpolation_bound(target, good, Fraction(1, 256)) == Fraction(1, 256)
    bad = (*good[:4], good[4] + Fraction(1, 200), *good[5:])
    assert interpolation_bound(target, bad, Fraction(1, 256)) is None


def test_a_rough_table_on_its_own_grid():
    tables = {
        table.name: table for table in competitors(path_table("random", 128), Fraction(1, 256))
    }
    assert tables["interpolated table"].entries == 129
    assert tables["difference-coded table"].bits < tables["interpolated table"].bits


def test_without_a_lipschitz_constant_there_is_no_plain_table():
    target = ExpressionTarget.parse("sqrt(x)", UNIT)
    assert "plain table" not in [table.name for table in competitors(target, Fraction(1, 50))]


def test_a_range_within_the_error_takes_no_table():
    target = ExpressionTarget.parse("sin(x)/100", UNIT)
    (only,) = competitors(target, Fraction(1, 100))
    assert only.bits == 0
