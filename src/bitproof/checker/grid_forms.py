"""f on a block of grid points: a quadratic function in integers, and how far f may be from it.

With c the centre of the block, t = x - c and j = 2·scale·t, whole numbers, a jet says f(x) ∈ v +
Σ s_i·t_i + ½ Σ κ_ij·t_i·t_j. The middles of v, s and κ are integers over 2^BITS; what the intervals
leave open around them is the radius.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, product

from .box_jets import BoxJet
from .interval import Interval

BITS = 96
Middle = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Quadratic:
    """value + Σ slopes_i·j_i + Σ_(i ≤ k) bends_ik·j_i·j_k; each entry a middle and a radius."""

    value: Middle
    slopes: tuple[Middle, ...]
    bends: dict[tuple[int, int], Middle]

    @classmethod
    def of(cls, jet: BoxJet, inputs: int, scale: int) -> Quadratic:
        """The best form a jet has: of second order, of first, or the range."""
        pairs = list(combinations_with_replacement(range(inputs), 2))
        if jet.slope is not None and jet.curvature is not None:
            bends = {
                (i, k): _middle(bend, scale * scale * (8 if i == k else 4))
                for (i, k), bend in zip(pairs, jet.curvature, strict=True)
            }
            slopes = tuple(_middle(slope, 2 * scale) for slope in jet.slope)
            return cls(_middle(jet.value, 1), slopes, bends)
        flat = dict.fromkeys(pairs, (0, 0))
        if jet.slopes is not None:
            slopes = tuple(_middle(slope, 2 * scale) for slope in jet.slopes)
            return cls(_middle(jet.value, 1), slopes, flat)
        return cls(_middle(jet.range, 1), ((0, 0),) * inputs, flat)

    def radius(self, reach: Sequence[int]) -> int:
        """How far f may be from the middles for |j_i| ≤ reach_i."""
        return (
            self.value[1]
            + sum(slope[1] * r for slope, r in zip(self.slopes, reach, strict=True))
            + sum(bend[1] * reach[i] * reach[k] for (i, k), bend in self.bends.items())
        )

    def rows(self, reach: Sequence[int]) -> Iterator[list[int]]:
        """The form through the middles along the last input, for all others in turn; j_i runs from
        -reach_i to reach_i in steps of 2."""
        last = len(reach) - 1
        bend = self.bends[last, last][0]
        steps = range(-reach[last], reach[last] + 1, 2)
        for rest in product(*(range(-r, r + 1, 2) for r in reach[:last])):
            start = self.value[0] + sum(s[0] * j for s, j in zip(self.slopes, rest, strict=False))
            start += sum(
                self.bends[i, k][0] * rest[i] * rest[k]
                for i, k in combinations_with_replacement(range(last), 2)
            )
            slope = self.slopes[last][0]
            slope += sum(self.bends[i, last][0] * j for i, j in enumerate(rest))
            yield [start + (slope + bend * j) * j for j in steps]


def _middle(enclosure: Interval, divisor: int) -> Middle:
    """An integer over 2^BITS, and how far an interval over `divisor` reaches from it at most."""
    den = enclosure.den * divisor
    low, high = (enclosure.lo << BITS) // den, -((-enclosure.hi << BITS) // den)
    middle = (low + high) // 2
    return middle, high - middle
