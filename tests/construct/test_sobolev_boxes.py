"""Fixed structures for expressions in several inputs: proved promises, kept at every point."""

import random
from fractions import Fraction

import pytest

from bitproof.construct.sobolev_boxes import designs
from bitproof.exact.box import Box
from bitproof.exact.weight_format import Codebook, Q
from bitproof.execute.reference import evaluate
from bitproof.target.box_expression import ExpressionBoxTarget
from tests.construct.test_envelope import edges

CASES = [
    ("exp(-x1)*sin(3*x2)", [0, 1, 0, 1], "1/20", "switched-rows"),
    ("x1*x2", [-1, 1, -2, 1], "1/20", "switched-rows"),
    ("abs(x1-x2/3)", [0, 1, 0, 1], "1/10", "envelope"),
    ("x1*x2+x3", [0, 1, -1, 0, 0, 1], "1/2", "envelope"),
]


def target_of(text, ends):
    return ExpressionBoxTarget.parse(text, Box.from_ends(ends))


@pytest.mark.parametrize(("text", "ends", "error", "layout"), CASES)
def test_what_is_promised_holds(text, ends, error, layout):
    target = target_of(text, ends)
    found, *others = designs(target, Fraction(error), [Codebook.linear(2)]).constructions
    assert {dict(other.details)["layout"] for other in others} <= {"hats"}
    assert dict(found.details)["layout"] == layout
    assert all(one.claimed_error <= Fraction(error) for one in (found, *others))
    draw = random.Random(5)
    for _ in range(40):
        point = target.domain.at(
            [Fraction(draw.randrange(0, 129), 128) for _ in target.domain.sides]
        )
        value = evaluate(found.network, point)[0]
        assert abs(value - target.at(point).centre) <= found.claimed_error
        for other in others:
            again = evaluate(other.network, point)[0]
            assert abs(again - target.at(point).centre) <= other.claimed_error


def test_functions_with_the_same_bounds_share_their_edges():
    first, second = (
        designs(target_of(text, [0, 1, 0, 1]), Fraction(1, 8), [Codebook.linear(2)], smoothness=1)
        for text in ("x1 - x2/2", "x2/2 - x1 + 1/2")
    )
    assert edges(first.constructions[0].network) != []
    assert dict(first.constructions[0].details)["layout"] == "envelope"
    assert len(second.constructions) == 1


def test_what_cannot_be_promised_says_why():
    target = target_of("sqrt(x1)+x2", [0, 1, 0, 1])
    assert "proved" in designs(target, Fraction(1, 10), [Codebook.linear(2)]).needed
    assert "codebook" in designs(target, Fraction(1, 10), [Q(0, 2)]).needed
    third = target_of("x1+x2", [Fraction(1, 3), 1, 0, 1])
    assert "1/3" in designs(third, Fraction(1, 10), [Codebook.linear(2)]).needed
