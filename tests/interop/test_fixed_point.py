"""Fixed-point networks in C, onnxruntime and PyTorch: the reference's outputs on every input."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bitproof.errors import InputError, RangeError
from bitproof.exact import FixedPoint, Overflow, Q, Rounding
from bitproof.execute.ranges import InputGrid, analyse
from bitproof.interop import OnnxForm, export_c, export_onnx, golden_vectors
from bitproof.network import Activation, ActivationTable, Layer, Network, SparseMatrix
from tests.execute.strategies import grids, networks
from tests.interop.fixed_networks import (
    SCALES,
    assert_c,
    assert_onnx,
    by_definition,
    chain,
    every_rule,
    form,
    gelu,
    mixed,
    random_layer,
    sparse,
)
from tests.interop.running import all_levels, exact_outputs, run_onnx

EIGHT_BITS, FOUR_BITS = (-128, 127), (-8, 7)
RULES = [(rule, overflow) for rule in Rounding for overflow in Overflow]
IDS = [f"{rule.value}-{overflow.value}" for rule, overflow in RULES]


@pytest.mark.parametrize("overflow", Overflow)
@pytest.mark.parametrize("scale", SCALES)
def test_every_rule_on_every_input(scale: int, overflow: Overflow, tmp_path: Path) -> None:
    network = every_rule(scale, overflow)
    grid = InputGrid.of_format(form(scale))
    levels = all_levels(grid)
    assert len(levels) == 256
    expected = by_definition(network, grid, levels)
    assert_c(export_c(network, None, tmp_path, "net"), levels, expected)
    assert_onnx(export_onnx(network, None, tmp_path / "net.onnx"), grid, levels, expected)


@pytest.mark.parametrize(("rule", "overflow"), RULES, ids=IDS)
@pytest.mark.parametrize("scale", SCALES)
def test_deep_networks_in_onnx(
    rule: Rounding, overflow: Overflow, scale: int, tmp_path: Path
) -> None:
    network = mixed(rule, overflow, scale, ends=EIGHT_BITS)
    grid = InputGrid.of_format(form(scale))
    levels = all_levels(grid)
    export = export_onnx(network, None, tmp_path / "net.onnx")
    onnx.checker.check_model(str(export.path), full_check=True)
    assert_onnx(export, grid, levels, by_definition(network, grid, levels))


@pytest.mark.parametrize(("rule", "overflow"), RULES[::3], ids=IDS[::3])
def test_deep_networks_in_c(rule: Rounding, overflow: Overflow, tmp_path: Path) -> None:
    network = mixed(rule, overflow, 12, ends=EIGHT_BITS)
    grid = InputGrid.of_format(form(12))
    levels = all_levels(grid)
    export = export_c(network, None, tmp_path, "net")
    assert_c(export, levels, by_definition(network, grid, levels))


@pytest.mark.parametrize("ends", [FOUR_BITS, EIGHT_BITS], ids=["4 bits", "8 bits"])
def test_two_inputs(ends: tuple[int, int], tmp_path: Path) -> None:
    """All 256 inputs in 4 bits, and 4,096 of the 65,536 in 8 bits."""
    network = mixed(Rounding.NEAREST_AWAY, Overflow.WRAP, 12, inputs=2, ends=ends)
    grid = InputGrid.of_format(form(12, ends=ends), inputs=2)
    levels = all_levels(grid)
    expected = exact_outputs(network, grid, levels)
    assert expected[::64] == by_definition(network, grid, levels[::64])
    assert_c(export_c(network, None, tmp_path, "net"), levels, expected)
    assert_onnx(export_onnx(network, grid, tmp_path / "net.onnx"), grid, levels, expected)


@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking would compile for minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data())
def test_random_networks_in_c(tmp_path: Path, data: st.DataObject) -> None:
    """Fixed-point layers among real ones, constants, skips, any grid."""
    network = data.draw(networks(fixed=True))
    grid = data.draw(grids(network))
    levels = all_levels(grid, 300)
    try:
        export = export_c(network, grid, tmp_path, "net")
    except RangeError:
        assert analyse(network, grid).accumulator_bits > 80
        return
    assert_c(export, levels, by_definition(network, grid, levels))


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data())
def test_random_networks_in_onnx(tmp_path: Path, data: st.DataObject) -> None:
    network = data.draw(networks(fixed=True))
    grid = data.draw(grids(network))
    levels = all_levels(grid, 60)
    try:
        export = export_onnx(network, grid, tmp_path / "net.onnx")
    except RangeError:
        assert analyse(network, grid).accumulator_bits > 36
        return
    assert_onnx(export, grid, levels, by_definition(network, grid, levels))


def test_sparse_networks_of_many_scales(tmp_path: Path) -> None:
    network, grid = sparse(50), InputGrid.of_format(form(32))
    levels = all_levels(grid)
    expected = by_definition(network, grid, levels)
    assert len(set(expected)) > 20
    export = export_c(network, None, tmp_path, "net")
    assert "2^(e + base)" in export.source.read_text()
    assert_c(export, levels, expected)
    assert_onnx(export_onnx(network, None, tmp_path / "net.onnx"), grid, levels, expected)


def test_equal_tables_are_stored_once_in_the_smallest_type(tmp_path: Path) -> None:
    """Two layers share GELU; what is flat at its ends is not stored."""
    network = chain((1, 6, 6, 1), form(16), most=30)
    export = export_c(network, None, tmp_path, "net")
    text = export.source.read_text()
    assert text.count("static const int8_t net_table") == 1
    table = gelu(form(16)).values
    flat = sum(value == table[0] for value in table[:100]) - 1
    assert export.activation_bytes == 256 - flat
    model = onnx.load(export_onnx(network, None, tmp_path / "net.onnx").path)
    kinds = [node.op_type for node in model.graph.node]
    assert kinds.count("Gather") == 2
    assert sum(c.name.startswith("table") for c in model.graph.initializer) == 1


@pytest.mark.parametrize("activation", [Activation.IDENTITY, Activation.RELU])
def test_tables_that_a_computed_activation_equals_are_not_stored(
    activation: Activation, tmp_path: Path
) -> None:
    levels = form(16)
    floor = 0 if activation is Activation.RELU else levels.lowest
    entries = tuple(max(level, floor) for level in range(-128, 128))
    matrix = SparseMatrix.from_dense([[-3]], columns=1)
    layer = Layer(
        (0,), matrix, (1,), 2, Activation.TABLE, levels, ActivationTable("computed", entries)
    )
    network = Network(1, (layer,), None, levels)
    export = export_c(network, None, tmp_path, "net")
    assert export.activation_bytes == 0
    inputs = all_levels(InputGrid.of_format(levels))
    assert_c(export, inputs, by_definition(network, InputGrid.of_format(levels), inputs))


def test_weights_stay_packed(tmp_path: Path) -> None:
    """A declared format gives its bits; without one the numerators take what they need."""
    levels = form(8)
    layers = chain((1, 8, 8, 1), levels, most=7).layers
    network = Network(1, layers, Q(0, 3), levels)
    declared = export_c(network, None, tmp_path, "declared")
    assert declared.weight_bytes == -(-declared.weight_codes * 5 // 8)
    own = export_c(Network(1, layers, None, levels), None, tmp_path, "own")
    assert own.weight_bytes == -(-own.weight_codes * 4 // 8)
    assert own.table_bytes <= 4
    wide = [replace(layer, bias=tuple(16 * b for b in layer.bias)) for layer in layers]
    apart = export_c(Network(1, tuple(wide), None, levels), None, tmp_path, "apart")
    assert "4 bits each (biases 8)" in apart.source.read_text()
    assert apart.weight_bytes <= (4 * apart.weight_codes + 4 * 17 + 7) // 8


@pytest.mark.parametrize(
    ("bits", "weight_bits", "sum_type"),
    [(12, 12, "int32_t"), (24, 24, "int64_t"), (30, 60, "__int128")],
)
def test_wide_formats(bits: int, weight_bits: int, sum_type: str, tmp_path: Path) -> None:
    """Accumulators follow the proofs; ONNX says where it ends."""
    wide = FixedPoint(-(1 << bits), (1 << bits) - 1, 1 << bits, Rounding.NEAREST_ZERO)
    unit = 1 << weight_bits
    layer = random_layer(random.Random(1), (0,), 2, 3, wide, denominator=unit, most=unit)
    network = Network(2, (layer,), None, wide)
    grid = InputGrid.of_format(wide, inputs=2)
    levels = [*all_levels(grid, 400), (1, -1), (0, 3)]
    expected = by_definition(network, grid, levels)
    assert export_c(network, None, tmp_path, "net").sum_type == sum_type
    assert_c(export_c(network, None, tmp_path, "net"), levels, expected)
    if bits <= 24:
        assert_onnx(export_onnx(network, None, tmp_path / "net.onnx"), grid, levels, expected)
    else:
        with pytest.raises(RangeError, match=r"needs? integers of \d+ bits.*export C"):
            export_onnx(network, None, tmp_path / "net.onnx")


def test_inputs_off_the_grid_are_taken_as_the_nearest(tmp_path: Path) -> None:
    network = every_rule(16, Overflow.SATURATE)
    export = export_onnx(network, None, tmp_path / "net.onnx")
    fine = InputGrid.of_format(form(16 * 8))
    near = [(1000,), (-1000,), (8 * 5 + 3,), (8 * 5 - 3,), (-8 * 7 - 1,)]
    taken = [(1000 // 8,), (-125,), (5,), (5,), (-7,)]
    coarse = InputGrid.of_format(form(16))
    assert np.array_equal(run_onnx(export, fine, near), run_onnx(export, coarse, taken))
    beyond = run_onnx(export, InputGrid.of_format(form(1)), [(127,), (-128,)])
    assert np.array_equal(beyond, run_onnx(export, coarse, [(127,), (-128,)]))


def test_golden_vectors_are_the_references() -> None:
    network = mixed(Rounding.NEAREST_DOWN, Overflow.WRAP, 12, inputs=2, ends=EIGHT_BITS)
    grid = InputGrid.of_format(form(12), inputs=2)
    vectors = golden_vectors(network, grid, count=30)
    assert {vector.reason for vector in vectors} == {"end", "zero", "random", "extreme"}
    levels = [vector.levels for vector in vectors]
    assert [vector.outputs for vector in vectors] == by_definition(network, grid, levels)


def test_a_network_without_an_input_format_needs_a_grid(tmp_path: Path) -> None:
    layer = random_layer(random.Random(1), (0,), 1, 1, form(16))
    network = Network(1, (layer,))
    for export in (
        lambda: export_c(network, None, tmp_path),
        lambda: export_onnx(network, None, tmp_path / "x"),
    ):
        with pytest.raises(InputError, match="no grid"):
            export()
    grid = InputGrid((Fraction(-1),), (Fraction(2),), Fraction(1, 10))
    levels = all_levels(grid)
    expected = by_definition(network, grid, levels)
    assert_c(export_c(network, grid, tmp_path, "net"), levels, expected)
    assert_onnx(export_onnx(network, grid, tmp_path / "n.onnx"), grid, levels, expected)


def test_no_scan_of_fixed_point_layers(tmp_path: Path) -> None:
    with pytest.raises(RangeError, match="Scan"):
        export_onnx(every_rule(16, Overflow.WRAP), None, tmp_path / "n.onnx", form=OnnxForm.SCAN)


@pytest.mark.parametrize("rule", Rounding)
def test_quotients_at_the_edge_of_float32(rule: Rounding, tmp_path: Path) -> None:
    """round(x / d) for x up to where 22 bits end, near ties and whole quotients; with
    wider inputs float64 has to do it."""
    for divisor, most in ((3, (1 << 21) - 3), (6, (1 << 22) - 8), (7, (1 << 21) - 7)):
        inputs = FixedPoint(-most, most, 1)
        layer = Layer(
            (0,),
            SparseMatrix.from_dense([[1]], columns=1),
            (0,),
            divisor,
            Activation.IDENTITY,
            FixedPoint(-most, most, 1, rule),
        )
        network, grid = Network(1, (layer,), None, inputs), InputGrid.of_format(inputs)
        export = export_onnx(network, None, tmp_path / "net.onnx")
        assert export.dtype == "float32"
        near = [*range(most - 60, most + 1), *range(60), *range(most // 2, most // 2 + 60)]
        levels = [(sign * level,) for level in near for sign in (1, -1)]
        assert_onnx(export, grid, levels, by_definition(network, grid, levels))
        wider = Network(1, (layer,), None, FixedPoint(-4 * most, 4 * most, 1))
        assert export_onnx(wider, None, tmp_path / "net.onnx").dtype == "float64"
