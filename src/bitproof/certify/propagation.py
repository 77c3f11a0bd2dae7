"""Values of a network at many rational points at once, in homogeneous integers.

A point x = X/q of the line is the integer pair (X, q) in lowest terms with q > 0. On a cell
between neighbouring points every neuron computed so far is affine, so its value is

    granule · V/q,    V = αX + βq with integers α, β that depend on the cell alone

(granules: `bitproof.execute.integer_network`). Affine maps, ReLUs and the insertion of points
keep the V integer: a new point is an integer combination (a·P + b·P') / d of its neighbours P and
P', and the same combination gives every V exactly. A row of V is int64 where bounds proved
beforehand fit, and Python integers where they do not; nothing ever wraps unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from bitproof.certify.insertion import INT64_SAFE, Insertion, largest, roots, single_root
from bitproof.certify.stages import Stage

FLOAT_SAFE = 1 << 53
ROUNDING = 1 + 1e-9  # covers the rounding of a bound computed in floats
FLOAT_BLOCK = 1 << 13
DENSE_SHARE = 6  # a float product beats sums of terms where one entry in so many is not zero
LOW_BITS = 26
FAR = 1 << 200  # whatever is larger counts as this: beyond int64, within floats

Array = npt.NDArray[Any]


class PointTable:
    """The points, the integers of all live neurons at them, and the cells that are settled.

    Row 0 is the input's: the X of the points. Other rows are named by their neurons' numbers.

    Attributes:
        points: how many.
        frozen: for each cell whether nothing within it matters for the output any more.
        tries: for each cell how often that was asked since it was last cut.
    """

    X = 0

    def __init__(self, points: Sequence[Fraction]) -> None:
        numerators = [x.numerator for x in points]
        denominators = [x.denominator for x in points]
        top = max(*map(abs, numerators), *denominators)
        kind: Any = np.int64 if top < INT64_SAFE else object
        self._rows: dict[int, Array] = {self.X: np.array(numerators, dtype=kind)}
        self.q: Array = np.array(denominators, dtype=kind)
        self.frozen = np.zeros(max(len(points) - 1, 0), dtype=bool)
        self.tries = np.zeros(max(len(points) - 1, 0), dtype=np.int8)

    @property
    def points(self) -> int:
        return len(self.q)

    @property
    def size(self) -> int:
        """Integers alive."""
        return (len(self._rows) + 1) * self.points

    @property
    def neurons(self) -> tuple[int, ...]:
        """The numbers of the live neurons."""
        return tuple(self._rows)

    def row(self, number: int) -> Array:
        """The integers of a neuron."""
        return self._rows[number]

    def forget(self, numbers: Iterable[int]) -> None:
        """Drops rows."""
        for number in numbers:
            del self._rows[number]

    def add(self, stage: Stage) -> tuple[int, ...]:
        """Computes a stage's pre-activations at all points; returns the neurons among them that
        are ReLUs and negative somewhere."""
        rows = self._affine(stage)
        self._rows.update(zip(stage.neurons, rows, strict=True))
        return tuple(
            number
            for number, relu, row in zip(stage.neurons, stage.relu, rows, strict=True)
            if relu and row.min() < 0
        )

    def clamp(self, numbers: Iterable[int]) -> None:
        """Replaces negative integers by 0: the ReLU."""
        for number in numbers:
            row = self._rows[number]
            np.maximum(row, 0, out=row)
            if row.dtype == object:
                self._rows[number] = _narrow(row)

    def sign_changes(self, numbers: Iterable[int]) -> tuple[Array, Array]:
        """Cells in which rows change their strict sign, and the rows' numbers; the cells that are
        frozen left out."""
        cells, neurons = list[Array](), list[Array]()
        for number in numbers:
            signs = np.sign(self._rows[number])
            found = np.flatnonzero(signs[:-1] * signs[1:] < 0)
            found = found[~self.frozen[found]]
            if len(found):
                cells.append(found)
                neurons.append(np.full(len(found), number))
        if not cells:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        return np.concatenate(cells), np.concatenate(neurons)

    def roots(self, cells: Array, neurons: Array) -> Insertion:
        """The points where these rows are 0 in these cells; each row's cells lie together."""
        x, q = self._rows[self.X], self.q
        if len(cells) == 1:  # as in every layer of a march
            at = int(cells[0])
            row, ends = self._rows[int(neurons[0])], slice(at, at + 2)
            return single_root(x[ends].tolist(), q[ends].tolist(), cells, row[ends].tolist())
        starts = np.flatnonzero(np.diff(neurons, prepend=-1))
        parts = list(zip(starts, [*starts[1:], len(neurons)], strict=True))
        rows = [self._rows[int(neurons[start])] for start, _ in parts]
        before, after = np.empty((2, len(cells)), dtype=np.result_type(*rows))
        for row, (start, stop) in zip(rows, parts, strict=True):
            here = cells[start:stop]
            before[start:stop], after[start:stop] = row[here], row[here + 1]
        left, right = (np.stack((x[at], q[at])) for at in (cells, cells + 1))
        return roots((left, right), cells, before, after)

    def insert(self, insertion: Insertion) -> None:
        """Adds points, in every row."""
        spread = insertion.spread(self.points)
        self.q = spread.merge(*_alike(self.q, insertion.values(self.q)))
        for number, row in self._rows.items():
            self._rows[number] = spread.merge(*_alike(row, insertion.values(row)))
        self.frozen = self.frozen[spread.cells]
        self.tries[insertion.cells] = 0
        self.tries = self.tries[spread.cells]

    def split(self, at: int) -> PointTable:
        """Keeps the points up to number `at`; those from there on make the table returned."""
        rest = PointTable.__new__(PointTable)
        rest._rows = {number: row[at:].copy() for number, row in self._rows.items()}
        rest.q = self.q[at:].copy()
        rest.frozen, rest.tries = self.frozen[at:].copy(), self.tries[at:].copy()
        self._rows = {number: row[: at + 1].copy() for number, row in self._rows.items()}
        self.q = self.q[: at + 1].copy()
        self.frozen, self.tries = self.frozen[:at].copy(), self.tries[:at].copy()
        return rest

    def _affine(self, stage: Stage) -> list[Array]:
        tops = [largest(self._rows[number]) for number in stage.sources]
        bounds = _bounds(stage, tops, largest(self.q))
        bound = float(bounds.max())
        if bound >= INT64_SAFE:
            return [
                self._sum(stage, at, exact=each >= INT64_SAFE) for at, each in enumerate(bounds)
            ]
        entries = len(stage.neurons) * (len(stage.sources) + 1)
        if len(stage.weights) * DENSE_SHARE > entries > len(stage.neurons) * 8:
            return self._dense_product(stage, bound)
        return self._term_by_term(stage)

    def _term_by_term(self, stage: Stage) -> list[Array]:
        return [self._sum(stage, at) for at in range(len(stage.neurons))]

    def _sum(self, stage: Stage, at: int, *, exact: bool = False) -> Array:
        """One multiplication for each edge, in int64 or (`exact`) in Python integers."""
        kind: Any = object if exact else np.int64
        bias = stage.bias[at]
        total: Array = np.zeros(self.points, dtype=kind)
        if bias:
            total += self.q.astype(kind, copy=False) * bias
        for column, weight in zip(*stage.row(at), strict=True):
            row = self._rows[stage.sources[column]].astype(kind, copy=False)
            if weight == 1:
                total += row
            elif weight == -1:
                total -= row
            else:
                total += row * weight
        return _narrow(total) if exact else total

    def _dense_product(self, stage: Stage, bound: float) -> list[Array]:
        """The product in float64, some points at a time: integers in, the same integers out.

        Below 2^53 every partial sum is a float exactly, in whatever order they are added; larger
        integers are multiplied in two parts, the lower one of 26 bits.
        """
        matrix = stage.dense()
        product = np.empty((len(stage.neurons), self.points), dtype=np.int64)
        sources = [*(self._rows[number] for number in stage.sources), self.q]
        rows = [row.astype(np.int64, copy=False) for row in sources]  # the bound says that they fit
        parts = bound >= FLOAT_SAFE
        if parts and not _parts_fit(matrix, bound):
            return self._term_by_term(stage)
        for start in range(0, self.points, FLOAT_BLOCK):
            block = slice(start, start + FLOAT_BLOCK)
            values = np.stack([row[block] for row in rows])
            if parts:
                high = values >> LOW_BITS
                low = values - (high << LOW_BITS)
                product[:, block] = (matrix @ high.astype(np.float64)).astype(np.int64) << LOW_BITS
                product[:, block] += (matrix @ low.astype(np.float64)).astype(np.int64)
            else:
                product[:, block] = matrix @ values.astype(np.float64)
        return list(product)


