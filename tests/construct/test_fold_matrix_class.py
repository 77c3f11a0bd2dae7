"""The fold matrix of a class keeps its promise for every function of the class."""

from fractions import Fraction
from itertools import pairwise

import pytest

from bitproof.certify.one_dimension import certify_sup_error
from bitproof.construct.fold_matrix_class import class_fold_matrix, finest_fold_matrix
from bitproof.construct.fold_matrix_plan import Limits
from bitproof.construct.march_class import Family
from bitproof.errors import InputError, NoDesignError
from bitproof.exact import Interval, Q
from bitproof.network import measure
from bitproof.target.expression import ExpressionTarget
from tests.construct.paths import KINDS, path_table

UNIT = Interval(Fraction(0), Fraction(1))


def check(target, plan):
    made = plan.build(target)
    sizes = measure(made.network)
    assert (sizes.depth, sizes.width) == (plan.depth, plan.width)
    assert (sizes.dense_weights, sizes.dense_bits) == (plan.dense_weights, plan.dense_bits)
    assert plan.nonzero_least <= sizes.weights <= plan.nonzero_most
    assert made.claimed_error == plan.error
    assert set(made.network.weights()) <= set(plan.form.values())
    verdict = certify_sup_error(made.network, target, target.domain, error=plan.error)
    assert verdict.status == "proved"


@pytest.mark.parametrize("form", [Q(1, 1), Q(2, 1), Q(1, 2), Q(3, 2)], ids=lambda form: form.name)
@pytest.mark.parametrize("error", ["1/20", "1/150"])
def test_every_path_gets_the_promised_sizes(form, error):
    family = Family(UNIT, Interval(Fraction(-1), Fraction(1)), Fraction(1))
    plan = class_fold_matrix(family, form, Fraction(error), Limits())
    assert plan.error <= Fraction(error)
    for kind in KINDS[:6]:
        check(path_table(kind, 300), plan)
    for text in ("1 - x", "x - 1", "0*x + 1", "0*x - 1"):
        check(ExpressionTarget.parse(text, UNIT), plan)


@pytest.mark.parametrize(
    ("domain", "span", "lipschitz", "texts"),
    [
        (("-8", "8"), ("-1", "9"), "6/5", ("gelu(x)", "0*x - 1", "1 - x")),
        (("0", "1"), ("0", "1000"), "1000", ("1000*x", "1000 - 1000*x")),
        (("100", "101"), ("-1003", "-997"), "61", ("3*sin(20*x) - 1000", "0*x - 997")),
        (("-2/7", "5/3"), ("15", "30"), "7", ("30 - 7*abs(x - 1/3)", "0*x + 15")),
    ],
)
def test_any_domain_range_and_slope(domain, span, lipschitz, texts):
    inputs, slope = Interval(*map(Fraction, domain)), Fraction(lipschitz)
    family = Family(inputs, Interval(*map(Fraction, span)), slope)
    plan = class_fold_matrix(family, Q(2, 1), slope * inputs.width / 70, Limits())
    for text in texts:
        check(ExpressionTarget.parse(text, inputs), plan)
    with pytest.raises(InputError):
        plan.build(ExpressionTarget.parse("2000*x", inputs))


@pytest.mark.parametrize(
    ("width", "depth", "form"),
    [(8, 40, Q(1, 1)), (12, 50, Q(2, 1)), (12, 44, Q(1, 2)), (24, 30, Q(2, 1)), (40, 16, Q(3, 3))],
    ids=str,
)
def test_the_finest_within_a_size(width, depth, form):
    family = Family(UNIT, Interval(Fraction(-1), Fraction(1)), Fraction(1))
    plan = finest_fold_matrix(family, form, Limits(depth, width))
    assert plan.width <= width
    assert plan.depth <= depth
    for kind in ("random", "line", "half"):
        check(path_table(kind, 300), plan)
    coarser = class_fold_matrix(family, form, plan.error * Fraction(6, 5), Limits(depth, width))
    assert coarser.width <= width
    with pytest.raises(NoDesignError):
        class_fold_matrix(family, form, plan.error / 2, Limits(depth, width))


def test_a_larger_size_is_never_worse():
    family = Family(UNIT, Interval(Fraction(-1), Fraction(1)), Fraction(1))
    errors = [
        [finest_fold_matrix(family, Q(2, 1), Limits(depth, width)).error for depth in (30, 60, 120)]
        for width in (10, 20, 40, 64)
    ]
    assert all(a >= b for row in errors for a, b in pairwise(row))
    assert all(a >= b for one, other in pairwise(errors) for a, b in zip(one, other, strict=True))
    with pytest.raises(NoDesignError, match="width 3"):
        finest_fold_matrix(family, Q(2, 1), Limits(100, 3))
