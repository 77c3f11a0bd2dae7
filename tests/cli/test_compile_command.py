import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner

from bitproof.cli import cli
from bitproof.cli.compile_command import command
from bitproof.pipeline.boxes.methods import METHODS as BOX_METHODS
from bitproof.pipeline.request import COUNTS, METHODS
from tests.report.results import no_design, sine_result

TARGET = "abs(x-1/2)"
KEYS = {
    "status",
    "method",
    "error",
    "weights",
    "width",
    "depth",
    "bits",
    "weight_format",
    "candidates",
    "competitors",
    "files",
    "seconds",
}


def run(*args):
    return CliRunner().invoke(cli, [str(arg) for arg in args], prog_name="bitproof")


@pytest.fixture
def given(monkeypatch):
    """The options `compile` was called with; it returns a result made beforehand."""
    seen = {}

    def pretend(target, **options):
        seen.update(options, target=target)
        return seen.get("result") or sine_result()

    monkeypatch.setattr("bitproof.pipeline.compile.compile", pretend)
    return seen


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compiled") / "out"
    result = run("compile", TARGET, "--error", "1/100", "--out", folder, "--json")
    assert result.exit_code == 0, result.output
    return folder, json.loads(result.stdout)


def test_every_option_arrives(given):
    args = ["-x^2", "--domain", "-8", "8", "--error", "2^-8", "--codebook", "linear:3"]
    args += [
        "--inputs",
        "Q4.4",
        "--activations",
        "Q5.8",
        "--method",
        "march",
        "--memory",
        "paper",
        "--max-depth",
        "9",
    ]
    args += ["--structure", "free", "--smoothness", "2"]
    assert run("compile", *args, "--max-width", "3", "--quiet").exit_code == 0
    assert given.pop("progress") is not None
    assert given == {
        "target": "-x^2",
        "memory_limit": None,
        "structure": "free",
        "smoothness": 2,
        "domain": (Fraction(-8), Fraction(8)),
        "error": Fraction(1, 256),
        "weight_bits": None,
        "codebook": "linear:3",
        "inputs": "Q4.4",
        "activations": "Q5.8",
        "method": "march",
        "memory": "paper",
        "max_depth": 9,
        "max_width": 3,
    }


def test_the_choices_are_the_pipelines():
    choices = {option.name: getattr(option.type, "choices", None) for option in command.params}
    assert tuple(choices["method"]) == (*METHODS, *BOX_METHODS)
    assert tuple(choices["memory"]) == COUNTS


def test_quiet_prints_one_line(given):
    result = run("compile", "x", "--error", "1/40", "--quiet")
    assert result.stdout.startswith("✓ proved  |f(x) − N(x)| ≤ 0.0181 ≤ 0.025")
    assert len(result.stdout.splitlines()) == 1


@pytest.mark.parametrize("flags", [[], ["--json"], ["--quiet"]])
def test_without_a_design_it_exits_1_and_says_what_is_needed(given, flags, tmp_path):
    given["result"] = no_design()
    result = run("compile", "x", "--error", "1/40", "--out", tmp_path / "out", *flags)
    assert result.exit_code == 1
    assert "a depth of 2 would do" in " ".join(result.stdout.split())
    if "--json" in flags:
        data = json.loads(result.stdout)
        assert data["status"] == "no design"
        assert data["bits"] is None
    assert not (tmp_path / "out").exists()


def test_the_json_object(compiled):
    _, data = compiled
    assert set(data) >= KEYS
    assert data["status"] == "proved"
    error = data["error"]
    assert error["requested"] == "1/100"
    assert Fraction(error["lower"]) <= Fraction(error["upper"]) <= Fraction(1, 100)
    assert Fraction(str(error["upper_decimal"])) >= Fraction(error["upper"])
    assert set(data["bits"]) == {"dense", "nonzero", "paper", "activation_tables"}
    assert sum(row["chosen"] for row in data["candidates"]) == 1
    assert data["competitors"]
    assert all(isinstance(row["bits"], int) for row in data["competitors"].values())
    assert {"network", "certificate", "report"} <= set(data["files"])
    assert all(Path(path).is_file() for path in data["files"].values())


def test_the_folder_is_whole_and_holds_nothing_else(compiled):
    folder, data = compiled
    assert {path.name for path in folder.iterdir()} == {
        Path(path).name for path in data["files"].values()
    }
    assert list(folder.parent.iterdir()) == [folder]
    summary = json.loads((folder / "result.json").read_text())
    assert summary["files"]["report"] == "report.html"
    assert summary["error"] == data["error"]


