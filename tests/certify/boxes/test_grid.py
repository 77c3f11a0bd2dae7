"""The error over every input of a format: compared with every point, one by one, exactly."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest

from bitproof.certify.boxes import certify_on_box_grid, grid_levels
from bitproof.certify.boxes.grid import MAX_POINTS
from bitproof.errors import InputError, WorkLimitError
from bitproof.exact import Interval
from bitproof.exact.box import Box
from bitproof.exact.fixed_point import FixedPoint
from bitproof.execute.reference import evaluate
from bitproof.network import Network
from bitproof.target import BoxTarget, ExpressionBoxTarget
from bitproof.target.grid_table import GridTable
from bitproof.transform.rounding import round_activations
from tests.certify.boxes.networks import hats, random_network

F = Fraction
UNIT = Box.unit(2)
Q4 = FixedPoint.parse("UQ0.4")


def one_by_one(network: Network, target: BoxTarget, form: FixedPoint) -> tuple[Fraction, Fraction]:
    """Bounds of the largest error over all inputs, from f and N at each of them."""
    lower = upper = F(0)
    for place in product(*grid_levels(form, target.domain)):
        point = tuple(form.value(level) for level in place)
        value, (found,) = target.at(point), evaluate(network, point)
        lower = max(lower, value.lower - found, found - value.upper)
        upper = max(upper, value.upper - found, found - value.lower)
    return lower, upper


def rounded(network: Network, name: str, form: FixedPoint) -> Network:
    unit = Interval(F(0), F(1))
    return round_activations(network, form, FixedPoint.parse(name), unit).network


def zero(*_: Fraction) -> Fraction:
    return F(0)


def node_value(target: BoxTarget, bits: int = 6):
    return lambda *x: F(round(target.at(x).centre * 2**bits), 2**bits)


@pytest.mark.parametrize(
    ("text", "count", "name"),
    [
        ("exp(-x1)*sin(3*x2)", 3, None),
        ("exp(-x1)*sin(3*x2)", 3, "Q4.8"),
        ("exp(-x1)*sin(3*x2)", 2, "Q3.3"),
        ("abs(x1 - x2) + max(x1, 1/3)", 2, "Q3.5"),
        ("where(x1 < x2, x1, x2 + 1/4)", 2, None),
        ("sqrt(x1*x2)", 3, "Q3.7"),
    ],
)
def test_the_bounds_hold_at_every_point_and_are_reached(text, count, name) -> None:
    target = ExpressionBoxTarget.parse(text, UNIT)
    network = hats(node_value(target), count)
    if name is not None:
        network = rounded(network, name, Q4)
    verdict = certify_on_box_grid(network, target, Q4)
    lower, upper = one_by_one(network, target, Q4)
    assert verdict.status == "proved"
    assert verdict.lower <= lower <= upper <= verdict.upper
    assert verdict.upper <= verdict.lower * F(103, 100)
    at = verdict.witness
    value, (found,) = target.at(at), evaluate(network, at)
    assert max(value.lower - found, found - value.upper) >= verdict.lower
    assert all(x in {Q4.value(k) for k in range(16)} for x in at)


@pytest.mark.parametrize("seed", range(4))
def test_random_networks(seed: int) -> None:
    target = ExpressionBoxTarget.parse("x1*x2 - x1^2/3", Box.from_ends([-1, 1, F(1, 3), 2]))
    form = FixedPoint(-9, 13, 5)
    network = random_network(5, 2, 2, seed)
    verdict = certify_on_box_grid(network, target, form)
    lower, upper = one_by_one(network, target, form)
    assert verdict.lower <= lower <= upper <= verdict.upper


def test_four_inputs_are_proved_on_a_grid() -> None:
    target = ExpressionBoxTarget.parse("x1*x2 + x3*x4", Box.unit(4))
    form = FixedPoint.parse("UQ0.2")
    network = random_network(4, 1, 1, 3, inputs=4)
    verdict = certify_on_box_grid(network, target, form)
    lower, upper = one_by_one(network, target, form)
    assert (verdict.status, verdict.cells) == ("proved", 256)
    assert verdict.lower <= lower <= upper <= verdict.upper


@pytest.mark.parametrize("kind", ["bilinear", "simplicial"])
def test_tables_are_met_exactly(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "grid.csv"
    rows = "\n".join(f"{x},{y},{(x * y) % 3}" for x in range(3) for y in range(3))
    path.write_text("x1,x2,value\n" + rows + "\n")
    target = GridTable.from_csv(str(path), None, kind)
    network = hats(lambda x, y: target.at((2 * x, 2 * y)).lower, 2)
    form = FixedPoint.parse("UQ2.3")
    verdict = certify_on_box_grid(network, target, form)
    lower, upper = one_by_one(network, target, form)
    assert verdict.lower <= lower == upper <= verdict.upper


def test_a_claim_that_fails_has_a_witness_on_the_grid() -> None:
    target = ExpressionBoxTarget.parse("x1*x2", UNIT)
    network = hats(zero, 1)
    verdict = certify_on_box_grid(network, target, Q4, error=F(1, 2))
    assert (verdict.status, verdict.witness) == ("refuted", (F(15, 16), F(15, 16)))
    assert F(878, 1000) < verdict.lower <= F(225, 256)
    assert certify_on_box_grid(network, target, Q4, error=F(9, 10)).status == "proved"


def test_what_cannot_be_enumerated_is_refused() -> None:
    target = ExpressionBoxTarget.parse("x1*x2", Box.from_ends([F(1, 3), F(2, 5), 0, 1]))
    network = hats(zero, 1)
    with pytest.raises(InputError, match="the side of x1"):
        certify_on_box_grid(network, target, FixedPoint.parse("Q0.1"))
    whole = ExpressionBoxTarget.parse("x1*x2", UNIT)
    fine = FixedPoint.parse("Q0.12")
    assert MAX_POINTS < 1 << 24
    with pytest.raises(WorkLimitError, match=r"16777216 inputs of Q0\.12"):
        certify_on_box_grid(network, whole, fine)
    with pytest.raises(InputError, match=r"inputs of UQ0.5 .* are of UQ0.4"):
        certify_on_box_grid(rounded(network, "Q3.5", Q4), whole, FixedPoint.parse("UQ0.5"))
    with pytest.raises(InputError, match="inputs"):
        certify_on_box_grid(random_network(2, 1, 1, 0, inputs=3), whole, Q4)
