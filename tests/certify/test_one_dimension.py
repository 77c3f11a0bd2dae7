"""sup |f - N| on an interval: laws, hand-made cases, and what happens at the edges."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.certify import Proved, Refuted, Undecided, certify_sup_error
from bitproof.certify.one_dimension import Goal
from bitproof.certify.piecewise_linear import PiecewiseLinear
from bitproof.certify.refinement import refine
from bitproof.checker.replay import check_object
from bitproof.errors import InputError
from bitproof.exact import Interval
from bitproof.execute.reference import evaluate
from bitproof.network import Network
from bitproof.target import CallableTarget, ExpressionTarget, TableTarget
from tests.certify.networks import interpolant, line, random_network
from tests.certify.targets import Monomial

UNIT = Interval(Fraction(0), Fraction(1))
SLACK = Fraction(1, 100)


def error_at(network: Network, power: int, x: Fraction) -> Fraction:
    return abs(x**power - evaluate(network, [x])[0])


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("power", [2, 3, 5])
@pytest.mark.parametrize("pieces", [1, 2, 7])
def test_bounds_hold_and_meet(power: int, pieces: int, order: int) -> None:
    knots = [Fraction(k, pieces) for k in range(pieces + 1)]
    network = interpolant([(x, x**power) for x in knots])
    verdict = certify_sup_error(network, Monomial(power, UNIT, order), UNIT)
    assert isinstance(verdict, Proved)
    assert verdict.upper <= verdict.lower * (1 + SLACK)
    assert error_at(network, power, verdict.witness) >= verdict.lower
    samples = [Fraction(k, 599) for k in range(600)]
    assert all(error_at(network, power, x) <= verdict.upper for x in samples)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(2, 4))
def test_random_networks(seed: int, depth: int, power: int) -> None:
    network, interval = random_network(4, depth, 3, seed), Interval(Fraction(-1), Fraction(1, 3))
    verdict = certify_sup_error(network, Monomial(power, interval), interval)
    assert isinstance(verdict, Proved)
    assert verdict.upper <= verdict.lower * (1 + SLACK)
    assert error_at(network, power, verdict.witness) >= verdict.lower
    for k in range(100):
        x = interval.lower + interval.width * Fraction(k, 99)
        assert error_at(network, power, x) <= verdict.upper


def test_one_chord_of_the_parabola() -> None:
    """x(1 - x) peaks at 1/4 in the middle; the best chord, lifted by 1/8, leaves 1/8."""
    chord = certify_sup_error(line(Fraction(1), Fraction(0)), Monomial(2, UNIT), UNIT)
    assert (chord.lower, chord.witness) == (Fraction(1, 4), Fraction(1, 2))
    best = certify_sup_error(
        line(Fraction(1), Fraction(-1, 8)), Monomial(2, UNIT), UNIT, error=Fraction(1, 8)
    )
    assert isinstance(best, Proved)
    assert (best.lower, best.upper) == (Fraction(1, 8), Fraction(1, 8))


def test_the_requested_error_decides_to_the_last_digit() -> None:
    network, target = line(Fraction(1), Fraction(0)), Monomial(2, UNIT)
    below = Fraction(1, 4) - Fraction(1, 10**40)
    assert certify_sup_error(network, target, UNIT, error=Fraction(1, 4)).status == "proved"
    refuted = certify_sup_error(network, target, UNIT, error=below)
    assert isinstance(refuted, Refuted)
    assert refuted.lower > below
    assert error_at(network, 2, refuted.witness) >= refuted.lower
    assert refuted.certificate.status == "refuted"


@pytest.mark.parametrize(
    "slack", [Fraction(1), Fraction(1, 10), Fraction(1, 1000), Fraction(1, 10**9)]
)
def test_slack_is_respected(slack: Fraction) -> None:
    network = interpolant([(Fraction(k, 3), Fraction(k, 3) ** 3) for k in range(4)])
    verdict = certify_sup_error(network, Monomial(3, UNIT), UNIT, slack=slack)
    assert isinstance(verdict, Proved)
    assert verdict.upper <= verdict.lower * (1 + slack)


def test_zero_width_interval() -> None:
    third = Fraction(1, 3)
    point = Interval(third, third)
    verdict = certify_sup_error(line(Fraction(1), Fraction(0)), Monomial(2, UNIT), point)
    assert isinstance(verdict, Proved)
    assert verdict.witness == third
    assert verdict.lower <= Fraction(2, 9) <= verdict.upper


def test_exact_networks_have_no_error() -> None:
    third = Fraction(1, 3)
    points = ((Fraction(0), third), (third, Fraction(0)), (Fraction(1), Fraction(2, 3)))
    network = interpolant(points)
    table = certify_sup_error(network, TableTarget(points, "kink"), UNIT, error=Fraction(0))
    assert isinstance(table, Proved)
    assert (table.upper, table.lower) == (0, 0)
    target = ExpressionTarget.parse("abs(x-1/3)", UNIT)
    expression = certify_sup_error(network, target, UNIT)
    assert isinstance(expression, Proved)
    assert expression.lower == 0
    assert expression.upper <= Fraction(1, 10**12)
    assert "1/3" in expression.certificate.data["breakpoints"]


def test_network_against_network_is_exact() -> None:
    f = interpolant([(Fraction(k, 3), Fraction(k % 2)) for k in range(4)])
    g = interpolant([(Fraction(k, 4), Fraction(k * k)) for k in range(5)])
    verdict = certify_sup_error(f, g, UNIT)
    assert isinstance(verdict, Proved)
    assert verdict.upper == verdict.lower == 15
    assert verdict.witness == 1
    claimed = verdict.certificate.data["breakpoints"]
    assert claimed == ["0", "1/4", "1/3", "1/2", "2/3", "3/4", "1"]
    assert certify_sup_error(f, f, UNIT).upper == 0


def test_table_against_network_is_exact() -> None:
    table = TableTarget(tuple((Fraction(k, 7), Fraction(k * k, 49)) for k in range(8)), "squares")
    network = line(Fraction(1), Fraction(0))
    verdict = certify_sup_error(network, table, UNIT, error=Fraction(1, 5))
    assert isinstance(verdict, Refuted)
    assert verdict.lower == verdict.upper == Fraction(12, 49)
    assert verdict.witness in (Fraction(3, 7), Fraction(4, 7))
    part = certify_sup_error(network, table, Interval(Fraction(5, 7), Fraction(1)))
    assert (part.upper, part.witness) == (Fraction(10, 49), Fraction(5, 7))


EXPRESSIONS = {
    "sin(2*pi*x)": lambda x: math.sin(2 * math.pi * x),
    "exp(-x)": lambda x: math.exp(-x),
    "sqrt(x)": math.sqrt,
    "abs(x-1/3)": lambda x: abs(x - 1 / 3),
    "min(1, max(0, 3*x-1))": lambda x: min(1, max(0, 3 * x - 1)),
}


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_expressions_are_proved_and_replayed(text: str) -> None:
    function = EXPRESSIONS[text]
    knots = [(Fraction(k, 12), Fraction(round(function(k / 12) * 512), 512)) for k in range(13)]
    network = interpolant(knots)
    verdict = certify_sup_error(network, ExpressionTarget.parse(text, UNIT), UNIT)
    assert isinstance(verdict, Proved)
    assert verdict.upper <= max(verdict.lower * (1 + SLACK), Fraction(1, 10**12))
    measured = max(
        abs(function(k / 997) - float(evaluate(network, [Fraction(k, 997)])[0])) for k in range(998)
    )
    assert measured <= float(verdict.upper) + 1e-12
    report = check_object(verdict.certificate.data)
    assert (report.status, report.reason) == ("proved", "every cell was proved again")


def test_kinks_in_a_network_of_other_breakpoints() -> None:
    target = ExpressionTarget.parse("abs(x^2-1/2)", UNIT)
    verdict = certify_sup_error(line(Fraction(0), Fraction(0)), target, UNIT)
    assert isinstance(verdict, Proved)
    assert verdict.lower == Fraction(1, 2)
    assert check_object(verdict.certificate.data).status == "proved"


def test_callables_are_sampled() -> None:
    target = CallableTarget(lambda x: abs(x - Fraction(1, 3)), UNIT, Fraction(1))
    network = line(Fraction(0), Fraction(1, 3))
    verdict = certify_sup_error(network, target, UNIT, slack=Fraction(1, 20))
    assert isinstance(verdict, Proved)
    assert verdict.lower <= Fraction(1, 3) <= verdict.upper <= verdict.lower * Fraction(21, 20)
    assert verdict.certificate.data["target"]["kind"] == "samples"
    assert check_object(verdict.certificate.data).status == "proved"


def test_blurred_enclosures_end_undecided() -> None:
    """Bisection cannot beat the width of the target's own values, and says so."""
    blurred = Monomial(2, UNIT, blur=Fraction(1, 100))
    verdict = certify_sup_error(line(Fraction(1), Fraction(0)), blurred, UNIT, error=Fraction(1, 4))
    assert isinstance(verdict, Undecided)
    assert verdict.lower <= Fraction(1, 4) <= (verdict.upper or 0)
    assert verdict.reason


