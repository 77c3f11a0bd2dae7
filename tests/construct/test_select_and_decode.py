"""Select and decode: strings, garbage, any function, and the sizes of the theorem's formulas."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.certify.one_dimension import certify_sup_error
from bitproof.construct import select_and_decode_search
from bitproof.construct.fold_matrix_plan import FREE
from bitproof.construct.march_class import Family
from bitproof.construct.select_and_decode import designs
from bitproof.construct.select_and_decode_class import class_of, class_select_and_decode, coded
from bitproof.construct.select_and_decode_code import gray_words, planes
from bitproof.construct.select_and_decode_gate import gate_of
from bitproof.construct.select_and_decode_plan import check_plan
from bitproof.construct.select_and_decode_search import made, proposals
from bitproof.errors import InputError, NoDesignError
from bitproof.exact import Interval, Q
from bitproof.execute.reference import evaluate
from bitproof.network import measure
from bitproof.pipeline.compile import compile
from bitproof.target.expression import ExpressionTarget
from bitproof.target.table import TableTarget
from bitproof.theory.lower_bounds import MemoryBound
from bitproof.theory.select_and_decode import SelectAndDecodeTheorem
from tests.construct.paths import path_table

UNIT = Interval(Fraction(0), Fraction(1))
ONE = Fraction(1)
PATHS = Family(UNIT, Interval(-ONE, ONE), ONE)


def plans(form, error, most):
    """Promises for the first proposals, of many shapes."""
    for proposal in proposals(UNIT, form, error, ONE, FREE)[::most]:
        found = made(proposal, UNIT, form, ONE)
        if found is not None:
            yield class_of(PATHS, found)


@pytest.mark.parametrize(
    ("form", "error", "most"),
    [(Q(2, 1), "1/90", 80), (Q(3, 1), "1/150", 200), (Q(6, 1), "1/90", 2500)],
)
def test_every_plan_is_built_as_promised(form, error, most):
    target, count = path_table("random", 90), 0
    for plan in plans(form, Fraction(error), most):
        made_now = plan.build(target)
        sizes = measure(made_now.network)
        assert (sizes.depth, sizes.width, sizes.dense_weights) == (
            plan.depth,
            plan.width,
            plan.dense_weights,
        )
        assert all(weight in form for weight in made_now.network.weights())
        count += 1
    assert count >= 2


@given(count=st.integers(1, 9), data=st.data())
@settings(max_examples=40, deadline=None)
def test_words_are_decoded_into_their_bits(count, data):
    bits = np.array([data.draw(st.lists(st.booleans(), min_size=count, max_size=count))])
    value = Fraction(int(gray_words(bits)[0]))
    assert 0 <= value < 1 << count
    for bit in range(count):
        above = max(value - (1 << (count - bit - 1)) + Fraction(1, 2), Fraction(0))
        assert bool(above == 0) == bool(bits[0, bit])
        value -= 2 * above


@pytest.mark.parametrize("word", [5, 6, 7, 8, 10])
@pytest.mark.parametrize("height", [ONE, ONE / 2])
def test_shifts_make_every_value_but_one(word, height):
    form = Q(word - 3, 1)
    gate = gate_of(form, height)
    most, unit = form.largest_numerator, height / 2
    for missed, weight, bias in (*gate.shifts[:: len(gate.shifts) // 7 + 1], gate.shifts[-1]):
        assert weight in form
        assert bias in form
        shift = (weight * gate.pulse + bias) / unit
        assert -bias >= unit * most  # a column that is not selected is silent
        assert 0 <= shift - most < 1 << word
        residues = {(k + int(shift)) % (1 << word) for k in range(-most, most + 1)}
        assert residues == set(range(1 << word)) - {missed}
    shift, weight, bias = gate.plain
    assert shift == (weight * gate.pulse + bias) / unit
    assert -most <= -shift
    assert (1 << (word - 1)) - 1 - shift <= most


def test_a_whole_word_column_that_needs_every_residue_is_refused():
    plan = next(p for p in plans(Q(2, 1), Fraction(1, 90), 1) if any(p.found.full))
    found = plan.found
    bits = np.array([[value >> place & 1 for place in range(5)] for value in range(32)] * 40)
    nodes = np.concatenate(([0], np.cumsum(2 * bits.ravel()[: found.cells] - 1)))
    for plane in planes(found, nodes):
        assert np.abs(plane.entries).max() <= 15


@pytest.mark.parametrize("guards", [0, 1 << 60], ids=["guarded", "bare"])
@pytest.mark.parametrize("kind", ["random", "zigzag", "line", "half"])
def test_garbage_at_the_ends_of_cells_stays_small(guards, kind, monkeypatch):
    monkeypatch.setattr(select_and_decode_search, "MOST_KINKS", guards)
    monkeypatch.setattr(select_and_decode_search, "SHARPNESS", (2,))
    plan = class_select_and_decode(PATHS, Q(3, 1), Fraction(1, 60))
    assert plan.found.guarded == (guards == 0)
    target = path_table(kind, 60)
    network, strings = plan.build(target).network, coded(target, plan)
    found = plan.found
    worst = found.error - found.half_spacing * found.cell
    for node in range(found.length, found.cells - found.length, found.length):
        for share in (Fraction(-1, 2), Fraction(-1, 9), Fraction(1, 16), Fraction(2, 3)):
            x = found.start + (node + share * found.zone) * found.cell
            low = int(strings.nodes[node]) + share * found.zone * int(
                strings.nodes[node + 1] - strings.nodes[node]
                if share > 0
                else strings.nodes[node] - strings.nodes[node - 1]
            )
            path = strings.origin + strings.half * low
            assert abs(evaluate(network, [x])[0] - path) <= worst


@pytest.mark.parametrize("kind", ["random", "persistent", "zigzag"])
def test_no_network_beats_the_lower_bound(kind):
    bound = MemoryBound(ONE, ONE)
    for form in (Q(2, 1), Q(4, 1)):
        plan = class_select_and_decode(PATHS, form, Fraction(1, 400))
        network = plan.build(path_table(kind, 400)).network
        assert plan.error >= bound.least_error(measure(network).nonzero_bits)
        verdict = certify_sup_error(network, path_table(kind, 400), UNIT, error=plan.error)
        assert verdict.status == "proved"


def test_smooth_functions_take_fewer_cells_than_the_worst():
    target = ExpressionTarget.parse("sin(2*pi*x)", UNIT)
    best, *_ = designs(target, Fraction(1, 30), [Q(3, 1)]).constructions
    family = Family(UNIT, Interval(-ONE, ONE), Fraction(63, 10))
    worst = class_select_and_decode(family, Q(3, 1), Fraction(1, 30))
    assert measure(best.network).dense_weights < worst.dense_weights
    verdict = certify_sup_error(best.network, target, UNIT, error=Fraction(1, 30))
    assert verdict.status == "proved"


def test_an_unbounded_slope_is_cut():
    target = ExpressionTarget.parse("sqrt(x)", UNIT)
    made_now = designs(target, Fraction(1, 50), [Q(2, 1)]).constructions
    assert [design.claimed_error for design in made_now] == [None]
    verdict = certify_sup_error(made_now[0].network, target, UNIT, error=Fraction(1, 50))
    assert verdict.status == "proved"


def test_other_formats_are_named():
    refused = designs(path_table("random", 16), Fraction(1, 8), [Q(1, 1)])
    assert refused.constructions == ()
    assert "Q(1,1)" in refused.needed


def test_it_is_compiled_too():
    target = path_table("random", 120)
    alone = compile(target, error=Fraction(1, 100), weight_bits=6, method="select-and-decode")
    assert alone.status == "proved"
    assert alone.construction.method == "select-and-decode"


def test_a_plan_beyond_its_format_is_refused():
    found = next(plans(Q(2, 1), Fraction(1, 90), 1)).found
    from dataclasses import replace

    with pytest.raises(NoDesignError, match="steps"):
        check_plan(replace(found, strings=(5, 5, 5, 5)))
    with pytest.raises(NoDesignError, match="rows"):
        check_plan(replace(found, row_bits=9, strings=(5, 5)))


@pytest.mark.parametrize(
    ("word", "strings", "slope", "cell", "zone", "said"),
    [
        (4, (4,), 1, 1, 0, "at least 5"),
        (5, (6,), 1, 1, 0, "strings"),
        (5, (5, 5, 5, 5), 1, 1, 0, "steps"),
        (5, (5,), Fraction(1, 2), 1, 0, "slope"),
        (5, (5,), 1, 0, 0, "above 0"),
        (5, (5,), 1, 1, 2, "zones"),
    ],
)
def test_a_hypothesis_that_does_not_hold_is_named(word, strings, slope, cell, zone, said):
    with pytest.raises(InputError, match=said):
        SelectAndDecodeTheorem(word, strings, ONE, Fraction(slope), Fraction(cell), Fraction(zone))


@settings(max_examples=4, deadline=None)
@given(
    lower=st.fractions(-50, 50, max_denominator=60),
    width=st.fractions(Fraction(1, 20), 40, max_denominator=60),
    heights=st.lists(st.fractions(-9, 9, max_denominator=40), min_size=3, max_size=9),
    form=st.sampled_from([Q(2, 1), Q(3, 1)]),
)
def test_the_promise_holds_for_any_table(lower, width, heights, form):
    count = len(heights) - 1
    points = tuple(
        (lower + width * Fraction(index, count), height) for index, height in enumerate(heights)
    )
    target = TableTarget(points, "any")
    steepest = max(abs(b - a) * count / width for a, b in pairwise(heights))
    error = (steepest or ONE) * width / 40
    for design in designs(target, error, [form]).constructions:
        verdict = certify_sup_error(design.network, target, target.domain)
        assert verdict.status == "proved"
        if design.claimed_error is not None:
            assert verdict.upper <= design.claimed_error
