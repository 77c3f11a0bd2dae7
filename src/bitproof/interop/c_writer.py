"""Filling the templates of the C files for one network: types, literals, tables, comments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from bitproof.errors import RangeError
from bitproof.execute.ranges import InputGrid
from bitproof.interop import c_text
from bitproof.interop.c_blocks import Blocks
from bitproof.interop.c_finish import FinishText
from bitproof.interop.c_packing import Codes, Structure
from bitproof.interop.golden import GoldenVector
from bitproof.interop.live import LiveNetwork

MOST_AUTOMATIC_BYTES = 1024
MOST_LISTED_LAYERS = 48
SUM_WIDTHS = (32, 64, 128)
VALUE_WIDTHS = (8, 16, 32, 64, 128)


def fitting_width(magnitude: int, widths: Sequence[int]) -> int:
    """The narrowest two's complement width, of those given, for numbers up to a magnitude."""
    for width in widths:
        if magnitude.bit_length() < width:
            return width
    raise too_wide(magnitude.bit_length())


def too_wide(bits: int) -> RangeError:
    """The refusal of magnitudes of so many bits."""
    return RangeError(
        f"the proved accumulators need {bits + 1} bits, C integers have at most 128",
        remedy="choose a coarser grid of inputs, or a shallower network (--max-depth)",
    )


