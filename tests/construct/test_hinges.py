"""Hinges keep their promise for every function of a class, at any width and depth."""

from fractions import Fraction
from itertools import pairwise

import pytest

from bitproof.construct.class_method import Budget
from bitproof.construct.hinges_class import class_constant, class_hinges
from bitproof.construct.hinges_method import HingesMethod
from bitproof.construct.march_class import Family
from bitproof.errors import NoDesignError
from bitproof.exact import Interval, Q
from bitproof.target.expression import ExpressionTarget
from tests.construct.paths import KINDS, path_table
from tests.construct.promised import check, check_member, class_of, in_any_class

UNIT = Interval(Fraction(0), Fraction(1))
FAMILY = Family(UNIT, Interval(Fraction(-1), Fraction(1)), Fraction(1))


@pytest.mark.parametrize(
    ("form", "exponent", "gain", "per_layer", "layers"),
    [
        (Q(1, 6), 0, 0, 31, 1),
        (Q(1, 6), 0, 0, 1, 40),
        (Q(1, 8), 0, 0, 7, 9),
        (Q(1, 4), 2, 0, 5, 6),
        (Q(1, 3), 3, 0, 4, 10),
        (Q(4, 8), 3, 0, 63, 2),
        (Q(1, 1), 5, 5, 1, 70),
        (Q(1, 1), 6, 6, 2, 40),
        (Q(2, 1), 5, 6, 3, 20),
        (Q(1, 2), 5, 4, 5, 12),
        (Q(1, 3), 6, 6, 1, 50),
    ],
    ids=str,
)
def test_every_path_gets_the_promised_sizes(form, exponent, gain, per_layer, layers):
    plan = class_hinges(FAMILY, form, exponent, gain, per_layer, layers)
    assert plan.shape.layers <= layers
    for kind in KINDS[:4]:
        check(path_table(kind, 120), plan)
    for text in ("1 - x", "x - 1", "0*x + 1", "0*x - 1"):
        check(ExpressionTarget.parse(text, UNIT), plan)


@in_any_class
def test_any_domain_range_and_slope(domain, span, lipschitz, text):
    family = class_of(domain, span, lipschitz)
    found = list(HingesMethod().finest(family, Q(8, 8), Budget(12, 30)))
    assert found
    check_member(text, family, min(found, key=lambda plan: plan.error))


def test_a_constant_where_nothing_else_fits():
    plan = class_constant(FAMILY, Q(1, 3))
    assert (plan.depth, plan.width, plan.dense_weights) == (1, 1, 1)
    for kind in ("random", "line", "zigzag"):
        check(path_table(kind, 50), plan)
    (only,) = HingesMethod().finest(FAMILY, Q(1, 3), Budget(1, 9))
    assert only.error == plan.error
    with pytest.raises(NoDesignError, match="constants up to"):
        class_constant(Family(UNIT, Interval(Fraction(0), Fraction(99)), Fraction(1)), Q(1, 3))


def test_budgets_are_kept_and_more_is_never_worse():
    method = HingesMethod()
    errors = []
    for budget in (Budget(2, 9), Budget(2, 40), Budget(9, 40), Budget(40, 40)):
        found = [p for p in method.finest(FAMILY, Q(1, 12), budget) if budget.holds(p)]
        errors.append(min(p.error for p in found))
        check(path_table("random", 64), min(found, key=lambda plan: plan.error))
    assert all(one > other for one, other in pairwise(errors))
    small = Budget(weights=200)
    assert any(small.holds(p) and p.cells > 40 for p in method.finest(FAMILY, Q(1, 9), small))
    goal = Fraction(1, 70)
    met = [p for p in method.lightest(FAMILY, Q(1, 9), goal, Budget(6)) if p.error <= goal]
    assert met
    assert all(p.width <= 6 for p in met)


def test_a_narrow_format_is_refused():
    with pytest.raises(NoDesignError, match="more integer bits"):
        class_hinges(Family(UNIT, FAMILY.span, Fraction(9)), Q(1, 4), 0, 0, 4, 4)
    assert HingesMethod().formats(Q(0, 4)) == ()
