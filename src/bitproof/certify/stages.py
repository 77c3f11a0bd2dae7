"""A network over the integers as stages: neurons that can be computed together, level by level.

Neurons are numbered from 1 in the network's order, 0 is the input. A neuron that reads one value is
computed just before it is read, all others as soon as they can be. Long sums are added up as their
terms appear (by neurons without a ReLU, numbered after the others), so that few values are alive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from bitproof.execute.integer_network import IntegerNetwork
from bitproof.network.layer import Activation

MANY_TERMS = 16
LARGEST_WEIGHT = 1 << 62

Array = npt.NDArray[Any]
Terms = dict[int, int]


@dataclass(frozen=True, slots=True)
class Stage:
    """Neurons computed together: relu(matrix · values + bias), where `relu` says so.

    Attributes:
        neurons: their numbers.
        sources: the numbers of the neurons they read, ascending.
        starts, columns, weights: the matrix in compressed rows; `columns` index `sources`.
        bias: integers; `weights` and `bias` are int64, or Python integers if they are too large.
        relu: whether each is a ReLU.
        forget: the numbers of the neurons no later stage reads.
    """

    neurons: tuple[int, ...]
    sources: tuple[int, ...]
    starts: Array
    columns: Array
    weights: Array
    bias: Array
    relu: Array
    forget: tuple[int, ...]
    _dense: dict[str, Array] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_wide(self) -> bool:
        """Whether weights or biases exceed an int64."""
        return bool(self.weights.dtype == object)

    def row(self, at: int) -> tuple[Array, Array]:
        """Columns and weights of one neuron."""
        part = slice(int(self.starts[at]), int(self.starts[at + 1]))
        return self.columns[part], self.weights[part]

    def dense(self) -> Array:
        """The matrix in float64, the bias as its last column (exact below 2^53)."""
        if "matrix" not in self._dense:
            matrix = np.zeros((len(self.neurons), len(self.sources) + 1))
            rows = np.repeat(np.arange(len(self.neurons)), np.diff(self.starts))
            matrix[rows, self.columns] = self.weights.astype(np.float64)
            matrix[:, -1] = self.bias.astype(np.float64)
            self._dense["matrix"] = matrix
        return self._dense["matrix"]


def stages_of(form: IntegerNetwork) -> tuple[tuple[Stage, ...], int]:
    """The stages of a network, in order, and the number of its (only) output."""
    graph = _Graph(form)
    graph.add_partial_sums()
    return graph.stages(), graph.output


class _Graph:
    """Every neuron with its terms, bias and level."""

    def __init__(self, form: IntegerNetwork) -> None:
        self.terms: list[Terms] = [{}]
        self.bias = [0]
        self.relu = [False]
        self.level = [0]
        numbers: list[list[int]] = [[0]]
        for layer in form.layers:
            read = [number for source in layer.sources for number in numbers[source]]
            relu = layer.activation is Activation.RELU
            added = list[int]()
            for row in range(layer.width):
                terms = {read[column]: weight for column, weight in layer.matrix.row(row)}
                added.append(self._add(terms, layer.bias[row], relu=relu))
            numbers.append(added)
        self.output = numbers[-1][0]
        self._delay_chains()

    def _add(self, terms: Terms, bias: int, *, relu: bool) -> int:
        self.terms.append(terms)
        self.bias.append(bias)
        self.relu.append(relu)
        self.level.append(1 + max((self.level[source] for source in terms), default=0))
        return len(self.terms) - 1

    def _delay_chains(self) -> None:
        """Neurons that read at most one value wait until they are read."""
        first = [0] * len(self.terms)
        for number in range(len(self.terms) - 1, 0, -1):
            if first[number] and len(self.terms[number]) <= 1:
                self.level[number] = max(self.level[number], first[number] - 1)
            for source in self.terms[number]:
                known = first[source]
                first[source] = min(known, self.level[number]) if known else self.level[number]

    def add_partial_sums(self) -> None:
        """Long sums whose terms nobody else reads are added up level by level."""
        readers = [0] * len(self.terms)
        for terms in self.terms:
            for source in terms:
                readers[source] += 1
        for number in range(1, len(self.terms)):
            terms = self.terms[number]
            if len(terms) < MANY_TERMS:
                continue
            by_level = dict[int, Terms]()
            for source, weight in terms.items():
                if readers[source] == 1 and self.level[source] < self.level[number] - 1:
                    by_level.setdefault(self.level[source], {})[source] = weight
            if len(by_level) > 1:
                self._split(number, by_level)

    def _split(self, number: int, by_level: dict[int, Terms]) -> None:
        sum_so_far: int | None = None
        for level in sorted(by_level):
            part = by_level[level]
            for source in part:
                del self.terms[number][source]
            if sum_so_far is not None:
                part = {**part, sum_so_far: 1}
            sum_so_far = self._add(part, 0, relu=False)
            self.level[sum_so_far] = level + 1
        assert sum_so_far is not None
        self.terms[number][sum_so_far] = 1

    def stages(self) -> tuple[Stage, ...]:
        last = [0] * len(self.terms)
        for number, terms in enumerate(self.terms):
            for source in terms:
                last[source] = max(last[source], self.level[number])
        last[self.output] = max(self.level) + 1
        groups = dict[int, list[int]]()
        for number in range(1, len(self.terms)):
            groups.setdefault(self.level[number], []).append(number)
        forget = dict[int, list[int]]()
        for number in range(1, len(self.terms)):
            forget.setdefault(max(last[number], self.level[number]), []).append(number)
        return tuple(
            self._stage(groups[level], tuple(forget.get(level, ()))) for level in sorted(groups)
        )

    def _stage(self, group: Sequence[int], forget: tuple[int, ...]) -> Stage:
        sources = sorted({source for number in group for source in self.terms[number]})
        place = {source: at for at, source in enumerate(sources)}
        starts, columns, weights = [0], list[int](), list[int]()
        for number in group:
            terms = self.terms[number]
            columns += [place[source] for source in terms]
            weights += terms.values()
            starts.append(len(columns))
        bias = [self.bias[number] for number in group]
        largest = max(map(abs, (*weights, *bias)))
        kind: Any = np.int64 if largest < LARGEST_WEIGHT else object
        return Stage(
            tuple(group),
            tuple(sources),
            np.array(starts, dtype=np.int64),
            np.array(columns, dtype=np.int64),
            np.array(weights, dtype=kind),
            np.array(bias, dtype=kind),
            np.array([self.relu[number] for number in group]),
            forget,
        )
