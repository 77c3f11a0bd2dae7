"""A network as one flat program: a neuron after the other, reading and writing numbered slots.

A slot is free again after the last layer that reads it, so memory is bounded by the values alive
at once and not by the depth. Used by the kernels that walk over single neurons.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from bitproof.execute.integer_network import IntegerLayer, IntegerNetwork
from bitproof.network.layer import Activation
from bitproof.network.linear_map import SparseMatrix


@dataclass(frozen=True, slots=True)
class Program:
    """Neuron i computes slot targets[i] from edges edge_starts[i] to edge_starts[i + 1].

    Attributes:
        slots: how many slots are needed.
        input_slots, output_slots: where inputs are put, and outputs found in the end.
        targets: the slot each neuron writes; never one of the slots its layer reads.
        edge_starts: length neurons + 1.
        edge_slots, edge_weights: what an edge reads, and its integer weight.
        biases: integer bias of every neuron.
        relu: whether a neuron applies ReLU.
        layers: the layer (counted from 0) of every neuron, and `rows` its row there.
    """

    slots: int
    input_slots: tuple[int, ...]
    output_slots: tuple[int, ...]
    targets: tuple[int, ...]
    edge_starts: tuple[int, ...]
    edge_slots: tuple[int, ...]
    edge_weights: tuple[int, ...]
    biases: tuple[int, ...]
    relu: tuple[bool, ...]
    layers: tuple[int, ...]
    rows: tuple[int, ...]


class _Slots:
    """Hands out slot numbers, freed ones first."""

    def __init__(self) -> None:
        self.free = list[int]()
        self.count = 0

    def take(self) -> int:
        if self.free:
            return self.free.pop()
        self.count += 1
        return self.count - 1


def compile_program(network: IntegerNetwork) -> Program:
    """The flat program of a network.

    >>> from fractions import Fraction
    >>> from bitproof.exact import Interval
    >>> from bitproof.execute.ranges import InputGrid, integer_form
    >>> from bitproof.network import Layer, Network, SparseMatrix
    >>> step = Layer((0,), SparseMatrix.from_dense([[1]], columns=1), (1,))
    >>> again = [Layer((i,), step.matrix, (1,)) for i in range(1, 100)]
    >>> grid = InputGrid.on_interval(Interval(Fraction(0), Fraction(1)), Fraction(1))
    >>> compile_program(integer_form(Network(1, (step, *again)), grid)).slots
    2
    """
    released = _released_after(network)
    slots = _Slots()
    places = [tuple(slots.take() for _ in range(network.inputs))]
    targets, starts, sources, weights = list[int](), [0], list[int](), list[int]()
    for position, layer in enumerate(network.layers, start=1):
        read = [slot for source in layer.sources for slot in places[source]]
        place = tuple(slots.take() for _ in range(layer.width))
        places.append(place)
        targets.extend(place)
        matrix = SparseMatrix.unrolled(layer.matrix)
        sources.extend(read[column] for column in matrix.column_indices)
        weights.extend(matrix.numerators)
        offset = starts[-1]
        starts.extend(offset + start for start in matrix.row_starts[1:])
        for source in released[position]:
            slots.free.extend(places[source])
    return Program(
        slots=slots.count,
        input_slots=places[0],
        output_slots=places[-1],
        targets=tuple(targets),
        edge_starts=tuple(starts),
        edge_slots=tuple(sources),
        edge_weights=tuple(weights),
        biases=tuple(bias for layer in network.layers for bias in layer.bias),
        relu=tuple(_is_relu(layer) for layer in network.layers for _ in range(layer.width)),
        layers=tuple(i for i, layer in enumerate(network.layers) for _ in range(layer.width)),
        rows=tuple(row for layer in network.layers for row in range(layer.width)),
    )


def longest_row(program: Program) -> int:
    """The largest number of edges of a neuron."""
    return max((b - a for a, b in pairwise(program.edge_starts)), default=0)


def _is_relu(layer: IntegerLayer) -> bool:
    return layer.activation is Activation.RELU


def _released_after(network: IntegerNetwork) -> list[list[int]]:
    """For every layer (position 0: the input), whose slots are free once it is computed."""
    released: list[list[int]] = [[] for _ in range(len(network.layers) + 2)]
    for source, last in enumerate(network.last_uses()):
        released[max(last, source)].append(source)
    return released
