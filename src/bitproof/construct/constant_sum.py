"""A constant to a tolerance, from as few entries as possible."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bitproof.construct.numerals import Integers
from bitproof.construct.tube import Floats

KEPT = 16
KEPT_NEAREST = 8
PRICE_PER_BIT = 1.0
MAX_TERMS = 24
CHILDREN = 6
FIRST_LOOKED_AT = 400


@dataclass(frozen=True, slots=True)
class Term:
    """A weight that may be put in a place: what it contributes and what it costs."""

    value: float
    place: tuple[int, int]
    cost: float
    weight: int


def cheapest_sum(
    terms: Sequence[Term],
    low: float,
    high: float,
    *,
    guarded: int | None = None,
    floor: float = 0.0,
) -> tuple[Term, ...] | None:
    """Few-entry terms, at most one per place, whose sum lies in [low, high]; None if not found.

    The terms whose place starts with `guarded` must sum to at least `floor`.
    """
    if low <= 0 <= high and (guarded is None or floor <= 0):
        return ()
    if not terms or not low <= high:
        return None
    board = _Board.of(terms, guarded, floor)
    goal, room = (low + high) / 2, max((high - low) / 2, 1e-15 * (abs(low) + abs(high)))
    level: list[_Partial] = [_Partial(0.0, goal, 0.0, 0.0, ())]
    best: _Partial | None = None
    for _ in range(MAX_TERMS):
        following: dict[tuple[int, ...], _Partial] = {}
        for partial in level:
            for child in board.children(partial, room):
                if best is not None and child.cost >= best.cost:
                    continue
                if abs(child.residual) <= room and board.allowed(child):
                    best = child
                else:
                    following[child.chosen] = child
        ceiling = math.inf if best is None else best.cost
        hopeful = [partial for partial in following.values() if partial.cost < ceiling]
        by_score = sorted(hopeful)[:KEPT]
        by_distance = sorted(hopeful, key=lambda partial: abs(partial.residual))[:KEPT_NEAREST]
        level = list({partial.chosen: partial for partial in by_score + by_distance}.values())
        if not level:
            break
    return None if best is None else tuple(terms[i] for i in best.chosen)


@dataclass(frozen=True, slots=True, order=True)
class _Partial:
    score: float
    residual: float
    cost: float
    guarded: float
    chosen: tuple[int, ...]


@dataclass(frozen=True)
class _Board:
    """The terms as arrays."""

    values: Floats
    costs: Floats
    places: Integers
    guards: Floats
    floor: float

    @classmethod
    def of(cls, terms: Sequence[Term], guarded: int | None, floor: float) -> _Board:
        numbers: dict[tuple[int, int], int] = {}
        return cls(
            np.array([term.value for term in terms]),
            np.array([term.cost for term in terms]),
            np.array([numbers.setdefault(term.place, len(numbers)) for term in terms]),
            np.array([term.value if term.place[0] == guarded else 0.0 for term in terms]),
            floor if guarded is not None else -math.inf,
        )

    def allowed(self, partial: _Partial) -> bool:
        return partial.guarded >= self.floor

    def _one_per_place(self, rank: Floats) -> list[int]:
        order = np.argsort(rank, kind="stable")[:FIRST_LOOKED_AT]
        _, first = np.unique(self.places[order], return_index=True)
        return [int(i) for i in order[np.sort(first)]]

    def children(self, partial: _Partial, room: float) -> list[_Partial]:
        after = np.abs(partial.residual - self.values)
        if partial.chosen:
            after[np.isin(self.places, self.places[list(partial.chosen)])] = np.inf
        short = np.maximum(self.floor - partial.guarded - self.guards, 0.0)
        distance = np.maximum(after, np.where(np.isfinite(short), short, 0.0))
        judged = self.costs + PRICE_PER_BIT * np.log2(np.maximum(distance / room, 0.5))
        picks = set(self._one_per_place(judged)[:CHILDREN])
        picks |= set(self._one_per_place(distance)[: CHILDREN // 2])
        return [
            _Partial(
                partial.cost + float(judged[i]),
                partial.residual - float(self.values[i]),
                partial.cost + float(self.costs[i]),
                partial.guarded + float(self.guards[i]),
                tuple(sorted((*partial.chosen, i))),
            )
            for i in picks
            if math.isfinite(after[i])
        ]
