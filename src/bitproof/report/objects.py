"""The JSON objects of networks and values (results have their own `to_dict`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from bitproof.exact.rationals import to_float, write_rational

if TYPE_CHECKING:
    from bitproof.network.layer import Layer
    from bitproof.network.network import Network


def network_object(network: Network) -> dict[str, Any]:
    """The object `bitproof show --json` prints."""
    from bitproof.network import measure
    from bitproof.pipeline.results import bits_to_dict

    sizes = measure(network)
    return {
        "semantics": "real" if network.is_real else "fixed-point",
        "inputs": network.inputs,
        "outputs": network.outputs,
        "input_format": None if network.input_format is None else network.input_format.name,
        "weight_format": None if network.weight_format is None else network.weight_format.name,
        "weights": sizes.weights,
        "dense_weights": sizes.dense_weights,
        "neurons": sizes.neurons,
        "width": sizes.width,
        "depth": sizes.depth,
        "bits": bits_to_dict(sizes),
        "notes": dict(network.notes),
        "layers": [
            _layer_object(position, layer) for position, layer in enumerate(network.layers, start=1)
        ],
    }


def _layer_object(position: int, layer: Layer) -> dict[str, Any]:
    return {
        "layer": position,
        "reads": list(layer.sources),
        "neurons": layer.width,
        "weights": layer.matrix.nonzero_entries,
        "biases": layer.nonzero_biases,
        "denominator": layer.denominator,
        "activation": layer.activation.value,
        "table": None if layer.table is None else layer.table.name,
        "output_format": None if layer.output_format is None else layer.output_format.name,
        "accumulation": layer.accumulation.value,
        "requantizer": layer.requantizers[0].requantizer.rule.value if layer.requantizers else None,
    }


def values_object(
    network: Network,
    points: Sequence[tuple[Fraction, ...]],
    values: Sequence[tuple[Fraction, ...]],
) -> dict[str, Any]:
    """The object `bitproof eval --json` prints: exact rationals as strings, decimals beside."""
    return {
        "inputs": network.inputs,
        "outputs": network.outputs,
        "values": [
            {
                "x": [write_rational(x) for x in point],
                "value": [write_rational(y) for y in outputs],
                "decimal": [_finite(to_float(y)) for y in outputs],
            }
            for point, outputs in zip(points, values, strict=True)
        ],
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
