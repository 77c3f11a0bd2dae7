"""The operators that can be imported, and the run over a graph of them."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitproof.errors import InputError
from bitproof.interop import (
    lower_activations,
    lower_arithmetic,
    lower_images,
    lower_max_pool,
    lower_shapes,
)
from bitproof.interop.exact_array import ExactArray
from bitproof.interop.lowered_values import Draft, Signal, Value
from bitproof.interop.lowering import Lowering, uses
from bitproof.interop.model_graph import (
    ImportedModel,
    ModelGraph,
    ModelInput,
    Node,
    checked_size,
    in_order,
)

MAX_INTEGERS = 1 << 20

Handler = Callable[[Lowering, Node, Sequence[Value | None]], Value]

OPERATORS: Mapping[str, Handler] = {
    **lower_activations.OPERATORS,
    **lower_arithmetic.OPERATORS,
    **lower_images.OPERATORS,
    **lower_max_pool.OPERATORS,
    **lower_shapes.OPERATORS,
}
"""What is known by the name of its ONNX operator."""

INSTEAD = {
    "Softmax": "cut the model before it: the order of the classes stays",
    "LogSoftmax": "cut the model before it: the order of the classes stays",
    "Sigmoid": "a network of ReLUs is imported; cut a final Sigmoid off (it is monotone)",
    "Tanh": "a network of ReLUs is imported; compile the function with `bitproof compile`",
    "Gelu": "a network of ReLUs is imported; compile the function with `bitproof compile`",
    "ConvTranspose": "write it as a Conv on an image with zeros inserted",
    "InstanceNormalization": "its mean depends on the input: use BatchNormalization",
    "LayerNormalization": "its mean depends on the input: use BatchNormalization",
    "QuantizeLinear": "export the float model; bitproof quantizes it with a proof",
    "DequantizeLinear": "export the float model; bitproof quantizes it with a proof",
}


def lower(graph: ModelGraph) -> ImportedModel:
    """The exact network of a graph.

    Raises:
        FileFormatError: the graph is damaged.
        InputError: an operator or a shape that cannot be imported; names the node.
    """
    nodes = in_order(graph)
    for node in nodes:
        if node.operator not in OPERATORS:
            raise _unknown(node)
    values, shapes = _read_inputs(graph.inputs)
    lowering = Lowering(sum(int(np.prod(shape)) for shape in shapes), graph.opset)
    readers = uses(nodes, graph.outputs)
    for name, array in graph.constants.items():
        if readers[name]:
            values[name] = _read_constant(name, array)
    for node in nodes:
        _check_outputs(node, readers)
        given = [values[name] if name else None for name in node.inputs]
        result = _lowered(lowering, node, given)
        checked_size(result.shape, str(node))
        if isinstance(result, Draft) and readers[node.outputs[0]] > 1:
            result = lowering.signal(result)
        values[node.outputs[0]] = result
    results = [values[name] for name in graph.outputs]
    if not results:
        raise InputError("a model without outputs", remedy="declare what it computes")
    return ImportedModel(
        network=lowering.finish(results),
        input_shapes=tuple(shapes),
        output_shapes=tuple(result.shape for result in results),
        operators=tuple(Counter(node.operator for node in nodes).items()),
        roundings=tuple(lowering.roundings),
    )


def _lowered(lowering: Lowering, node: Node, given: Sequence[Value | None]) -> Value:
    """One node; what its operator's module did not foresee is still named."""
    try:
        return OPERATORS[node.operator](lowering, node, given)
    except InputError as error:
        if str(node) in error.problem:
            raise
        raise InputError(f"{node}: {error.problem}", remedy=error.remedy) from error


def _check_outputs(node: Node, readers: Counter[str]) -> None:
    if not node.outputs or not node.outputs[0]:
        raise node.refusal("has no result", "export the model again")
    for name in node.outputs[1:]:
        if name and readers[name]:
            raise node.refusal(f"gives {name!r} to another node", "only its first result is used")


def _unknown(node: Node) -> InputError:
    near = difflib.get_close_matches(node.operator, OPERATORS, n=1, cutoff=0.85)
    remedy = INSTEAD.get(node.operator)
    if remedy is None:
        known = ", ".join(sorted(OPERATORS))
        remedy = f"did you mean {near[0]}?" if near else f"known operators are {known}"
    return node.refusal("is not an operator that can be imported", remedy)


def _read_inputs(
    inputs: Sequence[ModelInput],
) -> tuple[dict[str, Value], list[tuple[int, ...]]]:
    """The inputs as values of the network's input, one after the other."""
    values, shapes, at = dict[str, Value](), list[tuple[int, ...]](), 0
    for one in inputs:
        shape = checked_size(_fixed(one), f"the input {one.name!r}")
        size = int(np.prod(shape))
        index = np.arange(at, at + size, dtype=np.int64).reshape(shape)
        values[one.name] = Signal.of_layer(0, index, nonnegative=False)
        shapes.append(shape)
        at += size
    if not at:
        raise InputError("a model without inputs", remedy="it must read at least one number")
    return values, shapes


def _read_constant(name: str, array: NDArray[Any]) -> ExactArray:
    if array.dtype.kind != "f" and array.size > MAX_INTEGERS:
        raise InputError(
            f"the tensor {name!r} of {array.size} integers",
            remedy=f"shapes, axes and indices of up to {MAX_INTEGERS} can be imported",
        )
    return ExactArray.of(array, f"the tensor {name!r}")


def _fixed(one: ModelInput) -> tuple[int, ...]:
    """The shape with a batch of 1."""
    first, *rest = one.shape if one.shape else (1,)
    if any(length is None for length in rest):
        shown = ", ".join("?" if length is None else str(length) for length in one.shape)
        raise InputError(
            f"the input {one.name!r} has the shape [{shown}]",
            remedy="only the batch (the first size) may vary: export the model with fixed sizes",
        )
    return (1 if first is None else first, *(length for length in rest if length is not None))
