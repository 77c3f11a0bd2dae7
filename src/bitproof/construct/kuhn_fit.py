"""Nodal values of a piecewise-linear function on Kuhn's triangulation, fitted in floats.

The triangulation cuts every rectangle of a grid along the diagonal from its lower to its upper
corner. Interpolation errs on one side where f is convex; moving every node by half the middle of
the errors around it, a few times, levels them: about half the error with the same nodes. Proposals
only: what comes of them is certified.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bitproof.exact.rationals import to_float
from bitproof.target.box_target import BoxTarget

Floats = npt.NDArray[np.float64]
SAMPLES = 6
ROUNDS = 24


@dataclass(frozen=True, slots=True)
class KuhnGrid:
    """Nodes origin_i + k·spacing_i, 0 ≤ k ≤ counts_i, of two inputs; spacings of either sign."""

    origin: tuple[float, float]
    spacing: tuple[float, float]
    counts: tuple[int, int]


@dataclass(frozen=True, slots=True)
class KuhnFit:
    """Values at the nodes, shape (counts_1 + 1, counts_2 + 1), and the largest error sampled."""

    values: Floats
    error: float


def fit(target: BoxTarget, grid: KuhnGrid, rounds: int = ROUNDS) -> KuhnFit:
    """Values at the nodes with a small largest error on the target's domain.

    >>> from bitproof.exact.box import Box
    >>> from bitproof.target import ExpressionBoxTarget
    >>> target = ExpressionBoxTarget.parse("x1^2", Box.unit(2))
    >>> plain = fit(target, KuhnGrid((0.0, 0.0), (0.5, 0.5), (2, 2)), rounds=0)
    >>> levelled = fit(target, KuhnGrid((0.0, 0.0), (0.5, 0.5), (2, 2)))
    >>> round(plain.error, 3), levelled.error < 0.6 * plain.error
    (0.062, True)
    """
    samples = _Samples(target, grid)
    values = samples.at_nodes()
    best = KuhnFit(values, samples.largest(values))
    for _ in range(rounds):
        values = values + samples.middles(values) / 2
        error = samples.largest(values)
        if error < best.error:
            best = KuhnFit(values, error)
    return best


class _Samples:
    """f at points of every cell of a grid; points outside the domain do not count."""

    def __init__(self, target: BoxTarget, grid: KuhnGrid) -> None:
        self.target, self.grid = target, grid
        sides = target.domain.sides
        self.ends = [(to_float(side.lower), to_float(side.upper)) for side in sides]
        inner = np.arange(SAMPLES + 1) / SAMPLES
        self.s, self.t = np.meshgrid(inner, inner, indexing="ij")
        columns = []
        for axis in range(2):
            starts = grid.origin[axis] + grid.spacing[axis] * np.arange(grid.counts[axis])
            columns.append(np.asarray(starts, dtype=np.float64))
        first, second = np.meshgrid(columns[0], columns[1], indexing="ij")
        x = first[..., None, None] + grid.spacing[0] * self.s
        y = second[..., None, None] + grid.spacing[1] * self.t
        self.inside = self._within(x, 0) & self._within(y, 1)
        points = np.stack([self._clipped(x, 0), self._clipped(y, 1)], axis=-1)
        self.f = target.sample(points)

    def _within(self, x: Floats, axis: int) -> npt.NDArray[np.bool_]:
        low, high = self.ends[axis]
        slack = 1e-9 * (high - low)
        return np.asarray((x >= low - slack) & (x <= high + slack))

    def _clipped(self, x: Floats, axis: int) -> Floats:
        return np.asarray(np.clip(x, *self.ends[axis]))

    def at_nodes(self) -> Floats:
        grid = self.grid
        columns = [
            self._clipped(
                np.asarray(
                    grid.origin[axis] + grid.spacing[axis] * np.arange(grid.counts[axis] + 1)
                ),
                axis,
            )
            for axis in range(2)
        ]
        first, second = np.meshgrid(*columns, indexing="ij")
        return self.target.sample(np.stack([first, second], axis=-1))

    def _residual(self, values: Floats) -> Floats:
        """f - N at the samples, shape (cells, cells, samples, samples)."""
        low, right = values[:-1, :-1, None, None], values[1:, :-1, None, None]
        up, high = values[:-1, 1:, None, None], values[1:, 1:, None, None]
        below = low + (right - low) * self.s + (high - right) * self.t
        above = low + (up - low) * self.t + (high - up) * self.s
        return np.asarray(self.f - np.where(self.s >= self.t, below, above))

    def largest(self, values: Floats) -> float:
        residual = np.where(self.inside, self._residual(values), 0.0)
        return float(np.abs(residual).max())

    def middles(self, values: Floats) -> Floats:
        """Halfway between the largest and the smallest error around every node."""
        residual = self._residual(values)
        most = np.where(self.inside, residual, -np.inf).max(axis=(2, 3))
        least = np.where(self.inside, residual, np.inf).min(axis=(2, 3))
        top = np.full(values.shape, -np.inf)
        bottom = np.full(values.shape, np.inf)
        rows, columns = most.shape
        for i in (0, 1):
            for j in (0, 1):
                part = (slice(i, i + rows), slice(j, j + columns))
                top[part] = np.maximum(top[part], most)
                bottom[part] = np.minimum(bottom[part], least)
        return np.asarray(np.where(np.isfinite(top - bottom), (top + bottom) / 2, 0.0))
