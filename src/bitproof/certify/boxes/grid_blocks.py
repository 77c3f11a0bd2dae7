"""Bounds of |f - N| on blocks of a grid of inputs, many points at a time.

The counterpart of `certify.grid_blocks` for several inputs. On a block with centre c the target
gives f(x) ∈ v + Σ s_i·t_i + ½ Σ κ_ij·t_i·t_j, t = x - c. The quadratic function through the
middles of v, s and κ, integers over 2^bits, is evaluated exactly in int64 at every point and
compared with the network's exact integers; all that was left out is one proved number, the radius.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import combinations_with_replacement
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from bitproof.certify.grid_blocks import SAFE_BITS, BlockBound, Scaled, middle_of
from bitproof.exact.box import Box, Point
from bitproof.exact.interval import Interval
from bitproof.target.box_target import BoxTarget, BoxTaylor

Array = npt.NDArray[Any]
Block: TypeAlias = tuple[range, ...]
"""The indices of a block's points along every input, counted from the start of a slab."""


@dataclass(frozen=True, slots=True)
class Slab:
    """A network's exact values on a part of the grid.

    Attributes:
        levels: the levels of each input.
        scale: an input is level/scale.
        integers: shape (len(levels[0]), …); a value is its integer times the granule.
    """

    levels: tuple[range, ...]
    scale: int
    integers: Array
    granule: Fraction

    @property
    def whole(self) -> Block:
        """All of its points."""
        return tuple(range(len(row)) for row in self.levels)

    def point(self, place: Sequence[int]) -> Point:
        """The input at an index along every axis."""
        return tuple(
            Fraction(row[k], self.scale) for row, k in zip(self.levels, place, strict=True)
        )

    def value(self, place: Sequence[int]) -> Fraction:
        """The network's value there."""
        return int(self.integers[tuple(place)]) * self.granule

    def box(self, block: Block) -> Box:
        """From a block's first point to its last."""
        low = self.point([row[0] for row in block])
        high = self.point([row[-1] for row in block])
        return Box(tuple(map(Interval, low, high)))

    def magnitude(self) -> Fraction:
        """The largest |value|."""
        return max(int(self.integers.max()), -int(self.integers.min())) * self.granule


def halves(block: Block) -> tuple[Block, Block]:
    """A block cut across its longest side; of more than one point."""
    axis = max(range(len(block)), key=lambda i: len(block[i]))
    row = block[axis]
    middle = (row.start + row.stop) // 2
    return (
        (*block[:axis], range(row.start, middle), *block[axis + 1 :]),
        (*block[:axis], range(middle, row.stop), *block[axis + 1 :]),
    )


def bound_on_block(
    target: BoxTarget, slab: Slab, scaled: Scaled, block: Block, enough: int
) -> BlockBound | None:
    """Bounds |f - N| on a block of two points or more, `place` counting its points in order; None
    if undecided, or if the bound would be above `enough` whatever the network is."""
    taylor = target.taylor(slab.box(block))
    quadratic = None if taylor is None else _Quadratic.of(taylor, slab.scale, scaled.bits)
    if quadratic is None:
        return None
    reach = [len(row) - 1 for row in block]
    radius = quadratic.radius(reach)
    if radius > enough or quadratic.magnitude(reach) >= 1 << SAFE_BITS:
        return None
    part = scaled.integers[tuple(slice(row.start, row.stop) for row in block)]
    difference = np.abs(part - quadratic.values(reach)).ravel()
    place = int(difference.argmax())
    return BlockBound(int(difference[place]) + radius + scaled.radius, place)


@dataclass(frozen=True, slots=True)
class _Quadratic:
    """value + Σ slopes_i·j_i + Σ_(i ≤ k) bends_ik·j_i·j_k with j = 2·scale·(x - centre), each
    middle and radius an integer over 2^bits."""

    value: tuple[int, int]
    slopes: tuple[tuple[int, int], ...]
    bends: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, taylor: BoxTaylor, scale: int, bits: int) -> _Quadratic:
        step, count = Fraction(1, 2 * scale), len(taylor.centre)
        flat = ((0, 0),) * (count * (count + 1) // 2)
        value = middle_of(taylor.value, bits)
        if taylor.slope is not None and taylor.curvature is not None:
            shares = (
                step * step / 2 if i == k else step * step
                for i, k in combinations_with_replacement(range(count), 2)
            )
            bends = tuple(
                middle_of(bend.scale(share), bits)
                for bend, share in zip(taylor.curvature, shares, strict=True)
            )
            return cls(value, tuple(middle_of(s.scale(step), bits) for s in taylor.slope), bends)
        if taylor.slopes is not None:
            return cls(value, tuple(middle_of(s.scale(step), bits) for s in taylor.slopes), flat)
        return cls(middle_of(taylor.range, bits), ((0, 0),) * count, flat)

    def _sum(self, reach: Sequence[int], which: int) -> int:
        """The form at |j| = reach with the absolute middles (0) or the radii (1)."""
        pairs = combinations_with_replacement(reach, 2)
        return (
            abs(self.value[which])
            + sum(abs(s[which]) * r for s, r in zip(self.slopes, reach, strict=True))
            + sum(abs(b[which]) * p * q for b, (p, q) in zip(self.bends, pairs, strict=True))
        )

    def magnitude(self, reach: Sequence[int]) -> int:
        """At least every intermediate of `values`."""
        return self._sum(reach, 0)

    def radius(self, reach: Sequence[int]) -> int:
        """How far f may be from the middles."""
        return self._sum(reach, 1)

    def values(self, reach: Sequence[int]) -> Array:
        """The form through the middles at all points of the block, exactly."""
        count = len(reach)
        steps: list[Array] = [
            np.arange(-r, r + 1, 2, dtype=np.int64).reshape(
                [-1 if i == k else 1 for k in range(count)]
            )
            for i, r in enumerate(reach)
        ]
        pairs = combinations_with_replacement(range(count), 2)
        terms = [slope[0] * j for slope, j in zip(self.slopes, steps, strict=True)]
        terms += [
            bend[0] * steps[i] * steps[k]
            for bend, (i, k) in zip(self.bends, pairs, strict=True)
            if bend[0]
        ]
        return np.asarray(reduce(np.add, terms) + self.value[0])
