"""Numbers written with few digits: sums of atoms, at most one atom per place.

A place is a pair of neurons (an edge) or a neuron's bias; an atom is a weight of the format put
there, and its value is what that contributes. The fewer atoms, the less memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bitproof.construct.tube import Floats

Integers = npt.NDArray[np.int64]
MAX_SUMS = 6_000
BUDGET = 40_000


@dataclass(frozen=True, slots=True)
class Atom:
    """One weight in one place."""

    value: float
    place: int
    cost: int
    key: int


@dataclass(frozen=True)
class Numerals:
    """Sums of atoms in ascending order of value, the cheapest writing of each.

    Attributes:
        value: shape (n,), ascending.
        cost: entries each takes, shape (n,).
        atoms: indices of its atoms, padded with -1, shape (n, digits).
        keys: the `key` of every atom.
    """

    value: Floats
    cost: Integers
    atoms: Integers
    keys: tuple[int, ...]

    def writing(self, index: int) -> tuple[int, ...]:
        """The keys of the atoms of one numeral."""
        return tuple(self.keys[atom] for atom in self.atoms[index] if atom >= 0)

    @cached_property
    def of_cost(self) -> list[tuple[Floats, Integers, int]]:
        """(values, indices, cost) for each cost that occurs, cheapest first."""
        groups = []
        for cost in np.unique(self.cost):
            at = np.flatnonzero(self.cost == cost)
            groups.append((self.value[at], at, int(cost)))
        return groups


def few_digit_sums(
    atoms: Sequence[Atom],
    digits: int,
    lower: float,
    upper: float,
    gap: float,
    *,
    zero: bool,
    budget: int = BUDGET,
) -> Numerals:
    """All sums of at most `digits` atoms within [lower, upper], one per cell of width `gap`.

    `zero` includes the empty sum; `budget` bounds the sums tried for each number of digits.
    """
    values = np.array([atom.value for atom in atoms])
    places = np.array([atom.place for atom in atoms], dtype=np.int64)
    costs = np.array([atom.cost for atom in atoms], dtype=np.int64)
    level_value = np.zeros(1)
    level_cost = np.zeros(1, dtype=np.int64)
    level_atoms = np.full((1, digits), -1, dtype=np.int64)
    level_place = np.full(1, -1, dtype=np.int64)
    found = [(level_value, level_cost, level_atoms)] if zero else []
    later = _largest_later(values, places)
    for digit in range(digits):
        kept = max(1, budget // max(len(atoms), 1))
        thin = _thinned(level_cost, kept)
        level_value, level_cost = level_value[thin], level_cost[thin]
        level_atoms, level_place = level_atoms[thin], level_place[thin]
        rows, columns = np.nonzero(places[None, :] > level_place[:, None])
        if len(rows) == 0:
            break
        level_value = level_value[rows] + values[columns]
        level_cost = level_cost[rows] + costs[columns]
        level_atoms = level_atoms[rows]
        level_atoms[:, digit] = columns
        level_place = places[columns]
        slack = later[columns]
        near = (level_value >= lower - slack) & (level_value <= upper + slack)
        keep = np.flatnonzero(near)
        keep = keep[_cheapest_per_cell(level_value[keep], level_cost[keep], gap)]
        keep = keep[_thinned(level_cost[keep], max(MAX_SUMS, budget // 16))]
        level_value, level_cost = level_value[keep], level_cost[keep]
        level_atoms, level_place = level_atoms[keep], level_place[keep]
        found.append((level_value, level_cost, level_atoms))
    if not found:
        return Numerals(np.zeros(0), np.zeros(0, np.int64), np.zeros((0, digits), np.int64), ())
    value = np.concatenate([part[0] for part in found])
    cost = np.concatenate([part[1] for part in found])
    written = np.concatenate([part[2] for part in found])
    inside = np.flatnonzero((value >= lower) & (value <= upper))
    chosen = inside[_cheapest_per_cell(value[inside], cost[inside], gap)]
    chosen = chosen[np.argsort(value[chosen], kind="stable")]
    keys = tuple(atom.key for atom in atoms)
    return Numerals(value[chosen], cost[chosen], written[chosen], keys)


def _largest_later(values: Floats, places: Integers) -> Floats:
    """For every atom, what atoms in later places can still add."""
    largest = np.zeros(int(places.max(initial=-1)) + 2)
    np.maximum.at(largest, places, np.abs(values))
    after = np.cumsum(largest[::-1])[::-1]
    return after[places + 1]


def _thinned(cost: Integers, limit: int) -> Integers:
    """At most `limit` rows of a list in ascending order of cost, the dearest spread evenly."""
    if len(cost) <= limit:
        return np.arange(len(cost))
    cheap = int(np.searchsorted(cost, cost[limit]))
    spread = np.linspace(cheap, len(cost) - 1, limit - cheap).astype(np.int64)
    return np.concatenate([np.arange(cheap), spread])


def _cheapest_per_cell(value: Floats, cost: Integers, gap: float) -> Integers:
    cell = np.round(value / gap)
    order = np.lexsort((np.abs(value - cell * gap), cost, cell))
    first = np.ones(len(order), dtype=bool)
    first[1:] = cell[order][1:] != cell[order][:-1]
    chosen = order[first]
    return chosen[np.argsort(cost[chosen], kind="stable")]
