"""Several inputs: what rounding cannot do is said, and limits on the memory are kept."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

import bitproof
from bitproof.errors import InputError
from bitproof.exact import Box, FixedPoint, Interval
from bitproof.pipeline.boxes import certify_box, compile_box
from bitproof.pipeline.rounded_activations import too_coarse
from bitproof.report.box_page import write_box_result
from bitproof.report.box_picture import picture_of
from tests.certify.boxes.networks import hats


def test_too_coarse_a_format_is_no_design() -> None:
    result = compile_box(
        "x1*x2", error="1/50", codebook="linear:2", inputs="Q0.4", activations="Q2.2"
    )
    assert result.status == "no design"
    assert "rounding to Q2.2 costs too much" in result.needed
    assert all(row.status != "proved" for row in result.candidates)


@pytest.mark.parametrize(
    ("form", "value", "distance"),
    [
        ("Q1.2", ("1/3", "1/3"), "1/12"),
        ("Q1.2", ("1/8", "3/8"), "0"),
        ("Q1.2", ("1/16", "1/8"), "1/16"),
        ("Q1.2", ("9/4", "3"), "1/2"),
        ("Q1.2", ("-4", "-3"), "1"),
        ("Q1.2", ("-1", "-7/8"), "0"),
    ],
)
def test_how_far_a_value_is_from_a_format(form, value, distance):
    enclosed = Interval(*map(Fraction, value))
    read = FixedPoint.parse(form)
    wanted = Fraction(distance)
    assert too_coarse(read, wanted, [enclosed, None]) is None
    if wanted:
        assert too_coarse(read, wanted - Fraction(1, 1000), [enclosed]) is not None


def test_a_format_that_cannot_hold_the_values_is_told_at_once():
    for text, domain in (("x1*x2", (0, 1, 0, 1)), ("x^2", (0, 1))):
        result = bitproof.compile(
            text, domain=domain, error="1e-5", weight_bits=4, inputs="Q1.6", activations="Q1.2"
        )
        assert result.status == "no design"
        assert "rounding to Q1.2 costs too much" in result.needed
        assert not result.candidates


def test_the_inputs_are_of_the_activations_format_where_none_is_given() -> None:
    result = compile_box(
        "x1*x2", domain=(0, 1, 0, 1), error="1/10", codebook="linear:2", activations="Q2.5"
    )
    assert (result.status, result.inputs) == ("proved", "Q2.5")
    assert result.network is not None
    assert result.network.input_format is not None
    assert result.network.input_format.name == "Q2.5"


def test_without_a_domain_all_values_of_the_format_count() -> None:
    result = compile_box("x1 + x2", error="1/10", codebook="linear:2", inputs="Q0.3")
    assert result.domain == Box.from_ends([-1, Fraction(7, 8)] * 2)
    network = hats(lambda x, y: x + y, 1)
    seen = certify_box(network, "x1 + x2", inputs="UQ1.2")
    assert seen.domain == Box.from_ends([0, Fraction(7, 4)] * 2)
    assert seen.verdict.cells == 64


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"activations": "Q3.12"}, "inputs of Q3.12 in"),
        ({"inputs": "Q0.2", "domain": (Fraction(1, 9), Fraction(1, 8), 0, 1)}, "the side of x1"),
        ({"error": None}, "no goal"),
        ({"error": None, "memory_limit": 0}, "memory limit 0"),
    ],
)
def test_what_cannot_be_is_refused_before_any_work(
    options: dict[str, object], message: str
) -> None:
    asked = {"error": "1/10", "codebook": "linear:2"} | options
    with pytest.raises(InputError, match=message):
        compile_box("x1*x2", **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "options", [{}, {"inputs": "Q0.5"}, {"inputs": "Q0.5", "activations": "Q2.8"}], ids=str
)
def test_the_least_error_within_a_memory(options: dict[str, str]) -> None:
    asked = {"codebook": "linear:2", "memory": "nonzero", "domain": (0, 1, 0, 1)} | options
    result = compile_box("x1*x2", memory_limit=90, **asked)  # type: ignore[arg-type]
    assert result.status == "proved"
    assert result.measures is not None
    assert result.verdict is not None
    assert result.measures.nonzero_bits <= 90
    upper = result.verdict.upper
    assert upper is not None
    assert upper <= result.error
    assert upper < Fraction(13, 50)
    smaller = compile_box("x1*x2", error=upper / 2, memory_limit=90, **asked)  # type: ignore[arg-type]
    assert smaller.status == "no design"
    tight = compile_box("x1*x2", memory_limit=1, **asked)  # type: ignore[arg-type]
    assert tight.status == "no design"
    assert tight.needed


def test_a_narrow_format_holds_the_values_and_the_page_shows_every_input(tmp_path: Path) -> None:
    result = compile_box(
        "exp(-(x1^2+x2^2))",
        domain=(-2, 2, -2, 2),
        error="1/8",
        codebook="linear:2",
        inputs="Q1.4",
        activations="Q2.8",
    )
    assert (result.status, result.activations) == ("proved", "Q2.8")
    picture = picture_of(result)
    assert picture is not None
    assert picture.network.shape == (64, 64)
    assert abs(picture.error).max() <= 1 / 8
    written = write_box_result(result, tmp_path / "bump", force=False)
    page = written.files["report"].read_text()
    assert "for every Q1.4 input x in [-2, 2] × [-2, 2]" in page
    assert "Activations in" in page
    assert "all, one by one" in page
