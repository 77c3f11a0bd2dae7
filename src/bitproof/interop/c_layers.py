"""C for networks exported layer by layer: loops over packed kernels and matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from bitproof.errors import RangeError
from bitproof.execute.fast import Engine
from bitproof.execute.ranges import InputGrid
from bitproof.interop import c_layers_text, c_text
from bitproof.interop.c_writer import (
    SUM_WIDTHS,
    fitting_width,
    integer_type,
    lines_of,
    literal,
    rows_of,
    too_wide,
    typedef,
)
from bitproof.interop.layer_plan import LayerPlan, LayerStep, layer_plan
from bitproof.network import Convolution, LinearMap, SparseMatrix

WIDEST_FIELD = 57
RANDOM_VECTORS = 2


@dataclass(frozen=True, slots=True)
class LayeredC:
    """The texts of a layered export and what they take.

    Attributes:
        source, header: the texts.
        sum_bits, sum_type: of every number computed.
        weight_codes, weight_bytes, structure_bytes, memory_bytes, vectors: as in `CExport`.
        output_scale: what the output integers count.
    """

    source: str
    header: str
    sum_bits: int
    sum_type: str
    weight_codes: int
    weight_bytes: int
    structure_bytes: int
    memory_bytes: int
    vectors: int
    output_scale: Fraction


def layered_c(engine: Engine, grid: InputGrid, name: str, certificate: str) -> LayeredC:
    """The texts of a network's C export by layers.

    Raises:
        RangeError: more than 127 bits are needed, or weights of more than 57.
    """
    plan = layer_plan(engine.analysis)
    largest = max(plan.magnitude, plan.largest_output)
    if largest.bit_length() > max(SUM_WIDTHS) - 1:
        raise too_wide(largest.bit_length())
    return _Writer(plan, engine, grid, name, certificate, largest).texts()


@dataclass(frozen=True, slots=True)
class _Fields:
    """Integers packed in fields of equal width, times a factor."""

    bits: int
    factor: int
    data: bytes
    count: int


def packed(numbers: Sequence[int]) -> _Fields:
    """Fields of the fewest bits for numbers without their common divisor.

    Raises:
        RangeError: more than 57 bits.

    >>> packed([4, -8, 0]).bits, packed([4, -8, 0]).factor
    (2, 4)
    """
    factor = math.gcd(*numbers) or 1
    reduced = [number // factor for number in numbers]
    bits = 1 + max((n.bit_length() if n >= 0 else (~n).bit_length() for n in reduced), default=0)
    if bits > WIDEST_FIELD:
        raise RangeError(
            f"integer weights of {bits} bits", remedy="quantize the network to fewer bits"
        )
    mask = (1 << bits) - 1
    places = np.zeros(len(reduced) * bits, np.uint8)
    for bit in range(bits):
        places[bit::bits] = [(number & mask) >> bit & 1 for number in reduced]
    data = np.packbits(places, bitorder="little").tobytes()
    return _Fields(bits, factor, data + bytes(8), len(reduced))


class _Writer:
    def __init__(
        self,
        plan: LayerPlan,
        engine: Engine,
        grid: InputGrid,
        name: str,
        certificate: str,
        largest: int,
    ) -> None:
        self._plan, self._engine, self._grid = plan, engine, grid
        self._name, self._certificate = name, certificate
        self._bits = largest.bit_length()
        self._width = fitting_width(largest, SUM_WIDTHS)
        self._arrays, self._calls = list[str](), list[str]()
        self._weight_bytes = self._structure_bytes = self._codes = 0
        self._largest_kernel = 1
        self._used = set[str]()

    def texts(self) -> LayeredC:
        places, slots = _places(self._plan)
        for position, step in enumerate(self._plan.steps, start=1):
            self._step(position, step, places)
        vectors = _vectors(self._plan, self._grid)
        outputs = self._outputs(vectors)
        limits, output_factor = self._limits(), self._output_factor()
        names = {"name": self._name, "NAME": self._name.upper()}
        memory = (slots + self._largest_kernel) * self._width // 8
        kinds = {
            "relu": c_layers_text.RELU,
            "dense": c_layers_text.DENSE,
            "sparse": c_layers_text.SPARSE,
            "convolve": c_layers_text.CONVOLUTION,
        }
        functions = [
            template.substitute(names, largest_kernel=self._largest_kernel)
            for kind, template in kinds.items()
            if kind in self._used
        ]
        source = c_layers_text.SOURCE.substitute(
            names,
            sum_bits=self._bits,
            sum_type=integer_type(self._width),
            weight_bytes=self._weight_bytes,
            structure_bytes=self._structure_bytes,
            memory_bytes=memory,
            wide_check=c_text.WIDE_CHECK if self._width == 128 else "",
            sum_typedef=typedef(self._width, f"{self._name}_sum"),
            data="".join(self._arrays),
            functions="".join(functions),
            slots=slots,
            inputs=self._plan.inputs.inputs,
            limits=limits,
            calls="\n".join(self._calls),
            outputs=len(self._plan.factors),
            output_slot=places[len(self._plan.steps)],
            output_factor=output_factor,
            vectors=len(vectors),
            test_levels=rows_of(map(str, row) for row in vectors),
            test_outputs=rows_of(outputs),
        )
        return LayeredC(
            source=source,
            header=self._header(names),
            sum_bits=self._bits,
            sum_type=integer_type(self._width),
            weight_codes=self._codes,
            weight_bytes=self._weight_bytes,
            structure_bytes=self._structure_bytes,
            memory_bytes=memory,
            vectors=len(vectors),
            output_scale=self._plan.output_granule,
        )

    def _header(self, names: dict[str, str]) -> str:
        step, scale = self._grid.step, self._plan.output_granule
        certificate = f"\n * Certificate: {self._certificate}\n *" if self._certificate else ""
        width = 64 if self._width <= 64 else 128
        return c_text.HEADER.substitute(
            names,
            title=f"{sum(s.width for s in self._plan.steps)} neurons, {self._codes} weights",
            memory="static working memory",
            certificate=certificate,
            wide_check=c_text.WIDE_CHECK if width == 128 else "",
            inputs=self._plan.inputs.inputs,
            outputs=len(self._plan.factors),
            step_numerator=literal(step.numerator),
            step_denominator=literal(step.denominator),
            output_numerator=literal(scale.numerator),
            output_denominator=literal(scale.denominator),
            level_macros="",
            output_bits=self._bits,
            output_typedef=typedef(width, f"{self._name}_output"),
            convenience="",
        )

    # data ----------------------------------------------------------------------------------------

    def _array(self, label: str, data: bytes) -> str:
        name = f"{self._name}_{label}"
        lines = lines_of(map(str, data))
        self._arrays.append(f"static const uint8_t {name}[{len(data)}] = {{\n{lines}\n}};\n")
        return name

    def _weights(self, label: str, numbers: Sequence[int]) -> str:
        """The C arguments `array, bits, factor` of packed numbers."""
        fields = packed(numbers)
        self._weight_bytes += len(fields.data)
        self._codes += fields.count
        return f"{self._array(label, fields.data)}, {fields.bits}, {self._number(fields.factor)}"

    def _counts(self, label: str, numbers: Sequence[int]) -> str:
        """The C arguments `array, bits` of packed numbers that are not negative."""
        fields = packed([*numbers, 0, 1])  # no common divisor
        self._structure_bytes += len(fields.data)
        return f"{self._array(label, fields.data)}, {fields.bits}"

    def _number(self, value: int) -> str:
        """An integer literal of the sums' type."""
        if value.bit_length() < 32:
            return str(value)
        if value.bit_length() < 64:
            return f"INT64_C({value})"
        high, low = divmod(value, 1 << 62)
        return f"(({self._name}_sum){high} * ((int64_t)1 << 62) + INT64_C({low}))"

    # layers --------------------------------------------------------------------------------------

    def _step(self, position: int, step: LayerStep, places: Sequence[int]) -> None:
        to = f"v + {places[position]}"
        filters = next((m.filters for _, m in step.maps if isinstance(m, Convolution)), step.width)
        repeat = step.width // filters
        biases = step.bias[::repeat]
        if step.bias != tuple(n for n in biases for _ in range(repeat)):
            repeat, biases = 1, step.bias
        held = self._weights(f"biases{position}", biases)
        self._call("start", f"{to}, {step.width}, {repeat}, {held}")
        for at, (source, matrix) in enumerate(step.maps):
            self._map(f"{position}_{at}", matrix, to, f"v + {places[source]}")
        if step.relu:
            self._call("relu", f"{to}, {step.width}")

    def _call(self, function: str, arguments: str) -> None:
        self._used.add(function)
        self._calls.append(f"    {self._name}_{function}({arguments});")

    def _map(self, label: str, matrix: LinearMap, to: str, source: str) -> None:
        if isinstance(matrix, Convolution):
            self._convolution(label, matrix, to, source)
            return
        matrix = SparseMatrix.unrolled(matrix)
        rows, columns = matrix.shape
        bits = packed(matrix.numerators).bits
        listed = matrix.nonzero_entries * (bits + columns.bit_length() + 1)
        if listed < bits * rows * columns:
            counts = [b - a for a, b in zip(matrix.row_starts, matrix.row_starts[1:], strict=False)]
            structure = (
                self._counts(f"counts{label}", counts),
                self._counts(f"columns{label}", matrix.column_indices),
            )
            weights = self._weights(f"weights{label}", matrix.numerators)
            self._call("sparse", f"{to}, {source}, {rows}, {', '.join(structure)}, {weights}")
            return
        dense = np.zeros((rows, columns), object)
        places = np.repeat(np.arange(rows), np.diff(matrix.row_starts))
        dense[places, list(matrix.column_indices)] = matrix.numerators
        weights = self._weights(f"weights{label}", dense.reshape(-1).tolist())
        self._call("dense", f"{to}, {source}, {rows}, {columns}, {weights}")

    def _convolution(self, label: str, conv: Convolution, to: str, source: str) -> None:
        size = conv.group_channels * math.prod(conv.window)
        self._largest_kernel = max(self._largest_kernel, size)
        geometry = (
            *conv.image,
            *conv.output,
            *conv.window,
            *conv.strides,
            *conv.pads[:2],
            *conv.dilations,
            conv.groups,
        )
        weights = self._weights(f"kernel{label}", conv.kernel)
        numbers = ", ".join(map(str, geometry))
        self._calls.append(
            f"    {{\n        static const struct {self._name}_windows windows = {{{numbers}}};"
        )
        self._calls.append(
            f"        {self._name}_convolve({to}, {source}, &windows, {weights});\n    }}"
        )
        self._used.add("convolve")

    # ends ----------------------------------------------------------------------------------------

    def _limits(self) -> str:
        """Inputs moved into the grid: one pair of ends where all are equal."""
        low, high = self._plan.inputs.input_lower, self._plan.inputs.input_upper
        ends = [("lowest", low), ("highest", high)]
        names = []
        for label, numbers in ends:
            if len(set(numbers)) == 1:
                names.append(f"INT32_C({numbers[0]})")
                continue
            text = ", ".join(map(str, numbers))
            name = f"{self._name}_{label}"
            self._arrays.append(f"static const int32_t {name}[{len(numbers)}] = {{{text}}};\n")
            names.append(f"{name}[i]")
        least, most = names
        return (
            f"        if (level < {least})\n            level = {least};\n"
            f"        if (level > {most})\n            level = {most};\n"
        )

    def _output_factor(self) -> str:
        factors = self._plan.factors
        if set(factors) == {1}:
            return ""
        if len(set(factors)) == 1:
            return f" * {self._number(factors[0])}"
        text = ", ".join(map(self._number, factors))
        name = f"{self._name}_units"
        self._arrays.append(f"static const {self._name}_sum {name}[{len(factors)}] = {{{text}}};\n")
        return f" * {name}[i]"

    def _outputs(self, vectors: Sequence[Sequence[int]]) -> list[list[str]]:
        integers = self._engine.run(np.array(vectors, object)).tolist()
        return [
            [
                self._signed(int(k) * factor)
                for k, factor in zip(row, self._plan.factors, strict=True)
            ]
            for row in integers
        ]

    def _signed(self, value: int) -> str:
        text = self._number(abs(value))
        return f"-{text}" if value < 0 else text


