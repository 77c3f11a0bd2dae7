"""Values of a network at many rational points at once, in homogeneous integers.

A point x = X/q of the line is the integer pair (X, q) in lowest terms with q > 0. On a cell
between neighbouring points every neuron computed so far is affine, so its value is

    granule · V/q,    V = αX + βq with integers α, β that depend on the cell alone

(granules: `bitproof.execute.integer_network`). Affine maps, ReLUs and the insertion of points
keep the V integer: a new point is an integer combination (a·P + b·P') / d of its neighbours P and
P', and the same combination gives every V exactly. All V are int64 as long as bounds proved
beforehand fit, and Python integers from the first that does not; nothing ever wraps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from bitproof.execute.integer_network import IntegerLayer

INT64_SAFE = 1 << 62
FLOAT_SAFE = 1 << 53
WORTH_FLOATS = 1 << 10  # entries of a matrix from which a float product is the faster one
FLOAT_BLOCK = 1 << 13

Array = npt.NDArray[Any]


def largest(array: Array) -> int:
    """The largest magnitude, 0 for an empty array."""
    if array.size == 0:
        return 0
    return max(int(array.max()), -int(array.min()))


class PointTable:
    """The points and the integers of all live neurons at them: one matrix, a row for each.

    Row 0 holds the X, row 1 the q; other rows come and go with the neurons. `points` is the
    number of columns.
    """

    X, Q = 0, 1

    def __init__(self, points: list[Fraction]) -> None:
        rows = [[x.numerator for x in points], [x.denominator for x in points]]
        self._matrix: Array = np.array(rows, dtype=object)
        self._bounds = [largest(row) for row in self._matrix]
        self._free = list[int]()
        if max(self._bounds) < INT64_SAFE:
            self._matrix = self._matrix.astype(np.int64)

    @property
    def points(self) -> int:
        return int(self._matrix.shape[1])

    @property
    def rows(self) -> int:
        """The number of rows in use."""
        return len(self._bounds) - len(self._free)

    @property
    def is_wide(self) -> bool:
        """Whether the integers are Python integers."""
        return bool(self._matrix.dtype == object)

    def row(self, number: int) -> Array:
        """The integers of a row."""
        row: Array = self._matrix[number]
        return row

    def add(self, layer: IntegerLayer, sources: Sequence[int]) -> tuple[int, ...]:
        """Keeps matrix · V + bias · q, V the rows `sources`; returns the new rows' numbers."""
        bound = self._bound(layer, sources)
        if bound >= INT64_SAFE and not self.is_wide:
            for number in (self.Q, *sources):
                self._bounds[number] = largest(self._matrix[number])
            bound = self._bound(layer, sources)
            if bound >= INT64_SAFE:
                self._matrix = self._matrix.astype(object)
        integers = self._affine(layer, sources, bound)
        numbers = tuple(self._take_row() for _ in range(layer.width))
        for number, row in zip(numbers, integers, strict=True):
            self._matrix[number] = row
            self._bounds[number] = largest(row) if self.is_wide else bound
        return numbers

    def clamp(self, numbers: tuple[int, ...]) -> None:
        """Replaces negative integers by 0: the ReLU."""
        for number in numbers:
            row = self._matrix[number]
            if row.min() < 0:
                np.maximum(row, 0, out=row)

    def remove(self, numbers: tuple[int, ...]) -> None:
        """Forgets rows."""
        for number in numbers:
            self._bounds[number] = 0
            self._matrix[number] = 0
        self._free.extend(numbers)

    def sign_changes(self, numbers: tuple[int, ...]) -> Insertion | None:
        """The points where one of the rows changes its strict sign between neighbours, or None."""
        before = self._matrix[list(numbers)] if len(numbers) > 1 else self._matrix[numbers[0], None]
        if before.shape[1] < 2 or before.min() >= 0 or before.max() <= 0:
            return None
        positive, negative = before > 0, before < 0
        changes = (positive[:, :-1] & negative[:, 1:]) | (negative[:, :-1] & positive[:, 1:])
        neurons, cells = np.divmod(np.flatnonzero(changes), changes.shape[1])
        if len(cells) == 0:
            return None
        left, right = np.abs(before[neurons, cells + 1]), np.abs(before[neurons, cells])
        return roots(self._matrix[:2], cells, left, right, ordered=len(numbers) == 1)

    def insert(self, insertion: Insertion) -> None:
        """Adds points, in every row."""
        fresh = insertion.columns(self._matrix, max(self._bounds))
        top = largest(fresh)
        if top >= INT64_SAFE:
            self._matrix = self._matrix.astype(object)
        self._bounds = [max(bound, top) for bound in self._bounds]
        self._matrix = insertion.merge(self._matrix, fresh)

    def _take_row(self) -> int:
        if not self._free:
            count = len(self._bounds)
            blank = np.zeros((max(4, count), self.points), dtype=self._matrix.dtype)
            self._matrix = np.concatenate((self._matrix, blank))
            self._free = list(range(len(self._matrix) - 1, count - 1, -1))
            self._bounds += [0] * len(blank)
        return self._free.pop()

    def _bound(self, layer: IntegerLayer, sources: Sequence[int]) -> int:
        """At least the magnitude of every partial sum of every neuron."""
        matrix, largest_sum, bounds = layer.matrix, 0, self._bounds
        for row, bias in enumerate(layer.bias):
            total = abs(bias) * bounds[self.Q]
            for column, numerator in matrix.row(row):
                total += abs(numerator) * max(bounds[sources[column]], 1)
            largest_sum = max(largest_sum, total)
        return largest_sum

    def _affine(self, layer: IntegerLayer, sources: Sequence[int], bound: int) -> Array:
        if layer.width == 1:
            return self._neuron(layer, sources).reshape(1, -1)
        numbers = [*sources, self.Q]
        # below 2^53 every partial sum is a float exactly, in whatever order they are added
        exact = bound < FLOAT_SAFE and not self.is_wide
        if exact and layer.width * len(numbers) >= WORTH_FLOATS:
            return self._float_product(layer, numbers)
        stacked: Array = self._matrix[numbers]
        dense: Array = np.zeros((layer.width, len(stacked)), dtype=stacked.dtype)
        for row in range(layer.width):
            for column, numerator in layer.matrix.row(row):
                dense[row, column] = numerator
            dense[row, -1] = layer.bias[row]
        product: Array = dense @ stacked
        return product

    def _float_product(self, layer: IntegerLayer, numbers: list[int]) -> Array:
        """The product in float64, some points at a time: integers in, the same integers out."""
        dense = np.zeros((layer.width, len(numbers)))
        for row in range(layer.width):
            for column, numerator in layer.matrix.row(row):
                dense[row, column] = numerator
            dense[row, -1] = layer.bias[row]
        product: Array = np.empty((layer.width, self.points), dtype=np.int64)
        for start in range(0, self.points, FLOAT_BLOCK):
            block = slice(start, start + FLOAT_BLOCK)
            product[:, block] = dense @ self._matrix[numbers, block].astype(np.float64)
        return product

    def _neuron(self, layer: IntegerLayer, sources: Sequence[int]) -> Array:
        """A layer of one neuron, without a matrix product: one multiplication for each edge."""
        terms = [(sources[column], numerator) for column, numerator in layer.matrix.row(0)]
        total: Array = self._matrix[self.Q] * layer.bias[0]
        for number, numerator in terms:
            row = self._matrix[number]
            total += row if numerator == 1 else row * numerator
        return total


