"""Every enclosure of an elementary function contains the value of a high-precision reference."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from flint import arb, ctx, fmpq
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bitproof.checker import functions as fn
from bitproof.checker.interval import Interval, Undecided, exactly

REFERENCES: dict[str, Callable[[arb], arb]] = {
    "exp": lambda x: x.exp(),
    "expm1": lambda x: x.expm1(),
    "log": lambda x: x.log(),
    "log1p": lambda x: x.log1p(),
    "log2": lambda x: x.log() / arb.const_log2(),
    "sin": lambda x: x.sin(),
    "cos": lambda x: x.cos(),
    "tan": lambda x: x.tan(),
    "asin": lambda x: x.asin(),
    "acos": lambda x: x.acos(),
    "atan": lambda x: x.atan(),
    "sinh": lambda x: x.sinh(),
    "cosh": lambda x: x.cosh(),
    "tanh": lambda x: x.tanh(),
    "erf": lambda x: x.erf(),
    "sqrt": lambda x: x.sqrt(),
    "cbrt": lambda x: x.root(3) if x > 0 else -((-x).root(3)),
    "sigmoid": lambda x: 1 / (1 + (-x).exp()),
    "softplus": lambda x: x.exp().log1p(),
    "elu": lambda x: x if x > 0 else x.expm1(),
}
MAGNITUDES = [Fraction(10) ** k for k in (-40, -12, -3, -1, 0, 1, 2)]
numbers = st.builds(
    lambda p, q, scale: Fraction(p, q) * scale,
    st.integers(-(10**9), 10**9),
    st.integers(10**8, 10**9),
    st.sampled_from(MAGNITUDES),
)


def reference(name: str, x: Fraction) -> arb:
    before, ctx.prec = ctx.prec, 500
    try:
        return REFERENCES[name](arb(fmpq(x.numerator, x.denominator)))
    finally:
        ctx.prec = before


def ball(x: Fraction) -> arb:
    before, ctx.prec = ctx.prec, 2000
    try:
        return arb(fmpq(x.numerator, x.denominator))
    finally:
        ctx.prec = before


@pytest.mark.parametrize("name", REFERENCES)
@given(x=numbers)
@example(x=Fraction(0))
@example(x=Fraction(1))
@example(x=Fraction(-1))
@example(x=Fraction(1, 2))
@example(x=Fraction(-8))
@example(x=Fraction(710))
@example(x=Fraction(-100))
@settings(max_examples=25, deadline=None)
def test_point(name: str, x: Fraction) -> None:
    try:
        found: Interval = getattr(fn, name)(exactly(x))
    except Undecided:
        outside = name in ("log", "log2", "sqrt") and x <= 0
        outside = outside or (name == "log1p" and x <= -1) or (name in ("asin", "acos"))
        assert outside, f"{name}({x}) has a value"
        assert name not in ("asin", "acos") or abs(x) > 1
        return
    exact = reference(name, x)
    if x:
        assert not ball(found.lower) > exact
        assert not ball(found.upper) < exact
    width = found.upper - found.lower
    # composed functions add numbers of size 1 on the way: relative down to 2^-60, then absolute
    assert width * 2**90 <= max(abs(found.upper), abs(found.lower), Fraction(1, 2**60))


@pytest.mark.parametrize("name", REFERENCES)
@given(a=numbers, b=numbers, t=st.fractions(0, 1, max_denominator=1000))
@settings(max_examples=15, deadline=None)
def test_interval_contains_its_points(name: str, a: Fraction, b: Fraction, t: Fraction) -> None:
    cell = exactly(a).hull(exactly(b))
    function = getattr(fn, name)
    try:
        whole, inside = function(cell), function(exactly(a + (b - a) * t))
    except Undecided:
        return
    assert whole.lower <= inside.upper
    assert inside.lower <= whole.upper


@given(n=st.integers(-50, 50), shift=st.fractions(-1, 1, max_denominator=997), w=st.integers(1, 90))
@settings(max_examples=100, deadline=None)
def test_sine_extrema_are_inside(n: int, shift: Fraction, w: int) -> None:
    """A cell around an odd multiple of π/2 has sin reach ±1 in it."""
    centre = Fraction(2 * n + 1) * fn.HALF_PI.lower
    width = Fraction(1, 1 << w)
    cell = exactly(centre + shift * width).hull(exactly(centre + (shift + 1) * width))
    values = fn.sin(cell)
    extremum = 1 if n % 2 == 0 else -1
    if shift < 0 < shift + 1:
        assert values.lower <= extremum <= values.upper
    assert values.lower > -2
    assert values.upper < 2


def test_constants() -> None:
    for enclosure, exact in (
        (fn.PI, arb.pi()),
        (fn.LOG2, arb.const_log2()),
        (fn.E, arb(1).exp()),
    ):
        assert ball(enclosure.lower) < exact or ball(enclosure.lower).overlaps(exact)
        assert ball(enclosure.upper) > exact or ball(enclosure.upper).overlaps(exact)
        assert enclosure.upper - enclosure.lower < Fraction(1, 2**140)


@pytest.mark.parametrize(
    ("name", "x", "exact"),
    [
        ("exp", Fraction(0), Fraction(1)),
        ("expm1", Fraction(0), Fraction(0)),
        ("log", Fraction(1), Fraction(0)),
        ("sin", Fraction(0), Fraction(0)),
        ("cos", Fraction(0), Fraction(1)),
        ("erf", Fraction(0), Fraction(0)),
        ("tanh", Fraction(0), Fraction(0)),
        ("acos", Fraction(1), Fraction(0)),
        ("sqrt", Fraction(4, 9), Fraction(2, 3)),
        ("cbrt", Fraction(-8, 27), Fraction(-2, 3)),
        ("elu", Fraction(1, 3), Fraction(1, 3)),
    ],
)
def test_exact_values(name: str, x: Fraction, exact: Fraction) -> None:
    """Kinks such as abs(log(x)) at 1 are found because these values have no width."""
    found = getattr(fn, name)(exactly(x))
    assert found.lower == found.upper == exact


def test_outside_the_domain_is_undecided() -> None:
    for name, x in (("log", 0), ("sqrt", -1), ("asin", 2), ("acos", -2), ("log1p", -1)):
        with pytest.raises(Undecided):
            getattr(fn, name)(exactly(x))
    with pytest.raises(Undecided):
        fn.tan(exactly(1).hull(exactly(2)))
    with pytest.raises(Undecided):
        fn.exp(exactly(10**6))
    with pytest.raises(Undecided):
        fn.sin(exactly(10**40))
