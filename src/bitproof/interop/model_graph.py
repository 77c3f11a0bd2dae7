"""A model before it is lowered: named operators between named tensors, whatever it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from bitproof.errors import FileFormatError, InputError
from bitproof.network import Network

MAX_VALUES = 1 << 22


@dataclass(frozen=True, slots=True)
class Node:
    """One operator, named and parametrised as ONNX does.

    Attributes:
        operator: its ONNX name.
        name: for people; never empty.
        inputs, outputs: names of tensors; an input that is left out is the empty string.
        attributes: integers, floats, strings, arrays, or lists of these.
    """

    operator: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"node {self.name!r} ({self.operator})"

    def refusal(self, problem: str, remedy: str) -> InputError:
        """The error that this node cannot be imported."""
        return InputError(f"{self} {problem}", remedy=remedy)


@dataclass(frozen=True, slots=True)
class ModelInput:
    """An input tensor; None in its shape is a size that is not fixed."""

    name: str
    shape: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class ModelGraph:
    """A graph of operators.

    Attributes:
        inputs: what the user gives.
        constants: tensors of the file.
        nodes: in any order.
        outputs: names of the results.
        opset: the version of the operators' definitions.
    """

    inputs: tuple[ModelInput, ...]
    constants: Mapping[str, NDArray[Any]]
    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]
    opset: int


@dataclass(frozen=True, slots=True)
class ImportedModel:
    """A model as an exact network.

    Attributes:
        network: its inputs are the model's input tensors, flattened row by row and one after the
            other, without the batch; its outputs likewise.
        input_shapes, output_shapes: of the tensors, the batch as 1.
        operators: how often each operator occurs, in the order of first use.
        roundings: where the model is no rational function of its numbers and a factor was rounded
            (the square roots of batch normalisation): one line each.
    """

    network: Network
    input_shapes: tuple[tuple[int, ...], ...]
    output_shapes: tuple[tuple[int, ...], ...]
    operators: tuple[tuple[str, int], ...]
    roundings: tuple[str, ...] = ()


def in_order(graph: ModelGraph) -> tuple[Node, ...]:
    """The nodes so that each comes after those it reads.

    Raises:
        FileFormatError: a tensor is defined twice, read but not defined, or depends on itself.
    """
    made = {one.name for one in graph.inputs} | set(graph.constants)
    maker = dict[str, Node]()
    for node in graph.nodes:
        for name in filter(None, node.outputs):
            if name in maker or name in made:
                raise FileFormatError(
                    f"{node} defines the tensor {name!r} again", remedy="every name is defined once"
                )
            maker[name] = node
    _check_reads(graph, made, maker)
    return _sorted(graph.nodes, maker)


def _check_reads(graph: ModelGraph, made: set[str], maker: Mapping[str, Node]) -> None:
    for node in graph.nodes:
        for name in filter(None, node.inputs):
            if name not in made and name not in maker:
                raise FileFormatError(
                    f"{node} reads {name!r}, which nothing defines",
                    remedy="the file is damaged: export the model again",
                )
    for name in graph.outputs:
        if name not in made and name not in maker:
            raise FileFormatError(
                f"the output {name!r} is not defined", remedy="export the model again"
            )


def _sorted(nodes: tuple[Node, ...], maker: Mapping[str, Node]) -> tuple[Node, ...]:
    """Kahn's algorithm, without recursion."""
    waiting = dict[int, int]()
    readers = dict[int, list[Node]]()
    for node in nodes:
        sources = {id(maker[name]): maker[name] for name in node.inputs if name in maker}
        waiting[id(node)] = len(sources)
        for source in sources:
            readers.setdefault(source, []).append(node)
    ready = [node for node in reversed(nodes) if not waiting[id(node)]]
    order = list[Node]()
    while ready:
        node = ready.pop()
        order.append(node)
        for reader in reversed(readers.get(id(node), [])):
            waiting[id(reader)] -= 1
            if not waiting[id(reader)]:
                ready.append(reader)
    if len(order) < len(nodes):
        stuck = next(node for node in nodes if waiting[id(node)])
        raise FileFormatError(
            f"{stuck} depends on its own result", remedy="a network has no cycles"
        )
    return tuple(order)


def checked_size(shape: tuple[int, ...], what: str) -> tuple[int, ...]:
    """The shape itself.

    Raises:
        InputError: it has more than 2^22 entries.
    """
    size = 1
    for length in shape:
        size *= length
        if size > MAX_VALUES or length < 0:
            raise InputError(
                f"{what} has the shape {list(shape)[:8]}",
                remedy=f"up to {MAX_VALUES} values can be imported",
            )
    return shape
