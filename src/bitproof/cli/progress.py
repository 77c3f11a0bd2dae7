"""A progress bar on standard error: only on a terminal, only for work of more than a second."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE_SECONDS = 1.0


class LateProgress:
    """Called with a fraction in [0, 1] and a text; shows a bar once it has gone on for a while.
    The fraction is None where nobody knows how long it takes: the bar then moves to and fro.

    Use it as a context manager; leaving it removes the bar.
    """

    def __init__(self, *, wanted: bool = True, patience: float = PATIENCE_SECONDS) -> None:
        self._wanted = wanted and sys.stderr.isatty()
        self._lock = threading.Lock()
        self._timer = threading.Timer(patience, self._show)
        self._timer.daemon = True
        self._bar: Progress | None = None
        self._state: tuple[float | None, str] = (0.0, "working")
        self._over = False

    def __enter__(self) -> LateProgress:
        if self._wanted:
            self._timer.start()
        return self

    def __call__(self, fraction: float | None, text: str) -> None:
        with self._lock:
            self._state = (None if fraction is None else min(max(fraction, 0.0), 1.0), text)
            self._update()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._over = True
            if self._bar is not None:
                self._bar.stop()

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        with self._lock:
            if self._over:
                return
            self._bar = Progress(
                TextColumn("{task.description}", style="dim"),
                BarColumn(bar_width=32),
                TextColumn("{task.fields[share]}", style="dim"),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.add_task("", total=1.0, share="")
            self._bar.start()
            self._update()

    def _update(self) -> None:
        if self._bar is not None:
            fraction, text = self._state
            task = self._bar.task_ids[0]
            if fraction is None:
                self._bar.tasks[0].total = None  # update() takes None for "as it was"
                self._bar.update(task, description=text, share="")
            else:
                share = f"{fraction:>4.0%}"
                self._bar.update(task, completed=fraction, total=1.0, description=text, share=share)
