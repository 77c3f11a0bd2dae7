"""Certificates of differences: replayed, and every change of them noticed."""

from __future__ import annotations

import copy
import gzip
import json
import random
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from bitproof.certify.difference.certificate import DifferenceCertificate
from bitproof.certify.difference.domain import Domain
from bitproof.certify.difference.exact import outputs_at
from bitproof.certify.difference.prove import certify_class, certify_difference
from bitproof.checker import check_file, check_object
from bitproof.checker.layered import read_layered
from bitproof.checker.packed import Slots
from bitproof.network import Activation, Layer, Network, network_to_json
from bitproof.network.convolution import Convolution
from bitproof.transform.few_bits import Granularity, RoundingPlan, round_weights
from tests.certify.difference import pairs
from tests.checker.certificates import sealed

GOLDEN = Path(__file__).parents[1] / "certify" / "golden" / "difference.json.gz"
Place = tuple[str | int, ...]


def made(seed: int = 5) -> dict[str, Any]:
    """A box with a difference and the classes of both networks, and a refutation."""
    first = pairs.network((3, 7, 7, 3), seed)
    second = round_weights(first, RoundingPlan((64,) * 3, Granularity.CHANNEL))
    centre = (Fraction(1, 3), Fraction(-1, 4), Fraction(1, 7))
    values = outputs_at(first, centre)
    chosen = values.index(max(values))
    box = Domain.around(centre, Fraction(1, 50))
    wide = Domain.around(centre, Fraction(1, 2))
    found = certify_difference(first, second, wide)
    small = certify_difference(first, second, wide, error=found.lower / 2)
    assert small.status == "refuted"
    classes = [
        ("first", certify_class(first, box, chosen)),
        ("second", certify_class(second, box, chosen)),
        ("second", certify_class(second, Domain.around(centre, Fraction(4)), chosen)),
    ]
    assert [verdict.status for _, verdict in classes] == ["proved", "proved", "refuted"]
    certificate = DifferenceCertificate.of(first, second, [found], classes)
    assert certificate is not None
    return certificate.data


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    return made()


def test_it_is_proved_again(data: dict[str, Any], tmp_path: Path) -> None:
    report = check_object(data)
    assert (report.status, report.reason) == ("proved", "every leaf was proved again")
    assert report.cells > 10
    path = tmp_path / "certificate.json.gz"
    DifferenceCertificate(data).save(path)
    again = check_file(path)
    assert again.status == "proved"
    assert Fraction(again.lower or 0) <= Fraction(again.upper or 0)


def test_the_golden_certificate_is_still_proved() -> None:
    report = check_file(GOLDEN)
    assert report.status == "proved"
    assert (
        report.upper
        == json.loads(gzip.decompress(GOLDEN.read_bytes()))["claims"][0]["outputs"][
            _largest(GOLDEN)
        ]["upper"]
    )


def _largest(path: Path) -> int:
    outputs = json.loads(gzip.decompress(path.read_bytes()))["claims"][0]["outputs"]
    uppers = [Fraction(output["upper"]) for output in outputs]
    return uppers.index(max(uppers))


def test_a_refutation_is_replayed() -> None:
    first = pairs.network((2, 6, 1), 1)
    second = pairs.coarser(first, 3)
    box = pairs.cube(2)
    found = certify_difference(first, second, box)
    refuted = certify_difference(first, second, box, error=found.lower / 2)
    certificate = DifferenceCertificate.of(first, second, [refuted])
    assert certificate is not None
    report = check_object(certificate.data)
    assert (report.status, report.exit_code) == ("refuted", 1)
    claim = {**certificate.data["claims"][0], "requested": str(found.upper)}
    assert check_object(sealed(certificate.data | {"claims": [claim]})).status == "invalid"


def leaves(data: object, place: Place = ()) -> Iterator[tuple[Place, object]]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from leaves(value, (*place, key))
    elif isinstance(data, list):
        for key, value in enumerate(data):
            yield from leaves(value, (*place, key))
    else:
        yield place, data


def changed(data: dict[str, Any], place: Place, value: object) -> dict[str, Any]:
    result = copy.deepcopy(data)
    inner: Any = result
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return result


def test_any_changed_leaf_breaks_the_digest(data: dict[str, Any]) -> None:
    places = list(leaves(data))
    random.Random(0).shuffle(places)
    for place, value in places[:60]:
        other = value + 1 if type(value) is int else f"{value}0"
        assert check_object(changed(data, place, other)).status == "invalid", place


