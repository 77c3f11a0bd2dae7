"""Which digits a coefficient gets: the best code of a length, ladders for start and slope."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache

from bitproof.exact.weight_format import Codebook
from bitproof.network.patterns import Weights, weights_of
from bitproof.theory.digit_code import DigitCode, power_code
from bitproof.theory.knot_sum import LadderCode

ZERO, ONE = Fraction(0), Fraction(1)
MAX_DIGITS = 40
RATIOS = 8
CODES_KEPT = 2


@cache
def hinge_codes(form: Codebook, places: int) -> tuple[DigitCode, ...]:
    """The codes of so many digits (first place 1) that tell the most levels apart, best first."""
    kit = weights_of(form)
    ratios = [value for value in kit.positive if value < 1]
    if len(ratios) > RATIOS:
        ratios = [ratios[i * (len(ratios) - 1) // (RATIOS - 1)] for i in range(RATIOS)]
    codes = [
        power_code(form, ratio, places, ONE, turned=turned)
        for ratio in sorted({*ratios, Fraction(1, kit.base)} & set(kit.positive))
        for turned in (False, True)
        if places > 1 or not turned
    ]
    codes.sort(key=lambda code: code.window.levels, reverse=True)
    return tuple(codes[:CODES_KEPT])


@cache
def ladder_code(
    form: Codebook, reach: Fraction, gap: Fraction
) -> tuple[DigitCode, tuple[int, ...]] | None:
    """The code of fewest digits b^-p over an arithmetic sequence of powers p that covers an
    interval of length 2·reach with gaps of at most `gap`; where it lies is left to a shift."""
    kit = weights_of(form)
    best: tuple[DigitCode, tuple[int, ...]] | None = None
    for stride in range(1, 9):
        hop = Fraction(1, kit.base**stride)
        if stride > 1 and hop not in form:
            continue
        found = _ladder_code(kit, hop, stride, reach, gap)
        if found is not None and (best is None or len(found[1]) < len(best[1])):
            best = found
    return best


def _ladder_code(
    kit: Weights, hop: Fraction, stride: int, reach: Fraction, gap: Fraction
) -> tuple[DigitCode, tuple[int, ...]] | None:
    """The lowest top that reaches far enough, then as many places as the gap asks for."""
    top = _highest_power(kit.base, reach)
    for power in range(top + 2, top - 8, -1):
        found = _long_enough(kit, hop, stride, power, reach, gap)
        if found is not None:
            return found
    return None


def _highest_power(base: int, reach: Fraction) -> int:
    """p with b^-p near the reach."""
    return -math.ceil(math.log(max(float(reach), 1e-300), base))


def _long_enough(
    kit: Weights, hop: Fraction, stride: int, power: int, reach: Fraction, gap: Fraction
) -> tuple[DigitCode, tuple[int, ...]] | None:
    unit = Fraction(1, kit.base) ** power
    for places in range(1, MAX_DIGITS):
        window = power_code(kit.form, hop, places, ONE).window
        if window.gap * unit > gap:
            continue
        if (window.high - window.low + window.gap) * unit < 2 * reach:
            return None
        code = power_code(kit.form, hop, places, unit)
        return code, tuple(power + stride * k for k in range(places))
    return None


def simplest(low: Fraction, high: Fraction, base: int) -> Fraction:
    """The b-adic number of [low, high] with the smallest denominator, then magnitude."""
    if low <= 0 <= high:
        return ZERO
    power = ONE
    while True:
        if low > 0:
            candidate = Fraction(math.ceil(low * power)) / power
        else:
            candidate = Fraction(math.floor(high * power)) / power
        if low <= candidate <= high:
            return candidate
        power *= base


def anchored(
    kit: Weights, centre: Fraction, reach: Fraction, gap: Fraction, unit: Fraction = ONE
) -> LadderCode | None:
    """A ladder code that covers centre ± reach, its shift a simple multiple of `unit`."""
    found = ladder_code(kit.form, reach, gap)
    if found is None:
        return None
    code, powers = found
    window = code.window
    low = centre + reach - window.high - window.gap / 2
    high = centre - reach - window.low + window.gap / 2
    shift = simplest(low / unit, high / unit, kit.base) * unit
    return LadderCode(code, powers, shift)
