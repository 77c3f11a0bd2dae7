"""Laws of Sobolev networks of one input: a fixed structure, sizes above the lower bound and equal
to the count made without a function, promises above what is certified."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.certify import certify_sup_error
from bitproof.construct.knot_sum import build, dry, nodes, plan
from bitproof.construct.scaled_function import Domain
from bitproof.exact import Interval
from bitproof.exact.weight_format import Codebook
from bitproof.network.measures import measure
from bitproof.target.table import TableTarget
from bitproof.theory.function_class import SobolevBall
from bitproof.theory.knot_sum import DerivativeBounds
from bitproof.theory.sobolev_packing import PackingBound
from tests.network.codebooks import FEW, name

UNIT = Interval(Fraction(0), Fraction(1))


@st.composite
def lipschitz_tables(draw):
    """Tables of 1-Lipschitz functions with values in [-1, 1]."""
    count = draw(st.integers(1, 12))
    heights = [Fraction(draw(st.integers(-8, 8)), 16)]
    for _ in range(count):
        step = Fraction(draw(st.integers(-8, 8)), 8 * count)
        heights.append(max(min(heights[-1] + step, Fraction(1)), Fraction(-1)))
    points = tuple((Fraction(i, count), height) for i, height in enumerate(heights))
    return TableTarget(points, "drawn")


@pytest.mark.parametrize("form", FEW, ids=name)
@settings(max_examples=12)
@given(first=lipschitz_tables(), second=lipschitz_tables())
def test_the_structure_does_not_depend_on_the_function(form, first, second):
    error = Fraction(1, 12)
    layout = plan(DerivativeBounds.unit(1), error, form)
    networks = []
    for table in (first, second):
        values = [[table.value(place) for place in nodes(layout, Domain())]]
        network = build(layout, form, values)
        networks.append(network)
        verdict = certify_sup_error(network, table, UNIT, error=error)
        assert verdict.status == "proved"
        assert verdict.upper <= layout.error <= error
    wired = [[(la.sources, la.matrix.column_indices) for la in n.layers] for n in networks]
    assert wired[0] == wired[1]
    weights = [list(network.weights()) for network in networks]
    differing = sum(a != b for a, b in zip(*weights, strict=True))
    assert differing <= layout.programmable


@pytest.mark.parametrize("form", FEW, ids=name)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_counts_are_the_dry_build_and_above_the_lower_bound(form, n):
    bound = PackingBound(SobolevBall(1, n))
    for error in (Fraction(1, 10), Fraction(1, 100)):
        layout = plan(DerivativeBounds.unit(n), error, form)
        sizes = measure(dry(layout, form))
        digits = [len(part.hinges.places) for part in layout.coefficients]
        ladders = [len(p.start.powers) + len(p.slope.powers) for p in layout.coefficients]
        assert layout.programmable == (layout.cells - 1) * sum(digits) + sum(ladders)
        assert sizes.weights >= layout.programmable + 2 * (layout.cells - 1)
        assert layout.programmable >= bound.least_weights(error, len(form.values()))
        assert sizes.paper_bits >= bound.least_bits(error)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_two_values_are_enough(n):
    """λ = 2, any smoothness."""
    for form in (Codebook.linear(2), Codebook.midrise(2)):
        layout = plan(DerivativeBounds.unit(n), Fraction(1, 50), form)
        assert len(form.values()) == 2
        assert layout.error <= Fraction(1, 50)
        dry(layout, form)
