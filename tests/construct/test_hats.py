"""Hats: a partition of unity, the promised error for every n and d, the same edges for all."""

import random
from fractions import Fraction
from math import exp

import pytest

from bitproof.construct.box_input import BoxInput
from bitproof.construct.hats import nodal_value, plan_hats
from bitproof.construct.kuhn_axes import KuhnAxes
from bitproof.exact.weight_format import parse_codebook
from bitproof.execute.reference import evaluate
from bitproof.network import measure
from bitproof.network.wiring import Wiring
from bitproof.theory.function_class import SobolevBall
from bitproof.theory.sobolev_error import monomials
from bitproof.theory.sobolev_packing import PackingBound
from tests.construct.box_functions import bowl, exact, extreme, wave
from tests.construct.test_envelope import edges

UNIT = Fraction(1)


@pytest.mark.parametrize("book", ["linear:2", "nested:3", "linear:3"])
@pytest.mark.parametrize(("d", "cells"), [(2, 3), (3, 2)])
def test_hats_are_a_partition_of_unity_that_reproduces_linear_functions(book, d, cells):
    wiring = Wiring(parse_codebook(book), d)
    hats = KuhnAxes(wiring, wiring.inputs, cells, UNIT).hats()
    nodes = [
        tuple((index // (cells + 1) ** (d - 1 - axis)) % (cells + 1) for axis in range(d))
        for index in range(len(hats))
    ]
    weight = Fraction(1, wiring.kit.base**4)
    draw = random.Random(3)
    total = wiring.output([(hat, weight) for hat in hats])
    moment = wiring.output([(hat, weight * sum(v)) for hat, v in zip(hats, nodes, strict=True)])
    for _ in range(10):
        x = [Fraction(draw.randrange(0, 28), 27) for _ in range(d)]
        assert evaluate(total, x)[0] == weight
        assert evaluate(moment, x)[0] == weight * cells * sum(x)


CASES = [
    ("linear:2", 2, 1, "1/6"),
    ("linear:2", 2, 3, "1/100"),
    ("nested:3", 2, 4, "1/300"),
    ("linear:3", 2, 3, "1/50"),
    ("midrise:2", 2, 2, "1/30"),
    ("linear:4", 3, 2, "1/4"),
    ("linear:2", 3, 3, "1/3"),
]


def growth(point):
    """exp(-(x + y/2 + ...)) with its derivatives up to order 4."""
    d = len(point)
    value = exp(-float(sum(x / (i + 1) for i, x in enumerate(point))))
    table = {}
    for a in monomials(SobolevBall(d, 6)):
        factor = 1.0
        for i, power in enumerate(a):
            factor *= (-1 / (i + 1)) ** power
        table[a] = exact(factor * value)
    return table


@pytest.mark.parametrize(("book", "d", "n", "error"), CASES)
def test_the_error_is_kept_with_the_same_edges(book, d, n, error):
    bound = Fraction(error)
    layout, sizes = plan_hats(parse_codebook(book), SobolevBall(d, n), bound)
    assert layout.claimed_error <= bound
    assert sizes.paper_bits >= PackingBound(SobolevBall(d, n)).least_bits(bound)
    draw = random.Random(1)
    structures = []
    functions = (growth, wave, bowl, extreme) if n <= 3 else (growth, extreme_high)
    for function in functions:
        network = layout.build(BoxInput.plain(d), function)
        assert measure(network) == sizes
        structures.append(edges(network))
        for _ in range(12):
            point = tuple(Fraction(draw.randrange(0, 1025), 1024) for _ in range(d))
            value = evaluate(network, point)[0]
            assert abs(value - function(point)[(0,) * d]) <= layout.claimed_error + Fraction(
                1, 2**40
            )
    assert all(structure == structures[0] for structure in structures)


def extreme_high(point):
    return dict.fromkeys(growth(point), Fraction(0)) | {(0,) * len(point): Fraction(1)}


@pytest.mark.parametrize(
    ("n", "error", "bits"), [(1, "1/10", 2276), (2, "1/100", 1538), (3, "3/10000", 4290)]
)
def test_the_figures_of_the_specification(n, error, bits):
    _, sizes = plan_hats(parse_codebook("linear:2"), SobolevBall(2, n), Fraction(error))
    assert sizes.paper_bits <= bits


def test_nodal_values_are_those_of_the_expanded_polynomials():
    """Σ_a x^a·c_{v,a} is the reduced Taylor polynomial at v."""
    point, x = (Fraction(1, 3), Fraction(2, 3)), (Fraction(1, 2), Fraction(1, 5))
    jet, n = growth(point), 4
    found = sum(
        x[0] ** a[0] * x[1] ** a[1] * nodal_value(n, a, jet, point)
        for a in monomials(SobolevBall(2, n))
    )
    y = (x[0] - point[0], x[1] - point[1])
    wanted = (
        jet[0, 0]
        + Fraction(2, 3) * (jet[1, 0] * y[0] + jet[0, 1] * y[1])
        + Fraction(1, 3) * (jet[2, 0] * y[0] ** 2 / 2 + jet[1, 1] * y[0] * y[1])
        + Fraction(1, 3) * jet[0, 2] * y[1] ** 2 / 2
    )
    assert found == wanted
