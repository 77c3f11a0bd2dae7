"""What every kernel does: integer levels in, output integers out, bit by bit the definition."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]


class Kernel(ABC):
    """Evaluates one integer network on batches. Kernels differ in speed only."""

    @abstractmethod
    def run(self, levels: Array) -> Array:
        """From input levels of shape (batch, inputs), int64 or object, to output integers of
        shape (batch, outputs), int64 or object (where they do not fit)."""
