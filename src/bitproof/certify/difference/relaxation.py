"""Linear relaxations of ReLUs and of the difference of two ReLUs, for a batch of boxes.

With z in [l, u], l < 0 < u, s = u/(u - l) and any s' in [0, 1]:

    s'·z ≤ relu(z) ≤ s·z + t,   t = max(-s·l, u - s·u),

because relu is convex: the second holds where it holds at both ends. With d = z1 - z2 in
[dl, du] the difference D = relu(z1) - relu(z2) lies between min(d, 0) and max(d, 0), because relu
rises with slope between 0 and 1; a chord of max(d, 0) is above it, a chord of min(d, 0) below:

    D ≤ r·d + max(-r·dl, du - r·du),   r = du/(du - dl)   (r = 1 if dl ≥ 0, r = 0 if du ≤ 0),
    D ≥ f·d - max(f·du, f·dl - dl),    f = -dl/(du - dl)  (f = 1 if du ≤ 0, f = 0 if dl ≥ 0).

The hybrid rule takes the difference's relaxation for the common part of two coefficients of
opposite sign where its worst gap, max(du, -dl), is below the sum of the two separate ones. The
separate relaxations become exact as a box shrinks, the difference's does not (the weights differ),
so both are needed.

All slopes are floats taken as they are; only the offsets are computed, and `relaxed_code.UP` covers
their rounding (three operations, each within a factor 1 ± 2^-53).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bitproof.certify.difference.affine import Array


@dataclass(frozen=True, slots=True)
class Ranges:
    """Proved ranges of a layer's pre-activations on every box of a batch.

    Attributes:
        lower, upper: one pair of arrays (batch, width) for each copy.
        difference: the ends of z1 - z2, (batch, width) each; None for a single network.
    """

    lower: tuple[Array, ...]
    upper: tuple[Array, ...]
    difference: tuple[Array, Array] | None

    def open(self, copy: int) -> Array:
        """Where the sign is not settled: a boolean array (batch, width)."""
        mask: Array = (self.lower[copy] < 0.0) & (self.upper[copy] > 0.0)
        return mask

    def magnitude(self) -> Array:
        """A bound on |z| in every copy."""
        parts = [np.maximum(-low, high) for low, high in zip(self.lower, self.upper, strict=True)]
        return np.asarray(np.maximum(np.maximum.reduce(parts), 0.0))

    def take(self, boxes: Array) -> Ranges:
        """The ranges of some of the boxes, in the order asked for (repeats allowed)."""
        difference = self.difference
        return Ranges(
            tuple(low[boxes] for low in self.lower),
            tuple(high[boxes] for high in self.upper),
            None if difference is None else (difference[0][boxes], difference[1][boxes]),
        )


@dataclass(frozen=True, slots=True)
class Relaxation:
    """Slopes and offsets of one ReLU layer, arrays (batch, width).

    Attributes:
        up, offset, low: for each copy: relu(z) ≤ up·z + offset and relu(z) ≥ low·z.
        rise, rise_offset: D ≤ rise·d + rise_offset. fall, fall_offset: D ≥ fall·d + fall_offset.
        shared_up, shared_down: where the hybrid rule takes them.
        reach: |z| and what it is summed from are at most this, in every copy.
    """

    up: tuple[Array, ...]
    offset: tuple[Array, ...]
    low: tuple[Array, ...]
    rise: Array | None
    rise_offset: Array | None
    fall: Array | None
    fall_offset: Array | None
    shared_up: Array | None
    shared_down: Array | None
    reach: Array

    def apply_one(
        self, copy: int, forms: Array, owners: Array, constants: Array, sizes: Array
    ) -> None:
        """Relaxes forms over relu(z) of one copy in place; see `relaxed_code.relax_one`."""
        from bitproof.certify.difference.relaxed_code import relax_one

        relax_one(
            forms,
            owners,
            self.up[copy],
            self.offset[copy],
            self.low[copy],
            self.reach,
            constants,
            sizes,
        )

    def apply_two(
        self, first: Array, second: Array, owners: Array, constants: Array, sizes: Array
    ) -> None:
        """Relaxes forms over relu(z1) and relu(z2) in place; see `relaxed_code.relax_two`."""
        from bitproof.certify.difference.relaxed_code import relax_two

        relax_two(
            first,
            second,
            owners,
            self.up[0],
            self.offset[0],
            self.low[0],
            self.up[1],
            self.offset[1],
            self.low[1],
            self.rise,
            self.rise_offset,
            self.fall,
            self.fall_offset,
            self.shared_up,
            self.shared_down,
            self.reach,
            constants,
            sizes,
        )


def relax(ranges: Ranges, reach: Array, *, hybrid: bool = True) -> Relaxation:
    """The relaxation of a ReLU layer whose pre-activations lie in these ranges."""
    parts = [_separate(low, high) for low, high in zip(ranges.lower, ranges.upper, strict=True)]
    up, offset, low_slope = (tuple(part[k] for part in parts) for k in range(3))
    if ranges.difference is None:
        return Relaxation(up, offset, low_slope, None, None, None, None, None, None, reach)
    below, above = ranges.difference
    rise, rise_offset = _together(below, above)
    fall, minus_offset = _together(-above, -below)
    gap = np.maximum(above, -below)
    return Relaxation(
        up,
        offset,
        low_slope,
        rise,
        rise_offset,
        fall,
        -minus_offset,
        (gap < offset[0] + parts[1][3]) & hybrid,
        (gap < offset[1] + parts[0][3]) & hybrid,
        reach,
    )


def _separate(low: Array, high: Array) -> tuple[Array, Array, Array, Array]:
    """(up, offset, low slope, gap below) of single ReLUs; see `relaxed_code.separate`."""
    from bitproof.certify.difference.relaxed_code import separate

    up, offset, floor, gap = (np.empty(low.shape) for _ in range(4))
    separate(low, high, up, offset, floor, gap)
    return up, offset, floor, gap


def _together(below: Array, above: Array) -> tuple[Array, Array]:
    """The chord of max(d, 0); that of min(d, 0) is minus the chord of max(-d, 0)."""
    from bitproof.certify.difference.relaxed_code import together

    rise, rise_offset = np.empty(below.shape), np.empty(below.shape)
    together(below, above, rise, rise_offset)
    return rise, rise_offset
