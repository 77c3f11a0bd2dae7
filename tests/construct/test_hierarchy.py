"""Layout H: the same edges for every function of the ball, no rounding adds up, errors below the
promise and proved exactly on the whole interval."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest

from bitproof.certify import certify_sup_error
from bitproof.construct.hierarchy import build, designs, dry, encode, nodes, plan, wanted
from bitproof.construct.scaled_function import Domain
from bitproof.errors import FormatError, InputError, NoDesignError
from bitproof.exact import Interval
from bitproof.exact.weight_format import Codebook
from bitproof.execute.reference import evaluate
from bitproof.network.measures import measure
from bitproof.network.patterns import weights_of
from bitproof.target import parse_target
from bitproof.theory.function_class import SobolevBall
from bitproof.theory.hierarchy import detail_bound, hats_inside
from bitproof.theory.knot_sum import DerivativeBounds
from bitproof.theory.sobolev_packing import PackingBound
from tests.construct.ball import members
from tests.construct.promised import check_designed
from tests.network.codebooks import CODEBOOKS, FEW, name

UNIT = Interval(Fraction(0), Fraction(1))
TEXTS = {
    1: ["abs(x-1/3)-1/2", "sin(x)", "max(x-1/2, 1/4-x)"],
    2: ["sin(x)", "x^2/2", "-x^2/2"],
}
PROTOTYPE = [
    (1, "1/10", Codebook.linear(2), 224),
    (1, "1/100", Codebook.linear(2), 910),
    (1, "1/100", Codebook.linear(4), 758),
    (2, "1/100", Codebook.linear(2), 185),
    (2, "1/10000", Codebook.linear(2), 674),
]
"""Weights of a prototype of the knot sum."""


def functions(n, form):
    return members(TEXTS[n], n, form)


@pytest.mark.parametrize("form", CODEBOOKS, ids=name)
@pytest.mark.parametrize("n", [1, 2])
def test_the_same_edges_for_every_function_and_a_proved_error(n, form):
    error = Fraction(1, 20)
    layout = plan(DerivativeBounds.unit(n), error, form)
    assert layout.error <= error
    empty = dry(layout, form)
    wired = [(layer.sources, layer.matrix.column_indices) for layer in empty.layers]
    networks = []
    for target, function in functions(n, form):
        (values,), doubt = function.read(nodes(layout, Domain()))
        network = build(layout, form, values)
        networks.append(list(network.weights()))
        if not form.has_zero:
            assert wired == [(la.sources, la.matrix.column_indices) for la in network.layers]
            assert measure(network).weights == measure(empty).weights
        verdict = certify_sup_error(network, target, UNIT, error=error)
        assert verdict.status == "proved", (target.text, form.name)
        assert verdict.upper <= (layout.error + doubt) * Fraction(101, 100)
    if not form.has_zero:
        differing = sum(len(set(weights)) > 1 for weights in zip(*networks, strict=True))
        assert 0 < differing <= layout.programmable


@pytest.mark.parametrize("form", FEW, ids=name)
@pytest.mark.parametrize("n", [1, 2])
def test_roundings_do_not_add_up(n, form):
    layout = plan(DerivativeBounds.unit(n), Fraction(1, 200), form)
    for _, function in functions(n, form):
        (values,), doubt = function.read(nodes(layout, Domain()))
        targets = wanted(layout, Domain(), values)
        network = build(layout, form, values)
        for m in range(0, layout.cells, 3):
            (coded,) = evaluate(network, [layout.step * m])
            assert abs(coded - targets[m]) <= layout.deviation + doubt


@pytest.mark.parametrize("form", FEW, ids=name)
@pytest.mark.parametrize("n", [1, 2])
def test_counts_and_the_lower_bound(n, form):
    ball, error = DerivativeBounds.unit(n), Fraction(1, 100)
    layout = plan(ball, error, form)
    details = encode(layout, [Fraction(0)] * (layout.last_node + 1))
    digits = sum(len(code) for level in details.levels for code in level)
    digits += len(details.start) + len(details.slope)
    assert digits == layout.programmable
    sizes = measure(dry(layout, form))
    assert sizes.weights >= layout.programmable + 2 * layout.hats
    bound = PackingBound(SobolevBall(1, n))
    assert layout.programmable >= bound.least_weights(error, len(form.values()))
    assert sizes.paper_bits >= bound.least_bits(error)
    if weights_of(form).base == 2:
        # a level's digits grow by a few towards the coarse ones: no logarithm in all
        lengths = [len(level.code.places) for level in layout.levels]
        assert all(0 <= coarse - fine <= 2 * n for coarse, fine in pairwise(lengths))


@pytest.mark.parametrize(("n", "error", "form", "weights"), PROTOTYPE)
def test_smaller_than_a_prototype_of_the_knot_sum(n, error, form, weights):
    layout = plan(DerivativeBounds.unit(n), Fraction(error), form)
    assert measure(dry(layout, form)).weights <= weights


@pytest.mark.parametrize(
    ("text", "domain", "error"),
    [
        ("gelu(x)", (-8, 8), "1/20"),
        ("sin(x)", (Fraction(1, 3), 3), "1/100"),
        ("sqrt(x)", (Fraction(1, 3), 1), "1/100"),
        ("x", (5, 6), "1/4"),
    ],
)
@pytest.mark.parametrize("form", [Codebook.linear(2), Codebook.linear(3)], ids=name)
def test_other_domains_and_ranges(text, domain, error, form):
    check_designed(designs, text, domain, error, form)


def test_hats_that_reach_into_the_domain():
    step, start, end = Fraction(1, 6), Fraction(2, 5), Fraction(1)
    for width in (1, 2, 4):
        reach = [
            m
            for m in range(width, 8, 2 * width)
            if (m - width) * step < end and (m + width) * step > start
        ]
        assert list(hats_inside(width, 8, step, start, end)) == reach


def test_refusals():
    with pytest.raises(InputError, match="smoothness 3"):
        detail_bound(DerivativeBounds.unit(3), Fraction(1))
    target = parse_target("exp(-x)", UNIT)
    with pytest.raises(NoDesignError, match="smoothness 1 or 2"):
        designs(target, Fraction(1, 10), [Codebook.linear(2)], smoothness=3)
    with pytest.raises(NoDesignError, match="knows no bounds"):
        designs(parse_target("sqrt(x)", UNIT), Fraction(1, 10), [Codebook.linear(2)])
    with pytest.raises(FormatError, match="integers"):
        designs(target, Fraction(1, 10), [Codebook((Fraction(-1), Fraction(1)))])
