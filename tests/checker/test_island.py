"""The checker needs nothing but its own folder and the standard library."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import bitproof.checker
from tests.checker import certificates as made

FOLDER = Path(bitproof.checker.__file__).parent


def test_imports_are_relative_or_of_the_standard_library() -> None:
    for source in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            else:
                continue
            assert all(name.split(".")[0] in sys.stdlib_module_names for name in names), source


def test_nothing_is_executed() -> None:
    forbidden = {"eval", "exec", "compile", "__import__", "open", "getattr", "setattr"}
    for source in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in forbidden, source


def run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """The copied folder, without site packages and with an empty environment."""
    command = [sys.executable, "-S", "-s", "-m", "checker", *arguments]
    return subprocess.run(
        command, cwd=folder, env={}, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("elsewhere")
    shutil.copytree(FOLDER, folder / "checker", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def test_it_runs_elsewhere(elsewhere: Path) -> None:
    good = made.write(made.absolute(), elsewhere, "good.json")
    bad = made.write(made.absolute() | {"made_by": "someone else"}, elsewhere, "bad.json")
    against = made.write(made.refuted(), elsewhere, "refuted.json")
    first = run([str(good)], elsewhere)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.startswith("proved: error <= 1/24 against abs(x-1/3)")
    assert len(first.stdout.splitlines()) == 1
    assert run([str(bad)], elsewhere).returncode == 1
    second = run([str(against), "--json"], elsewhere)
    assert second.returncode == 1
    assert json.loads(second.stdout)["status"] == "refuted"
    assert run([str(elsewhere / "missing")], elsewhere).returncode == 2
    assert run([], elsewhere).returncode == 2
    assert run(["--help"], elsewhere).returncode == 2
