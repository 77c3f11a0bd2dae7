"""The journal of a sweep: one JSON line for each finished job, on disk before it counts.

The first line names the sweep. A line that the end of a run tore is cut off when the journal is
opened again; a line that is no outcome anywhere else is refused, not skipped.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any

from bitproof.errors import InputError
from bitproof.pipeline.sweep import Outcome

FORMAT = "bitproof sweep"
VERSION = 1


class Journal:
    """A journal open for appending, locked against other runs; use it as a context manager.

    Attributes:
        outcomes: what it held when it was opened; of a key written twice the last.

    Raises:
        InputError: not a journal of this sweep, or another run has it open.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise InputError(f"{path} cannot be opened ({error})", remedy="name another") from error
        try:
            self._lock()
            self.outcomes = self._read(name)
        except BaseException:
            os.close(self._file)
            raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._file)

    def append(self, outcome: Outcome) -> None:
        """Writes an outcome; it is on disk when this returns."""
        self._write(
            {
                "key": outcome.key,
                "record": None if outcome.record is None else dict(outcome.record),
                "error": outcome.error,
                "seconds": outcome.seconds,
            }
        )

    def _lock(self) -> None:
        try:
            import fcntl
        except ImportError:  # no such locks on this system
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(
                f"another run is writing {self.path}", remedy="wait for it, or name another folder"
            ) from error

    def _read(self, name: str) -> dict[str, Outcome]:
        text = self.path.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]
        if len(whole) < len(text):
            os.ftruncate(self._file, len(whole))
        lines = whole.splitlines()
        header = {"format": FORMAT, "version": VERSION, "sweep": name}
        if not lines:
            self._write(header)
            return {}
        if self._parsed(lines[0], 1) != header:
            raise InputError(
                f"{self.path} is not the journal of this sweep ({name})",
                remedy="remove it, or name another folder",
            )
        outcomes = (self._outcome(line, number) for number, line in enumerate(lines[1:], start=2))
        return {outcome.key: outcome for outcome in outcomes}

    def _outcome(self, line: bytes, number: int) -> Outcome:
        data = self._parsed(line, number)
        record, error = data.get("record"), data.get("error")
        good = isinstance(record, dict) if error is None else record is None
        if set(data) != {"key", "record", "error", "seconds"} or not good:
            raise self._refused(number)
        return Outcome(str(data["key"]), record, error, float(data["seconds"]))

    def _parsed(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            data = json.loads(line)
        except ValueError as error:
            raise self._refused(number) from error
        if not isinstance(data, dict):
            raise self._refused(number)
        return data

    def _refused(self, number: int) -> InputError:
        return InputError(
            f"line {number} of {self.path} is not an outcome",
            remedy="remove the line (its job is run again), or the file",
        )

    def _write(self, data: dict[str, Any]) -> None:
        line = json.dumps(data, allow_nan=False) + "\n"
        left = line.encode()
        while left:
            left = left[os.write(self._file, left) :]
        os.fsync(self._file)
