"""The largest |f - N| over a grid of inputs: slab by slab, blocks that are halved.

A block whose bound is not good enough is halved, down to single points, where the target is
enclosed and the network is exact. Floats only propose the points that are looked at first.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from operator import mul

import numpy as np

from bitproof.certify.boxes.grid_blocks import Block, Slab, bound_on_block, halves
from bitproof.certify.grid_blocks import Scaled, working_bits
from bitproof.certify.refinement import Goal
from bitproof.certify.scaled import floor_at
from bitproof.errors import DomainError
from bitproof.exact.box import Point
from bitproof.target.box_target import BoxTarget

NEGLIGIBLE = Fraction(1, 1 << 44)  # of the values: below the resolution of the blocks
PROPOSALS = 4


@dataclass(frozen=True, slots=True)
class GridOutcome:
    """The bounds found; `upper` is None after an early stop, or where f is not enclosed."""

    lower: Fraction
    upper: Fraction | None
    witness: Point
    shortfall: str


class BoxGridSearch:
    """The bounds so far, over any number of slabs of the grid."""

    def __init__(self, target: BoxTarget, goal: Goal) -> None:
        self._target, self._goal = target, goal
        self._lower = self._upper = Fraction(0)
        self._witness: Point | None = None
        self._shortfall = ""
        self._negligible = Fraction(0)

    @property
    def refuted(self) -> bool:
        """Whether an attained error exceeds the requested one."""
        return self._goal.error is not None and self._lower > self._goal.error

    def outcome(self) -> GridOutcome:
        assert self._witness is not None
        upper = None if self.refuted or self._shortfall else self._upper
        return GridOutcome(self._lower, upper, self._witness, self._shortfall)

    def search(self, slab: Slab) -> None:
        """Bounds the error on further inputs; stops early if the claim is refuted."""
        taylor = self._target.taylor(slab.box(slab.whole))
        reach = Fraction(0) if taylor is None else taylor.range.magnitude
        top = max(slab.magnitude(), reach)
        self._negligible = max(self._negligible, top * NEGLIGIBLE)
        bits = working_bits(top)
        scaled = None if bits is None else Scaled.of_integers(slab.integers, slab.granule, bits)
        self._propose(slab, scaled)
        waiting = [slab.whole]
        while waiting and not self.refuted:
            block = waiting.pop()
            if not self._accept(slab, scaled, block):
                waiting += halves(block)

    def _propose(self, slab: Slab, scaled: Scaled | None) -> None:
        """Exact errors where floats see the largest ones, so that few blocks have to be small."""
        if scaled is None or self._witness is None:
            self._exact(slab, [0] * len(slab.levels))
        if scaled is None:
            return
        axes = [np.array(row, np.float64) / slab.scale for row in slab.levels]
        places = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
        seen = np.ldexp(scaled.integers.astype(np.float64), -scaled.bits)
        difference = np.nan_to_num(np.abs(self._target.sample(places) - seen)).ravel()
        count = min(PROPOSALS, len(difference))
        for place in np.argpartition(difference, -count)[-count:]:
            self._exact(slab, _place(slab.integers.shape, int(place)))

    def _accept(self, slab: Slab, scaled: Scaled | None, block: Block) -> bool:
        """Whether the block's bound is good enough; it then counts."""
        if all(len(row) == 1 for row in block):
            self._upper = max(self._upper, self._exact(slab, [row[0] for row in block]))
            return True
        if scaled is None:
            return False
        good = max(self._upper, self._good())
        enough = floor_at(good, scaled.bits)
        bound = bound_on_block(self._target, slab, scaled, block, enough)
        if bound is None:
            return False
        upper = Fraction(bound.upper, 1 << scaled.bits)
        if upper > max(self._lower, self._negligible):
            inside = _place([len(row) for row in block], bound.place)
            self._exact(slab, [row[k] for row, k in zip(block, inside, strict=True)])
        if upper > max(self._upper, self._good()):
            return False
        self._upper = max(self._upper, upper)
        return True

    def _good(self) -> Fraction:
        """What a bound may be at most: within the slack of the attained error, or negligible."""
        near = max(self._lower * (1 + self._goal.slack), self._negligible)
        return near if self._goal.error is None else min(near, self._goal.error)

    def _exact(self, slab: Slab, place: list[int]) -> Fraction:
        """An upper bound of the error at one point; raises the lower bound if it can."""
        point, value = slab.point(place), slab.value(place)
        if self._witness is None:
            self._witness = point
        try:
            enclosure = self._target.at(point)
        except DomainError as problem:
            self._shortfall = str(problem)
            return Fraction(0)
        least = max(value - enclosure.upper, enclosure.lower - value)
        if least > self._lower:
            self._lower, self._witness = least, point
        return max(value - enclosure.lower, enclosure.upper - value)


def _place(shape: list[int] | tuple[int, ...], position: int) -> list[int]:
    """The indices of a point from its number in the order of an array."""
    place = []
    for axis in range(len(shape)):
        rest = reduce(mul, shape[axis + 1 :], 1)
        place.append(position // rest)
        position %= rest
    return place
