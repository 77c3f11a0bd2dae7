import json

import pytest
from click.testing import CliRunner

from bitproof.cli import cli
from bitproof.exact.fixed_point import FixedPoint
from bitproof.theory.arithmetic import Arithmetic
from bitproof.theory.representable import NotRepresentable, representable

KEYS = {"verdict", "theorem", "necessary", "sufficient", "witness"}


def run(*args):
    return CliRunner().invoke(cli, ["express", *map(str, args)], prog_name="bitproof")


def run_json(*args):
    result = run(*args, "--json")
    return result.exit_code, json.loads(result.stdout)


@pytest.mark.parametrize("name", ["sigmoid", "relu", "elu", "softplus", "silu", "mish", "gelu"])
def test_the_seven_are_universal_at_8_bits(name):
    code, data = run_json(name, "--format", "Q3.4")
    assert code == 0
    assert data.keys() >= KEYS
    assert data["verdict"] == "universal"
    assert data["necessary"]["holds"] is True
    assert data["sufficient"]["holds"] is True
    assert data["witness"]["kind"] == "indicator networks"
    assert data["verified"] is True
    assert data["paper"]["sufficient"]["named"] is True


def test_sign_is_not_and_the_witness_holds():
    code, data = run_json("sign", "--format", "3,4")
    assert code == 1
    assert data["verdict"] == "not universal"
    assert data["numbers"]["D"] == 8
    assert data["verified"] is True
    function = {tuple(row["x"]): row["value"] for row in data["witness"]["function"]}
    form = FixedPoint.symmetric(3, 4)
    table = data["activation"]["values"]
    assert isinstance(representable(table, Arithmetic.of(form), function), NotRepresentable)


def test_inputs_that_are_never_told_apart():
    code, data = run_json("relu", "--format", "2,7")
    assert (code, data["verdict"], data["witness"]["forbidden_by"]) == (
        1,
        "not universal",
        "separation",
    )


def test_an_activation_rounded_to_a_constant():
    code, data = run_json("sigmoid", "--format", "2,7")
    assert (code, data["witness"]["forbidden_by"]) == (1, "constant")


def test_undecided_says_what_is_known():
    code, data = run_json("identity", "--format", "1,2", "--rounding", "every", "--ties", "up")
    assert (code, data["verdict"], data["witness"]) == (1, "undecided", None)
    assert "necessary" in data["known"]
    assert data["necessary"]["holds"] is True
    assert data["sufficient"]["holds"] is False


def test_rounding_every_operation():
    code, data = run_json("sign", "--format", "3,4", "--rounding", "every")
    assert (code, data["verdict"], data["theorem"]) == (0, "universal", "Theorem E")
    assert data["verified"] is True
    assert data["witness"]["kind"] == "networks rounded after every operation"
    assert len(data["witness"]["layers"]) == data["witness"]["hidden_layers"] == 4
    shown = run("gelu", "--format", "3,4", "--rounding", "every")
    assert "every operation rounded" in shown.output
    code, data = run_json("relu", "--format", "UQ2.0", "--rounding", "every")
    assert (code, data["verdict"], data["theorem"]) == (1, "not universal", "Theorem E, order")
    assert [len(point["x"]) for point in data["witness"]["function"]] == [2, 2, 2, 2]


@pytest.mark.parametrize(
    ("args", "verdict", "code"),
    [
        (("relu", "--format", "1,1", "--dims", 2), "universal", 0),
        (("sign", "--format", "2,3"), "not universal", 1),
        (("relu", "--format", "1,1", "--weights", "binary", "--bias", "same"), "universal", 0),
        (("step", "--format", "1,2", "--rounding", "every"), "not universal", 1),
    ],
)
def test_brute_force_agrees(args, verdict, code):
    found, data = run_json(*args, "--brute-force")
    assert (found, data["verdict"]) == (code, verdict)
    assert data["oracle"]["exact"] is True
    if verdict != "undecided":
        assert data["oracle"]["universal"] == (verdict == "universal")


def test_brute_force_agrees_beyond_the_weights_reach():
    verdicts = set()
    for name in ("step", "abs", "identity", "relu", "where(x > 0, 1, 0)", "where(x < 0, 1, 0)"):
        for scale in (1, 2, 3):
            _, data = run_json(
                name, "--format", f"1,{scale}", "--rounding", "every", "--brute-force"
            )
            verdicts.add(data["verdict"])
            assert data["oracle"]["universal"] == (data["verdict"] == "universal")
    assert verdicts == {"universal", "not universal"}


def test_every_option_is_taken():
    code, data = run_json(
        "max(0, x)^2", "--format", "4,8", "--ties", "truncate", "--bias", "accumulator",
        "--weights", "ternary",
    )  # fmt: skip
    assert code in (0, 1)
    assert data["arithmetic"] == {
        "format": "4,8",
        "lowest": -15,
        "highest": 15,
        "scale": 8,
        "ties": "truncate",
        "bias": "wide",
        "bias_unit": 1,
        "weights": "ternary",
        "rounding": "once",
    }


def test_a_table_from_a_file(tmp_path):
    file = tmp_path / "table.csv"
    file.write_text("level,value\n" + "\n".join(f"{k},{k % 2}" for k in range(-3, 4)) + "\n")
    code, data = run_json(file, "--format", "2,3")
    assert code == 0
    assert data["activation"]["values"] == [1, 0, 1, 0, 1, 0, 1]


def test_an_expression_may_begin_with_a_minus():
    assert run_json("-x", "--format", "2,3")[1]["verdict"] == "universal"


def test_the_text_says_the_verdict_and_the_function():
    universal = run("relu", "--format", "3,4").stdout
    assert universal.startswith("✓ universal")
    assert "✓ run on every level" in universal
    refused = run("sign", "--format", "3,4").stdout
    assert refused.startswith("✗ not universal")
    assert "f(1/4)" in refused
    assert "residue" in refused
    undecided = run("identity", "--format", "1,2", "--ties", "up", "--rounding", "every").stdout
    assert undecided.startswith("? undecided")
    assert "enumerated" in run("relu", "--format", "1,1", "--brute-force").stdout


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("relu", "--format", "Q3"), "not a fixed-point format"),
        (("rleu", "--format", "3,4"), "did you mean"),
        (("1/x", "--format", "3,4"), "level 0"),
        (("relu", "--format", "20,4"), "levels"),
        (("relu", "--format", "7,4", "--brute-force"), "brute force"),
        (("relu", "--format", "1,1", "--dims", "0"), "--dims"),
        (("relu", "--format", "1,1", "--ties", "odd"), "--ties"),
        (("missing.csv", "--format", "1,1"), "missing.csv"),
        (("relu",), "--format"),
    ],
)
def test_wrong_input_is_explained(args, words):
    result = run(*args)
    assert result.exit_code == 2
    assert words in result.output + result.stderr
    assert "Traceback" not in result.output + result.stderr


def test_the_verb_of_the_package():
    import bitproof

    result = bitproof.express([0, 0, 1], "1,1")
    assert result.verdict == "universal"
    assert result.to_dict()["activation"]["name"] == "table"
    with pytest.raises(bitproof.errors.InputError, match="one of full"):
        bitproof.express("relu", "1,1", weights="some")
