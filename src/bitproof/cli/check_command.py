"""`bitproof check`: replay a certificate with the independent checker."""

from __future__ import annotations

from pathlib import Path

import click

from bitproof.cli.output import console, debug_option, json_option, print_json
from bitproof.cli.parsing import NumericCommand

EPILOG = """\b
Examples:
  bitproof check sine/certificate.json
  bitproof check sine/certificate.json --json

\b
The checker reads the file, trusts nothing in it, and uses Python's standard library alone:
`python -m bitproof.checker FILE` does the same.

\b
Exit codes: 0 the certificate proves its claim, 1 it refutes it or is invalid, 2 no such file."""


@click.command(
    "check",
    cls=NumericCommand,
    epilog=EPILOG,
    short_help="Replay a certificate with the independent checker.",
)
@click.argument("certificate", type=click.Path(path_type=Path, exists=True))
@json_option
@debug_option
def command(*, certificate: Path, as_json: bool) -> int:
    """Replay the proof in CERTIFICATE in exact arithmetic: proved, refuted or invalid."""
    from bitproof.checker import check_file

    path = _file(certificate)
    if not path.is_file():
        raise click.UsageError(f"there is no {path}; name a certificate's file.")
    report = check_file(path)
    if as_json:
        print_json({**report.to_dict(), "file": str(path)})
    else:
        from bitproof.report.text import check_summary

        console().print(check_summary(report, str(path)))
    return report.exit_code


def _file(path: Path) -> Path:
    """The certificate of a folder, compressed or not."""
    if not path.is_dir():
        return path
    packed = path / "certificate.json.gz"
    return packed if packed.is_file() else path / "certificate.json"
