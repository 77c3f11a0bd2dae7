"""Where the next knot may be: places that take few digits, near where a line leaves the tube."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bitproof.construct.numerals import Integers, Numerals
from bitproof.construct.tube import Floats

BEFORE = np.arange(-1, -4, -1)
AROUND = np.arange(0, -3, -1)
EARLIEST = 0.3
PER_STATE = 10
PRICE_OF_SHORTNESS = 6.0


@dataclass(frozen=True)
class KnotMenu:
    """Places written relative to the pivot, or to the knot before.

    Attributes:
        coarse: numerals, positions or distances.
        fine: numerals from other places of the same neuron, added to coarse ones to come close to
            any position; None if not offered.
        chained: whether these are distances from the knot before.
    """

    coarse: Numerals
    fine: Numerals | None
    chained: bool

    def keys(self, coarse: int, fine: int) -> tuple[int, ...]:
        """The digits of a place."""
        keys = self.coarse.writing(coarse)
        if fine < 0 or self.fine is None:
            return keys
        return keys + self.fine.writing(fine)


@dataclass(frozen=True)
class NextKnots:
    """Knots worth trying, one per row.

    Attributes:
        state: the state each continues.
        position: where it is.
        cost: entries of its digits.
        menu: number of the menu it is from.
        coarse, fine: its numerals; fine is -1 if there is none.
    """

    state: Integers
    position: Floats
    cost: Floats
    menu: Integers
    coarse: Integers
    fine: Integers

    def only(self, rows: Integers) -> NextKnots:
        return NextKnots(
            self.state[rows],
            self.position[rows],
            self.cost[rows],
            self.menu[rows],
            self.coarse[rows],
            self.fine[rows],
        )

    @classmethod
    def joined(cls, parts: Sequence[NextKnots]) -> NextKnots:
        """Several one after the other."""
        return cls(
            np.concatenate([part.state for part in parts]),
            np.concatenate([part.position for part in parts]),
            np.concatenate([part.cost for part in parts]),
            np.concatenate([part.menu for part in parts]),
            np.concatenate([part.coarse for part in parts]),
            np.concatenate([part.fine for part in parts]),
        )


def next_knots(
    menus: Sequence[KnotMenu], t: Floats, before: Floats, reach: Floats, end: float
) -> NextKnots:
    """The last few places of every cost before each line leaves the tube, and before `end`.

    Chained places are relative to `before`: the last hinge, or the pivot if there is none yet.
    """
    furthest = np.minimum(reach, end)
    parts = []
    for number, menu in enumerate(menus):
        origin = before if menu.chained else np.zeros(len(t))
        parts += _near(number, menu, origin, furthest)
    knots = NextKnots.joined(parts)
    earliest = t + EARLIEST * (furthest - t)
    inside = (knots.position > earliest[knots.state]) & (knots.position < end)
    knots = knots.only(np.flatnonzero(inside & (knots.position <= furthest[knots.state])))
    gap = furthest[knots.state] - knots.position
    short = gap / (furthest - t)[knots.state]
    order = np.lexsort((knots.cost + PRICE_OF_SHORTNESS * short, knots.state))
    state = knots.state[order]
    rank = np.arange(len(order)) - np.searchsorted(state, state)
    kept = np.zeros(len(order), dtype=bool)
    kept[order[rank < PER_STATE]] = True
    if any(menu.fine is not None for menu in menus):
        kept |= _cheapest_so_near(knots, gap)
    return knots.only(np.flatnonzero(kept))


def _cheapest_so_near(knots: NextKnots, gap: Floats) -> npt.NDArray[np.bool_]:
    """Whether every nearer place of the same state costs more."""
    order = np.lexsort((knots.cost, gap, knots.state))
    cost = knots.cost[order] - 1e6 * knots.state[order]
    before = np.minimum.accumulate(np.concatenate([[np.inf], cost]))[:-1]
    kept = np.zeros(len(order), dtype=bool)
    kept[order[cost < before]] = True
    return kept


def _near(number: int, menu: KnotMenu, origin: Floats, furthest: Floats) -> list[NextKnots]:
    steps = BEFORE if menu.fine is None else AROUND
    found = []
    for values, indices, cost in menu.coarse.of_cost:
        at = np.searchsorted(values, furthest - origin, side="right")[:, None] + steps
        state, column = np.nonzero((at >= 0) & (at < len(values)))
        at = at[state, column]
        found.append((state, values[at], np.full(len(at), float(cost)), indices[at]))
    state, offset, costs, coarse = (np.concatenate(part) for part in zip(*found, strict=True))
    base = NextKnots(
        state,
        offset + origin[state],
        costs,
        np.full(len(state), number, dtype=np.int64),
        coarse,
        np.full(len(state), -1, dtype=np.int64),
    )
    return [base] if menu.fine is None else _refined(base, menu.fine, furthest)


def _refined(base: NextKnots, fine: Numerals, furthest: Floats) -> list[NextKnots]:
    parts = []
    missing = furthest[base.state] - base.position
    for values, indices, cost in fine.of_cost:
        at = np.searchsorted(values, missing, side="right") - 1
        rows = np.flatnonzero(at >= 0)
        part = base.only(rows)
        at = at[rows]
        parts.append(
            NextKnots(
                part.state,
                part.position + values[at],
                part.cost + cost,
                part.menu,
                part.coarse,
                indices[at],
            )
        )
    return parts
