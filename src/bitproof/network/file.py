"""The network file: JSON, lossless integers, gzip if named `.gz`.

The format is documented in `docs/network-file.md`. Reading validates everything and limits sizes
before anything is built from it.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from bitproof.errors import FileFormatError, FormatError
from bitproof.exact.fixed_point import FixedPoint, Overflow, Rounding
from bitproof.exact.rationals import write_rational
from bitproof.exact.requantize import Requantization, Requantizer
from bitproof.exact.scaled_format import ScaledFormat
from bitproof.exact.weight_format import Codebook, Q, WeightFormat, parse_codebook
from bitproof.network.arithmetic import Accumulation, LayerRequantizer
from bitproof.network.json_parts import (
    MAX_INTEGER_BITS,
    expect,
    integer,
    integers,
    member,
    rational,
    shown,
    text,
    width,
)
from bitproof.network.layer import Activation, ActivationTable, Layer
from bitproof.network.linear_map import SparseMatrix
from bitproof.network.map_file import map_from_json, map_to_json, matrix_from_json
from bitproof.network.network import Network
from bitproof.network.scale_file import scaled_from_json, scaled_to_json

FORMAT = "bitproof-network"
VERSION = 1
ARITHMETIC_VERSION = 2  # of files with layers that do not round once
MAP_VERSION = 3  # of files with layers whose weights keep a structure
SCALE_VERSION = 4  # of files with a scale for each layer
MAX_BYTES = 1 << 30


def network_to_json(network: Network) -> dict[str, Any]:
    """The JSON object of a network. Integers stay integers, rationals are strings `p/q`."""
    data: dict[str, Any] = {
        "format": FORMAT,
        "version": _version(network.layers, network.weight_format),
        "semantics": "real" if network.is_real else "fixed-point",
        "inputs": network.inputs,
        "weight_format": _weight_format_to_json(network.weight_format),
        "layers": [_layer_to_json(layer) for layer in network.layers],
    }
    if network.input_format is not None:
        data["input_format"] = fixed_point_to_json(network.input_format)
    if network.notes:
        data["notes"] = dict(network.notes)
    return data


def network_from_json(data: object) -> Network:
    """A network from its JSON object.

    Raises:
        FileFormatError: anything is missing, of the wrong type, too large or inconsistent.
    """
    table = expect(data, dict, "the network")
    name, version = table.get("format"), table.get("version")
    if name != FORMAT or type(version) is not int or not VERSION <= version <= SCALE_VERSION:
        raise FileFormatError(
            f"format {shown(name)} version {shown(version)}",
            remedy=f"this reads {FORMAT!r} version {VERSION} to {SCALE_VERSION}",
        )
    layers = tuple(
        _layer_from_json(layer, f"layer {position}")
        for position, layer in enumerate(expect(table.get("layers"), list, "layers"), start=1)
    )
    notes = expect(table.get("notes", {}), dict, "notes")
    input_format = table.get("input_format")
    try:
        network = Network(
            inputs=width(table.get("inputs"), "inputs"),
            layers=layers,
            weight_format=_weight_format_from_json(table.get("weight_format")),
            input_format=None if input_format is None else fixed_point_from_json(input_format),
            notes=tuple((str(key), text(value, "a note")) for key, value in notes.items()),
        )
    except FormatError as error:
        raise FileFormatError(error.problem, remedy=error.remedy) from error
    needed = _version(layers, network.weight_format)
    if version < needed:
        raise FileFormatError(
            f"layers of a later version in version {version}", remedy=f"that is version {needed}"
        )
    if table.get("semantics") != ("real" if network.is_real else "fixed-point"):
        raise FileFormatError(
            f"semantics {shown(table.get('semantics'))} does not fit the layers",
            remedy="'real' has no formats on layers and input, 'fixed-point' has",
        )
    return network


def save_network(network: Network, path: Path) -> None:
    """Writes a network file; compressed if the name ends in `.gz`.

    Raises:
        FileFormatError: an integer is too long to be read again.
    """
    try:
        text = json.dumps(network_to_json(network), separators=(",", ":"), ensure_ascii=True)
    except ValueError as error:  # more than 4300 digits
        raise FileFormatError(
            f"a network of too long integers ({error})", remedy=f"at most {MAX_INTEGER_BITS} bits"
        ) from error
    encoded = (text + "\n").encode("ascii")
    path.write_bytes(gzip.compress(encoded, mtime=0) if path.suffix == ".gz" else encoded)


def load_network(path: Path) -> Network:
    """Reads a network file.

    Raises:
        FileFormatError: not such a file, or larger than 1 GiB unpacked.
    """
    return network_from_json(read_json(path))


def read_json(path: Path) -> object:
    """A JSON document from a file, unpacked if it is gzip, with a size limit.

    Raises:
        FileFormatError: it cannot be read, is too large, or is not JSON.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise FileFormatError(f"{path} has more than {MAX_BYTES} bytes", remedy="split it")
        raw = path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = _unpack(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise FileFormatError(
            f"{path} cannot be read ({error})", remedy="check the path"
        ) from error
    if len(raw) > MAX_BYTES:
        raise FileFormatError(f"{path} has more than {MAX_BYTES} bytes", remedy="split it")
    try:
        return json.loads(
            raw,
            parse_constant=_refuse_constant,
            parse_float=_refuse_float,
            object_pairs_hook=_object,
        )
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{path} is not JSON ({error})"[:300], remedy="check it") from error


def _unpack(raw: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    return unpacker.decompress(raw, MAX_BYTES + 1)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict[str, Any]()
    for key, value in pairs:
        if key in table:
            raise ValueError(f"the key {key[:40]!r} stands twice in one object")
        table[key] = value
    return table


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is not a number here")


def _refuse_float(text: str) -> None:
    raise ValueError(f"the float {text[:40]}: write integers, and rationals as strings 'p/q'")


def fixed_point_to_json(form: FixedPoint) -> dict[str, Any]:
    """The JSON object of a fixed-point format."""
    return {
        "lowest": form.lowest,
        "highest": form.highest,
        "scale": form.scale,
        "rounding": form.rounding.value,
        "overflow": form.overflow.value,
    }


def fixed_point_from_json(data: object) -> FixedPoint:
    """A fixed-point format from its JSON object.

    Raises:
        FileFormatError: it is not one.
    """
    table = expect(data, dict, "a fixed-point format")
    try:
        return FixedPoint(
            lowest=integer(table.get("lowest"), "lowest"),
            highest=integer(table.get("highest"), "highest"),
            scale=integer(table.get("scale"), "scale"),
            rounding=member(Rounding, table.get("rounding"), "rounding"),
            overflow=member(Overflow, table.get("overflow"), "overflow"),
        )
    except FormatError as error:
        raise FileFormatError(error.problem, remedy=error.remedy) from error


def weight_format_to_json(form: WeightFormat) -> dict[str, Any]:
    """The JSON object of a weight format."""
    if isinstance(form, Q):
        return {"kind": "Q", "a": form.a, "b": form.b}
    if isinstance(form, ScaledFormat):
        return scaled_to_json(form)
    values = [write_rational(value) for value in form.values()]
    return {"kind": "codebook", "name": form.name, "values": values}


def _weight_format_to_json(form: WeightFormat | None) -> dict[str, Any] | None:
    return None if form is None else weight_format_to_json(form)


def _weight_format_from_json(data: object) -> WeightFormat | None:
    if data is None:
        return None
    table = expect(data, dict, "weight_format")
    try:
        if table.get("kind") == "Q":
            return Q(integer(table.get("a"), "a"), integer(table.get("b"), "b"))
        if table.get("kind") == "scaled":
            return scaled_from_json(table)
        if table.get("kind") == "codebook":
            values = expect(table.get("values"), list, "values")
            entries = tuple(rational(value, "a codebook value") for value in values)
            return _named_codebook(entries, text(table.get("name", ""), "a codebook's name"))
    except FormatError as error:
        raise FileFormatError(error.problem, remedy=error.remedy) from error
    raise FileFormatError(
        f"weight format {shown(table.get('kind'))}", remedy="'Q', 'scaled' or 'codebook'"
    )


def _named_codebook(entries: tuple[Fraction, ...], name: str) -> Codebook:
    """A name that has a meaning must mean these values."""
    book = Codebook(entries)
    if name == book.name:
        return book
    well_known = name in ("binary", "ternary") or name.startswith("linear:")
    if well_known and parse_codebook(name).entries != book.entries:
        raise FormatError(f"the codebook {name!r} has other values", remedy="correct its name")
    return Codebook(entries, name)


def _version(layers: Sequence[Layer], form: WeightFormat | None) -> int:
    """The first version that knows everything the layers and the weights' format use."""
    if isinstance(form, ScaledFormat):
        return SCALE_VERSION
    if not all(isinstance(layer.matrix, SparseMatrix) for layer in layers):
        return MAP_VERSION
    return VERSION if all(layer.rounds_once for layer in layers) else ARITHMETIC_VERSION


def _layer_to_json(layer: Layer) -> dict[str, Any]:
    weights = map_to_json(layer.matrix)
    data: dict[str, Any] = {
        "sources": list(layer.sources),
        "denominator": layer.denominator,
        **({"map": weights} if "kind" in weights else weights),
        "bias": list(layer.bias),
        "activation": layer.activation.value,
    }
    if layer.output_format is not None:
        data["output_format"] = fixed_point_to_json(layer.output_format)
    if layer.table is not None:
        data["table"] = {"name": layer.table.name, "values": list(layer.table.values)}
    if layer.accumulation is not Accumulation.ONCE:
        data["accumulation"] = layer.accumulation.value
    if layer.requantizers:
        data["requantizers"] = [_requantizer_to_json(part) for part in layer.requantizers]
    return data


def _requantizer_to_json(part: LayerRequantizer) -> dict[str, Any]:
    requantizer = part.requantizer
    return {
        "multiplier": requantizer.multiplier,
        "shift": requantizer.shift,
        "lowest": requantizer.lowest,
        "highest": requantizer.highest,
        "rule": requantizer.rule.value,
        "unit": write_rational(part.unit),
    }


def _requantizer_from_json(data: object, where: str) -> LayerRequantizer:
    table = expect(data, dict, f"{where}: a requantizer")
    whole = {
        key: integer(table.get(key), f"{where}: the requantizer's {key}")
        for key in ("multiplier", "shift", "lowest", "highest")
    }
    rule = member(Requantization, table.get("rule"), f"{where}: the requantizer's rule")
    unit = rational(table.get("unit"), f"{where}: the requantizer's unit")
    return LayerRequantizer(Requantizer(**whole, rule=rule), unit)


def _table_from_json(data: object, where: str) -> ActivationTable | None:
    if data is None:
        return None
    table = expect(data, dict, f"{where}: table")
    values = integers(table.get("values"), f"{where}: table values")
    return ActivationTable(text(table.get("name", ""), f"{where}: a table's name"), values)


def _layer_from_json(data: object, where: str) -> Layer:
    table = expect(data, dict, where)
    output_format = table.get("output_format")
    try:
        return Layer(
            sources=integers(table.get("sources"), f"{where}: sources"),
            matrix=map_from_json(table["map"], where)
            if "map" in table
            else matrix_from_json(table, where),
            bias=integers(table.get("bias"), f"{where}: bias"),
            denominator=integer(table.get("denominator"), f"{where}: denominator"),
            activation=member(Activation, table.get("activation"), f"{where}: activation"),
            output_format=None if output_format is None else fixed_point_from_json(output_format),
            table=_table_from_json(table.get("table"), where),
            accumulation=member(
                Accumulation, table.get("accumulation", "once"), f"{where}: accumulation"
            ),
            requantizers=tuple(
                _requantizer_from_json(part, where)
                for part in expect(table.get("requantizers", []), list, f"{where}: requantizers")
            ),
        )
    except FormatError as error:
        raise FileFormatError(f"{where}: {error.problem}", remedy=error.remedy) from error