@dataclass(frozen=True, slots=True)
class Insertion:
    """New points, as combinations of their neighbours.

    Attributes:
        cells: ascending; the i-th new point lies strictly between the points cells[i] and
            cells[i] + 1. New points of the same cell ascend.
        left, right: it is (left·P + right·P') / divisor with positive integers.
        divisor: divides exactly whatever is affine on the cell with integer coefficients.
        weight: at least left + right.
    """

    cells: Array
    left: Array
    right: Array
    divisor: Array
    weight: int

    def __len__(self) -> int:
        return len(self.cells)

    def columns(self, matrix: Array, bound: int) -> Array:
        """The new points' columns of a matrix whose rows are affine on each cell, at most `bound`
        in magnitude."""
        before, after = matrix[:, self.cells], matrix[:, self.cells + 1]
        if self.left.dtype == object or self.weight * bound >= INT64_SAFE:
            before, after = before.astype(object), after.astype(object)
        fresh: Array = (before * self.left + after * self.right) // self.divisor
        return fresh

    def merge(self, matrix: Array, fresh: Array) -> Array:
        """Old and new columns in the order of the points."""
        fresh = fresh.astype(matrix.dtype, copy=False)
        if len(self) == 1:
            at = int(self.cells[0]) + 1
            return np.concatenate((matrix[:, :at], fresh, matrix[:, at:]), axis=1)
        keys = np.concatenate((np.arange(matrix.shape[1]), self.cells))
        order = np.argsort(keys, kind="stable")
        merged: Array = np.concatenate((matrix, fresh), axis=1)[:, order]
        return merged


def roots(line: Array, cells: Array, left: Array, right: Array, *, ordered: bool) -> Insertion:
    """The points (left·P + right·P') of some cells, in lowest terms, each once and in order.

    Args:
        line: the rows X and q.
        cells: the numbers of the cells.
        left, right: positive weights of the two ends.
        ordered: whether the cells ascend strictly already.
    """
    common = np.gcd(left, right)
    left, right = left // common, right // common
    before, after = line[:, cells], line[:, cells + 1]
    weight = largest(left) + largest(right)
    if weight * max(largest(before), largest(after)) >= INT64_SAFE:
        left, right = left.astype(object), right.astype(object)
        before, after = before.astype(object), after.astype(object)
    fresh = before * left + after * right
    divisor = np.gcd(fresh[0], fresh[1])
    if not ordered:
        kept = _ascending(cells, fresh // divisor)
        cells, left, right, divisor = cells[kept], left[kept], right[kept], divisor[kept]
    return Insertion(cells, left, right, divisor, weight)


def _ascending(cells: Array, points: Array) -> Array:
    """Indices that put points (rows X and q, in lowest terms) in strictly ascending order, each
    point once. Floats propose the order; integers confirm or replace it."""
    exact = points.astype(object)
    proposed = np.lexsort(((exact[0] / exact[1]).astype(np.float64), cells))
    order = proposed
    if not _ascends(cells[order], exact[:, order]):
        order = np.array(
            sorted(proposed.tolist(), key=lambda at: (cells[at], Fraction(*exact[:, at]))),
            dtype=np.int64,
        )
    sorted_cells, sorted_points = cells[order], exact[:, order]
    same = (sorted_cells[1:] == sorted_cells[:-1]) & np.all(
        (sorted_points[:, 1:] == sorted_points[:, :-1]).astype(bool), axis=0
    )
    kept: Array = order[np.concatenate(([True], ~same))]
    return kept


def _ascends(cells: Array, points: Array) -> bool:
    """Whether the points of each cell ascend (not strictly)."""
    falls = points[0, :-1] * points[1, 1:] > points[0, 1:] * points[1, :-1]
    return not bool(np.any((cells[1:] == cells[:-1]) & falls.astype(bool)))
