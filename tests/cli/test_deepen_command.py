"""`bitproof deepen` on files: equal, in the format asked for, nothing half-written."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from click.testing import CliRunner

from bitproof.cli import cli
from bitproof.exact import Q
from bitproof.execute.reference import evaluate
from bitproof.network import Activation, Layer, Network, SparseMatrix, load_network, save_network


@pytest.fixture
def network_file(tmp_path):
    hidden = Layer((0,), SparseMatrix.from_dense([[181], [-77]], columns=1), (33, 5), 256)
    output = Layer(
        (1,), SparseMatrix.from_dense([[91, -200]], columns=2), (-17,), 256, Activation.IDENTITY
    )
    save_network(Network(1, (hidden, output), Q(-1, 8)), tmp_path / "n.json")
    return tmp_path / "n.json"


def run(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.mark.parametrize("bits", [2, 3, 5, 8])
def test_the_file_holds_an_equal_network(network_file, tmp_path, bits):
    out = tmp_path / f"deep{bits}.json"
    result = run("deepen", network_file, "--weight-bits", bits, "--out", out, "--json")
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    assert data["status"] == "proved"
    deep, original = load_network(out), load_network(network_file)
    assert deep.weight_format.bits == bits
    for k in range(-9, 10):
        assert evaluate(deep, [Fraction(k, 7)]) == evaluate(original, [Fraction(k, 7)])


def test_an_existing_file_is_kept_without_force(network_file, tmp_path):
    out = tmp_path / "deep.json"
    out.write_text("mine")
    result = run("deepen", network_file, "--weight-bits", 3, "--out", out)
    assert result.exit_code == 2
    assert out.read_text() == "mine"
    assert run("deepen", network_file, "--weight-bits", 3, "--out", out, "--force").exit_code == 0
    assert load_network(out).weight_format.bits == 3


def test_thirds_are_refused_with_the_remedy(tmp_path):
    layer = Layer((0,), SparseMatrix.from_dense([[1]], columns=1), (0,), 3, Activation.IDENTITY)
    save_network(Network(1, (layer,)), tmp_path / "n.json")
    result = run("deepen", tmp_path / "n.json", "--weight-bits", 3)
    assert result.exit_code == 2
    assert "1/3" in result.output


def test_float_weights_in_bulk_are_to_be_rounded_first(tmp_path):
    entries = [[(7919 * (r + c)) % 1009 + 1 for c in range(300)] for r in range(300)]
    layer = Layer((0,), SparseMatrix.from_dense(entries, columns=300), (0,) * 300, 1 << 120)
    save_network(Network(300, (layer,)), tmp_path / "wide.json")
    result = run("deepen", tmp_path / "wide.json", "--weight-bits", 2)
    assert result.exit_code == 2
    assert "--round-to" in result.output


def test_rounded_first(tmp_path):
    matrix = SparseMatrix.from_dense([[3, -1]], columns=2)
    save_network(Network(2, (Layer((0,), matrix, (1,), 7),)), tmp_path / "thirds.json")
    refused = run("deepen", tmp_path / "thirds.json", "--weight-bits", 2)
    assert refused.exit_code == 2
    done = run("deepen", tmp_path / "thirds.json", "--weight-bits", 2, "--round-to", 6, "--json")
    data = json.loads(done.stdout)
    assert (data["status"], data["rounded_to_bits"]) == ("proved", 6)
    assert data["before"]["multiplications"] == 2
