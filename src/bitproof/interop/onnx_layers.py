"""The layered form of an ONNX export: convolutions as such, dense layers as matrix products.

Integers in float32 (Conv nodes) or float64. Runtimes have no Conv of float64, so there it is
written out: a strided Slice for each place of the kernel, and one MatMul with the kernel.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bitproof.errors import RangeError
from bitproof.interop.float_numbers import FloatType, InputReading, input_reading
from bitproof.interop.layer_plan import LayerPlan, LayerStep
from bitproof.interop.onnx_writer import OnnxWriter, Tensor
from bitproof.network import Convolution, LinearMap, SparseMatrix


def layered_type(plan: LayerPlan) -> tuple[FloatType, InputReading]:
    """The narrowest float type that is exact, and how it reads inputs.

    Raises:
        RangeError: neither is; says which width is needed.
    """
    largest = max(plan.magnitude, plan.largest_output)
    for dtype in FloatType:
        reading = input_reading(plan.inputs, dtype)
        fits = largest.bit_length() <= dtype.significant_bits
        if fits and reading is not None and dtype.holds(plan.output_granule.denominator):
            return dtype, reading
    raise RangeError(
        f"no float type computes this exactly: the proved accumulators need integers of "
        f"{largest.bit_length()} bits, float32 holds 24 and float64 53",
        remedy="export C, which goes on to 64 and 128 bits, or quantize to fewer bits",
    )


def write_layers(writer: OnnxWriter, plan: LayerPlan, source: Tensor) -> Tensor:
    """Adds the layers to the graph; the tensor of the outputs in real units."""
    values = [source]
    for position, step in enumerate(plan.steps, start=1):
        values.append(_write_step(writer, step, values, position))
    return _in_units(writer, plan, values[-1])


def _in_units(writer: OnnxWriter, plan: LayerPlan, result: Tensor) -> Tensor:
    name, granule = result.name, plan.output_granule
    factors = [factor * granule.numerator for factor in plan.factors]
    if any(factor != 1 for factor in factors):
        array = np.array(factors, writer.dtype.value)
        name = writer.node("Mul", [name, writer.constant("factors", array)], "multiplied")
    if granule.denominator != 1:
        array = np.array([granule.denominator], object).astype(writer.dtype.value)
        name = writer.node("Div", [name, writer.constant("divisor", array)], "quotients")
    return Tensor(name, result.width)


def _write_step(writer: OnnxWriter, step: LayerStep, values: list[Tensor], position: int) -> Tensor:
    sums = [
        _write_map(writer, matrix, values[source], f"{position}_{at}")
        for at, (source, matrix) in enumerate(step.maps)
    ]
    if not sums:  # a constant layer: nothing of the batch's size but the input
        zeros = np.zeros((values[0].width, step.width), writer.dtype.value)
        nothing = writer.constant(f"nothing{position}", zeros)
        sums = [writer.node("MatMul", [values[0].name, nothing], f"zeros{position}")]
    total = sums[0]
    for at, other in enumerate(sums[1:]):
        total = writer.node("Add", [total, other], f"partial{position}_{at}")
    total = _add_bias(writer, step, total, position)
    if step.relu:
        total = writer.node("Relu", [total], f"value{position}")
    return Tensor(total, step.width)


def _add_bias(writer: OnnxWriter, step: LayerStep, total: str, position: int) -> str:
    """Plus the biases: one for each filter where that is all they are."""
    filters = next((m.filters for _, m in step.maps if isinstance(m, Convolution)), step.width)
    places = step.width // filters
    by_filter = step.bias[::places]
    if places == 1 or step.bias != tuple(n for n in by_filter for _ in range(places)):
        array = np.array([step.bias], writer.dtype.value)
        bias = writer.constant(f"bias{position}", array)
        return writer.node("Add", [total, bias], f"sum{position}")
    array = np.array(by_filter, writer.dtype.value).reshape(1, filters, 1)
    bias = writer.constant(f"bias{position}", array)
    places_apart = _reshaped(writer, total, (filters, places), f"filters{position}")
    moved = writer.node("Add", [places_apart, bias], f"shifted{position}")
    return _reshaped(writer, moved, (step.width,), f"sum{position}")


def _write_map(writer: OnnxWriter, matrix: LinearMap, source: Tensor, name: str) -> str:
    if isinstance(matrix, Convolution):
        if writer.dtype is FloatType.FLOAT32:
            return _write_conv(writer, matrix, source, name)
        return _write_patches(writer, matrix, source, name)
    matrix = SparseMatrix.unrolled(matrix)
    dense = np.zeros((matrix.columns, matrix.shape[0]), writer.dtype.value)
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.row_starts))
    dense[list(matrix.column_indices), rows] = matrix.numerators
    weights = writer.constant(f"weights{name}", dense)
    return writer.node("MatMul", [source.name, weights], f"product{name}")


def _reshaped(writer: OnnxWriter, tensor: str, shape: tuple[int, ...], name: str) -> str:
    """Reshaped behind the batch."""
    wanted = writer.constant(f"shape_{name}", np.array((0, *shape), np.int64))
    return writer.node("Reshape", [tensor, wanted], name)


def _kernel(writer: OnnxWriter, conv: Convolution, shape: tuple[int, ...]) -> Any:  # noqa: ANN401
    return np.array(conv.kernel, writer.dtype.value).reshape(shape)


def _write_conv(writer: OnnxWriter, conv: Convolution, source: Tensor, name: str) -> str:
    image = _reshaped(writer, source.name, conv.image, f"image{name}")
    kernel = _kernel(writer, conv, (conv.filters, conv.group_channels, *conv.window))
    made = writer.node(
        "Conv",
        [image, writer.constant(f"kernel{name}", kernel)],
        f"conv{name}",
        kernel_shape=conv.window,
        strides=conv.strides,
        pads=conv.pads,
        dilations=conv.dilations,
        group=conv.groups,
    )
    return _reshaped(writer, made, (conv.shape[0],), f"flat{name}")


def _write_patches(writer: OnnxWriter, conv: Convolution, source: Tensor, name: str) -> str:
    image = _reshaped(writer, source.name, conv.image, f"image{name}")
    top, left, bottom, right = conv.pads
    if any(conv.pads):
        pads = np.array([0, 0, top, left, 0, 0, bottom, right], np.int64)
        image = writer.node("Pad", [image, writer.constant(f"pads{name}", pads)], f"padded{name}")
    _, height, width = conv.output
    channels, area = conv.group_channels, conv.window[0] * conv.window[1]
    seen = [
        _reshaped(
            writer,
            _tap(writer, conv, image, (j, i), f"{name}_{j}_{i}"),
            (conv.image[0], 1, height * width),
            f"tap{name}_{j}_{i}",
        )
        for j in range(conv.window[0])
        for i in range(conv.window[1])
    ]
    stacked = seen[0] if area == 1 else writer.node("Concat", seen, f"stacked{name}", axis=2)
    patches = _reshaped(
        writer, stacked, (conv.groups, channels * area, height * width), f"patches{name}"
    )
    shape = (1, conv.groups, conv.filters // conv.groups, channels * area)
    kernel = writer.constant(f"kernel{name}", _kernel(writer, conv, shape))
    product = writer.node("MatMul", [kernel, patches], f"product{name}")
    return _reshaped(writer, product, (conv.shape[0],), f"flat{name}")


def _tap(
    writer: OnnxWriter, conv: Convolution, image: str, place: tuple[int, int], name: str
) -> str:
    """What one place of the kernel sees of the padded image."""
    starts = [place[axis] * conv.dilations[axis] for axis in range(2)]
    ends = [
        start + (count - 1) * stride + 1
        for start, count, stride in zip(starts, conv.output[1:], conv.strides, strict=True)
    ]
    operands = [
        writer.constant(f"{what}{name}", np.array(numbers, np.int64))
        for what, numbers in (
            ("starts", starts),
            ("ends", ends),
            ("axes", [2, 3]),
            ("steps", conv.strides),
        )
    ]
    return writer.node("Slice", [image, *operands], f"seen{name}")
