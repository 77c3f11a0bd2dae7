"""Choosing knots and slopes jointly with their rounding: a beam search along the tube.

A state is a line with its exact start (a knot) and the entries spent so far. It is continued at
knots that cost few digits near where the line leaves the tube, with slope changes that cost few
digits, and judged by what it spent plus an estimate of what is left: the pieces a fewest-piece
fit still needs, times the usual price of a piece. Each slope is chosen from the value actually
reached, so no rounding error accumulates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bitproof.construct.funnel import funnels
from bitproof.construct.min_link import MinLink
from bitproof.construct.numerals import Integers, Numerals
from bitproof.construct.tube import Floats, Tube

NEAREST_KNOTS = 3
START_VALUES = 9
EARLIEST = 0.3
MAX_POINTS = 900
QUICK_LOOK = 2


@dataclass(frozen=True)
class Menu:
    """What can be written, and for how many entries.

    Attributes:
        absolute: places a knot can have, measured from the pivot; None if not offered.
        relative: distances from the knot before; None if not offered.
        changes: slope changes at a hinge.
        first: slopes of the first piece.
        hinge_cost: entries of a hinge without its digits.
    """

    absolute: Numerals | None
    relative: Numerals | None
    changes: Numerals
    first: Numerals
    hinge_cost: float


@dataclass(frozen=True)
class Hinge:
    """One knot of a path.

    Attributes:
        position: where it is.
        chained: whether it is written relative to the hinge before.
        knot_keys: the digits of its place or distance.
        change: the slope change.
        change_keys: the digits of the slope change.
    """

    position: float
    chained: bool
    knot_keys: tuple[int, ...]
    change: float
    change_keys: tuple[int, ...]


@dataclass(frozen=True)
class Path:
    """A piecewise-linear function within the tube, and its digits."""

    start: float
    start_value: float
    first_slope: float
    first_keys: tuple[int, ...]
    hinges: tuple[Hinge, ...]
    cost: float

    def values(self, x: Floats) -> Floats:
        """The function at some points."""
        y = self.start_value + self.first_slope * (x - self.start)
        for hinge in self.hinges:
            y = y + hinge.change * np.maximum(x - hinge.position, 0.0)
        return y


@dataclass(frozen=True)
class _Beam:
    t: Floats
    v: Floats
    s: Floats
    reach: Floats
    cost: Floats
    parent: Integers
    chained: Integers
    knot: Integers
    change: Integers

    def only(self, rows: Integers) -> _Beam:
        return _Beam(
            self.t[rows],
            self.v[rows],
            self.s[rows],
            self.reach[rows],
            self.cost[rows],
            self.parent[rows],
            self.chained[rows],
            self.knot[rows],
            self.change[rows],
        )


def search(
    tube: Tube,
    menu: Menu,
    link: MinLink,
    *,
    beam: int,
    price: float,
    start_value: float | None = None,
    bound: float = float("inf"),
) -> Path | None:
    """The cheapest path found; None if there is none below `bound` entries.

    Args:
        beam: states kept per number of knots.
        price: estimated entries per piece still needed.
        start_value: fixes the value at the start of the tube.
    """
    window = _window(tube, link)
    level = _select(_starts(tube, menu, window, start_value), link, beam, price)
    levels = [level]
    best: tuple[float, int, int] | None = None
    limit = 3 * link.pieces + 40
    while len(level.t) and len(levels) <= limit:
        done = np.flatnonzero(level.reach >= tube.end)
        if len(done):
            row = int(done[np.argmin(level.cost[done])])
            if best is None or level.cost[row] < best[0]:
                best = (float(level.cost[row]), len(levels) - 1, row)
        ceiling = bound if best is None else min(bound, best[0])
        level = _select(_expand(tube, menu, level, window), link, beam, price)
        hope = level.cost + menu.hinge_cost * np.maximum(link.pieces_left(level.reach) - 1, 0)
        level = level.only(np.flatnonzero(hope < ceiling))
        levels.append(level)
    return None if best is None else _trace(tube, menu, levels, best)


def _window(tube: Tube, link: MinLink) -> int:
    ends = np.searchsorted(tube.x, link.reaches)
    starts = np.searchsorted(tube.x, link.knots)
    return int(min(512, max(24, 1.25 * (ends - starts).max() + 8)))


def _starts(tube: Tube, menu: Menu, window: int, start_value: float | None) -> _Beam:
    if start_value is None:
        v = tube.value[0] + np.linspace(-0.96, 0.96, START_VALUES) * tube.radius
    else:
        v = np.array([start_value])
    t = np.full(len(v), tube.start)
    seen = funnels(tube, t, v, window)
    rows, columns = _feasible(seen.low, seen.high, menu.first.value[None, :] + 0.0 * v[:, None])
    slopes = menu.first.value[columns]
    reach = seen.reach(rows, slopes)
    none = np.full(len(rows), -1, dtype=np.int64)
    cost = menu.first.cost[columns].astype(np.float64)
    return _Beam(t[rows], v[rows], slopes, reach, cost, none, none, none, columns)


def _feasible(low: Floats, high: Floats, slopes: Floats) -> tuple[Integers, Integers]:
    look = min(QUICK_LOOK, low.shape[1] - 1)
    rows, columns = np.nonzero((slopes >= low[:, look, None]) & (slopes <= high[:, look, None]))
    return rows.astype(np.int64), columns.astype(np.int64)


def _expand(tube: Tube, menu: Menu, level: _Beam, window: int) -> _Beam:
    state, t, knot, chained, knot_cost = _next_knots(tube, menu, level)
    v = level.v[state] + level.s[state] * (t - level.t[state])
    inside = np.abs(v - np.interp(t, tube.x, tube.value)) <= tube.radius
    state, t, v = state[inside], t[inside], v[inside]
    knot, chained, knot_cost = knot[inside], chained[inside], knot_cost[inside]
    seen = funnels(tube, t, v, window)
    slopes = level.s[state][:, None] + menu.changes.value[None, :]
    rows, columns = _feasible(seen.low, seen.high, slopes)
    slope = slopes[rows, columns]
    reach = seen.reach(rows, slope)
    further = reach > level.reach[state[rows]]
    rows, columns, slope, reach = rows[further], columns[further], slope[further], reach[further]
    parent = state[rows]
    cost = level.cost[parent] + menu.hinge_cost + knot_cost[rows] + menu.changes.cost[columns]
    return _Beam(t[rows], v[rows], slope, reach, cost, parent, chained[rows], knot[rows], columns)


def _next_knots(
    tube: Tube, menu: Menu, level: _Beam
) -> tuple[Integers, Floats, Integers, Integers, Floats]:
    """(state, position, numeral, chained, cost) of the knots worth trying."""
    parts = []
    furthest = np.minimum(level.reach, tube.end)
    earliest = level.t + EARLIEST * (furthest - level.t)
    for numerals, chained in ((menu.absolute, 0), (menu.relative, 1)):
        if numerals is None:
            continue
        origin = level.t if chained else np.zeros(len(level.t))
        for values, indices, cost in numerals.of_cost():
            last = np.searchsorted(values, furthest - origin, side="right") - 1
            for back in range(NEAREST_KNOTS):
                at = last - back
                state = np.flatnonzero(at >= 0)
                position = values[at[state]] + origin[state]
                ok = (position > earliest[state]) & (position < tube.end)
                state, position = state[ok], position[ok]
                flags = np.full(len(state), chained, dtype=np.int64)
                costs = np.full(len(state), float(cost))
                parts.append((state, position, indices[at[state]], flags, costs))
    if not parts:
        return tuple(np.zeros(0, dtype=k) for k in (int, float, int, int, float))  # type: ignore[return-value]
    joined = [np.concatenate([part[field] for part in parts]) for field in range(5)]
    return joined[0], joined[1], joined[2], joined[3], joined[4]


def _select(level: _Beam, link: MinLink, beam: int, price: float) -> _Beam:
    score = level.cost + price * link.pieces_left(level.reach)
    order = np.argsort(score, kind="stable")[: 12 * beam]
    scale = max(abs(float(link.knots[0])), abs(float(link.reaches[-1]))) * 1e-9
    marks = np.stack([np.round(level.t[order] / scale), level.s[order] * 1e6], axis=1)
    _, first = np.unique(np.round(marks), axis=0, return_index=True)
    return level.only(order[np.sort(first)][:beam])


def _trace(tube: Tube, menu: Menu, levels: list[_Beam], best: tuple[float, int, int]) -> Path:
    cost, depth, row = best
    hinges: list[Hinge] = []
    while depth:
        level = levels[depth]
        chained = bool(level.chained[row])
        places = menu.relative if chained else menu.absolute
        assert places is not None
        change = int(level.change[row])
        hinges.append(
            Hinge(
                float(level.t[row]),
                chained,
                places.writing(int(level.knot[row])),
                float(menu.changes.value[change]),
                menu.changes.writing(change),
            )
        )
        row = int(level.parent[row])
        depth -= 1
    start = levels[0]
    first = int(start.change[row])
    return Path(
        float(start.t[row]),
        float(start.v[row]),
        float(menu.first.value[first]),
        menu.first.writing(first),
        tuple(reversed(hinges)),
        cost,
    )
