import gzip
import json
from fractions import Fraction

import pytest
from click.testing import CliRunner

from bitproof.cli import cli
from bitproof.execute.reference import evaluate
from bitproof.network import save_network
from tests.report.results import hinges, sine_result


def run(*args):
    return CliRunner().invoke(cli, [str(arg) for arg in args], prog_name="bitproof")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("result")
    result = sine_result()
    save_network(result.network, place / "network.json")
    save_network(result.network, place / "packed.json.gz")
    result.verdict.certificate.save(place / "certificate.json")
    return place


@pytest.mark.parametrize("name", ["network.json", "packed.json.gz", "certificate.json", ""])
def test_eval_is_exact_wherever_the_network_is(folder, name):
    xs = ["1/3", "-2", "0.25", "2^-8", "-1/7"]
    result = run("eval", folder / name, *xs, "--json")
    assert result.exit_code == 0, result.output
    values = json.loads(result.stdout)["values"]
    points = [Fraction(1, 3), Fraction(-2), Fraction(1, 4), Fraction(1, 256), Fraction(-1, 7)]
    for entry, x in zip(values, points, strict=True):
        assert Fraction(entry["x"][0]) == x
        assert Fraction(entry["value"][0]) == evaluate(hinges(), (x,))[0]
        assert entry["decimal"][0] == float(Fraction(entry["value"][0]))


def test_eval_prints_decimal_and_exact(folder):
    text = run("eval", folder, "1/3").stdout
    value = evaluate(hinges(), (Fraction(1, 3),))[0]
    assert str(value) in text
    assert f"{float(value):.6f}"[:7] in text


@pytest.mark.parametrize(
    ("args", "words"),
    [(["abc"], "'abc' is not a number"), ([], "X..."), (["1/0"], "divides by zero")],
)
def test_eval_refuses_what_is_not_a_number(folder, args, words):
    result = run("eval", folder / "network.json", *args)
    assert result.exit_code == 2
    assert words in result.stderr


@pytest.mark.parametrize("name", ["network.json", "packed.json.gz", "certificate.json"])
def test_show_counts_the_same_everywhere(folder, name):
    data = json.loads(run("show", folder / name, "--json").stdout)
    sizes = sine_result().measures
    assert data["bits"] == {
        "dense": sizes.dense_bits,
        "nonzero": sizes.nonzero_bits,
        "paper": sizes.paper_bits,
        "activation_tables": sizes.activation_bits,
    }
    assert (data["depth"], data["width"]) == (sizes.depth, sizes.width)
    assert data["weight_format"] == "Q(6,8)"
    assert data["found_in"] == ("certificate" if "certificate" in name else "network")
    text = run("show", folder / name).stdout
    assert "nonzero" in text
    assert "Q(6,8)" in text


HOSTILE = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b"NaN",
    b"[" * 100_000,
    b'{"format": "bitproof-network", "version": 1, "layers": 3}',
    b'{"format": "bitproof-network", "version": 1.0}',
    b'{"format": "bitproof-certificate"}',
    b"\xff\xfe\x00",
    gzip.compress(b"{", mtime=0),
    b"\x1f\x8b\x08garbage",
    b'{"format": "bitproof-network", "version": 1, "inputs": ' + b"9" * 5000 + b"}",
]


@pytest.mark.parametrize("command", ["show", "eval", "cite", "certify"])
@pytest.mark.parametrize("content", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_files_are_refused_with_words(tmp_path, command, content):
    path = tmp_path / "hostile.json"
    path.write_bytes(content)
    more = {"eval": ["1"], "certify": ["--against", "x"]}.get(command, [])
    result = run(command, path, *more)
    assert result.exit_code == 2, result.output
    assert "error:" in result.stderr
    assert "Traceback" not in result.output


def test_a_folder_without_a_network(tmp_path):
    result = run("show", tmp_path)
    assert result.exit_code == 2
    assert "no network in the folder" in result.stderr


def test_cite_prints_what_was_used(folder):
    everything = run("cite").stdout
    for number in ("1802.03646", "2405.01952", "2409.00297"):
        assert number in everything
    used = run("cite", folder / "network.json").stdout
    assert "2409.00297" not in used
    assert used.count("@") == 2
    keys = [entry["key"] for entry in json.loads(run("cite", "--json").stdout)["references"]]
    assert keys == [
        "ding2019universal",
        "ou2024three",
        "hwang2024expressive",
        "bartlett2019nearly",
    ]
