"""The fewest pieces of a continuous piecewise-linear function inside a tube.

Greedy by windows (Imai and Iri 1988; Suri 1988): the region a line can see is bounded by the line
that reaches furthest, and the next piece starts somewhere on that line. Start points are sampled
along it, so the count is at most a piece or so above the least possible.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bitproof.construct.funnel import Funnels, funnels
from bitproof.construct.tube import Floats, Tube

STARTS = 33
REFINEMENTS = 2


@dataclass(frozen=True)
class MinLink:
    """A fewest-piece fit.

    Attributes:
        knots: where the pieces start, ascending, knots[0] the start of the tube.
        slopes: one per piece.
        reaches: how far each piece stays inside the tube, ascending, the last the tube's end.
        start_value: the fit's value at knots[0].
    """

    knots: Floats
    slopes: Floats
    reaches: Floats
    start_value: float

    @property
    def pieces(self) -> int:
        return len(self.slopes)

    @property
    def slope_changes(self) -> Floats:
        """At the inner knots."""
        return np.diff(self.slopes)

    def stretched(self, scale: float) -> MinLink:
        """The same fit over scale·x."""
        return MinLink(
            self.knots * scale, self.slopes / scale, self.reaches * scale, self.start_value
        )

    def beginning(self, pieces: int) -> MinLink:
        """The fit's first pieces."""
        return MinLink(
            self.knots[:pieces], self.slopes[:pieces], self.reaches[:pieces], self.start_value
        )

    def pieces_left(self, reached: Floats) -> Floats:
        """Fractional number of pieces still needed by a fit whose last piece reaches a point."""
        levels = np.concatenate([[self.knots[0]], self.reaches])
        done = np.interp(reached, levels, np.arange(len(levels), dtype=np.float64))
        return self.pieces - done


def min_link(tube: Tube) -> MinLink:
    """The fit; at most one piece per sample."""
    spread = np.linspace(-1.0, 1.0, STARTS) * tube.radius
    starts = np.full(STARTS, tube.start)
    knot, value, slope, reach = _furthest(tube, starts, tube.value[0] + spread)
    start_value = value
    knots, slopes, reaches = [knot], [slope], [reach]
    while reach < tube.end and len(knots) < len(tube.x):
        low, high = knot, reach
        for _ in range(1 + REFINEMENTS):
            candidates = np.linspace(low, high, STARTS)
            best = _furthest(tube, candidates, value + slope * (candidates - knot))
            step = (high - low) / (STARTS - 1)
            low, high = max(knot, best[0] - step), min(reach, best[0] + step)
        if best[3] <= reach:
            best = _furthest(tube, np.array([reach]), np.array([value + slope * (reach - knot)]))
        if best[3] <= reach:
            break
        knot, value, slope, reach = best
        knots.append(knot)
        slopes.append(slope)
        reaches.append(reach)
    return MinLink(np.array(knots), np.array(slopes), np.array(reaches), start_value)


def _furthest(tube: Tube, t: Floats, v: Floats) -> tuple[float, float, float, float]:
    """(t, v, slope, reach) of the line from one of the points that reaches furthest."""
    window = 64
    while True:
        seen = funnels(tube, t, v, window)
        rows = np.arange(len(t))
        slopes = _extreme_slopes(seen)
        reach = seen.reach(np.broadcast_to(rows[:, None], slopes.shape), slopes)
        row, column = np.unravel_index(int(np.argmax(reach)), reach.shape)
        ahead = int(seen.first[row]) + window
        if ahead >= len(tube.x) or reach[row, column] < tube.x[ahead - 1]:
            break
        window *= 4
    return float(t[row]), float(v[row]), float(slopes[row, column]), float(reach[row, column])


def _extreme_slopes(seen: Funnels) -> Floats:
    """For each point the lowest, middle and highest slope that stays inside longest."""
    low, high = seen.last_bounds()
    return np.stack([low, 0.5 * (low + high), high], axis=1)
