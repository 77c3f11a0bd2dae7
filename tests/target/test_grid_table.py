"""Tables over grids: what they are between their points, read from files, certified and checked."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.checker import check_object
from bitproof.errors import DomainError, InputError
from bitproof.exact.box import Box
from bitproof.pipeline.boxes import compile_box
from bitproof.target import GridTable
from tests.strategies import fractions_of_one
from tests.target.test_box_expression import bounds_at

F = Fraction
XS = (F(0), F(1, 3), F(1))
YS = (F(-1), F(0), F(1, 2), F(1))
VALUES = tuple(tuple(F((3 * i * i + 5 * j * i + 2 * j) % 7, 7) for j in range(4)) for i in range(3))
KINDS = ("bilinear", "simplicial")


def table(kind: str) -> GridTable:
    return GridTable(XS, YS, VALUES, "seven", kind)


@pytest.mark.parametrize("kind", KINDS)
def test_it_goes_through_its_points_and_is_continuous(kind: str) -> None:
    target = table(kind)
    for i, x in enumerate(XS):
        for j, y in enumerate(YS):
            assert target.value((x, y)) == VALUES[i][j]
    for y in (F(-1, 2), F(1, 5), F(3, 4)):
        tiny = F(1, 10**9)
        left, right = (target.value((F(1, 3) + side * tiny, y)) for side in (-1, 1))
        assert abs(left - right) <= 100 * tiny


def test_the_two_interpolations_differ_inside() -> None:
    middle = (F(1, 6), F(-1, 2))
    low, right, up, high = VALUES[0][0], VALUES[1][0], VALUES[0][1], VALUES[1][1]
    assert table("bilinear").value(middle) == (low + right + up + high) / 4
    assert table("simplicial").value(middle) == (low + high) / 2


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=80)
@given(
    st.tuples(*(fractions_of_one() for _ in range(6))),
    st.tuples(fractions_of_one(), fractions_of_one()),
)
def test_enclosures_hold_every_value_of_a_triangle(
    kind: str, ends: tuple[Fraction, ...], share: tuple[Fraction, Fraction]
) -> None:
    from bitproof.exact.box import hull_of

    target = table(kind)
    corners = [target.domain.at(ends[k : k + 2]) for k in (0, 2, 4)]
    taylor = target.taylor(hull_of(corners), corners)
    assert taylor is not None
    s, t = share[0], share[0] * share[1]
    point = tuple(
        a + (b - a) * s + (c - b) * t
        for a, b, c in zip(corners[0], corners[1], corners[2], strict=True)
    )
    value = target.value(point)
    assert all(bound.lower <= value <= bound.upper for bound in bounds_at(taylor, point))


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_is_compiled_certified_and_checked(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "grid.csv"
    rows = [f"{x}; {y}; {VALUES[i][j]}" for j, y in enumerate(YS) for i, x in enumerate(XS)]
    path.write_text("# a grid\nx1; x2; value\n" + "\n".join(rows) + "\n")
    result = compile_box(path, error="1/5", codebook="linear:2", interpolation=kind)
    assert result.status == "proved"
    assert result.verdict is not None
    report = check_object(result.verdict.certificate.data)  # type: ignore[attr-defined]
    assert report.status == "proved", report.reason
    data = dict(result.verdict.certificate.data)  # type: ignore[attr-defined]
    assert data["target"]["interpolation"] == kind


def test_samples_are_the_values() -> None:
    places = np.array([[0.1, -0.7], [1.0, 1.0], [0.5, 0.25]])
    for kind in KINDS:
        found = table(kind).sample(places)
        exact = [table(kind).value((F(x), F(y))) for x, y in places.tolist()]
        assert np.allclose(found, [float(value) for value in exact])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0,0,1\n0,1,1\n1,0,1\n", r"no row for \(1, 1\)"),
        ("0,0,1\n0,1,1\n1,0,1\n1,1,2\n1,1,3\n", "again"),
        ("0,0,1\n0,1\n", "row 2"),
        ("0,0,1\n0,1,x\n", "row 2"),
        ("0,0,1\n", "coordinates"),
    ],
)
def test_wrong_tables_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        GridTable.from_csv(path, None, "bilinear")


def test_the_interpolation_has_to_be_chosen(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("0,0,1\n0,1,1\n1,0,1\n1,1,2\n")
    with pytest.raises(InputError, match="bilinear or simplicial"):
        compile_box(path, error="1/10")
    with pytest.raises(DomainError, match="leaves the table"):
        compile_box(path, error="1/10", domain=(0, 2, 0, 1), interpolation="bilinear")


@pytest.mark.parametrize("kind", KINDS)
def test_slopes_are_bounded(kind: str) -> None:
    bounds = table(kind).lipschitz()
    assert bounds is not None
    box = Box.from_ends([0, F(1, 3), -1, 0])
    taylor = table(kind).taylor(box)
    assert taylor is not None
    assert taylor.slopes is not None
    assert all(s.magnitude <= b for s, b in zip(taylor.slopes, bounds, strict=True))
