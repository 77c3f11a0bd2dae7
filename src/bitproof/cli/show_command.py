"""`bitproof show`: a network's layers, formats and memory."""

from __future__ import annotations

from pathlib import Path

import click

from bitproof.cli.networks import NETWORK, described_network_at
from bitproof.cli.output import console, debug_option, json_option, print_json
from bitproof.cli.parsing import NumericCommand

EPILOG = """\b
Examples:
  bitproof show sine/network.json
  bitproof show sine/certificate.json --all

\b
dense counts every entry of every affine map and every bias, nonzero the non-zero ones, paper is
the formula of the paper the weight format comes from."""


@click.command(
    "show",
    cls=NumericCommand,
    epilog=EPILOG,
    short_help="Show a network's layers, formats and memory.",
)
@click.argument("network", type=NETWORK)
@click.option("--all", "every_layer", is_flag=True, help="Every layer, however many there are.")
@json_option
@debug_option
def command(*, network: Path, every_layer: bool, as_json: bool) -> int:
    """Show the layers, formats and memory of NETWORK (or of the network in a certificate)."""
    loaded, found_in = described_network_at(network)
    if as_json:
        from bitproof.report.objects import network_object

        print_json(network_object(loaded) | {"file": str(network), "found_in": found_in})
    else:
        from bitproof.report.network_text import network_summary

        title = f"{network} ({found_in})"
        console().print(network_summary(loaded, title, every_layer=every_layer))
    return 0
