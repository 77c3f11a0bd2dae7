"""Building a network neuron by neuron: edges with rational weights, layers of one neuron each.

A construction with many skip connections is written most naturally as a graph of neurons. Each
neuron becomes a layer of its own that reads exactly the neurons it has edges from, so that the
dense count charges no entry the construction does not use.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
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

    def build_many(
        self, outputs: Sequence[Neuron], notes: tuple[tuple[str, str], ...] = ()
    ) -> Network:
        """The network of several outputs, which no other neuron reads: they are its last layer.

        Raises:
            FormatError: no output, one that another neuron reads, or different activations.

        >>> builder = NetworkBuilder()
        >>> two = [builder.add([(builder.input, Fraction(w))], bias=1) for w in (1, 2)]
        >>> builder.build_many(two).layers[0].matrix.shape
        (2, 1)
        """
        if len(outputs) == 1:
            return self.build(outputs[0], notes)
        last = {output.position for output in outputs}
        kinds = {self._activations[position] for position in last}
        needed = set(last)
        for position in range(max(last, default=-1), self._inputs - 1, -1):
            if position in needed:
                needed.update(self._sources[position])
                if last & set(self._sources[position]):
                    raise FormatError("an output that is read", remedy="copy it first")
        if len(kinds) != 1 or len(last) != len(outputs):
            raise FormatError(
                f"{len(outputs)} outputs of {len(kinds)} activations",
                remedy="different neurons of one activation",
            )
        order = [p for p in sorted(needed) if p >= self._inputs and p not in last]
        number = {position: index for index, position in enumerate(order, start=1)}
        layers = tuple(self._layer(position, number) for position in order)
        joined = self._joined([output.position for output in outputs], number)
        return Network(self._inputs, (*layers, joined), self.weight_format, notes=notes)

    def _joined(self, positions: Sequence[int], number: dict[int, int]) -> Layer:
        """Several neurons as one layer over the union of what they read."""
        read = sorted({source for position in positions for source in self._sources[position]})
        reads_inputs = bool(read) and read[0] < self._inputs
        width = self._inputs if reads_inputs else 0
        neurons = [source for source in read if source >= self._inputs]
        column = {source: source for source in read if source < self._inputs}
        column |= {source: width + index for index, source in enumerate(neurons)}
        weights = [weight for position in positions for weight in self._weights[position]]
        biases = [self._biases[position] for position in positions]
        denominator = math.lcm(*{part.denominator for part in (*weights, *biases)})
        rows = [
            [
                (column[source], int(weight * denominator))
                for source, weight in zip(
                    self._sources[position], self._weights[position], strict=True
                )
            ]
            for position in positions
        ]
        sources = tuple(number[source] for source in neurons)
        return Layer(
            sources=(0, *sources) if reads_inputs else sources,
            matrix=SparseMatrix.from_rows(rows, columns=width + len(neurons)),
            bias=tuple(int(bias * denominator) for bias in biases),
            denominator=denominator,
            activation=self._activations[positions[0]],
        )

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
