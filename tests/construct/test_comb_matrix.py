"""Comb matrices keep their promise for every function of a class, from depth 4 on."""

from fractions import Fraction

import pytest

from bitproof.construct.class_method import Budget
from bitproof.construct.comb_constants import chain_of, digits_for
from bitproof.construct.comb_matrix_class import Comb, class_comb_matrix
from bitproof.construct.comb_matrix_method import CombMatrixMethod
from bitproof.construct.march_class import Family
from bitproof.errors import NoDesignError
from bitproof.exact import Interval, Q
from bitproof.target.expression import ExpressionTarget
from tests.construct.paths import KINDS, path_table
from tests.construct.promised import check, check_member, class_of, in_any_class

UNIT = Interval(Fraction(0), Fraction(1))
FAMILY = Family(UNIT, Interval(Fraction(-1), Fraction(1)), Fraction(1))


def best(form, budget, family=FAMILY):
    found = [plan for plan in CombMatrixMethod().finest(family, form, budget) if budget.holds(plan)]
    return min(found, key=lambda plan: plan.error)


@pytest.mark.parametrize(
    ("form", "width", "depth"),
    [
        (Q(1, 2), 8, 4),
        (Q(1, 4), 16, 4),
        (Q(1, 4), 21, 5),
        (Q(1, 1), 12, 7),
        (Q(1, 1), 10, 10),
        (Q(1, 2), 14, 6),
        (Q(1, 3), 18, 5),
        (Q(2, 3), 13, 4),
        (Q(4, 6), 12, 6),
        (Q(1, 10), 20, 4),
    ],
    ids=str,
)
def test_every_path_gets_the_promised_sizes(form, width, depth):
    plan = best(form, Budget(width, depth))
    assert plan.depth <= depth
    assert plan.width <= width
    for kind in KINDS[:4]:
        check(path_table(kind, 300), plan)
    for text in ("1 - x", "x - 1", "0*x + 1", "0*x - 1"):
        check(ExpressionTarget.parse(text, UNIT), plan)


def test_depth_four_has_almost_as_many_cells_as_the_square_of_the_width():
    plan = best(Q(1, 6), Budget(24, 4))
    assert plan.depth == 4
    assert plan.cells >= 24**2 * 4 // 5
    assert plan.error < Fraction(3, 4 * plan.cells)
    check(path_table("random", 2 * plan.cells), plan)


@in_any_class
def test_any_domain_range_and_slope(domain, span, lipschitz, text):
    family = class_of(domain, span, lipschitz)
    plan = best(Q(8, 8), Budget(14, 20), family)
    check_member(text, family, plan)


def test_an_error_is_met_with_less():
    goal = Fraction(1, 300)
    met = list(CombMatrixMethod().lightest(FAMILY, Q(1, 6), goal, Budget(depth=5)))
    assert met
    assert all(plan.error <= goal and plan.depth <= 5 and plan.width < 40 for plan in met)


def test_what_a_format_cannot_do_is_refused():
    with pytest.raises(NoDesignError):
        class_comb_matrix(FAMILY, Q(1, 1), Comb(0, 0, Fraction(3), Fraction(1), 1, 64, 64))
    assert CombMatrixMethod().formats(Q(0, 4)) == ()
    assert not list(CombMatrixMethod().finest(FAMILY, Q(1, 4), Budget(16, 3)))


@pytest.mark.parametrize(("form", "layers"), [(Q(1, 1), 9), (Q(1, 3), 4), (Q(3, 2), 5)], ids=str)
def test_digits_make_every_multiple(form, layers):
    unit, need = Fraction(5, 128 * form.denominator), 900
    digits = digits_for(form, unit, need, layers)
    neurons = [Fraction(2) ** e for e in digits.exponents]
    for e in digits.exponents:
        chain = chain_of(e, form)
        product = Fraction(1)
        for factor in chain:
            assert factor in form
            product *= factor
        assert product == Fraction(2) ** e
        assert len(chain) <= layers
    for value in range(-need, need + 1, 7):
        numerators, bias = digits.of(value)
        terms = zip(numerators, neurons, strict=True)
        total = bias + sum(k * neuron for k, neuron in terms)
        assert total / form.denominator == value * unit
        assert max(map(abs, (*numerators, bias))) <= form.largest_numerator
