"""`bitproof quantize`: a trained network in few bits, with a certified difference."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import click

from bitproof.cli.networks import NETWORK, network_at
from bitproof.cli.output import console, debug_option, json_option, print_json, quiet_option
from bitproof.cli.parsing import RATIONAL, NumericCommand
from bitproof.cli.progress import LateProgress

EPILOG = """\b
Examples:
  bitproof quantize model.onnx --weight-bits 4 --box box.csv --out small
  bitproof quantize mnist.onnx --weight-bits 4 --around images.csv --radius 1/255 --inputs uint8
  bitproof quantize model.onnx --max-error 0.01 --around inputs.csv --radius 0.02
  bitproof quantize model.onnx --memory 20000 --box box.csv
  bitproof quantize model.onnx --codebook ternary --around images.csv

\b
A box file has a line 'lower,upper' for each input; a file of inputs has a line of numbers for
each, a label first if there is one. With --inputs uint8 the numbers 0 to 255 stand for k/255.

\b
Exit codes: 0 proved, 1 refuted or undecided, 2 bad input."""

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command(
    "quantize",
    cls=NumericCommand,
    epilog=EPILOG,
    short_help="Round a trained network to few bits and certify the difference.",
)
@click.argument("model", type=NETWORK)
@click.option("--weight-bits", type=click.IntRange(2, 16), help="Bits of every weight.")
@click.option("--codebook", type=click.Choice(["ternary", "binary"]), help="Instead of bits.")
@click.option(
    "--max-error",
    type=RATIONAL,
    help="Find the least memory, layer by layer, that proves this error.",
)
@click.option(
    "--memory",
    type=click.IntRange(min=1),
    metavar="BITS",
    help="Find the least certified error in this memory (dense count).",
)
@click.option(
    "--scale",
    type=click.Choice(["auto", "network", "layer", "channel"]),
    default="auto",
    show_default=True,
    help="What shares a power of two.",
)
@click.option(
    "--rounding",
    type=click.Choice(["auto", "nearest", "greedy"]),
    default="auto",
    show_default=True,
    help="Nearest, or compensating errors on the listed inputs.",
)
@click.option(
    "--bias-bits", type=click.IntRange(2, 64), default=16, show_default=True, help="Of every bias."
)
@click.option("--box", type=FILE, help="The box of inputs: a line 'lower,upper' for each.")
@click.option("--radius", type=RATIONAL, help="Boxes of this half-width around the listed inputs.")
@click.option("--around", type=FILE, metavar="INPUTS.csv", help="The listed inputs.")
@click.option(
    "--inputs",
    default="real",
    show_default=True,
    metavar="real|uint8|Qm.n",
    help="What inputs are, and so where they lie.",
)
@click.option(
    "--slack",
    type=RATIONAL,
    default=Fraction(1, 10),
    show_default="1/10",
    help="How far above the attained difference a bound may stay, relatively.",
)
@click.option(
    "--time-limit",
    type=float,
    default=60.0,
    show_default=True,
    metavar="S",
    help="Seconds of search; rounding, first bounds and files come on top.",
)
@click.option(
    "--journal",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Keep the search of a single box here; the same command resumes it.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the network, its certificate, ONNX, C and a page here.",
)
@click.option("--force", is_flag=True, help="Replace files in the folder of --out.")
@json_option
@quiet_option
@debug_option
def command(
    *,
    model: Path,
    weight_bits: int | None,
    codebook: str | None,
    max_error: Fraction | None,
    memory: int | None,
    scale: str,
    rounding: str,
    bias_bits: int,
    box: Path | None,
    radius: Fraction | None,
    around: Path | None,
    inputs: str,
    slack: Fraction,
    time_limit: float,
    journal: Path | None,
    out: Path | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Round MODEL's weights to few bits; prove how far the two networks can differ on boxes of
    inputs, and where they give the same class."""
    from bitproof.report.quantize_verb import quantize

    with LateProgress(wanted=not quiet) as progress:
        result = quantize(
            network_at(model),
            weight_bits=weight_bits,
            codebook=codebook,
            max_error=max_error,
            memory=memory,
            scale=scale,
            rounding=rounding,
            bias_bits=bias_bits,
            box=box,
            radius=radius,
            around=around,
            inputs=inputs,
            slack=slack,
            time_limit=time_limit,
            journal=journal,
            out=out,
            force=force,
            progress=progress,
        )
    if as_json:
        print_json(result.to_dict())
    else:
        from bitproof.report.quantize_text import quantize_summary

        console().print(quantize_summary(result, brief=quiet))
    return 0 if result.status == "proved" else 1
