"""The unrolled form: all neurons of one depth become one Gemm, followed by one Relu.

Neurons of the same depth do not read each other, so computing them together is the same function
with far fewer nodes. Skip connections are Concat (and Gather where few columns of a wide value
are read). Zero weights a merged Gemm has on top add exact zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bitproof.interop.depth_blocks import depth_blocks
from bitproof.interop.float_numbers import Numbers
from bitproof.interop.live import LiveNetwork
from bitproof.interop.onnx_rounding import write_quantizer
from bitproof.interop.onnx_writer import OnnxWriter, Tensor

GATHER_WIDTH = 16


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value sits: a column of a tensor."""

    tensor: Tensor
    column: int


def write_unrolled(
    writer: OnnxWriter, live: LiveNetwork, numbers: Numbers, source: Tensor
) -> Tensor:
    """Adds the network to the graph and returns the tensor of its outputs."""
    places = [_Place(source, index) for index in range(live.inputs)]
    places += [_Place(source, -1)] * len(live.neurons)
    for index, block in enumerate(depth_blocks(live), start=1):
        tensor = _write_block(writer, live, numbers, places, index, block)
        for column, value in enumerate(block):
            places[value] = _Place(tensor, column)
    tensors = list(dict.fromkeys(places[value].tensor for value in live.outputs))
    starts = _starts(tensors)
    columns = [starts[places[value].tensor.name] + places[value].column for value in live.outputs]
    return writer.select(writer.join(tensors, "outputs"), columns, "selected")


def _write_block(
    writer: OnnxWriter,
    live: LiveNetwork,
    numbers: Numbers,
    places: Sequence[_Place],
    index: int,
    block: Sequence[int],
) -> Tensor:
    used = dict[Tensor, set[int]]()
    for value in block:
        for source in live.neuron(value).sources:
            used.setdefault(places[source].tensor, set()).add(places[source].column)
    if not used:
        used = {places[0].tensor: {0}}
    parts, column_of = list[Tensor](), dict[tuple[str, int], int]()
    for tensor, columns in used.items():
        part, order = _part(writer, tensor, columns, f"read{index}.{tensor.name}")
        start = sum(earlier.width for earlier in parts)
        column_of |= {(tensor.name, column): start + at for at, column in enumerate(order)}
        parts.append(part)
    joined = writer.join(parts, f"join{index}")
    weights = writer.array(
        (joined.width, len(block)),
        (
            ((column_of[places[source].tensor.name, places[source].column], row), weight)
            for row, value in enumerate(block)
            for source, weight in zip(
                live.neuron(value).sources, numbers.weights(live, value), strict=True
            )
        ),
    )
    biases = writer.array(
        (len(block),),
        (((row,), numbers.bias(live, value)) for row, value in enumerate(block)),
    )
    neurons = [live.neuron(value) for value in block]
    relu, quantizer = neurons[0].relu, neurons[0].quantizer
    name = f"sum{index}" if relu or quantizer is not None else f"value{index}"
    operands = [
        joined.name,
        writer.constant(f"weights{index}", weights),
        writer.constant(f"biases{index}", biases),
    ]
    writer.node("Gemm", operands, name)
    if quantizer is not None:
        name = write_quantizer(writer, neurons, quantizer, name)
    elif relu:
        name = writer.node("Relu", [name], f"value{index}")
    return Tensor(name, len(block))


def _part(
    writer: OnnxWriter, tensor: Tensor, columns: set[int], name: str
) -> tuple[Tensor, list[int]]:
    """The tensor itself, or its used columns where they are few of many."""
    if tensor.width < GATHER_WIDTH or 2 * len(columns) > tensor.width:
        return tensor, list(range(tensor.width))
    order = sorted(columns)
    return writer.select(tensor, order, name), order


def _starts(tensors: Sequence[Tensor]) -> dict[str, int]:
    starts, at = dict[str, int](), 0
    for tensor in tensors:
        starts[tensor.name] = at
        at += tensor.width
    return starts
