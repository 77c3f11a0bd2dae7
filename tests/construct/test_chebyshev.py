"""Chebyshev networks: the promise holds, is proved exactly, and beats hinges at fine errors."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from bitproof.certify import certify_sup_error
from bitproof.construct import chebyshev
from bitproof.errors import FormatError, InputError, NoDesignError
from bitproof.exact import Interval
from bitproof.exact.weight_format import Codebook
from bitproof.network.measures import measure
from bitproof.network.patterns import weights_of
from bitproof.target import parse_target
from bitproof.theory.chebyshev import deviations, needed, tail, to_chebyshev
from tests.network.codebooks import name

UNIT = Interval(Fraction(0), Fraction(1))
BOOKS = (Codebook.linear(2), Codebook.nested(3), Codebook.linear(4), Codebook.midrise(2))


@pytest.mark.parametrize("form", BOOKS, ids=name)
@pytest.mark.parametrize(
    ("text", "domain", "error"),
    [
        ("exp(-x)", (0, 1), "1/1000"),
        ("sin(2*pi*x)", (0, 1), "1/1000"),
        ("log(2+x)", (Fraction(-1, 3), 2), "1/100"),
        ("x^3-x", (-1, 1), "1/500"),
        ("7", (0, 1), "1/500"),
    ],
)
def test_proved_and_as_promised(text, domain, error, form):
    target = parse_target(text, Interval(*(Fraction(end) for end in domain)))
    made = chebyshev.designs(target, Fraction(error), [form]).constructions[0]
    assert made.claimed_error <= Fraction(error)
    verdict = certify_sup_error(made.network, target, target.domain, error=Fraction(error))
    assert verdict.status == "proved"
    assert verdict.lower <= made.claimed_error


def test_smaller_than_the_prototype():
    target, form = parse_target("sin(2*pi*x)", UNIT), Codebook.linear(2)
    error = Fraction(1, 10_000)
    made = chebyshev.designs(target, error, [form]).constructions[0]
    assert measure(made.network).paper_bits <= 1136  # a prototype's Chebyshev network


def test_the_errors_of_the_squares_against_values():
    """A float oracle: every s_k of a network is within its bound."""
    form = Codebook.nested(3)
    target = parse_target("sin(5*x)", UNIT)
    for plan in chebyshev.plans(target, Fraction(1, 1000), weights_of(form)):
        off = deviations(plan.levels)
        spent = sum(2 * abs(a) * off[k] for k, a in enumerate(plan.coefficients) if k and a)
        assert spent < plan.error <= Fraction(1, 1000)
        places = np.linspace(0, 1, 101)
        series = np.polynomial.chebyshev.chebval(
            2 * places - 1, [float(a) for a in plan.coefficients]
        )
        assert np.abs(series - np.sin(5 * places)).max() <= float(plan.error - spent)


def test_coefficients_against_numpy():
    nodes = [Fraction(k, 7) for k in range(8)]
    values = [Fraction(k * k % 5, 3) for k in range(8)]
    found = to_chebyshev(nodes, values)
    places = np.array([float(node) for node in nodes])
    back = np.polynomial.chebyshev.chebval(2 * places - 1, [float(c) for c in found])
    assert np.allclose(back, [float(v) for v in values])


def test_needed_and_tail():
    assert needed([8]) == (1, 2, 4, 8)
    assert needed([7, 2]) == (1, 2, 3, 4, 7)
    assert tail(Fraction(1), 1, Fraction(2)) >= Fraction(1, 8)
    with pytest.raises(InputError, match="degree -1"):
        tail(Fraction(1), -1, Fraction(1))


def test_refusals():
    kinked, smooth = parse_target("abs(x-1/3)", UNIT), parse_target("exp(x)", UNIT)
    with pytest.raises(NoDesignError, match="derivatives"):
        chebyshev.designs(kinked, Fraction(1, 100), [Codebook.linear(2)])
    with pytest.raises(NoDesignError, match="factor 1/2"):
        chebyshev.designs(smooth, Fraction(1, 100), [Codebook.linear(3)])
    with pytest.raises(FormatError, match="integers"):
        chebyshev.designs(smooth, Fraction(1, 100), [Codebook((Fraction(-1), Fraction(1)))])
    assert not chebyshev.applies(kinked, Fraction(1, 100), [Codebook.linear(2)])
