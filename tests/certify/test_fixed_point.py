"""Fixed-point networks with activation tables: certified on the grid, replayed by the checker."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from pathlib import Path

import pytest

from bitproof.certify import Proved, Refuted, Verdict, certify_on_grid
from bitproof.checker import check_file, check_object
from bitproof.errors import InputError
from bitproof.exact import FixedPoint, Interval, Overflow, Rounding
from bitproof.execute.reference import evaluate
from bitproof.network import Activation, Layer, Network, SparseMatrix
from bitproof.target import ExpressionTarget, TableTarget
from bitproof.target.activations import activation_table
from bitproof.target.rounding import correctly_rounded
from tests.checker.certificates import sealed

INT8 = FixedPoint.parse("Q3.4")
INT4 = FixedPoint.parse("Q2.1")
WHOLE = INT8.interval


def random_network(seed: int, formats: list[FixedPoint | None], activation: str) -> Network:
    """Three layers, each with its own format (or none); tables where there is a format."""
    rng = random.Random(seed)
    layers, before = [], 1
    for position, form in enumerate(formats):
        width = 1 if position == len(formats) - 1 else 6
        rows = [[rng.randint(-9, 9) for _ in range(before)] for _ in range(width)]
        tabled = form is not None and width > 1
        layers.append(
            Layer(
                (position,),
                SparseMatrix.from_dense(rows, columns=before),
                tuple(rng.randint(-30, 30) for _ in range(width)),
                rng.choice([3, 8, 10]),
                Activation.TABLE if tabled else Activation.IDENTITY,
                form,
                activation_table(activation, form) if form is not None and tabled else None,
            )
        )
        before = width
    return Network(1, tuple(layers), input_format=INT8)


def brute_force(network: Network, values: dict[Fraction, Fraction]) -> Fraction:
    return max(abs(y - evaluate(network, [x])[0]) for x, y in values.items())


def replayed(verdict: Verdict, folder: Path) -> str:
    """What the checker says of the certificate's file."""
    assert isinstance(verdict, (Proved, Refuted))
    path = folder / "certificate.json.gz"
    verdict.certificate.save(path)
    report = check_file(path)
    assert report.status != "invalid", report.reason
    return report.status


WRAPPING = FixedPoint(-20, 30, 7, Rounding.FLOOR, Overflow.WRAP)


@pytest.mark.parametrize(
    "formats",
    [
        [INT8, INT8, INT8],
        [INT4, WRAPPING, INT8],
        [WRAPPING, None, INT4],
        [INT8, WRAPPING, None],
    ],
    ids=["int8", "mixed", "unrounded-inside", "unrounded-output"],
)
@pytest.mark.parametrize("activation", ["gelu", "sign"])
def test_tables_and_mixed_formats(
    formats: list[FixedPoint | None], activation: str, tmp_path: Path
) -> None:
    network = random_network(5, formats, activation)
    target = ExpressionTarget.parse("x^2/16", WHOLE)
    squares = {INT8.value(k): INT8.value(k) ** 2 / 16 for k in range(-128, 128)}
    largest = brute_force(network, squares)
    verdict = certify_on_grid(network, target, INT8, WHOLE)
    assert verdict.lower <= largest <= (verdict.upper or 0)
    assert replayed(verdict, tmp_path) == "proved"
    table = TableTarget(tuple(squares.items()), "squares")
    exact = certify_on_grid(network, table, INT8, WHOLE)
    assert exact.lower == exact.upper == largest
    assert replayed(exact, tmp_path) == "proved"
    refuted = certify_on_grid(network, target, INT8, WHOLE, error=largest / 2)
    assert replayed(refuted, tmp_path) == "refuted"


def test_one_fixed_point_network_against_another(tmp_path: Path) -> None:
    first = random_network(1, [INT8, INT8, INT8], "gelu")
    second = random_network(1, [INT8, INT8, INT4], "gelu")
    verdict = certify_on_grid(first, second, INT8, WHOLE)
    values = {INT8.value(k): evaluate(second, [INT8.value(k)])[0] for k in range(-128, 128)}
    assert verdict.lower == verdict.upper == brute_force(first, values)
    assert replayed(verdict, tmp_path) == "proved"


def test_an_activation_by_itself_is_within_half_a_unit(tmp_path: Path) -> None:
    """identity, then gelu's table: the error is what rounding costs, at most 1/32 unless the
    value saturates, which gelu's do not."""
    one = SparseMatrix.from_dense([[1]], columns=1)
    table = activation_table("gelu", INT8)
    hidden = Layer((0,), one, (0,), 1, Activation.TABLE, INT8, table)
    output = Layer((1,), one, (0,), 1, Activation.IDENTITY, INT8)
    network = Network(1, (hidden, output), input_format=INT8)
    target = ExpressionTarget.parse("gelu(x)", WHOLE)
    verdict = certify_on_grid(network, target, INT8, WHOLE, error=Fraction(1, 32))
    assert isinstance(verdict, Proved)
    assert replayed(verdict, tmp_path) == "proved"
    levels = [evaluate(network, [INT8.value(k)])[0] * 16 for k in range(-128, 128)]
    assert tuple(levels) == correctly_rounded(target, INT8)


def test_a_changed_entry_of_a_table_is_noticed() -> None:
    network = random_network(5, [INT8, INT8, INT8], "gelu")
    verdict = certify_on_grid(network, network, INT8, WHOLE)
    assert isinstance(verdict, Proved)
    data = json.loads(json.dumps(verdict.certificate.data))
    assert check_object(sealed(data)).status == "proved"
    values = data["network"]["layers"][1]["table"]["values"]
    values[:] = [max(value - 1, -128) for value in values]
    report = check_object(sealed(data))
    assert (report.status, "larger" in report.reason) == ("invalid", True)


def test_no_interval_for_networks_with_tables() -> None:
    """A rounded network is no piecewise-linear function of a real input."""
    from bitproof.certify.breakpoints import breakpoints
    from bitproof.certify.structural import prove_equal
    from bitproof.execute.points import evaluate_rationals

    network = random_network(5, [INT8, INT8, INT8], "gelu")
    with pytest.raises(InputError, match="fixed-point"):
        breakpoints(network, WHOLE)
    with pytest.raises(InputError, match="fixed-point"):
        evaluate_rationals(network, [Fraction(1, 3)])
    with pytest.raises(InputError, match="rounds its activations"):
        prove_equal(network, network)


def test_an_interval_of_one_point() -> None:
    """One breakpoint, no cell: the claim is checked at the point."""
    from bitproof.certify.one_dimension import certify_sup_error
    from tests.certify.networks import line

    network, target = line(Fraction(1, 2), Fraction(0)), ExpressionTarget.parse("x^2", WHOLE)
    third = Fraction(1, 3)
    verdict = certify_sup_error(network, target, Interval(third, third))
    assert isinstance(verdict, Proved)
    assert verdict.lower <= Fraction(1, 18) <= (verdict.upper or 0)
    assert verdict.certificate.data["breakpoints"] == ["1/3"]
    assert check_object(verdict.certificate.data).status == "proved"
