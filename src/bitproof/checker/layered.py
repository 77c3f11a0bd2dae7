"""A network of several inputs and outputs, layer by layer: what differences are proved on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .document import Invalid, integer, list_of, one_of, table_of
from .network import MAX_ENTRIES, MAX_LAYERS, membership, read_terms

MAX_SIDE = 1 << 16


@dataclass(frozen=True, slots=True)
class Layer:
    """max(0, ·) or nothing of (rows · v + bias) / denominator, v the sources' values in order.

    `rows` holds (column, numerator) pairs, columns ascending.
    """

    sources: tuple[int, ...]
    columns: int
    rows: tuple[tuple[tuple[int, int], ...], ...]
    bias: tuple[int, ...]
    denominator: int
    relu: bool


@dataclass(frozen=True, slots=True)
class Layered:
    """A network of real semantics; position 0 is the input, i the i-th layer."""

    inputs: int
    layers: tuple[Layer, ...]

    @property
    def widths(self) -> tuple[int, ...]:
        return (self.inputs, *(len(layer.bias) for layer in self.layers))

    def outputs(self, point: list[int], denominator: int) -> list[Fraction]:
        """The exact outputs at point/denominator."""
        values = [(point, denominator)]
        for layer in self.layers:
            read = [values[source] for source in layer.sources]
            common = math.lcm(1, *(d for _, d in read))
            gathered = [v * (common // d) for numbers, d in read for v in numbers]
            sums = [
                bias * common + sum(n * gathered[column] for column, n in row)
                for row, bias in zip(layer.rows, layer.bias, strict=True)
            ]
            if layer.relu:
                sums = [max(total, 0) for total in sums]
            values.append((sums, common * layer.denominator))
        numbers, denominator = values[-1]
        return [Fraction(number, denominator) for number in numbers]


def read_layered(data: object, what: str) -> Layered:
    """Raises Invalid: the layers do not fit together, or a weight is not in the format."""
    table = table_of(data, what, "format version semantics inputs weight_format layers", "notes")
    one_of(table["format"], f"{what}: format", ("bitproof-network",))
    one_of(table["semantics"], f"{what}: semantics", ("real",))
    version = integer(table["version"], f"{what}: version")
    inputs = integer(table["inputs"], f"{what}: inputs")
    if not 1 <= inputs <= MAX_SIDE:
        raise Invalid(f"{what}: {str(inputs)[:40]} inputs")
    widths, entries, layers = [inputs], 0, list[Layer]()
    for number, layer in enumerate(list_of(table["layers"], f"{what}: layers", MAX_LAYERS), 1):
        made = _read_layer(layer, widths, f"{what}: layer {number}")
        entries += sum(map(len, made.rows)) + len(made.rows)
        if entries > MAX_ENTRIES:
            raise Invalid(f"{what} has more than {MAX_ENTRIES} weights")
        layers.append(made)
        widths.append(len(made.bias))
    if not layers or not layers[-1].bias:
        raise Invalid(f"{what}: a network without outputs")
    if not 1 <= version <= 4:
        raise Invalid(f"{what}: unknown version")
    _check_format(table["weight_format"], layers, what)
    return Layered(inputs, tuple(layers))


def _read_layer(data: object, widths: list[int], where: str) -> Layer:
    table = table_of(data, where, "sources denominator bias activation", "columns weights map")
    sources = [integer(s, f"{where}: a source") for s in list_of(table["sources"], where, 1 << 20)]
    if sources != sorted(set(sources)) or any(not 0 <= s < len(widths) for s in sources):
        raise Invalid(f"{where}: sources are the input and earlier layers, ascending")
    denominator = integer(table["denominator"], f"{where}: denominator")
    if denominator < 1:
        raise Invalid(f"{where}: a denominator below 1")
    relu = one_of(table["activation"], f"{where}: activation", ("identity", "relu")) == "relu"
    bias = [integer(b, f"{where}: a bias") for b in list_of(table["bias"], where, MAX_SIDE)]
    if ("map" in table) == ("weights" in table):
        raise Invalid(f"{where}: either weights or a map")
    rows, columns = _read_map(table.get("map", table), where)
    if len(rows) != len(bias) or columns != sum(widths[source] for source in sources):
        raise Invalid(f"{where}: {len(rows)} rows and {columns} columns do not fit")
    return Layer(tuple(sources), columns, rows, tuple(bias), denominator, relu)


Rows = tuple[tuple[tuple[int, int], ...], ...]


def _read_map(data: object, where: str) -> tuple[Rows, int]:
    table = data if isinstance(data, dict) else {}
    kind = table.get("kind")
    if kind == "convolution":
        return _convolution(table, where)
    if kind == "side by side":
        parts = [_read_map(p, where) for p in list_of(table.get("blocks"), where, 1 << 10)]
        if not parts or len({len(rows) for rows, _ in parts}) != 1:
            raise Invalid(f"{where}: blocks of different heights")
        starts = [sum(width for _, width in parts[:k]) for k in range(len(parts))]
        joined = tuple(
            tuple(
                (start + column, n)
                for start, (rows, _) in zip(starts, parts, strict=True)
                for column, n in rows[index]
            )
            for index in range(len(parts[0][0]))
        )
        return joined, sum(width for _, width in parts)
    if kind is not None:
        raise Invalid(f"{where}: an unknown kind of map")
    columns = integer(table.get("columns"), f"{where}: columns")
    if not 0 <= columns <= MAX_ENTRIES:
        raise Invalid(f"{where}: too many columns")
    places = list(range(columns))
    rows = tuple(
        tuple((column, n) for n, column in read_terms(row, places, where))
        for row in list_of(table.get("weights"), f"{where}: weights", MAX_SIDE)
    )
    return rows, columns


def _convolution(table: dict[str, Any], where: str) -> tuple[Rows, int]:
    """The rows of a convolution, as `docs/network-file.md` defines it."""
    keys = "kind image filters window kernel strides pads dilations groups"
    table_of(table, f"{where}: map", keys)

    def sizes(key: str, count: int, least: int) -> list[int]:
        found = [integer(n, where) for n in list_of(table[key], where, count)]
        if len(found) != count or any(not least <= n <= MAX_SIDE for n in found):
            raise Invalid(f"{where}: {key}")
        return found

    channels, height, width = sizes("image", 3, 1)
    window, strides, dilations = (sizes(k, 2, 1) for k in ("window", "strides", "dilations"))
    pads = sizes("pads", 4, 0)
    filters, groups = (integer(table[key], where) for key in ("filters", "groups"))
    if not 1 <= groups <= MAX_SIDE or not 1 <= filters <= MAX_SIDE:
        raise Invalid(f"{where}: filters and groups")
    if channels % groups or filters % groups:
        raise Invalid(f"{where}: channels and filters are multiples of the groups")
    inside = channels // groups
    kernel = [integer(n, where) for n in list_of(table["kernel"], where, MAX_ENTRIES)]
    if len(kernel) != filters * inside * window[0] * window[1]:
        raise Invalid(f"{where}: a kernel of another size")
    extents = [
        (size + pads[axis] + pads[axis + 2] - dilations[axis] * (window[axis] - 1) - 1)
        // strides[axis]
        + 1
        for axis, size in enumerate((height, width))
    ]
    if min(extents) < 1 or filters * extents[0] * extents[1] > MAX_SIDE:
        raise Invalid(f"{where}: no output, or too many")
    if filters * extents[0] * extents[1] * inside * window[0] * window[1] > MAX_ENTRIES:
        raise Invalid(f"{where}: too many weights")
    taps = [(c, j, i) for c in range(inside) for j in range(window[0]) for i in range(window[1])]
    rows = []
    for place in range(filters * extents[0] * extents[1]):
        filter_, pixel = divmod(place, extents[0] * extents[1])
        v, u = divmod(pixel, extents[1])
        first = inside * (filter_ * groups // filters)
        row = []
        for number, (c, j, i) in zip(kernel[filter_ * len(taps) :], taps, strict=False):
            y = v * strides[0] - pads[0] + j * dilations[0]
            x = u * strides[1] - pads[1] + i * dilations[1]
            if number and 0 <= y < height and 0 <= x < width:
                row.append((((first + c) * height + y) * width + x, number))
        rows.append(tuple(row))
    return tuple(rows), channels * height * width


def _check_format(data: object, layers: list[Layer], what: str) -> None:
    """Every weight and bias lies in the declared format."""
    if isinstance(data, dict) and data.get("kind") == "scaled":
        table = table_of(data, f"{what}: weight_format", "kind layers")
        scales = list_of(table["layers"], f"{what}: scales", MAX_LAYERS)
        if len(scales) != len(layers):
            raise Invalid(f"{what}: one scale for each layer")
        for number, (scale, layer) in enumerate(zip(scales, layers, strict=True), 1):
            _check_scale(scale, layer, f"{what}: scale {number}")
        return
    member = membership(data, what)
    for layer in layers:
        numbers = {n for row in layer.rows for _, n in row} | {b for b in layer.bias if b}
        if not all(member(Fraction(n, layer.denominator)) for n in numbers):
            raise Invalid(f"{what}: a weight is not in the format")


def _check_scale(data: object, layer: Layer, where: str) -> None:
    table = table_of(data, where, "symbols exponents bias_bits bias_exponent")
    symbols = integer(table["symbols"], where)
    exponents = [integer(e, where) for e in list_of(table["exponents"], where, MAX_SIDE)]
    bits, bias_exponent = (integer(table[key], where) for key in ("bias_bits", "bias_exponent"))
    powers = symbols > 2 and symbols & (symbols - 1) == 0 and symbols <= 1 << 32
    if not (symbols in (2, 3) or powers) or not exponents or not 2 <= bits <= 64:
        raise Invalid(f"{where} is no scale")
    if any(abs(e) > 1 << 10 for e in (*exponents, bias_exponent)):
        raise Invalid(f"{where}: an exponent out of range")
    largest, count = max(1, symbols // 2 - 1), len(layer.rows)
    for index, row in enumerate(layer.rows):
        unit = Fraction(2) ** exponents[index * len(exponents) // count] / layer.denominator
        for n in {n for _, n in row}:
            if (n * unit).denominator != 1 or abs(n * unit) > largest:
                raise Invalid(f"{where} does not hold a weight of its layer")
    unit = Fraction(2) ** bias_exponent / layer.denominator
    for b in set(layer.bias):
        if (b * unit).denominator != 1 or abs(b * unit) >= 1 << (bits - 1):
            raise Invalid(f"{where} does not hold a bias of its layer")


def same_shape(first: Layered, second: Layered) -> bool:
    """Whether two networks have the same layers but for their numbers."""
    return first.inputs == second.inputs and [
        (layer.sources, len(layer.bias), layer.relu) for layer in first.layers
    ] == [(layer.sources, len(layer.bias), layer.relu) for layer in second.layers]


__all__ = ["Layer", "Layered", "read_layered", "same_shape"]
