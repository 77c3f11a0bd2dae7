"""The options about a function that `compile` and `certify` share."""

from __future__ import annotations

import click

from bitproof.cli.parsing import NUMBER_PAIRS

domain_option = click.option(
    "--domain",
    type=NUMBER_PAIRS,
    metavar="A B [A B …]",
    help="Two ends for each input. [default: 0 1; the span of a table]",
)
interpolation_option = click.option(
    "--interpolation",
    type=click.Choice(["bilinear", "simplicial"]),
    help="How a table on a grid is continued between its points.",
)
