"""Convolutions and numbers of hundreds of bits: every kernel equals the reference."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.errors import RangeError
from bitproof.exact import FixedPoint, Interval
from bitproof.execute.array_kernel import ArrayKernel
from bitproof.execute.carrier import Carrier
from bitproof.execute.fast import Engine
from bitproof.execute.python_kernel import PythonKernel
from bitproof.execute.ranges import InputGrid, analyse
from bitproof.execute.reference import evaluate_layers
from bitproof.execute.wide_kernel import WideKernel
from bitproof.network import Convolution, Layer, Network, SparseMatrix
from tests.execute.strategies import networks
from tests.network.strategies import image_networks


def inputs_of(grid: InputGrid, seed: int, count: int = 4) -> list[list[int]]:
    rng = random.Random(seed)
    ends = list(zip(grid.lowest_levels, grid.highest_levels, strict=True))
    random_ones = [[rng.randint(*end) for end in ends] for _ in range(count)]
    return [[low for low, _ in ends], [high for _, high in ends], *random_ones]


@settings(max_examples=15)
@given(image_networks(), st.integers(0, 99))
def test_convolutions_in_every_kernel(network: Network, seed: int) -> None:
    grid = InputGrid.on_interval(
        Interval(Fraction(-1), Fraction(2)), Fraction(1, 5), inputs=network.inputs
    )
    analysis, rows = analyse(network, grid), inputs_of(grid, seed)
    integer = analysis.integer
    kernels = [PythonKernel(integer), WideKernel(integer)]
    kernels += [ArrayKernel(integer, c) for c in list(Carrier)[:3] if c.holds(analysis.magnitude)]
    values = [evaluate_layers(network, [k * grid.step for k in row]) for row in rows]
    expected = [list(layers[-1]) for layers in values]
    for kernel in kernels:
        got = kernel.run(np.array(rows, np.int64)).tolist()
        scaled = [[k * g for k, g in zip(row, integer.output_granules, strict=True)] for row in got]
        assert scaled == expected
    for layers in values:
        for position, layer in enumerate(layers[1:], start=1):
            for value, granule, (low, high) in zip(
                layer, analysis.granules(position), analysis.bounds(position), strict=True
            ):
                assert low <= value / granule <= high


@settings(max_examples=15)
@given(image_networks(bits=90), st.integers(0, 99))
def test_long_numbers_in_limbs(network: Network, seed: int) -> None:
    grid = InputGrid.on_interval(
        Interval(Fraction(-3), Fraction(2)), Fraction(1, 1 << 40), inputs=network.inputs
    )
    integer, rows = analyse(network, grid).integer, inputs_of(grid, seed)
    levels = np.array(rows, np.int64)
    assert WideKernel(integer).run(levels).tolist() == PythonKernel(integer).run(levels).tolist()


@settings(max_examples=25)
@given(networks(), st.integers(0, 99))
def test_any_real_network_in_limbs(network: Network, seed: int) -> None:
    if not network.is_real:
        return
    grid = InputGrid.on_interval(
        Interval(Fraction(-3), Fraction(2)), Fraction(1, 7), inputs=network.inputs
    )
    integer, rows = analyse(network, grid).integer, inputs_of(grid, seed)
    levels = np.array(rows, np.int64)
    assert WideKernel(integer).run(levels).tolist() == PythonKernel(integer).run(levels).tolist()


def test_limbs_refuse_layers_that_round() -> None:
    form = FixedPoint.parse("Q3.4")
    layer = Layer((0,), SparseMatrix.from_dense([[3]], columns=1), (0,), 2, output_format=form)
    integer = analyse(Network(1, (layer,), input_format=form), InputGrid.of_format(form)).integer
    with pytest.raises(RangeError):
        WideKernel(integer)


def test_accumulator_extremes_in_limbs() -> None:
    """All weights and values at the largest limb, so that sums come to the limit."""
    largest = (1 << 200) - 1
    matrix = SparseMatrix.from_dense([[largest] * 300, [-largest] * 300], columns=300)
    network = Network(300, (Layer((0,), matrix, (-1, 1), 1),))
    grid = InputGrid.on_interval(
        Interval(Fraction(-largest), Fraction(largest)), Fraction(1), inputs=300
    )
    engine = Engine(network, grid)
    levels = np.array([[largest] * 300, [-largest] * 300, [1] * 300], object)
    total = 300 * largest
    expected = [[total * largest - 1, 0], [0, total * largest + 1], [total - 1, 0]]
    got = WideKernel(engine.analysis.integer).run(levels).tolist()
    assert [
        [k * g for k, g in zip(r, engine.output_granules, strict=True)] for r in got
    ] == expected


def test_a_large_image_is_never_unrolled() -> None:
    """Three million products a layer from a kernel of 432 numbers, and its fixed-point form."""
    conv = Convolution((3, 96, 96), 16, (3, 3), tuple(range(-216, 216)), pads=(1, 1, 1, 1))
    layer = Layer((0,), conv, (3,) * conv.shape[0], 64)
    network = Network(conv.shape[1], (layer,))
    grid = InputGrid.on_interval(
        Interval(Fraction(0), Fraction(1)), Fraction(1, 256), inputs=network.inputs
    )
    engine = Engine(network, grid)
    levels = np.random.default_rng(0).integers(0, 257, (2, network.inputs))
    got = engine.run(levels)
    place = 5 * 96 * 96 + 17 * 96 + 3
    exact = sum(w * int(levels[1, c]) for c, w in conv.row(place)) * Fraction(1, 256) + 3
    assert got[1, place] * engine.output_granules[place] == max(exact / 64, 0)
    assert isinstance(engine.analysis.integer.layers[0].matrix, Convolution)
