"""The integer machine behind a fixed-point network: levels, rounding cells, one activation table.

Everything is an integer. A neuron reads levels n of the previous layer, forms u = Σ m·n + β·b and
becomes T[R(u)]: R is the rounding with saturation, T the activation's table. `cell(k)` is the set
of u that R sends to level k: an interval, half-infinite at both ends of the format.

Weights of one sign pattern only (binary, ternary) are multiples of the scale, so u is a multiple of
the scale and nothing is ever rounded: the machine then counts u, weights and biases in levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import gcd

import numpy as np
from numpy.typing import NDArray

from bitproof.errors import FormatError
from bitproof.theory.arithmetic import Arithmetic

Integers = NDArray[np.int64]

FAR = 1 << 60


@dataclass(frozen=True, eq=False)
class Machine:
    """One format, one rounding, one activation, one set of weights.

    Attributes:
        lowest, highest: the levels A..B.
        table: T[k - A] is the activation's level at level k.
        starts: starts[i] is the least u that R sends to level A + 1 + i or higher; ascending.
        beta: what one unit of bias adds to u.
        biases: the least and the greatest bias; None if any integer is one.
        heaviest: the largest |m| of both signs.
        first: the least and the greatest weight of the first layer, where nothing is copied.
        zeros: whether a weight may be 0.
    """

    lowest: int
    highest: int
    table: Integers
    starts: Integers
    beta: int
    biases: tuple[int, int] | None
    heaviest: int
    first: tuple[int, int]
    zeros: bool

    def level(self, u: Integers) -> Integers:
        """R: the level of every accumulator."""
        return np.searchsorted(self.starts, u, side="right") + self.lowest

    def apply(self, u: Integers) -> Integers:
        """T[R(u)] for every accumulator."""
        return self.table[np.searchsorted(self.starts, u, side="right")]

    def at(self, level: int) -> int:
        """T at one level."""
        return int(self.table[level - self.lowest])

    @cached_property
    def cell_low(self) -> Integers:
        """The least u of every level's cell (-FAR at the lowest level)."""
        return np.concatenate(([-FAR], self.starts)).astype(np.int64)

    @cached_property
    def cell_high(self) -> Integers:
        """The greatest u of every level's cell (FAR at the highest level)."""
        return np.concatenate((self.starts - 1, [FAR])).astype(np.int64)

    def cell(self, level: int) -> tuple[int | None, int | None]:
        """The least and the greatest u that R sends to a level; None for no bound."""
        low, high = (int(ends[level - self.lowest]) for ends in (self.cell_low, self.cell_high))
        return (None if low <= -FAR else low), (None if high >= FAR else high)

    @property
    def levels(self) -> Integers:
        return np.arange(self.lowest, self.highest + 1, dtype=np.int64)

    @cached_property
    def difference(self) -> int:
        """D: the gcd of the differences of the activation's values; 0 if it is constant."""
        return gcd(*(int(value) - int(self.table[0]) for value in self.table))

    @cached_property
    def flat_low(self) -> int:
        """The last level up to which T equals its value at the lowest level."""
        return self.lowest + int(np.argmax(self.table != self.table[0])) - 1

    @cached_property
    def flat_high(self) -> int:
        """The first level from which on T equals its value at the highest level."""
        return self.highest - int(np.argmax(self.table[::-1] != self.table[-1])) + 1

    @cached_property
    def plateau_low(self) -> Integers:
        """For every level, the least u from which on T is what it is there."""
        return np.asarray(self.cell_low[self._run_starts[self._runs]])

    @cached_property
    def plateau_high(self) -> Integers:
        """For every level, the greatest u up to which T is what it is there."""
        ends = np.append(self._run_starts[1:], len(self.table)) - 1
        return np.asarray(self.cell_high[ends[self._runs]])

    @cached_property
    def _run_starts(self) -> Integers:
        return np.flatnonzero(np.append(True, np.diff(self.table) != 0)).astype(np.int64)

    @cached_property
    def _runs(self) -> Integers:
        """The number of the run of equal values that every level is in."""
        changes = np.append(False, np.diff(self.table) != 0)
        return np.asarray(np.cumsum(changes), dtype=np.int64)

    def allows(self, bias: int) -> bool:
        return self.biases is None or self.biases[0] <= bias <= self.biases[1]


def machine(table: Sequence[int], arithmetic: Arithmetic) -> Machine:
    """The machine of an arithmetic with an activation's table of levels.

    Raises:
        FormatError: rounding after every operation (the constructions need sums rounded once), a
            table of another format, or ±1 not a weight of it.

    >>> from bitproof.exact.fixed_point import FixedPoint
    >>> form = FixedPoint(-1, 1, 4)
    >>> tiny = machine((-1, 0, 1), Arithmetic.of(form))
    >>> [int(u) for u in tiny.starts]  # to nearest, ties to even: u = -2 becomes 0
    [-2, 3]
    """
    form = arithmetic.form
    if not arithmetic.rounding_once:
        raise FormatError(
            "rounding after every operation",
            remedy="exact networks are built for wide sums that are rounded once",
        )
    if len(table) != form.levels:
        raise FormatError(
            f"an activation of {len(table)} levels for {form.levels}", remedy="one for each level"
        )
    full = arithmetic.weight_set == "full"
    scale = form.scale
    if not full and (arithmetic.weights < scale or scale % arithmetic.beta):
        raise FormatError(
            f"weights of ±1 where the heaviest weight is {arithmetic.weights}/{scale}",
            remedy="±1 must be a weight of the format: a scale of at most its highest level",
        )
    levels = arithmetic.levels
    starts = arithmetic.edges if full else tuple(levels)[1:]
    return Machine(
        lowest=form.lowest,
        highest=form.highest,
        table=np.array(table, dtype=np.int64),
        starts=np.array(starts, dtype=np.int64),
        beta=arithmetic.beta if full else 1,
        biases=None if arithmetic.bias == "wide" else _bias_range(arithmetic),
        heaviest=arithmetic.weights if full else 1,
        first=arithmetic.weight_range if full else (-1, 1),
        zeros=arithmetic.weight_set != "binary",
    )


def _bias_range(arithmetic: Arithmetic) -> tuple[int, int]:
    if arithmetic.weight_set == "full":
        return arithmetic.lowest, arithmetic.highest
    coarse = arithmetic.scale // arithmetic.beta
    return -(-arithmetic.lowest // coarse), arithmetic.highest // coarse
