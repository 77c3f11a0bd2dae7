"""What the commands that run sweeps share: workers, a scheduler, a folder that resumes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bitproof.cli.output import debug_option, json_option, print_json
from bitproof.cli.progress import LateProgress

if TYPE_CHECKING:
    from bitproof.pipeline.sweep import Job, Sweep

JOURNAL = "sweep.jsonl"


Function = Callable[..., Any]


def sweep_options(command: Function) -> Function:
    """Adds the options of every sweep: --quick, --out, --workers, --scheduler, --force, --json and
    --debug."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS: tuple[Callable[[Function], Function], ...] = (
    click.option("--quick", is_flag=True, help="A small grid, about a minute."),
    click.option(
        "--out",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="Write the page, figures and data into this folder, and resume from it.",
    ),
    click.option(
        "--workers",
        type=click.IntRange(1, 256),
        default=1,
        show_default=True,
        metavar="N",
        help="Processes that share the work.",
    ),
    click.option(
        "--scheduler", metavar="ADDRESS", help="Run on the Dask cluster of this scheduler instead."
    ),
    click.option("--force", is_flag=True, help="Use a folder that holds something else."),
    json_option,
    debug_option,
)


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


def print_sweep(data: dict[str, Any], files: dict[str, Path]) -> None:
    """Prints a sweep's object with the files that were written."""
    print_json(data | {"files": {kind: str(path) for kind, path in files.items()}})
