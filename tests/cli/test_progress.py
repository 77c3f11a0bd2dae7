import io
import sys
import time

from bitproof.cli.progress import LateProgress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_quick_work_shows_nothing(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with LateProgress() as progress:
        progress(0.5, "working")
    assert sys.stderr.getvalue() == ""


def test_long_work_shows_a_bar_with_its_text_and_removes_it(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    with LateProgress(patience=0.01) as progress:
        progress(0.25, "certifying")
        deadline = time.monotonic() + 10
        while "certifying" not in sys.stderr.getvalue() and time.monotonic() < deadline:
            time.sleep(0.02)
        progress(7.0, "beyond the end")
    shown = sys.stderr.getvalue()
    assert "25%" in shown
    assert "100%" in shown or "beyond" in shown or shown.endswith("\x1b[2K")


def test_nothing_is_shown_where_there_is_no_terminal_or_it_is_not_wanted(monkeypatch):
    for stream, wanted in ((io.StringIO(), True), (Terminal(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        with LateProgress(wanted=wanted, patience=0.0) as progress:
            progress(0.5, "working")
            time.sleep(0.05)
        assert stream.getvalue() == ""


def test_work_of_unknown_length_shows_no_share(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    with LateProgress(patience=0.01) as progress:
        progress(None, "looking")
        deadline = time.monotonic() + 10
        while "looking" not in sys.stderr.getvalue() and time.monotonic() < deadline:
            time.sleep(0.02)
    assert "looking" in sys.stderr.getvalue()
    assert "%" not in sys.stderr.getvalue()
