"""Exact coefficients, gains, gates and programmed sums: values by the reference, weights by the
network's own well-formedness (a network that exists has every weight in its codebook)."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.construct.gates import product, product_error, product_gain, square
from bitproof.construct.programmed_sum import programmed_sum, source_code
from bitproof.errors import FormatError
from bitproof.exact.weight_format import Codebook
from bitproof.execute.reference import evaluate
from bitproof.network.patterns import weights_of
from bitproof.network.wiring import ONE, Wiring
from bitproof.theory.digit_code import DigitCode, power_code
from tests.network.codebooks import CODEBOOKS, FEW, name

UNIT = Fraction(1)


@st.composite
def coefficients(draw, base):
    power = draw(st.integers(0, 6))
    return Fraction(draw(st.integers(-(base**power) * 3, base**power * 3)), base**power)


@settings(max_examples=20)
@given(data=st.data())
@pytest.mark.parametrize("form", CODEBOOKS, ids=name)
def test_any_adic_coefficients_are_exact(form, data):
    wiring = Wiring(form, inputs=2)
    base = weights_of(form).base
    x, y = wiring.inputs
    hinge = wiring.combination([(x, UNIT), (y, Fraction(1, base)), (ONE, Fraction(1, base))])
    weights = [data.draw(coefficients(base)) for _ in range(3)]
    network = wiring.output([(x, weights[0]), (hinge, weights[1]), (ONE, weights[2])])
    a, b = (Fraction(data.draw(st.integers(0, 12)), 12) for _ in range(2))
    expected = weights[0] * a + weights[1] * (a + b / base + Fraction(1, base)) + weights[2]
    assert evaluate(network, [a, b]) == (expected,)


@pytest.mark.parametrize("form", CODEBOOKS, ids=name)
def test_no_two_edges_between_two_neurons_and_all_weights_in_the_codebook(form):
    wiring = Wiring(form)
    base = weights_of(form).base
    x = wiring.inputs[0]
    node = wiring.gain(wiring.ladder(x, 3), 5)
    network = wiring.output([(node, Fraction(5, base)), (x, -UNIT), (ONE, Fraction(7, base**4))])
    for layer in network.layers:
        assert len(set(layer.sources)) == len(layer.sources)
    members = set(form.values())
    assert all(weight in members for weight in network.weights())
    x_value = Fraction(3, 7)
    expected = x_value * base**2 * Fraction(5, base) - x_value + Fraction(7, base**4)
    assert evaluate(network, [x_value]) == (expected,)


def test_two_edges_from_one_source_or_a_foreign_weight_are_refused():
    wiring = Wiring(Codebook.linear(2))
    x = wiring.inputs[0]
    with pytest.raises(FormatError, match="two edges"):
        wiring.neuron([(x, Fraction(1, 2)), (x, Fraction(-1))])
    with pytest.raises(FormatError, match="not in linear:2"):
        wiring.neuron([(x, UNIT)])
    with pytest.raises(FormatError, match="two biases"):
        wiring.neuron([(ONE, Fraction(1, 2)), (ONE, Fraction(-1))])


@pytest.mark.parametrize(
    ("values", "reason"),
    [((-1, 1), "all its values are integers"), ((Fraction(1, 2), 1), "no negative value")],
)
def test_a_codebook_that_is_not_universal_is_refused_with_the_reason(values, reason):
    with pytest.raises(FormatError, match=reason):
        Wiring(Codebook(tuple(Fraction(value) for value in values)))


def test_a_universal_codebook_without_a_base_is_refused_with_a_remedy():
    with pytest.raises(FormatError, match="adaptive"):
        Wiring(Codebook((Fraction(-1), Fraction(3, 2))))


@pytest.mark.parametrize("form", CODEBOOKS, ids=name)
def test_squares_are_the_interpolant(form):
    wiring = Wiring(form)
    base = weights_of(form).base
    levels = 2 if base < 4 else 1
    network = wiring.output(square(wiring, [(wiring.inputs[0], UNIT)], levels))
    nodes = base**levels
    for k in range(nodes + 1):
        assert evaluate(network, [Fraction(k, nodes)]) == (Fraction(k, nodes) ** 2,)
    for x in (Fraction(1, 7), Fraction(5, 11), Fraction(12, 13)):
        excess = evaluate(network, [x])[0] - x * x
        assert 0 <= excess <= Fraction(1, 4 * nodes**2)


@pytest.mark.parametrize("form", CODEBOOKS, ids=name)
def test_products_are_within_the_bound_and_vanish_with_a_factor(form):
    wiring = Wiring(form, inputs=2)
    base = weights_of(form).base
    levels = 3 if base < 4 else 1
    x, y = wiring.inputs
    network = wiring.output([(product(wiring, [(x, UNIT)], [(y, UNIT)], levels), UNIT)])
    grid = [Fraction(k, 5) for k in range(6)] + [Fraction(3, 7), Fraction(1, 64)]
    for a in grid:
        for b in grid:
            value = evaluate(network, [a, b])[0]
            assert abs(value - a * b / product_gain(base)) <= product_error(base, levels)
            assert value == 0 or a * b > 0


@settings(max_examples=15)
@given(data=st.data())
@pytest.mark.parametrize("form", FEW, ids=name)
@pytest.mark.parametrize("turned", [False, True])
def test_programmed_sums_add_up(form, turned, data):
    wiring = Wiring(form, inputs=2)
    ratio = Fraction(1, weights_of(form).base)
    top = ratio ** data.draw(st.integers(0, 1))
    code = power_code(form, ratio, data.draw(st.integers(1, 5)), top, turned=turned)
    window = code.window
    nodes = [wiring.relay(source) for source in wiring.inputs]
    shares = [Fraction(data.draw(st.integers(0, 8)), 8) for _ in nodes]
    wanted = [window.low + share * (window.high - window.low) for share in shares]
    digits = [code.encode(value) for value in wanted]
    for value, written in zip(wanted, digits, strict=True):
        assert abs(code.value(written) - value) <= window.gap / 2
    total = programmed_sum(wiring, nodes, digits, code, Fraction(2))
    last = wiring.edges([*total.terms, (ONE, -total.offset)])
    network = wiring.finish([*total.edges, *last])
    point = [Fraction(1, 3), Fraction(4, 5)]
    expected = sum(code.value(d) * x for d, x in zip(digits, point, strict=True))
    assert evaluate(network, point) == (expected,)


@pytest.mark.parametrize("form", FEW, ids=name)
def test_one_weight_takes_two_edges_a_digit_less_one(form):
    """The proposition of one weight: K digits on a source ladder of K - 1 rungs."""
    wiring = Wiring(form)
    y = wiring.relay(wiring.inputs[0])
    ratio = Fraction(1, weights_of(form).base)
    code = DigitCode(form, tuple(ratio**k for k in range(6)))
    digits = code.encode((code.window.low + code.window.high) / 3)
    before = len(wiring)
    network = wiring.finish(source_code(wiring, y, digits, 1))
    assert len(wiring) - before == 5 + 1
    assert evaluate(network, [Fraction(2, 3)]) == (code.value(digits) * Fraction(2, 3),)
