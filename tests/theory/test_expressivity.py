from __future__ import annotations

import random
from fractions import Fraction
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.errors import FormatError, InputError, WorkLimitError
from bitproof.exact.fixed_point import FixedPoint, Overflow, Rounding, round_quotient
from bitproof.theory.arithmetic import Arithmetic
from bitproof.theory.automaton import reach
from bitproof.theory.expressivity import Obstruction, decide
from bitproof.theory.indicators import IndicatorNetworks
from bitproof.theory.representable import (
    NotRepresentable,
    Representable,
    Unknown,
    representable,
)
from bitproof.theory.residues import Circle, circle_of
from bitproof.theory.separation import separable_by_lemma, separate
from tests.theory.activations import NEAREST, OTHERS, SEVEN, random_table, symmetric, table_of

FORMS = (
    symmetric(2, 3),
    symmetric(3, 4, Rounding.NEAREST_AWAY),
    symmetric(2, 5, Rounding.NEAREST_DOWN),
    FixedPoint(-4, 3, 2, Rounding.FLOOR),
    FixedPoint(0, 3, 4, Rounding.TRUNCATE),
)


@st.composite
def forms(draw):
    low = draw(st.integers(-8, 0))
    high = draw(st.integers(max(0, 1 - -low), 8)) if low else draw(st.integers(1, 8))
    return FixedPoint(low, high, draw(st.integers(1, 9)), draw(st.sampled_from(Rounding)))


@st.composite
def tables(draw):
    form = draw(forms())
    return form, random_table(form, random.Random(draw(st.integers(0, 10**6))))


@given(forms(), st.integers(-200, 200))
def test_requantising_is_the_formats_rounding(form, total):
    arithmetic = Arithmetic.of(form)
    assert arithmetic.requantise(total) == form.quantize(Fraction(total, form.scale**2))


@given(forms())
def test_cells_are_the_levels_preimages(form):
    arithmetic = Arithmetic.of(form)
    reach_of = form.scale * 12
    for level in arithmetic.levels:
        low, high = arithmetic.cell(level)
        inside = [u for u in range(-reach_of, reach_of) if arithmetic.requantise(u) == level]
        assert inside[0] == (-reach_of if low is None else low)
        assert inside[-1] == (reach_of - 1 if high is None else high)


@given(forms(), st.sampled_from(("wide", "same")), st.sampled_from((None, 1, 2, 3)))
def test_a_bias_alone_gives_its_level(form, bias, beta):
    arithmetic = Arithmetic.of(form, bias=bias, beta=beta)
    for level in arithmetic.levels:
        found = arithmetic.bias_for(level)
        candidates = [b for b in range(-99, 99) if bias == "wide" or b in arithmetic.levels]
        good = [b for b in candidates if arithmetic.requantise(arithmetic.beta * b) == level]
        assert (found in good) if good else found is None


@pytest.mark.parametrize("rule", Rounding)
def test_quotients_round_as_rationals_do(rule):
    from bitproof.exact.fixed_point import round_rational

    for total, scale in product(range(-40, 41), (1, 2, 3, 4, 7)):
        assert round_quotient(total, scale, rule) == round_rational(Fraction(total, scale), rule)


@pytest.mark.parametrize("name", SEVEN)
@pytest.mark.parametrize(("p", "s"), [(3, 4), (4, 8), (7, 16)])
@pytest.mark.parametrize("weights", ["full", "binary", "ternary"])
def test_the_seven_activations_are_universal(name, p, s, weights):
    form = symmetric(p, s)
    witness = p < 7 or weights == "full"
    answer = decide(table_of(name, form), Arithmetic.of(form, weights=weights), witness=witness)
    assert answer.verdict == "universal"
    if witness:
        assert isinstance(answer.witness, IndicatorNetworks)
        assert answer.witness.verify()


@pytest.mark.parametrize("name", SEVEN)
def test_the_seven_in_two_complement_and_with_narrow_biases(name):
    for form, bias in product((FixedPoint.parse("Q3.4"), FixedPoint.parse("Q1.2")), ("same",)):
        answer = decide(table_of(name, form), Arithmetic.of(form, bias=bias))
        assert answer.verdict == "universal"
        assert isinstance(answer.witness, IndicatorNetworks)
        assert answer.witness.verify()


def test_the_corollary():
    """p ≥ 2, s ≤ M: universal if and only if 1 ≤ D ≤ s, whatever the tie rule and the bias."""
    for p, name, rule, bias in product((2, 3), SEVEN | OTHERS, NEAREST[:1], ("wide", "same")):
        top = 2**p - 1
        for s in {1, 2, top}:
            form = symmetric(p, s, rule)
            table = table_of(name, form)
            answer = decide(table, Arithmetic.of(form, bias=bias))
            step = circle_of(table, Arithmetic.of(form)).modulus
            assert (answer.verdict == "universal") == (1 <= step <= s), (name, form)


