"""The weights of a layer in the network file: rows, or a map that keeps its structure."""

from __future__ import annotations

from typing import Any

from bitproof.errors import FileFormatError
from bitproof.network.convolution import Convolution
from bitproof.network.json_parts import expect, integers, pair, shown, width
from bitproof.network.linear_map import LinearMap, SideBySide, SparseMatrix


def map_to_json(matrix: LinearMap) -> dict[str, Any]:
    if isinstance(matrix, Convolution):
        return {
            "kind": "convolution",
            "image": list(matrix.image),
            "filters": matrix.filters,
            "window": list(matrix.window),
            "kernel": list(matrix.kernel),
            "strides": list(matrix.strides),
            "pads": list(matrix.pads),
            "dilations": list(matrix.dilations),
            "groups": matrix.groups,
        }
    if isinstance(matrix, SideBySide):
        return {"kind": "side by side", "blocks": [map_to_json(part) for part in matrix.blocks]}
    return {
        "columns": matrix.shape[1],
        "weights": [
            [[column, numerator] for column, numerator in matrix.row(row)]
            for row in range(matrix.shape[0])
        ],
    }


def map_from_json(data: object, where: str, *, inner: bool = False) -> LinearMap:
    table = expect(data, dict, f"{where}: map")
    kind = table.get("kind")
    if kind == "convolution":
        return _convolution_from_json(table, where)
    if kind == "side by side" and not inner:
        blocks = expect(table.get("blocks"), list, f"{where}: blocks")
        return SideBySide(tuple(map_from_json(part, where, inner=True) for part in blocks))
    if kind is not None or not inner:
        raise FileFormatError(
            f"{where}: a map of the kind {shown(kind)}",
            remedy="'convolution', or 'side by side' with blocks of it or of columns and weights",
        )
    return matrix_from_json(table, where)


def _convolution_from_json(table: dict[str, Any], where: str) -> Convolution:
    lists = {
        key: integers(table.get(key), f"{where}: {key}")
        for key in ("image", "window", "strides", "pads", "dilations", "kernel")
    }
    lengths = {"image": 3, "window": 2, "strides": 2, "pads": 4, "dilations": 2}
    for key, length in lengths.items():
        width(max(lists[key], default=0), f"{where}: {key}")
        if len(lists[key]) != length:
            raise FileFormatError(f"{where}: {key} of {len(lists[key])}", remedy=f"{length} sizes")
    image, window, strides, pads, dilations, kernel = lists.values()
    made = Convolution(
        image=(image[0], image[1], image[2]),
        filters=width(table.get("filters"), f"{where}: filters"),
        window=(window[0], window[1]),
        kernel=kernel,
        strides=(strides[0], strides[1]),
        pads=(pads[0], pads[1], pads[2], pads[3]),
        dilations=(dilations[0], dilations[1]),
        groups=width(table.get("groups"), f"{where}: groups"),
    )
    width(max(made.shape), f"{where}: the size of an image")
    return made


def matrix_from_json(table: dict[str, Any], where: str) -> SparseMatrix:
    rows = expect(table.get("weights"), list, f"{where}: weights")
    return SparseMatrix.from_rows(
        [[pair(entry, where) for entry in expect(row, list, where)] for row in rows],
        columns=width(table.get("columns"), f"{where}: columns"),
    )
