"""`bitproof export`: exact files, whole or not at all, with reasons for what is refused."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from bitproof.cli import cli
from bitproof.network import Convolution, Layer, Network, SparseMatrix, save_network


def run(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def network_file(tmp_path):
    conv = Convolution((1, 4, 4), 2, (2, 2), (1, -2, 3, 0, 2, 2, -1, 1))
    layer = Layer((0,), conv, tuple(range(18)), 4)
    save_network(Network(16, (layer,)), tmp_path / "n.json")
    return tmp_path / "n.json"


def test_both_files(network_file, tmp_path):
    out = tmp_path / "out"
    result = run(
        "export", network_file, "--domain", 0, 1, "--step", "1/255", "--out", out, "--json"
    )
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    assert data["onnx"]["form"] == "layers"
    assert data["c"]["sums"] == "int32_t"
    names = ["network.c", "network.h", "network.onnx"]
    assert sorted(path.name for path in out.iterdir()) == names


def test_a_grid_is_needed_and_the_folder_stays_empty(network_file, tmp_path):
    out = tmp_path / "out"
    result = run("export", network_file, "--out", out)
    assert result.exit_code == 2
    assert "--step" in result.output
    assert not out.exists()


def test_what_no_float_holds_is_written_as_c_alone(network_file, tmp_path):
    out, step = tmp_path / "out", "2^-60"
    result = run("export", network_file, "--domain", 0, "2^-32", "--step", step, "--out", out)
    assert result.exit_code == 0, result.output
    result = run(
        "export", network_file, "--domain", 0, 1, "--step", "2^-60", "--out", out, "--force"
    )
    assert result.exit_code == 2
    assert "32 bits" in result.output


def test_too_wide_for_everything(tmp_path):
    matrix = SparseMatrix.from_dense([[1 << 130]], columns=1)
    save_network(Network(1, (Layer((0,), matrix, (1,), 3),)), tmp_path / "n.json")
    out = tmp_path / "out"
    result = run("export", tmp_path / "n.json", "--domain", 0, 1, "--step", 1, "--out", out)
    assert result.exit_code == 2
    assert not out.exists()
