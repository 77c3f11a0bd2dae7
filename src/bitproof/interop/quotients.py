"""Rounding a sum to a level with one quotient of integers, exact in floats.

A neuron's sum S is an integer and the level is round(p·S / q). Every rule is a floor, a ceiling or
a rounding to even of one quotient of integers n / d:

    ties to even    round(p·S / q), ties to even
    ties up         floor((2p·S + q) / 2q)          ties down    ceil((2p·S - q) / 2q)
    ties away       the first of |p·S|, with its sign back; ties to zero the second
    down, to zero   floor(p·S / q), of |p·S| with its sign back

The factor and the offset of n go into the weights and biases, so that one division follows the sum.
With d a power of two the quotient is exact. With any other d it is rounded, by IEEE 754 to nearest,
and that changes none of the results: let |n| < 2^(p-2) for a float of p bits. A multiple of 1/2
other than n/d is at least 1/2d away from it, relatively more than 2^-p, so the rounded quotient
stays on its side; and if n/d is one itself, it is a number of the type and the quotient exact.

Wrapping is level - count · floor((level - lowest) / count), another such quotient.
"""

from __future__ import annotations

from dataclasses import dataclass

from bitproof.exact import Overflow, Rounding
from bitproof.interop.live import LiveNeuron, Quantizer

_BY_SIGN = (Rounding.NEAREST_AWAY, Rounding.NEAREST_ZERO, Rounding.TRUNCATE)
_UP = (Rounding.NEAREST_UP, Rounding.NEAREST_AWAY)
_DOWN = (Rounding.NEAREST_DOWN, Rounding.NEAREST_ZERO)


@dataclass(frozen=True, slots=True)
class RoundingStep:
    """The integers of one neuron's rounding: n = factor·S + offset (or |factor·S| + offset), d.

    Attributes:
        factor: of the weights and the bias.
        offset: added after the magnitude where the rule works on magnitudes, else to the bias.
        by_sign: whether the rule works on magnitudes.
        divisor: d; 1 where nothing is left to round.
    """

    factor: int
    offset: int
    divisor: int
    by_sign: bool

    @classmethod
    def of(cls, neuron: LiveNeuron) -> RoundingStep:
        """Of a neuron of a fixed-point layer."""
        assert neuron.quantizer is not None
        numerator = neuron.levels_per_sum.numerator
        denominator = neuron.levels_per_sum.denominator
        rule = neuron.quantizer.form.rounding
        by_sign = rule in _BY_SIGN
        sign = (rule in _UP) - (rule in _DOWN)
        if sign == 0 or denominator == 1:
            return cls(numerator, 0, denominator, by_sign)
        if denominator % 2 == 0:
            return cls(numerator, sign * denominator // 2, denominator, by_sign)
        return cls(2 * numerator, sign * denominator, 2 * denominator, by_sign)

    @property
    def gemm_offset(self) -> int:
        """What the Gemm's bias takes of the offset."""
        return 0 if self.by_sign else self.offset


def rounding_magnitude(neuron: LiveNeuron, quantizer: Quantizer) -> int:
    """A bound on every number of the sum, the rounding and the limits."""
    step, form = RoundingStep.of(neuron), quantizer.form
    sums = step.factor * max(neuron.accumulator, 1) + abs(step.offset)
    largest = max(sums, step.divisor, *map(abs, (neuron.bias, *neuron.weights)))
    if form.overflow is Overflow.WRAP:
        return max(largest, sums // step.divisor + 2 + form.levels - form.lowest)
    return max(largest, neuron.upper, -neuron.lower)


def rounding_is_exact(neuron: LiveNeuron, quantizer: Quantizer, bits: int) -> bool:
    """Whether a float of so many significant bits does all of it exactly."""
    divisor = RoundingStep.of(neuron).divisor
    by_two = divisor & (divisor - 1) == 0 and quantizer.form.overflow is Overflow.SATURATE
    return rounding_magnitude(neuron, quantizer).bit_length() <= bits - (0 if by_two else 2)
