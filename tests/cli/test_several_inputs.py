"""`compile`, `certify`, `check` and `eval` with several inputs, as they are typed."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner

from bitproof.cli import cli


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, list(arguments), catch_exceptions=False)
    return result.exit_code, result.output


def test_a_function_of_two_inputs_from_compile_to_check(tmp_path: Path) -> None:
    out = tmp_path / "saddle"
    code, text = run(
        *("compile", "x1*x2", "--domain", "0", "1", "0", "1", "--error", "1/10"),
        *("--codebook", "linear:2", "--out", str(out)),
    )
    assert code == 0
    assert "[0, 1] × [0, 1]" in text
    assert "bilinear table" in text
    stored = json.loads((out / "result.json").read_text())["competitors"]["bilinear table"]
    assert (stored["entries"], Fraction(stored["error_upper"]) <= Fraction(1, 10)) == (4, True)
    assert "bilinear table" in (out / "report.html").read_text()
    assert run("check", str(out))[0] == 0
    code, text = run("eval", str(out), "1", "1", "--json")
    assert code == 0
    assert "1" in text
    code, text = run("certify", str(out), "--against", "x1*x2", "--error", "1/10", "--json")
    assert (code, json.loads(text)["status"]) == (0, "proved")
    code, text = run("certify", str(out), "--against", "x1*x2+1/5", "--error", "1/10")
    assert code == 1
    assert "refuted" in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["compile", "x1*x2"],
        ["compile", "x1*x2", "--error", "1/10", "--inputs", "Q0.x"],
        ["compile", "x1*x2", "--error", "1/10", "--inputs", "Q0.1", "--domain=1/8,1/4,0,1"],
        ["compile", "x1*x2", "--error", "1/10", "--activations", "Q3.12"],
        ["compile", "x1*x2", "--error", "1/10", "--method", "march"],
        ["compile", "x1/(x1-x2)", "--error", "1/10"],
        ["compile", "x1*x2", "--error", "1/10", "--domain", "0", "1"],
    ],
)
def test_what_does_not_apply_is_refused(arguments: list[str]) -> None:
    code, text = run(*arguments)
    assert code == 2
    assert "Traceback" not in text


def test_inputs_of_a_format_from_compile_to_check(tmp_path: Path) -> None:
    out = tmp_path / "saddle"
    code, text = run(
        *("compile", "x1*x2", "--error", "1/20", "--codebook", "linear:2", "--inputs", "UQ0.5"),
        *("--domain", "0", "1", "0", "1", "--out", str(out)),
    )
    assert code == 0
    assert "for every UQ0.5 input x in [0, 1] × [0, 1]" in text
    assert "1,024 inputs" in text
    assert json.loads((out / "result.json").read_text())["inputs"] == "UQ0.5"
    code, text = run("check", str(out))
    assert (code, "1,024 cells" in text) == (0, True)
    claim = ("certify", str(out), "--against", "x1*x2", "--inputs", "UQ0.5")
    code, text = run(*claim, "--json", "--out", str(tmp_path / "again.json"))
    assert code == 0
    assert (json.loads(text)["inputs"], json.loads(text)["cells"]) == ("UQ0.5", 1024)
    code, text = run(*claim, "--error", "1/1000")
    assert code == 1
    assert "refuted" in text


def test_too_many_inputs_are_proved_as_real_ones(tmp_path: Path) -> None:
    code, text = run(
        *("compile", "x1*x2", "--error", "1/10", "--codebook", "linear:2"),
        *("--domain", "0", "1", "0", "1", "--inputs", "Q0.15"),
    )
    assert code == 0
    assert "for every real x" in text
    assert "too many inputs of Q0.15" in text
