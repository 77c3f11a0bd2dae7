"""Building a network neuron by neuron: edges with rational weights, layers of one neuron each.

A construction with many skip connections is written most naturally as a graph of neurons. Each
neuron becomes a layer of its own that reads exactly the neurons it has edges from, so that the
dense count charges no entry the construction does not use.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from bitproof.errors import FormatError
from bitproof.exact.weight_format import WeightFormat
from bitproof.network.layer import Activation, Layer
from bitproof.network.linear_map import SparseMatrix
from bitproof.network.network import Network


@dataclass(frozen=True, slots=True)
class Neuron:
    """A handle to a neuron of a builder. The first positions are the network's inputs."""

    position: int


class NetworkBuilder:
    """Collects neurons; `build` drops those the output does not need.

    No two edges between the same pair of neurons (Ding et al.'s model): adding one raises, because
    a sum of two codebook values need not be a codebook value. Time and memory are linear in the
    edges.

    >>> from bitproof.exact import Q
    >>> builder = NetworkBuilder(Q(-1, 1))
    >>> half = Fraction(1, 2)
    >>> hinge = builder.add([(builder.input, half)], bias=-half)
    >>> unused = builder.add([(hinge, half)])
    >>> network = builder.build(builder.add([(hinge, half)], activation=Activation.IDENTITY))
    >>> network.widths, network.layers[1].sources
    ((1, 1, 1), (1,))
    """

    def __init__(self, weight_format: WeightFormat | None = None, inputs: int = 1) -> None:
        self.weight_format = weight_format
        self._inputs = inputs
        self._sources: list[tuple[int, ...]] = [()] * inputs
        self._weights: list[tuple[Fraction, ...]] = [()] * inputs
        self._biases: list[Fraction] = [Fraction(0)] * inputs
        self._activations: list[Activation] = [Activation.IDENTITY] * inputs

    @property
    def input(self) -> Neuron:
        """The first input."""
        return Neuron(0)

    @property
    def inputs(self) -> tuple[Neuron, ...]:
        """All inputs."""
        return tuple(Neuron(position) for position in range(self._inputs))

    def __len__(self) -> int:
        """The number of neurons so far, the inputs not counted."""
        return len(self._sources) - self._inputs

    def add(
        self,
        edges: Iterable[tuple[Neuron, Fraction]],
        bias: Fraction | int = 0,
        activation: Activation = Activation.RELU,
    ) -> Neuron:
        """A neuron reading `edges`; zero weights are dropped.

        Raises:
            FormatError: two edges from one neuron, or a neuron that does not exist yet.
        """
        pairs = [(source.position, Fraction(weight)) for source, weight in edges if weight]
        return Neuron(self.add_at(pairs, Fraction(bias), activation))

    def add_at(
        self,
        edges: list[tuple[int, Fraction]],
        bias: Fraction,
        activation: Activation = Activation.RELU,
    ) -> int:
        """`add` with positions instead of handles, for large graphs; no weight may be 0."""
        kept = sorted(edges)
        positions = tuple(position for position, _ in kept)
        if len(set(positions)) != len(positions):
            raise FormatError("two edges from the same neuron", remedy="copy the neuron first")
        if positions and not (positions[0] >= 0 and positions[-1] < len(self._sources)):
            raise FormatError("an edge from a neuron that does not exist", remedy="add it first")
        self._sources.append(positions)
        self._weights.append(tuple(weight for _, weight in kept))
        self._biases.append(bias)
        self._activations.append(activation)
        return len(self._sources) - 1

    def fan_in(self, position: int) -> int:
        """Edges into a neuron, its bias among them."""
        return len(self._sources[position]) + (1 if self._biases[position] else 0)

    def copy(self, position: int) -> int:
        """Another neuron with the same edges and bias."""
        self._sources.append(self._sources[position])
        self._weights.append(self._weights[position])
        self._biases.append(self._biases[position])
        self._activations.append(self._activations[position])
        return len(self._sources) - 1

    def build(self, output: Neuron, notes: tuple[tuple[str, str], ...] = ()) -> Network:
        """The network whose output is `output`, with the neurons it needs."""
        needed = {output.position}
        for position in range(output.position, self._inputs - 1, -1):
            if position in needed:
                needed.update(self._sources[position])
        order = [position for position in sorted(needed) if position >= self._inputs]
        number = {position: index for index, position in enumerate(order, start=1)}
        layers = tuple(self._layer(position, number) for position in order)
        return Network(self._inputs, layers, self.weight_format, notes=notes)

    def _layer(self, position: int, number: dict[int, int]) -> Layer:
        """The inputs are one source of several columns, every neuron is one of a single column."""
        positions, weights = self._sources[position], self._weights[position]
        bias, inputs = self._biases[position], self._inputs
        denominator = math.lcm(bias.denominator, *{weight.denominator for weight in weights})
        reads_inputs = bool(positions) and positions[0] < inputs
        neurons = [number[source] for source in positions if source >= inputs]
        width = inputs if reads_inputs else 0
        columns = [source for source in positions if source < inputs]
        columns += range(width, width + len(neurons))
        numerators = [w.numerator * (denominator // w.denominator) for w in weights]
        matrix = SparseMatrix(
            width + len(neurons), (0, len(columns)), tuple(columns), tuple(numerators)
        )
        return Layer(
            sources=(0, *neurons) if reads_inputs else tuple(neurons),
            matrix=matrix,
            bias=(int(bias * denominator),),
            denominator=denominator,
            activation=self._activations[position],
        )
