"""Laws of all layouts: what may differ between two functions, and what must be able to."""

from fractions import Fraction
from math import log2

import pytest

from bitproof.construct.box_input import BoxInput
from bitproof.construct.envelope_plan import plan_envelope
from bitproof.construct.hats import plan_hats
from bitproof.construct.switched_rows_plan import plan_switched_rows
from bitproof.construct.trapezoids import plan_trapezoids
from bitproof.exact.weight_format import parse_codebook
from bitproof.theory.function_class import SobolevBall
from bitproof.theory.sobolev_packing import PackingBound
from tests.construct.box_functions import bowl, extreme, wave

UNIT = Fraction(1)
SQUARE = (UNIT, UNIT)
LAYOUTS = {
    "envelope": (1, lambda form, error: plan_envelope(form, SQUARE, error)),
    "rows": (2, lambda form, error: plan_switched_rows(form, SQUARE, error)),
    "hats": (2, lambda form, error: plan_hats(form, SobolevBall(2, 2), error)),
    "paper": (2, lambda form, error: plan_trapezoids(form, SobolevBall(2, 2), error)),
}


def values(network):
    """Every edge's weight and every bias, in order."""
    found = []
    for layer in network.layers:
        found += [layer.weight(numerator) for numerator in layer.matrix.stored_values()]
        found.append(layer.weight(layer.bias[0]))
    return found


@pytest.mark.parametrize("name", list(LAYOUTS))
@pytest.mark.parametrize("book", ["linear:2", "nested:3"])
def test_only_programmable_edges_differ(name, book):
    order, planned = LAYOUTS[name]
    error = Fraction(1, 6)
    layout, sizes = planned(parse_codebook(book), error)
    seen = [values(layout.build(BoxInput.plain(2), f)) for f in (wave, bowl, extreme)]
    differing = sum(1 for edge in zip(*seen, strict=True) if len(set(edge)) > 1)
    assert 0 < differing <= layout.programmable < sizes.weights
    # a fixed structure tells apart no more functions than its programmable edges have choices
    bits = layout.programmable * log2(len(parse_codebook(book).values()))
    assert bits >= PackingBound(SobolevBall(2, order)).packing(error).bits
