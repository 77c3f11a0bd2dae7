"""Gadgets: neurons with one value inside a set of faces and another everywhere else.

A gadget reads faces with weights that push u towards one end of the format beyond each of them;
inside, u lies in the cell of a level v. Its height is T[v] - T[end]: the more height, the fewer
copies the output needs; the heavier the faces' weights, the more copies of the faces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bitproof.construct.fixed_point_faces import Face
from bitproof.construct.fixed_point_machine import FAR, Integers, Machine

ROUNDS = 3
NUDGES = 4
PAIRS_OF = 24
TWO = 2
TALL = 8


@dataclass(frozen=True, eq=False)
class Options:
    """The gadgets on one set of faces, one a row: at most one for each height.

    Attributes:
        pushes: K ≥ 1, the size of the weight on each face (a column each).
        ends: -1 if beyond the faces u is pushed to the lowest level, +1 to the highest.
        totals: u inside.
        heights: T[v] - T[end], not 0.
    """

    machine: Machine
    pushes: Integers
    ends: Integers
    totals: Integers
    heights: Integers

    def __len__(self) -> int:
        return len(self.heights)

    @cached_property
    def face_copies(self) -> Integers:
        """Copies of each face (columns) that a gadget needs."""
        return -(-self.pushes // self.machine.heaviest)

    def bias_and_weights(self, row: int, faces: Sequence[Face]) -> tuple[int, list[int]]:
        """The weight on every face, and the gadget's bias."""
        weights = [
            int(self.ends[row]) * face.sign * int(push)
            for face, push in zip(faces, self.pushes[row], strict=True)
        ]
        carried = sum(w * face.inside for w, face in zip(weights, faces, strict=True))
        return (int(self.totals[row]) - carried) // self.machine.beta, weights

    def within(self, most: int) -> Options:
        """Those with at most so many copies of any face."""
        keep = (self.face_copies <= most).all(axis=1)
        return Options(
            self.machine, self.pushes[keep], self.ends[keep], self.totals[keep], self.heights[keep]
        )


def options(machine: Machine, faces: Sequence[Face]) -> Options:
    """Every height that a gadget on these faces can have, with the lightest weights for it."""
    parts = [_towards(machine, faces, end) for end in (-1, 1)]
    pushes = np.concatenate([part[0] for part in parts])
    ends = np.concatenate(
        [np.full(len(part[1]), end) for part, end in zip(parts, (-1, 1), strict=True)]
    )
    totals = np.concatenate([part[1] for part in parts])
    heights = np.concatenate([part[2] for part in parts])
    order = np.lexsort((pushes.sum(axis=1), heights))
    first = np.ones(len(order), dtype=bool)
    first[1:] = heights[order][1:] != heights[order][:-1]
    keep = order[first]
    return Options(machine, pushes[keep], ends[keep], totals[keep], heights[keep])


def _towards(
    machine: Machine, faces: Sequence[Face], end: int
) -> tuple[Integers, Integers, Integers]:
    """(pushes, totals, heights) of the gadgets that are pushed to one end beyond the faces."""
    base = machine.table[0] if end < 0 else machine.table[-1]
    places = np.flatnonzero(machine.table != base)
    if end < 0:
        entry, bound = machine.cell_low[places], int(machine.cell_high[_place(machine, -1)])
    else:
        entry, bound = machine.cell_high[places], int(machine.cell_low[_place(machine, 1)])
    gaps = np.array([face.gap for face in faces])
    carried = np.array([end * face.sign * face.inside for face in faces])
    pushes = np.zeros((len(places), len(faces)), dtype=np.int64)
    totals = np.zeros(len(places), dtype=np.int64)
    done = np.zeros(len(places), dtype=bool)
    for nudge in range(NUDGES):
        trial = entry.copy()
        for _ in range(ROUNDS):
            push = _pushes(machine, np.abs(trial - bound), gaps, nudge)
            trial = _aligned(entry, push @ carried, machine.beta, end)
        reached = np.where(end < 0, trial, -trial)[:, None] - push * gaps <= (-end) * bound
        inside = (trial >= machine.cell_low[places]) & (trial <= machine.cell_high[places])
        good = inside & reached.all(axis=1) & ~done
        pushes[good], totals[good] = push[good], trial[good]
        done |= good
    return pushes[done], totals[done], machine.table[places[done]] - base


def _place(machine: Machine, end: int) -> int:
    return (machine.flat_low if end < 0 else machine.flat_high) - machine.lowest


