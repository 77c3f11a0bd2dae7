"""The affine map of a layer in float64, made for linear forms that run backwards through it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bitproof.errors import RangeError
from bitproof.network.float_weights import float_biases, float_weights
from bitproof.network.layer import Layer

Array = np.ndarray[Any, Any]
LARGEST = 2.0**100  # of anything a layer computes with; far from overflow and underflow


@dataclass(frozen=True, slots=True)
class Affine:
    """v ↦ weight·v + bias in float64, every entry the nearest to the exact one.

    Attributes:
        weight: shape (width, source values).
        bias: shape (width,).
        size: |weight|.
    """

    weight: Array
    bias: Array
    size: Array

    @classmethod
    def of(cls, layer: Layer) -> Affine:
        """The map of a layer.

        Raises:
            RangeError: a weight beyond 2^100, or a layer of more than 2^26 weights.
        """
        weight, bias = float_weights(layer), float_biases(layer)
        size = np.abs(weight)
        if size.max(initial=0.0) > LARGEST or np.abs(bias).max(initial=0.0) > LARGEST:
            raise RangeError("a weight beyond 2^100", remedy="scale the network")
        return cls(weight, bias, size)

    @property
    def terms(self) -> int:
        """The longest sum, bias included; rounding-error bounds are multiples of it."""
        return int(self.weight.shape[1]) + 1

    def back(self, forms: Array) -> Array:
        """forms·weight: shape (..., width) → (..., source values)."""
        return forms @ self.weight

    def rows(self, indices: Array) -> Array:
        """Some rows of the weights: shape (len(indices), source values)."""
        return self.weight[indices]

    def offsets(self, forms: Array) -> Array:
        """forms·bias: shape (..., width) → (...,)."""
        return forms @ self.bias

    def reach(self, magnitudes: Array) -> Array:
        """|weight|·v + |bias| for v ≥ 0: shape (batch, source values) → (batch, width)."""
        return magnitudes @ self.size.T + np.abs(self.bias)

    def forward(self, points: Array) -> Array:
        """weight·v + bias: shape (batch, source values) → (batch, width)."""
        return points @ self.weight.T + self.bias
