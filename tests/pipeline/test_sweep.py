import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bitproof.errors import InputError
from bitproof.pipeline.sweep import Sweep, run_sweep
from bitproof.pipeline.sweep_data import write_records
from tests.pipeline.sweep_jobs import Failing, marks, squares

ROOT = Path(__file__).parents[2]
KEPT_BUSY = """
from pathlib import Path
from bitproof.pipeline.sweep import run_sweep
from tests.pipeline.sweep_jobs import squares
if __name__ == "__main__":
    folder = Path({folder!r})
    run_sweep("squares", squares(40, folder, 0.1), journal=folder / "journal", workers={workers})
"""


def lines_of(journal):
    return journal.read_text().splitlines()[1:] if journal.exists() else []


@pytest.mark.parametrize("workers", [1, 2])
def test_every_job_is_done_once_and_kept(tmp_path, workers):
    jobs = squares(9, tmp_path)
    told = []
    found = run_sweep(
        "squares",
        jobs,
        journal=tmp_path / "journal",
        workers=workers,
        progress=lambda *state: told.append(state),
    )
    assert [record["square"] for record in found.records] == [n * n for n in range(9)]
    assert found.resumed == 0
    assert sorted(marks(tmp_path)) == list(range(9))
    assert [fraction for fraction, _ in told] == [n / 9 for n in range(10)]
    pids = {record["pid"] for record in found.records}
    assert pids == {os.getpid()} if workers == 1 else os.getpid() not in pids

    again = run_sweep("squares", squares(12, tmp_path), journal=tmp_path / "journal")
    assert (again.resumed, len(again.records)) == (9, 12)
    assert sorted(marks(tmp_path)) == list(range(12))


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_run_killed_in_its_middle_is_resumed_and_loses_nothing(tmp_path, workers, how):
    script = tmp_path / "run.py"
    script.write_text(KEPT_BUSY.format(folder=str(tmp_path), workers=workers))
    journal = tmp_path / "journal"
    path = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    running = subprocess.Popen(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": path},
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    patience = time.monotonic() + 60
    while len(lines_of(journal)) < 4 and time.monotonic() < patience:
        time.sleep(0.02)
    running.send_signal(how)
    running.wait(timeout=30)
    time.sleep(0.3)  # workers of a killed run end with their job
    before = [json.loads(line)["key"] for line in lines_of(journal)]
    assert 4 <= len(before) < 40

    found = run_sweep("squares", squares(40, tmp_path), journal=journal, workers=workers)
    assert found.resumed == len(before)
    assert [record["number"] for record in found.records] == list(range(40))
    keys = [json.loads(line)["key"] for line in lines_of(journal)]
    assert keys[: len(before)] == before
    assert len(keys) == len(set(keys)) == 40
    ran = marks(tmp_path)
    # only what was in flight, at most one job a worker, ran twice
    assert set(ran) == set(range(40))
    assert len(ran) <= 40 + workers


@pytest.mark.parametrize("torn", ['{"key": "square of 3", "rec', "{", '{"key": "square of 3"'])
def test_a_torn_last_line_is_cut_off(tmp_path, torn):
    journal = tmp_path / "journal"
    run_sweep("squares", squares(3, tmp_path), journal=journal)
    whole = journal.read_text()
    journal.write_text(whole + torn)
    found = run_sweep("squares", squares(4, tmp_path), journal=journal)
    assert found.resumed == 3
    assert len(found.records) == 4
    assert journal.read_text().startswith(whole)
    assert len(lines_of(journal)) == 4


@pytest.mark.parametrize(
    "bad",
    ["nonsense", "[1]", '{"key": "a"}', '{"key": "a", "record": 1, "error": null, "seconds": 0}'],
)
def test_a_bad_line_elsewhere_is_refused(tmp_path, bad):
    journal = tmp_path / "journal"
    run_sweep("squares", squares(2, tmp_path), journal=journal)
    first, second, third = journal.read_text().splitlines()
    journal.write_text("\n".join([first, second, bad, third, ""]))
    with pytest.raises(InputError, match="line 3"):
        run_sweep("squares", squares(2, tmp_path), journal=journal)


def test_the_journal_of_another_sweep_or_of_a_run_under_way_is_refused(tmp_path):
    journal = tmp_path / "journal"
    run_sweep("squares", squares(2, tmp_path), journal=journal)
    before = journal.read_bytes()
    with pytest.raises(InputError, match="not the journal of this sweep"):
        run_sweep("cubes", squares(2, tmp_path), journal=journal)
    (tmp_path / "text").write_text("mine\n")
    with pytest.raises(InputError, match="line 1"):
        run_sweep("squares", squares(2, tmp_path), journal=tmp_path / "text")
    assert (tmp_path / "text").read_text() == "mine\n"

    def nested(*_):
        with pytest.raises(InputError, match="another run"):
            run_sweep("squares", squares(2, tmp_path), journal=journal)

    run_sweep("squares", squares(3, tmp_path), journal=journal, progress=nested)
    assert journal.read_bytes().startswith(before)


@pytest.mark.parametrize("workers", [1, 2])
def test_failures_are_reported_and_tried_again(tmp_path, workers):
    journal = tmp_path / "journal"
    jobs = [Failing("input"), *squares(3, tmp_path), Failing("fault")]
    for _ in range(2):
        found = run_sweep("squares", jobs, journal=journal, workers=workers)
        assert len(found.records) == 3
        assert [outcome.error for outcome in found.failures] == [
            str(InputError("a bad thing", remedy="a good thing")),
            "ZeroDivisionError: odd",
        ]
    assert found.resumed == 3
    assert len(lines_of(journal)) == 7


def test_a_process_that_dies_takes_no_other_job_with_it(tmp_path):
    jobs = [Failing("death"), *squares(4, tmp_path, 0.05)]
    found = run_sweep("squares", jobs, workers=2)
    assert [record["number"] for record in found.records] == [0, 1, 2, 3]
    (failure,) = found.failures
    assert "died 2 times (exit 7)" in failure.error


def test_wrong_sweeps(tmp_path):
    with pytest.raises(InputError, match="two jobs are named 'square of 0'"):
        run_sweep("squares", squares(1, tmp_path) * 2)
    with pytest.raises(InputError, match="0 workers"):
        run_sweep("squares", squares(1, tmp_path), workers=0)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be opened"):
        run_sweep("squares", squares(1, tmp_path), journal=tmp_path / "file" / "journal")
    assert run_sweep("squares", []) == Sweep((), 0)


def test_records_as_files(tmp_path):
    records = [{"a": 1, "b": "x", "c": None}, {"a": 1 << 70, "d": 0.5, "b": 3}]
    files = write_records(records, tmp_path, "data")
    with files["csv"].open() as file:
        rows = list(csv.DictReader(file))
    assert rows[1] == {"a": str(1 << 70), "b": "3", "c": "", "d": "0.5"}
    parquet = pytest.importorskip("pyarrow.parquet")
    assert parquet.read_table(files["parquet"]).to_pylist() == [
        {"a": "1", "b": "x", "c": None, "d": None},
        {"a": str(1 << 70), "b": "3", "c": None, "d": 0.5},
    ]
