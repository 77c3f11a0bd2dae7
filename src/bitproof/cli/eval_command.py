"""`bitproof eval`: what a network computes, exactly."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import click

from bitproof.cli.networks import NETWORK, network_at
from bitproof.cli.output import console, debug_option, json_option, print_json
from bitproof.cli.parsing import RATIONAL, NumericCommand

EPILOG = """\b
Examples:
  bitproof eval sine/network.json 1/8 0.25 2^-8
  bitproof eval gelu/network.json -1/3 -2.5 --json

\b
A network of d inputs takes its numbers d at a time. A certificate's file works too."""


@click.command("eval", cls=NumericCommand, epilog=EPILOG, short_help="Evaluate a network exactly.")
@click.argument("network", type=NETWORK)
@click.argument("numbers", type=RATIONAL, nargs=-1, required=True, metavar="X...")
@json_option
@debug_option
def command(*, network: Path, numbers: tuple[Fraction, ...], as_json: bool) -> int:
    """Evaluate NETWORK at each X in exact rational arithmetic."""
    from bitproof.pipeline.certify import evaluate

    loaded = network_at(network)
    width = loaded.inputs
    if len(numbers) % width:
        raise click.UsageError(
            f"{len(numbers)} numbers for a network of {width} inputs; give a multiple of {width}."
        )
    points = [numbers[start : start + width] for start in range(0, len(numbers), width)]
    values = [tuple(evaluate(loaded, point)) for point in points]
    if as_json:
        from bitproof.report.objects import values_object

        print_json(values_object(loaded, points, values))
    else:
        from bitproof.report.text import values_table

        console().print(values_table(points, values))
    return 0
