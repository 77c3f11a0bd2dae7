"""Networks on Kuhn's triangulation: their nodal values, their digits, their formats."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.certify.boxes import certify_on_box
from bitproof.checker import check_object
from bitproof.construct.few_digits import FewDigits, value_of
from bitproof.construct.kuhn import designs
from bitproof.construct.kuhn_fit import fit
from bitproof.construct.kuhn_grid import grid_of
from bitproof.exact import Box, Codebook, FixedPoint, Q, WeightFormat
from bitproof.execute.reference import evaluate
from bitproof.target import ExpressionBoxTarget
from bitproof.transform.rounding import round_activations

F = Fraction
UNIT = Box.unit(2)


@pytest.mark.parametrize(
    "form",
    [
        Codebook.linear(2),
        Codebook.linear(3),
        Codebook.linear(4),
        Codebook((F(-1), F(1, 2), F(1))),
        Codebook((F(-1, 2), F(1, 2))),
        Q(0, 2),
        Q(-1, 3),
    ],
)
@pytest.mark.parametrize(
    ("text", "ends"),
    [("x1*x2", [0, 1, 0, 1]), ("x1 - 3*abs(x2)", [-1, 1, F(-1, 2), F(1, 3)])],
)
def test_networks_keep_their_format_and_error(
    form: WeightFormat, text: str, ends: list[Fraction]
) -> None:
    box = Box.from_ends(ends)
    target = ExpressionBoxTarget.parse(text, box)
    found = designs(target, F(1, 10), [form])
    assert found.constructions, found.needed
    network = found.constructions[0].network
    assert network.weight_format == form
    assert all(weight in form for weight in network.weights())
    for s in range(8):
        for t in range(8):
            point = box.at((F(s, 7), F(t, 7)))
            error = evaluate(network, point)[0] - target.at(point).centre
            assert abs(error) <= F(11, 100)


def test_what_cannot_be_written_is_said() -> None:
    target = ExpressionBoxTarget.parse("x1*x2", UNIT)
    assert "64 values" in designs(target, F(1, 10), [Q(0, 6)]).needed
    four = ExpressionBoxTarget.parse("x1*x2*x4", Box.unit(4))
    assert designs(four, F(1, 10), [Codebook.linear(2)]).needed == "two or three inputs"


@pytest.mark.parametrize("form", [Codebook.linear(2), Q(0, 2)])
def test_three_inputs_are_proved(form: WeightFormat) -> None:
    target = ExpressionBoxTarget.parse("x1*x2 - x3/2", Box.unit(3))
    network = designs(target, F(1, 10), [form]).constructions[0].network
    verdict = certify_on_box(network, target, error=F(1, 10))
    assert verdict.status == "proved"
    assert check_object(verdict.certificate.data).status == "proved"  # type: ignore[attr-defined]


def test_levelling_halves_the_error_of_a_convex_function() -> None:
    target = ExpressionBoxTarget.parse("x1^2 + x2^2/2", UNIT)
    grid = grid_of(target, (4, 4), 2, (False, False)).floats()
    assert fit(target, grid).error < 0.62 * fit(target, grid, rounds=0).error


@settings(max_examples=40)
@given(
    st.sampled_from(
        [(F(-1), F(1, 2)), (F(-1), F(1, 3), F(2, 3)), (F(-1), F(1)), tuple(Q(-1, 2).values())]
    ),
    st.fractions(-1, 1, max_denominator=1000),
    st.integers(1, 6),
)
def test_digits_are_as_near_as_asked_and_fewest(
    values: tuple[Fraction, ...], wanted: Fraction, places: int
) -> None:
    base = 3 if F(1, 3) in values else 2
    table = FewDigits(values, base, places)
    digits = table.nearest(wanted, F(1, 64))
    assert all(digit == 0 or digit in values for digit in digits)
    found = value_of(digits, base)
    every = {F(0): 0}
    for place in range(places):
        every = _with_place(every, [v / base**place for v in values if v])
    near = [count for value, count in every.items() if abs(value - wanted) <= F(1, 64)]
    if near:
        assert abs(found - wanted) <= F(1, 64)
        assert sum(1 for digit in digits if digit) == min(near)
    else:
        assert abs(found - wanted) == min(abs(value - wanted) for value in every)


def _with_place(every: dict[Fraction, int], steps: list[Fraction]) -> dict[Fraction, int]:
    result = dict(every)
    for value, count in every.items():
        for step in steps:
            more = value + step
            result[more] = min(result.get(more, 99), count + 1)
    return result


@pytest.mark.parametrize("form", [Codebook.linear(2), Codebook.linear(3), Q(0, 2)])
def test_kinks_across_the_other_diagonal_are_exact(form: WeightFormat) -> None:
    box = Box.from_ends([-1, 1, -1, 1])
    target = ExpressionBoxTarget.parse("max(x1, -x2)", box)
    network = designs(target, F(1, 100), [form]).constructions[0].network
    assert len(network.layers) < 100
    verdict = certify_on_box(network, target, error=F(1, 100))
    assert (verdict.status, verdict.cells < 20) == ("proved", True)
    certificate = verdict.certificate.data  # type: ignore[attr-defined]
    assert any(step.startswith("-") for step in certificate["partition"]["steps"])
    assert check_object(certificate).status == "proved"


@pytest.mark.parametrize(
    ("text", "grid"), [("abs(x1-x2/2)", "2 × 1"), ("max(0, 2*x1+x2-1)", "2 × 1")]
)
def test_the_coarsest_grid_that_holds_a_kink_is_taken(text: str, grid: str) -> None:
    target = ExpressionBoxTarget.parse(text, Box.unit(2))
    found = designs(target, F(1, 50), [Codebook.linear(2)]).constructions[0]
    assert dict(found.details)["grid"] == grid
    verdict = certify_on_box(found.network, target, error=F(1, 50))
    assert verdict.status == "proved"


@pytest.mark.parametrize("form", [Codebook.linear(2), Codebook.linear(3), Q(1, 1), Q(-1, 3)])
@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("3*x1*x2 - 2", [0, 1, 0, 1]),
        ("exp(-(x1^2+x2^2))", [-2, 2, -2, 2]),
        ("x1 + x2 - x3", [0, 1, 0, 1, 0, 1]),
    ],
)
def test_values_inside_stay_small_where_that_is_asked_for(
    form: WeightFormat, text: str, ends: list[int]
) -> None:
    """Rounding to a format of many fraction bits then only costs a little: nothing saturates."""
    box = Box.from_ends(ends)
    target = ExpressionBoxTarget.parse(text, box)
    inputs, narrow = FixedPoint.parse("Q2.5"), FixedPoint.parse("Q2.30")
    found = designs(target, F(1, 5), [form], largest=narrow.interval.upper)
    network = found.constructions[0].network
    rounded = round_activations(network, inputs, narrow, box).network
    for share in range(12):
        point = tuple(
            inputs.value(inputs.quantize(side.lower + side.width * F(share * (i + 3) % 12, 12)))
            for i, side in enumerate(box.sides)
        )
        exact, seen = evaluate(network, point)[0], evaluate(rounded, point)[0]
        assert abs(exact - target.at(point).centre) <= F(22, 100)
        assert abs(exact - seen) <= F(1, 1 << 18)


def test_a_format_without_positive_values_is_refused() -> None:
    target = ExpressionBoxTarget.parse("x1*x2", UNIT)
    assert "positive" in designs(target, F(1, 5), [Codebook.linear(2)], largest=F(0)).needed
