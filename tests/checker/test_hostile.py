"""Whatever the file holds: a clear verdict, in bounded time, and never an exception."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bitproof.checker import CheckReport, check_file, check_object
from tests.checker import certificates as made
from tests.checker.test_tamper import changed, leaves

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**400), 10**400),
    st.text(max_size=12),
    st.sampled_from(["1/0", "-1/3", "1e5", "x", "9" * 5000, "1/" + "9" * 5000, "١", "1/2/3", "/"]),
)
documents = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)

# A fixed time stamp: the same test names in every process.
EMPTY = gzip.compress(b"{}", mtime=0)


def check_text(text: str | bytes, folder: Path) -> CheckReport:
    path = folder / "hostile.json"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return check_file(path)


@pytest.mark.parametrize(
    "text",
    [
        b"", b"[]", b"1", b"null", b'"x"', b"{", b'{"a": 1, "a": 1}',
        b'{"claim": {"a": 1, "a": 2}}',
        b'{"a": 1.5}', b'{"a": NaN}', b'{"a": Infinity}', b'{"a": 1e5}', b"\xff\xfe", b"\x1f\x8b",
        b'\xef\xbb\xbf{"a": 1}', b'{"a": ' + b"9" * 5000 + b"}", b'{"a": -' + b"9" * 10**6 + b"}",
        b"[" * 10**6, b'{"a":' * 10**5, b'{"a":' + b"[" * 10**5 + b"]" * 10**5 + b"}",
        gzip.compress(b"[]", mtime=0), EMPTY[:-4], EMPTY + b"x", EMPTY + EMPTY,
        b"\x00" * 100, b"{}\x00",
    ],
    ids=lambda text: repr(text[:12]),
)  # fmt: skip
def test_not_a_json_object(text: bytes, tmp_path: Path) -> None:
    report = check_text(text, tmp_path)
    assert report.status == "invalid"
    assert not report.readable
    assert report.exit_code == 2
    assert len(report.reason) < 300


def test_gzip_bomb(tmp_path: Path) -> None:
    report = check_text(gzip.compress(b" " * (1 << 27), mtime=0), tmp_path)
    assert not report.readable
    assert "bytes" in report.reason


def test_files_that_are_none(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing", tmp_path / "a\x00b", Path(os.devnull)):
        assert not check_file(path).readable


def test_nested_as_deep_as_json_reads(tmp_path: Path) -> None:
    """Below the reader's recursion limit it is an object, and still no exception."""
    for depth in (200, 480, 900, 960, 990):
        nested = '{"target":' + "[" * depth + "]" * depth + "}"
        assert check_text(nested, tmp_path).status == "invalid"


@given(st.dictionaries(st.text(max_size=8), documents, max_size=5))
@settings(max_examples=100, deadline=None)
def test_any_object(data: dict[str, Any]) -> None:
    assert check_object(data).status == "invalid"


PLACES = [(make, path) for make in made.ALL for path, _ in leaves(make())]
PLACES += [(make, (key,)) for make in made.ALL for key in make() if key != "digest"]


@given(st.sampled_from(PLACES), documents)
@settings(max_examples=300, deadline=None)
def test_any_value_in_any_place(place: Any, value: object) -> None:
    make, path = place
    report = check_object(made.sealed(changed(make(), path, value)))
    assert report.status in ("proved", "refuted", "invalid")
    json.dumps(report.to_dict())


@given(st.binary(max_size=60), st.integers(0, 3000), st.integers(0, 30))
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_spliced_bytes(tmp_path: Path, splice: bytes, start: int, cut: int) -> None:
    raw = json.dumps(made.square()).encode()
    report = check_text(raw[:start] + splice + raw[start + cut :], tmp_path)
    assert report.status in ("proved", "invalid")


@pytest.mark.parametrize(
    "text",
    [
        "exp(exp(exp(exp(exp(x+9)))))", "sin(1e4000*(x+1))", "(x+1e4000)^1000", "1/(x*1e-4000)",
        "x^1000^1000", "9^999^999", "exp(1e300*x)", "tan(1e15*x)", "2^(2^(2^(2^(2^(x+2)))))",
        "(((x+1)^1000)^1000)^1000", "log(x-x)", "1e4096*x/1e4096",
    ],
)  # fmt: skip
def test_expressions_that_grow(text: str) -> None:
    data = changed(made.square(), ("target", "text"), text)
    assert check_object(made.sealed(data)).status == "invalid"


def test_work_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    from bitproof.checker import replay

    monkeypatch.setattr(replay, "ENCLOSURES", 50)
    monkeypatch.setattr(replay, "ENCLOSURES_PER_CELL", 0)
    data = changed(made.square(), ("target", "text"), "x^2 + sin(1e9*x)/1e9")
    data["claim"] |= {"upper": "1/63", "lower": "0"}
    report = check_object(made.sealed(data))
    assert report.status == "invalid"
    assert "work limit" in report.reason


def test_a_grid_beyond_all_limits() -> None:
    data = made.grid()
    data["inputs"]["format"] = made.FORMAT | {"highest": 10**4000, "lowest": -(10**4000)}
    data["inputs"] |= {"lower": "-1" + "0" * 4000, "upper": "1" + "0" * 4000}
    report = check_object(made.sealed(data))
    assert report.status == "invalid"
    assert "level" in report.reason
