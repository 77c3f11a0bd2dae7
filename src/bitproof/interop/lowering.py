"""From a graph of operators to a network: the state of one run, and the layers it writes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bitproof.errors import InputError
from bitproof.interop.exact_array import ExactArray
from bitproof.interop.lowered_values import (
    Draft,
    Index,
    Signal,
    Term,
    Value,
    common,
)
from bitproof.interop.model_graph import Node
from bitproof.network import Activation, Layer, Network, SparseMatrix

MAX_TERMS = 6
MAX_ENTRIES = 1 << 24


class Lowering:
    """The layers written so far. Operators' modules call its methods.

    Attributes:
        opset: the version of the operators' definitions.
        roundings: see `ImportedModel`.
    """

    def __init__(self, inputs: int, opset: int) -> None:
        self.opset = opset
        self.roundings = list[str]()
        self._layers = list[Layer]()
        self._widths = [inputs]

    def width(self, source: int) -> int:
        """The number of values of the input (0) or a layer."""
        return self._widths[source]

    # writing layers ----------------------------------------------------------------------------

    def emit(self, draft: Draft, activation: Activation) -> int:
        """Writes a layer; its position."""
        denominator = common((draft.denominator, draft.bias.denominator))
        factor = denominator // draft.denominator
        matrix = draft.matrix if factor == 1 else draft.matrix.mapped(lambda n: n * factor)
        bias = tuple(int(n) for n in draft.bias.over(denominator))
        divisor = math.gcd(denominator, *matrix.stored_values(), *bias)
        if divisor > 1:
            matrix = matrix.mapped(lambda n: n // divisor)
            bias = tuple(n // divisor for n in bias)
            denominator //= divisor
        self._layers.append(Layer(draft.sources, matrix, bias, denominator, activation))
        self._widths.append(len(bias))
        return len(self._layers)

    def relu(self, value: Signal | Draft) -> Signal:
        """max(value, 0), as one layer (none where the value is visibly not negative)."""
        if isinstance(value, Signal) and value.nonnegative:
            return value
        draft = value if isinstance(value, Draft) else self.elementwise(value)
        position = self.emit(draft, Activation.RELU)
        return Signal.of_layer(position, draft.view, nonnegative=True)

    def signal(self, value: Signal | Draft) -> Signal:
        """A value that exists: a draft becomes a linear layer."""
        if isinstance(value, Signal):
            return value
        position = self.emit(value, Activation.IDENTITY)
        return Signal.of_layer(position, value.view, nonnegative=False)

    def plain(self, signal: Signal) -> Signal:
        """The same values as a layer of their own, in the tensor's order."""
        draft = self.elementwise(signal)
        kind = Activation.RELU if signal.nonnegative else Activation.IDENTITY
        return Signal.of_layer(self.emit(draft, kind), draft.view, nonnegative=signal.nonnegative)

    def total(self, one: Signal, other: Signal) -> Signal:
        """The sum of two signals of one shape, kept to a few terms."""
        result = one.plus(other)
        return result if len(result.terms) <= MAX_TERMS else self.plain(result)

    # affine maps -------------------------------------------------------------------------------

    def columns(self, signal: Signal) -> tuple[tuple[int, ...], dict[int, int]]:
        """The sources of a signal, ascending, and the column each starts at."""
        sources = tuple(sorted({term.source for term in signal.terms}))
        starts, at = dict[int, int](), 0
        for source in sources:
            starts[source] = at
            at += self.width(source)
        return sources, starts

    def elementwise(self, signal: Signal) -> Draft:
        """One row for each entry of a signal."""
        sources, starts = self.columns(signal)
        size = int(np.prod(signal.shape))
        denominator = common([t.scale.denominator for t in signal.terms if t.scale is not None])
        rows: list[dict[int, int]] = [{} for _ in range(size)]
        for term in signal.terms:
            places = term.index.reshape(-1).tolist()
            factors = [denominator] * size
            if term.scale is not None:
                factors = term.scale.over(denominator).reshape(-1).tolist()
            start = starts[term.source]
            for row, place, factor in zip(rows, places, factors, strict=True):
                if place >= 0:
                    row[start + place] = row.get(start + place, 0) + factor
        width = sum(self.width(source) for source in sources)
        matrix = SparseMatrix.from_rows((row.items() for row in rows), columns=width)
        bias = ExactArray.full((size,), 0)
        if signal.offset is not None:
            bias = signal.offset.map(lambda array: array.reshape(-1))
        view = np.arange(size, dtype=np.int64).reshape(signal.shape)
        return Draft(sources, matrix, denominator, bias, view)

    def product(self, signal: Signal, weights: ExactArray) -> Draft:
        """A signal of shape (..., k) times a constant of shape (k, n): shape (..., n)."""
        sources, starts = self.columns(signal)
        inner, outer = weights.shape
        count = int(np.prod(signal.shape[:-1]))
        if count * inner * outer * max(len(signal.terms), 1) > MAX_ENTRIES:
            raise InputError(
                f"a matrix product of {count} x {inner} x {outer} weights",
                remedy=f"dense layers of up to {MAX_ENTRIES} weights can be imported",
            )
        scales = common([t.scale.denominator for t in signal.terms if t.scale is not None])
        rows = list[list[tuple[int, int]]]()
        for place in range(count):
            parts = [_flat(term, place, inner, starts) for term in signal.terms]
            rows += _dense_rows(parts, weights, scales)
        width = sum(self.width(source) for source in sources)
        matrix = SparseMatrix.from_rows(rows, columns=width)
        bias = ExactArray.full((count * outer,), 0)
        if signal.offset is not None:
            offset = signal.offset.map(lambda array: array.reshape(count, inner))
            sums = np.asarray(offset.numerators.dot(weights.numerators), object)
            bias = ExactArray(sums.reshape(-1), offset.denominator * weights.denominator)
        view = np.arange(count * outer, dtype=np.int64).reshape((*signal.shape[:-1], outer))
        return Draft(sources, matrix, scales * weights.denominator, bias, view)

    # the end -----------------------------------------------------------------------------------

    def finish(self, results: Sequence[Value]) -> Network:
        """The network whose outputs are the given values, one after the other."""
        if len(results) == 1 and isinstance(results[0], Draft):
            position = self._output_of_draft(results[0])
        else:
            position = self._output_of_signal(_joined([self._as_signal(one) for one in results]))
        return self._network(position)

    def _as_signal(self, value: Value) -> Signal:
        if isinstance(value, ExactArray):
            return Signal(value.shape, (), value)
        return self.signal(value)

    def _output_of_draft(self, draft: Draft) -> int:
        view = draft.view.reshape(-1)
        if np.array_equal(view, np.arange(view.size)):
            return self.emit(draft, Activation.IDENTITY)
        if isinstance(draft.matrix, SparseMatrix):
            rows = [draft.matrix.row(int(row)) for row in view]
            matrix = SparseMatrix.from_rows(rows, columns=draft.matrix.shape[1])
            bias = draft.bias.map(lambda array: array[view])
            return self.emit(replace(draft, matrix=matrix, bias=bias), Activation.IDENTITY)
        return self._output_of_signal(self.signal(draft))

    def _output_of_signal(self, signal: Signal) -> int:
        flat = signal.moved(lambda array: array.reshape(-1))
        if len(flat.terms) == 1 and flat.offset is None:
            (term,) = flat.terms
            everything = np.arange(self.width(term.source))
            if term.source and term.scale is None and np.array_equal(term.index, everything):
                return term.source
        return self.emit(self.elementwise(flat), Activation.IDENTITY)

    def _network(self, last: int) -> Network:
        """The layers the last one needs, renumbered."""
        needed = {last}
        for position in range(last, 0, -1):
            if position in needed:
                needed.update(self._layers[position - 1].sources)
        order = [position for position in sorted(needed) if position]
        number = {0: 0} | {position: at for at, position in enumerate(order, start=1)}
        layers = []
        for position in order:
            layer = self._layers[position - 1]
            layers.append(replace(layer, sources=tuple(number[s] for s in layer.sources)))
        return Network(self._widths[0], tuple(layers))


