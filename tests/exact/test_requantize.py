"""Requantization against direct transcriptions of the libraries' C code."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitproof.errors import FormatError, RangeError
from bitproof.exact import Requantization, Requantizer

INT32 = (-(1 << 31), (1 << 31) - 1)


def truncated_quotient(a: int, b: int) -> int:
    """C's a / b for b > 0."""
    return a // b if a >= 0 else -(-a // b)


def saturating_rounding_doubling_high_mul(a: int, b: int) -> int:
    """gemmlowp/fixedpoint/fixedpoint.h, line by line."""
    overflow = a == b and a == INT32[0]
    ab_64 = a * b
    nudge = (1 << 30) if ab_64 >= 0 else (1 - (1 << 30))
    ab_x2_high32 = truncated_quotient(ab_64 + nudge, 1 << 31)
    return INT32[1] if overflow else ab_x2_high32


def rounding_divide_by_pot(x: int, exponent: int) -> int:
    """gemmlowp/fixedpoint/fixedpoint.h, line by line."""
    mask = (1 << exponent) - 1
    remainder = x & mask
    threshold = (mask >> 1) + (1 if x < 0 else 0)
    return (x >> exponent) + (1 if remainder > threshold else 0)


def multiply_double(x: int, multiplier: int, shift: int) -> int:
    """tensorflow/lite/kernels/internal/common.h, MultiplyByQuantizedMultiplier."""
    left_shift = max(shift, 0)
    right_shift = max(-shift, 0)
    return rounding_divide_by_pot(
        saturating_rounding_doubling_high_mul(x * (1 << left_shift), multiplier), right_shift
    )


def multiply_single(x: int, multiplier: int, shift: int) -> int:
    """The same function under TFLITE_SINGLE_ROUNDING."""
    total_shift = 31 - shift
    return (x * multiplier + (1 << (total_shift - 1))) >> total_shift


multipliers = st.one_of(
    st.integers(1 << 30, (1 << 31) - 1), st.integers(0, (1 << 31) - 1), st.just(1 << 30)
)
accumulators = st.one_of(st.integers(*INT32), st.integers(-5000, 5000), st.sampled_from(INT32))


@given(accumulators, multipliers, st.integers(-31, 30))
def test_two_roundings_as_in_gemmlowp(x: int, multiplier: int, shift: int):
    requantizer = Requantizer(multiplier, shift, *INT32)
    low, high = requantizer.accumulators()
    if low <= x <= high:
        assert requantizer.level(x) == multiply_double(x, multiplier, shift)
    else:
        with pytest.raises(RangeError, match="leaves 32 bits"):
            requantizer.level(x)


@given(accumulators, multipliers, st.integers(-31, 30))
def test_one_rounding_as_in_tensorflow_lite(x: int, multiplier: int, shift: int):
    requantizer = Requantizer(multiplier, shift, *INT32, Requantization.SINGLE)
    exact = multiply_single(x, multiplier, shift)
    assert requantizer.level(x) == min(max(exact, INT32[0]), INT32[1])


@given(accumulators, multipliers, st.integers(-31, 0))
def test_ties_to_even_as_onnx_defines_it(x: int, multiplier: int, shift: int):
    requantizer = Requantizer(multiplier, shift, -128, 127, Requantization.EVEN)
    assert requantizer.level(x) == min(max(round(x * requantizer.factor), -128), 127)


def test_two_roundings_differ_from_one():
    """341·3/2048 is just below a half; rounded to 1/512 first it is a tie."""
    ranges = (-128, 127)
    differing = [
        x
        for x in range(-4000, 4000)
        if Requantizer(3 << 29, -9, *ranges).level(x)
        != Requantizer(3 << 29, -9, *ranges, Requantization.SINGLE).level(x)
    ]
    assert 341 in differing
    assert Fraction(341) * Fraction(3, 2048) < Fraction(1, 2)
    assert Requantizer(3 << 29, -9, *ranges).level(341) == 1


