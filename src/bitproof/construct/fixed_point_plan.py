"""A network as it is planned: weights of any size, before neurons are copied to carry them.

From the second layer on, a weight heavier than the format's heaviest is carried by several copies
of the neuron it reads; `with_copies` makes them. Binary weights have no zero: a neuron that some
reader does not need is copied an even number of times, and the reader's weights on the copies
cancel. Biases beyond a limited range are carried by constant neurons of the layer before.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bitproof.construct.fixed_point_machine import Integers, Machine
from bitproof.errors import NoDesignError


@dataclass(frozen=True)
class Neuron:
    """Weights by source (a neuron of the layer before, or an input) and a bias in units of β."""

    weights: tuple[tuple[int, int], ...]
    bias: int

    @classmethod
    def of(cls, weights: Mapping[int, int] | Iterable[tuple[int, int]], bias: int) -> Neuron:
        """Without the zero weights, sources ascending."""
        pairs = weights.items() if isinstance(weights, Mapping) else weights
        return cls(tuple(sorted((j, int(m)) for j, m in pairs if m)), int(bias))


@dataclass(frozen=True)
class Plan:
    """Hidden layers and an output neuron, all feed-forward.

    Attributes:
        method: how it was made.
        hidden: the neurons of each hidden layer, first layer first; at least one layer.
        output: reads the last hidden layer.
    """

    method: str
    hidden: tuple[tuple[Neuron, ...], ...]
    output: Neuron

    @property
    def neurons(self) -> int:
        """Hidden neurons."""
        return sum(len(layer) for layer in self.hidden)

    @property
    def weights(self) -> int:
        """Non-zero weights, biases not counted."""
        layers = (*self.hidden, (self.output,))
        return sum(len(neuron.weights) for layer in layers for neuron in layer)

    def size(self, minimise: str) -> tuple[int, int]:
        """What is to be small, first: `neurons` or `weights`."""
        pair = (self.neurons, self.weights)
        return pair if minimise == "neurons" else pair[::-1]


class Draft:
    """Layers under construction; a neuron that is asked for twice is made once.

    >>> draft = Draft(1)
    >>> draft.neuron(1, {0: 3}, 2), draft.neuron(1, {0: 3}, 2), draft.neuron(1, {0: 3}, 4)
    (0, 0, 1)
    """

    def __init__(self, depth: int) -> None:
        self.layers: list[dict[Neuron, int]] = [{} for _ in range(depth)]

    def neuron(
        self, layer: int, weights: Mapping[int, int] | Iterable[tuple[int, int]], bias: int
    ) -> int:
        """The place of a neuron in a hidden layer (counted from 1)."""
        made = self.layers[layer - 1]
        return made.setdefault(Neuron.of(weights, bias), len(made))

    def copy(self) -> Draft:
        """The same neurons, to be continued in another way."""
        other = Draft(len(self.layers))
        other.layers = [dict(layer) for layer in self.layers]
        return other

    def plan(self, method: str, weights: Mapping[int, int], bias: int) -> Plan:
        """The finished plan with its output neuron."""
        hidden = tuple(tuple(layer) for layer in self.layers)
        return Plan(method, hidden, Neuron.of(weights, bias))


def grid(machine: Machine, dims: int) -> Integers:
    """All inputs as rows, the first coordinate slowest."""
    axes = np.meshgrid(*([machine.levels] * dims), indexing="ij")
    return np.stack([axis.ravel() for axis in axes], axis=1)


def dense(neurons: Sequence[Neuron], sources: int) -> tuple[Integers, Integers]:
    """The weights as a matrix (neurons, sources), and the biases."""
    matrix = np.zeros((len(neurons), sources), dtype=np.int64)
    for row, neuron in enumerate(neurons):
        for source, weight in neuron.weights:
            matrix[row, source] = weight
    return matrix, np.array([neuron.bias for neuron in neurons], dtype=np.int64)


def accumulate(machine: Machine, values: Integers, neurons: Sequence[Neuron]) -> Integers:
    """u of every neuron (columns) for every input (rows), exactly."""
    matrix, biases = dense(neurons, values.shape[1])
    heaviest = int(np.abs(values).max(initial=0)) * int(np.abs(matrix).sum(axis=1).max(initial=0))
    if heaviest < 1 << 53:  # every partial sum is an integer that a float64 holds
        products = (values.astype(np.float64) @ matrix.T.astype(np.float64)).astype(np.int64)
    else:
        products = values @ matrix.T
    return products + machine.beta * biases


def run_hidden(machine: Machine, plan: Plan, inputs: Integers) -> Integers:
    """The last hidden layer's levels for every input."""
    values = inputs
    for layer in plan.hidden:
        values = machine.apply(accumulate(machine, values, layer))
    return values


def run(machine: Machine, plan: Plan, inputs: Integers) -> Integers:
    """The output level for every input (a row each)."""
    hidden = run_hidden(machine, plan, inputs)
    return machine.level(accumulate(machine, hidden, (plan.output,))[:, 0])


