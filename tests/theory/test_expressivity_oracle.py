"""The decision against the oracle: the closure of everything that networks compute.

benchmarks/expressivity_oracle.py runs the larger sweep.
"""

from __future__ import annotations

import random
from collections import Counter
from itertools import product

import pytest

from bitproof.errors import InputError, WorkLimitError
from bitproof.exact.fixed_point import Rounding
from bitproof.theory.arithmetic import Arithmetic
from bitproof.theory.boxes import covers, maximal
from bitproof.theory.closure import closure, first_layer
from bitproof.theory.closure_of_steps import closure_of_steps
from bitproof.theory.expressivity import decide
from bitproof.theory.lattice import Lattice
from bitproof.theory.representable import NotRepresentable, Representable, representable
from bitproof.theory.separation import unseparated_plane
from tests.theory.activations import NEAREST, random_table, symmetric, table_of
from tests.theory.oracle_cases import (
    Tally,
    asymmetric,
    compare,
    few_weights,
    named,
    three_levels,
    two_inputs,
)
from tests.theory.predictions import predicted_boxes, same_functions

SWEEPS = {
    "every activation of three levels": lambda: three_levels(range(1, 4)),
    "seven levels, named and random": lambda: named(2, range(1, 9), NEAREST[:1], 2),
    "fifteen levels": lambda: named(3, range(4, 12, 7), NEAREST[:1], 1),
    "two inputs of three levels": lambda: two_inputs(range(1, 3)),
    "asymmetric, all rules, bias units": lambda: asymmetric(range(1, 4), 1),
    "few weights, three levels": lambda: few_weights(1, range(1, 3), 4),
    "few weights, seven levels": lambda: few_weights(
        2, range(3, 4), 0, ("relu", "tanh", "sign", "step", "zero")
    ),
}


@pytest.mark.parametrize("name", SWEEPS)
def test_decision_is_the_oracles(name):
    tally = Tally()
    for case in SWEEPS[name]():
        outcome = tally.add(case)
        assert outcome is None or outcome.agrees, outcome
    assert tally.universal >= 6
    assert tally.not_universal > 4
    assert tally.exact >= 0.75 * tally.cases
    assert tally.too_large <= 0.1 * tally.cases


def test_theorem_a_is_the_oracles_function_by_function():
    functions = list(product((-1, 0, 1), repeat=3))
    both: Counter[bool] = Counter()
    for s, rule, bias in product(
        (1, 2, 3), (Rounding.NEAREST_EVEN, Rounding.FLOOR), ("wide", "same")
    ):
        arithmetic = Arithmetic.of(symmetric(1, s, rule), bias=bias)
        for table in product((-1, 0, 1), repeat=3):
            found = closure(table, arithmetic)
            if not found.exact:
                continue
            for function in functions:
                points = {(k,): v for k, v in zip(arithmetic.levels, function, strict=True)}
                answer = representable(table, arithmetic, points)
                assert isinstance(answer, Representable | NotRepresentable)
                assert found.computes(function) == isinstance(answer, Representable)
                both[found.computes(function)] += 1
    assert min(both[True], both[False]) > 1000


def test_missing_functions_are_missing():
    for case in [*three_levels(range(2, 4)), *list(two_inputs(range(2, 3)))[::5]]:
        found = closure(case.table, case.arithmetic, case.inputs)
        missing = found.missing()
        assert (missing is None) == found.universal
        if missing is not None:
            assert not found.computes(missing)


def test_binary_weights_with_biases_in_the_format_in_the_plane():
    """What no neuron ±x1 ± x2 + b separates, against all neurons; and then no network is universal
    for two inputs."""
    counts: Counter[bool] = Counter()
    generator = random.Random(3)
    cases = [(1, s, t) for s in (1, 2) for t in product((-1, 0, 1), repeat=3)]
    cases += [
        (2, s, random_table(symmetric(2, s), generator)) for s in (1, 2, 3) for _ in range(40)
    ]
    for p, s, table in cases:
        arithmetic = Arithmetic.of(symmetric(p, s), weights="binary", bias="same")
        alike = unseparated_plane(table, arithmetic)
        points = list(product(arithmetic.levels, repeat=2))
        signatures = list(zip(*sorted(first_layer(table, arithmetic, 2)), strict=True))
        assert (alike is None) == (len(set(signatures)) == len(points))
        counts[alike is None] += 1
        if alike is None:
            continue
        assert signatures[points.index(alike[0])] == signatures[points.index(alike[1])]
        answer = decide(table, arithmetic)
        assert answer.verdict == "not universal"
        if p == 1 and s == 1:
            known = closure(table, arithmetic, 2)
            function = dict.fromkeys(points, 0) | dict(answer.witness.function)
            if all(len(point) == 2 for point in dict(answer.witness.function)):
                assert not known.computes([function[point] for point in points])
    assert min(counts.values()) > 10


