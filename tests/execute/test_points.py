"""Values at rational points equal the reference."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitproof.errors import InputError
from bitproof.exact import FixedPoint
from bitproof.execute.points import evaluate_rationals, values_at
from bitproof.execute.reference import evaluate, evaluate_layers, preactivations
from bitproof.network import Network
from tests.execute.strategies import networks


@given(networks(inputs=1, fixed=False), st.lists(st.fractions(-3, 3), max_size=6))
def test_every_neuron_at_every_point(network: Network, points: list[Fraction]):
    assert evaluate_rationals(network, points) == [evaluate(network, [x]) for x in points]
    found = values_at(network, points)
    assert list(found.outputs) == evaluate_rationals(network, points)
    for index, point in enumerate(points):
        values = evaluate_layers(network, [point])
        for layer, sums in zip(network.layers, found.preactivations, strict=True):
            exact = preactivations(layer, values)
            below = sums.denominator * point.denominator
            assert tuple(Fraction(n, below) for n in sums.numerators[:, index]) == exact
            assert sums.signs()[:, index].tolist() == [(z > 0) - (z < 0) for z in exact]


@given(networks(inputs=2, fixed=False))
def test_several_inputs_are_refused(network: Network):
    with pytest.raises(InputError, match="2 inputs"):
        evaluate_rationals(network, [Fraction(0)])


@given(networks(inputs=1, fixed=False))
def test_fixed_point_semantics_is_refused(network: Network):
    rounded = Network(1, network.layers, input_format=FixedPoint.parse("Q1.2"))
    with pytest.raises(InputError, match="fixed-point"):
        values_at(rounded, [Fraction(0)])
