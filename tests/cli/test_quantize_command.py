"""`bitproof quantize`: from a model and its boxes to a verdict, a folder and an exit code."""

from __future__ import annotations

import json
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import bitproof
from bitproof.certify.difference.stack import Stack
from bitproof.cli import main
from bitproof.execute.reference import evaluate
from bitproof.network import save_network
from tests.certify.difference import pairs
from tests.interop.running import compile_c


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.json"
    save_network(pairs.network((2, 6, 6, 3), 5), path)
    return path


@pytest.fixture
def run(monkeypatch, capsys):
    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["bitproof", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        output = capsys.readouterr()
        code = stopped.value.code
        return (code if isinstance(code, int) else 0), output.out, output.err

    return call


def test_a_box_is_certified_and_a_folder_written(model: Path, tmp_path: Path, run) -> None:
    box = tmp_path / "box.csv"
    box.write_text("lower,upper\n-1/2,1/2\n-0.5,0.5\n")
    out = tmp_path / "small"
    code, text, _ = run("quantize", model, "--weight-bits", 6, "--box", box, "--out", out)
    assert code == 0
    assert "proved" in text
    result = json.loads((out / "result.json").read_text())
    assert result["status"] == "proved"
    assert Fraction(result["lower"]) <= Fraction(result["upper"])
    assert {"network", "onnx", "c", "result", "certificate", "report"} <= set(result["files"])
    page = (out / "report.html").read_text()
    assert "<svg" in page
    assert "every input of the box" in page
    code, text, _ = run("check", out)
    assert code == 0
    assert "proved" in text
    code, _, error = run("quantize", model, "--weight-bits", 6, "--box", box, "--out", out)
    assert code == 2
    assert "--force" in error


def test_listed_inputs_are_decided_exactly(model: Path, tmp_path: Path, run) -> None:
    inputs = tmp_path / "inputs.csv"
    inputs.write_text("1,12,200\n0,255,0\n2,3,128\n")
    arguments = ["--around", inputs, "--radius", "1/255", "--inputs", "uint8", "--json"]
    code, text, _ = run("quantize", model, "--weight-bits", 8, *arguments)
    result = json.loads(text)
    assert code == 0
    assert len(result["cases"]) == 3
    assert result["same_class"] == [3, 3]
    assert sum(result["same_class_on_box"].values()) == 3
    exact = [Fraction(x) for x in result["cases"][0]["outputs"]]
    point = (Fraction(12, 255), Fraction(200, 255))
    assert exact == bitproof.evaluate(model, point)


@pytest.mark.parametrize("error", [None, "1/4"])
def test_large_networks_at_inputs_are_decided_without_bounding(
    model: Path, tmp_path: Path, run, monkeypatch, error: str | None
) -> None:
    monkeypatch.setattr("bitproof.pipeline.quantize_rounding.LARGE", 0)
    monkeypatch.setattr(Stack, "of", lambda *_: pytest.fail("bounded"))
    listed = tmp_path / "inputs.csv"
    listed.write_text("1/3,-0.25\n0.5,1\n")
    bits = {"weight_bits": 6} if error is None else {"max_error": error}
    found = bitproof.quantize(model, around=listed, out=tmp_path / "out", **bits)
    assert found.status == "proved"
    pair = bitproof.load(model), found.network
    for case in found.cases:
        outputs = [evaluate(network, case.case.point) for network in pair]
        largest = max(abs(a - b) for a, b in zip(*outputs, strict=True))
        assert case.difference.lower == largest
        assert largest <= case.difference.upper <= largest * Fraction(1001, 1000) + Fraction(1, 8)
    assert run("check", tmp_path / "out")[0] == 0


def test_an_error_takes_the_fewest_bits_that_prove_it(model: Path) -> None:
    box = [(-1, 1), (-1, 1)]
    loose = bitproof.quantize(model, max_error="1/4", box=box, scale="layer", rounding="nearest")
    tight = bitproof.quantize(model, max_error="1/20", box=box, scale="layer", rounding="nearest")
    assert loose.status == tight.status == "proved"
    assert loose.upper is not None
    assert tight.upper is not None
    assert loose.upper <= Fraction(1, 4)
    assert tight.upper <= Fraction(1, 20)
    assert loose.after.dense_bits < tight.after.dense_bits
    refuted = bitproof.quantize(model, weight_bits=2, max_error="1/1000", box=box)
    assert refuted.status == "refuted"
    assert refuted.lower > Fraction(1, 1000)


def test_a_memory_is_kept_to(model: Path) -> None:
    box = [(-1, 1), (-1, 1)]
    arguments = {"box": box, "scale": "layer", "rounding": "nearest"}
    result = bitproof.quantize(model, memory=700, **arguments)
    assert result.after.dense_bits <= 700
    larger = bitproof.quantize(model, memory=900, **arguments)
    assert 700 < larger.after.dense_bits <= 900
    with pytest.raises(bitproof.errors.NoDesignError, match="too few"):
        bitproof.quantize(model, memory=100, **arguments)


def test_without_a_box_it_says_what_to_give(model: Path, run) -> None:
    code, _, error = run("quantize", model, "--weight-bits", 4)
    assert code == 2
    assert "--box" in error
    assert "--around" in error
    code, text, _ = run("quantize", model, "--weight-bits", 8, "--inputs", "uint8", "--quiet")
    assert code == 0
    assert "every input" in text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("0,1\n", "lines for 2 inputs"),
        ("0,1\n1,0\n", "empty"),
        ("0,1\nx,1\n", "line 2"),
        ("0,1,2\n0,1,2\n", "lines for 2 inputs"),
        ("0,1e400\n0,1\n", "beyond 2^200"),
        ("0,1/0\n0,1\n", "line"),
    ],
)
def test_bad_boxes_are_refused(model: Path, tmp_path: Path, run, content: str, words: str) -> None:
    box = tmp_path / "box.csv"
    box.write_text(content)
    code, _, error = run("quantize", model, "--weight-bits", 4, "--box", box)
    assert code == 2
    assert words in error


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--radius", "1/10"], "--around"),
        (["--inputs", "Q99"], "Q99"),
        (["--inputs", "uint8", "--memory", "100"], "one of the three"),
        (["--inputs", "uint8", "--codebook", "ternary"], "codebook"),
        (["--inputs", "uint8", "--time-limit", "0"], "time limit"),
        (["--inputs", "uint8", "--slack", "0"], "positive"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    model: Path, run, options: list[str], words: str
) -> None:
    code, _, error = run("quantize", model, "--weight-bits", 4, *options)
    assert code == 2
    assert words in error


