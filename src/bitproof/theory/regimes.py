"""The three regimes of weight precision: under-, proper and over-quantization.

For R_b^a(W, L) with P dense weights of w = a + b + 2 bits, B = w·P:

- *under*: b < b_low, the least b with 2^-(L·b + 1) ≤ 1/(B + 1). The precision of the values is what
  limits the error: it falls exponentially in b.
- *proper*: b_low ≤ b ≤ b_high. Memory is what limits it: the error can fall like 1/b.
- *over*: b > b_high, where B + 1 exceeds 2V. The size limits it: no further bit helps.

The setting is that of Ou, Schenkel, Bölcskei 2024; the boundaries are those of the explicit bounds
in `bitproof.theory.lower_bounds`, for K·(length of the domain) = 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from bitproof.errors import InputError
from bitproof.theory.lower_bounds import (
    MemoryBound,
    MonotoneBound,
    PiecesBound,
    PrecisionBound,
    ShatteringBound,
)
from bitproof.theory.network_class import NetworkClass
from bitproof.theory.references import OU_2024, Reference

ONE = Fraction(1)


class Regime(Enum):
    """Which resource limits the error."""

    UNDER = "under"
    PROPER = "proper"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Regimes:
    """The boundaries for width W, depth L and a integer bits, as functions of b.

    >>> ou = Regimes(width=1000, depth=10, a=1)
    >>> ou.low, ou.high, ou.of(2).value, ou.of(100).value, ou.of(251).value
    (3, 250, 'under', 'proper', 'over')
    """

    width: int
    depth: int
    a: int

    @property
    def low(self) -> int:
        """b_low: with fewer fraction bits precision limits the error."""
        b = 0
        weights = self._class.dense_weights
        while (1 << (self.depth * b + 1)) < (self.a + b + 2) * weights + 1:
            b += 1
        return b

    @property
    def high(self) -> int:
        """b_high: with more fraction bits the size limits the error; wP + 1 = 2V, rounded down."""
        dimension = shattering(self._class).dimension
        return (2 * dimension - 1) // self._class.dense_weights - self.a - 2

    def of(self, b: int) -> Regime:
        """The regime of b fraction bits."""
        if b < 0:
            raise InputError(f"{b} fraction bits", remedy="0 or more")
        if b < self.low:
            return Regime.UNDER
        return Regime.PROPER if b <= self.high else Regime.OVER

    @property
    def _class(self) -> NetworkClass:
        return NetworkClass(self.width, self.depth, self.a, 1)

    @property
    def reference(self) -> Reference:
        return OU_2024


@dataclass(frozen=True, slots=True)
class LowerBounds:
    """The bounds on the worst-case error of one class, and the largest of them.

    Attributes:
        memory: from the number of its members.
        precision: from the grid its values lie on; holds for functions near 0 at 0.
        shattering, pieces: from its size alone.
        monotone: for widths or depths of 1, else 0.
    """

    memory: Fraction
    precision: Fraction
    shattering: Fraction
    pieces: Fraction
    monotone: Fraction = Fraction(0)

    @property
    def best(self) -> Fraction:
        """No network of the class has a smaller worst-case error."""
        return max(self.memory, self.precision, self.shattering, self.pieces, self.monotone)

    @property
    def binding(self) -> str:
        """Which one it is."""
        named = {
            "memory": self.memory,
            "precision": self.precision,
            "shattering": self.shattering,
            "pieces": self.pieces,
            "monotone": self.monotone,
        }
        return max(named, key=lambda name: named[name])


def lower_bounds(
    networks: NetworkClass, scale: Fraction = ONE, *, precision: bool = True
) -> LowerBounds:
    """All bounds for a class and K-Lipschitz functions on an interval, scale = K·length.

    Args:
        precision: whether the class of functions contains the constant 2^-(L·b + 1) and the domain
            contains 0; without it that bound is 0.

    >>> lower_bounds(NetworkClass(width=3, depth=100, a=0, b=1)).binding
    'memory'
    """
    least = PrecisionBound(networks.depth, networks.b).least_error
    return LowerBounds(
        memory=MemoryBound(ONE, scale).least_error(networks.distinct_bits),
        precision=least if precision else Fraction(0),
        shattering=shattering(networks, scale).least_error,
        pieces=PiecesBound(ONE, scale, networks.width, networks.depth).least_error,
        monotone=monotone(networks, scale),
    )


def monotone(networks: NetworkClass, scale: Fraction = ONE) -> Fraction:
    """The bound of networks of one neuron a layer; 0 for others."""
    if min(networks.width, networks.depth) > 1:
        return Fraction(0)
    return MonotoneBound(ONE, scale).least_error


def shattering(networks: NetworkClass, scale: Fraction = ONE) -> ShatteringBound:
    """The bound by the size of a class."""
    return ShatteringBound(
        ONE, scale, networks.depth, networks.parameters_so_far, networks.weighted_neurons
    )
