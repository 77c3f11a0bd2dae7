"""All breakpoints of a ReLU network of one input on an interval, exactly.

One pass over the layers: every live neuron is known at finitely many rational points between
which it is affine. Where a ReLU's pre-activation has strictly opposite signs at neighbouring
points, its root, a rational, becomes a point. So in the end no pre-activation of any ReLU has
strictly opposite signs at neighbours, and by induction over the layers every neuron is affine
between neighbours: this is what a certificate's checker verifies again.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from bitproof.certify.piecewise_linear import PiecewiseLinear
from bitproof.certify.propagation import PointTable
from bitproof.errors import InputError, WorkLimitError
from bitproof.exact.interval import Interval
from bitproof.execute.grid import InputGrid
from bitproof.execute.integer_network import IntegerLayer
from bitproof.execute.ranges import integer_form
from bitproof.network.layer import Activation
from bitproof.network.network import Network

Progress = Callable[[float, str], None]

MAX_BREAKPOINTS = 1 << 20
MAX_LIVE_INTEGERS = 1 << 27
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
    needed by the output or not, changes its strict sign.

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
    _check(network)
    ends = InputGrid(
        (Fraction(interval.lower.__floor__()),), (Fraction(interval.upper.__ceil__()),), Fraction(1)
    )
    form = integer_form(network, ends)
    last_uses = form.last_uses()
    state = _State(interval, limit)
    for position, layer in enumerate(form.layers, start=1):
        state.add(position, layer, is_read=last_uses[position] > 0)
        state.forget(position, layer, last_uses)
        if progress is not None and position % REPORT_EVERY == 0:
            progress(position / len(form.layers), f"{state.points} breakpoints")
    return state.function(len(form.layers), form.output_granules[0])


class _State:
    """The points found so far and the integers of every live layer at them."""

    def __init__(self, interval: Interval, limit: int) -> None:
        ends = [interval.lower, interval.upper] if interval.width else [interval.lower]
        self._table, self._limit = PointTable(ends), limit
        self._live: dict[int, tuple[int, ...]] = {0: (PointTable.X,)}

    @property
    def points(self) -> int:
        return self._table.points

    def add(self, position: int, layer: IntegerLayer, *, is_read: bool) -> None:
        """Computes a layer at all points, and adds those where a ReLU changes its sign."""
        rows = self._table.add(
            layer, [row for source in layer.sources for row in self._live[source]]
        )
        if layer.activation is Activation.RELU:
            insertion = self._table.sign_changes(rows)
            if insertion is not None:
                self._check_size(len(insertion))
                self._table.insert(insertion)
            self._table.clamp(rows)
        if is_read:
            self._live[position] = rows
        else:
            self._table.remove(rows)

    def forget(self, position: int, layer: IntegerLayer, last_uses: tuple[int, ...]) -> None:
        """Drops what no later layer reads."""
        for source in layer.sources:
            if source and last_uses[source] == position:
                self._table.remove(self._live.pop(source))

    def function(self, output: int, granule: Fraction) -> PiecewiseLinear:
        """The output between the points."""
        numerators = self._table.row(PointTable.X).tolist()
        denominators = self._table.row(PointTable.Q).tolist()
        outputs = self._table.row(self._live[output][0]).tolist()
        scale, below = granule.numerator, granule.denominator
        points = zip(numerators, denominators, strict=True)
        values = zip(outputs, denominators, strict=True)
        return PiecewiseLinear(
            tuple(Fraction(x, q) for x, q in points),
            tuple(Fraction(v * scale, q * below) for v, q in values),
        )

    def _check_size(self, new: int) -> None:
        points, rows = self.points + new, self._table.rows
        if points > self._limit:
            raise WorkLimitError(
                f"the network has more than {self._limit} breakpoints on the interval",
                remedy="certify a smaller interval, or inputs of a fixed-point format (--inputs)",
            )
        if points * rows > MAX_LIVE_INTEGERS:
            raise WorkLimitError(
                f"{points} breakpoints times {rows} live neurons",
                remedy="certify a smaller interval, or a narrower network",
            )


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
