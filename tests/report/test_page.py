import re
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bitproof.report.notebook import present, result_html
from bitproof.report.page import page
from tests.report.results import no_design, sine_result

VOID = {"meta", "br", "hr", "img", "input", "link"}


class Reader(HTMLParser):
    """Keeps the text and the attributes, and insists that every tag is closed in order."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.words, self.references, self.tags = [], [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        names = [name for name, _ in attributes]
        assert len(set(names)) == len(names)
        assert not any(name.startswith("on") for name in names)
        self.references += [v for n, v in attributes if n in ("src", "href", "action", "data")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):  # noqa: ARG002
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def read(text):
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def with_files(result):
    names = {
        "network": "network.json",
        "certificate": "certificate.json",
        "onnx": "network.onnx",
        "c": "network.c",
        "header": "network.h",
    }
    return replace(result, files={kind: Path("out") / name for kind, name in names.items()})


def test_the_page_is_well_formed_and_needs_nothing_else():
    text = page(with_files(sine_result()))
    reader = read(text)
    assert reader.references == []
    assert "script" not in reader.tags
    assert "link" not in reader.tags
    assert not re.search(r"https?:|url\(|@import", text)


def test_the_page_carries_the_numbers():
    result = with_files(sine_result())
    words = " ".join(read(page(result)).words).replace("\xa0", " ")
    verdict, sizes = result.verdict, result.measures
    for fact in (
        "Proved.",
        "|f(x) − N(x)| ≤ 0.0181 ≤ 0.025 for every real x in [0, 1]",
        str(verdict.upper),
        str(verdict.lower),
        str(verdict.witness),
        verdict.certificate.digest,
        f"{sizes.dense_bits} bits",
        "46,384",
        "lerp, differences",
        "network.onnx",
        "NETWORK_SELFTEST",
        "bitproof check certificate.json",
        "1802.03646",
        "over the limits",
        "14 breakpoints",
    ):
        assert fact in words, fact


HOSTILE = "<script>alert('x')</script>\"><img src=http://evil onerror=a&b"


def test_everything_of_the_user_is_escaped():
    result = with_files(sine_result(name=HOSTILE))
    rows = tuple(replace(row, method=HOSTILE, status=HOSTILE) for row in result.candidates)
    tables = tuple(replace(row, name=HOSTILE, description=HOSTILE) for row in result.competitors)
    result = replace(
        result,
        candidates=(result.candidates[0], *rows),
        competitors=tables,
        refusals={HOSTILE: HOSTILE},
        files={kind: Path(HOSTILE) for kind in result.files},
    )
    for text in (page(result), result_html(result)):
        reader = read(text)
        assert "script" not in reader.tags
        assert "img" not in reader.tags
    assert HOSTILE in " ".join(read(page(result)).words)


def test_a_result_without_a_design_has_a_page_that_says_what_is_needed():
    words = " ".join(read(page(no_design())).words)
    assert "No design." in words
    assert "a depth of 2 would do" in words
    assert "The certificate" not in words


def test_very_long_expressions_are_shortened_where_they_are_a_title():
    text = page(sine_result(name="x+" * 4000 + "x"))
    assert len(text) < 200_000


def test_the_notebook_fragment_is_well_formed_and_escaped():
    reader = read(result_html(sine_result()))
    assert {"table", "svg"} <= set(reader.tags)
    assert reader.references == []
    read(result_html(no_design()))


def test_a_presented_result_shows_draws_and_says_itself():
    result = present(sine_result())
    assert result._repr_html_() == result_html(result)
    assert str(result).startswith("proved: |f(x) − N(x)| ≤ 0.0181")
    assert repr(result) == f"<{result}>"
    assert len(result.plot().axes) == 1
    assert len(result.plot("function").axes) == 1
    assert result.to_dict()["status"] == "proved"
    with pytest.raises(Exception, match="one of error, function"):
        result.plot("nonsense")
    with pytest.raises(Exception, match="without a design"):
        present(no_design()).plot()
    assert result.verdict.upper <= Fraction(1, 40)


def test_the_verbs_of_python_present_and_save(monkeypatch, tmp_path):
    from bitproof.report import verbs

    seen = {}

    def pretend(target, **options):
        seen.update(options, target=target)
        return sine_result()

    verb = verbs._presented(pretend)
    assert verb("x", error=1)._repr_html_()
    assert seen == {"target": "x", "error": 1}
    saved = verb("x", error=1, out=tmp_path / "out")
    assert saved.files["report"].is_file()
    assert "out" not in seen
    with pytest.raises(Exception, match="--force"):
        verb("x", error=1, out=tmp_path / "out")
    assert verb("x", error=1, out=tmp_path / "out", force=True).files["network"].is_file()


def test_a_verdict_presents_itself():
    from bitproof.report.verbs import certify

    result = certify(sine_result().network, "sin(2*pi*x)", error="1/40")
    assert str(result).startswith("proved: |f(x) − N(x)| ≤ 0.017")
    assert repr(result) == f"<{result}>"
    read(result._repr_html_())
