"""The network of a certificate: its weights in the declared format, and its exact values.

Both semantics are evaluated in plain integers, each neuron over a denominator known beforehand.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import Any, TypeVar

from .arithmetic import Requantizer, every_operation, read_requantizers
from .cells import Narrow, Step, bent, values_at
from .document import Invalid, integer, list_of, one_of, place, rational, string, table_of
from .levels import FixedPoint, read_fixed_point

MAX_LAYERS = 1 << 20
MAX_ENTRIES = 1 << 24
MAX_TABLE = 1 << 20
LEAST_WIDTH = 64  # of the slots numbers are packed in
MAX_BITS = 1 << 18  # of any number a network may produce, for inputs of few bits
ACTIVATIONS = ("identity", "relu", "table")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Neuron:
    """Reads the values at `terms` = ((numerator, position), …); the first positions are the inputs.

    With a `table`, level `form.lowest + i` becomes level `table[i]`. With `every`, every operation
    is rounded; a `requantizer` rounds in the place of the format.
    """

    terms: tuple[tuple[int, int], ...]
    bias: int
    denominator: int
    relu: bool
    form: FixedPoint | None
    table: tuple[int, ...] | None = None
    every: bool = False
    requantizer: Requantizer | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """One output (the last neuron), neurons in the order they are computed."""

    neurons: tuple[Neuron, ...]
    input_form: FixedPoint | None
    semantics: str
    inputs: int = 1


def read_network(data: object, what: str, inputs: int = 1) -> Network:
    """Raises Invalid: the layers do not fit together, or a weight is not in the format."""
    keys = "format version semantics inputs weight_format layers"
    table = table_of(data, what, keys, "input_format notes")
    one_of(table["format"], f"{what}: format", ("bitproof-network",))
    if integer(table["inputs"], f"{what}: inputs") != inputs:
        raise Invalid(f"{what}: not a network of {'one input' if inputs == 1 else inputs}")
    form = table.get("input_format")
    input_form = None if form is None else read_fixed_point(form, f"{what}: input_format")
    member = membership(table["weight_format"], what)
    neurons = _read_layers(table["layers"], member, what, inputs)
    rounds_once = not any(neuron.every or neuron.requantizer for neuron in neurons)
    if integer(table["version"], f"{what}: version") != (1 if rounds_once else 2):
        raise Invalid(f"{what}: a version that does not fit its layers")
    fixed = input_form is not None or any(neuron.form is not None for neuron in neurons)
    semantics = one_of(table["semantics"], f"{what}: semantics", ("real", "fixed-point"))
    if (semantics == "fixed-point") != fixed:
        raise Invalid(f"{what}: semantics {semantics!r} do not fit its formats")
    return Network(neurons, input_form, semantics, inputs)


def membership(data: object, what: str) -> Callable[[Fraction], bool]:
    """Whether a weight is in the declared format."""
    if data is None:
        return lambda _: True
    what = f"{what}: weight_format"
    if isinstance(data, dict) and data.get("kind") == "Q":
        table = table_of(data, what, "kind a b")
        a, b = integer(table["a"], what), integer(table["b"], what)
        if a < -1 or b < 0 or not 1 <= a + b + 2 <= 64:
            raise Invalid(f"{what}: not a format Q(a, b)")
        return lambda w: (w * 2**b).denominator == 1 and abs(w) < Fraction(2) ** (a + 1)
    table = table_of(data, what, "kind values", "name")
    one_of(table["kind"], what, ("codebook",))
    values = frozenset(rational(value, what) for value in list_of(table["values"], what, 4096))
    if not 2 <= len(values) == len(table["values"]):
        raise Invalid(f"{what}: a codebook has at least two distinct values")
    return values.__contains__


def _read_layers(
    data: object, member: Callable[[Fraction], bool], what: str, inputs: int
) -> tuple[Neuron, ...]:
    neurons: list[Neuron] = []
    positions = [range(inputs)]  # of the values of the input and of every layer
    entries = 0
    for number, layer in enumerate(list_of(data, f"{what}: layers", MAX_LAYERS), start=1):
        where = f"{what}: layer {number}"
        added = _read_layer(layer, positions, where)
        entries += len(added) + sum(len(neuron.terms) for neuron in added)
        if entries > MAX_ENTRIES:
            raise Invalid(f"{what} has more than {MAX_ENTRIES} weights")
        for numerator, denominator in _weights(added):
            if not member(Fraction(numerator, denominator)):
                text = f"{str(numerator)[:40]}/{str(denominator)[:40]}"
                raise Invalid(f"{where}: the weight {text} is not in the format")
        start = len(neurons) + inputs
        neurons += added
        positions.append(range(start, start + len(added)))
    if len(positions) == 1 or len(positions[-1]) != 1:
        raise Invalid(f"{what}: not a network of one output")
    return tuple(neurons)


def _weights(neurons: Sequence[Neuron]) -> set[tuple[int, int]]:
    """The distinct non-zero weights and biases, as (numerator, denominator)."""
    found = {(w, neuron.denominator) for neuron in neurons for w, _ in neuron.terms}
    return found | {(neuron.bias, neuron.denominator) for neuron in neurons if neuron.bias}


def _read_layer(data: object, positions: list[range], where: str) -> list[Neuron]:
    keys = "sources columns denominator weights bias activation"
    table = table_of(data, where, keys, "output_format table accumulation requantizers")
    sources = [integer(s, f"{where}: a source") for s in list_of(table["sources"], where, 1 << 20)]
    if sources != sorted(set(sources)) or any(not 0 <= s < len(positions) for s in sources):
        raise Invalid(f"{where}: sources are the input and earlier layers, ascending")
    read = [position for source in sources for position in positions[source]]
    if integer(table["columns"], f"{where}: columns") != len(read):
        raise Invalid(f"{where}: {len(read)} source values for another number of columns")
    denominator = integer(table["denominator"], f"{where}: denominator")
    if denominator < 1:
        raise Invalid(f"{where}: a denominator below 1")
    activation = one_of(table["activation"], f"{where}: activation", ACTIVATIONS)
    form = table.get("output_format")
    rows = list_of(table["weights"], f"{where}: weights", MAX_ENTRIES)
    biases = list_of(table["bias"], f"{where}: bias", MAX_ENTRIES)
    if len(rows) != len(biases):
        raise Invalid(f"{where}: {len(rows)} rows and {len(biases)} biases")
    output_form = None if form is None else read_fixed_point(form, f"{where}: output_format")
    if (activation == "table") != ("table" in table):
        raise Invalid(f"{where}: a table exactly where the activation is one")
    levels = _table(table["table"], output_form, where) if activation == "table" else None
    every = _accumulates(table, output_form, where)
    requantizers: tuple[Requantizer | None, ...] = (None,) * len(rows)
    if "requantizers" in table:
        requantizers = read_requantizers(table["requantizers"], output_form, len(rows), where)
    if every and "requantizers" in table:
        raise Invalid(f"{where}: requantizers where every operation is rounded")
    rest = (denominator, activation == "relu", output_form, levels, every)
    return [
        Neuron(read_terms(row, read, where), integer(bias, where), *rest, requantizer)
        for row, bias, requantizer in zip(rows, biases, requantizers, strict=True)
    ]


def _accumulates(table: dict[str, Any], form: FixedPoint | None, where: str) -> bool:
    """Whether every operation of a layer is rounded."""
    kinds = ("once", "every")
    every = one_of(table.get("accumulation", "once"), f"{where}: accumulation", kinds) == "every"
    if every and form is None:
        raise Invalid(f"{where}: a layer without a format that rounds every operation")
    return every


def _table(data: object, form: FixedPoint | None, where: str) -> tuple[int, ...]:
    """The levels the levels of a format become, from the lowest on."""
    table = table_of(data, f"{where}: table", "name values")
    string(table["name"], f"{where}: table name")
    values = list_of(table["values"], f"{where}: table", MAX_TABLE)
    if form is None or len(values) != form.highest - form.lowest + 1:
        raise Invalid(f"{where}: a table has one entry for each level of the layer's format")
    entries = tuple(integer(value, f"{where}: an entry of the table") for value in values)
    if not all(form.lowest <= entry <= form.highest for entry in entries):
        raise Invalid(f"{where}: an entry of the table is not a level of the format")
    return entries


def read_terms(row: object, read: list[int], where: str) -> tuple[tuple[int, int], ...]:
    terms, previous = [], -1
    for entry in list_of(row, f"{where}: a row", MAX_ENTRIES):
        column, numerator = _pair(entry, where)
        if not previous < column < len(read) or numerator == 0:
            raise Invalid(f"{where}: columns ascend, stay within the sources, and hold no zeros")
        terms.append((numerator, read[column]))
        previous = column
    return tuple(terms)


def _pair(entry: object, where: str) -> tuple[int, int]:
    if not isinstance(entry, list) or len(entry) != 2:
        raise Invalid(f"{where}: a weight is [column, numerator]")
    return integer(entry[0], f"{where}: a column"), integer(entry[1], f"{where}: a weight")


class RealProgram:
    """Exact values of a network in real semantics at x = p/q.

    The value of neuron n is k_n·g_n/q with an integer k_n, where the granule g_n depends on the
    network alone: g_n = gcd of the w·g_source and the bias, so numbers stay as short as they can.
    """

    def __init__(self, network: Network) -> None:
        granules = [Fraction(1)] * network.inputs
        last_reads = {p: at for at, n in enumerate(network.neurons) for _, p in n.terms}
        spent: list[list[int]] = [[] for _ in network.neurons]
        for position, at in last_reads.items():
            spent[at].append(position)
        steps = []
        self.inputs = network.inputs
        for neuron, unread in zip(network.neurons, spent, strict=True):
            parts = [Fraction(w, neuron.denominator) * granules[p] for w, p in neuron.terms]
            bias = Fraction(neuron.bias, neuron.denominator)
            granule = _gcd([*parts, bias])
            if granule.numerator.bit_length() > MAX_BITS:
                raise Invalid("the network's values have too many digits")
            terms = tuple(
                (int(part / granule), p) for part, (_, p) in zip(parts, neuron.terms, strict=True)
            )
            steps.append(Step(int(bias / granule), terms, neuron.relu, tuple(unread)))
            granules.append(granule)
        self.steps = tuple(steps)
        self.output_granule = granules[-1]
        self._width = LEAST_WIDTH

    def work(self, bits: int) -> int:
        """Bounds the steps of one evaluation for p and q of so many bits."""
        sizes = self._sizes(bits)[self.inputs :]
        return sum(
            (1 + len(step.terms)) * (1 + size // 512)
            for step, size in zip(self.steps, sizes, strict=True)
        )

    def room(self, bits: int) -> int:
        """Bounds the bits kept at once for a point whose p and q have so many bits."""
        alive = accumulate((1 - len(step.spent) for step in self.steps), initial=self.inputs)
        return max(alive) * max(self._sizes(bits))

    def _sizes(self, bits: int) -> list[int]:
        """Bounds the bits of the input's and every neuron's integer."""
        sizes = [bits] * self.inputs
        for step in self.steps:
            read = (sizes[position] + c.bit_length() for c, position in step.terms)
            largest = max([bits + step.bias.bit_length(), *read])
            sizes.append(largest + len(step.terms).bit_length())
        return sizes

    def value(self, x: Fraction) -> Fraction:
        """N(x)."""
        return self.affine_values([x])[0]

    def affine_values(self, points: Sequence[Fraction]) -> list[Fraction]:
        """N at ascending points, between neighbours of which N is affine (`cells` proves it).

        Raises:
            Invalid: it is not proved, so a breakpoint is missing.
        """
        numbers, changing = self._in_slots(lambda width: values_at(self.steps, points, width))
        if changing:
            cells = [(points[at], points[at + 1]) for at in changing]
            for at in self._in_slots(lambda width: bent(self.steps, cells, width)):
                after = place(cells[at][0])
                raise Invalid(f"a breakpoint of a network is missing after x = {after}")
        unit = self.output_granule
        return [
            Fraction(k * unit.numerator, x.denominator * unit.denominator)
            for k, x in zip(numbers, points, strict=True)
        ]

    def _in_slots(self, attempt: Callable[[int], T]) -> T:
        """Once more with wider slots, until the numbers fit into them."""
        while True:
            try:
                return attempt(self._width)
            except Narrow:
                self._width += self._width // 32 * 8


def _gcd(values: list[Fraction]) -> Fraction:
    """The largest g of which all are integer multiples; 1 if all are 0."""
    numerator, denominator = 0, 1
    for value in values:
        denominator = math.lcm(denominator, value.denominator)
        if denominator.bit_length() > MAX_BITS:
            raise Invalid("the network's values have too many digits")
    for value in values:
        numerator = math.gcd(numerator, value.numerator * (denominator // value.denominator))
    return Fraction(numerator, denominator) if numerator else Fraction(1)


class FixedProgram:
    """Values in fixed-point semantics: the affine map exactly, one rounding, the activation.

    A value that a format rounded is its level, an integer over the format's scale; a value no
    format rounds (some layers may have none) is an exact rational, its scale 1.
    """

    def __init__(self, network: Network) -> None:
        self.input_form = network.input_form
        self.inputs = network.inputs
        scales, divisors = [_scale(self.input_form)] * self.inputs, [1] * self.inputs
        steps = []
        for neuron in network.neurons:
            common = math.lcm(1, *(scales[p] for _, p in neuron.terms))
            terms = tuple((w * (common // scales[p]), p) for w, p in neuron.terms)
            denominator = neuron.denominator * common
            steps.append((neuron.bias * common, terms, denominator, neuron))
            scales.append(_scale(neuron.form))
            divisor = denominator * math.lcm(1, *(divisors[p] for _, p in neuron.terms))
            if divisor.bit_length() > MAX_BITS:
                raise Invalid("the network's values have too many digits")
            divisors.append(divisor if neuron.form is None else 1)
        self.steps, self.divisors = tuple(steps), tuple(divisors[self.inputs :])
        self.output_scale = scales[-1]

    def work(self, bits: int) -> int:
        """Bounds the steps of one evaluation for an input of so many bits."""
        sizes, total = [_bits(self.input_form, bits)] * self.inputs, 0
        for (bias, terms, _, neuron), divisor in zip(self.steps, self.divisors, strict=True):
            largest = max([bias.bit_length(), *(sizes[p] + w.bit_length() for w, p in terms)])
            size = largest + len(terms).bit_length()
            sizes.append(_bits(neuron.form, size))
            total += (2 + len(terms)) * (1 + (size + divisor.bit_length() + bits) // 512)
        return total

    def value(self, x: Fraction) -> Fraction:
        start = x if self.input_form is None else self.input_form.level(x.numerator, x.denominator)
        values: list[int | Fraction] = [start]
        for bias, terms, denominator, neuron in self.steps:
            if neuron.every:
                products = [w * values[position] for w, position in terms]
                values.append(accumulated(bias, products, denominator, neuron))
                continue
            total: int | Fraction = bias
            for coefficient, position in terms:
                total += coefficient * values[position]
            values.append(activated(total, denominator, neuron))
        return Fraction(values[-1]) / self.output_scale


def _scale(form: FixedPoint | None) -> int:
    return 1 if form is None else form.scale


def _bits(form: FixedPoint | None, otherwise: int) -> int:
    return otherwise if form is None else max(-form.lowest, form.highest).bit_length()


def accumulated(
    bias: int, products: Sequence[int | Fraction], denominator: int, neuron: Neuron
) -> int:
    """The neuron's level where every operation is rounded."""
    assert neuron.form is not None
    parts = [(product, denominator) for product in products]
    return _after(every_operation(neuron.form, (bias, denominator), parts), neuron)


def activated(total: int | Fraction, denominator: int, neuron: Neuron) -> int | Fraction:
    """The neuron's value for the sum total/denominator: a level if it has a format."""
    form = neuron.form
    if form is None:
        value = Fraction(total) / denominator
        return max(value, Fraction(0)) if neuron.relu else value
    if neuron.requantizer is not None:
        return _after(neuron.requantizer.level(Fraction(total) / denominator), neuron)
    return _after(form.level(total.numerator, total.denominator * denominator), neuron)


def _after(level: int, neuron: Neuron) -> int:
    """The activation of a level."""
    if neuron.table is not None:
        assert neuron.form is not None
        return neuron.table[level - neuron.form.lowest]
    return max(level, 0) if neuron.relu else level


def program(network: Network) -> RealProgram | FixedProgram:
    return RealProgram(network) if network.semantics == "real" else FixedProgram(network)
