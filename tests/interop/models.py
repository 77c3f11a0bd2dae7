"""Small ONNX models built by hand, and what onnxruntime computes with them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from bitproof.execute.reference import evaluate
from bitproof.interop import ImportedModel, import_onnx

ROOT = Path(__file__).resolve().parents[2]


def real_model(name: str) -> Path:
    """A trained model of the data folder; the test is skipped where there is none."""
    folders = [os.environ.get("BITPROOF_DATA"), ROOT.parent / "shared/data"]
    for folder in folders:
        if folder and (Path(folder) / name).is_file():
            return Path(folder) / name
    pytest.skip("no folder of trained models (BITPROOF_DATA)")


def node(operator: str, inputs: str, outputs: str, **attributes: object) -> Any:
    """A node from names separated by spaces; `_` leaves an input out."""
    names = ["" if name == "_" else name for name in inputs.split()]
    return helper.make_node(operator, names, outputs.split(), **attributes)


def model(
    nodes: Sequence[Any],
    constants: dict[str, Any],
    shape: Sequence[int | str] | None,
    *,
    opset: int = 13,
    dtype: Any = np.float32,
) -> Any:
    """A model from `x` of some shape to `y`."""
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    tensors = [
        numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()
    ]
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x", kind, shape)],
        [helper.make_tensor_value_info("y", kind, None)],
        tensors,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    made.ir_version = 7
    return made


def run(path: Path, x: Any) -> Any:
    """What onnxruntime computes, without its graph optimisations."""
    runtime = pytest.importorskip("onnxruntime")
    options = runtime.SessionOptions()
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})[0]


def exactly(imported: ImportedModel, x: Any) -> list[Fraction]:
    """The exact outputs on a float input."""
    return list(evaluate(imported.network, [Fraction(float(v)) for v in x.reshape(-1)]))


def imported(made: Any, folder: Path) -> tuple[ImportedModel, Path]:
    """A model written to a file and read again."""
    path = folder / "model.onnx"
    onnx.save(made, path)
    return import_onnx(path), path


def assert_agrees(made: Any, folder: Path, *, inputs: int = 2, exact: bool = True) -> ImportedModel:
    """The import equals onnxruntime on small integers: exactly, or (where the model's numbers
    are no short dyadics) within float32 rounding."""
    result, path = imported(made, folder)
    kind = TensorProto.FLOAT
    dtype = np.float32 if made.graph.input[0].type.tensor_type.elem_type == kind else np.float64
    generator = np.random.default_rng(len(made.graph.node))
    for _ in range(inputs):
        x = generator.integers(-8, 9, result.input_shapes[0]).astype(dtype)
        expected = run(path, x)
        got = exactly(result, x)
        assert result.output_shapes[0] == expected.shape
        if exact:
            assert got == [Fraction(float(v)) for v in expected.reshape(-1)]
        else:
            largest = max(1.0, float(np.abs(expected).max()))
            gap = max(
                abs(float(a) - float(b)) for a, b in zip(got, expected.reshape(-1), strict=True)
            )
            assert gap <= 2e-6 * largest
    return result
