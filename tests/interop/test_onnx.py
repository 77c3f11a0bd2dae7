"""ONNX files give the exact outputs in onnxruntime, on every input of the grid."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bitproof.errors import RangeError
from bitproof.exact import Codebook, Q
from bitproof.execute.ranges import InputGrid, analyse
from bitproof.interop import OnnxForm, export_onnx
from bitproof.interop.onnx_out import UNROLLED_DEPTH
from bitproof.network import Activation, Layer, Network, SparseMatrix
from tests.execute.strategies import grids
from tests.interop.networks import (
    EXAMPLES,
    doubling,
    feed_forward,
    graph,
    grid,
    ladder,
    random_networks,
)
from tests.interop.running import all_levels, exact_outputs, rounded, run_onnx

BOTH_FORMS = (OnnxForm.UNROLLED, OnnxForm.SCAN)


def assert_same(network: Network, inputs: InputGrid, path: Path, form: OnnxForm) -> None:
    export = export_onnx(network, inputs, path, form=form)
    onnx.checker.check_model(str(path), full_check=True)
    levels = all_levels(inputs)
    expected = rounded(exact_outputs(network, inputs, levels), export.dtype)
    assert np.array_equal(run_onnx(export, inputs, levels), expected)


@pytest.mark.parametrize("form", BOTH_FORMS, ids=lambda form: form.value)
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_input_of_the_grid(name: str, form: OnnxForm, tmp_path: Path) -> None:
    network, inputs = EXAMPLES[name]
    if name == "ladder" and form is OnnxForm.UNROLLED:
        inputs = grid(0, 1, 6)
    assert_same(network, inputs, tmp_path / "network.onnx", form)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data())
def test_random_networks(tmp_path: Path, data: st.DataObject) -> None:
    network = data.draw(random_networks())
    inputs = data.draw(grids(network))
    form = data.draw(st.sampled_from(BOTH_FORMS))
    try:
        assert_same(network, inputs, tmp_path / "network.onnx", form)
    except RangeError:
        bits = analyse(network, inputs).accumulator_bits
        thirds = not network.weight_format or not network.weight_format.dyadic
        assert bits > 40 or thirds or inputs.step.denominator not in (1, 2, 4, 16)


def test_types_follow_the_proved_accumulators(tmp_path: Path) -> None:
    path = tmp_path / "network.onnx"
    last_in_32, first_in_64 = None, None
    for steps in range(1, 14):
        network, inputs = doubling(steps), grid(0, 1)
        magnitude = analyse(network, inputs).magnitude
        dtype = export_onnx(network, inputs, path).dtype
        assert dtype == ("float32" if magnitude < 2**24 else "float64")
        last_in_32 = steps if dtype == "float32" else last_in_32
        first_in_64 = first_in_64 or (steps if dtype == "float64" else None)
    assert last_in_32 is not None
    assert first_in_64 == last_in_32 + 1


def test_the_edge_of_float32_is_exact(tmp_path: Path) -> None:
    """(2^24 - 1)·x fits 24 bits at x = 1; one more does not and goes to float64."""
    path = tmp_path / "network.onnx"
    inputs = InputGrid((Fraction(0),), (Fraction(1),), Fraction(1))
    for weight, dtype in ((2**24 - 1, "float32"), (2**24 + 1, "float64")):
        matrix = SparseMatrix.from_dense([[weight]], columns=1)
        network = Network(1, (Layer((0,), matrix, (0,), 1, Activation.IDENTITY),))
        export = export_onnx(network, inputs, path)
        assert export.dtype == dtype
        assert run_onnx(export, inputs, [(1,)]).tolist() == [[weight]]


def test_beyond_53_bits_is_refused_with_the_width(tmp_path: Path) -> None:
    network, inputs = doubling(30), grid(0, 1)
    bits = analyse(network, inputs).magnitude.bit_length()
    assert bits > 53
    with pytest.raises(RangeError, match=rf"integers of {bits} bits.*53.*export C"):
        export_onnx(network, inputs, tmp_path / "network.onnx")
    assert list(tmp_path.iterdir()) == []


def test_thirds_are_rounded_correctly_once(tmp_path: Path) -> None:
    network, inputs = EXAMPLES["three values"]
    export = export_onnx(network, inputs, tmp_path / "network.onnx")
    assert export.route.value == "integers"
    kinds = [node.op_type for node in onnx.load(export.path).graph.node]
    assert kinds[0] == "Mul"
    assert kinds[-1] == "Div"


def test_dyadic_networks_keep_their_weights(tmp_path: Path) -> None:
    network = feed_forward([1, 4, 1], Q(0, 1), 3)
    export = export_onnx(network, grid(-1, 1), tmp_path / "network.onnx")
    model = onnx.load(export.path)
    assert [node.op_type for node in model.graph.node] == ["Gemm", "Relu", "Gemm"]
    constants = {c.name: onnx.numpy_helper.to_array(c) for c in model.graph.initializer}
    stored = {Fraction(float(w)) for name in constants for w in constants[name].flat}
    assert stored <= set(network.weights()) | {Fraction(0)}


def test_neurons_of_one_depth_are_one_gemm(tmp_path: Path) -> None:
    network = graph(60, Codebook.ternary(), 6)
    export = export_onnx(network, grid(-1, 1), tmp_path / "network.onnx")
    model = onnx.load(export.path)
    gemms = sum(node.op_type == "Gemm" for node in model.graph.node)
    assert gemms < len(network.layers) / 2


def test_deep_networks_are_one_scan(tmp_path: Path) -> None:
    """The number of nodes does not grow with the depth, the state stays narrow although the
    output reads neurons of all depths."""
    for depth in (UNROLLED_DEPTH + 50, 2000):
        export = export_onnx(ladder(depth), grid(0, 1, 6), tmp_path / "network.onnx")
        assert export.form is OnnxForm.SCAN
        assert export.nodes <= 6
        constants = {c.name: c.dims for c in onnx.load(export.path).graph.initializer}
        assert constants["weights"][1] == constants["weights"][2] <= 6


def test_the_file_opens_in_older_runtimes_and_names_its_facts(tmp_path: Path) -> None:
    network = feed_forward([1, 4, 1], Q(0, 1))
    export = export_onnx(
        network, grid(0, 1), tmp_path / "network.onnx", certificate="sha256:" + "0" * 64
    )
    model = onnx.load(export.path)
    assert model.ir_version == 7
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 13)]
    facts = {entry.key: entry.value for entry in model.metadata_props}
    assert facts["bitproof.grid.step"] == "1/4096"
    assert facts["bitproof.certificate"] == "sha256:" + "0" * 64
    assert facts["bitproof.dtype"] == export.dtype


def test_bytes_are_the_same_in_another_process(tmp_path: Path) -> None:
    network, inputs = EXAMPLES["ternary graph"]
    export = export_onnx(network, inputs, tmp_path / "network.onnx")
    assert export_onnx(network, inputs, tmp_path / "again.onnx").digest == export.digest
    script = (
        "from pathlib import Path; from tests.interop.networks import EXAMPLES; "
        "from bitproof.interop import export_onnx; "
        f"print(export_onnx(*EXAMPLES['ternary graph'], Path({str(tmp_path / 'b')!r})).digest)"
    )
    environment = {"PYTHONHASHSEED": "7", "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.strip() == export.digest
