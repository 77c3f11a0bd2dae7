"""Certification over every fixed-point input, against brute force through the reference."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from bitproof.certify import Proved, Refuted, certify_on_grid
from bitproof.certify import exhaustive as room
from bitproof.checker.replay import check_object
from bitproof.errors import InputError, WorkLimitError
from bitproof.exact import FixedPoint, Interval
from bitproof.execute.reference import evaluate
from bitproof.network import Activation, Layer, Network, SparseMatrix
from bitproof.target import CallableTarget, ExpressionTarget, TableTarget
from tests.certify.networks import interpolant, line, random_network
from tests.certify.targets import Monomial

UNIT = Interval(Fraction(0), Fraction(1))
WIDE = Interval(Fraction(-1), Fraction(1))
FORM = FixedPoint.parse("Q0.8")


def inputs(form: FixedPoint, interval: Interval) -> list[Fraction]:
    return [form.value(level) for level in form.levels_within(interval)]


def squares() -> TableTarget:
    return TableTarget(tuple((Fraction(k, 5), Fraction(k * k, 25)) for k in range(-5, 6)), "x^2")


@pytest.mark.parametrize("seed", range(4))
def test_table_is_exact(seed: int) -> None:
    network, table = random_network(6, 3, 4, seed), squares()
    verdict = certify_on_grid(network, table, FORM, WIDE)
    errors = {x: abs(table.value(x) - evaluate(network, [x])[0]) for x in inputs(FORM, WIDE)}
    assert isinstance(verdict, Proved)
    assert verdict.lower == verdict.upper == max(errors.values()) == errors[verdict.witness]


@pytest.mark.parametrize("seed", range(3))
def test_network_is_exact(seed: int) -> None:
    f, g = random_network(6, 3, 4, seed), random_network(5, 2, 24, seed)
    verdict = certify_on_grid(f, g, FORM, WIDE)
    errors = [abs(evaluate(f, [x])[0] - evaluate(g, [x])[0]) for x in inputs(FORM, WIDE)]
    assert verdict.lower == verdict.upper == max(errors)


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_expressions_meet_brute_force(seed: int, order: int) -> None:
    network, target = random_network(4, 2, 5, seed), Monomial(3, WIDE, order)
    verdict = certify_on_grid(network, target, FORM, WIDE)
    largest = max(abs(x**3 - evaluate(network, [x])[0]) for x in inputs(FORM, WIDE))
    assert isinstance(verdict, Proved)
    assert verdict.lower <= largest <= verdict.upper <= verdict.lower * Fraction(101, 100)
    at_witness = abs(verdict.witness**3 - evaluate(network, [verdict.witness])[0])
    assert at_witness >= verdict.lower


def test_third_and_denominators_other_than_two() -> None:
    network = line(Fraction(1, 3), Fraction(1, 7))
    verdict = certify_on_grid(network, Monomial(2, UNIT), FixedPoint(0, 30, 30), UNIT)
    largest = max(abs(Fraction(k * k, 900) - Fraction(k, 90) - Fraction(1, 7)) for k in range(31))
    assert verdict.lower <= largest <= (verdict.upper or 0)


def test_fixed_point_semantics() -> None:
    """A network that rounds is a staircase; every level is evaluated with its rounding."""
    coarse = FixedPoint.parse("Q0.4")
    halve = Layer((0,), SparseMatrix.from_dense([[1]], columns=1), (0,), 2, output_format=coarse)
    identity = SparseMatrix.from_dense([[1]], columns=1)
    output = Layer((1,), identity, (0,), 1, Activation.IDENTITY, output_format=coarse)
    network = Network(1, (halve, output), input_format=FORM)
    target = ExpressionTarget.parse("x/2", UNIT)
    verdict = certify_on_grid(network, target, FORM, UNIT)
    largest = max(abs(x / 2 - evaluate(network, [x])[0]) for x in inputs(FORM, UNIT))
    assert verdict.lower <= largest <= (verdict.upper or 0)
    assert verdict.status == "proved"
    assert verdict.certificate.data["semantics"] == "fixed-point"  # type: ignore[attr-defined]
    assert check_object(verdict.certificate.data).status == "proved"  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["sin(2*pi*x)", "sqrt(x)", "abs(x-1/3)"])
def test_certificates_replay(text: str) -> None:
    functions = {
        "sin(2*pi*x)": lambda x: math.sin(2 * math.pi * x),
        "sqrt(x)": math.sqrt,
        "abs(x-1/3)": lambda x: abs(x - 1 / 3),
    }
    points = [(Fraction(k, 8), Fraction(round(functions[text](k / 8) * 64), 64)) for k in range(9)]
    network, target = interpolant(points), ExpressionTarget.parse(text, UNIT)
    verdict = certify_on_grid(network, target, FORM, UNIT)
    assert isinstance(verdict, Proved)
    assert check_object(verdict.certificate.data).status == "proved"
    refuted = certify_on_grid(network, target, FORM, UNIT, error=verdict.lower / 2)
    assert isinstance(refuted, Refuted)
    assert refuted.lower > verdict.lower / 2
    assert check_object(refuted.certificate.data).status == "refuted"


def test_callables() -> None:
    target = CallableTarget(lambda x: x * x, UNIT, Fraction(2))
    verdict = certify_on_grid(line(Fraction(1), Fraction(0)), target, FORM, UNIT)
    assert verdict.lower <= Fraction(1, 4) <= (verdict.upper or 0)
    assert check_object(verdict.certificate.data).status == "proved"  # type: ignore[attr-defined]


def test_several_stretches_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    network, target = random_network(4, 2, 5, 7), Monomial(3, WIDE)
    whole = certify_on_grid(network, squares(), FORM, WIDE)
    monkeypatch.setattr(room, "STRETCH", 37)
    parts = certify_on_grid(network, squares(), FORM, WIDE)
    assert (whole.lower, whole.upper) == (parts.lower, parts.upper)
    seen: list[float] = []
    verdict = certify_on_grid(
        network, target, FORM, WIDE, progress=lambda part, _: seen.append(part)
    )
    largest = max(abs(x**3 - evaluate(network, [x])[0]) for x in inputs(FORM, WIDE))
    assert verdict.lower <= largest <= (verdict.upper or 0)
    assert seen == sorted(seen)
    assert seen[-1] == 1


def test_a_network_without_error() -> None:
    target = ExpressionTarget.parse("max(0, x/2 - 1/8)", UNIT)
    hinge = interpolant([(Fraction(x, 4), max(Fraction(0), Fraction(x - 1, 8))) for x in range(5)])
    verdict = certify_on_grid(hinge, target, FixedPoint.parse("Q0.12"), UNIT)
    assert verdict.lower == 0
    assert (verdict.upper or 1) <= Fraction(1, 10**12)


def test_wrong_requests() -> None:
    network, target = line(Fraction(1), Fraction(0)), Monomial(2, UNIT)
    between = Interval(Fraction(1, 1000), Fraction(2, 1000))
    with pytest.raises(InputError, match="no level"):
        certify_on_grid(network, target, FORM, between)
    with pytest.raises(InputError, match="leaves the domain"):
        certify_on_grid(network, target, FORM, WIDE)
    with pytest.raises(WorkLimitError, match="levels"):
        certify_on_grid(network, target, FixedPoint.parse("Q0.40"), UNIT)
    two = Layer((0,), SparseMatrix.from_dense([[1], [1]], columns=1), (0, 0))
    with pytest.raises(InputError, match="2 outputs"):
        certify_on_grid(Network(1, (two,)), target, FORM, UNIT)