def with_copies(machine: Machine, plan: Plan) -> Plan:
    """The same network with every weight and bias allowed, unread neurons left out.

    Raises:
        NoDesignError: a bias or weight that no copies can carry.
    """
    layers: list[tuple[Neuron, ...]] = [(plan.output,)]
    above: tuple[Neuron, ...] = (plan.output,)
    for layer in reversed(plan.hidden):
        above, below = _limit_biases(machine, above, layer)
        counts = _copies(machine, above, len(below))
        spread = _Spread(machine, counts)
        layers[0] = tuple(spread(neuron) for neuron in above)
        above = tuple(
            neuron for neuron, count in zip(below, counts, strict=True) for _ in range(count)
        )
        layers.insert(0, above)
    for neuron in layers[0]:
        if not machine.allows(neuron.bias):
            raise NoDesignError(f"a first-layer bias of {neuron.bias}", remedy="a wide bias")
    return Plan(plan.method, tuple(layers[:-1]), layers[-1][0])


def widths_with_copies(machine: Machine, plan: Plan) -> list[int]:
    """The widths of the hidden layers that `with_copies` makes, without what carries biases.

    Raises:
        NoDesignError: binary weights of both parities.
    """
    readers = (*plan.hidden[1:], (plan.output,))
    return [
        sum(_copies(machine, above, len(below)))
        for below, above in zip(plan.hidden, readers, strict=True)
    ]


def _copies(machine: Machine, readers: Sequence[Neuron], sources: int) -> list[int]:
    """How often each neuron is needed: by its heaviest reader, and in binary by their parity."""
    heaviest = [0] * sources
    read_odd, read_even = [0] * sources, [0] * sources
    for neuron in readers:
        for source, weight in neuron.weights:
            heaviest[source] = max(heaviest[source], abs(weight))
            if weight % 2:
                read_odd[source] += 1
            else:
                read_even[source] += 1
    if machine.zeros:
        return [-(-weight // machine.heaviest) for weight in heaviest]
    counts = []
    for weight, odd in zip(heaviest, read_odd, strict=True):
        if odd not in (0, len(readers)):
            raise NoDesignError("binary weights of both parities on one neuron", remedy="double it")
        counts.append(weight + (weight % 2 != (odd > 0)))
    return counts


class _Spread:
    """Weights over the copies of the neurons they read.

    Most neurons read most sources alike (with binary weights, by what cancels), so the entries for
    a source and a weight are made once and shared: millions of weights are built from few.
    """

    def __init__(self, machine: Machine, counts: Sequence[int]) -> None:
        self._machine = machine
        self._counts = counts
        self._starts = [0, *itertools.accumulate(counts)]
        self._known: dict[tuple[int, int], tuple[tuple[int, int], ...]] = {}

    def __call__(self, neuron: Neuron) -> Neuron:
        wanted = dict(neuron.weights)
        read = (
            wanted.items()
            if self._machine.zeros
            else ((source, wanted.get(source, 0)) for source in range(len(self._counts)))
        )
        parts = (self._entries(source, weight) for source, weight in read)
        return Neuron(tuple(itertools.chain.from_iterable(parts)), neuron.bias)

    def _entries(self, source: int, weight: int) -> tuple[tuple[int, int], ...]:
        key = source, weight
        if key not in self._known:
            self._known[key] = tuple(self._made(source, weight))
        return self._known[key]

    def _made(self, source: int, weight: int) -> Iterator[tuple[int, int]]:
        sign = 1 if weight > 0 else -1
        rest = abs(weight)
        for index in range(self._counts[source]):
            if self._machine.zeros:
                part = min(rest, self._machine.heaviest)
            else:  # after the wanted ones, plus and minus in turn: they cancel
                part = 1 if rest > 0 else (-1 if (index - abs(weight)) % 2 else 1)
            rest -= part if rest > 0 else 0
            if part:
                yield self._starts[source] + index, sign * part


def _limit_biases(
    machine: Machine, readers: Sequence[Neuron], sources: tuple[Neuron, ...]
) -> tuple[tuple[Neuron, ...], tuple[Neuron, ...]]:
    """Biases beyond the range, carried by a constant neuron of the layer before."""
    if all(machine.allows(neuron.bias) for neuron in readers):
        return tuple(readers), sources
    level, bias = _strongest_constant(machine)
    constant = Neuron((), bias)
    place = len(sources)
    limited = []
    for neuron in readers:
        if machine.allows(neuron.bias):
            limited.append(neuron)
            continue
        weight = _constant_weight(machine, neuron.bias, level)
        rest = neuron.bias - weight * level // machine.beta
        limited.append(Neuron.of((*neuron.weights, (place, weight)), rest))
    return tuple(limited), (*sources, constant)


def _strongest_constant(machine: Machine) -> tuple[int, int]:
    """The largest |T[t]| a constant neuron can have, and the neuron's bias."""
    assert machine.biases is not None
    biases = np.arange(machine.biases[0], machine.biases[1] + 1)
    values = machine.apply(machine.beta * biases)
    place = int(np.argmax(np.abs(values)))
    return int(values[place]), int(biases[place])


def _constant_weight(machine: Machine, bias: int, level: int) -> int:
    """The multiple of β nearest to what brings βb - m·level back into the range of biases."""
    assert machine.biases is not None
    if level == 0:
        raise NoDesignError(f"a bias of {bias}", remedy="allow wide biases")
    step = machine.beta  # m = β·k changes the bias by k·level
    count = (bias + (abs(level) // 2 if bias >= 0 else -(abs(level) // 2))) // level
    for k in sorted(range(count - 2, count + 3), key=abs):
        if machine.allows(bias - k * level):
            return step * k
    raise NoDesignError(f"a bias of {bias}", remedy="allow wide biases")