def _narrow(row: Array) -> Array:
    """In int64 if it fits."""
    return row.astype(np.int64) if row.dtype == object and largest(row) < INT64_SAFE else row


def _alike(row: Array, values: Array) -> tuple[Array, Array]:
    """Both of one type."""
    if row.dtype == values.dtype:
        return row, values
    kind = np.result_type(row, values)
    return row.astype(kind, copy=False), values.astype(kind, copy=False)


def _bounds(stage: Stage, tops: Sequence[int], scale: int) -> Array:
    """For each neuron at least the magnitude of every partial sum, or something beyond int64."""
    if stage.is_wide:
        return np.full(len(stage.neurons), np.inf)
    tops = [min(top, FAR) for top in tops]
    scale = min(scale, FAR)
    if len(stage.neurons) == 1:
        terms = zip(stage.columns.tolist(), stage.weights.tolist(), strict=True)
        total = sum(abs(weight) * tops[column] for column, weight in terms)
        return np.array([float(total + abs(int(stage.bias[0])) * scale) * ROUNDING])
    sizes = np.array([float(top) for top in tops] or [0.0])
    products = np.abs(stage.weights.astype(np.float64))
    if len(stage.columns):
        products *= sizes[stage.columns]
    sums = np.concatenate(([0.0], np.cumsum(products)))
    totals = sums[stage.starts[1:]] - sums[stage.starts[:-1]]
    # the difference of two running sums may be off by a rounding of the larger one
    slack = sums[-1] * 1e-12
    totals += np.abs(stage.bias.astype(np.float64)) * float(scale) + slack
    bounds: Array = totals * ROUNDING
    return bounds


def _parts_fit(matrix: Array, bound: float) -> bool:
    """Whether both halves of a product stay exact in floats."""
    widest = float(np.abs(matrix).sum(axis=1).max())
    # the upper half rounds down: at most one more than its share for each weight
    upper = bound / (1 << LOW_BITS) + widest
    return max(upper, widest * (1 << LOW_BITS)) * ROUNDING < FLOAT_SAFE
