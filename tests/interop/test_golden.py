"""Golden vectors: what they contain, and that their extremes reach what random inputs miss."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.execute import reference
from bitproof.execute.ranges import InputGrid
from bitproof.interop import golden_vectors
from bitproof.network import Activation, Network, NetworkBuilder
from tests.execute.strategies import grids
from tests.interop.networks import EXAMPLES, grid, random_networks


@pytest.mark.parametrize("name", EXAMPLES)
def test_ends_zero_and_exact_outputs(name: str) -> None:
    network, inputs = EXAMPLES[name]
    vectors = golden_vectors(network, inputs, count=24)
    levels = [vector.levels for vector in vectors]
    assert len(set(levels)) == len(levels) <= 24
    assert {inputs.lowest_levels, inputs.highest_levels} <= set(levels)
    if inputs.lowest_levels[0] <= 0:
        assert (0,) in levels
    for vector in vectors[:: max(1, len(vectors) // 4)]:
        point = [level * inputs.step for level in vector.levels]
        assert vector.outputs == reference.evaluate(network, point)


def spike(at: Fraction) -> Network:
    """A tent that is 0 but in a narrow stretch around a point, then amplified."""
    builder = NetworkBuilder()
    right = builder.add([(builder.input, Fraction(4096))], -4096 * at)
    left = builder.add([(builder.input, Fraction(-4096))], 4096 * at)
    tent = builder.add([(left, Fraction(-1)), (right, Fraction(-1))], 4)
    return builder.build(builder.add([(tent, Fraction(1 << 16))], 0, Activation.IDENTITY))


@pytest.mark.parametrize("bits", [12, 20])
def test_the_largest_accumulator_is_found(bits: int) -> None:
    """Only inputs within 4/4096 of 1/3 make the last accumulator large."""
    network, inputs = spike(Fraction(1, 3)), grid(0, 1, bits)
    vectors = golden_vectors(network, inputs)
    largest = max(vector.outputs[0] for vector in vectors)
    assert largest >= Fraction(3 << 16)
    assert any(vector.reason == "extreme" for vector in vectors)


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_random_networks_and_grids(data: st.DataObject) -> None:
    network = data.draw(random_networks())
    inputs: InputGrid = data.draw(grids(network))
    vectors = golden_vectors(network, inputs, count=16)
    assert vectors == golden_vectors(network, inputs, count=16)
    for vector in vectors:
        assert vector.outputs == reference.evaluate(
            network, [k * inputs.step for k in vector.levels]
        )
