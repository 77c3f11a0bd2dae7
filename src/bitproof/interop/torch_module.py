"""The PyTorch module behind `to_torch`.

Importing this imports PyTorch where it is installed. Where it is not, nothing here can be made,
which `to_torch` says; the import itself does not fail.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bitproof.exact import Overflow, Rounding, to_float
from bitproof.interop.depth_blocks import depth_blocks
from bitproof.interop.float_numbers import InputReading, Numbers
from bitproof.interop.live import LiveNetwork, LiveNeuron, Quantizer
from bitproof.interop.quotients import RoundingStep

try:
    import torch
    from torch.nn import Module, ModuleList
except ImportError:
    torch = None
    Module = object
AVAILABLE = torch is not None


def _integers(values: Sequence[int] | Sequence[Sequence[int]]) -> Any:  # noqa: ANN401
    return torch.tensor(values, dtype=torch.int64)


class ExactModule(Module):  # type: ignore[misc]
    """A network in integers held by float64.

    Args:
        live: the neurons to compute.
        numbers: their weights, of the integer route in float64.
    """

    def __init__(self, live: LiveNetwork, numbers: Numbers) -> None:
        super().__init__()
        self._inputs, self._outputs = live.inputs, live.outputs
        self._reading = numbers.reading
        self._steps_per_unit = to_float(1 / live.input_granule.value)
        self.register_buffer("lowest", _integers(live.input_lower))
        self.register_buffer("highest", _integers(live.input_upper))
        self.register_buffer("divisors", torch.tensor(numbers.divisors, dtype=torch.int64))
        self.blocks = ModuleList(_Block(live, numbers, values) for values in depth_blocks(live))

    def forward(self, x: Any) -> Any:  # noqa: ANN401
        """(batch, inputs) to (batch, outputs), both in real units."""
        columns = dict(enumerate(self._levels(x).unbind(1)))
        for block in self.blocks:
            columns.update(zip(block.values, block(x, columns).unbind(1), strict=True))
        outputs = torch.stack([columns[value] for value in self._outputs], 1)
        return outputs / self.divisors.to(torch.float64)

    def _levels(self, x: Any) -> Any:  # noqa: ANN401
        """The levels of the inputs."""
        if x.dim() != 2 or x.shape[1] != self._inputs:
            raise ValueError(f"inputs of shape {tuple(x.shape)}: give (batch, {self._inputs})")
        levels = x.to(torch.float64) * self._steps_per_unit
        if self._reading in (InputReading.AS_IS, InputReading.MULTIPLY):
            return levels
        levels = torch.round(levels)
        if self._reading is InputReading.MULTIPLY_AND_ROUND:
            return levels
        return torch.minimum(torch.maximum(levels, self.lowest), self.highest)


class _Block(Module):  # type: ignore[misc]
    """Neurons of one depth and kind: a matrix product, then what the kind says.

    Attributes:
        values: the numbers of the values it computes.
    """

    def __init__(self, live: LiveNetwork, numbers: Numbers, values: list[int]) -> None:
        super().__init__()
        self.values = values
        neurons = [live.neuron(value) for value in values]
        self._sources = sorted({source for neuron in neurons for source in neuron.sources})
        weights = [
            dict(zip(neuron.sources, map(int, numbers.weights(live, value)), strict=True))
            for value, neuron in zip(values, neurons, strict=True)
        ]
        rows = [[row.get(source, 0) for source in self._sources] for row in weights]
        shape = len(values), len(self._sources)
        self.register_buffer("weights", _integers(rows).reshape(shape))
        self.register_buffer("bias", _integers([int(numbers.bias(live, v)) for v in values]))
        quantizer = neurons[0].quantizer
        self._relu = neurons[0].relu and quantizer is None
        self.quantize = None if quantizer is None else _Quantize(quantizer, neurons)

    def forward(self, x: Any, columns: dict[int, Any]) -> Any:  # noqa: ANN401
        sums = self.bias.to(torch.float64).expand(x.shape[0], -1)
        if self._sources:
            read = torch.stack([columns[source] for source in self._sources], 1)
            sums = sums + read @ self.weights.to(torch.float64).T
        if self.quantize is not None:
            return self.quantize(sums)
        return torch.relu(sums) if self._relu else sums


class _Quantize(Module):  # type: ignore[misc]
    """Sums to values of a fixed-point layer, as `quotients` says."""

    def __init__(self, quantizer: Quantizer, neurons: Sequence[LiveNeuron]) -> None:
        super().__init__()
        self._quantizer = quantizer
        operators = {
            Rounding.NEAREST_EVEN: torch.round,
            Rounding.NEAREST_DOWN: torch.ceil,
            Rounding.NEAREST_ZERO: torch.ceil,
        }
        self._nearest = operators.get(quantizer.form.rounding, torch.floor)
        steps = [RoundingStep.of(neuron) for neuron in neurons]
        self._by_sign = steps[0].by_sign
        self.register_buffer("offset", _integers([step.offset for step in steps]))
        self.register_buffer("divisor", _integers([step.divisor for step in steps]))
        entries = quantizer.entries
        self.register_buffer("entries", None if entries is None else _integers(entries))

    def forward(self, sums: Any) -> Any:  # noqa: ANN401
        quantizer, form = self._quantizer, self._quantizer.form
        level = self._rounded(sums)
        if form.overflow is Overflow.WRAP:
            turns = torch.floor((level - form.lowest) / form.levels)
            level = level - form.levels * turns
        if form.overflow is Overflow.SATURATE or quantizer.limits_again:
            level = torch.clamp(level, quantizer.lowest, quantizer.highest)
        if self.entries is None:
            return level
        return self.entries[level.to(torch.int64) - quantizer.lowest].to(torch.float64)

    def _rounded(self, sums: Any) -> Any:  # noqa: ANN401
        nearest = self._nearest
        if self._by_sign:
            return torch.sign(sums) * nearest((sums.abs() + self.offset) / self.divisor)
        return nearest(sums / self.divisor)
