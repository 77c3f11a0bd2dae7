"""`bitproof represent`: files in, an exact network and its C file out; tables name the row."""

import json
from fractions import Fraction

import pytest
from click.testing import CliRunner

import bitproof
from bitproof.cli import cli
from bitproof.errors import InputError
from bitproof.execute.reference import evaluate
from bitproof.interop import export_c
from bitproof.network import load_network
from bitproof.pipeline.represent import represent
from tests.interop.running import run_c


def run(*args):
    return CliRunner().invoke(cli, ["represent", *map(str, args)], prog_name="bitproof")


def table(folder, text):
    path = folder / "table.csv"
    path.write_text(text)
    return path


def levels_table(folder, change=lambda rows: rows):
    rows = change([f"{k},{(3 * k) % 4 - 2}" for k in range(-3, 4)])
    return table(folder, "x,y\n" + "\n".join(rows) + "\n")


def test_a_table_becomes_its_network(tmp_path):
    done = run(levels_table(tmp_path), "--format", "2,2", "--out", tmp_path / "out", "--json")
    assert done.exit_code == 0, done.output
    answer = json.loads(done.output)
    assert answer["status"] == "exact"
    assert answer["inputs_checked"] == 7
    assert answer["bits"]["table"] == 21
    network = load_network(tmp_path / "out" / "network.json")
    for k in range(-3, 4):
        assert evaluate(network, [Fraction(k, 2)]) == (Fraction((3 * k) % 4 - 2, 2),)
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {
        "network.json",
        "network.c",
        "network.h",
        "network.onnx",
        "result.json",
    }


def test_an_expression_is_rounded_first():
    done = run("exp(x)", "--format", "3,4", "--activation", "gelu")
    assert done.exit_code == 0, done.output
    assert "|f - network| ≤ 1/8" in done.output
    assert "saturates" in done.output


def test_the_int8_table_in_c(tmp_path):
    result = represent("gelu(x)", "Q3.4")
    export = export_c(result.network, None, tmp_path, "gelu8")
    levels = [(k,) for k in range(-128, 128)]
    wanted = [(Fraction(value, 16),) for value in result.values]
    assert run_c(export, levels) == wanted
    assert result.nonzero_bits < result.table_bits == 2048


def test_every_operation_rounded_in_c(tmp_path):
    result = represent("sin(2*x)", "3,4", "gelu", rounding="every")
    export = export_c(result.network, None, tmp_path, "every")
    assert run_c(export, [(k,) for k in range(-7, 8)]) == [(Fraction(v, 4),) for v in result.values]


def test_the_gamma_table():
    result = bitproof.represent("examples/srgb.csv", "UQ4.4", "relu")
    assert result.inputs_checked == 256
    assert result.nonzero_bits < result.table_bits


def test_two_inputs_of_values(tmp_path):
    rows = [
        f"{Fraction(a, 2)},{Fraction(b, 2)},{Fraction(max(a, b), 2)}"
        for a in range(-1, 2)
        for b in range(-1, 2)
    ]
    path = table(tmp_path, "x1,x2,y\n" + "\n".join(rows) + "\n")
    assert represent(str(path), "1,2", "relu", dims=2).values == (-1, 0, 1, 0, 0, 1, 1, 1, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[:-1], "no row for the input 3 "),
        (lambda rows: [*rows, "0,1"], "row 9 of table.csv gives the input 0 again (first in row 5"),
        (lambda rows: [*rows[:-1], "3,4"], "row 8 of table.csv has the output 4"),
        (lambda rows: [*rows, "4,0"], "row 9 of table.csv has the input 4"),
        (lambda rows: [*rows[:-1], "3,soon"], "row 8 of table.csv"),
        (lambda rows: [*rows[:-1], "3,1,1"], "row 8 of table.csv has 3 columns"),
        (lambda rows: [*rows[:-1], "3,1/2"], "row 8 of table.csv has the output 1/2"),
    ],
)
def test_wrong_tables_name_the_row(tmp_path, change, message):
    path = levels_table(tmp_path, change)
    with pytest.raises(InputError) as caught:
        represent(str(path), "2,2")
    assert message in str(caught.value)


def test_what_cannot_be_computed_says_why():
    done = run("x", "--format", "3,4", "--activation", "sign")
    assert done.exit_code == 1
    assert "no network of any size" in done.stderr
    assert "congruent modulo 8" in done.stderr


def test_rounding_every_operation(tmp_path):
    from bitproof.network.arithmetic import Accumulation

    done = run(
        "x^2", "--format", "2,2", "--activation", "gelu", "--rounding", "every",
        "--out", str(tmp_path / "out"),
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "every operation rounded" in done.output
    network = load_network(tmp_path / "out" / "network.json")
    assert all(layer.accumulation is Accumulation.EVERY for layer in network.layers)
    for k in range(-3, 4):
        wanted = Fraction(min(round(Fraction(k * k, 2)), 3), 2)
        assert evaluate(network, [Fraction(k, 2)]) == (wanted,)
    assert (tmp_path / "out" / "network.c").exists()
    refused = run("x", "--format", "UQ2.1", "--rounding", "every")
    assert refused.exit_code == 1
    assert "only rise with the level" in refused.stderr
    assert run("x", "--format", "2,2", "--rounding", "every", "--weights", "binary").exit_code == 2


@pytest.mark.parametrize(
    "args",
    [
        ("x", "--format", "Q9"),
        ("x", "--format", "3,4", "--activation", "gelo"),
        ("x", "--format", "3,4", "--activation", "1/x"),
        ("1/x", "--format", "3,4"),
        ("missing.csv", "--format", "3,4"),
        ("x", "--format", "2,9", "--weights", "binary"),
        ("y", "--format", "3,4"),
    ],
)
def test_bad_input(args):
    done = run(*args)
    assert done.exit_code == 2, done.output
    assert "Traceback" not in done.output
    assert "fault of bitproof" not in done.output


def test_words_are_checked():
    for wrong in (
        {"ties": "odd"},
        {"bias": "none"},
        {"weights": "some"},
        {"minimise": "bits"},
        {"rounding": "twice"},
    ):
        with pytest.raises(InputError):
            represent("x", "2,2", **wrong)
