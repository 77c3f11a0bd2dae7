"""The walk of fewest turns: optimal among all walks, its network proved and small."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise, product

import pytest

from bitproof.certify import certify_sup_error
from bitproof.construct.walk import designs
from bitproof.errors import FormatError, InputError, NoDesignError
from bitproof.exact import Interval
from bitproof.exact.weight_format import Codebook
from bitproof.network.measures import measure
from bitproof.target import CallableTarget, parse_target
from bitproof.target.table import TableTarget
from bitproof.theory.walk import WalkShape, fewest_turns
from tests.network.codebooks import FEW, name

UNIT = Interval(Fraction(0), Fraction(1))


def zigzag(cells, seed=1):
    """A random ±1 walk with steps of 1/cells."""
    source, height = random.Random(seed), Fraction(0)
    points = [(Fraction(0), height)]
    for cell in range(cells):
        height += Fraction(source.choice((-1, 1)), cells)
        points.append((Fraction(cell + 1, cells), height))
    return TableTarget(tuple(points), "walk")


def test_the_fewest_turns_of_all_walks():
    source = random.Random(5)
    for _ in range(60):
        values = [0]
        for _ in range(8):
            values.append(values[-1] + source.randint(-4, 4))
        found = fewest_turns(values, 0, 4, 5)
        best = None
        for steps in product((1, -1), repeat=8):
            place, inside = 0, True
            for step, value in zip(steps, values[1:], strict=True):
                place += 4 * step
                inside = inside and abs(place - value) <= 5
            turns = sum(a != b for a, b in pairwise(steps))
            if inside and (best is None or turns < best):
                best = turns
        assert found is not None
        assert found.turns == best


@pytest.mark.parametrize(
    ("form", "most"), [(Codebook.nested(3), 2496), (Codebook.linear(2), 3704)], ids=str
)
def test_smaller_than_the_cached_patterns_of_a_prototype(form, most):
    target = zigzag(1024)
    made = designs(target, Fraction(1, 1024), [form]).constructions[0]
    assert measure(made.network).weights <= most // 2
    verdict = certify_sup_error(made.network, target, UNIT, error=Fraction(1, 1024))
    assert verdict.status == "proved"


@pytest.mark.parametrize("form", FEW, ids=name)
@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("abs(x-1/3)", (0, 1)),
        ("sin(2*pi*x)", (0, 1)),
        ("exp(-x)", (-1, Fraction(5, 3))),
        ("1", (0, 1)),
    ],
)
def test_every_codebook_and_domain(text, domain, form):
    target = parse_target(text, Interval(*(Fraction(end) for end in domain)))
    error = Fraction(1, 20)
    made = designs(target, error, [form]).constructions[0]
    assert made.claimed_error == error
    verdict = certify_sup_error(made.network, target, target.domain, error=error)
    assert verdict.status == "proved"


def test_refusals():
    with pytest.raises(InputError, match="cells of length"):
        WalkShape(Fraction(1), Fraction(1, 2), Fraction(1, 4))
    steep = parse_target("sqrt(x)", UNIT)
    with pytest.raises(NoDesignError, match="Lipschitz"):
        designs(steep, Fraction(1, 10), [Codebook.linear(2)])
    target = CallableTarget(lambda x: 10**9 * x, UNIT, Fraction(10**9), "steep")
    with pytest.raises(NoDesignError, match="cells"):
        designs(target, Fraction(1, 10), [Codebook.linear(2)])
    with pytest.raises(FormatError, match="integers"):
        designs(target, Fraction(1, 10), [Codebook((Fraction(-1), Fraction(1)))])
