"""ONNX models as exact networks: every float weight becomes the rational it is.

The file is hostile until parsed: sizes are checked against limits and against the data that is
there before anything is unpacked, and no file is opened but the model and, where it says so, files
inside its folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from bitproof.errors import FileFormatError, InputError
from bitproof.interop.lower import lower
from bitproof.interop.model_graph import ImportedModel, ModelGraph, ModelInput, Node
from bitproof.interop.onnx_tensors import read_tensor

MAX_FILE_BYTES = 1 << 29
MAX_NODES = 1 << 14
OLDEST_OPSET = 7
DOMAINS = ("", "ai.onnx")
FLOATS = (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE, onnx.TensorProto.FLOAT16)


def import_onnx(path: Path | str) -> ImportedModel:
    """Reads an ONNX model as a network of exact rational weights.

    The network computes what the model means over the reals: where a runtime rounds every product
    and sum to float32, this does not. The batch is imported as 1.

    Raises:
        FileFormatError: not an ONNX file, damaged, too large, or with data outside its folder.
        InputError: an operator, a shape or an attribute that cannot be imported; names the node
            and what would work.

    >>> import tempfile
    >>> import numpy as np
    >>> from onnx import helper, numpy_helper
    >>> x, y = (helper.make_tensor_value_info(n, 1, ["batch", 1]) for n in "xy")
    >>> weight = numpy_helper.from_array(np.array([[0.1]], np.float32), "w")
    >>> node = helper.make_node("MatMul", ["x", "w"], ["y"])
    >>> model = helper.make_model(helper.make_graph([node], "g", [x], [y], [weight]))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     onnx.save(model, Path(folder) / "model.onnx")
    ...     network = import_onnx(Path(folder) / "model.onnx").network
    >>> network.layers[0].weight(network.layers[0].matrix.row(0)[0][1])
    Fraction(13421773, 134217728)
    """
    path = Path(path)
    return lower(read_graph(_parsed(path), path.parent))


def _parsed(path: Path) -> Any:  # noqa: ANN401
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise FileFormatError(
                f"{path} has {size} bytes", remedy=f"models of up to {MAX_FILE_BYTES} are read"
            )
        data = path.read_bytes()
    except OSError as error:
        raise FileFormatError(
            f"{path} cannot be read ({error})", remedy="check the path"
        ) from error
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except (DecodeError, ValueError, RuntimeError) as error:
        raise FileFormatError(
            f"{path} is not an ONNX model, or only a part of one",
            remedy="export or copy it again",
        ) from error
    if not model.graph.node:
        raise FileFormatError(f"{path} holds no graph of nodes", remedy="give an ONNX model")
    return model


def read_graph(model: Any, folder: Path) -> ModelGraph:  # noqa: ANN401
    """The graph of a parsed model.

    Raises:
        FileFormatError: it is damaged or too large.
        InputError: an opset or a domain that cannot be imported.
    """
    graph = model.graph
    if len(graph.node) > MAX_NODES:
        raise FileFormatError(f"a graph of {len(graph.node)} nodes", remedy=f"up to {MAX_NODES}")
    if len(graph.sparse_initializer):
        raise InputError("a model with sparse initializers", remedy="store them dense")
    constants = dict[str, NDArray[Any]]()
    for tensor in graph.initializer:
        if tensor.name in constants:
            raise FileFormatError(
                f"the tensor {tensor.name!r} is defined twice", remedy="export the model again"
            )
        constants[tensor.name] = read_tensor(tensor, folder, f"the tensor {tensor.name!r}")
    inputs = tuple(_input(one) for one in graph.input if one.name not in constants)
    return ModelGraph(
        inputs=inputs,
        constants=constants,
        nodes=tuple(_node(node, at, folder) for at, node in enumerate(graph.node)),
        outputs=tuple(one.name for one in graph.output),
        opset=_opset(model),
    )


def _opset(model: Any) -> int:  # noqa: ANN401
    versions = [entry.version for entry in model.opset_import if entry.domain in DOMAINS]
    opset = max(versions, default=1)
    if opset < OLDEST_OPSET:
        raise InputError(
            f"a model of opset {opset}",
            remedy=f"convert it to opset {OLDEST_OPSET} or later (onnx.version_converter)",
        )
    return int(opset)


def _input(info: Any) -> ModelInput:  # noqa: ANN401
    kind = info.type.tensor_type
    if kind.elem_type not in FLOATS:
        raise InputError(
            f"the input {info.name!r} is no tensor of floats", remedy="inputs are float tensors"
        )
    shape = tuple(
        one.dim_value if one.HasField("dim_value") and one.dim_value > 0 else None
        for one in kind.shape.dim
    )
    return ModelInput(info.name, shape)


def _node(node: Any, at: int, folder: Path) -> Node:  # noqa: ANN401
    name = node.name or f"number {at + 1}"
    made = Node(node.op_type, name, tuple(node.input), tuple(node.output))
    if node.domain not in DOMAINS:
        raise made.refusal(
            f"is of the domain {node.domain[:40]!r}", "operators of ONNX itself can be imported"
        )
    attributes = {one.name: _attribute(one, made, folder) for one in node.attribute}
    return Node(made.operator, name, made.inputs, made.outputs, attributes)


def _attribute(attribute: Any, node: Node, folder: Path) -> object:  # noqa: ANN401
    kinds = onnx.AttributeProto
    what = f"the attribute {attribute.name!r} of {node}"
    if attribute.type == kinds.TENSOR:
        return read_tensor(attribute.t, folder, what)
    if attribute.type == kinds.STRING:
        return attribute.s.decode("utf-8", "replace")
    simple = {
        kinds.INT: "i",
        kinds.FLOAT: "f",
        kinds.INTS: "ints",
        kinds.FLOATS: "floats",
        kinds.STRINGS: "strings",
    }
    if attribute.type not in simple:
        return None
    value = getattr(attribute, simple[attribute.type])
    return value if attribute.type in (kinds.INT, kinds.FLOAT) else tuple(value)
