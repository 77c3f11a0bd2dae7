"""Sweeps: many independent jobs, run in processes or on a Dask cluster, resumable after any end.

Every finished job is a line of a journal on disk before the next one is taken, so whatever ends a
run (Ctrl-C, kill -9, a power cut) costs the jobs in flight and nothing else: the next run of the
same sweep does those that are not in the journal yet. A job that fails is recorded and reported,
and tried again by the next run; the other jobs go on.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bitproof.errors import BitproofError, InputError

if TYPE_CHECKING:
    from bitproof.pipeline.sweep_journal import Journal

Value = str | int | float | bool | None
Record = dict[str, Value]
Progress = Callable[[float, str], None]


class Job(ABC):
    """One piece of work: a frozen, picklable dataclass of a module that workers can import."""

    __slots__ = ()

    @property
    @abstractmethod
    def key(self) -> str:
        """What names it in the journal: everything the result depends on, on one line."""

    @abstractmethod
    def run(self) -> Record:
        """The result, in JSON scalars (exact fractions as text)."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job.

    Attributes:
        key: the job's.
        record: its result; None where it failed.
        error: what was wrong; None where it did not fail.
        seconds: of processor time, in the process that ran it.
    """

    key: str
    record: Mapping[str, Value] | None
    error: str | None
    seconds: float

    @property
    def failed(self) -> bool:
        return self.record is None


@dataclass(frozen=True, slots=True)
class Sweep:
    """The outcomes of all jobs, in the order of the jobs.

    Attributes:
        resumed: how many were taken from the journal.
    """

    outcomes: tuple[Outcome, ...]
    resumed: int

    @property
    def records(self) -> list[Mapping[str, Value]]:
        """Of the jobs that did not fail."""
        return [outcome.record for outcome in self.outcomes if outcome.record is not None]

    @property
    def failures(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.failed]


def run_job(job: Job) -> Outcome:
    """A job with what goes wrong in it caught: never an exception, except that it is interrupted.

    This is what runs in a worker, be it a process or a Dask worker.
    """
    start = time.process_time()
    record: Record | None = None
    error: str | None = None
    try:
        record = dict(job.run())
    except BitproofError as problem:
        error = str(problem)
    except Exception as problem:  # noqa: BLE001  (a fault of one job must not end the others)
        error = f"{type(problem).__name__}: {problem}"
    return Outcome(job.key, record, error, round(time.process_time() - start, 3))


def run_sweep(
    name: str,
    jobs: Sequence[Job],
    *,
    journal: Path | None = None,
    workers: int = 1,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """Runs the jobs that the journal does not hold yet.

    Args:
        name: of the sweep; a journal of another name is refused.
        journal: a file of JSON lines, created if it is not there; None keeps nothing.
        workers: processes; 1 runs the jobs in this one.
        scheduler: address of a Dask scheduler, in place of processes.
        progress: told the part done and what was done last.

    Raises:
        InputError: two jobs of one key, a journal of another sweep or in use, no such scheduler.
    """
    from bitproof.pipeline.sweep_journal import Journal

    keys = [job.key for job in jobs]
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise InputError(f"two jobs are named {twice!r}", remedy="put what differs into the key")
    if workers < 1:
        raise InputError(f"{workers} workers", remedy="1 or more")
    opened: AbstractContextManager[Journal | None] = (
        nullcontext() if journal is None else Journal(journal, name)
    )
    with opened as kept:
        known = {} if kept is None else kept.outcomes
        done = {key: known[key] for key in keys if key in known and not known[key].failed}
        resumed = len(done)
        left = [job for job in jobs if job.key not in done]
        if left:
            with closing(_outcomes(left, workers, scheduler)) as arriving:
                _collect(arriving, done, len(jobs), kept, progress)
    return Sweep(tuple(done[key] for key in keys), resumed)


def _outcomes(
    jobs: Sequence[Job], workers: int, scheduler: str | None
) -> Generator[Outcome, None, None]:
    if scheduler is not None:
        from bitproof.pipeline.sweep_cluster import on_cluster

        return on_cluster(jobs, scheduler)
    if workers == 1:
        return (run_job(job) for job in jobs)
    from bitproof.pipeline.sweep_processes import in_processes

    return in_processes(jobs, workers)


def _collect(
    arriving: Iterable[Outcome],
    done: dict[str, Outcome],
    total: int,
    journal: Journal | None,
    progress: Progress | None,
) -> None:
    failed = 0
    if progress is not None:
        progress(len(done) / total, f"{len(done)} of {total} done before")
    for outcome in arriving:
        if journal is not None:
            journal.append(outcome)
        done[outcome.key] = outcome
        failed += outcome.failed
        if progress is not None:
            note = f", {failed} failed" if failed else ""
            progress(len(done) / total, f"{len(done)} of {total}{note}: {outcome.key}")