def test_work_is_bounded() -> None:
    function = PiecewiseLinear((Fraction(0), Fraction(1)), (Fraction(0), Fraction(1)))
    goal = Goal(None, Fraction(1, 10**12), budget=50)
    outcome = refine(Monomial(2, UNIT, order=0), function, goal)
    assert outcome.shortfall == "50 cells were bounded"
    assert outcome.upper is not None
    assert outcome.lower <= Fraction(1, 4) <= outcome.upper


def test_wrong_requests() -> None:
    network, target = line(Fraction(1), Fraction(0)), Monomial(2, UNIT)
    with pytest.raises(InputError, match="leaves the domain"):
        certify_sup_error(network, target, Interval(Fraction(0), Fraction(2)))
    with pytest.raises(InputError, match="slack"):
        certify_sup_error(network, target, UNIT, slack=Fraction(0))
    with pytest.raises(InputError, match="error"):
        certify_sup_error(network, target, UNIT, error=Fraction(-1))


def test_progress_stays_within_its_bounds() -> None:
    seen: list[float] = []
    network = interpolant([(Fraction(k, 99), Fraction(k, 99) ** 3) for k in range(100)])
    certify_sup_error(
        network, Monomial(3, UNIT, order=1), UNIT, progress=lambda part, _: seen.append(part)
    )
    assert seen
    assert all(0 <= part <= 1 for part in seen)