@given(st.fractions(0, 1000), st.integers(0, 40))
def test_the_multiplier_is_the_nearest(factor: Fraction, small: int):
    scaled = factor / 2**small
    requantizer = Requantizer.of_factor(scaled, -128, 127)
    if requantizer.multiplier:
        assert 1 << 30 <= requantizer.multiplier < 1 << 31
        assert abs(requantizer.factor - scaled) <= Fraction(2) ** (requantizer.shift - 32)
    else:
        assert scaled < Fraction(1, 1 << 32)


@given(st.floats(2**-31, 2**29))
def test_the_multiplier_is_quantize_multiplier(factor: float):
    """tensorflow/lite/kernels/internal/quantization_util.cc, with the double it takes."""
    q, shift = math.frexp(factor)
    q_fixed = math.floor(q * (1 << 31) + 0.5)  # TfLiteRound of a positive double
    if q_fixed == 1 << 31:
        q_fixed //= 2
        shift += 1
    requantizer = Requantizer.of_factor(Fraction(factor), -128, 127)
    assert (requantizer.multiplier, requantizer.shift) == (q_fixed, shift)


@given(st.sampled_from(Requantization), st.fractions("1/4000", 4), st.integers(-130, 130))
def test_cells_are_what_becomes_a_level(rule: Requantization, factor: Fraction, level: int):
    requantizer = Requantizer.of_factor(factor, -128, 127, rule)
    cell = requantizer.cell(level)
    centre = round(level / requantizer.factor)
    if cell is None:
        assert requantizer.level(centre) != level
        return
    least, greatest = requantizer.accumulators()
    first, last = cell
    assert requantizer.level(first) == requantizer.level(last) == level
    assert first == least or requantizer.level(first - 1) < level
    assert last == greatest or requantizer.level(last + 1) > level


@pytest.mark.parametrize(
    "arguments",
    [(1 << 31, 0, -1, 1), (-1, 0, -1, 1), (1, 31, -1, 1), (1, -32, -1, 1), (1, 0, 1, -1)],
)
def test_impossible_requantizers(arguments: tuple[int, int, int, int]):
    with pytest.raises(FormatError):
        Requantizer(*arguments)


@pytest.mark.parametrize("factor", [Fraction(-1, 2), Fraction(1 << 30), Fraction(10**400)])
def test_impossible_factors(factor: Fraction):
    with pytest.raises(FormatError, match="the factor"):
        Requantizer.of_factor(factor, -128, 127)


def test_a_factor_too_small_is_nothing():
    assert Requantizer.of_factor(Fraction(1, 10**40), -128, 127).level(1 << 30) == 0


def test_ties_to_even_in_onnxruntime():
    """QLinearMatMul with factors and accumulators that float32 holds exactly, ties included."""
    numpy = pytest.importorskip("numpy")
    onnx = pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    for factor in (Fraction(1, 2), Fraction(3, 64), Fraction(5, 8)):
        helper, kinds = onnx.helper, onnx.TensorProto
        float_one = [helper.make_tensor(name, kinds.FLOAT, [], [1.0]) for name in ("as", "ys")]
        scale = helper.make_tensor("bs", kinds.FLOAT, [], [float(factor)])
        zeros = [helper.make_tensor(name, kinds.INT8, [], [0]) for name in ("az", "bz", "yz")]
        graph = helper.make_graph(
            [
                helper.make_node(
                    "QLinearMatMul", ["a", "as", "az", "b", "bs", "bz", "ys", "yz"], ["y"]
                )
            ],
            "one",
            [
                helper.make_tensor_value_info("a", kinds.INT8, [None, 1]),
                helper.make_tensor_value_info("b", kinds.INT8, [1, None]),
            ],
            [helper.make_tensor_value_info("y", kinds.INT8, [None, None])],
            [*float_one, scale, *zeros],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), providers=["CPUExecutionProvider"]
        )
        levels = numpy.arange(-128, 128, dtype=numpy.int8)
        found = session.run(None, {"a": levels[:, None], "b": levels[None, ::5]})[0]
        requantizer = Requantizer.of_factor(factor, -128, 127, Requantization.EVEN)
        assert found.tolist() == [
            [requantizer.level(int(a) * int(b)) for b in levels[::5]] for a in levels
        ]
