"""`bitproof reproduce expressivity`: the map of formats and activations."""

from __future__ import annotations

from pathlib import Path

import click

from bitproof.cli.output import console, debug_option, json_option, print_json
from bitproof.cli.progress import LateProgress

EPILOG = """\b
Examples:
  bitproof reproduce expressivity --out expressivity
  bitproof reproduce expressivity --bits 4 --bias same --json

\b
With --out it writes report.html, map.svg, map.png and survey.json.

\b
Exit codes: 0 done, 2 bad input."""


@click.command(
    "expressivity",
    epilog=EPILOG,
    short_help="Which fixed-point formats and activations can compute everything: the map.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the map and its data into this folder.",
)
@click.option(
    "--bits",
    type=click.IntRange(1, 8),
    default=8,
    show_default=True,
    help="The largest p: formats |k| < 2^p over s.",
)
@click.option(
    "--bias",
    type=click.Choice(["wide", "same"]),
    default="wide",
    show_default=True,
    help="Biases: any multiple of 1/s, or in the format.",
)
@click.option("--force", is_flag=True, help="Replace files in a folder that is not empty.")
@json_option
@debug_option
def command(*, out: Path | None, bits: int, bias: str, force: bool, as_json: bool) -> int:
    """Decide expressivity for 15 activations, every p, 18 scales and 5 tie rules."""
    from bitproof.pipeline.survey import SCALES, survey

    if out is not None:
        from bitproof.pipeline.folder import check_writable

        check_writable(out, force=force)
    scales = tuple(s for s in SCALES if s < 4 << bits)
    with LateProgress() as progress:
        found = survey(bits=range(1, bits + 1), scales=scales, bias=bias, progress=progress)
    files: dict[str, Path] = {}
    if out is not None:
        from bitproof.report.expressivity_page import write_survey

        files = write_survey(found, out, force=force)
    if as_json:
        print_json(found.to_dict() | {"files": {kind: str(path) for kind, path in files.items()}})
    else:
        from bitproof.report.expressivity import survey_summary

        console().print(survey_summary(found, files))
    return 0
