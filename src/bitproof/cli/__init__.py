"""The command line. Importing it loads click and nothing heavier."""

from bitproof.cli.shell import cli, main

__all__ = ["cli", "main"]
