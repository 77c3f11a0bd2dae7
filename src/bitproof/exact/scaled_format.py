"""Weights of few bits with a power of two for each layer or channel, biases of their own width.

What trained networks need: layers differ in size, and a bias is added once where a weight is used
for every input. Both are declared and both are counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from bitproof.errors import FormatError
from bitproof.exact.weight_format import WeightFormat, packed_bits

MAX_WEIGHT_BITS = 32
MAX_BIAS_BITS = 64
MAX_EXPONENT = 1 << 10
EXPONENT_BITS = 8  # what storing one power of two is charged
BINARY, TERNARY = 2, 3


@dataclass(frozen=True, slots=True)
class LayerScale:
    """The values one layer's weights and biases may take.

    Attributes:
        symbols: 2 for {−1, 1}, 3 for {−1, 0, 1} (log2 3 bits, packed), 2^K for |k| < 2^(K-1).
        exponents: a weight is k·2^-e; one e for the layer, or one for each of equal groups of
            rows (channels), in order.
        bias_bits: a bias is k·2^-bias_exponent with |k| < 2^(bias_bits - 1).
        bias_exponent: see there.

    Raises:
        FormatError: not such a format.

    >>> scale = LayerScale(16, (5, 6), 16, 12)
    >>> scale.weight_bits, scale.largest, scale.exponent_of(row=3, rows=4)
    (4, 7, 6)
    """

    symbols: int
    exponents: tuple[int, ...]
    bias_bits: int
    bias_exponent: int

    def __post_init__(self) -> None:
        power_of_two = self.symbols > 2 and self.symbols & (self.symbols - 1) == 0
        if self.symbols not in (BINARY, TERNARY) and not (
            power_of_two and self.symbols <= 1 << MAX_WEIGHT_BITS
        ):
            raise FormatError(
                f"{self.symbols} symbols a weight",
                remedy=f"2 (binary), 3 (ternary) or 2^K for K from 2 to {MAX_WEIGHT_BITS} bits",
            )
        if not self.exponents or not 2 <= self.bias_bits <= MAX_BIAS_BITS:
            raise FormatError(
                f"{len(self.exponents)} exponents and {self.bias_bits}-bit biases",
                remedy=f"at least one exponent, biases of 2 to {MAX_BIAS_BITS} bits",
            )
        if any(abs(e) > MAX_EXPONENT for e in (*self.exponents, self.bias_exponent)):
            raise FormatError(
                "an exponent beyond 2^10", remedy=f"powers of two from 2^-{MAX_EXPONENT} on"
            )

    @property
    def weight_bits(self) -> int:
        """Bits of one weight, rounded up for ternary ones."""
        return (self.symbols - 1).bit_length()

    @property
    def largest(self) -> int:
        """The largest |k| of a weight."""
        return max(1, self.symbols // 2 - 1)

    @property
    def largest_bias(self) -> int:
        return (1 << (self.bias_bits - 1)) - 1

    def exponent_of(self, row: int, rows: int) -> int:
        """The exponent of a row's weights."""
        return self.exponents[row * len(self.exponents) // rows]

    def holds_weight(self, weight: Fraction, exponent: int) -> bool:
        """Whether a weight, if not 0, is one of the values. (A 0 is checked by `holds_zero`.)"""
        number = weight * Fraction(2) ** exponent
        if self.symbols in (BINARY, TERNARY):
            return abs(number) == 1
        return number.denominator == 1 and abs(number) <= self.largest

    def holds_bias(self, bias: Fraction) -> bool:
        number = bias * Fraction(2) ** self.bias_exponent
        return number.denominator == 1 and abs(number) <= self.largest_bias

    @property
    def holds_zero(self) -> bool:
        return self.symbols != BINARY

    def bits(self, weights: int, biases: int, *, with_zero: bool = False) -> int:
        """Memory of so many weights and biases and of the exponents."""
        symbols = self.symbols + (with_zero and not self.holds_zero)
        shared = EXPONENT_BITS * (len(self.exponents) + 1)
        return packed_bits(symbols, weights) + biases * self.bias_bits + shared


@dataclass(frozen=True)
class ScaledFormat(WeightFormat):
    """One `LayerScale` for each layer of a network, in order.

    >>> form = ScaledFormat((LayerScale(16, (3,), 8, 6), LayerScale(4, (0,), 8, 6)))
    >>> form.name, Fraction(7, 8) in form, Fraction(9, 8) in form
    ('4,2-bit per layer', True, True)
    """

    layers: tuple[LayerScale, ...]

    @property
    def name(self) -> str:
        words = {BINARY: "binary", TERNARY: "ternary"}
        sizes = [words.get(scale.symbols, f"{scale.weight_bits}") for scale in self.layers]
        if len(set(sizes)) == 1:
            sizes = sizes[:1]
        elif len(sizes) > 6:
            sizes = [*sizes[:5], "…"]
        single = len({scale.exponents for scale in self.layers}) == 1
        channels = any(len(scale.exponents) > 1 for scale in self.layers)
        per = "channel" if channels else "network" if single else "layer"
        ending = "" if sizes[-1] in words.values() else "-bit"
        return f"{','.join(sizes)}{ending} per {per}"

    def __contains__(self, value: object) -> bool:
        """Whether it is a weight or a bias of some layer; `violations` asks for the right one."""
        if not isinstance(value, (int, Fraction)):
            return False
        exact = Fraction(value)
        return any(
            scale.holds_bias(exact)
            or (not exact and scale.holds_zero)
            or any(scale.holds_weight(exact, e) for e in set(scale.exponents))
            for scale in self.layers
        )

    def values(self) -> tuple[Fraction, ...]:
        """All weights (not the biases), ascending."""
        found: set[Fraction] = set()
        for scale in self.layers:
            if scale.weight_bits > 16:
                raise FormatError(f"{self.name} has too many values", remedy="at most 16 bits")
            for exponent in set(scale.exponents):
                unit = Fraction(2) ** -exponent
                steps = range(-scale.largest, scale.largest + 1)
                found.update(k * unit for k in steps if k or scale.holds_zero)
        return tuple(sorted(found))

    def memory_bits(self, weights: int, *, with_zero: bool = False) -> int:
        """As if every weight had the widest layer's bits; `measure` counts layer by layer."""
        widest = max(self.layers, key=lambda scale: scale.symbols)
        return packed_bits(widest.symbols + (with_zero and not widest.holds_zero), weights)

    @cached_property
    def _denominator(self) -> int:
        exponents = [e for scale in self.layers for e in (*scale.exponents, scale.bias_exponent)]
        return int(2 ** max(0, *exponents))

    @property
    def denominator(self) -> int:
        return self._denominator

    def bits(self, counts: Sequence[tuple[int, int]], *, with_zero: bool = False) -> int:
        """Memory of (weights, biases) of each layer."""
        return sum(
            scale.bits(weights, biases, with_zero=with_zero)
            for scale, (weights, biases) in zip(self.layers, counts, strict=True)
        )
