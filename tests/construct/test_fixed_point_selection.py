"""Faces and gadgets by integer programs: exact, smaller than jump by jump, the same every time."""

import numpy as np
import pytest

from bitproof.construct.fixed_point_jumps import direct, starts
from bitproof.construct.fixed_point_machine import machine
from bitproof.construct.fixed_point_plan import grid, run, with_copies
from bitproof.construct.fixed_point_selection import Selection
from tests.construct.fixed_point_cases import activation, arithmetic, one_input

UNBOUNDED = 1 << 30


def made(name, table, minimise, numbers, most=UNBOUNDED):
    built = machine(activation(name, numbers.form).values, numbers)
    return built, list(Selection(built, np.array(table), minimise).plans(most))


@pytest.mark.parametrize(
    ("name", "minimise", "p", "s"),
    [
        ("relu", "neurons", 4, 8),
        ("elu", "weights", 4, 8),
        ("sigmoid", "neurons", 4, 8),
        ("sigmoid", "weights", 7, 16),
        ("softplus", "neurons", 3, 4),
    ],
)
def test_smaller_than_jump_by_jump_and_exact(name, minimise, p, s):
    numbers = arithmetic(p, s)
    table = one_input("steps", numbers.form)
    built, plans = made(name, table, minimise, numbers)
    sizes = [plan.size(minimise)[0] for plan in plans]
    assert sizes == sorted(sizes, reverse=True)
    for plan in plans:
        assert (run(built, plan, grid(built, 1)) == table).all()
        assert with_copies(built, plan) == plan
    single = direct(built, table, starts(built, int(table[0]), 0)[0], minimise, UNBOUNDED)
    assert sizes[-1] < with_copies(built, single).size(minimise)[0]


def test_the_same_every_time_and_nothing_as_large_as_what_is_known():
    numbers = arithmetic(3, 4)
    table = np.repeat([3, -7, 6], 5)
    _, first = made("relu", table, "neurons", numbers)
    _, again = made("relu", table, "neurons", numbers)
    assert first == again
    _, smaller = made("relu", table, "neurons", numbers, most=first[-1].neurons)
    assert not smaller


def test_ternary_weights():
    numbers = arithmetic(3, 4, weights="ternary")
    table = np.repeat([3, -2, 5], 5)
    built, plans = made("relu", table, "neurons", numbers)
    assert plans
    for plan in plans:
        assert (run(built, plan, grid(built, 1)) == table).all()
        weights = [
            w for layer in (*plan.hidden, (plan.output,)) for n in layer for _, w in n.weights
        ]
        assert set(weights) <= {-1, 1}
