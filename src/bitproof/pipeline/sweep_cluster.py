"""Jobs on a Dask cluster: workers that die are replaced by the others, jobs they held are rerun."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from bitproof.errors import InputError
from bitproof.pipeline.sweep import Job, Outcome, run_job

CONNECT_SECONDS = 10


def on_cluster(jobs: Sequence[Job], scheduler: str) -> Generator[Outcome, None, None]:
    """The outcomes, as they are ready; those not ready are cancelled when the iterator is closed.

    Args:
        scheduler: "tcp://host:port"; bitproof has to be installed on the workers.

    Raises:
        InputError: distributed is not installed, or no scheduler answers there.
    """
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise InputError(
            "a scheduler needs the package distributed", remedy="pip install 'bitproof[dask]'"
        ) from error
    try:
        client = Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(
            f"no Dask scheduler answers at {scheduler!r}",
            remedy="start one with `dask scheduler` and give its address, tcp://HOST:8786",
        ) from error
    with client:
        jobs_of = {client.submit(run_job, job, pure=False): job for job in jobs}
        try:
            for future in as_completed(jobs_of, loop=client.loop):
                yield _outcome(jobs_of[future].key, future.exception(), future)
                future.release()
        finally:
            client.cancel(list(jobs_of))


def _outcome(key: str, error: BaseException | None, future: object) -> Outcome:
    """A job's own faults are outcomes already; what is left are those of the cluster."""
    if error is not None:
        return Outcome(key, None, f"{type(error).__name__}: {error}", 0.0)
    found = future.result()  # type: ignore[attr-defined]  # a future of distributed, untyped
    assert isinstance(found, Outcome)
    return found
