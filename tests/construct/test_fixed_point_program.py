"""One hidden layer by an integer program: exact, never larger than its start, and the least."""

from itertools import product

import numpy as np
import pytest

from bitproof.construct.fixed_point import represent
from bitproof.construct.fixed_point_beam import beam
from bitproof.construct.fixed_point_jumps import starts
from bitproof.construct.fixed_point_machine import machine
from bitproof.construct.fixed_point_plan import grid, run, with_copies
from bitproof.construct.fixed_point_program import programmed
from bitproof.construct.fixed_point_ramp import plain
from bitproof.construct.integer_program import Effort
from bitproof.exact.fixed_point import FixedPoint, Rounding
from bitproof.theory.arithmetic import Arithmetic
from tests.construct.fixed_point_cases import activation, arithmetic, levels_of, of_levels
from tests.construct.test_fixed_point import assert_exact, build

SHORT = Effort(nodes=5, steps=10, seconds=20.0, heuristics=0.3)


def table(seed, form):
    return np.random.default_rng(seed).integers(form.lowest, form.highest + 1, form.levels)


@pytest.mark.parametrize("rounding", list(Rounding))
@pytest.mark.parametrize("choices", [{}, {"bias": "same"}, {"weights": "ternary"}, {"beta": 1}])
def test_exact_in_every_arithmetic(rounding, choices):
    form = FixedPoint(-3, 4, 3, rounding)
    numbers = Arithmetic.of(form, **choices)
    built = machine(activation("elu", form).values, numbers)
    function = table(5, form)
    found = programmed(built, function, plain(built), None, "neurons", SHORT)
    assert found is not None
    plan = with_copies(built, found.plan)
    assert (run(built, plan, grid(built, 1)) == function).all()
    assert len(plan.hidden) == 1
    assert 0 < found.least <= plan.neurons


@pytest.mark.parametrize("minimise", ["neurons", "weights"])
def test_never_larger_than_what_is_known(minimise):
    numbers = arithmetic(3, 4)
    built = machine(activation("relu", numbers.form).values, numbers)
    function = table(2001, numbers.form)
    route = plain(built)
    first = starts(built, int(function[0]), 0)
    known = beam(built, function, route, first, backward=False, limit=200)
    before = with_copies(built, known).size(minimise)[0]
    found = programmed(built, function, route, known, minimise, SHORT)
    after = with_copies(built, found.plan).size(minimise)[0]
    assert found.least <= after <= before


def fewest_of_a_tiny_format(built, function):
    """Copies of one or two neurons, every pair of different ones tried with every weight."""
    biases = range(-8, 9)
    rows = {
        tuple(built.apply(m * built.levels + built.beta * b).tolist())
        for m, b in product(range(built.first[0], built.first[1] + 1), biases)
    }
    weights = [w for w in range(-built.heaviest, built.heaviest + 1) if w]
    moves = [w * np.array(row) for row in rows for w in weights]
    one = [move + built.beta * b for move in moves for b in biases]
    if any((built.level(u) == function).all() for u in one):
        return 1
    sums = np.array(moves)
    for u in one:
        if (built.level(sums + u) == function).all(axis=1).any():
            return 2
    return 3


def test_as_small_as_enumeration_says():
    numbers = arithmetic(2, 2)
    built = machine(activation("relu", numbers.form).values, numbers)
    sizes = set()
    for seed in range(6):
        drawn = np.random.default_rng(seed)
        steps = drawn.integers(-1, 2, numbers.form.levels)
        function = np.clip(np.cumsum(steps), numbers.form.lowest, numbers.form.highest)
        found = programmed(built, function, plain(built), None, "neurons", Effort())
        wanted = fewest_of_a_tiny_format(built, function)
        neurons = with_copies(built, found.plan).neurons
        assert min(neurons, 3) == wanted
        sizes.add(wanted)
    assert len(sizes) > 1


def test_what_the_search_missed():
    numbers = arithmetic(3, 4)
    drawn = table(2004, numbers.form)
    quick, _ = build(drawn, "gelu", numbers)
    found, function = build(drawn, "gelu", numbers, effort="default")
    assert found.construction.method == "program"
    assert found.neurons < quick.neurons
    assert found.least <= found.neurons
    assert quick.least == 0
    assert_exact(found, function, numbers.form, 1)


def test_a_residue_that_biases_do_not_reach():
    # T is odd, biases move u by 4: a constant neuron must make the output's residue
    form = FixedPoint.symmetric(2, 4)
    sigma = of_levels(1, 1, 1, 1, 1, 1, 3)
    numbers = Arithmetic.of(form)
    function = (0, 0, 0, 0, 0, 0, 1)
    found = represent(function, sigma, numbers)
    assert_exact(found, function, form, 1)


def test_few_weights_are_asked_as_few_neurons():
    numbers = arithmetic(2, 2)
    found, function = build(
        table(3, numbers.form), "relu", numbers, effort="default", minimise="weights"
    )
    assert_exact(found, function, numbers.form, 1)
    assert found.minimised == "weights"
    assert found.least == 0  # no bound of weights was asked


def test_too_many_neurons_to_list():
    numbers = arithmetic(4, 8)
    built = machine(activation("relu", numbers.form).values, numbers)
    function = np.array(levels_of(table(1, numbers.form)))
    assert programmed(built, function, plain(built), None, "neurons", SHORT) is None