def test_what_it_wrote_is_checked_shown_and_evaluated(compiled):
    folder, data = compiled
    checked = run("check", folder, "--json")
    assert checked.exit_code == 0, checked.output
    report = json.loads(checked.stdout)
    assert report["status"] == "proved"
    assert Fraction(report["upper"]) == Fraction(data["error"]["upper"])
    assert "proved" in run("check", folder / "certificate.json").stdout
    shown = json.loads(run("show", folder, "--json").stdout)
    assert shown["bits"] == data["bits"]
    value = json.loads(run("eval", folder, "1/4", "--json").stdout)["values"][0]["value"][0]
    assert abs(Fraction(value) - Fraction(1, 4)) <= Fraction(1, 100)


def test_a_tampered_certificate_exits_1(compiled, tmp_path):
    folder, _ = compiled
    data = json.loads((folder / "certificate.json").read_text())
    data["claim"]["upper"] = "1/100000"
    (tmp_path / "c.json").write_text(json.dumps(data))
    result = run("check", tmp_path / "c.json", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["status"] == "invalid"
    assert run("check", tmp_path / "c.json").stdout.startswith("✗ invalid")


def test_certify_and_its_exit_codes(compiled, tmp_path):
    folder, data = compiled
    again = run("certify", folder, "--against", TARGET, "--error", "1/100", "--json")
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout)["status"] == "proved"
    certificate = tmp_path / "refuted.json"
    args = ("certify", folder, "--against", TARGET, "--error", "1e-9", "--out", certificate)
    refuted = run(*args)
    if Fraction(data["error"]["lower"]) > Fraction(1, 10**9):
        assert refuted.exit_code == 1
        assert "> 0.000000001" in refuted.stdout or "> 1e-09" in refuted.stdout
        assert run("check", certificate).exit_code == 1
        assert "add --force" in run(*args).stderr
    missing = run("certify", folder, "--against", TARGET, "--out", tmp_path / "no" / "c.json")
    assert missing.exit_code == 2
    itself = run("certify", folder, "--against", folder / "network.json", "--json")
    assert json.loads(itself.stdout)["upper"] == "0"


def test_a_folder_that_holds_something_needs_force(compiled, tmp_path):
    (tmp_path / "mine.txt").write_text("keep me")
    refused = run("compile", TARGET, "--error", "1/10", "--out", tmp_path)
    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    assert list(tmp_path.iterdir()) == [tmp_path / "mine.txt"]
    forced = run("compile", TARGET, "--error", "1/10", "--out", tmp_path, "--force", "--quiet")
    assert forced.exit_code == 0, forced.output
    assert (tmp_path / "mine.txt").read_text() == "keep me"
    assert (tmp_path / "report.html").is_file()


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("1/x", "1/x"),
        ("sin(x", ")"),
        ("__import__('os').system('true')", "error"),
        ("y+1", "y"),
        ("no_such_table.csv", "no_such_table.csv"),
        ("", "error"),
        ("(" * 5000, "error"),
        ("x^999999999999", "error"),
    ],
)
def test_targets_that_are_not_functions(target, words):
    result = run("compile", target, "--error", "1e-3")
    assert result.exit_code == 2, result.output
    assert words in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""


# A process started in the background inherits an ignored SIGINT; a terminal's does not.
INTERRUPTED = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
import sys, time, bitproof.pipeline.compile as compiling, bitproof.pipeline.files as files
{patch}
from bitproof.cli import main
main()
"""


@pytest.mark.parametrize(
    "patch",
    [
        "compiling.compile = lambda *a, **k: (print('ready', flush=True), time.sleep(60))",
        "import tests.report.results as results\n"
        "compiling.compile = lambda *a, **k: results.sine_result()\n"
        "def slow(result, folder, *, force):\n"
        "    (folder / 'half').write_text('')\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n"
        "files.write_files = slow",
    ],
    ids=["computing", "writing"],
)
def test_ctrl_c_leaves_nothing(tmp_path, patch):
    args = ["compile", "x", "--error", "1/40", "--out", str(tmp_path / "out")]
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED.format(patch=patch), *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )
    with process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        try:
            _, words = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "interrupted; nothing was written" in words
    assert "Traceback" not in words
    assert list(tmp_path.iterdir()) == []


def test_a_failing_report_leaves_nothing(given, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bitproof.pipeline.files.write_files", fail)
    result = run("compile", "x", "--error", "1/40", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "No space left" in result.stderr
    assert "fault of bitproof" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_refused_exports_are_named(given):
    given["result"] = replace(sine_result(), refusals={"onnx": "60 bits are needed"})
    text = run("compile", "x", "--error", "1/40").stdout
    assert "not written: 60 bits are needed" in text
