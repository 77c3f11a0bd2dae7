"""Depth for precision: a network of b-bit weights becomes an equal, deeper one of fewer bits.

Every layer is replaced by a Horner chain over the digits of its weights (`transform/digits.py`):
k layers of weights in Q(a, ⌈b/k⌉) compute exactly what one layer of weights in Q(a, b) did. Where
the new format has fewer integer bits too, layers are stored scaled down by powers of two, biases go
through constant channels of the same scale (the homogeneous lift: rescaling weights alone is wrong
in the presence of biases), and the outputs are doubled back at the end.

Only ReLU layers are used (a linear output excepted): signed values are carried as their positive
and negative parts.

Source: Ou, Schenkel, Bölcskei, "Three Quantization Regimes for ReLU Networks" (2024); the lift
after Jiang, Gao, Cai, "Depth enables local entropy".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from bitproof.errors import FormatError
from bitproof.exact.rationals import is_dyadic
from bitproof.exact.weight_format import Q
from bitproof.network import Activation, Layer, LinearMap, Network, SparseMatrix
from bitproof.transform.claim import Claim, Exact
from bitproof.transform.deepen_convolutions import (
    ConvolutionChain,
    ConvolutionRows,
    Deepening,
    convolution_rows,
)
from bitproof.transform.digits import (
    SplitRow,
    Splitting,
    ceil_log2,
    places_of,
    split_row,
)


@dataclass(frozen=True, slots=True)
class Deepened:
    """The result of `deepen`.

    Attributes:
        network: equal to the original as a function, every weight in `form`.
        claim: always Exact.
        form: the weight format.
        places: digits per layer of the original, one entry each: its depth in the new network.
        truncated_rows: rows that needed two channels (one for each sign of the low digits).
    """

    network: Network
    claim: Claim
    form: Q
    places: tuple[int, ...]
    truncated_rows: int


@dataclass(frozen=True, slots=True)
class _Held:
    """How the new network holds the values of an original layer: 2^exponent times the value, as
    one non-negative neuron each, or (signed) positive parts and then negative parts."""

    layer: int
    exponent: int
    width: int
    signed: bool

    @property
    def columns(self) -> int:
        return 2 * self.width if self.signed else self.width


def deepen(
    network: Network,
    form: Q,
    *,
    nonnegative_inputs: bool = False,
    splitting: Splitting = Splitting.FEWEST_CHANNELS,
) -> Deepened:
    """An equal network with every weight and bias in `form`.

    Args:
        network: real semantics, dyadic weights, any skip connections.
        form: the new format, b ≥ 1.
        nonnegative_inputs: the inputs are known to be ≥ 0 (the equality then holds there only, and
            the inputs need not be split into positive and negative parts).
        splitting: how rows are split into digits where there is a choice.

    Raises:
        FormatError: a weight is not dyadic, the network rounds its activations, or b = 0.

    >>> from bitproof.execute.reference import evaluate
    >>> hidden = Layer((0,), SparseMatrix.from_dense([[181], [-77]], columns=1), (33, 5), 256)
    >>> sums = SparseMatrix.from_dense([[91, -200]], columns=2)
    >>> output = Layer((1,), sums, (-17,), 256, Activation.IDENTITY)
    >>> original = Network(1, (hidden, output), Q(-1, 8))
    >>> result = deepen(original, Q(-1, 2))
    >>> x = Fraction(-5, 7)
    >>> evaluate(result.network, [x]) == evaluate(original, [x]), result.network.weight_format.name
    (True, 'Q(-1,2)')
    """
    _check(network, form)
    run = _Deepening(network, form, splitting, nonnegative_inputs=nonnegative_inputs)
    return run.result()


def _check(network: Network, form: Q) -> None:
    if not network.is_piecewise_linear:
        raise FormatError(
            "a network that rounds its activations", remedy="deepen takes real semantics"
        )
    if form.b < 1:
        raise FormatError(f"{form.name} has no fraction bits", remedy="choose b ≥ 1")
    for weight in network.weights():
        if not is_dyadic(weight):
            raise FormatError(
                f"the weight {weight} is not a multiple of a power of two",
                remedy="round the network to some Q(a, b) first",
            )


class _Deepening(Deepening):
    """One run: the layers of the new network so far, and where the original's values are held."""

    def __init__(
        self, network: Network, form: Q, splitting: Splitting, *, nonnegative_inputs: bool
    ) -> None:
        self.original = network
        self.form = form
        self.splitting = splitting
        self.layers: list[Layer] = []
        self.constants: dict[int, int] = {}
        self.places: list[int] = []
        self.truncated_rows = 0
        self.held: list[_Held] = [self._hold_inputs(nonnegative=nonnegative_inputs)]

    def result(self) -> Deepened:
        for position in range(1, len(self.original.layers)):
            self.held.append(self._hidden(self.original.layers[position - 1]))
        self._output(self.original.layers[-1])
        network = Network(
            self.original.inputs, tuple(self.layers), self.form, notes=self.original.notes
        )
        claim = Exact(f"every layer is a Horner chain over digits in {self.form.name}")
        return Deepened(network, claim, self.form, tuple(self.places), self.truncated_rows)

    # values ------------------------------------------------------------------------------------

    def _hold_inputs(self, *, nonnegative: bool) -> _Held:
        width = self.original.inputs
        if nonnegative:
            return _Held(0, 0, width, signed=False)
        exponent = min(self.form.a, 0)
        unit = self._numerator(exponent)
        rows = [[(i, unit)] for i in range(width)] + [[(i, -unit)] for i in range(width)]
        layer = self._append((0,), rows, [0] * len(rows), columns=width)
        return _Held(layer, exponent, width, signed=True)

    def _numerator(self, exponent: int) -> int:
        """The integer numerator of 2^exponent in the new format."""
        return 1 << (self.form.b + exponent)

    def _append(
        self,
        sources: tuple[int, ...],
        rows: Sequence[Sequence[tuple[int, int]]],
        bias: Sequence[int],
        *,
        columns: int,
        activation: Activation = Activation.RELU,
    ) -> int:
        return self.add_layer(
            sources, SparseMatrix.from_rows(rows, columns=columns), bias, activation
        )

    def add_layer(
        self,
        sources: tuple[int, ...],
        matrix: LinearMap,
        bias: Sequence[int],
        activation: Activation,
    ) -> int:
        layer = Layer(sources, matrix, tuple(bias), self.form.denominator, activation)
        self.layers.append(layer)
        return len(self.layers)

    def _constant(self, exponent: int) -> int:
        """A layer of one constant neuron of value 2^exponent, exponent < 0."""
        if exponent not in self.constants:
            if exponent >= -self.form.b:
                made = self._append((), [[]], [self._numerator(exponent)], columns=0)
            else:
                larger = self._constant(exponent + self.form.b)
                made = self._append((larger,), [[(0, 1)]], [0], columns=1)
            self.constants[exponent] = made
        return self.constants[exponent]

    # layers ------------------------------------------------------------------------------------

    def _hidden(self, layer: Layer) -> _Held:
        signed = layer.activation is Activation.IDENTITY
        images = self._images(layer)
        if images is not None:
            images = images.with_negated() if signed else images
            exponent = images.exponent(self.form)
            made = self._convolve(images, exponent, Activation.RELU)
            return _Held(made, exponent, layer.width, signed=signed)
        rows = self._rows(layer)
        if signed:
            rows += [{column: -weight for column, weight in row.items()} for row in rows]
        made, exponent = self._chain(layer.sources, rows, Activation.RELU)
        return _Held(made, exponent, layer.width, signed=signed)

    def _images(self, layer: Layer) -> ConvolutionRows | None:
        """The layer as convolutions, if it is one."""
        held = [self.held[source] for source in layer.sources]
        return convolution_rows(layer, [(one.layer, one.exponent, one.signed) for one in held])

    def _convolve(self, images: ConvolutionRows, exponent: int, activation: Activation) -> int:
        made = ConvolutionChain(self, images, exponent)
        self.places.append(made.places)
        self.truncated_rows += made.two_signs
        return made.append(activation)

    def _output(self, layer: Layer) -> None:
        images = self._images(layer)
        if images is not None:
            if images.exponent(self.form) == 0:
                self._convolve(images, 0, layer.activation)
                return
            held = self._hidden(layer)
            self._grow(held.layer, layer.width, -held.exponent, signed=held.signed)
            return
        rows = self._rows(layer)
        if self._exponent(layer.sources, rows) == 0:
            self._chain(layer.sources, rows, layer.activation)
            return
        signed = layer.activation is Activation.IDENTITY
        if signed:
            rows += [{column: -weight for column, weight in row.items()} for row in rows]
        made, exponent = self._chain(layer.sources, rows, Activation.RELU)
        self._grow(made, layer.width, -exponent, signed=signed)

    def _rows(self, layer: Layer) -> list[dict[int | None, Fraction]]:
        """Real weights of the layer per row over the columns that hold its sources (key None: the
        bias), a signed source appearing as its two parts."""
        starts, offset = [], 0
        for source in layer.sources:
            starts.append(offset)
            offset += self.held[source].columns
        place = [
            (start + index, start + held.width + index if held.signed else None)
            for held, start in zip((self.held[s] for s in layer.sources), starts, strict=True)
            for index in range(held.width)
        ]
        rows: list[dict[int | None, Fraction]] = []
        for index in range(layer.width):
            row: dict[int | None, Fraction] = {}
            for column, numerator in layer.matrix.row(index):
                plus, minus = place[column]
                row[plus] = layer.weight(numerator)
                if minus is not None:
                    row[minus] = -layer.weight(numerator)
            if layer.bias[index]:
                row[None] = layer.weight(layer.bias[index])
            rows.append(row)
        return rows

    def _column_exponents(self, sources: Sequence[int]) -> list[int]:
        held = (self.held[source] for source in sources)
        return [value.exponent for value in held for _ in range(value.columns)]

    def _exponent(self, sources: Sequence[int], rows: Sequence[dict[int | None, Fraction]]) -> int:
        """The largest e ≤ 0 for which every weight and bias, rescaled for outputs 2^e·z, is below
        2^{a+1}."""
        exponents = self._column_exponents(sources)
        best = 0
        for row in rows:
            for column, weight in row.items():
                held = 0 if column is None else exponents[column]
                best = min(best, self.form.a + 1 - ceil_log2(abs(weight)) + held)
        return best

    def _chain(
        self,
        sources: tuple[int, ...],
        rows: Sequence[dict[int | None, Fraction]],
        activation: Activation,
    ) -> tuple[int, int]:
        """Appends the Horner chain of one layer; returns its last layer and its exponent."""
        exponent = self._exponent(sources, rows)
        exponents = self._column_exponents(sources)
        columns = len(exponents)
        constant, constant_exponent = self._constant_source(rows, exponent)
        read = [self.held[source].layer for source in sources]
        if constant is not None:
            read.append(constant)
            exponents.append(constant_exponent)
        order = sorted(range(len(read)), key=lambda i: read[i])
        shift = self._column_map(sources, order, with_constant=constant is not None)
        scaled: list[dict[int | None, Fraction]] = []
        for row in rows:
            new: dict[int | None, Fraction] = {}
            for column, weight in row.items():
                if column is not None:
                    factor = Fraction(2) ** (exponent - exponents[column])
                    new[shift[column]] = weight * factor
                elif constant is None:
                    new[None] = weight * Fraction(2) ** exponent
                else:
                    new[shift[columns]] = weight * Fraction(2) ** (exponent - constant_exponent)
            scaled.append(new)
        made = self._horner([read[i] for i in order], scaled, len(exponents), activation)
        return made, exponent

    def _constant_source(
        self, rows: Sequence[dict[int | None, Fraction]], exponent: int
    ) -> tuple[int | None, int]:
        return self.constant_source([abs(row[None]) for row in rows if None in row], exponent)

    def constant_source(self, biases: Sequence[Fraction], exponent: int) -> tuple[int | None, int]:
        """Where biases come from: plain biases at full scale, else a constant of about the scale
        that makes them fit the format with the fewest digits."""
        if not biases or exponent == 0:
            return None, 0
        wanted = exponent + max(ceil_log2(bias) for bias in biases) - (self.form.a + 1)
        if wanted >= 0:
            return None, 0
        return self._constant(wanted), wanted

    def _column_map(
        self, sources: Sequence[int], order: Sequence[int], *, with_constant: bool
    ) -> list[int]:
        """Old column → new column when the sources are read in ascending order of layers."""
        widths = [self.held[source].columns for source in sources] + [1] * with_constant
        starts, offset = {}, 0
        for index in order:
            starts[index] = offset
            offset += widths[index]
        return [starts[i] + j for i, width in enumerate(widths) for j in range(width)]

    def _horner(
        self,
        read: Sequence[int],
        rows: Sequence[dict[int | None, Fraction]],
        columns: int,
        activation: Activation,
    ) -> int:
        fraction_bits = max(
            (w.denominator.bit_length() - 1 for row in rows for w in row.values()), default=0
        )
        places = places_of(fraction_bits, self.form)
        keys = [sorted(row, key=lambda c: (c is None, c or 0)) for row in rows]
        digits = [
            split_row(
                [_scaled(row[key], fraction_bits) for key in order],
                fraction_bits,
                self.form,
                places,
                self.splitting,
            )
            for row, order in zip(rows, keys, strict=True)
        ]
        self.places.append(max(1, *(1 + max(len(d.positive), len(d.negative)) for d in digits)))
        self.truncated_rows += sum(1 for d in digits if d.positive and d.negative)
        return _HornerChain(self, read, columns, keys, digits).append(activation)

    # outputs -----------------------------------------------------------------------------------

    def _grow(self, layer: int, width: int, doublings: int, *, signed: bool) -> None:
        """Appends layers that multiply 2^-doublings-scaled non-negative values back, and the
        output layer that subtracts negative parts from positive ones."""
        hop = max(self.form.a, 0)
        copies = {-1: 4, 0: 2}.get(self.form.a, 1)
        held = 2 * width if signed else width
        current, remaining = layer, doublings
        if copies > 1:
            rows = [[(i, self._numerator(self.form.a))] for _ in range(copies) for i in range(held)]
            current = self._append((current,), rows, [0] * len(rows), columns=held)
            remaining -= self.form.a
        step = hop if copies == 1 else 1
        unit = self._numerator(self.form.a)
        while remaining > step:
            rows = [
                [(copy * held + i, unit) for copy in range(copies)]
                for _ in range(copies)
                for i in range(held)
            ]
            current = self._append((current,), rows, [0] * len(rows), columns=copies * held)
            remaining -= step
        last = self._numerator(remaining) if copies == 1 else unit
        signs = ((0, 1), (width, -1)) if signed else ((0, 1),)
        rows = [
            [
                (copy * held + start + i, sign * last)
                for copy in range(copies)
                for start, sign in signs
            ]
            for i in range(width)
        ]
        self._append(
            (current,), rows, [0] * width, columns=copies * held, activation=Activation.IDENTITY
        )


