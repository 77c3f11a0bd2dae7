"""Values of a network at many rational points at once, in homogeneous integers.

A point x = X/q of the line is the integer pair (X, q) in lowest terms with q > 0. On a cell
between neighbouring points every neuron computed so far is affine, so its value is

    granule · V/q,    V = αX + βq with integers α, β that depend on the cell alone

(granules: `bitproof.execute.integer_network`). Affine maps, ReLUs and the insertion of points
keep the V integer: a new point is an integer combination (a·P + b·P') / d of its neighbours P and
P', and the same combination gives every V exactly. An array is int64 where a bound proved
beforehand fits and holds Python integers where it does not; nothing ever wraps.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from bitproof.execute.integer_network import IntegerLayer

INT64_SAFE = 1 << 62

Array = npt.NDArray[Any]


@dataclass(slots=True)
class Rows:
    """Some homogeneous integers at all points: shape (rows, points), and a bound on them.

    Attributes:
        integers: int64 or Python integers.
        bound: at least the largest magnitude; int64 integers have one below 2^62.
    """

    integers: Array
    bound: int

    @classmethod
    def of(cls, integers: Array) -> Rows:
        """Python integers, as int64 if they fit."""
        bound = largest(integers)
        return cls(integers.astype(np.int64) if bound < INT64_SAFE else integers, bound)

    def tighten(self) -> None:
        """Replaces the bound by the largest magnitude there is."""
        self.bound = largest(self.integers)

    def exact(self) -> Array:
        """As Python integers."""
        return self.integers.astype(object)

    @property
    def is_wide(self) -> bool:
        """Whether these are Python integers."""
        return bool(self.integers.dtype == object)


def largest(array: Array) -> int:
    """The largest magnitude, 0 for an empty array."""
    if array.size == 0:
        return 0
    return max(int(array.max()), -int(array.min()))


def preactivations(layer: IntegerLayer, sources: list[Rows], denominators: Rows) -> Rows:
    """matrix · V + bias · q at all points. `denominators` is the row of the q."""
    bound = _bound(layer, sources, denominators)
    if bound >= INT64_SAFE:
        for rows in (*sources, denominators):
            rows.tighten()
        bound = _bound(layer, sources, denominators)
    if bound < INT64_SAFE and not any(rows.is_wide for rows in sources):
        parts = [rows.integers for rows in sources]
        return Rows(_affine(layer, parts, denominators.integers), bound)
    return Rows.of(_affine(layer, [rows.exact() for rows in sources], denominators.exact()))


def _bound(layer: IntegerLayer, sources: list[Rows], denominators: Rows) -> int:
    """At least the magnitude of every partial sum of every neuron."""
    bounds = [rows.bound for rows in sources for _ in range(rows.integers.shape[0])]
    matrix, largest_sum = layer.matrix, 0
    for row, bias in enumerate(layer.bias):
        total = abs(bias) * denominators.bound
        for at in range(matrix.row_starts[row], matrix.row_starts[row + 1]):
            total += abs(matrix.numerators[at]) * bounds[matrix.column_indices[at]]
        largest_sum = max(largest_sum, total)
    return largest_sum


def _affine(layer: IntegerLayer, sources: list[Array], denominators: Array) -> Array:
    if layer.width == 1:
        return _neuron(layer, sources, denominators)
    stacked = np.concatenate([*sources, denominators], axis=0)
    dense = np.zeros((layer.width, stacked.shape[0]), dtype=stacked.dtype)
    for row in range(layer.width):
        for column, numerator in layer.matrix.row(row):
            dense[row, column] = numerator
        dense[row, -1] = layer.bias[row]
    product: Array = dense @ stacked
    return product


def _neuron(layer: IntegerLayer, sources: list[Array], denominators: Array) -> Array:
    """A layer of one neuron, without a matrix product: one multiplication for each edge."""
    rows = [source[row : row + 1] for source in sources for row in range(source.shape[0])]
    bias = layer.bias[0]
    total: Array | None = None if bias == 0 else denominators * bias
    for column, numerator in layer.matrix.row(0):
        if total is None:
            total = rows[column] * numerator
        elif numerator == 1:
            total = total + rows[column]
        else:
            total = total + rows[column] * numerator
    return np.zeros_like(denominators) if total is None else total


@dataclass(frozen=True, slots=True)
class Insertion:
    """New points, as combinations of their neighbours.

    Attributes:
        cells: ascending; the i-th new point lies strictly between the points cells[i] and
            cells[i] + 1. New points of the same cell ascend.
        left, right: it is (left·P + right·P') / divisor with positive integers.
        divisor: divides exactly whatever is affine on the cell.
        order: the order of old and new columns afterwards, if old ones come first.
    """

    cells: Array
    left: Array
    right: Array
    divisor: Array
    order: Array

    def __len__(self) -> int:
        return len(self.cells)

    def apply(self, rows: Rows) -> Rows:
        """The same rows at old and new points."""
        if len(self) == 1:
            return self._apply_one(rows)
        old = rows.integers
        before, after = old[:, self.cells], old[:, self.cells + 1]
        weight = largest(self.left) + largest(self.right)
        if weight * rows.bound < INT64_SAFE and not rows.is_wide and self.left.dtype != object:
            fresh = (before * self.left + after * self.right) // self.divisor
        else:
            fresh = before.astype(object) * self.left + after.astype(object) * self.right
            fresh = fresh // self.divisor
        bound = max(rows.bound, largest(fresh))
        if bound >= INT64_SAFE or rows.is_wide:
            old, fresh = old.astype(object), fresh.astype(object)
        elif fresh.dtype == object:
            fresh = fresh.astype(np.int64)
        return Rows(np.concatenate((old, fresh), axis=1)[:, self.order], bound)

    def _apply_one(self, rows: Rows) -> Rows:
        """One new point, the common case in deep networks, without the cost of array calls."""
        old, at = rows.integers, int(self.cells[0])
        left, right, divisor = int(self.left[0]), int(self.right[0]), int(self.divisor[0])
        pairs = old[:, at : at + 2].tolist()
        column = [(before * left + after * right) // divisor for before, after in pairs]
        bound = max(rows.bound, *map(abs, column))
        if bound >= INT64_SAFE:
            old = old.astype(object)
        fresh = np.array(column, dtype=old.dtype).reshape(-1, 1)
        return Rows(np.concatenate((old[:, : at + 1], fresh, old[:, at + 1 :]), axis=1), bound)


def sign_changes(before: Rows, positions: Rows, denominators: Rows) -> Insertion | None:
    """The points where some row of `before` changes its strict sign between neighbours.

    Args:
        before: pre-activations, affine on every cell.
        positions: the row of the X.
        denominators: the row of the q.

    Returns:
        None if no sign changes.
    """
    integers = before.integers
    if before.integers.shape[1] < 2 or integers.min() >= 0 or integers.max() <= 0:
        return None
    positive, negative = integers > 0, integers < 0
    changes = (positive[:, :-1] & negative[:, 1:]) | (negative[:, :-1] & positive[:, 1:])
    neurons, cells = np.nonzero(changes)
    if len(cells) == 0:
        return None
    left = np.abs(integers[neurons, cells + 1])
    right = np.abs(integers[neurons, cells])
    common = np.gcd(left, right)
    left, right = left // common, right // common
    reach = (largest(left) + largest(right)) * max(positions.bound, denominators.bound)
    if reach >= INT64_SAFE:
        left, right = left.astype(object), right.astype(object)
    wide = left.dtype == object or positions.is_wide or denominators.is_wide
    line = [rows.exact() if wide else rows.integers for rows in (positions, denominators)]
    fresh = np.concatenate([row[:, cells] * left + row[:, cells + 1] * right for row in line])
    divisor = np.gcd(fresh[0], fresh[1])
    kept = _ascending(cells, fresh // divisor) if before.integers.shape[0] > 1 else slice(None)
    cells, left, right, divisor = cells[kept], left[kept], right[kept], divisor[kept]
    order = np.arange(0)
    if len(cells) > 1:
        keys = np.concatenate((np.arange(integers.shape[1]), cells))
        order = np.argsort(keys, kind="stable")
    return Insertion(cells, left, right, divisor, order)


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
