"""Requantization as integer hardware and its libraries do it: a multiplier, a shift, a rounding.

Between two integer layers the accumulator (int32, in units of the product of the input's and the
weights' scales) becomes a level of the output by a real factor M. Libraries hold M as a fixed-point
number and differ in how often they round:

- `DOUBLE`: gemmlowp, and TensorFlow Lite as a rule. The high half of a doubled product is rounded
  (ties up), and then its quotient by a power of two is rounded again (ties away from zero): two
  roundings, which differ from one at some accumulators.
- `SINGLE`: TensorFlow Lite with `TFLITE_SINGLE_ROUNDING`: the exact product is rounded once, ties
  up.
- `EVEN`: one rounding with ties to even, as ONNX defines QLinearMatMul and QuantizeLinear, of the
  exact product (a runtime that multiplies in float32 may differ from that definition).

All three are non-decreasing in the accumulator. Zero points: levels here count from the zero point
(q - zero point), so a signed byte with zero point z has the levels -128 - z … 127 - z.

Source: Jacob et al., "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference", CVPR 2018, section 2.2; gemmlowp, `fixedpoint.h`
(SaturatingRoundingDoublingHighMul, RoundingDivideByPOT).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from bitproof.errors import FormatError, RangeError
from bitproof.exact.fixed_point import Rounding, round_rational

MULTIPLIER_BITS = 31
_LOWEST, _HIGHEST = -(1 << 31), (1 << 31) - 1


class Requantization(Enum):
    """How the product of accumulator and factor becomes a whole number."""

    DOUBLE = "double"
    SINGLE = "single"
    EVEN = "even"


@dataclass(frozen=True, slots=True)
class Requantizer:
    """accumulator → level, the factor being multiplier · 2^(shift - 31).

    Attributes:
        multiplier: 0 ≤ multiplier < 2^31; libraries keep it at least 2^30, for precision.
        shift: -31 … 30; positive to the left.
        rule: how the product is rounded.
        lowest, highest: the ends of the output's levels.

    Raises:
        FormatError: a multiplier, shift or range outside of these.

    >>> half = Requantizer.of_factor(Fraction(1, 2), -128, 127)
    >>> half.multiplier, half.shift, [half.level(n) for n in (-3, -1, 1, 3, 999)]
    (1073741824, 0, [-1, 0, 1, 2, 127])
    """

    multiplier: int
    shift: int
    lowest: int
    highest: int
    rule: Requantization = Requantization.DOUBLE

    def __post_init__(self) -> None:
        if not 0 <= self.multiplier < 1 << MULTIPLIER_BITS:
            raise FormatError(f"the multiplier {self.multiplier}", remedy="0 ≤ multiplier < 2^31")
        if not -31 <= self.shift <= 30:
            raise FormatError(f"the shift {self.shift}", remedy="between -31 and 30")
        if not _LOWEST <= self.lowest <= self.highest <= _HIGHEST:
            raise FormatError(
                f"the levels {self.lowest}..{self.highest}", remedy="ascending, of at most 32 bits"
            )

    @classmethod
    def of_factor(
        cls,
        factor: Fraction,
        lowest: int,
        highest: int,
        rule: Requantization = Requantization.DOUBLE,
    ) -> Requantizer:
        """The nearest multiplier of 31 bits for a real factor (TensorFlow Lite's
        `QuantizeMultiplier`, exactly: ties away from zero; below 2^-32 the factor is 0).

        Raises:
            FormatError: a negative factor, or one of 2^30 or more.
        """
        if factor < 0 or factor >= 1 << 30:
            raise FormatError(f"the factor {str(factor)[:40]}", remedy="0 ≤ factor < 2^30")
        if factor == 0:
            return cls(0, 0, lowest, highest, rule)
        shift = factor.numerator.bit_length() - factor.denominator.bit_length()
        shift += Fraction(2) ** shift <= factor  # now 1/2 ≤ factor / 2^shift < 1
        scaled = factor / Fraction(2) ** shift * (1 << MULTIPLIER_BITS)
        multiplier = round_rational(scaled, Rounding.NEAREST_AWAY)
        if multiplier == 1 << MULTIPLIER_BITS:
            multiplier, shift = multiplier // 2, shift + 1
        if shift < -31:
            return cls(0, 0, lowest, highest, rule)
        return cls(multiplier, shift, lowest, highest, rule)

    @property
    def factor(self) -> Fraction:
        """The real factor the multiplier and the shift stand for, exactly."""
        return Fraction(self.multiplier) * Fraction(2) ** (self.shift - MULTIPLIER_BITS)

    def level(self, accumulator: int) -> int:
        """The output level of an accumulator.

        Raises:
            RangeError: the accumulator, shifted to the left first, leaves 32 bits; hardware would
                overflow there.
        """
        return min(max(self._whole(accumulator), self.lowest), self.highest)

    def _whole(self, accumulator: int) -> int:
        if not _LOWEST <= accumulator << self._left <= _HIGHEST:
            raise RangeError(
                f"the accumulator {accumulator} shifted left by {self._left} leaves 32 bits",
                remedy="use smaller sums or a smaller factor",
            )
        if self.rule is not Requantization.DOUBLE:
            up = self.rule is Requantization.SINGLE
            rounding = Rounding.NEAREST_UP if up else Rounding.NEAREST_EVEN
            return round_rational(accumulator * self.factor, rounding)
        # SaturatingRoundingDoublingHighMul: adding 2^30 (or 1 - 2^30 to a negative product) and
        # dividing by 2^31 toward zero is rounding to nearest with ties up. It saturates only for
        # -2^31 twice, and a multiplier is not negative.
        product = (accumulator << self._left) * self.multiplier
        high = round_rational(Fraction(product, 1 << MULTIPLIER_BITS), Rounding.NEAREST_UP)
        # RoundingDivideByPOT.
        divisor = 1 << max(-self.shift, 0)
        return round_rational(Fraction(high, divisor), Rounding.NEAREST_AWAY)

    @property
    def _left(self) -> int:
        """The shift to the left that `DOUBLE` does on the accumulator itself."""
        return max(self.shift, 0) if self.rule is Requantization.DOUBLE else 0

    def accumulators(self) -> tuple[int, int]:
        """The least and the greatest accumulator `level` takes."""
        return _LOWEST >> self._left, _HIGHEST >> self._left

    def cell(self, level: int) -> tuple[int, int] | None:
        """The accumulators that become a level: the ends of an interval, because the rule is
        non-decreasing; None where no accumulator does.

        >>> Requantizer.of_factor(Fraction(1, 2), -128, 127).cell(1)
        (1, 2)
        """
        first, after = self._first_at_least(level), self._first_at_least(level + 1)
        return (first, after - 1) if first < after else None

    def _first_at_least(self, level: int) -> int:
        """The least accumulator with at least this level; one beyond the last if there is none."""
        low, high = self.accumulators()
        high += 1
        while low < high:
            middle = (low + high) // 2
            if self.level(middle) >= level:
                high = middle
            else:
                low = middle + 1
        return low
