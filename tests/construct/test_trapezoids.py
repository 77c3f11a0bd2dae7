"""The paper's layout as a baseline: its promise holds, and it is far larger than ours."""

import random
from fractions import Fraction

import pytest

from bitproof.construct.box_input import BoxInput
from bitproof.construct.switched_rows_plan import plan_switched_rows
from bitproof.construct.trapezoids import plan_trapezoids, taylor_coefficient
from bitproof.errors import NoDesignError
from bitproof.exact.weight_format import Codebook, parse_codebook
from bitproof.execute.reference import evaluate
from bitproof.network import measure
from bitproof.theory.function_class import SobolevBall
from tests.construct.box_functions import extreme, wave
from tests.construct.test_envelope import edges

CASES = [("linear:2", 1, 1, "1/10"), ("nested:3", 1, 2, "1/50"), ("midrise:2", 2, 2, "1/5")]


@pytest.mark.parametrize(("book", "d", "n", "error"), CASES)
def test_its_error_is_kept(book, d, n, error):
    layout, sizes = plan_trapezoids(parse_codebook(book), SobolevBall(d, n), Fraction(error))
    assert layout.claimed_error <= Fraction(error)
    draw, structures = random.Random(4), []
    for function in (wave, extreme):
        network = layout.build(BoxInput.plain(d), function)
        assert measure(network) == sizes
        structures.append(edges(network))
        for _ in range(15):
            point = tuple(Fraction(draw.randrange(0, 1025), 1024) for _ in range(d))
            value = evaluate(network, point)[0]
            assert abs(value - function(point)[(0,) * d]) <= layout.claimed_error
    assert structures[0] == structures[1]


def test_it_is_many_times_larger_than_switched_rows():
    ball, error, one = SobolevBall(2, 2), Fraction(1, 50), Fraction(1)
    _, paper = plan_trapezoids(Codebook.linear(2), ball, error)
    _, ours = plan_switched_rows(Codebook.linear(2), (one, one), error)
    assert paper.weights > 20 * ours.weights


def test_coefficients_and_refusals():
    jet = {(0,): Fraction(1), (1,): Fraction(2)}
    assert taylor_coefficient((0,), jet, (Fraction(1, 4),), 1) == Fraction(1, 2)
    assert taylor_coefficient((1,), jet, (Fraction(1, 4),), 1) == 2
    with pytest.raises(NoDesignError):
        plan_trapezoids(Codebook.linear(3), SobolevBall(1, 1), Fraction(1, 4))
    with pytest.raises(NoDesignError):
        plan_trapezoids(Codebook.linear(2), SobolevBall(2, 1), Fraction(1, 10**5))
