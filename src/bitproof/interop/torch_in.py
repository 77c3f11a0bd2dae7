"""PyTorch modules as exact networks, by tracing them with torch.fx.

PyTorch is optional; it is imported when a module is read. The traced operations become the
operators of `lower`, under their ONNX names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bitproof.errors import InputError, MissingDependencyError
from bitproof.interop.lower import lower
from bitproof.interop.model_graph import ImportedModel, ModelGraph, ModelInput, Node
from bitproof.interop.torch_operations import OPERATIONS, Operation

if TYPE_CHECKING:
    from torch import nn

OPSET = 13


def import_torch(module: nn.Module, input_shape: Sequence[int]) -> ImportedModel:
    """Reads a PyTorch module as a network of exact rational weights.

    Sequential modules and others that torch.fx can trace: linear layers, convolutions, ReLU and
    its relatives, batch normalisation, pools, reshaping, additions of branches.

    Args:
        module: in evaluation mode (`module.eval()`).
        input_shape: of one input, without the batch.

    Raises:
        InputError: an operation that cannot be imported, or a module that cannot be traced; names
            the part and what would work.
        MissingDependencyError: PyTorch is not installed.

    >>> import_torch(nn.Sequential(nn.Linear(2, 1), nn.ReLU()), (2,)).network  # doctest: +SKIP
    """
    try:
        import torch
        from torch import fx
    except ImportError as error:
        raise MissingDependencyError(
            "PyTorch is not installed", remedy="pip install 'bitproof[torch]'"
        ) from error
    _check_evaluation(module)
    example = torch.zeros((1, *input_shape), dtype=_float_type(module))
    try:
        traced = fx.symbolic_trace(module)
        shapes = _shapes(traced, example)
    except (RuntimeError, TypeError, ValueError, NotImplementedError, fx.proxy.TraceError) as error:
        raise InputError(
            f"{type(module).__name__} cannot be traced ({str(error).splitlines()[0][:160]})",
            remedy="its forward must not depend on the input's values and must take the input "
            f"shape {tuple(input_shape)}; or export it to ONNX",
        ) from error
    return lower(_Reading(traced, shapes).graph())


def _check_evaluation(module: nn.Module) -> None:
    for name, part in module.named_modules():
        kind = type(part).__name__
        if part.training and kind.startswith(("BatchNorm", "Dropout")):
            raise InputError(
                f"{name or 'the module'!r} ({kind}) is in training mode",
                remedy="call module.eval() before",
            )


def _shapes(traced: Any, example: Any) -> dict[str, tuple[int, ...]]:  # noqa: ANN401
    """The shape of every tensor of the trace, by running it once."""
    import torch
    from torch import fx

    shapes = dict[str, tuple[int, ...]]()

    class Recorder(fx.Interpreter):  # type: ignore[misc]
        def run_node(self, node: Any) -> Any:  # noqa: ANN401
            result = super().run_node(node)
            if isinstance(result, torch.Tensor):
                shapes[node.name] = tuple(result.shape)
            return result

    with torch.no_grad():
        Recorder(traced).run(example)
    return shapes


def _float_type(module: nn.Module) -> Any:  # noqa: ANN401
    """The type of its parameters, as PyTorch computes in it."""
    import torch

    kinds = {one.dtype for one in module.parameters() if one.is_floating_point()}
    if len(kinds) > 1:
        raise InputError(
            f"a module with parameters of the types {sorted(map(str, kinds))}",
            remedy="convert it to one type: module.float()",
        )
    return kinds.pop() if kinds else torch.float32


class _Reading:
    """One traced module: the nodes and constants collected so far."""

    def __init__(self, traced: Any, shapes: dict[str, tuple[int, ...]]) -> None:  # noqa: ANN401
        self._traced = traced
        self._modules = dict(traced.named_modules())
        self._inputs = list[ModelInput]()
        self._constants = dict[str, NDArray[Any]]()
        self._nodes = list[Node]()
        self._outputs: tuple[str, ...] = ()
        self._shapes = shapes

    def graph(self) -> ModelGraph:
        for node in self._traced.graph.nodes:
            if node.op == "placeholder":
                self._inputs.append(ModelInput(node.name, self._shapes[node.name]))
            elif node.op == "get_attr":
                self._constants[node.name] = as_array(_attribute(self._traced, node.target))
            elif node.op == "output":
                self._outputs = tuple(one.name for one in _flat(node.args[0]))
            elif node.name in self._shapes:
                self._read(node)
        if len(self._inputs) != 1:
            raise InputError(
                f"a module of {len(self._inputs)} inputs", remedy="give one of a single input"
            )
        return ModelGraph(
            tuple(self._inputs), self._constants, tuple(self._nodes), self._outputs, OPSET
        )

    def _read(self, node: Any) -> None:  # noqa: ANN401
        """One operation whose result is a tensor."""
        module = self._modules.get(node.target) if node.op == "call_module" else None
        name = type(module).__name__ if module is not None else _name(node)
        where = f"{node.target if module is not None else node.name!r} ({name})"
        found = OPERATIONS.get(name)
        if found is None:
            raise InputError(
                f"{where} is not an operation that can be imported",
                remedy="known are " + ", ".join(sorted(OPERATIONS)),
            )
        operation = Operation(
            where=where,
            module=module,
            arguments=tuple(node.args),
            options=dict(node.kwargs),
            shape=self._shapes[node.name],
            result=node.name,
            add_node=self._nodes.append,
            add_constant=self._add_constant,
        )
        found(operation)

    def _add_constant(self, name: str, value: Any) -> str:  # noqa: ANN401
        self._constants[name] = as_array(value)
        return name


def as_array(value: Any) -> NDArray[Any]:  # noqa: ANN401
    """A tensor, a number or a list of integers as an array of the same numbers."""
    if hasattr(value, "detach"):
        tensor = value.detach().cpu()
        if str(tensor.dtype) == "torch.bfloat16":
            tensor = tensor.float()
        return np.array(tensor.numpy())
    if isinstance(value, float | int) and not isinstance(value, bool):
        return np.array(value, np.float32)
    return np.asarray(value, np.int64)


def _flat(result: Any) -> list[Any]:  # noqa: ANN401
    return (
        [one for part in result for one in _flat(part)] if isinstance(result, tuple) else [result]
    )


def _attribute(module: Any, path: str) -> Any:  # noqa: ANN401
    for part in path.split("."):
        module = getattr(module, part)
    return module


def _name(node: Any) -> str:  # noqa: ANN401
    target = node.target
    return target if isinstance(target, str) else str(getattr(target, "__name__", target))
