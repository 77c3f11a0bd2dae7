"""`bitproof cite`: the papers behind a result."""

from __future__ import annotations

from pathlib import Path

import click

from bitproof.cli.networks import NETWORK, network_at
from bitproof.cli.output import debug_option, json_option, print_json
from bitproof.cli.parsing import NumericCommand

EPILOG = """\b
Examples:
  bitproof cite > papers.bib
  bitproof cite sine/network.json"""


@click.command(
    "cite",
    cls=NumericCommand,
    epilog=EPILOG,
    short_help="Print the BibTeX entries of the papers used.",
)
@click.argument("result", type=NETWORK, required=False)
@json_option
@debug_option
def command(*, result: Path | None, as_json: bool) -> int:
    """Print the BibTeX entries of the papers RESULT rests on; without RESULT, of all of them."""
    from bitproof.report.citations import references_of
    from bitproof.theory.references import REFERENCES

    entries = REFERENCES if result is None else references_of(network_at(result))
    if as_json:
        print_json(
            {
                "references": [
                    {"key": entry.key, "arxiv": entry.arxiv, "used_for": entry.used_for}
                    for entry in entries
                ],
                "bibtex": "\n\n".join(entry.bibtex() for entry in entries),
            }
        )
    else:
        for entry in entries:
            click.echo(f"% {entry.used_for}\n{entry.bibtex()}\n")
    return 0
