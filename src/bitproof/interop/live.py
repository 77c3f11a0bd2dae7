"""The neurons an export has to compute, one after the other, in integers and in rationals.

Dropped are neurons no output depends on, and neurons proved to be 0 on the whole grid; both leave
every output as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from operator import eq

from bitproof.errors import InputError
from bitproof.exact import FixedPoint
from bitproof.exact.fixed_point import round_rational
from bitproof.execute.integer_network import Granule, IntegerLayer
from bitproof.execute.lowering import rounded_once
from bitproof.execute.ranges import InputGrid, RangeAnalysis
from bitproof.network import Activation, ActivationTable, Layer, Network


@dataclass(frozen=True, slots=True, eq=False)
class Quantizer:
    """What a fixed-point neuron does with its exact sum: rounding to a level, then an activation.

    The level is rounded and limited to the format, then moved between `lowest` and `highest`, then
    looked up, if there is a table. Equal ones of a network are one object, so they compare by
    identity.

    Attributes:
        form: the format; its rounding and overflow rules are part of it.
        lowest, highest: where the activation starts and ends to change; for ReLU 0 and the
            format's end.
        entries: what the levels from lowest to highest become, if not themselves.
        name: of the activation, for people.
    """

    form: FixedPoint
    lowest: int
    highest: int
    entries: tuple[int, ...] | None
    name: str

    @classmethod
    def computed(cls, form: FixedPoint, activation: Activation) -> Quantizer:
        """Of the identity or ReLU."""
        lowest = 0 if activation is Activation.RELU else form.lowest
        return cls(form, lowest, form.highest, None, activation.value)

    @classmethod
    def looked_up(cls, form: FixedPoint, table: ActivationTable) -> Quantizer:
        """Of a table, trimmed of the equal entries at its ends.

        >>> form = FixedPoint.parse("UQ2.0")
        >>> quantizer = Quantizer.looked_up(form, ActivationTable("step", (0, 0, 3, 3)))
        >>> quantizer.lowest, quantizer.highest, quantizer.entries
        (1, 2, (0, 3))
        """
        first, last = 0, len(table.values) - 1
        while first < last and table.values[first + 1] == table.values[0]:
            first += 1
        while last > first and table.values[last - 1] == table.values[-1]:
            last -= 1
        entries = table.values[first : last + 1]
        return cls(form, form.lowest + first, form.lowest + last, entries, table.name)

    @property
    def limits_again(self) -> bool:
        """Whether a level of the format may lie outside lowest..highest."""
        return (self.lowest, self.highest) != (self.form.lowest, self.form.highest)

    def level(self, value: Fraction) -> int:
        """The definition, for one sum in levels."""
        form = self.form
        limited = form.limit(round_rational(value, form.rounding))
        moved = min(max(limited, self.lowest), self.highest)
        return moved if self.entries is None else self.entries[moved - self.lowest]


@dataclass(frozen=True, slots=True)
class LiveNeuron:
    """One neuron: activation(Σ weights·sources + bias), in units of its granule.

    In a fixed-point layer the sum counts `sum_granule`, the value after rounding `granule`.

    Attributes:
        layer: the network's layer it belongs to, counted from 1.
        sources: the numbers of the values it reads, ascending.
        weights, bias: integers; the sum counts `sum_granule`.
        numerators, bias_numerator, denominator: the same weights as the network has them.
        relu: whether a ReLU follows.
        granule: what the integer value counts.
        lower, upper: proved ends of the value, in granules.
        accumulator: proved bound on every partial sum's magnitude, in `sum_granule`.
        sum_granule: what the integer sum counts; the granule where nothing is rounded.
        quantizer: rounding and activation of a fixed-point layer; None in real semantics.
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
    sum_granule: Granule
    quantizer: Quantizer | None = None

    @property
    def levels_per_sum(self) -> Fraction:
        """How many units of the value one unit of the sum is; 1 where nothing is rounded."""
        return self.sum_granule.value / self.granule.value

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

    @property
    def rounds(self) -> bool:
        """Whether some neuron belongs to a fixed-point layer."""
        return any(neuron.quantizer is not None for neuron in self.neurons)

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


def declared_grid(network: Network, grid: InputGrid | None) -> InputGrid:
    """The grid, or where none is given all levels of the network's input format.

    Raises:
        InputError: none is given and the network declares no input format.
    """
    if grid is not None:
        return grid
    if network.input_format is None:
        raise InputError(
            "no grid of inputs for a network without an input format",
            remedy="give one: InputGrid.on_interval(interval, step)",
        )
    return InputGrid.of_format(network.input_format, inputs=network.inputs)


def live_network(network: Network, analysis: RangeAnalysis) -> LiveNetwork:
    """The neurons the outputs need, of the network as its ranges were analysed (lowered)."""
    network = rounded_once(network)
    integer = analysis.integer
    widths = network.widths
    needed = _needed(network, widths, integer.layers)
    number = {(0, index): index for index in range(network.inputs)}
    neurons, quantizers = list[LiveNeuron](), _Quantizers()
    for position, (layer, form) in enumerate(
        zip(network.layers, integer.layers, strict=True), start=1
    ):
        columns = _columns(layer, widths) if needed[position] else []
        quantizer = quantizers.of(layer) if needed[position] else None
        for row in sorted(needed[position]):
            number[position, row] = network.inputs + len(neurons)
            neurons.append(_neuron(position, row, layer, form, columns, number, quantizer))
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
    quantizer: Quantizer | None,
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
        sum_granule=_sum_granule(form, row),
        quantizer=quantizer,
    )


def _sum_granule(form: IntegerLayer, row: int) -> Granule:
    rescaling = form.rescaling
    if rescaling is None:
        return form.granules[row]
    factor = Fraction(rescaling.numerators[row], rescaling.denominators[row])
    return Granule.of(factor / rescaling.form.scale)


class _Quantizers:
    """The different quantizers of a network, each once. Long tables are compared once each."""

    def __init__(self) -> None:
        self._made = dict[tuple[FixedPoint, Activation, tuple[int, ...]], Quantizer]()
        self._by_table = dict[tuple[FixedPoint, int], Quantizer]()

    def of(self, layer: Layer) -> Quantizer | None:
        """The quantizer of a layer; None in real semantics."""
        form, table = layer.output_format, layer.table
        if form is None:
            return None
        if table is None:
            return self._computed(form, layer.activation)
        known = self._by_table.get((form, id(table)))
        if known is None:
            known = self._by_table[form, id(table)] = self._of_table(form, table)
        return known

    def _of_table(self, form: FixedPoint, table: ActivationTable) -> Quantizer:
        activation = _computed(form, table)
        if activation is not Activation.TABLE:
            return self._computed(form, activation)
        made = Quantizer.looked_up(form, table)
        return self._made.setdefault((form, activation, table.values), made)

    def _computed(self, form: FixedPoint, activation: Activation) -> Quantizer:
        made = Quantizer.computed(form, activation)
        return self._made.setdefault((form, activation, ()), made)


def _computed(form: FixedPoint, table: ActivationTable) -> Activation:
    """The computed activation a table is the same as; TABLE if none."""
    levels = range(form.lowest, form.highest + 1)
    for activation, floor in ((Activation.IDENTITY, form.lowest), (Activation.RELU, 0)):
        if all(map(eq, table.values, (max(level, floor) for level in levels))):
            return activation
    return Activation.TABLE
