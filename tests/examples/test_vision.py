"""The vision demonstration: its model is read exactly, its command runs, its proofs hold."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import bitproof
from bitproof.exact import Interval
from bitproof.execute.fast import Engine
from bitproof.execute.ranges import InputGrid
from bitproof.network import Convolution, Network

VISION = Path(__file__).resolve().parents[2] / "examples/vision"


def images() -> tuple[np.ndarray, np.ndarray]:
    with (VISION / "digits_test.csv").open(newline="") as file:
        rows = np.array([list(map(int, row)) for row in csv.reader(file)])
    return rows[:, 1:], rows[:, 0]


def outputs(network: Network, levels: np.ndarray) -> list[list[Fraction]]:
    unit = Interval(Fraction(0), Fraction(1))
    grid = InputGrid.on_interval(unit, Fraction(1, 16), inputs=network.inputs)
    engine = Engine(network, grid)
    rows = engine.run(levels).tolist()
    return [[int(k) * g for k, g in zip(row, engine.output_granules, strict=True)] for row in rows]


def test_the_model_is_exact_and_good() -> None:
    levels, labels = images()
    network = bitproof.import_onnx(VISION / "digits.onnx").network
    assert sum(isinstance(layer.matrix, Convolution) for layer in network.layers) == 2
    exact = outputs(network, levels)
    right = sum(row.index(max(row)) == label for row, label in zip(exact, labels, strict=True))
    assert right == 279
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(str(VISION / "digits.onnx"))
    x = (levels / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    found = session.run(None, {"x": x})[0]
    assert np.abs(found - np.array(exact, float)).max() < 1e-5


def test_deepened_to_two_bits_it_is_equal_on_every_image() -> None:
    levels, _ = images()
    result = bitproof.deepen(
        VISION / "digits.onnx", round_to=8, weight_bits=2, nonnegative_inputs=True
    )
    assert result.status == "proved"
    assert result.network.weight_format.bits == 2
    assert result.after.nonzero_bits <= 2.5 * result.before.nonzero_bits
    assert outputs(result.network, levels) == outputs(result.original, levels)


def test_one_command_writes_the_page(tmp_path: Path) -> None:
    command = [sys.executable, str(VISION / "run.py"), "--boxes", "1", "--out", str(tmp_path)]
    environment = {k: v for k, v in os.environ.items() if k != "BITPROOF_DATA"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "result.json").read_text())["digits"]
    assert [row["name"] for row in rows] == [
        "float32",
        "8 bits",
        "4 bits",
        "3 bits",
        "2 bits",
        "ternary",
        "8 bits deepened to 2",
    ]
    for row in rows[1:6]:
        assert 0 < row["attained"] <= row["error"]
        assert row["same"] <= 297
    errors = [row["error"] for row in rows[1:4]]
    assert errors == sorted(errors)
    page = (tmp_path / "index.html").read_text()
    assert page.count("<svg") == 1 + 2
    assert "http" not in page
