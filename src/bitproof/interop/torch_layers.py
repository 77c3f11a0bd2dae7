"""The PyTorch module of a network exported layer by layer: integers in float64.

Convolutions are sums of products of patches (`unfold`) with the kernel: algorithms that transform
the image first, as some devices have, would not be exact.
"""

from __future__ import annotations

from typing import Any

from bitproof.exact import to_float
from bitproof.interop.float_numbers import InputReading
from bitproof.interop.layer_plan import LayerPlan, LayerStep
from bitproof.network import Convolution, LinearMap, SparseMatrix

try:
    import torch
    from torch.nn import Module, ModuleList
    from torch.nn.functional import pad, unfold
except ImportError:
    torch = None
    Module = object


def _integers(values: Any) -> Any:  # noqa: ANN401
    return torch.tensor(values, dtype=torch.int64)


class LayeredModule(Module):  # type: ignore[misc]
    """(batch, inputs) to (batch, outputs), both in real units, in float64."""

    def __init__(self, plan: LayerPlan, reading: InputReading) -> None:
        super().__init__()
        self._inputs, self._reading = plan.inputs.inputs, reading
        self._steps_per_unit = to_float(1 / plan.inputs.input_granule.value)
        granule = plan.output_granule
        self.register_buffer("factors", _integers([f * granule.numerator for f in plan.factors]))
        self._divisor = to_float(granule.denominator)
        self._last_uses = [step.last_use for step in plan.steps]
        self.steps = ModuleList(_Step(step) for step in plan.steps)

    def forward(self, x: Any) -> Any:  # noqa: ANN401
        if x.dim() != 2 or x.shape[1] != self._inputs:
            raise ValueError(f"inputs of shape {tuple(x.shape)}: give (batch, {self._inputs})")
        levels = x.to(torch.float64) * self._steps_per_unit
        if self._reading is InputReading.MULTIPLY_AND_ROUND:
            levels = torch.round(levels)
        values = {0: levels}
        for position, step in enumerate(self.steps, start=1):
            values[position] = step(values)
            for source in step.sources:
                if source and self._last_uses[source - 1] == position:
                    values.pop(source, None)
        return values[len(self.steps)] * self.factors.to(torch.float64) / self._divisor


class _Step(Module):  # type: ignore[misc]
    def __init__(self, step: LayerStep) -> None:
        super().__init__()
        self.sources = [source for source, _ in step.maps]
        self.maps = ModuleList(_map(matrix) for _, matrix in step.maps)
        self.register_buffer("bias", _integers(step.bias))
        self._relu = step.relu

    def forward(self, values: dict[int, Any]) -> Any:  # noqa: ANN401
        total = self.bias.to(torch.float64).expand(values[0].shape[0], -1)
        for source, matrix in zip(self.sources, self.maps, strict=True):
            total = total + matrix(values[source])
        return torch.relu(total) if self._relu else total


def _map(matrix: LinearMap) -> Any:  # noqa: ANN401
    if isinstance(matrix, Convolution):
        return _Convolve(matrix)
    return _Multiply(SparseMatrix.unrolled(matrix))


class _Multiply(Module):  # type: ignore[misc]
    def __init__(self, matrix: SparseMatrix) -> None:
        super().__init__()
        rows = [[0] * matrix.columns for _ in range(matrix.shape[0])]
        for index, row in enumerate(rows):
            for column, numerator in matrix.row(index):
                row[column] = numerator
        self.register_buffer("weights", _integers(rows).reshape(matrix.shape))

    def forward(self, values: Any) -> Any:  # noqa: ANN401
        return values @ self.weights.to(torch.float64).T


class _Convolve(Module):  # type: ignore[misc]
    def __init__(self, conv: Convolution) -> None:
        super().__init__()
        self._conv = conv
        size = conv.group_channels * conv.window[0] * conv.window[1]
        shape = (conv.groups, conv.filters // conv.groups, size)
        self.register_buffer("kernel", _integers(conv.kernel).reshape(shape))

    def forward(self, values: Any) -> Any:  # noqa: ANN401
        conv = self._conv
        images = values.reshape(-1, *conv.image)
        top, left, bottom, right = conv.pads
        images = pad(images, (left, right, top, bottom))
        patches = unfold(images, conv.window, dilation=conv.dilations, stride=conv.strides)
        patches = patches.reshape(len(images), conv.groups, self.kernel.shape[2], -1)
        return (self.kernel.to(torch.float64) @ patches).reshape(len(images), -1)
