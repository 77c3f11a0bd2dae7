"""`bitproof represent`: the exact fixed-point network of a table or an expression."""

from __future__ import annotations

from pathlib import Path

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
from bitproof.cli.progress import LateProgress

EPILOG = """\b
Examples:
  bitproof represent "gelu(x)" --format Q3.4 --activation relu --out gelu8
  bitproof represent examples/srgb.csv --format UQ4.4 --activation relu --out srgb
  bitproof represent "sin(x)" --format 4,8 --activation gelu --weights binary
  bitproof represent table.csv --format 3,4 --activation softplus --effort thorough
  bitproof represent "max(x1, x2)" --dims 2 --format 3,4 --activation sigmoid --json
  bitproof represent "x^2" --format 3,4 --activation gelu --rounding every

\b
FUNCTION is an expression in x (in x1, x2, ... with --dims), or a CSV file with the columns x, y (or
x1, x2, y): every input of the format once, as levels (whole numbers) or as values. An expression is
rounded correctly, by proof, to its table first.

\b
Exit codes: 0 an exact network, checked on every input; 1 no network computes it (it says what
forbids it); 2 bad input."""


@click.command(
    "represent",
    cls=NumericCommand,
    epilog=EPILOG,
    short_help="Build a fixed-point network equal to a table on every input.",
)
@click.argument("function")
@form_option
@click.option(
    "--activation",
    default="relu",
    show_default=True,
    metavar="NAME",
    help="A name, an expression in x, or a CSV file with its level for every level.",
)
@weights_option
@bias_option
@ties_option
@rounding_option
@click.option(
    "--dims", type=click.IntRange(1, 9), default=1, show_default=True, help="Number of inputs."
)
@click.option(
    "--minimise",
    type=click.Choice(["neurons", "weights"]),
    default="neurons",
    show_default=True,
    help="What is to be few.",
)
@click.option(
    "--effort",
    type=click.Choice(["quick", "default", "thorough"]),
    default="default",
    show_default=True,
    help="How long integer programs search, for one input of at most 16 levels: not at all, "
    "seconds, or minutes.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the network, C, ONNX, a page and pictures here.",
)
@click.option("--force", is_flag=True, help="Write into --out even if it is not empty.")
@json_option
@debug_option
def command(
    *,
    function: str,
    form: str,
    activation: str,
    weights: str,
    bias: str,
    ties: str,
    rounding: str,
    dims: int,
    minimise: str,
    effort: str,
    out: Path | None,
    force: bool,
    as_json: bool,
) -> int:
    """Build a network that is equal to FUNCTION on every input of a fixed-point format."""
    from bitproof.pipeline.folder import check_writable
    from bitproof.pipeline.represent import represent

    if out is not None:
        check_writable(out, force=force)
    with LateProgress() as progress:
        progress(None, "looking for a network")
        result = represent(
            function,
            form,
            activation,
            weights=weights,
            bias=bias,
            ties=ties,
            rounding=rounding,
            dims=dims,
            minimise=minimise,
            effort=effort,
            progress=lambda text: progress(None, text),
        )
    if out is not None:
        from bitproof.report.represented_page import write_represented

        result = write_represented(result, out, force=force)
    if as_json:
        print_json(result.to_dict())
    else:
        from bitproof.report.represented import represent_summary

        console().print(represent_summary(result), highlight=False)
    return 0
