"""A real cluster of two processes, one of them killed in mid-run."""

import os
import signal
import time
import warnings

import pytest

from bitproof.errors import InputError
from bitproof.pipeline.sweep import run_sweep
from bitproof.pipeline.three_regimes import (
    NAME,
    Grid,
    all_jobs,
    assembled,
    memory_jobs,
    places,
    regime_jobs,
)
from tests.pipeline.sweep_jobs import Failing, marks, squares

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("ignore::Warning:distributed.*", "ignore::ResourceWarning")


@pytest.fixture(scope="module")
def cluster():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
        ) as started:
            yield started


def test_a_killed_worker_loses_nothing(cluster, tmp_path):
    victims = []

    def kill_one(fraction, text):
        if fraction >= 0.2 and not victims:
            pid = int((tmp_path / "marks").read_text().split()[-1])
            victims.append(pid)
            os.kill(pid, signal.SIGKILL)

    jobs = [*squares(24, tmp_path, 0.1), Failing("input")]
    found = run_sweep(
        "squares",
        jobs,
        journal=tmp_path / "journal",
        scheduler=cluster.scheduler_address,
        progress=kill_one,
    )
    assert victims
    assert victims[0] != os.getpid()
    assert [record["number"] for record in found.records] == list(range(24))
    assert "a bad thing" in found.failures[0].error
    assert len(marks(tmp_path)) > 24  # what the dead worker held has run again
    keys = (tmp_path / "journal").read_text().count('"square of')
    assert keys == 24

    again = run_sweep("squares", jobs[:-1], journal=tmp_path / "journal")
    assert again.resumed == 24


def test_networks_are_certified_on_the_cluster(cluster):
    grid = Grid((3,), (20,), (1, 6), (4,))
    found = places(grid)
    by_place, memory = regime_jobs(grid, found), memory_jobs(grid)[:2]
    jobs = all_jobs(by_place, memory)
    there = run_sweep(NAME, jobs, scheduler=cluster.scheduler_address)
    here = run_sweep(NAME, jobs)
    assert there.records == here.records
    assert assembled(grid, found, by_place, memory, there).all_proved


def test_a_closed_run_cancels_what_is_left(cluster, tmp_path):
    def stop(fraction, text):
        if fraction > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_sweep(
            "squares",
            squares(100, tmp_path, 0.1),
            scheduler=cluster.scheduler_address,
            progress=stop,
        )
    time.sleep(0.5)
    ran = len(marks(tmp_path))
    time.sleep(0.5)
    assert len(marks(tmp_path)) == ran < 50


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense", "no such:address"])
def test_no_scheduler(address, tmp_path, monkeypatch):
    monkeypatch.setattr("bitproof.pipeline.sweep_cluster.CONNECT_SECONDS", 1)
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        run_sweep("squares", squares(1, tmp_path), scheduler=address)
