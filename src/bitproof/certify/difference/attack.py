"""Where forms of the outputs are large: gradient ascent in float64. It proposes points only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bitproof.certify.difference.affine import Array
from bitproof.certify.difference.stack import Stack, StackLayer

STEPS = 16
FIRST_STEP = 0.5  # of a side; it shrinks geometrically to
LAST_STEP = 0.01


@dataclass(frozen=True, slots=True)
class Objective:
    """Rows of Σ_c weights[c]·output_c: arrays (rows, outputs) for each copy, constants (rows,)."""

    weights: tuple[Array, ...]
    constants: Array

    @property
    def rows(self) -> int:
        return len(self.constants)


def values_at(stack: Stack, objective: Objective, points: Array) -> Array:
    """Every row at every point: shape (points, rows)."""
    return _values(objective, [_forward(stack, copy, points) for copy in range(stack.copies)])


def ascend(
    stack: Stack, objective: Objective, points: Array, rows: Array, lower: Array, upper: Array
) -> tuple[Array, Array]:
    """Signed gradient steps of shrinking length from each point, for its own row.

    Returns:
        The best point of each path, and the values of all rows there.
    """
    chosen = np.arange(len(points)), rows
    current = points
    passes = [_forward(stack, copy, current) for copy in range(stack.copies)]
    best, best_values = current, _values(objective, passes)
    ratio = (LAST_STEP / FIRST_STEP) ** (1 / (STEPS - 1))
    for step in range(STEPS):
        slope = _gradients(stack, objective, passes, rows)
        move = np.sign(slope) * (upper - lower) * (FIRST_STEP * ratio**step)
        current = np.clip(current + move, lower, upper)
        passes = [_forward(stack, copy, current) for copy in range(stack.copies)]
        values = _values(objective, passes)
        better = values[chosen] > best_values[chosen]
        best = np.where(better[:, None], current, best)
        best_values = np.where(better[:, None], values, best_values)
    return best, best_values


def _values(objective: Objective, passes: list[list[Array]]) -> Array:
    total = np.tile(objective.constants, (len(passes[0][0]), 1))
    for values, weights in zip(passes, objective.weights, strict=True):
        total += values[-1] @ weights.T
    return total


def _forward(stack: Stack, copy: int, points: Array) -> list[Array]:
    """The values of the input and of every layer."""
    values = [points]
    for layer in stack.layers:
        z = layer.maps[copy].forward(_read(layer, values))
        values.append(np.maximum(z, 0.0) if layer.relu else z)
    return values


def _read(layer: StackLayer, values: list[Array]) -> Array:
    parts = [values[source] for source in layer.sources]
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def _gradients(stack: Stack, objective: Objective, passes: list[list[Array]], rows: Array) -> Array:
    """The gradient of each point's row: shape (points, inputs)."""
    total = np.zeros_like(passes[0][0])
    for copy, (values, weights) in enumerate(zip(passes, objective.weights, strict=True)):
        pending = {len(stack.layers): weights[rows]}
        for position in range(len(stack.layers), 0, -1):
            form = pending.pop(position, None)
            if form is None:
                continue
            layer = stack.layers[position - 1]
            if layer.relu:
                form = form * (values[position] > 0.0)
            behind, start = layer.maps[copy].back(form), 0
            for source in layer.sources:
                stop = start + stack.widths[source]
                part = behind[:, start:stop]
                pending[source] = pending[source] + part if source in pending else part
                start = stop
        if 0 in pending:
            total = total + pending[0]
    return total