def test_bad_lists_are_refused(model: Path, tmp_path: Path, run) -> None:
    inputs = tmp_path / "inputs.csv"
    inputs.write_text("1,2,3,4\n")
    code, _, error = run("quantize", model, "--weight-bits", 4, "--around", inputs)
    assert code == 2
    assert "line 1 holds 4 numbers" in error
    inputs.write_text("300,0\n")
    code, _, error = run(
        "quantize", model, "--weight-bits", 4, "--around", inputs, "--inputs", "uint8"
    )
    assert code == 2
    assert "outside" in error


def test_the_exports_compute_the_same_bits(model: Path, tmp_path: Path) -> None:
    """ONNX by onnxruntime and C by its golden vectors, against the reference."""
    onnxruntime = pytest.importorskip("onnxruntime")
    out = tmp_path / "small"
    points = [(0, 255), (17, 3), (128, 200)]
    result = bitproof.quantize(
        model, weight_bits=5, around=points, radius="1/255", inputs="uint8", out=out
    )
    session = onnxruntime.InferenceSession(
        str(out / "network.onnx"), providers=["CPUExecutionProvider"]
    )
    kind = np.float32 if session.get_inputs()[0].type == "tensor(float)" else np.float64
    exact = [[Fraction(k, 255) for k in point] for point in points]
    wanted = np.array([[float(y) for y in evaluate(result.network, x)] for x in exact]).astype(kind)
    given = np.array([[float(x) for x in row] for row in exact]).astype(kind)
    assert (session.run(None, {"x": given})[0] == wanted).all()
    program = tmp_path / "selftest"
    compile_c(out / "network.c", program, "-DNETWORK_SELFTEST")
    assert subprocess.run([str(program)], check=False, capture_output=True).returncode == 0
