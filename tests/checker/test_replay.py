"""True certificates are proved again: every kind of target, real certificates, and speed."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from bitproof.checker import CheckReport, check_file, check_object
from tests.checker import certificates as made


@pytest.mark.parametrize("make", made.ALL)
def test_made_by_hand(make: Callable[[], made.Data]) -> None:
    data = make()
    report = check_object(data)
    assert (report.status, report.upper) == (data["claim"]["status"], data["claim"]["upper"])
    assert report.status == ("refuted" if make is made.refuted else "proved")
    assert report.lower == data["claim"]["lower"]
    assert report.witness == data["claim"]["witness"]


@pytest.mark.parametrize("make", [made.square, made.absolute, made.table, made.networks, made.grid])
def test_a_bound_below_an_attained_error_is_not_proved(make: Callable[[], made.Data]) -> None:
    data = make()
    smaller = Fraction(data["claim"]["upper"]) * Fraction(10**12 - 1, 10**12)
    data["claim"] |= {"upper": str(smaller), "lower": "0"}
    report = check_object(made.sealed(data))
    assert (report.status, "larger" in report.reason) == ("invalid", True)


@pytest.mark.parametrize(
    ("text", "function", "lower", "upper", "pieces", "error"),
    [
        ("sin(2*pi*x)", lambda x: math.sin(2 * math.pi * x), 0, 1, 150, "2.2e-4"),
        ("gelu(x)", lambda x: x / 2 * (1 + math.erf(x / math.sqrt(2))), -8, 8, 120, "2e-3"),
        ("exp(-x)", lambda x: math.exp(-x), 0, 1, 20, "3.2e-4"),
        ("sqrt(x+1/16)", lambda x: math.sqrt(x + 1 / 16), 0, 1, 40, "1e-3"),
        ("sqrt(x)", math.sqrt, 0, 1, 40, "4e-2"),
        ("1/(1+25*(2*x-1)^2)", lambda x: 1 / (1 + 25 * (2 * x - 1) ** 2), 0, 1, 100, "3e-3"),
        ("log(1+x)", math.log1p, 0, 1, 40, "1e-4"),
        ("min(1, max(0, 3*x-1))", lambda x: min(1, max(0, 3 * x - 1)), 0, 1, 3, "1e-6"),
        ("where(x < pi/4, sin(x), cos(x))", lambda x: min(math.sin(x), math.cos(x)), 0, 1, 9, ".1"),
        ("abs(sin(5*x))", lambda x: abs(math.sin(5 * x)), 0, 3, 30, ".3"),
        ("x^2.5 - cbrt(x)*tanh(x)", lambda x: x**2.5 - x ** (1 / 3) * math.tanh(x), 0, 1, 30, ".1"),
    ],
)
def test_interpolants_of_functions(
    text: str, function: Callable[[float], float], lower: int, upper: int, pieces: int, error: str
) -> None:
    xs = made.evenly(Fraction(lower), Fraction(upper), pieces)
    report = check_object(made.sampled(text, function, xs, Fraction(error)))
    assert (report.status, report.cells) == ("proved", pieces), report.reason


def test_within_a_hundredth_percent_of_the_truth() -> None:
    """The error of the chords of sin(2πx) is known: cos gives max (2π/150)²/8·(1 - O(1e-4))."""
    exact = 1 - math.cos(math.pi / 150)
    xs = made.evenly(Fraction(0), Fraction(1), 150)
    for factor, status in ((1.0001, "proved"), (0.9999, "invalid")):
        claimed = Fraction(exact * factor).limit_denominator(10**12)
        data = made.sampled(
            "sin(2*pi*x)", lambda x: math.sin(2 * math.pi * x), xs, claimed, scale=1 << 40
        )
        assert check_object(data).status == status


def test_real_certificates() -> None:
    from bitproof.certify.one_dimension import certify_sup_error
    from bitproof.exact.interval import Interval
    from bitproof.network import network_from_json
    from bitproof.target.expression import ExpressionTarget

    for text, lower, upper in (("gelu(x)", -8, 8), ("abs(x-1/3)", 0, 1), ("sqrt(x)", 0, 1)):
        domain = Interval(Fraction(lower), Fraction(upper))
        target = ExpressionTarget.parse(text, domain)
        xs = made.evenly(domain.lower, domain.upper, 16)
        points = [(x, Fraction(round(float(abs(x)) * 256), 256)) for x in xs]
        network = network_from_json(made.interpolant(points))
        for error in (None, Fraction(100), Fraction(1, 1000)):
            verdict = certify_sup_error(network, target, domain, error=error)
            report = check_object(verdict.certificate.data)  # type: ignore[attr-defined]
            assert report.status == verdict.status, report.reason


def test_a_single_point() -> None:
    data = made.square()
    data["inputs"] |= {"lower": "1/8", "upper": "1/8"}
    data["breakpoints"] = ["1/8"]
    assert check_object(made.sealed(data)).status == "proved"
    data["claim"] |= {"upper": "1/65", "lower": "0"}
    assert check_object(made.sealed(data)).status == "invalid"


def test_where_is_checked_at_the_ends_of_cells() -> None:
    """A value at one end alone, which no open cell sees, is not overlooked."""
    zero = made.network([made.layer([0], [[0]], [0], "identity")])
    ends, tiny, at = [Fraction(0), Fraction(1)], Fraction(1, 1000), Fraction(1, 4)
    for text, status in (
        ("where(x < 1, 0, 5)", "invalid"),
        ("where(x > 0, 0, 5)", "invalid"),
        ("where(x <= 1, 0, 5)", "proved"),
        ("where(x < 1/2, 0, where(x > 1/2, 0, 5))", "invalid"),
        ("where(x < 1/3, 0, where(x > 1/3, 0, 5))", "invalid"),
    ):
        data = made.certificate(zero, made.expression(text), ends, tiny, Fraction(0), at)
        assert check_object(data).status == status, text


def test_undefined_on_part_of_the_interval_is_not_proved() -> None:
    zero = made.network([made.layer([0], [[0]], [0], "identity")])
    ends = [Fraction(0), Fraction(1)]
    for text in ("0*log(x)", "0/(x-1/3)", "0*sqrt(x-1/100)", "0*asin(2*x)", "0*tan(2*x)"):
        data = made.certificate(
            zero, made.expression(text), ends, Fraction(1), Fraction(0), Fraction(1, 3) + 1
        )
        data["claim"]["witness"] = "2/5"
        assert check_object(made.sealed(data)).status == "invalid", text


def test_a_deep_network_is_quick() -> None:
    """512 layers of three neurons at 257 breakpoints: the granules keep integers short."""
    half = Fraction(1, 2)
    layers = [made.layer([0], [[1], [1], [-1]], [0, 0, 0], "relu")]
    for number in range(1, 511):
        rows = [[half, half, 0], [half, half, 0], [0, 0, 1]]
        layers.append(made.layer([number], rows, [0, 0, 0], "relu"))
    layers.append(made.layer([511], [[half, half, 0]], [0], "identity"))
    xs = made.evenly(Fraction(0), Fraction(1), 256)
    net = made.network(layers)
    report = check_object(
        made.certificate(net, made.expression("x"), xs, Fraction(0), Fraction(0), Fraction(0))
    )
    assert (report.status, report.cells) == ("proved", 256)
    assert report.seconds < 20


def test_files(tmp_path: Path) -> None:
    path = made.write(made.square(), tmp_path)
    packed = tmp_path / "certificate.json.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    calls: list[tuple[int, int]] = []
    first = check_file(path, lambda done, total: calls.append((done, total)))
    assert calls == [(4, 4)]
    assert first.status == check_file(str(packed)).status == "proved"
    assert first.seconds > 0
    keys = "status reason upper lower witness requested semantics target cells seconds"
    assert set(first.to_dict()) == set(keys.split())
    assert json.loads(json.dumps(first.to_dict()))["requested"] == "1/50"


def test_exit_codes() -> None:
    codes = {"proved": 0, "refuted": 1, "invalid": 1}
    for status, code in codes.items():
        assert CheckReport(status, "").exit_code == code
    assert CheckReport("invalid", "", readable=False).exit_code == 2


def test_real_certificates_of_other_targets_and_of_grids() -> None:
    from bitproof.certify.exhaustive import certify_on_grid
    from bitproof.certify.one_dimension import certify_sup_error
    from bitproof.exact.fixed_point import FixedPoint
    from bitproof.exact.interval import Interval
    from bitproof.network import network_from_json
    from bitproof.target.callable import CallableTarget
    from bitproof.target.expression import ExpressionTarget
    from bitproof.target.table import TableTarget

    unit, form = Interval(Fraction(0), Fraction(1)), FixedPoint.parse("Q0.6")
    points = [(x, x * x) for x in made.evenly(Fraction(0), Fraction(1), 8)]
    network = network_from_json(made.interpolant(points))
    rounding = network_from_json(made.grid()["network"])
    table = TableTarget(tuple((Fraction(i, 50), Fraction(i * i, 2500)) for i in range(51)), "t")
    square = ExpressionTarget.parse("x^2", unit)
    sampled = CallableTarget(lambda x: x * x, unit, Fraction(2), "square")
    verdicts = [
        certify_sup_error(network, table, unit),
        certify_sup_error(network, network, unit),
        certify_sup_error(network, sampled, unit, slack=Fraction(1, 2)),
        certify_on_grid(network, square, form, unit),
        certify_on_grid(rounding, square, FixedPoint.parse("Q0.4"), unit),
        certify_on_grid(rounding, network, FixedPoint.parse("Q0.4"), unit, error=Fraction(1, 1000)),
    ]
    for verdict in verdicts:
        report = check_object(verdict.certificate.data)  # type: ignore[attr-defined]
        assert report.status == verdict.status, report.reason
    assert [verdict.status for verdict in verdicts] == ["proved"] * 5 + ["refuted"]
