"""Networks in other tools: ONNX, C, PyTorch, golden vectors.

The exporters are loaded when they are first asked for: `onnx` and `numba` are slow to import.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bitproof.interop.c_out import CExport, export_c
    from bitproof.interop.golden import GoldenVector, golden_vectors
    from bitproof.interop.model_graph import ImportedModel
    from bitproof.interop.onnx_in import import_onnx
    from bitproof.interop.onnx_out import OnnxExport, OnnxForm, export_onnx
    from bitproof.interop.torch_in import import_torch
    from bitproof.interop.torch_out import to_torch

__all__ = [
    "CExport",
    "GoldenVector",
    "ImportedModel",
    "OnnxExport",
    "OnnxForm",
    "export_c",
    "export_onnx",
    "golden_vectors",
    "import_onnx",
    "import_torch",
    "to_torch",
]

_MODULES = {
    "CExport": "c_out",
    "GoldenVector": "golden",
    "ImportedModel": "model_graph",
    "OnnxExport": "onnx_out",
    "OnnxForm": "onnx_out",
    "export_c": "c_out",
    "export_onnx": "onnx_out",
    "golden_vectors": "golden",
    "import_onnx": "onnx_in",
    "import_torch": "torch_in",
    "to_torch": "torch_out",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
