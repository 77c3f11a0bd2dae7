"""`bitproof expand`: any network in λ weight values, with the error proved."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import click

from bitproof.cli.networks import NETWORK, network_at
from bitproof.cli.output import (
    console,
    debug_option,
    json_option,
    network_file_option,
    overwrite_option,
    print_json,
    quiet_option,
)
from bitproof.cli.parsing import CODEBOOK, NUMBER_PAIRS, RATIONAL, NumericCommand
from bitproof.cli.progress import LateProgress

EPILOG = """\b
Examples:
  bitproof expand gelu/network.json --codebook linear:2 --out gelu2.json
  bitproof expand trained.json --codebook linear:2 --error 1e-3 --domain -1 1 --out two.json
  bitproof expand trained.json --codebook nested:3 --error 1/100 --domain 0 1 0 1 --json

\b
Every weight becomes digits over ladders that the weights of a neuron share. Without --error the new
network is equal to the old one (weights must be finite sums of digits). With it, weights may be
replaced by near ones of fewer digits; the error is bounded by propagation over the domain, and for
one input and one output certified exactly.

\b
Codebooks: linear:λ, nested:λ, midrise:λ, binary, ternary, or values such as -1,1/2. One that cannot
approximate every function is refused with the reason.

\b
`proved`: by the certifier, from the two networks alone; `claimed`: by the construction's theorem.

\b
Exit codes: 0 a network within the error, 2 bad input."""


@click.command(
    "expand",
    cls=NumericCommand,
    epilog=EPILOG,
    short_help="Rewrite a network in a few weight values, with the error proved.",
)
@click.argument("network", type=NETWORK)
@click.option(
    "--codebook",
    type=CODEBOOK,
    required=True,
    metavar="CODEBOOK",
    help="The values all weights and biases will have.",
)
@click.option("--error", type=RATIONAL, help="How far any output may be off. [default: equal]")
@click.option(
    "--domain",
    type=NUMBER_PAIRS,
    metavar="A B",
    help="Two ends for each input, or two for all. [default: all real inputs; with --error 0 1]",
)
@network_file_option
@overwrite_option
@json_option
@quiet_option
@debug_option
def command(
    *,
    network: Path,
    codebook: str,
    error: Fraction | None,
    domain: tuple[Fraction, ...] | None,
    out: Path | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Rewrite NETWORK so that every weight and bias is one of a codebook's values."""
    from bitproof.pipeline.expand import expand

    with LateProgress(wanted=not quiet) as progress:
        result = expand(
            network_at(network),
            codebook,
            error=error,
            domain=domain,
            out=out,
            force=force,
            progress=progress,
        )
    if as_json:
        print_json(result.to_dict())
    else:
        from bitproof.report.expand_text import expand_summary

        console().print(expand_summary(result, brief=quiet))
    return 0
