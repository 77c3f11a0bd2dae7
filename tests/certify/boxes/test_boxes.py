"""Certification on boxes: the bounds hold at every point tried, and they meet."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.certify.boxes import certify_on_box
from bitproof.certify.boxes.cells import Cell, Frame
from bitproof.certify.boxes.forms import FormProgram
from bitproof.errors import InputError
from bitproof.exact.box import Box
from bitproof.execute.grid import InputGrid
from bitproof.execute.reference import evaluate
from bitproof.network import Network
from bitproof.target import ExpressionBoxTarget
from tests.certify.boxes.networks import hats, random_network

F = Fraction
UNIT = Box.unit(2)


def error_at(
    network: Network, target: ExpressionBoxTarget, point: tuple[Fraction, ...]
) -> Fraction:
    """A lower bound of |f - N| at a point."""
    value, found = evaluate(network, point)[0], target.at(point)
    return max(value - found.upper, found.lower - value, F(0))


def grid_of(box: Box, count: int) -> list[tuple[Fraction, ...]]:
    shares = [F(k, count) for k in range(count + 1)]
    return [box.at(share) for share in product(shares, repeat=box.dimension)]


@pytest.mark.parametrize(
    ("text", "count", "error"),
    [
        ("x1*x2", 4, F(1, 64)),
        ("x1^2 - x2^2", 4, F(1, 64)),
        ("exp(-8*((x1-1/2)^2+(x2-1/2)^2))", 6, F(14, 100)),
        ("exp(-x1)*sin(3*x2)", 7, F(3, 100)),
        ("abs(x1 - x2)", 3, F(0)),
        ("max(x1, 1 - x2)", 4, F(1, 8)),
        ("where(x1 < 1/3, x1, 1/3)*x2", 4, F(1, 10)),
    ],
)
def test_interpolants_are_proved(text: str, count: int, error: Fraction) -> None:
    target = ExpressionBoxTarget.parse(text, UNIT)
    network = hats(lambda *node: target.at(node).centre.limit_denominator(2**12), count)
    verdict = certify_on_box(network, target, error=error + F(1, 1000))
    assert verdict.status == "proved"
    assert verdict.upper is not None
    assert verdict.upper <= error + F(1, 1000)
    assert error_at(network, target, verdict.witness) >= verdict.lower
    for point in grid_of(UNIT, 13):
        assert error_at(network, target, point) <= verdict.upper


@pytest.mark.parametrize("seed", range(4))
def test_bounds_meet_on_random_networks(seed: int) -> None:
    """Whose kinks lie in any direction."""
    network = random_network(4, 2, 3, seed)
    target = ExpressionBoxTarget.parse("x1*x2 - x1/2", UNIT)
    verdict = certify_on_box(network, target, slack=F(1, 8), seconds=60)
    assert verdict.status == "proved"
    assert verdict.upper is not None
    assert verdict.upper <= verdict.lower * F(9, 8) * F(101, 100)
    assert error_at(network, target, verdict.witness) >= verdict.lower
    rng = random.Random(seed)
    for _ in range(200):
        point = UNIT.at([F(rng.randint(0, 997), 997) for _ in range(2)])
        assert error_at(network, target, point) <= verdict.upper


def test_three_inputs() -> None:
    box = Box.unit(3)
    target = ExpressionBoxTarget.parse("x1*x2 + x3^2/2", box)
    network = hats(lambda *node: target.at(node).lower, 2, 3)
    verdict = certify_on_box(network, target, error=F(3, 20))
    assert verdict.status == "proved"
    assert verdict.upper is not None
    for point in grid_of(box, 5):
        assert error_at(network, target, point) <= verdict.upper


def test_other_domains() -> None:
    box = Box.from_ends([F(-1), F(1), F(1, 3), F(2)])
    target = ExpressionBoxTarget.parse("x1 - 2*x2", box)
    network = random_network(2, 1, 2, 3)
    verdict = certify_on_box(network, target)
    assert verdict.upper is not None
    assert error_at(network, target, verdict.witness) >= verdict.lower
    assert max(error_at(network, target, point) for point in grid_of(box, 6)) <= verdict.upper


def test_a_wrong_claim_is_refuted_with_a_witness() -> None:
    target = ExpressionBoxTarget.parse("x1*x2", UNIT)
    network = hats(lambda a, b: a * b, 2)
    verdict = certify_on_box(network, target, error=F(1, 20))
    assert verdict.status == "refuted"
    assert error_at(network, target, verdict.witness) >= verdict.lower > F(1, 20)


def test_the_time_limit_gives_both_bounds() -> None:
    target = ExpressionBoxTarget.parse("sin(20*x1)*sin(20*x2)", UNIT)
    network = hats(lambda a, b: a * b, 2)
    verdict = certify_on_box(network, target, error=F(2), seconds=0.0)
    assert verdict.status in ("undecided", "proved")
    assert verdict.upper is None or verdict.lower <= verdict.upper


@pytest.mark.parametrize("box", [Box.from_ends([0, 2, 0, 1]), Box.unit(3)])
def test_boxes_outside_the_domain_are_refused(box: Box) -> None:
    target = ExpressionBoxTarget.parse("x1*x2", UNIT)
    with pytest.raises(InputError, match="leaves the domain"):
        certify_on_box(hats(lambda a, b: a * b, 2), target, box)


# Cells and forms


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(-8, 8)), max_size=6))
@settings(max_examples=60)
def test_cuts_cover_a_cell_and_corners_span_it(cuts: list[tuple[int, int, int]]) -> None:
    frame = Frame.of(Box.unit(3), 8)
    cells = [Cell.whole(frame)]
    for i, j, at in cuts:
        cell = cells[-1]
        if i == j or not cell.extent(i, j)[0] < at < cell.extent(i, j)[1]:
            continue
        cells[-1:] = cell.cut(i, j, at)
    places = set(product(range(9), repeat=3))
    for cell in cells:
        corners = cell.corners()
        inside = {p for p in places if holds(cell, p)}
        assert set(corners) <= inside
        # every bound is attained at a corner, so none is missing
        for i, j in product(range(4), repeat=2):
            found = [((0, *corner)[i]) - ((0, *corner)[j]) for corner in corners]
            assert max(found) == cell.bounds[i][j]
    assert all(any(holds(cell, p) for cell in cells) for p in places)


def holds(cell: Cell, place: tuple[int, ...]) -> bool:
    k = (0, *place)
    return all(k[i] - k[j] <= cell.bounds[i][j] for i in range(4) for j in range(4))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("bits", [2, 40])
def test_forms_hold_the_network(seed: int, bits: int) -> None:
    """Also where 64 bits do not suffice (40-bit weights)."""
    network = random_network(5, 3, bits, seed)
    grid = InputGrid((F(0), F(0)), (F(1), F(1)), F(1, 16))
    program = FormProgram(network, grid)
    rng = random.Random(seed)
    lows = [(rng.randint(0, 12), rng.randint(0, 12)) for _ in range(12)]
    sides = [rng.choice([1, 2, 4]) for _ in lows]
    corners = [
        [(a, b), (a + s, b), (a, b + s), (a + s, b + s)]
        for (a, b), s in zip(lows, sides, strict=True)
    ]
    forms = program.run(np.array(corners, dtype=object).transpose(2, 1, 0))
    for index, cell in enumerate(corners):
        values = [int(v) for v in forms.corners[:, index]]
        for s, t in product(range(5), repeat=2):
            u, v = F(s, 4), F(t, 4)
            point = tuple(
                (cell[0][axis] + (cell[3][axis] - cell[0][axis]) * (u, v)[axis]) / 16
                for axis in range(2)
            )
            form = values[0] + (values[1] - values[0]) * u + (values[2] - values[0]) * v
            rest = evaluate(network, point)[0] / program.granule - form
            assert int(forms.low[index]) <= rest <= int(forms.high[index])
