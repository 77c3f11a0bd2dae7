"""Laws every compiled network obeys, whatever built it."""

from __future__ import annotations

import itertools
import subprocess
from fractions import Fraction

import numpy as np
import pytest

from bitproof.checker import check_file
from bitproof.execute.fast import Engine
from bitproof.execute.ranges import analyse
from bitproof.execute.reference import evaluate
from bitproof.network import load_network, measure, save_network
from bitproof.pipeline.files import export_grid
from tests.laws.cases import CASES, compiled

every_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


def grid_levels(result, bits=12):
    """Levels of a 2^bits grid over the domain, as multiples of the export grid's step."""
    grid = export_grid(result.network, result.domain, None)
    first = -((-grid.lower[0]) // grid.step)
    last = grid.upper[0] // grid.step
    stride = max(1, (last - first) >> bits)
    return grid, np.arange(first, last + 1, stride, dtype=np.int64)[:, None]


@every_case
def test_the_error_is_proved_within_the_request(case):
    result = compiled(case)
    assert result.status == "proved"
    assert 0 <= result.verdict.lower <= result.verdict.upper <= case.error


@every_case
def test_every_weight_lies_in_a_requested_format(case):
    network = compiled(case).network
    assert network.weight_format in case.formats()
    values = set(network.weight_format.values())
    assert all(weight in values for weight in network.weights())


@every_case
def test_the_network_uses_relu_only_and_a_linear_output(case):
    network = compiled(case).network
    kinds = [layer.activation.value for layer in network.layers]
    assert set(kinds[:-1]) <= {"relu"}
    assert kinds[-1] == "identity"
    assert network.is_piecewise_linear


@every_case
def test_certified_error_is_at_least_the_measured_one(case):
    result = compiled(case)
    domain = result.domain
    for k in range(65):
        x = domain.lower + domain.width * Fraction(k, 64)
        value = result.target.enclose(type(domain)(x, x))
        (y,) = evaluate(result.network, [x])
        distance = max(value.lower - y, y - value.upper, Fraction(0))
        assert distance <= result.verdict.upper


@every_case
def test_the_witness_attains_the_lower_bound(case):
    result = compiled(case)
    x = result.verdict.witness
    value = result.target.enclose(type(result.domain)(x, x))
    (y,) = evaluate(result.network, [x])
    assert max(abs(value.lower - y), abs(value.upper - y)) >= result.verdict.lower


@every_case
def test_the_engine_is_the_reference(case):
    result = compiled(case)
    grid, levels = grid_levels(result, bits=8)
    engine = Engine(result.network, grid)
    (granule,) = engine.output_granules
    fast = engine.run(levels)
    for level, numerator in zip(levels[:, 0], fast[:, 0], strict=True):
        (exact,) = evaluate(result.network, [int(level) * grid.step])
        assert int(numerator) * granule == exact


@every_case
def test_proved_ranges_hold(case):
    result = compiled(case)
    grid, _ = grid_levels(result)
    assert analyse(result.network, grid).accumulator_bits >= 1


@every_case
def test_the_file_is_lossless(case, tmp_path):
    network = compiled(case).network
    for name in ("n.json", "n.json.gz"):
        save_network(network, tmp_path / name)
        assert load_network(tmp_path / name) == network


@every_case
def test_the_independent_checker_agrees(case, tmp_path):
    result = compiled(case)
    result.verdict.certificate.save(tmp_path / "certificate.json")
    report = check_file(tmp_path / "certificate.json")
    assert report.status == "proved", report.reason


@every_case
def test_counts_are_ordered(case):
    m = compiled(case).measures
    assert m == measure(compiled(case).network)
    assert 0 < m.nonzero_bits <= m.dense_bits
    assert m.weights <= m.dense_weights


@every_case
def test_onnxruntime_and_c_compute_the_same_bits(case, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    from bitproof.interop import export_c, export_onnx

    result = compiled(case)
    grid, levels = grid_levels(result)
    engine = Engine(result.network, grid)
    exact = engine.run(levels)[:, 0]
    export_c(result.network, grid, tmp_path, "network")
    flags = [
        "-std=c99",
        "-O1",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-fsanitize=undefined",
        "-fno-sanitize-recover",
        "-DNETWORK_SELFTEST",
    ]
    subprocess.run(
        ["gcc", *flags, str(tmp_path / "network.c"), "-o", str(tmp_path / "selftest")], check=True
    )
    subprocess.run([str(tmp_path / "selftest")], check=True, capture_output=True)
    exported = export_onnx(result.network, grid, tmp_path / "network.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "network.onnx"))
    feed = (levels.astype(np.float64) * float(grid.step)).astype(exported.dtype)
    (outputs,) = session.run(None, {session.get_inputs()[0].name: feed})
    (granule,) = engine.output_granules
    for value, numerator in itertools.islice(zip(outputs[:, 0], exact, strict=True), 0, None, 7):
        scaled = int(numerator) * granule
        assert Fraction(float(value)) == scaled or float(value) == float(scaled)