class CText:
    """Fills the templates for one network."""

    def __init__(
        self,
        name: str,
        live: LiveNetwork,
        grid: InputGrid,
        blocks: Blocks,
        codes: Codes,
        structure: Structure,
        vectors: Sequence[GoldenVector],
        certificate: str,
    ) -> None:
        self._live, self._grid, self._blocks = live, grid, blocks
        self._codes, self._structure, self._vectors = codes, structure, vectors
        self._certificate = certificate
        self._names = {"name": name, "NAME": name.upper()}
        self._finish = FinishText(name, structure.finishes, self._integer, lines_of)
        self._sum_width = fitting_width(blocks.largest_sum, SUM_WIDTHS)
        self._value_width = fitting_width(blocks.largest_value, VALUE_WIDTHS)
        self._output_bits = blocks.bounds[-1].value_bits
        self._output_width = 64 if self._output_bits < 64 else 128

    @property
    def sum_type(self) -> str:
        return integer_type(self._sum_width)

    @property
    def value_type(self) -> str:
        return integer_type(self._value_width)

    @property
    def memory_bytes(self) -> int:
        """Bytes of the values, and of their exponents where those are kept."""
        return self._blocks.slots * (self._value_width + self._unit_width) // 8

    @property
    def table_bytes(self) -> int:
        """Bytes of the book of codes and of the scales."""
        book = len(self._codes.book) * self._book_width // 8
        width = 8 if self._shifts else self._sum_width
        return book + len(self._structure.scales) * width // 8

    @property
    def _unit_width(self) -> int:
        """Bits of an exponent; 0 where there are no units."""
        if self._structure.least_unit is None:
            return 0
        units = [block.unit for block in self._blocks.blocks if block.unit is not None]
        exponents = [unit.rise - unit.base for unit in units]
        exponents.append(self._blocks.input_exponent or 0)
        return fitting_width(max(map(abs, exponents)), VALUE_WIDTHS)

    @property
    def activation_bytes(self) -> int:
        """Bytes of the tables of activations."""
        return self._finish.table_bytes

    @property
    def _book_width(self) -> int:
        largest = max((abs(value) for value in self._codes.book), default=0)
        return fitting_width(largest, VALUE_WIDTHS)

    @property
    def _shifts(self) -> bool:
        """Whether every scale is a power of two."""
        return all(scale & (scale - 1) == 0 for scale in self._structure.scales)

    @property
    def _memory(self) -> str:
        if self.memory_bytes <= MOST_AUTOMATIC_BYTES:
            return "values on the stack (reentrant)"
        return "values in static memory (not reentrant)"

    def header(self) -> str:
        """The text of the header."""
        step, scale = self._grid.step, self._blocks.output_granule
        single = self._live.inputs == 1
        certificate = f"\n * Certificate: {self._certificate}\n *" if self._certificate else ""
        return c_text.HEADER.substitute(
            self._names,
            title=f"{len(self._live.neurons)} neurons, {self._codes.count} weights",
            memory=self._memory,
            certificate=certificate,
            wide_check=c_text.WIDE_CHECK if self._output_width == 128 else "",
            inputs=self._live.inputs,
            outputs=len(self._live.outputs),
            step_numerator=literal(step.numerator),
            step_denominator=literal(step.denominator),
            output_numerator=literal(scale.numerator),
            output_denominator=literal(scale.denominator),
            level_macros=self._level_macros() if single else "",
            output_bits=self._output_bits,
            output_typedef=self._typedef(self._output_width, "output"),
            convenience=c_text.CONVENIENCE.substitute(self._names)
            if single and len(self._live.outputs) == 1
            else "",
        )

    def _level_macros(self) -> str:
        name = self._names["NAME"]
        low, high = self._live.input_lower[0], self._live.input_upper[0]
        return f"#define {name}_INPUT_LOWEST {low}\n#define {name}_INPUT_HIGHEST {high}\n"

    def source(self) -> str:
        """The text of the C file."""
        blocks, codes, structure = self._blocks, self._codes, self._structure
        return c_text.SOURCE.substitute(
            self._names,
            codes_text=self._codes_text(),
            sum_bits=blocks.largest_sum.bit_length(),
            sum_type=self.sum_type,
            value_bits=blocks.largest_value.bit_length(),
            value_type=self.value_type,
            bounds=self._bounds(),
            weight_bytes=len(codes.data),
            structure_bytes=len(structure.data),
            table_bytes=self.table_bytes,
            activation_bytes=self.activation_bytes,
            **self._finishing(),
            slots=blocks.slots,
            memory_bytes=self.memory_bytes,
            memory=self._memory,
            wide_check=c_text.WIDE_CHECK if self._sum_width == 128 else "",
            sum_typedef=self._typedef(self._sum_width, "sum"),
            value_typedef=self._typedef(self._value_width, "value"),
            weight_length=max(1, len(codes.data)),
            weights=lines_of(str(byte) for byte in codes.data or b"\0"),
            structure_length=len(structure.data),
            structure=lines_of(str(byte) for byte in structure.data),
            rows_bits=structure.rows,
            runs_bits=structure.runs,
            slot_bits=structure.slot,
            long_bits=structure.long,
            length_bits=structure.length,
            **self._scaling(),
            book=self._book(),
            scales=self._scales(),
            weight_function=self._weight_function() + self._bias_function(),
            bias=f"{self._names['name']}_{'bias' if codes.bias_bits else 'weight'}",
            limits=self._limits(),
            value_storage=self._value_storage(),
            inputs=self._live.inputs,
            outputs=len(self._live.outputs),
            blocks=len(blocks.blocks),
            output_slot=blocks.output_slot,
            vectors=len(self._vectors),
            test_levels=rows_of(map(str, vector.levels) for vector in self._vectors),
            test_outputs=rows_of(
                (self._integer(value / blocks.output_granule) for value in vector.outputs)
                for vector in self._vectors
            ),
        )

    def _scaling(self) -> dict[str, str]:
        """How values of different granules are aligned: by scales, or by exponents and units."""
        form, names = self._structure, self._names
        function = c_text.SCALE_FUNCTION.substitute(names, scale_expression=self._scale_expression)
        if form.least_unit is None:
            return {
                "block_scale_bits": f"if biased the bias's scale ({form.scale})",
                "run_scale_bits": f",\n * scale ({form.scale})",
                "scale_function": function,
                "input_unit": "",
                "take_unit": c_text.TAKE_BIAS_SCALE.substitute(names),
                "bias_scale": "bias_scale",
                "add_run": c_text.ADD_SCALED.substitute(names),
                "result_unit": "",
                "unit_text": "",
            }
        return {
            "block_scale_bits": f"base ({form.base}), rise ({form.rise})",
            "run_scale_bits": "",
            "scale_function": function if form.scales else "",
            "input_unit": f"        e[i] = {self._blocks.input_exponent};\n",
            "take_unit": c_text.TAKE_UNIT.substitute(
                names,
                base_bits=form.base,
                rise_bits=form.rise,
                least_base=form.least_unit.base,
                least_rise=form.least_unit.rise,
            ),
            "bias_scale": f"(({names['name']}_sum)1 << base)",
            "add_run": c_text.ADD_ALIGNED.substitute(names),
            "result_unit": c_text.RESULT_UNIT.substitute(kind=integer_type(self._unit_width)),
            "unit_text": c_text.UNIT_TEXT,
        }

    def _finishing(self) -> dict[str, str]:
        """How sums become values: by fields of the structure, or by cases."""
        form = self._structure
        if not form.finishes:
            return {
                "finish_bits": f"relu (1),\n * divisor ({form.scale})",
                "finishing": "",
                "take_finish": c_text.TAKE_EXACT.substitute(self._names),
                "apply_finish": c_text.APPLY_EXACT.substitute(self._names),
            }
        return {
            "finish_bits": f"finish ({form.finish})",
            "finishing": self._finish.text(),
            "take_finish": c_text.TAKE_FINISH.substitute(self._names, finish_bits=form.finish),
            "apply_finish": c_text.APPLY_FINISH.substitute(self._names),
        }

    def _codes_text(self) -> str:
        codes = self._codes
        size = f"{codes.digits} to a byte" if codes.digits else f"{codes.bits} bits each"
        if codes.bias_bits:
            size += f" (biases {codes.bias_bits})"
        return f"{codes.count} codes, {size}: {self._blocks.encoding.value}."

    def _bounds(self) -> str:
        bounds = self._blocks.bounds
        lines = [
            f" *   layer {bound.layer} ({bound.neurons} wide): |accumulator| < 2^{bound.sum_bits},"
            f" |value| < 2^{bound.value_bits}"
            for bound in bounds[:MOST_LISTED_LAYERS]
        ]
        if len(bounds) > MOST_LISTED_LAYERS:
            lines.append(f" *   and {len(bounds) - MOST_LISTED_LAYERS} layers more")
        return "\n".join(lines)

    def _typedef(self, width: int, what: str) -> str:
        return typedef(width, f"{self._names['name']}_{what}")

    def _book(self) -> str:
        if not self._codes.book:
            return ""
        return c_text.BOOK.substitute(
            self._names,
            book_type=self._book_type,
            book_length=len(self._codes.book),
            entries=lines_of(map(self._integer, self._codes.book)),
        )

    @property
    def _book_type(self) -> str:
        width = self._book_width
        return f"{self._names['name']}_sum" if width == 128 else integer_type(width)

    def _scales(self) -> str:
        scales = self._structure.scales
        if not scales:
            return ""
        if self._shifts:
            kind, entries = "uint8_t", [str(scale.bit_length() - 1) for scale in scales]
        else:
            kind = f"{self._names['name']}_sum"
            entries = [self._integer(scale) for scale in scales]
        return c_text.SCALE_TABLE.substitute(
            self._names, scale_type=kind, scale_length=len(scales), entries=lines_of(entries)
        )

    @property
    def _scale_expression(self) -> str:
        name = self._names["name"]
        entry = f"{name}_scales[{name}_take(from, {self._structure.scale})]"
        return f"({name}_sum)1 << {entry}" if self._shifts else entry

    def _weight_function(self) -> str:
        codes = self._codes
        if codes.digits:
            return c_text.DIGIT_WEIGHT.substitute(
                self._names, book_type=self._book_type, digits=codes.digits, base=codes.base
            )
        if codes.book:
            return c_text.BOOK_WEIGHT.substitute(
                self._names, book_type=self._book_type, code_bits=codes.bits
            )
        return self._plain_function("weight", codes.bits)

    def _bias_function(self) -> str:
        bits = self._codes.bias_bits
        return "\n" + self._plain_function("bias", bits) if bits else ""

    def _plain_function(self, what: str, bits: int) -> str:
        return c_text.PLAIN_WEIGHT.substitute(
            self._names, what=what, code_bits=bits, sign_bit=bits - 1
        )

    def _limits(self) -> str:
        inputs = self._live.inputs
        lows = ", ".join(map(str, self._live.input_lower))
        highs = ", ".join(map(str, self._live.input_upper))
        return (
            f"    static const int32_t lowest[{inputs}] = {{{lows}}};\n"
            f"    static const int32_t highest[{inputs}] = {{{highs}}};\n"
        )

    def _value_storage(self) -> str:
        static = "" if self.memory_bytes <= MOST_AUTOMATIC_BYTES else "static "
        values = f"{static}{self._names['name']}_value v[{self._blocks.slots}];"
        if self._structure.least_unit is None:
            return values
        kind = integer_type(self._unit_width)
        return f"{values}\n    {static}{kind} e[{self._blocks.slots}];"

    def _integer(self, value: Fraction | int) -> str:
        """A literal; beyond 64 bits an expression of two halves."""
        exact = int(value)
        if abs(exact) < 1 << 63:
            return literal(exact)
        name = self._names["name"]
        low = exact & ((1 << 64) - 1)
        return f"({name}_sum)INT64_C({exact >> 64}) * (({name}_sum)1 << 64) + UINT64_C({low})"


def integer_type(width: int) -> str:
    """The C type of signed integers of a width."""
    return "__int128" if width == 128 else f"int{width}_t"


def typedef(width: int, name: str) -> str:
    """`__extension__` keeps -pedantic quiet about __int128, which the #error has checked."""
    prefix = "__extension__ " if width == 128 else ""
    return f"{prefix}typedef {integer_type(width)} {name};"


def literal(value: int) -> str:
    """An integer literal; a floating one where 64 bits are too few (only in conversions)."""
    if abs(value) < 1 << 31:
        return str(value)
    return f"INT64_C({value})" if abs(value) < 1 << 63 else float(value).hex()


def lines_of(entries: Iterable[str], width: int = 96) -> str:
    """Entries separated by commas, in lines of a readable width."""
    lines, line = list[str](), ""
    for entry in entries:
        if line and len(line) + len(entry) + 2 > width:
            lines.append(line)
            line = ""
        line += f"{' ' if line else '    '}{entry},"
    return "\n".join([*lines, line])


def rows_of(rows: Iterable[Iterable[str]]) -> str:
    """The initialisers of an array of arrays."""
    return lines_of("{" + ", ".join(row) + "}" for row in rows)
