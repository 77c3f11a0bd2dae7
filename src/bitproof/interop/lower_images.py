"""Convolutions and average pools: layers that keep their kernel.

A convolution reads whole channels of layers. Channels of one layer may be combined (a leaky ReLU is
two of them), scaled and shifted by channel; anything else first becomes a layer of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bitproof.interop.exact_array import ExactArray, Integers
from bitproof.interop.lower_shapes import bordered, moved
from bitproof.interop.lowered_values import Draft, Index, Signal, Term, Value
from bitproof.interop.lowering import Lowering
from bitproof.interop.model_graph import Node, checked_size
from bitproof.interop.operands import constant, integer, integers, operand, optional_constant
from bitproof.interop.window_geometry import Windows, windows
from bitproof.network import Convolution, LinearMap, SparseMatrix

Inputs = Sequence[Value | None]


@dataclass(frozen=True, slots=True)
class _Channels:
    """A term that is whole channels of a layer, in order: `first` is the first."""

    first: int
    scale: ExactArray | None


def image_signal(lowering: Lowering, node: Node, value: Value) -> tuple[Signal, bool]:
    """A value as a signal of shape (C, H, W), and whether it was one-dimensional."""
    if isinstance(value, ExactArray):
        raise node.refusal("has a constant image", "fold it into the model")
    shape = value.shape
    if len(shape) not in (3, 4) or shape[0] != 1:
        raise node.refusal(
            f"reads the shape {list(shape)}", "one image of shape (1, C, H, W) or (1, C, L)"
        )
    image = (shape[1], 1, shape[2]) if len(shape) == 3 else shape[1:]
    seen = moved(lowering, value, lambda array: array.reshape(image))
    assert not isinstance(seen, ExactArray)
    return lowering.signal(seen), len(shape) == 3


def _conv(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    signal, flat = image_signal(lowering, node, operand(node, inputs, 0))
    kernel = constant(node, inputs, 1, "the kernel")
    groups = integer(node, "group", 1)
    channels, height, width = signal.shape
    rank = 1 if flat else 2
    if len(kernel.shape) != 2 + rank or groups < 1 or kernel.shape[1] * groups != channels:
        raise node.refusal(
            f"has the kernel {list(kernel.shape)} in {groups} groups for {channels} channels",
            "its second size is the channels of one group",
        )
    declared = integers(node, "kernel_shape", kernel.shape[2:])
    if declared != kernel.shape[2:] or kernel.shape[0] % groups:
        raise node.refusal(
            f"declares the window {list(declared)} for a kernel {list(kernel.shape)}",
            "they are the same, and groups divide the filters",
        )
    place = windows(node, (height, width), kernel.shape[2:])
    checked_size((kernel.shape[0], *place.counts), str(node))
    shape = (*kernel.shape[:2], 1, kernel.shape[2]) if flat else kernel.shape
    draft = convolved(lowering, signal, kernel.map(lambda a: a.reshape(shape)), place, groups)
    filters = kernel.shape[0]
    result: Value = _unflattened(lowering, draft, flat=flat)
    bias = optional_constant(node, inputs, 2, "the bias")
    if bias is None:
        return result
    if bias.shape != (filters,) or isinstance(result, ExactArray):
        raise node.refusal(f"has a bias of shape {list(bias.shape)}", f"one for each of {filters}")
    spread = (1, filters, *(1,) * rank)
    full = bias.map(lambda array: np.broadcast_to(array.reshape(spread), result.shape))
    return result.shifted(full)


def _unflattened(lowering: Lowering, draft: Signal | Draft, *, flat: bool) -> Value:
    """(C, H, W) as (1, C, H, W), or as (1, C, L) where H is 1."""
    channels, height, width = draft.shape
    shape = (1, channels, width) if flat else (1, channels, height, width)
    return moved(lowering, draft, lambda array: array.reshape(shape))


def convolved(
    lowering: Lowering, signal: Signal, kernel: ExactArray, place: Windows, groups: int
) -> Draft:
    """The convolution of a signal of shape (C, H, W) with a kernel of shape (O, C/groups, h, w)."""
    channels = _as_channels(lowering, signal, groups)
    if channels is None:
        signal = lowering.plain(signal)
        channels = [_Channels(0, None)]
    source = signal.terms[0].source
    _, height, width = signal.shape
    held = lowering.width(source) // (height * width)
    if groups == 1:
        wide = _spread_kernel(kernel, channels, held)
    else:
        wide = _grouped_kernel(kernel, channels[0].scale, groups)
    matrix = Convolution(
        image=(held, height, width),
        filters=kernel.shape[0],
        window=place.size,
        kernel=tuple(int(n) for n in wide.numerators.reshape(-1)),
        strides=place.strides,
        pads=place.pads,
        dilations=place.dilations,
        groups=groups,
    )
    rows = matrix.shape[0]
    bias = ExactArray.full((rows,), 0)
    if signal.offset is not None:
        bias = _convolved_offset(signal.offset, kernel, matrix)
    view = np.arange(rows, dtype=np.int64).reshape(matrix.output)
    return Draft((source,), matrix, wide.denominator, bias, view)


def _as_channels(lowering: Lowering, signal: Signal, groups: int) -> list[_Channels] | None:
    """The terms as whole channels of one layer; None if they are not."""
    if not signal.terms or len({term.source for term in signal.terms}) != 1:
        return None
    area = signal.shape[1] * signal.shape[2]
    if not area or lowering.width(signal.terms[0].source) % area:
        return None
    whole = lowering.width(signal.terms[0].source) == signal.shape[0] * area
    if groups > 1 and (len(signal.terms) > 1 or not whole):
        return None
    found = [_whole_channels(term, signal.shape) for term in signal.terms]
    kept = [one for one in found if one is not None]
    return kept if len(kept) == len(found) else None


def _whole_channels(term: Term, shape: tuple[int, ...]) -> _Channels | None:
    flat: Index = term.index.reshape(-1)
    first, area = int(flat[0]), shape[1] * shape[2]
    if first < 0 or first % area or not np.array_equal(flat, np.arange(first, first + flat.size)):
        return None
    if term.scale is None:
        return _Channels(first // area, None)
    by_channel = term.scale.map(lambda array: array.reshape(shape[0], area))
    if not (by_channel.numerators == by_channel.numerators[:, :1]).all():
        return None
    return _Channels(first // area, by_channel.map(lambda array: array[:, 0]))


def _spread_kernel(kernel: ExactArray, channels: Sequence[_Channels], held: int) -> ExactArray:
    """The kernel over all channels the layer holds, scales multiplied in."""
    filters, inner, *window = kernel.shape
    if len(channels) == 1 and channels[0].scale is None and held == inner:
        return kernel
    scales = math.lcm(1, *(c.scale.denominator for c in channels if c.scale is not None))
    wide = np.zeros((filters, held, *window), object)
    for part in channels:
        numerators = kernel.numerators * scales
        if part.scale is not None:
            numerators = kernel.numerators * part.scale.over(scales)[None, :, None, None]
        wide[:, part.first : part.first + inner] += numerators
    return ExactArray(wide, kernel.denominator * scales)


def _grouped_kernel(kernel: ExactArray, scale: ExactArray | None, groups: int) -> ExactArray:
    """The kernel of several groups with the scale of every input channel multiplied in."""
    if scale is None:
        return kernel
    filters, inner = kernel.shape[:2]
    first = np.arange(filters) // (filters // groups) * inner
    factors = scale.numerators[first[:, None] + np.arange(inner)[None, :]]
    numerators = np.asarray(kernel.numerators * factors[:, :, None, None], object)
    return ExactArray(numerators, kernel.denominator * scale.denominator)


def _convolved_offset(offset: ExactArray, kernel: ExactArray, shape: Convolution) -> ExactArray:
    """What a constant image adds to every output: less at the borders, where pads are 0."""
    top, left, bottom, right = shape.pads
    padded = bordered(offset.numerators, ((0, 0), (top, bottom), (left, right)), 0)
    filters, height, width = shape.output
    total = np.zeros((filters, height * width), object)
    per_group, inner = filters // shape.groups, kernel.shape[1]
    for j in range(shape.window[0]):
        for i in range(shape.window[1]):
            y, x = j * shape.dilations[0], i * shape.dilations[1]
            rows = slice(y, y + (height - 1) * shape.strides[0] + 1, shape.strides[0])
            columns = slice(x, x + (width - 1) * shape.strides[1] + 1, shape.strides[1])
            seen = padded[:, rows, columns].reshape(len(padded), -1)
            for group in range(shape.groups):
                own = slice(group * per_group, (group + 1) * per_group)
                part = seen[group * inner : (group + 1) * inner]
                total[own] += kernel.numerators[own, :, j, i].dot(part)
    return ExactArray(total.reshape(-1), offset.denominator * kernel.denominator)


def _average_pool(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    signal, flat = image_signal(lowering, node, operand(node, inputs, 0))
    size = integers(node, "kernel_shape", ())
    if len(size) != (1 if flat else 2):
        raise node.refusal(f"has the window {list(size)}", "one size for each axis of the image")
    place = windows(node, (signal.shape[1], signal.shape[2]), size)
    return _averaged(lowering, node, signal, place, flat=flat)


def _global_average_pool(lowering: Lowering, node: Node, inputs: Inputs) -> Value:
    signal, flat = image_signal(lowering, node, operand(node, inputs, 0))
    size = (signal.shape[1], signal.shape[2])
    place = Windows(size, (1, 1), (0, 0, 0, 0), (1, 1), (1, 1))
    return _averaged(lowering, node, signal, place, flat=flat)


def _averaged(
    lowering: Lowering, node: Node, signal: Signal, place: Windows, *, flat: bool
) -> Value:
    """Every window counts the same unless it reaches into pads that do not count."""
    channels = signal.shape[0]
    checked_size((channels, *place.counts), str(node))
    counted = bool(integer(node, "count_include_pad", 0))
    area = place.size[0] * place.size[1]
    kernel = ExactArray(np.full((channels, 1, *place.size), 1, object), area)
    (top, left, bottom, right), (below, beside) = place.pads, place.overhang
    reached = replace(place, pads=(top, left, bottom + below, right + beside))
    draft = convolved(lowering, signal, kernel, reached, channels)
    sizes = _window_sizes(signal.shape, place, counted=counted)
    if (sizes == area).all():
        return _unflattened(lowering, _written(lowering, signal, draft), flat=flat)
    factor = ExactArray(np.full(place.counts, area, object)) * ExactArray(sizes).reciprocal()
    full = factor.map(lambda array: np.broadcast_to(array, draft.shape))
    rescaled = replace(draft, matrix=_unrolled(draft.matrix)).scaled(full)
    assert rescaled is not None
    return _unflattened(lowering, _written(lowering, signal, rescaled), flat=flat)


def _written(lowering: Lowering, signal: Signal, draft: Draft) -> Signal | Draft:
    """Averages of values that are not negative pass a ReLU unchanged, and then are known not to be
    negative."""
    return lowering.relu(draft) if signal.nonnegative else draft


def _window_sizes(shape: tuple[int, ...], place: Windows, *, counted: bool) -> Integers:
    """How many places each window averages over: those inside the image, and the pads (not what
    lies beyond them) if they count."""
    axes = []
    for axis in range(2):
        starts = np.arange(place.counts[axis]) * place.strides[axis] - place.pads[axis]
        taps = starts[:, None] + np.arange(place.size[axis])[None, :] * place.dilations[axis]
        low, high = 0, shape[1 + axis]
        if counted:
            low, high = -place.pads[axis], high + place.pads[axis + 2]
        axes.append(((taps >= low) & (taps < high)).sum(1))
    return np.asarray(axes[0][:, None] * axes[1][None, :], object)


def _unrolled(matrix: LinearMap) -> SparseMatrix:
    """One row for each window: for pools whose windows weigh differently."""
    rows = (matrix.row(i) for i in range(matrix.shape[0]))
    return SparseMatrix.from_rows(rows, columns=matrix.shape[1])


OPERATORS: dict[str, Callable[[Lowering, Node, Inputs], Value]] = {
    "AveragePool": _average_pool,
    "Conv": _conv,
    "GlobalAveragePool": _global_average_pool,
}
