"""`bitproof export`: a network as ONNX and C with the same bits."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import click

from bitproof.cli.networks import NETWORK, network_at
from bitproof.cli.output import console, debug_option, json_option, print_json
from bitproof.cli.parsing import RATIONAL, NumericCommand

EPILOG = """\b
Examples:
  bitproof export deep.json.gz --domain 0 1 --step 1/255 --out deep
  bitproof export fixed.json --out fixed

\b
The files compute the network's exact outputs for every input that is a multiple of the step in the
domain (a network with an input format needs neither). What no number type holds exactly is
refused with the width it would need.

\b
Exit codes: 0 written, 2 bad input or refused."""


@click.command(
    "export",
    cls=NumericCommand,
    epilog=EPILOG,
    short_help="Write a network as ONNX and C with the same bits.",
)
@click.argument("network", type=NETWORK)
@click.option("--domain", type=RATIONAL, nargs=2, metavar="LOW HIGH", help="Ends of every input.")
@click.option("--step", type=RATIONAL, metavar="S", help="Inputs are multiples of it.")
@click.option("--name", default="network", show_default=True, help="Of the files and functions.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="DIR",
    help="Write the files here.",
)
@click.option("--force", is_flag=True, help="Replace files in the folder.")
@json_option
@debug_option
def command(
    *,
    network: Path,
    domain: tuple[Fraction, Fraction] | None,
    step: Fraction | None,
    name: str,
    out: Path,
    force: bool,
    as_json: bool,
) -> int:
    """Write NETWORK as ONNX and C that compute its exact outputs on a grid of inputs."""
    from bitproof.pipeline.export import export

    result = export(network_at(network), out, domain=domain, step=step, name=name, force=force)
    if as_json:
        print_json(result.to_dict())
        return 0
    for kind, path in result.files.items():
        console().print(f"  {kind:<7} {path}", highlight=False)
    if result.onnx is not None:
        console().print(f"  ONNX in {result.onnx.dtype}, {result.onnx.form.value}", style="dim")
    if result.c is not None:
        console().print(f"  C with sums in {result.c.sum_type}", style="dim")
    for kind, reason in result.refusals.items():
        console().print(f"  no {kind}: {reason}", style="yellow", highlight=False)
    return 0
