"""Formats, activations and arithmetics on which the decision is compared with the oracle."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from bitproof.errors import WorkLimitError
from bitproof.exact.fixed_point import FixedPoint, Rounding
from bitproof.theory.arithmetic import Arithmetic
from bitproof.theory.boxes import covers
from bitproof.theory.closure import Closure, closure
from bitproof.theory.expressivity import Expressivity, Obstruction, decide
from bitproof.theory.representable import missing_hypothesis
from tests.theory.activations import ALL, NEAREST, Table, random_table, symmetric, table_of
from tests.theory.predictions import predicted_boxes, same_functions

BIASES = ("wide", "same")


@dataclass(frozen=True)
class Case:
    """An activation's table in an arithmetic, with the inputs the oracle enumerates."""

    table: Table
    arithmetic: Arithmetic
    inputs: int = 1


@dataclass(frozen=True)
class Outcome:
    """What the oracle and the decision say of a case.

    Attributes:
        agrees: the oracle computes nothing that Theorem A forbids, and the verdict is the
            oracle's (an undecided verdict, or a part of the closure, contradicts less).
        equal: the oracle computes exactly what Theorem A allows.
    """

    case: Case
    found: Closure
    verdict: str
    agrees: bool
    equal: bool


def compare(case: Case) -> Outcome:
    """Runs both; where the closure is exact and Theorem A's hypotheses hold, they agree only if
    the sets of functions are equal."""
    found = closure(case.table, case.arithmetic, case.inputs)
    answer = decide(case.table, case.arithmetic, witness=False)
    verdict = answer.verdict
    predicted = predicted_boxes(case.table, case.arithmetic, max(found.classes) + 1)
    equal = same_functions(found, predicted)
    agrees = equal or all(covers(predicted, box) for box in found.boxes)
    if found.exact and not missing_hypothesis(case.table, case.arithmetic):
        agrees = equal
    if found.universal:
        agrees = agrees and (verdict != "not universal" or _needs_more(answer, case.inputs))
    elif found.exact:
        agrees = agrees and verdict != "universal"
    return Outcome(case, found, verdict, agrees, equal)


def _needs_more(answer: Expressivity, inputs: int) -> bool:
    """Whether what no network computes is a function of more inputs than were enumerated."""
    witness = answer.witness
    return isinstance(witness, Obstruction) and any(len(x) > inputs for x, _ in witness.function)


@dataclass
class Tally:
    """The counts of a sweep."""

    cases: int = 0
    exact: int = 0
    universal: int = 0
    not_universal: int = 0
    undecided: int = 0
    equal: int = 0
    too_large: int = 0
    disagreements: int = 0

    def add(self, case: Case) -> Outcome | None:
        """Runs a case and counts it; None if it is too large to enumerate."""
        try:
            outcome = compare(case)
        except WorkLimitError:
            self.too_large += 1
            return None
        self.cases += 1
        self.exact += outcome.found.exact
        self.universal += outcome.verdict == "universal"
        self.not_universal += outcome.verdict == "not universal"
        self.undecided += outcome.verdict == "undecided"
        self.equal += outcome.equal
        self.disagreements += not outcome.agrees
        return outcome


def three_levels(scales: range) -> Iterator[Case]:
    """Every activation of Q_{1,s}: all 27 tables, tie rules, biases."""
    for s, rule, bias in product(scales, NEAREST, BIASES):
        arithmetic = Arithmetic.of(symmetric(1, s, rule), bias=bias)
        for table in product((-1, 0, 1), repeat=3):
            yield Case(table, arithmetic)


def named(
    p: int, scales: range, rules: tuple[Rounding, ...], randoms: int, inputs: int = 1
) -> Iterator[Case]:
    """The named activations, and random tables, in Q_{p,s}."""
    generator = random.Random(p)
    for s, rule, bias in product(scales, rules, BIASES):
        form = symmetric(p, s, rule)
        arithmetic = Arithmetic.of(form, bias=bias)
        for table in _tables(form, generator, randoms):
            yield Case(table, arithmetic, inputs)


def two_inputs(scales: range, rules: tuple[Rounding, ...] = NEAREST[:1]) -> Iterator[Case]:
    """Every activation of Q_{1,s} with functions of two inputs."""
    for s, rule, bias in product(scales, rules, BIASES):
        arithmetic = Arithmetic.of(symmetric(1, s, rule), bias=bias)
        for table in product((-1, 0, 1), repeat=3):
            yield Case(table, arithmetic, 2)


def asymmetric(scales: range, randoms: int) -> Iterator[Case]:
    """Two's complement and other ranges, all seven rounding rules, biases in three units."""
    generator = random.Random(7)
    ranges = ((-2, 1), (-4, 3), (0, 3), (-1, 4), (0, 1), (-3, 0))
    units = (("wide", None), ("same", None), ("wide", 1), ("wide", 2))
    for (lowest, highest), s, rule, (bias, beta) in product(ranges, scales, Rounding, units):
        form = FixedPoint(lowest, highest, s, rule)
        arithmetic = Arithmetic.of(form, bias=bias, beta=beta)
        for _ in range(randoms):
            yield Case(random_table(form, generator), arithmetic)


def few_weights(
    p: int, scales: range, randoms: int, names: Iterable[str] = tuple(ALL)
) -> Iterator[Case]:
    """Binary and ternary weights."""
    generator = random.Random(11)
    for s, weights, bias in product(scales, ("binary", "ternary"), BIASES):
        form = symmetric(p, s)
        arithmetic = Arithmetic.of(form, weights=weights, bias=bias)
        for table in _tables(form, generator, randoms, names):
            yield Case(table, arithmetic)


def _tables(
    form: FixedPoint, generator: random.Random, randoms: int, names: Iterable[str] = tuple(ALL)
) -> Iterator[Table]:
    for name in names:
        yield table_of(name, form)
    for _ in range(randoms):
        yield random_table(form, generator)
