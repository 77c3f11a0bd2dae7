"""Layers that round every operation or are requantized, exported: the reference's bits on every
input of an 8-bit format."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from bitproof.exact import FixedPoint, Overflow, Requantization, Requantizer, Rounding
from bitproof.execute.ranges import InputGrid
from bitproof.interop import export_c, export_onnx, to_torch
from bitproof.network import Accumulation, LayerRequantizer, Network
from tests.interop.fixed_networks import (
    assert_c,
    assert_onnx,
    by_definition,
    chain,
    form,
    run_torch,
)
from tests.interop.running import all_levels, rounded


def narrow(rule: Rounding, overflow: Overflow, scale: int) -> Network:
    """Four hidden neurons twice, all sums in 8 bits."""
    network = chain((1, 4, 4, 2), form(scale, rule, overflow), most=30)
    layers = [replace(layer, accumulation=Accumulation.EVERY) for layer in network.layers]
    return replace(network, layers=tuple(layers))


def requantized(rule: Requantization, ends: tuple[int, int]) -> Network:
    """As integer hardware runs it: int8 levels, int32 accumulators, a multiplier for every neuron
    of the middle layer."""
    levels = form(16)
    network = chain((1, 4, 4, 2), levels, most=60)
    layers = []
    for position, layer in enumerate(network.layers):
        factors = [Fraction(1, 16 + 3 * row) for row in range(4 if position == 1 else 1)]
        parts = [Requantizer.of_factor(factor, *ends, rule) for factor in factors]
        unit = Fraction(1, 16 * layer.denominator)
        made = tuple(LayerRequantizer(part, unit) for part in parts)
        layers.append(replace(layer, requantizers=made))
    return replace(network, layers=tuple(layers))


NETWORKS = {
    "every, even": narrow(Rounding.NEAREST_EVEN, Overflow.SATURATE, 16),
    "every, away, wrapping": narrow(Rounding.NEAREST_AWAY, Overflow.WRAP, 12),
    "every, floor": narrow(Rounding.FLOOR, Overflow.SATURATE, 12),
    "double": requantized(Requantization.DOUBLE, (-128, 127)),
    "double, relu": requantized(Requantization.DOUBLE, (0, 100)),
    "single": requantized(Requantization.SINGLE, (-128, 127)),
    "even": requantized(Requantization.EVEN, (-100, 127)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_export_on_every_input(name: str, tmp_path: Path) -> None:
    network = NETWORKS[name]
    assert isinstance(network.input_format, FixedPoint)
    grid = InputGrid.of_format(network.input_format)
    levels = all_levels(grid)
    assert len(levels) == 256
    expected = by_definition(network, grid, levels)
    assert len(set(expected)) > 5
    assert_c(export_c(network, None, tmp_path, "net"), levels, expected)
    assert_onnx(export_onnx(network, None, tmp_path / "net.onnx"), grid, levels, expected)


@pytest.mark.parametrize("name", NETWORKS)
def test_pytorch_on_every_input(name: str) -> None:
    pytest.importorskip("torch")
    network = NETWORKS[name]
    assert isinstance(network.input_format, FixedPoint)
    grid = InputGrid.of_format(network.input_format)
    levels = all_levels(grid)
    expected = rounded(by_definition(network, grid, levels), "float64")
    assert np.array_equal(run_torch(to_torch(network), grid, levels), expected)
