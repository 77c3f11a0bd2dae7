"""The envelope: the promised error for every function of the class, the same edges for all."""

import random
from fractions import Fraction

import pytest

from bitproof.construct.box_input import BoxInput
from bitproof.construct.envelope_plan import plan_envelope
from bitproof.construct.maximum import best_arity, maximum
from bitproof.errors import InputError
from bitproof.exact.weight_format import Codebook, parse_codebook
from bitproof.execute.reference import evaluate
from bitproof.network import measure
from bitproof.network.wiring import Wiring
from bitproof.theory.envelope import EnvelopeTheorem
from bitproof.theory.function_class import SobolevBall
from bitproof.theory.sobolev_packing import PackingBound
from tests.construct.box_functions import bowl, extreme, tent, wave

UNIT = Fraction(1)
BOOKS = ["linear:2", "nested:3", "midrise:2", "linear:3", "linear:5", "nested:4", "midrise:4"]


def edges(network):
    return [
        (layer.sources, layer.matrix.column_indices, layer.bias[0] != 0) for layer in network.layers
    ]


@pytest.mark.parametrize("book", BOOKS)
def test_the_error_is_kept_with_the_same_edges(book):
    error = Fraction(1, 5)
    layout, sizes = plan_envelope(parse_codebook(book), (UNIT, UNIT), error)
    assert layout.claimed_error <= error
    draw = random.Random(1)
    structures = []
    for function in (wave, tent, bowl, extreme):
        network = layout.build(BoxInput.plain(2), function)
        assert measure(network) == sizes
        structures.append(edges(network))
        for _ in range(40):
            point = tuple(Fraction(draw.randrange(0, 1025), 1024) for _ in range(2))
            value = evaluate(network, point)[0]
            assert abs(value - function(point)[0, 0]) <= layout.claimed_error + Fraction(1, 2**40)
    assert all(structure == structures[0] for structure in structures)


@pytest.mark.parametrize(("error", "bits"), [("1/10", 2218), ("1/40", 23411)])
def test_fewer_bits_than_hierarchical_hats(error, bits):
    _, sizes = plan_envelope(Codebook.linear(2), (UNIT, UNIT), Fraction(error))
    assert sizes.paper_bits < bits / 3
    assert sizes.paper_bits >= PackingBound(SobolevBall(2, 1)).least_bits(Fraction(error))


def test_other_boxes_and_three_dimensions():
    lengths = (Fraction(2), Fraction(1, 2), Fraction(3, 4))
    layout, _ = plan_envelope(Codebook.linear(2), lengths, Fraction(2, 5))
    source = BoxInput((Fraction(-1), Fraction(0), Fraction(3)), (UNIT, UNIT / 4, UNIT), Fraction(2))
    network = layout.build(source, lambda u: {(0, 0, 0): u[0] / 4 - u[1] + u[2] / 2})
    draw = random.Random(2)
    for _ in range(30):
        u = tuple(length * draw.randrange(0, 65) / 64 for length in lengths)
        value = evaluate(network, source.outward(u))[0]
        assert abs(value - 2 * (u[0] / 4 - u[1] + u[2] / 2)) <= 2 * layout.claimed_error


@pytest.mark.parametrize("book", ["linear:2", "nested:3", "midrise:2"])
@pytest.mark.parametrize("count", [1, 2, 3, 7, 20])
def test_the_maximum_of_many(book, count):
    form = parse_codebook(book)
    wiring = Wiring(form, count)
    weight = max(v for v in form.values() if v > 0)
    top, factor = maximum(wiring, [[(node, weight)] for node in wiring.inputs])
    network = wiring.output([(top, factor)])
    draw = random.Random(count)
    for _ in range(20):
        x = [Fraction(draw.randrange(0, 9), 8) for _ in range(count)]
        assert evaluate(network, x)[0] == weight * max(x)


def test_group_sizes():
    assert best_arity(1, 15) == 2
    assert best_arity(10, 10_000) >= 10


def test_hypotheses_are_checked():
    for wrong in (
        lambda: EnvelopeTheorem(2, Fraction(1, 2), UNIT, UNIT),
        lambda: EnvelopeTheorem(2, UNIT, Fraction(0), UNIT),
    ):
        with pytest.raises(InputError):
            wrong()