def uses(nodes: Sequence[Node], outputs: Sequence[str]) -> Counter[str]:
    """How often each tensor is read."""
    return Counter(outputs) + Counter(name for node in nodes for name in node.inputs)


def _joined(signals: Sequence[Signal]) -> Signal:
    """Signals flattened, one after the other."""
    from bitproof.interop.lower_shapes import concatenated

    flat = [signal.moved(lambda array: array.reshape(-1)) for signal in signals]
    return flat[0] if len(flat) == 1 else concatenated(flat, 0)


def _flat(term: Term, place: int, inner: int, starts: dict[int, int]) -> Term:
    """The part of a term that one row of a product reads, its index as columns."""
    index: Index = term.index.reshape(-1, inner)[place]
    index = np.where(index < 0, index, index + starts[term.source])
    scale = term.scale
    if scale is not None:
        scale = scale.map(lambda array: array.reshape(-1, inner)[place])
    return Term(term.source, index, scale)


def _dense_rows(
    parts: Sequence[Term], weights: ExactArray, scales: int
) -> list[list[tuple[int, int]]]:
    """The rows of a product for one place: one for each column of the weights."""
    columns, stacked = [np.empty(0, np.int64)], [np.empty((0, weights.shape[1]), object)]
    for part in parts:
        numerators = weights.numerators
        if part.scale is not None:
            numerators = numerators * part.scale.over(scales)[:, None]
        elif scales != 1:
            numerators = numerators * scales
        there = part.index >= 0
        columns.append(part.index[there])
        stacked.append(numerators[there])
    places, which = np.unique(np.concatenate(columns), return_inverse=True)
    totals = np.zeros((len(places), weights.shape[1]), object)
    np.add.at(totals, which, np.concatenate(stacked))
    names = places.tolist()
    return [
        [(name, entry) for name, entry in zip(names, column, strict=True) if entry]
        for column in totals.T.tolist()
    ]
