"""Cached patterns: the walk's very function, every pattern built once, smaller where it repeats."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from bitproof.certify import certify_sup_error
from bitproof.construct.cached_patterns import build
from bitproof.construct.scaled_function import Domain
from bitproof.construct.walk import designs
from bitproof.exact import Interval
from bitproof.exact.weight_format import Codebook
from bitproof.execute.reference import evaluate
from bitproof.network.measures import measure
from bitproof.target.table import TableTarget
from bitproof.theory.cached_patterns import Blocks
from bitproof.theory.walk import WalkShape
from tests.network.codebooks import FEW, name

UNIT = Interval(Fraction(0), Fraction(1))


@pytest.mark.parametrize("form", FEW, ids=name)
@pytest.mark.parametrize("power", [1, 2])
def test_it_is_the_walk(form, power):
    source = random.Random(power)
    base = 3 if form.name == "linear:3" else 2
    cells = base**4
    shape = WalkShape(Fraction(1), Fraction(1, cells), Fraction(1, cells))
    for _ in range(3):
        ways = [source.choice((-1, 1)) for _ in range(cells - source.randint(0, 3))]
        network = build(Domain(), Fraction(1, base), shape, ways, form, base**power)
        assert network.weight_format == form
        height = Fraction(1, base)
        for cell, way in enumerate(ways):
            middle = height + way * shape.step / 2
            at = (cell + Fraction(1, 2)) * shape.step
            assert evaluate(network, [shape.step * cell]) == (height,)
            assert evaluate(network, [at]) == (middle,)
            height += way * shape.step


def test_a_pattern_is_built_once():
    """A block more of the same pattern costs the same few edges, however many turns it has."""
    form, pattern = Codebook.nested(3), (1, -1, 1, 1, -1, 1, -1, -1)
    sizes = []
    for repeats in (8, 16, 32):
        cells = 8 * repeats
        shape = WalkShape(Fraction(1), Fraction(1, 256), Fraction(1, 256))
        network = build(Domain(), Fraction(1), shape, pattern * repeats, form, 8)
        assert len(Blocks.of(pattern * repeats, 8).kinds) == min(repeats, 3)
        assert cells <= 256
        sizes.append(measure(network).weights)
    assert sizes[2] - sizes[1] <= 16 * 7 + 8
    assert sizes[1] - sizes[0] <= 8 * 7 + 8


def test_offered_where_turns_repeat():
    """A wave with many periods: fewer weights than three a turn, and proved."""
    cells, period = 1024, (1, 1, 1, -1, -1, 1, 1, 1, -1, -1, -1, 1, 1, -1, -1, -1)
    height, points = Fraction(0), [(Fraction(0), Fraction(0))]
    for cell in range(cells):
        height += Fraction(4 * period[cell % 16], cells)
        points.append((Fraction(cell + 1, cells), height))
    target = TableTarget(tuple(points), "wave")
    error = Fraction(1, 512)
    made = designs(target, error, [Codebook.nested(3)]).constructions[0]
    details = dict(made.details)
    assert dict(made.network.notes)["layout"] == "cached patterns"
    assert measure(made.network).weights < Fraction(3, 2) * int(details["turns"])
    verdict = certify_sup_error(made.network, target, UNIT, error=error)
    assert verdict.status == "proved"
