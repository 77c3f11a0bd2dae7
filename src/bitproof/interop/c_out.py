"""C: a self-contained C99 file and header that compute the network's exact outputs in integers.

The weights stay packed in few bits (`c_packing`), the layout is `c_blocks`, the text `c_text`;
networks with convolutions, or of very many weights, are written layer by layer (`c_layers`).
Accumulators are 32, 64 or 128 bits wide, whichever the proved ranges need.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from bitproof.errors import InputError, RangeError
from bitproof.exact import ScaledFormat, WeightFormat
from bitproof.execute.fast import Engine
from bitproof.execute.lowering import rounded_once
from bitproof.execute.ranges import InputGrid
from bitproof.interop.c_blocks import Blocks, Encoding, build_blocks
from bitproof.interop.c_layers import layered_c
from bitproof.interop.c_packing import pack_codes, pack_structure
from bitproof.interop.c_writer import SUM_WIDTHS, CText, too_wide
from bitproof.interop.golden import golden_vectors
from bitproof.interop.layer_plan import goes_by_layers
from bitproof.interop.live import LiveNetwork, declared_grid, live_network
from bitproof.network import Network

LARGEST_LEVEL = (1 << 31) - 1
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
        weight_bytes, structure_bytes, table_bytes, activation_bytes: read-only memory: packed
            codes, the packed structure (which neuron reads what), small tables of both, and the
            tables of activations in fixed-point layers.
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
    activation_bytes: int
    memory_bytes: int
    vectors: int

    @property
    def rom_bytes(self) -> int:
        """All read-only data."""
        return self.weight_bytes + self.structure_bytes + self.table_bytes + self.activation_bytes


def export_c(
    network: Network,
    grid: InputGrid | None,
    folder: Path,
    name: str = "network",
    *,
    certificate: str | None = None,
) -> CExport:
    """Writes `name.c` and `name.h` into a folder.

    Args:
        network: of either semantics, or with layers of both.
        grid: the inputs; the C code takes levels, input = level · grid.step. None: all levels of
            the network's input format.
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
    grid = declared_grid(network, grid)
    _check_levels(grid)
    engine = Engine(network, grid)
    analysis = engine.analysis
    if analysis.magnitude.bit_length() > WIDEST_SUM:
        raise too_wide(analysis.magnitude.bit_length())
    if goes_by_layers(network):
        return _by_layers(engine, grid, folder, name, certificate or "")
    live = live_network(network, analysis)
    blocks = _choose_blocks(live, rounded_once(network).weight_format)
    codes, structure = pack_codes(blocks), pack_structure(blocks)
    vectors = golden_vectors(network, grid, engine=engine)
    text = CText(name, live, grid, blocks, codes, structure, vectors, certificate or "")
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
        activation_bytes=text.activation_bytes,
        memory_bytes=text.memory_bytes,
        vectors=len(vectors),
    )


def _by_layers(
    engine: Engine, grid: InputGrid, folder: Path, name: str, certificate: str
) -> CExport:
    text = layered_c(engine, grid, name, certificate)
    source, header = folder / f"{name}.c", folder / f"{name}.h"
    source.write_text(text.source, encoding="ascii")
    header.write_text(text.header, encoding="ascii")
    return CExport(
        source=source,
        header=header,
        name=name,
        sum_type=text.sum_type,
        value_type=text.sum_type,
        sum_bits=text.sum_bits,
        input_step=grid.step,
        output_scale=text.output_scale,
        encoding=Encoding.DIRECT,
        weight_codes=text.weight_codes,
        weight_bytes=text.weight_bytes,
        structure_bytes=text.structure_bytes,
        table_bytes=0,
        activation_bytes=0,
        memory_bytes=text.memory_bytes,
        vectors=text.vectors,
    )


def _choose_blocks(live: LiveNetwork, form: WeightFormat | None) -> Blocks:
    """The declared encoding where there is one (in a fixed-point network else the layers' own),
    unless the direct one has narrower accumulators. Scales of layers are no alphabet of the whole
    network, so such a network is encoded directly."""
    if isinstance(form, ScaledFormat):
        form = None
    if form is None and not live.rounds:
        return build_blocks(live, None, Encoding.DIRECT)
    first = build_blocks(live, form, Encoding.OWN if form is None else Encoding.DECLARED)
    least = max(neuron.accumulator for neuron in live.neurons)
    if _width_rank(first.largest_sum) == _width_rank(least):
        return first
    direct = build_blocks(live, None, Encoding.DIRECT)
    return min(first, direct, key=lambda blocks: _width_rank(blocks.largest_sum))


def _width_rank(magnitude: int) -> int:
    """How many of the accumulator widths are too narrow for a magnitude."""
    return sum(magnitude.bit_length() >= width for width in SUM_WIDTHS)


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
