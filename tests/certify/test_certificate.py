"""Certificates: round trip, golden files, and what reading refuses."""

from __future__ import annotations

import copy
import functools
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.certify import Certificate, Verdict, certify_on_grid, certify_sup_error
from bitproof.certify.certificate import canonical, rational_text, read_rational
from bitproof.checker.replay import check_object
from bitproof.errors import BitproofError, FileFormatError, InputError
from bitproof.exact import FixedPoint, Interval
from bitproof.target import ExpressionTarget, TableTarget
from tests.certify.networks import interpolant, line, march

GOLDEN = Path(__file__).parent / "golden"
UNIT = Interval(Fraction(0), Fraction(1))


@functools.cache
def golden_verdicts() -> dict[str, Verdict]:
    """What the golden files hold. `python -m tests.certify.test_certificate` writes them."""
    third = Fraction(1, 3)
    kink = interpolant([(Fraction(0), third), (third, Fraction(0)), (Fraction(1), Fraction(2, 3))])
    parabola = ExpressionTarget.parse("x^2", UNIT)
    chord = line(Fraction(1), Fraction(-1, 8))
    table = TableTarget(tuple((Fraction(k, 4), Fraction(k * k, 16)) for k in range(5)), "squares")
    form = FixedPoint.parse("UQ0.4")
    eighth, tenth = Fraction(1, 8), Fraction(1, 10)
    return {
        "kink": certify_sup_error(kink, ExpressionTarget.parse("abs(x-1/3)+x/8", UNIT), UNIT),
        "parabola": certify_sup_error(chord, parabola, UNIT, error=eighth),
        "parabola-refuted": certify_sup_error(chord, parabola, UNIT, error=tenth),
        "table": certify_sup_error(chord, table, UNIT),
        "networks": certify_sup_error(chord, kink, UNIT),
        "grid": certify_on_grid(chord, parabola, form, UNIT),
    }


def certificate_of(verdict: Verdict) -> Certificate:
    found = getattr(verdict, "certificate", None)
    assert isinstance(found, Certificate)
    return found


def without_version(certificate: Certificate) -> dict[str, Any]:
    """What must not change from one version of bitproof to the next."""
    return {k: v for k, v in certificate.data.items() if k not in ("made_by", "digest")}


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.json")))
def test_golden_certificates(name: str) -> None:
    stored = Certificate.load(GOLDEN / f"{name}.json")
    again = certificate_of(golden_verdicts()[name])
    assert without_version(stored) == without_version(again)
    report = check_object(stored.data)
    assert (report.status, report.reason != "") == (stored.status, True)


def test_all_golden_certificates_are_there() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(golden_verdicts())


@pytest.mark.parametrize("name", ["certificate.json", "certificate.json.gz"])
def test_round_trip(tmp_path: Path, name: str) -> None:
    verdict = certify_sup_error(march(40, 1), ExpressionTarget.parse("x", UNIT), UNIT)
    certificate = certificate_of(verdict)
    path = tmp_path / name
    certificate.save(path)
    assert Certificate.load(path) == certificate
    assert (path.read_bytes()[:2] == b"\x1f\x8b") == name.endswith(".gz")
    assert [entry.name for entry in tmp_path.iterdir()] == [name]
    loaded = Certificate.load(path)
    assert (loaded.lower, loaded.upper, loaded.witness) == (
        verdict.lower,
        verdict.upper,
        verdict.witness,
    )
    assert loaded.network == march(40, 1)


def test_saving_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "a.json.gz", tmp_path / "b.json.gz"
    for path in (first, second):
        certificate_of(golden_verdicts()["parabola"]).save(path)
    assert first.read_bytes() == second.read_bytes()


def test_a_failed_save_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "taken.json"
    folder.mkdir()
    with pytest.raises(OSError, match="taken"):
        certificate_of(golden_verdicts()["parabola"]).save(folder)
    assert [entry.name for entry in tmp_path.iterdir()] == ["taken.json"]


def parabola() -> dict[str, Any]:
    return copy.deepcopy(certificate_of(golden_verdicts()["parabola"]).data)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("format",), "something", "format"),
        (("version",), 2, "version"),
        (("extra",), 1, "extra"),
        (("claim",), [], "claim"),
        (("claim", "kind"), "mean-error", "claim"),
        (("claim", "status"), "maybe", "claim"),
        (("claim", "lower"), 1, "lower"),
        (("claim", "lower"), "1/0", "lower"),
        (("claim", "lower"), "0.1", "lower"),
        (("claim", "upper"), None, "upper"),
        (("claim", "upper"), "1/7", "digest"),
        (("claim", "witness"), "1" * 5000, "witness"),
        (("semantics",), "fixed-point", "semantics"),
        (("inputs", "kind"), "box", "inputs"),
        (("inputs", "lower"), "2", "interval"),
        (("inputs", "lower"), "-1", "breakpoints"),
        (("breakpoints",), [], "breakpoints"),
        (("breakpoints",), ["0", "1/2", "1/2", "1"], "breakpoints"),
        (("breakpoints",), ["0", "1/2", "1"], "digest"),
        (("network", "layers"), [], "layers"),
        (("target",), "x^2", "target"),
        (("digest",), "sha256:0", "digest"),
        (("made_by",), "someone else", "digest"),
    ],
)
def test_what_reading_refuses(path: tuple[str, ...], value: object, message: str) -> None:
    data = parabola()
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(FileFormatError, match=message):
        Certificate.from_json(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children)
    ),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_hostile_certificates_raise_clear_errors(data: st.DataObject) -> None:
    certificate: Any = parabola()
    place = certificate
    for _ in range(data.draw(st.integers(0, 3))):
        keys = sorted(place) if isinstance(place, dict) else list(range(len(place)))
        inner = [key for key in keys if isinstance(place[key], (dict, list)) and place[key]]
        if not inner:
            break
        place = place[data.draw(st.sampled_from(inner))]
    keys = sorted(place) if isinstance(place, dict) else list(range(len(place)))
    key, value = data.draw(st.sampled_from(keys)), data.draw(JSON)
    changed = place[key] != value or type(place[key]) is not type(value)
    place[key] = value
    if changed:
        with pytest.raises(BitproofError):
            Certificate.from_json(certificate)


def test_files_that_are_not_certificates(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    for text in ("", "[]", "{", '{"format": 0.5}', "[" * 100_000, '{"format": NaN}'):
        path.write_text(text)
        with pytest.raises(FileFormatError):
            Certificate.load(path)
    with pytest.raises(FileFormatError, match="cannot be read"):
        Certificate.load(tmp_path / "missing.json")


def test_rationals() -> None:
    assert [rational_text(x) for x in (0, Fraction(-1, 3), Fraction(4, 2))] == ["0", "-1/3", "2"]
    assert read_rational("-1/3", "x") == Fraction(-1, 3)
    with pytest.raises(InputError, match="bits"):
        rational_text(Fraction(1, 3**20000))
    for wrong in ("", "1/", "+1", " 1", "1e3", "٣", "1/2/3", None, 1):
        with pytest.raises(FileFormatError):
            read_rational(wrong, "x")


def test_canonical_json_refuses_numbers_beyond_reason() -> None:
    with pytest.raises(InputError, match="cannot be written"):
        canonical({"n": 10**5000})


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name, verdict in golden_verdicts().items():
        content = certificate_of(verdict).data
        (GOLDEN / f"{name}.json").write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")
