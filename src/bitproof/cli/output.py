"""Standard output: one JSON object, or text for people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

PLAIN_WIDTH = 110

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object and nothing else."
)
debug_option = click.option(
    "--debug", is_flag=True, expose_value=False, help="Show tracebacks of errors."
)
quiet_option = click.option("--quiet", is_flag=True, help="Print the verdict line only.")
network_file_option = click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the network here (.json or .json.gz).",
)
overwrite_option = click.option("--force", is_flag=True, help="Overwrite the file.")


def print_json(data: dict[str, Any]) -> None:
    """Prints an object; never NaN or infinity."""
    click.echo(json.dumps(data, ensure_ascii=False, allow_nan=False))


def console() -> Console:
    """Where rich text goes: standard output, plain and of a fixed width unless a terminal."""
    import sys

    from rich.console import Console

    is_terminal = sys.stdout.isatty()
    return Console(
        highlight=False, soft_wrap=False, width=None if is_terminal else PLAIN_WIDTH, emoji=False
    )
