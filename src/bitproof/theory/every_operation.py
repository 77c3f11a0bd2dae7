"""Rounding after every operation: conditions under which networks compute every function.

P_m(v) = clamp(round(m·v/s)) is the level that weight m makes of level v; S = T(levels), N = B - A.
A neuron starts from a level and adds products P_m(φ), clamping to A..B each time.

Theorem E. If

    separation   for any two levels x, x' there are a first-layer neuron φ and a weight m with
                 P_m(φ(x)) ≠ P_m(φ(x')),
    order        some P_m∘T increases from one level to the next, and some decreases,
    turn         some P_m∘T takes a value ≤ 0 and a value ≥ 0, not all 0,
    units        1 and -1 are among the P_m(v), v in S,
    width        of values ≤ 0 ≤ of one P_m∘T that differ, some differ by δ with 2δ ≤ N + 2,

networks compute every function of any number of inputs. Separation, order and turn are necessary.
If the format is symmetric, rounds to nearest, all levels are weights, 1 among them, and T is not
constant with a value v ≠ 0, |v| ≤ s, all but turn hold, or follow from it: then turn is necessary
and sufficient, and so is that the automaton of `theory.automaton` reaches all levels.

The proof is in docs/fixed-point.md; `theory.step_networks` is its construction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bitproof.theory.arithmetic import Arithmetic
from bitproof.theory.step_program import Integers, products_of

MAX_LEVELS = 1 << 11


@dataclass(frozen=True)
class Turn:
    """Levels `below` and `above` with P_weight(T[below]) ≤ 0 ≤ P_weight(T[above]), differing by
    `width`."""

    weight: int
    below: int
    above: int
    width: int


@dataclass(frozen=True)
class Rise:
    """A level from which to the next P_weight∘T changes."""

    level: int
    weight: int


@dataclass(frozen=True)
class EveryOperation:
    """The conditions of Theorem E for an activation.

    Attributes:
        alike: two levels that are never separated; None if separation holds.
        up, down: where some P_m∘T increases and where some decreases; None where none does.
        turn: a turn of the least width, between neighbours where that is as good; None if none.
        units: whether 1 and -1 are products.
        narrow: whether the width's condition holds.
    """

    alike: tuple[int, int] | None
    up: Rise | None
    down: Rise | None
    turn: Turn | None
    units: bool
    narrow: bool

    @property
    def necessary(self) -> bool:
        """Whether the conditions hold that every universal activation meets."""
        return self.alike is None and None not in (self.up, self.down, self.turn)

    @property
    def sufficient(self) -> bool:
        """Whether networks compute every function."""
        return self.necessary and self.units and self.narrow


def every_operation(table: Sequence[int], arithmetic: Arithmetic) -> EveryOperation | None:
    """The conditions of Theorem E; None for more levels than are checked.

    Args:
        table: T, for every level ascending.
        arithmetic: rounding after every operation, with weights of both signs.

    >>> from bitproof.exact.fixed_point import FixedPoint
    >>> arithmetic = Arithmetic.of(FixedPoint.symmetric(2, 2), rounding_once=False)
    >>> every_operation((0, 0, 0, 0, 1, 2, 3), arithmetic).sufficient
    True
    >>> every_operation((3, 3, 3, 3, 2, 2, 2), arithmetic).turn is None  # all above 0
    True
    """
    if len(table) > MAX_LEVELS:
        return None
    products = products_of(arithmetic)
    places = np.asarray(table, dtype=np.int64) - arithmetic.lowest
    weights = sorted(arithmetic.first_weights(), key=lambda m: (abs(m), m < 0))
    rows = np.stack([products.of(m)[places] for m in weights])
    first = np.stack([products.of(m) for m in weights])
    values = set(np.unique(rows).tolist())
    turn = _turn(rows, weights, arithmetic)
    return EveryOperation(
        alike=_alike(rows, first, arithmetic),
        up=_rise(rows, weights, arithmetic.lowest),
        down=_rise(-rows, weights, arithmetic.lowest),
        turn=turn,
        units={1, -1} <= values,
        narrow=turn is not None and 2 * turn.width <= len(table) + 1,
    )


def _alike(rows: Integers, first: Integers, arithmetic: Arithmetic) -> tuple[int, int] | None:
    """Two levels with equal products, by any weight, of all first-layer neurons."""
    count = rows.shape[1]
    names = _names(rows.T)  # of the levels before T: equal if no weight tells them apart after it
    biases = np.arange(arithmetic.lowest, arithmetic.highest + 1)
    levels = np.clip(biases[:, None] + biases[None, :], arithmetic.lowest, arithmetic.highest)
    shifted = _names(names[levels - arithmetic.lowest])  # of the products of the input
    inputs = _names(shifted[first - arithmetic.lowest].T)
    order = sorted(range(count), key=lambda i: (abs(i + arithmetic.lowest), i))
    seen: dict[int, int] = {}
    for at in order:
        other = seen.setdefault(int(inputs[at]), at)
        if other != at:
            return other + arithmetic.lowest, at + arithmetic.lowest
    return None


def _names(rows: Integers) -> Integers:
    """Equal numbers for equal rows."""
    found: Integers = np.unique(rows, axis=0, return_inverse=True)[1].astype(np.int64).ravel()
    return found


def _rise(rows: Integers, weights: Sequence[int], lowest: int) -> Rise | None:
    """A greatest increase of a row from one level to the next."""
    steps = rows[:, 1:] - rows[:, :-1]
    if steps.size == 0 or steps.max() <= 0:
        return None
    row, at = np.unravel_index(int(steps.argmax()), steps.shape)
    return Rise(int(at) + lowest, weights[int(row)])


def _turn(rows: Integers, weights: Sequence[int], arithmetic: Arithmetic) -> Turn | None:
    """The narrowest turn; neighbours first."""
    best: tuple[tuple[int, bool, int], Turn] | None = None
    for row, weight in zip(rows, weights, strict=True):
        pair = _narrowest(row)
        if pair is None:
            continue
        below, above = pair
        width = int(row[above] - row[below])
        key = width, abs(below - above) > 1, abs(weight)
        if best is None or key < best[0]:
            lowest = arithmetic.lowest
            best = key, Turn(weight, below + lowest, above + lowest, width)
    return None if best is None else best[1]


def _narrowest(row: Integers) -> tuple[int, int] | None:
    """Places of a value ≤ 0 and one ≥ 0 that differ least, but differ; neighbours if possible."""
    below, above = row <= 0, row >= 0
    if not (below.any() and above.any() and row.any()):
        return None
    low, high = int(row[row < 0].max(initial=-(1 << 40))), int(row[row > 0].min(initial=1 << 40))
    ends = {(low, high), (low, 0), (0, high)} if (row == 0).any() else {(low, high)}
    ends = {(a, b) for a, b in ends if a > -(1 << 40) and b < 1 << 40}
    one, other = min(ends, key=lambda pair: (pair[1] - pair[0], pair))
    return _nearest_places(np.flatnonzero(row == one), np.flatnonzero(row == other))


def _nearest_places(ones: Integers, others: Integers) -> tuple[int, int]:
    distance = np.abs(ones[:, None] - others[None, :])
    i, j = np.unravel_index(int(distance.argmin()), distance.shape)
    return int(ones[int(i)]), int(others[int(j)])
