"""bitproof: neural networks of few-bit weights, with proofs.

>>> import bitproof
>>> result = bitproof.compile("abs(x-1/2)", error="1/100", weight_bits=4)
>>> result.status
'proved'
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bitproof.exact import Codebook, FixedPoint, Interval, Q
    from bitproof.interop import import_onnx, import_torch, to_torch
    from bitproof.network import Network
    from bitproof.pipeline.certify import evaluate, load
    from bitproof.pipeline.deepen import deepen
    from bitproof.pipeline.expand import expand
    from bitproof.pipeline.export import export
    from bitproof.pipeline.express import express
    from bitproof.pipeline.plan import plan
    from bitproof.pipeline.represent import represent
    from bitproof.pipeline.results import CertifyResult, CompileResult
    from bitproof.report.quantize_verb import quantize
    from bitproof.report.verbs import certify, compile
    from bitproof.target import CallableTarget, ExpressionTarget, TableTarget

__version__ = "0.1.0"

__all__ = [
    "CallableTarget",
    "CertifyResult",
    "Codebook",
    "CompileResult",
    "ExpressionTarget",
    "FixedPoint",
    "Interval",
    "Network",
    "Q",
    "TableTarget",
    "certify",
    "compile",
    "deepen",
    "evaluate",
    "expand",
    "export",
    "express",
    "import_onnx",
    "import_torch",
    "load",
    "plan",
    "quantize",
    "represent",
    "to_torch",
]

# Loaded on first use, so that `import bitproof` and `bitproof --help` stay instant.
_HOMES = {
    "CallableTarget": "bitproof.target",
    "CertifyResult": "bitproof.pipeline.results",
    "Codebook": "bitproof.exact",
    "CompileResult": "bitproof.pipeline.results",
    "ExpressionTarget": "bitproof.target",
    "FixedPoint": "bitproof.exact",
    "Interval": "bitproof.exact",
    "Network": "bitproof.network",
    "Q": "bitproof.exact",
    "TableTarget": "bitproof.target",
    "certify": "bitproof.report.verbs",
    "compile": "bitproof.report.verbs",
    "deepen": "bitproof.pipeline.deepen",
    "evaluate": "bitproof.pipeline.certify",
    "expand": "bitproof.pipeline.expand",
    "export": "bitproof.pipeline.export",
    "express": "bitproof.pipeline.express",
    "import_onnx": "bitproof.interop",
    "import_torch": "bitproof.interop",
    "load": "bitproof.pipeline.certify",
    "plan": "bitproof.pipeline.plan",
    "quantize": "bitproof.report.quantize_verb",
    "represent": "bitproof.pipeline.represent",
    "to_torch": "bitproof.interop",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401  (a module's attributes have any type)
    if name not in _HOMES:
        raise AttributeError(f"module 'bitproof' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)


class _Package(ModuleType):
    """The package, with the verb `certify` under the name of the room `bitproof.certify`.

    The import system binds a subpackage to its parent's attribute once it is loaded, which would
    replace the verb; `from bitproof.certify import ...` does not need that binding.
    """

    @property
    def certify(self) -> Any:  # noqa: ANN401  (its signature is that of `report.verbs.certify`)
        return __getattr__("certify")

    @certify.setter
    def certify(self, room: ModuleType) -> None:
        """Keeps the verb."""


sys.modules[__name__].__class__ = _Package
