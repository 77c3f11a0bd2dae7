"""Switched rows: the promised error for F_{2,2}, the same edges for all, fewer bits than hats."""

import random
from fractions import Fraction

import pytest

from bitproof.construct.box_input import BoxInput
from bitproof.construct.switched_rows_plan import odd_part, plan_switched_rows
from bitproof.errors import InputError, NoDesignError
from bitproof.exact.weight_format import Codebook, parse_codebook
from bitproof.execute.reference import evaluate
from bitproof.network import measure
from bitproof.theory.function_class import SobolevBall
from bitproof.theory.sobolev_packing import PackingBound
from bitproof.theory.switched_rows import SwitchedRowsTheorem
from tests.construct.box_functions import bowl, extreme, wave
from tests.construct.test_envelope import edges

UNIT = Fraction(1)
BOOKS = ["linear:2", "nested:3", "midrise:2", "linear:3", "linear:4", "linear:5"]


@pytest.mark.parametrize("book", BOOKS)
def test_the_error_is_kept_with_the_same_edges(book):
    error = Fraction(1, 30)
    layout, sizes = plan_switched_rows(parse_codebook(book), (UNIT, UNIT), error)
    assert layout.claimed_error <= error
    draw = random.Random(1)
    structures = []
    for function in (wave, bowl, extreme):
        network = layout.build(BoxInput.plain(2), function)
        assert measure(network) == sizes
        structures.append(edges(network))
        for _ in range(30):
            point = tuple(Fraction(draw.randrange(0, 1025), 1024) for _ in range(2))
            value = evaluate(network, point)[0]
            assert abs(value - function(point)[0, 0]) <= layout.claimed_error + Fraction(1, 2**40)
    assert all(structure == structures[0] for structure in structures)


@pytest.mark.parametrize(("error", "bits"), [("1/100", 1292), ("3/10000", 24650)])
def test_fewer_bits_than_hierarchical_hats(error, bits):
    _, sizes = plan_switched_rows(Codebook.linear(2), (UNIT, UNIT), Fraction(error))
    assert sizes.paper_bits < bits * Fraction(3, 4)
    assert sizes.paper_bits >= PackingBound(SobolevBall(2, 2)).least_bits(Fraction(error))


def test_rows_reach_every_node():
    """At the nodes the network is within the coding and gate errors alone."""
    layout, _ = plan_switched_rows(Codebook.nested(3), (UNIT, UNIT), Fraction(1, 20))
    network = layout.build(BoxInput.plain(2), wave)
    allowed = layout.nodal + layout.theorem.gates * layout.theorem.gate
    for i in range(layout.cells[0] + 1):
        for j in range(layout.cells[1] + 1):
            point = (i * layout.steps[0], j * layout.steps[1])
            assert abs(evaluate(network, point)[0] - wave(point)[0, 0]) <= allowed


def test_other_boxes():
    lengths = (Fraction(3), Fraction(1, 2))
    layout, _ = plan_switched_rows(Codebook.linear(2), lengths, Fraction(1, 10))
    assert layout.cells[0] % 3 == 0
    source = BoxInput((Fraction(-1), Fraction(1)), (UNIT, UNIT / 4), Fraction(4))
    network = layout.build(source, lambda u: {(0, 0): u[0] * u[1] / 2 - u[0] / 3})
    draw = random.Random(2)
    for _ in range(30):
        u = tuple(length * draw.randrange(0, 65) / 64 for length in lengths)
        value = evaluate(network, source.outward(u))[0]
        assert abs(value - 4 * (u[0] * u[1] / 2 - u[0] / 3)) <= 4 * layout.claimed_error


def test_what_does_not_fit_is_refused():
    assert odd_part(Fraction(12, 5), 2) == 3
    with pytest.raises(InputError):
        SwitchedRowsTheorem((UNIT,), Fraction(0), Fraction(0))
    with pytest.raises(NoDesignError):
        plan_switched_rows(Codebook.linear(2), (UNIT, UNIT), Fraction(1, 10**11))
