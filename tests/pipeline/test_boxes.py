"""Several inputs from end to end: compile, certify, check, export, all with the same bits."""

from __future__ import annotations

import json
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from bitproof.checker import check_file
from bitproof.errors import InputError
from bitproof.exact import Box
from bitproof.execute.reference import evaluate
from bitproof.network import load_network
from bitproof.pipeline.boxes import certify_box, compile_box, wants_box
from bitproof.pipeline.boxes.files import box_export_grid
from bitproof.report.box_page import box_page, write_box_result

F = Fraction


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("several") / "saddle"
    result = compile_box("x1*x2 - x1/2", error="1/20", codebook="linear:2")
    write_box_result(result, out, force=False)
    return out


def test_every_file_is_written_and_the_certificate_holds(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    assert names == {
        *("network.json", "certificate.json", "network.onnx", "network.c", "network.h"),
        *("result.json", "report.html", "maps.svg", "maps.png"),
    }
    report = check_file(folder / "certificate.json")
    assert report.status == "proved"
    summary = json.loads((folder / "result.json").read_text())
    assert F(summary["error"]["upper"]) <= F(1, 20)
    assert summary["domain"] == ["0", "1", "0", "1"]


def test_onnx_and_c_compute_the_same_numbers(folder: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    network = load_network(folder / "network.json")
    grid = box_export_grid(network, Box.unit(2))
    scale = grid.highest_levels[0]
    rng = np.random.default_rng(1)
    levels = np.concatenate([rng.integers(0, scale + 1, (40, 2)), [[0, 0], [scale, 0], [0, scale]]])
    expected = [evaluate(network, [F(int(k), scale) for k in pair])[0] for pair in levels]
    session = onnxruntime.InferenceSession(str(folder / "network.onnx"))
    inlet = session.get_inputs()[0]
    kind = np.float64 if "double" in inlet.type else np.float32
    found = session.run(None, {inlet.name: (levels / scale).astype(kind)})[0].ravel()
    assert [F(float(value)) for value in found] == expected


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no C compiler")
def test_the_c_file_passes_its_own_vectors(folder: Path, tmp_path: Path) -> None:
    program = tmp_path / "selftest"
    source = folder / "network.c"
    subprocess.run(
        ["gcc", "-std=c99", "-O1", "-DNETWORK_SELFTEST", str(source), "-o", str(program)],
        check=True,
    )
    done = subprocess.run([str(program)], check=True, capture_output=True, text=True)
    assert done.stdout.startswith("OK")


def test_the_network_is_certified_again(folder: Path) -> None:
    network = load_network(folder / "network.json")
    result = certify_box(network, "x1*x2 - x1/2", error="1/20")
    assert result.status == "proved"
    refuted = certify_box(network, "x1*x2", error="1/20")
    assert refuted.status == "refuted"
    assert refuted.to_dict()["witness"] == [str(x) for x in refuted.verdict.witness]


def test_formats_compete_and_limits_hold() -> None:
    result = compile_box("x1 + abs(x2 - 1/2)", error="1/10", weight_bits=4, max_depth=40)
    assert result.status == "proved"
    assert sum(row.chosen for row in result.candidates) == 1
    assert result.measures is not None
    assert result.measures.depth <= 40
    shallow = compile_box("x1*x2", error="1/10", codebook="linear:2", max_depth=2)
    assert shallow.status == "no design"
    assert shallow.network is None
    assert shallow.needed


def test_four_inputs_are_sampled_and_not_certified() -> None:
    from bitproof.network import Activation, Layer, Network, SparseMatrix

    matrix = SparseMatrix.from_dense([[1, 1, 1, 1]], columns=4)
    network = Network(4, (Layer((0,), matrix, (0,), 1, Activation.IDENTITY),))
    result = certify_box(network, "x1 + x2 + x3 + x4", error="1/10")
    assert result.status == "undecided"
    assert result.verdict.upper is None
    assert "4 inputs" in result.to_dict()["reason"]
    other = certify_box(network, "x1 + x2 + x3", error="1/10")
    assert (other.status, other.verdict.lower) == ("undecided", 1)


def test_pages_escape_what_the_user_wrote() -> None:
    result = compile_box("where(x1 < 1/2, x2, x2)", error="1/4", codebook="linear:2")
    page = box_page(result)
    assert "x1 &lt; 1/2" in page
    assert "x1 < 1/2" not in page


@pytest.mark.parametrize(
    ("target", "domain", "several"),
    [
        ("x1*x2", None, True),
        ("x", (0, 1), False),
        ("x1", (0, 1, 0, 1), True),
        ("x1", Box.unit(3), True),
        ("sin(", None, False),
    ],
)
def test_several_inputs_are_recognised(target: str, domain: object, *, several: bool) -> None:
    assert wants_box(target, domain) is several


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"domain": (0, 1)}, "x2"),
        ({"domain": (0, 1, 0)}, "ends"),
        ({"domain": (0, 1, 1, 1)}, "flat"),
        ({"method": "march"}, "method"),
        ({"interpolation": "bilinear"}, "tables only"),
    ],
)
def test_wrong_requests_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        compile_box("x1*x2", error="1/10", **options)  # type: ignore[arg-type]


def test_a_fixed_structure_is_certified_and_promised_where_time_runs_out():
    asked = {"error": "1/4", "codebook": "linear:2", "method": "fixed", "memory": "paper"}
    proved = compile_box("x1*x2", **asked)
    assert proved.status == "proved"
    sizes = {dict(c.details)["layout"]: c.measures.paper_bits for c in proved.candidates}
    assert set(sizes) == {"switched-rows", "hats"}
    assert all(c.status == "proved" for c in proved.candidates)
    chosen = dict(proved.construction.details)["layout"]
    assert sizes[chosen] == min(sizes.values())
    paths = compile_box("x1*x2", smoothness=1, **asked)
    assert dict(paths.construction.details)["layout"] == "envelope"
    with pytest.raises(InputError, match="smoothness 3"):
        compile_box("x1*x2", smoothness=3, **asked)
    promised = compile_box("x1*x2", seconds=0.001, **asked)
    assert promised.status == "promised"
    assert promised.construction.claimed_error <= Fraction(1, 4)