def test_sign_is_not_universal_and_says_why():
    form = symmetric(3, 4)
    arithmetic = Arithmetic.of(form)
    sign = table_of("sign", form)
    answer = decide(sign, arithmetic)
    assert answer.verdict == "not universal"
    assert dict(answer.numbers)["D"] == 8
    witness = answer.witness
    assert isinstance(witness, Obstruction)
    assert len(witness.function) == 2
    assert isinstance(representable(sign, arithmetic, dict(witness.function)), NotRepresentable)


def test_far_scales_are_never_universal():
    """s ≥ 2M + 1: weights below 1/2 never separate 0 from 1, whatever the activation."""
    for p, name in product((1, 2, 3), SEVEN | OTHERS):
        form = symmetric(p, 2 ** (p + 1) - 1)
        answer = decide(table_of(name, form), Arithmetic.of(form))
        assert answer.verdict == "not universal"


@settings(max_examples=150)
@given(tables(), st.sampled_from(("wide", "same")), st.sampled_from(("full", "ternary", "binary")))
def test_every_witness_is_verified(given_table, bias, weights):
    form, table = given_table
    arithmetic = Arithmetic.of(form, bias=bias, weights=weights)
    answer = decide(table, arithmetic)
    if isinstance(answer.witness, IndicatorNetworks):
        assert answer.verdict == "universal"
        assert answer.witness.verify()
    elif isinstance(answer.witness, Obstruction):
        assert answer.verdict == "not universal"
        found = representable(table, arithmetic, dict(answer.witness.function))
        assert isinstance(found, NotRepresentable)
        smaller = answer.witness.function[1:]
        if smaller and not isinstance(representable(table, arithmetic, dict(smaller)), Unknown):
            assert isinstance(representable(table, arithmetic, dict(smaller)), Representable)
    else:
        assert answer.verdict == "undecided"
        assert answer.known


@pytest.mark.parametrize("name", ["relu", "step", "tanh", "abs"])
def test_the_proofs_networks_compute_random_functions(name):
    generator = random.Random(3)
    form = symmetric(3, 4)
    arithmetic = Arithmetic.of(form, bias="same")
    witness = decide(table_of(name, form), arithmetic).witness
    assert isinstance(witness, IndicatorNetworks)
    for _ in range(20):
        wanted = {level: generator.choice(arithmetic.levels) for level in arithmetic.levels}
        assert witness.compute(wanted) == wanted


def test_a_broken_witness_is_noticed():
    from dataclasses import replace

    form = symmetric(3, 4)
    witness = decide(table_of("relu", form), Arithmetic.of(form)).witness
    assert isinstance(witness, IndicatorNetworks)
    assert not replace(witness, gain=1).verify()
    assert not replace(witness, separators=witness.separators[1:]).verify()
    assert not replace(witness, pulses=()).verify()


@settings(max_examples=80)
@given(tables())
def test_the_lemma_agrees_with_the_finite_check(given_table):
    form, table = given_table
    for beta in (None, 1):
        arithmetic = Arithmetic.of(form, beta=beta)
        by_lemma = separable_by_lemma(table, arithmetic)
        found = separate(table, arithmetic)
        if by_lemma is not None:
            assert by_lemma == (found.pair is None)
        assert found.complete


@settings(max_examples=60)
@given(tables(), st.sampled_from(("wide", "same")))
def test_classes_are_what_no_neuron_separates(given_table, bias):
    form, table = given_table
    arithmetic = Arithmetic.of(form, bias=bias)
    found = separate(table, arithmetic)
    reach_of = max(-form.lowest, form.highest) * max(abs(m) for m in arithmetic.weight_range)
    rows = {
        tuple(
            table[arithmetic.requantise(m * x + arithmetic.beta * b) - form.lowest]
            for x in arithmetic.levels
        )
        for m in arithmetic.first_weights()
        for b in arithmetic.biases(reach_of)
    }
    columns = list(zip(*rows, strict=True))
    for i, j in combinations(range(form.levels), 2):
        assert (columns[i] == columns[j]) == (found.classes[i] == found.classes[j])
    for neuron in found.neurons:
        assert neuron.weight in arithmetic.first_weights()
        assert bias == "wide" or neuron.bias in arithmetic.levels


