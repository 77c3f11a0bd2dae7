"""Fixed-point formats: the integers k/s a value may take, and how anything else becomes one.

Q_{p,s} (Park, Park, Hwang 2024): integers k with |k| ≤ 2^p - 1 over the scale s. `Qm.n` is the
two's complement format of m integer and n fraction bits: -2^{m+n} ≤ k < 2^{m+n}, s = 2^n.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from bitproof.errors import FormatError
from bitproof.exact.interval import Interval


class Rounding(Enum):
    """Which integer stands for a rational: to nearest (with a tie rule), down, or toward zero."""

    NEAREST_EVEN = "nearest-even"
    NEAREST_AWAY = "nearest-away"
    NEAREST_UP = "nearest-up"
    NEAREST_DOWN = "nearest-down"
    NEAREST_ZERO = "nearest-zero"
    FLOOR = "floor"
    TRUNCATE = "truncate"


class Overflow(Enum):
    """What happens beyond the ends: stay at the end, or wrap around."""

    SATURATE = "saturate"
    WRAP = "wrap"


def round_rational(value: Fraction, rounding: Rounding) -> int:
    """The integer the rule assigns to `value`.

    >>> [round_rational(Fraction(5, 2), rule) for rule in Rounding]
    [2, 3, 3, 2, 2, 2, 2]
    >>> [round_rational(Fraction(-5, 2), rule) for rule in Rounding]
    [-2, -3, -2, -3, -2, -3, -2]
    """
    return round_quotient(value.numerator, value.denominator, rounding)


def round_quotient(numerator: int, denominator: int, rounding: Rounding) -> int:
    """The integer the rule assigns to numerator/denominator; denominator ≥ 1.

    >>> round_quotient(7, 2, Rounding.NEAREST_EVEN), round_quotient(-7, 2, Rounding.TRUNCATE)
    (4, -3)
    """
    below, rest = divmod(numerator, denominator)
    if rounding is Rounding.FLOOR:
        return below
    if rounding is Rounding.TRUNCATE:
        return below + (1 if rest and numerator < 0 else 0)
    if 2 * rest != denominator:
        return below + (1 if 2 * rest > denominator else 0)
    return below + (1 if _tie_goes_up(below, rounding) else 0)


def _tie_goes_up(below: int, rounding: Rounding) -> bool:
    """Whether below + 1/2 becomes below + 1."""
    if rounding is Rounding.NEAREST_UP:
        return True
    if rounding is Rounding.NEAREST_DOWN:
        return False
    if rounding is Rounding.NEAREST_EVEN:
        return below % 2 == 1
    away_is_up = below >= 0
    return away_is_up if rounding is Rounding.NEAREST_AWAY else not away_is_up


@dataclass(frozen=True)
class FixedPoint:
    """The values k/scale with lowest ≤ k ≤ highest.

    Raises:
        FormatError: an empty range, a scale below 1, or 0 not a level.

    >>> form = FixedPoint.parse("Q3.4")
    >>> form.lowest, form.highest, form.scale
    (-128, 127, 16)
    >>> form.quantize(Fraction(1, 3)), form.quantize(Fraction(100))
    (5, 127)
    """

    lowest: int
    highest: int
    scale: int
    rounding: Rounding = Rounding.NEAREST_EVEN
    overflow: Overflow = Overflow.SATURATE

    def __post_init__(self) -> None:
        if self.scale < 1 or not self.lowest <= 0 <= self.highest or self.lowest == self.highest:
            raise FormatError(
                f"levels {self.lowest}..{self.highest} over {self.scale} are not a format",
                remedy="the levels contain 0 and another one, the scale is at least 1",
            )

    @classmethod
    def symmetric(cls, p: int, s: int) -> FixedPoint:
        """Q_{p,s} of Park et al.: |k| ≤ 2^p - 1."""
        if not 1 <= p <= 64:
            raise FormatError(f"Q_{{{p},{s}}} has p = {p}", remedy="1 ≤ p ≤ 64")
        top = (1 << p) - 1
        return cls(-top, top, s)

    @classmethod
    def parse(cls, text: str) -> FixedPoint:
        """`Qm.n` (signed), `UQm.n` (unsigned: 0 ≤ k < 2^{m+n}), `p,s`, or `lowest..highest/scale`.

        The rounding and overflow rules are the default ones.

        Raises:
            FormatError: none of these, or of more than 64 bits.

        >>> FixedPoint.parse("7,16") == FixedPoint.parse("-127..127/16")
        True
        """
        stripped = text.strip()
        match = re.fullmatch(r"(U?)Q(\d{1,2})\.(\d{1,2})", stripped)
        if match:
            unsigned, integer_bits, fraction_bits = match.groups()
            bits = int(integer_bits) + int(fraction_bits)
            if not 1 <= bits <= 64:
                raise FormatError(f"{stripped} has {bits} bits", remedy="1 ≤ m + n ≤ 64")
            lowest = 0 if unsigned else -(1 << bits)
            return cls(lowest, (1 << bits) - 1, 1 << int(fraction_bits))
        match = re.fullmatch(r"(\d{1,2}),(\d{1,18})", stripped)
        if match:
            return cls.symmetric(int(match.group(1)), int(match.group(2)))
        match = re.fullmatch(r"(-?\d{1,20})\.\.(-?\d{1,20})/(\d{1,20})", stripped)
        if match:
            lowest, highest, scale = (int(part) for part in match.groups())
            return cls(lowest, highest, scale)
        raise FormatError(
            f"{stripped[:60]!r} is not a fixed-point format",
            remedy="write Q3.4 (signed), UQ0.8 (unsigned), or p,s as in 7,16",
        )

    @property
    def levels(self) -> int:
        return self.highest - self.lowest + 1

    @property
    def name(self) -> str:
        """`Qm.n`, `UQm.n` or `p,s` where it is one, else `lowest..highest/scale`; `parse` reads it,
        up to the rules."""
        fraction_bits = self.scale.bit_length() - 1
        bits = (self.highest + 1).bit_length() - 1
        shape = self.scale == 1 << fraction_bits and self.highest + 1 == 1 << bits
        if shape and bits >= fraction_bits and self.lowest in (0, -(1 << bits)):
            return f"{'' if self.lowest else 'U'}Q{bits - fraction_bits}.{fraction_bits}"
        symmetric = self.lowest == -self.highest and self.highest + 1 == 1 << bits
        if symmetric and bits <= 64 and self.scale < 10**18:
            return f"{bits},{self.scale}"
        return f"{self.lowest}..{self.highest}/{self.scale}"

    @property
    def interval(self) -> Interval:
        return Interval(Fraction(self.lowest, self.scale), Fraction(self.highest, self.scale))

    def quantize(self, value: Fraction) -> int:
        """The level k of `value`: rounded once, then saturated or wrapped."""
        scaled = value.numerator * self.scale
        return self.limit(round_quotient(scaled, value.denominator, self.rounding))

    def limit(self, level: int) -> int:
        """Any integer as a level: saturated or wrapped."""
        if self.overflow is Overflow.WRAP:
            return (level - self.lowest) % self.levels + self.lowest
        return min(max(level, self.lowest), self.highest)

    def value(self, level: int) -> Fraction:
        return Fraction(level, self.scale)

    def levels_within(self, interval: Interval) -> range:
        """The levels whose values lie in an interval."""
        first = -((-interval.lower * self.scale).__floor__())
        last = (interval.upper * self.scale).__floor__()
        return range(max(first, self.lowest), min(last, self.highest) + 1)
