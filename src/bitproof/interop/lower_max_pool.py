"""Max pools as ReLU networks: max(a, b) = a + relu(b − a), in a tree over each window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitproof.interop.exact_array import ExactArray
from bitproof.interop.lower_images import image_signal
from bitproof.interop.lower_shapes import concatenated, moved
from bitproof.interop.lowered_values import Signal, Value
from bitproof.interop.lowering import Lowering
from bitproof.interop.model_graph import Node, checked_size
from bitproof.interop.operands import integer, integers, operand
from bitproof.interop.window_geometry import Windows, windows

Inputs = Sequence[Value | None]
MAX_COMPARISONS = 1 << 22


def _max_pool(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    signal, flat = image_signal(lowering, node, operand(node, inputs, 0))
    size = integers(node, "kernel_shape", ())
    if len(size) != (1 if flat else 2) or integer(node, "storage_order", 0):
        raise node.refusal(f"has the window {list(size)}", "one size for each axis of the image")
    place = windows(node, (signal.shape[1], signal.shape[2]), size)
    return _pooled(lowering, node, signal, place, flat=flat)


def _global_max_pool(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    signal, flat = image_signal(lowering, node, operand(node, inputs, 0))
    size = (signal.shape[1], signal.shape[2])
    place = Windows(size, (1, 1), (0, 0, 0, 0), (1, 1), (1, 1))
    return _pooled(lowering, node, signal, place, flat=flat)


def _pooled(lowering: Lowering, node: Node, signal: Signal, place: Windows, *, flat: bool) -> Value:
    channels = signal.shape[0]
    area = place.size[0] * place.size[1]
    checked_size((channels, *place.counts), str(node))
    if channels * place.counts[0] * place.counts[1] * area > MAX_COMPARISONS:
        raise node.refusal(
            f"compares {channels} x {place.counts} windows of {area} values",
            f"up to {MAX_COMPARISONS} values can be compared",
        )
    if len(signal.terms) > 1:
        signal = lowering.plain(signal)
    candidates = _candidates(node, signal, place)
    result: Value = _greatest(lowering, candidates)
    if len(candidates) > 1:
        assert isinstance(result, Signal)
        result = lowering.plain(result) if signal.nonnegative else lowering.elementwise(result)
    counts = (1, channels, *(place.counts[1:] if flat else place.counts))
    return moved(lowering, result, lambda array: array.reshape(counts))


def _candidates(node: Node, signal: Signal, place: Windows) -> list[Signal]:
    """One signal of shape (C·H'·W',) for each place of the window. Places outside the image stand
    for −∞: there the window's first place inside is repeated."""
    rows, columns = (_inside(node, signal.shape[1 + axis], place, axis) for axis in range(2))

    def at(j: int, i: int) -> Signal:
        def layout(array: NDArray[Any]) -> NDArray[Any]:
            return array[:, rows[:, j]][:, :, columns[:, i]].reshape(-1)

        return signal.moved(layout)

    return [at(j, i) for j in range(place.size[0]) for i in range(place.size[1])]


def _inside(node: Node, length: int, place: Windows, axis: int) -> NDArray[np.int64]:
    """For each window and tap of one axis a place inside the image."""
    starts = np.arange(place.counts[axis]) * place.strides[axis] - place.pads[axis]
    taps = starts[:, None] + np.arange(place.size[axis])[None, :] * place.dilations[axis]
    valid = (taps >= 0) & (taps < length)
    if not valid.any(1).all():
        raise node.refusal("has a window wholly outside the image", "pads smaller than the window")
    first = taps[np.arange(len(taps)), valid.argmax(1)]
    return np.asarray(np.where(valid, taps, first[:, None]))


def _greatest(lowering: Lowering, candidates: list[Signal]) -> Signal:
    """The largest entry of several signals of one shape: one layer of ReLUs for each halving."""
    nonnegative = all(one.nonnegative for one in candidates)
    size = candidates[0].shape[0]
    minus = ExactArray.full((size,), -1)
    while len(candidates) > 1:
        pairs = list(zip(candidates[::2], candidates[1::2], strict=False))
        gaps = [two.plus(one.scaled(minus)) for one, two in pairs]
        excess = lowering.relu(concatenated(gaps, 0))
        larger = [one.plus(_part(excess, at, size)) for at, (one, _) in enumerate(pairs)]
        candidates = larger + candidates[2 * len(pairs) :]
    return replace(candidates[0], nonnegative=nonnegative)


def _part(signal: Signal, at: int, size: int) -> Signal:
    return signal.moved(lambda array: array[at * size : (at + 1) * size])


OPERATORS: dict[str, Callable[[Lowering, Node, Inputs], Value]] = {
    "GlobalMaxPool": _global_max_pool,
    "MaxPool": _max_pool,
}
