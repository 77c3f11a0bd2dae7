"""New points between old ones, and the integers of every neuron at them, exactly in int64.

A cell's ends are P = (X, q) and P' = (X', q'). The root of a row with the integers V and V' at the
ends is found by its integers α, β with V = αX + βq at both: floats propose them, and they are
checked. With E = q·X'' - X·q'' and E' the same from the other end, the new point P'' has every
row's integer (V·E' + V'·E) / D, D = q·X' - X·q'. Numerators are computed modulo 2^64; dividing by
the odd part of D is a multiplication by its inverse, by the power of two a shift. That leaves the
integer modulo 2^(64 - k), and a float quotient tells which of them it is. Where a bound that makes
all this certain does not hold, Python integers are used.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import gcd
from typing import Any

import numpy as np
import numpy.typing as npt

INT64_SAFE = 1 << 62
PROPOSED = float(1 << 50)  # integers up to here are floats, with a bit or two to spare
FAR_APART = 1e-12
FEW = 4

Array = npt.NDArray[Any]


def largest(array: Array) -> int:
    """The largest magnitude, 0 for an empty array."""
    if array.size == 0:
        return 0
    return max(int(array.max()), -int(array.min()))


@dataclass(frozen=True, slots=True)
class Spread:
    """Where old and new points go.

    Attributes:
        source: for each point afterwards an old point: itself, or one to be overwritten.
        fresh: where the new points are.
        cells: for each cell afterwards the cell it is part of.
    """

    source: Array
    fresh: Array
    cells: Array

    def merge(self, old: Array, new: Array) -> Array:
        """Old and new values in the order of the points."""
        if len(self.fresh) == 1:
            at = int(self.fresh[0])
            return np.concatenate((old[:at], new, old[at:]))
        merged: Array = old[self.source]
        merged[self.fresh] = new
        return merged


@dataclass(frozen=True)
class Insertion:
    """New points, as combinations of their neighbours.

    Attributes:
        cells: ascending; the i-th new point lies strictly between the points cells[i] and
            cells[i] + 1. New points of the same cell ascend.
        left, right: it is (left·P + right·P') / divisor with positive integers.
        divisor: divides exactly whatever is affine on the cell with integer coefficients.
    """

    cells: Array
    left: Array
    right: Array
    divisor: Array

    def __len__(self) -> int:
        return len(self.cells)

    def spread(self, points: int) -> Spread:
        """Where the points go."""
        if len(self) == 1:
            at = int(self.cells[0])
            before, after = np.arange(at + 1), np.arange(at, points - 1)
            source = np.concatenate((before, np.arange(at, points)))
            return Spread(source, np.array([at + 1]), np.concatenate((before, after)))
        counts = np.bincount(self.cells, minlength=points - 1)
        source = np.repeat(np.arange(points), np.concatenate((counts + 1, [1])))
        fresh = self.cells + 1 + np.arange(len(self.cells))
        return Spread(source, fresh, np.repeat(np.arange(points - 1), counts + 1))

    @cached_property
    def _single(self) -> tuple[int, int, int]:
        """The numbers of the only new point."""
        return int(self.left[0]), int(self.right[0]), int(self.divisor[0])

    @cached_property
    def _modular(self) -> tuple[Array, Array, float]:
        """The inverse of the odd part of the divisor, its power of two, the largest of those."""
        low = (self.divisor & -self.divisor).astype(np.float64)
        places = (np.frexp(low)[1] - 1).astype(np.uint64)
        return _inverse(self.divisor.view(np.uint64) >> places), places, float(places.max())

    def values(self, row: Array) -> Array:
        """The integers of a row at the new points."""
        if len(self) == 1:
            at = int(self.cells[0])
            before, after = row[at : at + 2].tolist()
            left, right, divisor = self._single
            return _array([(before * left + after * right) // divisor])
        before, after = row[self.cells], row[self.cells + 1]
        if len(self) <= FEW:
            return _array(
                (a * c + b * d) // e
                for a, b, c, d, e in zip(
                    before.tolist(),
                    after.tolist(),
                    self.left.tolist(),
                    self.right.tolist(),
                    self.divisor.tolist(),
                    strict=True,
                )
            )
        if row.dtype != object and self.left.dtype != object:
            found = _combined(before, after, self)
            if found is not None:
                return found
        exact = self._exactly(before, after)
        return exact.astype(np.int64) if largest(exact) < INT64_SAFE else exact

    def _exactly(self, before: Array, after: Array) -> Array:
        left, right = self.left.astype(object), self.right.astype(object)
        found: Array = (before.astype(object) * left + after.astype(object) * right) // (
            self.divisor.astype(object)
        )
        return found


def _combined(before: Array, after: Array, weights: Insertion) -> Array | None:
    """(before·left + after·right) / divisor in int64, or None where that is not certain."""
    left, right, divisor = weights.left, weights.right, weights.divisor
    scale = divisor.astype(np.float64)
    first = before.astype(np.float64) * left.astype(np.float64)
    second = after.astype(np.float64) * right.astype(np.float64)
    size = float(((np.abs(first) + np.abs(second)) / scale).max())
    inverse, places, most = weights._modular
    # an error of 2^-49 of the terms must be less than half the modulus 2^(64 - k)
    if size >= INT64_SAFE // 2 or size * 2.0**most >= 2.0**111:
        return None
    near = np.rint((first + second) / scale).astype(np.int64)
    numerator = (before * left + after * right).view(np.uint64)
    residue = (numerator >> places) * inverse
    gap = ((near.view(np.uint64) - residue) << places).view(np.int64) >> places.view(np.int64)
    found: Array = near - gap
    return found


def _inverse(odd: Array) -> Array:
    """The inverse modulo 2^64 of odd numbers, by Newton's iteration."""
    inverse = odd * np.uint64(3) ^ np.uint64(2)  # right in 5 bits, then 10, 20, 40, 80
    for _ in range(4):
        inverse = inverse * (np.uint64(2) - odd * inverse)
    return inverse


def roots(ends: tuple[Array, Array], cells: Array, before: Array, after: Array) -> Insertion:
    """The points where rows are 0, each once and in order.

    Args:
        ends: the pairs (X, q) of the cells' ends.
        cells: the numbers of the cells, in any order.
        before, after: a row's integers at the ends, of strictly opposite signs.
    """
    if len(cells) <= FEW:
        return _ordered(_few_roots(ends, cells, before, after))
    found = None
    if before.dtype != object and ends[0].dtype != object:
        found = _fast_roots(ends, cells, before, after)
    return _ordered(found or _exact_roots(ends, cells, before, after))


def single_root(x: list[int], q: list[int], cell: Array, values: list[int]) -> Insertion:
    """The point of one cell where a row is 0, from X, q and the row's integers at both ends."""
    left, right = abs(values[1]), abs(values[0])
    common = gcd(left, right)
    left, right = left // common, right // common
    divisor = gcd(left * x[0] + right * x[1], left * q[0] + right * q[1])
    return Insertion(cell, _array([left]), _array([right]), _array([divisor]))


def _few_roots(ends: tuple[Array, Array], cells: Array, before: Array, after: Array) -> Insertion:
    """In Python integers, one by one."""
    weights = list[tuple[int, int, int]]()
    for at in range(len(cells)):
        left, right = abs(int(after[at])), abs(int(before[at]))
        common = gcd(left, right)
        left, right = left // common, right // common
        x, q = (
            left * int(a) + right * int(b)
            for a, b in zip(ends[0][:, at], ends[1][:, at], strict=True)
        )
        weights.append((left, right, gcd(x, q)))
    return Insertion(cells, *(_array(column) for column in zip(*weights, strict=True)))


def _array(numbers: Iterable[int]) -> Array:
    """int64 if they fit well, else Python integers."""
    listed = list(numbers)
    fits = max(listed) < INT64_SAFE and min(listed) > -INT64_SAFE
    kind: Any = np.int64 if fits else object
    return np.array(listed, dtype=kind)


def _fast_roots(
    ends: tuple[Array, Array], cells: Array, before: Array, after: Array
) -> Insertion | None:
    """In int64; None if a bound or a check does not hold."""
    (x0, q0), (x1, q1) = ends
    real_x0, real_q0, real_x1, real_q1 = (a.astype(np.float64) for a in (x0, q0, x1, q1))
    crosses = np.maximum(np.abs(real_x0) * real_q1, np.abs(real_x1) * real_q0)
    area = real_x1 * real_q0 - real_x0 * real_q1
    if float((np.abs(area) + crosses * 2.0**-50).max()) >= INT64_SAFE:
        return None
    determinant = x1 * q0 - x0 * q1
    # no cancellation: the signs of V and V' are opposite
    rise = (after.astype(np.float64) * real_q0 - before.astype(np.float64) * real_q1) / determinant
    slope = np.rint(rise)
    offset = np.rint((before.astype(np.float64) - slope * real_x0) / real_q0)
    reach = np.maximum(np.abs(real_x0 / real_q0), np.abs(real_x1 / real_q1)) + 1
    if float((np.abs(slope) * reach + np.abs(offset)).max()) >= PROPOSED:
        return None
    alpha, beta = slope.astype(np.int64), offset.astype(np.int64)
    # equal modulo 2^64, and nearer to each other than that
    if np.any(alpha * x0 + beta * q0 != before) or np.any(alpha * x1 + beta * q1 != after):
        return None
    common = np.gcd(alpha, beta) * np.sign(alpha)
    x, q = -beta // common, alpha // common
    spans = determinant.astype(np.float64) * q.astype(np.float64) / np.minimum(real_q0, real_q1)
    if float(spans.max()) >= INT64_SAFE // 2:
        return None
    right, left = x * q0 - x0 * q, x1 * q - x * q1
    common = np.gcd(np.gcd(left, right), determinant)
    return Insertion(cells, left // common, right // common, determinant // common)


def _exact_roots(ends: tuple[Array, Array], cells: Array, before: Array, after: Array) -> Insertion:
    """In Python integers, narrowed if they fit."""
    left, right = np.abs(after).astype(object), np.abs(before).astype(object)
    common = np.gcd(left, right)
    left, right = left // common, right // common
    fresh = ends[0].astype(object) * left + ends[1].astype(object) * right
    divisor = np.gcd(fresh[0], fresh[1])
    if max(map(largest, (left, right, divisor))) < INT64_SAFE:
        left, right, divisor = (a.astype(np.int64) for a in (left, right, divisor))
    return Insertion(cells, left, right, divisor)


def _ordered(found: Insertion) -> Insertion:
    """Points strictly ascending, each once. Floats propose the order of those in one cell; where
    they are too near to each other, integers decide."""
    cells, left, right = found.cells, found.left, found.right
    ratio = (right / left).astype(np.float64)
    order = np.lexsort((ratio, cells))
    together = cells[order[1:]] == cells[order[:-1]]
    if not together.any():
        return _picked(found, order)
    sorted_ratio = ratio[order]
    near = together & (sorted_ratio[1:] <= sorted_ratio[:-1] * (1 + FAR_APART))
    if np.any(near & ~_same(found, order)):
        order = _settled(found, order, near)
    kept = ~(together & _same(found, order))
    return _picked(found, order[np.concatenate(([True], kept))])


def _same(found: Insertion, order: Array) -> Array:
    """Whether neighbours in an order have the same weights: then they are one point of a cell."""
    left, right = found.left[order], found.right[order]
    same: Array = (left[1:] == left[:-1]) & (right[1:] == right[:-1])
    return same.astype(bool)


def _settled(found: Insertion, order: Array, near: Array) -> Array:
    """The order, with every run of near points of one cell sorted exactly."""
    settled = order.copy()
    places = np.flatnonzero(near)
    breaks = np.flatnonzero(np.diff(places) > 1)
    starts = np.concatenate((places[:1], places[breaks + 1]))
    stops = np.concatenate((places[breaks], places[-1:])) + 2
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        run = order[start:stop].tolist()
        settled[start:stop] = sorted(
            run, key=lambda at: Fraction(int(found.right[at]), int(found.left[at]))
        )
    return settled


def _picked(found: Insertion, order: Array) -> Insertion:
    return Insertion(
        found.cells[order], found.left[order], found.right[order], found.divisor[order]
    )
