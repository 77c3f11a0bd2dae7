"""The gates of Theorem E: thresholds, conjunctions and wide steps of saturating sums.

All are words of products P_m(φ) and shifts by constants. A shift by j is a row of constant products
of one sign that add up to j, so it clamps like one addition. Two-valued features have the values
T[k] and T[k+1], as the level before T is k or k + 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bitproof.theory.arithmetic import Arithmetic
from bitproof.theory.step_program import Draft, Move, products_of


@dataclass(frozen=True)
class Literal:
    """A product of a two-valued feature: `true` where it holds, `false` elsewhere."""

    source: int
    weight: int
    true: int
    false: int


class Gates:
    """Words for one activation whose products include 1 and -1.

    Args:
        table: T.
        arithmetic: rounding after every operation.
        draft: where the constant neurons of shifts are put.
    """

    def __init__(self, table: Sequence[int], arithmetic: Arithmetic, draft: Draft) -> None:
        self.table = tuple(table)
        self.arithmetic = arithmetic
        self.draft = draft
        self.low, self.high = arithmetic.lowest, arithmetic.highest
        self.weights = arithmetic.first_weights()
        self._products = products_of(arithmetic)
        self._coins = self._constants()
        self._paid: dict[int, list[tuple[int, int]]] = {}

    def product(self, weight: int, level: int) -> int:
        """P_weight of a level."""
        return int(self._products.of(weight)[level - self.low])

    def fed(self, weight: int, level: int) -> int:
        """P_weight(T[level])."""
        return self.product(weight, self.table[level - self.low])

    def shift(self, layer: int, by: int) -> list[Move]:
        """Moves of a neuron behind `layer` that add `by`, clamping once at most."""
        if by not in self._paid:
            self._paid[by] = self._pay(by)
        return [(self.draft.neuron(layer, level), weight) for level, weight in self._paid[by]]

    def _constants(self) -> dict[int, tuple[int, int]]:
        """For every value of a constant product: (bias level of the neuron, weight)."""
        first: dict[int, int] = {}
        for place, value in enumerate(self.table):
            first.setdefault(value, place + self.low)
        values = sorted(first, key=lambda v: (-abs(v), v))
        places = np.asarray(values, dtype=np.int64) - self.low
        found: dict[int, tuple[int, int]] = {}
        for weight in self.arithmetic.first_weights():
            row, which = np.unique(self._products.of(weight)[places], return_index=True)
            for product, at in zip(row.tolist(), which.tolist(), strict=True):
                found.setdefault(product, (first[values[at]], weight))
        return found

    def _pay(self, by: int) -> list[tuple[int, int]]:
        """Fewest first: one coin, two, else the greatest again and again."""
        sign = 1 if by > 0 else -1
        coins = sorted((c for c in self._coins if c * sign > 0), key=abs, reverse=True)
        paid: list[tuple[int, int]] = []
        rest = by
        while rest:
            coin = rest if rest in self._coins else None
            coin = coin or next(
                (c for c in coins if (rest - c) * sign > 0 and rest - c in self._coins), None
            )
            coin = coin or next(c for c in coins if (rest - c) * sign >= 0)
            paid.append(self._coins[coin])
            rest -= coin
        return paid

    # Words. `layer` is the one they read; they start from their bias.

    def threshold(
        self, layer: int, source: int, weight: int, above: int, goal: int
    ) -> tuple[int, tuple[Move, ...]]:
        """Level goal + 1 where P_weight(source) > above, `goal` elsewhere."""
        start, moves = self.low, [(source, weight)]
        if above >= 0:
            moves += self.shift(layer, -above)
        else:
            start -= above
        moves += self._settle(layer, goal)
        return start, tuple(moves)

    def _settle(self, layer: int, goal: int) -> list[Move]:
        """From A and anything above it to goal and goal + 1."""
        up = self.high - self.low - 1
        return [*self.shift(layer, up), *self.shift(layer, goal - (self.high - 1))]

    def gate(
        self, layer: int, literals: Iterable[Literal], goal: int
    ) -> tuple[int, tuple[Move, ...]]:
        """Where all literals hold, one of goal and goal + 1, elsewhere the other: goal + 1 if the
        literals' true products are the greater ones, goal if they are the smaller ones.

        All literals are of one kind.
        """
        literals = list(literals)
        if literals[0].true > literals[0].false:
            moves = [m for one in literals for m in self._drain(layer, one)]
            return self.low + 1, (*moves, *self.shift(layer, goal - self.low))
        moves = [m for one in literals for m in self._raise(layer, one)]
        return self.high - 1, (*moves, *self.shift(layer, goal - (self.high - 1)))

    def _drain(self, layer: int, one: Literal) -> list[Move]:
        """A stays; A + 1 stays where it holds, becomes A elsewhere."""
        product = (one.source, one.weight)
        if one.true >= 0:
            return [product, *self.shift(layer, -one.true)]
        return [*self.shift(layer, -one.true), product]

    def _raise(self, layer: int, one: Literal) -> list[Move]:
        """B stays; B - 1 stays where it holds, becomes B elsewhere."""
        product = (one.source, one.weight)
        if one.true <= 0:
            return [product, *self.shift(layer, -one.true)]
        return [*self.shift(layer, -one.true), product]

    def widened(
        self, layer: int, one: Literal, levels: tuple[int, int]
    ) -> tuple[int, tuple[Move, ...]] | None:
        """The higher of two levels where the literal (with the greater product) holds, the lower
        elsewhere; None if the two are too far apart for it."""
        add = self._grown(layer, one)
        top, times = self.low, 0
        while (grown := self._after(top, one)) > top:
            top, times = grown, times + 1
        gap = levels[1] - levels[0]
        if top - self.low < gap:
            return None
        moves = [move for _ in range(times) for move in add]
        moves += self.shift(layer, self.high - self.low - gap)
        return self.low, (*moves, *self.shift(layer, levels[1] - self.high))

    def _grown(self, layer: int, one: Literal) -> list[Move]:
        product = (one.source, one.weight)
        back = self.shift(layer, -one.false)
        return [product, *back] if one.false >= 0 else [*back, product]

    def _after(self, level: int, one: Literal) -> int:
        steps = (one.true, -one.false) if one.false >= 0 else (-one.false, one.true)
        for step in steps:
            level = min(max(level + step, self.low), self.high)
        return level
