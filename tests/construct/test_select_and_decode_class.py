"""The select-and-decode network of a class keeps its promise for every function of the class."""

from fractions import Fraction

import pytest

from bitproof.certify.one_dimension import certify_sup_error
from bitproof.construct.fold_matrix_plan import Limits
from bitproof.construct.march_class import Family
from bitproof.construct.select_and_decode_class import class_select_and_decode
from bitproof.errors import FormatError, InputError, NoDesignError
from bitproof.exact import Codebook, Interval, Q
from bitproof.network import measure
from bitproof.target.expression import ExpressionTarget
from tests.construct.paths import KINDS, path_table

UNIT = Interval(Fraction(0), Fraction(1))
PATHS = Family(UNIT, Interval(Fraction(-1), Fraction(1)), Fraction(1))


def check(target, plan):
    made = plan.build(target)
    sizes = measure(made.network)
    assert (sizes.depth, sizes.width) == (plan.depth, plan.width)
    assert (sizes.dense_weights, sizes.dense_bits) == (plan.dense_weights, plan.dense_bits)
    assert plan.nonzero_least <= sizes.weights <= plan.nonzero_most
    assert made.claimed_error == plan.error
    assert all(weight in plan.form for weight in made.network.weights())
    verdict = certify_sup_error(made.network, target, target.domain, error=plan.error)
    assert verdict.status == "proved"


@pytest.mark.parametrize("form", [Q(2, 1), Q(3, 1), Q(5, 1)], ids=lambda form: form.name)
@pytest.mark.parametrize("error", ["1/20", "1/120"])
def test_every_path_gets_the_promised_sizes(form, error):
    plan = class_select_and_decode(PATHS, form, Fraction(error))
    assert plan.error <= Fraction(error)
    for kind in KINDS[::2]:
        check(path_table(kind, 120), plan)
    for text in ("1 - x", "0*x + 1", "0*x - 1"):
        check(ExpressionTarget.parse(text, UNIT), plan)


@pytest.mark.parametrize(
    ("domain", "span", "lipschitz", "texts"),
    [
        (("-8", "8"), ("-1", "9"), "6/5", ("gelu(x)", "1 - x")),
        (("0", "1"), ("0", "1000"), "1000", ("1000*x", "1000 - 1000*x")),
        (("100", "101"), ("-1003", "-997"), "61", ("3*sin(20*x) - 1000",)),
        (("-2/7", "5/3"), ("15", "30"), "7", ("30 - 7*abs(x - 1/3)", "0*x + 15")),
    ],
)
def test_any_domain_range_and_slope(domain, span, lipschitz, texts):
    inputs, slope = Interval(*map(Fraction, domain)), Fraction(lipschitz)
    family = Family(inputs, Interval(*map(Fraction, span)), slope)
    plan = class_select_and_decode(family, Q(3, 1), slope * inputs.width / 70)
    for text in texts:
        check(ExpressionTarget.parse(text, inputs), plan)
    with pytest.raises(InputError):
        plan.build(ExpressionTarget.parse("2000*x", inputs))


def test_limits_are_kept():
    free = class_select_and_decode(PATHS, Q(3, 1), Fraction(1, 500))
    narrow = class_select_and_decode(PATHS, Q(3, 1), Fraction(1, 500), Limits(width=free.width - 1))
    assert narrow.width < free.width
    flat = class_select_and_decode(PATHS, Q(3, 1), Fraction(1, 500), Limits(depth=free.depth - 1))
    assert flat.depth < free.depth
    with pytest.raises(NoDesignError, match="within the limits"):
        class_select_and_decode(PATHS, Q(3, 1), Fraction(1, 500), Limits(bits=100))


@pytest.mark.parametrize("form", [Q(1, 1), Q(2, 2), Q(4, 0), Codebook.ternary()])
def test_other_formats_are_refused(form):
    with pytest.raises(FormatError, match="select and decode"):
        class_select_and_decode(PATHS, form, Fraction(1, 100))
