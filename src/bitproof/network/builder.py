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
    """A handle to a neuron of a builder. Position 0 is the network's (only) input."""

    position: int


class NetworkBuilder:
    """Collects neurons; `build` drops those the output does not need.

    One input. No two edges between the same pair of neurons (Ding et al.'s model): adding one
    raises, because a sum of two codebook values need not be a codebook value.

    >>> from bitproof.exact import Q
    >>> builder = NetworkBuilder(Q(-1, 1))
    >>> half = Fraction(1, 2)
    >>> hinge = builder.add([(builder.input, half)], bias=-half)
    >>> unused = builder.add([(hinge, half)])
    >>> network = builder.build(builder.add([(hinge, half)], activation=Activation.IDENTITY))
    >>> network.widths, network.layers[1].sources
    ((1, 1, 1), (1,))
    """

    def __init__(self, weight_format: WeightFormat | None = None) -> None:
        self.weight_format = weight_format
        self._edges: list[tuple[tuple[int, Fraction], ...]] = [()]
        self._biases: list[Fraction] = [Fraction(0)]
        self._activations: list[Activation] = [Activation.IDENTITY]

    @property
    def input(self) -> Neuron:
        return Neuron(0)

    def __len__(self) -> int:
        """The number of neurons so far, the input not counted."""
        return len(self._edges) - 1

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
        kept = tuple(
            sorted((source.position, Fraction(weight)) for source, weight in edges if weight)
        )
        positions = [position for position, _ in kept]
        if len(set(positions)) != len(positions):
            raise FormatError("two edges from the same neuron", remedy="copy the neuron first")
        if positions and not 0 <= positions[-1] < len(self._edges):
            raise FormatError("an edge from a neuron that does not exist", remedy="add it first")
        self._edges.append(kept)
        self._biases.append(Fraction(bias))
        self._activations.append(activation)
        return Neuron(len(self._edges) - 1)

    def build(self, output: Neuron, notes: tuple[tuple[str, str], ...] = ()) -> Network:
        """The network whose output is `output`, with the neurons it needs."""
        needed = {output.position}
        for position in range(output.position, 0, -1):
            if position in needed:
                needed.update(source for source, _ in self._edges[position])
        order = [position for position in sorted(needed) if position]
        number = {0: 0} | {position: index for index, position in enumerate(order, start=1)}
        layers = tuple(self._layer(position, number) for position in order)
        return Network(1, layers, self.weight_format, notes=notes)

    def _layer(self, position: int, number: dict[int, int]) -> Layer:
        edges, bias = self._edges[position], self._biases[position]
        denominator = math.lcm(bias.denominator, *(weight.denominator for _, weight in edges))
        return Layer(
            sources=tuple(number[source] for source, _ in edges),
            matrix=SparseMatrix.from_rows(
                [[(column, int(weight * denominator)) for column, (_, weight) in enumerate(edges)]],
                columns=len(edges),
            ),
            bias=(int(bias * denominator),),
            denominator=denominator,
            activation=self._activations[position],
        )
