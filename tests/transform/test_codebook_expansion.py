"""Codebook expansion: equal or as near as claimed, weights in the codebook, sizes."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.certify.one_dimension import certify_sup_error
from bitproof.errors import FormatError, InputError
from bitproof.exact import Codebook, FixedPoint, Interval
from bitproof.exact.weight_format import parse_codebook
from bitproof.execute.reference import evaluate
from bitproof.network import Activation, Layer, Network, SparseMatrix, measure
from bitproof.network.patterns import weights_of
from bitproof.transform.claim import Exact, Within
from bitproof.transform.codebook_expansion import expand
from bitproof.transform.few_digits import FewDigits
from bitproof.transform.value_ranges import ValueRanges, output_gains
from tests.execute.strategies import networks

CODEBOOKS = (
    *(f"linear:{n}" for n in (2, 3, 4, 8)), "nested:3", "nested:4", "midrise:2", "midrise:4",
    "binary", "ternary",
)  # fmt: skip
UNIT = Interval(Fraction(0), Fraction(1))


def random_mlp(widths: tuple[int, ...], seed: int, denominator: int = 1 << 30) -> Network:
    """Weights and biases uniform within 1/√fan-in, as PyTorch starts with."""
    rng = random.Random(seed)
    layers = []
    for position, (columns, width) in enumerate(pairwise(widths)):
        most = int(denominator / columns**0.5)
        rows = [[rng.randint(-most, most) for _ in range(columns)] for _ in range(width)]
        last = position == len(widths) - 2
        layers.append(
            Layer(
                (position,),
                SparseMatrix.from_dense(rows, columns=columns),
                tuple(rng.randint(-most, most) for _ in range(width)),
                denominator,
                Activation.IDENTITY if last else Activation.RELU,
            )
        )
    return Network(widths[0], tuple(layers))


def adic(network: Network, base: int) -> Network:
    """The same numerators over a power of the base, halved until they are moderate."""
    layers = []
    for layer in network.layers:
        rows = [[(c, n % 97 - 48) for c, n in layer.matrix.row(r)] for r in range(layer.width)]
        matrix = SparseMatrix.from_rows(rows, columns=layer.matrix.shape[1])
        bias = tuple(n % 97 - 48 for n in layer.bias)
        layers.append(replace(layer, matrix=matrix, bias=bias, denominator=base**4))
    return replace(network, layers=tuple(layers))


def in_codebook(network: Network, form: Codebook) -> bool:
    return network.weight_format == form and set(network.weights()) <= set(form.values())


@pytest.mark.parametrize("book", CODEBOOKS)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_finite_codes_are_equal_on_every_input(book: str, data: st.DataObject):
    """Skips, several inputs and outputs, constants, identity layers."""
    form = parse_codebook(book)
    original = adic(data.draw(networks(fixed=False, magnitude=1000)), weights_of(form).base)
    result = expand(original, form)
    assert isinstance(result.claim, Exact)
    assert result.replaced == 0
    assert in_codebook(result.network, form)
    for _ in range(4):
        x = [Fraction(data.draw(st.integers(-300, 300)), 7) for _ in range(original.inputs)]
        assert evaluate(result.network, x) == evaluate(original, x)


@pytest.mark.parametrize("book", CODEBOOKS)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_errors_stay_within_the_claim(book: str, data: st.DataObject):
    form = parse_codebook(book)
    original = data.draw(networks(fixed=False, magnitude=7))
    ends = [sorted((data.draw(st.integers(-9, 9)), data.draw(st.integers(-9, 9)))) for _ in "123"]
    box = [Interval(Fraction(a, 4), Fraction(b, 4)) for a, b in ends[: original.inputs]]
    result = expand(original, form, box=box, error=Fraction(1, 50))
    assert result.claim.bound <= Fraction(1, 50)
    assert in_codebook(result.network, form)
    for _ in range(6):
        places = [data.draw(st.fractions(0, 1, max_denominator=9)) for _ in box]
        x = [i.lower + (i.upper - i.lower) * t for i, t in zip(box, places, strict=True)]
        pairs = zip(evaluate(result.network, x), evaluate(original, x), strict=True)
        assert max(abs(a - b) for a, b in pairs) <= result.claim.bound


@pytest.mark.parametrize("book", CODEBOOKS)
def test_finite_codes_are_equal_on_a_box(book: str):
    """Inputs of either sign are shifted, not split."""
    form = parse_codebook(book)
    original = adic(random_mlp((2, 6, 5, 2), 4), weights_of(form).base)
    box = [Interval(Fraction(-3, 2), Fraction(2)), Interval(Fraction(1), Fraction(3))]
    result = expand(original, form, box=box)
    assert isinstance(result.claim, Exact)
    assert in_codebook(result.network, form)
    rng = random.Random(1)
    for _ in range(20):
        x = [i.lower + (i.upper - i.lower) * Fraction(rng.randrange(65), 64) for i in box]
        assert evaluate(result.network, x) == evaluate(original, x)
    assert measure(result.network).weights <= measure(expand(original, form).network).weights


@pytest.mark.parametrize("book", ["linear:2", "linear:3", "linear:4", "nested:3"])
def test_the_certifier_agrees_in_one_dimension(book: str):
    original = random_mlp((1, 8, 8, 1), 3)
    result = expand(original, parse_codebook(book), box=[UNIT], error=Fraction(1, 100))
    assert isinstance(result.claim, Within)
    verdict = certify_sup_error(result.network, original, UNIT)
    assert verdict.status == "proved"
    assert verdict.upper is not None
    assert 0 < verdict.lower <= verdict.upper <= result.claim.bound <= Fraction(1, 100)


def test_the_specified_figure():
    """337 weights, λ = 2: at most 4.5 edges a weight with the error 8e-4, here proved."""
    original = random_mlp((2, 16, 16, 1), 0)
    assert measure(original).weights == 337
    result = expand(original, Codebook.linear(2), box=[UNIT, UNIT], error=Fraction(8, 10_000))
    assert result.claim.bound <= Fraction(8, 10_000)
    assert result.edges_per_weight <= Fraction(9, 2)
    assert set(result.network.weights()) == {Fraction(-1), Fraction(1, 2)}
    assert measure(result.network).nonzero_bits == measure(result.network).weights


def test_more_values_take_fewer_edges():
    original = random_mlp((2, 16, 16, 1), 0)
    found = [
        expand(original, Codebook.linear(n), box=[UNIT, UNIT], error=Fraction(1, 100))
        for n in (2, 4, 8)
    ]
    assert found[0].edges_per_weight > found[1].edges_per_weight > found[2].edges_per_weight
    depths = [measure(result.network).depth for result in found]
    assert depths[0] > depths[1] > depths[2]


def test_an_error_that_is_not_needed_is_not_made():
    original = adic(random_mlp((1, 3, 1), 1), 2)
    result = expand(original, Codebook.linear(2), box=[UNIT], error=Fraction(1, 1 << 40))
    assert isinstance(result.claim, Exact)
    assert evaluate(result.network, [Fraction(1, 3)]) == evaluate(original, [Fraction(1, 3)])


@pytest.mark.parametrize(
    ("book", "reason"),
    [("-1,1", "integers"), ("1/2,1", "no negative value"), ("-1/2,-1", "no positive value"),
     ("-5/7,3/11", "no value 1/b")],
)  # fmt: skip
def test_codebooks_that_will_not_do(book: str, reason: str):
    with pytest.raises(FormatError, match=reason):
        expand(random_mlp((1, 2, 1), 0), parse_codebook(book), box=[UNIT], error=Fraction(1, 9))


def test_what_a_neuron_reads_that_is_never_positive_may_be_left_out():
    """relu(1 - v) with v = 1: nothing depends on v, and the output stays 0."""
    constant = Layer((), SparseMatrix.from_rows([[]], columns=0), (1,), 1, Activation.IDENTITY)
    output = Layer((0, 1), SparseMatrix.from_rows([[(1, -1)]], columns=2), (1,))
    result = expand(
        Network(1, (constant, output)), Codebook.midrise(4), box=[UNIT], error=Fraction(1, 50)
    )
    assert evaluate(result.network, [Fraction(1, 2)]) == (0,)


def test_what_cannot_be_asked():
    network, form = random_mlp((1, 2, 1), 0), Codebook.linear(2)
    third = replace(network.layers[0], denominator=3)
    with pytest.raises(FormatError, match=r"no sum of 60 digits.*--error"):
        expand(replace(network, layers=(third, network.layers[1])), form)
    with pytest.raises(InputError, match="over all real inputs"):
        expand(network, form, error=Fraction(1, 9))
    with pytest.raises(InputError, match="a box of 2 sides"):
        expand(network, form, box=[UNIT] * 2)
    with pytest.raises(InputError, match="an error of 0"):
        expand(network, form, box=[UNIT], error=Fraction(0))
    rounding = [replace(x, output_format=FixedPoint.parse("Q3.4")) for x in network.layers]
    with pytest.raises(FormatError, match="rounds its activations"):
        expand(replace(network, layers=tuple(rounding)), form)


# What it stands on


@pytest.mark.parametrize("book", CODEBOOKS)
@given(
    value=st.fractions(-9, 9, max_denominator=10**6),
    bits=st.integers(1, 40),
)
@settings(max_examples=30, deadline=None)
def test_near_numbers_are_near_and_finite(book: str, value: Fraction, bits: int):
    kit = weights_of(parse_codebook(book))
    tolerance = Fraction(1, 1 << bits)
    found = FewDigits(kit).near(value, tolerance)
    assert abs(found - value) <= tolerance
    assert pow(kit.base, 200, found.denominator) % found.denominator == 0


def test_the_fewest_digits_are_found():
    few = FewDigits(weights_of(Codebook.linear(2)))
    assert few.near(Fraction(11, 16), Fraction(1, 15)) in (Fraction(5, 8), Fraction(3, 4))
    assert few.near(Fraction(85, 128), Fraction(1, 100)) in (Fraction(21, 32), Fraction(43, 64))
    assert few.near(Fraction(1, 1000), Fraction(1, 999)) == 0


@given(st.data())
@settings(deadline=None)
def test_ranges_and_gains(data: st.DataObject):
    """Values lie in the ranges; a disturbed input changes no output by more than its gain says."""
    network = data.draw(networks(fixed=False, magnitude=7))
    box = [Interval(Fraction(-1), Fraction(2))] * network.inputs
    ranges = ValueRanges.of(network, box)
    gains = output_gains(network, ranges)
    x = [Fraction(data.draw(st.integers(-4, 8)), 4) for _ in box]
    moved = [Fraction(data.draw(st.integers(-4, 8)), 4) for _ in box]
    before, after = evaluate(network, x), evaluate(network, moved)
    for value, interval in zip(before, ranges.values[-1], strict=True):
        assert value in interval
    allowed = sum(g * abs(a - b) for g, a, b in zip(gains[0], x, moved, strict=True))
    assert sum(abs(a - b) for a, b in zip(before, after, strict=True)) <= allowed
