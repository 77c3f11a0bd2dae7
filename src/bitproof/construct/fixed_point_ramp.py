"""One hidden layer for one input: neurons that start to move at a level and are constant before.

The levels are visited from one end to the other. Where u would leave its cell, one more neuron is
added that is constant on everything visited; its weight must keep u in the cells as far ahead as
possible, and the weights that do so for each level ahead are an integer interval: the reach of a
neuron is where the intersection of these intervals becomes empty. Smooth functions need few
neurons: an affine stretch needs none at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bitproof.construct.fixed_point_machine import FAR, Integers, Machine
from bitproof.construct.fixed_point_output import finish
from bitproof.construct.fixed_point_plan import Draft, Plan

ALL_MULTIPLIERS = 40
MOST_BIASES = 12  # tried for each multiplier
HEAD_START = 0.3  # of the limit: how far the cost may run ahead of the progress


@dataclass(frozen=True, eq=False)
class Route:
    """What the ramps read: the input, or a steep signal made of carriers.

    Attributes:
        draft: with the carriers' layer, if any; the ramps are its last layer.
        values: the signal at every level.
        sources: (input or carrier, coefficient).
    """

    draft: Draft
    values: Integers
    sources: tuple[tuple[int, int], ...]

    def neuron(self, draft: Draft, multiplier: int, bias: int) -> int:
        """T[R(multiplier · signal + β · bias)] in a draft's last layer."""
        reads = {source: multiplier * coefficient for source, coefficient in self.sources}
        return draft.neuron(len(draft.layers), reads, bias)

    @property
    def carries(self) -> bool:
        """Whether there are carriers."""
        return len(self.draft.layers) > 1

    def method(self, name: str) -> str:
        return f"{name}, carried" if self.carries else name


def plain(machine: Machine) -> Route:
    """Ramps that read the input."""
    return Route(Draft(1), machine.levels, ((0, 1),))


@dataclass(frozen=True, eq=False)
class Movers:
    """Neurons that are constant up to a level: their values from the next level on, relative."""

    multipliers: Integers
    biases: Integers
    moves: Integers


def ramp(
    machine: Machine,
    function: Integers,
    route: Route,
    start: int,
    *,
    backward: bool,
    thrift: bool,
    limit: int,
) -> Plan | None:
    """A network of one hidden layer (behind the route's carriers, where it has some).

    Args:
        route: what the ramps read.
        start: u at the end where the visit begins.
        backward: from the highest level down instead of up.
        thrift: prefer few copies over reach where both are offered.
        limit: give up beyond so many neurons.

    Returns:
        None if some level cannot be reached so, or not within the limit.
    """
    levels = route.values[::-1] if backward else route.values
    wanted = (function[::-1] if backward else function) - machine.lowest
    low, high = machine.cell_low[wanted], machine.cell_high[wanted]
    sums = np.full(len(levels), start, dtype=np.int64)
    draft, weights, cost = route.draft.copy(), dict[int, int](), 0
    while True:
        out = np.flatnonzero((sums < low) | (sums > high))
        if not len(out):
            break
        place = int(out[0])
        if place == 0 or cost > limit * (place / len(levels) + HEAD_START):
            return None
        movers = movers_at(machine, levels, place)
        found = _best(machine, movers, low[place:], high[place:], sums[place:], thrift=thrift)
        if found is None:
            return None
        row, weight = found
        sums[place:] += weight * movers.moves[row]
        neuron = route.neuron(draft, int(movers.multipliers[row]), int(movers.biases[row]))
        weights[neuron] = weights.get(neuron, 0) + weight
        cost += -(-abs(weight) // machine.heaviest)
    return finish(machine, draft, route.method("ramps"), weights, function)


def movers_at(machine: Machine, levels: Integers, place: int) -> Movers:
    """All neurons T[R(m·x + βb)] that are constant before a place of the visit and move at it."""
    rows, biases = _pairs(machine, levels, place)
    values = machine.apply(rows[:, None] * levels[None, :] + machine.beta * biases[:, None])
    constant = (values[:, :place] == values[:, :1]).all(axis=1)
    moves = values[:, place:] - values[:, place - 1 : place]
    keep = constant & (moves[:, 0] != 0)
    return Movers(rows[keep], biases[keep], moves[keep])


def _pairs(machine: Machine, levels: Integers, place: int) -> tuple[Integers, Integers]:
    """Multipliers and biases with R still in a flat end just before the place and not at it."""
    beta = machine.beta
    flats: list[tuple[int, int]] = []
    direction = int(np.sign(levels[place] - levels[place - 1]))
    heaviest = machine.heaviest
    sizes = list(range(1, heaviest + 1))
    if heaviest > ALL_MULTIPLIERS:
        few = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, heaviest // 2, machine.beta}
        sizes = [m for m in sizes if m > heaviest - 8 or m in few]
    before, at = int(levels[place - 1]), int(levels[place])
    top = int(machine.cell_low[machine.flat_high - machine.lowest])
    bottom = int(machine.cell_high[machine.flat_low - machine.lowest])
    for size in sizes:
        for m, bound in ((size * direction, bottom), (-size * direction, top)):
            if bound == bottom:  # rising: m·before + βb ≤ bottom < m·at + βb
                most, least = (bottom - m * before) // beta, (bottom - m * at) // beta + 1
            else:
                least, most = -((m * before - top) // beta), -((m * at - top) // beta) - 1
            thin = max(1, (most - least) // MOST_BIASES)
            flats.extend((m, bias) for bias in range(least, most + 1, thin) if machine.allows(bias))
    pairs = np.array(flats, dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _best(
    machine: Machine,
    movers: Movers,
    low: Integers,
    high: Integers,
    sums: Integers,
    *,
    thrift: bool,
) -> tuple[int, int] | None:
    """The neuron and weight with the furthest reach (per copy, with thrift)."""
    if not len(movers.moves):
        return None
    least, most = weights_for(movers.moves, low - sums, high - sums)
    least = np.maximum.accumulate(least, axis=1)
    most = np.minimum.accumulate(most, axis=1)
    possible = least <= most
    reach = np.where(possible.all(axis=1), possible.shape[1], np.argmin(possible, axis=1))
    usable = np.flatnonzero(reach > 0)
    if not len(usable):
        return None
    last = reach[usable] - 1
    lower, upper = least[usable, last], most[usable, last]
    weight = np.where(lower > 0, lower, np.where(upper < 0, upper, 0))
    copies = -(-np.abs(weight) // machine.heaviest)
    length = reach[usable]
    score = length / np.maximum(copies, 1) if thrift else length - copies / FAR
    score = np.where(weight == 0, -1, score)
    row = int(np.lexsort((np.abs(weight), copies, -score))[0])
    return (int(usable[row]), int(weight[row])) if weight[row] else None


def weights_for(moves: Integers, low: Integers, high: Integers) -> tuple[Integers, Integers]:
    """For every neuron and level the interval of weights W with low ≤ W·move ≤ high."""
    size = np.abs(moves)
    divisor = np.maximum(size, 1)
    least = -((-low[None, :]) // divisor)
    most = high[None, :] // divisor
    negative = moves < 0
    least, most = np.where(negative, -most, least), np.where(negative, -least, most)
    stays = (low <= 0) & (high >= 0)
    still = size == 0
    least = np.where(still, np.where(stays[None, :], -FAR, FAR), least)
    most = np.where(still, np.where(stays[None, :], FAR, -FAR), most)
    return least, most
