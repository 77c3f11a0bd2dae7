"""The lower bounds, against brute force where that is possible."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitproof.errors import InputError
from bitproof.theory.lower_bounds import MemoryBound, MonotoneBound, PrecisionBound


@pytest.mark.parametrize("bits", [0, 1, 2, 3])
def test_paths_are_as_far_apart_as_the_proof_says(bits):
    cells = bits + 1
    paths = []
    for signs in product([-1, 1], repeat=cells):
        heights = [Fraction(0)]
        for sign in signs:
            heights.append(heights[-1] + Fraction(3 * sign, cells))
        paths.append(heights)
    nearest = min(
        max(abs(a - b) for a, b in zip(p, q, strict=True)) for p in paths for q in paths if p != q
    )
    assert len(paths) == 2 ** (bits + 1)
    assert nearest / 2 == MemoryBound(Fraction(3), Fraction(1)).least_error(bits)


def test_bits_and_error_are_inverse():
    bound = MemoryBound(Fraction(5, 3), Fraction(16))
    for bits in (0, 1, 7, 1000):
        error = bound.least_error(bits)
        assert bound.least_bits(error) == bits
        assert bound.least_bits(error * Fraction(999, 1000)) > bits
        assert bound.overhead(error, bits) < 1


def test_outputs_at_zero_are_on_the_precision_grid():
    halves = [Fraction(k, 2) for k in range(-1, 2)]
    values = {
        weight * max(bias, Fraction(0)) + last for weight, bias, last in product(halves, repeat=3)
    }
    bound = PrecisionBound(depth=2, fraction_bits=1)
    assert min(abs(value - bound.least_error) for value in values) == bound.least_error


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: MemoryBound(Fraction(0), Fraction(1)),
        lambda: MemoryBound(Fraction(1), Fraction(1)).least_error(-1),
        lambda: MemoryBound(Fraction(1), Fraction(1)).least_bits(Fraction(0)),
        lambda: PrecisionBound(0, 1),
    ],
)
def test_hypotheses_are_checked(wrong):
    with pytest.raises(InputError):
        wrong()


@given(
    st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=6),
    st.integers(-4, 4),
)
def test_networks_of_one_neuron_a_layer_miss_the_tent(neurons, slope):
    """Exactly, at the three points of the proof: no width-1 network is within 1/4 of it."""
    tent = {Fraction(0): Fraction(0), Fraction(1, 2): Fraction(1, 2), Fraction(1): Fraction(0)}
    values = dict[Fraction, Fraction]()
    for x in tent:
        value = x
        for weight, bias in neurons:
            value = max(Fraction(0), Fraction(weight, 3) * value + Fraction(bias, 5))
        values[x] = slope * value
    bound = MonotoneBound(Fraction(1), Fraction(1)).least_error
    for shift in (-values[Fraction(0)], Fraction(1, 4) - values[Fraction(1, 2)], Fraction(1, 7)):
        assert max(abs(values[x] + shift - tent[x]) for x in tent) >= bound
