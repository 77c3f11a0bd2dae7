import xml.etree.ElementTree as ElementTree

import pytest

from bitproof.report import write_report
from bitproof.report.folder import write_report as write_report_directly
from tests.report.results import no_design, sine_result

KINDS = {"report", "function_svg", "function_png", "error_svg", "error_png"}


def test_a_folder_with_page_and_plots(tmp_path):
    files = write_report(sine_result(), tmp_path / "new")
    assert set(files) == KINDS
    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        path.name for path in files.values()
    }
    assert files["report"].read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    for kind in ("function", "error"):
        assert files[f"{kind}_png"].read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        assert ElementTree.parse(files[f"{kind}_svg"]).getroot().tag.endswith("svg")


def test_the_same_result_gives_the_same_files(tmp_path):
    first = write_report(sine_result(), tmp_path / "a")
    second = write_report(sine_result(), tmp_path / "b")
    for kind in KINDS:
        assert first[kind].read_bytes() == second[kind].read_bytes()


def test_titles_of_the_user_are_not_read_as_mathematics(tmp_path):
    write_report(sine_result(name=r"$\frac{x$"), tmp_path / "x")


def test_without_a_design_only_the_page(tmp_path):
    assert set(write_report_directly(no_design(), tmp_path / "none")) == {"report"}


def test_a_failure_leaves_nothing(tmp_path, monkeypatch):
    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("bitproof.report.plots.write_plots", fail)
    with pytest.raises(KeyboardInterrupt):
        write_report(sine_result(), tmp_path / "broken")
    assert list(tmp_path.iterdir()) == []
