"""The number of pieces is near the least possible."""

from fractions import Fraction

import numpy as np
import pytest

from bitproof.construct.min_link import min_link
from bitproof.construct.tube import sample_tube
from tests.construct.shapes import Shape

SIN = Shape(lambda x: np.sin(2 * np.pi * x))
EXP = Shape(lambda x: np.exp(-x))
ROOT = Shape(lambda x: np.sqrt(x + 1 / 16))
RUNGE = Shape(lambda x: 1 / (1 + 25 * (2 * x - 1) ** 2))
LOG = Shape(np.log1p)
KINK = Shape(lambda x: abs(x - 1 / 3), kinks=[Fraction(1, 3)])


@pytest.mark.parametrize(
    ("shape", "least"),
    [
        (SIN, (13, 39, 121)),
        (EXP, (2, 7, 20)),
        (ROOT, (3, 9, 26)),
        (RUNGE, (10, 32, 100)),
        (LOG, (2, 6, 18)),
        (KINK, (2, 2, 2)),
    ],
)
def test_pieces_within_ten_percent_of_the_least(shape, least):
    for exponent, pieces in enumerate(least, start=2):
        assert min_link(sample_tube(shape, Fraction(1, 10**exponent))).pieces <= pieces * 1.1


@pytest.mark.parametrize("shape", [SIN, RUNGE, KINK])
def test_the_fit_stays_in_the_tube(shape):
    tube = sample_tube(shape, Fraction(1, 500))
    fit = min_link(tube)
    y = fit.start_value + fit.slopes[0] * (tube.x - fit.knots[0])
    for knot, change in zip(fit.knots[1:], fit.slope_changes, strict=True):
        y = y + change * np.maximum(tube.x - knot, 0)
    assert np.abs(y - tube.value).max() <= 0.002 * 1.001


def test_a_line_is_one_piece():
    assert min_link(sample_tube(Shape(lambda x: 3 * x - 1), Fraction(1, 10**6))).pieces == 1
