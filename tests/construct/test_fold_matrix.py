"""The fold matrix: its error is the path's, proved exactly; its sizes are the theorem's."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.certify.one_dimension import certify_sup_error
from bitproof.construct.fold_matrix import build, code, designs
from bitproof.construct.fold_matrix_bank import make_bank, odd_factors, scaling_weights
from bitproof.construct.fold_matrix_layers import column_numerators
from bitproof.construct.fold_matrix_plan import Limits, levels_of, split_columns, usable
from bitproof.construct.fold_matrix_search import theorem_plan
from bitproof.errors import FormatError, InputError, NoDesignError
from bitproof.exact import Codebook, Interval, Q, parse_codebook
from bitproof.execute.reference import evaluate
from bitproof.network import measure
from bitproof.pipeline.compile import compile
from bitproof.target.expression import ExpressionTarget
from bitproof.target.table import TableTarget
from bitproof.theory.fold_matrix import FoldMatrixTheorem
from bitproof.theory.lower_bounds import MemoryBound
from bitproof.theory.march import path_error
from tests.construct.paths import KINDS, path_table

ONE = Fraction(1)
FORMATS = (Q(1, 1), Q(2, 1), Q(1, 2), Q(3, 1), Q(2, 2))
UNIT = Interval(Fraction(0), ONE)


def matrix_to(target, form, error, lipschitz=ONE):
    return build(target, theorem_plan(target.domain, error, form, lipschitz))


def check_sizes(made):
    sizes, details = measure(made.network), dict(made.details)
    assert sizes.depth == int(details["depth by formula"])
    assert sizes.dense_weights == int(details["dense weights by formula"])
    return sizes


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", [Q(1, 1), Q(2, 1), Q(2, 2)], ids=lambda form: form.name)
def test_the_bound_holds_exactly_on_paths(kind, form):
    # four times finer than the network's cells, so that f turns inside them
    target, error = path_table(kind, 256), Fraction(1, 64)
    made = matrix_to(target, form, error)
    check_sizes(made)
    assert all(weight in form for weight in made.network.weights())
    verdict = certify_sup_error(made.network, target, target.domain, error=error)
    assert verdict.status == "proved"
    assert verdict.upper <= made.claimed_error <= error + Fraction(1, 10**9)


@pytest.mark.parametrize(("form", "limit"), [(Q(2, 1), "4.25"), (Q(1, 1), "4.4")])
@pytest.mark.parametrize("kind", ["random", "critical"])
def test_memory_per_error_at_a_thousand_cells(form, limit, kind):
    target = path_table(kind, 4096, seed=7)
    spacing = Fraction(5, 32) if form == Q(2, 1) else Fraction(3, 8)
    error = path_error(Fraction(1, 1024), ONE, spacing)
    made = matrix_to(target, form, error)
    sizes = check_sizes(made)
    verdict = certify_sup_error(made.network, target, target.domain, error=error)
    assert verdict.status == "proved"
    assert sizes.depth <= 24
    assert error * sizes.dense_bits <= Fraction(limit)
    assert sizes.dense_bits >= MemoryBound(ONE, ONE).least_bits(error)


@pytest.mark.slow
def test_memory_per_error_at_eight_thousand_cells():
    target = path_table("random", 1 << 13, seed=3)
    error = path_error(Fraction(1, 1 << 13), ONE, Fraction(5, 32))
    made = matrix_to(target, Q(2, 1), error)
    assert error * check_sizes(made).dense_bits <= Fraction("3.6")
    verdict = certify_sup_error(made.network, target, target.domain, error=error)
    assert verdict.status == "proved"


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_the_network_is_the_path(form):
    """At the ends of all cells of the domain, and between them, with no error at all."""
    target = path_table("half", 64)
    found = theorem_plan(target.domain, Fraction(1, 20), form, ONE)
    coded = code(target, found)
    network = build(target, found).network
    heights = [
        found.factor * found.bank.granule * (coded.path.base + Fraction(node, 2))
        - coded.sink.offset
        for node in coded.path.nodes.tolist()
    ]
    for index, (left, right) in enumerate(pairwise(heights)):
        for part in (Fraction(0), Fraction(1, 3), ONE):
            x = found.cell * (index + part)
            if x <= 1:
                assert evaluate(network, [x])[0] == left + part * (right - left)


def test_no_entry_needs_more_than_twice_the_levels():
    target = path_table("zigzag", 512)
    found = theorem_plan(target.domain, Fraction(1, 128), Q(2, 1), ONE)
    matrix, _ = column_numerators(found, code(target, found).path)
    assert abs(matrix).max() <= 2 * levels_of(Q(2, 1)) <= Q(2, 1).largest_numerator


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
@pytest.mark.parametrize("form", [Q(1, 1), Q(2, 1), Q(1, 2)], ids=lambda form: form.name)
def test_any_domain_range_and_slope(text, lower, upper, error, form):
    domain = Interval(Fraction(lower), Fraction(upper))
    target, goal = ExpressionTarget.parse(text, domain), Fraction(error)
    made = designs(target, goal, [form]).constructions
    verdicts = []
    for design in made:
        check_sizes(design)
        assert all(weight in form for weight in design.network.weights())
        verdicts.append(certify_sup_error(design.network, target, domain, error=goal))
    assert verdicts
    assert all(verdict.status == "proved" for verdict in verdicts)


def test_smooth_functions_take_fewer_cells_than_the_worst():
    target = ExpressionTarget.parse("sin(2*pi*x)", UNIT)
    made = designs(target, Fraction(1, 100), [Q(2, 1)]).constructions[0]
    worst = theorem_plan(target.domain, Fraction(1, 100), Q(2, 1), Fraction(63, 10))
    assert made.pieces < worst.cells / 2
    verdict = certify_sup_error(made.network, target, target.domain, error=Fraction(1, 100))
    assert verdict.status == "proved"


def test_an_unbounded_slope_is_cut():
    target = ExpressionTarget.parse("sqrt(x)", UNIT)
    made = designs(target, Fraction(1, 50), [Q(1, 1)]).constructions
    assert [design.claimed_error for design in made] == [None]
    verdict = certify_sup_error(made[0].network, target, target.domain, error=Fraction(1, 50))
    assert verdict.status == "proved"


@pytest.mark.parametrize("form", [Q(-1, 1), Q(0, 2), Q(2, 0), Codebook.binary()])
def test_formats_it_cannot_use_are_said_and_skipped(form):
    with pytest.raises(FormatError, match="not for a fold matrix"):
        usable(form)
    refused = designs(path_table("random", 16), Fraction(1, 8), [form])
    assert refused.constructions == ()
    assert form.name in refused.needed


def test_one_network_serves_inputs_and_activations_of_a_format_too():
    target = ExpressionTarget.parse("sin(x)", Interval(Fraction(-3), Fraction(3)))
    made = compile(
        target,
        error="1/20",
        weight_bits=5,
        inputs="Q3.6",
        activations="Q6.12",
        method="fold-matrix",
    )
    assert made.status == "proved"
    assert made.construction.method == "fold-matrix"


def test_a_codebook_is_no_format_for_it():
    with pytest.raises(FormatError, match="use Q"):
        usable(parse_codebook("-1,0,1/2,1"))


def test_limits_are_kept():
    target, error = path_table("random", 1024), Fraction(1, 400)
    free = measure(designs(target, error, [Q(2, 1)]).constructions[0].network)
    flat = designs(target, error, [Q(2, 1)], max_depth=free.depth - 1).constructions
    assert all(measure(design.network).depth < free.depth for design in flat)
    none = designs(target, error, [Q(2, 1)], max_depth=3)
    assert none.constructions == ()
    assert none.needed
    with pytest.raises(NoDesignError, match="over 100 bits"):
        theorem_plan(target.domain, error, Q(2, 1), ONE, Limits(bits=100))


def test_an_error_out_of_reach_says_how_many_cells():
    with pytest.raises(NoDesignError, match="cells"):
        theorem_plan(UNIT, Fraction(1, 10**9), Q(2, 1), ONE)


@pytest.mark.parametrize(
    ("levels", "largest", "spacing", "cell", "word"),
    [
        (2, 15, 1, 1, "odd"),
        (7, 7, 1, 1, "numerator"),
        (7, 15, Fraction(1, 8), 1, "steepest"),
        (7, 15, 1, 0, "above 0"),
    ],
)
def test_a_hypothesis_that_does_not_hold_is_named(levels, largest, spacing, cell, word):
    with pytest.raises(InputError, match=word):
        FoldMatrixTheorem(levels, largest, ONE, Fraction(spacing), Fraction(cell))


@given(need=st.integers(1, 10**6), form=st.sampled_from(FORMATS), data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_bank_makes_every_constant_it_promises(need, form, data):
    unit = Fraction(1, 1 << data.draw(st.integers(0, form.bits - 1)))
    bank = make_bank(form, unit, need)
    value = data.draw(st.integers(-need, need))
    digits, bias = bank.digits(value, len(bank.channels))
    step = Fraction(1, form.denominator)
    total = sum(k * step * channel.value for k, channel in zip(digits, bank.channels, strict=True))
    assert total + bias * step == value * bank.granule
    assert max(abs(k) for k in (*digits, bias)) <= form.largest_numerator
    for channel in bank.channels:
        product = ONE
        for weight in channel.chain:
            assert weight in form
            product *= weight
        assert product == channel.value


@given(st.integers(1, 400), st.integers(-12, 12), st.sampled_from(FORMATS))
def test_scalings_are_products_of_weights(number, exponent, form):
    value = number * Fraction(2) ** exponent
    odd = number // (number & -number)
    if odd_factors(odd, form.largest_numerator) is None:
        with pytest.raises(NoDesignError, match="no weight"):
            scaling_weights(value, form)
        return
    product = ONE
    for weight in scaling_weights(value, form):
        assert weight in form
        product *= weight
    assert product == value


@settings(max_examples=15, deadline=None)
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
    steepest = max(abs(b - a) * count / width for a, b in pairwise(heights)) or ONE
    error = steepest * width / 40
    made = matrix_to(target, form, error, steepest)
    check_sizes(made)
    verdict = certify_sup_error(made.network, target, target.domain)
    assert verdict.status == "proved"
    assert verdict.upper <= error + Fraction(1, 10**6)


@given(st.integers(1, 400), st.integers(2, 8), st.integers(5, 80))
def test_blocks_keep_the_width_and_end_at_even_columns(columns, constants, width):
    try:
        blocks = split_columns(columns, constants, width)
    except NoDesignError:
        assert width < 6 + constants
        return
    assert sum(blocks) == columns
    assert min(blocks) >= 1
    if len(blocks) > 1:
        assert columns > width
        ends = [sum(blocks[:count]) - 1 for count in range(1, len(blocks))]
        assert all(end % 2 == 0 for end in ends)
        alive = [blocks[0] + 2 + constants, *(size + 3 + constants for size in blocks[1:-1])]
        assert max(*alive, blocks[-1] + 1) <= width


@pytest.mark.parametrize("width", [10, 16])
@pytest.mark.parametrize("kind", ["random", "half"])
def test_blocks_compute_the_same_function(width, kind):
    """One block or many: the same values, exactly."""
    target, error = path_table(kind, 256), Fraction(1, 500)
    narrow = theorem_plan(target.domain, error, Q(2, 1), ONE, Limits(width=width))
    assert len(narrow.blocks) > 1
    whole = replace(narrow, blocks=(narrow.columns,))
    deep, flat = build(target, narrow), build(target, whole)
    assert measure(deep.network).width == check_sizes(deep).width <= width
    assert check_sizes(deep).depth == check_sizes(flat).depth + 2 * (len(narrow.blocks) - 1)
    for index in range(66):
        x = [Fraction(index, 65)]
        assert evaluate(deep.network, x) == evaluate(flat.network, x)
    verdict = certify_sup_error(deep.network, target, target.domain, error=error)
    assert verdict.status == "proved"
