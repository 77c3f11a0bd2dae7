"""`bitproof reproduce three-regimes`: certified networks over a grid of widths, depths, bits."""

from __future__ import annotations

from pathlib import Path

import click

from bitproof.cli.output import console
from bitproof.cli.sweeps import check_resumable, print_sweep, sweep_options, swept

EPILOG = """\b
Examples:
  bitproof reproduce three-regimes --quick --out regimes
  bitproof reproduce three-regimes --workers 8 --out regimes
  bitproof reproduce three-regimes --scheduler tcp://10.0.0.1:8786 --out regimes --json

\b
With --out it writes report.html, the figures regimes, memory and shallow (SVG, PNG), the data
regimes and memory (CSV; Parquet where pyarrow is installed) and sweep.jsonl, the journal: if the
run is interrupted or killed, the same command goes on where it stopped.

\b
Exit codes: 0 done, 1 a network failed or was not proved, 2 bad input."""


@click.command(
    "three-regimes",
    epilog=EPILOG,
    short_help="Certified errors over width, depth and bits, between what is proved on both sides.",
)
@sweep_options
def command(
    *,
    quick: bool,
    out: Path | None,
    workers: int,
    scheduler: str | None,
    force: bool,
    as_json: bool,
) -> int:
    """Build and certify networks for worst-case functions over a grid of (W, L, b)."""
    from bitproof.pipeline.three_regimes import (
        FULL,
        NAME,
        QUICK,
        all_jobs,
        assembled,
        memory_jobs,
        places,
        regime_jobs,
    )

    if out is not None:
        check_resumable(out, force=force)
    grid = QUICK if quick else FULL
    found = places(grid)
    by_place, memory = regime_jobs(grid, found), memory_jobs(grid)
    jobs = all_jobs(by_place, memory)
    sweep = swept(NAME, jobs, out, workers=workers, scheduler=scheduler)
    result = assembled(grid, found, by_place, memory, sweep)
    files: dict[str, Path] = {}
    if out is not None:
        from bitproof.report.three_regimes_page import write_three_regimes

        files = write_three_regimes(result, out, force=True)
    if as_json:
        print_sweep(result.to_dict(), files)
    else:
        from bitproof.report.three_regimes_text import three_regimes_summary

        console().print(three_regimes_summary(result, files))
    return 0 if result.all_proved else 1
