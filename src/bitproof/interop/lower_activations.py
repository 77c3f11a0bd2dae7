"""Piecewise-linear activations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from bitproof.interop.exact_array import ExactArray
from bitproof.interop.lower_arithmetic import broadcast, plus, times
from bitproof.interop.lowered_values import Draft, Signal, Value, scaled_rows
from bitproof.interop.lowering import Lowering
from bitproof.interop.model_graph import Node
from bitproof.interop.operands import number, operand, optional_constant
from bitproof.network import Activation, Convolution, LinearMap, SparseMatrix

Inputs = Sequence[Value | None]


def _relu(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    value = operand(node, inputs, 0)
    if isinstance(value, ExactArray):
        return ExactArray(np.maximum(value.numerators, 0), value.denominator)
    return lowering.relu(value)


def _leaky_relu(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    """relu(x) − α·relu(−x): a layer of both ReLUs."""
    value = operand(node, inputs, 0)
    slope = number(node, "alpha", 0.01)
    if isinstance(value, ExactArray):
        raise node.refusal("has a constant input", "fold it into the model")
    return leaky(lowering, value, ExactArray.full(value.shape, slope))


def _prelu(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    value = operand(node, inputs, 0)
    slope = optional_constant(node, inputs, 1, "the slope")
    if slope is None or isinstance(value, ExactArray):
        raise node.refusal("lacks a slope or an input", "export the model again")
    (value, full), _ = broadcast(lowering, node, [value, slope])
    assert isinstance(full, ExactArray)
    assert not isinstance(value, ExactArray)
    return leaky(lowering, value, full)


def leaky(lowering: Lowering, value: Signal | Draft, slope: ExactArray) -> Signal:
    """x where x ≥ 0, else slope·x."""
    if isinstance(value, Signal) and value.nonnegative:
        return value
    draft = value if isinstance(value, Draft) else lowering.elementwise(value)
    rows = draft.matrix.shape[0]
    both = replace(
        draft,
        matrix=_with_negated(draft.matrix),
        bias=ExactArray(
            np.concatenate([draft.bias.numerators, -draft.bias.numerators]), draft.bias.denominator
        ),
        view=np.arange(2 * rows, dtype=np.int64),
    )
    position = lowering.emit(both, Activation.RELU)
    positive = Signal.of_layer(position, draft.view, nonnegative=True)
    negative = Signal.of_layer(position, draft.view + rows, nonnegative=True)
    return positive.plus(negative.scaled(-slope))


def _with_negated(matrix: LinearMap) -> LinearMap:
    """The map and below it its negative."""
    if isinstance(matrix, Convolution) and matrix.groups == 1:
        kernel = (*matrix.kernel, *(-numerator for numerator in matrix.kernel))
        return replace(matrix, filters=2 * matrix.filters, kernel=kernel)
    negated = scaled_rows(matrix, [-1] * matrix.shape[0])
    assert negated is not None
    rows = [one.row(i) for one in (matrix, negated) for i in range(matrix.shape[0])]
    return SparseMatrix.from_rows(rows, columns=matrix.shape[1])


def _clip(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    """min(max(x, l), h) = l + relu(x − l) − relu(x − h), for l ≤ h."""
    value = operand(node, inputs, 0)
    if isinstance(value, ExactArray):
        raise node.refusal("has a constant input", "fold it into the model")
    if lowering.opset < 11:
        low, high = (
            ExactArray.full((), number(node, name, 0.0)) if name in node.attributes else None
            for name in ("min", "max")
        )
    else:
        low = optional_constant(node, inputs, 1, "the lower end")
        high = optional_constant(node, inputs, 2, "the upper end")
    if low is not None and high is not None and (low + -high).numerators.max() > 0:
        raise node.refusal("has its ends in the wrong order", "the lower end comes first")
    signal = lowering.signal(value)
    (shape, result) = (signal.shape, signal)
    if low is not None:
        low = low.map(lambda array: np.broadcast_to(array, shape))
        above = lowering.relu(result.shifted(-low))
        result = above.shifted(low)
    if high is None:
        return result
    high = high.map(lambda array: np.broadcast_to(array, shape))
    excess = lowering.relu(signal.shifted(-high))
    total = plus(lowering, result, times(lowering, excess, ExactArray.full(shape, -1)))
    assert isinstance(total, Signal)
    positive = low is not None and low.numerators.min(initial=0) >= 0
    return replace(total, nonnegative=positive)


OPERATORS: dict[str, Callable[[Lowering, Node, Inputs], Value]] = {
    "Clip": _clip,
    "LeakyRelu": _leaky_relu,
    "PRelu": _prelu,
    "Relu": _relu,
}
