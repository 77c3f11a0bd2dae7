"""Function-dependent networks for F_{1,1}: walks of two slopes with as few turns as possible.

**Theorem.** Let f be K-Lipschitz, s ≥ K, and p a walk with slopes ±s on cells of length h. If
|p - f| ≤ ε at all ends of cells (and of the domain), then |p - f| ≤ ε everywhere. A walk exists
for every f as soon as s·h ≤ ε. *Proof.* In a cell |p'| = s ≥ K ≥ |f'|, so p - f is monotone and
largest at an end. The nearest of the values p_m ± s·h to f at the next end: |p_m - f_m| ≤ ε and
|f_(m+1) - f_m| ≤ K·h ≤ s·h put one of them within max(ε, s·h) = ε. ∎

Each turn costs a knot of two edges and one edge to the output: W ≤ 3·(1/ε)·K + O(sqrt(K/ε)). The
paper's cached patterns need O(1/(ε·log 1/ε)) weights (`theory.cached_patterns`); choosing among all
walks in the tube (a shortest path) is smaller unless turns repeat: a turn only where it is forced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from bitproof.errors import InputError
from bitproof.theory.references import DING_2019, Reference


@dataclass(frozen=True, slots=True)
class WalkShape:
    """What the promise depends on.

    Attributes:
        slope: s.
        step: h.
        error: ε.

    Raises:
        InputError: s·h > ε: then some function has no walk.

    >>> WalkShape(Fraction(1), Fraction(1, 8), Fraction(1, 8)).most_turns(Fraction(1))
    7
    """

    slope: Fraction
    step: Fraction
    error: Fraction

    def __post_init__(self) -> None:
        if self.slope * self.step > self.error:
            raise InputError(
                f"cells of length {self.step} for slopes ±{self.slope} and the error {self.error}",
                remedy="at most the error over the slope",
            )

    def most_turns(self, length: Fraction) -> int:
        """One at every inner end of a cell."""
        return max(0, -(-length // self.step) - 1)

    @property
    def reference(self) -> Reference:
        return DING_2019


@dataclass(frozen=True, slots=True)
class Walk:
    """Directions (+1, -1) of the cells and the number of turns."""

    directions: tuple[int, ...]
    turns: int


def fewest_turns(values: Sequence[int], start: int, rise: int, tolerance: int) -> Walk | None:
    """The walk from `start` with steps ±rise that stays within `tolerance` of `values` at every
    end of a cell, with the fewest turns; None if there is none. All integers in one unit.

    >>> fewest_turns([0, 4, 0, 4, 0], 4, 4, 4).turns
    1
    >>> fewest_turns([0, 4, 8, 12, 8, 4], 0, 4, 0).directions
    (1, 1, 1, -1, -1)
    """
    if abs(start - values[0]) > tolerance:
        return None
    layer: dict[tuple[int, int], int] = {(start, 1): 0, (start, -1): 0}
    origins: list[dict[tuple[int, int], int]] = []
    for value in values[1:]:
        following: dict[tuple[int, int], int] = {}
        origin: dict[tuple[int, int], int] = {}
        for (place, before), turns in layer.items():
            for direction in (1, -1):
                here = place + direction * rise
                cost = turns + (direction != before)
                key = (here, direction)
                if abs(here - value) <= tolerance and cost < following.get(key, cost + 1):
                    following[key], origin[key] = cost, before
        if not following:
            return None
        layer = following
        origins.append(origin)
    last = min(layer, key=lambda key: layer[key])
    turns, directions = layer[last], list[int]()
    place, direction = last
    for origin in reversed(origins):
        directions.append(direction)
        place, direction = place - direction * rise, origin[(place, direction)]
    return Walk(tuple(directions[::-1]), turns)
