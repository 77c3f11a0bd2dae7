"""Weights ±1, biases in the format: Lemma 2 against all neurons, verdicts against the oracle."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from itertools import product

import pytest

from bitproof.errors import WorkLimitError
from bitproof.exact.fixed_point import FixedPoint
from bitproof.theory.arithmetic import Arithmetic
from bitproof.theory.closure import closure
from bitproof.theory.expressivity import decide
from bitproof.theory.indicators import IndicatorNetworks
from bitproof.theory.separation import unseparated_plane
from bitproof.theory.strict_binary import (
    carriers,
    missing_for_strict_binary,
    separates_all_points,
)
from tests.theory.activations import random_table, symmetric, table_of


def strict(form):
    return Arithmetic.of(form, bias="same", weights="binary")


def flat_ended(form, generator):
    """A random table that is often constant towards its ends."""
    table = list(random_table(form, generator))
    first, last = sorted(generator.choices(range(1, form.levels), k=2))
    if generator.random() < 0.6:
        table[:first] = [table[0]] * first
        table[last:] = [table[-1]] * (form.levels - last)
    return tuple(table)


def told_apart(table, arithmetic, dims):
    """Whether first-layer neurons tell all inputs apart: all sign patterns, all biases."""
    signs = list(product((1, -1), repeat=dims))
    rows = {
        total: tuple(
            table[min(max(total + b, arithmetic.lowest), arithmetic.highest) - arithmetic.lowest]
            for b in arithmetic.levels
        )
        for total in range(-dims * len(table), dims * len(table) + 1)
    }
    seen = set()
    for point in product(arithmetic.levels, repeat=dims):
        key = tuple(rows[sum(e * x for e, x in zip(row, point, strict=True))] for row in signs)
        if key in seen:
            return False
        seen.add(key)
    return True


@pytest.mark.parametrize("ends", [(-1, 1), (-2, 2), (-3, 3), (-2, 1), (-4, 3), (0, 3), (-1, 3)])
def test_lemma_2_is_what_all_neurons_do(ends):
    """Two, three and four inputs: where the lemma applies all points are told apart; where it does
    not, two points of the plane are not."""
    form = FixedPoint(*ends, 1)
    generator = random.Random(form.levels)
    counts: Counter[bool] = Counter()
    for _ in range(30):
        table = flat_ended(form, generator)
        applies = separates_all_points(table, strict(form))
        counts[applies] += 1
        for dims in (2, 3, 4) if applies else (2,):
            if form.levels**dims <= 700:
                assert told_apart(table, strict(form), dims) == applies, (table, dims)
        assert (unseparated_plane(table, strict(form)) is None) == applies
    assert min(counts.values()) > 2


def test_the_verdict_is_the_oracles():
    """All activations of three levels, for one and two inputs."""
    counts: Counter[tuple[str, bool]] = Counter()
    for number, table in enumerate(product((-1, 0, 1), repeat=3)):
        arithmetic = strict(symmetric(1, 1))
        answer = decide(table, arithmetic)
        assert answer.verdict != "undecided"
        if isinstance(answer.witness, IndicatorNetworks):
            assert answer.witness.verify()
        for inputs in (1, 2) if number % 4 == 1 else (1,):
            found = closure(table, arithmetic, inputs)
            if not found.exact:
                continue
            counts[answer.verdict, found.universal] += 1
            assert found.universal or answer.verdict == "not universal"
        if found.exact and found.inputs == 2:  # two inputs suffice to see it
            assert found.universal == (answer.verdict == "universal")
    assert counts["universal", True] > 8
    assert counts["not universal", False] > 1


def test_seven_levels_against_the_oracle():
    generator = random.Random(8)
    counts: Counter[str] = Counter()
    for _ in range(10):
        table = flat_ended(symmetric(2, 3), generator)
        arithmetic = strict(symmetric(2, 3))
        answer = decide(table, arithmetic)
        assert answer.verdict != "undecided"
        try:
            found = closure(table, arithmetic)
        except WorkLimitError:
            continue
        counts[answer.verdict] += 1
        if answer.verdict == "universal":
            assert found.universal or not found.exact
    assert counts["universal"] >= 2


@pytest.mark.parametrize("name", ["relu", "gelu", "silu", "mish", "elu", "softplus", "identity"])
@pytest.mark.parametrize("form", ["3,4", "7,16", "Q3.4"])
def test_activations_that_move_at_an_end_are_universal(name, form):
    arithmetic = strict(FixedPoint.parse(form))
    built = form == "3,4" or (name, form) == ("relu", "7,16")
    answer = decide(table_of(name, arithmetic.form), arithmetic, witness=built)
    assert answer.verdict == "universal"
    assert "Lemma 2" in answer.theorem
    if not built:
        return
    witness = answer.witness
    assert isinstance(witness, IndicatorNetworks)
    assert witness.hidden_layers == 4
    assert witness.verify()
    assert witness.to_dict()["carriers"]
    if name == "relu":
        assert not replace(witness, carriers=witness.carriers[:1]).verify()


@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
def test_activations_that_are_flat_at_both_ends_are_not(name):
    form = symmetric(7, 16)
    assert decide(table_of(name, form), strict(form)).verdict == "not universal"


def test_carriers_tell_all_values_apart():
    generator = random.Random(4)
    form = symmetric(2, 1)
    for _ in range(40):
        table = random_table(form, generator)
        if missing_for_strict_binary(table, strict(form)):
            continue
        values = sorted(set(table))
        rows = [
            [table[form.limit(weight * value + bias) - form.lowest] for value in values]
            for weight, bias in carriers(values, table, strict(form))
        ]
        assert len(values) == 1 or len(set(zip(*rows, strict=True))) == len(values)


def test_what_the_proof_does_not_cover_is_said():
    other_unit = Arithmetic.of(symmetric(2, 2), bias="same", weights="binary", beta=1)
    assert "another unit" in missing_for_strict_binary((0, 0, 0, 0, 1, 2, 3), other_unit)
    assert not separates_all_points((0, 0, 0, 0, 1, 2, 3), other_unit)
    flat = (2, 2, 2, 2, 3, 3, 3)  # no bias brings 4 and 6 back to where it moves
    assert "carries" in missing_for_strict_binary(flat, strict(symmetric(2, 1)))
