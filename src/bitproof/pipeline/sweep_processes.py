"""Jobs in processes of this machine: one pipe each, so that a death is known to its job."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from bitproof.pipeline.sweep import Job, Outcome, run_job

TRIES = 2
PATIENCE_SECONDS = 5.0


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection
    job: Job | None = None


def in_processes(jobs: Sequence[Job], workers: int) -> Generator[Outcome, None, None]:
    """The outcomes, as they are ready; a process that dies is replaced and its job tried once more.

    Processes are spawned, never forked (threads of numerical libraries do not survive a fork), and
    are ended when the iterator is closed.
    """
    waiting = deque(jobs)
    deaths = dict[str, int]()
    pool = [_started() for _ in range(min(workers, len(jobs)))]
    try:
        while waiting or any(worker.job is not None for worker in pool):
            for at, worker in enumerate(pool):
                if worker.job is None and waiting:
                    pool[at] = _given(worker, waiting.popleft())
            busy = {worker.pipe: worker for worker in pool if worker.job is not None}
            for pipe in wait(list(busy)):
                worker = busy[pipe]  # type: ignore[index]  # only our own pipes are waited for
                outcome = _answer(worker)
                if outcome is None:
                    job = worker.job
                    pool[pool.index(worker)] = _started()
                    assert job is not None
                    outcome = _after_death(job, worker, deaths)
                    if outcome is None:
                        waiting.appendleft(job)
                        continue
                worker.job = None
                yield outcome
    finally:
        for worker in pool:
            worker.pipe.close()
            worker.process.terminate()
        for worker in pool:
            worker.process.join(PATIENCE_SECONDS)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()


def _started() -> _Worker:
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(there,), daemon=True)
    process.start()
    there.close()
    return _Worker(process, here)


def _given(worker: _Worker, job: Job) -> _Worker:
    """The worker, or one in its place if it died while it was idle, with a job."""
    try:
        worker.pipe.send(job)
    except (BrokenPipeError, ConnectionResetError):
        worker = _started()
        worker.pipe.send(job)
    worker.job = job
    return worker


def _answer(worker: _Worker) -> Outcome | None:
    """What the worker sends; None if it has died."""
    try:
        outcome: Outcome = worker.pipe.recv()
    except (EOFError, ConnectionResetError):
        worker.process.join()
        return None
    return outcome


def _after_death(job: Job, worker: _Worker, deaths: dict[str, int]) -> Outcome | None:
    deaths[job.key] = deaths.get(job.key, 0) + 1
    if deaths[job.key] < TRIES:
        return None
    code = worker.process.exitcode
    return Outcome(job.key, None, f"the process that ran it died {TRIES} times (exit {code})", 0.0)


def _serve(pipe: Connection) -> None:
    """The life of a worker: it ends with its parent, which alone hears Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        while True:
            pipe.send(run_job(pipe.recv()))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
