"""Theorem E: its conditions against all networks, its construction on every input."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.exact.fixed_point import FixedPoint, Rounding
from bitproof.theory.arithmetic import Arithmetic
from bitproof.theory.automaton import reach
from bitproof.theory.closure_of_steps import closure_of_steps
from bitproof.theory.every_operation import every_operation
from bitproof.theory.expressivity import Obstruction, decide
from bitproof.theory.step_networks import StepNetworks, inputs_of
from bitproof.theory.step_partitions import Axis, isolating
from tests.theory.activations import NEAREST, SEVEN, random_table, symmetric, table_of
from tests.theory.oracle_of_steps import enumerated, forbidden

NAMED = (*SEVEN, "identity", "tanh", "abs", "square", "sign", "step")


def stepwise(form, **words):
    return Arithmetic.of(form, rounding_once=False, **words)


@st.composite
def arithmetics(draw):
    low = -draw(st.integers(0, 7))
    form = FixedPoint(
        low, draw(st.integers(1, 7)), draw(st.integers(1, 10)), draw(st.sampled_from(Rounding))
    )
    return stepwise(form, weights=draw(st.sampled_from(("full", "full", "ternary"))))


def some_table(arithmetic, generator):
    """Random, of two or three values, or one step."""
    levels = arithmetic.levels
    few = generator.sample(levels, k=min(len(levels), generator.choice((2, 2, 3))))
    at = generator.randrange(1, len(levels))
    return generator.choice(
        (
            random_table(arithmetic.form, generator),
            tuple(generator.choice(few) for _ in levels),
            (few[0],) * at + (few[1],) * (len(levels) - at),
        )
    )


def runs_exactly(networks, function):
    program = networks.program(function)
    outputs = program.run(inputs_of(networks.arithmetic, function.ndim))
    return bool((outputs == function.ravel()).all())


@pytest.mark.parametrize("form", ["1,1", "2,1", "2,3", "3,1", "3,4", "3,7", "Q1.2", "4,8"])
def test_the_named_activations_are_universal(form):
    """s within the weights: all of them, built and run on every level."""
    arithmetic = stepwise(FixedPoint.parse(form))
    for name in NAMED:
        answer = decide(table_of(name, arithmetic.form), arithmetic)
        assert answer.verdict == "universal", name
        assert answer.theorem == "Theorem E"
        assert isinstance(answer.witness, StepNetworks)
        assert answer.witness.verify()


def test_eight_bits():
    arithmetic = stepwise(symmetric(7, 16))
    for name in NAMED:
        answer = decide(table_of(name, arithmetic.form), arithmetic, witness=name == "gelu")
        assert answer.verdict == "universal"
        if answer.witness is not None:
            assert answer.witness.verify()


def test_three_levels_are_decided_as_enumerated():
    """All 27 activations, scales, tie rules: never against the enumeration of all networks; what
    is left undecided has only one of the units."""
    counts: Counter[tuple[str, bool]] = Counter()
    for s, rule in product(range(1, 5), NEAREST):
        arithmetic = stepwise(symmetric(1, s, rule))
        for table in product((-1, 0, 1), repeat=3):
            answer = decide(table, arithmetic, witness=False)
            found = closure_of_steps(table, arithmetic)
            counts[answer.verdict, found.universal] += 1
            if answer.verdict == "undecided":
                assert s == 2
                assert rule in (Rounding.NEAREST_UP, Rounding.NEAREST_DOWN)
            if isinstance(answer.witness, Obstruction):
                assert not found.universal
    assert counts["universal", False] == counts["not universal", True] == 0
    assert counts["universal", True] == 144
    assert counts["undecided", True] == 32
    assert counts["undecided", False] == 0


def test_two_inputs_of_three_levels():
    """Functions of two inputs, enumerated: universal exactly where Theorem E says so."""
    counts: Counter[bool] = Counter()
    for s, table in product((1, 2), [(0, 0, 1), (-1, -1, 1), (1, 0, 1), (0, 1, 1)]):
        arithmetic = stepwise(symmetric(1, s))
        verdict = decide(table, arithmetic, witness=False).verdict
        found = enumerated(table, arithmetic, list(product(arithmetic.levels, repeat=2)))
        assert found.all() == (verdict == "universal"), table
        counts[bool(found.all())] += 1
    assert counts[True] == counts[False] == 4


def test_functions_on_three_inputs_of_seven_levels():
    """Random activations, scales and tie rules: where Theorem E says universal, every function on
    three inputs is computed; where it names a function of one input, that one is not."""
    generator = random.Random(12)
    counts: Counter[str] = Counter()
    for _ in range(150):
        arithmetic = stepwise(symmetric(2, generator.randint(1, 6), generator.choice(NEAREST)))
        table = some_table(arithmetic, generator)
        if len(set(table)) == 1:
            continue
        answer = decide(table, arithmetic, witness=False)
        named = dict(answer.witness.function) if answer.witness is not None else {}
        if any(len(x) > 1 for x in named) or len(named) > 3:
            continue
        others = [(x,) for x in arithmetic.levels if (x,) not in named]
        points = sorted([*named, *generator.sample(others, 3 - len(named))])
        found = enumerated(table, arithmetic, points)
        counts[answer.verdict] += 1
        if answer.verdict == "universal":
            assert found.all()
        elif named:
            assert forbidden(answer, arithmetic, points, found)
    assert counts["universal"] >= 30
    assert counts["not universal"] >= 10


@pytest.mark.parametrize(
    ("table", "form", "kind"),
    [
        ((0, 1, 2, 3), FixedPoint(0, 3, 2), "order"),
        ((3, 3, 3, 3, 2, 2, 2), symmetric(2, 2), "turn"),
        ((0, 0, 1), symmetric(1, 4), "separation"),
    ],
)
def test_what_forbids_is_said(table, form, kind):
    answer = decide(table, stepwise(form))
    assert answer.verdict == "not universal"
    assert isinstance(answer.witness, Obstruction)
    assert answer.witness.kind == kind
    assert answer.theorem == f"Theorem E, {kind}"
    assert answer.to_dict()["necessary"]["holds"] is False


@settings(max_examples=120)
@given(arithmetics(), st.integers(0, 10**6), st.sampled_from((1, 1, 2)))
def test_whatever_is_universal_is_built(arithmetic, seed, dims):
    """Random arithmetics, activations and functions: the program is exact on every input, and the
    automaton, which is necessary, reaches all levels."""
    generator = random.Random(seed)
    table = some_table(arithmetic, generator)
    conditions = every_operation(table, arithmetic)
    if conditions is None or not conditions.sufficient:
        return
    assert reach(table, arithmetic, 3000).reaches is not False
    shape = (len(arithmetic.levels),) * dims
    function = np.asarray(
        [generator.choice(arithmetic.levels) for _ in range(shape[0] ** dims)]
    ).reshape(shape)
    networks = StepNetworks(arithmetic, table, conditions)
    assert runs_exactly(networks, function)
    assert runs_exactly(networks, np.full(shape, function.flat[0]))


@settings(max_examples=150)
@given(st.integers(1, 7), st.integers(1, 7), st.sampled_from(NEAREST), st.integers(0, 10**6))
def test_the_corollary(highest, scale, rule, seed):
    """Symmetric, to nearest, s ≤ w, some value v ≠ 0 with |v| ≤ s: necessary is sufficient, and so
    is that the automaton reaches all levels."""
    arithmetic = stepwise(FixedPoint(-highest, highest, min(scale, highest), rule))
    table = some_table(arithmetic, random.Random(seed))
    conditions = every_operation(table, arithmetic)
    assert conditions is not None
    if len(set(table)) == 1 or not any(0 < abs(v) <= arithmetic.scale for v in table):
        return
    assert conditions.alike is None
    assert None not in (conditions.up, conditions.down)
    assert conditions.units
    assert conditions.sufficient == (conditions.turn is not None)
    assert conditions.sufficient == reach(table, arithmetic).reaches


@settings(max_examples=40)
@given(arithmetics(), st.integers(0, 10**6))
def test_conditions_by_their_definition(arithmetic, seed):
    table = some_table(arithmetic, random.Random(seed))
    found = every_operation(table, arithmetic)
    assert found is not None
    low, levels = arithmetic.lowest, arithmetic.levels
    weights = arithmetic.first_weights()
    rows = [[arithmetic.requantise(m * v) for v in table] for m in weights]
    signatures = {
        tuple(
            row[arithmetic.form.limit(b + arithmetic.requantise(m * x)) - low]
            for row in rows
            for m in weights
            for b in levels
        )
        for x in levels
    }
    assert (found.alike is None) == (len(signatures) == len(levels))
    steps = [b - a for row in rows for a, b in pairwise(row)]
    assert (found.up is not None) == (max(steps) > 0)
    assert (found.down is not None) == (min(steps) < 0)
    widths = [b - a for row in rows for a in row for b in row if a <= 0 <= b and a != b]
    assert (None if found.turn is None else found.turn.width) == min(widths, default=None)
    values = {v for row in rows for v in row}
    assert found.units == ({1, -1} <= values)


def test_wide_turns_go_through_neighbours():
    """Where the narrowest turn is not between neighbours there are five hidden layers."""
    form = symmetric(3, 1)
    table = (-7, -7, 7, 7, 1, 1, 1, 1, 7, 7, 7, 7, -1, -1, 7)
    conditions = every_operation(table, stepwise(form))
    assert conditions is not None
    assert conditions.turn is not None
    assert abs(conditions.turn.below - conditions.turn.above) > 1
    assert conditions.sufficient
    networks = StepNetworks(stepwise(form), table, conditions)
    assert len(networks.backwards.hidden) == 5
    assert networks.verify()


def test_a_broken_witness_is_noticed():
    arithmetic = stepwise(symmetric(3, 4))
    witness = decide(table_of("relu", arithmetic.form), arithmetic).witness
    assert isinstance(witness, StepNetworks)
    assert witness.verify()
    assert not replace(witness, conditions=replace(witness.conditions, units=False)).verify()
    program = witness.backwards
    inputs = inputs_of(arithmetic, 1)
    right = program.run(inputs)
    shorter = replace(program.output, moves=program.output.moves[1:])
    assert (replace(program, output=shorter).run(inputs) != right).any()
    assert witness.to_dict()["products"] == program.moves


def test_partitions_are_what_their_neurons_say():
    generator = random.Random(5)
    for _ in range(20):
        form = FixedPoint(-4, 5, generator.randint(1, 6))
        arithmetic = stepwise(form)
        table = random_table(form, generator)
        groups = np.asarray([generator.randrange(4) for _ in arithmetic.levels])
        if every_operation(table, arithmetic).alike is not None:
            continue
        parts = Axis(table, arithmetic).splitting(groups)
        for part in parts:
            for x, holds in zip(arithmetic.levels, part.holds, strict=True):
                first = table[
                    form.limit(part.bias + arithmetic.requantise(part.weight * x)) - form.lowest
                ]
                assert holds == (arithmetic.requantise(part.reader * first) > part.above)
        columns = list(zip(*(part.holds.tolist() for part in parts), strict=True))
        for i, j in product(range(len(columns)), repeat=2):
            assert groups[i] == groups[j] or columns[i] != columns[j]
        inside = np.asarray([column == columns[0] for column in columns])
        sides = isolating(inside, parts)
        assert sides is not None
        kept = np.asarray([all(c[n] == side for n, side in sides) for c in columns])
        assert (kept == inside).all()
