"""`compile` with rounded activations: all roundings are inside the proved error."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bitproof.checker import check_file
from bitproof.exact import FixedPoint, Interval
from bitproof.execute.reference import evaluate
from bitproof.pipeline.compile import compile


@pytest.mark.parametrize(
    ("text", "domain", "error", "options"),
    [
        ("gelu(x)", (-4, 4), "2^-6", {"weight_bits": 4, "activations": "Q3.8"}),
        (
            "sin(2*pi*x)",
            (0, 1),
            "1/20",
            {"codebook": "ternary", "activations": "Q6.14", "inputs": "Q1.8"},
        ),
        ("abs(x-1/3)", (0, 1), "1/40", {"weight_bits": 3, "activations": "Q4.8", "inputs": "Q1.6"}),
    ],
)
def test_the_proved_error_contains_every_rounding(text, domain, error, options, tmp_path):
    result = compile(text, domain=domain, error=error, **options)
    assert result.status == "proved"
    form = FixedPoint.parse(options["activations"])
    network = result.network
    assert all(layer.output_format == form for layer in network.layers)
    assert all(weight in network.weight_format for weight in network.weights())
    inputs = network.input_format
    worst = Fraction(0)
    for level in inputs.levels_within(result.domain):
        x = inputs.value(level)
        value = result.target.enclose(Interval(x, x))
        (y,) = evaluate(network, [x])
        worst = max(worst, abs(value.lower - y), abs(value.upper - y))
    assert worst <= result.verdict.upper + Fraction(1, 10**12)
    assert result.verdict.upper <= result.error
    result.verdict.certificate.save(tmp_path / "c.json")
    assert check_file(tmp_path / "c.json").status == "proved"


def test_too_coarse_a_format_is_no_design():
    result = compile("gelu(x)", domain=(-4, 4), error="1/64", activations="Q3.2")
    assert result.status == "no design"
    assert "fraction bits" in result.needed
