"""Targets in several variables: what encloses f must hold every value of it."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.errors import BitproofError, DomainError, InputError
from bitproof.exact.box import Box
from bitproof.exact.box_jet import pairs_of
from bitproof.exact.interval import Interval
from bitproof.target.ast import write
from bitproof.target.box_expression import ExpressionBoxTarget
from bitproof.target.box_target import BoxTaylor
from tests.strategies import (
    ENDED_FUNCTIONS,
    KINKED_FUNCTIONS,
    SMOOTH_FUNCTIONS,
    box_trees,
    fractions_of_one,
)

F = Fraction
UNIT = Box.unit(2)
INNER = Box.from_ends([F(1, 4), 1, 0, 1])
SYMMETRIC = Box.from_ends([-1, 1, -1, 1])


def bounds_at(taylor: BoxTaylor, point: tuple[Fraction, ...]) -> list[Interval]:
    """What every form of the enclosure says of f at a point."""
    steps = [x - c for x, c in zip(point, taylor.centre, strict=True)]
    found = [taylor.range]
    if taylor.slopes is not None:
        total = taylor.value
        for slope, step in zip(taylor.slopes, steps, strict=True):
            total = total + slope.scale(step)
        found.append(total)
    if taylor.slope is not None and taylor.curvature is not None:
        total = taylor.value
        for slope, step in zip(taylor.slope, steps, strict=True):
            total = total + slope.scale(step)
        for (i, j), part in zip(pairs_of(len(steps)), taylor.curvature, strict=True):
            total = total + part.scale(steps[i] * steps[j] / (2 if i == j else 1))
        found.append(total)
    return found


@settings(max_examples=120)
@given(
    box_trees(),
    st.tuples(*(fractions_of_one() for _ in range(4))),
    st.lists(st.tuples(fractions_of_one(), fractions_of_one()), min_size=1, max_size=4),
)
def test_enclosures_hold_every_value(
    tree: object, ends: tuple[Fraction, ...], places: list[tuple[Fraction, Fraction]]
) -> None:
    try:
        target = ExpressionBoxTarget.parse(write(tree), SYMMETRIC)  # type: ignore[arg-type]
    except BitproofError:
        return
    first, second = SYMMETRIC.at(ends[:2]), SYMMETRIC.at(ends[2:])
    box = Box(tuple(Interval(min(a, b), max(a, b)) for a, b in zip(first, second, strict=True)))
    taylor = target.taylor(box)
    if taylor is None:
        return
    for place in (*places, (F(0), F(0)), (F(1), F(1))):
        point = box.at(place)
        value = target.at(point)
        for bound in bounds_at(taylor, point):
            assert bound.lower <= value.upper
            assert value.lower <= bound.upper


@pytest.mark.parametrize(
    ("text", "index", "value"),
    [
        ("x1^3*x2^2", (2, 1), 6 * F(1, 2) * 2 * F(1, 3)),
        ("x1^3*x2^2", (3, 2), 12),
        ("1/(1+x1+x2)", (1, 1), 2 / (1 + F(5, 6)) ** 3),
        ("(1+x1)^(-2)*x2", (2, 1), 6 / F(3, 2) ** 4),
        ("abs(x1-x2)*x1", (1, 0), 2 * F(1, 2) - F(1, 3)),
        ("max(x1, x2, x1*x2)", (1, 0), 1),
        ("where(x1 < x2, 7, x1^2)", (2, 0), 2),
    ],
)
def test_derivatives_are_the_known_ones(text: str, index: tuple[int, int], value: Fraction) -> None:
    target = ExpressionBoxTarget.parse(text, UNIT)
    found = target.derivatives((F(1, 2), F(1, 3)), 5)[index]
    assert found is not None
    assert found.lower <= value <= found.upper
    assert found.width <= F(1, 2**100)


@pytest.mark.parametrize("name", sorted((*SMOOTH_FUNCTIONS, *ENDED_FUNCTIONS, *KINKED_FUNCTIONS)))
def test_derivatives_agree_with_differences_of_lower_ones(name: str) -> None:
    """D^(k+1) at the middle lies among the difference quotients of D^k, within the Taylor rest."""
    target = ExpressionBoxTarget.parse(
        f"{name}(x1/2 + x1*x2/4)", UNIT if "log" not in name else INNER
    )
    step = F(1, 2**20)
    points = [(F(1, 2) + side * step, F(1, 4)) for side in (-1, 0, 1)]
    before, here, after = (target.derivatives(point, 5, 300) for point in points)
    for order in range(4):
        left, right = before[order, 0], after[order, 0]
        exact = here[order + 1, 0]
        assert left is not None
        assert right is not None
        assert exact is not None
        quotient = (right.centre - left.centre) / (2 * step)
        assert abs(quotient - exact.centre) <= 10**5 * step**2


@pytest.mark.parametrize("dimension", [2, 3])
def test_norms_bound_derivatives_and_are_nearly_attained(dimension: int) -> None:
    box = Box.unit(dimension)
    target = ExpressionBoxTarget.parse(f"exp(-x1)*sin(3*x{dimension})", box)
    norms = target.norms(2)
    second = norms[(0,) * (dimension - 1) + (2,)]
    assert second is not None
    assert 9 * F(95, 100) <= second <= 9 * F(18, 16)
    assert norms[(1,) * 2 + (0,) * (dimension - 2)] == (0 if dimension == 3 else norms[(1, 1)])


def test_kinks_are_decided_on_the_side_of_a_diagonal() -> None:
    target = ExpressionBoxTarget.parse("abs(x1 - x2)", UNIT)
    corners = ((F(0), F(0)), (F(1), F(0)), (F(1), F(1)))
    triangle = target.taylor(UNIT, corners)
    square = target.taylor(UNIT)
    assert triangle is not None
    assert triangle.slope is not None
    assert square is not None
    assert [slope.lower for slope in triangle.slope] == [1, -1]
    assert triangle.curvature == (Interval(F(0), F(0)),) * 3
    assert square.curvature is None
    assert square.slopes is not None
    assert [round(float(s.upper), 6) for s in square.slopes] == [1, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1/(x1-x2)", "0"),
        ("log(x1*x2)", "not"),
        ("sqrt(x1-x2)", "not defined"),
        ("1/(x1^2 + (x2-1/3)^2)", "not proved to be defined"),
        ("asin(x1+x2)", "not defined"),
        ("x1 + asin(5/4)*x2", "not defined"),
        ("x1*sqrt(-2)", "not defined"),
    ],
)
def test_undefined_places_are_refused(text: str, message: str) -> None:
    with pytest.raises(DomainError, match=message):
        ExpressionBoxTarget.parse(text, UNIT)


@pytest.mark.parametrize("text", ["x1*x3", "x*x2"])
def test_inputs_that_do_not_fit_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="x1"):
        ExpressionBoxTarget.parse(text, UNIT)


@pytest.mark.parametrize("text", ["sqrt(x1*x2)", "sqrt(x1^2+x2^2)", "sqrt(1-x1)", "cbrt(x1-x2)"])
def test_unbounded_slopes_are_no_lipschitz_constants(text: str) -> None:
    target = ExpressionBoxTarget.parse(text, UNIT)
    assert target.lipschitz() is None
    assert target.norms(1)[1, 0] is None


def test_samples_are_near_the_values() -> None:
    import numpy as np

    target = ExpressionBoxTarget.parse("exp(-x1)*max(x2, 1/2) + pi", UNIT)
    places = np.array([[0.25, 0.75], [0.5, 0.0]])
    expected = [float(target.at((F(x), F(y))).centre) for x, y in places]
    assert np.allclose(target.sample(places), expected, atol=1e-12)