CLAIM: Place = ("claims", 0)
EDITS: list[tuple[Place, object]] = [
    ((*CLAIM, "status"), "refuted"),
    ((*CLAIM, "requested"), "1/1000000"),
    ((*CLAIM, "kind"), "sup-error"),
    ((*CLAIM, "outputs", 0, "upper"), "1/1000"),
    ((*CLAIM, "outputs", 0, "upper"), None),
    ((*CLAIM, "outputs", 0, "lower"), "1"),
    ((*CLAIM, "outputs", 0, "lower"), "-1"),
    ((*CLAIM, "outputs", 0, "witness", "numerators", 0), 10**30),
    ((*CLAIM, "outputs", 0, "witness", "denominator"), 0),
    ((*CLAIM, "outputs"), []),
    ((*CLAIM, "splits"), [0]),
    ((*CLAIM, "splits"), [3, -1, -1]),
    ((*CLAIM, "splits"), [-1, -1]),
    ((*CLAIM, "splits"), []),
    ((*CLAIM, "splits"), [True, -1, -1]),
    ((*CLAIM, "bits"), 10**9),
    ((*CLAIM, "bits"), -4),
    ((*CLAIM, "box", "upper", 0), 10**6),
    ((*CLAIM, "box", "lower", 0), 10**6),
    ((*CLAIM, "box", "denominator"), 0),
    (("claims", 1, "margin"), "100"),
    (("claims", 1, "margin"), "0"),
    (("claims", 1, "class"), 7),
    (("claims", 1, "of"), "third"),
    (("claims", 1, "box", "upper", 1), 10**6),
    (("claims", 3, "rival"), 9),
    (("claims", 3, "witness", "numerators", 0), 10**40),
    (("claims", 3, "witness"), None),
    (("claims", 3, "status"), "proved"),
    (("claims",), []),
    (("first", "layers", 0, "bias", 0), 10**6),
    (("first", "layers", 0, "activation"), "identity"),
    (("first", "layers", 1, "sources"), [2]),
    (("first", "layers", 1, "columns"), 8),
    (("first", "layers", 1, "denominator"), 0),
    (("first", "inputs"), 4),
    (("first", "semantics"), "fixed-point"),
    (("second", "weight_format", "layers", 0, "symbols"), 4),
    (("second", "weight_format", "layers", 0, "symbols"), 7),
    (("second", "weight_format", "layers", 0, "exponents"), []),
    (("second", "weight_format", "layers", 0, "bias_bits"), 2),
    (("second", "weight_format", "layers"), []),
    (("second", "weight_format", "kind"), "Q"),
    (("version",), 2),
    (("format",), "bitproof-certificate"),
]


@pytest.mark.parametrize("edit", range(len(EDITS)))
def test_a_false_statement_with_a_fitting_digest_is_invalid(
    data: dict[str, Any], edit: int
) -> None:
    place, value = EDITS[edit]
    assert check_object(sealed(changed(data, place, value))).status == "invalid", place


def test_a_coarser_partition_is_refined_by_the_checker_but_not_endlessly() -> None:
    data = made()
    whole = changed(data, (*CLAIM, "splits"), [-1])
    assert "leaf" in check_object(sealed(whole)).reason


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("layers", 0, "denominator"), 1),
        (("layers", 0, "weights", 0, 0, 1), 10**4000),
        (("layers", 0, "bias", 0), 10**4000),
    ],
)
def test_huge_numbers_end_in_a_verdict(data: dict[str, Any], place: Place, value: object) -> None:
    hostile = changed(data, ("first", *place), value)
    hostile["first"]["weight_format"] = None
    assert check_object(sealed(hostile)).status == "invalid"


def test_kernels_are_read_as_the_network_means_them() -> None:
    rng = random.Random(1)
    kernel = tuple(rng.randint(-9, 9) for _ in range(4 * 1 * 2 * 3))
    map_ = Convolution(
        (2, 4, 5), 4, (2, 3), kernel, (2, 1), (1, 0, 1, 2), dilations=(1, 2), groups=2
    )
    layer = Layer((0,), map_, tuple(range(map_.shape[0])), 8, Activation.RELU)
    network = Network(40, (layer,))
    read = read_layered(network_to_json(network), "network")
    for seed in range(3):
        point = [random.Random(seed).randint(-5, 5) for _ in range(40)]
        exact = outputs_at(network, [Fraction(n, 3) for n in point])
        assert tuple(read.outputs(point, 3)) == exact


def test_packed_rows_are_sums_of_rows() -> None:
    rng = random.Random(2)
    rows = [[rng.randint(-(1 << 70), 1 << 70) for _ in range(9)] for _ in range(5)]
    factors = [rng.randint(-(1 << 40), 1 << 40) for _ in rows]
    slots = Slots(9, 128)
    packed = sum(f * slots.pack(row) for f, row in zip(factors, rows, strict=True))
    sums = [sum(f * row[j] for f, row in zip(factors, rows, strict=True)) for j in range(9)]
    assert slots.high_halves(packed) == [total >> 64 for total in sums]
