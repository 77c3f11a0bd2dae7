"""`bitproof reproduce quantization-overhead`: weights and bits against the error, for every λ."""

from __future__ import annotations

from pathlib import Path

import click

from bitproof.cli.output import console
from bitproof.cli.sweeps import check_resumable, print_sweep, sweep_options, swept

EPILOG = """\b
Examples:
  bitproof reproduce quantization-overhead --quick --out overhead
  bitproof reproduce quantization-overhead --workers 8 --out overhead
  bitproof reproduce quantization-overhead --scheduler tcp://10.0.0.1:8786 --out overhead --json

\b
With --out it writes report.html, the figures bits, weights, overhead and values (SVG, PNG), the
data sizes, baseline and certified (CSV; Parquet where pyarrow is installed) and sweep.jsonl, the
journal: if the run is interrupted or killed, the same command goes on where it stopped.

\b
Exit codes: 0 done, 1 a job failed or a network is below a lower bound, 2 bad input."""


@click.command(
    "quantization-overhead",
    epilog=EPILOG,
    short_help="Weights and bits over the error for every number of weight values, and the bounds.",
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
    """Size networks over (d, n, ε, λ) between the bounds; build and certify some of them."""
    from bitproof.pipeline.quantization_overhead import FULL, NAME, QUICK, assembled, jobs_of

    if out is not None:
        check_resumable(out, force=force)
    grid = QUICK if quick else FULL
    jobs = jobs_of(grid)
    sweep = swept(NAME, jobs, out, workers=workers, scheduler=scheduler)
    result = assembled(grid, jobs, sweep)
    files: dict[str, Path] = {}
    if out is not None:
        from bitproof.report.quantization_overhead_page import write_overhead

        files = write_overhead(result, out, force=True)
    if as_json:
        print_sweep(result.to_dict(), files)
    else:
        from bitproof.report.quantization_overhead_text import overhead_summary

        console().print(overhead_summary(result, files))
    return 0 if result.above_the_bounds and not result.failures else 1
