"""Scaled weight formats in the network file."""

from __future__ import annotations

from typing import Any

from bitproof.exact.scaled_format import LayerScale, ScaledFormat
from bitproof.network.json_parts import expect, integer, integers


def scaled_to_json(form: ScaledFormat) -> dict[str, Any]:
    """The JSON object of a scaled format: one entry for each layer."""
    return {"kind": "scaled", "layers": [_scale_to_json(scale) for scale in form.layers]}


def scaled_from_json(table: dict[str, Any]) -> ScaledFormat:
    """A scaled format from its JSON object.

    Raises:
        FileFormatError: an entry is missing or of another type.
        FormatError: the entries are no such format.
    """
    scales = expect(table.get("layers"), list, "the scales")
    return ScaledFormat(tuple(_scale_from_json(scale) for scale in scales))


def _scale_to_json(scale: LayerScale) -> dict[str, Any]:
    return {
        "symbols": scale.symbols,
        "exponents": list(scale.exponents),
        "bias_bits": scale.bias_bits,
        "bias_exponent": scale.bias_exponent,
    }


def _scale_from_json(data: object) -> LayerScale:
    table = expect(data, dict, "a scale")
    return LayerScale(
        integer(table.get("symbols"), "symbols"),
        integers(table.get("exponents"), "exponents"),
        integer(table.get("bias_bits"), "bias_bits"),
        integer(table.get("bias_exponent"), "bias_exponent"),
    )
