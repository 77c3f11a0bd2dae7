"""The neurons an export has to compute, one after the other, in integers and in rationals.

Dropped are neurons no output depends on, and neurons proved to be 0 on the whole grid; both leave
every output as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bitproof.errors import InputError
from bitproof.execute.integer_network import Granule, IntegerLayer
from bitproof.execute.ranges import RangeAnalysis
from bitproof.network import Activation, Layer, Network


@dataclass(frozen=True, slots=True)
class LiveNeuron:
    """One neuron: activation(Σ weights·sources + bias), in units of its granule.

    Attributes:
        layer: the network's layer it belongs to, counted from 1.
        sources: the numbers of the values it reads, ascending.
        weights, bias: integers; the value counts granules.
        numerators, bias_numerator, denominator: the same weights as the network has them.
        relu: whether a ReLU follows.
        granule: what the integer value counts.
        lower, upper: proved ends of the value, in granules.
        accumulator: proved bound on every partial sum's magnitude, in granules.
    """

    layer: int
    sources: tuple[int, ...]
    weights: tuple[int, ...]
    bias: int
    numerators: tuple[int, ...]
    bias_numerator: int
    denominator: int
    relu: bool
    granule: Granule
    lower: int
    upper: int
    accumulator: int

    @property
    def real_weights(self) -> tuple[Fraction, ...]:
        """The weights as rationals, one per source."""
        return tuple(Fraction(numerator, self.denominator) for numerator in self.numerators)

    @property
    def real_bias(self) -> Fraction:
        """The bias as a rational."""
        return Fraction(self.bias_numerator, self.denominator)


@dataclass(frozen=True, slots=True)
class LiveNetwork:
    """Values are numbered: the inputs first, then the neurons in order.

    Attributes:
        input_granule: the step of the grid.
        input_lower, input_upper: ends of the input levels.
        neurons: in an order in which each reads earlier values only.
        outputs: the numbers of the output values.
    """

    input_granule: Granule
    input_lower: tuple[int, ...]
    input_upper: tuple[int, ...]
    neurons: tuple[LiveNeuron, ...]
    outputs: tuple[int, ...]

    @property
    def inputs(self) -> int:
        """The number of inputs."""
        return len(self.input_lower)

    def neuron(self, value: int) -> LiveNeuron:
        """The neuron of a value's number (not an input)."""
        return self.neurons[value - self.inputs]

    def granule(self, value: int) -> Granule:
        """What the value with this number counts."""
        return self.input_granule if value < self.inputs else self.neuron(value).granule

    def levels(self) -> tuple[int, ...]:
        """The depth of every value: 0 for inputs, 1 for neurons that read inputs or nothing."""
        depth = [0] * self.inputs
        for neuron in self.neurons:
            depth.append(1 + max((depth[source] for source in neuron.sources), default=0))
        return tuple(depth)


def live_network(network: Network, analysis: RangeAnalysis) -> LiveNetwork:
    """The neurons the outputs need.

    Raises:
        InputError: the network has fixed-point layers, which these exports do not cover.
    """
    if not network.is_real:
        raise InputError(
            "the network has fixed-point layers",
            remedy="export a network of real semantics; --inputs restricts its inputs",
        )
    integer = analysis.integer
    widths = network.widths
    needed = _needed(network, widths, integer.layers)
    number = {(0, index): index for index in range(network.inputs)}
    neurons = list[LiveNeuron]()
    for position, (layer, form) in enumerate(
        zip(network.layers, integer.layers, strict=True), start=1
    ):
        columns = _columns(layer, widths) if needed[position] else []
        for row in sorted(needed[position]):
            number[position, row] = network.inputs + len(neurons)
            neurons.append(_neuron(position, row, layer, form, columns, number))
    last = len(network.layers)
    return LiveNetwork(
        input_granule=Granule.of(integer.input_granule),
        input_lower=integer.input_lower,
        input_upper=integer.input_upper,
        neurons=tuple(neurons),
        outputs=tuple(number[last, row] for row in range(network.outputs)),
    )


def _columns(layer: Layer, widths: tuple[int, ...]) -> list[tuple[int, int]]:
    """The (layer, row) of each column of a layer's matrix."""
    return [(source, index) for source in layer.sources for index in range(widths[source])]


def _needed(
    network: Network, widths: tuple[int, ...], forms: tuple[IntegerLayer, ...]
) -> list[set[int]]:
    needed: list[set[int]] = [set() for _ in range(len(network.layers) + 1)]
    needed[-1] = set(range(network.outputs))
    for position in range(len(network.layers), 0, -1):
        if not needed[position]:
            continue
        layer = network.layers[position - 1]
        columns = _columns(layer, widths) if layer.matrix.nonzero_entries else []
        for row in needed[position]:
            for column, _ in layer.matrix.row(row):
                source, index = columns[column]
                if source == 0 or not _is_zero(forms[source - 1], index):
                    needed[source].add(index)
    needed[0] = set(range(widths[0]))
    return needed


def _is_zero(form: IntegerLayer, row: int) -> bool:
    return form.lower[row] == 0 == form.upper[row]


def _neuron(
    position: int,
    row: int,
    layer: Layer,
    form: IntegerLayer,
    columns: list[tuple[int, int]],
    number: dict[tuple[int, int], int],
) -> LiveNeuron:
    edges = [
        (number[columns[column]], weight, numerator)
        for (column, numerator), (_, weight) in zip(
            layer.matrix.row(row), form.matrix.row(row), strict=True
        )
        if columns[column] in number
    ]
    return LiveNeuron(
        layer=position,
        sources=tuple(source for source, _, _ in edges),
        weights=tuple(weight for _, weight, _ in edges),
        bias=form.bias[row],
        numerators=tuple(numerator for _, _, numerator in edges),
        bias_numerator=layer.bias[row],
        denominator=layer.denominator,
        relu=layer.activation is Activation.RELU,
        granule=form.granules[row],
        lower=form.lower[row],
        upper=form.upper[row],
        accumulator=form.accumulators[row],
    )
