"""`bitproof plan`: instant, consistent with what is built, and honest where nothing is promised."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from click.testing import CliRunner

import bitproof
from bitproof.certify.one_dimension import certify_sup_error
from bitproof.cli import cli
from bitproof.exact import Interval
from bitproof.network import measure
from bitproof.target import ExpressionTarget
from tests.construct.paths import path_table


def run(*arguments):
    return CliRunner().invoke(cli, ["plan", *map(str, arguments)])


def planned(*arguments):
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


GOALS = [
    {"error": "1/90"},
    {"memory": 5000},
    {"width": 16, "depth": 40},
    {"error": "1/40", "weight_bits": 5},
    {"error": "1/150", "width": 12},
    {"width": 9, "depth": 40, "weight_bits": 16},
    {"memory": 9000, "depth": 40},
]


@pytest.mark.parametrize("goal", GOALS, ids=str)
def test_building_a_plan_gives_what_it_promised(goal):
    result = bitproof.plan(lipschitz=1, **goal)
    assert result.plan.choices
    for number, choice in enumerate(result.plan.choices):
        for kind in ("random", "line"):
            target = path_table(kind, 200, seed=number)
            made = result.build(target, number)
            sizes = measure(made.network)
            assert (sizes.depth, sizes.width) == (choice.depth, choice.width)
            assert (sizes.dense_weights, sizes.dense_bits) == (
                choice.dense_weights,
                choice.dense_bits,
            )
            assert choice.nonzero_least <= sizes.weights <= choice.nonzero_most
            assert set(made.network.weights()) <= set(choice.form.values())
            assert made.claimed_error == choice.error
            verdict = certify_sup_error(made.network, target, target.domain, error=choice.error)
            assert verdict.status == "proved"
            assert choice.lower < choice.error
            assert choice.least_bits < choice.dense_bits


def test_other_domains_and_ranges_are_kept_too():
    result = bitproof.plan(lipschitz="6/5", domain=(-8, 8), range=(-1, 9), error="1/8")
    target = ExpressionTarget.parse("gelu(x)", Interval(Fraction(-8), Fraction(8)))
    made = result.build(target)
    assert measure(made.network).dense_bits == result.recommended.dense_bits
    verdict = certify_sup_error(made.network, target, target.domain, error=Fraction(1, 8))
    assert verdict.status == "proved"


def test_the_goal_is_met_and_the_object_is_complete():
    data = planned("--lipschitz", 1, "--error", "1e-3")
    best = data["recommended"]
    assert data["choices"][0] == best
    assert all(Fraction(row["error"]) <= Fraction(1, 1000) for row in data["choices"])
    assert data["least_bits"] == 999
    assert best["wasted_bits"] == best["dense_bits"] - best["least_bits"]
    assert best["method"] == "fold-matrix"
    assert 4 < best["kappa"] < 5
    assert all(line["built"] is False for line in data["not_built"])
    memory = planned("--lipschitz", 1, "--memory", 20000)
    assert all(row["dense_bits"] <= 20000 for row in memory["choices"])
    assert Fraction(memory["least_error"]) == Fraction(1, 20001)
    sized = planned("--lipschitz", 1, "--width", 5, "--depth", 100, "--weight-bits", 6)
    assert all(row["depth"] <= 100 and row["width"] <= 5 for row in sized["choices"])
    assert {row["regime"] for row in sized["choices"]} <= {"proper", "under"}


def test_what_cannot_be_promised_is_said():
    result = run("--lipschitz", 1, "--width", 2, "--depth", 50, "--weight-bits", 2)
    assert result.exit_code == 1
    assert "a width of 3" in result.stdout
    small = run("--lipschitz", 1, "--error", "1/9", "--memory", 9)
    assert small.exit_code == 1
    assert "a larger memory" in small.stdout
    far = run("--lipschitz", 1, "--error", "1e-12", "--json")
    assert far.exit_code == 1
    data = json.loads(far.stdout)
    assert data["status"] == "no design"
    assert data["recommended"] is None
    assert data["least_bits"] == 10**12 - 1


@pytest.mark.parametrize(
    "wrong",
    [
        ("--lipschitz", 1),
        ("--lipschitz", 1, "--error", "1/9", "--memory", 0),
        ("--lipschitz", 1, "--width", 9),
        ("--lipschitz", 0, "--error", "1/9"),
        ("--lipschitz", -2, "--memory", 999),
        ("--lipschitz", 1, "--error", "-1"),
        ("--lipschitz", 1, "--domain", 0, 0, "--error", "1/9"),
        ("--error", "1/9"),
    ],
)
def test_wrong_questions_are_refused(wrong):
    assert run(*wrong).exit_code == 2


def test_the_folder_holds_the_map(tmp_path):
    folder = tmp_path / "plan"
    result = run("--lipschitz", 1, "--width", 3, "--depth", 64, "--out", folder)
    assert result.exit_code == 0, result.output
    assert {file.name for file in folder.iterdir()} == {"plan.json", "regimes.svg", "regimes.png"}
    picture = (folder / "regimes.svg").read_text()
    assert picture.startswith("<?xml")
    assert json.loads((folder / "plan.json").read_text())["status"] == "planned"
    assert run("--lipschitz", 1, "--memory", 9999, "--out", folder).exit_code == 2


def test_a_sobolev_ball_is_planned(tmp_path):
    folder = tmp_path / "plan"
    books = ["--codebook", "linear:2", "--codebook", "nested:3"]
    args = ["--smoothness", "2", "--dim", "2", "--error", "1/8", *books, "--out", str(folder)]
    result = CliRunner().invoke(cli, ["plan", *args, "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["class"] == {"dimension": 2, "smoothness": 2}
    assert {choice["codebook"] for choice in found["choices"]} == {"linear:2", "nested:3"}
    assert found["best"]["bits"] >= found["least_bits"] > 0
    assert {path.name for path in folder.iterdir()} == {"plan.json", "plan.svg", "plan.png"}
    shown = CliRunner().invoke(cli, ["plan", "--smoothness", "1", "--error", "1/8", *books])
    assert shown.exit_code == 0
    assert "least weights" in shown.output


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (["--smoothness", "2"], "--error"),
        (["--smoothness", "2", "--error", "1e-2", "--memory", "64"], "--error"),
        (["--smoothness", "2", "--error", "3"], "below 1"),
        (["--lipschitz", "1", "--error", "1e-2", "--dim", "2"], "--smoothness"),
        (["--error", "1e-2"], "--lipschitz"),
    ],
)
def test_goals_that_do_not_fit_a_ball_are_refused(args, hint):
    result = CliRunner().invoke(cli, ["plan", *args])
    assert result.exit_code == 2
    assert hint in result.output
