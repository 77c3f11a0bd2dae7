"""All breakpoints of a ReLU network of one input on an interval, exactly.

One pass over the layers: every live neuron is known at finitely many rational points between
which it is affine. Where a ReLU's pre-activation has strictly opposite signs at neighbouring
points, its root, a rational, becomes a point. So in the end no pre-activation of any ReLU has
strictly opposite signs at neighbours, and by induction over the layers every neuron is affine
between neighbours: this is what a certificate's checker verifies again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from bitproof.certify.irrelevance import settled
from bitproof.certify.pieces import Pieces
from bitproof.certify.piecewise_linear import PiecewiseLinear
from bitproof.certify.propagation import PointTable
from bitproof.certify.stages import Stage, stages_of
from bitproof.errors import InputError, WorkLimitError
from bitproof.exact.interval import Interval
from bitproof.execute.grid import InputGrid
from bitproof.execute.ranges import integer_form
from bitproof.network.network import Network

Progress = Callable[[float, str], None]

Array = npt.NDArray[Any]

MAX_BREAKPOINTS = 1 << 23
COMFORTABLE = 1 << 24  # integers alive in one table
LEAST_POINTS = 1 << 10  # of a table that is divided
WORTH_ASKING = 64  # cells that change at once
MOST_TRIES = 2  # for one cell
MOST_ASKED = 1 << 16  # in vain
MOST_STAGES = 512  # left when it is asked
REPORT_EVERY = 256


def breakpoints(
    network: Network,
    interval: Interval,
    *,
    limit: int = MAX_BREAKPOINTS,
    progress: Progress | None = None,
) -> PiecewiseLinear:
    """The network as a piecewise-linear function on an interval.

    The points are the ends of the interval and every place inside where a ReLU of the network,
    needed by the output or not, changes its strict sign; except that within cells where it is
    proved that the output does not depend on what changes, no point is added.

    Raises:
        InputError: not a network of one input and one output with real semantics.
        WorkLimitError: more than `limit` points, or too many numbers alive at once.

    >>> from bitproof.network import Network, Layer, SparseMatrix, Activation
    >>> hinges = Layer((0,), SparseMatrix.from_dense([[3], [-3]], columns=1), (-1, 1))
    >>> both = SparseMatrix.from_dense([[1, 1]], columns=2)
    >>> network = Network(1, (hinges, Layer((1,), both, (0,), 3, Activation.IDENTITY)))
    >>> f = breakpoints(network, Interval(Fraction(0), Fraction(1)))
    >>> f.points, f.values == (Fraction(1, 3), 0, Fraction(2, 3))
    ((Fraction(0, 1), Fraction(1, 3), Fraction(1, 1)), True)
    """
    return pieces(network, interval, limit=limit, progress=progress).function()


def pieces(
    network: Network,
    interval: Interval,
    *,
    limit: int = MAX_BREAKPOINTS,
    progress: Progress | None = None,
) -> Pieces:
    """The same in integers, for networks of very many breakpoints.

    Raises:
        InputError, WorkLimitError: as `breakpoints`.
    """
    _check(network)
    ends = InputGrid(
        (Fraction(interval.lower.__floor__()),), (Fraction(interval.upper.__ceil__()),), Fraction(1)
    )
    form = integer_form(network, ends)
    stages, output = stages_of(form)
    points = [interval.lower, interval.upper] if interval.width else [interval.lower]
    tables = _Sweep(stages, output, limit).run(points, progress)
    # neighbouring tables share a point
    parts = [slice(None), *[slice(1, None)] * (len(tables) - 1)]

    def joined(rows: Iterable[Array]) -> Array:
        whole: Array = np.concatenate([row[part] for row, part in zip(rows, parts, strict=True)])
        return whole

    return Pieces(
        joined(table.row(PointTable.X) for table in tables),
        joined(table.q for table in tables),
        joined(table.row(output) for table in tables),
        form.output_granules[0],
    )


class _Sweep:
    """The points found so far and the integers of every live neuron at them.

    When more integers are alive than fit comfortably, the points are divided: the right part waits
    until the left one is done.
    """

    def __init__(self, stages: tuple[Stage, ...], output: int, limit: int) -> None:
        self._stages, self._output, self._limit = stages, output, limit
        self._done = list[PointTable]()
        self._asked = self._settled = 0
        self.points = 0

    def run(self, ends: list[Fraction], progress: Progress | None) -> list[PointTable]:
        """Tables of the output, from the left to the right."""
        waiting = [(PointTable(ends), 0)]
        steps = total = 0
        while waiting:
            table, at = waiting.pop()
            while at < len(self._stages):
                if table.size > COMFORTABLE and table.points > LEAST_POINTS:
                    waiting.append((table.split(table.points // 2), at))
                self._advance(table, at)
                at += 1
                steps += 1
                total = steps + len(self._stages) - at
                total += sum(len(self._stages) - start for _, start in waiting)
                if progress is not None and steps % REPORT_EVERY == 0:
                    found = self.points + table.points
                    progress(steps / total, f"{found} breakpoints")
            self.points += table.points
            self._done.append(table)
        return self._done

    def _advance(self, table: PointTable, at: int) -> None:
        """Computes a stage at all points, and adds those where a ReLU changes its sign."""
        stage = self._stages[at]
        negative = table.add(stage)
        cells, neurons = table.sign_changes(negative)
        if len(cells):
            kept = self._relevant(table, at, cells)
            cells, neurons = cells[kept], neurons[kept]
        if len(cells):
            insertion = table.roots(cells, neurons)
            if self.points + table.points + len(insertion) > self._limit:
                raise WorkLimitError(
                    f"the network has more than {self._limit} breakpoints on the interval",
                    remedy="certify a smaller interval, or inputs of a fixed-point format "
                    "(--inputs)",
                )
            table.insert(insertion)
        table.clamp(negative)
        table.forget(stage.forget)

    def _relevant(self, table: PointTable, at: int, cells: Array) -> Array:
        """Which of these cells have to be cut. Where many do, it is worth asking whether what
        happens within them reaches the output at all."""
        asked = np.unique(cells)
        asked = asked[table.tries[asked] < MOST_TRIES]
        vain = self._asked > MOST_ASKED and self._settled < self._asked // 4
        if len(asked) < WORTH_ASKING or vain or len(self._stages) - at > MOST_STAGES:
            return np.ones(len(cells), dtype=bool)
        table.tries[asked] += 1
        table.frozen[asked] = settled(table, self._stages[at:], asked, self._output)
        self._asked += len(asked)
        self._settled += int(table.frozen[asked].sum())
        relevant: Array = ~table.frozen[cells]
        return relevant


def _check(network: Network) -> None:
    if not network.is_real:
        raise InputError(
            "a network with fixed-point semantics on an interval",
            remedy="certify it on the inputs of a fixed-point format (--inputs Qm.n)",
        )
    if network.inputs != 1 or network.outputs != 1:
        raise InputError(
            f"a network of {network.inputs} inputs and {network.outputs} outputs",
            remedy="certification on an interval takes one of each",
        )
