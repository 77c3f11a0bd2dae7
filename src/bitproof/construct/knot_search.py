"""Choosing knots and slopes jointly with their rounding: a beam search along the tube.

A state is a line with its exact start (a knot) and the entries spent so far. It is continued at
knots that cost few digits near where the line leaves the tube, with slope changes that cost few
digits, and judged by what it spent plus an estimate of what is left: the pieces a fewest-piece
fit still needs, times the usual price of a piece. Each slope is chosen from the value actually
reached, so no rounding error accumulates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bitproof.construct.funnel import Funnels, funnels
from bitproof.construct.knot_menu import KnotMenu, NextKnots, next_knots
from bitproof.construct.min_link import MinLink
from bitproof.construct.numerals import Integers, Numerals
from bitproof.construct.tube import Floats, Tube

START_VALUES = 9
FIRST_SAMPLES = 3
START_BEAM = 4
AROUND = np.arange(-5, 5)


@dataclass(frozen=True)
class Menu:
    """What can be written, and for how many entries.

    Attributes:
        knots: places a knot can have.
        changes: slope changes at a hinge.
        first: slopes of the first piece.
        hinge_cost: entries of a hinge without its digits.
    """

    knots: tuple[KnotMenu, ...]
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


@dataclass(frozen=True)
class _Beam:
    """States, one per row; `knots` is None for the starts."""

    t: Floats
    v: Floats
    s: Floats
    reach: Floats
    cost: Floats
    parent: Integers
    change: Integers
    knots: NextKnots | None

    def only(self, rows: Integers) -> _Beam:
        return _Beam(
            self.t[rows],
            self.v[rows],
            self.s[rows],
            self.reach[rows],
            self.cost[rows],
            self.parent[rows],
            self.change[rows],
            None if self.knots is None else self.knots.only(rows),
        )


def search(
    tube: Tube,
    menu: Menu,
    link: MinLink,
    *,
    beam: int,
    price: float,
    start_value: float | None = None,
) -> Path | None:
    """The cheapest path found; None if the digits offered reach none.

    Args:
        beam: states kept per number of knots.
        price: estimated entries per piece still needed.
        start_value: fixes the value at the start of the tube.
    """
    window = _window(tube, link)
    level = _select(_starts(tube, menu, window, start_value), link, START_BEAM * beam, price)
    levels = [level]
    best: tuple[float, int, int] | None = None
    limit = 3 * link.pieces + 40
    while len(level.t) and len(levels) <= limit:
        complete = level.reach >= tube.end
        done = np.flatnonzero(complete)
        if len(done):
            row = int(done[np.argmin(level.cost[done])])
            if best is None or level.cost[row] < best[0]:
                best = (float(level.cost[row]), len(levels) - 1, row)
        ceiling = np.inf if best is None else best[0]
        left = np.maximum(np.ceil(link.pieces_left(level.reach) - 1e-9), 1.0)
        hopeful = ~complete & (level.cost + (menu.hinge_cost + 1) * left < ceiling)
        level = _select(
            _expand(tube, menu, level, np.flatnonzero(hopeful), window), link, beam, price
        )
        levels.append(level)
    return None if best is None else _trace(menu, levels, best)


def _window(tube: Tube, link: MinLink) -> int:
    ends = np.searchsorted(tube.x, link.reaches)
    starts = np.searchsorted(tube.x, link.knots)
    return int(min(600, max(24, 1.2 * (ends - starts).max() + 8)))


def _starts(tube: Tube, menu: Menu, window: int, start_value: float | None) -> _Beam:
    if start_value is None:
        v = tube.value[0] + np.linspace(-0.96, 0.96, START_VALUES) * tube.radius
    else:
        v = np.array([start_value])
    t = np.full(len(v), tube.start)
    seen = funnels(tube, t, v, window)
    slopes = np.broadcast_to(menu.first.value, (len(v), len(menu.first.value)))
    rows, columns = _feasible(seen, slopes)
    slope = menu.first.value[columns]
    reach = seen.reach(rows, slope)
    cost = menu.first.cost[columns].astype(np.float64)
    return _Beam(t[rows], v[rows], slope, reach, cost, np.zeros_like(rows), columns, None)


def _feasible(seen: Funnels, slopes: Floats) -> tuple[Integers, Integers]:
    low, high = seen.first_bounds(FIRST_SAMPLES)
    rows, columns = np.nonzero((slopes >= low[:, None]) & (slopes <= high[:, None]))
    return rows.astype(np.int64), columns.astype(np.int64)


def _nearest_changes(seen: Funnels, slope: Floats, changes: Numerals) -> tuple[Integers, Integers]:
    """(point, change) where the new slope is feasible: of every cost, those next to the slope that
    stays inside longest, since the further from it a slope is, the sooner it leaves the tube."""
    low, high = seen.first_bounds(FIRST_SAMPLES)
    low, high = low - slope, high - slope
    wanted = seen.longest_slopes() - slope
    all_rows, all_columns = [], []
    for values, indices, _ in changes.of_cost:
        at = np.searchsorted(values, wanted)[:, None] + AROUND
        near = values.take(at, mode="clip")
        inside = (near >= low[:, None]) & (near <= high[:, None])
        inside &= (at >= 0) & (at < len(values))
        rows, columns = np.nonzero(inside)
        all_rows.append(rows)
        all_columns.append(indices[at[rows, columns]])
    return np.concatenate(all_rows), np.concatenate(all_columns)


def _expand(tube: Tube, menu: Menu, level: _Beam, open_rows: Integers, window: int) -> _Beam:
    t = level.t[open_rows]
    before = np.zeros(len(t)) if level.knots is None else t
    knots = next_knots(menu.knots, t, before, level.reach[open_rows], tube.end)
    knots = replace(knots, state=open_rows[knots.state])
    v = level.v[knots.state] + level.s[knots.state] * (knots.position - level.t[knots.state])
    inside = np.abs(v - np.interp(knots.position, tube.x, tube.value)) <= tube.radius
    knots, v = knots.only(np.flatnonzero(inside)), v[inside]
    seen = funnels(tube, knots.position, v, window)
    rows, columns = _nearest_changes(seen, level.s[knots.state], menu.changes)
    slope = level.s[knots.state[rows]] + menu.changes.value[columns]
    reach = seen.reach(rows, slope)
    further = np.flatnonzero(reach > level.reach[knots.state[rows]])
    rows, columns = rows[further], columns[further]
    chosen = knots.only(rows)
    return _Beam(
        t=chosen.position,
        v=v[rows],
        s=slope[further],
        reach=reach[further],
        cost=level.cost[chosen.state] + menu.hinge_cost + chosen.cost + menu.changes.cost[columns],
        parent=chosen.state,
        change=columns,
        knots=chosen,
    )


def _select(level: _Beam, link: MinLink, beam: int, price: float) -> _Beam:
    score = level.cost + price * link.pieces_left(level.reach)
    order = np.argsort(score, kind="stable")[: 8 * beam]
    scale = max(abs(float(link.knots[0])), abs(float(link.reaches[-1]))) * 1e-9
    steepness = max(float(np.abs(link.slopes).max()), 1e-300) * 1e-7
    marks = np.round(level.t[order] / scale) + 1j * np.round(level.s[order] / steepness)
    _, first = np.unique(marks, return_index=True)
    return level.only(order[np.sort(first)][:beam])


def _trace(menu: Menu, levels: list[_Beam], best: tuple[float, int, int]) -> Path:
    cost, depth, row = best
    hinges: list[Hinge] = []
    while depth:
        level = levels[depth]
        knots, change = level.knots, int(level.change[row])
        assert knots is not None
        places = menu.knots[int(knots.menu[row])]
        hinges.append(
            Hinge(
                float(level.t[row]),
                places.chained,
                places.keys(int(knots.coarse[row]), int(knots.fine[row])),
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
