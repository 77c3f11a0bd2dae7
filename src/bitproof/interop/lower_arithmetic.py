"""Operators that are affine entry by entry, matrix products, and batch normalisation."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np

from bitproof.interop.exact_array import ExactArray
from bitproof.interop.lower_shapes import moved
from bitproof.interop.lowered_values import Draft, Signal, Value
from bitproof.interop.lowering import Lowering
from bitproof.interop.model_graph import Node, checked_size
from bitproof.interop.operands import (
    axis_of,
    constant,
    integer,
    integers,
    number,
    operand,
    optional_constant,
)

Inputs = Sequence[Value | None]
FACTOR_BITS = 53


def broadcast(
    lowering: Lowering, node: Node, values: Sequence[Value]
) -> tuple[list[Value], tuple[int, ...]]:
    """All values in their common shape."""
    try:
        shape = np.broadcast_shapes(*(value.shape for value in values))
    except ValueError:
        shapes = " and ".join(str(list(value.shape)) for value in values)
        raise node.refusal(f"combines the shapes {shapes}", "they must broadcast") from None
    checked_size(shape, str(node))
    full = [
        value
        if value.shape == shape
        else moved(lowering, value, lambda array: np.broadcast_to(array, shape))
        for value in values
    ]
    return full, shape


def plus(lowering: Lowering, one: Value, other: Value) -> Value:
    """The sum of two values of one shape."""
    if isinstance(one, ExactArray) and isinstance(other, ExactArray):
        return one + other
    if isinstance(one, ExactArray):
        one, other = other, one
    assert not isinstance(one, ExactArray)
    if isinstance(other, ExactArray):
        return one.shifted(other)
    return lowering.total(lowering.signal(one), lowering.signal(other))


def times(lowering: Lowering, value: Value, factor: ExactArray) -> Value:
    """A value times a constant of its shape."""
    if isinstance(value, ExactArray):
        return value * factor
    if isinstance(value, Draft):
        scaled = value.scaled(factor)
        if scaled is not None:
            return scaled
    return lowering.signal(value).scaled(factor)


def _add(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    values = [operand(node, inputs, i) for i in range(len(inputs))]
    (first, *others), _ = broadcast(lowering, node, values)
    for other in others:
        first = plus(lowering, first, other)
    return first


def _sub(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    (one, other), shape = broadcast(
        lowering, node, [operand(node, inputs, 0), operand(node, inputs, 1)]
    )
    return plus(lowering, one, times(lowering, other, ExactArray.full(shape, -1)))


def _neg(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    value = operand(node, inputs, 0)
    return times(lowering, value, ExactArray.full(value.shape, -1))


def _mul(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    (one, other), _ = broadcast(
        lowering, node, [operand(node, inputs, 0), operand(node, inputs, 1)]
    )
    if isinstance(one, ExactArray):
        one, other = other, one
    if not isinstance(other, ExactArray):
        raise node.refusal(
            "multiplies two values that depend on the input", "one factor must be a constant"
        )
    return times(lowering, one, other)


def _div(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    divisor = constant(node, inputs, 1, "the divisor")
    dividend = operand(node, inputs, 0)
    if divisor.integer and isinstance(dividend, ExactArray) and dividend.integer:
        quotients = np.asarray(dividend.numerators // divisor.numerators, object)
        return ExactArray(quotients, 1, integer=True)
    (one, factor), _ = broadcast(lowering, node, [dividend, divisor.reciprocal()])
    assert isinstance(factor, ExactArray)
    return times(lowering, one, factor)


def _matmul(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    return matrix_product(lowering, node, operand(node, inputs, 0), operand(node, inputs, 1))


def matrix_product(lowering: Lowering, node: Node, one: Value, other: Value) -> Value:
    """one @ other, one of them a constant matrix."""
    if isinstance(one, ExactArray) and not isinstance(other, ExactArray):
        return _from_the_left(lowering, node, one, other)
    if isinstance(one, ExactArray) or not isinstance(other, ExactArray):
        raise node.refusal(
            "multiplies two constants or two computed matrices", "one factor must be a constant"
        )
    signal = lowering.signal(one)
    vector = len(other.shape) == 1
    weights = other.map(lambda array: array[:, None]) if vector else _matrix(node, other)
    if not signal.shape or signal.shape[-1] != weights.shape[0]:
        raise node.refusal(
            f"multiplies {list(signal.shape)} by {list(other.shape)}", "the inner sizes are equal"
        )
    checked_size((*signal.shape[:-1], weights.shape[1]), str(node))
    draft = lowering.product(signal, weights)
    return moved(lowering, draft, lambda array: array[..., 0]) if vector else draft


def _from_the_left(
    lowering: Lowering, node: Node, constant_: ExactArray, value: Signal | Draft
) -> Value:
    """W @ x is (xᵀ @ Wᵀ)ᵀ."""
    weights = _matrix(node, constant_).map(np.transpose)
    if len(value.shape) == 1:
        return matrix_product(lowering, node, value, weights)
    turned = moved(lowering, value, lambda array: np.swapaxes(array, -1, -2))
    product = matrix_product(lowering, node, turned, weights)
    return moved(lowering, product, lambda array: np.swapaxes(array, -1, -2))


def _matrix(node: Node, array: ExactArray) -> ExactArray:
    if len(array.shape) != 2 and math.prod(array.shape[:-2]) == 1 and len(array.shape) > 2:
        return array.map(lambda entries: entries.reshape(entries.shape[-2:]))
    if len(array.shape) != 2:
        raise node.refusal(f"has a constant of shape {list(array.shape)}", "give one matrix")
    return array


def _gemm(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    factors = [operand(node, inputs, 0), operand(node, inputs, 1)]
    for at, flag in enumerate(("transA", "transB")):
        if len(factors[at].shape) != 2:
            raise node.refusal(
                f"has an operand of shape {list(factors[at].shape)}", "Gemm takes matrices"
            )
        if integer(node, flag, 0):
            factors[at] = moved(lowering, factors[at], np.transpose)
    result = matrix_product(lowering, node, factors[0], factors[1])
    alpha, beta = number(node, "alpha", 1.0), number(node, "beta", 1.0)
    if alpha != 1:
        result = times(lowering, result, ExactArray.full(result.shape, alpha))
    bias = optional_constant(node, inputs, 2, "the bias")
    if bias is None:
        return result
    if beta != 1:
        bias = bias * ExactArray.full((), beta)
    (result, added), shape = broadcast(lowering, node, [result, bias])
    if shape != result.shape:
        raise node.refusal("has a bias larger than its product", "export the model again")
    return plus(lowering, result, added)


def _batch_norm(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    """(x − mean) · factor + shift with factor = scale / √(variance + ε), rounded to 53 bits."""
    if integer(node, "training_mode", 0):
        raise node.refusal("is in training mode", "export the model for inference")
    value = operand(node, inputs, 0)
    names = ("the scale", "the shift", "the mean", "the variance")
    scale, shift, mean, variance = (
        constant(node, inputs, i, name) for i, name in enumerate(names, start=1)
    )
    channels = value.shape[1] if len(value.shape) > 1 else 0
    if any(array.shape != (channels,) for array in (scale, shift, mean, variance)):
        raise node.refusal(
            f"has parameters that do not fit {list(value.shape)}", "one number for each channel"
        )
    epsilon = number(node, "epsilon", 1e-5)
    factors = []
    for channel in range(channels):
        spread = variance.fraction(channel) + epsilon
        if spread <= 0:
            raise node.refusal(f"has the variance {spread} in channel {channel}", "positive ones")
        factors.append(rounded_quotient(scale.fraction(channel), spread))
    lowering.roundings.append(
        f"{node}: scale / √(variance + ε) rounded to {FACTOR_BITS} significant bits"
    )
    common = math.lcm(1, *(factor.denominator for factor in factors))
    factor = ExactArray(np.array([int(f * common) for f in factors], object), common)
    added = shift + -(mean * factor)
    spread_shape = (1, channels, *(1,) * (len(value.shape) - 2))
    full = [
        array.map(lambda entries: np.broadcast_to(entries.reshape(spread_shape), value.shape))
        for array in (factor, added)
    ]
    return plus(lowering, times(lowering, value, full[0]), full[1])


def _reduced(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    """The sum or the mean over some axes: a product with a constant vector."""
    value = operand(node, inputs, 0)
    if isinstance(value, ExactArray):
        raise node.refusal("has a constant input", "fold it into the model")
    rank = len(value.shape)
    given = optional_constant(node, inputs, 1, "the axes")
    named = integers(node, "axes", ()) if given is None else tuple(given.integers())
    if not named and integer(node, "noop_with_empty_axes", 0):
        return value
    axes = sorted({axis_of(node, axis, rank) for axis in named or range(rank)})
    kept = [axis for axis in range(rank) if axis not in axes]
    rows = tuple(value.shape[axis] for axis in kept)
    size = math.prod(value.shape[axis] for axis in axes)
    together = moved(
        lowering, value, lambda array: np.transpose(array, (*kept, *axes)).reshape((*rows, size))
    )
    factor = Fraction(1, size) if node.operator == "ReduceMean" else Fraction(1)
    total = matrix_product(lowering, node, together, ExactArray.full((size, 1), factor))
    shape = rows
    if integer(node, "keepdims", 1):
        shape = tuple(1 if axis in axes else n for axis, n in enumerate(value.shape))
    return moved(lowering, total, lambda array: array.reshape(shape))


def rounded_quotient(numerator: Fraction, square: Fraction) -> Fraction:
    """numerator / √square to 53 significant bits, up at the half; exact where it is a float.

    >>> rounded_quotient(Fraction(3), Fraction(4))
    Fraction(3, 2)
    >>> float(rounded_quotient(Fraction(1), Fraction(2)))
    0.7071067811865476
    """
    if numerator == 0:
        return Fraction(0)
    ratio = numerator * numerator / square
    size = ratio.numerator.bit_length() - ratio.denominator.bit_length()
    shift = 2 * (FACTOR_BITS + 2) - size
    shift += shift % 2
    scaled = ratio * Fraction(2) ** shift
    root = math.isqrt(scaled.numerator // scaled.denominator)
    drop = root.bit_length() - FACTOR_BITS
    rounded = (root + (1 << (drop - 1)) >> drop) << drop
    result = Fraction(rounded) / Fraction(2) ** (shift // 2)
    return result if numerator > 0 else -result


OPERATORS: dict[str, Callable[[Lowering, Node, Inputs], Value]] = {
    "Add": _add,
    "BatchNormalization": _batch_norm,
    "Div": _div,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Mul": _mul,
    "Neg": _neg,
    "ReduceMean": _reduced,
    "ReduceSum": _reduced,
    "Sub": _sub,
    "Sum": _add,
}
