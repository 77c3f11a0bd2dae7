"""C: a self-contained C99 file and header that compute the network's exact outputs in integers.

The weights stay packed in few bits (`c_packing`), the layout is `c_blocks`, the text `c_text`.
Accumulators are 32, 64 or 128 bits wide, whichever the proved ranges need.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from bitproof.errors import InputError, RangeError
from bitproof.exact import WeightFormat
from bitproof.execute.fast import Engine
from bitproof.execute.ranges import InputGrid
from bitproof.interop import c_text
from bitproof.interop.c_blocks import Blocks, Encoding, build_blocks
from bitproof.interop.c_packing import Codes, Structure, pack_codes, pack_structure
from bitproof.interop.golden import GoldenVector, golden_vectors
from bitproof.interop.live import LiveNetwork, live_network
from bitproof.network import Network

LARGEST_LEVEL = (1 << 31) - 1
MOST_AUTOMATIC_BYTES = 1024
MOST_LISTED_LAYERS = 48
WIDEST_SUM = 127
KEYWORDS = re.compile(
    "auto|break|case|char|const|continue|default|do|double|else|enum|extern|float|for|goto|if|"
    "inline|int|long|main|register|restrict|return|short|signed|sizeof|static|struct|switch|"
    "typedef|union|unsigned|void|volatile|while|class|new|delete|this|template|typename|"
    "namespace|operator|private|public|protected|virtual|bool|true|false|try|catch|throw"
)


@dataclass(frozen=True, slots=True)
class CExport:
    """A C file and its header that were written.

    Attributes:
        source, header: the files.
        name: the prefix of every identifier in them.
        sum_type, value_type: the C types of accumulators and values.
        sum_bits: every accumulator's magnitude is proved to stay below 2^this.
        input_step, output_scale: input = level · step, output = integer · scale, exactly.
        encoding: what the stored codes are.
        weight_codes: weights and biases stored.
        weight_bytes, structure_bytes, table_bytes: read-only memory: packed codes, the packed
            structure (which neuron reads what), and small tables.
        memory_bytes: working memory for values.
        vectors: golden vectors in the self-test.
    """

    source: Path
    header: Path
    name: str
    sum_type: str
    value_type: str
    sum_bits: int
    input_step: Fraction
    output_scale: Fraction
    encoding: Encoding
    weight_codes: int
    weight_bytes: int
    structure_bytes: int
    table_bytes: int
    memory_bytes: int
    vectors: int

    @property
    def rom_bytes(self) -> int:
        """All read-only data."""
        return self.weight_bytes + self.structure_bytes + self.table_bytes


def export_c(
    network: Network,
    grid: InputGrid,
    folder: Path,
    name: str = "network",
    *,
    certificate: str | None = None,
) -> CExport:
    """Writes `name.c` and `name.h` into a folder.

    Args:
        network: of real semantics.
        grid: the inputs; the C code takes levels, input = level · grid.step.
        folder: where to; it exists.
        name: a C identifier; the prefix of everything in the files.
        certificate: the digest of its certificate, to be named in the header.

    Raises:
        RangeError: the proved accumulators do not fit 128 bits, or the levels 32.
        InputError: `name` is not an identifier, or the grid does not fit the network.

    >>> import tempfile
    >>> from bitproof.network import Layer, SparseMatrix
    >>> hinge = Layer((0,), SparseMatrix.from_dense([[2]], columns=1), (-1,), denominator=2)
    >>> grid = InputGrid((Fraction(0),), (Fraction(1),), Fraction(1, 8))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export = export_c(Network(1, (hinge,)), grid, Path(folder), "hinge")
    >>> export.source.name, export.sum_type, export.output_scale
    ('hinge.c', 'int32_t', Fraction(1, 8))
    """
    _check_name(name)
    _check_levels(grid)
    engine = Engine(network, grid)
    analysis = engine.analysis
    if analysis.magnitude.bit_length() > WIDEST_SUM:
        raise _too_wide(analysis.magnitude.bit_length())
    live = live_network(network, analysis)
    blocks = _choose_blocks(live, network.weight_format)
    codes, structure = pack_codes(blocks), pack_structure(blocks)
    vectors = golden_vectors(network, grid, engine=engine)
    text = _Text(name, live, grid, blocks, codes, structure, vectors, certificate or "")
    source, header = folder / f"{name}.c", folder / f"{name}.h"
    source.write_text(text.source(), encoding="ascii")
    header.write_text(text.header(), encoding="ascii")
    return CExport(
        source=source,
        header=header,
        name=name,
        sum_type=text.sum_type,
        value_type=text.value_type,
        sum_bits=blocks.largest_sum.bit_length(),
        input_step=grid.step,
        output_scale=blocks.output_granule,
        encoding=blocks.encoding,
        weight_codes=codes.count,
        weight_bytes=len(codes.data),
        structure_bytes=len(structure.data),
        table_bytes=text.table_bytes,
        memory_bytes=text.memory_bytes,
        vectors=len(vectors),
    )


def _choose_blocks(live: LiveNetwork, form: WeightFormat | None) -> Blocks:
    """The declared encoding where there is one, unless it needs a wider accumulator."""
    if form is not None:
        declared = build_blocks(live, form)
        if declared.largest_sum.bit_length() <= 31:
            return declared
        direct = build_blocks(live, None)
        if _fitting(direct.largest_sum, (32, 64, 128)) == _fitting(
            declared.largest_sum, (32, 64, 128)
        ):
            return declared
        return direct
    return build_blocks(live, None)


def _fitting(magnitude: int, widths: Sequence[int]) -> int:
    """The narrowest two's complement width, of those given, for numbers up to a magnitude."""
    for width in widths:
        if magnitude.bit_length() < width:
            return width
    raise _too_wide(magnitude.bit_length())


