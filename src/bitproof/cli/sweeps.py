"""What the commands that run sweeps share: workers, a scheduler, a folder that resumes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bitproof.cli.progress import LateProgress

if TYPE_CHECKING:
    from bitproof.pipeline.sweep import Job, Sweep

JOURNAL = "sweep.jsonl"


def sweep_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --workers and --scheduler."""
    workers = click.option(
        "--workers",
        type=click.IntRange(1, 256),
        default=1,
        show_default=True,
        metavar="N",
        help="Processes that share the work.",
    )
    scheduler = click.option(
        "--scheduler", metavar="ADDRESS", help="Run on the Dask cluster of this scheduler instead."
    )
    return workers(scheduler(command))


def check_resumable(folder: Path, *, force: bool) -> None:
    """Refuses a folder that holds something, unless it is a sweep to be gone on with.

    Raises:
        InputError: it is not empty and has no journal (and `force` is off), or is a file.
    """
    from bitproof.pipeline.folder import check_writable

    check_writable(folder, force=force or (folder / JOURNAL).is_file())


def swept(
    name: str, jobs: Sequence[Job], folder: Path | None, *, workers: int, scheduler: str | None
) -> Sweep:
    """Runs the jobs with a progress bar; the journal lies in the folder.

    Raises:
        click.exceptions.Exit: interrupted (code 130), after saying what was kept.
        InputError: as `run_sweep`.
    """
    from bitproof.pipeline.sweep import run_sweep

    journal = None if folder is None else folder / JOURNAL
    try:
        with LateProgress() as progress:
            return run_sweep(
                name,
                jobs,
                journal=journal,
                workers=workers,
                scheduler=scheduler,
                progress=progress,
            )
    except KeyboardInterrupt:
        kept = "nothing was written" if journal is None else f"what is done is in {journal}"
        again = "" if journal is None else "; the same command goes on from there"
        click.secho(f"interrupted; {kept}{again}", fg="yellow", err=True)
        raise click.exceptions.Exit(130) from None
