"""The paper's theorems as objects, the overhead and its best number of values."""

from fractions import Fraction

import pytest

from bitproof.errors import InputError
from bitproof.theory.function_class import SobolevBall
from bitproof.theory.quantization_orders import (
    FixedLinear,
    FixedNonlinear,
    FreeLinear,
    FreeNonlinear,
)
from bitproof.theory.quantization_overhead import Overhead, paper_best_values, paper_cost
from bitproof.theory.references import DING_2019


@pytest.mark.parametrize("theorem", [FixedNonlinear, FixedLinear, FreeNonlinear, FreeLinear])
def test_every_theorem_states_itself(theorem):
    found = theorem(SobolevBall(1, 1), 3)
    assert found.reference == DING_2019
    assert len(found.orders) == 3
    assert "3" in found.hypotheses
    for fine, coarse in ((2**-20, 2**-10), (2**-10, 2**-5)):
        assert found.weights_order(fine) > found.weights_order(coarse)
        assert found.depth_order(fine) > found.depth_order(coarse)
        assert found.bits_order(fine) > found.bits_order(coarse)
    with pytest.raises(InputError):
        theorem(SobolevBall(1, 1), 1)


@pytest.mark.parametrize("theorem", [FreeNonlinear, FreeLinear])
def test_free_structures_are_for_one_class(theorem):
    with pytest.raises(InputError, match="d = n = 1"):
        theorem(SobolevBall(2, 1), 2)


def test_the_exponent_of_the_paper():
    two = FixedNonlinear(SobolevBall(1, 2), 2)
    many = FixedNonlinear(SobolevBall(1, 2), 101)
    assert two.weights_order(2.0**-16) == 2 * 16**2 * 2**8
    assert many.weights_order(2.0**-16) == pytest.approx(101 * 16**1.01 * 2**8)


def test_the_best_number_of_values():
    assert [paper_best_values(t) for t in (8, 16, 32, 64, 128)] == [3, 3, 4, 4, 5]
    with pytest.raises(InputError):
        paper_cost(1, 4)


def test_overhead_against_every_network_is_the_larger_one():
    found = Overhead(SobolevBall(1, 2), Fraction(1, 10**4), quantized=674, depth=34, real=107)
    assert found.measured == Fraction(674, 107)
    assert found.bound >= found.measured
    assert found.proved_order == "log²(1/ε)"
