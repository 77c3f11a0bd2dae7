"""Nodal values of a piecewise-linear function on Kuhn's triangulation, fitted in floats.

The triangulation cuts every cell of a grid into the simplices on which the order of the distances
from the lower corner is the same: two triangles, six tetrahedra. Interpolation errs on one side
where f is convex; moving every node by half the middle of the errors around it, a few times,
levels them: about half the error with the same nodes. Proposals only: what comes of them is
certified.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from bitproof.exact.rationals import to_float
from bitproof.target.box_target import BoxTarget

Floats = npt.NDArray[np.float64]
SAMPLES = {2: 6, 3: 3}
ROUNDS = 24


@dataclass(frozen=True, slots=True)
class KuhnGrid:
    """Nodes origin_i + k·spacing_i, 0 ≤ k ≤ counts_i; spacings of either sign."""

    origin: tuple[float, ...]
    spacing: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KuhnFit:
    """Values at the nodes, shape counts + 1, and the largest error sampled."""

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
    """f at the same places of every cell of a grid; points outside the domain do not count."""

    def __init__(self, target: BoxTarget, grid: KuhnGrid) -> None:
        self.target, self.grid = target, grid
        sides = target.domain.sides
        self.ends = [(to_float(side.lower), to_float(side.upper)) for side in sides]
        steps = SAMPLES.get(len(sides), 2)
        shares = [k / steps for k in range(steps + 1)]
        self.places = list(product(shares, repeat=len(sides)))
        self.corners = list(product((0, 1), repeat=len(sides)))
        self.weights = np.array([_weights(place, self.corners) for place in self.places])
        found = [self._sampled(place) for place in self.places]
        self.f = np.stack([values for values, _ in found])
        self.inside = np.stack([inside for _, inside in found])

    def _sampled(self, place: tuple[float, ...]) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """f at one place of every cell, and whether it lies in the domain."""
        columns = []
        for axis, share in enumerate(place):
            index = np.arange(self.grid.counts[axis]) + share
            columns.append(self.grid.origin[axis] + self.grid.spacing[axis] * index)
        x = np.stack(np.meshgrid(*columns, indexing="ij"), axis=-1)
        low, high = np.array(self.ends).T
        slack = 1e-9 * (high - low)
        inside = ((x >= low - slack) & (x <= high + slack)).all(axis=-1)
        return self.target.sample(np.clip(x, low, high)), inside

    def at_nodes(self) -> Floats:
        """f at the nodes, those outside the domain moved to its border."""
        columns = [
            self.grid.origin[axis] + self.grid.spacing[axis] * np.arange(count + 1)
            for axis, count in enumerate(self.grid.counts)
        ]
        x = np.stack(np.meshgrid(*columns, indexing="ij"), axis=-1)
        low, high = np.array(self.ends).T
        return self.target.sample(np.clip(x, low, high))

    def _residual(self, values: Floats) -> Floats:
        """f - N, one layer for each place."""
        counts = self.grid.counts
        corners = np.stack(
            [
                values[tuple(slice(c, c + n) for c, n in zip(corner, counts, strict=True))]
                for corner in self.corners
            ]
        )
        return np.asarray(self.f - np.tensordot(self.weights, corners, axes=1))

    def largest(self, values: Floats) -> float:
        """The largest error sampled inside the domain."""
        residual = np.where(self.inside, self._residual(values), 0.0)
        return float(np.abs(residual).max())

    def middles(self, values: Floats) -> Floats:
        """Halfway between the largest and the smallest error around every node."""
        residual = self._residual(values)
        most = np.where(self.inside, residual, -np.inf).max(axis=0)
        least = np.where(self.inside, residual, np.inf).min(axis=0)
        top = np.full(values.shape, -np.inf)
        bottom = np.full(values.shape, np.inf)
        for corner in self.corners:
            part = tuple(slice(c, c + n) for c, n in zip(corner, most.shape, strict=True))
            top[part] = np.maximum(top[part], most)
            bottom[part] = np.minimum(bottom[part], least)
        return np.asarray(np.where(np.isfinite(top - bottom), (top + bottom) / 2, 0.0))


def _weights(place: tuple[float, ...], corners: list[tuple[int, ...]]) -> list[float]:
    """What N weighs the corners of a cell with at a place of it: those on the way from the lower to
    the upper corner, axis after axis in the order of the distances."""
    order = sorted(range(len(place)), key=lambda axis: -place[axis])
    heights = [1.0, *(place[axis] for axis in order), 0.0]
    corner = [0] * len(place)
    found = {tuple(corner): heights[0] - heights[1]}
    for position, axis in enumerate(order, start=1):
        corner[axis] = 1
        found[tuple(corner)] = heights[position] - heights[position + 1]
    return [found.get(corner, 0.0) for corner in corners]
