"""A layer's weights and biases as the nearest float64: what proposes, never what decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bitproof.errors import RangeError
from bitproof.network.layer import Layer

Array = np.ndarray[Any, Any]
MAX_ENTRIES = 1 << 26


def float_weights(layer: Layer) -> Array:
    """Shape (width, source values), zeros included.

    Raises:
        RangeError: more than 2^26 entries, or one beyond the range of float64.

    >>> from bitproof.network import SparseMatrix
    >>> float_weights(Layer((0,), SparseMatrix.from_dense([[1, -3]], columns=2), (0,), 4)).tolist()
    [[0.25, -0.75]]
    """
    rows, columns = layer.matrix.shape
    if rows * columns > MAX_ENTRIES:
        raise RangeError(
            f"a layer of {rows} × {columns} weights", remedy=f"at most 2^26 = {MAX_ENTRIES} entries"
        )
    weights = np.zeros((rows, columns))
    for index in range(rows):
        entries = layer.matrix.row(index)
        if entries:
            places, numerators = zip(*entries, strict=True)
            weights[index, list(places)] = _quotients(numerators, layer.denominator)
    return weights


def float_biases(layer: Layer) -> Array:
    """Shape (width,)."""
    return np.array(_quotients(layer.bias, layer.denominator))


def _quotients(numerators: Sequence[int], denominator: int) -> list[float]:
    """Python's quotient of integers is the nearest float64."""
    try:
        return [numerator / denominator for numerator in numerators]
    except OverflowError as error:
        raise RangeError("a weight beyond 2^1023", remedy="scale the network") from error
