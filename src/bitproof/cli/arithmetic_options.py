"""The options of fixed-point arithmetic that `express` and `represent` share."""

from __future__ import annotations

import click

form_option = click.option(
    "--format",
    "form",
    required=True,
    metavar="Qm.n|p,s",
    help="The format of inputs, weights and outputs: Q3.4, UQ4.4, or 7,16 for |k| < 2^7 over 16.",
)
weights_option = click.option(
    "--weights",
    type=click.Choice(["full", "binary", "ternary"]),
    default="full",
    show_default=True,
    help="Weights: all of the format, -1 and 1, or -1, 0 and 1.",
)
bias_option = click.option(
    "--bias",
    type=click.Choice(["wide", "same", "accumulator"]),
    default="wide",
    show_default=True,
    help="Biases: any multiple of 1/scale, in the format, or any multiple of 1/scale² (int32).",
)
ties_option = click.option(
    "--ties",
    type=click.Choice(["even", "away", "up", "down", "zero", "floor", "truncate"]),
    default="even",
    show_default=True,
    help="Rounding to nearest with this tie rule, or down, or toward zero.",
)
rounding_option = click.option(
    "--rounding",
    type=click.Choice(["once", "every"]),
    default="once",
    show_default=True,
    help="Round the exact sum once, or round every product and saturate every partial sum.",
)
