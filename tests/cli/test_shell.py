import json
import subprocess
import sys
import time

import click
import pytest
from click.testing import CliRunner

from bitproof.cli import cli
from bitproof.cli.shell import COMMANDS
from bitproof.errors import InputError, NoDesignError

HEAVY = ("numpy", "flint", "rich", "matplotlib", "numba", "onnx", "bitproof.pipeline")


def run(*args):
    return CliRunner().invoke(cli, list(args), prog_name="bitproof")


def python(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["complie"]])
def test_help_loads_nothing_heavy(args):
    code = (
        "import sys\nfrom bitproof.cli import main\nsys.argv = ['bitproof', *%r]\n"
        "try:\n    main()\nfinally:\n    print([m for m in %r if m in sys.modules])"
    )
    done = python(code % (args, HEAVY))
    assert done.stdout.splitlines()[-1] == "[]"


def test_help_of_every_command_loads_nothing_heavy():
    for name in COMMANDS:
        code = (
            "import sys\nfrom bitproof.cli import main\n"
            f"sys.argv = ['bitproof', {name!r}, '--help']\n"
            f"try:\n    main()\nfinally:\n    print([m for m in {HEAVY!r} if m in sys.modules])"
        )
        assert python(code).stdout.splitlines()[-1] == "[]", name


def test_help_is_quick():
    def seconds():
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "bitproof.cli", "--help"],
            capture_output=True,
            check=True,
            timeout=60,
        )
        return time.perf_counter() - start

    assert min(seconds() for _ in range(5)) < 0.5


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples(name):
    result = run(name, "--help")
    assert result.exit_code == 0
    assert f"bitproof {name}" in result.stdout.split("Examples:")[1]
    assert "--json" in result.stdout


def test_the_help_lists_the_commands_with_their_own_first_lines():
    shown = run("--help").stdout
    for name, (_, line) in COMMANDS.items():
        assert name in shown
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        assert command.short_help == line


def test_version():
    from bitproof import __version__

    assert run("--version").stdout == f"bitproof {__version__}\n"


def test_nothing_at_all_shows_the_help():
    result = run()
    assert result.exit_code in (0, 2)
    assert "Start here:" in result.output


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (["complie"], "Did you mean 'compile'?"),
        (["frobnicate"], "The commands are compile, certify"),
        (["compile", "x", "--eror", "1"], "--error"),
        (["compile", "x", "-error", "1"], "Did you mean --error?"),
        (["compile", "x"], "--error"),
        (["compile", "--error", "1e-3"], "TARGET"),
        (["compile", "x", "--error", "abc"], "'abc' is not a number"),
        (["compile", "x", "--error", "1/0"], "divides by zero"),
        (["compile", "x", "--error", "1", "--domain", "1", "0"], "lower end first"),
        (["compile", "x", "--error", "1", "--domain", "1"], "give the two ends"),
        (["compile", "x", "--error", "1", "--domain", "a", "b"], "'a'"),
        (["compile", "x", "--error", "1", "--weight-bits", "1"], "2<=x<=16"),
        (["compile", "x", "--error", "1", "--codebook", "tern"], "write binary, ternary"),
        (["compile", "x", "--error", "1", "--inputs", "Q99.99"], "m + n"),
        (["compile", "x", "--error", "1", "--method", "magic"], "adaptive"),
        (["compile", "x", "--error", "1", "--max-depth", "0"], "x>=1"),
        (["compile", "x", "y", "--error", "1"], "unexpected extra argument"),
        (["check", "no/such/file"], "does not exist"),
        (["eval", "no/such/file", "1"], "does not exist"),
    ],
)
def test_wrong_usage_says_what_would_work(args, hint):
    result = run(*args)
    assert result.exit_code == 2
    assert hint in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.output


def test_weight_bits_and_codebook_exclude_each_other():
    args = ("compile", "x", "--error", "1", "--weight-bits", "2", "--codebook", "ternary")
    result = run(*args)
    assert result.exit_code == 2
    assert "exclude each other" in result.stderr


def raising(error):
    def fail(*_, **__):
        raise error

    return fail


def test_errors_of_input_are_words_and_exit_2(monkeypatch):
    monkeypatch.setattr(
        "bitproof.pipeline.compile.compile", raising(InputError("bad", remedy="good"))
    )
    result = run("compile", "x", "--error", "1")
    assert result.exit_code == 2
    assert result.stderr == "error: bad\n  what would work: good\n"
    as_json = run("compile", "x", "--error", "1", "--json")
    assert json.loads(as_json.stdout) == {"status": "error", "message": "bad", "remedy": "good"}
    assert as_json.exit_code == 2


def test_an_impossible_design_exits_1(monkeypatch):
    monkeypatch.setattr(
        "bitproof.pipeline.compile.compile", raising(NoDesignError("none", remedy="more"))
    )
    assert run("compile", "x", "--error", "1").exit_code == 1


@pytest.mark.parametrize("error", [ValueError("odd"), RecursionError("deep"), MemoryError()])
def test_faults_never_show_a_traceback_without_debug(monkeypatch, error):
    monkeypatch.setattr("bitproof.pipeline.compile.compile", raising(error))
    result = run("compile", "x", "--error", "1")
    assert result.exit_code == 3
    assert "Traceback" not in result.output
    assert "--debug" in result.stderr
    for args in (("--debug", "compile"), ("compile", "--debug")):
        shown = run(*args, "x", "--error", "1")
        assert "Traceback" in shown.stderr
        assert type(error).__name__ in shown.stderr
        assert shown.exit_code == 3


def test_interruption(monkeypatch, tmp_path):
    monkeypatch.setattr("bitproof.pipeline.compile.compile", raising(KeyboardInterrupt()))
    result = run("compile", "x", "--error", "1", "--out", str(tmp_path / "out"))
    assert result.exit_code == 130
    assert "interrupted; nothing was written" in result.stderr
    assert list(tmp_path.iterdir()) == []
