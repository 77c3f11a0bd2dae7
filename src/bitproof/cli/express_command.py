"""`bitproof express`: can this format with this activation compute everything?"""

from __future__ import annotations

import click

from bitproof.cli.arithmetic_options import (
    bias_option,
    form_option,
    rounding_option,
    ties_option,
    weights_option,
)
from bitproof.cli.output import console, debug_option, json_option, print_json
from bitproof.cli.parsing import NumericCommand

EPILOG = """\b
Examples:
  bitproof express gelu --format Q3.4
  bitproof express sign --format 3,4
  bitproof express "max(0, x)^2" --format 7,16 --bias same --weights ternary
  bitproof express table.csv --format Q0.3 --json
  bitproof express relu --format 1,1 --brute-force --dims 2

\b
ACTIVATION is a name (relu, gelu, sigmoid, silu, mish, elu, softplus, tanh, step, sign, abs, ...),
an expression in x, or a CSV file with the output for every level of the format.

\b
The verdict is on functions of any number of inputs: `universal` comes with the networks of the
proof, `not universal` with a small function that no network of any size computes.

\b
Exit codes: 0 universal, 1 not universal or undecided, 2 bad input."""


@click.command(
    "express",
    cls=NumericCommand,
    epilog=EPILOG,
    short_help="Decide whether a format with an activation can represent every table.",
)
@click.argument("activation")
@form_option
@bias_option
@ties_option
@weights_option
@rounding_option
@click.option(
    "--dims",
    type=click.IntRange(1, 9),
    default=1,
    show_default=True,
    help="The inputs of the functions that --brute-force enumerates.",
)
@click.option(
    "--brute-force",
    is_flag=True,
    help="Also enumerate everything that networks compute (tiny formats only).",
)
@json_option
@debug_option
def command(
    *,
    activation: str,
    form: str,
    bias: str,
    ties: str,
    weights: str,
    rounding: str,
    dims: int,
    brute_force: bool,
    as_json: bool,
) -> int:
    """Decide whether networks of a fixed-point format with ACTIVATION compute every function."""
    from bitproof.pipeline.express import express

    result = express(
        activation,
        form,
        bias=bias,
        ties=ties,
        weights=weights,
        rounding=rounding,
        dims=dims,
        brute_force=brute_force,
    )
    if as_json:
        print_json(result.to_dict())
    else:
        from bitproof.report.expressivity import express_summary

        console().print(express_summary(result))
    return 0 if result.verdict == "universal" else 1
