"""One hidden layer for one input and few levels: ramps, with several partial networks kept.

The greedy ramps take the furthest reach at every step. On tables without structure the heights of
the ramps matter more: u should leave the next cell by little, so that the next neuron needs few
copies. Here the partial networks that have come equally far compete by their copies and by how far
u is outside the next cell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bitproof.construct.fixed_point_machine import Integers, Machine
from bitproof.construct.fixed_point_output import finish
from bitproof.construct.fixed_point_plan import Plan
from bitproof.construct.fixed_point_ramp import Movers, Route, movers_at, weights_for

FEW_LEVELS = 16
WIDTH, EXTENSIONS = 24, 10
WIDER = 100


@dataclass(frozen=True, eq=False)
class _Partial:
    """Neurons so far: copies, u at every level, (multiplier, bias, weight) of each."""

    copies: int
    sums: Integers
    neurons: tuple[tuple[int, int, int], ...]
    ahead: float


def beam(
    machine: Machine,
    function: Integers,
    route: Route,
    starts: list[int],
    *,
    backward: bool,
    limit: int,
    caution: float = 1.0,
    width: int = WIDTH,
) -> Plan | None:
    """A network of one hidden layer; None if there is none within the limit.

    Args:
        route: what the ramps read.
        starts: values of u to begin with.
        backward: the levels are visited from the highest down.
        caution: what the estimate of the copies to come counts beside those already spent.
        width: how many partial networks that have come equally far are kept.
    """
    levels = route.values[::-1] if backward else route.values
    wanted = (function[::-1] if backward else function) - machine.lowest
    low, high = machine.cell_low[wanted], machine.cell_high[wanted]
    waiting: dict[int, list[_Partial]] = {}
    for start in starts:
        first = _Partial(0, np.full(len(levels), start, dtype=np.int64), (), 0.0)
        waiting.setdefault(_place(first.sums, low, high), []).append(first)
    for place in range(1, len(levels)):
        partials = sorted(waiting.pop(place, []), key=lambda p: p.copies + p.ahead)[:width]
        if not partials:
            continue
        movers = movers_at(machine, levels, place)
        if not len(movers.moves):
            continue
        for partial in partials:
            for longer in _extended(machine, partial, movers, place, low, high, caution):
                if longer.copies <= limit:
                    waiting.setdefault(_place(longer.sums, low, high), []).append(longer)
    for partial in sorted(waiting.get(len(levels), []), key=lambda p: p.copies)[:EXTENSIONS]:
        plan = _finished(machine, partial, route, function)
        if plan is not None:
            return plan
    return None


def _place(sums: Integers, low: Integers, high: Integers) -> int:
    """The first place where u is outside its cell; the number of levels if it is nowhere."""
    out = (sums < low) | (sums > high)
    return int(np.argmax(out)) if out.any() else len(sums)


def _extended(
    machine: Machine,
    partial: _Partial,
    movers: Movers,
    place: int,
    low: Integers,
    high: Integers,
    caution: float,
) -> list[_Partial]:
    """The best continuations by one neuron."""
    rest = partial.sums[place:]
    least, most = weights_for(movers.moves, low[place:] - rest, high[place:] - rest)
    least = np.maximum.accumulate(least, axis=1)
    most = np.minimum.accumulate(most, axis=1)
    possible = least <= most
    reach = np.where(possible.all(axis=1), possible.shape[1], np.argmin(possible, axis=1))
    rows: list[int] = []
    weights: list[int] = []
    for row in np.flatnonzero(reach > 0).tolist():
        for step in {0, int(reach[row]) - 1}:
            for weight in {int(least[row, step]), int(most[row, step])}:
                rows.append(row)
                weights.append(weight)
    if not rows:
        return []
    chosen, sizes = np.array(rows), np.array(weights, dtype=np.int64)
    real = (sizes != 0) & (np.abs(sizes) < (1 << 31))
    chosen, sizes = chosen[real], sizes[real]
    sums = rest[None, :] + sizes[:, None] * movers.moves[chosen]
    copies = -(-np.abs(sizes) // machine.heaviest)
    ahead = caution * _ahead(machine, sums, low[place:], high[place:])
    order = np.argsort(copies + ahead, kind="stable")[:EXTENSIONS]
    return [
        _Partial(
            partial.copies + int(copies[i]),
            np.concatenate((partial.sums[:place], sums[i])),
            (
                *partial.neurons,
                (int(movers.multipliers[chosen[i]]), int(movers.biases[chosen[i]]), int(sizes[i])),
            ),
            float(ahead[i]),
        )
        for i in order
    ]


def _ahead(machine: Machine, sums: Integers, low: Integers, high: Integers) -> np.ndarray:
    """An estimate of the copies still needed: for every level the change of the distance from the
    cell, in units of what one copy moves, less the levels that are reached already."""
    outside = np.where(sums < low, sums - low, np.where(sums > high, sums - high, 0))
    span = float(machine.heaviest * max(1, int(np.ptp(machine.table)) // 2))
    changes = np.abs(np.diff(outside, axis=1, prepend=0)) / span
    return np.asarray(np.minimum(changes, 3.0).sum(axis=1) + (outside != 0).sum(axis=1) * 0.5)


def _finished(machine: Machine, partial: _Partial, route: Route, function: Integers) -> Plan | None:
    draft, weights = route.draft.copy(), dict[int, int]()
    for multiplier, bias, weight in partial.neurons:
        neuron = route.neuron(draft, multiplier, bias)
        weights[neuron] = weights.get(neuron, 0) + weight
    return finish(machine, draft, route.method("ramps, searched"), weights, function)
