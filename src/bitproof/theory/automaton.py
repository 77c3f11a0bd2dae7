"""Rounding after every operation: a condition that is necessary.

A neuron starts from its bias and adds, one after the other, products that are each rounded to a
level; every partial sum saturates. Whatever the hidden layers do, the features of the output
neuron lie in S = T(levels), and its weights are the same for all inputs. So the set of its
partial sums over all inputs is inside a set of the automaton

    R_0 = {bias},   R_{i+1} = clamp(R_i + {clamp(round(m·n/s)) : n in S}),

and a network whose outputs take every level needs weights m that lead to the set of all levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bitproof.theory.arithmetic import Arithmetic

MAX_SETS = 40_000


@dataclass(frozen=True)
class Reach:
    """What the automaton can reach.

    Attributes:
        reaches: whether the set of all levels is reached; None where the search was cut short.
        weights: weights on the way to it.
        bias: the start of that way.
        largest: the most levels in a set that was reached.
        sets: how many sets were visited.
    """

    reaches: bool | None
    weights: tuple[int, ...]
    bias: int
    largest: int
    sets: int


def reach(table: Sequence[int], arithmetic: Arithmetic, limit: int = MAX_SETS) -> Reach:
    """Searches the automaton, largest sets first, until all levels are reached.

    Args:
        table: T, for every level.
        arithmetic: with the weights and the rounding.
        limit: how many sets to visit before giving up.

    >>> from bitproof.exact.fixed_point import FixedPoint
    >>> arithmetic = Arithmetic.of(FixedPoint.symmetric(2, 2), rounding_once=False)
    >>> sign = tuple(2 if k >= 0 else -2 for k in arithmetic.levels)
    >>> reach(sign, arithmetic).reaches
    True
    """
    import heapq

    moves = _moves(table, arithmetic)
    width = arithmetic.form.levels
    full = (1 << width) - 1
    seen: dict[int, tuple[int, int]] = {}
    queue: list[tuple[int, int, int]] = []
    for index in range(width):
        seen[1 << index] = (0, 0)
        heapq.heappush(queue, (-1, abs(index + arithmetic.lowest), 1 << index))
    largest = 1
    while queue and full not in seen and len(seen) < limit:
        _, _, levels = heapq.heappop(queue)
        for weight, shifts in moves:
            found = _step(levels, shifts, width, full)
            if found in seen:
                continue
            seen[found] = (levels, weight)
            largest = max(largest, found.bit_count())
            heapq.heappush(queue, (-found.bit_count(), 0, found))
    if full in seen:
        weights, bias = _way(seen, full)
        return Reach(True, weights, bias + arithmetic.lowest, width, len(seen))
    return Reach(None if queue else False, (), 0, largest, len(seen))


def _moves(table: Sequence[int], arithmetic: Arithmetic) -> list[tuple[int, tuple[int, ...]]]:
    """For every weight that does something new: the rounded products it can add."""
    found: dict[tuple[int, ...], int] = {}
    values = set(table)
    for weight in arithmetic.first_weights():
        shifts = tuple(sorted({arithmetic.requantise(weight * value) for value in values}))
        found.setdefault(shifts, weight)
    return [(weight, shifts) for shifts, weight in found.items()]


def _step(levels: int, shifts: Sequence[int], width: int, full: int) -> int:
    """The set after adding any of the products to any of the levels; sets as bits."""
    found = 0
    for shift in shifts:
        if shift >= 0:
            moved = levels << shift
            found |= moved & full
            if moved > full:
                found |= 1 << (width - 1)
        else:
            found |= levels >> -shift
            if levels & ((1 << -shift) - 1):
                found |= 1
    return found


def _way(seen: dict[int, tuple[int, int]], goal: int) -> tuple[tuple[int, ...], int]:
    """The weights from a single level to the goal, and that level's position."""
    weights: list[int] = []
    while seen[goal][0]:
        goal, weight = seen[goal]
        weights.append(weight)
    return tuple(reversed(weights)), goal.bit_length() - 1
