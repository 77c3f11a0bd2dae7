from fractions import Fraction

import numpy as np
import pytest

from bitproof.errors import DomainError, InputError
from bitproof.exact import Interval
from bitproof.target import CallableTarget
from bitproof.theory.function_class import Lipschitz

UNIT = Interval(Fraction(0), Fraction(1))


def test_enclosures_follow_from_the_constant():
    target = CallableTarget(lambda x: x * x, UNIT, Fraction(2), "square")
    cell = Interval(Fraction(0), Fraction(1, 2))
    assert target.enclose(cell) == Interval(Fraction(1, 16) - Fraction(1, 2), Fraction(9, 16))
    taylor = target.taylor(cell)
    assert taylor.value == Interval(Fraction(1, 16), Fraction(1, 16))
    assert taylor.slope_range == Interval(Fraction(-2), Fraction(2))
    assert (taylor.slope, taylor.curvature) == (None, None)
    assert target.function_class == Lipschitz(UNIT, Fraction(2))
    assert target.kinks() == ()


def test_pairs_enclose_and_samples_are_kept():
    target = CallableTarget(lambda x: (x - 1, x + 1), UNIT, Fraction(1))
    target.enclose(UNIT)
    target.at(Fraction(0))
    assert target.samples() == (
        (Fraction(0), Interval(Fraction(-1), Fraction(1))),
        (Fraction(1, 2), Interval(Fraction(-1, 2), Fraction(3, 2))),
    )
    assert target.to_json() == {
        "kind": "samples",
        "lipschitz": "1",
        "points": [["0", "-1", "1"], ["1/2", "-1/2", "3/2"]],
    }


def test_the_function_is_asked_once_per_point():
    asked = []
    target = CallableTarget(lambda x: asked.append(x) or Fraction(0), UNIT, Fraction(1))
    target.at(Fraction(1, 3))
    target.at(Fraction(1, 3))
    assert asked == [Fraction(1, 3)]


def test_proposals_do_not_enter_the_certificate():
    target = CallableTarget(lambda x: 2 * x, UNIT, Fraction(2))
    assert target.sample(np.array([0.0, 0.25, 2.0])).tolist() == [0.0, 0.5, 2.0]
    assert target.samples() == ()


@pytest.mark.parametrize("answer", [0.5, None, "1", (1, 0), (1, 2, 3), True, (0.0, 1.0)])
def test_answers_that_are_no_values(answer):
    target = CallableTarget(lambda _: answer, UNIT, Fraction(1), "mine")
    with pytest.raises(InputError, match="mine answers"):
        target.at(Fraction(0))


def test_a_constant_that_is_contradicted():
    target = CallableTarget(lambda x: 3 * x, UNIT, Fraction(1))
    target.at(Fraction(0))
    with pytest.raises(InputError, match="larger Lipschitz constant"):
        target.at(Fraction(1))


def test_wrong_statements():
    with pytest.raises(InputError):
        CallableTarget(lambda x: x, UNIT, Fraction(-1))
    with pytest.raises(DomainError):
        CallableTarget(lambda x: x, Interval(Fraction(1), Fraction(1)), Fraction(1))
    with pytest.raises(InputError):
        CallableTarget(lambda x: x, UNIT, Fraction(1)).at(Fraction(2))
