"""`bitproof deepen`: an equal network of fewer bits per weight and more depth."""

from __future__ import annotations

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
)
from bitproof.cli.parsing import NumericCommand

EPILOG = """\b
Examples:
  bitproof deepen gelu/network.json --weight-bits 3 --out gelu3.json
  bitproof deepen gelu/network.json --weight-bits 2 --json
  bitproof deepen model.onnx --round-to 8 --weight-bits 2 --nonnegative-inputs --out deep.json.gz

\b
Every layer becomes a Horner chain over the digits of its weights; the equality is proved from the
structure of the two networks, not sampled. A trained model has float weights of many bits: round
them first (--round-to), or deepen what `bitproof quantize` wrote.

\b
Exit codes: 0 proved equal, 1 not proved, 2 bad input."""


@click.command(
    "deepen",
    cls=NumericCommand,
    epilog=EPILOG,
    short_help="Trade precision for depth: an equal network of fewer bits.",
)
@click.argument("network", type=NETWORK)
@click.option(
    "--weight-bits",
    type=click.IntRange(2, 64),
    required=True,
    metavar="K",
    help="Bits of every weight and bias of the new network.",
)
@click.option(
    "--round-to",
    type=click.IntRange(2, 32),
    metavar="B",
    help="First round the weights to B bits, a power of two for each layer.",
)
@click.option(
    "--memory",
    type=click.Choice(["dense", "nonzero", "paper"]),
    default="nonzero",
    show_default=True,
    help="The count that chooses between integer and fraction bits.",
)
@click.option(
    "--nonnegative-inputs", is_flag=True, help="Equality is needed for inputs ≥ 0 only (smaller)."
)
@network_file_option
@overwrite_option
@json_option
@debug_option
def command(
    *,
    network: Path,
    weight_bits: int,
    round_to: int | None,
    memory: str,
    nonnegative_inputs: bool,
    out: Path | None,
    force: bool,
    as_json: bool,
) -> int:
    """Make the weights of NETWORK (or of an ONNX model) fewer bits and the network deeper: equal on
    every input, proved."""
    from bitproof.pipeline.deepen import deepen

    result = deepen(
        network_at(network),
        weight_bits=weight_bits,
        round_to=round_to,
        memory=memory,
        nonnegative_inputs=nonnegative_inputs,
        out=out,
        force=force,
    )
    if as_json:
        print_json(result.to_dict())
    else:
        from bitproof.report.deepen_text import deepen_summary

        console().print(deepen_summary(result))
    return 0 if result.status == "proved" else 1