def _too_wide(bits: int) -> RangeError:
    return RangeError(
        f"the proved accumulators need {bits + 1} bits, C integers have at most 128",
        remedy="choose a coarser grid of inputs, or a shallower network (--max-depth)",
    )


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,62}", name) or KEYWORDS.fullmatch(name):
        raise InputError(
            f"{name[:70]!r} cannot prefix C identifiers",
            remedy="give a letter, then letters, digits and _ (at most 63), no keyword",
        )


def _check_levels(grid: InputGrid) -> None:
    largest = max(*grid.highest_levels, *(-level for level in grid.lowest_levels))
    if largest > LARGEST_LEVEL:
        raise RangeError(
            f"input levels up to {largest} do not fit 32 bits", remedy="choose a coarser grid"
        )


class _Text:
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
        self._sum_width = _fitting(blocks.largest_sum, (32, 64, 128))
        self._value_width = _fitting(blocks.largest_value, (8, 16, 32, 64, 128))
        self._output_bits = blocks.bounds[-1].value_bits
        self._output_width = 64 if self._output_bits < 64 else 128

    @property
    def sum_type(self) -> str:
        return _integer_type(self._sum_width)

    @property
    def value_type(self) -> str:
        return _integer_type(self._value_width)

    @property
    def memory_bytes(self) -> int:
        """Bytes of the values."""
        return self._blocks.slots * self._value_width // 8

    @property
    def table_bytes(self) -> int:
        """Bytes of the book of codes and of the scales."""
        book = len(self._codes.book) * self._book_width // 8
        width = 8 if self._shifts else self._sum_width
        return book + len(self._structure.scales) * width // 8

    @property
    def _book_width(self) -> int:
        largest = max((abs(value) for value in self._codes.book), default=0)
        return _fitting(largest, (8, 16, 32, 64, 128))

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
            step_numerator=_literal(step.numerator),
            step_denominator=_literal(step.denominator),
            output_numerator=_literal(scale.numerator),
            output_denominator=_literal(scale.denominator),
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
            slots=blocks.slots,
            memory_bytes=self.memory_bytes,
            memory=self._memory,
            wide_check=c_text.WIDE_CHECK if self._sum_width == 128 else "",
            sum_typedef=self._typedef(self._sum_width, "sum"),
            value_typedef=self._typedef(self._value_width, "value"),
            weight_length=max(1, len(codes.data)),
            weights=_lines(str(byte) for byte in codes.data or b"\0"),
            structure_length=len(structure.data),
            structure=_lines(str(byte) for byte in structure.data),
            rows_bits=structure.rows,
            runs_bits=structure.runs,
            slot_bits=structure.slot,
            length_bits=structure.length,
            scale_bits=structure.scale,
            book=self._book(),
            scales=self._scales(),
            scale_expression=self._scale_expression,
            weight_function=self._weight_function(),
            limits=self._limits(),
            value_storage=self._value_storage(),
            inputs=self._live.inputs,
            outputs=len(self._live.outputs),
            blocks=len(blocks.blocks),
            output_slot=blocks.output_slot,
            vectors=len(self._vectors),
            test_levels=_rows(map(str, vector.levels) for vector in self._vectors),
            test_outputs=_rows(
                (self._integer(value / blocks.output_granule) for value in vector.outputs)
                for vector in self._vectors
            ),
        )

    def _codes_text(self) -> str:
        codes = self._codes
        size = f"{codes.digits} to a byte" if codes.digits else f"{codes.bits} bits each"
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
        """`__extension__` keeps -pedantic quiet about __int128, which the #error has checked."""
        prefix = "__extension__ " if width == 128 else ""
        return f"{prefix}typedef {_integer_type(width)} {self._names['name']}_{what};"

    def _book(self) -> str:
        if not self._codes.book:
            return ""
        return c_text.BOOK.substitute(
            self._names,
            book_type=self._book_type,
            book_length=len(self._codes.book),
            entries=_lines(map(self._integer, self._codes.book)),
        )

    @property
    def _book_type(self) -> str:
        width = self._book_width
        return f"{self._names['name']}_sum" if width == 128 else _integer_type(width)

    def _scales(self) -> str:
        scales = self._structure.scales
        if self._shifts:
            kind, entries = "uint8_t", [str(scale.bit_length() - 1) for scale in scales]
        else:
            kind = f"{self._names['name']}_sum"
            entries = [self._integer(scale) for scale in scales]
        return c_text.SCALE_TABLE.substitute(
            self._names, scale_type=kind, scale_length=len(scales), entries=_lines(entries)
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
        return c_text.PLAIN_WEIGHT.substitute(
            self._names, code_bits=codes.bits, sign_bit=codes.bits - 1
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
        return f"{static}{self._names['name']}_value v[{self._blocks.slots}];"

    def _integer(self, value: Fraction | int) -> str:
        """A literal; beyond 64 bits an expression of two halves."""
        exact = int(value)
        if abs(exact) < 1 << 63:
            return _literal(exact)
        name = self._names["name"]
        low = exact & ((1 << 64) - 1)
        return f"({name}_sum)INT64_C({exact >> 64}) * (({name}_sum)1 << 64) + UINT64_C({low})"


def _integer_type(width: int) -> str:
    return "__int128" if width == 128 else f"int{width}_t"


def _literal(value: int) -> str:
    """An integer literal; a floating one where 64 bits are too few (only in conversions)."""
    if abs(value) < 1 << 31:
        return str(value)
    return f"INT64_C({value})" if abs(value) < 1 << 63 else float(value).hex()


def _lines(entries: Iterable[str], width: int = 96) -> str:
    """Entries separated by commas, in lines of a readable width."""
    lines, line = list[str](), ""
    for entry in entries:
        if line and len(line) + len(entry) + 2 > width:
            lines.append(line)
            line = ""
        line += f"{' ' if line else '    '}{entry},"
    return "\n".join([*lines, line])


def _rows(rows: Iterable[Iterable[str]]) -> str:
    return _lines("{" + ", ".join(row) + "}" for row in rows)
