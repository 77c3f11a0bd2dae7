"""Operators that move values and compute nothing: they cost no layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitproof.interop.exact_array import ExactArray
from bitproof.interop.lowered_values import Draft, Layout, Signal, Term, Value
from bitproof.interop.lowering import Lowering
from bitproof.interop.model_graph import Node, checked_size
from bitproof.interop.operands import axis_of, constant, integer, integers, operand

Inputs = Sequence[Value | None]


def moved(lowering: Lowering, value: Value, layout: Layout) -> Value:
    """A value with its entries moved. A draft stays one if every row is still there once."""
    if isinstance(value, ExactArray):
        return value.map(layout)
    if isinstance(value, Signal):
        return value.moved(layout)
    view = np.asarray(layout(value.view))
    if view.size == value.view.size and len(np.unique(view)) == view.size:
        return Draft(value.sources, value.matrix, value.denominator, value.bias, view)
    return lowering.signal(value).moved(layout)


def concatenated(signals: Sequence[Signal], axis: int) -> Signal:
    """Signals one after the other along an axis."""
    slots = dict[tuple[int, int], list[Term | None]]()
    for at, signal in enumerate(signals):
        seen = dict[int, int]()
        for term in signal.terms:
            ordinal = seen[term.source] = seen.get(term.source, -1) + 1
            slots.setdefault((term.source, ordinal), [None] * len(signals))[at] = term
    terms = []
    for (source, _), parts in slots.items():
        pairs = list(zip(parts, signals, strict=True))
        index = np.concatenate(
            [np.full(s.shape, -1, np.int64) if t is None else t.index for t, s in pairs], axis
        )
        scale = None
        if any(term is not None and term.scale is not None for term in parts):
            scale = _joined(
                [None if t is None else t.scale for t in parts], signals, axis, missing=1
            )
        terms.append(Term(source, index, scale))
    offset = None
    if any(signal.offset is not None for signal in signals):
        offset = _joined([signal.offset for signal in signals], signals, axis, missing=0)
    shape = np.concatenate([np.empty(s.shape, np.int8) for s in signals], axis).shape
    return Signal(shape, tuple(terms), offset, all(s.nonnegative for s in signals))


def _joined(
    arrays: Sequence[ExactArray | None], signals: Sequence[Signal], axis: int, *, missing: int
) -> ExactArray:
    full = [
        ExactArray.full(signal.shape, missing) if array is None else array
        for array, signal in zip(arrays, signals, strict=True)
    ]
    denominator = math.lcm(*(array.denominator for array in full))
    numerators = np.concatenate([array.over(denominator) for array in full], axis)
    return ExactArray(numerators, denominator)


def _reshape(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    value = operand(node, inputs, 0)
    wanted = constant(node, inputs, 1, "the shape").integers()
    keep_zeros = integer(node, "allowzero", 0)
    shape = [
        value.shape[i] if length == 0 and not keep_zeros and i < len(value.shape) else length
        for i, length in enumerate(wanted)
    ]
    size, known = math.prod(value.shape), math.prod(n for n in shape if n != -1)
    if shape.count(-1) > 1 or min(shape, default=1) < -1:
        raise node.refusal(f"reshapes to {wanted}", "at most one size is -1")
    if -1 in shape and known:
        shape[shape.index(-1)] = size // known
    if math.prod(shape) != size:
        raise node.refusal(
            f"reshapes {list(value.shape)} to {wanted}",
            "the number of entries stays; the batch is imported as 1",
        )
    return moved(lowering, value, lambda array: array.reshape(shape))


def _flatten(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    value = operand(node, inputs, 0)
    axis = integer(node, "axis", 1)
    axis += len(value.shape) if axis < 0 else 0
    shape = (math.prod(value.shape[:axis]), math.prod(value.shape[axis:]))
    return moved(lowering, value, lambda array: array.reshape(shape))


def _transpose(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    value = operand(node, inputs, 0)
    default = tuple(reversed(range(len(value.shape))))
    order = integers(node, "perm", default)
    if sorted(order) != sorted(default):
        raise node.refusal(f"permutes {list(value.shape)} by {list(order)}", "name each axis once")
    return moved(lowering, value, lambda array: np.transpose(array, order))


def _axes(node: Node, inputs: Inputs) -> tuple[int, ...]:
    """Axes are an attribute up to opset 12 and an input from 13 on."""
    if len(inputs) > 1 and inputs[1] is not None:
        return tuple(constant(node, inputs, 1, "the axes").integers())
    return integers(node, "axes", ())


def _squeeze(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    value = operand(node, inputs, 0)
    axes = tuple(axis_of(node, axis, len(value.shape)) for axis in _axes(node, inputs))
    if not axes:
        axes = tuple(i for i, length in enumerate(value.shape) if length == 1)
    if any(value.shape[axis] != 1 for axis in axes):
        raise node.refusal(f"squeezes the axes {axes} of {list(value.shape)}", "of length 1 only")
    return moved(lowering, value, lambda array: np.squeeze(array, axes))


def _unsqueeze(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    value = operand(node, inputs, 0)
    given = _axes(node, inputs)
    axes = tuple(axis_of(node, axis, len(value.shape) + len(given)) for axis in given)
    if len(set(axes)) != len(axes):
        raise node.refusal(f"names an axis twice: {list(axes)}", "name each once")
    return moved(lowering, value, lambda array: np.expand_dims(array, axes))


def _concat(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    values = [operand(node, inputs, i) for i in range(len(inputs))]
    axis = axis_of(node, integer(node, "axis", 1), len(values[0].shape))
    shapes = {(*value.shape[:axis], *value.shape[axis + 1 :]) for value in values}
    if len(shapes) != 1:
        raise node.refusal(
            f"joins the shapes {[list(v.shape) for v in values]}", f"equal but for axis {axis}"
        )
    total = sum(value.shape[axis] for value in values)
    shape = (*values[0].shape[:axis], total, *values[0].shape[axis + 1 :])
    checked_size(shape, str(node))
    if all(isinstance(value, ExactArray) for value in values):
        arrays = [value for value in values if isinstance(value, ExactArray)]
        denominator = math.lcm(*(array.denominator for array in arrays))
        joined = np.concatenate([array.over(denominator) for array in arrays], axis)
        return ExactArray(joined, denominator, all(array.integer for array in arrays))
    signals = [
        Signal(value.shape, (), value) if isinstance(value, ExactArray) else lowering.signal(value)
        for value in values
    ]
    return concatenated(signals, axis)


def _pad(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    value = operand(node, inputs, 0)
    mode = str(node.attributes.get("mode", "constant"))
    if mode != "constant":
        raise node.refusal(f"pads by {mode!r}", "mode 'constant' can be imported")
    fill = ExactArray.of(np.array([float(node.attributes.get("value", 0.0))]), str(node))
    pads = integers(node, "pads", ())
    if lowering.opset >= 11:
        pads = tuple(constant(node, inputs, 1, "the pads").integers())
        if len(inputs) > 2 and inputs[2] is not None:
            fill = constant(node, inputs, 2, "the value")
    rank = len(value.shape)
    if len(pads) != 2 * rank or (len(inputs) > 3 and inputs[3] is not None):
        raise node.refusal(f"pads {list(value.shape)} by {list(pads)}", "two pads for every axis")
    if not any(pads):
        return value
    if min(pads) < 0:
        raise node.refusal(f"pads by {list(pads)}", "pads are not negative; use Slice to crop")
    widths = list(zip(pads[:rank], pads[rank:], strict=True))
    shape = tuple(n + a + b for n, (a, b) in zip(value.shape, widths, strict=True))
    checked_size(shape, str(node))
    return padded(lowering, value, widths, fill.map(lambda array: array.reshape(-1)[:1]))


def bordered(array: NDArray[Any], widths: Sequence[tuple[int, int]], entry: object) -> NDArray[Any]:
    """The array with a border. (numpy's own puts numbers of a numpy type into object arrays,
    which overflow.)"""
    shape = [n + a + b for n, (a, b) in zip(array.shape, widths, strict=True)]
    result = np.full(shape, entry, array.dtype)
    result[tuple(slice(a, a + n) for n, (a, _) in zip(array.shape, widths, strict=True))] = array
    return result


def padded(
    lowering: Lowering, value: Value, widths: Sequence[tuple[int, int]], fill: ExactArray
) -> Value:
    """A value with a border of a constant."""

    def border(array: NDArray[Any], entry: object) -> NDArray[Any]:
        return bordered(array, widths, entry)

    if isinstance(value, ExactArray):
        common = math.lcm(value.denominator, fill.denominator)
        numerators = border(value.over(common), fill.over(common)[0])
        return ExactArray(numerators, common, value.integer)
    signal = lowering.signal(value)
    terms = tuple(
        Term(t.source, border(t.index, -1), t.scale and t.scale.map(lambda a: border(a, 0)))
        for t in signal.terms
    )
    shape = border(np.empty(signal.shape, np.int8), 0).shape
    offset = signal.offset
    if offset is not None or not fill.is_zero():
        old = offset or ExactArray.full(signal.shape, 0)
        common = math.lcm(old.denominator, fill.denominator)
        offset = ExactArray(border(old.over(common), fill.over(common)[0]), common)
    positive = signal.nonnegative and fill.numerators[0] >= 0
    return Signal(shape, terms, offset, positive)


def _slice(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    value = operand(node, inputs, 0)
    rank = len(value.shape)
    if lowering.opset < 10:
        starts, ends = integers(node, "starts", ()), integers(node, "ends", ())
        axes, steps = integers(node, "axes", tuple(range(len(starts)))), (1,) * len(starts)
    else:
        starts, ends = (tuple(constant(node, inputs, i, "an end").integers()) for i in (1, 2))
        axes = _optional(node, inputs, 3, tuple(range(len(starts))))
        steps = _optional(node, inputs, 4, (1,) * len(starts))
    if len({len(starts), len(ends), len(axes), len(steps)}) != 1 or 0 in steps:
        raise node.refusal("has ends, axes and steps of unequal number", "give one of each")
    cut = [slice(None)] * rank
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        stop = None if step < 0 and end < -value.shape[axis] else end
        cut[axis_of(node, axis, rank)] = slice(start, stop, step)
    place = tuple(cut)
    return moved(lowering, value, lambda array: array[place])


def _optional(node: Node, inputs: Inputs, index: int, default: tuple[int, ...]) -> tuple[int, ...]:
    if len(inputs) <= index or inputs[index] is None:
        return default
    return tuple(constant(node, inputs, index, "an operand").integers())


def _gather(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    value = operand(node, inputs, 0)
    axis = axis_of(node, integer(node, "axis", 0), len(value.shape))
    chosen = constant(node, inputs, 1, "the indices")
    length = value.shape[axis]
    if any(not -length <= place < length for place in chosen.integers()):
        raise node.refusal(f"gathers outside an axis of {length}", "indices stay inside")
    rest = (*value.shape[:axis], *value.shape[axis + 1 :])
    checked_size((*chosen.shape, *rest), str(node))
    places = np.array(chosen.integers(), np.int64).reshape(chosen.shape)
    return moved(lowering, value, lambda array: np.take(array, places, axis))


def _shape(lowering: Lowering, node: Node, inputs: Inputs) -> Value:  # noqa: ARG001
    return ExactArray(np.array(operand(node, inputs, 0).shape, object), 1, integer=True)


def _same(lowering: Lowering, node: Node, inputs: Inputs) -> Value:  # noqa: ARG001
    return operand(node, inputs, 0)


def _dropout(lowering: Lowering, node: Node, inputs: Inputs) -> Value:  # noqa: ARG001
    training = inputs[2] if len(inputs) > 2 else None
    if isinstance(training, ExactArray) and not training.is_zero():
        raise node.refusal("is in training mode", "export the model for inference")
    return operand(node, inputs, 0)


def _cast(lowering: Lowering, node: Node, inputs: Inputs) -> Value:  # noqa: ARG001
    """Between floats no number changes (as if the wider type were meant); of constants to
    integers, towards zero."""
    value, target = operand(node, inputs, 0), integer(node, "to", 1)
    floats = target in (1, 10, 11, 16)
    if isinstance(value, ExactArray):
        if floats:
            return ExactArray(value.numerators, value.denominator)
        whole = [
            abs(n) // value.denominator * (1 if n >= 0 else -1)
            for n in value.numerators.reshape(-1)
        ]
        return ExactArray(np.array(whole, object).reshape(value.shape), 1, integer=True)
    if not floats:
        raise node.refusal("rounds values to integers", "cast to a float type only")
    return value


def _constant(lowering: Lowering, node: Node, inputs: Inputs) -> Value:  # noqa: ARG001
    for name in ("value", "value_float", "value_floats", "value_int", "value_ints"):
        if name in node.attributes:
            return ExactArray.of(np.asarray(node.attributes[name]), str(node))
    raise node.refusal(f"has the attributes {sorted(node.attributes)}", "give a dense tensor")


OPERATORS: dict[str, Callable[[Lowering, Node, Inputs], Value]] = {
    "Cast": _cast,
    "Concat": _concat,
    "Constant": _constant,
    "Dropout": _dropout,
    "Flatten": _flatten,
    "Gather": _gather,
    "Identity": _same,
    "Pad": _pad,
    "Reshape": _reshape,
    "Shape": _shape,
    "Slice": _slice,
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