@settings(max_examples=200)
@given(forms(), st.integers(1, 6), st.integers(1, 8))
def test_conflicts_are_smallest(form, step, times):
    arithmetic = Arithmetic.of(form)
    circle = Circle(arithmetic, step * times, step)
    residues = range(0, circle.modulus, step)
    suited = {
        level: {c for c in residues if _meets(arithmetic.cell(level), c, circle.modulus)}
        for level in arithmetic.levels
    }
    common = set.intersection(*suited.values())
    assert circle.common(arithmetic.levels) == min(common, default=None)
    conflict = circle.conflict()
    assert bool(conflict) == (not common)
    if conflict:
        assert not set.intersection(*(suited[level] for level in conflict))
        for size in range(1, len(conflict)):
            for some in combinations(arithmetic.levels, size):
                assert set.intersection(*(suited[level] for level in some))


def _meets(cell, c, modulus):
    low, high = cell
    if low is None or high is None:
        return True
    return any((u - c) % modulus == 0 for u in range(low, high + 1))


def test_functions_of_two_inputs():
    form = symmetric(2, 3)
    arithmetic = Arithmetic.of(form)
    sign = table_of("sign", form)
    points = list(product(arithmetic.levels, repeat=2))
    even = {point: 2 * (point[0] > point[1]) for point in points}
    odd = {point: int(point[0] > point[1]) for point in points}
    assert isinstance(representable(sign, arithmetic, even), Representable)
    assert isinstance(representable(sign, arithmetic, odd), NotRepresentable)


def test_inputs_that_only_two_of_them_together_separate():
    """Where one input alone is not separated, sums of two inputs can be."""
    form = symmetric(1, 3)
    arithmetic = Arithmetic.of(form)
    table = (0, 0, 1)
    apart = {(0, 0): 0, (1, 1): 1}
    same = {(0, 0): 0, (0, 1): 1}
    assert isinstance(representable(table, arithmetic, same), NotRepresentable)
    assert isinstance(representable(table, arithmetic, apart), Representable)


def test_what_is_not_decided_is_said():
    form = symmetric(2, 3)
    relu = table_of("relu", form)
    coarse = decide(table_of("identity", symmetric(2, 1)), Arithmetic.of(symmetric(2, 1), beta=2))
    assert coarse.verdict == "undecided"
    assert coarse.to_dict()["necessary"]["holds"] is True
    assert coarse.to_dict()["sufficient"]["holds"] is False
    binary = decide(relu, Arithmetic.of(form, weights="binary", rounding_once=False))
    assert binary.verdict == "undecided"
    assert binary.to_dict()["sufficient"] == {"holds": None, "conditions": []}
    one_unit = FixedPoint(-1, 1, 2, Rounding.NEAREST_UP)  # halves round up: 1 is a product, -1 not
    every = decide((-1, 0, 1), Arithmetic.of(one_unit, rounding_once=False))
    assert every.verdict == "undecided"
    assert every.to_dict()["necessary"]["holds"] is True
    assert every.to_dict()["sufficient"]["holds"] is False


def test_the_automaton_finds_its_way():
    form = symmetric(7, 16)
    arithmetic = Arithmetic.of(form, rounding_once=False)
    sign = table_of("sign", form)
    found = reach(sign, arithmetic)
    assert found.reaches
    levels = {found.bias}
    for weight in found.weights:
        levels = {
            form.limit(level + arithmetic.requantise(weight * value))
            for level in levels
            for value in set(sign)
        }
    assert levels == set(arithmetic.levels)
    assert reach(sign, arithmetic, limit=3).reaches is None


def test_wrong_input_is_refused():
    form = symmetric(2, 3)
    arithmetic = Arithmetic.of(form)
    with pytest.raises(InputError, match="6 values for 7 levels"):
        decide((0,) * 6, arithmetic)
    with pytest.raises(InputError, match="outside the levels"):
        decide((0,) * 6 + (4,), arithmetic)
    with pytest.raises(InputError, match="outside the levels"):
        representable((0,) * 7, arithmetic, {(0,): 9})
    with pytest.raises(InputError, match="different lengths"):
        representable((0,) * 7, arithmetic, {(0,): 1, (0, 1): 1})
    with pytest.raises(InputError, match="narrow"):
        Arithmetic.of(form, bias="narrow")
    with pytest.raises(InputError, match="bias unit"):
        Arithmetic.of(form, beta=0)
    with pytest.raises(FormatError, match="wraps"):
        Arithmetic.of(FixedPoint(-3, 3, 2, overflow=Overflow.WRAP))
    with pytest.raises(FormatError, match="levels"):
        Arithmetic.of(FixedPoint.symmetric(20, 3))
    with pytest.raises(WorkLimitError):
        separate((0,) * 65535, Arithmetic.of(symmetric(15, 40000), bias="same"))
