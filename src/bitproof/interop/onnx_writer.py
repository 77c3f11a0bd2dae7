"""Collecting the nodes and constants of an ONNX graph, and sealing them into a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib import metadata as distribution
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import TensorProto, helper, numpy_helper

from bitproof.errors import RangeError
from bitproof.exact import to_float
from bitproof.interop.float_numbers import FloatType

IR_VERSION = 7
OPSET = 13
MAX_FILE_BYTES = 1 << 30
INPUT, OUTPUT = "x", "y"
INT64 = int(TensorProto.INT64)


@dataclass(frozen=True, slots=True)
class Tensor:
    """A named value of shape (batch, width) in the graph."""

    name: str
    width: int


class OnnxWriter:
    """Nodes and constants in order, in one float type."""

    def __init__(self, dtype: FloatType) -> None:
        self.dtype = dtype
        self.nodes: list[Any] = []
        self._constants: list[Any] = []
        self._tables: dict[tuple[int, ...], str] = {}
        self._bytes = 0

    @property
    def element_type(self) -> int:
        """The ONNX number of the float type."""
        return int({"float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE}[self.dtype.value])

    @property
    def lowest(self) -> float:
        """The lowest finite number: max(v, lowest) is v."""
        return float(np.finfo(self.dtype.value).min)

    def array(
        self, shape: tuple[int, ...], entries: Iterable[tuple[tuple[int, ...], Fraction | int]]
    ) -> npt.NDArray[Any]:
        """Zeros of a shape with some entries set; every entry is exact in the float type."""
        self._charge(int(np.prod(shape)))
        values = np.zeros(shape, self.dtype.value)
        for place, entry in entries:
            values[place] = to_float(entry)
        return values

    def constant(self, name: str, values: npt.NDArray[Any]) -> str:
        """Adds an initializer and returns its name."""
        self._constants.append(numpy_helper.from_array(values, name))
        return name

    def table(self, entries: tuple[int, ...]) -> str:
        """The name of an initializer with these entries; equal ones are stored once."""
        if entries not in self._tables:
            array = self.array((len(entries),), (((at,), n) for at, n in enumerate(entries)))
            self._tables[entries] = self.constant(f"table{len(self._tables) + 1}", array)
        return self._tables[entries]

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: object) -> str:
        """Adds a node and returns the name of its output."""
        self.nodes.append(helper.make_node(kind, list(inputs), [output], output, **attributes))
        return output

    def select(self, tensor: Tensor, columns: Sequence[int], name: str) -> Tensor:
        """Some columns of a tensor, in a given order; the tensor itself where that is all."""
        if list(columns) == list(range(tensor.width)):
            return tensor
        indices = self.constant(f"{name}.columns", np.array(columns, np.int64))
        self.node("Gather", [tensor.name, indices], name, axis=1)
        return Tensor(name, len(columns))

    def join(self, tensors: Sequence[Tensor], name: str) -> Tensor:
        """The columns of several tensors one after the other."""
        if len(tensors) == 1:
            return tensors[0]
        self.node("Concat", [tensor.name for tensor in tensors], name, axis=1)
        return Tensor(name, sum(tensor.width for tensor in tensors))

    def finish(
        self, result: Tensor, inputs: int, name: str, text: str, metadata: dict[str, str]
    ) -> bytes:
        """The file: the tensor becomes the output `y` of the model with input `x`."""
        if self.nodes and self.nodes[-1].output[0] == result.name:
            self.nodes[-1].output[0] = OUTPUT
        else:
            self.node("Identity", [result.name], OUTPUT)
        graph = helper.make_graph(
            self.nodes,
            name,
            [helper.make_tensor_value_info(INPUT, self.element_type, ["batch", inputs])],
            [helper.make_tensor_value_info(OUTPUT, self.element_type, ["batch", result.width])],
            self._constants,
            doc_string=text,
        )
        model = helper.make_model(
            graph,
            ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPSET)],
            producer_name="bitproof",
            producer_version=distribution.version("bitproof"),
            doc_string=text,
        )
        helper.set_model_props(model, metadata)
        encoded: bytes = model.SerializeToString(deterministic=True)
        return encoded

    def _charge(self, entries: int) -> None:
        self._bytes += entries * np.dtype(self.dtype.value).itemsize
        if self._bytes > MAX_FILE_BYTES:
            raise RangeError(
                f"the ONNX file would hold more than {MAX_FILE_BYTES} bytes of dense weights",
                remedy="export C, which stores the weights packed and sparse",
            )
