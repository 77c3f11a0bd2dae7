"""The unrolled form: all neurons of one depth become one Gemm, followed by one Relu.

Neurons of the same depth do not read each other, so computing them together is the same function
with far fewer nodes. Skip connections are Concat (and Gather where few columns of a wide value
are read). Zero weights a merged Gemm has on top add exact zeros.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bitproof.interop.live import LiveNetwork
from bitproof.interop.onnx_numbers import Numbers
from bitproof.interop.onnx_writer import OnnxWriter, Tensor

SPLIT_SLACK = 1 << 16
SPLIT_RATIO = 64
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
    for index, (relu, block) in enumerate(_blocks(live), start=1):
        tensor = _write_block(writer, live, numbers, places, index, relu, block)
        for column, value in enumerate(block):
            places[value] = _Place(tensor, column)
    tensors = list(dict.fromkeys(places[value].tensor for value in live.outputs))
    starts = _starts(tensors)
    columns = [starts[places[value].tensor.name] + places[value].column for value in live.outputs]
    return writer.select(writer.join(tensors, "outputs"), columns, "selected")


def _blocks(live: LiveNetwork) -> Iterator[tuple[bool, list[int]]]:
    """Values of one depth and activation, split where a dense matrix would be mostly zeros."""
    groups = dict[tuple[int, bool], list[int]]()
    depth = live.levels()
    for value, neuron in enumerate(live.neurons, start=live.inputs):
        groups.setdefault((depth[value], neuron.relu), []).append(value)
    for _, relu in sorted(groups):
        for block in _split(live, groups[_, relu]):
            yield relu, block


def _split(live: LiveNetwork, values: list[int]) -> Iterator[list[int]]:
    edges = sum(len(live.neuron(value).sources) for value in values)
    columns = len({source for value in values for source in live.neuron(value).sources})
    if len(values) == 1 or len(values) * columns <= SPLIT_RATIO * edges + SPLIT_SLACK:
        yield values
        return
    half = len(values) // 2
    yield from _split(live, values[:half])
    yield from _split(live, values[half:])


def _write_block(
    writer: OnnxWriter,
    live: LiveNetwork,
    numbers: Numbers,
    places: Sequence[_Place],
    index: int,
    relu: bool,  # noqa: FBT001
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
    name = f"sum{index}" if relu else f"value{index}"
    operands = [
        joined.name,
        writer.constant(f"weights{index}", weights),
        writer.constant(f"biases{index}", biases),
    ]
    writer.node("Gemm", operands, name)
    return Tensor(writer.node("Relu", [name], f"value{index}") if relu else name, len(block))


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
