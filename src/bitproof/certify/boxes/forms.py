"""What a network is on many cells at once: affine up to proved errors, in exact integers.

On a cell every neuron is an affine function of x plus an error that lies in an interval. The
affine function is held by its values at the cell's corners, the error by its two ends, all integer
multiples of the neuron's granule (`execute.ranges`). Sums are exact. A ReLU whose argument has one
sign on the cell leaves the argument or 0; any other is replaced by 0 with the error [0, u] or by
its argument z with the error growing by [0, -l], for z in [l, u]: both hold, since
max(0, z) - z lies in [0, -l]. So where no neuron changes its sign, the network is the affine
function, with error 0.

Arrays are int64 as long as a bound computed beforehand fits, and Python integers from there on.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from bitproof.execute.grid import InputGrid
from bitproof.execute.kernel import Array
from bitproof.execute.program import Program, compile_program
from bitproof.execute.ranges import analyse
from bitproof.network.network import Network

LARGEST = 1 << 62
HEAVIEST = 1e250


@dataclass(frozen=True)
class Forms:
    """The output of a network on cells, in granules of the output.

    Attributes:
        corners: shape (corners, cells): the affine part at every corner.
        low, high: shape (cells,): the ends of the error.
        crossing: shape (cells,): a neuron that changes its sign on the cell and is affine there up
            to the sign; -1 where there is none.
        crossing_corners: shape (corners, cells): that neuron's argument at the corners.
        weight: shape (cells,): a float that says how much it matters, for proposals only.
    """

    corners: Array
    low: Array
    high: Array
    crossing: Array
    crossing_corners: Array
    weight: Array


class FormProgram:
    """A network made ready for cells whose corners lie on a grid of inputs.

    Raises:
        InputError: the grid does not fit the network.
        RangeError: integers of more than 16,384 bits would be needed.

    >>> from bitproof.exact.interval import Interval
    >>> from fractions import Fraction
    >>> from bitproof.network import Activation, Layer, SparseMatrix
    >>> hinge = Layer((0,), SparseMatrix.from_dense([[1, -1]], columns=2), (0,))
    >>> one = SparseMatrix.from_dense([[1]], columns=1)
    >>> network = Network(2, (hinge, Layer((1,), one, (0,), 1, Activation.IDENTITY)))
    >>> grid = InputGrid.on_interval(Interval(Fraction(0), Fraction(1)), Fraction(1), inputs=2)
    >>> corners = np.array([[[0, 0, 1, 1]], [[0, 1, 0, 1]]]).transpose(0, 2, 1)
    >>> forms = FormProgram(network, grid).run(corners)
    >>> forms.low.tolist(), forms.high.tolist(), forms.crossing_corners[:, 0].tolist()
    ([0], [1], [0, -1, 1, 0])
    """

    def __init__(self, network: Network, grid: InputGrid) -> None:
        analysis = analyse(network, grid)
        self.granule = analysis.integer.output_granules[0]
        self._program = compile_program(analysis.integer)
        self._fits = analysis.magnitude < LARGEST
        self._influence = _influence(self._program)

    @property
    def slots(self) -> int:
        """Values alive at once: what memory is proportional to."""
        return self._program.slots

    def run(self, levels: Array) -> Forms:
        """The forms on cells.

        Args:
            levels: shape (inputs, corners, cells): the corners as levels of the grid.
        """
        return _Run(self._program, self._influence, levels, exact=self._fits).forms()


def _influence(program: Program) -> list[float]:
    """For every neuron the sum of |weights| along all paths to the output, capped."""
    reach = [0.0] * program.slots
    for slot in program.output_slots:
        reach[slot] = 1.0
    result = [0.0] * len(program.targets)
    edges = list(pairwise(program.edge_starts))
    for neuron in reversed(range(len(program.targets))):
        target = program.targets[neuron]
        here, reach[target] = min(reach[target], HEAVIEST), 0.0
        result[neuron] = here
        start, stop = edges[neuron]
        for edge in range(start, stop):
            weight = abs(program.edge_weights[edge])
            reach[program.edge_slots[edge]] += here * min(float(min(weight, 1 << 60)), HEAVIEST)
    return result


@dataclass(slots=True)
class _Value:
    """A neuron on all cells: `error` is None where it is affine on every one of them."""

    corners: Array
    error: tuple[Array, Array] | None
    size: int


class _Run:
    """One pass over the neurons."""

    def __init__(
        self, program: Program, influence: list[float], levels: Array, *, exact: bool
    ) -> None:
        self.program, self.influence = program, influence
        self.dtype = np.dtype(np.int64 if exact else object)
        self.bounded = exact
        self.values: list[_Value | None] = [None] * program.slots
        corners, cells = levels.shape[1:]
        for slot, column in zip(program.input_slots, levels, strict=True):
            self.values[slot] = _Value(column.astype(self.dtype), None, _size(column))
        self.shape = (corners, cells)
        self.crossing = np.full(cells, -1, np.int64)
        self.crossing_corners = np.zeros(self.shape, self.dtype)
        self.weight = np.zeros(cells)

    def forms(self) -> Forms:
        program = self.program
        layer_values: list[tuple[int, _Value]] = []
        layer = -1
        for neuron, (start, stop) in enumerate(pairwise(program.edge_starts)):
            if program.layers[neuron] != layer:
                self._store(layer_values)
                layer, layer_values = program.layers[neuron], []
            value = self._sum(neuron, start, stop)
            if program.relu[neuron]:
                value = self._rectified(neuron, value)
            layer_values.append((program.targets[neuron], value))
        self._store(layer_values)
        output = self.values[program.output_slots[0]]
        assert output is not None
        zeros = np.zeros(self.shape[1], output.corners.dtype)
        low, high = output.error or (zeros, zeros)
        return Forms(output.corners, low, high, self.crossing, self.crossing_corners, self.weight)

    def _store(self, computed: list[tuple[int, _Value]]) -> None:
        """A layer's values at once: its slots may be ones that its neurons still read."""
        for slot, value in computed:
            self.values[slot] = value

    def _sum(self, neuron: int, start: int, stop: int) -> _Value:
        """The argument of a neuron: its weighted sum and bias."""
        program = self.program
        bias = program.biases[neuron]
        parts = []
        size = abs(bias)
        for edge in range(start, stop):
            source = self.values[program.edge_slots[edge]]
            assert source is not None
            weight = program.edge_weights[edge]
            size += abs(weight) * source.size
            parts.append((weight, source))
        dtype = self._wide_enough(size)
        total: Array | None = None
        for weight, source in parts:
            corners = source.corners.astype(dtype, copy=False)
            term = corners if weight == 1 else corners * weight
            total = term if total is None else total + term
        if total is None:
            total = np.zeros(self.shape, dtype)
        if bias:
            total = total + bias
        return _Value(total, _errors(parts, dtype), size)

    def _wide_enough(self, size: int) -> np.dtype:
        return np.dtype(np.int64 if size < LARGEST else object)

    def _rectified(self, neuron: int, value: _Value) -> _Value:
        """max(0, value) on every cell."""
        corners, error = value.corners, value.error
        low, high = corners.min(axis=0), corners.max(axis=0)
        if error is not None:
            low, high = low + error[0], high + error[1]
        size = max(0, int(high.max()))
        kept = low >= 0
        if kept.all():
            return _Value(corners, error, size if error is None else _size(corners, *error))
        unstable = ~kept & (high > 0)
        if unstable.any():
            self._propose(neuron, corners, error, low, high, unstable)
            return self._relaxed(corners, error, low, high, unstable)
        corners = np.where(kept, corners, 0)
        if error is not None:
            error = (np.where(kept, error[0], 0), np.where(kept, error[1], 0))
            size = _size(corners, *error)
        return _Value(corners, error, size)

    def _relaxed(
        self,
        corners: Array,
        error: tuple[Array, Array] | None,
        low: Array,
        high: Array,
        unstable: Array,
    ) -> _Value:
        """Where the sign changes, the argument itself or 0, whichever is nearer to the ReLU."""
        keeps = (low >= 0) | (unstable & (high > -low))
        below = np.zeros_like(low) if error is None else error[0]
        above = np.zeros_like(low) if error is None else error[1]
        grown = np.where(unstable, above - low, above)
        flat = np.where(unstable, high, 0)
        corners = np.where(keeps, corners, 0)
        error = (np.where(keeps, below, 0), np.where(keeps, grown, flat))
        return _Value(corners, error, _size(corners, *error))

    def _propose(
        self,
        neuron: int,
        corners: Array,
        error: tuple[Array, Array] | None,
        low: Array,
        high: Array,
        unstable: Array,
    ) -> None:
        """Remembers the neuron where it matters more than those before it."""
        candidates = unstable
        if error is not None:
            candidates = unstable & (error[0] == 0) & (error[1] == 0)
        gain = (
            np.minimum(np.minimum(high, -low), LARGEST).astype(np.float64) * self.influence[neuron]
        )
        better = candidates & (gain > self.weight)
        if better.any():
            self.weight = np.where(better, gain, self.weight)
            self.crossing = np.where(better, neuron, self.crossing)
            self.crossing_corners = np.where(better, corners, self.crossing_corners)


def _size(*arrays: Array) -> int:
    """The largest magnitude of any entry."""
    ends = [end for values in arrays for end in (int(values.min()), int(values.max()))]
    return max(map(abs, ends), default=0)


def _errors(
    parts: list[tuple[int, _Value]],
    dtype: np.dtype[Any],
) -> tuple[Array, Array] | None:
    """The error of a weighted sum."""
    low: Array | None = None
    high: Array | None = None
    for weight, source in parts:
        if source.error is None:
            continue
        ends = [end.astype(dtype, copy=False) * weight for end in source.error]
        below, above = ends if weight > 0 else ends[::-1]
        low = below if low is None else low + below
        high = above if high is None else high + above
    return None if low is None or high is None else (low, high)
