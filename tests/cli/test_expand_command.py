"""`bitproof expand`: proofs, sizes, files and refusals."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bitproof.cli import cli
from bitproof.network import load_network, save_network
from tests.transform.test_codebook_expansion import random_mlp


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["expand", *map(str, arguments)])


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    path = tmp_path / "trained.json"
    save_network(random_mlp((1, 6, 1), 2), path)
    return path


def test_the_cheapest_certified_network_is_kept(trained: Path, tmp_path: Path):
    out = tmp_path / "two.json"
    result = run(trained, "--codebook", "linear:2", "--error", "1e-2", "--out", out, "--json")
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    assert data["status"] == "proved"
    assert Fraction(data["upper"]) <= Fraction(1, 100)
    assert Fraction(data["certified"]["lower"]) > 0
    network = load_network(out)
    assert set(network.weights()) <= {Fraction(-1), Fraction(1, 2)}
    assert data["after"]["bits"]["nonzero"] == data["after"]["weights"]
    text = run(trained, "--codebook", "linear:2", "--error", "1e-2").output
    assert "on the domain" in text
    assert "edges for each weight" in text
    assert "bound by propagation" in text


def test_several_inputs_are_claimed(tmp_path: Path):
    path = tmp_path / "two_inputs.json"
    save_network(random_mlp((2, 4, 2), 2), path)
    options = ("--codebook", "linear:3", "--error", "1/50", "--domain", -1, 1, 0, 2, "--json")
    data = json.loads(run(path, *options).stdout)
    assert (data["status"], data["certified"]) == ("claimed", None)
    assert data["box"] == [["-1", "1"], ["0", "2"]]
    assert Fraction(data["bound"]) <= Fraction(1, 50)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--codebook=-1,1"], "integers"),
        (["--codebook", "1/2,1"], "no negative value"),
        (["--codebook", "linear:2", "--domain", "0", "1", "2", "3"], "a domain of 4 numbers"),
        (["--codebook", "linear:3"], "--error"),
        (["--codebook", "linear:2", "--error", "0"], "error"),
        ([], "--codebook"),
    ],
)
def test_refusals(arguments: list[str], message: str, trained: Path, tmp_path: Path):
    out = tmp_path / "none.json"
    result = run(trained, *arguments, "--out", out)
    assert result.exit_code != 0
    said = result.output + str(result.exception)
    assert message in said
    assert not out.exists()


def test_an_existing_file_stays(trained: Path):
    before = trained.read_bytes()
    result = run(trained, "--codebook", "linear:2", "--error", "1/10", "--out", trained)
    assert result.exit_code != 0
    assert "--force" in result.output + str(result.exception)
    assert trained.read_bytes() == before
