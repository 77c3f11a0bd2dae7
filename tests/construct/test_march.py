"""The march: its error is proved exactly, its sizes are the theorem's."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.certify.one_dimension import certify_sup_error
from bitproof.construct.march import build, designs
from bitproof.construct.march_cells import body_steps, theorem_plan
from bitproof.errors import FormatError, NoDesignError
from bitproof.exact import Codebook, Interval, Q, parse_codebook
from bitproof.network import measure
from bitproof.target.expression import ExpressionTarget
from bitproof.target.table import TableTarget
from tests.construct.paths import KINDS, path_table

FOUR_VALUES = parse_codebook("-1,0,1/2,1")
FORMATS = (FOUR_VALUES, Q(0, 1), Q(1, 1), Q(0, 2), Q(2, 1))


def march_to(target, form, error, lipschitz=Fraction(1)):
    found = theorem_plan(target.domain, error, form, lipschitz)
    return build(target, form, found)


def check_sizes(made):
    sizes, details = measure(made.network), dict(made.details)
    assert sizes.depth == int(details["depth by formula"])
    assert sizes.dense_weights == int(details["dense weights by formula"])
    assert sizes.weights == int(details["non-zero weights by formula"])
    assert all(layer.sources == (index,) for index, layer in enumerate(made.network.layers))
    assert sizes.width <= 3
    return sizes


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_the_bound_holds_exactly_on_paths(kind, form):
    # four times finer than the march's cells, so that f turns inside them
    target, error = path_table(kind, 256), Fraction(1, 64)
    made = march_to(target, form, error)
    check_sizes(made)
    assert set(made.network.weights()) <= set(form.values())
    verdict = certify_sup_error(made.network, target, target.domain, error=error)
    assert verdict.status == "proved"
    assert verdict.upper <= made.claimed_error <= error + Fraction(1, 10**9)


@pytest.mark.parametrize(("form", "limit"), [(Q(0, 1), 15), (FOUR_VALUES, 13)])
@pytest.mark.parametrize("kind", ["random", "critical", "zigzag"])
def test_memory_per_error_at_a_thousand_cells(form, limit, kind):
    target = path_table(kind, 1024, seed=7)
    error = Fraction(1, 1024) if form is FOUR_VALUES else Fraction(4, 5 * 1024)
    made = march_to(target, form, error)
    verdict = certify_sup_error(made.network, target, target.domain, error=error)
    assert verdict.status == "proved"
    assert error * check_sizes(made).dense_bits <= limit


@pytest.mark.slow
@pytest.mark.parametrize(("form", "limit"), [(Q(0, 1), 15), (FOUR_VALUES, 13)])
def test_memory_per_error_at_two_to_the_fourteen(form, limit):
    cells = 1 << 14
    target = path_table("random", cells, seed=3)
    error = Fraction(1, cells) if form is FOUR_VALUES else Fraction(4, 5 * cells)
    made = march_to(target, form, error)
    assert error * check_sizes(made).dense_bits <= limit
    verdict = certify_sup_error(made.network, target, target.domain, error=error)
    assert verdict.status == "proved"


@pytest.mark.parametrize(
    ("text", "lower", "upper", "error"),
    [
        ("gelu(x)", "-8", "8", "1/32"),
        ("1000*x", "0", "1", "10"),
        ("1000*x", "-1", "1/3", "10"),
        ("3*sin(20*x) - 1000", "100", "101", "1/2"),
        ("x/1000000", "-100", "-99", "1/10000000"),
        ("-30 + x", "1/3", "2/3", "1/50"),
        ("30 - 7*abs(x - 1/3)", "-2/7", "5/3", "1/10"),
        ("x^2", "1/1000", "3/1000", "1/10000000"),
    ],
)
@pytest.mark.parametrize("form", [FOUR_VALUES, Q(0, 1), Q(1, 1)], ids=lambda form: form.name)
def test_any_domain_range_and_slope(text, lower, upper, error, form):
    domain = Interval(Fraction(lower), Fraction(upper))
    target, goal = ExpressionTarget.parse(text, domain), Fraction(error)
    made = designs(target, goal, [form]).constructions
    verdicts = []
    for design in made:
        check_sizes(design)
        assert set(design.network.weights()) <= set(form.values())
        verdicts.append(certify_sup_error(design.network, target, domain, error=goal))
    assert verdicts
    assert all(verdict.status == "proved" for verdict in verdicts)


def test_smooth_functions_take_fewer_cells_than_the_worst():
    target = ExpressionTarget.parse("sin(2*pi*x)", Interval(Fraction(0), Fraction(1)))
    (made,) = designs(target, Fraction(1, 100), [Q(1, 1)]).constructions
    worst = theorem_plan(target.domain, Fraction(1, 100), Q(1, 1), Fraction(63, 10))
    assert made.pieces < worst.cells / 2
    verdict = certify_sup_error(made.network, target, target.domain, error=Fraction(1, 100))
    assert verdict.status == "proved"


def test_an_unbounded_slope_is_cut():
    target = ExpressionTarget.parse("sqrt(x)", Interval(Fraction(0), Fraction(1)))
    made = designs(target, Fraction(1, 50), [Q(0, 1)]).constructions
    assert [design.claimed_error for design in made] == [None]
    verdict = certify_sup_error(made[0].network, target, target.domain, error=Fraction(1, 50))
    assert verdict.status == "proved"


def test_a_table_with_decimal_coordinates():
    points = [("-40", "0.31"), ("-12.5", "0.36"), ("3", "0.35"), ("47.25", "0.9"), ("125", "-0.2")]
    target = TableTarget(tuple((Fraction(x), Fraction(y)) for x, y in points), "sensor")
    for design in designs(target, Fraction(1, 100), [Q(0, 1), FOUR_VALUES]).constructions:
        verdict = certify_sup_error(design.network, target, target.domain, error=Fraction(1, 100))
        assert verdict.status == "proved"


@pytest.mark.parametrize("form", [Q(-1, 1), Q(0, 0), Codebook.binary(), Codebook.linear(4)])
def test_formats_it_cannot_use_are_said_and_skipped(form):
    with pytest.raises(FormatError, match="which the march needs"):
        body_steps(form)
    refused = designs(path_table("random", 16), Fraction(1, 8), [form])
    assert refused.constructions == ()
    assert form.name in refused.needed


def test_limits_are_kept():
    target = path_table("random", 64)
    everything = designs(target, Fraction(1, 64), [Q(0, 1), Q(1, 1)]).constructions
    deepest = max(measure(design.network).depth for design in everything)
    fewer = designs(target, Fraction(1, 64), [Q(0, 1), Q(1, 1)], max_depth=deepest - 1)
    assert 0 < len(fewer.constructions) < len(everything)
    narrow = designs(target, Fraction(1, 64), [Q(0, 1)], max_width=2)
    assert narrow.constructions == ()
    assert "width 3" in narrow.needed


def test_an_error_out_of_reach_says_how_many_cells():
    with pytest.raises(NoDesignError, match="cells"):
        theorem_plan(Interval(Fraction(0), Fraction(1)), Fraction(1, 10**9), Q(0, 1), Fraction(1))


@settings(max_examples=25, deadline=None)
@given(
    lower=st.fractions(-50, 50, max_denominator=60),
    width=st.fractions(Fraction(1, 20), 40, max_denominator=60),
    heights=st.lists(st.fractions(-9, 9, max_denominator=40), min_size=3, max_size=9),
    form=st.sampled_from(FORMATS),
)
def test_the_promise_holds_for_any_table(lower, width, heights, form):
    count = len(heights) - 1
    points = tuple(
        (lower + width * Fraction(index, count), height) for index, height in enumerate(heights)
    )
    target = TableTarget(points, "any")
    steepest = max(abs(b - a) * count / width for a, b in pairwise(heights)) or Fraction(1)
    error = steepest * width / 40
    made = march_to(target, form, error, steepest)
    check_sizes(made)
    verdict = certify_sup_error(made.network, target, target.domain)
    assert verdict.status == "proved"
    assert verdict.upper <= error + Fraction(1, 10**6)