def test_rounding_every_operation_never_contradicts_the_enumeration():
    counts: Counter[tuple[str, bool]] = Counter()
    for s, rule in product(range(1, 5), NEAREST):
        arithmetic = Arithmetic.of(symmetric(1, s, rule), rounding_once=False)
        for table in product((-1, 0, 1), repeat=3):
            found = closure_of_steps(table, arithmetic)
            verdict = decide(table, arithmetic).verdict
            counts[verdict, found.universal] += 1
            missing = found.missing()
            assert (missing is None) == found.universal
    assert counts["not universal", True] == counts["universal", False] == 0
    assert counts["universal", True] > 100
    assert counts["not universal", False] > 100
    assert counts["undecided", True] > 0  # only one of the units


def test_functions_of_both_kinds_of_rounding_differ():
    arithmetic = Arithmetic.of(symmetric(1, 2), rounding_once=False)
    wide = Arithmetic.of(symmetric(1, 2))
    table = table_of("relu", wide.form)
    assert closure(table, wide).universal
    assert not closure_of_steps(table, arithmetic).universal


def test_the_oracle_refuses_what_is_too_large():
    with pytest.raises(WorkLimitError):
        closure((0,) * 255, Arithmetic.of(symmetric(7, 16)))
    with pytest.raises(WorkLimitError):
        closure((0, 0, 1), Arithmetic.of(symmetric(1, 1), rounding_once=False))
    steps = Arithmetic.of(symmetric(3, 2), rounding_once=False)
    with pytest.raises(WorkLimitError):
        closure_of_steps((0,) * 15, steps)
    with pytest.raises(InputError):
        closure_of_steps(
            (0, 0, 1), Arithmetic.of(symmetric(1, 1), weights="binary", rounding_once=False)
        )


def test_a_part_of_the_closure_says_so():
    """Three inputs whose sums lie in a plane: only constants and multiples of x."""
    outcomes = [compare(case) for case in three_levels(range(2, 5))]
    partial = [outcome for outcome in outcomes if not outcome.found.exact]
    assert partial
    assert all(outcome.agrees for outcome in partial)


def test_lattices_do_not_depend_on_their_generators():
    vectors = [(2, 4, 6), (0, 3, 9), (4, 4, 4), (6, 0, 2)]
    lattice = Lattice.spanned(3, vectors)
    for order in ((3, 2, 1, 0), (1, 3, 0, 2)):
        assert Lattice.spanned(3, [vectors[i] for i in order]) == lattice
    modulus = lattice.exponent()
    inside = {tuple(v % modulus for v in vector) for vector in vectors}
    rows = lattice.residues(modulus).tolist()
    residues = set(map(tuple, rows))
    assert len(rows) == len(residues)
    assert inside <= residues
    assert len(residues) == lattice.size(modulus)
    assert all(lattice.plus(row) == lattice for row in residues)


def test_covering_by_boxes_is_the_union_of_points():
    points = list(product(range(3), repeat=3))
    boxes = [(1, 7, 7), (2, 3, 7), (2, 4, 3), (4, 7, 1), (4, 7, 2), (2, 4, 4)]

    def union(some):
        return {
            point
            for point in points
            if any(all(b >> x & 1 for b, x in zip(box, point, strict=True)) for box in some)
        }

    for leave in range(len(boxes)):
        some = boxes[:leave] + boxes[leave + 1 :]
        assert covers(some, (7, 7, 7)) == (len(union(some)) == 27)
        assert union(maximal(some)) == union(some)


def test_a_wrong_condition_would_be_noticed():
    """The sweep can fail: what Theorem A allows another activation is not what is found."""
    arithmetic = Arithmetic.of(symmetric(2, 3))
    sign, step = table_of("sign", arithmetic.form), table_of("step", arithmetic.form)
    found = {table: closure(table, arithmetic) for table in (sign, step)}
    for table, other in ((sign, step), (step, sign)):
        classes = max(found[table].classes) + 1
        assert same_functions(found[table], predicted_boxes(table, arithmetic, classes))
        assert not same_functions(found[table], predicted_boxes(other, arithmetic, classes))
