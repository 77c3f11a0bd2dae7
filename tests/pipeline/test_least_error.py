"""The least error within limits: reached, proved, and never worse with more of anything."""

from fractions import Fraction

import pytest
from click.testing import CliRunner

from bitproof.cli import cli
from bitproof.errors import InputError
from bitproof.pipeline.compile import compile
from tests.construct.paths import path_table


@pytest.mark.parametrize(
    "limits",
    [
        {"memory_limit": 300},
        {"max_depth": 12, "max_width": 6},
        {"memory_limit": 400, "max_depth": 10, "memory": "nonzero"},
    ],
    ids=str,
)
def test_the_limits_are_kept_and_the_error_is_proved(limits):
    result = compile("x^2", weight_bits=4, **limits)
    assert result.status == "proved"
    assert result.verdict.upper <= result.error
    sizes = result.measures
    assert sizes.bits(limits.get("memory", "dense")) <= limits.get("memory_limit", 10**9)
    assert sizes.depth <= limits.get("max_depth", 10**9)
    assert sizes.width <= limits.get("max_width", 10**9)
    # what it found is near the edge: half of the error takes more
    smaller = compile("x^2", weight_bits=4, error=result.verdict.upper / 2, **limits)
    assert smaller.status == "no design"


def test_rough_functions_take_what_is_promised_for_their_class():
    target = path_table("random", 32)
    result = compile(target, weight_bits=4, max_width=10, max_depth=20, method="fold-matrix")
    assert result.status == "proved"
    assert result.error <= Fraction(1, 30)


def test_without_a_goal_there_is_no_answer():
    for limits in ({}, {"max_depth": 9}, {"max_width": 9}):
        with pytest.raises(InputError, match="no goal"):
            compile("x", **limits)
    with pytest.raises(InputError, match="memory limit 0"):
        compile("x", memory_limit=0)
    tight = compile("sin(9*x)", memory_limit=3)
    assert tight.status == "no design"
    assert tight.needed


def test_the_command():
    run = CliRunner().invoke(
        cli, ["compile", "abs(x-1/2)", "--memory-limit", "200", "--weight-bits", "3", "--quiet"]
    )
    assert run.exit_code == 0
    assert "proved" in run.stdout
    both = CliRunner().invoke(
        cli, ["compile", "sin(9*x)", "--error", "1e-3", "--memory-limit", "50"]
    )
    assert both.exit_code == 1
