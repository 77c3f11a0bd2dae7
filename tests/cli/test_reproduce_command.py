import json
import xml.etree.ElementTree as ET

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
