"""How far a line stays inside a tube: running slope bounds from many points at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bitproof.construct.tube import Floats, Tube

WINDOW = 80


@dataclass(frozen=True)
class Funnels:
    """Slopes that stay inside the tube, from each of P points, sample after sample.

    Attributes:
        t, v: the points, shape (P,).
        first: index of the first sample after each point, shape (P,).
        low, high: a line of slope s from point p is inside the tube up to its j-th sample if and
            only if low[p, j] ≤ s ≤ high[p, j]; shape (P, W).
    """

    tube: Tube
    t: Floats
    v: Floats
    first: npt.NDArray[np.int64]
    low: Floats
    high: Floats

    def reach(self, row: npt.NDArray[np.int64], slope: Floats) -> Floats:
        """Where the line of each slope from point `row` leaves the tube: any common shape."""
        width = self.low.shape[1]
        low, high = self.low.ravel(), self.high.ravel()
        before = row * width - 1
        count = np.zeros(slope.shape, dtype=np.int64)
        step = 1 << (width.bit_length() - 1)
        while step:
            probe = count + step
            at = before + np.minimum(probe, width)
            inside = (low.take(at) <= slope) & (slope <= high.take(at)) & (probe <= width)
            count += step * inside
            step >>= 1
        return self._crossing(row, slope, count)

    def longest_slopes(self) -> Floats:
        """For each point a slope that stays inside longest."""
        low, high = self.last_bounds()
        return 0.5 * (low + high)

    def last_bounds(self) -> tuple[Floats, Floats]:
        """For each point the lowest and highest slope that stay inside longest."""
        return self._bounds(self.longest)

    def first_bounds(self, samples: int) -> tuple[Floats, Floats]:
        """For each point the slopes that stay inside for so many samples, or longest."""
        return self._bounds(np.minimum(self.longest, samples - 1))

    @cached_property
    def longest(self) -> npt.NDArray[np.int64]:
        """For each point the index of the last sample before which some line stays inside."""
        open_samples: npt.NDArray[np.int64] = (self.low <= self.high).sum(axis=1)
        return np.maximum(open_samples - 1, 0)

    def _bounds(self, at: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
        rows = np.arange(len(at))
        low, high = self.low[rows, at], self.high[rows, at]
        low = np.where(np.isfinite(low), low, 0.0)
        return low, np.where(np.isfinite(high), high, low)

    def _crossing(
        self, row: npt.NDArray[np.int64], slope: Floats, count: npt.NDArray[np.int64]
    ) -> Floats:
        """The exit between the last sample inside and the next, on the chords of the tube."""
        x, f = self.tube.x, self.tube.value
        last = len(x) - 1
        after = self.first[row] + count
        t, v = self.t[row], self.v[row]
        right = np.minimum(after, last)
        left = np.maximum(right - 1, 0)
        from_x = np.maximum(x[left], t)
        width = x[right] - from_x
        with np.errstate(divide="ignore", invalid="ignore"):
            along = (from_x - x[left]) / np.where(x[right] > x[left], x[right] - x[left], 1.0)
            from_f = f[left] + along * (f[right] - f[left])
            gap_left = v + slope * (from_x - t) - from_f
            gap_right = v + slope * (x[right] - t) - f[right]
            room = np.where(gap_right > gap_left, self.tube.radius, -self.tube.radius)
            share = (room - gap_left) / (gap_right - gap_left)
        share = np.where(np.isfinite(share), np.clip(share, 0.0, 1.0), 0.0)
        reached: Floats = np.where(after > last, x[last], from_x + share * width)
        return reached


def funnels(tube: Tube, t: Floats, v: Floats, window: int = WINDOW) -> Funnels:
    """The funnels from the points (t, v), looking `window` samples ahead."""
    first = np.searchsorted(tube.x, t, side="right").astype(np.int64)
    last = len(tube.x) - 1
    index = np.minimum(first[:, None] + np.arange(window)[None, :], last)
    distance = tube.x[index] - t[:, None]
    centre = tube.value[index] - v[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        low = (centre - tube.radius) / distance
        high = (centre + tube.radius) / distance
    ahead = distance > 0
    low = np.where(ahead, low, -np.inf)
    high = np.where(ahead, high, np.inf)
    return Funnels(
        tube, t, v, first, np.maximum.accumulate(low, axis=1), np.minimum.accumulate(high, axis=1)
    )
