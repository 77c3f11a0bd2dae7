"""Rounded activations: the bound holds, nothing is lost on the grid, saturation has no claim."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from bitproof.errors import FormatError
from bitproof.exact import FixedPoint, Interval, Q, Rounding
from bitproof.execute.reference import evaluate
from bitproof.transform.rounding import round_activations
from tests.transform.test_depth_precision import random_network

UNIT = Interval(Fraction(-1), Fraction(1))


@pytest.mark.parametrize("rounding", list(Rounding))
@pytest.mark.parametrize("seed", range(6))
def test_the_claim_bounds_the_distance(seed, rounding):
    rng = random.Random(seed)
    network = random_network(rng, depth=3, width=3, form=Q(0, 3), linear_hidden=True)
    inputs = FixedPoint.parse("Q1.6")
    form = FixedPoint(-(1 << 16), (1 << 16) - 1, 1 << 6, rounding)
    rounded = round_activations(network, inputs, form, UNIT)
    assert rounded.claim is not None
    assert rounded.network.weight_format == network.weight_format
    largest = Fraction(0)
    for _ in range(40):
        x = [inputs.value(rng.choice(inputs.levels_within(UNIT))) for _ in range(2)]
        (exact,), (fixed,) = evaluate(network, x), evaluate(rounded.network, x)
        largest = max(largest, abs(exact - fixed))
    assert largest <= rounded.claim.bound


def test_nothing_is_lost_where_every_value_lies_on_the_grid():
    rng = random.Random(3)
    network = random_network(rng, depth=2, width=3, form=Q(1, 1), skips=False)
    form = FixedPoint(-(1 << 12), (1 << 12) - 1, 1 << 6)
    rounded = round_activations(network, FixedPoint.parse("Q1.4"), form, UNIT)
    assert rounded.claim is not None
    assert rounded.claim.bound == 0


def test_possible_saturation_has_no_claim():
    rng = random.Random(4)
    network = random_network(rng, depth=3, width=4, form=Q(2, 1), skips=False)
    rounded = round_activations(network, FixedPoint.parse("Q1.4"), FixedPoint.parse("Q0.4"), UNIT)
    assert rounded.claim is None


def test_a_rounded_network_is_not_rounded_again():
    rng = random.Random(5)
    form = FixedPoint.parse("Q3.4")
    network = round_activations(
        random_network(rng, depth=2, width=2, form=Q(0, 1)), form, form, UNIT
    ).network
    with pytest.raises(FormatError, match="rounds already"):
        round_activations(network, form, form, UNIT)
