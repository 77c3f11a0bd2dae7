"""Jets against the library's power series and against exact points."""

from fractions import Fraction

import flint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.exact.enclosure import from_rational, precision
from bitproof.exact.jet import JETS, VALUES, chain, divide, multiply, power, variable
from tests.strategies import rationals

# The library's own series, for the functions it has or that are built from those it has.
SERIES = {
    "sqrt": lambda s: s.sqrt(),
    "exp": lambda s: s.exp(),
    "expm1": lambda s: s.exp() - 1,
    "log": lambda s: s.log(),
    "log1p": lambda s: (1 + s).log(),
    "log2": lambda s: s.log() / flint.arb(2).log(),
    "sin": lambda s: s.sin(),
    "cos": lambda s: s.cos(),
    "tan": lambda s: s.tan(),
    "asin": lambda s: s.asin(),
    "acos": lambda s: s.acos(),
    "atan": lambda s: s.atan(),
    "sinh": lambda s: (s.exp() - (-s).exp()) / 2,
    "cosh": lambda s: (s.exp() + (-s).exp()) / 2,
    "tanh": lambda s: 1 - 2 / ((2 * s).exp() + 1),
    "erf": lambda s: s.erf(),
    "sigmoid": lambda s: 1 / (1 + (-s).exp()),
    "softplus": lambda s: (1 + s.exp()).log(),
    "silu": lambda s: s / (1 + (-s).exp()),
    "gelu": lambda s: s * (1 + (s / flint.arb(2).sqrt()).erf()) / 2,
    "mish": lambda s: s * (1 - 2 / ((1 + s.exp()) * (1 + s.exp()) + 1)),
    "cbrt": lambda s: (s.log() / 3).exp(),
}
POSITIVE = {"sqrt", "log", "log2", "cbrt"}
WITHIN_ONE = {"asin", "acos", "log1p"}


def argument(name, share):
    """A point where the function is smooth, from share in (0, 1)."""
    if name in POSITIVE:
        return share * 4
    return 2 * share - 1 if name in WITHIN_ONE else 6 * share - 3


def test_every_function_has_values_and_jets():
    assert set(VALUES) == set(JETS) == set(SERIES)


@pytest.mark.parametrize("name", sorted(JETS))
@given(share=st.fractions(Fraction(1, 50), Fraction(49, 50), max_denominator=997))
@settings(max_examples=20, deadline=None)
def test_jets_agree_with_series_at_points(name, share):
    point = argument(name, share)
    with precision(200):
        ball = from_rational(point)
        jet = JETS[name](ball)
        series = SERIES[name](flint.arb_series([ball, 1], prec=3))
        expected = (series[0], series[1], 2 * series[2])
        for found, wanted in zip(jet, expected, strict=True):
            assert found.overlaps(wanted)
            assert found.rad() < flint.arb(2) ** -100
        assert VALUES[name](ball).overlaps(series[0])


@pytest.mark.parametrize("name", sorted(JETS))
@given(
    share=st.fractions(Fraction(1, 50), Fraction(49, 50), max_denominator=997),
    inside=rationals(-1, 1),
    halvings=st.integers(3, 30),
)
@settings(max_examples=30, deadline=None)
def test_jets_over_a_ball_contain_those_at_its_points(name, share, inside, halvings):
    centre = argument(name, share)
    radius = Fraction(1, 2**halvings) * Fraction(1, 10)
    with precision(64):
        jet = JETS[name](flint.arb(from_rational(centre), from_rational(radius)))
        value = VALUES[name](flint.arb(from_rational(centre), from_rational(radius)))
    with precision(200):
        exact = JETS[name](from_rational(centre + inside * radius))
    assert value.overlaps(exact[0])
    for over, at in zip(jet, exact, strict=True):
        assert not over.is_finite() or over.contains(at) or over.overlaps(at)


@given(rationals(-3, 3), rationals(-3, 3), st.integers(-4, 5))
def test_arithmetic_of_jets(a, b, exponent):
    with precision(200):
        point = from_rational(a)
        u, w = JETS["sin"](point), JETS["exp"](point)
        series = flint.arb_series([point, 1], prec=3)
        pairs = [
            (multiply(u, w), series.sin() * series.exp()),
            (divide(u, w), series.sin() / series.exp()),
            (chain(JETS["atan"](u[0]), u), series.sin().atan()),
        ]
        if abs(a) > Fraction(1, 100) or exponent >= 0:
            repeated = flint.arb_series([1], prec=3)
            for _ in range(abs(exponent)):
                repeated = repeated * series
            powered = 1 / repeated if exponent < 0 else repeated
            pairs.append((power(variable(point), Fraction(exponent)), powered))
        for jet, expected in pairs:
            coefficients = (expected[0], expected[1], 2 * expected[2])
            assert all(x.overlaps(y) for x, y in zip(jet, coefficients, strict=True))


def test_ends_of_definition():
    around = flint.arb(0, 1)
    assert VALUES["sqrt"](around).contains(1)
    assert VALUES["sqrt"](around).contains(0)
    assert VALUES["cbrt"](around).contains(-1)
    assert VALUES["cbrt"](around).contains(1)
    assert VALUES["asin"](flint.arb(1, 1)).contains(flint.arb.pi() / 2 - flint.arb("1e-9"))
    assert not JETS["sqrt"](around)[1].is_finite()
    assert not JETS["asin"](flint.arb(1))[1].is_finite()
    assert not VALUES["log"](around).is_finite()
    assert not divide(variable(around), variable(around))[0].is_finite()


def test_far_arguments_take_no_time():
    far = flint.arb((1, 10**6))
    assert not VALUES["exp"](far).is_finite()
    assert VALUES["exp"](-far).contains(0)
    assert VALUES["exp"](-far) < 1
    assert not VALUES["cosh"](far).is_finite()