def _pushes(machine: Machine, distances: Integers, gaps: Integers, nudge: int) -> Integers:
    """The least weights that carry u over the distances (binary ones are even: copies in pairs)."""
    least: Integers = np.maximum(1, -(-distances[:, None] // gaps[None, :]))
    least[:, 0] += nudge
    if not machine.zeros:
        least += least % 2
    return least


def _aligned(entry: Integers, carried: Integers, beta: int, end: int) -> Integers:
    """The u nearest the entry of the cell, from inside, that a bias can make of what is carried."""
    return entry + (carried - entry) % beta if end < 0 else entry - (entry - carried) % beta


@dataclass(frozen=True)
class Part:
    """One gadget of a step: a row of its options, and its weight in the output."""

    row: int
    weight: int


def single(choice: Options, low: int, high: int) -> tuple[Integers, Integers]:
    """For every option the lightest weight W with low ≤ W·height ≤ high, and whether it exists."""
    heights = np.abs(choice.heights)
    signs = np.sign(choice.heights)
    least = -(-low // heights) if low > -FAR // 2 else np.full(len(heights), -FAR)
    most = high // heights if high < FAR // 2 else np.full(len(heights), FAR)
    nearest = np.where(least > 0, least, np.where(most < 0, most, 0))
    return nearest * signs, (least <= most) & (nearest != 0)


def combination(
    choice: Options, low: int, high: int, face_cost: Integers
) -> tuple[int, tuple[Part, ...]] | None:
    """The cheapest one or two gadgets whose weighted heights sum into [low, high].

    Args:
        face_cost: what each option's faces cost, in neurons.

    Returns:
        The neurons (copies of gadgets, and faces), and the parts; None if nothing was found.
    """
    if not len(choice):
        return None
    heaviest = choice.machine.heaviest
    weights, exists = single(choice, low, high)
    if exists.any():
        cost = np.where(exists, -(-np.abs(weights) // heaviest) + face_cost, FAR)
        ties = np.flatnonzero(cost == cost.min())
        row = int(ties[np.argmin(choice.pushes[ties].sum(axis=1))])
        found = int(cost[row]), (Part(row, int(weights[row])),)
        if -(-abs(int(weights[row])) // heaviest) <= TWO:
            return found
        pairs = (
            _two_light(choice, low, high, face_cost),
            _tall_and_rest(choice, low, high, face_cost),
        )
        return min((found, *(pair for pair in pairs if pair)), key=lambda option: option[0])
    pair = _two_light(choice, low, high, face_cost)
    if pair is not None and heaviest == 1:
        return pair
    return _two_heavy(choice, low, high, face_cost)


def _two_light(
    choice: Options, low: int, high: int, face_cost: Integers
) -> tuple[int, tuple[Part, ...]] | None:
    """The cheapest two gadgets of one copy each, with the heaviest weights or their negatives."""
    heaviest = choice.machine.heaviest
    heights = heaviest * np.concatenate((choice.heights, -choice.heights))
    order = np.argsort(heights, kind="stable")
    ascending = heights[order]
    places = np.searchsorted(ascending, low - heights)
    exists = places < len(order)
    others = order[np.minimum(places, len(order) - 1)]
    exists &= heights + heights[others] <= high
    if not exists.any():
        return None
    count = len(choice)
    faces = np.maximum(face_cost[np.arange(2 * count) % count], face_cost[others % count])
    cost = np.where(exists, faces + TWO, FAR)
    one = int(np.argmin(cost))
    parts = [
        Part(int(row % count), heaviest if row < count else -heaviest)
        for row in (one, int(others[one]))
    ]
    return int(cost[one]), tuple(parts)


def _tall_and_rest(
    choice: Options, low: int, high: int, face_cost: Integers
) -> tuple[int, tuple[Part, ...]] | None:
    """Most of the way with one of the tallest gadgets, the rest with another."""
    heaviest = choice.machine.heaviest
    aim = low if low > -FAR // 2 else high
    best: tuple[int, tuple[Part, ...]] | None = None
    for row in np.argsort(-np.abs(choice.heights), kind="stable")[:TALL].tolist():
        height = int(choice.heights[row])
        weight = aim // height
        rest, exists = single(choice, low - weight * height, high - weight * height)
        if not weight or not exists.any():
            continue
        copies = -(-abs(weight) // heaviest) - (-np.abs(rest) // heaviest)
        cost = np.where(exists, copies + np.maximum(face_cost, face_cost[row]), FAR)
        other = int(np.argmin(cost))
        if best is None or cost[other] < best[0]:
            best = int(cost[other]), (Part(row, int(weight)), Part(other, int(rest[other])))
    return best


def _two_heavy(
    choice: Options, low: int, high: int, face_cost: Integers
) -> tuple[int, tuple[Part, ...]] | None:
    """The cheapest two gadgets, the first with one of some small weights."""
    heaviest = choice.machine.heaviest
    best: tuple[int, tuple[Part, ...]] | None = None
    rows = np.argsort(face_cost, kind="stable")[:PAIRS_OF]
    for row in rows:
        height = int(choice.heights[row])
        for weight in _first_weights(height, heaviest):
            rest, exists = single(choice, low - weight * height, high - weight * height)
            if not exists.any():
                continue
            copies = -(-abs(weight) // heaviest) - (-np.abs(rest) // heaviest)
            cost = np.where(exists, copies + np.maximum(face_cost, face_cost[row]), FAR)
            other = int(np.argmin(cost))
            if best is None or cost[other] < best[0]:
                best = int(cost[other]), (Part(int(row), weight), Part(other, int(rest[other])))
    return best


def _first_weights(height: int, heaviest: int) -> list[int]:
    """Weights of the first of two gadgets: small ones, both signs."""
    most = min(max(heaviest, 8), 32)
    return [sign * size for size in range(1, most + 1) for sign in (1, -1)] if height else []
