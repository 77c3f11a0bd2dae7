"""Certificates on boxes: the checker proves them again, and notices what is wrong with them."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.certify.boxes import certify_on_box
from bitproof.certify.certificate import digest_of
from bitproof.checker import check_file, check_object
from bitproof.checker.box_cells import corners, leaves, whole
from bitproof.checker.box_expression import BoxExpression
from bitproof.checker.box_jets import Cell
from bitproof.checker.document import Invalid
from bitproof.checker.interval import Undecided
from bitproof.errors import BitproofError
from bitproof.exact.box import Box
from bitproof.target import ExpressionBoxTarget
from bitproof.target.ast import write
from tests.certify.boxes.networks import hats, random_network
from tests.strategies import box_trees, fractions_of_one

F = Fraction
UNIT = Box.unit(2)
GOLDEN = Path(__file__).parent / "golden"
Data = dict[str, Any]


@cache
def made(text: str, count: int, error: Fraction, dimension: int = 2) -> Data:
    target = ExpressionBoxTarget.parse(text, Box.unit(dimension))
    network = hats(lambda *node: target.at(node).centre.limit_denominator(64), count, dimension)
    verdict = certify_on_box(network, target, error=error)
    data: Data = verdict.certificate.data  # type: ignore[attr-defined]
    return data


def saddle() -> Data:
    return copy.deepcopy(made("x1*x2", 2, F(1, 10)))


def sealed(data: Data) -> Data:
    """With its digest made again."""
    content = {key: value for key, value in data.items() if key != "digest"}
    return {**content, "digest": digest_of(content)}


@pytest.mark.parametrize(
    ("text", "count", "error", "dimension"),
    [
        ("x1*x2", 2, F(1, 10), 2),
        ("exp(-x1)*sin(3*x2)", 5, F(6, 100), 2),
        ("max(x1, 1 - x2) + abs(x1 - x2)", 4, F(13, 100), 2),
        ("gelu(x1 - x2) + sqrt(1 + x1)", 4, F(3, 100), 2),
        ("x1*x2*x3", 1, F(1, 2), 3),
    ],
)
def test_certificates_are_proved_again(
    text: str, count: int, error: Fraction, dimension: int
) -> None:
    report = check_object(made(text, count, error, dimension))
    assert (report.status, report.semantics) == ("proved", "real"), report.reason
    assert F(report.upper or 0) <= error


def test_relaxed_cells_are_proved_again() -> None:
    """A network whose kinks no cut can follow."""
    target = ExpressionBoxTarget.parse("x1*x2 - x1/2", UNIT)
    verdict = certify_on_box(random_network(4, 2, 3, 1), target, slack=F(1, 4))
    report = check_object(verdict.certificate.data)  # type: ignore[attr-defined]
    assert report.status == "proved", report.reason


def test_refutations_are_proved_again() -> None:
    report = check_object(made("x1*x2", 2, F(1, 40)))
    assert report.status == "refuted"
    assert report.witness is not None
    assert report.witness.count(",") == 1


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "certificate.json"
    path.write_text(json.dumps(saddle()))
    report = check_file(path)
    assert (report.status, report.exit_code) == ("proved", 0)


@pytest.mark.parametrize("name", ["saddle.json", "ridge-refuted.json"])
def test_golden_files(name: str) -> None:
    report = check_file(GOLDEN / name)
    assert report.status == ("refuted" if "refuted" in name else "proved")


Edit = Callable[[Data], object]


def _tree(data: Data) -> list[Any]:
    tree: list[Any] = data["partition"]["tree"]
    return tree


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda d: d["claim"].update(upper="1/100", lower="0"), "larger than the claimed"),
        (lambda d: d["claim"].update(lower="1/11"), "claim|not proved to reach"),
        (lambda d: d["claim"].update(witness=["1/3", "1/3"]), "not proved to reach"),
        (lambda d: d["claim"].update(witness=["1/4"]), "not one of the inputs"),
        (lambda d: d["claim"].update(witness=["5/4", "1/4"]), "not one of the inputs"),
        (lambda d: d["claim"].update(status="refuted"), "claimed refuted"),
        (lambda d: d["target"].update(text="x1*x2 + 1/5"), "larger|not proved"),
        (lambda d: d["target"].update(text="x1*x3"), "x3"),
        (lambda d: d["inputs"].update(upper=["2", "1"]), "larger|prove|digits"),
        (lambda d: d["partition"].update(steps=["1/3", "0"]), "steps"),
        (lambda d: d["partition"].update(steps=["1/7", "2/7"]), "steps"),
        (lambda d: _tree(d).pop(), "ends before its last leaf"),
        (lambda d: _tree(d).append(0), "goes on"),
        (lambda d: _tree(d).__setitem__(0, [1, 1, 5]), "do not exist"),
        (lambda d: _tree(d).__setitem__(0, [3, 0, 5]), "do not exist"),
        (lambda d: _tree(d).__setitem__(0, [1, 0]), "an entry"),
        (lambda d: _tree(d).__setitem__(0, True), "an entry"),
        (lambda d: _tree(d).__setitem__(0, [1, 0, "5"]), "not an integer"),
        (lambda d: d["network"]["layers"][-1].update(bias=[1]), "larger|not proved"),
        (lambda d: d["network"].update(inputs=3), "not a network of 2"),
        (lambda d: d.update(semantics="fixed-point"), "semantics"),
        (lambda d: d.update(version=4), "version"),
        (lambda d: d.update(extra=1), "unknown key"),
        (lambda d: d["inputs"].update(lower=["0"] * 4), "more than"),
    ],
)
def test_false_statements_are_noticed(edit: Edit, reason: str) -> None:
    data = saddle()
    edit(data)
    report = check_object(sealed(data))
    assert report.status == "invalid"
    assert re.search(reason, report.reason), report.reason


def test_a_change_breaks_the_digest() -> None:
    data = saddle()
    data["claim"]["lower"] = "0"
    assert "digest" in check_object(data).reason


def test_the_partition_may_be_coarse() -> None:
    """The checker halves cells itself, so a partition without a cut can do."""
    data = saddle()
    data["partition"]["tree"] = [0]
    data["claim"]["upper"] = data["claim"]["requested"] = "1/2"
    assert check_object(sealed(data)).status == "proved"


@given(
    st.recursive(
        st.just([0]),
        lambda inner: st.builds(
            lambda i, j, at, a, b: [[i, j if j != i else (i + 1) % 3, at], *a, *b],
            st.integers(0, 2),
            st.integers(0, 2),
            st.integers(-9, 9),
            inner,
            inner,
        ),
        max_leaves=6,
    )
)
@settings(max_examples=60)
def test_leaves_of_any_tree_cover_the_box(tree: list[Any]) -> None:
    cells = list(leaves(tree, whole((4, 6))))
    for place in product(range(5), range(7)):
        k = (0, *place)
        holding = [
            cell
            for cell in cells
            if all(k[i] - k[j] <= cell[i][j] for i, j in product(range(3), repeat=2))
        ]
        assert holding
        for cell in holding:
            found = corners(cell)
            assert min(c[0] for c in found) <= place[0] <= max(c[0] for c in found)
            assert min(c[0] - c[1] for c in found) <= place[0] - place[1]


@settings(max_examples=80)
@given(
    box_trees(),
    st.tuples(*(fractions_of_one() for _ in range(4))),
    st.tuples(fractions_of_one(), fractions_of_one()),
)
def test_enclosures_hold_what_the_package_finds(
    tree: object, ends: tuple[Fraction, ...], share: tuple[Fraction, Fraction]
) -> None:
    box = Box.from_ends([-1, 1, -1, 1])
    text = write(tree)  # type: ignore[arg-type]
    try:
        target = ExpressionBoxTarget.parse(text, box)
    except BitproofError:
        return
    first, second = box.at(ends[:2]), box.at(ends[2:])
    corner = (first[0], second[1])
    points = [first, second, corner]
    cell = Cell.around(points)
    inside = tuple(
        a + (b - a) * share[0] + (c - b) * share[0] * share[1]
        for a, b, c in zip(first, corner, second, strict=True)
    )
    try:
        jet = BoxExpression.read(text, 2).jet(cell)
        near = jet.near(cell)
    except (Undecided, Invalid):
        return
    value = target.at(inside)
    assert near.lower <= value.upper
    assert value.lower <= near.upper
