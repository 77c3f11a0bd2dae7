import csv
import json
import xml.etree.ElementTree as ET

import pytest
from click.testing import CliRunner

from bitproof.cli import cli
from bitproof.pipeline.survey import ACTIVATIONS, survey


def run(*args):
    return CliRunner().invoke(cli, ["reproduce", *map(str, args)], prog_name="bitproof")


def test_the_figures_are_listed():
    shown = run("--help").stdout
    assert "expressivity" in shown
    assert "bitproof reproduce expressivity" in shown


def test_the_map_is_written(tmp_path):
    folder = tmp_path / "map"
    result = run("expressivity", "--bits", 2, "--out", folder, "--json")
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    assert {path.name for path in folder.iterdir()} == {
        "map.svg",
        "map.png",
        "report.html",
        "survey.json",
    }
    assert json.loads((folder / "survey.json").read_text())["spots"] == data["spots"]
    ET.parse(folder / "map.svg")
    page = (folder / "report.html").read_text()
    assert page.count("<figure") == len(ACTIVATIONS)
    assert "<script" not in page
    again = run("expressivity", "--bits", 1, "--out", folder)
    assert again.exit_code == 2
    assert "not empty" in again.stderr


def test_the_text_counts():
    result = run("expressivity", "--bits", 2)
    assert result.exit_code == 0
    assert "decisions" in result.stdout
    assert "softplus" in result.stdout


def test_what_the_map_shows():
    found = survey(bits=(1, 2, 3), scales=(1, 2, 4, 7, 16))
    for name in ("relu", "identity", "tanh"):
        assert found.count("universal", name, within=True) == 7
    assert found.count("universal", "sign", within=True) == 1  # p = 1, s = 1: no interior pair
    beyond = [spot for spot in found.spots if spot.s > 2 ** (spot.p + 1) - 1]
    assert beyond
    assert all(spot.kind != "universal" for spot in beyond)
    assert found.decisions == 5 * len(found.spots)


def test_progress_is_told():
    told = []
    survey(
        activations=("relu",), bits=(1,), scales=(1, 2), progress=lambda *state: told.append(state)
    )
    assert told == [(0.0, "p = 1, s = 1"), (0.5, "p = 1, s = 2")]


@pytest.fixture
def small_grid(monkeypatch):
    from bitproof.pipeline import three_regimes

    grid = three_regimes.Grid((3, 12), (6, 16), (1, 4), (4,))
    monkeypatch.setattr(three_regimes, "QUICK", grid)
    return grid


def test_three_regimes_are_written_and_resumed(tmp_path, small_grid):
    folder = tmp_path / "regimes"
    result = run("three-regimes", "--quick", "--out", folder, "--json")
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    assert data["failures"] == {}
    assert data["resumed"] == 0
    names = {path.name for path in folder.iterdir()}
    figures = {
        f"{name}.{kind}" for name in ("regimes", "memory", "shallow") for kind in ("svg", "png")
    }
    assert names >= figures | {"report.html", "regimes.csv", "memory.csv", "sweep.jsonl"}
    for name in ("regimes", "memory", "shallow"):
        ET.parse(folder / f"{name}.svg")
        assert "mathdefault" not in (folder / f"{name}.svg").read_text()
    page = (folder / "report.html").read_text()
    assert page.count("<svg") == 3
    assert "<script" not in page
    with (folder / "regimes.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(data["regimes"])

    again = run("three-regimes", "--quick", "--out", folder)
    assert again.exit_code == 0, again.output
    assert f"{data['networks']} taken from before" in again.stdout
    assert "proved" in again.stdout


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (["--workers", "0"], "1<=x<=256"),
        (["--workers", "two"], "'two'"),
        (["--out", "pyproject.toml"], "is a file"),
        (["--out", "."], "not empty"),
        (["--quik"], "--quick"),
        (["extra"], "unexpected extra argument"),
        (["--scheduler", "tcp://127.0.0.1:1"], "no Dask scheduler answers"),
    ],
)
def test_three_regimes_refuse_wrong_input(args, hint, small_grid, monkeypatch):
    monkeypatch.setattr("bitproof.pipeline.sweep_cluster.CONNECT_SECONDS", 1)
    if args[0] == "--scheduler":
        pytest.importorskip("distributed")
        args = [*args, "--quick"]
    result = run("three-regimes", *args)
    assert result.exit_code == 2
    assert hint in result.stderr
    assert "Traceback" not in result.output


def test_an_interrupted_sweep_says_what_is_kept(tmp_path, small_grid, monkeypatch):
    from bitproof.pipeline.three_regimes import NetworkJob

    whole, calls = NetworkJob.run, []

    def interrupted(job):
        calls.append(job)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return whole(job)

    monkeypatch.setattr(NetworkJob, "run", interrupted)
    result = run("three-regimes", "--quick", "--out", tmp_path / "regimes")
    assert result.exit_code == 130
    assert "goes on from there" in result.stderr
    monkeypatch.setattr(NetworkJob, "run", whole)
    result = run("three-regimes", "--quick", "--out", tmp_path / "regimes")
    assert result.exit_code == 0
    assert "2 taken from before" in result.stdout


@pytest.fixture
def small_overhead(monkeypatch):
    from bitproof.pipeline import quantization_overhead

    grid = quantization_overhead.Grid(
        ((1, 1), (2, 1), (2, 2)), (2, 3), ("linear:2", "nested:3"), 5_000, {(1, 1): (3,)}, 5
    )
    monkeypatch.setattr(quantization_overhead, "QUICK", grid)


def test_quantization_overhead_is_written_and_resumed(tmp_path, small_overhead):
    folder = tmp_path / "overhead"
    result = run("quantization-overhead", "--quick", "--out", folder, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["above_the_bounds"] is True
    assert {(row["d"], row["n"]) for row in found["sizes"]} == {(1, 1), (2, 1), (2, 2)}
    for row in found["baseline"]:
        ours = [r for r in found["sizes"] if (r["d"], r["n"]) == (row["d"], row["n"])]
        same = [r for r in ours if (r["error"], r["codebook"]) == (row["error"], "linear:2")]
        assert row["weights"] > same[0]["weights"] > row["real_weights"] > 0
    assert {row["status"] for row in found["certified"]} == {"proved"}
    for kind in ("report", "bits_svg", "weights_png", "overhead_svg", "values_svg", "sizes_csv"):
        assert (folder / found["files"][kind]).stat().st_size > 500
    again = run("quantization-overhead", "--quick", "--out", folder)
    assert again.exit_code == 0, again.output
    assert f"({found['jobs']} taken from before)" in again.output
