"""Integer programs: what is answered satisfies them, in integers; small ones are solved."""

import os
import signal
import subprocess
import sys
import time
from itertools import product

import numpy as np
import pytest

from bitproof.construct.integer_program import Effort, IntegerProgram, Row, relaxed, solve
from bitproof.errors import InputError


def random_program(seed):
    """Three columns in -2..3 and three rows, some of them open on one side."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(3):
        coefficients = rng.integers(-4, 5, 3).tolist()
        low = int(rng.integers(-8, 6))
        high = low + int(rng.integers(0, 5))
        rows.append(
            Row(
                [0, 1, 2],
                coefficients,
                low if rng.integers(3) else None,
                high if rng.integers(3) else None,
            )
        )
    return IntegerProgram(rng.integers(-3, 4, 3).tolist(), [-2, 0, -1], [3, 2, 3], rows)


def best_by_enumeration(program):
    boxes = (range(a, b + 1) for a, b in zip(program.lower, program.upper, strict=True))
    costs = [program.cost(point) for point in product(*boxes) if program.allows(point)]
    return min(costs, default=None)


@pytest.mark.parametrize("seed", range(25))
def test_as_good_as_enumeration(seed):
    program = random_program(seed)
    answer = solve(program, effort=Effort())
    best = best_by_enumeration(program)
    if best is None:
        assert answer is None
        return
    assert program.allows(answer.values)
    assert answer.cost == program.cost(answer.values) == best
    assert answer.finished
    assert answer.bound <= best


def test_both_kinds_of_programs_are_among_them():
    solvable = [best_by_enumeration(random_program(seed)) is not None for seed in range(25)]
    assert 5 < sum(solvable) < 25


def test_columns_without_bounds():
    rows = [Row([0, 1], [5, -7], 1, 1), Row([0], [1], 100, None)]
    program = IntegerProgram([1, 0], [None, None], [None, None], rows)
    answer = solve(program, effort=Effort())
    assert answer.values[0] == 101
    assert 5 * 101 - 7 * answer.values[1] == 1


def test_no_whole_numbers():
    assert (
        solve(IntegerProgram([0, 0], [0, 0], [9, 9], [Row([0, 1], [2, 4], 3, 3)]), effort=Effort())
        is None
    )


def knapsack():
    """Large enough that no node is left at the limit of one."""
    rng = np.random.default_rng(7)
    values, sizes = rng.integers(40, 60, 40), rng.integers(30, 70, (8, 40))
    rows = [Row(range(40), row.tolist(), None, int(row.sum() // 3)) for row in sizes]
    return IntegerProgram((-values).tolist(), [0] * 40, [1] * 40, rows)


def test_a_start_is_never_made_worse():
    program = knapsack()
    good = solve(program, effort=Effort(nodes=200))
    again = solve(program, effort=Effort(nodes=1, steps=1), start=good.values)
    assert again.cost <= good.cost


def test_a_wrong_start_is_ignored():
    program = knapsack()
    answer = solve(program, effort=Effort(nodes=5), start=[1] * 40)
    assert program.allows(answer.values)
    assert answer.cost == solve(program, effort=Effort(nodes=5)).cost


def test_the_same_effort_gives_the_same_answer():
    answers = {solve(knapsack(), effort=Effort(nodes=50)).values for _ in range(3)}
    assert len(answers) == 1


def test_what_a_float_rounds_away_is_seen():
    program = IntegerProgram([0], [0], [None], [Row([0], [1], 2**60 + 1, 2**60 + 1)])
    answer = solve(program, effort=Effort(seconds=5))
    assert answer is None  # the solver's own number is 2^60
    assert program.allows([2**60 + 1])


def test_nothing_is_printed(capfd):
    solve(knapsack(), effort=Effort(nodes=5))
    assert capfd.readouterr() == ("", "")


def test_wrong_programs():
    with pytest.raises(InputError, match="2 costs, 1 lower"):
        IntegerProgram([1, 1], [0], [1, 1], [])
    with pytest.raises(InputError, match="row 0: 2 columns, 1 numbers"):
        IntegerProgram([1, 1], [0, 0], [1, 1], [Row([0, 1], [1], 0, 1)])
    with pytest.raises(InputError, match="not one of 2"):
        IntegerProgram([1, 1], [0, 0], [1, 1], [Row([2], [1], 0, 1)])


ENDLESS = """
import numpy as np
from bitproof.construct.integer_program import Effort, IntegerProgram, Row, relaxed, solve
rng = np.random.default_rng(1)
sizes = rng.integers(1, 100, (5, 50))
rows = [Row(range(50), row.tolist(), int(row.sum()) // 2, int(row.sum()) // 2) for row in sizes]
print("ready", flush=True)
solve(IntegerProgram([0] * 50, [0] * 50, [1] * 50, rows), effort=Effort(nodes=10**9, steps=10**9))
"""


def test_ctrl_c_ends_the_solver():
    child = subprocess.Popen(
        [sys.executable, "-c", ENDLESS],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    assert child.stdout.readline() == "ready\n"
    time.sleep(1.0)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=20)
    assert "KeyboardInterrupt" in errors
    assert child.returncode == -signal.SIGINT  # and no abort with the solver still at work
    assert "terminate" not in errors


def test_real_numbers_cost_no_more_than_whole_ones():
    for seed in range(30):
        program = random_program(seed)
        least, real = best_by_enumeration(program), relaxed(program)
        if least is not None:
            assert real is not None
            assert real.cost <= least + 1e-6
