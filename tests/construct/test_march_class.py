"""The march of a class keeps its promise for every function of the class, to the last entry."""

from fractions import Fraction

import pytest

from bitproof.certify.one_dimension import certify_sup_error
from bitproof.construct.march_class import Family, build, class_march
from bitproof.errors import InputError, NoDesignError
from bitproof.exact import Interval, Q, parse_codebook
from bitproof.network import measure
from bitproof.target.expression import ExpressionTarget
from bitproof.target.table import TableTarget
from tests.construct.paths import KINDS, path_table

FOUR_VALUES = parse_codebook("-1,0,1/2,1")
FORMATS = (FOUR_VALUES, Q(0, 1), Q(1, 1), Q(0, 2), Q(2, 1), Q(0, 4))
UNIT = Interval(Fraction(0), Fraction(1))


def check(target, plan):
    made = build(target, plan)
    sizes = measure(made.network)
    assert sizes.depth == plan.depth
    assert sizes.width == plan.width
    assert sizes.dense_weights == plan.dense_weights
    assert sizes.dense_bits == plan.dense_bits
    assert plan.nonzero_least <= sizes.weights <= plan.nonzero_most
    assert made.claimed_error == plan.error
    assert set(made.network.weights()) <= set(plan.form.values())
    verdict = certify_sup_error(made.network, target, target.domain, error=plan.error)
    assert verdict.status == "proved"
    return sizes


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_every_path_gets_the_promised_sizes(form):
    family = Family(UNIT, Interval(Fraction(-1), Fraction(1)), Fraction(1))
    plan = class_march(family, form, Fraction(90), 6, 3)
    sizes = {check(path_table(kind, 300), plan).dense_bits for kind in KINDS}
    for height in ("1", "-1"):
        for slope in ("", "+x", "-x"):
            if height + slope not in ("1+x", "-1-x"):
                check(ExpressionTarget.parse(height + slope, UNIT), plan)
    assert len(sizes) == 1


@pytest.mark.parametrize(
    ("domain", "span", "lipschitz", "texts"),
    [
        (("-8", "8"), ("-1", "9"), "6/5", ("gelu(x)", "abs(x)", "0*x - 1", "1 - x")),
        (("0", "1"), ("0", "1000"), "1000", ("1000*x", "1000 - 1000*x", "500 + 0*x")),
        (("100", "101"), ("-1003", "-997"), "61", ("3*sin(20*x) - 1000", "0*x - 997")),
        (("-100", "-99"), ("-1/10000", "0"), "2/1000000", ("x/1000000", "0*x")),
        (("-2/7", "5/3"), ("15", "30"), "7", ("30 - 7*abs(x - 1/3)", "0*x + 15")),
    ],
)
@pytest.mark.parametrize("form", [FOUR_VALUES, Q(0, 1), Q(1, 2)], ids=lambda form: form.name)
def test_any_domain_range_and_slope(domain, span, lipschitz, texts, form):
    inputs = Interval(*map(Fraction, domain))
    family = Family(inputs, Interval(*map(Fraction, span)), Fraction(lipschitz))
    plan = class_march(family, form, Fraction(75) / inputs.width, 5, 4)
    for text in texts:
        check(ExpressionTarget.parse(text, inputs), plan)


def test_what_is_not_of_the_class_is_refused():
    family = Family(UNIT, Interval(Fraction(0), Fraction(1)), Fraction(1))
    plan = class_march(family, Q(0, 1), Fraction(40), 4, 4)
    with pytest.raises(InputError, match="class"):
        build(ExpressionTarget.parse("2*x", UNIT), plan)
    with pytest.raises(NoDesignError, match="range"):
        build(ExpressionTarget.parse("x + 1000", UNIT), plan)
    half = Fraction(1, 2)
    with pytest.raises(InputError, match="class"):
        build(TableTarget(((0 * half, half), (half, half)), "short"), plan)
    with pytest.raises(NoDesignError, match="too few"):
        class_march(family, Q(0, 1), Fraction(2), 1, 1)
    with pytest.raises(InputError):
        Family(UNIT, UNIT, Fraction(0))
    with pytest.raises(InputError):
        Family(Interval(half, half), UNIT, Fraction(1))
