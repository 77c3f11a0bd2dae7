"""`bitproof reproduce`: the claims of the papers as figures, one subcommand each."""

from __future__ import annotations

import importlib

import click

# name: (module, what it does in one line); loaded when they run.
FIGURES = {
    "expressivity": (
        "reproduce_expressivity",
        "Which fixed-point formats and activations can compute everything: the map.",
    ),
    "three-regimes": (
        "reproduce_three_regimes",
        "Certified errors over width, depth and bits, between what is proved on both sides.",
    ),
    "quantization-overhead": (
        "reproduce_quantization_overhead",
        "Weights and bits over the error for every number of weight values, and the bounds.",
    ),
}

EPILOG = """\b
Examples:
  bitproof reproduce expressivity --out expressivity
  bitproof reproduce expressivity --bits 4 --json
  bitproof reproduce three-regimes --quick --out regimes
  bitproof reproduce quantization-overhead --quick --out overhead

\b
Exit codes: 0 done, 2 bad input."""


class Figures(click.Group):
    """The figures, imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(FIGURES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in FIGURES:
            return None
        module = importlib.import_module(f"bitproof.cli.{FIGURES[cmd_name][0]}")
        found: click.Command = module.command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Figures"):
            formatter.write_dl([(name, line) for name, (_, line) in FIGURES.items()])


@click.group(
    "reproduce",
    cls=Figures,
    epilog=EPILOG,
    short_help="Reproduce the claims of the papers as figures.",
)
def command() -> None:
    """Reproduce the claims of the papers as figures, from nothing but the code."""
