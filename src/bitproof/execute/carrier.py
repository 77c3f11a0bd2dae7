"""What machine number holds every integer of a computation without rounding or overflow."""

from __future__ import annotations

from enum import Enum


class Carrier(Enum):
    """A number type and the magnitude below which it holds every integer.

    >>> Carrier.for_magnitude(2**24 - 1), Carrier.for_magnitude(2**24)
    (<Carrier.FLOAT32: 'float32'>, <Carrier.FLOAT64: 'float64'>)
    """

    FLOAT32 = "float32"
    FLOAT64 = "float64"
    INT64 = "int64"
    PYTHON = "python"

    @property
    def magnitude_bits(self) -> int | None:
        """Integers of magnitude below 2^bits are held exactly; None: all of them."""
        return {"float32": 24, "float64": 53, "int64": 63, "python": None}[self.value]

    def holds(self, magnitude: int) -> bool:
        """Whether every integer up to this magnitude is held."""
        bits = self.magnitude_bits
        return bits is None or magnitude.bit_length() <= bits

    @classmethod
    def for_magnitude(cls, magnitude: int) -> Carrier:
        """The narrowest carrier, floats first: they have the faster matrix product."""
        return next(carrier for carrier in cls if carrier.holds(magnitude))