def _places(plan: LayerPlan) -> tuple[list[int], int]:
    """Where each layer's values start in the working memory, and its size: places are used again
    after the last layer that reads them."""
    free: list[tuple[int, int]] = []
    end = plan.inputs.inputs
    places, widths = [0], [end, *(step.width for step in plan.steps)]
    last = [max((p for p, s in enumerate(plan.steps, 1) if _reads(s, 0)), default=0)]
    last += [step.last_use for step in plan.steps]
    for position, step in enumerate(plan.steps, start=1):
        fitting = [hole for hole in free if hole[1] >= step.width]
        if fitting:
            hole = min(fitting, key=lambda one: one[1])
            free.remove(hole)
            places.append(hole[0])
            if hole[1] > step.width:
                free.append((hole[0] + step.width, hole[1] - step.width))
        else:
            places.append(end)
            end += step.width
        for source, use in enumerate(last[: position + 1]):
            if max(use, source) == position:
                free.append((places[source], widths[source]))
    return places, end


def _reads(step: LayerStep, source: int) -> bool:
    return any(one == source for one, _ in step.maps)


def _vectors(plan: LayerPlan, grid: InputGrid) -> list[list[int]]:
    """The ends, random levels, and the inputs that bring a sum of the first layer to its ends
    (which random ones never come near)."""
    low, high = list(grid.lowest_levels), list(grid.highest_levels)
    vectors = [low, high]
    generator = np.random.default_rng(0)
    ends = list(zip(low, high, strict=True))
    vectors += [[int(generator.integers(a, b + 1)) for a, b in ends] for _ in range(RANDOM_VECTORS)]
    first = plan.steps[0]
    matrix = next((m for source, m in first.maps if source == 0), None)
    if matrix is not None:
        row = dict(matrix.row(matrix.shape[0] // 2))
        vectors += [
            [b if sign * row.get(i, 0) > 0 else a for i, (a, b) in enumerate(ends)]
            for sign in (1, -1)
        ]
    return vectors
