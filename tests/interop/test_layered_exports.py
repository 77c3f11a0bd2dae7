"""Networks with convolutions in ONNX, PyTorch and C: the exact outputs, kernels as kernels."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings

from bitproof.errors import RangeError
from bitproof.exact import Interval
from bitproof.execute.ranges import InputGrid, analyse
from bitproof.interop import OnnxForm, export_c, export_onnx, to_torch
from bitproof.network import Activation, Convolution, Layer, Network, SparseMatrix
from tests.interop.running import exact_outputs, rounded, run_c, run_onnx
from tests.network.strategies import image_networks

FEW = settings(
    max_examples=6,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def grid_of(network: Network, step: Fraction = Fraction(1, 5)) -> InputGrid:
    return InputGrid.on_interval(Interval(Fraction(-1), Fraction(2)), step, inputs=network.inputs)


def some_levels(grid: InputGrid, seed: int = 0) -> list[tuple[int, ...]]:
    generator = np.random.default_rng(seed)
    low, high = np.array(grid.lowest_levels), np.array(grid.highest_levels)
    drawn = generator.integers(low, high + 1, (3, grid.inputs)).tolist()
    return [tuple(grid.lowest_levels), tuple(grid.highest_levels), *map(tuple, drawn)]


def small_image_network(bits: int = 3) -> Network:
    """Two convolutions with pads, strides and groups, and a dense end."""
    one = Convolution((2, 6, 5), 4, (3, 2), tuple(range(-12, 12)), (2, 1), (1, 1, 0, 1), groups=2)
    two = Convolution(one.output, 2, (2, 2), tuple(range(-16, 16)), dilations=(1, 2))
    dense = [[(3 * r + c) % 7 - 3 for c in range(two.shape[0])] for r in range(3)]
    matrix = SparseMatrix.from_dense(dense, columns=two.shape[0])
    return Network(
        60,
        (
            Layer((0,), one, tuple(range(one.shape[0])), 1 << bits),
            Layer((1,), two, (1,) * two.shape[0], 1 << bits),
            Layer((2,), matrix, (0, 1, -1), 3, Activation.IDENTITY),
        ),
    )


@FEW
@given(image_networks(bits=3))
def test_onnx_bit_for_bit(tmp_path: Path, network: Network) -> None:
    grid = grid_of(network)
    try:
        export = export_onnx(network, grid, tmp_path / "n.onnx")
    except RangeError:
        assert analyse(network, grid).accumulator_bits > 40
        return
    assert export.form is OnnxForm.LAYERS
    onnx.checker.check_model(str(export.path), full_check=True)
    levels = some_levels(grid)
    expected = rounded(exact_outputs(network, grid, levels), export.dtype)
    assert np.array_equal(run_onnx(export, grid, levels), expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_both_float_types(dtype: str, tmp_path: Path) -> None:
    network = small_image_network()
    grid = grid_of(network, Fraction(1, 2) if dtype == "float32" else Fraction(1, 1 << 20))
    export = export_onnx(network, grid, tmp_path / "n.onnx")
    kinds = {node.op_type for node in onnx.load(export.path).graph.node}
    assert export.dtype == dtype
    assert ("Conv" in kinds) == (dtype == "float32")
    levels = some_levels(grid)
    expected = rounded(exact_outputs(network, grid, levels), export.dtype)
    assert np.array_equal(run_onnx(export, grid, levels), expected)


def test_the_file_holds_the_kernel_once(tmp_path: Path) -> None:
    conv = Convolution((3, 64, 64), 8, (3, 3), (1,) * 216, pads=(1, 1, 1, 1))
    network = Network(conv.shape[1], (Layer((0,), conv, (0,) * conv.shape[0]),))
    step = Fraction(1, 255)
    grid = InputGrid.on_interval(Interval(Fraction(0), Fraction(1)), step, inputs=network.inputs)
    export = export_onnx(network, grid, tmp_path / "n.onnx")
    assert export.file_bytes < 4 * 216 + 4096


def test_many_weights_go_by_layers(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    entries = generator.integers(-7, 8, (512, 600)).tolist()
    last = SparseMatrix.from_dense([[1] * 512], columns=512)
    network = Network(
        600,
        (
            Layer((0,), SparseMatrix.from_dense(entries, columns=600), (1,) * 512, 8),
            Layer((1,), last, (0,), 1, Activation.IDENTITY),
        ),
    )
    grid = grid_of(network)
    export = export_onnx(network, grid, tmp_path / "n.onnx")
    assert export.form is OnnxForm.LAYERS
    levels = some_levels(grid)
    expected = rounded(exact_outputs(network, grid, levels), export.dtype)
    assert np.array_equal(run_onnx(export, grid, levels), expected)


def test_too_wide_for_floats(tmp_path: Path) -> None:
    network = small_image_network()
    grid = grid_of(network, Fraction(1, 1 << 60))
    with pytest.raises(RangeError, match="export C"):
        export_onnx(network, grid, tmp_path / "n.onnx")
    with pytest.raises(RangeError, match="export C"):
        to_torch(network, grid)


@FEW
@given(image_networks(bits=3))
def test_torch_bit_for_bit(network: Network) -> None:
    torch = pytest.importorskip("torch")
    grid = grid_of(network)
    try:
        module = to_torch(network, grid)
    except RangeError:
        assert analyse(network, grid).accumulator_bits > 40
        return
    levels = some_levels(grid)
    inputs = rounded([tuple(k * grid.step for k in row) for row in levels], "float64")
    expected = rounded(exact_outputs(network, grid, levels), "float64")
    assert np.array_equal(module(torch.tensor(inputs)).numpy(), expected)


@settings(FEW, max_examples=3)
@given(image_networks(bits=3))
def test_c_bit_for_bit(tmp_path: Path, network: Network) -> None:
    grid = grid_of(network)
    export = export_c(network, grid, tmp_path, "images")
    levels = some_levels(grid)
    assert run_c(export, levels) == exact_outputs(network, grid, levels)


@pytest.mark.parametrize("bits", [1, 20, 40])
def test_c_in_every_width(bits: int, tmp_path: Path) -> None:
    """Sums of 32, 64 and 128 bits; dense and sparse matrices beside convolutions."""
    network = small_image_network()
    grid = grid_of(network, Fraction(1, 1 << min(bits, 29)))
    if bits == 40:
        wide = [
            replace(layer, denominator=7 * 3**n + 2**n) for n, layer in enumerate(network.layers)
        ]
        network = Network(network.inputs, tuple(wide))
        factor = SparseMatrix.from_rows([[(i, 10**9 + i)] for i in range(60)], columns=60)
        network = Network(
            60,
            (
                Layer((0,), factor, (0,) * 60, 1, Activation.IDENTITY),
                *(replace(layer, sources=(at,)) for at, layer in enumerate(wide, start=1)),
            ),
        )
    export = export_c(network, grid, tmp_path, "wide")
    assert export.sum_type == {1: "int32_t", 20: "int64_t", 40: "__int128"}[bits]
    levels = some_levels(grid)
    assert run_c(export, levels) == exact_outputs(network, grid, levels)


def test_c_stores_the_kernel_once(tmp_path: Path) -> None:
    conv = Convolution((3, 64, 64), 8, (3, 3), tuple(range(-1, 2)) * 72, pads=(1, 1, 1, 1))
    network = Network(conv.shape[1], (Layer((0,), conv, (0,) * conv.shape[0]),))
    step = Fraction(1, 255)
    grid = InputGrid.on_interval(Interval(Fraction(0), Fraction(1)), step, inputs=network.inputs)
    export = export_c(network, grid, tmp_path)
    assert export.weight_bytes == 216 * 2 // 8 + 8 + 8 + 1
