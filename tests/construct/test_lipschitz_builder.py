"""The general builder keeps what it promises, whatever the resources."""

from fractions import Fraction
from itertools import pairwise

import pytest

from bitproof.certify.one_dimension import certify_sup_error
from bitproof.construct.class_method import Budget
from bitproof.construct.lipschitz_builder import (
    METHODS,
    best_promise,
    best_promises,
    build,
    formats_of,
    promises,
)
from bitproof.construct.march_class import Family
from bitproof.errors import InputError, NoDesignError
from bitproof.exact import Interval, Q
from bitproof.network import measure
from bitproof.target.expression import ExpressionTarget
from bitproof.theory.planner import Question
from tests.construct.paths import path_table

UNIT = Interval(Fraction(0), Fraction(1))
SPAN = Interval(Fraction(-1), Fraction(1))


def asked(**goal):
    return Question(UNIT, SPAN, Fraction(1), **goal)


def check(promise, target):
    """What is built is what was promised, and the error is proved."""
    made = promise.build(target)
    sizes = measure(made.network)
    assert (sizes.depth, sizes.width) == (promise.depth, promise.width)
    assert (sizes.dense_weights, sizes.dense_bits) == (promise.dense_weights, promise.dense_bits)
    assert promise.nonzero_least <= sizes.weights <= promise.nonzero_most
    assert made.network.weight_format == promise.form
    assert all(weight in promise.form for weight in made.network.weights())
    assert made.claimed_error == promise.error
    verdict = certify_sup_error(made.network, target, target.domain, error=promise.error)
    assert verdict.status == "proved"


@pytest.mark.parametrize(
    "goal",
    [
        {"error": Fraction(1, 60)},
        {"error": Fraction(1, 60), "width": 9, "weight_bits": 4},
        {"error": Fraction(1, 60), "depth": 40, "memory": 5000},
        {"memory": 3000},
        {"memory": 6000, "width": 10, "weight_bits": 7},
        {"memory": 4000, "depth": 30, "weight_bits": 5},
        {"width": 3, "depth": 40, "weight_bits": 16},
        {"width": 12, "depth": 24, "weight_bits": 10},
        {"width": 24, "depth": 20},
    ],
    ids=str,
)
def test_every_promise_is_kept(goal):
    question = asked(**goal)
    found = list(promises(question))
    assert found
    best = best_promise(question)
    for number, promise in enumerate(found):
        budget = Budget(question.width, question.depth)
        assert budget.holds(promise)
        assert question.memory is None or promise.dense_bits <= question.memory
        if question.error is not None:
            assert promise.error <= question.error
            assert best.dense_bits <= promise.dense_bits
        else:
            assert best.error <= promise.error
        if question.weight_bits is not None:
            assert promise.form.bits == question.weight_bits
        if number % 3 == 0:
            check(promise, path_table("random", 150, seed=number))
    made = build(path_table("line", 50), question)
    assert measure(made.network).dense_bits == best.dense_bits


def test_more_resources_are_never_worse():
    errors = [
        best_promise(asked(width=width, depth=depth, weight_bits=bits)).error
        for width, depth, bits in [(3, 30, 4), (3, 60, 4), (12, 60, 4), (12, 60, 5), (24, 60, 5)]
    ]
    assert all(one >= other for one, other in pairwise(errors))
    memories = [best_promise(asked(memory=memory)).error for memory in (500, 1000, 4000, 16000)]
    assert all(one > other for one, other in pairwise(memories))


def test_the_table_of_best_promises():
    question = asked(width=10, depth=32)
    formats = [Q(1, 1), Q(1, 2), Q(1, 9)]
    table = best_promises(question, 10, (2, 20, 32), formats)
    errors = {key: None if p is None else p.error for key, p in table.items()}
    assert errors[Q(1, 1), 32] == best_promise(question, [Q(1, 1)]).error
    assert errors[Q(1, 9), 32] == best_promise(question, [Q(1, 9)]).error
    assert errors[Q(1, 9), 32] <= errors[Q(1, 2), 32] <= errors[Q(1, 1), 32] < errors[Q(1, 1), 20]


def test_shallow_sizes_take_fraction_bits():
    best = best_promise(asked(width=24, depth=2))
    assert best.method == "hinges"
    assert best.form.b >= 8
    assert best.error < Fraction(1, 40)
    check(best, path_table("random", 90))


def test_formats_inside_are_formats_inside():
    for bits in range(2, 17):
        for form in formats_of(bits):
            for method in METHODS:
                for inner in method.formats(form):
                    if isinstance(form, Q):
                        assert inner.a <= form.a
                        assert inner.b <= form.b
                    else:
                        assert inner == form


def test_what_cannot_be_promised_is_refused():
    with pytest.raises(NoDesignError, match="within these resources"):
        best_promise(asked(memory=2))
    with pytest.raises(InputError, match="not of the class"):
        build(ExpressionTarget.parse("3*x", UNIT), asked(error=Fraction(1, 9)))
    family = Family(UNIT, SPAN, Fraction(1))
    for method in METHODS:
        assert all(p.method == method.name for p in method.finest(family, Q(1, 1), Budget(9, 40)))