class _HornerChain:
    """The layers of one Horner chain: the least places first, the signed digits last."""

    def __init__(
        self,
        deepening: _Deepening,
        read: Sequence[int],
        columns: int,
        keys: Sequence[Sequence[int | None]],
        digits: Sequence[SplitRow],
    ) -> None:
        self.deepening = deepening
        self.read = tuple(read)
        self.columns = columns
        self.keys = keys
        self.digits = digits

    def append(self, activation: Activation) -> int:
        deepest = max(max(len(d.positive), len(d.negative)) for d in self.digits)
        below: dict[tuple[int, int], int] = {}
        previous: int | None = None
        for place in range(deepest, 0, -1):
            channels = self._channels(place)
            rows, bias = [], []
            for row, sign in channels:
                numerators = self._low(row, sign, place)
                rows.append(self._entries(row, numerators, below.get((row, sign)), 1))
                bias.append(self._bias(row, numerators))
            previous = self._append(rows, bias, previous, len(below), Activation.RELU)
            below = {channel: index for index, channel in enumerate(channels)}
        rows, bias = [], []
        for row, digits in enumerate(self.digits):
            entries = self._entries(row, digits.top, below.get((row, 1)), 1)
            negative = below.get((row, -1))
            if negative is not None:
                entries.append((self.columns + negative, -1))
            rows.append(entries)
            bias.append(self._bias(row, digits.top))
        return self._append(rows, bias, previous, len(below), activation)

    def _channels(self, place: int) -> list[tuple[int, int]]:
        """(row, sign) of every channel with a digit at this place or a lesser one."""
        return [
            (row, sign)
            for row, digits in enumerate(self.digits)
            for sign, low in ((1, digits.positive), (-1, digits.negative))
            if len(low) >= place
        ]

    def _low(self, row: int, sign: int, place: int) -> tuple[int, ...]:
        low = self.digits[row].positive if sign > 0 else self.digits[row].negative
        return low[place - 1]

    def _entries(
        self, row: int, numerators: Sequence[int], below: int | None, unit: int
    ) -> list[tuple[int, int]]:
        """Digits on the sources, and 2^-b (numerator 1) on the lesser partial sum."""
        entries = [
            (key, numerator)
            for key, numerator in zip(self.keys[row], numerators, strict=True)
            if key is not None
        ]
        if below is not None:
            entries.append((self.columns + below, unit))
        return entries

    def _bias(self, row: int, numerators: Sequence[int]) -> int:
        keys = self.keys[row]
        return numerators[-1] if keys and keys[-1] is None else 0

    def _append(
        self,
        rows: Sequence[Sequence[tuple[int, int]]],
        bias: Sequence[int],
        previous: int | None,
        channels: int,
        activation: Activation,
    ) -> int:
        sources = self.read if previous is None else (*self.read, previous)
        columns = self.columns if previous is None else self.columns + channels
        return self.deepening._append(sources, rows, bias, columns=columns, activation=activation)


def _scaled(value: Fraction, fraction_bits: int) -> int:
    return int(value * (1 << fraction_bits))


def formats_of(bits: int) -> tuple[Q, ...]:
    """Every Q(a, b) of `bits` bits with b ≥ 1.

    >>> [form.name for form in formats_of(3)]
    ['Q(-1,2)', 'Q(0,1)']
    """
    if bits < 2:
        raise FormatError(f"{bits}-bit weights", remedy="at least 2 bits")
    return tuple(Q(a, bits - 2 - a) for a in range(-1, bits - 2))
