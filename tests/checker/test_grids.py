"""Certificates on grids of several inputs: proved again, and what is wrong with them noticed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import pytest

from bitproof.certify.boxes import certify_on_box_grid
from bitproof.certify.certificate import digest_of
from bitproof.checker import check_object
from bitproof.checker.grid_network import values_at
from bitproof.checker.network import program, read_network
from bitproof.exact import Interval
from bitproof.exact.box import Box
from bitproof.exact.fixed_point import FixedPoint
from bitproof.execute.reference import evaluate
from bitproof.network import Accumulation, Network
from bitproof.network.file import network_to_json
from bitproof.target import ExpressionBoxTarget
from bitproof.transform.rounding import round_activations
from tests.certify.boxes.networks import hats, random_network

F = Fraction
Data = dict[str, Any]
Q5 = FixedPoint.parse("UQ0.5")


@cache
def made(text: str, count: int, name: str | None, error: Fraction | None = None) -> Data:
    target = ExpressionBoxTarget.parse(text, Box.unit(2))
    network = hats(lambda *node: F(round(target.at(node).centre * 64), 64), count)
    if name is not None:
        network = rounded(network, name)
    verdict = certify_on_box_grid(network, target, Q5, error=error)
    data: Data = verdict.certificate.data  # type: ignore[attr-defined]
    return data


def rounded(network: Network, name: str) -> Network:
    unit = Interval(F(0), F(1))
    return round_activations(network, Q5, FixedPoint.parse(name), unit).network


def sealed(data: Data) -> Data:
    """With its digest made again."""
    content = {key: value for key, value in data.items() if key != "digest"}
    return {**content, "digest": digest_of(content)}


@pytest.mark.parametrize(
    ("text", "count", "name"),
    [
        ("x1*x2", 2, None),
        ("exp(-x1)*sin(3*x2)", 3, "Q4.8"),
        ("max(x1, 1 - x2) + abs(x1 - x2)", 2, "Q3.4"),
        ("where(x1 <= x2, gelu(x1), 1/2)", 2, None),
    ],
)
def test_certificates_are_proved_again(text: str, count: int, name: str | None) -> None:
    report = check_object(made(text, count, name))
    semantics = "real" if name is None else "fixed-point"
    assert (report.status, report.semantics, report.cells) == ("proved", semantics, 1024), report


def test_refutations_are_proved_again() -> None:
    report = check_object(made("x1*x2", 1, "Q3.4", F(1, 100)))
    assert report.status == "refuted"


def test_four_inputs() -> None:
    target = ExpressionBoxTarget.parse("x1*x2 + x3*x4", Box.unit(4))
    network = random_network(4, 1, 1, 3, inputs=4)
    verdict = certify_on_box_grid(network, target, FixedPoint.parse("UQ0.2"))
    assert check_object(verdict.certificate.data).status == "proved"  # type: ignore[attr-defined]


def _claim(key: str, value: Any) -> Callable[[Data], None]:
    def change(data: Data) -> None:
        data["claim"][key] = value

    return change


def _bias(data: Data) -> None:
    data["network"]["layers"][-1]["bias"][0] += 3


def _coarser(data: Data) -> None:
    data["network"]["layers"][-1]["output_format"] |= {"scale": 2, "highest": 31, "lowest": -32}


def _inputs(key: str, value: Any) -> Callable[[Data], None]:
    def change(data: Data) -> None:
        data["inputs"][key] = value

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_claim("upper", "1/64"), "claim: 0"),
        (_claim("lower", "1/2"), "claim: 0"),
        (_claim("witness", ["1/64", "1/2"]), "witness is not one of the inputs"),
        (_claim("witness", ["1/2"]), "witness is not one of the inputs"),
        (_bias, "error at"),
        (_coarser, "error at"),
        (_inputs("upper", ["1"]), "a lower end and an upper end"),
        (_inputs("upper", ["0", "-1"]), "no point at all"),
        (_inputs("kind", "box"), "inputs: kind"),
        (_inputs("lower", ["0"] * 12), "12 entries"),
        (lambda data: data.update(semantics="real"), "semantics"),
        (lambda data: data.update(version=2), "missing key"),
        (lambda data: data.update(partition={}), "unknown key 'partition'"),
    ],
)
def test_tampering_is_noticed(change: Callable[[Data], None], reason: str) -> None:
    data = copy.deepcopy(made("x1*x2", 2, "Q3.6"))
    change(data)
    if "error at" in reason:
        data["claim"]["lower"] = "0"
    report = check_object(sealed(data))
    assert report.status == "invalid"
    assert reason in report.reason
    assert "digest" in check_object({**made("x1*x2", 2, "Q3.6"), "made_by": "x"}).reason


def test_a_bound_just_below_the_error_is_invalid() -> None:
    data = copy.deepcopy(made("x1*x2", 2, "Q3.6"))
    lower = F(data["claim"]["lower"])
    data["claim"] |= {"lower": "0", "upper": str(lower * F(999, 1000))}
    report = check_object(sealed(data))
    assert report.status == "invalid"
    assert "is larger than the claimed upper bound" in report.reason


def test_too_many_points_are_refused() -> None:
    data = copy.deepcopy(made("x1*x2", 2, "Q3.6"))
    data["inputs"]["format"] |= {"scale": 1 << 20, "highest": 1 << 20}
    assert "no point at all, or more than" in check_object(sealed(data)).reason


@pytest.mark.parametrize("name", [None, "Q2.3", "Q6.5", "every"])
def test_columns_are_the_reference(name: str | None) -> None:
    network = random_network(4, 2, 2, 7)
    if name == "every":
        form = FixedPoint.parse("Q3.4")
        real = rounded(network, "Q3.4")
        layers = tuple(
            type(layer)(
                layer.sources,
                layer.matrix,
                layer.bias,
                layer.denominator,
                layer.activation,
                form,
                accumulation=Accumulation.EVERY,
            )
            for layer in real.layers
        )
        network = Network(2, layers, None, Q5)
    elif name is not None:
        network = rounded(network, name)
    levels = [[k for k in range(8) for _ in range(8)], list(range(8)) * 8]
    found = values_at(program(read_network(network_to_json(network), "n", 2)), levels, 32)
    expected = [evaluate(network, [F(x, 32), F(y, 32)])[0] for x, y in zip(*levels, strict=True)]
    assert [number * found.unit for number in found.numbers] == expected
