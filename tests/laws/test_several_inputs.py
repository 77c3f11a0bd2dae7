"""Laws of networks of several inputs whose inputs, and activations, are values of a format."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import product

import numpy as np
import pytest

from bitproof.certify.boxes import grid_levels
from bitproof.checker import check_file
from bitproof.exact import FixedPoint
from bitproof.execute.fast import Engine
from bitproof.execute.reference import evaluate
from bitproof.network import load_network, measure, save_network
from bitproof.pipeline.boxes import BoxCompileResult, compile_box
from bitproof.pipeline.boxes.files import export_inputs
from tests.interop.fixed_networks import assert_onnx, run_torch
from tests.interop.running import all_levels, exact_outputs, rounded, run_c


@dataclass(frozen=True)
class Case:
    """One compilation the laws look at."""

    name: str
    text: str
    domain: tuple[int, ...]
    error: Fraction
    codebook: str
    inputs: str
    activations: str | None = None
    method: str = "auto"


CASES = (
    Case("saddle", "x1*x2", (0, 1, 0, 1), Fraction(1, 20), "linear:2", "UQ0.5"),
    Case("saddle-8", "x1*x2", (0, 1, 0, 1), Fraction(1, 20), "linear:2", "UQ0.8", "Q3.8"),
    Case("kink", "abs(x1 - x2)", (0, 1, 0, 1), Fraction(1, 30), "ternary", "Q0.4", "Q2.6"),
    Case("three", "x1*x2*x3", (0, 1) * 3, Fraction(1, 6), "linear:2", "Q0.3", "Q3.6"),
    Case("four", "x1+x2*x3-x4", (0, 1) * 4, Fraction(2, 3), "linear:2", "Q0.1", None, "fixed"),
)
every_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


@cache
def compiled(case: Case) -> BoxCompileResult:
    """The compilation of a case, done once for all laws."""
    return compile_box(
        case.text,
        domain=case.domain,
        error=case.error,
        codebook=case.codebook,
        inputs=case.inputs,
        activations=case.activations,
        method=case.method,
    )


def points(case: Case) -> list[tuple[Fraction, ...]]:
    form, domain = FixedPoint.parse(case.inputs), compiled(case).domain
    rows = [[form.value(k) for k in row] for row in grid_levels(form, domain)]
    return list(product(*rows))


@every_case
def test_the_error_is_proved_with_every_rounding_inside(case: Case) -> None:
    result = compiled(case)
    assert (result.status, result.inputs) == ("proved", case.inputs)
    verdict = result.verdict
    assert verdict is not None
    assert result.network is not None
    assert verdict.upper is not None
    assert 0 <= verdict.lower <= verdict.upper <= case.error
    inputs = points(case)
    assert verdict.cells == len(inputs)
    worst = Fraction(0)
    for x in inputs[:: max(1, len(inputs) // 1000)]:
        value, (y,) = result.target.at(x), evaluate(result.network, x)
        worst = max(worst, abs(value.lower - y), abs(value.upper - y))
    assert worst <= verdict.upper + Fraction(1, 10**12)
    value, (y,) = result.target.at(verdict.witness), evaluate(result.network, verdict.witness)
    assert max(value.upper - y, y - value.lower) >= verdict.lower


@every_case
def test_weights_and_activations_are_in_their_formats(case: Case, tmp_path) -> None:
    result = compiled(case)
    network = result.network
    assert network is not None
    assert network.weight_format is not None
    values = set(network.weight_format.values())
    assert all(weight in values for weight in network.weights())
    form = None if case.activations is None else FixedPoint.parse(case.activations)
    assert all(layer.output_format == form for layer in network.layers)
    assert result.measures == measure(network)
    save_network(network, tmp_path / "network.json")
    assert load_network(tmp_path / "network.json") == network


@every_case
def test_the_independent_checker_agrees(case: Case, tmp_path) -> None:
    verdict = compiled(case).verdict
    verdict.certificate.save(tmp_path / "certificate.json")  # type: ignore[union-attr]
    report = check_file(tmp_path / "certificate.json")
    assert (report.status, report.cells) == ("proved", len(points(case))), report.reason


@every_case
def test_the_engine_is_the_reference(case: Case) -> None:
    result = compiled(case)
    assert result.network is not None
    grid = export_inputs(result)
    levels = all_levels(grid, 300)
    engine = Engine(result.network, grid)
    found = engine.run(np.array(levels))[:, 0]
    for row, integer in zip(levels, found, strict=True):
        (exact,) = evaluate(result.network, [k * grid.step for k in row])
        assert int(integer) * engine.output_granules[0] == exact


def test_exports_have_the_same_bits_on_all_inputs_of_8_by_8_bits(tmp_path) -> None:
    from bitproof.interop import export_c, export_onnx, to_torch

    result = compiled(CASES[1])
    network = result.network
    assert network is not None
    grid = export_inputs(result)
    levels = all_levels(grid, 1 << 16)
    assert len(levels) == 1 << 16
    expected = exact_outputs(network, grid, levels)
    assert run_c(export_c(network, grid, tmp_path, "network"), levels) == expected
    assert_onnx(export_onnx(network, grid, tmp_path / "n.onnx"), grid, levels, expected)
    pytest.importorskip("torch")
    assert np.array_equal(
        run_torch(to_torch(network, grid), grid, levels), rounded(expected, "float64")
    )
