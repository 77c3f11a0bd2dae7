"""Layout R: the same edges for every function of the ball, sizes below the reference's, errors
below the promise and proved exactly on the whole interval."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bitproof.certify import certify_sup_error
from bitproof.construct.knot_sum import build, construct, designs, dry, nodes, plan
from bitproof.construct.scaled_function import Domain, ScaledFunction
from bitproof.errors import FormatError, InputError, NoDesignError
from bitproof.exact import Interval
from bitproof.exact.weight_format import Codebook
from bitproof.network.measures import measure
from bitproof.network.patterns import weights_of
from bitproof.target import parse_target
from bitproof.theory.knot_sum import DerivativeBounds
from tests.construct.ball import members
from tests.construct.promised import check_designed
from tests.network.codebooks import CODEBOOKS, name

UNIT = Interval(Fraction(0), Fraction(1))
MEASURED = [
    (1, "1/10", Codebook.linear(2), 224, 17),
    (1, "1/10", Codebook.nested(3), 99, 13),
    (1, "1/10", Codebook.linear(4), 245, 14),
    (1, "1/100", Codebook.nested(3), 547, 22),
    (1, "1/100", Codebook.linear(4), 758, 21),
    (2, "1/100", Codebook.linear(2), 185, 19),
    (2, "1/100", Codebook.nested(3), 92, 16),
    (2, "1/10000", Codebook.linear(2), 674, 34),
    (2, "1/10000", Codebook.nested(3), 440, 32),
    (3, "1/10000", Codebook.linear(2), 596, 45),
    (3, "1/10000", Codebook.nested(3), 383, 43),
]
"""Smoothness, error, codebook, and the weights and depth of a prototype of this layout."""


@pytest.mark.parametrize(("n", "error", "form", "weights", "depth"), MEASURED)
def test_smaller_than_the_prototype(n, error, form, weights, depth):
    layout = plan(DerivativeBounds.unit(n), Fraction(error), form)
    sizes = measure(dry(layout, form))
    assert sizes.weights <= weights
    assert sizes.depth <= depth
    assert layout.error <= Fraction(error)


def functions(n, form):
    """Members of the unit ball of smoothness n, on all of [0, 1]."""
    texts = {
        1: ["abs(x-1/3)-1/2", "sin(x)", "exp(-x)", "max(x-1/2, 1/4-x)", "0"],
        2: ["sin(x)", "exp(-x)", "x^2/2", "-x^2/2", "cos(x)/2"],
        3: ["sin(x)", "exp(-x)", "x^3/6-x/4"],
        4: ["sin(x)", "exp(-x)", "cos(x)"],
    }[n]
    return members(texts, n, form)


@pytest.mark.parametrize("form", [b for b in CODEBOOKS if b.name != "nested:5:16"], ids=name)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_the_same_edges_for_every_function_and_a_proved_error(n, form):
    error = Fraction(1, 20)
    layout = plan(DerivativeBounds.unit(n), error, form)
    empty = dry(layout, form)
    wired = [(layer.sources, layer.matrix.column_indices) for layer in empty.layers]
    for target, function in functions(n, form):
        values, doubt = function.read(nodes(layout, Domain()))
        network = build(layout, form, values)
        if not form.has_zero:
            assert wired == [(la.sources, la.matrix.column_indices) for la in network.layers]
            assert measure(network).weights == measure(empty).weights
        verdict = certify_sup_error(network, target, UNIT, error=error)
        assert verdict.status == "proved", (target.text, form.name)
        assert verdict.upper <= (layout.error + doubt) * Fraction(101, 100)
        assert verdict.lower <= layout.error + doubt


def test_what_differs_are_the_programmable_weights_alone():
    form, n = Codebook.nested(3), 2
    layout = plan(DerivativeBounds.unit(n), Fraction(1, 100), form)
    networks = []
    for _, function in functions(n, form):
        values, _ = function.read(nodes(layout, Domain()))
        networks.append(list(build(layout, form, values).weights()))
    differing = sum(1 for weights in zip(*networks, strict=True) if len(set(weights)) > 1)
    assert 0 < differing <= layout.programmable


def test_any_smoothness_from_four_on():
    form = Codebook.linear(2)
    for n in (4, 5, 8):
        target = parse_target("exp(-x)", UNIT)
        function = ScaledFunction.of(target, n, weights_of(form))
        made = construct(function, Fraction(1, 1000), form)
        assert made.claimed_error <= Fraction(1, 1000)
        assert made.network.weight_format == form
    assert DerivativeBounds.unit(5).interpolation_constant > Fraction(1, 100) / 120


@pytest.mark.parametrize(
    ("text", "domain", "error"),
    [
        ("gelu(x)", (-8, 8), "1/20"),
        ("sin(x)", (Fraction(1, 3), 3), "1/100"),
        ("exp(x)", (Fraction(-7, 5), Fraction(-1, 7)), "1/50"),
        ("1000*x^2", (0, Fraction(1, 50)), "1/100"),
        ("log(x)", (Fraction(1, 2), 1), "1/100"),
        ("sqrt(x)", (Fraction(9, 10), 1), "1/20"),
        ("x", (5, 6), "1/4"),
    ],
)
@pytest.mark.parametrize("form", [Codebook.linear(2), Codebook.linear(3)], ids=name)
def test_other_domains_and_ranges(text, domain, error, form):
    check_designed(designs, text, domain, error, form)


def test_refusals():
    kinked = parse_target("abs(x-1/3)", UNIT)
    with pytest.raises(NoDesignError, match="no bounds of 2"):
        designs(kinked, Fraction(1, 100), [Codebook.linear(2)], smoothness=2)
    integers = Codebook((Fraction(-1), Fraction(1)))
    with pytest.raises(FormatError, match="integers"):
        designs(kinked, Fraction(1, 100), [integers])
    with pytest.raises(InputError, match="the bounds"):
        DerivativeBounds.unit(9)
